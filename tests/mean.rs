//! The mean equals its naive twin: every pair of types, level, thread count and rank, whether sums run or not.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::marker::PhantomData;

use itk_core::pump::{self, Attendance};
use itk_core::simd;
use itk_core::{CancelToken, Context, Error, Image, PerAxis, Pixel, PixelType, Region, VisitType, pool};
use itk_filters::{Apply, Mean};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// Sizes and radii, xyz: images smaller than the window, radii at which each column is added and at which sums run.
const SHAPES: &[(&[usize], &[usize])] = &[
    (&[1], &[3]),
    (&[70], &[4]),
    (&[90], &[20]),
    (&[9], &[0]),
    (&[3, 2], &[1, 1]),
    (&[1, 5], &[2, 1]),
    (&[67, 9], &[1, 2]),
    (&[45, 6], &[17, 1]),
    (&[5, 5], &[40, 1]),
    (&[5, 4], &[1, 30]),
    (&[9, 7, 5], &[1, 1, 1]),
    (&[7, 6, 5], &[0, 3, 1]),
    (&[5, 4, 3], &[2, 1, 9]),
    (&[4, 3, 3, 2], &[1, 1, 1, 3]),
    (&[3, 2, 2, 2, 2], &[1, 0, 1, 0, 1]),
    (&[2, 2, 2, 2, 2, 2], &[0, 1, 0, 1, 0, 1]),
    (&[0, 4], &[1, 1]),
    (&[4, 0], &[1, 1]),
    (&[1100, 2], &[1, 1]),
];

struct Input;
struct Output<I>(PhantomData<I>);

impl VisitType for Input {
    type Out = ();
    fn visit<I: Pixel>(self) {
        for pixel_type in PixelType::ALL {
            pixel_type.visit(Output::<I>(PhantomData));
        }
    }
}

impl<I: Pixel> VisitType for Output<I> {
    type Out = ();
    fn visit<O: Pixel>(self) {
        let mut random = Random::new(I::TYPE as u64);
        for &(size, radius) in SHAPES {
            // All contents where the types are the same, else one for each shape.
            let all = Content::ALL.iter().filter(|_| I::TYPE == O::TYPE);
            for &content in all.chain([&Content::ALL[random.below(Content::ALL.len())]]) {
                let input = pixels::<I>(content, size.iter().product(), &mut random);
                check::<I, O>(&input, size, radius, &content);
            }
        }
    }
}

#[track_caller]
fn check<I: Pixel, O: Pixel>(input: &[I], size: &[usize], radius: &[usize], what: &dyn std::fmt::Debug) {
    let image = Image::from_vec(size, input.to_vec()).unwrap();
    let got: Image<O> = Mean::new(PerAxis::xyz(radius)).apply(&image).unwrap();
    let expected = naive::mean::<I, O>(input, size, radius);
    assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, radius, what));
}

#[test]
fn every_pair_of_types_equals_the_naive_twin() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(Input);
    }
    assert_eq!(simd::last_level(), simd::level().unwrap(), "the level in force is the one that ran");
}

#[test]
fn every_level_equals_the_naive_twin() {
    run_at_every_level(&["every_pair_of_types_equals_the_naive_twin", "odd_pixels_among_even_ones"]);
}

/// Multiples of a step with few pixels that are none: sums run, and some windows are added up anew. Which they are differs
/// from brick to brick, so the image is larger than one, and all thread counts must agree.
#[test]
fn odd_pixels_among_even_ones() {
    let mut random = Random::new(5);
    let size = [90, 70, 9];
    for share in [300, 5000, 1_000_000] {
        let input: Vec<f64> = (0..size.iter().product())
            .map(|_| match random.below(share) {
                0 => [1e-30, f64::NAN, f64::INFINITY, -1.0 / 3.0, 1e200, 5e-324, -0.0][random.below(7)],
                _ => random.below(4000) as f64 / 8.0 - 250.0,
            })
            .collect();
        for radius in [[1, 1, 1], [5, 2, 1], [20, 1, 0]] {
            for threads in [1, 2, 7] {
                pool::set_num_threads(threads);
                check::<f64, f64>(&input, &size, &radius, &(share, threads));
            }
        }
        let narrow: Vec<f32> = input.iter().map(|&value| value as f32).collect();
        check::<f32, f32>(&narrow, &size, &[2, 2, 2], &share);
    }
    pool::set_num_threads(0);
}

/// Sums of noise are rounded at each addition, so another order would be seen.
#[test]
fn noise_is_added_in_order() {
    let mut random = Random::new(6);
    let size = [40, 17, 6];
    let input: Vec<f64> = (0..40 * 17 * 6).map(|_| (random.bits() >> 11) as f64 / 3.0 - 1e14).collect();
    check::<f64, f64>(&input, &size, &[3, 2, 2], &"noise");
    let other: Vec<f64> = naive::mean(&input.iter().rev().copied().collect::<Vec<_>>(), &size, &[3, 2, 2]);
    let expected: Vec<f64> = naive::mean(&input, &size, &[3, 2, 2]);
    assert_ne!(other.into_iter().rev().collect::<Vec<_>>(), expected, "the order counts");
}

struct EveryThreadCount;

impl VisitType for EveryThreadCount {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let input = pixels::<T>(Content::Bits, 600 * 250, &mut Random::new(1));
        let [wide, deep] = [[600, 250, 1], [60, 50, 50]];
        for threads in [1, 2, 7] {
            pool::set_num_threads(threads);
            check::<T, f64>(&input, &wide, &[1, 2, 0], &threads);
            check::<T, T>(&input, &deep, &[1, 1, 1], &threads);
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

#[test]
fn every_width_equals_the_naive_twin() {
    for width in (1..=140).chain([255, 256, 257, 511, 512, 513, 1025]) {
        let mut random = Random::new(width as u64);
        let size = [width, 3];
        check::<u8, u8>(&pixels(Content::Bits, 3 * width, &mut random), &size, &[1, 1], &"bytes");
        check::<i32, f64>(&pixels(Content::Bits, 3 * width, &mut random), &size, &[18, 1], &"running");
        check::<f32, f32>(&pixels(Content::Bits, 3 * width, &mut random), &size, &[2, 1], &"in order");
    }
}

#[test]
fn integers_truncate_toward_zero() {
    let image = Image::from_vec(&[4], vec![0i16, 3, 6, -20]).unwrap();
    let same: Image<i16> = Mean::default().apply(&image).unwrap();
    assert_eq!(same.to_vec(), [1, 3, -3, -11]);
    let narrow: Image<u8> = Mean::new(1).apply(&image).unwrap();
    assert_eq!(narrow.to_vec(), [1, 3, 0, 0]);
}

#[test]
fn windows_of_too_many_samples_are_refused() {
    let image = Image::from_vec(&[2, 2], vec![1u8; 4]).unwrap();
    let error = Mean::new(2048).apply::<_, u8>(&image).unwrap_err().to_string();
    assert_eq!(
        error,
        "mean: radius must be such that a window has at most 16777216 samples, got [2048, 2048] (xyz)"
    );
    assert!(Mean::new(usize::MAX).apply::<_, u8>(&image).is_err());
    assert!(Mean::new(PerAxis::xyz([1])).apply::<_, u8>(&image).is_err());
    let large: Image<u8> = Mean::new(PerAxis::xyz([1 << 21, 1])).apply(&image).unwrap();
    assert_eq!(large.to_vec(), [1; 4]);
}

#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let input = pixels::<f32>(Content::Bits, 1800, &mut Random::new(2));
    let image = Image::from_vec(&[20, 15, 6], input).unwrap();
    let mean = Mean::new(PerAxis::xyz([2, 1, 3]));
    let whole: Image<f32> = mean.apply(&image).unwrap();
    for (index, size) in [([3, 0, 2], [9, 15, 1]), ([19, 14, 5], [1, 1, 1]), ([0, 0, 0], [20, 15, 6])] {
        let region = Region::new(&index, &size).unwrap();
        let part: Image<f32> = mean.apply_region(&image, &region).unwrap();
        let expected = itk_core::Buffer::copy_of(whole.view().region(&region)).unwrap();
        assert_same(part.as_slice().unwrap(), expected.as_slice().unwrap(), &(index, size));
    }
}

#[test]
fn a_cancelled_run_stops_inside_a_window() {
    // Noise, so that nothing runs: each row has some 10⁹ additions.
    let input = pixels::<f64>(Content::Bits, 64 * 64 * 64, &mut Random::new(3));
    let image = Image::from_vec(&[64, 64, 64], input).unwrap().into();
    let job = |context: &Context<'_>| Mean::new(100).apply_any(&image, context);
    // It is asked during the run whether to go on, and must end long before the hours that it would take.
    let begin = std::time::Instant::now();
    let error = pump::run(&CancelToken::new(), Attendance::Polls, job, &mut |_| false).unwrap_err();
    assert!(matches!(error, Error::Aborted { .. }) && begin.elapsed().as_secs() < 20, "{error}");
}
