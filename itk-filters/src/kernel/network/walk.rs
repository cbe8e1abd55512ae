//! Moves the steps of a kernel over a brick of the output: in strips of neighbouring columns, down the rows of each.
//!
//! Where the image's pixels are keys and the windows of a strip lie inside the image along x, rows are read in
//! place, and medians written in place. Otherwise rows are staged: copied as keys, with the nearest pixel repeated
//! beyond the border.

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::simd::{self, Level};
use itk_core::{AnyView, Axes, Pixel, Result, View, pool};

use super::rows::{Stage, Unstage, is_key};
use crate::kernel::tiles::INLINE;

use super::{Kernel, Plan, Slot, Step};

/// Bytes of rows and lists that a strip works on at a time: most of a first-level cache.
const STRIP: usize = 24 << 10;

/// Bytes of a row that are worth reading in one go.
const PAGE: usize = 4 << 10;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth and caches are used well.
const PIECE: f64 = 2e6;

/// The window of a kernel, and the axes that it takes for y and z.
pub(crate) struct Match {
    window: [usize; 3],
    y: Option<usize>,
    z: Option<usize>,
}

/// What computes windows of a radius (xyz) at a level, if anything does.
pub(crate) fn find<K: Pixel>(level: Level, radius: &[usize]) -> Option<Match> {
    let mut wide = (1..radius.len()).filter(|&a| radius[a] > 0);
    let (y, z) = (wide.next(), wide.next());
    if wide.next().is_some() {
        return None;
    }
    let samples = |axis: Option<usize>| axis.map_or(Some(1), |a| radius[a].checked_mul(2)?.checked_add(1));
    let found = |y, z| {
        let window = [samples(Some(0))?, samples(y)?, samples(z)?];
        let kernel = super::kernel_of::<K>(window, false)?;
        (kernel.plan.least <= level).then_some(Match { window, y, z })
    };
    let found = found(y, z).or_else(|| found(z, y))?;
    // Rows of a window that is one row high may follow each other along any axis.
    Some(Match { y: found.y.or((radius.len() > 1).then_some(1)), ..found })
}

/// Memory that one thread reuses from brick to brick.
#[derive(Default)]
pub(crate) struct Scratch<T: Pixel> {
    kept: Vec<T::Key>,
    staged: Vec<T::Key>,
    medians: Vec<T::Key>,
    pixels: Vec<T>,
    rows: Vec<*const T>,
    outputs: Vec<*mut T>,
    staged_rows: Vec<*const T::Key>,
    staged_outputs: Vec<*mut T::Key>,
    places: Vec<usize>,
    stage: Vec<(*const T, *mut T::Key)>,
    unstage: Vec<(*const T::Key, *mut T)>,
}

/// An image to take medians of.
pub(crate) struct Walk<'a, T: Pixel> {
    level: Level,
    lanes: usize,
    axes: Match,
    /// Reads rows in place; none where pixels are no keys and the window is not small, or where the image has gaps along x.
    direct: Option<Kernel<T>>,
    staged: Kernel<T::Key>,
    source: View<'a, T>,
    /// The index in the image of the output's first pixel, xyz.
    offset: Axes<usize>,
}

/// Neighbouring columns of a brick.
#[derive(Debug, PartialEq)]
struct Strip {
    /// Pixels of the brick before it.
    start: usize,
    /// How many registers wide it is.
    columns: usize,
    /// Whether its rows are read in place.
    direct: bool,
}

impl<'a, T: Pixel> Walk<'a, T> {
    pub(crate) fn new(level: Level, axes: Match, source: View<'a, T>, offset: Axes<usize>) -> Self {
        let staged = |few_rows| super::kernel_of(axes.window, few_rows).expect("the window has a kernel");
        let usual: Kernel<T::Key> = staged(false);
        let pitch = axes.y.map_or(0, |y| source.strides().bytes[y].unsigned_abs());
        let plain = is_plain(&source);
        let few_rows = plain && usual.plan.crowds(pitch);
        Self {
            level,
            lanes: simd::lanes::<T::Key>(level),
            direct: if plain { super::kernel_of(axes.window, few_rows) } else { None },
            staged: staged(few_rows),
            axes,
            source,
            offset,
        }
    }

    /// The bricks (xyz) to cut an output of this size into: one for a small job, several a thread otherwise, and high
    /// enough that warming up stays below a tenth.
    pub(crate) fn extent(&self, size: &[usize]) -> Axes<usize> {
        let mut extent = Axes::from_fn(size.len(), |a| size[a].max(1));
        let (plan, bytes) = (self.plan(), size_of::<T>() as f64);
        // Half a nanosecond for an operation on a register.
        let cost = 0.5 * (plan.operations as f64) / self.lanes as f64 + 0.1 * bytes;
        let pixels: f64 = size.iter().map(|&n| n as f64).product();
        let work = cost * pixels;
        if work < INLINE {
            return extent;
        }
        let pieces = (work / PIECE).ceil().max(8.0 * pool::num_threads() as f64);
        // Cut the slowest axes first, y last of all.
        let mut left = pieces as usize;
        let mut order: Vec<usize> = (1..size.len()).rev().filter(|&a| Some(a) != self.axes.y).collect();
        order.extend(self.axes.y);
        for a in order {
            let least = match Some(a) {
                axis if axis == self.axes.y => 8 * plan.window[1].max(plan.rows),
                axis if axis == self.axes.z => plan.slices,
                _ => 1,
            };
            let step = size[a].div_ceil(left).next_multiple_of(least.min(size[a]));
            extent[a] = step.clamp(1, size[a]);
            left = left.div_ceil(size[a].div_ceil(extent[a]));
        }
        extent
    }

    fn plan(&self) -> &'static Plan {
        self.staged.plan
    }

    /// Computes all medians of a brick. `check` is asked before each step. True when a window had a NaN, or might have.
    pub(crate) fn fill(
        &self,
        brick: &mut Brick<'_, T>,
        scratch: &mut Scratch<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let strips = self.strips(brick);
        let size = Axes::from_fn(brick.size().len() - 1, |a| brick.size()[a + 1]);
        let mut nan = false;
        let mut rest = Axes::filled(size.len(), 0);
        loop {
            for strip in &strips {
                nan |= Descent::new(self, brick, &rest, strip).run(scratch, check)?;
            }
            // On to the next slices, then to the next index on the axes that the window does not have.
            let next = (0..size.len()).find(|&a| {
                rest[a] += match Some(a + 1) {
                    axis if axis == self.axes.y => size[a],
                    axis if axis == self.axes.z => self.plan().slices,
                    _ => 1,
                };
                let inside = rest[a] < size[a];
                if !inside {
                    rest[a] = 0;
                }
                inside
            });
            if next.is_none() {
                break;
            }
        }
        // SAFETY: each strip of each row was written.
        unsafe { brick.assume_stored() };
        Ok(nan)
    }

    /// Covers the columns of a brick with strips. Those that are read in place are whole registers, and begin where a
    /// register of medians does not cross a cache line; the others may overlap their neighbours.
    fn strips(&self, brick: &Brick<'_, T>) -> Vec<Strip> {
        let (lanes, plan) = (self.lanes, self.plan());
        let (x, width) = (self.offset[0] + brick.first()[0], brick.size()[0]);
        let (rx, image) = (plan.window[0] / 2, self.source.size()[0]);
        let staged = (plan.end_row - plan.first_row) * plan.planes() + plan.rows * plan.slices;
        let mut strips = Vec::new();
        let mut cover = |range: Range<usize>, direct: bool| {
            // What is read and written in place streams through the cache; a page of each row at a time is enough.
            let registers = plan.room + if direct { STRIP / PAGE } else { staged };
            let most = (STRIP / (registers * lanes * size_of::<T>())).max(1);
            for start in range.clone().step_by(most * lanes) {
                let columns = (range.end - start).div_ceil(lanes).min(most);
                let start = start.min(range.end.saturating_sub(columns * lanes));
                strips.push(Strip { start, columns, direct });
            }
        };
        // The columns whose windows lie inside the image.
        let least = rx.saturating_sub(x);
        let end = image.saturating_sub(rx).saturating_sub(x).min(width);
        let register = lanes * size_of::<T>();
        let address = brick.row(&Axes::filled(brick.size().len() - 1, 0)).wrapping_add(least).addr();
        let first = least + (address.next_multiple_of(register) - address) / size_of::<T>();
        let end = first + end.saturating_sub(first) / lanes * lanes;
        // Keys may be written elsewhere first, other pixels may not.
        let direct = self.direct.is_some() && (is_key::<T>() || brick.is_plain());
        if !direct || first == end {
            cover(0..width, false);
            return strips;
        }
        cover(0..first, false);
        cover(first..end, true);
        cover(end..width, false);
        strips
    }
}

/// Whether pixels follow each other along x, in this machine's byte order.
fn is_plain<T: Pixel>(view: &View<'_, T>) -> bool {
    view.strides().bytes[0] == size_of::<T>() as isize && !view.strides().swapped
}

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
struct Descent<'a, T: Pixel> {
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
    fn new(walk: &'a Walk<'a, T>, brick: &'a Brick<'a, T>, rest: &Axes<usize>, strip: &'a Strip) -> Self {
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

    fn run(&self, scratch: &mut Scratch<T>, check: &mut dyn FnMut() -> Result<()>) -> Result<bool> {
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
        // In pixels, where a pixel may straddle the end of a row.
        let ahead = |bytes: isize| bytes * plan.rows as isize / size_of::<T>() as isize;
        let nan = kernel.run(
            self.walk.level,
            &Step {
                rows: &scratch.rows,
                outputs: &scratch.outputs,
                places: &scratch.places,
                kept: scratch.kept.as_mut_ptr(),
                room: plan.room,
                columns: self.strip.columns,
                ahead: [ahead(self.input.y), if in_place { ahead(self.output.y) } else { 0 }],
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
                ahead: [0, 0],
            },
        );
        if !in_place {
            self.unstage(top, scratch);
        }
        nan
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
        let rows = wanted.len() as isize;
        let mut nan = false;
        scratch.stage.clear();
        scratch.staged_rows.clear();
        for row in wanted {
            let slot = row.rem_euclid(rows) as usize * plan.planes();
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
