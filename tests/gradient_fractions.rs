//! The gradient magnitude equals its naive twin where roots may be estimated: fractions of all magnitudes, and roots in the middle
//! between two numbers of f32.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::{Geometry, Image, PerAxis, Pixel, f16};
use itk_filters::{Apply, GradientMagnitude};
use itk_tests::cases::{Random, assert_same};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// Sizes, xyz, some of whose rows are computed 32 columns at a time.
const SIZES: &[&[usize]] =
    &[&[2048, 5], &[333, 41], &[64, 9, 7], &[130, 6, 5], &[31, 5, 4], &[96, 3, 2, 2], &[4096]];

fn check<T: Pixel>(mut pixel: impl FnMut(&mut Random) -> f64, what: &str) {
    for &size in SIZES {
        let mut random = Random::new(size[0] as u64);
        let input: Vec<T> = (0..size.iter().product()).map(|_| T::from_f64(pixel(&mut random))).collect();
        let image = Image::from_vec(size, input.clone()).unwrap();
        for spacing in [[1.0; 4], [0.7, 1.3, 2.5, 1.0], [2.0; 4], [1e-30, 1e30, 1e-38, 1.0]] {
            let spacing = &spacing[..size.len()];
            let geometry = Geometry::identity(size.len()).unwrap().with_spacing(spacing).unwrap();
            let image = image.clone().with_geometry(geometry).unwrap();
            let got: Image<f32> = GradientMagnitude::new().apply(&image).unwrap();
            let spacing: Vec<_> = spacing.iter().copied().map(Some).collect();
            let expected = naive::gradient_magnitude::<T, f32>(&input, size, &spacing);
            assert_same(&got.to_vec(), &expected, &(T::TYPE, what, size, &spacing));
        }
    }
}

#[test]
fn fractions_equal_the_naive_twin() {
    let fraction = |random: &mut Random| random.below(1 << 30) as f64 / f64::from(1 << 30);
    for magnitude in [1.0, 1e-3, 1e-15, 1e-19, 1e-30, 1e-38, 1e-45, 1e15, 1e18, 1e20, 1e38] {
        check::<f32>(|random| magnitude * fraction(random), "fractions");
        // Flat here and there, with a negative fraction or a number that is not finite beside it.
        check::<f32>(
            |random| match random.below(300) {
                0 => -magnitude * fraction(random),
                1 if random.below(9) == 0 => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][random.below(3)],
                _ => 0.0,
            },
            "spots",
        );
    }
    check::<f16>(fraction, "fractions");
    check::<i16>(|random| random.below(1 << 16) as f64 - 32_768.0, "noise");
    check::<u16>(|random| random.below(1 << 16) as f64, "noise");
    check::<f64>(fraction, "fractions");
    check::<i32>(|random| random.below(1 << 31) as f64, "noise");
}

/// Without differences along x, no result around it takes it, and those along y and z are far from it in memory.
#[test]
fn one_pixel_that_is_not_finite_has_a_part_in_its_own_result() {
    let (size, row) = ([2048, 5, 3], 2048);
    let mut random = Random::new(5);
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut input: Vec<f32> = (0..5 * 3 * row).map(|_| random.below(1 << 24) as f32 / 1e7).collect();
        input[7 * row + 900] = odd;
        let image = Image::from_vec(&size, input.clone()).unwrap();
        for spacing in [[None, Some(1.0), Some(1.0)], [None, Some(0.7), Some(1.3)], [Some(1.0); 3]] {
            let axes = PerAxis::xyz(spacing.map(|step| step.is_some()));
            let steps = PerAxis::xyz(spacing.map(|step| step.unwrap_or(1.0)));
            let got: Image<f32> = GradientMagnitude::new().axes(axes).spacing(steps).apply(&image).unwrap();
            let expected = naive::gradient_magnitude::<f32, f32>(&input, &size, &spacing);
            assert_same(&got.to_vec(), &expected, &(odd, spacing));
        }
    }
}

/// Differences of such pixels along one axis, with none along the others, are in the middle between two numbers of f32, or near it.
#[test]
fn roots_in_the_middle_between_two_numbers_equal_the_naive_twin() {
    for exponent in [-149, -126, -125, -102, -101, -60, 0, 40, 100] {
        for near in [24, 25, 48, 60] {
            let unit = 2.0_f64.powi(exponent);
            let pixels = [unit, 3.0 * unit, unit * 2.0_f64.powi(-near), -unit * 2.0_f64.powi(-24)];
            check::<f32>(
                |random| match random.below(3) {
                    0 => pixels[random.below(pixels.len())],
                    _ => 0.0,
                },
                "middles",
            );
        }
    }
}

#[test]
fn every_level_does() {
    run_at_every_level(&[
        "one_pixel_that_is_not_finite_has_a_part_in_its_own_result",
        "fractions_equal_the_naive_twin",
        "roots_in_the_middle_between_two_numbers_equal_the_naive_twin",
    ]);
}
