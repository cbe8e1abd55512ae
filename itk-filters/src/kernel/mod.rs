//! What filters share: slices in, slices out; no image, no thread, no error but for abort.

pub(crate) mod cache;
pub(crate) mod choose;
pub(crate) mod columns;
pub(crate) mod copies;
pub(crate) mod counting;
pub(crate) mod histogram;
pub(crate) mod indices;
pub(crate) mod marks;
pub(crate) mod nan;
pub(crate) mod network;
pub(crate) mod omit;
pub(crate) mod operators;
pub(crate) mod order;
pub(crate) mod recursive;
pub(crate) mod stencil;
pub(crate) mod sums;
pub(crate) mod tiles;
