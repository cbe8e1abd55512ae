//! Registers of bytes at the AVX-512 level.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

use super::avx512::Avx512;
use super::bytes::ByteVector;

/// 64 bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes(__m512i);

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn scan(sums: __m512i) -> __m512i {
    let sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<1>(sums));
    let sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<2>(sums));
    let sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<4>(sums));
    let sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<8>(sums));
    // The totals of quarters, each in all bytes of its quarter; then of the quarters before.
    let totals = _mm512_shuffle_epi8(sums, _mm512_set1_epi8(15));
    let one_before = _mm512_maskz_shuffle_i64x2::<0b10_01_00_00>(0b1111_1100, totals, totals);
    let pairs = _mm512_add_epi8(totals, one_before);
    let two_before = _mm512_maskz_shuffle_i64x2::<0b01_00_00_00>(0b1111_0000, pairs, pairs);
    _mm512_add_epi8(sums, _mm512_add_epi8(one_before, two_before))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn within(coordinates: &[u8; 64], first: u8, reach: u8) -> u64 {
    // SAFETY: the array fills a register.
    let part = unsafe { _mm512_loadu_si512(coordinates.as_ptr().cast()) };
    let distance = _mm512_sub_epi8(part, _mm512_set1_epi8(first as i8));
    _mm512_cmple_epu8_mask(distance, _mm512_set1_epi8(reach as i8))
}

#[inline]
#[target_feature(enable = "bmi1,bmi2")]
fn nth_bit(bits: u64, n: u32) -> u32 {
    _pdep_u64(1 << n, bits).trailing_zeros()
}

/// An operation on registers, as a safe method: `self` or the token prove its instructions.
macro_rules! method {
    ($($body:tt)*) => {
        // SAFETY: self or the token proves the instructions; loads and stores get whole registers.
        unsafe { $($body)* }
    };
}

impl ByteVector for Bytes {
    type Simd = Avx512;
    const LANES: usize = 64;

    #[inline(always)]
    fn load(_: Avx512, bytes: &[u8]) -> Self {
        let bytes: &[u8; 64] = bytes[..64].try_into().expect("a slice of LANES bytes");
        Self(method!(_mm512_loadu_si512(bytes.as_ptr().cast())))
    }

    #[inline(always)]
    fn splat(_: Avx512, byte: u8) -> Self {
        Self(method!(_mm512_set1_epi8(byte as i8)))
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes: &mut [u8; 64] = (&mut bytes[..64]).try_into().expect("a slice of LANES bytes");
        method!(_mm512_storeu_si512(bytes.as_mut_ptr().cast(), self.0))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(method!(_mm512_add_epi8(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(method!(_mm512_sub_epi8(self.0, other.0)))
    }

    #[inline(always)]
    fn count_less(self, value: Self, limit: Self, one: Self) -> Self {
        let less = method!(_mm512_cmplt_epi8_mask(value.0, limit.0));
        Self(method!(_mm512_mask_add_epi8(self.0, less, self.0, one.0)))
    }

    #[inline(always)]
    fn discount_less(self, value: Self, limit: Self, one: Self) -> Self {
        let less = method!(_mm512_cmplt_epi8_mask(value.0, limit.0));
        Self(method!(_mm512_mask_sub_epi8(self.0, less, self.0, one.0)))
    }

    #[inline(always)]
    fn scan(self) -> Self {
        Self(method!(scan(self.0)))
    }

    #[inline(always)]
    fn add_carry(self, high: Self, value: Self, one: Self) -> (Self, Self) {
        let low = self.add(value);
        let carry = method!(_mm512_cmplt_epi8_mask(low.0, self.0));
        (low, Self(method!(_mm512_mask_add_epi8(high.0, carry, high.0, one.0))))
    }

    #[inline(always)]
    fn sub_borrow(self, high: Self, value: Self, one: Self) -> (Self, Self) {
        let low = self.sub(value);
        let borrow = method!(_mm512_cmpgt_epi8_mask(low.0, self.0));
        (low, Self(method!(_mm512_mask_sub_epi8(high.0, borrow, high.0, one.0))))
    }

    #[inline(always)]
    fn add_signed(self, high: Self, value: Self, one: Self) -> (Self, Self) {
        let (low, high) = self.add_carry(high, value, one);
        let negative = method!(_mm512_movepi8_mask(value.0));
        (low, Self(method!(_mm512_mask_sub_epi8(high.0, negative, high.0, one.0))))
    }

    #[inline(always)]
    fn vote(self, best: Self, votes: Self, limit: Self, one: Self) -> (Self, Self) {
        let negative = method!(_mm512_movepi8_mask(self.0));
        let best = method!(_mm512_mask_max_epi8(best.0, negative, best.0, limit.0));
        (Self(best), Self(method!(_mm512_mask_add_epi8(votes.0, negative, votes.0, one.0))))
    }

    #[inline(always)]
    fn vote_and_keep(
        self,
        low: Self,
        best: Self,
        votes: Self,
        limit: Self,
        kept: (Self, Self),
        one: Self,
    ) -> (Self, Self, (Self, Self)) {
        let negative = method!(_mm512_movepi8_mask(self.0));
        let votes = Self(method!(_mm512_mask_add_epi8(votes.0, negative, votes.0, one.0)));
        let raise = method!(_mm512_mask_cmplt_epi8_mask(negative, best.0, limit.0));
        let best = Self(method!(_mm512_mask_mov_epi8(best.0, raise, limit.0)));
        let kept_low = Self(method!(_mm512_mask_mov_epi8(kept.0.0, raise, low.0)));
        let kept_high = Self(method!(_mm512_mask_mov_epi8(kept.1.0, raise, self.0)));
        (best, votes, (kept_low, kept_high))
    }

    #[inline(always)]
    fn within(_: Avx512, coordinates: &[u8; 64], first: u8, reach: u8) -> u64 {
        method!(within(coordinates, first, reach))
    }

    #[inline(always)]
    fn nth_bit(_: Avx512, bits: u64, n: u32) -> u32 {
        method!(nth_bit(bits, n))
    }
}
