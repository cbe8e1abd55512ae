//! Filters that differentiate.

mod gradient_magnitude;

pub use gradient_magnitude::GradientMagnitude;
