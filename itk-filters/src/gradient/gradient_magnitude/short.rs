//! Central differences of 16-bit pixels.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::{Axes, PixelType};

use super::Cross;
use super::central::Central;
use crate::kernel::stencil::{Results, Rows, Staged, Stencil, Trial};

/// The least sum of squares that f32 may have rounded.
const STEEP: f32 = 16_777_216.0;

/// Central differences of 16-bit pixels: for distances of 1 in f32, wherever it holds the sum of their squares; else in f64.
///
/// Differences have 17 bits, so they are exact. A sum of squares below 2²⁴ is that of whole numbers below 2²⁴, all of which f32
/// holds; and none that is larger is rounded to less. Its root in f32 is its root in f64 rounded to f32, as f64 has more than
/// twice the digits of f32 and two more; half of it is exact. So slopes of less than 2048 a pixel, which are those of nearly
/// all images, take no f64 roots. Where others are frequent, f32 is not tried.
pub(super) struct Short<V> {
    is_unit: bool,
    wide: Central<V, f32>,
}

impl<V: Staged> Short<V> {
    pub(super) fn new(cross: Cross, from: PixelType) -> Self {
        Self { is_unit: cross.is_unit(), wide: Central::new(cross, from) }
    }
}

impl<V: Staged + Into<f64> + Into<i32>> Stencil for Short<V> {
    type Value = V;
    type Result = f32;

    fn radius(&self) -> &[usize] {
        self.wide.radius()
    }

    fn rows(&self) -> &[Axes<isize>] {
        self.wide.rows()
    }

    fn takes_beside(&self, row: usize) -> bool {
        self.wide.takes_beside(row)
    }

    fn cost(&self) -> f64 {
        self.wide.cost()
    }

    #[inline(always)]
    fn row(&self, rows: Rows<'_, V>, mut out: Results<'_, f32>, trial: &mut Trial) {
        if self.is_unit && trial.is_due() {
            let is_steep = self.gentle(rows, &mut out);
            trial.note(is_steep);
            if !is_steep {
                return;
            }
        }
        self.wide.row(rows, out, trial);
    }
}

impl<V: Staged + Into<f64> + Into<i32>> Short<V> {
    /// The results in f32; and whether one of them may be wrong.
    #[inline(always)]
    fn gentle(&self, rows: Rows<'_, V>, out: &mut Results<'_, f32>) -> bool {
        let n = out.len();
        let cross = self.wide.cross();
        let pixels = |number: usize| Cross::pixels(rows, Some(0), number, n);
        let mut is_steep = false;
        match (cross.x, cross.factors.len()) {
            (Some(0), 2) => {
                let ([left, right], [above, below]) = (pixels(0), pixels(1));
                for i in 0..n {
                    let sum = square(left.at(i), right.at(i)) + square(above.at(i), below.at(i));
                    is_steep |= sum >= STEEP;
                    out.set(i, 0.5 * sum.sqrt());
                }
            }
            (Some(0), 3) => {
                let ([left, right], [above, below], [before, behind]) = (pixels(0), pixels(1), pixels(2));
                for i in 0..n {
                    let sum = square(left.at(i), right.at(i))
                        + square(above.at(i), below.at(i))
                        + square(before.at(i), behind.at(i));
                    is_steep |= sum >= STEEP;
                    out.set(i, 0.5 * sum.sqrt());
                }
            }
            _ => return true,
        }
        is_steep
    }
}

/// The square of a difference.
#[inline(always)]
fn square<V: Into<i32>>(left: V, right: V) -> f32 {
    let difference = (left.into() - right.into()) as f32;
    difference * difference
}

#[cfg(test)]
mod tests {
    use super::STEEP;

    #[test]
    fn half_of_a_root_is_that_in_f64_below_the_least_sum_that_may_be_rounded() {
        for sum in 0..STEEP as u32 {
            let root = (sum as f32).sqrt();
            assert_eq!(0.5 * root, (0.5 * f64::from(sum).sqrt()) as f32, "{sum}");
        }
    }
}
