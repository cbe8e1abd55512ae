//! The gradient as a vector.

use itk_core::{
    Axes, Error, Filter, Header, Maps, Pixel, PixelKind, PixelType, Region, Result, Task, ViewMut, VisitType,
};

use super::derivative::{along, coefficients};
use crate::filter::{Spacing, natural_type, setters, windowed_input_region};
use crate::kernel::operators::{Finish, Operators, Term};

/// The gradient by central differences: a covariant vector for each pixel.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry, with pixels of one
/// component an axis, in xyz order, f32 by default and f64 for f64. Components lie beside each other: they are the fastest axis of
/// an array. Differences are divided by the spacing along each axis, and turned by the image's direction, so that
/// the vector is one of space; each can be left out. Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann
/// condition), so the difference there is half of a one-sided one.
/// Cost: one pass over the image for each component.
///
/// An infinite or NaN pixel makes its own result NaN. Turning multiplies by the zeros of the direction too, so that an infinite
/// component makes the others NaN, as in ITK.
///
/// # Errors
/// [`Error::Components`] for pixels of several components; [`Error::Parameter`] for a given spacing that is not positive
/// or has the wrong number of values; [`Error::PixelType`] for a result that is neither f32 nor f64; [`Error::Rank`]
/// when the result is to be an ndarray with a fixed number of axes, as it has one more than the input.
///
/// # Source
/// ITK's `GradientImageFilter`, operation by operation, so equal to the bit: for f32 as that of `float` operators and
/// output, as in its Python wheel, for f64 as that of `double`.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, Gradient};
/// let ramp = Image::from_vec(&[3, 2], vec![0u8, 1, 2, 10, 11, 12])?;
/// let vectors: Image<f32> = Gradient::new().apply(&ramp)?;
/// assert_eq!(vectors.to_vec()[..6], [0.5, 5.0, 1.0, 5.0, 0.5, 5.0]); // x and y of the first row's pixels
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct Gradient {
    spacing: Spacing,
    turned: bool,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "gradient";

/// With coefficients below it, no difference of integers is infinite, in f32 either.
const MODERATE: f64 = 1e15;

impl Default for Gradient {
    fn default() -> Self {
        Self::new()
    }
}

impl Gradient {
    /// With the image's own spacing and direction.
    pub fn new() -> Self {
        Self { spacing: Spacing::Image, turned: true, pixel_type: None }
    }

    /// Whether vectors are turned by the image's direction (the default), or stay along its axes.
    pub fn use_image_direction(self, yes: bool) -> Self {
        Self { turned: yes, ..self }
    }

    setters!(spacing, pixel_type);

    /// The operator along an axis. Its coefficients have the type of the result.
    fn operator(axis: usize, spacing: &[f64], single: bool) -> Vec<Term> {
        let scale = 1.0 / spacing[axis];
        let rounded = |c: f64| if single { f64::from((c * scale) as f32) } else { c * scale };
        along(spacing.len(), axis, coefficients(1).into_iter().map(rounded))
    }
}

impl Filter for Gradient {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.spacing.resolve(NAME, input)?;
        let pixel_type = self.pixel_type.unwrap_or(natural_type(input));
        check_type(pixel_type)?;
        let (kind, components) = (PixelKind::CovariantVector, input.rank());
        Ok(Header { pixel_type, kind, components, ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &Axes::filled(input.rank(), 1))
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        check_type(task.output.pixel_type())?;
        let single = task.output.pixel_type() == PixelType::F32;
        let spacing = self.spacing.resolve(NAME, task.input)?;
        let operators = (0..spacing.len()).map(|a| Self::operator(a, &spacing, single)).collect();
        let direction = self.turned.then(|| task.input.geometry.direction());
        task.output.pixel_type().visit(Fill { operators, direction, task })
    }
}

/// Refuses results of integers.
fn check_type(got: PixelType) -> Result<()> {
    match got {
        PixelType::F32 | PixelType::F64 => Ok(()),
        _ => Err(Error::PixelType { who: NAME, got, allowed: "f32 and f64, as results".into() }),
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for Gradient {}

struct Fill<'a> {
    operators: Vec<Vec<Term>>,
    /// The direction's rows, one after the other, where vectors are turned.
    direction: Option<Vec<f64>>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { operators, direction, task } = self;
        let (source, offset) = (task.source, task.offset());
        let output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        let (rank, single) = (offset.len(), O::TYPE == PixelType::F32);
        let share = rank as f64;
        // Where no component can be infinite, those that are multiplied by 0 change nothing.
        let moderate = |terms: &Vec<Term>| terms.iter().all(|(_, weight)| weight.abs() < MODERATE);
        let finite = !source.pixel_type().is_float() && operators.iter().all(moderate);
        for (component, output) in output.split_first_axis().into_iter().enumerate() {
            let (operators, finish) = match &direction {
                None => (vec![operators[component].clone()], Finish::Sum),
                Some(direction) => {
                    let row = direction[component * rank..][..rank].iter().copied();
                    let pairs =
                        operators.iter().cloned().zip(row).filter(|(_, weight)| !finite || *weight != 0.0);
                    let (operators, weights) = pairs.unzip();
                    (operators, Finish::Turned(weights))
                }
            };
            let progress = |part: f64| task.context.report((component as f64 + part) / share);
            let context = task.context.clone().progress(&progress);
            Operators { operators: &operators, finish, single, source, offset }
                .fill(NAME, output, &context)?;
        }
        Ok(())
    }
}
