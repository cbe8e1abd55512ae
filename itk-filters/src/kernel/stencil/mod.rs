//! Stencils: each result is computed from the rows around its pixel, some columns at a time.
//!
//! Rows are converted once into a ring that stays in the first-level cache, with the nearest pixel repeated beyond the
//! border; then one pass over them computes a row of results, which are converted and written in place. The last
//! columns of a row overlap those before, so no pixel goes alone.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{AnyView, Axes, Context, Pixel, PixelType, Result, Steps, ViewMut, pool};

use super::tiles::INLINE;

pub(super) mod number;
mod ring;
pub(crate) mod rows;
mod short;

pub(crate) use number::{Number, Staged, is_exact_in_f32};
use ring::{Place, Ring};

/// Rows of results are padded to a multiple of this, which no level's loops leave a rest of.
const COLUMNS: usize = 32;

/// Columns that are computed in one go. The cache is told meanwhile which lines the next row will need, so that memory is
/// read and written while square roots are taken.
const SPAN: usize = 256;

/// Bytes of staged rows that a strip of columns works on at a time: half of a first-level cache.
const STRIP: usize = 16 << 10;

/// Bytes of staged rows that a brick reads again at its next slice: a part of the second-level cache.
const SLICES: usize = 384 << 10;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth.
const PIECE: f64 = 2e6;

/// Rows that are computed in one go: long enough that entering the level costs nothing, short enough to be stopped.
const RUN: usize = 32;

/// A computation on rows.
pub(crate) trait Stencil: Sync {
    /// What its rows are staged as.
    type Value: Staged;
    /// What its results are.
    type Result: Number;

    /// How many neighbours on each side it takes along each axis, xyz.
    fn radius(&self) -> &[usize];

    /// The rows that it reads, by their distance from the result's own row on the axes after x.
    fn rows(&self) -> &[Axes<isize>];

    /// About how many nanoseconds a result takes.
    fn cost(&self) -> f64;

    /// A row of results. It is compiled for each level, so it should be `#[inline(always)]`, and a plain loop.
    fn row(&self, rows: Rows<'_, Self::Value>, out: &mut [Self::Result]);
}

/// The staged rows of a stencil.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, V> {
    values: &'a [V],
    /// Where each of them starts: at the value of the first result's own column.
    starts: &'a [usize],
    /// Values from one to its neighbour along x.
    side: usize,
    /// The columns of results that are at work: the first one, and how many.
    at: usize,
    length: usize,
}

impl<'a, V> Rows<'a, V> {
    /// A value for each result, so many columns beside its own one.
    #[inline(always)]
    pub(crate) fn beside(&self, row: usize, columns: isize) -> &'a [V] {
        let start = (self.starts[row] + self.at).wrapping_add_signed(columns * self.side as isize);
        &self.values[start..start + self.length]
    }
}

/// A stencil's run over an image.
pub(crate) struct Sweep<'a, K> {
    pub(crate) stencil: &'a K,
    pub(crate) source: AnyView<'a>,
    /// The index in the image of the output's first pixel, xyz.
    pub(crate) offset: Axes<usize>,
}

impl<K: Stencil> Sweep<'_, K> {
    /// Computes all results, on the pool.
    ///
    /// # Errors
    /// [`itk_core::Error::Aborted`]; [`itk_core::Error::SimdLevel`].
    pub(crate) fn fill<O: Pixel>(
        &self,
        name: &'static str,
        output: ViewMut<'_, O>,
        context: &Context<'_>,
    ) -> Result<()> {
        let level = simd::level()?;
        if output.size().contains(&0) {
            return Ok(());
        }
        let short = self.has_short_rows(output.size());
        let extent = self.extent(output.size(), short, context.threads());
        let bricks = output.into_bricks(&extent);
        let steps = context.steps(name, bricks.len());
        pool::for_each(
            context,
            bricks,
            || (),
            |(), mut brick| {
                steps.check()?;
                if short {
                    self.short_rows(level, &mut brick, &steps)?;
                } else {
                    self.brick(level, &mut brick, &steps)?;
                }
                steps.tick();
                Ok(())
            },
        )
    }

    /// The bricks (xyz) to cut an output of this size into.
    fn extent(&self, size: &[usize], short: bool, threads: usize) -> Axes<usize> {
        let radius = self.stencil.radius();
        let columns =
            (STRIP / (self.stencil.rows().len() * size_of::<K::Value>())).max(4 * COLUMNS).min(size[0]);
        // Strips of about the same width.
        let columns = size[0].div_ceil(size[0].div_ceil(columns)).next_multiple_of(COLUMNS).min(size[0]);
        let mut extent = Axes::from_fn(size.len(), |a| if a == 0 { columns } else { size[a] });
        let work = self.stencil.cost() * size.iter().map(|&n| n as f64).product::<f64>();
        if !short && radius.iter().skip(2).any(|&r| r > 0) {
            let slices: usize = radius[2..].iter().map(|r| 2 * r + 1).product();
            let rows = SLICES / (slices * columns * size_of::<K::Value>());
            extent[1] = rows.clamp(16.min(size[1]), size[1]);
        }
        if work < INLINE {
            return extent;
        }
        // Cut the slowest axes first, but never so that warming up would be much of the work.
        let pieces = (work / PIECE).ceil().max(8.0 * threads as f64) as usize;
        let mut left = pieces.div_ceil((0..size.len()).map(|a| size[a].div_ceil(extent[a])).product());
        for a in (1..size.len()).rev() {
            let least = (8 * (2 * radius[a])).max(1);
            let step = extent[a].div_ceil(left).max(least);
            extent[a] = step.min(extent[a]);
            left = left.div_ceil(size[a].div_ceil(extent[a]));
        }
        extent
    }

    fn brick<O: Pixel>(&self, level: Level, brick: &mut Brick<'_, O>, steps: &Steps<'_>) -> Result<()> {
        let size = Axes::from_fn(brick.size().len() - 1, |a| brick.size()[a + 1]);
        let width = brick.size()[0];
        let first = brick.first().get(1).copied().unwrap_or(0);
        let rows = first..first + size.first().copied().unwrap_or(1);
        let mut work = Work::new(self, brick.first()[0], width, rows);
        let in_place = brick.is_plain();
        let mut spare = vec![O::default(); if in_place { 0 } else { width * RUN }];
        let mut rest = Axes::filled(size.len(), 0);
        loop {
            steps.check()?;
            let rows = size.first().map_or(1, |n| RUN.min(n - rest[0]));
            let index = Axes::from_fn(size.len(), |a| self.offset[a + 1] + brick.first()[a + 1] + rest[a]);
            let output = if in_place {
                let pitch = brick.strides().bytes.get(1).copied().unwrap_or(0);
                Output { start: brick.row(&rest).cast(), pitch, pixel: O::TYPE }
            } else {
                let pitch = (width * size_of::<O>()) as isize;
                Output { start: spare.as_mut_ptr().cast(), pitch, pixel: O::TYPE }
            };
            simd::dispatch(level, Run { work: &mut work, index, rows, output });
            if !in_place {
                for (i, row) in spare.chunks_exact(width).take(rows).enumerate() {
                    let at = Axes::from_fn(size.len(), |a| rest[a] + if a == 0 { i } else { 0 });
                    brick.put(0, &at, row);
                }
            }
            let next = (0..size.len()).find(|&a| {
                rest[a] += if a == 0 { rows } else { 1 };
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
        // SAFETY: each row was written.
        unsafe { brick.assume_stored() };
        Ok(())
    }
}

/// What one brick works with.
struct Work<'a, K: Stencil> {
    sweep: &'a Sweep<'a, K>,
    ring: Ring<K::Value>,
    /// The first column of the image that is staged, and how many are.
    low: usize,
    count: usize,
    /// Staged values before them: repeated pixels.
    before: usize,
    /// Results a row.
    width: usize,
    /// The rows that the stencil reads, and where they start in the ring.
    lines: Vec<Line>,
    starts: Vec<usize>,
    /// The image's rows that the next row of results will need first; they may lie outside.
    next: Vec<*const u8>,
    /// A piece of a row of results, and some more, so that no level leaves a rest.
    results: Vec<K::Result>,
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
struct Output {
    start: *mut u8,
    /// Bytes from a row to the next.
    pitch: isize,
    pixel: PixelType,
}

/// Neighbouring rows, from the image's row `index` on along the axis after x.
struct Run<'a, 'w, K: Stencil> {
    work: &'a mut Work<'w, K>,
    index: Axes<usize>,
    rows: usize,
    output: Output,
}

impl<K: Stencil> Job for Run<'_, '_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { work, index, rows, output } = self;
        work.find_lines(&index);
        let first = index.first().copied().unwrap_or(0);
        for row in 0..rows {
            let to = output.start.wrapping_offset(row as isize * output.pitch);
            work.row(simd, first + row, Output { start: to, ..output });
        }
    }
}

impl<'a, K: Stencil> Work<'a, K> {
    /// For `width` columns of the output, from its column `first` on, and its `rows` along y.
    fn new(sweep: &'a Sweep<'a, K>, first: usize, width: usize, rows: Range<usize>) -> Self {
        let (radius, image) = (sweep.stencil.radius(), sweep.source.size());
        let (first, reach) = (sweep.offset[0] + first, radius[0]);
        // The columns of the image that these results depend on.
        let (low, high) = (first.saturating_sub(reach), (first + width).saturating_add(reach).min(image[0]));
        let padded = width.next_multiple_of(COLUMNS);
        let along_y = |axes: &[usize]| axes.get(1).copied().unwrap_or(0);
        let least = (along_y(&sweep.offset) + rows.start).saturating_sub(along_y(radius));
        Self {
            sweep,
            ring: Ring::new(&radius[1..], &image[1..], (least, rows.len()), padded + 2 * reach),
            low,
            count: high - low,
            before: low + reach - first,
            width,
            lines: Vec::with_capacity(sweep.stencil.rows().len()),
            starts: Vec::with_capacity(sweep.stencil.rows().len()),
            next: Vec::with_capacity(sweep.stencil.rows().len()),
            results: vec![K::Result::default(); padded.min(SPAN)],
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
        let Sweep { stencil, source, .. } = self.sweep;
        let strides = source.strides();
        let last = strides.size.get(1).map_or(0, |n| n - 1) as isize;
        // The row after it comes next.
        let ahead = strides.bytes.get(1).copied().unwrap_or(0);
        let reach = stencil.radius()[0];
        self.starts.clear();
        self.next.clear();
        for line in &self.lines {
            let y = (y as isize + line.step).clamp(0, last);
            let (start, missing) = self.ring.find(line.place, y as usize);
            if missing {
                let (left, others) = self.ring.row(start).split_at_mut(self.before);
                let (middle, right) = others.split_at_mut(self.count);
                let from = source.start().as_ptr().wrapping_offset(line.offset + y * ahead);
                // SAFETY: columns and rows are inside the image, whose pixels are valid for reads.
                unsafe { number::read(source.pixel_type(), from, strides, middle) };
                left.fill(middle[0]);
                right.fill(middle[self.count - 1]);
                self.next.push(from.wrapping_offset(ahead));
            }
            self.starts.push(start + reach);
        }
        let (from, to) = (source.pixel_type().size(), output.pixel.size());
        for at in (0..self.width).step_by(SPAN) {
            let count = SPAN.min(self.width - at);
            for row in &self.next {
                number::prefetch(simd, row.wrapping_add(at * from), count * from);
            }
            let start = output.start.wrapping_add(at * to);
            number::prefetch(simd, start.wrapping_offset(output.pitch), count * to);
            let results = &mut self.results[..count.next_multiple_of(COLUMNS)];
            let length = results.len();
            let rows = Rows { values: self.ring.values(), starts: &self.starts, side: 1, at, length };
            stencil.row(rows, results);
            // SAFETY: the promise of `Output`.
            unsafe { number::write(&results[..count], output.pixel, start) };
        }
    }
}
