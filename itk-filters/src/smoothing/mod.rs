//! Filters that smooth.

mod median;

pub use median::{Median, NanPolicy};
