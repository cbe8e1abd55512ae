//! Which thresholds to evaluate: those that separate outputs of the tile.

use std::collections::VecDeque;
use std::ops::Range;

use itk_core::Result;
use itk_core::simd::{self, Level};

use super::evaluate::{Evaluate, Planes, ROWS};
use super::geometry::{Geometry, MAX_EXTENT};

/// As many rows of a first window cost as much as one row of outputs.
const FIRST_WINDOW: usize = 4;

/// How many outputs' medians reach a threshold, in each part of a tile: [`ROWS`] rows of one of two axes; one that has more
/// is one part.
pub(super) type Reach = [u32; MAX_EXTENT / ROWS];

/// Labels from `low` to before `high`, and how many outputs' medians reach each end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) low: usize,
    pub(super) high: usize,
    reach_low: Reach,
    reach_high: Reach,
}

impl Interval {
    /// All labels: each output's median is among them.
    pub(super) fn all(geometry: &Geometry) -> Self {
        let mut reach_low = Reach::default();
        match geometry.size.len() {
            2 => {
                let rows = (0..geometry.size[1]).step_by(ROWS).map(|row| (geometry.size[1] - row).min(ROWS));
                reach_low
                    .iter_mut()
                    .zip(rows)
                    .for_each(|(reach, rows)| *reach = (rows * geometry.size[0]) as u32);
            }
            _ => reach_low[0] = geometry.pixels(),
        }
        Self { low: 0, high: 256, reach_low, reach_high: Reach::default() }
    }

    /// The parts from the first to the last that has a median in the interval.
    fn parts(&self) -> Range<usize> {
        let undecided = |&part: &usize| self.reach_low[part] != self.reach_high[part];
        let parts = 0..self.reach_low.len();
        let first = parts.clone().find(undecided).unwrap_or(0);
        first..parts.rev().find(undecided).map_or(first, |last| last + 1)
    }

    /// How many outputs have their median in the interval.
    pub(super) fn undecided(&self) -> u32 {
        self.reach_low.iter().sum::<u32>() - self.reach_high.iter().sum::<u32>()
    }
}

/// When an interval of labels is not worth more evaluations: a list of its samples will do.
pub(super) struct Lists {
    /// How many samples of the tile have a smaller label.
    pub(super) below: [u32; 257],
    /// The intervals left to lists.
    pub(super) leaves: Vec<Interval>,
}

impl Lists {
    /// Counts the labels of some rows.
    pub(super) fn count<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) {
        self.below = [0; 257];
        for row in rows {
            for &label in row {
                self.below[usize::from(label) + 1] += 1;
            }
        }
        for label in 1..257 {
            self.below[label] += self.below[label - 1];
        }
    }

    /// How many samples have a label.
    pub(super) fn samples(&self, label: usize) -> u32 {
        self.below[label + 1] - self.below[label]
    }

    /// The part of all samples that has a label.
    pub(super) fn share(&self, label: usize) -> f64 {
        f64::from(self.samples(label)) / f64::from(self.below[256])
    }

    fn takes(&self, interval: &Interval, outputs: u32) -> bool {
        let samples = u64::from(self.below[interval.high] - self.below[interval.low]);
        let undecided = u64::from(interval.undecided());
        interval.high - interval.low == 1 || undecided * samples < 5 * u64::from(outputs)
    }
}

/// How many rows of evaluations take as long as columns take for a tile: what `Algorithm::Counting` and
/// `Algorithm::Columns` need for it was measured on contents of many and of few medians.
pub(super) fn budget(level: Level, geometry: &Geometry) -> usize {
    let evaluations = match level {
        Level::Baseline => 64,
        Level::Avx2 | Level::Avx512 => 100,
    };
    evaluations * geometry.size[1]
}

/// Raises `planes.best` to the label of each output's median, or to the low end of the leaf that it is in. False, and
/// nothing of use, where that would take more than a number of rows of evaluations.
pub(super) fn search(
    level: Level,
    geometry: &Geometry,
    planes: &mut Planes,
    mut lists: Option<&mut Lists>,
    most: usize,
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<bool> {
    let outputs = geometry.pixels();
    let rows = |interval: &Interval| interval.parts().len() * ROWS + geometry.window[1] / FIRST_WINDOW;
    // What an interval will take. Wide ones go first, and tell little; a narrow one has more medians or fewer.
    let expected = |interval: &Interval| match interval.high - interval.low {
        _ if interval.parts().is_empty() => 0,
        labels @ ..=8 => labels * 5 / 8 * rows(interval),
        _ => rows(interval),
    };
    let all = Interval::all(geometry);
    let mut cost = expected(&all);
    let mut open = VecDeque::from([all]);
    while let Some(interval) = open.pop_front() {
        let Interval { low, high, reach_low, reach_high } = interval;
        cost -= expected(&interval);
        let parts = interval.parts();
        if parts.is_empty() {
            continue;
        }
        match &mut lists {
            Some(lists) if lists.takes(&interval, outputs) => {
                lists.leaves.push(interval);
                continue;
            }
            None if high - low == 1 => continue,
            _ => {}
        }
        check()?;
        let middle = (low + high) / 2;
        let limit = middle as u8 ^ 0x80;
        let keep = lists.is_some();
        // Where both ends are reached by as many outputs, so is all between.
        let mut reach = reach_low;
        simd::dispatch(level, Evaluate { geometry, planes, limit, keep, parts, reach: &mut reach });
        let halves = [
            Interval { low, high: middle, reach_low, reach_high: reach },
            Interval { low: middle, high, reach_low: reach, reach_high },
        ];
        cost += rows(&interval) + halves.iter().map(expected).sum::<usize>();
        if cost > most {
            return Ok(false);
        }
        open.extend(halves);
    }
    Ok(true)
}
