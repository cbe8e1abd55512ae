//! The gradient magnitude as ITK writes it, pixel by pixel.

use itk_core::Pixel;

use super::{clamped, indices};

/// `spacing` is xyz; `None` for an axis along which there is no difference.
pub fn gradient_magnitude<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    spacing: &[Option<f64>],
) -> Vec<O> {
    indices(size)
        .iter()
        .map(|centre| {
            let at = |axis, step| neighbour(pixels, size, centre, axis, step);
            let mut sum = 0.0;
            for (axis, spacing) in spacing.iter().enumerate() {
                if let Some(spacing) = spacing {
                    let c = 0.5 * (1.0 / spacing);
                    let mut g = 0.0;
                    g += c * at(axis, -1);
                    g += 0.0 * at(axis, 0);
                    g += -c * at(axis, 1);
                    sum += g * g;
                }
            }
            O::from_f64(f64::sqrt(sum))
        })
        .collect()
}

/// The same in f32: see `Precision::Single`.
pub fn single_precision_gradient_magnitude<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    spacing: &[Option<f64>],
) -> Vec<O> {
    indices(size)
        .iter()
        .map(|centre| {
            let at = |axis, step| neighbour(pixels, size, centre, axis, step) as f32;
            let mut sum = 0.0f32;
            let mut nothing = 0.0f32;
            for (axis, spacing) in spacing.iter().enumerate() {
                if let Some(spacing) = spacing {
                    let c = (0.5 * (1.0 / spacing)) as f32;
                    let g = c * (at(axis, -1) - at(axis, 1));
                    sum += g * g;
                    nothing += 0.0 * at(axis, 0);
                }
            }
            O::from_f64(f64::from(f32::sqrt(sum) + nothing))
        })
        .collect()
}

/// The pixel so many steps from the centre along an axis, the nearest one beyond the border.
fn neighbour<I: Pixel>(pixels: &[I], size: &[usize], centre: &[usize], axis: usize, step: i64) -> f64 {
    let mut index: Vec<i64> = centre.iter().map(|&i| i as i64).collect();
    index[axis] += step;
    pixels[clamped(&index, size)].to_f64()
}
