//! The magnitude of the smoothed gradient: for each axis a derivative, smoothed along the others, each into an image of f32.

use itk_core::Pixel;
use itk_filters::GaussianOrder;

use super::{Recursion, recursive_gaussian};

/// `axes` are those that are filtered, ascending, 0 being x; `spacing` is xyz.
pub fn gradient_magnitude_recursive_gaussian<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    sigma: f64,
    axes: &[usize],
    across_scales: bool,
    spacing: &[f64],
) -> Vec<O> {
    let mut sum = vec![0.0f32; pixels.len()];
    for &along in axes {
        let of = |axis: usize, order| Recursion { sigma, order, axis, across_scales, spacing };
        let mut slope: Vec<f32> = recursive_gaussian(pixels, size, of(along, GaussianOrder::First));
        for &axis in axes.iter().filter(|&&axis| axis != along) {
            slope = recursive_gaussian(&slope, size, of(axis, GaussianOrder::Zero));
        }
        for (sum, slope) in sum.iter_mut().zip(slope) {
            let slope = f64::from(slope) / spacing[along];
            *sum = (f64::from(*sum) + slope * slope) as f32;
        }
    }
    sum.into_iter().map(|sum| O::from_f64(f64::from(sum).sqrt())).collect()
}
