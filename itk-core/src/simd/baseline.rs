//! The baseline level: 128-bit registers of the `wide` crate, on any architecture.
#![expect(unsafe_code, reason = "raw reads and writes of memory that others may see")]

use wide::{i16x8, i32x4, i64x2, u8x16};

use super::{Job, KeyVector, Level, Simd};
use crate::Pixel;

/// The token of [`Level::Baseline`], which every CPU has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Baseline(());

impl Baseline {
    /// The token.
    pub fn new() -> Self {
        Self(())
    }

    /// A function of its own, as at the other levels.
    #[inline(never)]
    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        job.run(self)
    }
}

impl Simd for Baseline {
    const LEVEL: Level = Level::Baseline;
    type U8 = u8x16;
    type I16 = i16x8;
    type I32 = i32x4;
    type I64 = i64x2;
    type Bytes = wide::i8x16;

    #[inline(always)]
    unsafe fn turn<V: Pixel>(self, from: *const V, pitch: isize, to: *mut V, to_pitch: isize) {
        // SAFETY: the caller's promise.
        unsafe { turn_each(from, pitch, to, to_pitch) };
    }
}

/// [`Simd::turn`], value by value.
///
/// # Safety
/// As for it.
#[inline(always)]
pub(super) unsafe fn turn_each<V: Copy>(from: *const V, pitch: isize, to: *mut V, to_pitch: isize) {
    for row in 0..8 {
        // SAFETY: the caller's promise.
        let values = unsafe { from.byte_offset(row * pitch).cast::<[V; 8]>().read_unaligned() };
        for (column, value) in (0..).zip(values) {
            // SAFETY: the caller's promise.
            unsafe { to.byte_offset(column * to_pitch).offset(row).write_unaligned(value) };
        }
    }
}

/// All bits where a key is negative.
macro_rules! negative {
    ($key:expr, u8) => {
        0
    };
    ($key:expr, $type:ident) => {
        $key >> ($type::BITS - 1)
    };
}

macro_rules! key_vector {
    ($($vector:ident of $lanes:literal $key:tt;)*) => {$(
        impl KeyVector<$key> for $vector {
            type Simd = Baseline;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn load(_: Baseline, keys: &[$key]) -> Self {
                let mut lanes = [0; $lanes];
                lanes.copy_from_slice(&keys[..$lanes]);
                Self::new(lanes)
            }

            #[inline(always)]
            fn store(self, keys: &mut [$key]) {
                keys[..$lanes].copy_from_slice(&self.to_array());
            }

            #[inline(always)]
            unsafe fn read(_: Baseline, from: *const $key) -> Self {
                // SAFETY: the caller's promise.
                Self::new(unsafe { from.cast::<[$key; $lanes]>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn write(self, to: *mut $key) {
                // SAFETY: the caller's promise.
                unsafe { to.cast::<[$key; $lanes]>().write_unaligned(self.to_array()) }
            }

            #[inline(always)]
            fn splat(_: Baseline, key: $key) -> Self {
                Self::new([key; $lanes])
            }

            #[inline(always)]
            fn flip(self, bits: Self) -> Self {
                self ^ bits
            }

            #[inline(always)]
            fn order_floats(self, infinity: Self, nan: Self) -> Self {
                let (mut keys, infinity, nan) = (self.to_array(), infinity.to_array(), nan.to_array());
                for (i, key) in keys.iter_mut().enumerate() {
                    let is_nan = *key & $key::MAX > infinity[i];
                    *key = if is_nan { nan[i] } else { *key ^ (negative!(*key, $key) & $key::MAX) };
                }
                Self::new(keys)
            }

            #[inline(always)]
            fn restore_floats(self) -> Self {
                let mut bits = self.to_array();
                for key in &mut bits {
                    *key ^= negative!(*key, $key) & $key::MAX;
                }
                Self::new(bits)
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.min(other)
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.max(other)
            }

            #[inline(always)]
            fn sort(self, other: Self) -> (Self, Self) {
                (self.min(other), self.max(other))
            }
        }
    )*};
}

key_vector! {
    u8x16 of 16 u8;
    i16x8 of 8 i16;
    i32x4 of 4 i32;
    i64x2 of 2 i64;
}
