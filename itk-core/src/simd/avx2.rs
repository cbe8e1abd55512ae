//! The AVX2 level: 256-bit registers.
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

/// The token of [`Level::Avx2`]; only [`Avx2::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The token, when this CPU has the level.
    pub(super) fn detect() -> Option<Self> {
        // Kernels of small jobs ask as often as they run; each feature would be looked up anew.
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("f16c")
                && is_x86_feature_detected!("popcnt")
        });
        FOUND.then_some(Self(()))
    }

    /// Whether this CPU has an instruction that deposits bits, and not as microcode, which would take longer than a table.
    #[inline(always)]
    pub(super) fn deposits_bits(self) -> bool {
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            let maker = __cpuid(0).ebx.to_le_bytes();
            let signature = __cpuid(1).eax;
            let family = (signature >> 8 & 15) + (signature >> 20 & 255);
            // AMD, and Hygon, which builds the same cores.
            let is_microcode = [b"Auth", b"Hygo"].contains(&&maker) && family < 0x19;
            is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2") && !is_microcode
        });
        *FOUND
    }

    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        #[target_feature(enable = "avx2,f16c,popcnt")]
        fn enter<J: Job>(token: Avx2, job: J) -> J::Out {
            job.run(token)
        }
        // SAFETY: the token exists, so the CPU has these features.
        unsafe { enter(self, job) }
    }
}

impl Simd for Avx2 {
    const LEVEL: Level = Level::Avx2;
    type U8 = U8;
    type I16 = I16;
    type I32 = I32;
    type I64 = I64;
    type Bytes = super::bytes_avx2::Bytes;

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
/// As for it, and the CPU has AVX.
#[inline(always)]
unsafe fn turn_long_words(from: *const f64, pitch: isize, to: *mut f64, to_pitch: isize) {
    for (row, column) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
        // SAFETY: the caller's promise.
        unsafe {
            let from = from.byte_offset(row * pitch).offset(column);
            let (a, b) = (_mm256_loadu_pd(from), _mm256_loadu_pd(from.byte_offset(pitch)));
            let (c, d) =
                (_mm256_loadu_pd(from.byte_offset(2 * pitch)), _mm256_loadu_pd(from.byte_offset(3 * pitch)));
            let (even, more_even) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
            let (odd, more_odd) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
            let columns = [
                _mm256_permute2f128_pd::<0x20>(even, more_even),
                _mm256_permute2f128_pd::<0x20>(odd, more_odd),
                _mm256_permute2f128_pd::<0x31>(even, more_even),
                _mm256_permute2f128_pd::<0x31>(odd, more_odd),
            ];
            for (i, turned) in (column..).zip(columns) {
                _mm256_storeu_pd(to.byte_offset(i * to_pitch).offset(row), turned);
            }
        }
    }
}

// AVX2 has no minimum of 64-bit integers: compare and blend.
#[inline]
#[target_feature(enable = "avx2")]
fn min_i64(a: __m256i, b: __m256i) -> __m256i {
    _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b))
}

#[inline]
#[target_feature(enable = "avx2")]
fn max_i64(a: __m256i, b: __m256i) -> __m256i {
    _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b))
}

macro_rules! larger {
    ($a:ident, $b:ident, $low:ident, $max:ident) => {
        // SAFETY: the vectors were made with the token.
        Self(unsafe { $max($a.0, $b.0) })
    };
}

#[inline]
#[target_feature(enable = "avx2")]
fn zero(_: __m256i) -> __m256i {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2")]
fn no_floats(_: __m256i, _: __m256i, _: __m256i, key: __m256i) -> __m256i {
    key
}

/// All bits where a lane is negative, and the choice of `yes` where `a` is greater than `b`.
macro_rules! float_operations {
    ($($negative:ident, $select:ident by $compare:ident;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx2")]
        fn $negative(bits: __m256i) -> __m256i {
            $compare(_mm256_setzero_si256(), bits)
        }

        #[inline]
        #[target_feature(enable = "avx2")]
        fn $select(a: __m256i, b: __m256i, yes: __m256i, no: __m256i) -> __m256i {
            _mm256_blendv_epi8(no, yes, $compare(a, b))
        }
    )*};
}

float_operations! {
    negative_i16, select_i16 by _mm256_cmpgt_epi16;
    negative_i32, select_i32 by _mm256_cmpgt_epi32;
    negative_i64, select_i64 by _mm256_cmpgt_epi64;
}

key_vectors! {
    Avx2, __m256i, load _mm256_loadu_si256, store _mm256_storeu_si256, and _mm256_and_si256, xor _mm256_xor_si256,
    larger larger;
    U8 of 32 u8, min _mm256_min_epu8, max _mm256_max_epu8, splat _mm256_set1_epi8, floats zero no_floats,
        flipped _mm256_min_epi8 _mm256_max_epi8;
    I16 of 16 i16, min _mm256_min_epi16, max _mm256_max_epi16, splat _mm256_set1_epi16, floats negative_i16 select_i16,
        flipped _mm256_min_epu16 _mm256_max_epu16;
    I32 of 8 i32, min _mm256_min_epi32, max _mm256_max_epi32, splat _mm256_set1_epi32, floats negative_i32 select_i32,
        flipped _mm256_min_epu32 _mm256_max_epu32;
    I64 of 4 i64, min min_i64, max max_i64, splat _mm256_set1_epi64x, floats negative_i64 select_i64;
}
