//! A derivative as ITK's operator has it, pixel by pixel.

use itk_core::Pixel;

use super::{clamped, indices};

/// The coefficients of orders 0 to 6, from the pixel before to the pixel after.
const COEFFICIENTS: [&[f64]; 7] = [
    &[1.0],
    &[-0.5, 0.0, 0.5],
    &[1.0, -2.0, 1.0],
    &[-0.5, 1.0, 0.0, -1.0, 0.5],
    &[1.0, -4.0, 6.0, -4.0, 1.0],
    &[-0.5, 2.0, -2.5, 0.0, 2.5, -2.0, 0.5],
    &[1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0],
];

/// Along an axis (xyz), for a spacing along it.
pub fn derivative<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    order: usize,
    axis: usize,
    spacing: f64,
) -> Vec<O> {
    let coefficients = COEFFICIENTS[order];
    indices(size)
        .iter()
        .map(|centre| {
            let mut sum = 0.0;
            for (i, c) in coefficients.iter().enumerate() {
                let mut at: Vec<i64> = centre.iter().map(|&i| i as i64).collect();
                at[axis] += i as i64 - (coefficients.len() / 2) as i64;
                sum += c * (1.0 / spacing) * pixels[clamped(&at, size)].to_f64();
            }
            O::from_f64(sum)
        })
        .collect()
}
