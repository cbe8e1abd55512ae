//! Rows that a stencil needs, staged once: converted, and with the border repeated on both sides.

use itk_core::Axes;

/// Staged rows, or the same columns of them. Rows are found by their index on all axes but x; as a stencil moves
/// along y, all but its new rows are there already. All rows within `radius` of one find different slots, as their
/// indices on an axis span less than the number of slots on that axis.
pub(super) struct Ring<V> {
    slots: Axes<usize>,
    /// The least y of all rows.
    first: usize,
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
    /// For stencils of `radius` on the axes after x, over an input of `size` there, and rows of `pitch` values, of which
    /// the least y is `first`. Results have `rows` rows along y. Where there are neighbours along more axes than y, the rows of all y are kept, to be
    /// staged once for all results that need them.
    pub(super) fn new(radius: &[usize], size: &[usize], (first, rows): (usize, usize), pitch: usize) -> Self {
        let kept = if radius.iter().skip(1).any(|&r| r > 0) { rows } else { 1 };
        let slots = Axes::from_fn(size.len(), |a| {
            let results = if a == 0 { kept } else { 1 };
            radius[a].saturating_mul(2).saturating_add(results).min(size[a])
        });
        let count = slots.iter().product();
        // They are made when they are first needed.
        let values = Vec::with_capacity(count * pitch);
        Self { slots, first, pitch, tags: vec![None; count], values }
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
        let slots = self.slots.first().copied().unwrap_or(1);
        let along_y = y - self.first;
        // Rows of several slices do not wrap, and a division would take long.
        let slot = place.slot + if along_y < slots { along_y } else { along_y % slots };
        let tag = Some(place.row + y);
        let missing = self.tags[slot] != tag;
        self.tags[slot] = tag;
        (slot * self.pitch, missing)
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.tags.fill(None);
    }

    /// The row that starts there, to be staged.
    #[inline(always)]
    pub(super) fn row(&mut self, start: usize) -> &mut [V] {
        if self.values.len() < start + self.pitch {
            self.values.resize(start + self.pitch, V::default());
        }
        &mut self.values[start..start + self.pitch]
    }

    /// All staged rows.
    #[inline(always)]
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }
}
