//! The way of one strip down the rows of a brick, step by step.

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::{AnyView, Axes, Pixel, Result, simd};

use super::rows::{Stage, Unstage, is_key};
use super::walk::{Scratch, Strip, Walk, is_plain};
use super::{Kernel, Slot, Step};

/// Where rows lie: those of a brick's windows in the image, or those of the brick itself.
struct Lines {
    start: *mut u8,
    y: isize,
    z: isize,
}

impl Lines {
    fn at<P>(&self, y: usize, z: usize) -> *mut P {
        self.start.wrapping_offset(y as isize * self.y + z as isize * self.z).cast()
    }
}

/// One strip, from the first row of a brick to its last.
pub(super) struct Descent<'a, T: Pixel> {
    walk: &'a Walk<'a, T>,
    brick: &'a Brick<'a, T>,
    /// The index in the brick of the first row, on all axes but x.
    rest: Axes<usize>,
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
        Self {
            walk,
            brick,
            rest: *rest,
            strip,
            input: Lines { start, y: along(y, &strides.bytes), z: along(z, &strides.bytes) },
            output: Lines {
                start: brick.row(rest).wrapping_add(strip.start).cast(),
                y: along(y, &brick.strides().bytes),
                z: along(z, &brick.strides().bytes),
            },
            left: first(Some(0), plan.window[0]) + strip.start as isize,
            top: first(y, plan.window[1]),
            front: first(z, plan.window[2]),
            image: [y, z].map(|axis| axis.map_or(1, |a| strides.size[a])),
            height: y.map_or(1, |a| brick.size()[a]),
            slices: z.map_or(1, |a| brick.size()[a] - rest[a - 1]).min(plan.slices),
        }
    }

    pub(super) fn run(
        &self,
        scratch: &mut Scratch<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let (plan, walk) = (self.walk.plan(), self.walk);
        let width = self.strip.columns * walk.lanes;
        grow(&mut scratch.kept, plan.room * width);
        grow(&mut scratch.medians, plan.rows * plan.slices * width);
        scratch.places.clear();
        scratch.places.extend(plan.slots.iter().map(Slot::place));
        let direct = walk.direct.as_ref().filter(|_| self.strip.direct);
        let mut staged_end = isize::MIN;
        let mut nan = false;
        for step in 0..plan.warm_up + self.height.div_ceil(plan.rows) {
            check()?;
            // Rows count from the top of the first window. The last rows of warming up are all but one step of that window.
            let top = (step as isize - plan.warm_up as isize) * plan.rows as isize;
            let wanted = top + plan.first_row as isize..top + plan.end_row as isize;
            // A kernel that reads pixels cannot tell what to make of NaN; one that reads keys need not know.
            if direct.is_some_and(|kernel| self.step_in_place(kernel, top, wanted.clone(), scratch)) {
                staged_end = isize::MIN;
            } else {
                nan |= self.step_staged(top, wanted.clone(), staged_end, scratch);
                staged_end = wanted.end;
            }
            for (place, slot) in scratch.places.iter_mut().zip(plan.slots) {
                *place = slot.after(*place);
            }
        }
        Ok(nan)
    }

    /// Takes a step on the image's own rows; false when that failed.
    fn step_in_place(
        &self,
        kernel: &Kernel<T>,
        top: isize,
        wanted: Range<isize>,
        scratch: &mut Scratch<T>,
    ) -> bool {
        let plan = self.walk.plan();
        scratch.rows.clear();
        for row in wanted {
            let y = self.clamp(0, self.top + row);
            let begin = |plane| self.line(y, plane).wrapping_offset(self.left).cast_const();
            scratch.rows.extend((0..plan.planes()).map(begin));
        }
        let in_place = self.brick.is_plain();
        self.targets(top, in_place, scratch.medians.as_mut_ptr().cast(), &mut scratch.outputs);
        let nan = kernel.run(
            self.walk.level,
            &Step {
                rows: &scratch.rows,
                outputs: &scratch.outputs,
                places: &scratch.places,
                kept: scratch.kept.as_mut_ptr(),
                room: plan.room,
                columns: self.strip.columns,
                ahead: [self.ahead(true, self.input.y), self.ahead(in_place, self.output.y)],
            },
        );
        if !in_place {
            self.unstage(top, scratch);
        }
        !nan
    }

    /// Takes a step on copies of rows, of which those before row `from` are there. True when it saw a NaN.
    fn step_staged(&self, top: isize, wanted: Range<isize>, from: isize, scratch: &mut Scratch<T>) -> bool {
        let plan = self.walk.plan();
        let nan = self.stage(wanted, from, scratch);
        let in_place = is_key::<T>() && self.brick.is_plain() && self.written() == self.width();
        self.targets(top, in_place, scratch.medians.as_mut_ptr(), &mut scratch.staged_outputs);
        self.walk.staged.run(
            self.walk.level,
            &Step {
                rows: &scratch.staged_rows,
                outputs: &scratch.staged_outputs,
                places: &scratch.places,
                kept: scratch.kept.as_mut_ptr(),
                room: plan.room,
                columns: self.strip.columns,
                ahead: [0, self.ahead(in_place, self.output.y)],
            },
        );
        if !in_place {
            self.unstage(top, scratch);
        }
        nan
    }

    /// Pixels to a row of the next step, where a step reads or writes in place and should ask for it; else 0.
    fn ahead(&self, in_place: bool, pitch: isize) -> isize {
        // In pixels, where a pixel may straddle the end of a row.
        let pixels = pitch * self.walk.plan().rows as isize / size_of::<T>() as isize;
        if in_place && self.walk.prefetches { pixels } else { 0 }
    }

    /// Columns that the strip computes.
    fn width(&self) -> usize {
        self.strip.columns * self.walk.lanes
    }

    /// Columns of it that the brick has.
    fn written(&self) -> usize {
        self.width().min(self.brick.size()[0] - self.strip.start)
    }

    /// Lists where the medians of a step go, whose first row is `top`: into the brick, or for rows that it does not have, or
    /// where they are not to be written in place, into `medians`.
    fn targets<P>(&self, top: isize, in_place: bool, medians: *mut P, targets: &mut Vec<*mut P>) {
        let (plan, width) = (self.walk.plan(), self.width());
        targets.clear();
        for slice in 0..plan.slices {
            for row in 0..plan.rows {
                let y = top + row as isize;
                let inside = slice < self.slices && (0..self.height as isize).contains(&y);
                targets.push(if inside && in_place {
                    self.output.at(y as usize, slice)
                } else {
                    medians.wrapping_add((slice * plan.rows + row) * width)
                });
            }
        }
    }

    /// The nearest index inside the image along y (0) or z (1).
    fn clamp(&self, axis: usize, index: isize) -> usize {
        index.clamp(0, self.image[axis] as isize - 1) as usize
    }

    fn line(&self, y: usize, plane: usize) -> *mut T {
        self.input.at(y, self.clamp(1, self.front + plane as isize))
    }

    /// Lists the staged copies of rows, and fills those from row `from` on. True when it saw a NaN.
    fn stage(&self, wanted: Range<isize>, from: isize, scratch: &mut Scratch<T>) -> bool {
        let (walk, plan) = (self.walk, self.walk.plan());
        let pitch = self.width() + plan.window[0] - 1;
        grow(&mut scratch.staged, wanted.len() * plan.planes() * pitch);
        let image = walk.source.size()[0];
        let x = self.left;
        let (low, high) = (x.max(0) as usize, (x + pitch as isize).min(image as isize) as usize);
        let (before, after) = ((low as isize - x) as usize, (x + pitch as isize) as usize - high);
        let plain = is_plain(&walk.source);
        if !plain {
            scratch.pixels.resize(high - low, T::default());
        }
        let rows = wanted.len();
        let mut place = wanted.start.rem_euclid(rows as isize) as usize;
        let mut nan = false;
        scratch.stage.clear();
        scratch.staged_rows.clear();
        for row in wanted {
            let slot = place * plan.planes();
            place = if place + 1 == rows { 0 } else { place + 1 };
            for plane in 0..plan.planes() {
                let copy = scratch.staged.as_mut_ptr().wrapping_add((slot + plane) * pitch);
                scratch.staged_rows.push(copy);
                if row < from {
                    continue;
                }
                let y = self.clamp(0, self.top + row);
                if plain {
                    scratch.stage.push((self.line(y, plane).wrapping_add(low).cast_const(), copy));
                    continue;
                }
                let rest = Axes::from_fn(self.rest.len(), |a| match Some(a + 1) {
                    axis if axis == walk.axes.y => y,
                    axis if axis == walk.axes.z => self.clamp(1, self.front + plane as isize),
                    _ => walk.offset[a + 1] + self.brick.first()[a + 1] + self.rest[a],
                });
                walk.source.load(low, &rest, &mut scratch.pixels);
                let rows = &[(scratch.pixels.as_ptr(), copy)];
                nan |= simd::dispatch(walk.level, Stage { rows, before, count: high - low, after, ahead: 0 });
            }
        }
        nan | simd::dispatch(
            walk.level,
            Stage {
                rows: &scratch.stage,
                before,
                count: high - low,
                after,
                ahead: self.input.y * plan.rows as isize,
            },
        )
    }

    /// Copies the medians of a step, whose first row is `top`, to where they belong.
    fn unstage(&self, top: isize, scratch: &mut Scratch<T>) {
        let (plan, width, written) = (self.walk.plan(), self.width(), self.written());
        scratch.unstage.clear();
        for slice in 0..self.slices {
            for row in 0..plan.rows {
                let y = top + row as isize;
                if !(0..self.height as isize).contains(&y) {
                    continue;
                }
                let from = (slice * plan.rows + row) * width;
                if self.brick.is_plain() {
                    let to = self.output.at(y as usize, slice);
                    scratch.unstage.push((scratch.medians.as_ptr().wrapping_add(from), to));
                    continue;
                }
                scratch.pixels.clear();
                scratch
                    .pixels
                    .extend(scratch.medians[from..from + written].iter().map(|&key| T::from_key(key)));
                let rest = Axes::from_fn(self.rest.len(), |a| match Some(a + 1) {
                    axis if axis == self.walk.axes.y => y as usize,
                    axis if axis == self.walk.axes.z => self.rest[a] + slice,
                    _ => self.rest[a],
                });
                self.brick.put(self.strip.start, &rest, &scratch.pixels);
            }
        }
        let ahead = self.output.y * plan.rows as isize;
        simd::dispatch(self.walk.level, Unstage::<T> { rows: &scratch.unstage, count: written, ahead });
    }
}

fn grow<V: Copy + Default>(memory: &mut Vec<V>, length: usize) {
    if memory.len() < length {
        memory.resize(length, V::default());
    }
}
