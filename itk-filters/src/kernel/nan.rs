//! What a NaN does to a median, which windows have one, and their medians.

use std::fmt;
use std::str::FromStr;

use itk_core::buffer::Brick;
use itk_core::simd::Level;
use itk_core::{Axes, Error, Pixel, Result, View};

use super::histogram::{self, Run};
use super::indices::{covered, for_each_index};
use super::marks::Marks;
use super::omit;

/// What a NaN in a window does to its median. Types without NaN don't notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NanPolicy {
    /// NaN is greater than every number, and sorted with them.
    #[default]
    Order,
    /// Any NaN in the window makes the result NaN.
    Propagate,
    /// NaN is left out: of `m` other samples the one with `m / 2` smaller ones; NaN where there is none.
    Omit,
    /// Any NaN that a window covers is an error.
    Raise,
}

impl NanPolicy {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Order, Self::Propagate, Self::Omit, Self::Raise];

    /// Its name in texts: `propagate`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Propagate => "propagate",
            Self::Omit => "omit",
            Self::Raise => "raise",
        }
    }
}

impl fmt::Display for NanPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NanPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|policy| policy.name() == text).ok_or_else(|| Error::Parameter {
            filter: "median",
            name: "nan_policy",
            expected: "'propagate', 'omit', 'raise' or 'order'".into(),
            got: format!("{text:?}"),
        })
    }
}

/// Whether there is a NaN from one index in the image to before another. `check` is called row by row, and its error stops the search.
pub(crate) fn is_between<T: Pixel>(
    source: &View<'_, T>,
    low: &[usize],
    high: &[usize],
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<bool> {
    let mut row = vec![T::default(); high[0] - low[0]];
    let mut found = Ok(false);
    for_each_index(&low[1..], &high[1..], |rest| {
        if matches!(found, Ok(false)) {
            found = check().map(|()| {
                source.load(low[0], rest, &mut row);
                // All of them, as registers do.
                row.iter().fold(false, |any, pixel| any | pixel.is_nan())
            });
        }
    });
    found
}

/// Which windows of a box of the output cover a NaN; `None` when none does. `radius`, and the box by its first index in the image and
/// its size, are xyz.
fn windows<T: Pixel>(
    source: &View<'_, T>,
    radius: &[usize],
    first: &[usize],
    size: &[usize],
) -> Option<Marks> {
    let (low, high) = covered(source.size(), radius, first, size);
    // No window reaches further than from one end to the other.
    let radius = Axes::from_fn(radius.len(), |a| radius[a].min(high[a] - low[a]));
    // Pixels before the image, none of which is NaN, let all windows of a row begin inside.
    let before = radius[0].saturating_sub(first[0]);
    let mut row = vec![T::default(); before + high[0] - low[0]];
    let mut marks = Marks::new(size[0]);
    for_each_index(&low[1..], &high[1..], |rest| {
        source.load(low[0], rest, &mut row[before..]);
        marks.push(&row, 2 * radius[0], |pixel| pixel.is_nan());
    });
    if marks.is_empty() {
        return None;
    }
    for a in 1..size.len() {
        let start = first[a] - low[a];
        marks.spread(size[1..a].iter().product(), high[a] - low[a], radius[a], start..start + size[a]);
    }
    Some(marks)
}

/// Windows of at most so many samples are sorted for [`NanPolicy::Omit`], larger ones counted.
const SORTED: u16 = 64;

/// Corrects the medians of a brick whose windows have NaN, which were taken in the order of [`NanPolicy::Order`].
///
/// `radius`, and `first`, the index in the image of the brick's first pixel, are xyz. `check` is called now and then, and its error stops the rest.
pub(crate) fn correct<T: Pixel>(
    level: Level,
    policy: NanPolicy,
    source: &View<'_, T>,
    radius: &[usize],
    first: &[usize],
    brick: &Brick<'_, T>,
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    let rank = radius.len();
    let size = Axes::from_fn(rank, |a| brick.size()[a]);
    let Some(windows) = windows(source, radius, first, &size) else { return Ok(()) };
    let samples: u128 = radius.iter().map(|&r| 2 * r as u128 + 1).product();
    let mut sorter = (samples <= u128::from(SORTED)).then(|| omit::Scratch::new(samples as u16));
    // Counting takes rows together, whose windows share most of their input.
    let high = match (policy, &sorter) {
        (NanPolicy::Omit, None) if rank > 1 => {
            let window = radius[1].saturating_mul(2).saturating_add(1);
            histogram::brick(radius, source.size(), &size)[1].min(window)
        }
        _ => 1,
    };
    let blocks = Axes::from_fn(rank - 1, |a| if a == 0 { size[1].div_ceil(high) } else { size[a + 1] });
    let mut medians = Vec::new();
    let (mut row, mut result) = (0, Ok(()));
    for_each_index(&Axes::filled(rank - 1, 0), &blocks, |block| {
        let rest = Axes::from_fn(rank - 1, |a| if a == 0 { block[0] * high } else { block[a] });
        let rows = rest.first().map_or(1, |y| high.min(size[1] - y));
        for run in windows.runs(row..row + rows) {
            if result.is_err() {
                return;
            }
            result = check();
            let at = Axes::from_fn(rank, |a| first[a] + if a == 0 { run.start } else { rest[a - 1] });
            match (policy, &mut sorter) {
                (NanPolicy::Omit, Some(sorter)) => {
                    medians.resize(run.len(), T::default());
                    omit::medians(level, source, radius, &at, sorter, &mut medians);
                    brick.put(run.start, &rest, &medians);
                }
                (NanPolicy::Omit, None) => {
                    let (lines, mut rest) = (Run { first: at, rows, columns: run.len() }, rest);
                    histogram::medians(source, radius, policy, &lines, &mut |medians| {
                        brick.put(run.start, &rest, medians);
                        rest.iter_mut().take(1).for_each(|y| *y += 1);
                        result = check();
                        result.is_ok()
                    });
                }
                _ => {
                    medians.resize(size[0], T::from_f64(f64::NAN));
                    brick.put(run.start, &rest, &medians[..run.len()]);
                }
            }
        }
        row += rows;
    });
    result
}
