//! The recursive filters equal their naive twins: every pair of types, level, thread count and rank.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::sync::Arc;

use itk_core::simd;
use itk_core::{
    AnyImage, CancelToken, Context, Filter, Geometry, Image, PerAxis, Pixel, PixelType, VisitType, pool,
};
use itk_filters::{
    Apply, GaussianOrder, GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian,
};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::levels::run_at_every_level;
use itk_tests::naive::{self, Recursion};

const ORDERS: [GaussianOrder; 3] = [GaussianOrder::Zero, GaussianOrder::First, GaussianOrder::Second];

/// Sizes and spacings, xyz. Lines are filtered alone, by 8 and by 32, read across and along.
const SHAPES: &[(&[usize], &[f64])] = &[
    (&[4], &[1.0]),
    (&[130], &[0.3]),
    (&[5, 4], &[1.0, 2.0]),
    (&[67, 9], &[0.7, 1.3]),
    (&[4, 70], &[0.7, 1.3]),
    (&[9, 7, 5], &[0.9, 1.1, 2.7]),
    (&[40, 4, 6], &[0.9, 1.1, 2.7]),
    (&[4, 5, 4, 6], &[1.0, 0.1, 3.0, 0.7]),
    (&[0, 4], &[1.0, 1.0]),
];

/// A filter's results in one type beside those that its twin has in f64.
struct Compare<'a> {
    make: &'a dyn Fn(PixelType) -> Arc<dyn Filter>,
    image: &'a AnyImage,
    expected: &'a [f64],
    what: &'a dyn std::fmt::Debug,
}

impl VisitType for Compare<'_> {
    type Out = ();

    fn visit<O: Pixel>(self) {
        let Self { make, image, expected, what } = self;
        let got = make(O::TYPE).apply_any(image, &Context::default()).unwrap().typed::<O>().unwrap();
        let expected: Vec<O> = expected.iter().map(|&value| O::from_f64(value)).collect();
        assert_same(
            &got.to_vec(),
            &expected,
            &(image.header().pixel_type, O::TYPE, image.header().region, what),
        );
    }
}

/// In every type.
fn compare(
    image: &AnyImage,
    expected: &[f64],
    what: &dyn std::fmt::Debug,
    make: impl Fn(PixelType) -> Arc<dyn Filter>,
) {
    for to in PixelType::ALL {
        to.visit(Compare { make: &make, image, expected, what });
    }
}

struct Input;

impl VisitType for Input {
    type Out = ();

    fn visit<I: Pixel>(self) {
        let mut random = Random::new(I::TYPE as u64);
        for &(size, spacing) in SHAPES {
            for &content in Content::ALL {
                let input = pixels::<I>(content, size.iter().product(), &mut random);
                let geometry = Geometry::identity(size.len()).unwrap().with_spacing(spacing).unwrap();
                let image = Image::from_vec(size, input.clone()).unwrap().with_geometry(geometry).unwrap();
                let image = I::erase(image);
                let axes: Vec<usize> = (0..size.len()).filter(|&a| size[a] >= 4).collect();
                for &axis in &axes {
                    let order = ORDERS[random.below(3)];
                    let sigma = [0.3, 1.0, 2.6, 11.0][random.below(4)];
                    let across_scales = random.below(2) == 1;
                    let recursion = Recursion { sigma, order, axis, across_scales, spacing };
                    let expected = naive::recursive_gaussian::<I, f64>(&input, size, recursion);
                    compare(&image, &expected, &(content, recursion), |to| {
                        let filter = RecursiveGaussian::new(sigma).order(order).axis_xyz(axis);
                        Arc::new(filter.normalize_across_scale(across_scales).pixel_type(to))
                    });
                }
                composed(&image, &input, &axes, spacing, &mut random);
            }
        }
    }
}

/// The filters that are made of several passes.
fn composed<I: Pixel>(image: &AnyImage, input: &[I], axes: &[usize], spacing: &[f64], random: &mut Random) {
    let header = image.header();
    let size = header.region.size();
    let along = PerAxis::xyz((0..size.len()).map(|a| axes.contains(&a)).collect::<Vec<_>>());
    let sigma: Vec<f64> = size.iter().map(|_| [0.4, 1.0, 3.0][random.below(3)]).collect();
    let filtered: Vec<Option<f64>> = (0..size.len()).map(|a| axes.contains(&a).then_some(sigma[a])).collect();
    let expected = naive::smoothing_recursive_gaussian(input, size, &filtered, spacing);
    compare(image, &expected, &("smoothing", &sigma), |to| {
        let filter = SmoothingRecursiveGaussian::new(PerAxis::xyz(sigma.clone())).axes(along.clone());
        Arc::new(filter.pixel_type(to))
    });

    let (sigma, across_scales) = (sigma[0], random.below(2) == 1);
    let expected =
        naive::gradient_magnitude_recursive_gaussian(input, size, sigma, axes, across_scales, spacing);
    compare(image, &expected, &("gradient", sigma, across_scales), |to| {
        let filter = GradientMagnitudeRecursiveGaussian::new(sigma).axes(along.clone());
        Arc::new(filter.normalize_across_scale(across_scales).pixel_type(to))
    });
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
    run_at_every_level(&["every_pair_of_types_equals_the_naive_twin", "every_width_equals_the_naive_twin"]);
}

fn recursion(sigma: f64, order: GaussianOrder, axis: usize, spacing: &[f64]) -> Recursion<'_> {
    Recursion { sigma, order, axis, across_scales: false, spacing }
}

struct EveryThreadCount;

impl VisitType for EveryThreadCount {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let size = [130, 60, 90];
        let input = pixels::<T>(Content::Real, size.iter().product(), &mut Random::new(1));
        let image = Image::from_vec(&size, input.clone()).unwrap();
        for axis in 0..3 {
            let twin = recursion(1.7, GaussianOrder::Zero, axis, &[1.0; 3]);
            let expected = naive::recursive_gaussian::<T, f64>(&input, &size, twin);
            for threads in [1, 2, 7] {
                pool::set_num_threads(threads);
                let result: Image<f64> = RecursiveGaussian::new(1.7).axis_xyz(axis).apply(&image).unwrap();
                assert_same(&result.to_vec(), &expected, &(T::TYPE, axis, threads));
            }
        }
    }
}

#[test]
fn every_type_at_every_thread_count_equals_the_naive_twin() {
    for pixel_type in PixelType::ALL {
        pixel_type.visit(EveryThreadCount);
    }
    let size = [130, 60, 90];
    let input = pixels::<f32>(Content::Real, size.iter().product(), &mut Random::new(1));
    let image = Image::from_vec(&size, input.clone()).unwrap();
    let smooth = naive::smoothing_recursive_gaussian::<f32, f32>(&input, &size, &[Some(2.0); 3], &[1.0; 3]);
    let slope = naive::gradient_magnitude_recursive_gaussian::<f32, f32>(
        &input,
        &size,
        2.0,
        &[0, 1, 2],
        false,
        &[1.0; 3],
    );
    for threads in [1, 2, 7] {
        pool::set_num_threads(threads);
        let got: Image<f32> = SmoothingRecursiveGaussian::new(2.0).apply(&image).unwrap();
        assert_same(&got.to_vec(), &smooth, &("smoothing", threads));
        let got: Image<f32> = GradientMagnitudeRecursiveGaussian::new(2.0).apply(&image).unwrap();
        assert_same(&got.to_vec(), &slope, &("gradient", threads));
    }
    pool::set_num_threads(0);
}

#[test]
fn every_width_equals_the_naive_twin() {
    for width in (4..=100).chain([255, 256, 257, 1025]) {
        for (size, axis) in [([width, 5, 4], 0), ([width, 5, 4], 1), ([width, 5, 4], 2), ([1, width, 4], 1)] {
            let input = pixels::<f32>(Content::Nan, size.iter().product(), &mut Random::new(width as u64));
            let image = Image::from_vec(&size, input.clone()).unwrap();
            let got: Image<f32> =
                RecursiveGaussian::new(2.0).order(GaussianOrder::First).axis_xyz(axis).apply(&image).unwrap();
            let twin = recursion(2.0, GaussianOrder::First, axis, &[1.0; 3]);
            let expected = naive::recursive_gaussian::<f32, f32>(&input, &size, twin);
            assert_same(&got.to_vec(), &expected, &(size, axis));
        }
    }
}

#[test]
fn spacing_is_chosen_by_the_caller() {
    let input = pixels::<i16>(Content::Bits, 5 * 4 * 6, &mut Random::new(4));
    let geometry = Geometry::identity(3).unwrap().with_spacing(&[0.5, 2.0, 3.0]).unwrap();
    let image = Image::from_vec(&[5, 4, 6], input.clone()).unwrap().with_geometry(geometry).unwrap();
    let check = |filter: RecursiveGaussian, spacing: [f64; 3]| {
        let got: Image<f64> = filter.clone().axis_xyz(2).apply(&image).unwrap();
        let expected =
            naive::recursive_gaussian(&input, &[5, 4, 6], recursion(2.0, GaussianOrder::Zero, 2, &spacing));
        assert_same(&got.to_vec(), &expected, &filter);
    };
    check(RecursiveGaussian::new(2.0), [0.5, 2.0, 3.0]);
    check(RecursiveGaussian::new(2.0).use_image_spacing(false), [1.0; 3]);
    check(RecursiveGaussian::new(2.0).spacing(PerAxis::zyx([0.1, 0.2, 0.3])), [0.3, 0.2, 0.1]);
}

fn refusal(filter: RecursiveGaussian, size: &[usize]) -> String {
    let image = Image::from_vec(size, vec![0u8; size.iter().product()]).unwrap();
    filter.apply::<_, f32>(&image).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_filtered_is_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let expected = format!("recursive_gaussian: sigma must be positive and finite, got {bad}");
        assert_eq!(refusal(RecursiveGaussian::new(bad), &[9, 9]), expected);
        let expected = format!("recursive_gaussian: spacing must be positive and finite, got {bad}");
        assert_eq!(refusal(RecursiveGaussian::new(1.0).spacing(bad), &[9, 9]), expected);
    }
    assert_eq!(
        refusal(RecursiveGaussian::new(1.0).spacing(1e-9), &[9]),
        "recursive_gaussian: spacing must be at least 1e-8, got 0.000000001"
    );
    assert_eq!(
        refusal(RecursiveGaussian::new(1.0).axis_xyz(2), &[9, 9]),
        "recursive_gaussian: axis must be less than 2, the number of axes, got 2"
    );
    for (size, axis, got) in [([3, 9], 0, 3), ([9, 3], 1, 3), ([9, 0], 1, 0)] {
        let text = refusal(RecursiveGaussian::new(1.0).axis_xyz(axis), &size);
        let expected = format!(
            "recursive_gaussian: The number of pixels along direction {axis} is less than 4. This filter requires a \
             minimum of four pixels along the dimension to be processed. There are {got}; direction 0 is x, the last \
             axis of an array"
        );
        assert_eq!(text, expected);
    }
}

/// What a Gaussian is, whatever the twin says.
#[test]
fn it_is_close_to_a_gaussian_and_its_derivatives() {
    let n = 401;
    let at = |x: usize, sigma: f64| {
        let t = (x as f64 - 200.0) / sigma;
        let g = (-t * t / 2.0).exp() / (sigma * (2.0 * std::f64::consts::PI).sqrt());
        [g, -t / sigma * g, (t * t - 1.0) / (sigma * sigma) * g]
    };
    let mut impulse = vec![0.0; n];
    impulse[200] = 1.0;
    let impulse = Image::from_vec(&[n], impulse).unwrap();
    let ramp = Image::from_vec(&[n], (0..n).map(|x| 3.0 * x as f64).collect::<Vec<_>>()).unwrap();
    for sigma in [1.5, 3.0, 6.0] {
        for (k, order) in ORDERS.into_iter().enumerate() {
            let filter = RecursiveGaussian::new(sigma).order(order);
            let got: Image<f64> = filter.apply(&impulse).unwrap();
            let most = (0..n).map(|x| at(x, sigma)[k].abs()).fold(0.0, f64::max);
            for (x, value) in got.to_vec().into_iter().enumerate() {
                let error = (value - at(x, sigma)[k]).abs() / most;
                assert!(error < [0.004, 0.005, 0.02][k], "{order:?} {sigma} at {x}: {error}");
            }
            let total: f64 = got.to_vec().iter().sum();
            assert!((total - [1.0, 0.0, 0.0][k]).abs() < 1e-9, "{order:?} {sigma}: sum {total}");
            let slope: Image<f64> = filter.apply(&ramp).unwrap();
            assert!((slope.to_vec()[200] - [600.0, 3.0, 0.0][k]).abs() < 1e-9, "{order:?} {sigma}");
        }
    }
}

#[test]
fn axes_are_chosen_and_refused_by_name() {
    let image = Image::from_vec(&[9, 3], vec![0u8; 27]).unwrap();
    let none = PerAxis::uniform(false);
    let error = SmoothingRecursiveGaussian::new(1.0).axes(none.clone()).apply::<_, f32>(&image).unwrap_err();
    assert_eq!(error.to_string(), "smoothing_recursive_gaussian: axes must be at least one axis, got none");
    let error = GradientMagnitudeRecursiveGaussian::new(1.0).axes(none).apply::<_, f32>(&image).unwrap_err();
    assert!(error.to_string().starts_with("gradient_magnitude_recursive_gaussian: axes must"), "{error}");
    let error = GradientMagnitudeRecursiveGaussian::new(1.0).apply::<_, f32>(&image).unwrap_err();
    assert!(error.to_string().contains("along direction 1 is less than 4"), "{error}");
    let error = SmoothingRecursiveGaussian::new(PerAxis::xyz([1.0])).apply::<_, f32>(&image).unwrap_err();
    assert!(error.to_string().contains("sigma must be one value or 2"), "{error}");
    let error =
        SmoothingRecursiveGaussian::new(PerAxis::xyz([-1.0, 1.0])).apply::<_, f32>(&image).unwrap_err();
    assert!(error.to_string().contains("sigma must be positive and finite, got -1"), "{error}");
}

#[test]
fn it_stops_when_it_is_cancelled_and_tells_how_far_it_is() {
    let image = Image::from_vec(&[200, 200, 50], vec![1.0f32; 2_000_000]).unwrap();
    let (token, seen) = (CancelToken::new(), std::sync::Mutex::new(Vec::new()));
    let progress = |done: f64| seen.lock().unwrap().push(done);
    let context = Context::default().progress(&progress).num_threads(1);
    let filters: [Arc<dyn Filter>; 3] = [
        Arc::new(RecursiveGaussian::new(1.0)),
        Arc::new(SmoothingRecursiveGaussian::new(1.0)),
        Arc::new(GradientMagnitudeRecursiveGaussian::new(1.0)),
    ];
    for filter in filters {
        filter.apply_any(&image.clone().into(), &context).unwrap();
        let steps = std::mem::take(&mut *seen.lock().unwrap());
        assert!(steps.len() >= 3 && steps.is_sorted() && steps.last() == Some(&1.0), "{filter:?}: {steps:?}");
    }
    let stop = |_: f64| token.cancel();
    let context = Context::default().cancel(token.clone()).progress(&stop);
    let error = RecursiveGaussian::new(1.0).apply_with::<_, f32>(&image, &context).unwrap_err();
    assert!(matches!(error, itk_core::Error::Aborted { .. }), "{error}");
}
