//! Central differences in f32.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::Axes;

use super::Cross;
use crate::kernel::stencil::{Results, Rows, Staged, Stencil};

/// Central differences in f32: differences first, then their factors, so that no bound depends on the pixels' own size where
/// f32 holds them.
///
/// A factor, a difference and their product are rounded once each, so is the square, and each sum of squares: of n axes, the
/// sum is off by 7 + (n - 1) halves of a last digit (2⁻²⁴), its root by half of that, and rounding the root by one more.
pub(super) struct Single {
    cross: Cross,
    along_x: Option<f32>,
    others: Vec<f32>,
}

impl Single {
    pub(super) fn new(cross: Cross) -> Self {
        let along_x = cross.along_x.map(|c| c as f32);
        let others = cross.others.iter().map(|&c| c as f32).collect();
        Self { cross, along_x, others }
    }

    /// Any axes: one after the other, some columns at a time.
    #[inline(always)]
    fn general(&self, rows: Rows<'_, f32>, mut out: Results<'_, f32>) {
        const COLUMNS: usize = 128;
        let length = out.len();
        for at in (0..length).step_by(COLUMNS) {
            let n = COLUMNS.min(length - at);
            let mut sums = [0.0; COLUMNS];
            let part = |row: usize, columns: isize| rows.beside(row, columns).first(length);
            if let Some(cx) = self.along_x {
                let (left, right) = (part(0, -1), part(0, 1));
                for i in 0..n {
                    sums[i] = square(cx, left.at(at + i), right.at(at + i));
                }
            }
            for (a, &c) in self.others.iter().enumerate() {
                let (left, right) = (part(1 + 2 * a, 0), part(2 + 2 * a, 0));
                for i in 0..n {
                    sums[i] += square(c, left.at(at + i), right.at(at + i));
                }
            }
            let middle = part(0, 0);
            for i in 0..n {
                // Without any axis, the pixel itself has no part in the result.
                let is_alone = self.along_x.is_none() && self.others.is_empty();
                out.set(at + i, if is_alone { 0.0 } else { root(sums[i], middle.at(at + i)) });
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
    fn row(&self, rows: Rows<'_, f32>, mut out: Results<'_, f32>) {
        let n = out.len();
        let beside = |row: usize, columns: isize| rows.beside(row, columns).first(n);
        match (self.along_x, self.others.as_slice()) {
            (Some(cx), &[cy]) => {
                let (left, middle, right) = (beside(0, -1), beside(0, 0), beside(0, 1));
                let (above, below) = (beside(1, 0), beside(2, 0));
                for i in 0..n {
                    let sum = square(cx, left.at(i), right.at(i)) + square(cy, above.at(i), below.at(i));
                    out.set(i, root(sum, middle.at(i)));
                }
            }
            (Some(cx), &[cy, cz]) => {
                let (left, middle, right) = (beside(0, -1), beside(0, 0), beside(0, 1));
                let (above, below) = (beside(1, 0), beside(2, 0));
                let (before, behind) = (beside(3, 0), beside(4, 0));
                for i in 0..n {
                    let sum = square(cx, left.at(i), right.at(i))
                        + square(cy, above.at(i), below.at(i))
                        + square(cz, before.at(i), behind.at(i));
                    out.set(i, root(sum, middle.at(i)));
                }
            }
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
