//! How large the parts are that an image is counted in: tiles, and bricks of tiles.

use itk_core::{Axes, Pixel};

use super::geometry::{Geometry, MAX_EXTENT};
use crate::kernel::columns;

/// The most samples that a tile may have with its margin.
const MAX_SAMPLES: usize = 1 << 19;

/// Pixels of a brick of several slices: its own memory is a hundredth of theirs at most.
const BRICK: usize = 1 << 16;

/// Whether this engine takes a window: counts have 16 bits, sums along x have 8, and the margin of a tile must not
/// outgrow it by far.
pub(crate) fn applies(radius: &[usize], size: &[usize]) -> bool {
    let samples = radius.iter().try_fold(1usize, |n, &r| n.checked_mul(r.checked_mul(2)?.checked_add(1)?));
    samples.is_some_and(|n| n < 1 << 16)
        && radius[0] <= 127
        && tile(1, radius, size).rows() <= MAX_SAMPLES / 64
}

/// The axes that a window reaches across, and x: along others, the image's slices are images of their own. Two at least.
fn spanned(radius: &[usize]) -> Axes<usize> {
    let across = || (1..radius.len()).filter(|&a| radius[a] > 0);
    let mut axes = std::iter::once(0).chain(across());
    Axes::from_fn((1 + across().count()).max(2), |_| axes.next().unwrap_or(1))
}

/// The size of the slices of an image of `size` that a window of this radius stays in, along their axes; 1 where a line has none.
pub(crate) fn slice(radius: &[usize], size: &[usize]) -> Axes<usize> {
    let axes = spanned(radius);
    Axes::from_fn(axes.len(), |a| size.get(axes[a]).copied().unwrap_or(1))
}

/// The extent (xyz) of the box of outputs that one call should compute.
pub fn block(key_bytes: usize, radius: &[usize], size: &[usize]) -> Axes<usize> {
    let tile = tile(key_bytes, radius, size);
    let mut block = Axes::filled(size.len(), 1);
    for (&axis, &extent) in tile.axes.iter().zip(tile.size.iter()) {
        // A line has no second axis.
        if let Some(slot) = block.get_mut(axis) {
            *slot = extent;
        }
    }
    block
}

/// The box of outputs (xyz) that one thread should compute, in an output of `size`: a tile, some below each other where what is
/// learnt from one helps with the next, or some of neighbouring slices.
pub(crate) fn brick<T: Pixel>(
    radius: &[usize],
    image: &[usize],
    size: &[usize],
    threads: usize,
) -> Axes<usize> {
    let mut brick = block(size_of::<T>(), radius, image);
    if let Some(down) = stacks::<T>(radius) {
        let others = (0..size.len()).filter(|&a| a != down);
        let others = others.fold(1, |n: usize, a| n.saturating_mul(size[a].div_ceil(brick[a])));
        let high = columns::height(radius[down], size[down], others, threads);
        brick[down] = (high / brick[down]).max(1) * brick[down];
    } else {
        // Several slices that are small, as each brick takes memory, but several bricks a thread.
        let pixels = size.iter().fold(1, |n: usize, &extent| n.saturating_mul(extent));
        let most = (pixels / (8 * threads)).min(BRICK);
        let axes = spanned(radius);
        for a in (0..size.len()).filter(|a| !axes.contains(a)) {
            brick[a] = (most / brick.iter().product::<usize>()).clamp(1, size[a].max(1));
        }
    }
    Axes::from_fn(size.len(), |a| brick[a].clamp(1, size[a]))
}

/// As few tiles of at most `most` as make `size`, of the same extent.
fn share(size: usize, most: usize) -> usize {
    size.div_ceil(size.div_ceil(most).max(1)).max(1)
}

/// The tile for a type, a window and an image or a part of one.
pub(super) fn tile(key_bytes: usize, radius: &[usize], size: &[usize]) -> Geometry {
    let axes = spanned(radius);
    let rank = axes.len();
    let window = Axes::from_fn(rank, |a| 2 * radius.get(axes[a]).copied().unwrap_or(0) + 1);
    let size = slice(radius, size);
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
    Geometry::new(axes, Axes::from_fn(rank, |a| share(size[a], most(a))), window, strip)
}

/// The axis that columns go down along where they take the tiles on which counting is slow: its evaluations go by parts of
/// two axes then.
pub(super) fn stacks<T: Pixel>(radius: &[usize]) -> Option<usize> {
    let axes = spanned(radius);
    (radius.len() > 1 && axes.len() == 2 && columns::applies::<T>(radius)).then_some(axes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bricks_are_neither_many_nor_few() {
        let brick = |radius: &[usize], size: &[usize]| brick::<u16>(radius, size, size, 2);
        assert_eq!(&brick(&[10, 10], &[2000, 2000])[..], &[223, 63]);
        assert_eq!(&brick(&[10, 10, 0], &[2000, 2000, 1000])[..], &[223, 63, 4]);
        assert_eq!(&brick(&[10, 0, 10], &[128, 300, 64])[..], &[43, 23, 64]);
        assert_eq!(&brick(&[10, 10, 0], &[128, 64, 5])[..], &[43, 64, 1]);
        assert_eq!(&brick(&[10, 10, 0], &[40, 40, 500])[..], &[40, 40, 31]);
    }
}
