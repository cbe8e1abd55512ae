//! The median of what a window has besides NaN, for small windows.
//!
//! Its rank differs from window to window, so no network for one rank fits: samples are sorted, windows side by side in a
//! register's lanes, and each window's median is picked.
//!
//! # Source
//! The order of comparisons is Batcher's merge exchange, for any number of samples: D. Knuth, "The Art of Computer Programming",
//! volume 3, 5.2.2, algorithm M.

use itk_core::simd::{self, Job, Key, KeyVector, Level, Simd};
use itk_core::{Axes, Pixel, View};

use super::indices::{for_each_index, repeat_ends};

/// Memory that is used again and again, and the order of comparisons.
pub(crate) struct Scratch<K> {
    /// The rows of the windows, one after the other.
    keys: Vec<K>,
    /// Where in them the samples of the first window are.
    samples: Vec<usize>,
    /// Samples to compare, by their numbers, and to exchange where the first is larger.
    exchanges: Vec<(u16, u16)>,
    /// A register of keys for each sample.
    sorted: Vec<K>,
    medians: Vec<K>,
}

impl<K: Key> Scratch<K> {
    /// For windows of so many samples.
    pub(crate) fn new(samples: u16) -> Self {
        let exchanges = merge_exchange(samples);
        Self { keys: Vec::new(), samples: Vec::new(), exchanges, sorted: Vec::new(), medians: Vec::new() }
    }
}

/// Pairs of numbers below `n` that sort so many items when they are compared one after the other.
fn merge_exchange(n: u16) -> Vec<(u16, u16)> {
    let mut exchanges = Vec::new();
    let top = n.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut apart, mut bit) = (top, p, 0);
        loop {
            exchanges.extend((0..n.saturating_sub(apart)).filter(|i| i & p == bit).map(|i| (i, i + apart)));
            if q == p {
                break;
            }
            (apart, bit) = (q - p, p);
            q /= 2;
        }
        p /= 2;
    }
    exchanges
}

/// The medians of so many windows, those of the pixels from index `first` on along x. `radius` and `first` are xyz.
pub(crate) fn medians<T: Pixel>(
    level: Level,
    source: &View<'_, T>,
    radius: &[usize],
    first: &[usize],
    scratch: &mut Scratch<T::Key>,
    medians: &mut [T],
) {
    let rank = radius.len();
    let size = source.size();
    // Columns of the image, and how often the first and the last of them are repeated, the latter for whole registers too.
    let low = first[0].saturating_sub(radius[0]);
    let high = (first[0] + medians.len() + radius[0]).min(size[0]);
    let before = radius[0].saturating_sub(first[0]);
    let columns = medians.len().next_multiple_of(simd::lanes::<T::Key>(level)) + 2 * radius[0];
    let mut pixels = vec![T::default(); high - low];
    let window = Axes::from_fn(rank - 1, |a| 2 * radius[a + 1] + 1);
    scratch.keys.clear();
    scratch.samples.clear();
    for_each_index(&Axes::filled(rank - 1, 0), &window, |offset| {
        let rest = Axes::from_fn(rank - 1, |a| {
            (first[a + 1] + offset[a]).saturating_sub(radius[a + 1]).min(size[a + 1] - 1)
        });
        source.load(low, &rest, &mut pixels);
        let start = scratch.keys.len();
        scratch.samples.extend(start..=start + 2 * radius[0]);
        scratch.keys.resize(start + columns, T::Key::default());
        repeat_ends(&pixels, before, &mut scratch.keys[start..], |pixel| pixel.to_key());
    });
    let nan = T::from_f64(f64::NAN).to_key();
    simd::dispatch(level, Sort { scratch, windows: medians.len(), nan });
    for (median, &key) in medians.iter_mut().zip(&scratch.medians) {
        *median = T::from_key(key);
    }
}

/// Sorts so many windows whose keys are in `scratch`, a register of windows at a time, and picks their medians.
struct Sort<'a, K> {
    scratch: &'a mut Scratch<K>,
    windows: usize,
    nan: K,
}

impl<K: Key> Job for Sort<'_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let lanes = K::Vector::<S>::LANES;
        let Scratch { keys, samples, exchanges, sorted, medians } = self.scratch;
        sorted.resize(samples.len() * lanes, K::default());
        medians.clear();
        for x in (0..self.windows).step_by(lanes) {
            // How many of a window's samples are numbers: no register has more keys.
            let mut numbers = [0u16; 64];
            for (to, &sample) in sorted.chunks_exact_mut(lanes).zip(&*samples) {
                to.copy_from_slice(&keys[x + sample..][..lanes]);
                for (numbers, key) in numbers.iter_mut().zip(&*to) {
                    *numbers += u16::from(*key < self.nan);
                }
            }
            for &(low, high) in &*exchanges {
                let [low, high] = [low, high].map(|i| usize::from(i) * lanes);
                let (smaller, larger) =
                    K::Vector::<S>::load(simd, &sorted[low..]).sort(KeyVector::load(simd, &sorted[high..]));
                smaller.store(&mut sorted[low..]);
                larger.store(&mut sorted[high..]);
            }
            // Of a window without numbers the first sample is NaN, too.
            let picked = |lane: usize| sorted[usize::from(numbers[lane] / 2) * lanes + lane];
            medians.extend((0..lanes).map(picked));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_exchange_sorts() {
        // Whatever sorts all zeros and ones sorts everything.
        for n in 1..=13 {
            let exchanges = merge_exchange(n);
            for bits in 0..1u32 << n {
                let sorted = exchanges.iter().fold(bits, |bits, &(low, high)| {
                    let both = bits >> low & 1 == 1 && bits >> high & 1 == 0;
                    if both { bits ^ (1 << low | 1 << high) } else { bits }
                });
                assert_eq!(sorted, !0 << (n - bits.count_ones() as u16) & ((1 << n) - 1), "{n} {bits:b}");
            }
        }
        // Batcher's count for 64.
        assert_eq!(merge_exchange(64).len(), 543);
    }
}
