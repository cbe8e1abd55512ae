//! What filters with a window share.

use itk_core::{Axes, Error, Header, PerAxis, Region, Result};
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

/// The distance between pixels that a filter goes by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spacing {
    /// The image's own.
    Image,
    /// Another one.
    Given(PerAxis<f64>),
}

impl Spacing {
    /// The image's own, or 1.
    pub(crate) fn of_image(yes: bool) -> Self {
        if yes { Self::Image } else { Self::Given(PerAxis::uniform(1.0)) }
    }

    /// The distance along each axis, xyz.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a given one that is not positive, or has the wrong number of values.
    pub(crate) fn resolve(&self, filter: &'static str, input: &Header) -> Result<Axes<f64>> {
        match self {
            Self::Image => Ok(Axes::from_fn(input.rank(), |a| input.geometry.spacing()[a])),
            Self::Given(spacing) => {
                let spacing = spacing.resolve(filter, "spacing", input.rank())?;
                match spacing.iter().find(|&&s| !is_positive(s)) {
                    None => Ok(spacing),
                    Some(bad) => Err(not_positive(filter, "spacing", *bad)),
                }
            }
        }
    }
}

/// True for a positive number; infinity is none.
pub(crate) fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// The refusal of a parameter that is not [`is_positive`].
pub(crate) fn not_positive(filter: &'static str, name: &'static str, got: f64) -> Error {
    Error::Parameter { filter, name, expected: "positive and finite".into(), got: got.to_string() }
}
