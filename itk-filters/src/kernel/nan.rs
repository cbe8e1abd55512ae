//! What a NaN does to a median, and which windows have one.

use std::fmt;
use std::str::FromStr;

use itk_core::{Axes, Error, Pixel, Result, View};

use super::indices::for_each_index;

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

/// For each pixel of a box of the output, x fastest, whether a NaN is in its window; `None` when there is none at all.
///
/// `radius`, and the box by its first index in the image and its size, are xyz. A window that reaches beyond the border
/// repeats pixels that it has inside, so those inside decide.
pub(crate) fn windows<T: Pixel>(
    source: &View<'_, T>,
    radius: &[usize],
    first: &[usize],
    size: &[usize],
) -> Option<Vec<bool>> {
    let rank = radius.len();
    let low = Axes::from_fn(rank, |a| first[a].saturating_sub(radius[a]));
    let high = Axes::from_fn(rank, |a| (first[a] + size[a]).saturating_add(radius[a]).min(source.size()[a]));
    let mut extent = Axes::from_fn(rank, |a| high[a].saturating_sub(low[a]));
    let mut row = vec![T::default(); extent[0]];
    let mut found = Vec::with_capacity(extent.iter().product());
    for_each_index(&low[1..], &high[1..], |rest| {
        source.load(low[0], rest, &mut row);
        found.extend(row.iter().map(|pixel| pixel.is_nan()));
    });
    if !found.contains(&true) {
        return None;
    }
    for a in 0..rank {
        found = spread(&found, &extent, a, radius[a], first[a] - low[a]..first[a] - low[a] + size[a]);
        extent[a] = size[a];
    }
    Some(found)
}

/// Marks all that lies within `radius` of a mark along one axis, and keeps the part `range` of that axis.
fn spread(
    found: &[bool],
    extent: &[usize],
    axis: usize,
    radius: usize,
    range: std::ops::Range<usize>,
) -> Vec<bool> {
    let inner: usize = extent[..axis].iter().product();
    let outer: usize = extent[axis + 1..].iter().product();
    let n = extent[axis];
    let mut spread = vec![false; inner * range.len() * outer];
    // Steps since the last mark.
    let mut since = vec![usize::MAX; inner];
    for o in 0..outer {
        let forward: Vec<usize> = (0..n).collect();
        let backward: Vec<usize> = (0..n).rev().collect();
        for order in [forward, backward] {
            since.fill(usize::MAX);
            for i in order {
                let marks = &found[(o * n + i) * inner..][..inner];
                for (since, &mark) in since.iter_mut().zip(marks) {
                    *since = if mark { 0 } else { since.saturating_add(1) };
                }
                if range.contains(&i) {
                    let out = &mut spread[(o * range.len() + i - range.start) * inner..][..inner];
                    for (out, &since) in out.iter_mut().zip(&since) {
                        *out |= since <= radius;
                    }
                }
            }
        }
    }
    spread
}
