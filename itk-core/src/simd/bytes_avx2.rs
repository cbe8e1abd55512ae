//! Registers of bytes at the AVX2 level.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

use super::avx2::Avx2;
use super::bytes::{ByteVector, nth_bit};

/// 32 bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes(__m256i);

#[inline]
#[target_feature(enable = "avx2")]
fn scan(sums: __m256i) -> __m256i {
    let sums = _mm256_add_epi8(sums, _mm256_slli_si256::<1>(sums));
    let sums = _mm256_add_epi8(sums, _mm256_slli_si256::<2>(sums));
    let sums = _mm256_add_epi8(sums, _mm256_slli_si256::<4>(sums));
    let sums = _mm256_add_epi8(sums, _mm256_slli_si256::<8>(sums));
    // The total of the lower half, in each byte of the upper one.
    let lower = _mm256_permute2x128_si256::<0x08>(sums, sums);
    _mm256_add_epi8(sums, _mm256_shuffle_epi8(lower, _mm256_set1_epi8(15)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn negative(high: __m256i) -> __m256i {
    _mm256_cmpgt_epi8(_mm256_setzero_si256(), high)
}

/// An operation on registers, as a safe method: `self` or the token prove its instructions.
macro_rules! method {
    ($($body:tt)*) => {
        // SAFETY: self or the token proves the instructions; loads and stores get whole registers.
        unsafe { $($body)* }
    };
}

impl ByteVector for Bytes {
    type Simd = Avx2;
    const LANES: usize = 32;

    #[inline(always)]
    fn load(_: Avx2, bytes: &[u8]) -> Self {
        let bytes: &[u8; 32] = bytes[..32].try_into().expect("a slice of LANES bytes");
        Self(method!(_mm256_loadu_si256(bytes.as_ptr().cast())))
    }

    #[inline(always)]
    fn splat(_: Avx2, byte: u8) -> Self {
        Self(method!(_mm256_set1_epi8(byte as i8)))
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes: &mut [u8; 32] = (&mut bytes[..32]).try_into().expect("a slice of LANES bytes");
        method!(_mm256_storeu_si256(bytes.as_mut_ptr().cast(), self.0))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(method!(_mm256_add_epi8(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(method!(_mm256_sub_epi8(self.0, other.0)))
    }

    #[inline(always)]
    fn count_less(self, value: Self, limit: Self, _: Self) -> Self {
        Self(method!(_mm256_sub_epi8(self.0, _mm256_cmpgt_epi8(limit.0, value.0))))
    }

    #[inline(always)]
    fn discount_less(self, value: Self, limit: Self, _: Self) -> Self {
        Self(method!(_mm256_add_epi8(self.0, _mm256_cmpgt_epi8(limit.0, value.0))))
    }

    #[inline(always)]
    fn bits(self, shift: u32, mask: Self) -> Self {
        let shifted = method!(_mm256_srl_epi16(self.0, _mm_cvtsi32_si128(shift as i32)));
        Self(method!(_mm256_and_si256(shifted, mask.0)))
    }

    #[inline(always)]
    fn scan(self) -> Self {
        Self(method!(scan(self.0)))
    }

    #[inline(always)]
    fn add_carry(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let low = self.add(value);
        let carry = method!(_mm256_cmpgt_epi8(self.0, low.0));
        (low, high.sub(Self(carry)))
    }

    #[inline(always)]
    fn sub_borrow(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let low = self.sub(value);
        let borrow = method!(_mm256_cmpgt_epi8(low.0, self.0));
        (low, high.add(Self(borrow)))
    }

    #[inline(always)]
    fn add_signed(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let (low, high) = self.add_carry(high, value, value);
        (low, high.add(Self(method!(negative(value.0)))))
    }

    #[inline(always)]
    fn vote(self, best: Self, votes: Self, limit: Self, _: Self) -> (Self, Self) {
        let negative = method!(negative(self.0));
        let raised = method!(_mm256_blendv_epi8(_mm256_set1_epi8(i8::MIN), limit.0, self.0));
        (Self(method!(_mm256_max_epi8(best.0, raised))), votes.sub(Self(negative)))
    }

    #[inline(always)]
    fn vote_and_keep(
        self,
        low: Self,
        best: Self,
        votes: Self,
        limit: Self,
        kept: (Self, Self),
        _: Self,
    ) -> (Self, Self, (Self, Self)) {
        let negative = method!(negative(self.0));
        let raise = method!(_mm256_and_si256(negative, _mm256_cmpgt_epi8(limit.0, best.0)));
        let best = Self(method!(_mm256_blendv_epi8(best.0, limit.0, raise)));
        let kept_low = Self(method!(_mm256_blendv_epi8(kept.0.0, low.0, raise)));
        let kept_high = Self(method!(_mm256_blendv_epi8(kept.1.0, self.0, raise)));
        (best, votes.sub(Self(negative)), (kept_low, kept_high))
    }

    #[inline(always)]
    fn within(simd: Avx2, coordinates: &[u8; 64], first: u8, reach: u8) -> u64 {
        let (first, reach) = (Self::splat(simd, first), Self::splat(simd, reach));
        let low = Self::load(simd, &coordinates[..32]).sub(first);
        let high = Self::load(simd, &coordinates[32..]).sub(first);
        let low = method!(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(low.0, reach.0), low.0)));
        let high = method!(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(high.0, reach.0), high.0)));
        u64::from(low as u32) | u64::from(high as u32) << 32
    }

    // The instruction that deposits bits is microcode on some CPUs of this level.
    #[inline(always)]
    fn nth_bit(_: Avx2, bits: u64, n: u32) -> u32 {
        nth_bit(bits, n)
    }
}
