//! Walking through the indices of a box, and past its ends.

use itk_core::{Axes, Pixel};

/// Calls `visit` with each index from `low` to before `high`, first axis fastest.
pub(crate) fn for_each_index(low: &[usize], high: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut index = Axes::from_fn(low.len(), |a| low[a]);
    for _ in 0..low.iter().zip(high).map(|(low, high)| high.saturating_sub(*low)).product::<usize>() {
        visit(&index);
        for a in 0..low.len() {
            index[a] += 1;
            if index[a] < high[a] {
                break;
            }
            index[a] = low[a];
        }
    }
}

/// What the windows of the box `first..first + size` cover of an image of size `image`: its first index, and the one behind its last.
/// All are xyz.
pub(crate) fn covered(
    image: &[usize],
    radius: &[usize],
    first: &[usize],
    size: &[usize],
) -> (Axes<usize>, Axes<usize>) {
    let low = |a: usize| first[a].saturating_sub(radius[a]);
    let high = |a: usize| (first[a] + size[a]).saturating_add(radius[a]).min(image[a]);
    (Axes::from_fn(image.len(), low), Axes::from_fn(image.len(), high))
}

/// `to` becomes the pixels, with the first one before them `before` times more, and the last one after them.
#[inline(always)]
pub(crate) fn repeat_ends<T: Pixel, K: Copy>(
    pixels: &[T],
    before: usize,
    to: &mut [K],
    key: impl Fn(T) -> K,
) {
    let (head, rest) = to.split_at_mut(before);
    let (body, tail) = rest.split_at_mut(pixels.len().min(rest.len()));
    for (to, &pixel) in body.iter_mut().zip(pixels) {
        *to = key(pixel);
    }
    if let [first, ..] = body {
        head.fill(*first);
    }
    if let Some(&last) = pixels.last() {
        tail.fill(key(last));
    }
}
