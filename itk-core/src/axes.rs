//! One value an axis, without a heap allocation.

use std::ops::{Deref, DerefMut};

/// The most axes an array can have: six of space and time, and one of pixel components.
pub const MAX_AXES: usize = 7;

/// The most axes of an image; its components are not an axis.
pub const MAX_RANK: usize = 6;

/// A short list with one value an axis, x (the fastest axis) first unless a name says otherwise.
#[derive(Clone, Copy)]
pub struct Axes<V> {
    rank: u8,
    values: [V; MAX_AXES],
}

impl<V: Copy + Default> Axes<V> {
    /// The same value for each of `rank` axes.
    ///
    /// # Panics
    /// When `rank` is more than [`MAX_AXES`].
    pub fn filled(rank: usize, value: V) -> Self {
        assert!(rank <= MAX_AXES, "at most {MAX_AXES} axes, got {rank}");
        let mut values = [V::default(); MAX_AXES];
        values[..rank].fill(value);
        Self { rank: rank as u8, values }
    }

    /// The values of `slice`, or `None` when it is longer than [`MAX_AXES`].
    pub fn from_slice(slice: &[V]) -> Option<Self> {
        if slice.len() > MAX_AXES {
            return None;
        }
        let mut axes = Self::filled(slice.len(), V::default());
        axes.copy_from_slice(slice);
        Some(axes)
    }

    /// One value an axis from a function of the axis.
    ///
    /// # Panics
    /// When `rank` is more than [`MAX_AXES`].
    pub fn from_fn(rank: usize, value: impl FnMut(usize) -> V) -> Self {
        let mut axes = Self::filled(rank, V::default());
        for (slot, value) in axes.iter_mut().zip((0..rank).map(value)) {
            *slot = value;
        }
        axes
    }

    /// The values in the opposite order: xyz becomes zyx and back.
    pub fn reversed(mut self) -> Self {
        self.reverse();
        self
    }
}

impl<V> Deref for Axes<V> {
    type Target = [V];

    fn deref(&self) -> &[V] {
        &self.values[..usize::from(self.rank)]
    }
}

impl<V> DerefMut for Axes<V> {
    fn deref_mut(&mut self) -> &mut [V] {
        &mut self.values[..usize::from(self.rank)]
    }
}

impl<V: PartialEq> PartialEq for Axes<V> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<V: Eq> Eq for Axes<V> {}

impl<V: std::fmt::Debug> std::fmt::Debug for Axes<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
