//! The AVX-512 level: 512-bit registers.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

use super::{F64Vector, Job, KeyVector, Level, Simd};

/// The token of [`Level::Avx512`]; only [`Avx512::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The token, when this CPU has the level.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("f16c"))
        .then_some(Self(()))
    }

    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c")]
        fn enter<J: Job>(token: Avx512, job: J) -> J::Out {
            job.run(token)
        }
        // SAFETY: the token exists, so the CPU has these features.
        unsafe { enter(self, job) }
    }
}

impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    type U8 = U8;
    type I16 = I16;
    type I32 = I32;
    type I64 = I64;
    type F64 = F64;
}

macro_rules! key_vector {
    ($($vector:ident of $lanes:literal $key:ident, min $min:ident, max $max:ident;)*) => {$(
        #[derive(Clone, Copy)]
        pub(super) struct $vector(__m512i);

        impl KeyVector<$key> for $vector {
            type Simd = Avx512;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn load(_: Avx512, keys: &[$key]) -> Self {
                let keys: &[$key; $lanes] = keys[..$lanes].try_into().expect("a slice of LANES keys");
                // SAFETY: 64 readable bytes, and the token proves AVX-512.
                Self(unsafe { _mm512_loadu_si512(keys.as_ptr().cast()) })
            }

            #[inline(always)]
            fn store(self, keys: &mut [$key]) {
                let keys: &mut [$key; $lanes] = (&mut keys[..$lanes]).try_into().expect("a slice of LANES keys");
                // SAFETY: 64 writable bytes, and self was loaded with the token that proves AVX-512.
                unsafe { _mm512_storeu_si512(keys.as_mut_ptr().cast(), self.0) }
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: self was loaded with the token that proves AVX-512.
                Self(unsafe { $min(self.0, other.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: self was loaded with the token that proves AVX-512.
                Self(unsafe { $max(self.0, other.0) })
            }

            // max(a, b) = a ^ b ^ min(a, b): the ternary logic runs on another port than the minimum.
            #[inline(always)]
            fn sort(self, other: Self) -> (Self, Self) {
                let low = self.min(other);
                // SAFETY: self was loaded with the token that proves AVX-512.
                let high = unsafe { _mm512_ternarylogic_epi64::<0x96>(self.0, other.0, low.0) };
                (low, Self(high))
            }
        }
    )*};
}

key_vector! {
    U8 of 64 u8, min _mm512_min_epu8, max _mm512_max_epu8;
    I16 of 32 i16, min _mm512_min_epi16, max _mm512_max_epi16;
    I32 of 16 i32, min _mm512_min_epi32, max _mm512_max_epi32;
    I64 of 8 i64, min _mm512_min_epi64, max _mm512_max_epi64;
}

#[derive(Clone, Copy)]
pub(super) struct F64(__m512d);

impl F64Vector for F64 {
    type Simd = Avx512;
    const LANES: usize = 8;

    #[inline(always)]
    fn load(_: Avx512, values: &[f64]) -> Self {
        let values: &[f64; 8] = values[..8].try_into().expect("a slice of LANES numbers");
        // SAFETY: 64 readable bytes, and the token proves AVX-512.
        Self(unsafe { _mm512_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn splat(_: Avx512, value: f64) -> Self {
        // SAFETY: the token proves AVX-512.
        Self(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    fn store(self, values: &mut [f64]) {
        let values: &mut [f64; 8] = (&mut values[..8]).try_into().expect("a slice of LANES numbers");
        // SAFETY: 64 writable bytes, and self was made with the token that proves AVX-512.
        unsafe { _mm512_storeu_pd(values.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: self was made with the token that proves AVX-512.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: self was made with the token that proves AVX-512.
        Self(unsafe { _mm512_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: self was made with the token that proves AVX-512.
        Self(unsafe { _mm512_sqrt_pd(self.0) })
    }
}
