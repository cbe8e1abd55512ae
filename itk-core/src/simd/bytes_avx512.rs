//! Registers of bytes at the AVX-512 level.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

use super::avx512::Avx512;
use super::bytes::ByteVector;
use super::bytes_avx2::deposited_bit;

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

/// Sixteen searches at once: the upper levels of the tree stay in registers, where a permutation looks them up.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn label(tree: &[i32; 256], keys: &[i32], labels: &mut [u8]) {
    let table = |start: usize| {
        let part: &[i32; 16] = tree[start..].first_chunk().expect("a table of the tree");
        // SAFETY: the array fills a register.
        unsafe { _mm512_loadu_si512(part.as_ptr().cast()) }
    };
    let root = _mm512_set1_epi32(tree[1]);
    let small = [table(2), table(4), table(8), table(16)];
    let t32 = [table(32), table(48)];
    let t64 = [table(64), table(80), table(96), table(112)];
    let t128 =
        [table(128), table(144), table(160), table(176), table(192), table(208), table(224), table(240)];
    let one = _mm512_set1_epi32(1);
    for (keys, labels) in keys.as_chunks::<16>().0.iter().zip(labels.as_chunks_mut::<16>().0) {
        // SAFETY: the array fills a register.
        let keys = unsafe { _mm512_loadu_si512(keys.as_ptr().cast()) };
        let mut at = _mm512_maskz_mov_epi32(_mm512_cmple_epi32_mask(root, keys), one);
        for table in small {
            let pivot = _mm512_permutexvar_epi32(at, table);
            at = descend(at, pivot, keys);
        }
        at = descend(at, _mm512_permutex2var_epi32(t32[0], at, t32[1]), keys);
        let low = _mm512_permutex2var_epi32(t64[0], at, t64[1]);
        let high = _mm512_permutex2var_epi32(t64[2], at, t64[3]);
        let bit = _mm512_test_epi32_mask(at, _mm512_set1_epi32(32));
        at = descend(at, _mm512_mask_mov_epi32(low, bit, high), keys);
        let bit = _mm512_test_epi32_mask(at, _mm512_set1_epi32(32));
        let low = _mm512_permutex2var_epi32(t128[0], at, t128[1]);
        let low = _mm512_mask_mov_epi32(low, bit, _mm512_permutex2var_epi32(t128[2], at, t128[3]));
        let high = _mm512_permutex2var_epi32(t128[4], at, t128[5]);
        let high = _mm512_mask_mov_epi32(high, bit, _mm512_permutex2var_epi32(t128[6], at, t128[7]));
        let bit = _mm512_test_epi32_mask(at, _mm512_set1_epi32(64));
        at = descend(at, _mm512_mask_mov_epi32(low, bit, high), keys);
        let bytes = _mm512_cvtepi32_epi8(at);
        // SAFETY: the array takes 16 bytes.
        unsafe { _mm_storeu_si128(labels.as_mut_ptr().cast(), bytes) }
    }
}

/// The left or the right child of a node, each counted from its level's first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn descend(at: __m512i, pivot: __m512i, key: __m512i) -> __m512i {
    let left = _mm512_add_epi32(at, at);
    let right = _mm512_cmple_epi32_mask(pivot, key);
    _mm512_mask_add_epi32(left, right, left, _mm512_set1_epi32(1))
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
    fn bits(self, shift: u32, mask: Self) -> Self {
        let shifted = method!(_mm512_srl_epi16(self.0, _mm_cvtsi32_si128(shift as i32)));
        Self(method!(_mm512_and_si512(shifted, mask.0)))
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
    fn label(_: Avx512, tree: &[i32; 256], keys: &[i32], labels: &mut [u8]) {
        method!(label(tree, keys, labels));
    }

    #[inline(always)]
    fn nth_bit(_: Avx512, bits: u64, n: u32) -> u32 {
        method!(deposited_bit(bits, n))
    }
}
