//! What is done with the lines of one brick.

use itk_core::buffer::Brick;
use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{Axes, Pixel, PixelType};

use super::coefficients::Coefficients;
use super::lines::{Lines, Rows, Scratch};
use super::square::Square;
use super::turn::{Pixels, Read, Value, Write};
use super::{Finish, Operand, Pass};

/// What one brick's lines need.
pub(super) struct Work<'a> {
    pub(super) axis: usize,
    coefficients: &'a Coefficients,
    finish: Finish<'a>,
    /// The brick's pixels along each axis.
    size: Axes<usize>,
    /// The first pixel of the brick's first line.
    input: Pixels,
    /// Pixels a line of the input.
    pub(super) length: usize,
    /// Results of a line before the first one that is wanted.
    skip: usize,
    /// The brick's first pixel, here and in the sum.
    output: Pixels,
    sum: Option<Pixels>,
}

impl<'a> Work<'a> {
    pub(super) fn new<O: Pixel>(pass: &'a Pass<'a>, number: usize, brick: &Brick<'_, O>) -> Self {
        let (axis, coefficients) = &pass.steps[number];
        let axis = *axis;
        let input = if number == 0 { pass.input } else { Operand::Output };
        let finish = if number + 1 == pass.steps.len() { pass.finish } else { Finish::Value };
        let first = brick.first();
        let output = Pixels {
            start: brick.row(&Axes::filled(first.len() - 1, 0)).cast(),
            strides: *brick.strides(),
            pixel: O::TYPE,
        };
        let place = |operand: Operand<'_>, whole: bool| match operand {
            Operand::Output => output,
            Operand::View { view, offset } => {
                let at = |a: usize| if whole && a == axis { 0 } else { offset[a] + first[a] };
                let all = Pixels {
                    start: view.start().as_ptr(),
                    strides: *view.strides(),
                    pixel: view.pixel_type(),
                };
                all.from(&Axes::from_fn(first.len(), at))
            }
        };
        let size = Axes::from_fn(first.len(), |a| brick.size()[a]);
        let skip = match input {
            Operand::Output => 0,
            Operand::View { offset, .. } => offset[axis],
        };
        let sum = match finish {
            Finish::Square { sum: Some(sum), .. } => Some(place(sum, false)),
            _ => None,
        };
        let (input, length) = (place(input, true), pass.length(number, &size));
        Self { axis, coefficients, finish, size, input, length, skip, output, sum }
    }

    /// The axis on which neighbouring lines follow each other.
    fn side(&self) -> Option<usize> {
        (0..self.size.len()).find(|&a| a != self.axis)
    }

    /// Finds the lines from `first` on, in runs that lie side by side.
    pub(super) fn find(&self, first: usize, count: usize, runs: &mut Vec<Run>) {
        runs.clear();
        let side = self.side();
        let mut lane = 0;
        while lane < count {
            let mut number = first + lane;
            let at = Axes::from_fn(self.size.len(), |a| {
                if a == self.axis {
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
        let (axis, side, count) = (self.axis, self.side(), lanes * self.length);
        let wanted = self.size[axis];
        let (values, forwards) = scratch.both::<V>(count);
        // Pixels that are such rows already are filtered where they are.
        let rows = |pixels: &Pixels, length| match runs {
            [run] if run.count == lanes => pixels.lines(&run.at, axis, side, lanes, length).rows::<V>(),
            _ => None,
        };
        let from = rows(&self.input, self.length);
        if from.is_none() {
            for run in runs {
                let input = self.input.lines(&run.at, axis, side, run.count, self.length);
                // SAFETY: the lines lie in the part of the operand that the brick depends on.
                simd::dispatch(level, unsafe { Read::new(input, &mut values[run.lane..], lanes) });
            }
        }
        // Made after `values` was last used: it is invalid otherwise.
        let staged = Rows { start: values.as_mut_ptr(), pitch: (lanes * size_of::<V>()) as isize };
        let place = rows(&self.output, wanted);
        let to = match self.finish {
            Finish::Value if wanted == self.length => place,
            _ => None,
        };
        let coefficients = self.coefficients;
        let lines = Lines { from: from.unwrap_or(staged), to: to.unwrap_or(staged), lanes, forwards };
        // SAFETY: the rows are the brick's, or lie in the part of the operand that it depends on, or are those of `values`.
        simd::dispatch(level, unsafe { Recursion::new(coefficients, lines) });
        if to.is_some() {
            return;
        }
        let results = self.skip * lanes..(self.skip + wanted) * lanes;
        let (values, forwards) = scratch.both::<V>(count);
        let results = &mut values[results];
        match self.finish {
            Finish::Value => {}
            Finish::Single => results.iter_mut().for_each(|value| *value = V::of_f32(value.to_f64() as f32)),
            Finish::Square { spacing, root, .. } => {
                let pitch = (lanes * size_of::<V>()) as isize;
                let sum = self.sum.map(|sum| {
                    rows(&sum, wanted).unwrap_or_else(|| {
                        let sums: &mut [V] = &mut bytemuck::cast_slice_mut(forwards)[..results.len()];
                        for run in runs {
                            let sum = sum.lines(&run.at, axis, side, run.count, wanted);
                            // SAFETY: the lines lie in the brick, or in the same part of the sum.
                            simd::dispatch(level, unsafe { Read::new(sum, &mut sums[run.lane..], lanes) });
                        }
                        Rows { start: sums.as_mut_ptr(), pitch }
                    })
                });
                let results = Rows { start: results.as_mut_ptr(), pitch };
                let to = place.unwrap_or(results);
                let square = Square { from: results, sum, to, lanes, length: wanted, spacing, root };
                // SAFETY: the rows are those of `values` and `forwards`, or the brick's, or lie in the same part of the sum.
                simd::dispatch(level, unsafe { square.job() });
                if place.is_some() {
                    return;
                }
            }
        }
        let results = &scratch.both::<V>(count).0[self.skip * lanes..][..wanted * lanes];
        for run in runs {
            let output = self.output.lines(&run.at, axis, side, run.count, wanted);
            // SAFETY: the lines are the brick's.
            simd::dispatch(level, unsafe { Write::new(output, &results[run.lane..], lanes) });
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
struct Recursion<'a, V> {
    coefficients: &'a Coefficients,
    lines: Lines<'a, V>,
}

impl<'a, V: Value> Recursion<'a, V> {
    /// # Safety
    /// As for [`Lines::filter`], until the job has run.
    unsafe fn new(coefficients: &'a Coefficients, lines: Lines<'a, V>) -> Self {
        Self { coefficients, lines }
    }
}

impl<V: Value> Job for Recursion<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: the promise of `new`.
        unsafe { self.lines.filter(simd, self.coefficients) };
    }
}
