//! The median of a large window by counting against thresholds: any type, rank and content.
//!
//! A tile's samples become labels of a byte. An output's median is at least `t` where at most half of its window
//! is below `t`; that count is a box sum, whose cost hardly depends on the window, and no address depends on
//! data. Only thresholds that separate outputs of the tile are evaluated, at most 255. Keys wider than a byte
//! are labelled by pivots; lists of the samples that share a label then tell the key.
//!
//! # Source
//! Threshold decomposition: J. Fitch, E. Coyle, N. Gallagher, "Median Filtering by Threshold Decomposition", 1984.
//! The search by intervals, the modular sums and the lists of shared labels are this project's.

use itk_core::simd::{self, Key, Level};
use itk_core::{Axes, Pixel, Result, View};

mod axes;
mod evaluate;
mod flat;
mod geometry;
mod lists;
mod pivots;
mod search;
mod strides;

use evaluate::Planes;
use geometry::{Geometry, MAX_EXTENT};
use lists::{Finish, Found, Leaves};
use pivots::{Label, Pivots};
use search::{Lists, budget, search};
use strides::{Gather, Spread};

use super::columns;
use super::indices::repeat_ends;

/// The memory of one thread, to be used again.
pub(crate) struct Scratch<K> {
    planes: Planes,
    /// Labels of samples, or of outputs, in rows.
    rows: Vec<u8>,
    counts: [Vec<u8>; 2],
    keys: Vec<K>,
    medians: Vec<K>,
    leaves: Leaves,
    entries: Vec<u64>,
    long_entries: Vec<u128>,
    /// For tiles of too many medians; `None` where they are to be counted as well.
    columns: Option<columns::Scratch>,
}

impl<K> Default for Scratch<K> {
    fn default() -> Self {
        Self {
            planes: Planes::default(),
            rows: Vec::new(),
            counts: [Vec::new(), Vec::new()],
            keys: Vec::new(),
            medians: Vec::new(),
            leaves: Leaves::default(),
            entries: Vec::new(),
            long_entries: Vec::new(),
            columns: Some(columns::Scratch::default()),
        }
    }
}

impl<K> Scratch<K> {
    /// The memory of columns.
    pub(crate) fn columns(&mut self) -> &mut columns::Scratch {
        self.columns.get_or_insert_default()
    }
}

/// The most samples that a tile may have with its margin.
const MAX_SAMPLES: usize = 1 << 19;

/// Whether this engine takes a window: counts have 16 bits, sums along x have 8, and the margin of a tile must not
/// outgrow it by far.
pub(crate) fn applies(radius: &[usize], size: &[usize]) -> bool {
    let samples = radius.iter().try_fold(1usize, |n, &r| n.checked_mul(r.checked_mul(2)?.checked_add(1)?));
    samples.is_some_and(|n| n < 1 << 16)
        && radius[0] <= 127
        && tile(1, radius, size).rows() <= MAX_SAMPLES / 64
}

/// The extent (xyz) of the box of outputs that one call should compute.
pub fn block(key_bytes: usize, radius: &[usize], size: &[usize]) -> Axes<usize> {
    let tile = tile(key_bytes, radius, size);
    Axes::from_fn(size.len(), |a| tile.size[a])
}

/// The box of outputs (xyz) that one thread should compute, in an output of `size`: a tile, or some below each other where
/// what is learnt from one helps with the next.
pub(crate) fn brick<T: Pixel>(
    radius: &[usize],
    image: &[usize],
    size: &[usize],
    threads: usize,
) -> Axes<usize> {
    let mut brick = block(size_of::<T>(), radius, image);
    if stacks::<T>(radius) {
        let high = columns::height(radius[1], size[1], size[0].div_ceil(brick[0]), threads);
        brick[1] = (high / brick[1]).max(1) * brick[1];
    }
    Axes::from_fn(size.len(), |a| brick[a].clamp(1, size[a]))
}

/// As few tiles of at most `most` as make `size`, of the same extent.
fn share(size: usize, most: usize) -> usize {
    size.div_ceil(size.div_ceil(most).max(1)).max(1)
}

/// The tile for a type, a window and an image or a part of one.
fn tile(key_bytes: usize, radius: &[usize], size: &[usize]) -> Geometry {
    let rank = size.len().max(2);
    let window = Axes::from_fn(rank, |a| 2 * radius.get(a).copied().unwrap_or(0) + 1);
    let size = Axes::from_fn(rank, |a| size.get(a).copied().unwrap_or(1));
    let widest = |strip: usize| match strip + 1 - window[0] {
        width if key_bytes > 1 && strip > 256 => width.min(MAX_EXTENT),
        width => width,
    };
    // What a row costs: some work does not depend on its length. Long rows of small windows have more thresholds.
    let cost = |strip: usize| size[0].div_ceil(widest(strip)) * (strip + 32);
    let strip = [64, 128, 256, 512]
        .into_iter()
        .filter(|&strip| strip >= window[0] && (strip < 512 || window[0] > 75))
        .min_by_key(|&strip| cost(strip))
        .unwrap_or(512);
    let most = |a: usize| match (a, rank) {
        (0, _) => widest(strip),
        (_, 2) => 64.max(window[1]).min(MAX_EXTENT),
        (2, 3) => 32.max(window[a]).min(MAX_EXTENT),
        (_, 3) => 16.max(window[a]).min(MAX_EXTENT),
        _ => 8.max(window[a]).min(MAX_EXTENT),
    };
    Geometry::new(Axes::from_fn(rank, |a| share(size[a], most(a))), window, strip)
}

/// Medians of an output box (first and size, xyz, in the input's index space), into `out`, x fastest.
///
/// `check` is called often, and its error ends the work.
pub(crate) fn medians<T: Pixel>(
    level: Level,
    source: &View<'_, T>,
    radius: &[usize],
    [first, size]: [&[usize]; 2],
    scratch: &mut Scratch<T::Key>,
    out: &mut [T],
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    assert_eq!(out.len(), size.iter().product(), "one output for each place of the box");
    if out.is_empty() {
        return Ok(());
    }
    let whole = tile(size_of::<T::Key>(), radius, size);
    let mut pixels = vec![T::default(); source.size()[0].min(whole.strip)];
    let tiles = Axes::from_fn(size.len(), |a| size[a].div_ceil(whole.size[a]));
    let stacked = stacks::<T>(radius) && tiles[0] == 1;
    // How many tiles columns take from the next busy one on, and where to count again. To begin costs a window's rows, and to
    // count in vain a part of a tile: so they are some windows high, and more with each in turn.
    let least = (4 * whole.window[1] / whole.size[1]).max(1);
    let (mut busy, mut resume) = (least, 0);
    for number in 0..tiles.iter().product() {
        if number < resume {
            continue;
        }
        let mut rest: usize = number;
        let at = Axes::from_fn(size.len(), |a| {
            let i = rest % tiles[a];
            rest /= tiles[a];
            i * whole.size[a]
        });
        let extent = Axes::from_fn(whole.size.len(), |a| match at.get(a) {
            Some(at) => whole.size[a].min(size[a] - at),
            None => 1,
        });
        let geometry = Geometry::new(extent, whole.window, whole.strip);
        let corner = Axes::from_fn(at.len(), |a| first[a] + at[a]);
        let most = if stacked && scratch.columns.is_some() { budget(level, &geometry) } else { usize::MAX };
        load(source, radius, &corner, &geometry, &mut pixels, scratch);
        if solve(level, &geometry, scratch, most, check)? {
            store(&geometry, &at, size, scratch, out);
            busy = least;
        } else if size_of::<T::Key>() == 1 {
            let columns = scratch.columns();
            let rows = (whole.size[1] * busy).min(size[1] - at[1]);
            let out = &mut out[at[1] * size[0]..][..rows * size[0]];
            columns::medians(level, source, radius, [&corner, &[size[0], rows]], columns, out, check)?;
            (resume, busy) = (number + busy, 2 * busy);
        }
    }
    Ok(())
}

/// Whether columns take the tiles on which counting is slow: its evaluations go by parts of two axes then.
fn stacks<T: Pixel>(radius: &[usize]) -> bool {
    radius.len() == 2 && columns::applies::<T>(radius)
}

/// Medians of a box (first and size, xyz) of an image, by this engine alone; `None` where it does not apply. For
/// tests and benches.
pub fn counted_median<T: Pixel>(
    level: Level,
    source: &View<'_, T>,
    radius: &[usize],
    outputs: [&[usize]; 2],
) -> Option<Vec<T>> {
    if !applies(radius, source.size()) {
        return None;
    }
    let mut out = vec![T::default(); outputs[1].iter().product()];
    let mut scratch = Scratch { columns: None, ..Scratch::default() };
    medians(level, source, radius, outputs, &mut scratch, &mut out, &mut || Ok(())).ok().map(|()| out)
}

/// Stages a tile's samples with its margin: labels of one byte as such, other keys as keys.
fn load<T: Pixel>(
    source: &View<'_, T>,
    radius: &[usize],
    corner: &[usize],
    geometry: &Geometry,
    pixels: &mut [T],
    scratch: &mut Scratch<T::Key>,
) {
    let image = source.size();
    let clamp = |a: usize, i: usize| (corner[a] + i).saturating_sub(radius[a]).min(image[a] - 1);
    let (low, high) = (clamp(0, 0), clamp(0, geometry.padded(0) - 1) + 1);
    // How often the row's first pixel comes before it.
    let before = radius[0].saturating_sub(corner[0]).min(geometry.padded(0) - 1);
    let pixels = &mut pixels[..high - low];
    scratch.rows.resize(geometry.rows() * geometry.strip, 0);
    let narrow = size_of::<T::Key>() == 1;
    scratch.keys.resize(if narrow { 0 } else { scratch.rows.len() }, T::Key::default());
    for row in 0..geometry.rows() {
        let mut rest = row;
        let index = Axes::from_fn(image.len() - 1, |a| {
            let i = rest % geometry.padded(a + 1);
            rest /= geometry.padded(a + 1);
            clamp(a + 1, i)
        });
        source.load(low, &index, pixels);
        let start = row * geometry.strip;
        if narrow {
            let to = &mut scratch.rows[start..][..geometry.strip];
            repeat_ends(pixels, before, to, |pixel| pixel.to_key().to_ordinal() as u8 ^ 0x80);
        } else {
            repeat_ends(pixels, before, &mut scratch.keys[start..][..geometry.strip], |pixel| pixel.to_key());
        }
    }
}

/// Finds the medians of the staged tile: labels in `scratch.rows` for keys of a byte, else `scratch.medians`. False where
/// that would take more than `most` rows of evaluations.
fn solve<K: Key>(
    level: Level,
    geometry: &Geometry,
    scratch: &mut Scratch<K>,
    most: usize,
    check: &mut dyn FnMut() -> Result<()>,
) -> Result<bool> {
    let Scratch { planes, rows, counts, keys, medians, leaves, entries, long_entries, .. } = scratch;
    let strip = geometry.strip;
    if keys.is_empty() {
        planes.prepare(geometry, false);
        simd::dispatch(level, Spread { strip, rows, strides: &mut planes.labels });
        let found = search(level, geometry, planes, None, most, check)?;
        rows.resize(geometry.outputs() * strip, 0);
        simd::dispatch(level, Gather { strip, strides: &planes.best, rows });
        return Ok(found);
    }
    let mut lists = Lists { below: [0; 257], leaves: Vec::new() };
    let mut pivots = sample(geometry, keys);
    // Pivots that miss where most samples are, by chance or design, are replaced a few times.
    for _ in 0..4 {
        simd::dispatch(level, Label { pivots: &pivots, keys, labels: rows });
        lists.count(rows.chunks_exact(strip).map(|row| &row[..geometry.padded(0)]));
        let crowded = |&label: &usize| lists.share(label) > 1.0 / 16.0 && !pivots.is_single(label);
        let Some(label) = (0..256).find(crowded) else { break };
        pivots = resample(geometry, keys, rows, &pivots, label, lists.samples(label));
    }
    planes.prepare(geometry, true);
    simd::dispatch(level, Spread { strip, rows, strides: &mut planes.labels });
    planes.labels.iter_mut().for_each(|label| *label ^= 0x80);
    search(level, geometry, planes, Some(&mut lists), most, check)?;
    let is_long = size_of::<K>() > 4;
    if is_long {
        lists::sort(geometry, &lists, (keys, rows), long_entries);
    } else {
        lists::sort(geometry, &lists, (keys, rows), entries);
    }
    check()?;
    rows.resize(geometry.outputs() * strip, 0);
    simd::dispatch(level, Gather { strip, strides: &planes.best, rows });
    rows.iter_mut().for_each(|label| *label ^= 0x80);
    for (counts, kept) in counts.iter_mut().zip(&planes.kept) {
        counts.resize(geometry.outputs() * strip, 0);
        simd::dispatch(level, Gather { strip, strides: kept, rows: counts });
    }
    medians.resize(geometry.outputs() * strip, K::default());
    let found = Found { geometry, lists: &lists, labels: rows, counts: [&counts[0], &counts[1]] };
    if is_long {
        simd::dispatch(level, Finish { found, entries: long_entries, leaves, out: medians });
    } else {
        simd::dispatch(level, Finish { found, entries, leaves, out: medians });
    }
    Ok(true)
}

/// Pivots from places of the tile that are spread as a low-discrepancy sequence.
fn sample<K: Key>(geometry: &Geometry, keys: &[K]) -> Pivots<K> {
    let (width, rows) = (geometry.padded(0), geometry.rows());
    let count = (width * rows) as u64;
    let mut samples: [K; 510] = std::array::from_fn(|i| {
        let place = (((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) * count) >> 32;
        keys[place as usize / width * geometry.strip + place as usize % width]
    });
    Pivots::new(&mut samples)
}

/// Pivots of which half are from the samples of one label.
fn resample<K: Key>(
    geometry: &Geometry,
    keys: &[K],
    labels: &[u8],
    pivots: &Pivots<K>,
    label: usize,
    count: u32,
) -> Pivots<K> {
    let mut samples: Vec<K> = pivots.sorted().to_vec();
    let every = count as usize / 255;
    let mut seen = 0;
    for (keys, labels) in keys.chunks_exact(geometry.strip).zip(labels.chunks_exact(geometry.strip)) {
        for (key, _) in
            keys.iter().zip(labels).take(geometry.padded(0)).filter(|(_, l)| usize::from(**l) == label)
        {
            if seen % every.max(1) == 0 && samples.len() < 510 {
                samples.push(*key);
            }
            seen += 1;
        }
    }
    Pivots::new(&mut samples)
}

/// Copies a tile's medians to their place in a box of `size`.
fn store<T: Pixel>(
    geometry: &Geometry,
    at: &[usize],
    size: &[usize],
    scratch: &Scratch<T::Key>,
    out: &mut [T],
) {
    let width = geometry.size[0];
    for row in 0..geometry.outputs() {
        let mut rest = row;
        let mut start = 0;
        let mut step = size[0];
        for a in 1..size.len() {
            start += (at[a] + rest % geometry.size[a]) * step;
            rest /= geometry.size[a];
            step *= size[a];
        }
        let out = &mut out[start + at[0]..][..width];
        if scratch.keys.is_empty() {
            for (out, label) in out.iter_mut().zip(&scratch.rows[row * geometry.strip..]) {
                *out = T::from_key(T::Key::from_ordinal(u64::from(label ^ 0x80)));
            }
        } else {
            for (out, key) in out.iter_mut().zip(&scratch.medians[row * geometry.strip..]) {
                *out = T::from_key(*key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use itk_core::Image;
    use itk_core::simd::levels;

    use super::*;

    /// Whether columns took a part of an image 200 wide and 300 high, whose medians are right.
    fn takes_columns(level: Level, radius: &[usize], pixel: impl Fn(usize, usize) -> u8) -> bool {
        let size = [200, 300];
        let pixels = (0..size[0] * size[1]).map(|i| pixel(i % size[0], i / size[0])).collect();
        let image = Image::from_vec(&size, pixels).expect("a size that fits");
        let outputs = [&[0, 0][..], &size];
        let mut scratch = Scratch::default();
        let mut out = vec![0; size[0] * size[1]];
        medians(level, &image.view(), radius, outputs, &mut scratch, &mut out, &mut || Ok(()))
            .expect("no abort");
        assert_eq!(Some(out), counted_median(level, &image.view(), radius, outputs), "{level} {radius:?}");
        scratch.columns.expect("memory for columns").is_used()
    }

    #[test]
    fn columns_take_tiles_of_many_medians_and_no_others() {
        for level in levels() {
            for radius in [[8, 8], [20, 3], [5, 40]] {
                assert!(takes_columns(level, &radius, |x, _| (x * 255 / 199) as u8), "{level} {radius:?}");
                // Only far down.
                let below = |x: usize, y: usize| if y < 200 { 9 } else { (x * 255 / 199) as u8 };
                assert!(takes_columns(level, &radius, below), "{level} {radius:?}");
                assert!(!takes_columns(level, &radius, |_, _| 9), "{level} {radius:?}");
                let levels = |x: usize, y: usize| ((x / 40 + y / 60) * 28) as u8;
                assert!(!takes_columns(level, &radius, levels), "{level} {radius:?}");
            }
        }
    }
}
