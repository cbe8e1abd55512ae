//! A derivative along one axis.

use itk_core::{
    Axes, Error, Filter, Header, Maps, Pixel, PixelType, Region, Result, Task, ViewMut, VisitType,
};

use crate::filter::{Spacing, natural_type, setters, windowed_input_region};
use crate::kernel::operators::{Finish, Operators, Term};

/// The derivative of any order along one axis, by central differences.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is the
/// caller's choice, f32 by default and f64 for f64. Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann
/// condition). Order 1 has the coefficients -1/2, 0, 1/2, order 2 has 1, -2, 1, and so on: each two orders one more
/// second difference.
///
/// The coefficients are divided by the spacing once, whatever the order, as in ITK: with a spacing other than 1, a second
/// derivative has to be divided by it once more.
/// Cost: one pass over the image, limited by memory for low orders.
///
/// Integer results are truncated toward zero, as in ITK; one that does not fit becomes the nearest value that does, where ITK
/// leaves it undefined.
///
/// # Errors
/// [`Error::Components`] for pixels of several components; [`Error::Parameter`] for an axis that the image has not,
/// an order above 52, or a given spacing that is not positive or has the wrong number of values.
///
/// # Source
/// ITK's `DerivativeImageFilter`, operation by operation, so equal to the bit.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, Derivative};
/// let squares = Image::from_vec(&[5], vec![0u8, 1, 4, 9, 16])?;
/// let first: Image<f32> = Derivative::new(1).apply(&squares)?;
/// assert_eq!(first.to_vec(), [0.5, 2.0, 4.0, 6.0, 3.5]);
/// let second: Image<i16> = Derivative::new(2).apply(&squares)?;
/// assert_eq!(second.to_vec(), [1, 2, 2, 2, -7]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct Derivative {
    order: usize,
    axis: usize,
    spacing: Spacing,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "derivative";

/// The highest order: the coefficients of higher ones have more digits than f64.
const HIGHEST: usize = 52;

impl Default for Derivative {
    /// The first one along x.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Derivative {
    /// The derivative of an order along x, with the image's own spacing. Order 0 is the pixel itself, divided by the spacing.
    pub fn new(order: usize) -> Self {
        Self { order, axis: 0, spacing: Spacing::Image, pixel_type: None }
    }

    /// The axis to differentiate along, xyz: 0 (the default) is x.
    pub fn axis_xyz(self, axis: usize) -> Self {
        Self { axis, ..self }
    }

    setters!(spacing, pixel_type);

    /// The operator along the axis, in the order in which its terms are added.
    fn operator(&self, input: &Header) -> Result<Vec<Term>> {
        let (rank, order, axis) = (input.rank(), self.order, self.axis);
        let fail = |name, expected, got: usize| {
            Err(Error::Parameter { filter: NAME, name, expected, got: got.to_string() })
        };
        if order > HIGHEST {
            return fail("order", format!("at most {HIGHEST}"), order);
        }
        if axis >= rank {
            return fail("axis_xyz", format!("less than {rank}, the number of axes"), axis);
        }
        let scale = 1.0 / self.spacing.resolve(NAME, input)?[axis];
        Ok(along(rank, axis, coefficients(order).iter().map(|c| c * scale)))
    }
}

/// Terms along an axis, the middle one at the pixel itself.
pub(super) fn along(rank: usize, axis: usize, weights: impl ExactSizeIterator<Item = f64>) -> Vec<Term> {
    let middle = (weights.len() / 2) as isize;
    let step = |i: usize| Axes::from_fn(rank, |a| if a == axis { i as isize - middle } else { 0 });
    weights.enumerate().map(|(i, weight)| (step(i), weight)).collect()
}

/// The coefficients of a derivative, from the pixel before to the pixel after: second differences one after the other, then
/// for odd orders a central one. All are multiples of a half, and exact.
pub(super) fn coefficients(order: usize) -> Vec<f64> {
    let middle = order.div_ceil(2);
    let mut found = vec![0.0; 2 * middle + 1];
    found[middle] = 1.0;
    let apply = |found: &[f64], taps: [f64; 3]| {
        let at = |i: usize| found.get(i).copied().unwrap_or(0.0);
        (0..found.len())
            .map(|i| taps[0] * at(i + 1) + taps[1] * at(i) + taps[2] * at(i.wrapping_sub(1)))
            .collect()
    };
    for _ in 0..order / 2 {
        found = apply(&found, [1.0, -2.0, 1.0]);
    }
    if order % 2 == 1 {
        found = apply(&found, [-0.5, 0.0, 0.5]);
    }
    found
}

impl Filter for Derivative {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.operator(input)?;
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural_type(input)), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        let reach = self.order.div_ceil(2);
        let radius = Axes::from_fn(input.rank(), |a| if a == self.axis { reach } else { 0 });
        windowed_input_region(input, output, &radius)
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let operator = self.operator(task.input)?;
        task.output.pixel_type().visit(Fill { operator, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for Derivative {}

struct Fill<'a> {
    operator: Vec<Term>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { operator, task } = self;
        let (source, offset) = (task.source, task.offset());
        let output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        Operators { operators: &[operator], finish: Finish::Sum, single: false, source, offset }.fill(
            NAME,
            output,
            task.context,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::coefficients;

    #[test]
    fn coefficients_are_those_of_itk() {
        assert_eq!(coefficients(0), [1.0]);
        assert_eq!(coefficients(1), [-0.5, 0.0, 0.5]);
        assert_eq!(coefficients(2), [1.0, -2.0, 1.0]);
        assert_eq!(coefficients(3), [-0.5, 1.0, 0.0, -1.0, 0.5]);
        assert_eq!(coefficients(5), [-0.5, 2.0, -2.5, 0.0, 2.5, -2.0, 0.5]);
        assert_eq!(coefficients(6), [1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0]);
    }
}
