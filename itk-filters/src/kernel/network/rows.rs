//! Rows on their way in and out: where they lie, and their copies as keys.

use std::any::TypeId;

use itk_core::Pixel;
use itk_core::simd::{Job, Simd};

/// Whether pixels are their own keys.
pub(super) fn is_key<T: Pixel>() -> bool {
    TypeId::of::<T>() == TypeId::of::<T::Key>()
}

/// Copies rows as keys, with their ends repeated.
///
/// Whoever makes one sees to it that the rows are valid for reads of `count` pixels and the copies for writes of `before +
/// count + after` keys.
pub(super) struct Stage<'a, T: Pixel> {
    pub(super) rows: &'a [(*const T, *mut T::Key)],
    pub(super) before: usize,
    /// At least 1.
    pub(super) count: usize,
    pub(super) after: usize,
}

impl<T: Pixel> Job for Stage<'_, T> {
    /// Whether there was a NaN.
    type Out = bool;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> bool {
        let mut nan = false;
        for &(from, to) in self.rows {
            // SAFETY: the promise of `Stage`; `to` is memory of the driver's.
            let to = unsafe { std::slice::from_raw_parts_mut(to, self.before + self.count + self.after) };
            let (before, to) = to.split_at_mut(self.before);
            let (keys, after) = to.split_at_mut(self.count);
            for (i, key) in keys.iter_mut().enumerate() {
                // SAFETY: the promise of `Stage`.
                let pixel = unsafe { from.add(i).read_unaligned() };
                nan |= pixel.is_nan();
                *key = pixel.to_key();
            }
            before.fill(keys[0]);
            after.fill(keys[keys.len() - 1]);
        }
        nan
    }
}

/// Copies keys as pixels.
///
/// Whoever makes one sees to it that the rows are valid for reads and writes of `count` pixels.
pub(super) struct Unstage<'a, T: Pixel> {
    pub(super) rows: &'a [(*const T::Key, *mut T)],
    pub(super) count: usize,
}

impl<T: Pixel> Job for Unstage<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        for &(from, to) in self.rows {
            // SAFETY: the promise of `Unstage`; `from` is memory of the driver's.
            let keys = unsafe { std::slice::from_raw_parts(from, self.count) };
            for (i, &key) in keys.iter().enumerate() {
                // SAFETY: the promise of `Unstage`.
                unsafe { to.add(i).write_unaligned(T::from_key(key)) };
            }
        }
    }
}
