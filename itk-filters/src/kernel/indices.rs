//! Walking through the indices of a box.

use itk_core::Axes;

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
