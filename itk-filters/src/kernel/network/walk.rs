//! Moves the steps of a kernel over a brick of the output: in strips of neighbouring columns, down the rows of each.
//!
//! Where the kernel reads pixels as they are, keeps no lists, and the windows of a strip lie inside the image along x, rows are
//! read in place. Otherwise rows are staged: copied as keys, with the nearest pixel repeated beyond the border. `ends` has
//! another way for the ends of rows, and `cover` chooses.

use itk_core::buffer::Brick;
use itk_core::simd::{self, Level};
use itk_core::{Axes, KeyRule, Pixel, Result, Strides, View};

use super::cover::{Cover, Strip};
use super::descent::Descent;
use super::ends::Columns;
use super::{Kernel, Plan};
use crate::kernel::cache::Aligned;
use crate::kernel::tiles::INLINE;

/// Bytes of an image from which on it is worth the time to ask for rows ahead: those of smaller ones are in a cache that is near
/// enough, where strips are wide.
const LARGE: usize = 8 << 20;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth and caches are used well.
const PIECE: f64 = 2e6;

/// The window of a kernel, and the axes that it takes for y and z.
#[derive(Clone, Copy)]
pub(crate) struct Match {
    pub(super) window: [usize; 3],
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
        (kernel.plan.least(size_of::<K>()) <= level).then_some(Match { window, y, z })
    };
    let found = found(y, z).or_else(|| found(z, y))?;
    // Rows of a window that is one row high may follow each other along any axis.
    Some(Match { y: found.y.or((radius.len() > 1).then_some(1)), ..found })
}

/// Memory that one thread reuses from brick to brick.
#[derive(Default)]
pub(crate) struct Scratch<T: Pixel> {
    pub(super) kept: Aligned<T::Key>,
    pub(super) staged: Aligned<T::Key>,
    pub(super) medians: Aligned<T::Key>,
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

/// The same for a brick: for its strips, and for its columns at the ends of rows.
#[derive(Default)]
pub(crate) struct Memory<T: Pixel> {
    strips: Scratch<T>,
    ends: Columns<T::Key>,
}

/// An image to take medians of.
pub(crate) struct Walk<'a, T: Pixel> {
    pub(super) level: Level,
    pub(super) lanes: usize,
    pub(super) axes: Match,
    /// Reads rows in place, of floats those without NaN; none where pixels are no keys and the window is not small, where the kernel
    /// keeps lists, or where floats are compared no faster than keys.
    pub(super) direct: Option<Kernel<T>>,
    /// Reads copies of rows, and writes keys.
    pub(super) staged: Kernel<T::Key>,
    /// Reads copies of rows, and writes pixels: for floats in small windows.
    pub(super) restoring: Option<Kernel<T>>,
    /// Whether steps that read in place ask for the rows of the next one.
    pub(super) prefetches: bool,
    pub(super) source: View<'a, T>,
    /// The index in the image of the output's first pixel, xyz.
    pub(super) offset: Axes<usize>,
}

impl<'a, T: Pixel> Walk<'a, T> {
    pub(crate) fn new(level: Level, axes: Match, source: View<'a, T>, offset: Axes<usize>) -> Self {
        let staged: Kernel<T::Key> = super::kernel_of(axes.window).expect("the window has a kernel");
        let pitch = axes.y.map_or(0, |y| source.strides().bytes[y].unsigned_abs());
        let bytes = source.size().iter().product::<usize>() * size_of::<T>();
        let own = || super::kernel_of::<T>(axes.window);
        let (direct, restoring) = match T::KEYS {
            KeyRule::Float { .. } => (own().filter(|kernel| kernel.reads_floats(level)), own()),
            _ => (own().filter(|kernel| kernel.plan.room == 0), None),
        };
        Self {
            level,
            lanes: simd::lanes::<T::Key>(level),
            direct,
            restoring,
            prefetches: bytes >= LARGE && !staged.plan.crowds(pitch),
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

    /// Whether pixels of image and output follow each other along x, in this machine's byte order: rows of others are not read
    /// or written.
    pub(crate) fn is_plain(&self, output: &Strides) -> bool {
        [self.source.strides(), output]
            .iter()
            .all(|strides| strides.bytes[0] == size_of::<T>() as isize && !strides.swapped)
    }

    pub(super) fn plan(&self) -> &'static Plan {
        self.staged.plan
    }

    /// Computes all medians of a brick. `check` is asked every few milliseconds at least. True when a window had a NaN, or might have.
    pub(crate) fn fill(
        &self,
        brick: &mut Brick<'_, T>,
        memory: &mut Memory<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let nan = self.fill_covered(&self.cover(brick), brick, memory, check)?;
        // SAFETY: each column of each row was written.
        unsafe { brick.assume_stored() };
        Ok(nan)
    }

    /// The same with a cover that is chosen already.
    pub(super) fn fill_covered(
        &self,
        cover: &Cover,
        brick: &Brick<'_, T>,
        memory: &mut Memory<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let mut nan = self.descend(brick, &cover.strips, &mut memory.strips, check)?;
        if let Some(axes) = cover.turned {
            nan |= self.fill_ends(axes, brick, &cover.ends, &mut memory.ends, check)?;
        }
        Ok(nan)
    }

    /// Computes the medians of these strips of a brick, from its first slice to the last.
    pub(super) fn descend(
        &self,
        brick: &Brick<'_, T>,
        strips: &[Strip],
        scratch: &mut Scratch<T>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        assert!(self.is_plain(brick.strides()), "rows are read and written through pointers");
        let size = Axes::from_fn(brick.size().len() - 1, |a| brick.size()[a + 1]);
        let mut nan = false;
        let mut rest = Axes::filled(size.len(), 0);
        loop {
            for strip in strips {
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
                return Ok(nan);
            }
        }
    }
}
