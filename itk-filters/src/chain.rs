//! Filters one after the other, and their text form.

use std::fmt;
use std::sync::Arc;

use itk_core::{AnyImage, Apply, Context, Filter, Header, Region, Result};

mod text;

/// Filters, each of which gets the result of the one before.
///
/// # Text
/// `name(parameter=value, …) | name(…)`. Filters, with their parameters:
///
/// - `median(radius=1, nan_policy=order)`
/// - `mean(radius=1, dtype=float32)`
/// - `gradient_magnitude(spacing=image, precision=double, dtype=float32)`
/// - `gradient(spacing=image, use_image_direction=true, dtype=float32)`
/// - `derivative(order=1, axis_xyz=0, spacing=image, dtype=float32)`
/// - `sobel(legacy_coefficients=true, dtype=float32)`
/// - `recursive_gaussian(sigma=1, order=0, axis_xyz=0, normalize_across_scale=false, spacing=image, dtype=float32)`
/// - `smoothing_recursive_gaussian(sigma=1, spacing=image, dtype=float32)`
/// - `gradient_magnitude_recursive_gaussian(sigma=1, normalize_across_scale=false, spacing=image, dtype=float32)`
///
/// Values an axis are in brackets and xyz order: `median(radius_xyz=[1, 2, 3])`,
/// `gradient_magnitude(spacing_xyz=[0.5, 0.5, 2])`. Parameters may be left out, and so may empty parentheses.
///
/// # Example
/// ```
/// use itk_core::{AnyImage, Context, Image};
/// use itk_filters::Chain;
/// let chain: Chain = "median(radius=1) | gradient_magnitude(dtype=uint8)".parse()?;
/// let image = AnyImage::from(Image::from_vec(&[3, 1], vec![1u8, 9, 17])?);
/// let edges = chain.apply_any(&image, &Context::default())?;
/// assert_eq!(edges.typed::<u8>().map(|image| image.to_vec()), Some(vec![4, 8, 4]));
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chain {
    filters: Vec<Arc<dyn Filter>>,
}

impl Chain {
    /// A chain without filters, which gives back its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// The chain with one more filter at its end.
    pub fn then(mut self, filter: impl Filter + 'static) -> Self {
        self.filters.push(Arc::new(filter));
        self
    }

    /// The filters in the order in which they are applied.
    pub fn filters(&self) -> &[Arc<dyn Filter>] {
        &self.filters
    }

    /// The header of the last filter's output, or why this input is refused. Reads no pixel.
    ///
    /// # Errors
    /// Those of [`Filter::plan`].
    pub fn plan(&self, input: &Header) -> Result<Header> {
        self.filters.iter().try_fold(input.clone(), |header, filter| filter.plan(&header))
    }

    /// The part of the input that a part of the output depends on.
    ///
    /// # Errors
    /// Those of [`Filter::input_region`].
    pub fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        let mut headers = vec![input.clone()];
        for filter in &self.filters {
            headers.push(filter.plan(&headers[headers.len() - 1])?);
        }
        self.filters
            .iter()
            .zip(&headers)
            .rev()
            .try_fold(*output, |region, (filter, header)| filter.input_region(header, &region))
    }

    /// The last filter's output. All refusals come before the first pixel is computed.
    ///
    /// # Errors
    /// Those of [`Apply::apply_any`].
    pub fn apply_any(&self, input: &AnyImage, context: &Context<'_>) -> Result<AnyImage> {
        self.plan(&input.header())?;
        let mut image = input.clone();
        for (i, filter) in self.filters.iter().enumerate() {
            let share = self.filters.len() as f64;
            let progress = |part: f64| context.report((i as f64 + part) / share);
            image = filter.apply_any(&image, &context.clone().progress(&progress))?;
        }
        Ok(image)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, filter) in self.filters.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { " | " } else { "" }, filter.name())?;
        }
        Ok(())
    }
}
