//! Which algorithm takes the medians of a window: the one table, filled from measurements.

use itk_core::Pixel;
use itk_core::simd::Level;

use super::network;

/// How medians are computed. All ways give the same result; which is fastest depends on the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Generated selection networks, for the windows that have one.
    Network,
    /// A histogram that slides along x, for any window.
    Histogram,
}

impl Algorithm {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Network, Self::Histogram];

    /// Whether it can take windows of this radius (xyz).
    pub(crate) fn applies<T: Pixel>(self, level: Level, radius: &[usize]) -> bool {
        match self {
            Self::Network => network::find::<T::Key>(level, radius).is_some(),
            Self::Histogram => true,
        }
    }

    /// The fastest for windows of this radius (xyz).
    pub(crate) fn choose<T: Pixel>(level: Level, radius: &[usize]) -> Self {
        if Self::Network.applies::<T>(level, radius) { Self::Network } else { Self::Histogram }
    }
}
