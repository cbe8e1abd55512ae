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

/// Eight searches at once: permutations look the upper levels of the tree up, gathers the two largest ones.
#[inline]
#[target_feature(enable = "avx2")]
fn label(tree: &[i32; 256], keys: &[i32], labels: &mut [u8]) {
    let table = |start: usize| {
        let part: &[i32; 8] = tree[start..].first_chunk().expect("a table of the tree");
        // SAFETY: the array fills a register.
        unsafe { _mm256_loadu_si256(part.as_ptr().cast()) }
    };
    let (upper, t8) = (table(0), table(8));
    let t16 = [table(16), table(24)];
    let t32 = [table(32), table(40), table(48), table(56)];
    for (keys, labels) in keys.as_chunks::<16>().0.iter().zip(labels.as_chunks_mut::<16>().0) {
        let mut found = [_mm256_setzero_si256(); 2];
        for (found, keys) in found.iter_mut().zip(keys.as_chunks::<8>().0) {
            // SAFETY: the array fills a register.
            let keys = unsafe { _mm256_loadu_si256(keys.as_ptr().cast()) };
            let mut at = _mm256_set1_epi32(1);
            for _ in 0..3 {
                at = descend(at, _mm256_permutevar8x32_epi32(upper, at), keys);
            }
            at = descend(at, _mm256_permutevar8x32_epi32(t8, at), keys);
            // Bits 3 and 4 of the place choose the table.
            at = descend(at, choose(at, _mm256_slli_epi32::<28>(at), t16), keys);
            let (bit, next) = (_mm256_slli_epi32::<28>(at), _mm256_slli_epi32::<27>(at));
            let [a, b, c, d] = t32;
            let pivot = blend(choose(at, bit, [a, b]), choose(at, bit, [c, d]), next);
            at = descend(at, pivot, keys);
            for _ in 0..2 {
                // SAFETY: places are less than 256, as they start at 1 and double less than eight times.
                let pivot = unsafe { _mm256_i32gather_epi32::<4>(tree.as_ptr(), at) };
                at = descend(at, pivot, keys);
            }
            *found = _mm256_and_si256(at, _mm256_set1_epi32(255));
        }
        // Packing works in halves of registers.
        let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi32(found[0], found[1]));
        let bytes = _mm256_permute4x64_epi64::<0b00_00_10_00>(_mm256_packus_epi16(words, words));
        // SAFETY: the array takes 16 bytes.
        unsafe { _mm_storeu_si128(labels.as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)) }
    }
}

/// The left or the right child of a node, each counted from its level's first.
#[inline]
#[target_feature(enable = "avx2")]
fn descend(at: __m256i, pivot: __m256i, key: __m256i) -> __m256i {
    let right = _mm256_add_epi32(_mm256_add_epi32(at, at), _mm256_set1_epi32(1));
    _mm256_add_epi32(right, _mm256_cmpgt_epi32(pivot, key))
}

/// What two tables have at a place, the second one where `bit` is negative.
#[inline]
#[target_feature(enable = "avx2")]
fn choose(at: __m256i, bit: __m256i, tables: [__m256i; 2]) -> __m256i {
    let [low, high] = tables;
    blend(_mm256_permutevar8x32_epi32(low, at), _mm256_permutevar8x32_epi32(high, at), bit)
}

/// `high` where `bit` is negative, else `low`.
#[inline]
#[target_feature(enable = "avx2")]
fn blend(low: __m256i, high: __m256i, bit: __m256i) -> __m256i {
    let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
    _mm256_castps_si256(_mm256_blendv_ps(low, high, _mm256_castsi256_ps(bit)))
}

/// As [`ByteVector::nth_bit`].
#[inline]
#[target_feature(enable = "bmi1,bmi2")]
pub(super) fn deposited_bit(bits: u64, n: u32) -> u32 {
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
    fn label(_: Avx2, tree: &[i32; 256], keys: &[i32], labels: &mut [u8]) {
        method!(label(tree, keys, labels));
    }

    #[inline(always)]
    fn nth_bit(simd: Avx2, bits: u64, n: u32) -> u32 {
        if simd.deposits_bits() {
            // SAFETY: the CPU has the instructions.
            unsafe { deposited_bit(bits, n) }
        } else {
            nth_bit(bits, n)
        }
    }
}
