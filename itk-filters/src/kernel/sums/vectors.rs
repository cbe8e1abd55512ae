//! The loops over columns, compiled for each level.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use itk_core::simd::{self, Job, Level, Simd};

use super::grid::Grid;

/// Columns that are summed in registers.
const CHUNK: usize = 32;

/// The largest radius along x at which each tap is added; sums run for larger ones.
const FEW: usize = 16;

/// Functions that are compiled for each level: what is written is the body of a job.
macro_rules! jobs {
    ($($(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$attribute])*
        pub(super) fn $name<'a>(level: Level, $($argument: $type),*) $(-> $out)? {
            struct Call<'a> {
                $($argument: $type),*
            }
            impl<'a> Job for Call<'a> {
                type Out = jobs!(@ $($out)?);
                #[inline(always)]
                fn run<S: Simd>(self, _: S) -> Self::Out {
                    let Self { $($argument),* } = self;
                    $body
                }
            }
            simd::dispatch(level, Call { $($argument),* })
        }
    )*};
    (@) => { () };
    (@ $out:ty) => { $out };
}

jobs! {
    /// Adds a weighted row.
    fn add(sums: &'a mut [f64], row: &'a [f64], weight: f64, grid: Option<Grid>) {
        let row = &row[..sums.len()];
        match grid {
            None => {
                for i in 0..sums.len() {
                    sums[i] += weight * row[i];
                }
            }
            Some(grid) => {
                for i in 0..sums.len() {
                    sums[i] += weight * grid.keep(row[i]);
                }
            }
        }
    }

    /// Adds a weighted row, and takes another away.
    fn replace(sums: &'a mut [f64], comes: &'a [f64], goes: &'a [f64], weight: f64, grid: Option<Grid>) {
        let (comes, goes) = (&comes[..sums.len()], &goes[..sums.len()]);
        match grid {
            None => {
                for i in 0..sums.len() {
                    sums[i] += weight * (comes[i] - goes[i]);
                }
            }
            Some(grid) => {
                for i in 0..sums.len() {
                    sums[i] += weight * (grid.keep(comes[i]) - grid.keep(goes[i]));
                }
            }
        }
    }

    /// Adds a row of sums, and takes another away.
    fn advance(sums: &'a mut [f64], comes: &'a [f64], goes: &'a [f64]) {
        let (comes, goes) = (&comes[..sums.len()], &goes[..sums.len()]);
        for i in 0..sums.len() {
            sums[i] += comes[i] - goes[i];
        }
    }

    /// Divides all by a number.
    fn divide(values: &'a mut [f64], by: f64) {
        for value in values {
            *value /= by;
        }
    }

    /// The largest finite magnitude.
    fn largest(row: &'a [f64]) -> f64 {
        // As integers, in whose order magnitudes are; lanes apart, so that vectors are made.
        let mut found = [0u64; 8];
        let chunks = row.chunks_exact(8);
        for &value in chunks.remainder() {
            found[0] = found[0].max(magnitude(value));
        }
        for chunk in chunks {
            for i in 0..8 {
                found[i] = found[i].max(magnitude(chunk[i]));
            }
        }
        f64::from_bits(found.into_iter().fold(0, u64::max))
    }

    /// How many pixels are not on the grid.
    fn count_others(row: &'a [f64], grid: Grid) -> usize {
        row.iter().map(|&value| usize::from(!grid.has(value))).sum()
    }

    /// Adds to each sum the samples from its column on, one after the other.
    fn add_taps(padded: &'a [f64], taps: usize, sums: &'a mut [f64]) {
        for (chunk, sums) in sums.chunks_mut(CHUNK).enumerate() {
            let padded = &padded[chunk * CHUNK..][..sums.len() + taps - 1];
            if let Ok(sums) = <&mut [f64; CHUNK]>::try_from(&mut *sums) {
                let mut total = *sums;
                for window in padded.windows(CHUNK) {
                    for i in 0..CHUNK {
                        total[i] += window[i];
                    }
                }
                *sums = total;
            } else {
                for tap in 0..taps {
                    for i in 0..sums.len() {
                        sums[i] += padded[tap + i];
                    }
                }
            }
        }
    }
}

/// The bits of a magnitude, 0 for infinity and NaN.
#[inline(always)]
fn magnitude(value: f64) -> u64 {
    let bits = value.abs().to_bits();
    if bits < f64::INFINITY.to_bits() { bits } else { 0 }
}

/// Sums of columns, and the means of windows along x over them.
pub(super) struct Taps {
    radius: usize,
    samples: f64,
    /// The column of the image of the first mean, and of the first sum.
    first: usize,
    low: usize,
    /// How many sums there are, and how many repeated ones stand before them.
    count: usize,
    before: usize,
    values: Vec<f64>,
}

impl Taps {
    pub(super) fn new(
        radius: usize,
        first: usize,
        width: usize,
        low: usize,
        count: usize,
        samples: f64,
    ) -> Self {
        let few = radius <= FEW;
        let before = if few { low + radius - first } else { 0 };
        let length = if few { width + 2 * radius } else { count };
        Self { radius, samples, first, low, count, before, values: vec![0.0; length] }
    }

    /// The sums of columns.
    pub(super) fn columns(&mut self) -> &mut [f64] {
        &mut self.values[self.before..][..self.count]
    }

    /// A mean for each window. Sums are exact, so they may be taken in any order.
    pub(super) fn means(&mut self, level: Level, means: &mut [f64]) {
        if self.radius <= FEW {
            let (left, others) = self.values.split_at_mut(self.before);
            let (middle, right) = others.split_at_mut(self.count);
            left.fill(middle[0]);
            right.fill(middle[middle.len() - 1]);
            means.fill(0.0);
            add_taps(level, &self.values, 2 * self.radius + 1, means);
        } else {
            // A window's first and last columns, which may lie beyond the border.
            let (radius, sums) = (self.radius, &self.values);
            let at = |x: usize| sums[x.saturating_sub(self.low + radius).min(self.count - 1)];
            let x = self.first;
            let mut sum: f64 = self.repeats().map(|(i, weight)| weight * sums[i]).sum();
            means[0] = sum;
            for (i, mean) in means.iter_mut().enumerate().skip(1) {
                sum += at(x + i + 2 * radius) - at(x + i - 1);
                *mean = sum;
            }
        }
        divide(level, means, self.samples);
    }

    /// The columns of the first window, and how often each counts.
    fn repeats(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        // Columns that lie beyond are the first or the last one that there is.
        let (first, radius) = (self.first as i64 - self.low as i64, self.radius as i64);
        let last = self.count as i64 - 1;
        (0..=last.min(first + radius)).map(move |i| {
            let from = if i == 0 { first - radius } else { i };
            let to = if i == last { first + radius } else { i };
            (i as usize, (to - from + 1) as f64)
        })
    }
}
