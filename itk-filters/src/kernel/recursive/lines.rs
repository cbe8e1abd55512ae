//! Lines that are filtered side by side, one in each lane of vectors.

use std::ops::Range;

use super::coefficients::{Coefficients, Four};

/// Lines that are filtered together where there are many: several registers, so that one line's chain of operations does
/// not hold up the others'.
pub(super) const LANES: usize = 32;

/// Rows that the results backwards lie behind the pixels that they replace.
const BEHIND: usize = 5;

/// The pixels of some lines, then their results. A row has a value for each lane.
pub(super) struct Lines {
    length: usize,
    lanes: usize,
    /// Pixels. The recursion backwards writes over those that it needs no more, so there are some rows more.
    pixels: Vec<f64>,
    results: Vec<f64>,
}

impl Lines {
    /// How many lines go together, where there are `lines` of `length` pixels. A few would leave most lanes empty, and
    /// long ones would take much memory.
    pub(super) fn lanes(lines: usize, length: usize) -> usize {
        match lines {
            _ if length > 1 << 17 => 1,
            0..=2 => 1,
            3..=8 => 8,
            _ => LANES,
        }
    }

    /// Room for lines of `length` pixels; `None` when there is no memory for it.
    pub(super) fn new(length: usize, lanes: usize) -> Option<Self> {
        let room = |rows: usize| {
            let count = rows.checked_mul(lanes)?;
            let mut values = Vec::new();
            values.try_reserve_exact(count).ok()?;
            values.resize(count, 0.0);
            Some(values)
        };
        let (pixels, results) = (room(length.checked_add(BEHIND)?)?, room(length)?);
        Some(Self { length, lanes, pixels, results })
    }

    /// Values from a row to the next.
    pub(super) fn pitch(&self) -> usize {
        self.lanes
    }

    /// Where the pixels go.
    #[inline(always)]
    pub(super) fn pixels(&mut self) -> &mut [f64] {
        &mut self.pixels[..self.length * self.lanes]
    }

    /// The results.
    #[inline(always)]
    pub(super) fn results(&mut self) -> &mut [f64] {
        &mut self.results
    }

    /// Some of the results, and room for as many other values, where the pixels were.
    #[inline(always)]
    pub(super) fn both(&mut self, results: Range<usize>) -> (&mut [f64], &mut [f64]) {
        (&mut self.pixels[..results.len()], &mut self.results[results])
    }

    /// Computes the results. The pixels are gone then.
    #[inline(always)]
    pub(super) fn filter(&mut self, coefficients: &Coefficients) {
        match self.lanes {
            1 => self.filter_lanes::<1>(coefficients),
            8 => self.filter_lanes::<8>(coefficients),
            _ => self.filter_lanes::<LANES>(coefficients),
        }
    }

    #[inline(always)]
    fn filter_lanes<const L: usize>(&mut self, coefficients: &Coefficients) {
        let (pixels, _) = self.pixels.as_chunks_mut::<L>();
        let (results, _) = self.results.as_chunks_mut::<L>();
        forwards(coefficients, &pixels[..self.length], results);
        backwards(coefficients, pixels, results);
    }
}

#[inline(always)]
fn forwards<const L: usize>(coefficients: &Coefficients, pixels: &[[f64; L]], results: &mut [[f64; L]]) {
    let Coefficients { n, d, before, .. } = coefficients;
    // Beyond the border there is the first pixel, for ever.
    for i in 0..4 {
        let (done, rest) = results.split_at_mut(i);
        let x = std::array::from_fn(|k| &pixels[i.saturating_sub(k)]);
        let y = std::array::from_fn(|k| if k < i { &done[i - 1 - k] } else { &pixels[0] });
        let d = std::array::from_fn(|k| if k < i { d[k] } else { before[k] });
        step(n, x, &d, y, &mut rest[0]);
    }
    for i in 4..pixels.len() {
        let (done, rest) = results.split_at_mut(i);
        let x = [&pixels[i], &pixels[i - 1], &pixels[i - 2], &pixels[i - 3]];
        let y = [&done[i - 1], &done[i - 2], &done[i - 3], &done[i - 4]];
        step(n, x, d, y, &mut rest[0]);
    }
}

/// The recursion backwards, whose results are added to those forwards. The one of row `i` lies in row `i + BEHIND` of
/// `pixels`: the pixels there are needed no more.
#[inline(always)]
fn backwards<const L: usize>(coefficients: &Coefficients, pixels: &mut [[f64; L]], results: &mut [[f64; L]]) {
    let Coefficients { m, d, after, .. } = coefficients;
    let last = results.len() - 1;
    for i in (last - 3..=last).rev() {
        let (x, rest) = pixels.split_at_mut(i + BEHIND);
        let (out, done) = rest.split_first_mut().expect("there are rows for all results");
        let inside = |k: usize| i + 1 + k <= last;
        let y = std::array::from_fn(|k| if inside(k) { &done[k] } else { &x[last] });
        let d = std::array::from_fn(|k| if inside(k) { d[k] } else { after[k] });
        let x = std::array::from_fn(|k| &x[last.min(i + 1 + k)]);
        step(m, x, &d, y, out);
        add(out, &mut results[i]);
    }
    for i in (0..last - 3).rev() {
        let (x, rest) = pixels.split_at_mut(i + BEHIND);
        let (out, done) = rest.split_first_mut().expect("there are rows for all results");
        let x = [&x[i + 1], &x[i + 2], &x[i + 3], &x[i + 4]];
        let y = [&done[0], &done[1], &done[2], &done[3]];
        step(m, x, d, y, out);
        add(out, &mut results[i]);
    }
}

/// One step of the recursion, in ITK's order of operations.
#[inline(always)]
fn step<const L: usize>(n: &Four, x: [&[f64; L]; 4], d: &Four, y: [&[f64; L]; 4], out: &mut [f64; L]) {
    let ([x0, x1, x2, x3], [y0, y1, y2, y3]) = (x, y);
    for l in 0..L {
        let direct = x0[l] * n[0] + x1[l] * n[1] + x2[l] * n[2] + x3[l] * n[3];
        out[l] = direct - (y0[l] * d[0] + y1[l] * d[1] + y2[l] * d[2] + y3[l] * d[3]);
    }
}

#[inline(always)]
fn add<const L: usize>(values: &[f64; L], sums: &mut [f64; L]) {
    for l in 0..L {
        sums[l] += values[l];
    }
}
