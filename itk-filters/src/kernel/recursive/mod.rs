//! Recursive filters along one axis: each result depends on the whole line.
//!
//! As one line is a chain of operations that wait for each other, many lines are filtered side by side. Where they lie so in
//! memory, and pixels and results are of f32, that is done in place. Else pixels are staged, as f64 or f32, with a line in each
//! lane: by reading across the lines, or by reading along each of them, some pixels at a time, and turning.
#![expect(
    unsafe_code,
    reason = "pixels are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::simd::{self, Level};
use itk_core::{AnyView, AnyViewMut, Axes, Context, Error, Pixel, Result, Steps, ViewMut, VisitType, pool};

use super::cache::Aligned;
use super::tiles::INLINE;

mod coefficients;
mod lines;
mod square;
mod turn;
mod work;

pub(crate) use coefficients::Coefficients;
pub use coefficients::GaussianOrder;
use lines::{LANES, Scratch};
use work::{Places, Work};

/// The fewest pixels a line may have: as many results as each one depends on.
pub(crate) const SHORTEST: usize = 4;

/// About how many nanoseconds a pixel takes.
const COST: f64 = 2.0;

/// Bytes of pixels, between steps, that stay in the cache of a core while they are filtered along one axis and another.
const CACHE: usize = 1 << 19;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth and an abort soon.
const PIECE: f64 = 2e6;

/// Pixels that a pass reads.
#[derive(Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "there are two a pass, on the stack")]
pub(crate) enum Operand<'a> {
    /// Pixels of their own. The output's first pixel is at `offset` of them, xyz; along the axis of the pass, all of them
    /// are read.
    View { view: AnyView<'a>, offset: Axes<usize> },
    /// Those that are in the output already, whose lines are whole: the pass is in place.
    Output,
}

/// What becomes of a result.
#[derive(Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "there is one a pass, on the stack")]
pub(crate) enum Finish<'a> {
    /// It is stored.
    Value,
    /// Rounded to f32, it is stored.
    Single,
    /// Rounded to f32, it is divided by the spacing and squared, and that is added to a pixel of the sum, if there is one.
    /// At last, the root is taken.
    Square { spacing: f64, sum: Option<Sum<'a>>, root: bool },
}

/// What a square is added to.
#[derive(Clone, Copy)]
pub(crate) enum Sum<'a> {
    /// A pixel.
    Pixel(Operand<'a>),
    /// The square of another operand's result, over its spacing. That is of the same step, and its lines are those of the
    /// step's input: as long, and as many results of them before the first one that is wanted.
    Square { of: Operand<'a>, spacing: f64 },
}

/// A filter along an axis, 0 being x.
pub(crate) type Step = (usize, Coefficients);

/// One or several steps over an image, one after the other on each part of it.
pub(crate) struct Pass<'a> {
    /// The first one reads the input, the last one writes the output. What is between them is of f32, and in scratch.
    pub(crate) steps: Vec<Step>,
    pub(crate) input: Operand<'a>,
    /// Of the last step.
    pub(crate) finish: Finish<'a>,
}

impl Pass<'_> {
    /// [`Pass::fill`] for an output whose pixel type is known at run time only.
    ///
    /// # Errors
    /// As [`Pass::fill`].
    pub(crate) fn fill_any(
        &self,
        name: &'static str,
        output: AnyViewMut<'_>,
        context: &Context<'_>,
    ) -> Result<()> {
        output.pixel_type().visit(Fill { pass: self, name, output, context })
    }

    /// Filters all lines, on the pool. Where an operand is [`Operand::Output`], the output's pixels are initialised: those
    /// of an image are.
    ///
    /// # Errors
    /// [`Error::Aborted`]; [`Error::SimdLevel`]; [`Error::OutOfMemory`] for lines so long that
    /// three of them in f64, or four with sums, do not fit.
    ///
    /// # Panics
    /// When lines are shorter than [`SHORTEST`].
    pub(crate) fn fill<O: Pixel>(
        &self,
        name: &'static str,
        output: ViewMut<'_, O>,
        context: &Context<'_>,
    ) -> Result<()> {
        let level = simd::level()?;
        if output.size().contains(&0) {
            return Ok(());
        }
        let extent = self.extent(output.size(), context.threads());
        let bricks = output.into_bricks(&extent);
        let steps = context.steps(name, bricks.len());
        let room = |(number, &(axis, _)): (usize, &Step)| {
            let length = self.length(axis, &extent);
            lines::lanes(across(&self.written(number, &extent), axis), length).checked_mul(length)
        };
        let room = self
            .steps
            .iter()
            .enumerate()
            .map(room)
            .collect::<Option<Vec<_>>>()
            .and_then(|room| room.into_iter().max());
        let sums = matches!(self.finish, Finish::Square { sum: Some(_), .. });
        let between = if self.steps.len() > 1 { self.written(0, &extent).iter().product() } else { 0 };
        let scratch = || Some((Scratch::new(room?, sums)?, Aligned::<f32>::new(between)?));
        pool::for_each(context, bricks, scratch, |scratch, mut brick| {
            let bytes = room.map_or(u128::MAX, |room| {
                room as u128 * if sums { 32 } else { 24 } + (between * size_of::<f32>()) as u128
            });
            let (scratch, between) = scratch.as_mut().ok_or(Error::OutOfMemory { bytes })?;
            self.filter(level, scratch, &Places::new(self, &brick, between.values().as_mut_ptr()), &steps)?;
            // SAFETY: all lines were written.
            unsafe { brick.assume_stored() };
            steps.tick();
            Ok(())
        })
    }

    /// Does all steps of a brick.
    fn filter(
        &self,
        level: Level,
        scratch: &mut Scratch,
        places: &Places<'_>,
        steps: &Steps<'_>,
    ) -> Result<()> {
        for number in 0..self.steps.len() {
            let work = Work::new(self, number, places);
            let count = work.count();
            let lanes = lines::lanes(count, work.length);
            let mut runs = Vec::with_capacity(lanes);
            let (mut first, mut some) = (0, work.first(count, lanes));
            while first < count {
                steps.check()?;
                work.find(first, some.min(count - first), &mut runs);
                work.filter_any(level, scratch, lanes, &runs);
                (first, some) = (first + some, lanes);
            }
        }
        Ok(())
    }

    /// How many pixels the lines of a step along this axis have, for a brick of this size.
    fn length(&self, axis: usize, size: &[usize]) -> usize {
        let length = match self.input {
            Operand::View { view, .. } => view.size()[axis],
            Operand::Output => size[axis],
        };
        assert!(length >= SHORTEST, "lines of at least {SHORTEST} pixels, got {length}");
        length
    }

    /// Whether lines along this axis are whole between the steps: those of all steps but the first one.
    fn is_whole_between(&self, axis: usize) -> bool {
        self.steps[1..].iter().any(|step| step.0 == axis)
    }

    /// The size, xyz, of what a step writes for a brick of this size.
    fn written(&self, number: usize, size: &[usize]) -> Axes<usize> {
        let is_last = number + 1 == self.steps.len();
        let whole = |a| !is_last && self.is_whole_between(a);
        Axes::from_fn(size.len(), |a| if whole(a) { self.length(a, size) } else { size[a] })
    }

    /// The bricks (xyz) to cut an output of this size into: whole lines along the axes of the steps, and so many that all lanes
    /// are used. What several steps have in common stays in the cache.
    fn extent(&self, size: &[usize], threads: usize) -> Axes<usize> {
        let steps = &self.steps;
        let work = COST * steps.len() as f64 * size.iter().map(|&n| n as f64).product::<f64>();
        let is_whole = |a| steps.iter().any(|&(axis, _)| axis == a);
        let (mut whole, mut lines) = (1_usize, 1);
        for (a, &n) in size.iter().enumerate() {
            if is_whole(a) {
                whole = whole.saturating_mul(self.length(a, size));
            } else {
                lines *= n;
            }
        }
        let pieces = (work / PIECE).ceil().max(8.0 * threads as f64) as usize;
        let mut left = if work < INLINE { lines } else { lines.div_ceil(pieces) };
        if steps.len() > 1 {
            left = left.min(CACHE / whole.saturating_mul(size_of::<f32>()));
        }
        // Where rows are whole, there are enough lines for all lanes in each of them.
        let together = if steps.len() > 1 && is_whole(0) { 1 } else { LANES };
        left = left.max(1).next_multiple_of(together);
        Axes::from_fn(size.len(), |a| {
            if is_whole(a) {
                return size[a];
            }
            let n = left.min(size[a]);
            left = left.div_ceil(n);
            n
        })
    }
}

struct Fill<'a> {
    pass: &'a Pass<'a>,
    name: &'static str,
    output: AnyViewMut<'a>,
    context: &'a Context<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let output: ViewMut<'_, O> = self.output.typed().expect("visited with the output's own type");
        self.pass.fill(self.name, output, self.context)
    }
}

/// How many lines along an axis there are.
fn across(size: &[usize], axis: usize) -> usize {
    size.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &n)| n).product()
}

/// How many of these steps, at least one, to do together: their axes are those whose pixels follow each other in memory, and
/// whole lines along them stay in the cache. Lines along other axes lie so far apart that most of them share sets of it.
pub(crate) fn steps_together(size: &[usize], axes: &[usize]) -> usize {
    let stay = |&n: &usize| {
        let bytes = size[..n].iter().fold(size_of::<f32>(), |bytes, &n| bytes.saturating_mul(n));
        axes[..n].iter().all(|&a| a < n) && bytes <= CACHE
    };
    (2..=axes.len()).rfind(stay).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_done_together_along_axes_that_follow_each_other_in_memory() {
        let volume = [256, 256, 128];
        for (size, axes, expected) in [
            (&volume[..], &[0, 1, 2][..], 2),
            (&volume, &[1, 0, 2], 2),
            (&volume, &[2, 0, 1], 1),
            (&volume, &[0, 2], 1),
            (&volume, &[1, 2], 1),
            (&volume, &[0], 1),
            (&[64, 32, 64], &[2, 0, 1], 3),
            (&[64, 32, 64], &[2, 0], 1),
            (&[1000, 1000], &[0, 1], 1),
            (&[usize::MAX, 2], &[0, 1], 1),
        ] {
            assert_eq!(steps_together(size, axes), expected, "{size:?} {axes:?}");
        }
    }
}
