//! What filters with a window share.

use itk_core::{Axes, Error, Header, PerAxis, PixelType, Region, Result};
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

/// The type of results that are no integers, where nobody has said another one.
pub(crate) fn natural_type(input: &Header) -> PixelType {
    if input.pixel_type == PixelType::F64 { PixelType::F64 } else { PixelType::F32 }
}

/// True for a positive number; infinity is none.
pub(crate) fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// The refusal of a parameter that is not [`is_positive`].
pub(crate) fn not_positive(filter: &'static str, name: &'static str, got: f64) -> Error {
    Error::Parameter { filter, name, expected: "positive and finite".into(), got: got.to_string() }
}

/// The setters of fields that several filters have.
macro_rules! setters {
    (@ spacing) => {
        /// Whether to go by the image's spacing (the default) or by 1.
        pub fn use_image_spacing(self, yes: bool) -> Self {
            Self { spacing: crate::filter::Spacing::of_image(yes), ..self }
        }

        /// A spacing in place of the image's.
        pub fn spacing(self, spacing: impl Into<itk_core::PerAxis<f64>>) -> Self {
            Self { spacing: crate::filter::Spacing::Given(spacing.into()), ..self }
        }
    };
    (@ axes) => {
        /// Along which axes. Default all; the others are taken as separate images.
        pub fn axes(self, axes: itk_core::PerAxis<bool>) -> Self {
            Self { axes, ..self }
        }
    };
    (@ pixel_type) => {
        /// The result's type where the call does not say it: for [`crate::Apply::apply_any`], chains and pipelines.
        pub fn pixel_type(self, pixel_type: itk_core::PixelType) -> Self {
            Self { pixel_type: Some(pixel_type), ..self }
        }
    };
    ($($field:ident),+) => { $(crate::filter::setters! { @ $field })+ };
}
pub(crate) use setters;
