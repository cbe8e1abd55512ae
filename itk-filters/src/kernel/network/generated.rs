//! The kernels that the build script emits.

use itk_core::simd::{Key, KeyVector, Level, Simd};

use super::{Io, Kernel, Network, Plan, Slot};

include!(concat!(env!("OUT_DIR"), "/median_networks.rs"));
