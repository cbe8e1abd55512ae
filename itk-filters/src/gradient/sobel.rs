//! Edges by Sobel's operators.

use itk_core::{
    Axes, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Task, ViewMut, VisitType,
};

use crate::filter::{natural_type, setters, windowed_input_region};
use crate::kernel::indices::for_each_index;
use crate::kernel::operators::{Finish, Operators, Term};

/// The magnitude of the gradient by Sobel's operators: the root of the sum of their squares.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is the
/// caller's choice, f32 by default and f64 for f64. The spacing is not looked at. Beyond the border: the nearest pixel inside
/// (ITK's zero-flux Neumann condition).
///
/// The operator along an axis is -1, 0, 1 along it, and 1, 2, 1 along each other one; in three dimensions it has ITK's own
/// numbers, 1, 3, 1 and 3, 6, 3, unless [`Sobel::legacy_coefficients`] says otherwise. Sums are f64. With any result but f64, each
/// operator's result and the steps from there on are rounded to f32, as in ITK, where they are images of the output's type.
/// Cost: one pass over the image, about 2 ns a pixel in two dimensions, 7 to 10 in three.
///
/// Integer results, which ITK does not have, are truncated toward zero; one that does not fit becomes the nearest value that
/// does. An infinite or NaN pixel makes its own result NaN, and that of its neighbours not finite.
///
/// # Errors
/// [`itk_core::Error::Components`] for pixels of several components.
///
/// # Source
/// ITK's `SobelEdgeDetectionImageFilter` and `SobelOperator`, operation by operation, so equal to the bit.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, Sobel};
/// let step = Image::from_vec(&[4, 1], vec![0u8, 0, 10, 10])?;
/// let edges: Image<f32> = Sobel::new().apply(&step)?;
/// assert_eq!(edges.to_vec(), [0.0, 40.0, 40.0, 0.0]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct Sobel {
    axes: PerAxis<bool>,
    legacy: bool,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "sobel";

impl Default for Sobel {
    fn default() -> Self {
        Self::new()
    }
}

impl Sobel {
    /// Along all axes.
    pub fn new() -> Self {
        Self { axes: PerAxis::uniform(true), legacy: true, pixel_type: None }
    }

    /// Whether operators of three axes have the numbers of ITK 5 (the default), or 1, 2, 1 along each axis.
    pub fn legacy_coefficients(self, yes: bool) -> Self {
        Self { legacy: yes, ..self }
    }

    setters!(axes, pixel_type);

    fn radius(&self, input: &Header) -> Result<Axes<usize>> {
        let axes = self.axes.resolve(NAME, "axes", input.rank())?;
        Ok(Axes::from_fn(input.rank(), |a| usize::from(axes[a])))
    }

    /// The operators of the axes that there are, x first.
    fn operators(&self, radius: &[usize]) -> Vec<Vec<Term>> {
        let axes: Vec<usize> = (0..radius.len()).filter(|&a| radius[a] > 0).collect();
        let legacy = self.legacy && axes.len() == 3;
        let size = Axes::from_fn(radius.len(), |a| 2 * radius[a] + 1);
        axes.iter()
            .map(|&along| {
                let mut terms = Vec::new();
                for_each_index(&Axes::filled(radius.len(), 0), &size, |index| {
                    let offset = Axes::from_fn(radius.len(), |a| index[a] as isize - radius[a] as isize);
                    let middles = axes.iter().filter(|&&a| a != along && offset[a] == 0).count();
                    let weight = match middles {
                        1 if legacy => 3.0,
                        2 if legacy => 6.0,
                        _ => (1u32 << middles) as f64,
                    };
                    terms.push((offset, offset[along] as f64 * weight));
                });
                terms
            })
            .collect()
    }
}

impl Filter for Sobel {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.radius(input)?;
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural_type(input)), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &self.radius(input)?)
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let mut operators = self.operators(&self.radius(task.input)?);
        if operators.is_empty() {
            // Without axes the sum of squares is 0, as that of a term with weight 0 is; infinity is not multiplied.
            operators.push(Vec::new());
        }
        if !task.source.pixel_type().is_float() {
            // A term that is 0 for all pixels changes no sum.
            operators.iter_mut().for_each(|terms| terms.retain(|(_, weight)| *weight != 0.0));
        }
        task.output.pixel_type().visit(Fill { operators, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for Sobel {}

struct Fill<'a> {
    operators: Vec<Vec<Term>>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { operators, task } = self;
        let (source, offset) = (task.source, task.offset());
        let output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        let (finish, single) = (Finish::Root, O::TYPE != PixelType::F64);
        Operators { operators: &operators, finish, single, source, offset }.fill(NAME, output, task.context)
    }
}
