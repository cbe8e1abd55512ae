//! Sobel's edges by ITK's operators, pixel by pixel.

use itk_core::{Pixel, PixelType};

use super::{clamped, indices};

/// Along the axes (xyz) that are true. `legacy`: whether operators of three axes have the numbers of ITK 5.
pub fn sobel<I: Pixel, O: Pixel>(pixels: &[I], size: &[usize], axes: &[bool], legacy: bool) -> Vec<O> {
    let single = O::TYPE != PixelType::F64;
    let rounded = |value: f64| if single { f64::from(value as f32) } else { value };
    let count = axes.iter().filter(|&&axis| axis).count();
    let window: Vec<usize> = axes.iter().map(|&axis| if axis { 3 } else { 1 }).collect();
    let offsets: Vec<Vec<i64>> = indices(&window)
        .iter()
        .map(|index| index.iter().zip(axes).map(|(&i, &axis)| i as i64 - i64::from(axis)).collect())
        .collect();
    indices(size)
        .iter()
        .map(|centre| {
            let mut total = 0.0;
            for along in (0..size.len()).filter(|&a| axes[a]) {
                let mut sum = 0.0;
                for offset in &offsets {
                    let others: Vec<i64> =
                        (0..size.len()).filter(|&a| axes[a] && a != along).map(|a| offset[a]).collect();
                    let weight: f64 = if legacy && count == 3 {
                        match others[..] {
                            [0, 0] => 6.0,
                            [0, _] | [_, 0] => 3.0,
                            _ => 1.0,
                        }
                    } else {
                        others.iter().map(|&step| if step == 0 { 2.0 } else { 1.0 }).product()
                    };
                    let at: Vec<i64> = centre.iter().zip(offset).map(|(&c, &o)| c as i64 + o).collect();
                    sum += offset[along] as f64 * weight * pixels[clamped(&at, size)].to_f64();
                }
                total += rounded(rounded(sum) * rounded(sum));
            }
            O::from_f64(rounded(rounded(total).sqrt()))
        })
        .collect()
}
