//! The work on one brick whose rows are staged in a ring, and computed some columns at a time.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use std::ops::Range;

use itk_core::simd::{Job, Level, Simd};
use itk_core::{Axes, PixelType};

use super::number::{read_pixels, write_pixels};
use super::ring::{Place, Ring};
use super::{COLUMNS, Number, Results, Rows, SPAN, Stencil, Sweep, Trials, number};

/// What one brick works with.
pub(super) struct Work<'a, K: Stencil> {
    sweep: &'a Sweep<'a, K>,
    ring: Ring<K::Value>,
    /// The first column of the image that is staged, and how many are.
    low: usize,
    count: usize,
    /// Staged values before them: repeated pixels.
    before: usize,
    /// Results a row.
    width: usize,
    /// The rows that the stencil reads, and where the value of the first result's own column is.
    lines: Vec<Line>,
    starts: Vec<*const K::Value>,
    /// Where the staged rows are in the ring.
    places: Vec<usize>,
    /// The image's rows that the next row of results will need first; they may lie outside.
    next: Vec<*const u8>,
    /// A piece of a row of results, and some more, so that no level leaves a rest.
    results: Vec<K::Result>,
    trials: Trials,
}

/// One of the rows that a stencil reads, at all y.
struct Line {
    /// Rows from the result's own, along y.
    step: isize,
    /// The ring's place and the image's number of the row at y = 0.
    place: Place,
    /// Bytes from the image's first pixel to that row's.
    offset: isize,
}

/// Where rows of results go. Whoever makes one sees to it that all of a run's rows are valid for writes of their width.
#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) start: *mut u8,
    /// Bytes from a row to the next.
    pub(super) pitch: isize,
    pub(super) pixel: PixelType,
}

impl Output {
    /// Those from a later row on.
    pub(super) fn row(self, row: usize) -> Self {
        Self { start: self.start.wrapping_offset(row as isize * self.pitch), ..self }
    }
}

/// Neighbouring rows, from the image's row `index` on along the axis after x.
pub(super) struct Run<'a, 'w, K: Stencil> {
    pub(super) work: &'a mut Work<'w, K>,
    pub(super) index: Axes<usize>,
    pub(super) rows: usize,
    pub(super) output: Output,
}

impl<K: Stencil> Job for Run<'_, '_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { work, index, rows, output } = self;
        work.find_lines(&index);
        let first = index.first().copied().unwrap_or(0);
        for row in 0..rows {
            work.row(simd, first + row, output.row(row));
        }
    }
}

impl<'a, K: Stencil> Work<'a, K> {
    /// For `width` columns of the output, from its column `first` on, and its `rows` along y.
    pub(super) fn new(sweep: &'a Sweep<'a, K>, first: usize, width: usize, rows: Range<usize>) -> Self {
        let (radius, image) = (sweep.stencil.radius(), sweep.source.size());
        let (first, reach) = (sweep.offset[0] + first, radius[0]);
        // The columns of the image that these results depend on.
        let (low, high) = (first.saturating_sub(reach), (first + width).saturating_add(reach).min(image[0]));
        let padded = width.next_multiple_of(COLUMNS);
        let pitch = padded + 2 * reach;
        let along_y = |axes: &[usize]| axes.get(1).copied().unwrap_or(0);
        let least = (along_y(&sweep.offset) + rows.start).saturating_sub(along_y(radius));
        Self {
            sweep,
            ring: Ring::new(&radius[1..], &image[1..], (least, rows.len()), pitch),
            low,
            count: high - low,
            before: low + reach - first,
            width,
            lines: Vec::with_capacity(sweep.stencil.rows().len()),
            starts: Vec::with_capacity(sweep.stencil.rows().len()),
            places: Vec::with_capacity(sweep.stencil.rows().len()),
            next: Vec::with_capacity(sweep.stencil.rows().len()),
            results: vec![K::Result::default(); padded.min(SPAN)],
            trials: Trials::default(),
        }
    }

    /// Finds the stencil's rows for results in the row `index`, and all rows that differ from it along y.
    fn find_lines(&mut self, index: &[usize]) {
        let strides = self.sweep.source.strides();
        let size = &strides.size[1..];
        self.lines.clear();
        for row in self.sweep.stencil.rows() {
            let at = Axes::from_fn(size.len(), |a| match a {
                0 => 0,
                _ => (index[a] as isize + row[a]).clamp(0, size[a] as isize - 1) as usize,
            });
            let rest: isize = at.iter().zip(&strides.bytes[1..]).map(|(&i, &bytes)| i as isize * bytes).sum();
            self.lines.push(Line {
                step: row.first().copied().unwrap_or(0),
                place: self.ring.place(&at, size),
                offset: rest + self.low as isize * strides.bytes[0],
            });
        }
    }

    #[inline(always)]
    fn row<S: Simd>(&mut self, simd: S, y: usize, output: Output) {
        let stencil = self.sweep.stencil;
        let (from, to) = (self.sweep.source.pixel_type().size(), output.pixel.size());
        self.stage(S::LEVEL, y);
        let columns = self.width;
        let direct = output.pixel == K::Result::PIXEL && columns >= COLUMNS;
        let mut at = 0;
        while at < columns {
            let mut count = SPAN.min(columns - at);
            // The last columns overlap those before, so that no level leaves a rest.
            if direct && count < COLUMNS {
                at = columns - COLUMNS;
                count = COLUMNS;
            } else if direct {
                count -= count % COLUMNS;
            }
            let start = output.start.wrapping_add(at * to);
            // SAFETY: the rows were staged for all columns and some more; the promise of `Output`.
            // One place calls the stencil, so that there is one copy of its code.
            let (rows, results) = unsafe {
                if direct {
                    (
                        Rows::new(&self.starts, 1, self.width).part(at, count),
                        Results::new(start.cast(), count),
                    )
                } else {
                    let padded = count.next_multiple_of(COLUMNS);
                    let results = Results::of(&mut self.results[..padded]);
                    (Rows::new(&self.starts, 1, at + padded).part(at, padded), results)
                }
            };
            for row in &self.next {
                number::prefetch(simd, row.wrapping_add(at * from), count * from);
            }
            number::prefetch(simd, start.wrapping_offset(output.pitch), count * to);
            stencil.row(simd, rows, results, &mut self.trials);
            if !direct {
                // SAFETY: the promise of `Output`.
                unsafe { write_pixels(S::LEVEL, &self.results[..count], output.pixel, start) };
            }
            at += count;
        }
    }

    /// Stages the stencil's rows, unless they are.
    #[inline(always)]
    fn stage(&mut self, level: Level, y: usize) {
        let Sweep { stencil, source, .. } = self.sweep;
        let strides = source.strides();
        let last = strides.size.get(1).map_or(0, |n| n - 1) as isize;
        // The row after it comes next.
        let ahead = strides.bytes.get(1).copied().unwrap_or(0);
        let reach = stencil.radius()[0];
        self.places.clear();
        self.next.clear();
        for line in &self.lines {
            let y = (y as isize + line.step).clamp(0, last);
            let (start, missing) = self.ring.find(line.place, y as usize);
            if missing {
                let (left, others) = self.ring.row(start).split_at_mut(self.before);
                let (middle, right) = others.split_at_mut(self.count);
                let from = source.start().as_ptr().wrapping_offset(line.offset + y * ahead);
                // SAFETY: columns and rows are inside the image, whose pixels are valid for reads.
                unsafe { read_pixels(level, source.pixel_type(), from, strides, middle) };
                left.fill(middle[0]);
                right.fill(middle[self.count - 1]);
                self.next.push(from.wrapping_offset(ahead));
            }
            self.places.push(start + reach);
        }
        let values = self.ring.values();
        self.starts.clear();
        self.starts.extend(self.places.iter().map(|&place| values.as_ptr().wrapping_add(place)));
    }
}
