//! The median by histograms of columns, for keys of 8 bits: its time depends neither on the window nor on the content.
//!
//! A column holds the counts of a window's samples at one x. From one line of outputs to the next some samples enter it
//! and some leave; along x, a window adds a column and subtracts another. Counts are kept summed: of the sixteen ranges
//! of labels up to each, and in each range of its sixteen labels up to each. So a sample changes a column by one row of a
//! table, and the median's range is the number of sums that do not exceed half of the window. Only that range's sums are
//! then brought up to date.
//!
//! # Source
//! S. Perreault, P. Hébert, "Median Filtering in Constant Time", 2007; with sums instead of counts.

use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{Axes, Pixel, Result, View};

use super::indices::{for_each_index, repeat_ends};

/// Ranges, and labels of a range.
const BINS: usize = 16;

/// How many samples at one x have up to each label of a range, or are in up to each range: a byte each. No byte
/// overflows, so they are added and subtracted eight at a time.
#[derive(Clone, Copy, Default)]
struct Column([u64; 2]);

impl Column {
    #[inline(always)]
    fn counts(&self) -> &[u8; BINS] {
        bytemuck::cast_ref(&self.0)
    }

    #[inline(always)]
    fn add(self, other: &Self) -> Self {
        Self([self.0[0].wrapping_add(other.0[0]), self.0[1].wrapping_add(other.0[1])])
    }

    #[inline(always)]
    fn subtract(self, other: &Self) -> Self {
        Self([self.0[0].wrapping_sub(other.0[0]), self.0[1].wrapping_sub(other.0[1])])
    }
}

/// The same, of a window.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct Sums([u16; BINS]);

impl Sums {
    #[expect(
        clippy::needless_range_loop,
        reason = "the compiler makes registers of a loop over both, and not of iterators"
    )]
    #[inline(always)]
    fn add(&mut self, column: &Column) {
        let counts = column.counts();
        for i in 0..BINS {
            self.0[i] = self.0[i].wrapping_add(u16::from(counts[i]));
        }
    }

    #[expect(
        clippy::needless_range_loop,
        reason = "the compiler makes registers of a loop over both, and not of iterators"
    )]
    #[inline(always)]
    fn subtract(&mut self, column: &Column) {
        let counts = column.counts();
        for i in 0..BINS {
            self.0[i] = self.0[i].wrapping_sub(u16::from(counts[i]));
        }
    }

    /// How many of the sums do not exceed a rank: the bin of the sample that has this rank.
    #[inline(always)]
    fn bin(&self, rank: u16) -> usize {
        let mut bin = 0;
        for i in 0..BINS {
            bin += u16::from(self.0[i] <= rank);
        }
        usize::from(bin) % BINS
    }
}

/// What a sample of a bin adds to a column.
static ONE: [Column; BINS] = {
    let mut columns = [Column([0; 2]); BINS];
    let mut bin = 0;
    while bin < BINS {
        let mut counts = [[0; BINS / 2]; 2];
        let mut i = bin;
        while i < BINS {
            counts[i / 8][i % 8] = 1;
            i += 1;
        }
        columns[bin].0 = [u64::from_ne_bytes(counts[0]), u64::from_ne_bytes(counts[1])];
        bin += 1;
    }
    columns
};

/// The memory of one thread, to be used again.
#[derive(Default)]
pub(crate) struct Scratch {
    columns: Columns,
    /// Labels of a line of samples that enter, and of one that leaves; and of a line of outputs.
    lines: [Vec<u8>; 2],
    labels: Vec<u8>,
}

#[cfg(test)]
impl Scratch {
    /// Whether it ever was.
    pub(crate) fn is_used(&self) -> bool {
        !self.columns.ranges.is_empty()
    }
}

/// All columns of a line of outputs.
#[derive(Default)]
struct Columns {
    ranges: Vec<Column>,
    /// Those of the first range, then of the second; `pitch` of each.
    labels: Vec<Column>,
    pitch: usize,
}

impl Columns {
    /// Forgets all samples.
    fn clear(&mut self, width: usize) {
        // Odd, so that one column's ranges do not crowd each other in a cache.
        self.pitch = width | 1;
        self.ranges.clear();
        self.ranges.resize(width, Column::default());
        self.labels.clear();
        self.labels.resize(BINS * self.pitch, Column::default());
    }
}

/// The outputs of a line that one brick has at most: their columns take 136 KB besides those of the margin.
const WIDTH: usize = 512;

/// Whether this engine takes a window: a column's counts are bytes, a window's have 16 bits.
pub(crate) fn applies<T: Pixel>(radius: &[usize]) -> bool {
    let extent = |r: usize| r.saturating_mul(2).saturating_add(1);
    size_of::<T::Key>() == 1
        && extent(radius[0]) <= 255
        && radius[1..].iter().map(|&r| extent(r)).fold(1, usize::saturating_mul) <= 255
}

/// The axis to go down, where a column keeps most samples. There are two axes at least.
fn down(radius: &[usize]) -> usize {
    (1..radius.len()).rev().max_by_key(|&a| radius[a]).unwrap_or(1)
}

/// The box of outputs (xyz) that one call should compute, in an output of `size`, for as many threads.
pub(crate) fn brick(radius: &[usize], size: &[usize], threads: usize) -> Axes<usize> {
    let down = down(radius);
    let parts = size[0].div_ceil(WIDTH);
    let others = (1..size.len()).filter(|&a| a != down).fold(parts, |n, a| n.saturating_mul(size[a]));
    Axes::from_fn(size.len(), |a| match a {
        0 => size[0].div_ceil(parts),
        a if a == down => height(radius[a], size[a], others, threads),
        _ => 1,
    })
}

/// How many lines of outputs are taken at a time, of `size` below each other, where there are `others` beside them: to
/// begin costs a line for each row of the window, so some windows, but several parts a thread, so that threads end
/// together.
pub(crate) fn height(radius: usize, size: usize, others: usize, threads: usize) -> usize {
    let fair = size.div_ceil((4 * threads).div_ceil(others.max(1)));
    fair.max(8 * radius + 4).clamp(1, 1024).min(size.max(1))
}

/// Medians of an output box (first and size, xyz, in the input's index space), into `out`, x fastest.
///
/// `check` is called after each line, and its error ends the work.
pub(crate) fn medians<T: Pixel>(
    level: Level,
    source: &View<'_, T>,
    radius: &[usize],
    [first, size]: [&[usize]; 2],
    scratch: &mut Scratch,
    out: &mut [T],
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    assert!(applies::<T>(radius) && radius.len() > 1, "a window of two axes that this engine takes");
    assert_eq!(out.len(), size.iter().product(), "one output for each place of the box");
    // Registers of 512 bits have no use here, and their masks are slow to count.
    let level = level.min(Level::Avx2);
    let down = down(radius);
    let mut lines = Axes::from_fn(size.len(), |a| if a == down { 1 } else { size[a] });
    lines[0] = 1;
    let mut result = Ok(());
    for_each_index(&Axes::filled(size.len(), 0), &lines, |line| {
        if result.is_ok() {
            let walk = Walk { level, source, radius, first, size, line, down };
            result = walk.medians(scratch, out, check);
        }
    });
    result
}

/// Lines of outputs below each other.
struct Walk<'a, T> {
    level: Level,
    source: &'a View<'a, T>,
    radius: &'a [usize],
    first: &'a [usize],
    size: &'a [usize],
    /// The first output's index in the box.
    line: &'a [usize],
    /// The axis that lines follow each other along.
    down: usize,
}

impl<T: Pixel> Walk<'_, T> {
    fn medians(
        &self,
        scratch: &mut Scratch,
        out: &mut [T],
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let Self { level, radius, size, line, down, .. } = *self;
        let Scratch { columns, lines, labels } = scratch;
        let rank = size.len();
        let window = 2 * radius[0] + 1;
        let samples: usize = radius.iter().map(|r| 2 * r + 1).product();
        let half = (samples / 2) as u16;
        columns.clear(size[0] + window - 1);
        lines.iter_mut().for_each(|line| line.resize(size[0] + window - 1, 0));
        labels.resize(size[0], 0);
        let mut pixels = vec![T::default(); self.source.size()[0].min(size[0] + window - 1)];
        let step = |a: usize| size[..a].iter().product::<usize>();
        let start: usize = (1..rank).map(|a| line[a] * step(a)).sum();
        // The window's lines at one place along `down`, counted from the window's first ones.
        let window_low = Axes::filled(rank - 1, 0);
        let mut across = Axes::from_fn(rank - 1, |a| 2 * radius[a + 1] + 1);
        across[down - 1] = 1;
        for y in 0..size[down] + 2 * radius[down] {
            let leaves = y > 2 * radius[down];
            for_each_index(&window_low, &across, |at| {
                let at = |y: usize| {
                    Axes::from_fn(rank - 1, |a| line[a + 1] + if a + 1 == down { y } else { at[a] })
                };
                let [enter, leave] = lines;
                self.stage(&at(y), &mut pixels, enter);
                if leaves {
                    self.stage(&at(y - 2 * radius[down] - 1), &mut pixels, leave);
                    simd::dispatch(level, Change::<true> { columns, enter, leave });
                } else {
                    simd::dispatch(level, Change::<false> { columns, enter, leave });
                }
            });
            if y >= 2 * radius[down] {
                simd::dispatch(level, Slide { columns, window, half, labels });
                let start = start + (y - 2 * radius[down]) * step(down);
                for (out, label) in out[start..][..size[0]].iter_mut().zip(&*labels) {
                    *out = T::from_key(<T::Key as simd::Key>::from_ordinal(u64::from(*label)));
                }
            }
            check()?;
        }
        Ok(())
    }

    /// Labels of a line of samples with its margin. `rest` counts from the first window's first sample, x left out.
    fn stage(&self, rest: &[usize], pixels: &mut [T], labels: &mut [u8]) {
        let Self { source, radius, first, .. } = self;
        let clamp = |a: usize, i: usize| (first[a] + i).saturating_sub(radius[a]).min(source.size()[a] - 1);
        let (low, high) = (clamp(0, 0), clamp(0, labels.len() - 1) + 1);
        let before = radius[0].saturating_sub(first[0]).min(labels.len() - 1);
        let pixels = &mut pixels[..high - low];
        source.load(low, &Axes::from_fn(rest.len(), |a| clamp(a + 1, rest[a])), pixels);
        repeat_ends(pixels, before, labels, |pixel| simd::Key::to_ordinal(pixel.to_key()) as u8);
    }
}

/// Adds a line of samples to the columns, and takes one away.
struct Change<'a, const LEAVE: bool> {
    columns: &'a mut Columns,
    enter: &'a [u8],
    leave: &'a [u8],
}

impl<const LEAVE: bool> Job for Change<'_, LEAVE> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { columns: Columns { ranges, labels, pitch }, enter, leave } = self;
        let (labels, pitch) = (&mut labels[..], *pitch);
        for (x, ((sums, enter), leave)) in ranges.iter_mut().zip(enter).zip(leave).enumerate() {
            let (range, label) = (usize::from(*enter) / BINS, usize::from(*enter) % BINS);
            let mut changed = sums.add(&ONE[range]);
            let of_range = &mut labels[range * pitch + x];
            *of_range = of_range.add(&ONE[label]);
            if LEAVE {
                let (range, label) = (usize::from(*leave) / BINS, usize::from(*leave) % BINS);
                changed = changed.subtract(&ONE[range]);
                let of_range = &mut labels[range * pitch + x];
                *of_range = of_range.subtract(&ONE[label]);
            }
            *sums = changed;
        }
    }
}

/// The labels of a line of medians.
struct Slide<'a> {
    columns: &'a Columns,
    /// Samples of a window along x, and half of all of them, rounded down.
    window: usize,
    half: u16,
    labels: &'a mut [u8],
}

impl Job for Slide<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { columns: Columns { ranges, labels, pitch }, window, half, labels: out } = self;
        let mut sums = Sums::default();
        for column in &ranges[..window - 1] {
            sums.add(column);
        }
        // Of each range the sums of its labels, and the output that they are of; far away, where of none.
        let mut fine = [(Sums::default(), usize::MAX / 2); BINS];
        let mut leaves = &Column::default();
        for (x, ((enters, next), out)) in ranges[window - 1..].iter().zip(ranges).zip(out).enumerate() {
            sums.add(enters);
            sums.subtract(leaves);
            leaves = next;
            let range = sums.bin(half);
            // Of all sums, so that they stay one register. A pixel that someone changes before it leaves makes any of them.
            let below = sums.0[(range + BINS - 1) % BINS];
            let below = if range == 0 { 0 } else { below };
            let columns = &labels[range * pitch..][..*pitch];
            let (mut of_range, at) = fine[range];
            let behind = x.wrapping_sub(at);
            if behind <= window / 2 {
                let enters = columns[x + window - behind..].iter();
                for (enters, leaves) in enters.zip(&columns[x - behind..]).take(behind) {
                    of_range.add(enters);
                    of_range.subtract(leaves);
                }
            } else {
                of_range = Sums::default();
                for column in &columns[x..][..window] {
                    of_range.add(column);
                }
            }
            fine[range] = (of_range, x);
            *out = (range * BINS + of_range.bin(half.wrapping_sub(below))) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use itk_core::{Error, Image};

    use super::*;

    #[test]
    fn an_error_of_the_check_ends_the_work() {
        let image = Image::from_vec(&[40, 90], vec![7u8; 40 * 90]).expect("a size that fits");
        for allowed in [0, 3, 50] {
            let mut calls = 0;
            let check = &mut || {
                calls += 1;
                if calls > allowed { Err(Error::Aborted { filter: "median".into() }) } else { Ok(()) }
            };
            let (mut scratch, mut out) = (Scratch::default(), vec![0; 40 * 90]);
            let outputs = [&[0, 0][..], &[40, 90]];
            let result =
                medians(Level::Baseline, &image.view(), &[5, 5], outputs, &mut scratch, &mut out, check);
            assert!(matches!(result, Err(Error::Aborted { .. })), "{allowed}: {result:?}");
            assert_eq!(calls, allowed + 1);
        }
    }

    #[test]
    fn bricks_are_some_windows_high_and_several_a_thread() {
        assert_eq!(&brick(&[10, 10], &[2048, 2048], 1)[..], &[512, 1024]);
        assert_eq!(&brick(&[10, 10], &[600, 400], 2)[..], &[300, 100]);
        assert_eq!(&brick(&[50, 50], &[512, 300], 2)[..], &[512, 300]);
        assert_eq!(&brick(&[3, 0, 9], &[40, 5, 700], 2)[..], &[40, 1, 350]);
        assert_eq!(&brick(&[0, 0], &[1, 1], 7)[..], &[1, 1]);
    }
}
