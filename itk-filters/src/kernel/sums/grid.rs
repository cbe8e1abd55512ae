//! Which pixels can be added in any order.

use itk_core::PixelType;

/// Multiples of a step, which is a power of two.
///
/// All partial sums of a window of such numbers, and of one pixel more, are multiples of the step too, and at most 2⁵³ of them: f64
/// holds these, so no sum is rounded, whatever the order.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    step: f64,
    inverse: f64,
}

/// Added and taken away again, it rounds numbers below 2⁵¹ to integers.
const ROUNDER: f64 = 1.5 * (1u64 << 52) as f64;

/// A bound on the largest pixel and its inverse: with it, nothing here overflows.
const FAR: f64 = 1e150;

impl Grid {
    /// True when all sums of this many pixels of a type are exact.
    pub(super) fn is_needless(pixel: PixelType, samples: usize) -> bool {
        use PixelType::{I8, I16, I32, U8, U16, U32};
        let bits = if matches!(pixel, U8 | I8 | U16 | I16 | U32 | I32) { 8 * pixel.size() } else { 64 };
        bits as u32 + log2_above(samples) < 53
    }

    /// The finest grid for windows of so many pixels, the largest of which has this magnitude.
    pub(super) fn new(largest: f64, samples: usize) -> Option<Self> {
        if largest == 0.0 {
            return Some(Self { step: 1.0, inverse: 1.0 });
        }
        if !(1.0 / FAR..FAR).contains(&largest) {
            return None;
        }
        // The largest is below 2 to this power.
        let above = (largest.to_bits() >> 52) as i32 - 1022;
        let exponent = above + log2_above(samples).max(2) as i32 - 52;
        let power = |exponent: i32| f64::from_bits(((exponent + 1023) as u64) << 52);
        Some(Self { step: power(exponent), inverse: power(-exponent) })
    }

    /// Whether a pixel is on the grid. Infinities and NaN are not.
    #[inline(always)]
    pub(super) fn has(self, value: f64) -> bool {
        // Multiplied back, so that a number whose multiple is too small for f64 is not taken for 0.
        (value * self.inverse + ROUNDER - ROUNDER) * self.step - value == 0.0
    }

    /// The pixel, or 0 when it is not on the grid.
    #[inline(always)]
    pub(super) fn keep(self, value: f64) -> f64 {
        if self.has(value) { value } else { 0.0 }
    }
}

/// The least power of two that is not below a number.
fn log2_above(number: usize) -> u32 {
    number.next_power_of_two().trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_its_multiples_only() {
        let grid = Grid::new(1000.0, 27).expect("1000 is neither large nor small");
        for good in [0.0, -0.0, 1000.0, -999.5, grid.step, -3.0 * grid.step] {
            assert!(grid.has(good), "{good}");
        }
        for other in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.5 * grid.step,
            1.0 + 0.25 * grid.step,
            1e-300,
            5e-324,
        ] {
            assert!(!grid.has(other), "{other}");
        }
        // A number larger than the largest is not asked for; the sum of all samples is exact.
        assert!(1000.0 / grid.step * 27.0 * 2.0 <= (1u64 << 53) as f64);
    }

    #[test]
    fn numbers_far_from_one_have_no_grid() {
        assert!(
            Grid::new(1e200, 9).is_none() && Grid::new(1e-200, 9).is_none() && Grid::new(0.0, 9).is_some()
        );
    }
}
