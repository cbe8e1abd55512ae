//! The last step for keys wider than labels: each output's median among the samples that share its label.
//!
//! The samples of a leaf are sorted once for the whole tile. The output needs the `m`th of those inside its
//! window, which compares of packed coordinates find, 64 samples at a time.

use itk_core::simd::{ByteVector, Job, Key, Simd};

use super::geometry::Geometry;
use super::search::Interval;

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

/// The samples of one leaf: a range of the sorted keys.
#[derive(Clone, Copy, Debug, Default)]
struct Leaf {
    start: u32,
    /// 0 when all keys are the same.
    len: u32,
}

/// Space after the last sample, for a whole step to be read.
const AFTER: usize = 128;

/// The leaves of a tile.
pub(super) struct Leaves<K> {
    /// The leaf that starts at a label.
    by_label: [u16; 256],
    leaves: Vec<Leaf>,
    keys: Vec<K>,
    /// Of each axis the coordinate of each sample.
    coordinates: Vec<Vec<u8>>,
}

impl<K> Default for Leaves<K> {
    fn default() -> Self {
        Self { by_label: [0; 256], leaves: Vec::new(), keys: Vec::new(), coordinates: Vec::new() }
    }
}

/// A coordinate in a tile as a byte: where the window is wider than the tile, the samples that all outputs see
/// have the same one.
fn squeeze(at: usize, size: usize, window: usize) -> u8 {
    let squeezed = if at < size || window <= size {
        at
    } else if at < window {
        size - 1
    } else {
        at - (window - size)
    };
    squeezed as u8
}

impl<K: Key> Leaves<K> {
    /// Sorts the samples of each interval. `keys` and `labels` are rows of `geometry.strip`.
    pub(super) fn fill<E: Entry>(
        &mut self,
        geometry: &Geometry,
        intervals: &[Interval],
        below: &[u32; 257],
        keys: &[K],
        labels: &[u8],
        entries: &mut Vec<E>,
    ) {
        // Samples of other labels all go to one place after the end.
        let total = intervals.iter().map(|i| below[i.high] - below[i.low]).sum::<u32>();
        let mut ends = [(total, 0); 256];
        let mut start = 0;
        self.leaves.clear();
        for (i, interval) in intervals.iter().enumerate() {
            self.by_label[interval.low] = i as u16;
            let len = below[interval.high] - below[interval.low];
            self.leaves.push(Leaf { start, len });
            for label in interval.low..interval.high {
                ends[label] = (start + below[label] - below[interval.low], 1);
            }
            start += len;
        }
        entries.clear();
        entries.resize(total as usize + 1, E::default());
        let width = geometry.padded(0);
        for row in 0..geometry.rows() {
            let start = row * geometry.strip;
            for (i, (key, label)) in keys[start..][..width].iter().zip(&labels[start..][..width]).enumerate()
            {
                let (end, step) = &mut ends[usize::from(*label)];
                entries[*end as usize] = E::pack(key.to_ordinal(), (start + i) as u32);
                *end += *step;
            }
        }
        entries.truncate(total as usize);
        for (leaf, interval) in self.leaves.iter_mut().zip(intervals) {
            let entries = &mut entries[leaf.start as usize..][..leaf.len as usize];
            let mut rest = &mut *entries;
            for label in interval.low..interval.high {
                let (part, after) = rest.split_at_mut((below[label + 1] - below[label]) as usize);
                part.sort_unstable();
                rest = after;
            }
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else { continue };
            if first.ordinal() == last.ordinal() {
                leaf.len = 0;
            }
        }
        self.keys.clear();
        self.keys.extend(entries.iter().map(|entry| K::from_ordinal(entry.ordinal())));
        self.locate(geometry, entries);
    }

    fn locate<E: Entry>(&mut self, geometry: &Geometry, entries: &[E]) {
        let rank = geometry.size.len();
        self.coordinates.resize_with(rank, Vec::new);
        for (axis, coordinates) in self.coordinates.iter_mut().enumerate() {
            coordinates.clear();
            let (step, extent) = match axis {
                0 => (1, geometry.strip),
                _ => (geometry.steps[axis] * geometry.strip, geometry.padded(axis)),
            };
            let bytes: Vec<u8> =
                (0..extent).map(|at| squeeze(at, geometry.size[axis], geometry.window[axis])).collect();
            // Divisions by the extents of a tile, which are no powers of two, as products.
            let by_step = Divider::new(step);
            let by_extent = Divider::new(extent);
            coordinates.extend(entries.iter().map(|entry| {
                let at = by_step.divide(entry.position());
                bytes[(at - by_extent.divide(at) * extent as u32) as usize]
            }));
            coordinates.resize(entries.len() + AFTER, 0);
        }
    }
}

/// Division of a `u32` by a number that stays the same.
struct Divider(u64);

impl Divider {
    fn new(by: usize) -> Self {
        Self((u64::MAX / by as u64).wrapping_add(1))
    }

    /// Exact for positions in a tile, which are below 2²⁴ as are the divisors.
    #[inline(always)]
    fn divide(&self, n: u32) -> u32 {
        match self.0 {
            0 => n,
            factor => ((u128::from(factor) * u128::from(n)) >> 64) as u32,
        }
    }
}

/// Finds the medians of a tile, row by row.
pub(super) struct Finish<'a, K> {
    pub(super) geometry: &'a Geometry,
    pub(super) leaves: &'a Leaves<K>,
    /// Of each output the label that its leaf starts at, in rows of `geometry.strip`.
    pub(super) labels: &'a [u8],
    /// The counts below that label, biased: low bytes with the top bit flipped, and high bytes.
    pub(super) counts: [&'a [u8]; 2],
    pub(super) out: &'a mut [K],
}

impl<K: Key> Job for Finish<'_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.geometry.size.len() {
            2 => self.axes::<S, 2>(simd),
            3 => self.axes::<S, 3>(simd),
            4 => self.axes::<S, 4>(simd),
            5 => self.axes::<S, 5>(simd),
            _ => self.axes::<S, 6>(simd),
        }
    }
}

impl<K: Key> Finish<'_, K> {
    #[inline(always)]
    fn axes<S: Simd, const AXES: usize>(self, simd: S) {
        let Self { geometry, leaves, labels, counts: [low, high], out } = self;
        let width = geometry.size[0];
        let reach: [u8; AXES] = std::array::from_fn(|a| (geometry.window[a].min(geometry.size[a]) - 1) as u8);
        let coordinates: [&[u8]; AXES] = std::array::from_fn(|a| &leaves.coordinates[a][..]);
        let mut at = [0u8; AXES];
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let start = row * geometry.strip;
            let inputs =
                labels[start..][..width].iter().zip(&low[start..][..width]).zip(&high[start..][..width]);
            for (x, (out, ((&label, &low), &high))) in out.iter_mut().zip(inputs).enumerate() {
                at[0] = x as u8;
                let leaf = leaves.leaves[usize::from(leaves.by_label[usize::from(label)])];
                let start = leaf.start as usize;
                let mut sample = start;
                if leaf.len > 0 {
                    let mut before = u32::from(!u16::from_le_bytes([low ^ 0x80, high]));
                    // Two steps at once: few lists are longer, and a branch between them would go either way.
                    loop {
                        let first = inside::<S, AXES>(simd, &coordinates, sample, &at, &reach);
                        let second = inside::<S, AXES>(simd, &coordinates, sample + 64, &at, &reach);
                        let seen = first.count_ones();
                        let in_first = before < seen;
                        let inside = if in_first { first } else { second };
                        before -= if in_first { 0 } else { seen };
                        let seen = inside.count_ones();
                        if before < seen {
                            sample += if in_first { 0 } else { 64 };
                            sample += S::Bytes::nth_bit(simd, inside, before) as usize;
                            break;
                        }
                        before -= seen;
                        sample += 128;
                    }
                }
                *out = leaves.keys[sample];
            }
            for (at, &extent) in at[1..].iter_mut().zip(&geometry.size[1..]) {
                *at += 1;
                if usize::from(*at) < extent {
                    break;
                }
                *at = 0;
            }
        }
    }
}

/// Which of the 64 samples from one on are in a window.
#[inline(always)]
fn inside<S: Simd, const AXES: usize>(
    simd: S,
    coordinates: &[&[u8]; AXES],
    sample: usize,
    first: &[u8; AXES],
    reach: &[u8; AXES],
) -> u64 {
    let mut inside = u64::MAX;
    for a in 0..AXES {
        let part = coordinates[a][sample..].first_chunk::<64>();
        inside &=
            S::Bytes::within(simd, part.expect("a list ends with space for a step"), first[a], reach[a]);
    }
    inside
}
