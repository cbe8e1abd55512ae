//! Which algorithm takes the medians of a window: the one place that decides.

use itk_core::Pixel;
use itk_core::simd::Level;

use super::{counting, network};

/// How medians are computed. All ways give the same result; which is fastest depends on the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Generated selection networks, for the windows that have one.
    Network,
    /// Counting against thresholds, for windows of fewer than 65,536 samples.
    Counting,
    /// A histogram that slides along x, for any window.
    Histogram,
}

impl Algorithm {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Network, Self::Counting, Self::Histogram];

    /// Whether it can take windows of this radius over an image of this size, both xyz.
    pub(crate) fn applies<T: Pixel>(self, level: Level, radius: &[usize], size: &[usize]) -> bool {
        match self {
            Self::Network => network::find::<T::Key>(level, radius).is_some(),
            Self::Counting => counting::applies(radius, size),
            Self::Histogram => true,
        }
    }

    /// The one that takes windows of this radius over an image of this size, both xyz: the first of [`Algorithm::ALL`] that
    /// applies. That order is the expected one of their speeds, not a table of measured crossovers.
    pub(crate) fn choose<T: Pixel>(level: Level, radius: &[usize], size: &[usize]) -> Self {
        let applies = |algorithm: &&Self| algorithm.applies::<T>(level, radius, size);
        *Self::ALL.iter().find(applies).unwrap_or(&Self::Histogram)
    }
}
