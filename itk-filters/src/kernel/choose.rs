//! Which algorithm takes the medians of a window: the one place that decides.

use itk_core::simd::Level;
use itk_core::{Axes, Pixel};

use super::order::nearest_first;
use super::{columns, counting, network};

/// How medians are computed. All ways give the same result; which is fastest depends on the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Generated selection networks, for the windows that have one.
    Network,
    /// Counting against thresholds, for windows of fewer than 65,536 samples. Parts of an image that take it long are left to
    /// columns, where these take keys of 8 bits and windows of two axes.
    Counting,
    /// Histograms of columns, for keys of 8 bits and windows of at most 255 samples along x and 255 across it. Never the
    /// first choice.
    Columns,
    /// A histogram that slides along x, for any window.
    Histogram,
}

impl Algorithm {
    /// All of them, from what is fast in small windows to what takes all.
    pub const ALL: &[Self] = &[Self::Network, Self::Counting, Self::Columns, Self::Histogram];

    /// Whether it can take windows of this radius over an image of this size, both xyz.
    pub(crate) fn applies<T: Pixel>(self, level: Level, radius: &[usize], size: &[usize]) -> bool {
        match self {
            Self::Network => network::find::<T::Key>(level, radius).is_some(),
            Self::Counting => counting::applies(radius, size),
            Self::Columns => radius.len() > 1 && columns::applies::<T>(radius),
            Self::Histogram => true,
        }
    }

    /// The one that takes windows of this radius over an image of this size, both xyz, in about the least time.
    pub(crate) fn choose<T: Pixel>(level: Level, radius: &[usize], size: &[usize]) -> Self {
        let applies = |algorithm: Self| algorithm.applies::<T>(level, radius, size);
        let crossings = Crossings::of(level, size_of::<T::Key>());
        if applies(Self::Network) {
            Self::Network
        } else if rows(radius, size) <= crossings.histogram(&counting::slice(radius, size))
            || !applies(Self::Counting)
        {
            Self::Histogram
        } else {
            Self::Counting
        }
    }
}

/// The axes of a problem in the order that takes the least time. Medians do not depend on it.
pub(crate) struct Orientation {
    /// The window's radius, in this order.
    pub(crate) radius: Axes<usize>,
    /// The image's size, in this order.
    pub(crate) size: Axes<usize>,
    /// Which axes are exchanged for it, one pair after the other.
    pub(crate) exchanges: Vec<[usize; 2]>,
}

impl Orientation {
    /// For windows of this radius over an image of this size, both xyz, and what takes the least time then. `steps` tells how far
    /// the next pixel of the output is along each axis.
    pub(crate) fn new<T: Pixel>(
        level: Level,
        radius: &[usize],
        size: &[usize],
        steps: Axes<usize>,
    ) -> (Self, Algorithm) {
        // Along an axis of one pixel, a window has each of its samples equally often, and may as well have it once.
        let radius = Axes::from_fn(size.len(), |a| if size[a] == 1 { 0 } else { radius[a] });
        let size = Axes::from_fn(size.len(), |a| size[a]);
        let mut order = Self { radius, size, exchanges: nearest_first(steps) };
        for &[a, b] in &order.exchanges {
            order.radius.swap(a, b);
            order.size.swap(a, b);
        }
        let choose = |order: &Self| Algorithm::choose::<T>(level, &order.radius, &order.size);
        let mut algorithm = choose(&order);
        if algorithm != Algorithm::Network {
            let x = order.x::<T>(level);
            if x > 0 {
                order.radius.swap(0, x);
                order.size.swap(0, x);
                order.exchanges.push([0, x]);
            }
            algorithm = choose(&order);
        }
        (order, algorithm)
    }

    /// The axis to take for x, which has no network: the nearest one that makes a window with one; otherwise one that the window
    /// reaches along, as planes that x lies in are counted faster.
    fn x<T: Pixel>(&self, level: Level) -> usize {
        let has_network = |&x: &usize| {
            let [mut radius, mut size] = [self.radius, self.size];
            radius.swap(0, x);
            size.swap(0, x);
            Algorithm::choose::<T>(level, &radius, &size) == Algorithm::Network
        };
        let mut reached = (0..self.radius.len()).filter(|&a| self.radius[a] > 0);
        let planes = match (reached.next(), reached.next()) {
            (Some(first), Some(_)) => first,
            _ => 0,
        };
        (1..self.radius.len()).find(has_network).unwrap_or(planes)
    }
}

/// Where one algorithm becomes faster than another, for keys of a width at a level.
struct Crossings {
    /// The most rows of a window that a histogram takes where there is no network: in lines, whose windows have one, and in
    /// tiny, small, and other images.
    histogram: [usize; 4],
}

/// Images of fewer pixels than these are tiny, and small.
const TINY: usize = 1 << 10;
const SMALL: usize = 1 << 15;

impl Crossings {
    /// The table. Its numbers are those that lose least in `docs/explain/crossover.tsv`, which `make bench-crossover` measures:
    /// in the geometric mean over noise, a photo and one value, as nobody knows the content before.
    ///
    /// A histogram's time grows with the rows of a window, as it slides along x; one of 16 bits has many bins to clear.
    /// Counting's hardly depends on the window, and grows where tiles are low or small, registers narrow, or keys wide.
    fn of(level: Level, key_bytes: usize) -> Self {
        let histogram = match (level, key_bytes) {
            (Level::Baseline, 1) => [1, 11, 9, 3],
            (Level::Baseline, 2) => [0, 0, 0, 0],
            (Level::Baseline, 4) => [1, 64, 9, 9],
            (Level::Baseline, _) => [1, 64, 9, 5],
            (Level::Avx2, 1) => [1, 9, 1, 0],
            (Level::Avx2, 2) => [0, 0, 0, 0],
            (Level::Avx2, 4) => [1, 64, 9, 3],
            (Level::Avx2, _) => [1, 64, 9, 9],
            (Level::Avx512, 1) => [1, 9, 1, 0],
            (Level::Avx512, 2) => [0, 0, 0, 0],
            (Level::Avx512, 4) => [1, 64, 9, 0],
            (Level::Avx512, _) => [1, 64, 9, 3],
        };
        Self { histogram }
    }

    /// The most rows of a window that a histogram takes in an image of a size.
    fn histogram(&self, size: &[usize]) -> usize {
        let pixels = size.iter().fold(1, |n: usize, &extent| n.saturating_mul(extent));
        match pixels {
            n if size.first() == Some(&n) => self.histogram[0],
            ..TINY => self.histogram[1],
            TINY..SMALL => self.histogram[2],
            SMALL.. => self.histogram[3],
        }
    }
}

/// How many rows of the image a window has at most.
fn rows(radius: &[usize], size: &[usize]) -> usize {
    let extent = |(&r, &extent): (&usize, &usize)| r.saturating_mul(2).saturating_add(1).min(extent);
    radius.iter().zip(size).skip(1).map(extent).fold(1, usize::saturating_mul)
}

#[cfg(test)]
mod tests {
    use itk_core::simd::levels;
    use itk_core::{Axes, PixelType, VisitType};

    use super::*;

    /// Calls back with each window and image: all ranks, radii from none to beyond what counting takes, and images from one
    /// pixel on.
    fn for_each_window(mut check: impl FnMut(&[usize], &[usize])) {
        for rank in 1..=6 {
            for r in (0..=130).chain([1 << 20, usize::MAX / 4]) {
                for along in 0..=rank {
                    // Along all axes, or along one of them and by 0 or 1 along the others.
                    for other in [0, 1] {
                        let radius =
                            Axes::from_fn(rank, |a| if along == rank || along == a { r } else { other });
                        for extent in [1, 5, 40, 700] {
                            check(&radius, &Axes::filled(rank, extent));
                        }
                    }
                }
            }
        }
    }

    struct Covers;

    impl VisitType for Covers {
        type Out = ();

        fn visit<T: Pixel>(self) {
            for level in levels() {
                let mut chosen = Vec::new();
                for_each_window(|radius, size| {
                    let choice = Algorithm::choose::<T>(level, radius, size);
                    assert!(
                        choice.applies::<T>(level, radius, size),
                        "{} {level} {radius:?} {size:?}: {choice:?} does not apply",
                        T::TYPE
                    );
                    if !chosen.contains(&choice) {
                        chosen.push(choice);
                    }
                });
                // Counting asks columns for help; they are not chosen.
                let choices = Algorithm::ALL.iter().filter(|algorithm| **algorithm != Algorithm::Columns);
                assert_eq!(chosen.len(), choices.count(), "{} {level}: only {chosen:?}", T::TYPE);
            }
        }
    }

    #[test]
    fn every_window_has_an_algorithm_that_applies() {
        for pixel_type in PixelType::ALL {
            pixel_type.visit(Covers);
        }
    }

    #[test]
    fn windows_are_taken_by_what_was_fastest() {
        for level in levels() {
            let u8 = |radius: &[usize], size: &[usize]| Algorithm::choose::<u8>(level, radius, size);
            assert_eq!(u8(&[2, 2], &[512, 512]), Algorithm::Network);
            assert_eq!(u8(&[30, 30], &[512, 512]), Algorithm::Counting);
            assert_eq!(u8(&[200, 200], &[512, 512]), Algorithm::Histogram);
            assert_eq!(u8(&[30], &[512]), Algorithm::Histogram);
            assert_eq!(u8(&[30, 0], &[512, 1]), Algorithm::Histogram);
            assert_eq!(u8(&[0, 30], &[64, 64]), Algorithm::Counting);
            assert_eq!(Algorithm::choose::<u16>(level, &[30], &[512]), Algorithm::Counting);
            // A wide window has a network where 64 bits can be compared.
            let f64 = |r: usize| Algorithm::choose::<f64>(level, &[r; 3], &[64; 3]);
            assert_eq!(f64(1), Algorithm::Network);
            let large = if level == Level::Baseline { Algorithm::Counting } else { Algorithm::Network };
            assert_eq!(f64(2), large);
        }
    }

    #[test]
    fn axes_are_taken_in_the_order_of_memory() {
        for level in levels() {
            let order = |radius: &[usize], size: &[usize], steps: &[usize]| {
                let steps = Axes::from_fn(steps.len(), |a| steps[a]);
                let (order, _) = Orientation::new::<u8>(level, radius, size, steps);
                // The exchanges are those that made radius and size what they are.
                let (mut radius, mut size) = (radius.to_vec(), size.to_vec());
                for &[a, b] in &order.exchanges {
                    radius.swap(a, b);
                    size.swap(a, b);
                }
                assert_eq!(size, *order.size, "{radius:?}");
                assert!(
                    radius
                        .iter()
                        .zip(&size)
                        .zip(&*order.radius)
                        .all(|((r, n), got)| { *got == if *n == 1 { 0 } else { *r } })
                );
                order.radius.to_vec()
            };
            // As they are, and in Fortran order.
            assert_eq!(order(&[1, 2, 3], &[9, 8, 7], &[1, 9, 72]), [1, 2, 3]);
            assert_eq!(order(&[1, 2, 3], &[9, 8, 7], &[56, 7, 1]), [3, 2, 1]);
            // An axis of one pixel is none.
            assert_eq!(order(&[1, 1, 1], &[1, 8, 7], &[usize::MAX, 1, 8]), [1, 1, 0]);
            assert_eq!(order(&[1; 4], &[9, 8, 1, 1], &[1, 9, usize::MAX, usize::MAX]), [1, 1, 0, 0]);
            // Windows that have a network only if they are turned, and planes across x.
            assert_eq!(order(&[0, 1, 1], &[9, 8, 7], &[1, 9, 72]), [1, 0, 1]);
            assert_eq!(order(&[2, 1, 1], &[9, 8, 7], &[1, 9, 72]), [1, 2, 1]);
            assert_eq!(order(&[0, 20, 30], &[9, 80, 70], &[1, 9, 720]), [20, 0, 30]);
            // Columns are taken side by side.
            assert_eq!(order(&[0, 4, 0], &[9, 8, 7], &[1, 9, 72]), [0, 4, 0]);
            assert_eq!(order(&[0, 40], &[90, 80], &[1, 90]), [0, 40]);
        }
    }

    #[test]
    fn images_are_tiny_or_small_by_their_pixels() {
        let crossings = Crossings { histogram: [1, 3, 2, 0] };
        let limits = [[31, 33], [32, 32], [128, 255], [128, 256]].map(|size| crossings.histogram(&size));
        assert_eq!(limits, [3, 2, 2, 0]);
        assert_eq!([&[1 << 20][..], &[700, 1, 1]].map(|size| crossings.histogram(size)), [1, 1]);
        assert_eq!(crossings.histogram(&[1, 1 << 20]), 0);
        assert_eq!(rows(&[9, 1, 60], &[4, 5, 6]), 18);
    }
}
