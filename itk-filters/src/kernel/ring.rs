//! The rows that a window covers, staged once: converted, and with the border repeated on both sides.

use itk_core::Axes;

/// Extra entries at the end of each staged row, so that the last vector of any level may read past it.
pub(crate) const PADDING: usize = 64;

/// A cache of staged rows, or of the same columns of them. Rows are found by their index on all axes but x; as a window moves along y, all
/// but its new rows are there already. Any window of `radius` finds its rows in different slots, as its
/// indices on an axis span less than the number of slots on that axis.
pub(crate) struct Ring<V> {
    slots: Axes<usize>,
    width: usize,
    tags: Vec<Option<usize>>,
    values: Vec<V>,
}

impl<V: Copy + Default> Ring<V> {
    /// For windows of `radius` on the axes after x, over an input of `size` there, and staged rows of `width`.
    pub(crate) fn new(radius: &[usize], size: &[usize], width: usize) -> Self {
        let slots = Axes::from_fn(size.len(), |a| radius[a].saturating_mul(2).saturating_add(1).min(size[a]));
        let count = slots.iter().product();
        let width = width + PADDING;
        Self { slots, width, tags: vec![None; count], values: vec![V::default(); count * width] }
    }

    /// Where in [`Ring::values`] the row at `index` starts; `stage` fills it when it is not there.
    pub(crate) fn row(&mut self, index: &[usize], size: &[usize], stage: impl FnOnce(&mut [V])) -> usize {
        let (mut slot, mut row) = (0, 0);
        for a in (0..index.len()).rev() {
            slot = slot * self.slots[a] + index[a] % self.slots[a];
            row = row * size[a] + index[a];
        }
        let start = slot * self.width;
        if self.tags[slot] != Some(row) {
            stage(&mut self.values[start..start + self.width - PADDING]);
            self.tags[slot] = Some(row);
        }
        start
    }

    /// All staged rows.
    pub(crate) fn values(&self) -> &[V] {
        &self.values
    }
}

/// Calls `visit` with each index within `radius` of `centre`, first axis fastest, clamped to an array of `size`.
pub(crate) fn for_each_clamped(
    centre: &[usize],
    radius: &[usize],
    size: &[usize],
    mut visit: impl FnMut(&[usize]),
) {
    let rank = centre.len();
    let mut offset = Axes::filled(rank, 0usize);
    let mut index = Axes::from_fn(rank, |a| centre[a].saturating_sub(radius[a]));
    loop {
        visit(&index);
        let mut a = 0;
        loop {
            if a == rank {
                return;
            }
            offset[a] += 1;
            if offset[a] <= 2 * radius[a] {
                index[a] = (centre[a] + offset[a]).saturating_sub(radius[a]).min(size[a] - 1);
                break;
            }
            offset[a] = 0;
            index[a] = centre[a].saturating_sub(radius[a]);
            a += 1;
        }
    }
}

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
