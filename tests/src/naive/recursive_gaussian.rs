//! The recursive Gaussian as ITK writes it, line by line.

use itk_core::Pixel;
use itk_filters::GaussianOrder;

use super::indices;

/// What there is to say of a recursive Gaussian; `axis` and `spacing` are xyz.
#[derive(Clone, Copy, Debug)]
pub struct Recursion<'a> {
    /// In the unit of the spacing.
    pub sigma: f64,
    /// Which derivative.
    pub order: GaussianOrder,
    /// 0 is x.
    pub axis: usize,
    /// Whether derivatives are multiplied by sigma.
    pub across_scales: bool,
    /// The distance between pixels.
    pub spacing: &'a [f64],
}

/// One pass, along one axis.
pub fn recursive_gaussian<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    recursion: Recursion<'_>,
) -> Vec<O> {
    let mut out = vec![O::default(); pixels.len()];
    let stride: usize = size[..recursion.axis].iter().product();
    let filter = Filter::new(&recursion);
    for index in indices(size).iter().filter(|index| index[recursion.axis] == 0) {
        let first = index.iter().zip(size).rev().fold(0, |flat, (&i, &n)| flat * n + i);
        let line: Vec<f64> = (0..size[recursion.axis]).map(|i| pixels[first + i * stride].to_f64()).collect();
        for (i, value) in filter.line(&line).into_iter().enumerate() {
            out[first + i * stride] = O::from_f64(value);
        }
    }
    out
}

struct Filter {
    n: [f64; 4],
    d: [f64; 4],
    m: [f64; 4],
}

impl Filter {
    fn new(recursion: &Recursion<'_>) -> Self {
        let &Recursion { sigma, order, axis, across_scales, spacing } = recursion;
        let s = sigma / spacing[axis];
        let (w1, l1, w2, l2) = (0.6681, -1.3932, 2.0787, -1.3732);
        let (sin1, cos1, exp1) = (f64::sin(w1 / s), f64::cos(w1 / s), f64::exp(l1 / s));
        let (sin2, cos2, exp2) = (f64::sin(w2 / s), f64::cos(w2 / s), f64::exp(l2 / s));

        let d1 = -2.0 * (exp2 * cos2 + exp1 * cos1);
        let d2 = 4.0 * cos2 * cos1 * exp1 * exp2 + (exp1 * exp1 + exp2 * exp2);
        let d3 = -2.0 * cos1 * exp1 * exp2 * exp2 + -2.0 * cos2 * exp2 * exp1 * exp1;
        let d4 = exp1 * exp1 * exp2 * exp2;
        let sd = 1.0 + d1 + d2 + d3 + d4;
        let dd = d1 + 2.0 * d2 + 3.0 * d3 + 4.0 * d4;
        let ed = d1 + 4.0 * d2 + 9.0 * d3 + 16.0 * d4;

        // n0 to n3 and their three sums.
        let numbers = |a1: f64, b1: f64, a2: f64, b2: f64| {
            let n0 = a1 + a2;
            let n1 =
                exp2 * (b2 * sin2 - (a2 + 2.0 * a1) * cos2) + exp1 * (b1 * sin1 - (a1 + 2.0 * a2) * cos1);
            let n2 = ((a1 + a2) * cos2 * cos1 - (b1 * cos2 * sin1 + b2 * cos1 * sin2)) * (2.0 * exp1 * exp2)
                + (a2 * exp1 * exp1 + a1 * exp2 * exp2);
            let n3 =
                exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2) + exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1);
            [n0, n1, n2, n3, n0 + n1 + n2 + n3, n1 + 2.0 * n2 + 3.0 * n3, n1 + 4.0 * n2 + 9.0 * n3]
        };
        let smooth = numbers(1.3530, 1.8151, -0.3531, 0.0902);
        let slope = numbers(-0.6724, -3.4327, 0.6724, 0.6100);
        let curve = numbers(-1.3563, 5.2318, 0.3446, -2.2355);

        let (all, alpha, scale) = match order {
            GaussianOrder::Zero => (smooth, 2.0 * smooth[4] / sd - smooth[0], 1.0),
            GaussianOrder::First => (slope, 2.0 * (slope[4] * dd - slope[5] * sd) / (sd * sd), sigma),
            GaussianOrder::Second => {
                let beta = -(2.0 * curve[4] - sd * curve[0]) / (2.0 * smooth[4] - sd * smooth[0]);
                let all: [f64; 7] = std::array::from_fn(|k| curve[k] + beta * smooth[k]);
                let [.., sn, dn, en] = all;
                let alpha = en * sd * sd - ed * sn * sd - 2.0 * dn * dd * sd + 2.0 * dd * dd * sn;
                (all, alpha / (sd * sd * sd), sigma * sigma)
            }
        };
        let scale = if across_scales { scale } else { 1.0 };
        let factor = scale / alpha;
        let n: [f64; 4] = std::array::from_fn(|k| all[k] * factor);
        let sign = if order == GaussianOrder::First { -1.0 } else { 1.0 };
        let m = [n[1] - d1 * n[0], n[2] - d2 * n[0], n[3] - d3 * n[0], -d4 * n[0]].map(|m| sign * m);
        Self { n, d: [d1, d2, d3, d4], m }
    }

    fn line(&self, x: &[f64]) -> Vec<f64> {
        let Self { n, d, m } = self;
        let last = x.len() - 1;
        let sd = 1.0 + d[0] + d[1] + d[2] + d[3];
        // What a constant line settles at, without the constant.
        let forwards = d.map(|d| d * (n[0] + n[1] + n[2] + n[3]) / sd);
        let backwards = d.map(|d| d * (m[0] + m[1] + m[2] + m[3]) / sd);
        let sum = |terms: [f64; 4]| ((terms[0] + terms[1]) + terms[2]) + terms[3];

        let mut causal = vec![0.0; x.len()];
        for i in 0..x.len() {
            let direct = sum(std::array::from_fn(|k| x[i.saturating_sub(k)] * n[k]));
            let before = |k: usize| if i > k { causal[i - 1 - k] * d[k] } else { x[0] * forwards[k] };
            causal[i] = direct - sum(std::array::from_fn(before));
        }
        let mut anticausal = vec![0.0; x.len()];
        for i in (0..x.len()).rev() {
            let direct = sum(std::array::from_fn(|k| x[last.min(i + 1 + k)] * m[k]));
            let after = |k: usize| {
                if i + 1 + k <= last { anticausal[i + 1 + k] * d[k] } else { x[last] * backwards[k] }
            };
            anticausal[i] = direct - sum(std::array::from_fn(after));
        }
        causal.iter().zip(&anticausal).map(|(a, b)| a + b).collect()
    }
}
