//! Images to test with, the same on every run.

use std::sync::LazyLock;

use itk_core::{Pixel, PixelType};

/// SplitMix64: small, and good enough to make images.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to before `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

/// The pixels of a real slice.
static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cthead1.png");
    itk_io::read_as::<u8>(file).expect("the test image is there").to_vec()
});

/// What the pixels of a test image look like.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// Random bits: all values, NaN and infinities of floats included.
    Bits,
    /// Few values, so many are equal.
    Few,
    /// Numbers of moderate size, some of them NaN where the type has it.
    Nan,
    /// All the same.
    Constant,
    /// 1, 2, 3 …
    Ramp,
    /// Numbers of both signs, many of them infinite where the type has that.
    Infinite,
    /// A part of ITK's `cthead1.png`, a slice of a head.
    Real,
}

impl Content {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Bits, Self::Few, Self::Nan, Self::Constant, Self::Ramp, Self::Infinite, Self::Real];
}

/// Pixels of one kind.
pub fn pixels<T: Pixel>(content: Content, count: usize, random: &mut Random) -> Vec<T> {
    let constant = random.below(100) as f64;
    let start = random.below(HEAD.len());
    (0..count)
        .map(|i| match content {
            Content::Bits => {
                // `Pixel::from_f64` rounds, so floats are made from their bits.
                let bits = random.bits();
                match T::TYPE {
                    PixelType::F16 | PixelType::F32 | PixelType::F64 => float_of_bits(bits),
                    _ => T::from_key(itk_core::simd::Key::from_ordinal(bits)),
                }
            }
            Content::Few => T::from_f64([0.0, -0.0, 3.0, 200.0][random.below(4)]),
            Content::Nan if random.below(9) == 0 && T::TYPE.is_float() => {
                // A negative or a positive NaN, in the lowest 2, 4 or 8 bytes.
                float_of_bits([!0, 0x7fff_ffff_7fff_7fff][random.below(2)])
            }
            Content::Nan => T::from_f64(random.below(1000) as f64 / 8.0 - 60.0),
            Content::Constant => T::from_f64(constant),
            Content::Ramp => T::from_f64(1.0 + i as f64),
            Content::Infinite => T::from_f64(match random.below(3) {
                0 => f64::INFINITY,
                1 => f64::NEG_INFINITY,
                _ => random.below(50) as f64 - 25.0,
            }),
            Content::Real => T::from_f64(f64::from(HEAD[(start + i) % HEAD.len()])),
        })
        .collect()
}

fn float_of_bits<T: Pixel>(bits: u64) -> T {
    let bytes = bits.to_ne_bytes();
    bytemuck::pod_read_unaligned(&bytes[..size_of::<T>()])
}

/// Equal bits, or both NaN.
///
/// # Panics
/// At the first pixel that differs; `what` says where that was.
#[track_caller]
pub fn assert_same<T: Pixel>(got: &[T], expected: &[T], what: &dyn std::fmt::Debug) {
    assert_eq!(got.len(), expected.len(), "{what:?}");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        let same = bytemuck::bytes_of(g) == bytemuck::bytes_of(e) || (g.is_nan() && e.is_nan());
        assert!(same, "pixel {i}: got {g:?}, expected {e:?}; {what:?}");
    }
}
