//! Images to measure on: noise of one type, the same on every run.

pub mod content;

use itk_core::{Image, Pixel, simd};
use itk_tests::cases::{Content, Random, pixels};

/// Sizes that are measured, xyz: a slice and a volume.
pub const SIZES: &[&[usize]] = &[&[1024, 1024], &[128, 128, 64]];

/// An image of small integers, which every pixel type holds.
///
/// # Panics
/// When the size is none that an image can have.
pub fn noise<T: Pixel>(size: &[usize]) -> Image<T> {
    let bytes = pixels::<u8>(Content::Bits, size.iter().product(), &mut Random::new(1));
    let values = bytes.into_iter().map(|byte| T::from_f64(f64::from(byte) / 2.0)).collect();
    Image::from_vec(size, values).expect("an image of this size")
}

/// `u8 1024x1024 avx512`: what is measured, and the level that `OXITK_SIMD` or the CPU gives.
///
/// # Panics
/// When `OXITK_SIMD` names no level of this CPU.
pub fn label<T: Pixel>(size: &[usize]) -> String {
    let size: Vec<String> = size.iter().map(usize::to_string).collect();
    let level = simd::level().expect("a level of this CPU");
    format!("{} {} {level}", T::TYPE.name(), size.join("x"))
}
