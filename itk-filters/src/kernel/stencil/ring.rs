//! Rows that a stencil needs, staged once: converted, and with the border repeated on both sides.

use itk_core::Axes;

/// Staged rows, or the same columns of them. Rows are found by their index on all axes but x; as a stencil moves
/// along y, all but its new rows are there already. All rows within `radius` of one find different slots, as their
/// indices on an axis span less than the number of slots on that axis.
pub(super) struct Ring<V> {
    slots: Axes<usize>,
    /// Values from a row to the next.
    pitch: usize,
    tags: Vec<Option<usize>>,
    values: Vec<V>,
}

/// Where the rows lie that differ along y only: slot and number of the one at y = 0.
#[derive(Clone, Copy)]
pub(super) struct Place {
    slot: usize,
    row: usize,
}

impl<V: Copy + Default> Ring<V> {
    /// For stencils of `radius` on the axes after x, over an input of `size` there, and rows of `pitch` values.
    pub(super) fn new(radius: &[usize], size: &[usize], pitch: usize) -> Self {
        let slots = Axes::from_fn(size.len(), |a| radius[a].saturating_mul(2).saturating_add(1).min(size[a]));
        let count = slots.iter().product();
        Self { slots, pitch, tags: vec![None; count], values: vec![V::default(); count * pitch] }
    }

    /// The place of the rows at `index`, whose y is 0.
    pub(super) fn place(&self, index: &[usize], size: &[usize]) -> Place {
        let mut place = Place { slot: 0, row: 0 };
        for a in (0..index.len()).rev() {
            place.slot = place.slot * self.slots[a] + index[a] % self.slots[a];
            place.row = place.row * size[a] + index[a];
        }
        place
    }

    /// Where in [`Ring::values`] the row `y` of a place starts, and whether it has still to be staged there.
    #[inline(always)]
    pub(super) fn find(&mut self, place: Place, y: usize) -> (usize, bool) {
        let slot = place.slot + self.slots.first().map_or(0, |n| y % n);
        let tag = Some(place.row + y);
        let missing = self.tags[slot] != tag;
        self.tags[slot] = tag;
        (slot * self.pitch, missing)
    }

    /// The row that starts there, to be staged.
    #[inline(always)]
    pub(super) fn row(&mut self, start: usize) -> &mut [V] {
        &mut self.values[start..start + self.pitch]
    }

    /// All staged rows.
    #[inline(always)]
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }
}
