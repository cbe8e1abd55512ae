//! Filters whose results depend on whole lines of the image.

use itk_core::{
    AnyView, AnyViewMut, Axes, Buffer, Context, Error, Header, PerAxis, PixelType, Region, Result,
};

use crate::filter::{is_positive, not_positive};
use crate::kernel::recursive::{
    Coefficients, Finish, GaussianOrder, Operand, Pass, SHORTEST, steps_together,
};

mod gradient_magnitude_recursive_gaussian;
mod recursive_gaussian;
mod smoothing_recursive_gaussian;

pub use gradient_magnitude_recursive_gaussian::GradientMagnitudeRecursiveGaussian;
pub use recursive_gaussian::RecursiveGaussian;
pub use smoothing_recursive_gaussian::SmoothingRecursiveGaussian;

/// Less than this is refused as a spacing, as in ITK.
const LEAST_SPACING: f64 = 1e-8;

/// Refuses what no line along an axis can be filtered with.
fn check(filter: &'static str, input: &Header, axis: usize, sigma: f64, spacing: &[f64]) -> Result<()> {
    if !is_positive(sigma) {
        return Err(not_positive(filter, "sigma", sigma));
    }
    if spacing[axis] < LEAST_SPACING {
        let (name, expected) = ("spacing", format!("at least {LEAST_SPACING:e}"));
        return Err(Error::Parameter { filter, name, expected, got: spacing[axis].to_string() });
    }
    let got = input.region.size()[axis];
    if got < SHORTEST {
        return Err(Error::ShortLine { filter, direction: axis, got });
    }
    Ok(())
}

/// The part of the input that a part of the output depends on: all of it along the filtered axes.
fn whole_lines(input: &Header, output: &Region, is_filtered: impl Fn(usize) -> bool) -> Result<Region> {
    let whole = input.region;
    let of = |a: usize| if is_filtered(a) { &whole } else { output };
    let index = Axes::from_fn(whole.rank(), |a| of(a).index()[a]);
    let size = Axes::from_fn(whole.rank(), |a| of(a).size()[a]);
    Region::new(&index, &size)?.crop(&whole).ok_or_else(|| Error::InvalidRequestedRegion {
        requested: Box::new(*output),
        largest: Box::new(whole),
    })
}

/// Which axes of an image are filtered, xyz: at least one.
fn filtered_axes(filter: &'static str, axes: &PerAxis<bool>, input: &Header) -> Result<Vec<usize>> {
    let axes = axes.resolve(filter, "axes", input.rank())?;
    let filtered: Vec<usize> = (0..axes.len()).filter(|&a| axes[a]).collect();
    if filtered.is_empty() {
        let expected = "at least one axis".into();
        return Err(Error::Parameter { filter, name: "axes", expected, got: "none".into() });
    }
    Ok(filtered)
}

/// A Gaussian, or a derivative of one, along one axis.
type Step = (usize, GaussianOrder);

/// Filters that are made of steps along several axes, one after the other, with images of f32 between them as in ITK.
struct Cascade<'a> {
    name: &'static str,
    /// Along each axis, xyz.
    sigma: Axes<f64>,
    spacing: Axes<f64>,
    across_scales: bool,
    source: AnyView<'a>,
    /// The index of the output's first pixel in the source, xyz.
    offset: Axes<usize>,
    context: &'a Context<'a>,
    /// Steps in all, and those that have been done.
    steps: usize,
    done: usize,
    /// The image between the steps, to be used again.
    between: Option<Buffer<f32>>,
}

impl Cascade<'_> {
    /// Does some steps. What is between parts of them is in the output, if that has room for it, else in an image of its own.
    ///
    /// # Errors
    /// [`Error::Aborted`]; [`Error::OutOfMemory`].
    fn run(&mut self, steps: &[Step], finish: Finish<'_>, mut output: AnyViewMut<'_>) -> Result<()> {
        let (source, offset) = (self.source, self.offset);
        let parts = self.parts(steps);
        let (first, others) = parts.split_first().expect("there is a step");
        let Some((last, middle)) = others.split_last() else {
            return self.pass(first, Operand::View { view: source, offset }, finish, output);
        };
        // Axes of later parts are kept whole.
        let is_whole = |a: usize| steps[first.len()..].iter().any(|&(axis, _)| axis == a);
        let whole = |a| if is_whole(a) { source.size()[a] } else { output.size()[a] };
        let size = Axes::from_fn(source.size().len(), whole);
        let from = Axes::from_fn(offset.len(), |a| if is_whole(a) { 0 } else { offset[a] });
        let input = Operand::View { view: source, offset: from };
        let has_sum = matches!(finish, Finish::Square { sum: Some(Operand::Output), .. });
        if output.pixel_type() == PixelType::F32 && *output.size() == *size && !has_sum {
            self.pass(first, input, Finish::Value, output.reborrow())?;
            for part in middle {
                self.pass(part, Operand::Output, Finish::Value, output.reborrow())?;
            }
            return self.pass(last, Operand::Output, finish, output);
        }
        let mut between = Buffer::<f32>::filled_again(self.between.take(), size, |between| {
            self.pass(first, input, Finish::Value, between.into())
        })?;
        for part in middle {
            self.pass(part, Operand::Output, Finish::Value, between.view_mut()?.into())?;
        }
        let from = Axes::from_fn(offset.len(), |a| if is_whole(a) { offset[a] } else { 0 });
        let input = Operand::View { view: between.view().into(), offset: from };
        self.pass(last, input, finish, output)?;
        self.between = Some(between);
        Ok(())
    }

    /// Which steps are done together: at least one part.
    fn parts<'s>(&self, steps: &'s [Step]) -> Vec<&'s [Step]> {
        let (mut parts, mut left) = (Vec::new(), steps);
        while !left.is_empty() {
            let axes: Vec<usize> = left.iter().map(|&(axis, _)| axis).collect();
            let (part, others) = left.split_at(steps_together(self.source.size(), &axes));
            parts.push(part);
            left = others;
        }
        parts
    }

    fn pass(
        &mut self,
        steps: &[Step],
        input: Operand<'_>,
        finish: Finish<'_>,
        output: AnyViewMut<'_>,
    ) -> Result<()> {
        let coefficients = |&(axis, order): &Step| {
            (axis, Coefficients::new(self.sigma[axis], self.spacing[axis], order, self.across_scales))
        };
        let pass = Pass { steps: steps.iter().map(coefficients).collect(), input, finish };
        let (context, all) = (self.context, self.steps as f64);
        let (done, part) = (self.done as f64, steps.len() as f64);
        let progress = |done_of_part: f64| context.report((done + part * done_of_part) / all);
        pass.fill_any(self.name, output, &context.clone().progress(&progress))?;
        self.done += steps.len();
        Ok(())
    }
}
