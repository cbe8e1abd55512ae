//! Every algorithm of the median equals the naive twin bit for bit: seeded cases over types, ranks, contents, sizes, radii
//! and thread counts, at the SIMD level of this process. `make test` runs this once for each level.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use itk_core::simd::Level;
use itk_core::{Axes, Header, Image, PerAxis, Pixel, PixelType, VisitType, pool, simd};
use itk_filters::{Algorithm, Apply, Filter, Median, NanPolicy};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::naive;

/// Cases of each algorithm for each type and rank.
const CASES: usize = 50;

/// Window samples of a case: most are small, some are large.
const SMALL: usize = 300_000;
const LARGE: usize = 6_000_000;

/// The number of threads is one for the process.
static THREADS: Mutex<()> = Mutex::new(());

/// Radii of a rank: some that have a network, then any up to 60.
fn radius(rank: usize, network: bool, random: &mut Random) -> Axes<usize> {
    let mut radius = Axes::filled(rank, 0);
    if network {
        let r = 1 + random.below(3);
        let axes = random.below(rank.min(3)) + 1;
        // Windows of several axes have a network where x is one of them.
        let first = if axes > 1 { 0 } else { random.below(rank) };
        radius[first..first + axes].fill(if axes == 3 { 1 + r % 2 } else { r });
    } else {
        let most = [60, 60, 6, 3][rank - 1];
        for r in radius.iter_mut() {
            let below = [2, 4, most + 1][random.below(3)];
            *r = random.below(below.min(most + 1));
        }
    }
    radius
}

/// One to three windows along each axis, as long as the naive twin has no more than `samples` to look at.
fn size(radius: &[usize], samples: usize, random: &mut Random) -> Axes<usize> {
    let window: usize = radius.iter().map(|r| 2 * r + 1).product();
    let mut budget = (samples / window).max(1);
    Axes::from_fn(radius.len(), |a| {
        let k = 2 * radius[a] + 1;
        let wanted =
            if a == 0 && random.below(3) == 0 { 1 + random.below(200) } else { 1 + random.below(3 * k) };
        let n = wanted.min(budget);
        budget /= n;
        n
    })
}

struct Exact {
    rank: usize,
}

impl VisitType for Exact {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64 * 8 + self.rank as u64);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for case in 0..2 * CASES {
            let radius = radius(self.rank, case % 2 == 0, &mut random);
            let size = size(&radius, if case % 16 == 1 { LARGE } else { SMALL }, &mut random);
            let content = Content::ALL[random.below(Content::ALL.len())];
            let input = pixels::<T>(content, size.iter().product(), &mut random);
            let image = Image::from_vec(&size, input.clone()).unwrap();
            let header = Header::new(T::TYPE, &size).unwrap();
            // The plain twin gathers windows; the weighted one, which visits the image, is faster where that is smaller.
            let window: usize = radius.iter().map(|r| 2 * r + 1).product();
            let twin = if window > input.len() { naive::median_weighted } else { naive::median };
            let expected = twin(&input, &size, &radius, NanPolicy::Order);
            for &algorithm in Algorithm::ALL {
                let median = Median::new(PerAxis::xyz(radius.to_vec())).algorithm(algorithm);
                if median.plan(&header).is_err() {
                    continue;
                }
                *counts.entry(format!("{algorithm:?}")).or_default() += 1;
                for threads in [1, 2, 7] {
                    let lock = THREADS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    pool::set_num_threads(threads);
                    let got = median.apply(&image).unwrap().to_vec();
                    drop(lock);
                    assert_same(&got, &expected, &(T::TYPE, size, radius, content, algorithm, threads, case));
                }
            }
        }
        for algorithm in Algorithm::ALL {
            let columns = *algorithm == Algorithm::Columns;
            if columns && (!matches!(T::TYPE, PixelType::U8 | PixelType::I8) || self.rank == 1) {
                continue;
            }
            let count = counts.get(&format!("{algorithm:?}")).copied().unwrap_or(0);
            assert!(count >= CASES, "{} rank {}: {count} cases of {algorithm:?}", T::TYPE, self.rank);
        }
    }
}

fn exact(rank: usize) {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(Exact { rank });
    }
}

#[test]
fn lines() {
    exact(1);
}

#[test]
fn slices() {
    exact(2);
}

#[test]
fn volumes() {
    exact(3);
}

#[test]
fn series_of_volumes() {
    exact(4);
}

struct Wide;

impl VisitType for Wide {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64);
        for (case, content) in Content::ALL.iter().cycle().take(24).enumerate() {
            let radius: &[usize] = [&[1, 1][..], &[2, 2], &[3, 3], &[1, 1, 1]][case % 4];
            let width = [2048, 4096, 2600][case / 4 % 3] / size_of::<T>();
            let size = [width, 23, 3];
            let size = &size[..radius.len()];
            let input = pixels::<T>(*content, size.iter().product(), &mut random);
            let expected = naive::median(&input, size, radius, NanPolicy::Order);
            let median = Median::new(PerAxis::xyz(radius.to_vec())).algorithm(Algorithm::Network);
            let image = Image::from_vec(size, input).unwrap();
            let got = match median.apply(&image) {
                Ok(got) => got.to_vec(),
                // Without compares of 64 bits, large windows of such pixels have no network.
                Err(error) => {
                    let is_left_out =
                        size_of::<T>() == 8 && radius == [3, 3] && simd::level().unwrap() == Level::Baseline;
                    assert!(is_left_out, "{}, {radius:?}: {error}", T::TYPE);
                    continue;
                }
            };
            assert_same(&got, &expected, &(T::TYPE, size, radius, content, case));
        }
    }
}

/// In wide images strips are read in place, which in those of a few windows they seldom are; some have rows that crowd each
/// other in a cache.
#[test]
fn wide_images() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(Wide);
    }
}
