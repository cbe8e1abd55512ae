//! Operators on a pixel's neighbours: weighted sums, and what is made of several of them.
//!
//! A sum is ITK's inner product of a neighbourhood: it begins with 0, and its terms are multiplied and added one by one, in the
//! operator's order, x fastest.

use itk_core::simd::Simd;
use itk_core::{AnyView, Axes, Context, Pixel, Result, ViewMut};

use super::order::{nearest_first, steps};
use super::stencil::{Results, Rows, Stencil, Sweep, Trials};

/// Columns that are summed in registers.
const CHUNK: usize = 32;

/// A neighbour's distance (xyz) and weight.
pub(crate) type Term = (Axes<isize>, f64);

/// What is made of the sums.
#[derive(Clone, Debug)]
pub(crate) enum Finish {
    /// The only one there is.
    Sum,
    /// The root of the sum of their squares.
    Root,
    /// Their sum with these weights: a component of a vector that is turned.
    Turned(Vec<f64>),
}

/// Operators over an image, computed in f64.
pub(crate) struct Operators<'a> {
    /// At least one.
    pub(crate) operators: &'a [Vec<Term>],
    pub(crate) finish: Finish,
    /// Whether each step's result is rounded to f32, as where ITK keeps it in an image of that type.
    pub(crate) single: bool,
    pub(crate) source: AnyView<'a>,
    /// The index in the image of the output's first pixel, xyz.
    pub(crate) offset: Axes<usize>,
}

impl Operators<'_> {
    /// Computes all results, on the pool. Axes are taken in the order of the output's memory, terms in theirs.
    ///
    /// # Errors
    /// [`itk_core::Error::Aborted`]; [`itk_core::Error::SimdLevel`].
    pub(crate) fn fill<O: Pixel>(
        self,
        name: &'static str,
        mut output: ViewMut<'_, O>,
        context: &Context<'_>,
    ) -> Result<()> {
        let Self { operators, finish, single, mut source, mut offset } = self;
        let mut axes = Axes::from_fn(offset.len(), |a| a);
        for [a, b] in nearest_first(steps(output.strides())) {
            (source, output) = (source.swap_axes(a, b), output.swap_axes(a, b));
            offset.swap(a, b);
            axes.swap(a, b);
        }
        let stencil = &Sums::new(&axes, operators, finish, single);
        Sweep { stencil, source, offset }.fill(name, output, context)
    }
}

/// The sums of operators, and what is made of them.
struct Sums {
    radius: Axes<usize>,
    rows: Vec<Axes<isize>>,
    sums: Vec<Vec<Tap>>,
    finish: Finish,
    single: bool,
}

/// A term, by its row and how many columns to the right it lies.
struct Tap {
    row: usize,
    columns: isize,
    weight: f64,
}

impl Sums {
    /// `axes` are those of the terms, in the order in which they are taken.
    fn new(axes: &[usize], operators: &[Vec<Term>], finish: Finish, single: bool) -> Self {
        let mut radius = Axes::filled(axes.len(), 0);
        // The middle row is staged even where no operator has a term.
        let mut rows = vec![Axes::filled(axes.len() - 1, 0)];
        let mut tap = |&(offset, weight): &Term| {
            let offset = Axes::from_fn(axes.len(), |a| offset[axes[a]]);
            for (r, step) in radius.iter_mut().zip(offset.iter()) {
                *r = (*r).max(step.unsigned_abs());
            }
            let at = Axes::from_fn(axes.len() - 1, |a| offset[a + 1]);
            let row = rows.iter().position(|known| *known == at).unwrap_or_else(|| {
                rows.push(at);
                rows.len() - 1
            });
            Tap { row, columns: offset[0], weight }
        };
        let sums = operators.iter().map(|operator| operator.iter().map(&mut tap).collect()).collect();
        Self { radius, rows, sums, finish, single }
    }

    /// A number of a step's result.
    #[inline(always)]
    fn rounded(&self, value: f64) -> f64 {
        if self.single { f64::from(value as f32) } else { value }
    }
}

impl Stencil for Sums {
    type Value = f64;
    type Result = f64;

    fn radius(&self) -> &[usize] {
        &self.radius
    }

    fn rows(&self) -> &[Axes<isize>] {
        &self.rows
    }

    fn cost(&self) -> f64 {
        0.5 + 0.1 * self.sums.iter().map(Vec::len).sum::<usize>() as f64
    }

    #[inline(always)]
    fn row<S: Simd>(&self, _: S, rows: Rows<'_, f64>, mut out: Results<'_, f64>, _: &mut Trials) {
        let length = out.len();
        let whole = length - length % CHUNK;
        for at in (0..whole).step_by(CHUNK) {
            self.columns::<CHUNK>(rows, at, &mut out);
        }
        for at in whole..length {
            self.columns::<1>(rows, at, &mut out);
        }
    }
}

impl Sums {
    /// The results of some columns from `at` on.
    #[inline(always)]
    fn columns<const N: usize>(&self, rows: Rows<'_, f64>, at: usize, out: &mut Results<'_, f64>) {
        let mut total = [0.0; N];
        for (number, taps) in self.sums.iter().enumerate() {
            let sums = sum::<N>(taps, rows, at);
            match &self.finish {
                Finish::Sum => total = sums,
                Finish::Root => {
                    for i in 0..N {
                        let sum = self.rounded(sums[i]);
                        // Of two f32, it has few enough digits for f64, so it is rounded once.
                        total[i] += self.rounded(sum * sum);
                    }
                }
                Finish::Turned(weights) => {
                    for i in 0..N {
                        total[i] += weights[number] * self.rounded(sums[i]);
                    }
                }
            }
        }
        if matches!(self.finish, Finish::Root) {
            for total in &mut total {
                // A root in f32 is that in f64, rounded: f64 has more than twice the digits.
                *total = self.rounded(self.rounded(*total).sqrt());
            }
        }
        for (i, result) in total.into_iter().enumerate() {
            out.set(at + i, result);
        }
    }
}

/// The weighted sums of some columns from `at` on.
#[inline(always)]
fn sum<const N: usize>(taps: &[Tap], rows: Rows<'_, f64>, at: usize) -> [f64; N] {
    let mut sums = [0.0; N];
    for tap in taps {
        let row = rows.beside(tap.row, tap.columns).first(at + N);
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += tap.weight * row.at(at + i);
        }
    }
    sums
}
