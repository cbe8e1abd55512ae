//! What is done with the lines of one brick.

use itk_core::buffer::Brick;
use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{Axes, Pixel, PixelType, Strides};

use super::coefficients::Coefficients;
use super::lines::{Lines, Parts, Rows, Scratch, Sink};
use super::square::Square;
use super::turn::{Pixels, Read, Value, Write};
use super::{Finish, Operand, Pass, across};
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
    /// The first result, here and in the sum.
    output: Pixels,
    sum: Option<Pixels>,
    /// How many lines after the first one lie side by side, evenly.
    beside: usize,
}

impl<'a> Work<'a> {
    /// For a step, of which there is room for what is written `between` it and others.
    pub(super) fn new<O: Pixel>(
        pass: &'a Pass<'a>,
        number: usize,
        brick: &Brick<'_, O>,
        between: *mut f32,
    ) -> Self {
        let (axis, coefficients) = &pass.steps[number];
        let (axis, is_last) = (*axis, number + 1 == pass.steps.len());
        let first = brick.first();
        let output = Pixels {
            start: brick.row(&Axes::filled(first.len() - 1, 0)).cast(),
            strides: *brick.strides(),
            pixel: O::TYPE,
        };
        let between = Pixels {
            start: between.cast(),
            strides: Strides::contiguous(pass.written(0, brick.size()), size_of::<f32>())
                .expect("there is room for it"),
            pixel: PixelType::F32,
        };
        let place = |operand: Operand<'_>, is_whole: &dyn Fn(usize) -> bool| match operand {
            Operand::Output => output,
            Operand::View { view, offset } => {
                let at = |a: usize| if is_whole(a) { 0 } else { offset[a] + first[a] };
                let all = Pixels {
                    start: view.start().as_ptr(),
                    strides: *view.strides(),
                    pixel: view.pixel_type(),
                };
                all.from(&Axes::from_fn(first.len(), at))
            }
        };
        // Results along an axis before the first one that is wanted, where lines are whole.
        let skip = |a: usize| match pass.input {
            Operand::Output => 0,
            Operand::View { offset, .. } => offset[a],
        };
        let is_skipped = |a: usize| is_last && a != axis && pass.is_whole_between(a);
        let input = match number {
            0 => place(pass.input, &|a| a == axis || pass.is_whole_between(a)),
            _ => between.from(&Axes::from_fn(first.len(), |a| if is_skipped(a) { skip(a) } else { 0 })),
        };
        let (finish, to) = if is_last { (pass.finish, output) } else { (Finish::Value, between) };
        let sum = match finish {
            Finish::Square { sum: Some(sum), .. } => Some(place(sum, &|_| false)),
            _ => None,
        };
        let mut work = Self {
            axis,
            coefficients,
            finish,
            size: pass.written(number, brick.size()),
            input,
            length: pass.length(axis, brick.size()),
            skip: if number == 0 || is_last { skip(axis) } else { 0 },
            output: to,
            sum,
            beside: 1,
        };
        work.beside = work.find_beside();
        work
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        across(&self.size, self.axis)
    }

    /// The axes on which lines follow each other, from the one with neighbouring lines on.
    fn sides(&self) -> impl Iterator<Item = usize> + use<> {
        let axis = self.axis;
        (0..self.size.len()).filter(move |&a| a != axis)
    }

    /// How many lines lie side by side, here and in all operands: those along more than one axis, where the last of one row and
    /// the first of the next do so too.
    fn find_beside(&self) -> usize {
        let mut sides = self.sides();
        let Some(side) = sides.next() else { return 1 };
        let operands = || [self.input, self.output].into_iter().chain(self.sum);
        let mut beside = self.size[side];
        for a in sides {
            let follows =
                |Pixels { strides, .. }: Pixels| strides.bytes[a] == beside as isize * strides.bytes[side];
            if !operands().all(follows) {
                break;
            }
            beside *= self.size[a];
        }
        beside
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

    /// Filters the lines of these runs, one in each lane. Each step is compiled once a level, so that there is one copy of
    /// the conversions of all pixel types.
    fn filter<V: Value>(&self, level: Level, scratch: &mut Scratch, lanes: usize, runs: &[Run]) {
        let (axis, side, count) = (self.axis, self.sides().next(), lanes * self.length);
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
        let from = rows(&self.input, self.length);
        if from.is_none() {
            stage(&self.input, self.length, values);
        }
        // Made after `values` was last used: it is invalid otherwise.
        let staged = values.as_mut_ptr();
        // Results that are rounded twice are staged between.
        let place = match self.finish {
            Finish::Single if V::TYPE != PixelType::F32 => None,
            _ => rows(&self.output, wanted),
        };
        let from = match from {
            Some((start, pitch)) => Rows::forwards(start, pitch),
            None => Rows::staged(staged, pitch, next(&self.input, self.length)),
        };
        let to = match place {
            Some((start, pitch)) => Rows::backwards(start, pitch),
            None => {
                let output = self.output.lines(&first.at, axis, side, first.count, wanted);
                Rows::staged(staged, pitch, output.soon(lanes))
            }
        };
        let lines =
            Lines { from, length: self.length, lanes, wanted: self.skip..self.skip + wanted, history };
        let coefficients = self.coefficients;
        // SAFETY: the rows are the brick's, or lie in the part of an operand that it depends on, or are those of `values` or
        // `sums`.
        unsafe {
            match self.finish {
                Finish::Value | Finish::Single => {
                    simd::dispatch(level, Recursion::new(coefficients, lines, to));
                }
                Finish::Square { spacing, root, .. } => {
                    let sum = self.sum.map(|sum| match rows(&sum, wanted) {
                        Some((start, pitch)) => Rows::backwards(start, pitch),
                        None => {
                            stage(&sum, wanted, sums);
                            Rows::staged(sums.as_mut_ptr(), pitch, next(&sum, wanted))
                        }
                    });
                    let square = Square::new(sum, to, spacing, root);
                    simd::dispatch(level, Recursion::new(coefficients, lines, square));
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
