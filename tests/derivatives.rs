//! Derivative, gradient and Sobel equal their naive twins: every type, level, thread count and rank.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::fmt::Debug;
use std::marker::PhantomData;

use itk_core::simd;
use itk_core::{
    AnyImage, Context, Geometry, Image, PerAxis, Pixel, PixelKind, PixelType, Region, Result, VisitType, pool,
};
use itk_filters::{Apply, Derivative, Gradient, Sobel};
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

/// A matrix that is neither orthonormal nor symmetric, and has zeros.
fn direction(rank: usize) -> Vec<f64> {
    (0..rank * rank)
        .map(|i| match (i / rank, i % rank) {
            (row, column) if row == column => 1.0 - 0.1 * row as f64,
            (row, column) if row + 1 == column => 0.3,
            _ => 0.0,
        })
        .collect()
}

fn image<T: Pixel>(input: &[T], size: &[usize], spacing: &[f64]) -> Image<T> {
    let geometry = Geometry::new(spacing, &vec![0.0; size.len()], &direction(size.len())).unwrap();
    Image::from_vec(size, input.to_vec()).unwrap().with_geometry(geometry).unwrap()
}

fn check_derivative<I: Pixel, O: Pixel>(
    input: &[I],
    size: &[usize],
    spacing: &[f64],
    order: usize,
    what: &dyn Debug,
) {
    let axis = order % size.len();
    let filter = Derivative::new(order).axis_xyz(axis);
    let got: Image<O> = filter.apply(&image(input, size, spacing)).unwrap();
    let expected = naive::derivative::<I, O>(input, size, order, axis, spacing[axis]);
    assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, order, what));
}

fn check_gradient<I: Pixel, O: Pixel>(input: &[I], size: &[usize], spacing: &[f64], what: &dyn Debug) {
    let image = image(input, size, spacing);
    let got: Image<O> = Gradient::new().apply(&image).unwrap();
    let rows = direction(size.len());
    let expected = naive::gradient::<I, O>(input, size, spacing, Some(&rows));
    assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, "turned", what));
    let got: Image<O> = Gradient::new().use_image_direction(false).apply(&image).unwrap();
    let expected = naive::gradient::<I, O>(input, size, spacing, None);
    assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, what));
}

fn check_sobel<I: Pixel, O: Pixel>(input: &[I], size: &[usize], legacy: bool, what: &dyn Debug) {
    let image = Image::from_vec(size, input.to_vec()).unwrap();
    let got: Image<O> = Sobel::new().legacy_coefficients(legacy).apply(&image).unwrap();
    let expected = naive::sobel::<I, O>(input, size, &vec![true; size.len()], legacy);
    assert_same(&got.to_vec(), &expected, &(I::TYPE, O::TYPE, size, legacy, what));
}

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
        for (number, &(size, spacing)) in SHAPES.iter().enumerate() {
            // All contents where the types are the same, else one for each shape.
            let all = Content::ALL.iter().filter(|_| I::TYPE == O::TYPE);
            for &content in all.chain([&Content::ALL[random.below(Content::ALL.len())]]) {
                let input = pixels::<I>(content, size.iter().product(), &mut random);
                check_derivative::<I, O>(&input, size, spacing, (number + random.below(7)) % 7, &content);
                check_sobel::<I, O>(&input, size, number % 2 == 0, &content);
                if matches!(O::TYPE, PixelType::F32 | PixelType::F64) {
                    check_gradient::<I, O>(&input, size, spacing, &content);
                }
            }
        }
    }
}

#[test]
fn every_pair_of_types_equals_the_naive_twins() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(Input);
    }
    assert_eq!(simd::last_level(), simd::level().unwrap(), "the level in force is the one that ran");
}

#[test]
fn every_level_equals_the_naive_twins() {
    run_at_every_level(&["every_pair_of_types_equals_the_naive_twins"]);
}

struct EveryThreadCount;

impl VisitType for EveryThreadCount {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let size = [300, 100, 5];
        let input = pixels::<T>(Content::Bits, size.iter().product(), &mut Random::new(1));
        let spacing = [0.7, 1.0, 2.0];
        let image = image(&input, &size, &spacing);
        let expected = naive::derivative::<T, f64>(&input, &size, 2, 2, spacing[2]);
        at_every_thread_count(&expected, || Derivative::new(2).axis_xyz(2).apply(&image));
        let expected = naive::gradient::<T, f32>(&input, &size, &spacing, Some(&direction(3)));
        at_every_thread_count(&expected, || Gradient::new().apply(&image));
        let expected = naive::sobel::<T, f32>(&input, &size, &[true; 3], true);
        at_every_thread_count(&expected, || Sobel::new().legacy_coefficients(true).apply(&image));
    }
}

fn at_every_thread_count<O: Pixel>(expected: &[O], filtered: impl Fn() -> Result<Image<O>>) {
    for threads in [1, 2, 7] {
        pool::set_num_threads(threads);
        assert_same(&filtered().unwrap().to_vec(), expected, &threads);
    }
}

#[test]
fn every_type_at_every_thread_count_equals_the_naive_twins() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(EveryThreadCount);
    }
    pool::set_num_threads(0);
}

#[test]
fn every_width_equals_the_naive_twins() {
    for width in (1..=140).chain([255, 256, 257, 1023, 1025]) {
        let (size, mut random) = ([width, 3], Random::new(width as u64));
        let bytes = pixels::<u8>(Content::Bits, 3 * width, &mut random);
        check_sobel::<u8, f32>(&bytes, &size, true, &width);
        check_derivative::<u8, i16>(&bytes, &size, &[1.0, 1.0], 2 * (width % 4), &width);
        let floats = pixels::<f32>(Content::Bits, 3 * width, &mut random);
        check_sobel::<f32, f32>(&floats, &size, true, &width);
        check_gradient::<f32, f32>(&floats, &size, &[0.7, 3.0], &width);
    }
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let image = Image::from_vec(&[3, 2], vec![1u8; 6]).unwrap();
    let text = |filter: Derivative| filter.apply::<_, f32>(&image).unwrap_err().to_string();
    assert_eq!(text(Derivative::new(53)), "derivative: order must be at most 52, got 53");
    assert_eq!(
        text(Derivative::new(1).axis_xyz(2)),
        "derivative: axis_xyz must be less than 2, the number of axes, got 2"
    );
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let expected = format!("spacing must be positive and finite, got {bad}");
        assert_eq!(text(Derivative::new(1).spacing(bad)), format!("derivative: {expected}"));
        let error = Gradient::new().spacing(bad).apply::<_, f32>(&image).unwrap_err();
        assert_eq!(error.to_string(), format!("gradient: {expected}"));
    }
    let error = Gradient::new().apply::<_, i16>(&image).unwrap_err();
    assert_eq!(
        error.to_string(),
        "gradient: pixel type int16 is not supported; allowed: f32 and f64, as results"
    );
    let vectors = Gradient::new().apply::<_, f32>(&image).unwrap();
    assert!(Sobel::new().apply::<_, f32>(&vectors).is_err(), "vectors are no scalars");
}

#[test]
fn the_highest_order_has_exact_coefficients() {
    let mut input = vec![0.0f64; 105];
    input[52] = 1.0;
    let image = Image::from_vec(&[105], input).unwrap();
    let got: Vec<f64> = Derivative::new(52).apply::<_, f64>(&image).unwrap().to_vec();
    // Binomial coefficients of 52 with alternating signs.
    let mut expected = 1u64;
    for k in 0..=26 {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        assert_eq!((got[26 + k], got[78 - k]), (sign * expected as f64, sign * expected as f64), "{k}");
        expected = (u128::from(expected) * (52 - k as u128) / (k as u128 + 1)) as u64;
    }
}

#[test]
fn vectors_lie_beside_each_other_and_have_a_kind() {
    let input: Vec<i16> = (0..60).map(|i| (i * i % 37) as i16).collect();
    let image = image(&input, &[5, 4, 3], &[0.5, 2.0, 3.0]);
    let got = Gradient::new().apply_any(&AnyImage::from(image), &Context::default()).unwrap();
    let header = got.header();
    assert_eq!(
        (header.kind, header.components, header.pixel_type),
        (PixelKind::CovariantVector, 3, PixelType::F32)
    );
    assert_eq!(&*header.array_size(), [3, 5, 4, 3]);
}

#[test]
fn axes_and_spacing_are_chosen_by_the_caller() {
    let size = [5, 4, 3];
    let input = pixels::<i16>(Content::Bits, 60, &mut Random::new(4));
    let image = image(&input, &size, &[0.5, 2.0, 3.0]);
    for axes in [[true, true, false], [false, true, false], [true, true, true], [false, false, false]] {
        let got: Image<f64> = Sobel::new().axes(PerAxis::xyz(axes)).apply(&image).unwrap();
        assert_same(&got.to_vec(), &naive::sobel::<_, f64>(&input, &size, &axes, true), &axes);
    }
    let got: Image<f64> = Derivative::new(1).axis_xyz(2).use_image_spacing(false).apply(&image).unwrap();
    assert_same(&got.to_vec(), &naive::derivative::<_, f64>(&input, &size, 1, 2, 1.0), &"no spacing");
    let got: Image<f64> = Derivative::new(3).spacing(PerAxis::zyx([0.1, 0.2, 0.3])).apply(&image).unwrap();
    assert_same(&got.to_vec(), &naive::derivative::<_, f64>(&input, &size, 3, 0, 0.3), &"given");
    let filter = Gradient::new().use_image_spacing(false).use_image_direction(false);
    let got: Image<f64> = filter.apply(&image).unwrap();
    assert_same(&got.to_vec(), &naive::gradient::<_, f64>(&input, &size, &[1.0; 3], None), &"plain");
}

#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let size = [20, 15, 6];
    let image = image(&pixels::<u16>(Content::Bits, 1800, &mut Random::new(2)), &size, &[0.5, 1.5, 3.0]);
    let (second, sobel, gradient) = (Derivative::new(4), Sobel::new(), Gradient::new());
    let whole: [Image<f32>; 2] = [second.apply(&image).unwrap(), sobel.apply(&image).unwrap()];
    let vectors: Vec<f32> = gradient.apply::<_, f32>(&image).unwrap().to_vec();
    for (index, extent) in [([3, 0, 2], [9, 15, 1]), ([19, 14, 5], [1, 1, 1]), ([0, 0, 0], size)] {
        let region = Region::new(&index, &extent).unwrap();
        let parts: [Image<f32>; 2] =
            [second.apply_region(&image, &region).unwrap(), sobel.apply_region(&image, &region).unwrap()];
        for (part, whole) in parts.iter().zip(&whole) {
            let expected = itk_core::Buffer::copy_of(whole.view().region(&region)).unwrap();
            assert_eq!(part.as_slice(), expected.as_slice(), "{index:?} {extent:?}");
        }
        let part: Vec<f32> = gradient.apply_region::<_, f32>(&image, &region).unwrap().to_vec();
        let mut expected = Vec::new();
        for (z, y) in (0..extent[2]).flat_map(|z| (0..extent[1]).map(move |y| (z, y))) {
            let [x0, y0, z0] = index.map(|i| i as usize);
            let row = ((z0 + z) * size[1] + y0 + y) * size[0] + x0;
            expected.extend_from_slice(&vectors[3 * row..3 * (row + extent[0])]);
        }
        assert_eq!(part, expected, "{index:?} {extent:?}");
    }
}
