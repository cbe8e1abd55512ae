//! Smoothing by a recursive Gaussian along each axis.

use itk_core::{Axes, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Task};

use super::{Cascade, Step, check, filtered_axes, whole_lines};
use crate::filter::{Spacing, natural_type, setters};
use crate::kernel::recursive::{Finish, GaussianOrder};

/// Smooths with a Gaussian, by a recursion along each axis.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is the
/// caller's choice, f32 by default and f64 for f64. Sigma is in the unit of the spacing, one for all axes or one each.
/// Beyond the border: the nearest pixel inside, for ever.
/// Cost: the same for each sigma, 1 to 3 ns a pixel and axis. Scratch is 16 bytes for each pixel of 32 lines and
/// up to half a megabyte for a plane, a thread; and an image of f32, where results are of another type or are a part of an image.
///
/// The last axis is filtered first, then the others from x on. Each pass computes in f64 and its result is rounded to f32,
/// for all types, f64 too, as in ITK; so is the last one before it becomes the result's type, integers truncated.
///
/// # Errors
/// [`itk_core::Error::Components`] for pixels of several components; [`itk_core::Error::ShortLine`] for fewer than 4 pixels
/// along a filtered axis; [`itk_core::Error::Parameter`] for a sigma or spacing that is not positive and finite, or has the
/// wrong number of values, and for no axis at all.
///
/// # Source
/// ITK's `SmoothingRecursiveGaussianImageFilter`, operation by operation in the same order.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, SmoothingRecursiveGaussian};
/// let flat = Image::from_vec(&[5, 4], vec![7u8; 20])?;
/// let smooth: Image<f32> = SmoothingRecursiveGaussian::new(2.0).apply(&flat)?;
/// assert!(smooth.to_vec().iter().all(|v| (v - 7.0).abs() < 1e-5));
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct SmoothingRecursiveGaussian {
    sigma: PerAxis<f64>,
    axes: PerAxis<bool>,
    normalize_across_scale: bool,
    spacing: Spacing,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "smoothing_recursive_gaussian";

impl Default for SmoothingRecursiveGaussian {
    /// With a sigma of 1.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl SmoothingRecursiveGaussian {
    /// Along all axes, with the image's own spacing.
    pub fn new(sigma: impl Into<PerAxis<f64>>) -> Self {
        Self {
            sigma: sigma.into(),
            axes: PerAxis::uniform(true),
            normalize_across_scale: false,
            spacing: Spacing::Image,
            pixel_type: None,
        }
    }

    /// As in ITK; without derivatives, it changes nothing.
    pub fn normalize_across_scale(self, yes: bool) -> Self {
        Self { normalize_across_scale: yes, ..self }
    }

    setters!(spacing, axes, pixel_type);

    fn sigmas(&self, input: &Header) -> Result<Axes<f64>> {
        self.sigma.resolve(NAME, "sigma", input.rank())
    }
}

impl Filter for SmoothingRecursiveGaussian {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        let (sigma, spacing) = (self.sigmas(input)?, self.spacing.resolve(NAME, input)?);
        for axis in filtered_axes(NAME, &self.axes, input)? {
            check(NAME, input, axis, sigma[axis], &spacing)?;
        }
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural_type(input)), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        let axes = filtered_axes(NAME, &self.axes, input)?;
        whole_lines(input, output, |a| axes.contains(&a))
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let axes = filtered_axes(NAME, &self.axes, task.input)?;
        let (last, others) = axes.split_last().expect("there is an axis");
        let steps: Vec<Step> = [last].into_iter().chain(others).map(|&a| (a, GaussianOrder::Zero)).collect();
        let mut cascade = Cascade {
            name: NAME,
            sigma: self.sigmas(task.input)?,
            spacing: self.spacing.resolve(NAME, task.input)?,
            across_scales: self.normalize_across_scale,
            source: task.source,
            offset: task.offset(),
            context: task.context,
            steps: steps.len(),
            done: 0,
            between: None,
        };
        cascade.run(&steps, Finish::Single, task.output)
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for SmoothingRecursiveGaussian {}
