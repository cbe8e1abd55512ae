//! What Rust users meet: ndarrays of any dimension, errors, chains, cancelling, memory.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use itk_core::ndarray::{Array1, Array2, Array3, ArrayD, Axis, IxDyn, s};
use itk_core::{
    AnyImage, CancelToken, Context, Error, Header, Image, PixelKind, PixelType, Region, View, ViewMut, f16,
};
use itk_filters::{
    Apply, Chain, Filter, GaussianOrder, GradientMagnitude, GradientMagnitudeRecursiveGaussian, Median,
    Precision, RecursiveGaussian, SmoothingRecursiveGaussian,
};
use itk_tests::cases::{Content, Random, pixels};

#[test]
fn arrays_of_every_layout_give_the_same_as_contiguous_ones() {
    let data = pixels::<u16>(Content::Bits, 6 * 7 * 8, &mut Random::new(1));
    let array = Array3::from_shape_vec((6, 7, 8), data).unwrap();
    let views = [
        array.view(),
        array.view().permuted_axes([2, 0, 1]),
        array.slice(s![..;-1, ..;2, 1..;3]),
        array.slice(s![2..2, .., ..]),
        array.slice(s![1..2, ..;-1, ..;-1]),
    ];
    for view in views {
        let contiguous = view.as_standard_layout().into_owned();
        assert_eq!(Median::new(1).apply(&view).unwrap(), Median::new(1).apply(&contiguous).unwrap());
        let gradient: Array3<f64> = GradientMagnitude::new().apply(&view).unwrap();
        assert_eq!(gradient, GradientMagnitude::new().apply(&contiguous).unwrap());
        let mut out = Array3::<u16>::zeros(view.raw_dim());
        Median::new(1).apply_into(&view, &mut out).unwrap();
        assert_eq!(out, Median::new(1).apply(&contiguous).unwrap());
    }
}

#[test]
fn an_array_and_an_image_agree_about_axes() {
    let array = Array2::from_shape_vec((2, 3), vec![1.0f32, 5.0, 2.0, 8.0, 3.0, 9.0]).unwrap();
    let image = Image::from_vec(&[3, 2], array.as_slice().unwrap().to_vec()).unwrap();
    let radius = itk_core::PerAxis::zyx([0, 1]);
    let from_array = Median::new(radius.clone()).apply(&array).unwrap();
    assert_eq!(
        from_array.as_slice().unwrap(),
        Median::new(radius).apply(&image).unwrap().as_slice().unwrap()
    );
    assert_eq!(from_array[[0, 1]], 2.0);
}

#[test]
fn strided_outputs_are_filled_and_wrong_ones_refused() {
    let input = Array1::from_vec(vec![4u8, 1, 3, 2]);
    let mut wide = Array1::from_elem(8, 77u8);
    Median::new(1).apply_into(&input, &mut wide.slice_mut(s![..;-2])).unwrap();
    assert_eq!(wide.as_slice().unwrap(), [77, 2, 77, 2, 77, 3, 77, 4]);
    let error = Median::new(1).apply_into(&input, &mut wide).unwrap_err();
    assert_eq!(error.to_string(), "output: size (xyz) must be [4], got [8]");
}

#[test]
fn ranks_that_no_image_has_are_refused() {
    for shape in [vec![], vec![1; 7]] {
        let array = ArrayD::<u8>::zeros(IxDyn(&shape));
        let error = Median::new(1).apply(&array).unwrap_err().to_string();
        assert_eq!(error, format!("array: number of axes must be 1 to 6, got {}", shape.len()));
    }
}

#[test]
fn composite_pixels_are_refused_with_advice() {
    let header = Header::new(PixelType::U8, &[4, 4]).unwrap().with_components(PixelKind::Rgb, 3).unwrap();
    let error = Median::new(1).apply(&Image::<u8>::zeroed(&header).unwrap()).unwrap_err().to_string();
    assert!(error.contains("rgb pixels of 3 components") && error.contains("channel_axis"), "{error}");
    assert!(GradientMagnitude::new().plan(&header).is_err());
}

#[test]
fn a_radius_of_the_wrong_length_is_refused() {
    let array = Array2::<f16>::from_elem((3, 3), f16::ONE);
    let error = Median::new(itk_core::PerAxis::xyz([1, 2, 3])).apply(&array).unwrap_err().to_string();
    assert_eq!(error, "median: radius must be one value or 2, one an axis, got 3 values");
}

#[test]
fn chains_read_their_text_and_say_what_is_wrong() {
    let image = AnyImage::from(Image::from_vec(&[3, 2], vec![1u8, 9, 2, 7, 7, 7]).unwrap());
    let context = Context::default();
    let run = |text: &str| text.parse::<Chain>().unwrap().apply_any(&image, &context).unwrap();
    let direct = GradientMagnitude::new().spacing(0.5).apply_any(
        &Median::new(itk_core::PerAxis::xyz([1, 0])).apply_any(&image, &context).unwrap(),
        &context,
    );
    let chained = run(" median( radius_xyz = [1, 0] ) |gradient_magnitude(spacing=0.5)");
    assert_eq!(chained.typed::<f32>().unwrap().to_vec(), direct.unwrap().typed::<f32>().unwrap().to_vec());
    assert_eq!(
        run("median|gradient_magnitude(dtype='uint8', spacing=image)").header().pixel_type,
        PixelType::U8
    );
    let single = GradientMagnitude::new().precision(Precision::Single).spacing(0.7);
    assert_eq!(
        run("gradient_magnitude(precision=single, spacing=0.7)").typed::<f32>().unwrap().to_vec(),
        single.apply_any(&image, &context).unwrap().typed::<f32>().unwrap().to_vec()
    );
    let wrong = [
        ("", "a filter's name is missing"),
        ("median |", "a filter's name is missing"),
        ("mediun()", "no filter is called \"mediun\""),
        ("median(radius=2", "no closing parenthesis"),
        ("median(2)", "must be of the form name=value"),
        ("median(radius=-1)", "radius cannot be \"-1\""),
        ("median(radius=1, radius=2)", "radius is given twice"),
        ("median(radius=1, radius_xyz=[1])", "not both"),
        ("median(radius_xyz=1)", "must be a list in brackets"),
        ("median(sigma=1)", "median has no parameter \"sigma\""),
        ("gradient_magnitude(dtype=int7)", "must be one of uint8"),
        ("gradient_magnitude(precision=1)", "precision must be 'double' or 'single', got \"1\""),
        ("recursive_gaussian(order=3)", "order must be 0, 1 or 2, got \"3\""),
        ("recursive_gaussian(sigma=x)", "sigma cannot be \"x\""),
        ("smoothing_recursive_gaussian(order=1)", "has no parameter \"order\""),
        ("gradient_magnitude_recursive_gaussian(normalize_across_scale=1)", "cannot be \"1\""),
    ];
    for (text, reason) in wrong {
        let error = text.parse::<Chain>().unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn chains_of_recursive_filters_are_the_filters() {
    let image =
        AnyImage::from(Image::from_vec(&[5, 4], (0..20u32).map(|i| (i * i % 97) as u8).collect()).unwrap());
    let context = Context::default();
    let text = "smoothing_recursive_gaussian(sigma_xyz=[1, 2]) | recursive_gaussian(sigma=0.5, order=1, axis_xyz=1, \
                normalize_across_scale=true, spacing=2) | gradient_magnitude_recursive_gaussian(sigma=3, dtype=int16)";
    let chain: Chain = text.parse().unwrap();
    let smooth = SmoothingRecursiveGaussian::new(itk_core::PerAxis::xyz([1.0, 2.0]));
    let line = RecursiveGaussian::new(0.5).order(GaussianOrder::First).axis_xyz(1);
    let slope = GradientMagnitudeRecursiveGaussian::new(3.0).pixel_type(PixelType::I16);
    let step = smooth.apply_any(&image, &context).unwrap();
    let step = line.normalize_across_scale(true).spacing(2.0).apply_any(&step, &context).unwrap();
    let expected = slope.apply_any(&step, &context).unwrap().typed::<i16>().unwrap().to_vec();
    assert_eq!(chain.apply_any(&image, &context).unwrap().typed::<i16>().unwrap().to_vec(), expected);
}

#[test]
fn cancelled_work_stops_and_progress_ends_at_one() {
    let image = Image::<f32>::zeroed(&Header::new(PixelType::F32, &[600, 600]).unwrap()).unwrap();
    let token = CancelToken::new();
    token.cancel();
    let error = Median::new(9).apply_with(&image, &Context::default().cancel(token)).unwrap_err();
    assert!(matches!(&error, Error::Aborted { filter } if filter == "median"), "{error}");
    let last = std::sync::Mutex::new(0.0);
    let watch = |done: f64| {
        let mut last = last.lock().unwrap();
        *last = f64::max(*last, done);
    };
    Median::new(2).apply_with(&image, &Context::default().progress(&watch)).unwrap();
    assert_eq!(*last.lock().unwrap(), 1.0);
}

#[test]
fn a_caller_inside_its_own_pool_is_served_by_that_pool() {
    let pool = itk_core::pool::num_threads() + 3;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(pool).build().unwrap();
    let image = Image::<u8>::zeroed(&Header::new(PixelType::U8, &[500, 500]).unwrap()).unwrap();
    let names = std::sync::Mutex::new(std::collections::BTreeSet::new());
    let watch = |_: f64| {
        names.lock().unwrap().insert(std::thread::current().name().unwrap_or("caller").to_owned());
    };
    threads.install(|| {
        assert_eq!(itk_core::pool::num_threads(), pool);
        Median::new(8).apply_with(&image, &Context::default().progress(&watch)).unwrap();
    });
    assert!(names.lock().unwrap().iter().all(|name| !name.starts_with("oxitk-")), "{names:?}");
}

#[test]
fn clones_share_pixels_until_one_is_written() {
    let mut image = Image::from_vec(&[2], vec![1u8, 2]).unwrap();
    let clone = image.clone();
    assert_eq!(image.as_slice().unwrap().as_ptr(), clone.as_slice().unwrap().as_ptr());
    image.as_mut_slice().unwrap().unwrap()[0] = 9;
    assert_eq!((image.to_vec(), clone.to_vec()), (vec![9, 2], vec![1, 2]));
    assert_eq!(image.as_slice().unwrap().as_ptr() as usize % 64, 0);
}

#[test]
fn writing_into_a_clone_leaves_the_other_alone() {
    let image = Image::from_vec(&[3], vec![5u8, 1, 3]).unwrap();
    let mut clone = image.clone();
    Median::new(1).apply_into(&Image::from_vec(&[3], vec![9u8, 9, 9]).unwrap(), &mut clone).unwrap();
    assert_eq!((image.to_vec(), clone.to_vec()), (vec![5, 1, 3], vec![9, 9, 9]));
}

#[test]
fn memory_that_others_may_see_is_never_a_slice() {
    let image = Image::from_vec(&[2], vec![1u8, 2]).unwrap();
    let keeps_slices = image.clone();
    let mut shared = image.into_shared().unwrap();
    assert!(shared.as_slice().is_none() && shared.as_mut_slice().unwrap().is_none());
    assert_ne!(
        shared.buffer().start(),
        keeps_slices.buffer().start(),
        "a clone with slices keeps its own memory"
    );
    assert_eq!(shared.to_vec(), [1, 2]);
    assert_eq!(Median::new(0).apply(&shared).unwrap().to_vec(), [1, 2]);
}

#[test]
fn rows_are_read_together_as_one_by_one() {
    // More rows and columns than are turned at once, and no whole number of either.
    let array = Array3::from_shape_fn((3, 150, 75), |(z, y, x)| (z * 11_250 + y * 75 + x) as u16);
    for axes in [[0, 1, 2], [2, 1, 0], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1]] {
        let mut turned = array.view().permuted_axes(axes);
        for mirrored in [false, true] {
            if mirrored {
                turned.invert_axis(Axis(0));
                turned.invert_axis(Axis(2));
            }
            let view = View::of_array(&turned);
            let [width, height, depth] = *view.size() else { unreachable!() };
            assert_eq!(view.to_vec(), turned.iter().copied().collect::<Vec<_>>(), "{axes:?} {mirrored}");
            // Written into such a layout as well.
            let mut copy = array.clone().permuted_axes(axes);
            copy.fill(0);
            let extent = [width, 100, depth];
            for mut brick in ViewMut::of_array(&mut copy).into_bricks(&extent) {
                let index = brick.first().iter().map(|&i| i as i64).collect::<Vec<_>>();
                let region = Region::new(&index, brick.size()).unwrap();
                let pixels = view.region(&region).to_vec();
                assert!(catch_unwind(AssertUnwindSafe(|| brick.store_all(&pixels[1..]))).is_err());
                brick.store_all(&pixels);
            }
            assert_eq!(copy, turned, "{axes:?} {mirrored}");
            let (mut together, mut alone) = (vec![7; 3 * width], vec![7; width - 2]);
            view.load_rows(1..width - 1, &[0, depth - 3], 2, width, &mut together);
            for (i, row) in together.chunks(width).enumerate() {
                view.load(1, &[0, depth - 3 + i], &mut alone);
                assert_eq!((&row[..width - 2], &row[width - 2..]), (&alone[..], &[7, 7][..]));
            }
            assert!(catch_unwind(|| view.load_rows(0..1, &[height - 1, 0], 1, 1, &mut [0; 2])).is_err());
            assert!(
                catch_unwind(|| view.load_rows(0..width + 1, &[0, 0], 1, width + 1, &mut vec![0; width + 1]))
                    .is_err()
            );
            assert!(catch_unwind(|| view.load_rows(0..2, &[0, 0], 1, 1, &mut [0; 2])).is_err());
        }
    }
}

#[test]
fn an_output_with_pixels_left_out_is_never_shown() {
    fn leaves_a_row_out(input: &impl itk_core::Source<Pixel = u8>) {
        let header = input.header().unwrap();
        let produced = catch_unwind(AssertUnwindSafe(|| {
            input.produce::<u8>(&header, |output| {
                output.into_tiles(2, 3)[0].store_next(&[1, 2, 3]);
                Ok(())
            })
        }));
        let panic = produced.err().unwrap();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("an output is filled completely"), "{text}");
    }
    leaves_a_row_out(&Array2::<u8>::zeros((2, 3)));
    leaves_a_row_out(&Image::from_vec(&[3, 2], vec![0u8; 6]).unwrap());
}

#[test]
fn large_outputs_are_aligned_and_complete() {
    // More than the 4 MB from which memory asks for huge pages, and no whole number of pages.
    let size = [2049, 1031];
    let image = Image::from_vec(&size, (0..2049 * 1031).map(|i| i as u32).collect()).unwrap();
    let array = Array2::from_shape_vec((1031, 2049), image.to_vec()).unwrap();
    let copy = Median::new(0).apply(&image).unwrap();
    assert_eq!(copy.as_slice().unwrap().as_ptr() as usize % 64, 0);
    assert_eq!(copy.to_vec(), image.to_vec());
    assert_eq!(Median::new(0).apply(&array).unwrap(), array);
}

#[test]
fn an_image_too_large_for_memory_is_an_error() {
    let header = Header::new(PixelType::F64, &[1 << 30, 1 << 29]).unwrap();
    let error = Image::<f64>::zeroed(&header).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { bytes } if bytes == 1 << 62), "{error}");
}
