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
