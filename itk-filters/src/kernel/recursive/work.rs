//! What is done with the lines of one brick.

use itk_core::buffer::Brick;
use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{Axes, Pixel, PixelType, Strides};

use super::coefficients::Coefficients;
use super::lines::{Lines, Parts, Rows, Scratch, Sink};
use super::square::Square;
use super::turn::{Pixels, Read, Value, Write};
use super::{Finish, Operand, Pass, Sum, across};
use crate::kernel::cache;

/// How many times as many lines as go together make up for some that go alone, so that others are aligned.
const ALIGNED: usize = 16;

/// What one brick's lines need.
pub(super) struct Work<'a> {
    pub(super) axis: usize,
    coefficients: &'a Coefficients,
    finish: Finish<'a>,
    /// The results along each axis.
    size: Axes<usize>,
    /// The first pixel of the first line.
    input: Pixels,
    /// Pixels a line of the input.
    pub(super) length: usize,
    /// Results of a line before the first one that is wanted.
    skip: usize,
    /// The first result.
    output: Pixels,
    added: Option<Added>,
    /// How many lines after the first one lie side by side, evenly.
    beside: usize,
}

/// Where a brick is, and what is between its steps.
pub(super) struct Places<'a> {
    /// The index of the brick's first pixel in the output, xyz.
    first: &'a [usize],
    size: &'a [usize],
    output: Pixels,
    between: Pixels,
}

impl<'a> Places<'a> {
    /// Of a brick, where there is room for what is `between` steps.
    pub(super) fn new<O: Pixel>(pass: &Pass<'_>, brick: &'a Brick<'_, O>, between: *mut f32) -> Self {
        let (first, size) = (brick.first(), brick.size());
        let output = Pixels {
            start: brick.row(&Axes::filled(first.len() - 1, 0)).cast(),
            strides: *brick.strides(),
            pixel: O::TYPE,
        };
        let strides = Strides::contiguous(pass.written(0, size), size_of::<f32>());
        let between = Pixels {
            start: between.cast(),
            strides: strides.expect("there is room for it"),
            pixel: PixelType::F32,
        };
        Self { first, size, output, between }
    }

    /// The pixels of an operand from the first one on that is read: of those along some axes, all are read.
    fn of(&self, operand: Operand<'_>, is_whole: impl Fn(usize) -> bool) -> Pixels {
        let Operand::View { view, offset } = operand else { return self.output };
        let all = Pixels { start: view.start().as_ptr(), strides: *view.strides(), pixel: view.pixel_type() };
        let at = |a: usize| if is_whole(a) { 0 } else { offset[a] + self.first[a] };
        all.from(&Axes::from_fn(self.first.len(), at))
    }
}

/// What squares are added to.
#[derive(Clone, Copy)]
enum Added {
    /// Pixels, from the first one on.
    Pixels(Pixels),
    /// The squares of these lines' results, over the spacing.
    Squares { lines: Pixels, spacing: f64 },
}

impl<'a> Work<'a> {
    /// For a step.
    pub(super) fn new(pass: &'a Pass<'a>, number: usize, places: &Places<'_>) -> Self {
        let (axis, coefficients) = &pass.steps[number];
        let (axis, is_last) = (*axis, number + 1 == pass.steps.len());
        // Results along an axis before the first one that is wanted, where lines are whole.
        let skip = |a: usize| match pass.input {
            Operand::Output => 0,
            Operand::View { offset, .. } => offset[a],
        };
        let is_skipped = |a: usize| is_last && a != axis && pass.is_whole_between(a);
        let input = match number {
            0 => places.of(pass.input, |a| a == axis || pass.is_whole_between(a)),
            _ => {
                let at = |a| if is_skipped(a) { skip(a) } else { 0 };
                places.between.from(&Axes::from_fn(places.first.len(), at))
            }
        };
        let (finish, output) =
            if is_last { (pass.finish, places.output) } else { (Finish::Value, places.between) };
        let added = match finish {
            Finish::Square { sum: Some(Sum::Pixel(sum)), .. } => {
                Some(Added::Pixels(places.of(sum, |_| false)))
            }
            Finish::Square { sum: Some(Sum::Square { of, spacing }), .. } => {
                Some(Added::Squares { lines: places.of(of, |a| a == axis), spacing })
            }
            _ => None,
        };
        let size = pass.written(number, places.size);
        let third =
            added.map_or(output, |(Added::Pixels(pixels) | Added::Squares { lines: pixels, .. })| pixels);
        Self {
            axis,
            coefficients,
            finish,
            size,
            input,
            length: pass.length(axis, places.size),
            skip: if number == 0 || is_last { skip(axis) } else { 0 },
            output,
            added,
            beside: beside(&size, axis, &[input, output, third]),
        }
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        across(&self.size, self.axis)
    }

    /// How many of `count` lines go first, so that those after them begin a cache line where results are written in place;
    /// or as many as of the others, if these are too few to make up for it.
    pub(super) fn first(&self, count: usize, lanes: usize) -> usize {
        let Pixels { start, strides, pixel } = self.output;
        let is_in_place = matches!(pixel, PixelType::F32 | PixelType::F64)
            && self.axis != 0
            && strides.bytes[0] == pixel.size() as isize;
        let pays = count.min(self.beside) >= ALIGNED * lanes;
        match cache::before_line(start.addr(), pixel.size()) {
            lines @ 1.. if lines < lanes && is_in_place && pays => lines,
            _ => lanes,
        }
    }

    /// Finds the lines from `first` on, in runs that lie side by side.
    pub(super) fn find(&self, first: usize, count: usize, runs: &mut Vec<Run>) {
        runs.clear();
        let mut lane = 0;
        while lane < count {
            let mut number = first + lane;
            let beside = self.beside - number % self.beside;
            let at = Axes::from_fn(self.size.len(), |a| {
                if a == self.axis {
                    return 0;
                }
                let i = number % self.size[a];
                number /= self.size[a];
                i
            });
            let run = Run { lane, count: beside.min(count - lane), at };
            lane += run.count;
            runs.push(run);
        }
    }

    /// Filters lines in the values that are enough for their pixels.
    pub(super) fn filter_any(&self, level: Level, scratch: &mut Scratch, lanes: usize, runs: &[Run]) {
        if [self.input.pixel, self.output.pixel] == [PixelType::F32; 2] {
            self.filter::<f32>(level, scratch, lanes, runs);
        } else {
            self.filter::<f64>(level, scratch, lanes, runs);
        }
    }

    /// Lines to be filtered that begin `from` there.
    fn lines<'h, V>(&self, from: Rows<V>, lanes: usize, history: &'h mut [f64]) -> Lines<'h, V> {
        let wanted = self.skip..self.skip + self.size[self.axis];
        Lines { from, length: self.length, lanes, wanted, history }
    }

    /// Filters the lines of these runs, one in each lane. Each step is compiled once a level, so that there is one copy of
    /// the conversions of all pixel types.
    fn filter<V: Value>(&self, level: Level, scratch: &mut Scratch, lanes: usize, runs: &[Run]) {
        let (axis, side, count) = (self.axis, sides(self.size.len(), self.axis).next(), lanes * self.length);
        let wanted = self.size[axis];
        let Parts { values, sums, history } = scratch.parts::<V>(count, lanes);
        // Pixels that are such rows already are used where they are.
        let rows = |pixels: &Pixels, length| match runs {
            [run] if run.count == lanes => pixels.lines(&run.at, axis, side, lanes, length).rows::<V>(),
            _ => None,
        };
        let stage = |pixels: &Pixels, length, values: &mut [V]| {
            for run in runs {
                let lines = pixels.lines(&run.at, axis, side, run.count, length);
                // SAFETY: the lines lie in the part of the operand that the brick depends on.
                simd::dispatch(level, unsafe { Read::new(lines, &mut values[run.lane..], lanes) });
            }
        };
        let pitch = (lanes * size_of::<V>()) as isize;
        // Lines behind these are the next ones, mostly.
        let [first, last] = [runs.first(), runs.last()].map(|run| run.expect("there are lines"));
        let next =
            |pixels: &Pixels, length| pixels.lines(&last.at, axis, side, last.count, length).next(lanes);
        // Lines to be filtered, staged if need be, and where they are then.
        let from = |pixels: &Pixels, values: &mut [V]| {
            let found = rows(pixels, self.length);
            if found.is_none() {
                stage(pixels, self.length, values);
            }
            // Made after `values` was last used: it is invalid otherwise.
            let staged = values.as_mut_ptr();
            let from = match found {
                Some((start, pitch)) => Rows::forwards(start, pitch),
                None => Rows::staged(staged, pitch, next(pixels, self.length)),
            };
            (from, staged)
        };
        let (input, staged) = from(&self.input, values);
        // Results that are rounded twice are staged between.
        let place = match self.finish {
            Finish::Single if V::TYPE != PixelType::F32 => None,
            _ => rows(&self.output, wanted),
        };
        let to = match place {
            Some((start, pitch)) => Rows::backwards(start, pitch),
            None => {
                let output = self.output.lines(&first.at, axis, side, first.count, wanted);
                Rows::staged(staged, pitch, output.soon(lanes))
            }
        };
        let by = self.coefficients;
        // SAFETY: the rows are the brick's, or lie in the part of an operand that it depends on, or are those of `values` or
        // `sums`.
        unsafe {
            let sum = self.added.map(|added| match added {
                Added::Pixels(pixels) => match rows(&pixels, wanted) {
                    Some((start, pitch)) => Rows::backwards(start, pitch),
                    None => {
                        stage(&pixels, wanted, sums);
                        Rows::staged(sums.as_mut_ptr(), pitch, next(&pixels, wanted))
                    }
                },
                Added::Squares { lines: pixels, spacing } => {
                    let (from, staged) = from(&pixels, sums);
                    let sum = Rows::staged(staged, pitch, None);
                    let square = Square::new(None, sum, spacing, false);
                    simd::dispatch(level, Recursion::new(by, self.lines(from, lanes, history), square));
                    sum
                }
            });
            match self.finish {
                Finish::Value | Finish::Single => {
                    simd::dispatch(level, Recursion::new(by, self.lines(input, lanes, history), to));
                }
                Finish::Square { spacing, root, .. } => {
                    let square = Square::new(sum, to, spacing, root);
                    simd::dispatch(level, Recursion::new(by, self.lines(input, lanes, history), square));
                }
            }
        }
        if place.is_some() {
            return;
        }
        let results = &mut scratch.parts::<V>(count, lanes).values[..wanted * lanes];
        if matches!(self.finish, Finish::Single) {
            results.iter_mut().for_each(|value| *value = V::of_f32(value.to_f64() as f32));
        }
        for run in runs {
            let output = self.output.lines(&run.at, axis, side, run.count, wanted);
            // SAFETY: the lines are the brick's.
            simd::dispatch(level, unsafe { Write::new(output, &mut results[run.lane..], lanes) });
        }
    }
}

/// The axes on which lines along this one follow each other, from the one with neighbouring lines on.
fn sides(rank: usize, axis: usize) -> impl Iterator<Item = usize> {
    (0..rank).filter(move |&a| a != axis)
}

/// How many lines lie side by side in all operands: those along more than one axis, where the last of one row and the first of
/// the next do so too.
fn beside(size: &[usize], axis: usize, operands: &[Pixels]) -> usize {
    let mut sides = sides(size.len(), axis);
    let Some(side) = sides.next() else { return 1 };
    let mut beside = size[side];
    for a in sides {
        let follows =
            |Pixels { strides, .. }: &Pixels| strides.bytes[a] == beside as isize * strides.bytes[side];
        if !operands.iter().all(follows) {
            break;
        }
        beside *= size[a];
    }
    beside
}

/// Lines that lie side by side, in neighbouring lanes.
pub(super) struct Run {
    /// The lane of the first one.
    lane: usize,
    count: usize,
    /// The index of its first pixel in the brick.
    at: Axes<usize>,
}

/// The computation, compiled for a level.
struct Recursion<'a, V, K> {
    coefficients: &'a Coefficients,
    lines: Lines<'a, V>,
    sink: K,
}

impl<'a, V: Value, K: Sink<V>> Recursion<'a, V, K> {
    /// # Safety
    /// As for [`Lines::filter`], until the job has run.
    unsafe fn new(coefficients: &'a Coefficients, lines: Lines<'a, V>, sink: K) -> Self {
        Self { coefficients, lines, sink }
    }
}

impl<V: Value, K: Sink<V>> Job for Recursion<'_, V, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: the promise of `new`.
        unsafe { self.lines.filter(simd, self.coefficients, self.sink) };
    }
}
