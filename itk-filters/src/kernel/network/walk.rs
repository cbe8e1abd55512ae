//! Moves the steps of a kernel over a brick of the output: in strips of neighbouring columns, down the rows of each.
//!
//! Where the image's pixels are keys and the windows of a strip lie inside the image along x, rows are read in
//! place, and medians written in place. Otherwise rows are staged: copied as keys, with the nearest pixel repeated
//! beyond the border.

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::simd::{self, Level};
use itk_core::{Axes, Pixel, Result, View};

use super::descent::Descent;
use super::rows::is_key;
use super::{Kernel, Plan};
use crate::kernel::tiles::INLINE;

/// Bytes of rows and lists that a strip works on at a time: most of a first-level cache.
pub(super) const STRIP: usize = 24 << 10;

/// Bytes of a row that are worth reading in one go.
const PAGE: usize = 4 << 10;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth and caches are used well.
const PIECE: f64 = 2e6;

/// The window of a kernel, and the axes that it takes for y and z.
pub(crate) struct Match {
    window: [usize; 3],
    pub(super) y: Option<usize>,
    pub(super) z: Option<usize>,
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
        let kernel = super::kernel_of::<K>(window)?;
        (kernel.plan.least <= level).then_some(Match { window, y, z })
    };
    let found = found(y, z).or_else(|| found(z, y))?;
    // Rows of a window that is one row high may follow each other along any axis.
    Some(Match { y: found.y.or((radius.len() > 1).then_some(1)), ..found })
}

/// Memory that one thread reuses from brick to brick.
#[derive(Default)]
pub(crate) struct Scratch<T: Pixel> {
    pub(super) kept: Vec<T::Key>,
    pub(super) staged: Vec<T::Key>,
    pub(super) medians: Vec<T::Key>,
    pub(super) pixels: Vec<T>,
    /// Bytes from the first plane of the image to those of the windows.
    pub(super) planes: Vec<isize>,
    /// Where windows begin in the rows of some steps, row by row, plane by plane; and in the copies of these rows.
    pub(super) rows: Vec<*mut u8>,
    pub(super) copies: Vec<*mut u8>,
    /// Where medians of these steps belong, step by step, slice by slice, row by row: in the brick, or in `medians` those of
    /// rows that the brick does not have.
    pub(super) outputs: Vec<*mut u8>,
    /// Where `medians` has those of one step.
    pub(super) targets: Vec<*mut u8>,
    pub(super) places: Vec<usize>,
}

/// An image to take medians of.
pub(crate) struct Walk<'a, T: Pixel> {
    pub(super) level: Level,
    pub(super) lanes: usize,
    pub(super) axes: Match,
    /// Reads rows in place; none where pixels are no keys and the window is not small, or where the image has gaps along x.
    pub(super) direct: Option<Kernel<T>>,
    pub(super) staged: Kernel<T::Key>,
    /// Whether steps that read in place ask for the rows of the next one.
    pub(super) prefetches: bool,
    pub(super) source: View<'a, T>,
    /// The index in the image of the output's first pixel, xyz.
    pub(super) offset: Axes<usize>,
}

/// Neighbouring columns of a brick.
#[derive(Debug, PartialEq)]
pub(super) struct Strip {
    /// Pixels of the brick before it.
    pub(super) start: usize,
    /// How many registers wide it is.
    pub(super) columns: usize,
    /// Whether its rows are read in place.
    pub(super) direct: bool,
}

impl<'a, T: Pixel> Walk<'a, T> {
    pub(crate) fn new(level: Level, axes: Match, source: View<'a, T>, offset: Axes<usize>) -> Self {
        let staged: Kernel<T::Key> = super::kernel_of(axes.window).expect("the window has a kernel");
        let pitch = axes.y.map_or(0, |y| source.strides().bytes[y].unsigned_abs());
        let plain = is_plain(&source);
        Self {
            level,
            lanes: simd::lanes::<T::Key>(level),
            direct: if plain { super::kernel_of(axes.window) } else { None },
            prefetches: !staged.plan.crowds(pitch),
            staged,
            axes,
            source,
            offset,
        }
    }

    /// The bricks (xyz) to cut an output of this size into: one for a small job, several a thread otherwise, and high
    /// enough that warming up stays below a tenth.
    pub(crate) fn extent(&self, size: &[usize], threads: usize) -> Axes<usize> {
        let mut extent = Axes::from_fn(size.len(), |a| size[a].max(1));
        let (plan, bytes) = (self.plan(), size_of::<T>() as f64);
        // Half a nanosecond for an operation on a register.
        let cost = 0.5 * (plan.operations as f64) / self.lanes as f64 + 0.1 * bytes;
        let pixels: f64 = size.iter().map(|&n| n as f64).product();
        let work = cost * pixels;
        if work < INLINE {
            return extent;
        }
        let pieces = (work / PIECE).ceil().max(8.0 * threads as f64);
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

    pub(super) fn plan(&self) -> &'static Plan {
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

    /// Covers the columns of a brick with strips: all of them staged, or those inside read in place, whichever takes less
    /// time. Strips that are read in place are whole registers, and begin where a register of medians does not cross a cache
    /// line; the others may overlap their neighbours.
    fn strips(&self, brick: &Brick<'_, T>) -> Vec<Strip> {
        let (lanes, plan) = (self.lanes, self.plan());
        let (x, width) = (self.offset[0] + brick.first()[0], brick.size()[0]);
        let (rx, image) = (plan.window[0] / 2, self.source.size()[0]);
        let mut staged = Vec::new();
        self.cover(0..width, false, &mut staged);
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
            return staged;
        }
        // The ends come last: they are copied from the cache then.
        let mut mixed = Vec::new();
        self.cover(first..end, true, &mut mixed);
        self.cover(0..first, false, &mut mixed);
        self.cover(end..width, false, &mut mixed);
        let cost = |strips: &[Strip]| strips.iter().map(|strip| self.cost(strip)).sum::<f64>();
        if cost(&staged) <= cost(&mixed) { staged } else { mixed }
    }

    /// Adds strips that cover these columns, as wide as the first-level cache allows.
    fn cover(&self, range: Range<usize>, direct: bool, strips: &mut Vec<Strip>) {
        let (lanes, plan) = (self.lanes, self.plan());
        let staged = (plan.end_row - plan.first_row) * plan.planes() + plan.rows * plan.slices;
        // What is read and written in place streams through the cache; a page of each row at a time is enough.
        let registers = plan.room + if direct { STRIP / PAGE } else { staged };
        let most = (STRIP / (registers * lanes * size_of::<T>())).max(1);
        for start in range.clone().step_by(most * lanes) {
            let columns = (range.end - start).div_ceil(lanes).min(most);
            let start = start.min(range.end.saturating_sub(columns * lanes));
            strips.push(Strip { start, columns, direct });
        }
    }

    /// About how many nanoseconds a step of a strip takes.
    fn cost(&self, strip: &Strip) -> f64 {
        /// For what is done once a step; for a minimum or maximum of registers; for a register that is copied.
        const STEP: f64 = 60.0;
        const OPERATION: f64 = 0.15;
        const COPY: f64 = 1.0;
        let plan = self.plan();
        let copies = if strip.direct { 0 } else { plan.rows * (plan.planes() + plan.slices) };
        let operations = plan.operations * plan.rows * plan.slices;
        STEP + strip.columns as f64 * (OPERATION * operations as f64 + COPY * copies as f64)
    }
}

/// Whether pixels follow each other along x, in this machine's byte order.
pub(super) fn is_plain<T: Pixel>(view: &View<'_, T>) -> bool {
    view.strides().bytes[0] == size_of::<T>() as isize && !view.strides().swapped
}
