//! Short rows: several of them are staged after one another, and worked on as one.
//!
//! A neighbour along y is a row's width away then, in the same staged values. Neighbours along x are found in copies of
//! these, moved by a pixel each, in which the nearest pixel is repeated at the ends of every row.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{Axes, Result, Steps};

use super::compute::{Ahead, Compute};
use super::number::{read_pixels, write_pixels};
use super::ring::Ring;
use super::target::{Spare, Target};
use super::{COLUMNS, Results, Rows, Staged, Stencil, Sweep, Trials};

/// Rows of fewer bytes, when they are staged, are short. Longer ones are faster one by one.
const SHORT: usize = 320;

/// Bytes of the copies of rows that are worked on as one: a part of the second-level cache. With fewer, what it takes to begin
/// is not made up for.
const BLOCK: usize = 64 << 10;

/// The fewest rows that are worked on as one, so that those beyond their border, which are staged again, are few.
const LEAST: usize = 16;

impl<K: Stencil> Sweep<'_, K> {
    /// Whether results of this size come from short rows that are whole.
    pub(super) fn has_short_rows(&self, size: &[usize]) -> bool {
        let (image, offset) = (self.source.size(), &self.offset);
        size.len() > 1 && size[0] * size_of::<K::Value>() < SHORT && offset[0] == 0 && size[0] == image[0]
    }

    /// The results of a brick of whole rows.
    pub(super) fn short_rows(&self, level: Level, brick: &dyn Target, steps: &Steps<'_>) -> Result<()> {
        let size = Axes::from_fn(brick.size().len(), |a| brick.size()[a]);
        let first = Axes::from_fn(size.len(), |a| self.offset[a] + brick.first()[a]);
        let mut block = Block::new(self, &size, &first);
        let (width, rows) = (size[0], block.rows);
        let pitch = brick.strides().bytes[1];
        let (plain, pixel) = (brick.is_plain(), brick.pixel_type());
        let together = plain && pitch == (width * pixel.size()) as isize;
        let mut spare = Spare::new(brick, rows);
        for y in (0..size[1]).step_by(rows) {
            let rows = rows.min(size[1] - y);
            block.move_to(first[1] + y, rows);
            let mut rest = Axes::filled(size.len() - 2, 0);
            loop {
                steps.check()?;
                let at = |row: usize| {
                    Axes::from_fn(size.len() - 1, |a| if a == 0 { y + row } else { rest[a - 1] })
                };
                let slice = brick.strides().bytes.get(2).copied().unwrap_or(rows as isize * pitch);
                let next = brick.row(&at(0)).wrapping_offset(slice);
                let next = together.then_some(Ahead { first: next, bytes: pixel.size() });
                block.compute(level, &Axes::from_fn(rest.len(), |a| first[a + 2] + rest[a]), next);
                let results = &block.results[..rows * width];
                // SAFETY: the rows are the brick's own, or lie in `spare`.
                let write = |results, to| unsafe { write_pixels(level, results, pixel, to) };
                if !plain {
                    write(results, spare.start());
                    spare.put(brick, rows, at);
                } else if together {
                    write(results, brick.row(&at(0)));
                } else {
                    for (row, results) in results.chunks_exact(width).enumerate() {
                        write(results, brick.row(&at(row)));
                    }
                }
                let next = (0..rest.len()).find(|&a| {
                    rest[a] += 1;
                    let inside = rest[a] < size[a + 2];
                    if !inside {
                        rest[a] = 0;
                    }
                    inside
                });
                if next.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Rows that are worked on as one, and all that they need.
struct Block<'a, K: Stencil> {
    sweep: &'a Sweep<'a, K>,
    width: usize,
    /// Rows of results in one go, at most.
    rows: usize,
    /// The first of them that is at work, and how many are.
    y: usize,
    count: usize,
    /// Staged rows by their index on the axes after y: first those moved to the right the most, then those moved by a pixel
    /// less, and so on.
    ring: Ring<K::Value>,
    /// Values from a copy to the next.
    copy: usize,
    /// Whether each staged pixel is at the start of its row, and at the end.
    ends: [Vec<<K::Value as Staged>::Bits>; 2],
    starts: Vec<usize>,
    results: Vec<K::Result>,
    trials: Trials,
    /// The pixels that will be staged next, and the results that will be written, where these follow each other.
    next: Vec<Ahead>,
}

impl<'a, K: Stencil> Block<'a, K> {
    /// For results of `size`, the first of which is at `first` in the image.
    fn new(sweep: &'a Sweep<'a, K>, size: &[usize], first: &[usize]) -> Self {
        let (radius, image, width) = (sweep.stencil.radius(), sweep.source.size(), size[0]);
        let copies = 2 * radius[0] + 1;
        let rows = (BLOCK / (copies * size_of::<K::Value>() * width)).max(LEAST).min(size[1]);
        let results = (rows * width).next_multiple_of(COLUMNS);
        let copy = 2 * radius[1] * width + results;
        let end = |column: usize| {
            let [no, yes] = K::Value::NO_AND_YES;
            let mut is_end = vec![no; copy];
            is_end[column..].iter_mut().step_by(width).for_each(|end| *end = yes);
            is_end
        };
        let (least, slices) = match size.len() {
            2 => (0, 1),
            _ => (first[2].saturating_sub(radius[2]), size[2]),
        };
        Self {
            sweep,
            width,
            rows,
            y: 0,
            count: 0,
            ring: Ring::new(&radius[2..], &image[2..], (least, slices), copies * copy),
            copy,
            ends: [end(0), end(width - 1)],
            starts: Vec::with_capacity(sweep.stencil.rows().len()),
            results: vec![K::Result::default(); results],
            trials: Trials::default(),
            next: Vec::with_capacity(2),
        }
    }

    /// Goes to other rows along y.
    fn move_to(&mut self, y: usize, count: usize) {
        (self.y, self.count) = (y, count);
        self.ring.clear();
    }

    /// The results of the rows at this index on the axes after y.
    fn compute(&mut self, level: Level, index: &[usize], output: Option<Ahead>) {
        let stencil = self.sweep.stencil;
        let size = &self.sweep.source.size()[2..];
        let (reach, above) = (stencil.radius()[0], stencil.radius()[1]);
        self.starts.clear();
        self.next.clear();
        for row in stencil.rows() {
            let at = Axes::from_fn(size.len(), |a| {
                (index[a] as isize + row[a + 1]).clamp(0, size[a] as isize - 1) as usize
            });
            let along = at.first().copied().unwrap_or(0);
            let base = Axes::from_fn(size.len(), |a| if a == 0 { 0 } else { at[a] });
            let (start, missing) = self.ring.find(self.ring.place(&base, size), along);
            if missing {
                self.stage(level, start, &at);
            }
            let y = above as isize + row[0];
            self.starts.push(start + reach * self.copy + y as usize * self.width);
        }
        self.next.extend(output);
        let columns = (self.count * self.width).next_multiple_of(COLUMNS);
        let values = self.ring.values();
        let starts: Vec<_> = self.starts.iter().map(|&start| values.as_ptr().wrapping_add(start)).collect();
        // SAFETY: the copies have values for all results, and for some more.
        let rows = unsafe { Rows::new(&starts, self.copy, columns) };
        let results = Results::of(&mut self.results[..columns]);
        simd::dispatch(level, Compute { stencil, rows, results, trials: &mut self.trials, next: &self.next });
    }

    /// Stages the rows at `at` on the axes after y.
    fn stage(&mut self, level: Level, start: usize, at: &[usize]) {
        let Self { sweep, width, copy, .. } = *self;
        let (source, radius) = (&sweep.source, sweep.stencil.radius());
        let (strides, height) = (source.strides(), source.size()[1]);
        let (reach, above) = (radius[0], radius[1]);
        let copies = self.ring.row(start);
        let staged = &mut copies[reach * copy..][..copy];
        let (low, high) =
            (self.y.saturating_sub(above), (self.y + self.count).saturating_add(above).min(height));
        let offset: isize = at.iter().zip(&strides.bytes[2..]).map(|(&i, &bytes)| i as isize * bytes).sum();
        let from = |y: usize| source.start().as_ptr().wrapping_offset(offset + y as isize * strides.bytes[1]);
        // The image's rows, after those that repeat the first one.
        let missing = low + above - self.y;
        let rows = &mut staged[missing * width..][..(high - low) * width];
        // SAFETY: these are rows of the image, whose pixels are valid for reads.
        let read = |y, values: &mut [K::Value]| unsafe {
            read_pixels(level, source.pixel_type(), from(y), strides, values)
        };
        if strides.bytes[1] == width as isize * strides.bytes[0] {
            read(low, rows);
            if strides.bytes[0] == source.pixel_type().size() as isize {
                let first =
                    strides.bytes.get(2).map_or(from(high), |&slice| from(low).wrapping_offset(slice));
                let bytes = source.pixel_type().size();
                self.next.clear();
                self.next.push(Ahead { first, bytes });
            }
        } else {
            for (y, row) in (low..).zip(rows.chunks_exact_mut(width)) {
                read(y, row);
            }
        }
        for row in 0..missing {
            staged.copy_within(missing * width..(missing + 1) * width, row * width);
        }
        let end = missing + high - low;
        for row in end..self.count + 2 * above {
            staged.copy_within((end - 1) * width..end * width, row * width);
        }
        let length = (self.count + 2 * above) * width;
        let ends = self.ends.each_ref().map(|ends| &ends[..length]);
        simd::dispatch(level, Move { copies, copy, reach, ends });
    }
}

/// Makes the copies that are moved along x, by a pixel more each.
struct Move<'a, V: Staged> {
    copies: &'a mut [V],
    copy: usize,
    reach: usize,
    ends: [&'a [V::Bits]; 2],
}

impl<V: Staged> Job for Move<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { copies, copy, reach, ends: [firsts, lasts] } = self;
        let n = firsts.len();
        for step in 0..reach {
            let (before, from) = copies.split_at_mut((reach - step) * copy);
            let to = &mut before[(reach - step - 1) * copy..][..n];
            to[0] = from[0];
            shift(&mut to[1..], &from[1..n], &from[..n - 1], &firsts[1..]);
            let (from, after) = copies[(reach + step) * copy..].split_at_mut(copy);
            let to = &mut after[..n];
            to[n - 1] = from[n - 1];
            shift(&mut to[..n - 1], &from[..n - 1], &from[1..n], &lasts[..n - 1]);
        }
    }
}

/// The values beside, but at the ends of rows the values here.
#[inline(always)]
fn shift<V: Staged>(to: &mut [V], here: &[V], beside: &[V], ends: &[V::Bits]) {
    for (((to, here), &beside), &end) in to.iter_mut().zip(here).zip(beside).zip(ends) {
        *to = here.select(end, beside);
    }
}
