//! What filters with a window share.

use itk_core::{Error, Header, Region, Result};
pub(crate) use itk_core::{Filter, Maps, Task};

/// The part of the input within `radius` (xyz) of a part of the output: padded, then cropped to the input.
///
/// # Errors
/// [`Error::InvalidRequestedRegion`] when the two have no pixel in common.
pub(crate) fn windowed_input_region(input: &Header, output: &Region, radius: &[usize]) -> Result<Region> {
    output.pad_by_radius(radius).crop(&input.region).ok_or_else(|| Error::InvalidRequestedRegion {
        requested: Box::new(*output),
        largest: Box::new(input.region),
    })
}
