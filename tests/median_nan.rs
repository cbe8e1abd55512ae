//! What NaN does to a median equals the naive twin: few and many of them, in rows of several words of marks, for windows that are
//! sorted and those that are counted.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::{Image, PerAxis, Pixel, PixelType, Region, VisitType};
use itk_filters::{Apply, Median, NanPolicy};
use itk_tests::cases::{Random, assert_same};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// Sizes and radii, xyz. Windows of up to 64 samples are sorted where NaN is left out.
const SHAPES: &[(&[usize], &[usize])] = &[
    (&[1], &[1]),
    (&[300], &[2]),
    (&[300], &[31]),
    (&[200], &[150]),
    (&[3, 3], &[1, 1]),
    (&[64, 9], &[1, 1]),
    (&[131, 40], &[1, 1]),
    (&[70, 50], &[3, 3]),
    (&[90, 37], &[4, 4]),
    (&[5, 80], &[0, 40]),
    (&[80, 5], &[40, 0]),
    (&[129, 70], &[0, 2]),
    (&[20, 9, 7], &[1, 1, 1]),
    (&[66, 8, 5], &[0, 1, 2]),
    (&[17, 9, 6], &[2, 2, 2]),
    (&[9, 7, 5, 4], &[1, 0, 1, 1]),
];

/// What of `count` pixels becomes NaN.
fn places(count: usize, random: &mut Random) -> Vec<(&'static str, Vec<usize>)> {
    let mut some = |n: usize| (0..n).map(|_| random.below(count)).collect();
    vec![
        ("one", some(1)),
        ("few", some(5)),
        ("a tenth", some(count.div_ceil(10))),
        ("most", some(2 * count)),
        ("all", (0..count).collect()),
        ("the ends", vec![0, count - 1]),
    ]
}

struct Policies;

impl VisitType for Policies {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64);
        for &(size, radius) in SHAPES {
            let count = size.iter().product();
            let numbers: Vec<T> = (0..count).map(|_| T::from_f64(random.below(200) as f64 - 100.0)).collect();
            for (what, places) in places(count, &mut random) {
                let mut input = numbers.clone();
                places.iter().for_each(|&i| input[i] = T::from_f64([f64::NAN, -f64::NAN][random.below(2)]));
                let image = Image::from_vec(size, input.clone()).unwrap();
                for policy in [NanPolicy::Propagate, NanPolicy::Omit] {
                    let median = Median::new(PerAxis::xyz(radius)).nan_policy(policy);
                    let expected = naive::median(&input, size, radius, policy);
                    let got = median.apply(&image).unwrap().to_vec();
                    assert_same(&got, &expected, &(T::TYPE, size, radius, policy, what));
                    // A region that begins and ends inside, where the image is wide enough.
                    let first: Vec<i64> = size.iter().map(|&n| n as i64 / 3).collect();
                    let inner: Vec<usize> = size.iter().map(|&n| n.div_ceil(2)).collect();
                    let region = Region::new(&first, &inner).unwrap();
                    let got = median.apply_region::<_, T>(&image, &region).unwrap().to_vec();
                    let whole = Image::from_vec(size, expected).unwrap();
                    let expected = Median::new(0).apply_region::<_, T>(&whole, &region).unwrap().to_vec();
                    assert_same(&got, &expected, &(T::TYPE, size, radius, policy, what, "a region"));
                }
            }
        }
    }
}

#[test]
fn policies_equal_the_naive_twin() {
    for pixel_type in [PixelType::F16, PixelType::F32, PixelType::F64] {
        pixel_type.visit(Policies);
    }
}

#[test]
fn every_level_does() {
    run_at_every_level(&["policies_equal_the_naive_twin"]);
}
