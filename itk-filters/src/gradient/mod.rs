//! Filters that differentiate.

mod derivative;
#[expect(clippy::module_inception, reason = "a filter's file has the filter's name")]
mod gradient;
mod gradient_magnitude;
mod sobel;

pub use derivative::Derivative;
pub use gradient::Gradient;
pub use gradient_magnitude::{GradientMagnitude, Precision};
pub use sobel::Sobel;
