//! The gradient magnitude equals its naive twin: every pair of types, level, thread count and rank.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use itk_core::ndarray::{ArrayD, Axis, Slice};
use itk_core::simd;
use itk_core::{Geometry, Image, PerAxis, Pixel, PixelType, Region, VisitType, f16, pool};
use itk_filters::{Apply, GradientMagnitude, Precision};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive;

/// Sizes and spacings, xyz.
const SHAPES: &[(&[usize], &[f64])] = &[
    (&[1], &[1.0]),
    (&[70], &[0.3]),
    (&[1, 5], &[1.0, 2.0]),
    (&[67, 9], &[0.7, 1.3]),
    (&[2, 2], &[1.0, 1.0]),
    (&[9, 7, 5], &[0.9, 1.1, 2.7]),
    (&[4, 3, 3, 2], &[1.0, 0.1, 3.0, 0.7]),
    (&[3, 2, 2, 2, 2], &[1.0; 5]),
    (&[2; 6], &[0.5; 6]),
    (&[0, 4], &[1.0, 1.0]),
    (&[4, 0], &[1.0, 1.0]),
    (&[2100, 3], &[0.3, 0.4]),
];

struct Input;
struct Output<I>(std::marker::PhantomData<I>);

impl VisitType for Input {
    type Out = ();
    fn visit<I: Pixel>(self) {
        for pixel_type in PixelType::ALL {
            pixel_type.visit(Output::<I>(std::marker::PhantomData));
        }
    }
}

impl<I: Pixel> VisitType for Output<I> {
    type Out = ();
    fn visit<O: Pixel>(self) {
        let mut random = Random::new(I::TYPE as u64);
        for &(size, spacing) in SHAPES {
            for &content in Content::ALL {
                let input = pixels::<I>(content, size.iter().product(), &mut random);
                let geometry = Geometry::identity(size.len()).unwrap().with_spacing(spacing).unwrap();
                let image = Image::from_vec(size, input.clone()).unwrap().with_geometry(geometry).unwrap();
                let got: Image<O> = GradientMagnitude::new().apply(&image).unwrap();
                let spacing: Vec<_> = spacing.iter().copied().map(Some).collect();
                let expected = naive::gradient_magnitude::<I, O>(&input, size, &spacing);
                assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, content));
                let single = GradientMagnitude::new().precision(Precision::Single);
                let got: Image<O> = single.apply(&image).unwrap();
                let expected = naive::single_precision_gradient_magnitude::<I, O>(&input, size, &spacing);
                assert_same(&got.to_vec(), &expected, &("single", I::TYPE, O::TYPE, size, content));
            }
        }
    }
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
    run_at_every_level(&[
        "every_pair_of_types_equals_the_naive_twin",
        "whole_numbers_with_some_others_equal_the_naive_twin",
    ]);
}

struct EveryThreadCount;

impl VisitType for EveryThreadCount {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let input = pixels::<T>(Content::Bits, 900 * 700, &mut Random::new(1));
        let image = Image::from_vec(&[900, 700], input.clone()).unwrap();
        let expected = naive::gradient_magnitude::<T, f64>(&input, &[900, 700], &[Some(1.0); 2]);
        for threads in [1, 2, 7] {
            pool::set_num_threads(threads);
            let result: Image<f64> = GradientMagnitude::new().apply(&image).unwrap();
            assert_same(&result.to_vec(), &expected, &(T::TYPE, threads));
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
    fn check<I: Pixel, O: Pixel>(size: &[usize], spacing: f64) {
        let input = pixels::<I>(Content::Bits, size.iter().product(), &mut Random::new(size[0] as u64));
        let image = Image::from_vec(size, input.clone()).unwrap();
        let got: Image<O> = GradientMagnitude::new().spacing(spacing).apply(&image).unwrap();
        let expected = naive::gradient_magnitude::<I, O>(&input, size, &vec![Some(spacing); size.len()]);
        assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, spacing));
        let single = GradientMagnitude::new().spacing(spacing).precision(Precision::Single);
        let got: Image<O> = single.apply(&image).unwrap();
        let spacing = vec![Some(spacing); size.len()];
        let expected = naive::single_precision_gradient_magnitude::<I, O>(&input, size, &spacing);
        assert_same(&got.to_vec(), &expected, &("single", I::TYPE, O::TYPE, size));
    }
    for width in (1..=140).chain([255, 256, 257, 1023, 1025]) {
        check::<u8, u8>(&[width, 4], 1.0);
        check::<i8, f32>(&[width, 3, 2], 1.0);
        check::<f32, f32>(&[width, 3, 2], 0.7);
        check::<f64, u16>(&[width, 3], 1.0);
        check::<f32, f32>(&[width, 5, 2], 1.0);
        check::<i16, f32>(&[width, 4], 1.0);
        check::<u16, f64>(&[width, 2, 3], 1.0);
        check::<f16, u8>(&[width, 3], 1.0);
    }
    // Rows that are shorter than columns.
    for width in 1..=40 {
        check::<u8, u8>(&[width, 300], 1.0);
        check::<i16, f32>(&[width, 90, 3], 1.0);
        check::<f32, f32>(&[width, 2000, 2], 0.7);
        check::<f64, f64>(&[width, 50, 2, 3], 0.7);
    }
    // Several boxes of many rows and slices.
    check::<u8, u8>(&[300, 700, 7], 1.0);
    check::<f32, f32>(&[70, 900, 11], 1.0);
    check::<i32, f32>(&[600, 300, 5], 0.7);
    check::<f64, f64>(&[40, 33, 21, 9], 0.3);
    // Rows that follow each other, in more than one run.
    check::<f32, f32>(&[200, 100, 3], 1.0);
    check::<f32, f64>(&[130, 33, 2], 0.7);
    check::<f64, f64>(&[129, 65, 3], 0.3);
    check::<f64, f64>(&[128, 34], 1.0);
    check::<u8, u8>(&[200, 70, 3], 1.0);
    check::<u8, f32>(&[131, 33, 2], 1.0);
    check::<i16, f32>(&[200, 70, 3], 1.0);
    check::<i16, f32>(&[130, 33], 0.7);
    check::<u16, f32>(&[129, 65, 3], 1.0);
    check::<u16, f32>(&[128, 3, 2, 2], 0.7);
}

#[test]
fn a_region_of_a_narrow_image_equals_the_same_part_of_the_whole() {
    let input = pixels::<f32>(Content::Real, 5 * 200 * 3, &mut Random::new(12));
    let image = Image::from_vec(&[5, 200, 3], input).unwrap();
    let whole: Image<f32> = GradientMagnitude::new().apply(&image).unwrap();
    for (index, size) in [([1, 20, 1], [3, 150, 2]), ([4, 0, 0], [1, 200, 3]), ([0, 199, 2], [5, 1, 1])] {
        let region = Region::new(&index, &size).unwrap();
        let part: Image<f32> = GradientMagnitude::new().apply_region(&image, &region).unwrap();
        assert_same(&part.to_vec(), &whole.view().region(&region).to_vec(), &region);
    }
}

#[test]
fn regions_of_wide_images_equal_the_same_part_of_the_whole() {
    fn check<T: Pixel>() {
        let size = [7000, 3, 2];
        let input = pixels::<T>(Content::Bits, 42000, &mut Random::new(T::TYPE as u64));
        let expected = naive::gradient_magnitude::<T, T>(&input, &size, &[Some(1.0); 3]);
        let image = Image::from_vec(&size, input).unwrap();
        let whole: Image<T> = GradientMagnitude::new().apply(&image).unwrap();
        assert_same(&whole.to_vec(), &expected, &T::TYPE);
        for (first, width) in
            [(0, 130), (1, 6999), (1, 300), (6700, 300), (3000, 31), (3000, 127), (500, 6000)]
        {
            let region = Region::new(&[first, 1, 0], &[width, 2, 2]).unwrap();
            let part: Image<T> = GradientMagnitude::new().apply_region(&image, &region).unwrap();
            assert_same(&part.to_vec(), &whole.view().region(&region).to_vec(), &(T::TYPE, first, width));
        }
    }
    check::<f32>();
    check::<f64>();
    check::<u8>();
    check::<i16>();
}

#[test]
fn short_rows_of_any_layout_equal_the_naive_twin() {
    fn check<I: Pixel, O: Pixel>(width: usize, height: usize, spacing: f64) {
        let (size, n) = ([width, height, 3], 3 * height * width);
        let input = pixels::<I>(Content::Bits, n, &mut Random::new(n as u64));
        let expected = naive::gradient_magnitude::<I, O>(&input, &size, &[Some(spacing); 3]);
        let filter = GradientMagnitude::new().spacing(spacing);
        let plain = ArrayD::from_shape_vec(vec![3, height, width], input).unwrap();
        // Rows with gaps, columns with gaps, rows backwards, and columns that follow each other.
        let mut gaps = ArrayD::from_elem(vec![3, height, 2 * width + 3], I::default());
        for (first, step) in [(1, 1), (2, 2)] {
            let columns = Slice::new(first, Some(first + step * (width as isize - 1) + 1), step);
            gaps.slice_axis_mut(Axis(2), columns).assign(&plain);
            let got: ArrayD<O> = filter.apply(&gaps.slice_axis(Axis(2), columns)).unwrap();
            assert_same(got.as_slice().unwrap(), &expected, &("input", I::TYPE, O::TYPE, size, first, step));
            let mut out = ArrayD::from_elem(gaps.raw_dim(), O::default());
            filter.apply_into(&plain, &mut out.slice_axis_mut(Axis(2), columns)).unwrap();
            let got: Vec<O> = out.slice_axis(Axis(2), columns).iter().copied().collect();
            assert_same(&got, &expected, &("output", I::TYPE, O::TYPE, size, first, step));
        }
        let mut backwards = plain.clone();
        backwards.invert_axis(Axis(1));
        let mut backwards = backwards.as_standard_layout().into_owned();
        backwards.invert_axis(Axis(1));
        let got: ArrayD<O> = filter.apply(&backwards).unwrap();
        assert_same(got.as_slice().unwrap(), &expected, &("backwards", I::TYPE, O::TYPE, size));
        let turned = plain.t().as_standard_layout().into_owned().reversed_axes();
        let got: ArrayD<O> = filter.apply(&turned).unwrap();
        let got: Vec<O> = got.iter().copied().collect();
        assert_same(&got, &expected, &("turned", I::TYPE, O::TYPE, size));
    }
    for width in (1..=9).chain([23, 24, 39, 40, 63, 64, 65, 79, 80, 159, 160]) {
        check::<u8, u8>(width, 200, 1.0);
        check::<u8, f32>(width, 5, 0.7);
        check::<i8, f32>(width, 40, 1.0);
        check::<i16, f32>(width, 200, 1.0);
        check::<u16, f32>(width, 40, 0.7);
        check::<f32, f32>(width, 200, 1.0);
        check::<u16, f16>(width, 1, 1.0);
        check::<f64, f64>(width, 200, 0.3);
    }
    check::<f32, f32>(2, 3000, 0.7);
    check::<f64, f32>(3, 1000, 1.0);
}

#[test]
fn whole_numbers_with_some_others_equal_the_naive_twin() {
    fn check<T: Pixel>(size: &[usize], others: &[f64], part: f64) {
        let mut random = Random::new(size[0] as u64);
        let mut pixel = || {
            let is_other = (random.below(1 << 20) as f64) < part * f64::from(1 << 20);
            let other = if is_other { others[random.below(others.len())] } else { 0.0 };
            T::from_f64(random.below(90) as f64 + other)
        };
        let input: Vec<T> = (0..size.iter().product()).map(|_| pixel()).collect();
        let image = Image::from_vec(size, input.clone()).unwrap();
        let got: Image<f32> = GradientMagnitude::new().apply(&image).unwrap();
        let expected = naive::gradient_magnitude::<T, f32>(&input, size, &vec![Some(1.0); size.len()]);
        assert_same(&got.to_vec(), &expected, &(T::TYPE, size, others, part));
        if let &[width, height, depth] = size {
            let along_yz = GradientMagnitude::new().axes(PerAxis::xyz([false, true, true]));
            let got: Image<f32> = along_yz.apply(&image).unwrap();
            let expected = naive::gradient_magnitude::<T, f32>(&input, size, &[None, Some(1.0), Some(1.0)]);
            assert_same(&got.to_vec(), &expected, &("yz", T::TYPE, size, others, part));
            let turned = ArrayD::from_shape_vec(vec![width, height, depth], input.clone()).unwrap();
            let expected: ArrayD<f32> = GradientMagnitude::new().apply(&turned).unwrap();
            let fortran = turned.t().as_standard_layout().into_owned().reversed_axes();
            let got: ArrayD<f32> = GradientMagnitude::new().apply(&fortran).unwrap();
            assert_same(
                &got.iter().copied().collect::<Vec<_>>(),
                expected.as_slice().unwrap(),
                &("fortran", T::TYPE, size),
            );
        }
    }
    // Differences of some thousand pass the least one whose square f32 rounds, by a little or by far.
    let steep = [4095.0, 4097.0, 30_000.0];
    for part in [0.0, 1e-4, 0.01, 1.0] {
        for size in [
            &[2000, 60][..],
            &[700, 9],
            &[257, 65, 3],
            &[40, 90, 5],
            &[300, 4, 3, 2],
            &[3000],
            &[1, 9],
            &[9, 1],
        ] {
            check::<i16>(size, &steep, part);
            check::<u16>(size, &steep, part);
            check::<f16>(size, &[4096.0, 0.5, f64::INFINITY, f64::NAN], part);
            check::<f32>(size, &steep, part);
            check::<f32>(size, &[0.5, 0.001, 1e-8, -1e-30], part);
            check::<f32>(size, &[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e30], part);
        }
    }
}

/// What the integer path of 8-bit pixels rests on, for every sum of squares that there can be.
#[test]
fn half_of_the_f32_root_of_a_sum_of_bytes_squares_is_the_f64_result() {
    for sum in 0..=6 * 255 * 255 {
        let short = 0.5 * (sum as f32).sqrt();
        let exact = (0.25 * f64::from(sum)).sqrt();
        assert_eq!(short.to_bits(), (exact as f32).to_bits(), "{sum}");
        assert_eq!(short as u16, exact as u16, "{sum}");
    }
}

#[test]
fn spacing_and_axes_are_chosen_by_the_caller() {
    let input = pixels::<i16>(Content::Bits, 5 * 4 * 3, &mut Random::new(4));
    let geometry = Geometry::identity(3).unwrap().with_spacing(&[0.5, 2.0, 3.0]).unwrap();
    let image = Image::from_vec(&[5, 4, 3], input.clone()).unwrap().with_geometry(geometry).unwrap();
    let check = |filter: GradientMagnitude, spacing: [Option<f64>; 3]| {
        let got: Image<f64> = filter.apply(&image).unwrap();
        assert_same(&got.to_vec(), &naive::gradient_magnitude(&input, &[5, 4, 3], &spacing), &filter);
    };
    check(GradientMagnitude::new().use_image_spacing(false), [Some(1.0); 3]);
    check(GradientMagnitude::new().spacing(PerAxis::zyx([0.1, 0.2, 0.3])), [Some(0.3), Some(0.2), Some(0.1)]);
    check(GradientMagnitude::new().axes(PerAxis::xyz([false, true, true])), [None, Some(2.0), Some(3.0)]);
    check(GradientMagnitude::new().axes(PerAxis::xyz([true, false, true])), [Some(0.5), None, Some(3.0)]);
    check(GradientMagnitude::new().axes(PerAxis::uniform(false)), [None; 3]);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = GradientMagnitude::new().spacing(bad).apply::<_, f32>(&image).unwrap_err().to_string();
        assert_eq!(error, format!("gradient_magnitude: spacing must be positive and finite, got {bad}"));
    }
}

/// The bound that [`Precision::Single`] documents, for pixels that f32 holds.
#[test]
fn single_precision_is_off_by_no_more_than_it_says() {
    fn check<I: Pixel>(size: &[usize], spacing: &[f64], random: &mut Random) -> f64 {
        let input = pixels::<I>(Content::Real, size.iter().product(), random);
        let geometry = Geometry::identity(size.len()).unwrap().with_spacing(spacing).unwrap();
        let image = Image::from_vec(size, input).unwrap().with_geometry(geometry).unwrap();
        let exact: Image<f64> = GradientMagnitude::new().apply(&image).unwrap();
        let single: Image<f64> = GradientMagnitude::new().precision(Precision::Single).apply(&image).unwrap();
        let off = exact
            .to_vec()
            .into_iter()
            .zip(single.to_vec())
            .map(|(exact, single)| if exact == 0.0 { single } else { (single - exact).abs() / exact });
        off.fold(0.0, f64::max)
    }
    let mut random = Random::new(9);
    for &(size, spacing) in SHAPES {
        let bound = (4.0 + size.len() as f64 / 2.0) * 2f64.powi(-24);
        let off = [
            check::<i16>(size, spacing, &mut random),
            check::<u16>(size, spacing, &mut random),
            check::<f32>(size, spacing, &mut random),
        ];
        assert!(off.iter().all(|&off| off <= bound), "{size:?}: {off:?}, bound {bound:e}");
        // What is not rounded in f32 would be equal.
        assert!(size.iter().product::<usize>() < 100 || off[2] > 0.0, "{size:?}: equal to double precision");
    }
}

#[test]
fn single_precision_takes_any_spacing_and_knows_its_name() {
    let image = Image::from_vec(&[3], vec![7.0f32, 7.0, 7.0]).unwrap();
    for spacing in [1e-300, 1e-40, 1e300] {
        let filter = GradientMagnitude::new().spacing(spacing).precision(Precision::Single);
        assert_eq!(filter.apply::<_, f32>(&image).unwrap().to_vec(), [0.0; 3], "{spacing:e}");
    }
    for precision in Precision::ALL {
        assert_eq!(precision.to_string().parse::<Precision>().unwrap(), *precision);
    }
    let error = "half".parse::<Precision>().unwrap_err().to_string();
    assert_eq!(error, "gradient_magnitude: precision must be 'double' or 'single', got \"half\"");
}

#[test]
fn results_that_do_not_fit_saturate() {
    let input = [i16::MIN, i16::MIN, i16::MAX, i16::MAX];
    let image = Image::from_vec(&[4], input.to_vec()).unwrap();
    let narrow: Image<u8> = GradientMagnitude::new().apply(&image).unwrap();
    let same: Image<i16> = GradientMagnitude::new().spacing(0.25).apply(&image).unwrap();
    assert_eq!(narrow.to_vec(), [0, 255, 255, 0]);
    assert_eq!(same.to_vec(), [0, i16::MAX, i16::MAX, 0]);
}

#[test]
fn infinity_at_the_centre_is_nan_and_beside_it_infinity() {
    let image = Image::from_vec(&[5], vec![0.0f32, 1.0, f32::INFINITY, 1.0, 0.0]).unwrap();
    let result: Image<f32> = GradientMagnitude::new().apply(&image).unwrap();
    let got = result.to_vec();
    assert!(got[2].is_nan() && got[1] == f32::INFINITY && got[3] == f32::INFINITY, "{got:?}");
    assert_eq!((got[0], got[4]), (0.5, 0.5));
}

#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let image =
        Image::from_vec(&[20, 15, 6], pixels::<u16>(Content::Bits, 1800, &mut Random::new(2))).unwrap();
    let whole: Image<f32> = GradientMagnitude::new().apply(&image).unwrap();
    for (index, size) in [([3, 0, 2], [9, 15, 1]), ([19, 14, 5], [1, 1, 1]), ([0, 0, 0], [20, 15, 6])] {
        let region = Region::new(&index, &size).unwrap();
        let part: Image<f32> = GradientMagnitude::new().apply_region(&image, &region).unwrap();
        let expected = itk_core::Buffer::copy_of(whole.view().region(&region)).unwrap();
        assert_eq!(part.as_slice(), expected.as_slice(), "{index:?} {size:?}");
    }
}
