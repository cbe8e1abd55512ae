//! What the main job writes is what the definitions of the two filters say.

use std::path::Path;

use itk_core::Image;
use itk_filters::{Apply, GradientMagnitude, Median};

/// `pixels[at]` with each index clamped to the image, and the median of the window around it.
fn median(image: &Image<u8>, at: [i64; 3], radius: i64) -> u8 {
    let size = image.largest_possible_region().size();
    let clamp = |axis: usize, i: i64| i.clamp(0, size[axis] as i64 - 1);
    let mut window = Vec::new();
    for z in -radius..=radius {
        for y in -radius..=radius {
            for x in -radius..=radius {
                let near = [clamp(0, at[0] + x), clamp(1, at[1] + y), clamp(2, at[2] + z)];
                window.push(image.pixel(&near).unwrap());
            }
        }
    }
    window.sort_unstable();
    window[window.len() / 2]
}

#[test]
fn from_file_to_file() {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/HeadMRVolume.mha");
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("edges.mha");
    downstream::edges(&input, &output, 2).unwrap();

    let volume = itk_io::read_as::<u8>(&input).unwrap();
    let edges = itk_io::read_as::<f32>(&output).unwrap();
    assert_eq!(volume.largest_possible_region().size(), [48, 62, 42]);
    assert_eq!(volume.geometry().spacing(), [4.0, 4.0, 4.0]);
    assert_eq!(edges.geometry(), volume.geometry());
    assert_eq!(edges.largest_possible_region(), volume.largest_possible_region());

    let smooth: Image<u8> = Median::new(2).apply(&volume).unwrap();
    let mut steep = 0;
    for at in [[0, 0, 0], [47, 61, 41], [24, 31, 21], [20, 25, 30], [10, 40, 15], [30, 12, 22]] {
        assert_eq!(smooth.pixel(&at).unwrap(), median(&volume, at, 2), "{at:?}");
        let half_difference = |axis: usize| {
            let step = |by: i64| {
                let mut near = at;
                near[axis] = (near[axis] + by).clamp(0, [47, 61, 41][axis]);
                f64::from(median(&volume, near, 2))
            };
            (step(1) - step(-1)) / 2.0 / 4.0
        };
        let expected = (0..3).map(|axis| half_difference(axis).powi(2)).sum::<f64>().sqrt();
        let got = f64::from(edges.pixel(&at).unwrap());
        assert!((got - expected).abs() <= 1e-6 * expected, "{at:?}: {got}, expected {expected}");
        steep += i32::from(got > 0.0);
    }
    assert!(steep > 0, "a head has edges");

    let one_by_one: Image<f32> = GradientMagnitude::new().apply(&smooth).unwrap();
    assert_eq!(one_by_one.to_vec(), edges.to_vec());
}
