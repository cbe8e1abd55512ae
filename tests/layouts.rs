//! Filters give the same results, and take no time of another order, however their arrays lie in memory.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::time::{Duration, Instant};

use itk_core::ndarray::{Array3, ArrayD, Axis, Slice};
use itk_core::{PerAxis, Pixel, Region, pool};
use itk_filters::{
    Algorithm, Apply, Chain, Derivative, Gradient, GradientMagnitude, Maps, Mean, Median, NanPolicy,
    Precision, Sobel,
};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::naive;

/// Orders of the axes in memory, slowest first.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// The same elements with the axes in another order in memory, and backwards along one of them if that is asked for.
fn laid_out<T: Pixel>(array: &ArrayD<T>, order: &[usize], backwards: Option<usize>) -> ArrayD<T> {
    let mut array = array.clone();
    if let Some(axis) = backwards {
        array.invert_axis(Axis(axis));
    }
    let memory = array.permuted_axes(order).as_standard_layout().into_owned();
    let mut back = vec![0; order.len()];
    for (place, &axis) in order.iter().enumerate() {
        back[axis] = place;
    }
    let mut array = memory.permuted_axes(back);
    if let Some(axis) = backwards {
        array.invert_axis(Axis(axis));
    }
    array
}

/// Every layout of an input of this size (zyx), into every layout of an output.
fn check<I: Pixel, O: Pixel>(what: &str, size: &[usize], content: Content, filter: &impl Maps<I, O>) {
    let input = pixels::<I>(content, size.iter().product(), &mut Random::new(size[0] as u64));
    let input = ArrayD::from_shape_vec(size, input).unwrap();
    let expected: ArrayD<O> = filter.apply(&input).unwrap();
    // Most of it, from its second pixel on along each axis that has more.
    let first = |n: usize| usize::from(n > 1);
    let index: Vec<i64> = size.iter().rev().map(|&n| first(n) as i64).collect();
    let region = Region::new(&index, &size.iter().rev().map(|&n| n - first(n)).collect::<Vec<_>>()).unwrap();
    let part =
        expected.slice_each_axis(|axis| Slice::from(first(axis.len)..)).iter().copied().collect::<Vec<O>>();
    let expected: Vec<O> = expected.iter().copied().collect();
    for (i, from) in ORDERS.iter().enumerate() {
        let backwards = [None, Some(0), Some(1), Some(2)][i % 4];
        let input = laid_out(&input, from, backwards);
        let got: ArrayD<O> = filter.apply_region(&input, &region).unwrap();
        assert_same(&got.into_raw_vec_and_offset().0, &part, &(what, I::TYPE, O::TYPE, &region, from));
        for to in ORDERS {
            let zeros = ArrayD::from_elem(size, O::default());
            let mut output = laid_out(&zeros, &to, Some(from[0]));
            filter.apply_into(&input, &mut output).unwrap();
            let got: Vec<O> = output.iter().copied().collect();
            assert_same(&got, &expected, &(what, I::TYPE, O::TYPE, size, from, to, backwards));
        }
    }
}

/// Large enough for several pieces; small, with short rows, with an axis of one pixel, and empty.
const SIZES: [[usize; 3]; 5] = [[21, 90, 75], [5, 4, 9], [60, 70, 3], [30, 1, 20], [3, 0, 4]];

/// All filters that copy what lies elsewhere.
fn check_type<T: Pixel>() {
    for size in SIZES {
        for radius in [[1, 1, 1], [0, 1, 1], [2, 0, 2], [2, 1, 1], [0, 0, 3]] {
            let median = Median::new(PerAxis::xyz(radius));
            check::<T, T>(&format!("median {radius:?}"), &size, Content::Bits, &median);
        }
        check::<T, f32>("gradient magnitude", &size, Content::Bits, &GradientMagnitude::new());
        check::<T, f64>("gradient magnitude", &size, Content::Bits, &GradientMagnitude::new());
        // Factors that are rounded, so that the order of a sum can be seen.
        let spaced = GradientMagnitude::new().spacing(PerAxis::xyz([0.7, 1.3, 2.1]));
        check::<T, f64>("gradient magnitude, spaced", &size, Content::Bits, &spaced);
        let single = spaced.clone().precision(Precision::Single);
        check::<T, f32>("gradient magnitude in f32", &size, Content::Bits, &single);
        let two = spaced.axes(PerAxis::xyz([true, false, true]));
        check::<T, f64>("gradient magnitude along x and z", &size, Content::Bits, &two);
        for radius in [[1, 2, 0], [0, 3, 2]] {
            check::<T, T>("mean", &size, Content::Bits, &Mean::new(PerAxis::xyz(radius)));
        }
        check::<T, f32>("sobel", &size, Content::Bits, &Sobel::new());
        check::<T, f32>("derivative", &size, Content::Bits, &Derivative::new(2).axis_xyz(1));
    }
    // Windows that are counted, some of them in the slices of the image only.
    for radius in [[0, 6, 7], [6, 0, 6], [0, 0, 12], [9, 1, 0], [4, 5, 4]] {
        let median = Median::new(PerAxis::xyz(radius)).algorithm(Algorithm::Counting);
        check::<T, T>(&format!("counted median {radius:?}"), &[13, 9, 17], Content::Bits, &median);
    }
    let chain = Chain::new().then(Median::new(1)).then(GradientMagnitude::new());
    check::<T, f32>("chain", &[21, 150, 90], Content::Bits, &chain);
}

#[test]
fn layouts_change_no_result() {
    check_type::<u8>();
    check_type::<i16>();
    check_type::<f32>();
    check_type::<f64>();
}

/// The sum of squares has one order, whichever of four axes is the nearest in memory.
#[test]
fn layouts_change_no_sum_of_four_axes() {
    let size = [4, 6, 5, 9];
    let input = pixels::<f32>(Content::Bits, size.iter().product(), &mut Random::new(2));
    let input = ArrayD::from_shape_vec(&size[..], input).unwrap();
    for precision in Precision::ALL {
        let spaced = PerAxis::xyz([0.7, 1.3, 2.1, 0.3]);
        let gradient = GradientMagnitude::new().spacing(spaced).precision(*precision);
        let expected: ArrayD<f64> = gradient.apply(&input).unwrap();
        let expected: Vec<f64> = expected.iter().copied().collect();
        for order in [[3, 2, 1, 0], [0, 1, 3, 2], [3, 0, 2, 1], [2, 3, 1, 0]] {
            let mut output = laid_out(&ArrayD::from_elem(&size[..], 0.0), &order, None);
            gradient.apply_into(&laid_out(&input, &order, None), &mut output).unwrap();
            let got: Vec<f64> = output.iter().copied().collect();
            assert_same(&got, &expected, &(order, precision));
        }
    }
}

/// Vectors of one array, into those of another.
#[test]
fn layouts_change_no_vector() {
    let size = [7, 30, 26];
    let input = pixels::<f32>(Content::Bits, size.iter().product(), &mut Random::new(8));
    let input = ArrayD::from_shape_vec(&size[..], input).unwrap();
    let gradient = Gradient::new().spacing(PerAxis::xyz([0.7, 1.3, 2.1]));
    let expected: ArrayD<f64> = gradient.apply(&input).unwrap();
    let shape = expected.shape().to_vec();
    let expected: Vec<f64> = expected.iter().copied().collect();
    for order in ORDERS {
        let [slow, middle, fast] = order;
        for output_order in [[slow, middle, fast, 3], [3, slow, middle, fast]] {
            let mut output = laid_out(&ArrayD::from_elem(&shape[..], 0.0), &output_order, None);
            gradient.apply_into(&laid_out(&input, &order, None), &mut output).unwrap();
            let got: Vec<f64> = output.iter().copied().collect();
            assert_same(&got, &expected, &output_order);
        }
    }
}

#[test]
fn layouts_change_nothing_about_nan() {
    for policy in [NanPolicy::Order, NanPolicy::Propagate, NanPolicy::Omit] {
        for radius in [[1, 1, 1], [0, 2, 1], [5, 0, 6]] {
            let median = Median::new(PerAxis::xyz(radius)).nan_policy(policy);
            check::<f32, f32>(&format!("{policy:?} {radius:?}"), &[9, 12, 31], Content::Nan, &median);
        }
    }
}

/// Axes of one pixel count as often as the window says, whatever that does to how medians are computed.
#[test]
fn axes_of_one_pixel_equal_the_naive_twin() {
    let mut random = Random::new(3);
    for size in [[1, 40, 33], [40, 1, 33], [40, 33, 1], [1, 1, 50], [1, 1, 1]] {
        for content in [Content::Bits, Content::Nan] {
            let input = pixels::<f32>(content, size.iter().product(), &mut random);
            let array = ArrayD::from_shape_vec(&size[..], input.clone()).unwrap();
            let xyz = [size[2], size[1], size[0]];
            for radius in [[1, 1, 1], [2, 3, 1], [0, 4, 2], [7, 6, 5]] {
                for policy in [NanPolicy::Order, NanPolicy::Propagate, NanPolicy::Omit] {
                    let median = Median::new(PerAxis::xyz(radius)).nan_policy(policy);
                    let got: ArrayD<f32> = median.apply(&array).unwrap();
                    let expected = naive::median(&input, &xyz, &radius, policy);
                    assert_same(&got.into_raw_vec_and_offset().0, &expected, &(size, radius, policy));
                }
            }
        }
    }
}

/// The least time of several runs, of each of two ways in turns.
fn times(mut a: impl FnMut(), mut b: impl FnMut()) -> [Duration; 2] {
    let mut best = [Duration::MAX; 2];
    for _ in 0..12 {
        for (best, run) in best.iter_mut().zip([&mut a as &mut dyn FnMut(), &mut b]) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    best
}

/// How many times as long a filter of one array takes as another of an array of as many pixels, in and out in the same layout.
fn ratio(
    (plain, filter): (&Array3<u8>, &impl Maps<u8, u8>),
    (other, turned): (&ArrayD<u8>, &impl Maps<u8, u8>),
) -> f64 {
    let (mut one, mut two) = (plain.clone(), other.clone());
    let [plain_time, other_time] =
        times(|| filter.apply_into(plain, &mut one).unwrap(), || turned.apply_into(other, &mut two).unwrap());
    other_time.as_secs_f64() / plain_time.as_secs_f64()
}

/// Bounds are some times what is measured on a quiet machine.
#[test]
fn no_layout_is_a_cliff() {
    pool::set_num_threads(1);
    let noise = |size: [usize; 3]| {
        let input = pixels::<u8>(Content::Bits, size.iter().product(), &mut Random::new(5));
        Array3::from_shape_vec(size, input).unwrap()
    };
    let median = |radius: [usize; 3]| Median::new(PerAxis::xyz(radius));
    let mean = |radius: [usize; 3]| Mean::new(PerAxis::xyz(radius));
    let (volume, image, gradient) = (noise([64, 160, 160]), noise([1, 900, 900]), GradientMagnitude::new());
    let turned = |array: &Array3<u8>| laid_out(&array.clone().into_dyn(), &[2, 1, 0], None);
    let (cube, dynamic) = (median([1, 1, 1]), volume.clone().into_dyn());
    let columns = image.to_shape((900, 900, 1)).unwrap().into_owned().into_dyn();
    let channels = image.to_shape((900, 300, 3)).unwrap().into_owned().into_dyn();
    let (flat, slices) = (noise([1, 512, 512]), noise([4, 256, 256]).into_dyn());
    let cases = [
        ("Fortran order", ratio((&volume, &cube), (&turned(&volume), &cube)), 3.0),
        ("gradients in Fortran order", ratio((&image, &gradient), (&turned(&image), &gradient)), 2.0),
        ("those of volumes", ratio((&volume, &gradient), (&turned(&volume), &gradient)), 2.5),
        ("columns of one pixel", ratio((&image, &median([1, 1, 0])), (&columns, &cube)), 4.0),
        ("across rows", ratio((&volume, &median([1, 1, 0])), (&dynamic, &median([0, 1, 1]))), 30.0),
        ("means of short rows", ratio((&image, &mean([2, 2, 0])), (&channels, &mean([0, 2, 2]))), 8.0),
        ("counted slices", ratio((&flat, &median([9, 9, 0])), (&slices, &median([9, 9, 0]))), 3.0),
    ];
    for (what, ratio, most) in cases {
        println!("{what}: {ratio:.1} times the time of rows in C order");
        assert!(ratio < most, "{what}: {ratio:.1} times the time, {most} allowed");
    }
}
