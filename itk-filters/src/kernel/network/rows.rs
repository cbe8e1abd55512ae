//! Rows on their way in and out: their copies as keys.

use std::marker::PhantomData;

use itk_core::simd::{Job, Key, KeyVector, Simd};
use itk_core::{KeyRule, Pixel};

use super::is_square;

/// A register of the keys of `T`.
pub(super) type Lanes<T, S> = <<T as Pixel>::Key as Key>::Vector<S>;

/// Whether pixels are their own keys.
pub(super) const fn is_key<T: Pixel>() -> bool {
    matches!(T::KEYS, KeyRule::Same)
}

/// Runs the body at each vector of a row; the last one overlaps the one before, so that no pixel goes alone.
macro_rules! for_vectors {
    ($count:expr, $lanes:expr, $at:ident => $body:block) => {
        for vector in 0..$count.div_ceil($lanes) {
            let $at = (vector * $lanes).min($count - $lanes);
            $body
        }
    };
}

/// Whether a kernel without lists is made for pixels of a type: always where they are keys; else in small windows, where that
/// saves copies enough time for its code. Integers are turned into keys as they are read; floats would take two operations a
/// sample, so they are copied as keys, and only the medians turned into pixels.
pub(super) const fn is_made_for<T: Pixel>(window: [usize; 3]) -> bool {
    let samples = window[0] * window[1] * window[2];
    // Minima of 64 bits take so long that copies hardly count.
    let (square, narrow) = (is_square(window), size_of::<T>() < 8);
    match T::KEYS {
        KeyRule::Same => true,
        KeyRule::Flip(_) if square && narrow => samples <= 27,
        _ => (square || narrow) && samples <= 9,
    }
}

/// Whether it has other code for floats as they are, where none is NaN. In larger windows that was as fast as copies of keys: minima of
/// floats take less of a core's ports, but four times as long until their result is there.
pub(super) const fn sorts_floats<T: Pixel>(window: [usize; 3]) -> bool {
    let is_wide = size_of::<T>() >= 4;
    matches!(T::KEYS, KeyRule::Float { .. }) && is_wide && matches!(window, [3, 3, 1])
}

/// Copies rows as keys, with their ends repeated.
///
/// Whoever makes one sees to it that the rows are valid for reads of `count` pixels after `skip`, and the copies for writes of
/// `before + count + after` keys.
pub(super) struct Stage<'a, T: Pixel> {
    pub(super) rows: &'a [*mut u8],
    /// Pixels of each row before the first that is copied.
    pub(super) skip: usize,
    pub(super) copies: &'a [*mut u8],
    /// How often the first pixel comes more than once, how many there are, at least 1, and how often the last one comes again.
    pub(super) before: usize,
    pub(super) count: usize,
    pub(super) after: usize,
    pub(super) pixel: PhantomData<T>,
}

impl<T: Pixel> Job for Stage<'_, T> {
    /// Whether there was a NaN.
    type Out = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self { rows, skip, copies, before, count, after, .. } = self;
        let lanes = Lanes::<T, S>::LANES;
        let mut nan = false;
        for (row, copy) in rows.iter().zip(copies) {
            let (from, to) = (row.cast::<T>().cast_const().wrapping_add(skip), copy.cast::<T::Key>());
            // SAFETY: the promise of `Stage`; `to` is memory of the driver's.
            let keys = unsafe { std::slice::from_raw_parts_mut(to.add(before), count) };
            if count < lanes {
                for (i, key) in keys.iter_mut().enumerate() {
                    // SAFETY: the promise of `Stage`.
                    let pixel = unsafe { from.add(i).read_unaligned() };
                    nan |= pixel.is_nan();
                    *key = pixel.to_key();
                }
            } else {
                nan |= stage::<T, S>(simd, from.cast(), keys);
            }
            let (first, last) = (keys[0], keys[count - 1]);
            // Volatile, as there are a few, and a call of what fills memory would take longer.
            for i in 0..before {
                // SAFETY: as above.
                unsafe { to.add(i).write_volatile(first) };
            }
            for i in 0..after {
                // SAFETY: as above.
                unsafe { to.add(before + count + i).write_volatile(last) };
            }
        }
        nan
    }
}

#[inline(always)]
fn stage<T: Pixel, S: Simd>(simd: S, from: *const T::Key, keys: &mut [T::Key]) -> bool {
    let (count, lanes) = (keys.len(), Lanes::<T, S>::LANES);
    match T::KEYS {
        KeyRule::Same => {
            for_vectors!(count, lanes, at => {
                // SAFETY: the promise of `Stage`.
                unsafe { Lanes::<T, S>::read(simd, from.add(at)) }.store(&mut keys[at..]);
            });
            false
        }
        KeyRule::Flip(bits) => {
            let bits = Lanes::<T, S>::splat(simd, bits);
            for_vectors!(count, lanes, at => {
                // SAFETY: the promise of `Stage`.
                let pixels = unsafe { Lanes::<T, S>::read(simd, from.add(at)) };
                pixels.flip(bits).store(&mut keys[at..]);
            });
            false
        }
        KeyRule::Float { infinity, nan } => {
            let (finite, quiet) = (Lanes::<T, S>::splat(simd, infinity), Lanes::<T, S>::splat(simd, nan));
            let mut greatest = Lanes::<T, S>::splat(simd, T::Key::default());
            for_vectors!(count, lanes, at => {
                // SAFETY: the promise of `Stage`.
                let pixels = unsafe { Lanes::<T, S>::read(simd, from.add(at)) };
                let ordered = pixels.order_floats(finite, quiet);
                greatest = greatest.max(ordered);
                ordered.store(&mut keys[at..]);
            });
            is_any_above::<T, S>(greatest, infinity)
        }
    }
}

/// Whether some key of a register is greater than `bound`, which is not negative.
#[inline(always)]
fn is_any_above<T: Pixel, S: Simd>(keys: Lanes<T, S>, bound: T::Key) -> bool {
    // As long as the longest register: a longer array would be cleared by a call.
    let mut memory = [0u64; 8];
    let lanes: &mut [T::Key] = bytemuck::cast_slice_mut(&mut memory);
    keys.store(lanes);
    lanes.iter().any(|&key| key > bound)
}

/// Copies keys as pixels.
///
/// Whoever makes one sees to it that the rows are valid for reads and writes of `count` pixels.
pub(super) struct Unstage<'a, T: Pixel> {
    pub(super) medians: &'a [*mut u8],
    /// Where they belong; where they are, if nowhere.
    pub(super) outputs: &'a [*mut u8],
    pub(super) count: usize,
    pub(super) pixel: PhantomData<T>,
}

impl<T: Pixel> Job for Unstage<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (count, lanes) = (self.count, Lanes::<T, S>::LANES);
        let bits = match T::KEYS {
            KeyRule::Flip(bits) => Lanes::<T, S>::splat(simd, bits),
            _ => Lanes::<T, S>::splat(simd, T::Key::default()),
        };
        for (&from, &to) in self.medians.iter().zip(self.outputs).filter(|(from, to)| from != to) {
            let to = to.cast::<T>();
            // SAFETY: the promise of `Unstage`; `from` is memory of the driver's.
            let keys = unsafe { std::slice::from_raw_parts(from.cast::<T::Key>(), count) };
            if count < lanes {
                for (i, &key) in keys.iter().enumerate() {
                    // SAFETY: the promise of `Unstage`.
                    unsafe { to.add(i).write_unaligned(T::from_key(key)) };
                }
                continue;
            }
            for_vectors!(count, lanes, at => {
                let keys = Lanes::<T, S>::load(simd, &keys[at..]);
                let pixels = match T::KEYS {
                    KeyRule::Same => keys,
                    KeyRule::Flip(_) => keys.flip(bits),
                    KeyRule::Float { .. } => keys.restore_floats(),
                };
                // SAFETY: the promise of `Unstage`.
                unsafe { pixels.write(to.add(at).cast()) };
            });
        }
    }
}
