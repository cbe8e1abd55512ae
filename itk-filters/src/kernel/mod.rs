//! What filters share: slices in, slices out; no image, no thread, no error but for abort.

pub(crate) mod counting;
pub(crate) mod histogram;
pub(crate) mod ring;
pub(crate) mod select;
pub(crate) mod tiles;
