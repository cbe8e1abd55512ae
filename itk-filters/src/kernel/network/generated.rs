//! The kernels that the build script emits.

use itk_core::Pixel;
use itk_core::simd::{Level, Simd};

use super::rows::reads_pixels;
use super::{Io, Kernel, Network, Plan, Slot};

include!(concat!(env!("OUT_DIR"), "/median_networks.rs"));
