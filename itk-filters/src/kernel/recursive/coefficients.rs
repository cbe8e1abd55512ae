//! The coefficients of the recursion.

/// Which derivative of the Gaussian an image is convolved with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GaussianOrder {
    /// The Gaussian itself: smoothing.
    #[default]
    Zero,
    /// Its first derivative.
    First,
    /// Its second derivative.
    Second,
}

/// Four numbers, one for each of the four values before.
pub(super) type Four = [f64; 4];

/// Two damped oscillations, whose sum is close to a Gaussian or one of its derivatives: a cosine and a sine each, of the
/// frequencies and decays below.
struct Series {
    a1: f64,
    b1: f64,
    a2: f64,
    b2: f64,
}

const ZERO: Series = Series { a1: 1.3530, b1: 1.8151, a2: -0.3531, b2: 0.0902 };
const FIRST: Series = Series { a1: -0.6724, b1: -3.4327, a2: 0.6724, b2: 0.6100 };
const SECOND: Series = Series { a1: -1.3563, b1: 5.2318, a2: 0.3446, b2: -2.2355 };

const FREQUENCY: [f64; 2] = [0.6681, 2.0787];
const DECAY: [f64; 2] = [-1.3932, -1.3732];

/// The recursion forwards, `y[i] = Σ n[k] x[i-k] - Σ d[k] y[i-k-1]`, and backwards, `y[i] = Σ m[k] x[i+k+1] - Σ d[k] y[i+k+1]`,
/// whose results are added.
///
/// # Source
/// R. Deriche, "Recursively implementing the Gaussian and its derivatives", INRIA report 1893, 1993; G. Farnebäck and C.-F.
/// Westin, "Improving Deriche-style recursive Gaussian filters", J. Math. Imaging Vis. 26, 2006. The operations and their
/// order are those of ITK's `RecursiveGaussianImageFilter`.
#[derive(Clone, Debug)]
pub(crate) struct Coefficients {
    pub(super) n: Four,
    pub(super) d: Four,
    pub(super) m: Four,
    /// What stands for `d` where the recursion forwards has nothing before it: the first pixel then is taken to go on for
    /// ever, times these.
    pub(super) before: Four,
    /// The same for the recursion backwards.
    pub(super) after: Four,
}

/// Sums over four coefficients times the 0th, 1st and 2nd power of their number.
#[derive(Clone, Copy)]
struct Moments(f64, f64, f64);

impl Series {
    /// The coefficients forwards, not normalised, for a sigma in pixels.
    fn numerator(&self, sigma: f64) -> (Four, Moments) {
        let Self { a1, b1, a2, b2 } = *self;
        let [w1, w2] = FREQUENCY;
        let [l1, l2] = DECAY;
        let (sin1, sin2) = ((w1 / sigma).sin(), (w2 / sigma).sin());
        let (cos1, cos2) = ((w1 / sigma).cos(), (w2 / sigma).cos());
        let (exp1, exp2) = ((l1 / sigma).exp(), (l2 / sigma).exp());

        let n0 = a1 + a2;
        let mut n1 = exp2 * (b2 * sin2 - (a2 + 2.0 * a1) * cos2);
        n1 += exp1 * (b1 * sin1 - (a1 + 2.0 * a2) * cos1);
        let mut n2 = (a1 + a2) * cos2 * cos1;
        n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2;
        n2 *= 2.0 * exp1 * exp2;
        n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2;
        let mut n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2);
        n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1);

        let moments = Moments(n0 + n1 + n2 + n3, n1 + 2.0 * n2 + 3.0 * n3, n1 + 4.0 * n2 + 9.0 * n3);
        ([n0, n1, n2, n3], moments)
    }
}

/// The coefficients of earlier results, for a sigma in pixels.
fn denominator(sigma: f64) -> (Four, Moments) {
    let [w1, w2] = FREQUENCY;
    let [l1, l2] = DECAY;
    let (cos1, cos2) = ((w1 / sigma).cos(), (w2 / sigma).cos());
    let (exp1, exp2) = ((l1 / sigma).exp(), (l2 / sigma).exp());

    let d4 = exp1 * exp1 * exp2 * exp2;
    let mut d3 = -2.0 * cos1 * exp1 * exp2 * exp2;
    d3 += -2.0 * cos2 * exp2 * exp1 * exp1;
    let mut d2 = 4.0 * cos2 * cos1 * exp1 * exp2;
    d2 += exp1 * exp1 + exp2 * exp2;
    let d1 = -2.0 * (exp2 * cos2 + exp1 * cos1);

    let moments = Moments(
        1.0 + d1 + d2 + d3 + d4,
        d1 + 2.0 * d2 + 3.0 * d3 + 4.0 * d4,
        d1 + 4.0 * d2 + 9.0 * d3 + 16.0 * d4,
    );
    ([d1, d2, d3, d4], moments)
}

impl Coefficients {
    /// For a sigma in the unit of the spacing. Across scales, derivatives are multiplied by sigma once an order.
    pub(crate) fn new(sigma: f64, spacing: f64, order: GaussianOrder, across_scales: bool) -> Self {
        let pixels = sigma / spacing;
        let (d, Moments(sd, dd, ed)) = denominator(pixels);
        let (numerator, integral, scale) = match order {
            GaussianOrder::Zero => {
                let (n, Moments(sn, ..)) = ZERO.numerator(pixels);
                (n, 2.0 * sn / sd - n[0], 1.0)
            }
            GaussianOrder::First => {
                let (n, Moments(sn, dn, _)) = FIRST.numerator(pixels);
                (n, 2.0 * (sn * dd - dn * sd) / (sd * sd), sigma)
            }
            GaussianOrder::Second => {
                let (smooth, Moments(sn0, dn0, en0)) = ZERO.numerator(pixels);
                let (curved, Moments(sn2, dn2, en2)) = SECOND.numerator(pixels);
                // As much of the Gaussian is added as makes the response to a constant zero.
                let beta = -(2.0 * sn2 - sd * curved[0]) / (2.0 * sn0 - sd * smooth[0]);
                let n = std::array::from_fn(|k| curved[k] + beta * smooth[k]);
                let (sn, dn, en) = (sn2 + beta * sn0, dn2 + beta * dn0, en2 + beta * en0);
                let mut integral = en * sd * sd - ed * sn * sd - 2.0 * dn * dd * sd + 2.0 * dd * dd * sn;
                integral /= sd * sd * sd;
                (n, integral, sigma * sigma)
            }
        };
        let scale = if across_scales { scale } else { 1.0 };
        let factor = scale / integral;
        Self::of(numerator.map(|n| n * factor), d, order != GaussianOrder::First)
    }

    fn of(n: Four, d: Four, symmetric: bool) -> Self {
        let m = [n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]];
        let m = if symmetric { m } else { m.map(|m| -m) };
        let sum = |values: Four| values[0] + values[1] + values[2] + values[3];
        let sd = 1.0 + d[0] + d[1] + d[2] + d[3];
        let (sn, sm) = (sum(n), sum(m));
        Self { n, d, m, before: d.map(|d| d * sn / sd), after: d.map(|d| d * sm / sd) }
    }
}
