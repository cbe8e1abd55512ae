//! The last step for keys wider than labels: each output's median among the samples that share its label.
//!
//! The samples of a *leaf*, an interval of labels, are sorted. Which of them lie inside windows at a place along an axis, a
//! mask tells, made once for all windows there. A window's samples are what the masks of its place on all axes have in common,
//! and its median is one of them, whose number the counts tell.

use std::mem;

use itk_core::simd::{ByteVector, Job, Key, Simd};

use super::geometry::Geometry;
use super::search::Lists;

/// A key and where it is, in an integer that sorts by the key.
pub(super) trait Entry: Copy + Ord + Default {
    fn pack(ordinal: u64, position: u32) -> Self;
    fn ordinal(self) -> u64;
    fn position(self) -> u32;
}

macro_rules! entry {
    ($($type:ty)*) => {$(
        impl Entry for $type {
            #[inline(always)]
            fn pack(ordinal: u64, position: u32) -> Self {
                <$type>::from(ordinal) << 32 | <$type>::from(position)
            }
            #[inline(always)]
            fn ordinal(self) -> u64 {
                (self >> 32) as u64
            }
            #[inline(always)]
            fn position(self) -> u32 {
                self as u32
            }
        }
    )*};
}
entry!(u64 u128);

/// Sorts the samples of each interval, one after the other. `keys` and `labels` are rows of `geometry.strip`.
pub(super) fn sort<K: Key, E: Entry>(
    geometry: &Geometry,
    Lists { below, leaves }: &Lists,
    (keys, labels): (&[K], &[u8]),
    entries: &mut Vec<E>,
) {
    // Samples of other labels all go to one place after the end.
    let total = leaves.iter().map(|leaf| below[leaf.high] - below[leaf.low]).sum::<u32>();
    let mut ends = [(total, 0); 256];
    let mut start = 0;
    for leaf in leaves {
        for label in leaf.low..leaf.high {
            ends[label] = (start + below[label] - below[leaf.low], 1);
        }
        start += below[leaf.high] - below[leaf.low];
    }
    entries.clear();
    entries.resize(total as usize + 1, E::default());
    let width = geometry.padded(0);
    for row in 0..geometry.rows() {
        let start = row * geometry.strip;
        for (i, (key, label)) in keys[start..][..width].iter().zip(&labels[start..][..width]).enumerate() {
            let (end, step) = &mut ends[usize::from(*label)];
            entries[*end as usize] = E::pack(key.to_ordinal(), (start + i) as u32);
            *end += *step;
        }
    }
    entries.truncate(total as usize);
    let mut rest = &mut entries[..];
    for label in leaves.iter().flat_map(|leaf| leaf.low..leaf.high) {
        let (part, after) = rest.split_at_mut((below[label + 1] - below[label]) as usize);
        part.sort_unstable();
        rest = after;
    }
}

/// Samples whose masks are made at a time: the rest of a longer list comes later, so that masks stay in a near cache.
const MARKED: usize = 32 * 64;

/// An output whose median is in a leaf.
#[derive(Clone, Copy, Default)]
struct Output {
    /// Where it is, in rows of the tile's strip.
    place: u32,
    /// How many samples of the leaf inside the window are before the median.
    before: u32,
}

/// The memory of [`Finish`].
#[derive(Default)]
pub(super) struct Leaves {
    /// The outputs, leaf by leaf.
    outputs: Vec<Output>,
    /// The places on each axis of a row of samples, and of a row of outputs.
    sample_rows: Vec<Vec<u16>>,
    output_rows: Vec<Vec<u16>>,
    /// Which of 64 samples lie before each place along an axis, one past the last included.
    seen: Vec<u64>,
    /// Which lie inside the windows at each place, of 64 samples after another; axis by axis.
    masks: Vec<u64>,
}

impl Leaves {
    /// Lists the outputs of each leaf, row by row.
    fn list_outputs(&mut self, found: Found<'_>) {
        let Found { geometry, lists, labels, counts: [low, high] } = found;
        let mut next = [0; 256];
        let mut end = 0;
        for interval in &lists.leaves {
            next[interval.low] = end;
            end += interval.undecided() as usize;
        }
        self.outputs.resize(end, Output::default());
        for row in 0..geometry.outputs() {
            let start = row * geometry.strip;
            for place in start..start + geometry.size[0] {
                let next = &mut next[usize::from(labels[place])];
                let before = u32::from(!u16::from_le_bytes([low[place] ^ 0x80, high[place]]));
                self.outputs[*next] = Output { place: place as u32, before };
                *next += 1;
            }
        }
    }

    fn locate_rows(&mut self, geometry: &Geometry) {
        let locate =
            |places: &mut Vec<Vec<u16>>, rows: usize, step: &[usize], extent: &dyn Fn(usize) -> usize| {
                places.resize_with(step.len(), Vec::new);
                for (axis, places) in places.iter_mut().enumerate().skip(1) {
                    places.clear();
                    places.extend((0..rows).map(|row| (row / step[axis] % extent(axis)) as u16));
                }
            };
        locate(&mut self.sample_rows, geometry.rows(), &geometry.steps, &|axis| geometry.padded(axis));
        locate(&mut self.output_rows, geometry.outputs(), &geometry.steps_out, &|axis| geometry.size[axis]);
    }

    /// Makes the masks of some samples for all places.
    #[inline(always)]
    fn mark<E: Entry>(&mut self, geometry: &Geometry, samples: &[E]) {
        let Self { sample_rows, seen, masks, .. } = self;
        let parts = samples.chunks(64);
        let count = parts.len() * geometry.size.iter().sum::<usize>();
        masks.resize(masks.len().max(count), 0);
        let mut rest = &mut masks[..];
        for (axis, &size) in geometry.size.iter().enumerate() {
            let (masks, after) = rest.split_at_mut(parts.len() * size);
            let (padded, shift) = (geometry.padded(axis), geometry.strip.trailing_zeros());
            let (rows, strip) = (&sample_rows[axis][..], geometry.strip);
            for (part, samples) in parts.clone().enumerate() {
                seen.clear();
                seen.resize(padded + 1, 0);
                let seen = &mut seen[..];
                let mut bit = 1u64;
                for sample in samples {
                    let place = sample.position() as usize;
                    let at = if axis == 0 { place & (strip - 1) } else { usize::from(rows[place >> shift]) };
                    seen[at + 1] |= bit;
                    bit = bit.rotate_left(1);
                }
                let mut before = 0;
                for seen in &mut *seen {
                    before |= *seen;
                    *seen = before;
                }
                // Those up to the window's end, without those before its start.
                let end = &seen[geometry.window[axis]..];
                for ((masks, end), start) in masks.chunks_exact_mut(parts.len()).zip(end).zip(&*seen) {
                    masks[part] = end ^ start;
                }
            }
            rest = after;
        }
    }
}

/// What the search has found in a tile.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) lists: &'a Lists,
    /// Of each output the label that its leaf starts at, in rows of `geometry.strip`.
    pub(super) labels: &'a [u8],
    /// The counts below that label, biased: low bytes with the top bit flipped, and high bytes.
    pub(super) counts: [&'a [u8]; 2],
}

/// Finds the medians of a tile, leaf by leaf.
pub(super) struct Finish<'a, K, E> {
    pub(super) found: Found<'a>,
    /// The samples of the leaves, sorted.
    pub(super) entries: &'a [E],
    pub(super) leaves: &'a mut Leaves,
    /// In rows of `geometry.strip`.
    pub(super) out: &'a mut [K],
}

impl<K: Key, E: Entry> Job for Finish<'_, K, E> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { found, entries, leaves, out } = self;
        let Found { geometry, lists, .. } = found;
        leaves.list_outputs(found);
        leaves.locate_rows(geometry);
        let mut listed = mem::take(&mut leaves.outputs);
        let (mut samples, mut outputs) = (entries, &mut listed[..]);
        for interval in &lists.leaves {
            let (leaf, after) =
                samples.split_at((lists.below[interval.high] - lists.below[interval.low]) as usize);
            let (wanted, later) = outputs.split_at_mut(interval.undecided() as usize);
            (samples, outputs) = (after, later);
            match (leaf.first(), leaf.last()) {
                (Some(first), Some(last)) if first.ordinal() == last.ordinal() => {
                    wanted
                        .iter()
                        .for_each(|output| out[output.place as usize] = K::from_ordinal(first.ordinal()));
                }
                _ => match geometry.size.len() {
                    2 => find::<S, K, E, 2>(simd, geometry, leaf, wanted, leaves, out),
                    3 => find::<S, K, E, 3>(simd, geometry, leaf, wanted, leaves, out),
                    4 => find::<S, K, E, 4>(simd, geometry, leaf, wanted, leaves, out),
                    5 => find::<S, K, E, 5>(simd, geometry, leaf, wanted, leaves, out),
                    _ => find::<S, K, E, 6>(simd, geometry, leaf, wanted, leaves, out),
                },
            }
        }
        leaves.outputs = listed;
    }
}

/// Finds the medians of outputs among the samples of a leaf.
#[inline(always)]
fn find<S: Simd, K: Key, E: Entry, const AXES: usize>(
    simd: S,
    geometry: &Geometry,
    samples: &[E],
    mut outputs: &mut [Output],
    leaves: &mut Leaves,
    out: &mut [K],
) {
    let (strip, shift) = (geometry.strip, geometry.strip.trailing_zeros());
    for samples in samples.chunks(MARKED) {
        if outputs.is_empty() {
            return;
        }
        leaves.mark(geometry, samples);
        let (masks, output_rows) = (&leaves.masks[..], &leaves.output_rows[..]);
        let rows: [&[u16]; AXES] = std::array::from_fn(|axis| &output_rows[axis][..]);
        let parts = samples.len().div_ceil(64);
        let mut starts = [0; AXES];
        for axis in 1..AXES {
            starts[axis] = starts[axis - 1] + parts * geometry.size[axis - 1];
        }
        let mut left = 0;
        for i in 0..outputs.len() {
            let Output { place, before } = outputs[i];
            let (row, x) = (place as usize >> shift, place as usize & (strip - 1));
            let mut at = [parts * x; AXES];
            for axis in 1..AXES {
                at[axis] = starts[axis] + parts * usize::from(rows[axis][row]);
            }
            let inside = |part: usize| at.iter().fold(u64::MAX, |inside, at| inside & masks[at + part]);
            let (mut seen, mut passed, mut part) = (0, 0, 0);
            if parts > 1 {
                // All parts are looked at, as a branch out of the loop would be taken anywhere.
                for each in 0..parts {
                    seen += inside(each).count_ones();
                    let is_before = seen <= before;
                    passed = if is_before { seen } else { passed };
                    part += usize::from(is_before);
                }
            }
            if part < parts {
                let sample = S::Bytes::nth_bit(simd, inside(part), before - passed) as usize;
                out[place as usize] = K::from_ordinal(samples[part * 64 + sample].ordinal());
            } else {
                outputs[left] = Output { place, before: before - seen };
                left += 1;
            }
        }
        outputs = &mut outputs[..left];
    }
    debug_assert!(outputs.is_empty(), "each median is in its leaf");
}

#[cfg(test)]
mod tests {
    use itk_core::Axes;
    use itk_core::simd::{self, levels};

    use super::super::search::Interval;
    use super::*;

    /// The medians of a tile of which all samples are in one leaf, which knows nothing of them yet.
    fn medians<K: Key, E: Entry>(level: simd::Level, geometry: &Geometry, keys: &[K]) -> Vec<K> {
        let mut lists = Lists { below: [keys.len() as u32; 257], leaves: vec![Interval::all(geometry)] };
        let labels = vec![0; keys.len()];
        lists.count(labels.chunks_exact(geometry.strip).map(|row| &row[..geometry.padded(0)]));
        let mut entries: Vec<E> = Vec::new();
        sort(geometry, &lists, (keys, &labels), &mut entries);
        let outputs = geometry.outputs() * geometry.strip;
        let [low, high] = geometry.bias().map(|byte| vec![byte; outputs]);
        let found = Found { geometry, lists: &lists, labels: &labels, counts: [&low, &high] };
        let (mut out, mut leaves) = (vec![K::default(); outputs], Leaves::default());
        simd::dispatch(level, Finish { found, entries: &entries, leaves: &mut leaves, out: &mut out });
        out.chunks_exact(geometry.strip).flat_map(|row| row[..geometry.size[0]].to_vec()).collect()
    }

    /// The same by sorting each window.
    fn sorted<K: Key>(geometry: &Geometry, keys: &[K]) -> Vec<K> {
        let rank = geometry.size.len();
        let within = |number: usize, extent: &dyn Fn(usize) -> usize| {
            let mut rest = number;
            Axes::from_fn(rank, |axis| {
                let at = rest % extent(axis);
                rest /= extent(axis);
                at
            })
        };
        let median = |output: usize| {
            let first = within(output, &|axis| geometry.size[axis]);
            let mut window: Vec<K> = (0..geometry.samples())
                .map(|sample| {
                    let at = within(sample, &|axis| geometry.window[axis]);
                    let row: usize =
                        (1..rank).map(|axis| geometry.steps[axis] * (first[axis] + at[axis])).sum();
                    keys[row * geometry.strip + first[0] + at[0]]
                })
                .collect();
            window.sort_unstable();
            window[window.len() / 2]
        };
        (0..geometry.pixels() as usize).map(median).collect()
    }

    #[test]
    fn medians_of_leaves_of_any_length_are_those_of_sorted_windows() {
        // Tiles and windows (xyz...): of one mask, of some, and of more than are made at a time.
        let cases: [(&[usize], &[usize]); 6] = [
            (&[4, 3], &[5, 5]),
            (&[9, 8], &[3, 7]),
            (&[20, 30], &[5, 1]),
            (&[40, 60], &[21, 45]),
            (&[9, 8, 7], &[3, 5, 5]),
            (&[5, 4, 3, 2], &[1, 3, 3, 5]),
        ];
        for (size, window) in cases {
            let axes = |values: &[usize]| Axes::from_fn(values.len(), |axis| values[axis]);
            let all = Axes::from_fn(size.len(), |axis| axis);
            let geometry = Geometry::new(all, axes(size), axes(window), 64);
            let mut state = 1u32;
            // Few enough values for some to be alike.
            let keys = (0..geometry.rows() * geometry.strip).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 22) as i32 - 512
            });
            let keys: Vec<i32> = keys.collect();
            let long: Vec<i64> = keys.iter().map(|&key| i64::from(key) << 40).collect();
            for level in levels() {
                let found = medians::<i32, u64>(level, &geometry, &keys);
                assert_eq!(found, sorted(&geometry, &keys), "{level} {size:?} {window:?}");
                let found = medians::<i64, u128>(level, &geometry, &long);
                assert_eq!(found, sorted(&geometry, &long), "{level} {size:?} {window:?}");
            }
        }
    }
}
