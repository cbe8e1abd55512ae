//! The median by histograms of columns, and by counting where columns take its busy tiles, equals the naive twin: at the
//! SIMD level of this process. `make test` runs this once for each level.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::ndarray::{Array2, s};
use itk_core::{Error, Header, Image, PerAxis, Pixel, PixelType, Region, pool};
use itk_filters::{Algorithm, Apply, Filter, Median, NanPolicy};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::naive;

/// Sizes and radii, xyz: windows beyond the image, of every number of axes, and at the limits of counts.
const SHAPES: &[(&[usize], &[usize])] = &[
    (&[1, 1], &[2, 2]),
    (&[3, 2], &[1, 1]),
    (&[1, 70], &[2, 1]),
    (&[5, 5], &[60, 1]),
    (&[12, 40], &[8, 0]),
    (&[12, 40], &[0, 8]),
    (&[12, 9], &[0, 0]),
    (&[0, 4], &[1, 1]),
    (&[4, 0], &[1, 1]),
    (&[67, 31], &[10, 9]),
    (&[600, 9], &[4, 3]),
    (&[1100, 3], &[1, 1]),
    (&[40, 30], &[60, 60]),
    (&[20, 9], &[127, 127]),
    (&[9, 7, 5], &[1, 1, 1]),
    (&[20, 11, 4], &[6, 5, 0]),
    (&[20, 3, 12], &[6, 0, 5]),
    (&[3, 13, 12], &[0, 4, 5]),
    (&[8, 5, 4], &[4, 3, 7]),
    (&[4, 3, 3, 2], &[1, 1, 1, 1]),
    (&[3, 2, 9, 2], &[1, 0, 2, 1]),
];

fn twin<T: Pixel>(input: &[T], size: &[usize], radius: &[usize]) -> Vec<T> {
    // The plain twin gathers windows; the weighted one, slower for small windows, visits the image.
    let window: usize = radius.iter().map(|r| 2 * r + 1).product();
    let twin = if window > input.len() { naive::median_weighted } else { naive::median };
    twin(input, size, radius, NanPolicy::Order)
}

fn every_shape<T: Pixel>() {
    let mut random = Random::new(T::TYPE as u64);
    for &(size, radius) in SHAPES {
        for &content in Content::ALL {
            let input = pixels::<T>(content, size.iter().product(), &mut random);
            let image = Image::from_vec(size, input.clone()).unwrap();
            let median = Median::new(PerAxis::xyz(radius.to_vec())).algorithm(Algorithm::Columns);
            let got = median.apply(&image).unwrap().to_vec();
            assert_same(&got, &twin(&input, size, radius), &(T::TYPE, size, radius, content));
        }
    }
}

#[test]
fn every_shape_equals_the_naive_twin() {
    every_shape::<u8>();
    every_shape::<i8>();
}

/// As wide as high: bands of a ramp, of noise, of one value, and of few.
fn bands<T: Pixel>(extent: usize, random: &mut Random) -> Vec<T> {
    (0..extent * extent)
        .map(|i| {
            let (x, y) = (i % extent, i / extent);
            let ordinal = match y / 75 % 4 {
                0 => (x * 256 / extent + y) % 256,
                1 => random.below(256),
                2 => 200,
                _ => x / 40 * 30,
            };
            T::from_key(itk_core::simd::Key::from_ordinal(ordinal as u64))
        })
        .collect()
}

fn busy_and_calm<T: Pixel>() {
    let extent = 420;
    let mut random = Random::new(T::TYPE as u64);
    let input = bands::<T>(extent, &mut random);
    let size = [extent, extent];
    let image = Image::from_vec(&size, input.clone()).unwrap();
    for radius in [[3, 3], [2, 9], [12, 1]] {
        let expected = twin(&input, &size, &radius);
        for algorithm in [Algorithm::Counting, Algorithm::Columns] {
            let median = Median::new(PerAxis::xyz(radius)).algorithm(algorithm);
            for threads in [1, 2, 7] {
                pool::set_num_threads(threads);
                let got = median.apply(&image).unwrap().to_vec();
                assert_same(&got, &expected, &(T::TYPE, radius, algorithm, threads));
            }
            let (index, part) = ([13, 60], [390, 337]);
            let region = Region::new(&index, &part).unwrap();
            let got = median.apply_region(&image, &region).unwrap().to_vec();
            let start = |y: usize| (y + 60) * extent + 13;
            let wanted: Vec<T> =
                (0..part[1]).flat_map(|y| expected[start(y)..][..part[0]].to_vec()).collect();
            assert_same(&got, &wanted, &(T::TYPE, radius, algorithm, "region"));
        }
    }
}

/// One test for both types, as the number of threads is one for the process.
#[test]
fn busy_and_calm_parts_equal_the_naive_twin_at_every_thread_count() {
    busy_and_calm::<u8>();
    busy_and_calm::<i8>();
}

#[test]
fn arrays_of_every_layout_give_the_same_as_contiguous_ones() {
    let array = Array2::from_shape_vec((420, 420), bands::<u8>(420, &mut Random::new(5))).unwrap();
    for algorithm in [Algorithm::Counting, Algorithm::Columns] {
        let median = Median::new(PerAxis::xyz([9, 8])).algorithm(algorithm);
        for view in
            [array.view().reversed_axes(), array.slice(s![..;-1, ..;2]), array.slice(s![5..;3, ..;-1])]
        {
            let expected = median.apply(&view.as_standard_layout().into_owned()).unwrap();
            assert_eq!(median.apply(&view).unwrap(), expected, "{algorithm:?}");
            let mut wide = Array2::<u8>::zeros((view.nrows(), 2 * view.ncols()));
            median.apply_into(&view, &mut wide.slice_mut(s![.., ..;2])).unwrap();
            assert_eq!(wide.slice(s![.., ..;2]), expected, "{algorithm:?}");
        }
    }
}

#[test]
fn windows_and_types_that_do_not_fit_are_refused() {
    let refused = |pixel_type, radius: &[usize]| {
        let header = Header::new(pixel_type, &vec![9; radius.len()]).unwrap();
        let median = Median::new(PerAxis::xyz(radius.to_vec())).algorithm(Algorithm::Columns);
        matches!(median.plan(&header), Err(Error::Parameter { name: "algorithm", .. }))
    };
    for radius in [&[128, 1][..], &[1, 128], &[1, 7, 9], &[3], &[usize::MAX / 4, 1]] {
        assert!(refused(PixelType::U8, radius), "{radius:?}");
    }
    for radius in [&[127, 127][..], &[1, 7, 8], &[0, 0]] {
        assert!(!refused(PixelType::I8, radius), "{radius:?}");
        assert!(refused(PixelType::U16, radius) && refused(PixelType::F32, radius), "{radius:?}");
    }
}
