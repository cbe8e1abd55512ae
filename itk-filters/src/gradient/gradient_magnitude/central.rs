//! Central differences in f64.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use std::marker::PhantomData;
use std::ops::Add;

use itk_core::simd::Simd;
use itk_core::{Axes, PixelType};

use super::Cross;
use crate::kernel::stencil::{Number, Results, Rows, Staged, Stencil, Trials};

/// Central differences in f64, of rows that are staged as `V`: 16-bit integers where they are, as converting them takes no time
/// beside the roots.
///
/// These are ITK's operations, but for some that change no result. The sum over a pixel's neighbours begins with 0 there,
/// which can change the sign of a zero only, and that is squared away. And the middle pixel times 0 is added along each
/// axis there: as that is zero or NaN, adding it once is enough, at any time.
///
/// For distances of 1, all factors are a half. Pixels that f32 holds are so far from the least and the largest f64 that every
/// step gives half of, or a quarter of, what it would give without the factors; so they come last, as one.
pub(super) struct Central<V, R> {
    cross: Cross,
    pub(super) arithmetic: Arithmetic,
    types: PhantomData<fn(V) -> R>,
}

/// What is known of factors and pixels.
pub(super) enum Arithmetic {
    /// Nothing.
    Any,
    /// The factors are a half.
    Halves,
    /// And differences of pixels are exact in f32: integers of 16 bits at most.
    ShortHalves,
}

impl<V, R> Central<V, R> {
    pub(super) fn cross(&self) -> &Cross {
        &self.cross
    }
}

impl<V: Staged, R> Central<V, R> {
    pub(super) fn new(cross: Cross, from: PixelType) -> Self {
        use PixelType::{I8, I16, U8, U16};
        let arithmetic = match (V::IS_NARROW && cross.is_unit(), from) {
            (false, _) => Arithmetic::Any,
            (true, I8 | I16 | U8 | U16) => Arithmetic::ShortHalves,
            (true, _) => Arithmetic::Halves,
        };
        Self { cross, arithmetic, types: PhantomData }
    }
}

impl<V: Staged + Into<f64>, R: Number + Add<Output = R>> Stencil for Central<V, R> {
    type Value = V;
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
        0.5 + 0.1 * self.cross.rows.len() as f64
    }

    #[inline(always)]
    fn row<S: Simd>(&self, _: S, rows: Rows<'_, V>, out: Results<'_, R>, _: &mut Trials) {
        match (self.cross.x, self.cross.factors.as_slice()) {
            (Some(0), &[c]) => self.one(rows, out, c),
            (Some(0), &[a, b]) => self.two(rows, out, [a, b]),
            (Some(0), &[a, b, c]) => self.three::<0>(rows, out, [a, b, c]),
            (Some(2), &[a, b, c]) => self.three::<2>(rows, out, [a, b, c]),
            _ => self.general(rows, out),
        }
    }
}

impl<V: Staged + Into<f64>, R: Number + Add<Output = R>> Central<V, R> {
    #[inline(always)]
    fn one(&self, rows: Rows<'_, V>, mut out: Results<'_, R>, c: f64) {
        let n = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(n);
        let [left, right] = Cross::pixels(rows, Some(0), 0, n);
        for i in 0..n {
            let x = through(c, left.at(i), middle.at(i), right.at(i));
            out.set(i, R::of_f64((x * x).sqrt()));
        }
    }

    #[inline(always)]
    fn two(&self, rows: Rows<'_, V>, mut out: Results<'_, R>, [a, b]: [f64; 2]) {
        let n = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(n);
        let [left, right] = Cross::pixels(rows, Some(0), 0, n);
        let [above, below] = Cross::pixels(rows, Some(0), 1, n);
        macro_rules! halves {
            ($short:literal) => {
                for i in 0..n {
                    let x = distance::<$short, V>(left.at(i), right.at(i));
                    let y = distance::<$short, V>(above.at(i), below.at(i));
                    out.set(i, half_root::<$short, V, R>(x * x + y * y, middle.at(i)));
                }
            };
        }
        match self.arithmetic {
            Arithmetic::Halves if V::IS_NARROW && !V::IS_SHORT => halves!(false),
            Arithmetic::ShortHalves if V::IS_NARROW => halves!(true),
            _ => {
                for i in 0..n {
                    let x = through(a, left.at(i), middle.at(i), right.at(i));
                    let y = difference(b, above.at(i), below.at(i));
                    out.set(i, R::of_f64((x * x + y * y).sqrt()));
                }
            }
        }
    }

    /// `X` is the number of the difference along x.
    #[inline(always)]
    fn three<const X: usize>(&self, rows: Rows<'_, V>, mut out: Results<'_, R>, [a, b, c]: [f64; 3]) {
        let n = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(n);
        let [left, right] = Cross::pixels(rows, Some(X), 0, n);
        let [above, below] = Cross::pixels(rows, Some(X), 1, n);
        let [before, behind] = Cross::pixels(rows, Some(X), 2, n);
        macro_rules! halves {
            ($short:literal) => {
                for i in 0..n {
                    let x = distance::<$short, V>(left.at(i), right.at(i));
                    let y = distance::<$short, V>(above.at(i), below.at(i));
                    let z = distance::<$short, V>(before.at(i), behind.at(i));
                    out.set(i, half_root::<$short, V, R>(x * x + y * y + z * z, middle.at(i)));
                }
            };
        }
        match self.arithmetic {
            Arithmetic::Halves if V::IS_NARROW && !V::IS_SHORT => halves!(false),
            Arithmetic::ShortHalves if V::IS_NARROW => halves!(true),
            _ => {
                for i in 0..n {
                    let x = through(a, left.at(i), middle.at(i), right.at(i));
                    let y = difference(b, above.at(i), below.at(i));
                    let z = difference(c, before.at(i), behind.at(i));
                    out.set(i, R::of_f64((x * x + y * y + z * z).sqrt()));
                }
            }
        }
    }

    /// Any axes: one after the other, some columns at a time.
    #[inline(always)]
    fn general(&self, rows: Rows<'_, V>, mut out: Results<'_, R>) {
        const COLUMNS: usize = 128;
        let Cross { factors, x, .. } = &self.cross;
        let mut sums = [0.0; COLUMNS];
        let length = out.len();
        let middle = rows.beside(Cross::MIDDLE, 0).first(length);
        for at in (0..length).step_by(COLUMNS) {
            let n = COLUMNS.min(length - at);
            let sums = &mut sums[..n];
            for i in 0..n {
                // Without any axis, the pixel itself has no part in the result.
                sums[i] = if factors.is_empty() { 0.0 } else { 0.0 * middle.at(at + i).into() };
            }
            for (number, &c) in factors.iter().enumerate() {
                let [before, after] = Cross::pixels(rows, *x, number, length);
                for i in 0..n {
                    let g = difference(c, before.at(at + i), after.at(at + i));
                    sums[i] += g * g;
                }
            }
            for i in 0..n {
                out.set(at + i, R::of_f64(sums[i].sqrt()));
            }
        }
    }
}

/// A difference past the middle pixel, whose coefficient is 0, and ITK multiplies by it: infinity and NaN come through.
#[inline(always)]
fn through<V: Into<f64>>(c: f64, before: V, middle: V, after: V) -> f64 {
    c * before.into() + 0.0 * middle.into() - c * after.into()
}

/// Half of the root, or NaN where the middle pixel is infinite or NaN. As no root is less than 0, a 0 of either sign is added to it
/// after it was rounded as well as before.
#[inline(always)]
fn half_root<const SHORT: bool, V: Staged, R: Number + Add<Output = R>>(sum: f64, middle: V) -> R {
    let root = R::of_f64(0.5 * sum.sqrt());
    if SHORT { root } else { root + R::of_f32(middle.nothing()) }
}

/// A difference without its factor; `SHORT` where the pixels' own type holds it.
#[inline(always)]
pub(super) fn distance<const SHORT: bool, V: Staged + Into<f64>>(left: V, right: V) -> f64 {
    if SHORT { left.minus(right) } else { left.into() - right.into() }
}

#[inline(always)]
pub(super) fn difference<V: Into<f64>>(c: f64, left: V, right: V) -> f64 {
    c * left.into() - c * right.into()
}
