//! The order in which axes lie in memory: for what does not depend on the order of axes.

use itk_core::{Axes, Strides};

/// How far the next pixel is along each axis; along an axis of one pixel, farther than along any other.
pub(crate) fn steps(strides: &Strides) -> Axes<usize> {
    Axes::from_fn(strides.size.len(), |a| match strides.size[a] {
        0 | 1 => usize::MAX,
        _ => strides.bytes[a].unsigned_abs(),
    })
}

/// Which axes to exchange, one pair after the other, so that the nearest come first.
pub(crate) fn nearest_first(mut steps: Axes<usize>) -> Vec<[usize; 2]> {
    let mut exchanges = Vec::new();
    for a in 0..steps.len() {
        let nearest = (a..steps.len()).min_by_key(|&other| steps[other]);
        if let Some(nearest) = nearest.filter(|&nearest| nearest != a) {
            steps.swap(a, nearest);
            exchanges.push([a, nearest]);
        }
    }
    exchanges
}
