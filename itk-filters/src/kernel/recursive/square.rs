//! Squares of derivatives, added to sums with the roundings to f32 that ITK's images make.

use itk_core::PixelType;
use itk_core::simd::Simd;

use super::lines::{Rows, Sink};
use super::turn::Value;

/// Where derivatives become squares, which are added to sums.
#[derive(Clone, Copy)]
pub(super) struct Square<V> {
    /// What squares are added to, if there is something.
    pub(super) sum: Option<Rows<V>>,
    /// Where the results go; it may be where the sums are.
    pub(super) to: Rows<V>,
    spacing: f64,
    /// Of the spacing, where it is exact: that of a power of two. To multiply is then to divide, and faster.
    inverse: Option<f64>,
    /// Whether the root of the sum is taken.
    root: bool,
}

impl<V: Value> Square<V> {
    pub(super) fn new(sum: Option<Rows<V>>, to: Rows<V>, spacing: f64, root: bool) -> Self {
        let inverse = 1.0 / spacing;
        let is_exact = spacing.to_bits() << 12 == 0 && inverse.is_normal();
        Self { sum, to, spacing, inverse: is_exact.then_some(inverse), root }
    }
}

impl<V: Value> Sink<V> for Square<V> {
    #[inline(always)]
    unsafe fn put<const L: usize>(&self, row: usize, results: [V; L]) {
        let mut slopes = [0.0; L];
        for l in 0..L {
            slopes[l] = f64::from(results[l].to_f64() as f32);
        }
        match self.inverse {
            Some(inverse) => slopes.iter_mut().for_each(|slope| *slope *= inverse),
            None => slopes.iter_mut().for_each(|slope| *slope /= self.spacing),
        }
        // SAFETY: the caller's promise.
        let sums = self.sum.map_or([V::default(); L], |sum| unsafe { sum.values(row) });
        let mut totals = [0.0; L];
        for l in 0..L {
            totals[l] = (sums[l].to_f64() + slopes[l] * slopes[l]) as f32;
        }
        let mut values = [V::default(); L];
        for l in 0..L {
            // In f32 the root of the sum is that in f64, rounded: that has more than twice the digits.
            values[l] = match V::TYPE {
                _ if !self.root => V::of_f32(totals[l]),
                PixelType::F32 => V::of_f32(totals[l].sqrt()),
                _ => V::of_f64(f64::from(totals[l]).sqrt()),
            };
        }
        // SAFETY: the caller's promise.
        unsafe { self.to.put(row, values) };
    }

    #[inline(always)]
    fn prefetch<S: Simd, const L: usize>(&self, simd: S, row: isize) {
        self.to.prefetch::<S, L>(simd, row);
        if let Some(sum) = self.sum {
            sum.prefetch::<S, L>(simd, row);
        }
    }
}
