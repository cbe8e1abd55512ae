//! Central differences of 8-bit pixels.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use std::marker::PhantomData;

use itk_core::Axes;
use itk_core::simd::Simd;

use super::Cross;
use crate::kernel::stencil::{Number, Results, Rows, Stencil, Trials};

/// Central differences in integers, for 8-bit pixels and distances of 1. Pixels are widened here, which takes no time beside the
/// roots, so that they are read where they are.
///
/// The sum of squares of at most 6 differences of 8-bit numbers is less than 2²⁴, so f32 holds it. Its root in f32 is its root
/// in f64 rounded to f32, as f64 has more than twice the digits of f32 and two more; half of it is exact. The integer
/// part is the same too: below an even number 2m, the largest root is that of 4m² - 1, which is more than 1 / 4m less,
/// and f32 tells these apart. Along up to 4 axes, half of the root is at most half of that of 4 · 255², so a byte holds it.
pub(super) struct Bytes<R> {
    cross: Cross,
    result: PhantomData<fn() -> R>,
}

impl<R> Bytes<R> {
    pub(super) fn new(cross: Cross) -> Self {
        Self { cross, result: PhantomData }
    }
}

impl<R: Number> Stencil for Bytes<R> {
    type Value = u8;
    type Result = R;

    fn radius(&self) -> &[usize] {
        &self.cross.radius
    }

    fn rows(&self) -> &[Axes<isize>] {
        &self.cross.rows
    }

    fn takes_beside(&self, row: usize) -> bool {
        row == Cross::MIDDLE
    }

    fn cost(&self) -> f64 {
        0.2 + 0.05 * self.cross.rows.len() as f64
    }

    #[inline(always)]
    fn row<S: Simd>(&self, _: S, rows: Rows<'_, u8>, mut out: Results<'_, R>, _: &mut Trials) {
        let n = out.len();
        let pixels = |number: usize| Cross::pixels(rows, Some(0), number, n);
        match (self.cross.x, self.cross.factors.len()) {
            (Some(0), 2) => {
                let ([left, right], [above, below]) = (pixels(0), pixels(1));
                for i in 0..n {
                    let sum = square(left.at(i), right.at(i)) + square(above.at(i), below.at(i));
                    out.set(i, R::half_root(sum));
                }
            }
            (Some(0), 3) => {
                let ([left, right], [above, below], [before, behind]) = (pixels(0), pixels(1), pixels(2));
                for i in 0..n {
                    let sum = square(left.at(i), right.at(i))
                        + square(above.at(i), below.at(i))
                        + square(before.at(i), behind.at(i));
                    out.set(i, R::half_root(sum));
                }
            }
            _ => self.general(rows, out),
        }
    }
}

impl<R: Number> Bytes<R> {
    /// Any axes: one after the other, some columns at a time.
    #[inline(always)]
    fn general(&self, rows: Rows<'_, u8>, mut out: Results<'_, R>) {
        const COLUMNS: usize = 128;
        let length = out.len();
        for at in (0..length).step_by(COLUMNS) {
            let n = COLUMNS.min(length - at);
            let mut sums = [0; COLUMNS];
            for number in 0..self.cross.factors.len() {
                let [before, after] = Cross::pixels(rows, self.cross.x, number, length);
                for i in 0..n {
                    sums[i] += square(before.at(at + i), after.at(at + i));
                }
            }
            for i in 0..n {
                out.set(at + i, R::of_f32(0.5 * (sums[i] as f32).sqrt()));
            }
        }
    }
}

/// The square of a difference, which 16 bits hold: were it one of 32 bits, vectors would hold half as many.
#[inline(always)]
fn square(left: u8, right: u8) -> u32 {
    let difference = i16::from(left) - i16::from(right);
    u32::from(difference.wrapping_mul(difference) as u16)
}

#[cfg(test)]
mod tests {
    use super::square;
    use crate::kernel::stencil::Number;

    #[test]
    fn half_of_a_root_is_that_in_f64_along_up_to_four_axes() {
        for sum in 0..=4 * 255 * 255 {
            let half = 0.5 * f64::from(sum).sqrt();
            assert_eq!(u8::half_root(sum), half as u8, "{sum}");
            assert_eq!(f32::half_root(sum), half as f32, "{sum}");
        }
    }

    #[test]
    fn sixteen_bits_hold_the_square_of_a_difference() {
        for (left, right) in (0..=u8::MAX).flat_map(|left| (0..=u8::MAX).map(move |right| (left, right))) {
            let difference = i32::from(left) - i32::from(right);
            assert_eq!(i64::from(square(left, right)), i64::from(difference * difference), "{left} {right}");
        }
    }
}
