//! The median of a small window by forgetful selection, one vector of output pixels at a time.
//!
//! Half of the samples and two more are kept. The least and the greatest of those cannot be the median, as
//! more than half of all samples lie on either side: they are forgotten, the next sample comes in, and so on
//! until three are left. Nothing depends on the values, so all lanes do the same.
//!
//! # Source
//! A. Paeth, "Median Finding on a 3×3 Grid", Graphics Gems, 1990, for windows of any odd count.

use itk_core::simd::{Job, Key, KeyVector, Simd};

/// The most samples of a window that this is for.
pub(crate) const MAX_SAMPLES: usize = 127;

const KEPT: usize = MAX_SAMPLES / 2 + 2;

/// `out[x]` becomes the median of `keys[start + x]` over all `starts`, whose count is odd.
///
/// The length of `out` is a multiple of 64, and each start has that many keys after it.
pub(crate) struct SelectRow<'a, K> {
    pub(crate) keys: &'a [K],
    pub(crate) starts: &'a [usize],
    pub(crate) out: &'a mut [K],
}

impl<K: Key> Job for SelectRow<'_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { keys, starts, out } = self;
        assert!(starts.len() % 2 == 1 && starts.len() <= MAX_SAMPLES, "an odd window of limited size");
        for (i, out) in out.chunks_exact_mut(K::Vector::<S>::LANES).enumerate() {
            select::<K, S>(simd, keys, starts, i * K::Vector::<S>::LANES).store(out);
        }
    }
}

#[inline(always)]
fn select<K: Key, S: Simd>(simd: S, keys: &[K], starts: &[usize], x: usize) -> K::Vector<S> {
    let first = K::Vector::<S>::load(simd, &keys[starts[0] + x..]);
    if starts.len() == 1 {
        return first;
    }
    let mut kept = [first; KEPT];
    let mut count = starts.len() / 2 + 2;
    for (slot, &start) in kept[..count].iter_mut().zip(starts) {
        *slot = K::Vector::<S>::load(simd, &keys[start + x..]);
    }
    for &start in &starts[count..] {
        drop_extremes::<K, S>(&mut kept[..count]);
        count -= 1;
        kept[0] = K::Vector::<S>::load(simd, &keys[start + x..]);
    }
    let (low, high) = kept[0].sort(kept[1]);
    low.max(high.min(kept[2]))
}

/// Moves the others to `kept[1..len - 1]`; the least and the greatest are gone.
#[inline(always)]
fn drop_extremes<K: Key, S: Simd>(kept: &mut [K::Vector<S>]) {
    let n = kept.len();
    // Now the least is in the first half, the greatest in the second; a middle one belongs to both.
    for i in 0..n / 2 {
        (kept[i], kept[n - 1 - i]) = kept[i].sort(kept[n - 1 - i]);
    }
    let mut least = kept[0];
    for slot in &mut kept[1..n.div_ceil(2)] {
        (least, *slot) = least.sort(*slot);
    }
    let mut greatest = kept[n - 1];
    for slot in &mut kept[n / 2..n - 1] {
        (*slot, greatest) = slot.sort(greatest);
    }
}
