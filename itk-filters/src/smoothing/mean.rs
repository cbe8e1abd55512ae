//! The mean of a box.

use itk_core::{
    Axes, Error, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Strides, Task, ViewMut,
    VisitType,
};

use crate::filter::{setters, windowed_input_region};
use crate::kernel::order::{nearest_first, steps};
use crate::kernel::sums::{MOST, Means};

/// The mean of the box window around each pixel.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is the
/// caller's choice, by default the input's. The window has `2·radius + 1` pixels along each axis, radius 0 leaves an
/// axis alone. Sums are f64; integer results are truncated toward zero, as in ITK, and one that does not fit becomes the
/// nearest value that does.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition, scipy's `nearest`).
/// Cost: where no sum is rounded, about 3 ns a pixel whatever the radius: sums run. That is so for integers of up to 16
/// bits, for those of 32 bits in windows of up to 2²⁰ samples, and for other pixels that are multiples of a common step, as
/// most images are that were integers once. Windows with another pixel, or with an infinity or NaN, take one addition for
/// each sample. Scratch is half a megabyte a thread.
///
/// # Errors
/// [`Error::Components`] for pixels of several components; [`Error::Parameter`] when `radius` has the wrong number of
/// values, or the window has more than 2²⁴ samples.
///
/// # Source
/// ITK's `MeanImageFilter`, to the bit: samples are added in its order, x fastest, where that can matter.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, Mean};
/// let image = Image::from_vec(&[4], vec![0i16, 3, 6, -20])?;
/// assert_eq!(Mean::new(1).apply::<_, i16>(&image)?.to_vec(), [1, 3, -3, -11]);
/// assert_eq!(Mean::new(1).apply::<_, f64>(&image)?.to_vec()[1..], [3.0, -11.0 / 3.0, -34.0 / 3.0]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct Mean {
    radius: PerAxis<usize>,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "mean";

/// Rows of fewer pixels are worked on along another axis.
const NARROW: usize = 24;

impl Default for Mean {
    /// Radius 1 on every axis, as in ITK.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Mean {
    /// A window of `2·radius + 1` pixels along each axis.
    pub fn new(radius: impl Into<PerAxis<usize>>) -> Self {
        Self { radius: radius.into(), pixel_type: None }
    }

    setters!(pixel_type);

    fn radius(&self, input: &Header) -> Result<Axes<usize>> {
        let radius = self.radius.resolve(NAME, "radius", input.rank())?;
        let samples =
            radius.iter().try_fold(1usize, |n, &r| n.checked_mul(r.checked_mul(2)?.checked_add(1)?));
        if samples.is_some_and(|n| n <= MOST) {
            return Ok(radius);
        }
        Err(Error::Parameter {
            filter: NAME,
            name: "radius",
            expected: format!("such that a window has at most {MOST} samples"),
            got: format!("{radius:?} (xyz)"),
        })
    }
}

impl Filter for Mean {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.radius(input)?;
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(input.pixel_type), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &self.radius(input)?)
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let radius = self.radius(task.input)?;
        task.output.pixel_type().visit(Fill { radius, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for Mean {}

struct Fill<'a> {
    radius: Axes<usize>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { mut radius, task } = self;
        let (mut source, mut offset) = (task.source, task.offset());
        let mut output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        // Sums of integers do not depend on their order, and long rows whose pixels are near take least.
        if is_exact(source.pixel_type(), &radius) {
            for [a, b] in order(output.strides()) {
                (source, output) = (source.swap_axes(a, b), output.swap_axes(a, b));
                radius.swap(a, b);
                offset.swap(a, b);
            }
        }
        Means { source, offset, radius }.fill(NAME, output, task.context)
    }
}

/// Whether sums over windows are exact in f64 whatever the pixels are.
fn is_exact(pixel: PixelType, radius: &[usize]) -> bool {
    let samples: usize = radius.iter().map(|r| 2 * r + 1).product();
    let spare = 52usize.checked_sub(8 * pixel.size());
    !pixel.is_float() && spare.is_some_and(|spare| samples <= 1 << spare)
}

/// Which axes to exchange so that the nearest in memory come first, but for x, which is the longest one if that would have few
/// pixels.
fn order(output: &Strides) -> Vec<[usize; 2]> {
    let mut exchanges = nearest_first(steps(output));
    let mut size = output.size;
    exchanges.iter().for_each(|&[a, b]| size.swap(a, b));
    let longest = (0..size.len()).rev().max_by_key(|&a| size[a]).unwrap_or(0);
    if size[0] < NARROW && longest > 0 {
        exchanges.push([0, longest]);
    }
    exchanges
}
