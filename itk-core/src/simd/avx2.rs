//! The AVX2 level: 256-bit registers.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

use super::{F64Vector, Job, KeyVector, Level, Simd};

/// The token of [`Level::Avx2`]; only [`Avx2::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The token, when this CPU has the level.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c")).then_some(Self(()))
    }

    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        #[target_feature(enable = "avx2,f16c")]
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
    type F64 = F64;
}

macro_rules! key_vector {
    ($($vector:ident of $lanes:literal $key:ident, min $min:expr, max $max:expr;)*) => {$(
        #[derive(Clone, Copy)]
        pub(super) struct $vector(__m256i);

        impl KeyVector<$key> for $vector {
            type Simd = Avx2;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn load(_: Avx2, keys: &[$key]) -> Self {
                let keys: &[$key; $lanes] = keys[..$lanes].try_into().expect("a slice of LANES keys");
                // SAFETY: 32 readable bytes, and the token proves AVX2.
                Self(unsafe { _mm256_loadu_si256(keys.as_ptr().cast()) })
            }

            #[inline(always)]
            fn store(self, keys: &mut [$key]) {
                let keys: &mut [$key; $lanes] = (&mut keys[..$lanes]).try_into().expect("a slice of LANES keys");
                // SAFETY: 32 writable bytes, and self was loaded with the token that proves AVX2.
                unsafe { _mm256_storeu_si256(keys.as_mut_ptr().cast(), self.0) }
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: self was loaded with the token that proves AVX2.
                Self(unsafe { $min(self.0, other.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: self was loaded with the token that proves AVX2.
                Self(unsafe { $max(self.0, other.0) })
            }

            #[inline(always)]
            fn sort(self, other: Self) -> (Self, Self) {
                (self.min(other), self.max(other))
            }
        }
    )*};
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

key_vector! {
    U8 of 32 u8, min _mm256_min_epu8, max _mm256_max_epu8;
    I16 of 16 i16, min _mm256_min_epi16, max _mm256_max_epi16;
    I32 of 8 i32, min _mm256_min_epi32, max _mm256_max_epi32;
    I64 of 4 i64, min min_i64, max max_i64;
}

#[derive(Clone, Copy)]
pub(super) struct F64(__m256d);

impl F64Vector for F64 {
    type Simd = Avx2;
    const LANES: usize = 4;

    #[inline(always)]
    fn load(_: Avx2, values: &[f64]) -> Self {
        let values: &[f64; 4] = values[..4].try_into().expect("a slice of LANES numbers");
        // SAFETY: 32 readable bytes, and the token proves AVX2.
        Self(unsafe { _mm256_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn splat(_: Avx2, value: f64) -> Self {
        // SAFETY: the token proves AVX2.
        Self(unsafe { _mm256_set1_pd(value) })
    }

    #[inline(always)]
    fn store(self, values: &mut [f64]) {
        let values: &mut [f64; 4] = (&mut values[..4]).try_into().expect("a slice of LANES numbers");
        // SAFETY: 32 writable bytes, and self was made with the token that proves AVX2.
        unsafe { _mm256_storeu_pd(values.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: self was made with the token that proves AVX2.
        Self(unsafe { _mm256_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: self was made with the token that proves AVX2.
        Self(unsafe { _mm256_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: self was made with the token that proves AVX2.
        Self(unsafe { _mm256_sqrt_pd(self.0) })
    }
}
