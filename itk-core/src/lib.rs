//! What an image is: pixels of eleven types, physical geometry, regions, memory, and what all filters share:
//! threads, cancelling, SIMD levels, and what a filter is.
//!
//! Axis order: geometry, regions and sizes are xyz (x is the fastest axis), as in ITK; ndarray's arrays keep
//! their own order, slowest axis first, and are turned at the border ([`Source`], [`Sink`]).
//!
//! ```
//! use itk_core::{Geometry, Image};
//! let image = Image::from_vec(&[2, 2], vec![1.0f32, 2.0, 3.0, 4.0])?
//!     .with_geometry(Geometry::identity(2)?.with_spacing(&[0.5, 0.5])?)?;
//! assert_eq!(&*image.geometry().index_to_physical(&[1, 1]), [0.5, 0.5]);
//! # Ok::<(), itk_core::Error>(())
//! ```

pub mod axes;
pub mod buffer;
mod context;
mod error;
pub mod events;
mod filter;
mod geometry;
mod image;
mod metadata;
mod per_axis;
pub mod pipeline;
mod pixel;
pub mod pool;
pub mod pump;
mod region;
pub mod simd;
mod source;
mod split;

pub use axes::{Axes, MAX_RANK};
pub use buffer::{AnyView, AnyViewMut, Buffer, Strides, View, ViewMut};
pub use context::{CancelToken, Context, Steps};
pub use error::{Error, Result};
pub use filter::{Apply, Filter, Maps, Task};
pub use geometry::Geometry;
pub use half::f16;
pub use image::{Header, Image};
pub use metadata::{Metadata, MetadataValue};
pub use ndarray;
pub use per_axis::PerAxis;
pub use pixel::{AnyImage, KeyRule, Pixel, PixelKind, PixelType, Visit, VisitType};
pub use region::Region;
pub use source::{Sink, Source};
pub use split::Splitter;
