//! The mean by adding the window's samples one by one.

use itk_core::Pixel;

use super::{clamped, indices};

/// Samples are converted to f64 and added, x fastest, and the sum is divided by their number.
pub fn mean<I: Pixel, O: Pixel>(pixels: &[I], size: &[usize], radius: &[usize]) -> Vec<O> {
    let window = indices(&radius.iter().map(|r| 2 * r + 1).collect::<Vec<_>>());
    let mut at = vec![0; size.len()];
    indices(size)
        .iter()
        .map(|centre| {
            let mut sum = 0.0;
            for offset in &window {
                for a in 0..size.len() {
                    at[a] = (centre[a] + offset[a]) as i64 - radius[a] as i64;
                }
                sum += pixels[clamped(&at, size)].to_f64();
            }
            O::from_f64(sum / window.len() as f64)
        })
        .collect()
}
