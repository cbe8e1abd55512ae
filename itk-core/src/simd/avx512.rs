//! The AVX-512 level: 512-bit registers.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;
use std::sync::LazyLock;

use super::baseline::turn_each;
use super::register::key_vectors;
use super::turn::turn_words;
use super::{Job, KeyVector, Level, Simd};
use crate::Pixel;

/// The token of [`Level::Avx512`]; only [`Avx512::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The token, when this CPU has the level.
    pub(super) fn detect() -> Option<Self> {
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("f16c")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
        });
        FOUND.then_some(Self(()))
    }

    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c,popcnt,bmi1,bmi2")]
        fn enter<J: Job>(token: Avx512, job: J) -> J::Out {
            job.run(token)
        }
        // SAFETY: the token exists, so the CPU has these features.
        unsafe { enter(self, job) }
    }
}

/// [`super::has_fast_maxima`]: Intel's cores take minima and maxima of 512 bits on one port, and logic on another, too. AMD's take all of
/// them on every port, and logic of three registers more slowly.
pub(super) fn has_fast_maxima() -> bool {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let vendor = __cpuid(0);
        Avx512::detect().is_some()
            && [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() == b"AuthenticAMD"
    });
    *FOUND
}

impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    type U8 = U8;
    type I16 = I16;
    type I32 = I32;
    type I64 = I64;
    type Bytes = super::bytes_avx512::Bytes;

    #[inline(always)]
    fn prefetch<P>(self, address: *const P) {
        // SAFETY: a prefetch is a hint and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    unsafe fn turn<V: Pixel>(self, from: *const V, pitch: isize, to: *mut V, to_pitch: isize) {
        // SAFETY: the caller's promise, and the token proves the instructions.
        unsafe {
            match size_of::<V>() {
                4 => turn_words(from.cast(), pitch, to.cast(), to_pitch),
                8 => turn_long_words(from.cast(), pitch, to.cast(), to_pitch),
                _ => turn_each(from, pitch, to, to_pitch),
            }
        }
    }
}

/// [`Simd::turn`] for values of 8 bytes.
///
/// # Safety
/// As for it, and the CPU has AVX-512.
#[inline(always)]
unsafe fn turn_long_words(from: *const f64, pitch: isize, to: *mut f64, to_pitch: isize) {
    macro_rules! row {
        ($row:literal) => {
            _mm512_loadu_pd(from.byte_offset($row * pitch))
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (r0, r1, r2, r3) = (row!(0), row!(1), row!(2), row!(3));
        let (r4, r5, r6, r7) = (row!(4), row!(5), row!(6), row!(7));
        // Pairs of rows, then quarters of a register.
        let even = turn_quarters([
            _mm512_unpacklo_pd(r0, r1),
            _mm512_unpacklo_pd(r2, r3),
            _mm512_unpacklo_pd(r4, r5),
            _mm512_unpacklo_pd(r6, r7),
        ]);
        let odd = turn_quarters([
            _mm512_unpackhi_pd(r0, r1),
            _mm512_unpackhi_pd(r2, r3),
            _mm512_unpackhi_pd(r4, r5),
            _mm512_unpackhi_pd(r6, r7),
        ]);
        let columns = [even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]];
        for (i, column) in (0..).zip(columns) {
            _mm512_storeu_pd(to.byte_offset(i * to_pitch), column);
        }
    }
}

/// Turns 4 rows of 4 quarters.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn turn_quarters([a, b, c, d]: [__m512d; 4]) -> [__m512d; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (even, more_even) = (_mm512_shuffle_f64x2::<0x88>(a, b), _mm512_shuffle_f64x2::<0x88>(c, d));
        let (odd, more_odd) = (_mm512_shuffle_f64x2::<0xdd>(a, b), _mm512_shuffle_f64x2::<0xdd>(c, d));
        [
            _mm512_shuffle_f64x2::<0x88>(even, more_even),
            _mm512_shuffle_f64x2::<0x88>(odd, more_odd),
            _mm512_shuffle_f64x2::<0xdd>(even, more_even),
            _mm512_shuffle_f64x2::<0xdd>(odd, more_odd),
        ]
    }
}

// max(a, b) = a ^ b ^ min(a, b): the ternary logic runs on another port than the minimum.
macro_rules! larger {
    ($a:ident, $b:ident, $low:ident, $max:ident) => {
        // SAFETY: the vectors were made with the token.
        Self(unsafe { _mm512_ternarylogic_epi64::<0x96>($a.0, $b.0, $low.0) })
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn zero(_: __m512i) -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn no_floats(_: __m512i, _: __m512i, _: __m512i, key: __m512i) -> __m512i {
    key
}

/// The shift that spreads the sign over a lane, and the choice of `yes` where `a` is greater than `b`.
macro_rules! float_operations {
    ($($negative:ident by $shift:ident of $bits:literal, $select:ident by $compare:ident $blend:ident;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn $negative(bits: __m512i) -> __m512i {
            $shift::<$bits>(bits)
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn $select(a: __m512i, b: __m512i, yes: __m512i, no: __m512i) -> __m512i {
            $blend($compare(a, b), no, yes)
        }
    )*};
}

float_operations! {
    negative_i16 by _mm512_srai_epi16 of 15, select_i16 by _mm512_cmpgt_epi16_mask _mm512_mask_blend_epi16;
    negative_i32 by _mm512_srai_epi32 of 31, select_i32 by _mm512_cmpgt_epi32_mask _mm512_mask_blend_epi32;
    negative_i64 by _mm512_srai_epi64 of 63, select_i64 by _mm512_cmpgt_epi64_mask _mm512_mask_blend_epi64;
}

key_vectors! {
    Avx512, __m512i, load _mm512_loadu_si512, store _mm512_storeu_si512, and _mm512_and_si512, xor _mm512_xor_si512,
    larger larger;
    U8 of 64 u8, min _mm512_min_epu8, max _mm512_max_epu8, splat _mm512_set1_epi8, floats zero no_floats,
        flipped _mm512_min_epi8 _mm512_max_epi8;
    I16 of 32 i16, min _mm512_min_epi16, max _mm512_max_epi16, splat _mm512_set1_epi16, floats negative_i16 select_i16,
        flipped _mm512_min_epu16 _mm512_max_epu16;
    I32 of 16 i32, min _mm512_min_epi32, max _mm512_max_epi32, splat _mm512_set1_epi32, floats negative_i32 select_i32,
        flipped _mm512_min_epu32 _mm512_max_epu32;
    I64 of 8 i64, min _mm512_min_epi64, max _mm512_max_epi64, splat _mm512_set1_epi64, floats negative_i64 select_i64,
        flipped _mm512_min_epu64 _mm512_max_epu64;
}
