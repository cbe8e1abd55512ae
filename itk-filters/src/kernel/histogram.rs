//! The median of a large window by a histogram that slides along x, for any type, rank and radius.
//!
//! Keys of 8 and 16 bits are bins themselves; wider ones, and few of 16 bits, are replaced by their ordinals in the
//! block of input that a run of output rows needs. A step of one pixel takes out one column of the window and puts in
//! another, so its cost is the window's cross-section. Where the window reaches beyond the image, border
//! pixels count several times instead of being visited several times: no radius costs more than the image.
//!
//! # Source
//! T. Huang, G. Yang, G. Tang, "A Fast Two-Dimensional Median Filtering Algorithm", 1979; with two levels of
//! bins, and weights for repeated borders.

use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use itk_core::simd::Key;
use itk_core::{Axes, Pixel, View};

use super::indices::{covered, for_each_index};
use super::tiles::tile_size;
use crate::NanPolicy;

/// How often a value occurs: the smallest type that holds the number of samples of a window.
pub(crate) trait Count:
    Copy
    + Default
    + PartialOrd
    + AddAssign
    + SubAssign
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
{
    /// From how often a sample is repeated on an axis.
    fn of(repeats: u64) -> Self;
    /// Half of it, rounded down.
    fn half(self) -> Self;
}

macro_rules! count {
    ($($type:ty)*) => {$(
        impl Count for $type {
            #[inline(always)]
            fn of(repeats: u64) -> Self {
                repeats as Self
            }
            #[inline(always)]
            fn half(self) -> Self {
                self / 2
            }
        }
    )*};
}
count!(u32 u64 u128);

/// Bins of two levels, and where the median was last.
struct Histogram<C> {
    fine: Vec<C>,
    coarse: Vec<C>,
    shift: u32,
    /// The coarse bin of the last median, and how many samples lie below it.
    at: usize,
    below: C,
}

impl<C: Count> Histogram<C> {
    fn new(bins: usize) -> Self {
        // About as many coarse bins as fine ones in a coarse one.
        let shift = (usize::BITS - bins.leading_zeros()) / 2;
        let coarse = (bins >> shift) + 1;
        let fine = vec![C::default(); coarse << shift];
        Self { fine, coarse: vec![C::default(); coarse], shift, at: 0, below: C::default() }
    }

    fn clear(&mut self) {
        self.fine.fill(C::default());
        self.coarse.fill(C::default());
        (self.at, self.below) = (0, C::default());
    }

    #[inline(always)]
    fn add(&mut self, bin: u32, weight: C) {
        let coarse = (bin >> self.shift) as usize;
        self.fine[bin as usize] += weight;
        self.coarse[coarse] += weight;
        if coarse < self.at {
            self.below += weight;
        }
    }

    #[inline(always)]
    fn remove(&mut self, bin: u32, weight: C) {
        let coarse = (bin >> self.shift) as usize;
        self.fine[bin as usize] -= weight;
        self.coarse[coarse] -= weight;
        if coarse < self.at {
            self.below -= weight;
        }
    }

    /// The bin of the sample with `rank` smaller ones; there are more samples than that.
    #[inline(always)]
    fn find(&mut self, rank: C) -> usize {
        while self.below > rank {
            self.at -= 1;
            self.below -= self.coarse[self.at];
        }
        while self.below + self.coarse[self.at] <= rank {
            self.below += self.coarse[self.at];
            self.at += 1;
        }
        let mut bin = self.at << self.shift;
        let mut seen = self.below + self.fine[bin];
        while seen <= rank {
            bin += 1;
            seen += self.fine[bin];
        }
        bin
    }
}

/// A block of input as bins.
struct Block {
    first: Axes<usize>,
    size: Axes<usize>,
    bins: Vec<u32>,
}

/// The most samples that a block of a type wider than 16 bits may have: ordinals are `u32`.
pub(crate) const MAX_BLOCK: usize = u32::MAX as usize;

/// Samples below which sorting them takes less time than 2¹⁶ bins.
const SMALL: usize = 1 << 13;

impl Block {
    /// The input within `radius` of the box `first..first + size`, both xyz, and the key of each bin.
    fn load<T: Pixel>(
        source: &View<'_, T>,
        first: &[usize],
        size: &[usize],
        radius: &[usize],
    ) -> (Self, Vec<T::Key>) {
        let (low, high) = covered(source.size(), radius, first, size);
        let size = Axes::from_fn(first.len(), |a| high[a] - low[a]);
        let mut keys = Vec::with_capacity(size.iter().product());
        let mut row = vec![T::default(); size[0]];
        for_each_index(&low[1..], &high[1..], |rest| {
            source.load(low[0], rest, &mut row);
            keys.extend(row.iter().map(|pixel| pixel.to_key()));
        });
        let (bins, keys) = match size_of::<T::Key>() {
            1 => direct_bins(&keys),
            2 if keys.len() >= SMALL => direct_bins(&keys),
            _ => ordinals(&keys),
        };
        (Self { first: low, size, bins }, keys)
    }

    /// Where in `bins` the row starts whose index on all axes but x is `rest`.
    fn row(&self, rest: &[usize]) -> usize {
        (1..self.size.len()).rev().fold(0, |row, a| row * self.size[a] + rest[a - 1] - self.first[a])
            * self.size[0]
    }
}

/// One bin for each value that a key of 8 or 16 bits can have.
fn direct_bins<K: Key>(keys: &[K]) -> (Vec<u32>, Vec<K>) {
    let all = (0..1u64 << (8 * size_of::<K>())).map(K::from_ordinal).collect();
    (keys.iter().map(|key| key.to_ordinal() as u32).collect(), all)
}

/// One bin for each value that occurs.
fn ordinals<K: Key>(keys: &[K]) -> (Vec<u32>, Vec<K>) {
    assert!(keys.len() <= MAX_BLOCK, "a block has fewer samples than an ordinal can number");
    let mut sorted: Vec<(K, u32)> = keys.iter().zip(0..).map(|(&key, i)| (key, i)).collect();
    sorted.sort_unstable();
    let (mut bins, mut values) = (vec![0; keys.len()], Vec::new());
    for (key, i) in sorted {
        if values.last() != Some(&key) {
            values.push(key);
        }
        bins[i as usize] = values.len() as u32 - 1;
    }
    (bins, values)
}

/// How many positions of a window of `radius` around `centre` are clamped to `i`, on an axis of `size`.
fn repeats(i: usize, centre: usize, radius: usize, size: usize) -> u64 {
    let below = if i == 0 { radius.saturating_sub(centre) as u64 } else { 0 };
    let above = if i == size - 1 { radius.saturating_sub(size - 1 - centre) as u64 } else { 0 };
    1 + below + above
}

/// Rows and columns to count in one go, of an output of size `size` and an image of size `image`, all xyz: their input should fit
/// in the cache, but loading it should not cost much more than the rows themselves.
pub(crate) fn brick(radius: &[usize], image: &[usize], size: &[usize]) -> Axes<usize> {
    const BLOCK: usize = 1 << 16;
    // The window's cross-section, as far as the image reaches: nanoseconds a pixel, roughly.
    let reach = |a: usize, n: usize| radius[a].saturating_mul(2).saturating_add(n).min(image[a]);
    let cost = 100.0 + 4.0 * (1..size.len()).map(|a| reach(a, 1) as f64).product::<f64>();
    let twice = radius.get(1).map_or(0, |r| r.saturating_mul(2));
    let (rows, columns) = tile_size(size, twice, cost);
    let layer = (2..size.len()).fold(reach(0, columns), |n, a| n.saturating_mul(reach(a, 1)));
    let cached = (BLOCK / layer.max(1)).saturating_sub(twice).max(twice / 2 + 1);
    Axes::from_fn(size.len(), |a| match a {
        0 => columns,
        1 => rows.min(cached).min(size[1]).max(1),
        _ => 1,
    })
}

/// A run of output rows, in one line along y.
pub(crate) struct Run {
    /// The index of its first pixel, xyz.
    pub(crate) first: Axes<usize>,
    /// How many rows (y) it has.
    pub(crate) rows: usize,
    /// How many columns (x) it has.
    pub(crate) columns: usize,
}

/// Computes the medians of a run and hands them to `store` row by row, as long as that returns true.
///
/// `radius` is xyz; a window has fewer than 2¹²⁷ samples.
pub(crate) fn medians<T: Pixel>(
    source: &View<'_, T>,
    radius: &[usize],
    policy: NanPolicy,
    run: &Run,
    store: &mut dyn FnMut(&[T]) -> bool,
) {
    let extent = Axes::from_fn(radius.len(), |a| [run.columns, run.rows].get(a).copied().unwrap_or(1));
    let (block, keys) = Block::load(source, &run.first, &extent, radius);
    let nan = match T::TYPE.is_float() {
        true => keys.binary_search(&T::from_f64(f64::NAN).to_key()).ok(),
        false => None,
    };
    let mut row = vec![T::default(); run.columns];
    let store = &mut |bins: &[u32]| {
        for (pixel, &bin) in row.iter_mut().zip(bins) {
            *pixel = T::from_key(keys[bin as usize]);
        }
        store(&row)
    };
    let slide = Slide { block: &block, bins: keys.len(), nan, image: source.size(), radius, policy, run };
    match radius.iter().map(|&r| 2 * r as u128 + 1).product::<u128>() {
        n if u32::try_from(n).is_ok() => slide.medians::<u32>(store),
        n if u64::try_from(n).is_ok() => slide.medians::<u64>(store),
        _ => slide.medians::<u128>(store),
    }
}

/// What is needed to slide over a block.
struct Slide<'a> {
    block: &'a Block,
    /// How many bins there are.
    bins: usize,
    /// The bin of NaN, where there is one.
    nan: Option<usize>,
    /// The size of the image, and the radius: xyz.
    image: &'a [usize],
    radius: &'a [usize],
    policy: NanPolicy,
    run: &'a Run,
}

impl Slide<'_> {
    /// The bins of the medians, row by row, as long as `store` returns true. The number of samples of a window fits in `C`.
    fn medians<C: Count>(&self, store: &mut dyn FnMut(&[u32]) -> bool) {
        let Self { block, run, radius, image, .. } = *self;
        let rank = radius.len();
        let samples = radius.iter().fold(C::of(1), |samples, &r| samples * C::of(2 * r as u64 + 1));
        let mut histogram = Histogram::<C>::new(self.bins);
        let mut out = vec![0; run.columns];
        let mut rows = Vec::new();
        for y in 0..run.rows {
            let mut centre = run.first;
            if rank > 1 {
                centre[1] += y;
            }
            let low = Axes::from_fn(rank, |a| centre[a].saturating_sub(radius[a]));
            let high = Axes::from_fn(rank, |a| centre[a].saturating_add(radius[a]).min(image[a] - 1) + 1);
            rows.clear();
            for_each_index(&low[1..], &high[1..], |rest| {
                let repeated = |a: usize| C::of(repeats(rest[a - 1], centre[a], radius[a], image[a]));
                rows.push((block.row(rest), (1..rank).fold(C::of(1), |weight, a| weight * repeated(a))));
            });
            histogram.clear();
            let step = |x: usize, change: &mut dyn FnMut(u32, C)| {
                let at = x - block.first[0];
                rows.iter().for_each(|&(start, weight)| change(block.bins[start + at], weight));
            };
            for x in low[0]..high[0] {
                let again = C::of(repeats(x, centre[0], radius[0], image[0]));
                step(x, &mut |bin, weight| histogram.add(bin, weight * again));
            }
            for (i, out) in out.iter_mut().enumerate() {
                let x = centre[0] + i;
                if i > 0 {
                    let leaves = (x - 1).saturating_sub(radius[0]);
                    let enters = x.saturating_add(radius[0]).min(image[0] - 1);
                    if leaves != enters {
                        step(enters, &mut |bin, weight| histogram.add(bin, weight));
                        step(leaves, &mut |bin, weight| histogram.remove(bin, weight));
                    }
                }
                *out = self.median(&mut histogram, samples) as u32;
            }
            if !store(&out) {
                return;
            }
        }
    }

    /// The bin of the median of so many samples.
    #[inline(always)]
    fn median<C: Count>(&self, histogram: &mut Histogram<C>, samples: C) -> usize {
        let Some(nan) = self.nan else { return histogram.find(samples.half()) };
        let nans = histogram.fine[nan];
        match self.policy {
            NanPolicy::Propagate if nans > C::default() => nan,
            NanPolicy::Omit if nans < samples => histogram.find((samples - nans).half()),
            NanPolicy::Omit => nan,
            _ => histogram.find(samples.half()),
        }
    }
}
