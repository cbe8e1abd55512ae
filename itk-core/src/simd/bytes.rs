//! Registers of bytes for counting: compares, modular sums, sums over lanes, and 16-bit counts in two bytes.
//!
//! A 16-bit count is a *low* and a *high* register. The low byte is kept with its top bit flipped, so that a
//! signed compare finds the carry; the count is negative where the high byte is.

use wide::i8x16;

use super::{Baseline, Simd};

/// A register of bytes. Made by [`ByteVector::load`] and [`ByteVector::splat`] only, which take the level's token.
pub trait ByteVector: Copy {
    /// The level's token.
    type Simd: Simd;
    /// Bytes a register.
    const LANES: usize;
    /// The first `LANES` bytes of a slice.
    fn load(simd: Self::Simd, bytes: &[u8]) -> Self;
    /// The same byte in each lane.
    fn splat(simd: Self::Simd, byte: u8) -> Self;
    /// 1 in each lane, kept from the compiler: of a masked addition of a known 1 it makes two instructions. Methods
    /// that take `one` want this.
    #[inline(always)]
    fn one(simd: Self::Simd) -> Self {
        Self::splat(simd, std::hint::black_box(1))
    }
    /// Writes the first `LANES` bytes of a slice.
    fn store(self, bytes: &mut [u8]);
    /// The sum, modulo 256.
    fn add(self, other: Self) -> Self;
    /// The difference, modulo 256.
    fn sub(self, other: Self) -> Self;
    /// Adds 1 where `value < limit`, both signed.
    fn count_less(self, value: Self, limit: Self, one: Self) -> Self;
    /// Takes 1 away where `value < limit`, both signed.
    fn discount_less(self, value: Self, limit: Self, one: Self) -> Self;
    /// `(self >> shift) & mask`, for a mask without bits that come from other lanes.
    fn bits(self, shift: u32, mask: Self) -> Self;
    /// Each lane becomes the sum, modulo 256, of all lanes before it and itself.
    fn scan(self) -> Self;
    /// Adds an unsigned byte to a count; `self` is its low byte.
    fn add_carry(self, high: Self, value: Self, one: Self) -> (Self, Self);
    /// Takes an unsigned byte from a count; `self` is its low byte.
    fn sub_borrow(self, high: Self, value: Self, one: Self) -> (Self, Self);
    /// Adds a signed byte to a count; `self` is its low byte.
    fn add_signed(self, high: Self, value: Self, one: Self) -> (Self, Self);
    /// Where `self`, a high byte, is negative: `votes` grows by 1, and `best` becomes `limit` unless it is more
    /// (signed). Gives `(best, votes)`.
    fn vote(self, best: Self, votes: Self, limit: Self, one: Self) -> (Self, Self);
    /// As [`ByteVector::vote`]; where `best` changes, `kept` becomes `(low, self)`. Gives `(best, votes, kept)`.
    fn vote_and_keep(
        self,
        low: Self,
        best: Self,
        votes: Self,
        limit: Self,
        kept: (Self, Self),
        one: Self,
    ) -> (Self, Self, (Self, Self));
    /// `labels[i]` becomes how many of 255 pivots are not greater than `keys[i]`. They are a binary tree in
    /// breadth-first order from index 1. Whole groups of 16 keys only.
    #[inline(always)]
    fn label(_: Self::Simd, tree: &[i32; 256], keys: &[i32], labels: &mut [u8]) {
        label(tree, keys, labels);
    }
    /// The place of the set bit of `bits` that has `n` set ones below it; there must be one.
    fn nth_bit(simd: Self::Simd, bits: u64, n: u32) -> u32;
}

/// As [`ByteVector::label`], for any key.
#[inline(always)]
pub fn label<K: Copy + Ord>(tree: &[K; 256], keys: &[K], labels: &mut [u8]) {
    // Several searches side by side hide the latency of each.
    for (keys, labels) in keys.as_chunks::<16>().0.iter().zip(labels.as_chunks_mut::<16>().0) {
        let mut at = [1usize; 16];
        for _ in 0..8 {
            for (at, key) in at.iter_mut().zip(keys) {
                *at = 2 * *at + usize::from(tree[*at & 255] <= *key);
            }
        }
        for (label, at) in labels.iter_mut().zip(at) {
            *label = at as u8;
        }
    }
}

/// As [`ByteVector::nth_bit`]: counts of bits up to each byte tell the byte, a table the place in it.
///
/// # Source
/// S. Vigna, "Broadword Implementation of Rank/Select Queries", 2008.
#[inline(always)]
pub(super) fn nth_bit(bits: u64, n: u32) -> u32 {
    /// The same byte eight times.
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let pairs = bits - (bits >> 1 & all(0x55));
    let nibbles = (pairs & all(0x33)) + (pairs >> 2 & all(0x33));
    let sums = ((nibbles + (nibbles >> 4)) & all(0x0f)).wrapping_mul(all(1));
    // The top bit of each byte that has no more than n bits up to its end.
    let before = (all(0x80 + n as u8) - sums) & all(0x80);
    let byte = 8 * before.count_ones();
    let left = n - ((sums << 8 >> byte) as u32 & 255);
    byte + u32::from(NTH_BIT[left as usize & 7][(bits >> byte) as usize & 255])
}

/// The place of the set bit of a byte that has `n` set ones below it, by `n` and the byte.
static NTH_BIT: [[u8; 256]; 8] = {
    let mut places = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut n) = (0, 0);
        while place < 8 {
            if byte >> place & 1 == 1 {
                places[n][byte] = place as u8;
                n += 1;
            }
            place += 1;
        }
        byte += 1;
    }
    places
};

#[inline(always)]
fn signed(bytes: [u8; 16]) -> i8x16 {
    bytemuck::cast(bytes)
}

impl ByteVector for i8x16 {
    type Simd = Baseline;
    const LANES: usize = 16;

    #[inline(always)]
    fn load(_: Baseline, bytes: &[u8]) -> Self {
        signed(bytes[..16].try_into().expect("a slice of LANES bytes"))
    }

    #[inline(always)]
    fn splat(_: Baseline, byte: u8) -> Self {
        signed([byte; 16])
    }

    #[inline(always)]
    fn store(self, bytes: &mut [u8]) {
        let bytes: &mut [u8; 16] = (&mut bytes[..16]).try_into().expect("a slice of LANES bytes");
        *bytes = bytemuck::cast(self);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn count_less(self, value: Self, limit: Self, _: Self) -> Self {
        self - value.simd_lt(limit)
    }

    #[inline(always)]
    fn discount_less(self, value: Self, limit: Self, _: Self) -> Self {
        self + value.simd_lt(limit)
    }

    #[inline(always)]
    fn bits(self, shift: u32, mask: Self) -> Self {
        let pairs: wide::u16x8 = bytemuck::cast(self);
        bytemuck::cast::<_, Self>(pairs >> shift) & mask
    }

    #[inline(always)]
    fn scan(self) -> Self {
        let mut sums = self;
        for shift in [8, 16, 32, 64] {
            let bits: u128 = bytemuck::cast(sums);
            sums += bytemuck::cast::<u128, Self>(if cfg!(target_endian = "little") {
                bits << shift
            } else {
                bits >> shift
            });
        }
        sums
    }

    #[inline(always)]
    fn add_carry(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let low = self + value;
        (low, high - self.simd_gt(low))
    }

    #[inline(always)]
    fn sub_borrow(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let low = self - value;
        (low, high + low.simd_gt(self))
    }

    #[inline(always)]
    fn add_signed(self, high: Self, value: Self, _: Self) -> (Self, Self) {
        let low = self + value;
        (low, high - self.simd_gt(low) + value.simd_lt(Self::ZERO))
    }

    #[inline(always)]
    fn vote(self, best: Self, votes: Self, limit: Self, _: Self) -> (Self, Self) {
        let negative = self.simd_lt(Self::ZERO);
        let raised = (negative & limit) | (!negative & Self::MIN);
        (best.max(raised), votes - negative)
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
        let negative = self.simd_lt(Self::ZERO);
        let raise = negative & best.simd_lt(limit);
        let pick = |new: Self, old: Self| (raise & new) | (!raise & old);
        (pick(limit, best), votes - negative, (pick(low, kept.0), pick(self, kept.1)))
    }

    #[inline(always)]
    fn nth_bit(_: Baseline, bits: u64, n: u32) -> u32 {
        nth_bit(bits, n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ByteVector, Job, Simd, dispatch, levels};
    use super::{label, nth_bit};

    /// Bytes without an order, the same each time.
    fn bytes(seed: u32) -> [u8; 64] {
        std::array::from_fn(|i| ((i as u32 + seed).wrapping_mul(2_654_435_761) >> 13) as u8)
    }

    struct Check;

    impl Job for Check {
        type Out = ();

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            let lanes = S::Bytes::LANES;
            let (a, b) = (bytes(1), bytes(2));
            let mut got = [0; 64];
            S::Bytes::load(simd, &a).scan().store(&mut got);
            let sums = a.iter().scan(0u8, |sum, &byte| {
                *sum = sum.wrapping_add(byte);
                Some(*sum)
            });
            assert!(got[..lanes].iter().copied().eq(sums.take(lanes)), "{} scan", S::LEVEL);

            S::Bytes::load(simd, &a).bits(3, S::Bytes::splat(simd, 7)).store(&mut got);
            assert!((0..lanes).all(|i| got[i] == a[i] >> 3 & 7), "{} bits", S::LEVEL);

            let one = S::Bytes::one(simd);
            let count = (S::Bytes::splat(simd, 200 ^ 0x80), S::Bytes::splat(simd, 3));
            let value = S::Bytes::load(simd, &a);
            for (name, (low, high), expected) in [
                ("add", count.0.add_carry(count.1, value, one), [1i32, 0]),
                ("sub", count.0.sub_borrow(count.1, value, one), [-1, 0]),
                ("signed", count.0.add_signed(count.1, value, one), [0, 1]),
            ] {
                let (mut lows, mut highs) = ([0; 64], [0; 64]);
                low.store(&mut lows);
                high.store(&mut highs);
                for i in 0..lanes {
                    let change = expected[0] * i32::from(a[i]) + expected[1] * i32::from(a[i] as i8);
                    let got = u16::from_le_bytes([lows[i] ^ 0x80, highs[i]]);
                    assert_eq!(i32::from(got), 3 * 256 + 200 + change, "{} {name} {i}", S::LEVEL);
                }
            }

            for bits in [1, 1 << 63, u64::MAX, u64::from_le_bytes(b[..8].try_into().unwrap()), 0xff00 << 40] {
                for (n, place) in (0..64).filter(|i| bits >> i & 1 == 1).enumerate() {
                    let found = [S::Bytes::nth_bit(simd, bits, n as u32), nth_bit(bits, n as u32)];
                    assert_eq!(found, [place; 2], "{} {bits:x} {n}", S::LEVEL);
                }
            }

            let tree: [i32; 256] = std::array::from_fn(|i| {
                // Pivot number p is 10·p; the node's place in its level tells p.
                let (i, depth) = (i.max(1), i.max(1).ilog2());
                let gap = 256usize >> depth;
                10 * ((i - (1 << depth)) * gap + gap / 2) as i32
            });
            let keys: Vec<i32> = (-20..2604).collect();
            let (mut labels, mut plain) = (vec![0; keys.len()], vec![0; keys.len()]);
            S::Bytes::label(simd, &tree, &keys, &mut labels);
            label(&tree, &keys, &mut plain);
            let expected: Vec<u8> = keys.iter().map(|key| (key / 10).clamp(0, 255) as u8).collect();
            assert_eq!((&labels, &plain), (&expected, &expected), "{}", S::LEVEL);
        }
    }

    #[test]
    fn every_level_does_what_bytes_do() {
        for level in levels() {
            dispatch(level, Check);
        }
    }
}
