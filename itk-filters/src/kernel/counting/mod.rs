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
mod extent;
mod flat;
mod geometry;
mod lists;
mod pivots;
mod search;
mod strides;

use evaluate::Planes;
pub use extent::block;
pub(crate) use extent::{applies, brick, slice};
use extent::{stacks, tile};
use geometry::Geometry;
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
    let step = block(size_of::<T::Key>(), radius, size);
    let mut pixels = vec![T::default(); source.size()[0].min(whole.strip)];
    let tiles = Axes::from_fn(size.len(), |a| size[a].div_ceil(step[a]));
    // Columns fill `out` line by line, so the box must be one line of tiles.
    let stacked = stacks::<T>(radius).filter(|&down| (0..size.len()).all(|a| a == down || tiles[a] == 1));
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
            i * step[a]
        });
        let extent = Axes::from_fn(whole.axes.len(), |a| match at.get(whole.axes[a]) {
            Some(at) => whole.size[a].min(size[whole.axes[a]] - at),
            None => 1,
        });
        let geometry = Geometry::new(whole.axes, extent, whole.window, whole.strip);
        let corner = Axes::from_fn(at.len(), |a| first[a] + at[a]);
        let most = match stacked {
            Some(_) if scratch.columns.is_some() => budget(level, &geometry),
            _ => usize::MAX,
        };
        load(source, radius, &corner, &geometry, &mut pixels, scratch);
        if solve(level, &geometry, scratch, most, check)? {
            store(&geometry, &at, size, scratch, out);
            busy = least;
        } else if let (1, Some(down)) = (size_of::<T::Key>(), stacked) {
            let columns = scratch.columns();
            let rows = (whole.size[1] * busy).min(size[down] - at[down]);
            let out = &mut out[at[down] * size[0]..][..rows * size[0]];
            let part = Axes::from_fn(size.len(), |a| if a == down { rows } else { size[a] });
            columns::medians(level, source, radius, [&corner, &part], columns, out, check)?;
            (resume, busy) = (number + busy, 2 * busy);
        }
    }
    Ok(())
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
        let mut index = Axes::from_fn(image.len() - 1, |a| corner[a + 1]);
        for (a, &axis) in geometry.axes.iter().enumerate().skip(1) {
            let i = rest % geometry.padded(a);
            rest /= geometry.padded(a);
            if let Some(index) = index.get_mut(axis - 1) {
                *index = clamp(axis, i);
            }
        }
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
    let step = |axis: usize| size[..axis].iter().product::<usize>();
    let corner: usize = at.iter().enumerate().map(|(axis, at)| at * step(axis)).sum();
    for row in 0..geometry.outputs() {
        let mut rest = row;
        let mut start = corner;
        for (a, &axis) in geometry.axes.iter().enumerate().skip(1) {
            start += rest % geometry.size[a] * step(axis);
            rest /= geometry.size[a];
        }
        let out = &mut out[start..][..width];
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

    /// Whether columns took a part of an image 200 wide and 300 high, and of a volume with that image as its slice along x and z,
    /// whose medians are right.
    fn takes_columns(level: Level, radius: [usize; 2], pixel: impl Fn(usize, usize) -> u8) -> bool {
        let image: Vec<u8> = (0..200 * 300).map(|i| pixel(i % 200, i / 200)).collect();
        let volume = image.chunks(200).flat_map(|row| [[0; 200].as_slice(), row].concat()).collect();
        let flat = takes(level, &[200, 300], image, &radius, [&[0, 0], &[200, 300]]);
        let part = [&[0, 1, 0][..], &[200, 1, 300]];
        let deep = takes(level, &[200, 2, 300], volume, &[radius[0], 0, radius[1]], part);
        assert_eq!(flat, deep, "{level} {radius:?}");
        flat.0
    }

    /// Whether columns took a part of these outputs, and the medians, which are right.
    fn takes(
        level: Level,
        size: &[usize],
        pixels: Vec<u8>,
        radius: &[usize],
        outputs: [&[usize]; 2],
    ) -> (bool, Vec<u8>) {
        let image = Image::from_vec(size, pixels).expect("a size that fits");
        let mut scratch = Scratch::default();
        let mut out = vec![0; outputs[1].iter().product()];
        medians(level, &image.view(), radius, outputs, &mut scratch, &mut out, &mut || Ok(()))
            .expect("no abort");
        let counted = counted_median(level, &image.view(), radius, outputs);
        assert_eq!(counted.as_ref(), Some(&out), "{level} {radius:?}");
        (scratch.columns.expect("memory for columns").is_used(), out)
    }

    #[test]
    fn columns_take_tiles_of_many_medians_and_no_others() {
        for level in levels() {
            for radius in [[8, 8], [20, 3], [5, 40]] {
                assert!(takes_columns(level, radius, |x, _| (x * 255 / 199) as u8), "{level} {radius:?}");
                // Only far down.
                let below = |x: usize, y: usize| if y < 200 { 9 } else { (x * 255 / 199) as u8 };
                assert!(takes_columns(level, radius, below), "{level} {radius:?}");
                assert!(!takes_columns(level, radius, |_, _| 9), "{level} {radius:?}");
                let levels = |x: usize, y: usize| ((x / 40 + y / 60) * 28) as u8;
                assert!(!takes_columns(level, radius, levels), "{level} {radius:?}");
            }
        }
    }
}
