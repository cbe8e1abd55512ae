//! Which columns of a brick are read in place, which as copies of rows, and which with x and y exchanged.

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::{AnyView, Axes, Pixel, Strides};

use super::walk::{Match, Walk};
use crate::kernel::cache::{LINE, SET, WAYS, crowded};

/// Bytes of lists that a strip keeps at most: what a second-level cache has at hand, as short strips take longer to read and
/// write than lists that are farther away.
const LISTS: usize = 128 << 10;

/// Bytes of a row that are worth reading in one go: two pages, as what a core reads ahead ends with a page.
const ROW: usize = 8 << 10;

/// Minima of registers that take as long as a register of medians longer takes to be written across two cache lines.
const CROSSING: usize = 2;

/// Neighbouring pixels of each row of a brick, in columns as wide as a register.
#[derive(Debug, PartialEq)]
pub(super) struct Strip {
    /// Pixels of the brick before it.
    pub(super) start: usize,
    /// How many columns it has.
    pub(super) columns: usize,
    /// By how many pixels the columns after the first one begin earlier than where the one before ends, and where the last one
    /// begins.
    pub(super) shift: usize,
    pub(super) last: usize,
    /// Whether its rows are read in place.
    pub(super) direct: bool,
    /// Whether columns go from right to left.
    pub(super) backward: bool,
}

/// How the columns of a brick are covered.
#[derive(Default)]
pub(super) struct Cover {
    pub(super) strips: Vec<Strip>,
    /// The window with x and y exchanged, where that takes the columns at the ends of rows, and these columns.
    pub(super) turned: Option<Match>,
    pub(super) ends: [Range<usize>; 2],
}

impl<T: Pixel> Walk<'_, T> {
    /// How to cover the columns of a brick in about the least time.
    pub(super) fn cover(&self, brick: &Brick<'_, T>) -> Cover {
        let copied = self.copied(brick);
        match self.in_place(brick) {
            Some(in_place)
                if !self.crowds(brick) && self.cost(&in_place, brick) < self.cost(&copied, brick) =>
            {
                in_place
            }
            _ => copied,
        }
    }

    /// With copies of all rows.
    pub(super) fn copied(&self, brick: &Brick<'_, T>) -> Cover {
        Cover { strips: self.staged(brick, 0..brick.size()[0]), ..Cover::default() }
    }

    /// In place where windows lie inside the image along x, and the ends with x and y exchanged or with copies; if there are
    /// such windows, and a kernel that reads pixels.
    pub(super) fn in_place(&self, brick: &Brick<'_, T>) -> Option<Cover> {
        let (x, width) = (self.offset[0] + brick.first()[0], brick.size()[0]);
        let (rx, image) = (self.plan().window[0] / 2, self.source.size()[0]);
        let start = rx.saturating_sub(x);
        let end = image.saturating_sub(rx).saturating_sub(x).min(width);
        if self.direct.is_none() || end < start + self.lanes {
            return None;
        }
        let (mut strips, ends) = (self.inside(brick, start..end), [0..start, end..width]);
        let has_ends = ends.iter().any(|end| !end.is_empty());
        let turned = self.turned().filter(|_| has_ends);
        if turned.is_none() {
            // They come last: they are copied from the cache then.
            ends.iter().for_each(|end| strips.extend(self.staged(brick, end.clone())));
        }
        Some(Cover { strips, turned, ends })
    }

    /// Whether the lines that a step reads and writes in place push each other out of a first-level cache.
    ///
    /// Large arrays begin at the same place of a page, so those of images do whose rows are a power of two long. A line that is
    /// written in several parts is then fetched for each of them, and with it those that are read.
    fn crowds(&self, brick: &Brick<'_, T>) -> bool {
        let all = 2 * self.source.size().iter().product::<usize>() * size_of::<T>();
        if self.lanes * size_of::<T>() >= LINE || all <= WAYS * SET {
            return false;
        }
        let plan = self.plan();
        let (image, medians) = (&self.source.strides().bytes, &brick.strides().bytes);
        let along = |bytes: &Axes<isize>, axis: Option<usize>| axis.map_or(0, |a| bytes[a]);
        let rows = |start: usize, bytes, rows, planes| {
            let (y, z) = (along(bytes, self.axes.y), along(bytes, self.axes.z));
            (0..planes).flat_map(move |plane| {
                (0..rows).map(move |row| start.wrapping_add_signed(row as isize * y + plane as isize * z))
            })
        };
        let [read, written] = self.addresses(brick);
        crowded(rows(read, image, plan.reads(), plan.planes()).chain(rows(
            written,
            medians,
            plan.rows,
            plan.slices,
        )))
    }

    /// Where the image has the first pixel of a brick, and where the brick itself has it.
    fn addresses(&self, brick: &Brick<'_, T>) -> [usize; 2] {
        let strides = &self.source.strides().bytes;
        let first = (0..strides.len()).map(|a| (self.offset[a] + brick.first()[a]) as isize * strides[a]);
        let below = AnyView::from(self.source).start().addr().get().wrapping_add_signed(first.sum());
        [below, brick.row(&Axes::filled(brick.size().len() - 1, 0)).addr()]
    }

    /// Whether the medians of a column lie, but for whole pages, where the pixels of one of the next columns do, so that the
    /// loads of these would wait for them ([`writes`](super::Plan::writes)). From right to left, they have been read already.
    /// Farther off, medians have reached the cache by then.
    pub(super) fn lies_behind(&self, brick: &Brick<'_, T>) -> bool {
        let rows = |strides: &Strides| self.axes.y.map_or(0, |y| strides.bytes[y] % SET as isize);
        let [below, first] = self.addresses(brick);
        let behind = first.wrapping_sub(below) % SET;
        [rows(self.source.strides()), rows(brick.strides())] == [0, 0] && (1..4 * LINE).contains(&behind)
    }

    /// How many columns a strip has at most.
    fn most(&self) -> usize {
        (LISTS / ((self.plan().room + LISTS / ROW) * self.lanes * size_of::<T>())).max(1)
    }

    /// Strips of about the same width that cover these columns with copies of rows. Medians of a register and more are written in
    /// place.
    fn staged(&self, brick: &Brick<'_, T>, range: Range<usize>) -> Vec<Strip> {
        if (1..self.lanes).contains(&range.len()) {
            let start = range.start;
            return vec![Strip { start, columns: 1, shift: 0, last: 0, direct: false, backward: false }];
        }
        self.strips(brick, range, false)
    }

    /// The same for columns, at least a register, that are read in place.
    pub(super) fn inside(&self, brick: &Brick<'_, T>, range: Range<usize>) -> Vec<Strip> {
        self.strips(brick, range, true)
    }

    /// Strips for columns that fill a register. The first and the last register may overlap their neighbours, so that the others do
    /// not cross cache lines where they write medians, or read pixels.
    fn strips(&self, brick: &Brick<'_, T>, range: Range<usize>, direct: bool) -> Vec<Strip> {
        let lanes = self.lanes;
        let register = lanes * size_of::<T>();
        // Windows that are a pixel wide read registers that do not overlap, and more of them than they write.
        let [below, first] = self.addresses(brick);
        let address = if direct && self.plan().window[0] == 1 { below } else { first };
        let mut crossing = (address + range.start * size_of::<T>()) % register / size_of::<T>();
        let fewest = range.len().div_ceil(lanes);
        if (range.len() + crossing).div_ceil(lanes) > fewest && fewest * CROSSING < self.plan().operations {
            crossing = 0;
        }
        let columns = (range.len() + crossing).div_ceil(lanes);
        // Rather a few columns more than a strip of their own; and two, as the first may begin before the range.
        let most = columns.div_ceil(columns.div_ceil(self.most() * 9 / 8).max(1)).max(2);
        let backward = direct && self.lies_behind(brick);
        let mut strips = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let shift = if start == range.start { crossing } else { 0 };
            let begin = start.min(range.end - lanes);
            let width = (most * lanes - shift).min(range.end - begin);
            let columns = (width + shift).div_ceil(lanes);
            strips.push(Strip { start: begin, columns, shift, last: width - lanes, direct, backward });
            start = begin + width;
        }
        strips
    }

    /// About how many nanoseconds a brick takes.
    fn cost(&self, cover: &Cover, brick: &Brick<'_, T>) -> f64 {
        /// For what is done once a step; for a minimum or maximum of registers; for a row and a register that are copied; for
        /// columns that are exchanged with rows, and for a pixel of these.
        const STEP: f64 = 60.0;
        const OPERATION: f64 = 0.15;
        const ROW: f64 = 3.0;
        const COPY: f64 = 0.5;
        const ENDS: f64 = 500.0;
        const MOVE: f64 = 1.0;
        let plan = self.plan();
        let steps = |a: usize| match Some(a) {
            axis if axis == self.axes.y => plan.warm_up + brick.size()[a].div_ceil(plan.rows),
            axis if axis == self.axes.z => brick.size()[a].div_ceil(plan.slices),
            _ => brick.size()[a],
        };
        let operations = plan.operations * plan.outputs();
        let strip = |strip: &Strip| {
            let (read, columns) = (plan.rows * plan.planes(), strip.columns as f64);
            let copies = COPY * columns * (read + plan.outputs()) as f64 + ROW * read as f64;
            STEP + OPERATION * columns * operations as f64 + if strip.direct { 0.0 } else { copies }
        };
        let steps: usize = (1..brick.size().len()).map(steps).product();
        let mut cost = steps as f64 * cover.strips.iter().map(strip).sum::<f64>();
        if cover.turned.is_some() {
            // Two samples and a median for each pixel at an end.
            let rows: usize = brick.size()[1..].iter().product();
            cost += ENDS + MOVE * (3 * (plan.window[0] - 1) * rows) as f64;
        }
        cost
    }
}
