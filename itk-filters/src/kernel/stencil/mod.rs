//! Stencils: each result is computed from the rows around its pixel, some columns at a time.
//!
//! Rows are converted once into a ring that stays in the first-level cache, with the nearest pixel repeated beyond the
//! border; then one pass over them computes a row of results, which are converted and written in place. Rows of the stencil's
//! own types are read where they are. The last columns overlap those before, so no pixel goes alone.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::simd::{self, Level, Simd};
use itk_core::{AnyView, Axes, Context, Pixel, PixelType, Result, Steps, Strides, ViewMut};

use super::copies::Copies;
use super::tiles::INLINE;

mod compute;
pub(super) mod number;
mod operands;
mod pixels;
mod ring;
pub(crate) mod rows;
mod short;
mod target;
mod trial;
mod work;

pub(crate) use number::{Number, Staged, is_exact_in_f32};
pub(crate) use operands::{Results, Row, Rows};
use pixels::Pixels;
use target::{Spare, Target, fill_bricks};
pub(crate) use trial::Trials;
use work::{Output, Run, Work};

/// Rows of results are padded to a multiple of this, which no level's loops leave a rest of.
const COLUMNS: usize = 32;

/// Columns that are computed in one go. The cache is told meanwhile which lines the next row will need, so that memory is
/// read and written while square roots are taken.
const SPAN: usize = 256;

/// Bytes of staged rows that a strip of columns works on at a time: half of a first-level cache.
const STRIP: usize = 16 << 10;

/// Bytes of staged rows that a brick reads again at its next slice: a part of the second-level cache.
const SLICES: usize = 384 << 10;

/// The fewest columns of a row that is read in place: the two at its ends are computed on their own then.
const LEAST_IN_PLACE: usize = 128;

/// The fewest bytes of such rows where they follow each other, so that all but those beside the border are one span, and the
/// fewest rows.
const LEAST_FOLLOWING: (usize, usize) = (96, 4);

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

    /// Whether it takes more columns of the row with that number than the result's own.
    fn takes_beside(&self, _row: usize) -> bool {
        true
    }

    /// About how many nanoseconds a result takes.
    fn cost(&self) -> f64;

    /// A row of results. It is compiled for each level, so it should be `#[inline(always)]`, and a plain loop. `trials` are for
    /// stencils that have several ways to the same results.
    fn row<S: Simd>(
        &self,
        simd: S,
        rows: Rows<'_, Self::Value>,
        out: Results<'_, Self::Result>,
        trials: &mut Trials,
    );
}

/// How a brick's rows are read.
enum Driver<'a, K: Stencil> {
    Pixels(Pixels<'a, K>),
    Staged(Work<'a, K>),
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
        let (source, offset, reach) = (self.source, self.offset, self.stencil.radius());
        let copies = Copies { name, source, offset, reach, output };
        if copies.pay(context.threads()) {
            return copies.fill(context, &|source, offset, output, context| {
                Sweep { source, offset, ..*self }.fill(name, output, context)
            });
        }
        let output = copies.output;
        let in_place = self.is_in_place(output.size(), output.strides(), O::TYPE);
        let short = !in_place && self.has_short_rows(output.size());
        let extent = self.extent(output.size(), short, in_place, context.threads());
        let fill = |brick: &dyn Target, steps: &Steps<'_>| {
            if short { self.short_rows(level, brick, steps) } else { self.brick(level, brick, steps) }
        };
        // SAFETY: both write every row.
        unsafe { fill_bricks(name, output, &extent, context, &fill) }
    }

    /// Whether pixels are what the stencil computes with, so that rows need not be staged, for results of this size.
    fn is_in_place(&self, size: &[usize], output: &Strides, pixel: PixelType) -> bool {
        let source = self.source.strides();
        let (from, to) = (size_of::<K::Value>(), size_of::<K::Result>());
        let is_plain = source.bytes[0] == from as isize && !source.swapped;
        let same = K::Value::PIXEL == Some(self.source.pixel_type()) && K::Result::PIXEL == pixel;
        let (bytes, rows) = LEAST_FOLLOWING;
        let follow = |strides: &Strides, pixel| strides.bytes[1] == (size[0] * pixel) as isize;
        let is_long = size[0] >= LEAST_IN_PLACE
            || size.len() > 1
                && size[0] * from >= bytes
                && size[1] >= rows
                && follow(source, from)
                && follow(output, to);
        is_long && is_plain && same && self.stencil.radius()[0] <= 1
    }

    /// The bricks (xyz) to cut an output of this size into.
    fn extent(&self, size: &[usize], short: bool, in_place: bool, threads: usize) -> Axes<usize> {
        let radius = self.stencil.radius();
        // Pixels need no other place in the cache than the one that they have.
        let strip = if in_place { 4 * STRIP } else { STRIP };
        let columns =
            (strip / (self.stencil.rows().len() * size_of::<K::Value>())).max(4 * COLUMNS).min(size[0]);
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

    fn brick(&self, level: Level, brick: &dyn Target, steps: &Steps<'_>) -> Result<()> {
        let size = Axes::from_fn(brick.size().len() - 1, |a| brick.size()[a + 1]);
        let (width, pixel) = (brick.size()[0], brick.pixel_type());
        let first = brick.first().get(1).copied().unwrap_or(0);
        let rows = first..first + size.first().copied().unwrap_or(1);
        let mut driver = if self.is_in_place(brick.size(), brick.strides(), pixel) {
            Driver::Pixels(Pixels::new(self, level, brick.first()[0], width))
        } else {
            Driver::Staged(Work::new(self, brick.first()[0], width, rows))
        };
        let mut spare = Spare::new(brick, RUN);
        let mut rest = Axes::filled(size.len(), 0);
        loop {
            steps.check()?;
            let rows = size.first().map_or(1, |n| RUN.min(n - rest[0]));
            let index = Axes::from_fn(size.len(), |a| self.offset[a + 1] + brick.first()[a + 1] + rest[a]);
            let output = if brick.is_plain() {
                let pitch = brick.strides().bytes.get(1).copied().unwrap_or(0);
                Output { start: brick.row(&rest), pitch, pixel }
            } else {
                Output { start: spare.start(), pitch: spare.pitch(), pixel }
            };
            match &mut driver {
                Driver::Pixels(pixels) => pixels.run(&index, rows, output),
                Driver::Staged(work) => simd::dispatch(level, Run { work, index, rows, output }),
            }
            if !brick.is_plain() {
                spare.put(brick, rows, |row| {
                    Axes::from_fn(size.len(), |a| rest[a] + if a == 0 { row } else { 0 })
                });
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
                return Ok(());
            }
        }
    }
}
