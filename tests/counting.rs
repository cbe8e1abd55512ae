//! The median by counting equals its naive twin: every type and level, many shapes and contents.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::simd::levels;
use itk_core::{Image, Pixel, PixelType, VisitType};
use itk_filters::{NanPolicy, counted_block, counted_median};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::naive;

/// Sizes and radii, xyz.
const SHAPES: &[(&[usize], &[usize])] = &[
    (&[1], &[3]),
    (&[300], &[4]),
    (&[9], &[0]),
    (&[1, 1], &[2, 2]),
    (&[3, 2], &[1, 1]),
    (&[1, 70], &[2, 1]),
    (&[67, 9], &[1, 1]),
    (&[21, 13], &[2, 3]),
    (&[5, 5], &[60, 1]),
    (&[12, 40], &[8, 0]),
    (&[12, 40], &[0, 8]),
    (&[9, 150], &[1, 2]),
    (&[0, 4], &[1, 1]),
    (&[4, 0], &[1, 1]),
    (&[9, 7, 5], &[1, 1, 1]),
    (&[7, 6, 5], &[0, 3, 1]),
    (&[8, 5, 4], &[4, 3, 2]),
    (&[70, 5, 19], &[3, 2, 1]),
    (&[7, 6, 5], &[2, 0, 3]),
    (&[7, 6, 5], &[3, 2, 0]),
    (&[30, 4, 3], &[5, 0, 0]),
    (&[3, 30, 2], &[0, 0, 9]),
    (&[4, 3, 3, 2], &[1, 1, 1, 1]),
    (&[3, 2, 9, 2], &[1, 0, 2, 1]),
    (&[3, 2, 2, 2, 2], &[1, 0, 1, 0, 1]),
    (&[2, 2, 2, 2, 2, 2], &[0, 1, 0, 1, 0, 1]),
];

fn check<T: Pixel>(content: Content, size: &[usize], radius: &[usize], random: &mut Random) {
    compare(&pixels::<T>(content, size.iter().product(), random), size, radius);
}

/// Each level against the twin.
#[track_caller]
fn compare<T: Pixel>(input: &[T], size: &[usize], radius: &[usize]) {
    let image = Image::from_vec(size, input.to_vec()).unwrap();
    // The plain twin gathers windows; the weighted one, slower for small windows, visits the image.
    let window: usize = radius.iter().map(|r| 2 * r + 1).product();
    let expected = if window > input.len() {
        naive::median_weighted(input, size, radius, NanPolicy::Order)
    } else {
        naive::median(input, size, radius, NanPolicy::Order)
    };
    for level in levels() {
        let first = vec![0; size.len()];
        let got = counted_median(level, &image.view(), radius, [&first, size]).unwrap();
        assert_same(&got, &expected, &(T::TYPE, size, radius, level));
    }
}

struct EveryShape;

impl VisitType for EveryShape {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let mut random = Random::new(T::TYPE as u64);
        for &(size, radius) in SHAPES {
            for &content in Content::ALL {
                check::<T>(content, size, radius, &mut random);
            }
        }
    }
}

#[test]
fn every_type_level_and_shape_equals_the_naive_twin() {
    assert!(levels().len() >= 2, "only {:?}: this machine cannot compare levels", levels());
    for pixel_type in PixelType::ALL {
        pixel_type.visit(EveryShape);
    }
}

/// Windows past each limit: sums of 8 and 16 bits, strips of each width, windows wider than a tile.
#[test]
fn large_windows_equal_the_naive_twin() {
    let mut random = Random::new(7);
    let shapes: &[(&[usize], &[usize])] = &[
        (&[33, 21], &[10, 10]),
        (&[150, 40], &[30, 9]),
        (&[40, 30], &[60, 60]),
        (&[300, 20], &[100, 2]),
        (&[20, 9], &[127, 126]),
        (&[9, 30], &[0, 500]),
        (&[12, 11, 10], &[5, 6, 4]),
        (&[6, 5, 9], &[15, 15, 15]),
        (&[5, 9, 8], &[1, 70, 20]),
        (&[3, 3, 4, 5], &[4, 4, 4, 4]),
    ];
    for &(size, radius) in shapes {
        for &content in Content::ALL {
            check::<u8>(content, size, radius, &mut random);
            check::<i16>(content, size, radius, &mut random);
            check::<f32>(content, size, radius, &mut random);
            check::<f64>(content, size, radius, &mut random);
        }
    }
}

/// Distinct samples, but nearly all closer to each other than to any of those that a few pivots would be; and a
/// background that takes most of the image.
#[test]
fn crowded_keys_equal_the_naive_twin() {
    let mut random = Random::new(11);
    let size = [90, 70];
    let crowded: Vec<f32> = (0..size[0] * size[1])
        .map(|i| match random.below(10) {
            0 => random.below(1000) as f32 * 1e6,
            _ => 1.0 + i as f32 * 1e-6,
        })
        .collect();
    let background: Vec<u16> = (0..size[0] * size[1])
        .map(|_| if random.below(20) == 0 { random.bits() as u16 } else { 777 })
        .collect();
    compare(&crowded, &size, &[9, 7]);
    compare(&background, &size, &[9, 7]);
}

#[test]
fn a_part_equals_the_same_part_of_the_whole() {
    let size = [150, 90, 4];
    let input = pixels::<i16>(Content::Bits, size.iter().product(), &mut Random::new(12));
    let image = Image::from_vec(&size, input).unwrap();
    let (first, part) = ([100, 3, 1], [50, 80, 2]);
    for level in levels() {
        for radius in [[5, 4, 1], [5, 4, 0], [5, 0, 1]] {
            let all = counted_median(level, &image.view(), &radius, [&[0; 3], &size]).unwrap();
            let got = counted_median(level, &image.view(), &radius, [&first, &part]).unwrap();
            for (i, got) in got.iter().enumerate() {
                let at = [i % 50 + 100, i / 50 % 80 + 3, i / 4000 + 1];
                let expected = all[(at[2] * size[1] + at[1]) * size[0] + at[0]];
                assert_eq!(*got, expected, "{at:?} {radius:?} {level}");
            }
        }
    }
}

#[test]
fn blocks_are_within_the_image_and_not_empty() {
    for (radius, size) in [
        (&[3, 3][..], &[1, 9][..]),
        (&[50, 50], &[5000, 7000]),
        (&[9, 9, 9], &[300, 200, 2]),
        (&[9, 0, 9], &[3, 2, 9]),
    ] {
        for key_bytes in [1, 2, 4, 8] {
            let block = counted_block(key_bytes, radius, size);
            assert!(block.iter().zip(size).all(|(n, size)| (1..=*size).contains(n)), "{block:?} of {size:?}");
        }
    }
}

#[test]
fn windows_of_too_many_samples_are_refused() {
    let image = Image::from_vec(&[4, 4], vec![1u8; 16]).unwrap();
    for radius in [[128, 0], [127, 129], [0, 40_000], [usize::MAX / 2, 1], [usize::MAX, usize::MAX]] {
        assert_eq!(
            counted_median(levels()[0], &image.view(), &radius, [&[0, 0], &[4, 4]]),
            None,
            "{radius:?}"
        );
    }
}

/// First windows are summed in parts of bits, whose number depends on the window's width.
#[test]
fn tall_windows_of_every_width_equal_the_naive_twin() {
    let mut random = Random::new(12);
    for rx in (0..=16).chain([20, 31, 42, 63, 64]) {
        for ry in [7, 16, 45] {
            check::<u8>(Content::Bits, &[23, 11], &[rx, ry], &mut random);
        }
    }
}
