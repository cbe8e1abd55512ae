//! Central differences in f32.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::Axes;
use itk_core::simd::Simd;

use super::Cross;
use crate::kernel::stencil::{Results, Rows, Staged, Stencil, Trials};

/// Central differences in f32: differences first, then their factors, so that no bound depends on the pixels' own size where
/// f32 holds them.
///
/// A factor, a difference and their product are rounded once each, so is the square, and each sum of squares: of n axes, the
/// sum is off by 7 + (n - 1) halves of a last digit (2⁻²⁴), its root by half of that, and rounding the root by one more.
pub(super) struct Single {
    cross: Cross,
    /// Of the differences.
    factors: Vec<f32>,
}

impl Single {
    pub(super) fn new(cross: Cross) -> Self {
        let factors = cross.factors.iter().map(|&c| c as f32).collect();
        Self { cross, factors }
    }

    /// `X` is the number of the difference along x.
    #[inline(always)]
    fn three<const X: usize>(&self, rows: Rows<'_, f32>, mut out: Results<'_, f32>, [a, b, c]: [f32; 3]) {
        let n = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(n);
        let [left, right] = Cross::pixels(rows, Some(X), 0, n);
        let [above, below] = Cross::pixels(rows, Some(X), 1, n);
        let [before, behind] = Cross::pixels(rows, Some(X), 2, n);
        for i in 0..n {
            let sum = square(a, left.at(i), right.at(i))
                + square(b, above.at(i), below.at(i))
                + square(c, before.at(i), behind.at(i));
            out.set(i, root(sum, middle.at(i)));
        }
    }

    /// Any axes: one after the other, some columns at a time.
    #[inline(always)]
    fn general(&self, rows: Rows<'_, f32>, mut out: Results<'_, f32>) {
        const COLUMNS: usize = 128;
        let length = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(length);
        for at in (0..length).step_by(COLUMNS) {
            let n = COLUMNS.min(length - at);
            let mut sums = [0.0; COLUMNS];
            for (number, &c) in self.factors.iter().enumerate() {
                let [before, after] = Cross::pixels(rows, self.cross.x, number, length);
                for i in 0..n {
                    sums[i] += square(c, before.at(at + i), after.at(at + i));
                }
            }
            for i in 0..n {
                // Without any axis, the pixel itself has no part in the result.
                out.set(at + i, if self.factors.is_empty() { 0.0 } else { root(sums[i], middle.at(at + i)) });
            }
        }
    }
}

impl Stencil for Single {
    type Value = f32;
    type Result = f32;

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
    fn row<S: Simd>(&self, _: S, rows: Rows<'_, f32>, mut out: Results<'_, f32>, _: &mut Trials) {
        match (self.cross.x, self.factors.as_slice()) {
            (Some(0), &[a, b]) => {
                let n = out.len();
                let middle = rows.beside(Cross::MIDDLE, 0).first(n);
                let [left, right] = Cross::pixels(rows, Some(0), 0, n);
                let [above, below] = Cross::pixels(rows, Some(0), 1, n);
                for i in 0..n {
                    let sum = square(a, left.at(i), right.at(i)) + square(b, above.at(i), below.at(i));
                    out.set(i, root(sum, middle.at(i)));
                }
            }
            (Some(0), &[a, b, c]) => self.three::<0>(rows, out, [a, b, c]),
            (Some(2), &[a, b, c]) => self.three::<2>(rows, out, [a, b, c]),
            _ => self.general(rows, out),
        }
    }
}

/// The square of a difference.
#[inline(always)]
fn square(c: f32, left: f32, right: f32) -> f32 {
    let difference = c * (left - right);
    difference * difference
}

/// The root, or NaN where the middle pixel is infinite or NaN.
#[inline(always)]
fn root(sum: f32, middle: f32) -> f32 {
    sum.sqrt() + middle.nothing()
}
