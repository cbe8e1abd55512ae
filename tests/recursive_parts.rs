//! The recursive filters equal their naive twins in arrays of any layout, however their steps are put together, and in parts of
//! images.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::sync::Arc;

use itk_core::ndarray::{
    Array3, ArrayD, ArrayView2, ArrayViewMut2, ArrayViewMut3, Axis, IxDyn, ShapeBuilder, s,
};
use itk_core::pipeline::{self, Divisions, Streaming};
use itk_core::{AnyImage, Buffer, Context, Filter, Image, PerAxis, Pixel, Region, Task};
use itk_filters::{
    Apply, GaussianOrder, GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian,
};
use itk_tests::cases::{Content, Random, assert_same, pixels};
use itk_tests::naive::{self, Recursion};

fn smoothing(axis: usize, spacing: &[f64]) -> Recursion<'_> {
    Recursion { sigma: 1.5, order: GaussianOrder::Zero, axis, across_scales: false, spacing }
}

/// Arrays of any layout, read and written in place.
#[test]
fn every_layout_equals_the_naive_twin() {
    let size = [12, 9, 10]; // zyx
    let values = pixels::<i16>(Content::Bits, size.iter().product(), &mut Random::new(5));
    let plain = Array3::from_shape_vec(size, values.clone()).unwrap();
    let mut fortran = Array3::<i16>::zeros(size.f());
    fortran.assign(&plain);
    let mut wide = Array3::<i16>::zeros([12, 9, 20]);
    wide.slice_mut(s![.., .., ..;2]).assign(&plain);
    let mut backwards = plain.clone();
    backwards.invert_axis(Axis(2));
    backwards.assign(&plain);
    for axis in 0..3 {
        let filter = RecursiveGaussian::new(1.5).axis_xyz(axis);
        let twin = smoothing(axis, &[1.0; 3]);
        let expected = naive::recursive_gaussian::<i16, f32>(&values, &[10, 9, 12], twin);
        let inputs = [plain.view(), fortran.view(), wide.slice(s![.., .., ..;2]), backwards.view()];
        for (i, input) in inputs.iter().enumerate() {
            let got: Array3<f32> = filter.apply(input).unwrap();
            assert_same(&got.into_raw_vec_and_offset().0, &expected, &(axis, i));
        }
        let mut outputs = [ArrayD::<f32>::zeros(IxDyn(&size).f()), ArrayD::zeros(IxDyn(&size))];
        outputs[1].invert_axis(Axis(1));
        for (i, output) in outputs.iter_mut().enumerate() {
            filter.apply_into(&plain, output).unwrap();
            assert_same(&output.iter().copied().collect::<Vec<_>>(), &expected, &(axis, "out", i));
        }
    }
}

/// Lines that lie side by side go together across the ends of rows, and those that begin a cache line do, if there are enough.
#[test]
fn rows_with_and_without_gaps_at_any_place_equal_the_naive_twin() {
    let (size, pixels_of_all) = ([5, 23, 37], 5 * 23 * 37); // zyx
    let values = pixels::<f32>(Content::Nan, pixels_of_all, &mut Random::new(6));
    let plain = Array3::from_shape_vec(size, values.clone()).unwrap();
    let inner = s![.., ..23, ..37];
    let with_gaps = || [Array3::<f32>::zeros([5, 23, 40]), Array3::zeros([5, 26, 37]), Array3::zeros(size)];
    let inputs = with_gaps().map(|mut input| {
        input.slice_mut(inner).assign(&plain);
        input
    });
    for axis in 0..3 {
        let filter = RecursiveGaussian::new(1.5).axis_xyz(axis);
        let twin = || smoothing(axis, &[1.0; 3]);
        let expected = naive::recursive_gaussian::<f32, f32>(&values, &[37, 23, 5], twin());
        let precise = naive::recursive_gaussian::<f32, f64>(&values, &[37, 23, 5], twin());
        for (i, input) in inputs.iter().enumerate() {
            for (o, output) in with_gaps().iter_mut().enumerate() {
                filter.apply_into(&input.slice(inner), &mut output.slice_mut(inner)).unwrap();
                let got: Vec<f32> = output.slice(inner).iter().copied().collect();
                assert_same(&got, &expected, &(axis, "gaps", i, o));
            }
        }
        for place in 0..17 {
            let mut memory = vec![0.0_f32; place + pixels_of_all];
            let mut output = ArrayViewMut3::from_shape(size, &mut memory[place..]).unwrap();
            filter.apply_into(&plain, &mut output).unwrap();
            assert_same(&memory[place..], &expected, &(axis, place));
            let mut memory = vec![0.0_f64; place + pixels_of_all];
            let mut output = ArrayViewMut3::from_shape(size, &mut memory[place..]).unwrap();
            filter.apply_into(&plain, &mut output).unwrap();
            assert_same(&memory[place..], &precise, &(axis, "f64", place));
        }
    }
}

/// Lines so long that each goes alone.
#[test]
fn long_lines_at_any_place_equal_the_naive_twin() {
    let (length, lines) = ((1 << 17) + 1, 20);
    let values = pixels::<f32>(Content::Real, length * lines, &mut Random::new(8));
    let twin = smoothing(1, &[1.0; 2]);
    let expected = naive::recursive_gaussian::<f32, f32>(&values, &[lines, length], twin);
    let input = ArrayView2::from_shape([length, lines], &values).unwrap();
    for place in [0, 3] {
        let mut memory = vec![0.0_f32; place + values.len()];
        let mut output = ArrayViewMut2::from_shape([length, lines], &mut memory[place..]).unwrap();
        RecursiveGaussian::new(1.5).axis_xyz(1).apply_into(&input, &mut output).unwrap();
        assert_same(&memory[place..], &expected, &place);
    }
}

/// Planes that do not fit in a core's cache are filtered along one axis after the other, those that do along both at once.
/// Two directions that end along the same axis do that together.
#[test]
fn every_size_of_planes_equals_the_naive_twin() {
    for (size, axes) in [
        (&[401, 390][..], &[0, 1][..]),
        (&[401, 390, 4], &[0, 1, 2]),
        (&[401, 5, 390], &[0, 2]),
        (&[4100, 6, 7], &[0, 1, 2]),
        (&[4100, 6, 7], &[1, 2]),
        (&[130, 111, 12], &[0, 1, 2]),
        (&[70, 80, 9], &[0, 1, 2]),
        (&[70, 31, 11, 7], &[0, 1, 2, 3]),
        (&[70, 31, 11, 7], &[1, 2, 3]),
    ] {
        let input = pixels::<f32>(Content::Real, size.iter().product(), &mut Random::new(7));
        let image = Image::from_vec(size, input.clone()).unwrap();
        let per_axis = |a: usize| axes.contains(&a);
        let along = PerAxis::xyz((0..size.len()).map(per_axis).collect::<Vec<_>>());
        let sigma: Vec<_> = (0..size.len()).map(|a| per_axis(a).then_some(1.2)).collect();
        let spacing = &[0.7, 1.1, 2.0, 0.9][..size.len()];
        let smooth = naive::smoothing_recursive_gaussian::<f32, f32>(&input, size, &sigma, spacing);
        let filter =
            SmoothingRecursiveGaussian::new(1.2).axes(along.clone()).spacing(PerAxis::xyz(spacing.to_vec()));
        let got: Image<f32> = filter.apply(&image).unwrap();
        assert_same(&got.to_vec(), &smooth, &("smoothing", size));
        let slope =
            naive::gradient_magnitude_recursive_gaussian::<f32, f32>(&input, size, 1.2, axes, false, spacing);
        let filter =
            GradientMagnitudeRecursiveGaussian::new(1.2).axes(along).spacing(PerAxis::xyz(spacing.to_vec()));
        let got: Image<f32> = filter.apply(&image).unwrap();
        assert_same(&got.to_vec(), &slope, &("gradient", size));
        let slope =
            naive::gradient_magnitude_recursive_gaussian::<f32, f64>(&input, size, 1.2, axes, false, spacing);
        let got: Image<f64> = filter.apply(&image).unwrap();
        assert_same(&got.to_vec(), &slope, &("gradient in f64", size));
    }
}

/// All pixels of a region, computed from an image.
fn part<O: Pixel>(filter: &dyn Filter, image: &AnyImage, region: Region) -> Buffer<O> {
    let header = image.header();
    let part = Buffer::<O>::filled_by(region.extent(), |output| {
        let (source, context) = (image.view(), &Context::default());
        filter.fill(Task { input: &header, source, region, output: output.into(), context })
    });
    part.unwrap()
}

/// In the first image all steps go together, in the second one each goes alone.
#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let filters: [Arc<dyn Filter>; 6] = [
        Arc::new(RecursiveGaussian::new(1.0).axis_xyz(0)),
        Arc::new(RecursiveGaussian::new(1.0).axis_xyz(1)),
        Arc::new(RecursiveGaussian::new(1.0).axis_xyz(2)),
        Arc::new(SmoothingRecursiveGaussian::new(1.0)),
        Arc::new(GradientMagnitudeRecursiveGaussian::new(1.0)),
        Arc::new(GradientMagnitudeRecursiveGaussian::new(1.0).axes(PerAxis::xyz([true, false, true]))),
    ];
    for size in [[20, 15, 6], [401, 390, 6]] {
        let values = pixels::<u16>(Content::Bits, size.iter().product(), &mut Random::new(2));
        let image: AnyImage = Image::from_vec(&size, values).unwrap().into();
        let all = Region::new(&[0, 0, 0], &size).unwrap();
        for filter in &filters {
            let (whole, precise) = (part::<f32>(&**filter, &image, all), part::<f64>(&**filter, &image, all));
            for (index, size) in [
                ([3, 0, 2], [9, 15, 1]),
                ([19, 14, 5], [1, 1, 1]),
                ([0, 0, 0], [20, 15, 6]),
                ([1, 1, 1], [3, 0, 2]),
            ] {
                let region = Region::new(&index, &size).unwrap();
                let expected = Buffer::copy_of(whole.view().region(&region)).unwrap();
                let got = part::<f32>(&**filter, &image, region);
                assert_eq!(got.as_slice(), expected.as_slice(), "{filter:?} {index:?} {size:?}");
                let expected = Buffer::copy_of(precise.view().region(&region)).unwrap();
                let got = part::<f64>(&**filter, &image, region);
                assert_eq!(got.as_slice(), expected.as_slice(), "f64, {filter:?} {index:?} {size:?}");
            }
        }
    }
}

/// A pipeline asks for whole lines, and gives the same when it works in pieces.
#[test]
fn a_pipeline_gives_the_same_piece_by_piece() {
    let image =
        Image::from_vec(&[20, 15, 12], pixels::<u16>(Content::Real, 3600, &mut Random::new(3))).unwrap();
    let whole: Image<f32> = SmoothingRecursiveGaussian::new(1.5).apply(&image).unwrap();
    let smooth = pipeline::filter(SmoothingRecursiveGaussian::new(1.5), image.clone());
    let pieces = pipeline::streaming(Streaming::new().divisions(Divisions::Number(4)), smooth.output());
    pieces.update().unwrap();
    let got = pieces.output().image().unwrap().typed::<f32>().unwrap();
    assert_eq!(got.to_vec(), whole.to_vec());

    let along_y = RecursiveGaussian::new(1.0).axis_xyz(1);
    let wanted = Region::new(&[3, 4, 5], &[2, 3, 4]).unwrap();
    let needed = along_y.input_region(&image.header(), &wanted).unwrap();
    assert_eq!(needed, Region::new(&[3, 0, 5], &[2, 15, 4]).unwrap());
    let outside = Region::new(&[30, 4, 5], &[2, 3, 4]).unwrap();
    let error = along_y.input_region(&image.header(), &outside).unwrap_err();
    assert!(matches!(error, itk_core::Error::InvalidRequestedRegion { .. }), "{error}");
}
