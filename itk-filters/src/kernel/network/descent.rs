//! The way of one strip down the rows of a brick, step by step.

use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::null_mut;

use itk_core::buffer::Brick;
use itk_core::{AnyView, Axes, Pixel, Result, simd};

use super::cover::Strip;
use super::rows::{Stage, Unstage, is_key};
use super::walk::{Scratch, Walk};
use super::{Kernel, Slot, Step};
use crate::kernel::cache::LINE;

/// Where rows lie: those of a brick's windows in the image, or those of the brick itself.
struct Lines {
    start: *mut u8,
    y: isize,
    z: isize,
}

/// After a step on rows in place that met a NaN, how many are taken on copies at once: where there is one, there often are more. So
/// an image of many takes hardly longer than with copies of all rows.
const PAUSE: usize = 15;

/// Bytes of copies for which a narrow strip reads the rows of several steps at a time.
const COPIES: usize = 6 << 10;

/// How many steps have their rows listed at a time.
const LISTED: usize = 64;

/// One strip, from the first row of a brick to its last.
pub(super) struct Descent<'a, T: Pixel> {
    walk: &'a Walk<'a, T>,
    brick: &'a Brick<'a, T>,
    strip: &'a Strip,
    /// The image's rows at index 0 of y and z.
    input: Lines,
    /// The index in the image where the first window begins; left of it where that is negative.
    left: isize,
    output: Lines,
    /// The index in the image of the top row of the first window, and of its first plane.
    top: isize,
    front: isize,
    /// Rows and planes of the image.
    image: [usize; 2],
    /// Rows and slices of the brick.
    height: usize,
    slices: usize,
    /// Keys from a copy of a row to the next.
    pitch: usize,
    /// How many rows have their copies at a time: those of several steps in a narrow strip, so that the core waits for many
    /// at once.
    copied: usize,
}

impl<'a, T: Pixel> Descent<'a, T> {
    pub(super) fn new(
        walk: &'a Walk<'a, T>,
        brick: &'a Brick<'a, T>,
        rest: &Axes<usize>,
        strip: &'a Strip,
    ) -> Self {
        let plan = walk.plan();
        let (y, z) = (walk.axes.y, walk.axes.z);
        let strides = walk.source.strides();
        let place = |axis: usize| {
            walk.offset[axis] + brick.first()[axis] + if axis == 0 { 0 } else { rest[axis - 1] }
        };
        let along = |axis: Option<usize>, bytes: &Axes<isize>| axis.map_or(0, |a| bytes[a]);
        let others = (1..strides.size.len()).filter(|&a| Some(a) != y && Some(a) != z);
        let offset = others.map(|a| place(a) as isize * strides.bytes[a]).sum::<isize>();
        let start = AnyView::from(walk.source).start().as_ptr().wrapping_offset(offset);
        let first =
            |axis: Option<usize>, samples: usize| axis.map_or(0, place) as isize - (samples / 2) as isize;
        let width = strip.columns * walk.lanes + plan.window[0] - 1;
        // An odd number of lines, so that copies of neighbouring rows lie in different sets of the cache.
        let line = LINE / size_of::<T>();
        let pitch = (width.div_ceil(line) | 1) * line;
        let fit = COPIES / (plan.planes() * pitch * size_of::<T>());
        // Kernels that keep lists take long enough to ask for rows ahead.
        let more = if plan.room == 0 { fit.saturating_sub(plan.reads()) / plan.rows } else { 0 };
        let input = Lines { start, y: along(y, &strides.bytes), z: along(z, &strides.bytes) };
        let bytes = &brick.strides().bytes;
        let output = Lines {
            start: brick.row(rest).wrapping_add(strip.start).cast(),
            y: along(y, bytes),
            z: along(z, bytes),
        };
        Self {
            walk,
            brick,
            strip,
            input,
            output,
            left: first(Some(0), plan.window[0]) + strip.start as isize,
            top: first(y, plan.window[1]),
            front: first(z, plan.window[2]),
            image: [y, z].map(|axis| axis.map_or(1, |a| strides.size[a])),
            height: y.map_or(1, |a| brick.size()[a]),
            slices: z.map_or(1, |a| brick.size()[a] - rest[a - 1]).min(plan.slices),
            pitch,
            copied: plan.reads() + more * plan.rows,
        }
    }

    pub(super) fn run(
        &self,
        scratch: &mut Scratch<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let plan = self.walk.plan();
        scratch.kept.grow(plan.room * self.width());
        scratch.medians.grow(plan.outputs() * self.width());
        scratch.places.clear();
        scratch.places.extend(plan.slots.iter().map(Slot::place));
        scratch.targets.clear();
        scratch
            .targets
            .extend((0..plan.outputs()).map(|i| self.median(scratch.medians.values().as_mut_ptr(), i)));
        let direct = self.walk.direct.as_ref().filter(|_| self.strip.direct);
        let mut staged_end = isize::MIN;
        let mut nan = false;
        let mut resume = 0;
        let steps = plan.warm_up + self.height.div_ceil(plan.rows);
        for step in 0..steps {
            if step % LISTED == 0 {
                check()?;
                self.list(step, LISTED.min(steps - step), scratch);
            }
            let tried = direct.filter(|_| step >= resume);
            if !tried.is_some_and(|kernel| self.step_in_place(kernel, step, scratch)) {
                if tried.is_some() {
                    resume = step + 1 + PAUSE;
                }
                nan |= self.step_staged(step, &mut staged_end, scratch);
            }
            for (place, slot) in scratch.places.iter_mut().zip(plan.slots) {
                *place = slot.after(*place);
            }
        }
        Ok(nan)
    }

    /// The first row of medians of a step; below 0 in steps of warming up.
    fn top(&self, step: usize) -> isize {
        let plan = self.walk.plan();
        (step as isize - plan.warm_up as isize) * plan.rows as isize
    }

    /// The first row that a step reads, from the top of the first window. The last rows of warming up are all but one step of
    /// that window.
    fn first_row(&self, step: usize) -> isize {
        self.top(step) + self.walk.plan().first_row as isize
    }

    /// Lists what some steps from `step` on read and write, and the one after them.
    fn list(&self, step: usize, steps: usize, scratch: &mut Scratch<T>) {
        let plan = self.walk.plan();
        scratch.copies.clear();
        scratch.planes.clear();
        let plane = |plane| self.clamp(1, self.front + plane as isize) as isize * self.input.z;
        scratch.planes.extend((0..plan.planes()).map(plane));
        scratch.rows.resize((steps * plan.rows + plan.reads()) * plan.planes(), null_mut());
        let left = self.input.start.wrapping_offset(self.left * size_of::<T>() as isize);
        let first = self.first_row(step);
        for (row, rows) in (first..).zip(scratch.rows.chunks_exact_mut(plan.planes())) {
            let row = left.wrapping_offset(self.clamp(0, self.top + row) as isize * self.input.y);
            for (start, &plane) in rows.iter_mut().zip(&scratch.planes) {
                *start = row.wrapping_offset(plane);
            }
        }
        scratch.outputs.clear();
        scratch.outputs.reserve((steps + 1) * plan.outputs());
        for step in step..=step + steps {
            for slice in 0..plan.slices {
                let start = self.output.start.wrapping_offset(slice as isize * self.output.z);
                for row in 0..plan.rows {
                    let y = self.top(step) + row as isize;
                    let inside = slice < self.slices && (0..self.height as isize).contains(&y);
                    scratch.outputs.push(match inside {
                        true => start.wrapping_offset(y * self.output.y),
                        false => scratch.targets[slice * plan.rows + row],
                    });
                }
            }
        }
    }

    /// Lists where the rows that are listed have their copies.
    fn list_copies(&self, step: usize, scratch: &mut Scratch<T>) {
        let plan = self.walk.plan();
        let (rows, planes, pitch) = (self.copied, plan.planes(), self.pitch);
        // Columns of medians begin cache lines, but for the first.
        let (line, shift) = (LINE / size_of::<T>(), self.strip.shift);
        let before = (shift + plan.window[0].next_multiple_of(line) - plan.window[0] / 2) % line;
        scratch.staged.grow(before + rows * planes * pitch);
        let staged = scratch.staged.values()[before..].as_mut_ptr();
        let mut place = self.first_row(step).rem_euclid(rows as isize) as usize;
        scratch.copies.reserve(scratch.rows.len());
        for _ in 0..scratch.rows.len() / planes {
            let start = staged.wrapping_add(place * planes * pitch);
            scratch.copies.extend((0..planes).map(|plane| start.wrapping_add(plane * pitch).cast()));
            place = if place + 1 == rows { 0 } else { place + 1 };
        }
    }

    /// Takes a step on the image's own rows. False where these have floats that cannot be compared.
    fn step_in_place(&self, kernel: &Kernel<T>, step: usize, scratch: &mut Scratch<T>) -> bool {
        let kept = scratch.kept.values().as_mut_ptr().cast();
        let how = [true, self.walk.prefetches];
        let floats = T::TYPE.is_float();
        kernel.run(self.walk.level, &self.step(step, &scratch.rows, how, kept, scratch), floats)
    }

    /// Takes a step on copies of rows, of which those before row `end` are there. True when it saw a NaN.
    fn step_staged(&self, step: usize, end: &mut isize, scratch: &mut Scratch<T>) -> bool {
        if scratch.copies.is_empty() {
            self.list_copies(step - step % LISTED, scratch);
        }
        let first = self.first_row(step);
        let mut nan = false;
        if *end < first + self.walk.plan().reads() as isize {
            let rows = first.max(*end)..(first + self.copied as isize).min(self.end_listed(step, scratch));
            *end = rows.end;
            nan = self.stage(rows, step, scratch);
        }
        let in_place = self.writes_pixels() && self.written() == self.strip.last + self.walk.lanes;
        let ahead = self.copied == self.walk.plan().reads();
        let kept = scratch.kept.values().as_mut_ptr().cast();
        let what = self.step(step, &scratch.copies, [in_place, ahead], kept, scratch);
        match &self.walk.restoring {
            Some(kernel) => kernel.run(self.walk.level, &what, false),
            None => self.walk.staged.run(self.walk.level, &what, false),
        };
        match (in_place, self.writes_pixels()) {
            (true, _) => {}
            (false, true) => self.unstage::<T::Key>(step, scratch),
            (false, false) => self.unstage::<T>(step, scratch),
        }
        nan
    }

    /// What a step reads and writes. `in_place` says whether it writes into the brick, `ahead` whether it asks for what the
    /// next step will read and write.
    fn step<'s>(
        &self,
        step: usize,
        rows: &'s [*mut u8],
        [in_place, ahead]: [bool; 2],
        kept: *mut u8,
        scratch: &'s Scratch<T>,
    ) -> Step<'s> {
        let plan = self.walk.plan();
        let (at, planes) = (step % LISTED, plan.planes());
        let (first, end) = (at * plan.rows * planes, (at * plan.rows + plan.reads()) * planes);
        let outputs = |at: usize| &scratch.outputs[at * plan.outputs()..][..plan.outputs()];
        Step {
            rows: &rows[first..end],
            outputs: if in_place { outputs(at) } else { &scratch.targets },
            places: &scratch.places,
            kept,
            room: plan.room,
            columns: self.strip.columns,
            backward: self.strip.backward,
            shift: self.strip.shift,
            last: self.strip.last,
            // Rows that the next step shares with this one are in the cache already.
            ahead: ahead.then(|| [&scratch.rows[end..][..plan.rows * planes], outputs(at + 1)]),
        }
    }

    /// Whether the kernel that reads copies of rows writes pixels; else it writes keys.
    fn writes_pixels(&self) -> bool {
        is_key::<T>() || self.walk.restoring.is_some()
    }

    /// Room for a row of medians.
    fn width(&self) -> usize {
        self.strip.columns * self.walk.lanes
    }

    /// Medians of a row that the brick has.
    fn written(&self) -> usize {
        (self.strip.last + self.walk.lanes).min(self.brick.size()[0] - self.strip.start)
    }

    /// Where an output row of a step is kept that is not written in place.
    fn median(&self, medians: *mut T::Key, output: usize) -> *mut u8 {
        medians.wrapping_add(output * self.width()).cast()
    }

    /// The nearest index inside the image along y (0) or z (1).
    fn clamp(&self, axis: usize, index: isize) -> usize {
        index.clamp(0, self.image[axis] as isize - 1) as usize
    }

    /// The first row that is listed when a step is taken, and one past the last.
    fn first_listed(&self, step: usize) -> isize {
        self.first_row(step - step % LISTED)
    }

    fn end_listed(&self, step: usize, scratch: &Scratch<T>) -> isize {
        self.first_listed(step) + (scratch.rows.len() / self.walk.plan().planes()) as isize
    }

    /// Where rows are listed that a step reads.
    fn part(&self, rows: Range<isize>, step: usize) -> Range<usize> {
        let (first, planes) = (self.first_listed(step), self.walk.plan().planes());
        (rows.start - first) as usize * planes..(rows.end - first) as usize * planes
    }

    /// Copies rows that a step reads. True when it saw a NaN.
    fn stage(&self, rows: Range<isize>, step: usize, scratch: &mut Scratch<T>) -> bool {
        let walk = self.walk;
        let length = self.width() + self.walk.plan().window[0] - 1;
        let image = walk.source.size()[0];
        let x = self.left;
        let (low, high) = (x.max(0) as usize, (x + length as isize).min(image as isize) as usize);
        let (before, after) = ((low as isize - x) as usize, (x + length as isize) as usize - high);
        let part = self.part(rows, step);
        let (rows, copies) = (&scratch.rows[part.clone()], &scratch.copies[part]);
        let stage =
            Stage::<T> { rows, skip: before, copies, before, count: high - low, after, pixel: PhantomData };
        simd::dispatch(walk.level, stage)
    }

    /// Copies the medians of a step to where they belong: from keys of `P`.
    fn unstage<P: Pixel>(&self, step: usize, scratch: &mut Scratch<T>) {
        let outputs = self.walk.plan().outputs();
        let outputs = &scratch.outputs[step % LISTED * outputs..][..outputs];
        let unstage =
            Unstage::<P> { medians: &scratch.targets, outputs, count: self.written(), pixel: PhantomData };
        simd::dispatch(self.walk.level, unstage);
    }
}
