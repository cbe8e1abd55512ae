//! Central differences whose roots are estimated.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::simd::{LEAST_SQUARE, ROOTS, Simd};

use super::Cross;
use super::central::{Arithmetic, Central, difference, distance};
use crate::kernel::stencil::{Results, Row, Rows, Staged};

/// Columns whose squares are summed in one go.
const COLUMNS: usize = 4 * ROOTS;

impl<V: Staged + Into<f64>> Central<V, f32> {
    /// Whether [`Central::estimate`] is ever sure.
    pub(super) fn has_estimates(&self) -> bool {
        [2, 3].contains(&self.cross().factors.len())
    }

    /// The results by [`Simd::estimate_roots`], and whether all of them are sure. Differences are those of f64; squares and sums
    /// may be rounded in any way, as long as results do not depend on it.
    #[inline(always)]
    pub(super) fn estimate<S: Simd>(&self, simd: S, rows: Rows<'_, V>, out: &mut Results<'_, f32>) -> bool {
        match self.arithmetic {
            Arithmetic::Halves if !V::IS_SHORT => {
                self.by(simd, rows, out, 0.5, |_, left, right| distance::<false, V>(left, right))
            }
            Arithmetic::ShortHalves => {
                self.by(simd, rows, out, 0.5, |_, left, right| distance::<true, V>(left, right))
            }
            _ => self.by(simd, rows, out, 1.0, difference),
        }
    }

    #[inline(always)]
    fn by<S: Simd>(
        &self,
        simd: S,
        rows: Rows<'_, V>,
        out: &mut Results<'_, f32>,
        scale: f64,
        difference: impl Fn(f64, V, V) -> f64,
    ) -> bool {
        let Cross { factors, x, .. } = self.cross();
        let (length, mut sums) = (out.len(), [0.0; COLUMNS]);
        let mut is_sure = length % ROOTS == 0;
        for at in (0..length).step_by(COLUMNS) {
            if !is_sure {
                break;
            }
            let n = COLUMNS.min(length - at);
            let (rows, mut out, sums) = (rows.part(at, n), out.part(at, n), &mut sums[..n]);
            let pixels = |number: usize| Cross::pixels(rows, *x, number, n);
            let slope =
                |c: f64, [before, after]: [Row<'_, V>; 2], i: usize| difference(c, before.at(i), after.at(i));
            match *factors.as_slice() {
                [a, b] => {
                    let (first, second) = (pixels(0), pixels(1));
                    for i in 0..n {
                        let [a, b] = [slope(a, first, i), slope(b, second, i)];
                        sums[i] = b.mul_add(b, a.mul_add(a, LEAST_SQUARE));
                    }
                }
                [a, b, c] => {
                    let (first, second, third) = (pixels(0), pixels(1), pixels(2));
                    for i in 0..n {
                        let [a, b, c] = [slope(a, first, i), slope(b, second, i), slope(c, third, i)];
                        sums[i] = c.mul_add(c, b.mul_add(b, a.mul_add(a, LEAST_SQUARE)));
                    }
                }
                _ => return false,
            }
            let middle = rows.beside(Cross::MIDDLE, 0).first(n);
            let mut nothing = 0;
            for i in 0..n {
                nothing |= middle.at(i).nothing().to_bits();
            }
            is_sure &= nothing << 1 == 0;
            for (at, sums) in (0..n).step_by(ROOTS).zip(sums.as_chunks().0) {
                let mut roots = [0.0; ROOTS];
                is_sure &= simd.estimate_roots(sums, scale, &mut roots);
                let mut out = out.part(at, ROOTS);
                for i in 0..ROOTS {
                    out.set(i, roots[i]);
                }
            }
        }
        is_sure
    }
}
