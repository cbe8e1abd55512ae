//! The slow, obvious versions of the filters. Every kernel equals them bit for bit, NaN equal to NaN.
//!
//! Arrays are flat, x fastest; sizes and radii are xyz.

mod derivative;
mod gradient;
mod gradient_magnitude;
mod gradient_magnitude_recursive_gaussian;
mod mean;
mod median;
mod recursive_gaussian;
mod smoothing_recursive_gaussian;
mod sobel;

pub use derivative::derivative;
pub use gradient::gradient;
pub use gradient_magnitude::{gradient_magnitude, single_precision_gradient_magnitude};
pub use gradient_magnitude_recursive_gaussian::gradient_magnitude_recursive_gaussian;
pub use mean::mean;
pub use median::{median, median_weighted};
pub use recursive_gaussian::{Recursion, recursive_gaussian};
pub use smoothing_recursive_gaussian::smoothing_recursive_gaussian;
pub use sobel::sobel;

/// All indices of an array, x fastest.
fn indices(size: &[usize]) -> Vec<Vec<usize>> {
    (0..size.iter().product())
        .map(|mut flat: usize| {
            size.iter()
                .map(|&n| {
                    let i = flat % n;
                    flat /= n;
                    i
                })
                .collect()
        })
        .collect()
}

/// The flat position of the pixel nearest to an index that may lie outside.
fn clamped(index: &[i64], size: &[usize]) -> usize {
    index.iter().zip(size).rev().fold(0, |flat, (&i, &n)| flat * n + i.clamp(0, n as i64 - 1) as usize)
}
