//! The median by gathering and sorting.

use itk_core::Pixel;
use itk_filters::NanPolicy;

use super::{clamped, indices};

/// Each window is gathered pixel by pixel, sorted in total order, and its middle taken.
pub fn median<T: Pixel>(pixels: &[T], size: &[usize], radius: &[usize], policy: NanPolicy) -> Vec<T> {
    let window = indices(&radius.iter().map(|r| 2 * r + 1).collect::<Vec<_>>());
    indices(size)
        .iter()
        .map(|centre| {
            let samples = window.iter().map(|offset| {
                let at: Vec<i64> =
                    (0..size.len()).map(|a| (centre[a] + offset[a]) as i64 - radius[a] as i64).collect();
                (pixels[clamped(&at, size)], 1)
            });
            middle(samples.collect(), policy)
        })
        .collect()
}

/// The same for windows too large to gather: each pixel of the image with how often it is repeated.
pub fn median_weighted<T: Pixel>(
    pixels: &[T],
    size: &[usize],
    radius: &[usize],
    policy: NanPolicy,
) -> Vec<T> {
    let all = indices(size);
    all.iter()
        .map(|centre| {
            let samples = all.iter().zip(pixels).map(|(index, &pixel)| {
                let repeats = (0..size.len()).map(|a| {
                    // Positions from centre - radius to centre + radius that clamp to this index.
                    let (c, i, r) = (centre[a] as i128, index[a] as i128, radius[a] as i128);
                    let low = if index[a] == 0 { c - r } else { i.max(c - r) };
                    let high = if index[a] == size[a] - 1 { c + r } else { i.min(c + r) };
                    (high - low + 1).max(0) as u128
                });
                (pixel, repeats.product::<u128>())
            });
            middle(samples.collect(), policy)
        })
        .collect()
}

fn middle<T: Pixel>(mut samples: Vec<(T, u128)>, policy: NanPolicy) -> T {
    let nans: u128 = samples.iter().filter(|(pixel, _)| pixel.is_nan()).map(|(_, n)| n).sum();
    match policy {
        NanPolicy::Propagate if nans > 0 => return T::from_f64(f64::NAN),
        NanPolicy::Omit => samples.retain(|(pixel, _)| !pixel.is_nan()),
        _ => {}
    }
    samples.sort_by(|(a, _), (b, _)| total_order(*a, *b));
    let half = samples.iter().map(|(_, n)| n).sum::<u128>() / 2;
    let mut seen = 0;
    for (pixel, n) in samples {
        seen += n;
        if seen > half {
            return pixel;
        }
    }
    T::from_f64(f64::NAN)
}

/// NaN last, -0 before +0, otherwise as numbers compare.
fn total_order<T: Pixel>(a: T, b: T) -> std::cmp::Ordering {
    let sign = |v: T| v.to_f64().is_sign_positive();
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(&b).expect("two numbers compare").then(sign(a).cmp(&sign(b))),
        (a, b) => a.cmp(&b),
    }
}
