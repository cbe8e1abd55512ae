//! The kernels that the build script emits.

use itk_core::Pixel;
use itk_core::simd::{Level, Simd};

use super::rows::{is_key, is_made_for};
use super::{Io, Kernel, Network, Order, Plan, Slot};

include!(concat!(env!("OUT_DIR"), "/median_networks.rs"));
