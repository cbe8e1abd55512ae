//! Filters of images: median, mean, derivatives and recursive Gaussians, exact to ITK, for images and ndarrays of
//! 1 to 6 axes and eleven pixel types.
//!
//! A filter is a struct of parameters. [`Apply::apply`] takes an [`Image`](itk_core::Image) or an ndarray and
//! gives the same kind of thing; rows are worked on in parallel, at the best SIMD level of the CPU, and the
//! result is the same for every level and number of threads.
//!
//! ```
//! use itk_core::ndarray::{Array2, array};
//! use itk_filters::{Apply, GradientMagnitude, Median};
//!
//! let noisy = array![[1u8, 1, 1], [1, 200, 1], [1, 1, 9]];
//! let smooth = Median::new(1).apply(&noisy)?;
//! assert_eq!(smooth, array![[1u8, 1, 1], [1, 1, 1], [1, 1, 9]]);
//! let edges: Array2<f32> = GradientMagnitude::new().apply(&smooth)?;
//! assert_eq!(edges[[2, 1]], 4.0);
//! # Ok::<(), itk_core::Error>(())
//! ```

mod chain;
mod filter;
mod gradient;
mod kernel;
mod recursive;
mod smoothing;

pub use chain::Chain;
pub use gradient::{Derivative, Gradient, GradientMagnitude, Precision, Sobel};
pub use itk_core::{Apply, Filter, Maps, Task};
pub use kernel::choose::Algorithm;
#[doc(hidden)]
pub use kernel::counting::{block as counted_block, counted_median};
pub use kernel::nan::NanPolicy;
pub use kernel::recursive::GaussianOrder;
pub use recursive::{GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian};
pub use smoothing::{Mean, Median};
