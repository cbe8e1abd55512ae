//! The magnitude of the gradient of an image smoothed by a recursive Gaussian.

use itk_core::{
    AnyViewMut, Axes, Buffer, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Task,
};

use super::{Cascade, Step, check, filtered_axes, whole_lines};
use crate::filter::{Spacing, natural_type, setters};
use crate::kernel::recursive::{Finish, GaussianOrder, Operand, Sum};

/// The magnitude of the gradient of the image convolved with a Gaussian, by recursions along each axis.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is the
/// caller's choice, f32 by default and f64 for f64. Sigma is in the unit of the spacing; the result's unit is that of the
/// pixels over that of the spacing. The direction is not looked at, as in ITK.
/// Beyond the border: the nearest pixel inside, for ever.
/// Cost: the same for each sigma. For each of the axes there is a pass along each of the axes, of 1 to 3 ns a pixel. Scratch
/// is an image of f32, if there is more than one axis, and another one for results of a type that is not f32.
///
/// Each pass computes in f64 and its result is rounded to f32, for all types, f64 too, as in ITK; so is the sum of squares.
/// Integer results are truncated toward zero.
///
/// # Errors
/// [`itk_core::Error::Components`] for pixels of several components; [`itk_core::Error::ShortLine`] for fewer than 4 pixels
/// along a filtered axis; [`itk_core::Error::Parameter`] for a sigma or spacing that is not positive and finite, or has the
/// wrong number of values, and for no axis at all.
///
/// # Source
/// ITK's `GradientMagnitudeRecursiveGaussianImageFilter`, operation by operation in the same order.
///
/// # Example
/// ```
/// use itk_core::Image;
/// use itk_filters::{Apply, GradientMagnitudeRecursiveGaussian};
/// let ramp = Image::from_vec(&[20, 4], (0..80).map(|i| 5.0 * f32::from(i as u8 % 20)).collect())?;
/// let slope: Image<f32> = GradientMagnitudeRecursiveGaussian::new(1.0).apply(&ramp)?;
/// assert!((slope.to_vec()[10] - 5.0).abs() < 1e-3);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct GradientMagnitudeRecursiveGaussian {
    sigma: f64,
    axes: PerAxis<bool>,
    normalize_across_scale: bool,
    spacing: Spacing,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "gradient_magnitude_recursive_gaussian";

impl Default for GradientMagnitudeRecursiveGaussian {
    /// With a sigma of 1.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl GradientMagnitudeRecursiveGaussian {
    /// Along all axes, with the image's own spacing.
    pub fn new(sigma: f64) -> Self {
        Self {
            sigma,
            axes: PerAxis::uniform(true),
            normalize_across_scale: false,
            spacing: Spacing::Image,
            pixel_type: None,
        }
    }

    /// Whether derivatives are multiplied by sigma, so that they may be compared with those of another sigma. Default no.
    pub fn normalize_across_scale(self, yes: bool) -> Self {
        Self { normalize_across_scale: yes, ..self }
    }

    setters!(spacing, axes, pixel_type);
}

impl Filter for GradientMagnitudeRecursiveGaussian {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        let spacing = self.spacing.resolve(NAME, input)?;
        for axis in filtered_axes(NAME, &self.axes, input)? {
            check(NAME, input, axis, self.sigma, &spacing)?;
        }
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural_type(input)), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        let axes = filtered_axes(NAME, &self.axes, input)?;
        whole_lines(input, output, |a| axes.contains(&a))
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let offset = task.offset();
        let Task { input, source, mut output, context, .. } = task;
        let axes = filtered_axes(NAME, &self.axes, input)?;
        let spacing = self.spacing.resolve(NAME, input)?;
        let mut cascade = Cascade {
            name: NAME,
            sigma: Axes::filled(input.rank(), self.sigma),
            spacing,
            across_scales: self.normalize_across_scale,
            source,
            offset,
            context,
            steps: axes.len() * axes.len(),
            done: 0,
            between: None,
        };
        let (last, others) = axes.split_last().expect("there is an axis");
        // The derivative along one axis, smoothed along the others.
        let steps = |along: usize| -> Vec<Step> {
            let smooth = axes.iter().filter(|&&a| a != along).map(|&a| (a, GaussianOrder::Zero));
            [(along, GaussianOrder::First)].into_iter().chain(smooth).collect()
        };
        // Adds the squares along one axis, or the first two, to those along the axes before.
        let add = |cascade: &mut Cascade<'_>, along: &[usize], sum: AnyViewMut<'_>| match *along {
            [x, y] => cascade.run_both([&steps(x), &steps(y)], [spacing[x], spacing[y]], sum),
            _ => {
                let before = (along[0] != axes[0]).then_some(Sum::Pixel(Operand::Output));
                let finish = Finish::Square { spacing: spacing[along[0]], sum: before, root: false };
                cascade.run(&steps(along[0]), finish, sum)
            }
        };
        let (pair, more) = others.split_at(others.len().min(2));
        let add_all = |cascade: &mut Cascade<'_>, mut sum: AnyViewMut<'_>| {
            let Some((end, more)) = more.split_last() else { return add(cascade, pair, sum) };
            add(cascade, pair, sum.reborrow())?;
            more.chunks(1).try_for_each(|along| add(cascade, along, sum.reborrow()))?;
            add(cascade, &[*end], sum)
        };
        let end = |cascade: &mut Cascade<'_>, sum: Option<Operand<'_>>, output: AnyViewMut<'_>| {
            let sum = sum.map(Sum::Pixel);
            cascade.run(&steps(*last), Finish::Square { spacing: spacing[*last], sum, root: true }, output)
        };
        if others.is_empty() {
            return end(&mut cascade, None, output);
        }
        if output.pixel_type() == PixelType::F32 {
            // The output holds the sum until its root is taken.
            add_all(&mut cascade, output.reborrow())?;
            return end(&mut cascade, Some(Operand::Output), output);
        }
        let size = Axes::from_fn(input.rank(), |a| output.size()[a]);
        let sum = Buffer::<f32>::filled_by(size, |sum| add_all(&mut cascade, sum.into()))?;
        let sum = Operand::View { view: sum.view().into(), offset: Axes::filled(input.rank(), 0) };
        end(&mut cascade, Some(sum), output)
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for GradientMagnitudeRecursiveGaussian {}
