//! The median of floats equals its naive twin where rows without NaN are compared as they are: every kind of number, and a NaN
//! at each place of a row.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::{Image, PerAxis, Pixel};
use itk_filters::{Algorithm, Apply, Median, NanPolicy};
use itk_tests::cases::{Random, assert_same};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// A float of one of the kinds that comparisons may take for others.
fn odd<T: Pixel>(random: &mut Random) -> T {
    let (sign, least) = ([1.0, -1.0][random.below(2)], if size_of::<T>() == 8 { -1074 } else { -149 });
    T::from_f64(match random.below(6) {
        0 => sign * 0.0,
        1 => sign * f64::INFINITY,
        // Too small to be normal.
        2 => sign * (1 + random.below(9)) as f64 * 2.0_f64.powi(least),
        3 => sign * 2.0_f64.powi(least + random.below(30) as i32),
        4 => sign * 2.0_f64.powi(random.below(250) as i32 - 125),
        _ => sign * random.below(5) as f64,
    })
}

fn check<T: Pixel>(size: &[usize], input: Vec<T>, radius: &[usize], what: &str) {
    let median = Median::new(PerAxis::xyz(radius.to_vec())).algorithm(Algorithm::Network);
    let got = median.apply(&Image::from_vec(size, input.clone()).unwrap()).unwrap();
    let expected = naive::median(&input, size, radius, NanPolicy::Order);
    assert_same(&got.to_vec(), &expected, &(T::TYPE, what, size, radius));
}

fn check_kinds<T: Pixel>() {
    let mut random = Random::new(size_of::<T>() as u64);
    // Rows of one register and less, of several, and of several strips.
    for size in
        [&[3, 3][..], &[17, 1], &[18, 9], &[33, 6], &[100, 50], &[5000, 9], &[70, 13, 4], &[40, 8, 3, 2]]
    {
        let count = size.iter().product();
        let mut input: Vec<T> = (0..count).map(|_| odd(&mut random)).collect();
        let radius: Vec<usize> = (0..size.len()).map(|axis| usize::from(axis < 2)).collect();
        check(size, input.clone(), &radius, "numbers");
        // One NaN, several, and then mostly NaN.
        for some in [1, 9, 2 * count] {
            for _ in 0..some {
                let bits = T::from_f64([f64::NAN, -f64::NAN][random.below(2)]);
                input[random.below(count)] = bits;
            }
            check(size, input.clone(), &radius, "with NaN");
        }
    }
}

#[test]
fn numbers_of_every_kind_equal_the_naive_twin() {
    check_kinds::<f32>();
    check_kinds::<f64>();
}

fn check_places<T: Pixel>() {
    let size = [83, 20];
    let mut random = Random::new(3);
    let input: Vec<T> =
        (0..size[0] * size[1]).map(|_| T::from_f64(random.below(1000) as f64 - 500.0)).collect();
    for x in 0..size[0] {
        for y in [0, 6, 7, 19] {
            let mut input = input.clone();
            input[y * size[0] + x] = T::from_f64(f64::NAN);
            check(&size, input, &[1, 1], "one NaN");
        }
    }
}

#[test]
fn a_nan_is_seen_at_each_place_of_a_row() {
    check_places::<f32>();
    check_places::<f64>();
}

#[test]
fn every_level_does() {
    run_at_every_level(&[
        "numbers_of_every_kind_equal_the_naive_twin",
        "a_nan_is_seen_at_each_place_of_a_row",
    ]);
}
