//! The gradient as ITK writes it, pixel by pixel.

use itk_core::{Pixel, PixelType};

use super::{clamped, indices};

/// A component an axis, xyz, for each pixel. Spacing is xyz; the direction's rows follow each other.
pub fn gradient<I: Pixel, O: Pixel>(
    pixels: &[I],
    size: &[usize],
    spacing: &[f64],
    direction: Option<&[f64]>,
) -> Vec<O> {
    // Coefficients and components have the type of the result.
    let rounded = |value: f64| if O::TYPE == PixelType::F32 { f64::from(value as f32) } else { value };
    indices(size)
        .iter()
        .flat_map(|centre| {
            let local: Vec<f64> = (0..size.len())
                .map(|axis| {
                    let mut sum = 0.0;
                    for (step, c) in [(-1, -0.5), (0, 0.0), (1, 0.5)] {
                        let mut at: Vec<i64> = centre.iter().map(|&i| i as i64).collect();
                        at[axis] += step;
                        sum += rounded(c * (1.0 / spacing[axis])) * pixels[clamped(&at, size)].to_f64();
                    }
                    rounded(sum)
                })
                .collect();
            let turned: Vec<f64> = match direction {
                None => local,
                Some(rows) => rows
                    .chunks(size.len())
                    .map(|row| row.iter().zip(&local).fold(0.0, |sum, (d, g)| sum + d * g))
                    .collect(),
            };
            turned.into_iter().map(O::from_f64)
        })
        .collect()
}
