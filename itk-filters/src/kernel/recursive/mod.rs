//! Recursive filters along one axis: each result depends on the whole line.
//!
//! As one line is a chain of operations that wait for each other, many lines are filtered side by side. Their pixels are
//! staged as f64 with a line in each lane: where lines lie side by side in memory, by reading across them, and else by
//! reading along each of them, some pixels at a time, and turning.
#![expect(
    unsafe_code,
    reason = "pixels are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::buffer::Brick;
use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{AnyView, AnyViewMut, Axes, Context, Error, Pixel, Result, ViewMut, VisitType, pool};

use super::tiles::INLINE;

mod coefficients;
mod lines;
mod turn;

pub(crate) use coefficients::Coefficients;
pub use coefficients::GaussianOrder;
use lines::{LANES, Lines};
use turn::{Pixels, Read, Write};

/// The fewest pixels a line may have: as many results as each one depends on.
pub(crate) const SHORTEST: usize = 4;

/// About how many nanoseconds a pixel takes.
const COST: f64 = 2.0;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth and an abort soon.
const PIECE: f64 = 2e6;

/// Pixels that a pass reads.
#[derive(Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "there are two a pass, on the stack")]
pub(crate) enum Operand<'a> {
    /// Pixels of their own. The output's first pixel is at `offset` of them, xyz; along the axis of the pass, all of them
    /// are read.
    View { view: AnyView<'a>, offset: Axes<usize> },
    /// Those that are in the output already: the pass is in place.
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
    Square { spacing: f64, sum: Option<Operand<'a>>, root: bool },
}

/// A filter along one axis of an image.
pub(crate) struct Pass<'a> {
    pub(crate) coefficients: Coefficients,
    /// 0 is x.
    pub(crate) axis: usize,
    pub(crate) input: Operand<'a>,
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
    /// [`Error::Aborted`]; [`Error::SimdLevel`]; [`Error::OutOfMemory`] for lines so long that two of them in f64 do not fit.
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
        let length = match self.input {
            Operand::View { view, .. } => view.size()[self.axis],
            Operand::Output => output.size()[self.axis],
        };
        assert!(length >= SHORTEST, "lines of at least {SHORTEST} pixels, got {length}");
        let extent = extent(output.size(), self.axis, length, context.threads());
        let bricks = output.into_bricks(&extent);
        let steps = context.steps(name, bricks.len());
        let lanes = Lines::lanes(across(&extent, self.axis), length);
        let scratch = || Lines::new(length, lanes);
        pool::for_each(context, bricks, scratch, |lines, mut brick| {
            let lines = lines.as_mut().ok_or(Error::OutOfMemory { bytes: 16 * length as u128 })?;
            let work = Work::new(self, &brick);
            let count = across(brick.size(), self.axis);
            let mut runs = Vec::with_capacity(lanes);
            for first in (0..count).step_by(lanes) {
                steps.check()?;
                work.find(first, lanes.min(count - first), &mut runs);
                work.filter(level, lines, &runs);
            }
            // SAFETY: all lines were written.
            unsafe { brick.assume_stored() };
            steps.tick();
            Ok(())
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

/// The bricks (xyz) to cut an output of this size into: whole lines of `length`, and so many that all lanes are used.
fn extent(size: &[usize], axis: usize, length: usize, threads: usize) -> Axes<usize> {
    let lines = across(size, axis);
    let work = COST * length as f64 * lines as f64;
    if work < INLINE {
        return Axes::from_fn(size.len(), |a| size[a]);
    }
    let pieces = (work / PIECE).ceil().max(8.0 * threads as f64) as usize;
    let mut left = lines.div_ceil(pieces).next_multiple_of(LANES);
    Axes::from_fn(size.len(), |a| {
        if a == axis {
            return size[a];
        }
        let n = left.min(size[a]);
        left = left.div_ceil(n);
        n
    })
}

/// What one brick's lines need.
struct Work<'a> {
    pass: &'a Pass<'a>,
    /// The brick's pixels along each axis.
    size: Axes<usize>,
    /// The first pixel of the brick's first line.
    input: Pixels,
    /// Pixels a line of the input.
    length: usize,
    /// Results of a line before the first one that is wanted.
    skip: usize,
    /// The brick's first pixel, here and in the sum.
    output: Pixels,
    sum: Option<Pixels>,
}

impl<'a> Work<'a> {
    fn new<O: Pixel>(pass: &'a Pass<'a>, brick: &Brick<'_, O>) -> Self {
        let first = brick.first();
        let output = Pixels {
            start: brick.row(&Axes::filled(first.len() - 1, 0)).cast(),
            strides: *brick.strides(),
            pixel: O::TYPE,
        };
        let place = |operand: Operand<'_>, whole: bool| match operand {
            Operand::Output => output,
            Operand::View { view, offset } => {
                let at = |a: usize| if whole && a == pass.axis { 0 } else { offset[a] + first[a] };
                let all = Pixels {
                    start: view.start().as_ptr(),
                    strides: *view.strides(),
                    pixel: view.pixel_type(),
                };
                all.from(&Axes::from_fn(first.len(), at))
            }
        };
        let size = Axes::from_fn(first.len(), |a| brick.size()[a]);
        let (length, skip) = match pass.input {
            Operand::Output => (size[pass.axis], 0),
            Operand::View { view, offset } => (view.size()[pass.axis], offset[pass.axis]),
        };
        let sum = match pass.finish {
            Finish::Square { sum: Some(sum), .. } => Some(place(sum, false)),
            _ => None,
        };
        Self { pass, size, input: place(pass.input, true), length, skip, output, sum }
    }

    /// The axis on which neighbouring lines follow each other.
    fn side(&self) -> Option<usize> {
        (0..self.size.len()).find(|&a| a != self.pass.axis)
    }

    /// Finds the lines from `first` on, in runs that lie side by side.
    fn find(&self, first: usize, count: usize, runs: &mut Vec<Run>) {
        runs.clear();
        let side = self.side();
        let mut lane = 0;
        while lane < count {
            let mut number = first + lane;
            let at = Axes::from_fn(self.size.len(), |a| {
                if a == self.pass.axis {
                    return 0;
                }
                let i = number % self.size[a];
                number /= self.size[a];
                i
            });
            let beside = side.map_or(1, |side| self.size[side] - at[side]);
            let run = Run { lane, count: beside.min(count - lane), at };
            lane += run.count;
            runs.push(run);
        }
    }

    /// Filters the lines of these runs, one in each lane. Each step is compiled once a level, so that there is one copy of
    /// the conversions of all pixel types.
    fn filter(&self, level: Level, lines: &mut Lines, runs: &[Run]) {
        let (axis, side, pitch) = (self.pass.axis, self.side(), lines.pitch());
        for run in runs {
            let input = self.input.lines(&run.at, axis, side, run.count, self.length);
            // SAFETY: the lines lie in the part of the operand that the brick depends on.
            simd::dispatch(level, unsafe { Read::new(input, &mut lines.pixels()[run.lane..], pitch) });
        }
        simd::dispatch(level, Recursion { coefficients: &self.pass.coefficients, lines });
        let wanted = self.size[axis];
        let results = self.skip * pitch..(self.skip + wanted) * pitch;
        match self.pass.finish {
            Finish::Value => {}
            Finish::Single => {
                let results = &mut lines.results()[results.clone()];
                results.iter_mut().for_each(|value| *value = f64::from(*value as f32));
            }
            Finish::Square { spacing, root, .. } => {
                // The pixels are gone: their room is the sum's.
                let (sums, values) = lines.both(results.clone());
                match self.sum {
                    None => sums.fill(0.0),
                    Some(sum) => {
                        for run in runs {
                            let sum = sum.lines(&run.at, axis, side, run.count, wanted);
                            // SAFETY: the lines lie in the brick, or in the same part of the sum.
                            simd::dispatch(level, unsafe { Read::new(sum, &mut sums[run.lane..], pitch) });
                        }
                    }
                }
                simd::dispatch(level, Square { values, sums, spacing, root });
            }
        }
        for run in runs {
            let output = self.output.lines(&run.at, axis, side, run.count, wanted);
            let values = &lines.results()[results.clone()][run.lane..];
            // SAFETY: the lines are the brick's.
            simd::dispatch(level, unsafe { Write::new(output, values, pitch) });
        }
    }
}

/// Lines that lie side by side, in neighbouring lanes.
struct Run {
    /// The lane of the first one.
    lane: usize,
    count: usize,
    /// The index of its first pixel in the brick.
    at: Axes<usize>,
}

/// The computation on lines that have been read.
struct Recursion<'a> {
    coefficients: &'a Coefficients,
    lines: &'a mut Lines,
}

impl Job for Recursion<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        self.lines.filter(self.coefficients);
    }
}

/// Squares of derivatives, added to sums with the roundings to f32 that ITK's images make.
struct Square<'a> {
    values: &'a mut [f64],
    sums: &'a [f64],
    spacing: f64,
    root: bool,
}

impl Job for Square<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { values, sums, spacing, root } = self;
        for (value, sum) in values.iter_mut().zip(sums) {
            let slope = f64::from(*value as f32) / spacing;
            let total = f64::from((sum + slope * slope) as f32);
            *value = if root { total.sqrt() } else { total };
        }
    }
}
