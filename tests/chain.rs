//! A chain that runs piece by piece gives what its filters give one after the other, to the bit.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::sync::Mutex;

use itk_core::ndarray::{Array, Array3, ShapeBuilder, s};
use itk_core::{
    AnyImage, CancelToken, Context, Error, Image, Pixel, PixelType, Region, Visit, VisitType, pipeline, pool,
};
use itk_filters::{Apply, Chain, GradientMagnitude, Median};
use itk_tests::cases::{Content, Random, assert_same, pixels};

/// Large enough for several pieces, with edges of all kinds; sizes are xyz.
const SIZES: &[&[usize]] = &[&[1700, 1301], &[300, 97, 83], &[2_400_000], &[61, 53, 41, 19]];

const CHAINS: &[&str] = &[
    "median(radius=1) | gradient_magnitude()",
    "gradient_magnitude(dtype=uint8) | median(radius=1) | gradient_magnitude(spacing=0.7)",
    "median(radius=1, nan_policy=propagate) | median(radius_xyz=[1]) | gradient_magnitude(dtype=float64)",
];

/// The filters one by one, each on the whole result of the one before.
fn separately(chain: &Chain, image: &AnyImage) -> AnyImage {
    chain
        .filters()
        .iter()
        .fold(image.clone(), |image, filter| filter.apply_any(&image, &Context::default()).unwrap())
}

/// Compares with another image of the same type.
struct Same<'a>(&'a AnyImage, &'a str);

impl Visit for Same<'_> {
    type Out = ();
    fn visit<T: Pixel>(self, image: &Image<T>) {
        let expected = self.0.clone().typed::<T>().unwrap();
        assert_eq!(image.header(), expected.header(), "{}", self.1);
        assert_same(&image.to_vec(), &expected.to_vec(), &(self.1, image.header().array_size()));
    }
}

fn check(chain: &str, image: &AnyImage) {
    let parsed: Chain = chain.parse().unwrap();
    let got = parsed.apply_any(image, &Context::default()).unwrap();
    got.visit(Same(&separately(&parsed, image), chain));
}

struct Every;

impl VisitType for Every {
    type Out = ();
    fn visit<T: Pixel>(self) {
        for (i, &size) in SIZES.iter().enumerate() {
            let content = Content::ALL[i % Content::ALL.len()];
            let input = pixels::<T>(content, size.iter().product(), &mut Random::new(i as u64));
            let image = T::erase(Image::from_vec(size, input).unwrap());
            for chain in &CHAINS[..if size.len() == 1 { 3 } else { 2 }] {
                check(chain, &image);
            }
        }
    }
}

#[test]
fn pieces_equal_the_separate_calls() {
    for pixel_type in [PixelType::U8, PixelType::I16, PixelType::F32, PixelType::F64] {
        pixel_type.visit(Every);
    }
}

#[test]
fn pieces_equal_the_separate_calls_at_every_thread_count() {
    for size in [[700, 401, 9], [31, 83, 1001]] {
        let input = pixels::<u16>(Content::Bits, size.iter().product(), &mut Random::new(8));
        let image = AnyImage::from(Image::from_vec(&size, input).unwrap());
        for threads in [1, 2, 7] {
            pool::set_num_threads(threads);
            check(CHAINS[0], &image);
        }
    }
    pool::set_num_threads(0);
}

#[test]
fn a_region_of_a_chain_equals_the_same_part_of_the_whole() {
    let input = pixels::<f32>(Content::Real, 600 * 500 * 3, &mut Random::new(5));
    let image = Image::from_vec(&[600, 500, 3], input).unwrap();
    let chain: Chain = CHAINS[0].parse().unwrap();
    let whole: Image<f32> = chain.apply(&image).unwrap();
    for (index, size) in [([3, 0, 1], [590, 499, 2]), ([599, 499, 2], [1, 1, 1])] {
        let region = Region::new(&index, &size).unwrap();
        let part: Image<f32> = chain.apply_region(&image, &region).unwrap();
        assert_same(&part.to_vec(), &whole.view().region(&region).to_vec(), &region);
    }
}

#[test]
fn a_chain_reports_its_progress_and_stops_when_asked() {
    let image = AnyImage::from(Image::from_vec(&[3000, 1500], vec![1u8; 3000 * 1500]).unwrap());
    let chain: Chain = CHAINS[0].parse().unwrap();
    let seen = Mutex::new(Vec::new());
    let note = |part: f64| seen.lock().unwrap().push(part);
    chain.apply_any(&image, &Context::default().num_threads(1).progress(&note)).unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() > 3 && seen.is_sorted() && seen.last() == Some(&1.0), "{seen:?}");

    let token = CancelToken::new();
    let stop = |part: f64| {
        if part > 0.2 {
            token.cancel()
        }
    };
    let context = Context::default().cancel(token.clone()).progress(&stop);
    assert!(matches!(chain.apply_any(&image, &context), Err(Error::Aborted { .. })));
}

#[test]
fn a_node_takes_a_chain_as_its_filter() {
    let input = pixels::<i16>(Content::Bits, 300 * 97 * 83, &mut Random::new(3));
    let image = AnyImage::from(Image::from_vec(&[300, 97, 83], input).unwrap());
    let chain: Chain = CHAINS[0].parse().unwrap();
    let node = pipeline::filter(chain.clone(), image.clone());
    node.update().unwrap();
    let output = node.output().image().unwrap();
    output.visit(Same(&separately(&chain, &image), "a node's output"));
}

#[test]
fn arrays_of_any_layout_go_in_and_out() {
    let input = pixels::<f32>(Content::Real, 170 * 90 * 61, &mut Random::new(6));
    let array = Array::from_shape_vec((170, 90, 61), input).unwrap();
    let (median, gradient) = (Median::new(1), GradientMagnitude::new());
    let chain = Chain::new().then(median.clone()).then(gradient.clone());
    let views = [array.view(), array.t(), array.slice(s![..;-1, .., ..;2]), array.slice(s![10.., 1..;3, ..])];
    for view in views {
        let middle: Array3<f32> = median.apply(&view).unwrap();
        let expected: Array3<f64> = gradient.apply(&middle).unwrap();
        let mut turned = Array3::<f64>::zeros(expected.raw_dim().f());
        chain.apply_into(&view, &mut turned).unwrap();
        assert!(turned == expected, "{:?}", view.strides());
        let straight: Array3<f64> = chain.apply(&view).unwrap();
        assert!(straight == expected, "{:?}", view.strides());
    }
}

#[test]
fn several_components_a_pixel_come_out_whole() {
    let input = pixels::<u8>(Content::Real, 200 * 110 * 107, &mut Random::new(7));
    let image = AnyImage::from(Image::from_vec(&[200, 110, 107], input).unwrap());
    check("median(radius=1) | gradient(spacing=0.5)", &image);
}

#[test]
fn windows_that_are_too_large_for_pieces_see_whole_images() {
    let input = pixels::<f32>(Content::Real, 40 * 150 * 120, &mut Random::new(9));
    let image = AnyImage::from(Image::from_vec(&[40, 150, 120], input).unwrap());
    check("median(radius=1) | smoothing_recursive_gaussian(sigma=2) | gradient_magnitude()", &image);
}

#[test]
fn empty_images_and_refusals_come_before_the_first_pixel() {
    let chain: Chain = CHAINS[0].parse().unwrap();
    let empty = AnyImage::from(Image::<u8>::from_vec(&[3000, 0, 2000], Vec::new()).unwrap());
    let result = chain.apply_any(&empty, &Context::default()).unwrap();
    assert_eq!(result.header().region.size(), [3000, 0, 2000]);

    let image = Image::from_vec(&[1700, 1300], vec![1f32; 1700 * 1300]).unwrap();
    let wrong: Chain = "median(radius=1) | gradient_magnitude(spacing_xyz=[1, 1, 1])".parse().unwrap();
    let mut output = Image::from_vec(&[1700, 1300], vec![7f32; 1700 * 1300]).unwrap();
    assert!(matches!(wrong.apply_into(&image, &mut output), Err(Error::Parameter { .. })));
    assert!(output.to_vec().iter().all(|&pixel| pixel == 7.0));
}

#[test]
fn a_filter_that_refuses_a_pixel_ends_the_chain() {
    let mut input = vec![1f32; 1700 * 1300];
    input[1700 * 1299] = f32::NAN;
    let image = Image::from_vec(&[1700, 1300], input).unwrap();
    let chain: Chain = "median(radius=1, nan_policy=raise) | gradient_magnitude()".parse().unwrap();
    let error = chain.apply::<_, f32>(&image).unwrap_err().to_string();
    assert!(error.contains("NaN"), "{error}");
}

#[test]
fn chains_run_beside_each_other() {
    let images = [3, 4, 5].map(|seed| {
        let input = pixels::<u8>(Content::Bits, 1700 * 1300, &mut Random::new(seed));
        AnyImage::from(Image::from_vec(&[1700, 1300], input).unwrap())
    });
    std::thread::scope(|scope| {
        for image in &images {
            scope.spawn(|| check(CHAINS[0], image));
        }
    });
}

#[test]
fn an_empty_chain_copies() {
    let image = Image::from_vec(&[3, 2], vec![1i16, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(Chain::new().apply::<_, i16>(&image).unwrap().to_vec(), [1, 2, 3, 4, 5, 6]);
    let part = Chain::new().apply_region::<_, i16>(&image, &Region::new(&[1, 0], &[2, 2]).unwrap()).unwrap();
    assert_eq!(part.to_vec(), [2, 3, 5, 6]);
    let error = Chain::new().apply::<_, u8>(&image).unwrap_err().to_string();
    assert!(error.contains("int16"), "{error}");
}
