//! Filters whose results depend on whole lines of the image.

use itk_core::{
    AnyView, AnyViewMut, Axes, Buffer, Context, Error, Header, PerAxis, PixelType, Region, Result,
};

use crate::filter::{is_positive, not_positive};
use crate::kernel::recursive::{
    Coefficients, Finish, GaussianOrder, Operand, Pass, SHORTEST, Sum, steps_together,
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

/// Steps in parts, each of which is done in one pass.
struct Parts<'s> {
    /// All parts but the last one.
    before: Vec<&'s [Step]>,
    last: &'s [Step],
    /// The axes of all parts but the first one: what is between them has whole lines there.
    whole: Vec<usize>,
}

impl Parts<'_> {
    /// What holds along each axis of what is between the parts: along those where its lines are whole, and along others.
    fn between(
        &self,
        rank: usize,
        whole: impl Fn(usize) -> usize,
        other: impl Fn(usize) -> usize,
    ) -> Axes<usize> {
        Axes::from_fn(rank, |a| if self.whole.contains(&a) { whole(a) } else { other(a) })
    }
}

impl Cascade<'_> {
    /// Does some steps. What is between parts of them is in the output, if that has room for it, else in an image of its own.
    ///
    /// # Errors
    /// [`Error::Aborted`]; [`Error::OutOfMemory`].
    fn run(&mut self, steps: &[Step], finish: Finish<'_>, mut output: AnyViewMut<'_>) -> Result<()> {
        let parts = self.parts(steps);
        if parts.before.is_empty() {
            let input = Operand::View { view: self.source, offset: self.offset };
            return self.pass(parts.last, input, finish, output);
        }
        let has_sum = matches!(finish, Finish::Square { sum: Some(Sum::Pixel(Operand::Output)), .. });
        if !has_sum && self.fits(&parts, &output) {
            self.begin(&parts, output.reborrow())?;
            return self.pass(parts.last, Operand::Output, finish, output);
        }
        let between = self.image(&parts, output.size())?;
        self.pass(parts.last, self.operand(&between, &parts), finish, output)?;
        self.between = Some(between);
        Ok(())
    }

    /// Does the steps of two directions, and adds the squares of their results over the spacing. Where both end with the same
    /// step, one pass does that for both, so that no sum is written and read again.
    ///
    /// # Errors
    /// As [`Cascade::run`].
    fn run_both(
        &mut self,
        directions: [&[Step]; 2],
        spacing: [f64; 2],
        mut output: AnyViewMut<'_>,
    ) -> Result<()> {
        let square = |i: usize, sum| Finish::Square { spacing: spacing[i], sum, root: false };
        let [first, second] = directions.map(|steps| self.parts(steps));
        if first.last.len() > 1 || first.last != second.last || !self.fits(&first, &output) {
            self.run(directions[0], square(0, None), output.reborrow())?;
            return self.run(directions[1], square(1, Some(Sum::Pixel(Operand::Output))), output);
        }
        self.begin(&first, output.reborrow())?;
        let between = self.image(&second, output.size())?;
        let sum = Sum::Square { of: Operand::Output, spacing: spacing[0] };
        self.pass(second.last, self.operand(&between, &second), square(1, Some(sum)), output)?;
        self.between = Some(between);
        Ok(())
    }

    /// Which steps are done together.
    fn parts<'s>(&self, steps: &'s [Step]) -> Parts<'s> {
        let (mut before, mut last) = (Vec::new(), steps);
        loop {
            let axes: Vec<usize> = last.iter().map(|&(axis, _)| axis).collect();
            let (part, others) = last.split_at(steps_together(self.source.size(), &axes));
            if others.is_empty() {
                break;
            }
            before.push(part);
            last = others;
        }
        let first = before.first().map_or(steps.len(), |part| part.len());
        Parts { before, last, whole: steps[first..].iter().map(|&(axis, _)| axis).collect() }
    }

    /// Whether an output has room for what is between parts.
    fn fits(&self, parts: &Parts<'_>, output: &AnyViewMut<'_>) -> bool {
        let is_whole = |&a: &usize| output.size()[a] == self.source.size()[a];
        output.pixel_type() == PixelType::F32 && parts.whole.iter().all(is_whole)
    }

    /// An image of what is between parts, of which the output has this size.
    fn image(&mut self, parts: &Parts<'_>, size: &[usize]) -> Result<Buffer<f32>> {
        let size = parts.between(size.len(), |a| self.source.size()[a], |a| size[a]);
        Buffer::filled_again(self.between.take(), size, |between| self.begin(parts, between.into()))
    }

    /// Such an image as an operand.
    fn operand<'b>(&self, between: &'b Buffer<f32>, parts: &Parts<'_>) -> Operand<'b> {
        let offset = parts.between(self.offset.len(), |a| self.offset[a], |_| 0);
        Operand::View { view: between.view().into(), offset }
    }

    /// Does all parts but the last one, in what is between them.
    fn begin(&mut self, parts: &Parts<'_>, mut between: AnyViewMut<'_>) -> Result<()> {
        let offset = parts.between(self.offset.len(), |_| 0, |a| self.offset[a]);
        let mut input = Operand::View { view: self.source, offset };
        let (last, others) = parts.before.split_last().expect("there are two parts");
        for part in others {
            self.pass(part, input, Finish::Value, between.reborrow())?;
            input = Operand::Output;
        }
        self.pass(last, input, Finish::Value, between)
    }

    /// Does one part.
    fn pass(
        &mut self,
        part: &[Step],
        input: Operand<'_>,
        finish: Finish<'_>,
        output: AnyViewMut<'_>,
    ) -> Result<()> {
        let coefficients = |&(axis, order): &Step| {
            (axis, Coefficients::new(self.sigma[axis], self.spacing[axis], order, self.across_scales))
        };
        let pass = Pass { steps: part.iter().map(coefficients).collect(), input, finish };
        let (context, all) = (self.context, self.steps as f64);
        let is_of_two = matches!(finish, Finish::Square { sum: Some(Sum::Square { .. }), .. });
        let (done, steps) = (self.done, part.len() + usize::from(is_of_two));
        let progress = |part: f64| context.report((done as f64 + steps as f64 * part) / all);
        pass.fill_any(self.name, output, &context.clone().progress(&progress))?;
        self.done += steps;
        Ok(())
    }
}
