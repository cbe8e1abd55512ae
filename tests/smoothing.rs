//! The median equals its naive twin: every type, level, thread count, policy, rank, and both engines.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::simd::{self, Level};
use itk_core::{CancelToken, Context, Error, Image, PerAxis, Pixel, PixelType, Region, VisitType, pool};
use itk_filters::{Apply, Median, NanPolicy};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// Sizes and radii, xyz: images smaller than the window, borders, several strips, both engines.
const SHAPES: &[(&[usize], &[usize])] = &[
    (&[1], &[3]),
    (&[70], &[4]),
    (&[9], &[0]),
    (&[3, 2], &[1, 1]),
    (&[1, 5], &[2, 1]),
    (&[67, 9], &[1, 1]),
    (&[21, 13], &[2, 3]),
    (&[30, 11], &[5, 5]),
    (&[12, 40], &[8, 0]),
    (&[5, 5], &[70, 1]),
    (&[9, 7, 5], &[1, 1, 1]),
    (&[6, 5, 4], &[2, 2, 2]),
    (&[7, 6, 5], &[0, 3, 1]),
    (&[8, 5, 4], &[4, 3, 2]),
    (&[4, 3, 3, 2], &[1, 1, 1, 1]),
    (&[3, 2, 2, 2, 2], &[1, 0, 1, 0, 1]),
    (&[2, 2, 2, 2, 2, 2], &[0, 1, 0, 1, 0, 1]),
    (&[0, 4], &[1, 1]),
    (&[4, 0], &[1, 1]),
    (&[2100, 3], &[1, 1]),
];

struct EveryShape;

impl VisitType for EveryShape {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64);
        for &(size, radius) in SHAPES {
            for &content in Content::ALL {
                let input = pixels::<T>(content, size.iter().product(), &mut random);
                let image = Image::from_vec(size, input.clone()).unwrap();
                let policies = if T::TYPE.is_float() { &NanPolicy::ALL[..3] } else { &NanPolicy::ALL[..1] };
                for &policy in policies {
                    let what = (T::TYPE, size, radius, content, policy);
                    let median = Median::new(PerAxis::xyz(radius)).nan_policy(policy);
                    let expected = naive::median(&input, size, radius, policy);
                    assert_same(&median.apply(&image).unwrap().to_vec(), &expected, &what);
                }
            }
        }
    }
}

struct EveryWidth;

impl VisitType for EveryWidth {
    type Out = ();

    /// Columns are computed by registers of up to 64, in strips that meet, overlap, or end at the border.
    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64);
        for (width, radius) in (1..=200).flat_map(|width| (1..=5).map(move |radius| (width, radius))) {
            let (size, radius) = ([width, 2], [radius; 2]);
            let input = pixels::<T>(Content::Bits, 2 * width, &mut random);
            let image = Image::from_vec(&size, input.clone()).unwrap();
            let expected = naive::median(&input, &size, &radius, NanPolicy::Order);
            let got = Median::new(PerAxis::xyz(radius)).apply(&image).unwrap().to_vec();
            assert_same(&got, &expected, &(T::TYPE, width, radius));
        }
    }
}

#[test]
fn rows_of_every_width_equal_the_naive_twin() {
    // One type for each width of a key, and one that is not its own key.
    for pixel_type in [PixelType::U8, PixelType::I16, PixelType::I32, PixelType::I64, PixelType::F32] {
        pixel_type.visit(EveryWidth);
    }
}

/// The level of this process: `make test` runs the tests once for each, by `OXITK_SIMD`.
#[test]
fn every_type_and_shape_equals_the_naive_twin() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(EveryShape);
    }
    assert_eq!(simd::last_level(), simd::level().unwrap(), "the level in force is the one that ran");
}

#[test]
fn there_are_two_levels_at_least_and_the_variable_forces_one() {
    run_at_every_level(&["every_type_and_shape_equals_the_naive_twin", "the_forced_level_is_in_force"]);
}

/// The level that `OXITK_SIMD` names, or the best one.
#[test]
fn the_forced_level_is_in_force() {
    let best = simd::levels().last().unwrap().name().to_owned();
    let expected = std::env::var("OXITK_SIMD").unwrap_or(best);
    let ramp = Image::from_vec(&[3], vec![1u8, 2, 3]).unwrap();
    Median::new(1).apply(&ramp).unwrap();
    assert_eq!((simd::level().unwrap().name(), simd::last_level().name()), (&*expected, &*expected));
}

#[test]
fn an_unknown_level_is_an_error_that_lists_the_levels() {
    let exe = std::env::current_exe().unwrap();
    let run = std::process::Command::new(exe)
        .env("OXITK_SIMD", "sse9")
        .args(["--exact", "every_type_and_shape_equals_the_naive_twin"])
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(!run.status.success());
    let names: Vec<_> = simd::levels().into_iter().map(Level::name).collect();
    let expected = format!("OXITK_SIMD must be one of {}, got", names.join(", "));
    // The error is printed by `unwrap`, as a debug text: look for its fields.
    assert!(text.contains("SimdLevel") && text.contains(&names.join(", ")), "{text}\nexpected {expected}");
}

struct EveryThreadCount;

impl VisitType for EveryThreadCount {
    type Out = ();

    fn visit<T: Pixel>(self) {
        // Both engines, and more than one tile a thread.
        for (size, radius) in [([320, 180], [2, 2]), ([300, 90], [7, 6]), ([160, 80], [9, 9])] {
            let input = pixels::<T>(Content::Nan, size.iter().product(), &mut Random::new(5));
            let image = Image::from_vec(&size, input.clone()).unwrap();
            let expected = naive::median(&input, &size, &radius, NanPolicy::Propagate);
            let median = Median::new(PerAxis::xyz(radius)).nan_policy(NanPolicy::Propagate);
            for threads in [1, 2, 7] {
                pool::set_num_threads(threads);
                assert_eq!(pool::num_threads(), threads);
                let got = median.apply(&image).unwrap().to_vec();
                assert_same(&got, &expected, &(T::TYPE, size, radius, threads));
            }
        }
    }
}

#[test]
fn every_type_at_every_thread_count_equals_the_naive_twin() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(EveryThreadCount);
    }
    pool::set_num_threads(0);
}

struct Huge;

impl VisitType for Huge {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(99);
        let shapes: [(&[usize], &[usize]); 4] = [
            (&[7], &[1_000_000]),
            (&[6, 5], &[1_000_000, 3]),
            (&[4, 3, 3], &[1_000_000; 3]),
            (&[2; 6], &[1_000_000; 6]),
        ];
        for (size, radius) in shapes {
            let input = pixels::<T>(Content::Nan, size.iter().product(), &mut random);
            let image = Image::from_vec(size, input.clone()).unwrap();
            for policy in [NanPolicy::Order, NanPolicy::Omit] {
                let median = Median::new(PerAxis::xyz(radius)).nan_policy(policy);
                let expected = naive::median_weighted(&input, size, radius, policy);
                assert_same(&median.apply(&image).unwrap().to_vec(), &expected, &(T::TYPE, size, policy));
            }
        }
    }
}

#[test]
fn a_radius_beyond_the_image_counts_border_pixels_as_often_as_they_repeat() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(Huge);
    }
    let image = Image::from_vec(&[2; 6], vec![1u8; 64]).unwrap();
    let error = Median::new(usize::MAX / 2).apply(&image).unwrap_err().to_string();
    assert!(error.contains("fewer than 2**127 samples"), "{error}");
}

#[test]
fn the_weighted_twin_agrees_with_the_plain_one() {
    let mut random = Random::new(3);
    for (size, radius) in [([5, 4], [2, 1]), ([1, 4], [3, 3]), ([6, 2], [0, 9])] {
        let input = pixels::<i16>(Content::Bits, size.iter().product(), &mut random);
        let plain = naive::median(&input, &size, &radius, NanPolicy::Order);
        assert_eq!(naive::median_weighted(&input, &size, &radius, NanPolicy::Order), plain);
    }
}

#[test]
fn itk_gtest_values() {
    let cases: [(&[usize], &[u8]); 6] = [
        (&[1, 1], &[1]),
        (&[1, 2], &[1, 2]),
        (&[2, 1], &[1, 2]),
        (&[2, 2], &[2, 2, 3, 3]),
        (&[3, 3], &[2, 3, 3, 4, 5, 6, 7, 7, 8]),
        (&[2, 2, 2], &[3, 3, 3, 4, 5, 6, 6, 6]),
    ];
    for (size, expected) in cases {
        let ramp = Image::from_vec(size, (1..=expected.len() as u8).collect()).unwrap();
        assert_eq!(Median::default().apply(&ramp).unwrap().to_vec(), expected, "{size:?}");
    }
}

#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let mut random = Random::new(8);
    let input = pixels::<i32>(Content::Bits, 20 * 15 * 6, &mut random);
    let image = Image::from_vec(&[20, 15, 6], input).unwrap();
    for radius in [[1, 1, 1], [4, 3, 2]] {
        let median = Median::new(PerAxis::xyz(radius));
        let whole = median.apply(&image).unwrap();
        for (index, size) in [([3, 0, 2], [9, 15, 1]), ([19, 14, 5], [1, 1, 1]), ([0, 0, 0], [20, 15, 6])] {
            let region = Region::new(&index, &size).unwrap();
            let part = median.apply_region(&image, &region).unwrap();
            assert_eq!(part.buffered_region(), &region);
            assert_same(
                &part.to_vec(),
                &Image::from_buffer(
                    &part.header(),
                    itk_core::Buffer::copy_of(whole.view().region(&region)).unwrap(),
                )
                .unwrap()
                .to_vec(),
                &(index, size),
            );
        }
        let outside = Region::new(&[15, 0, 0], &[6, 1, 1]).unwrap();
        let error = median.apply_region(&image, &outside).unwrap_err().to_string();
        assert!(
            error
                .starts_with("Requested region is (at least partially) outside the largest possible region.")
        );
    }
}

#[test]
fn raise_finds_a_nan_that_a_window_covers_and_no_other() {
    let mut input = vec![1.0f32; 100];
    input[55] = f32::NAN;
    let image = Image::from_vec(&[10, 10], input).unwrap();
    let median = Median::new(1).nan_policy(NanPolicy::Raise);
    let error = median.apply(&image).unwrap_err().to_string();
    assert_eq!(error, "median: image must be free of NaN (nan_policy='raise'), got at least one NaN");
    let far = Region::new(&[0, 0], &[4, 10]).unwrap();
    assert_eq!(median.apply_region(&image, &far).unwrap().to_vec(), vec![1.0; 40]);
}

#[test]
fn raise_looks_at_large_images_in_parts_and_heeds_a_cancelled_run() {
    for size in [&[3 << 20][..], &[1100, 2003], &[1 << 20, 3, 1], &[40, 300, 200]] {
        let count: usize = size.iter().product();
        let median = Median::new(0).nan_policy(NanPolicy::Raise);
        let mut image = Image::from_vec(size, vec![1.0f32; count]).unwrap();
        assert_eq!(median.apply(&image).unwrap().to_vec(), image.to_vec(), "{size:?}");
        for place in [0, count / 2, count - 1] {
            let mut pixels = image.to_vec();
            pixels[place] = f32::NAN;
            image = Image::from_vec(size, pixels.clone()).unwrap();
            assert!(
                matches!(median.apply(&image), Err(Error::Parameter { name: "image", .. })),
                "{size:?} {place}"
            );
            let cancelled = CancelToken::new();
            cancelled.cancel();
            let stopped = median.apply_with::<_, f32>(&image, &Context::default().cancel(cancelled));
            assert!(matches!(stopped, Err(Error::Aborted { .. })), "{size:?} {place}");
            pixels[place] = 1.0;
            image = Image::from_vec(size, pixels).unwrap();
        }
    }
}

#[test]
fn raise_has_nothing_to_find_where_there_are_no_windows() {
    let image = Image::from_vec(&[4, 4], vec![f32::NAN; 16]).unwrap();
    let none = Region::new(&[1, 1], &[2, 0]).unwrap();
    let median = Median::new(1).nan_policy(NanPolicy::Raise);
    assert!(median.apply_region::<_, f32>(&image, &none).unwrap().to_vec().is_empty());
}
