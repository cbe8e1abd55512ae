//! Central differences that are whole numbers.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::simd::{self, Simd};
use itk_core::{Axes, PixelType};

use super::Cross;
use super::central::Central;
use crate::kernel::stencil::{Results, Row, Rows, Staged, Stencil, Trials};

/// The least sum of squares that f32 may have rounded.
const STEEP: f32 = 16_777_216.0;

/// A number that makes others whole, when it is added: neighbours of it in f32 are 1 apart.
const WHOLE: f32 = 12_582_912.0;

/// Central differences: for distances of 1 in f32, wherever they are whole numbers and f32 holds the sum of their squares; else in
/// f64, with roots that are estimated, where that is faster.
///
/// A sum of squares of whole numbers below 2²⁴ is exact, as f32 holds all whole numbers below 2²⁴; and none that is larger is
/// rounded to less. Its root in f32 is its root in f64 rounded to f32, as f64 has more than twice the digits of f32 and two
/// more; half of it is exact. So images of whole numbers, as scanners make them, with slopes of less than 2048 a pixel take no f64
/// roots. Where others are frequent, f32 is not tried.
pub(super) struct Whole<V> {
    is_unit: bool,
    estimates: bool,
    wide: Central<V, f32>,
}

impl<V: Difference> Whole<V> {
    pub(super) fn new(cross: Cross, from: PixelType) -> Self {
        let wide = Central::new(cross, from);
        Self {
            is_unit: wide.cross().is_unit(),
            estimates: simd::has_slow_roots() && wide.has_estimates(),
            wide,
        }
    }
}

/// Pixels whose difference may be a whole number.
pub(super) trait Difference: Staged + Into<f64> {
    /// The difference; and no bits where that is exact and whole, unless it is 2²² or more, infinite or NaN. A zero with a sign may
    /// give some, too.
    fn difference(self, other: Self) -> (f32, u32);
}

macro_rules! always_whole {
    ($($type:ident)*) => {$(
        impl Difference for $type {
            #[inline(always)]
            fn difference(self, other: Self) -> (f32, u32) {
                ((i32::from(self) - i32::from(other)) as f32, 0)
            }
        }
    )*};
}
always_whole! { i16 u16 }

impl Difference for f32 {
    #[inline(always)]
    fn difference(self, other: Self) -> (f32, u32) {
        let difference = self - other;
        // Of these two the one of the larger pixel is exact, and tells what was rounded (Dekker 1971).
        let rounded = unlike(self - difference, other) | unlike(difference + other, self);
        (difference, rounded | unlike((difference + WHOLE) - WHOLE, difference))
    }
}

/// The bits that are not the same. Those of all pixels are put together by fewer operations than comparisons are.
#[inline(always)]
fn unlike(a: f32, b: f32) -> u32 {
    a.to_bits() ^ b.to_bits()
}

impl<V: Difference> Stencil for Whole<V> {
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
    fn row<S: Simd>(&self, simd: S, rows: Rows<'_, V>, mut out: Results<'_, f32>, trials: &mut Trials) {
        let [whole, estimate] = trials;
        if self.is_unit && whole.is_due() {
            let is_exact = self.whole(rows, &mut out);
            whole.note(!is_exact);
            if is_exact {
                return;
            }
        }
        if S::ESTIMATES_ROOTS && self.estimates && estimate.is_due() {
            let is_sure = self.wide.estimate(simd, rows, &mut out);
            estimate.note(!is_sure);
            if is_sure {
                return;
            }
        }
        self.wide.row(simd, rows, out, trials);
    }
}

impl<V: Difference> Whole<V> {
    /// The results in f32, and whether all of them are exact.
    #[inline(always)]
    fn whole(&self, rows: Rows<'_, V>, out: &mut Results<'_, f32>) -> bool {
        let n = out.len();
        let cross = self.wide.cross();
        let middle = rows.beside(Cross::MIDDLE, 0).first(n);
        // Sums that are exact do not depend on their order, so x may be any of the axes, or none.
        let pixels = |number: usize| Cross::pixels(rows, cross.x, number, n);
        let mut found = Found::default();
        match cross.factors.len() {
            2 => {
                let (first, second) = (pixels(0), pixels(1));
                for i in 0..n {
                    let [a, b] = [square(first, i), square(second, i)];
                    let sum = a.0 + b.0;
                    found.add(a.1 | b.1, sum, middle.at(i));
                    out.set(i, 0.5 * sum.sqrt());
                }
            }
            3 => {
                let (first, second, third) = (pixels(0), pixels(1), pixels(2));
                for i in 0..n {
                    let [a, b, c] = [square(first, i), square(second, i), square(third, i)];
                    let sum = a.0 + b.0 + c.0;
                    found.add(a.1 | b.1 | c.1, sum, middle.at(i));
                    out.set(i, 0.5 * sum.sqrt());
                }
            }
            _ => return false,
        }
        found.is_exact()
    }
}

/// What results are exact by.
#[derive(Default)]
struct Found {
    /// What [`Difference::difference`] says of any difference.
    rounded: u32,
    /// The largest sum.
    steepest: u32,
    /// Of pixels times 0.
    nothing: u32,
}

impl Found {
    #[inline(always)]
    fn add<V: Staged>(&mut self, rounded: u32, sum: f32, middle: V) {
        self.rounded |= rounded;
        // No sum is less than 0, so they are ordered as their bits, and NaN is above all.
        self.steepest = self.steepest.max(sum.to_bits());
        self.nothing |= middle.nothing().to_bits();
    }

    /// Whether all are: zeros may have a sign.
    #[inline(always)]
    fn is_exact(&self) -> bool {
        self.rounded == 0 && self.steepest < STEEP.to_bits() && self.nothing << 1 == 0
    }
}

/// The square of a difference, and what [`Difference::difference`] says of it.
#[inline(always)]
fn square<V: Difference>([before, after]: [Row<'_, V>; 2], i: usize) -> (f32, u32) {
    let (difference, rounded) = before.at(i).difference(after.at(i));
    (difference * difference, rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_root_is_that_in_f64_below_the_least_sum_that_may_be_rounded() {
        for sum in 0..STEEP as u32 {
            let root = (sum as f32).sqrt();
            assert_eq!(0.5 * root, (0.5 * f64::from(sum).sqrt()) as f32, "{sum}");
        }
    }

    #[test]
    fn a_difference_is_whole_where_it_is_in_f64() {
        let wholes = [0.0, 1.0, 2.0, 999.0, 4095.0, 4096.0, 65_535.0, 1_048_577.0, 4_194_303.0, 16_777_216.0];
        let parts = [0.0, 0.5, 0.25, 0.1, 1e-3, 1e-8, 1e-30, f32::MIN_POSITIVE, 1e-45, 0.999_999_94];
        let sums = wholes.iter().flat_map(|whole| parts.map(|part| whole + part));
        let mut pixels: Vec<f32> = sums.flat_map(|pixel| [pixel, 0.0 - pixel]).collect();
        pixels.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, 1e20]);
        let mut counts = [0; 2];
        for &left in &pixels {
            for &right in &pixels {
                let exact = f64::from(left) - f64::from(right);
                let (difference, rounded) = left.difference(right);
                let is_found = rounded == 0 && difference.abs() < 4096.0;
                // Beside others, f64 rounds these too.
                let is_tiny = left != right && [left, right].iter().any(|p| *p != 0.0 && p.abs() < 1e-20);
                let is_whole = exact.abs() < 4096.0 && exact.fract() == 0.0 && !is_tiny;
                assert_eq!(is_found, is_whole, "{left} - {right}");
                assert!(!is_found || f64::from(difference) == exact, "{left} - {right}");
                counts[usize::from(is_found)] += 1;
            }
        }
        assert!(counts.iter().all(|&count| count > 1000), "{counts:?}");
    }
}
