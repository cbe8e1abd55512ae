//! Filters that smooth.

mod mean;
mod median;

pub use mean::Mean;
pub use median::Median;
