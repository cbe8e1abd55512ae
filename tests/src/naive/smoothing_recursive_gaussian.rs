//! Smoothing by recursive Gaussians, pass after pass, each into an image of f32.

use itk_core::Pixel;
use itk_filters::GaussianOrder;

use super::{Recursion, recursive_gaussian};

/// `sigma` is xyz, `None` for an axis that is not filtered; so is `spacing`.
pub fn smoothing_recursive_gaussian<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    sigma: &[Option<f64>],
    spacing: &[f64],
) -> Vec<O> {
    let mut axes: Vec<usize> = (0..size.len()).filter(|&a| sigma[a].is_some()).collect();
    axes.rotate_right(1);
    let of = |axis: usize| Recursion {
        sigma: sigma[axis].expect("the axis is filtered"),
        order: GaussianOrder::Zero,
        axis,
        across_scales: false,
        spacing,
    };
    let mut image: Vec<f32> = recursive_gaussian(pixels, size, of(axes[0]));
    for &axis in &axes[1..] {
        image = recursive_gaussian(&image, size, of(axis));
    }
    image.into_iter().map(|value| O::from_f64(f64::from(value))).collect()
}
