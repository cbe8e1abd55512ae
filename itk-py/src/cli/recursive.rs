//! `oxitk recursive-gaussian`, `smoothing-recursive-gaussian` and `gradient-magnitude-recursive-gaussian`.

use itk_core::{PerAxis, PixelType};
use itk_filters::{
    Chain, GaussianOrder, GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian,
};

use super::Stop;
use super::filter::{Command, Files};

/// What all of them take.
#[derive(clap::Args)]
struct Options {
    #[command(flatten)]
    files: Files,
    /// Sigma in pixels, not in the unit of the spacing
    #[arg(long)]
    no_spacing: bool,
    /// Type of the output's pixels [default: float32, float64 for float64 input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

/// Applies the common options to a filter.
macro_rules! chain {
    ($filter:expr, $options:expr) => {{
        let filter = $filter.use_image_spacing(!$options.no_spacing);
        Ok(Chain::new().then(match $options.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }};
}

fn sigma(text: &str) -> Result<f64, String> {
    let value = text.trim().parse().ok().filter(|value: &f64| *value > 0.0 && value.is_finite());
    value.ok_or_else(|| "must be a positive number".to_owned())
}

/// Smooth along one axis with a Gaussian of any width, or take its first or second derivative
#[derive(clap::Args)]
pub(super) struct Line {
    #[command(flatten)]
    options: Options,
    /// Standard deviation, in the unit of the spacing
    #[arg(long, value_name = "S", default_value = "1", value_parser = sigma, allow_negative_numbers = true)]
    sigma: f64,
    /// Which derivative
    #[arg(long, value_name = "0|1|2", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=2))]
    order: u8,
    /// The axis; 0 is x
    #[arg(long, value_name = "AXIS", default_value = "0")]
    axis_xyz: usize,
    /// Multiply by sigma once an order
    #[arg(long)]
    normalize_across_scale: bool,
}

impl Command for Line {
    fn files(&self) -> &Files {
        &self.options.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let order = match self.order {
            0 => GaussianOrder::Zero,
            1 => GaussianOrder::First,
            _ => GaussianOrder::Second,
        };
        let filter = RecursiveGaussian::new(self.sigma)
            .order(order)
            .axis_xyz(self.axis_xyz)
            .normalize_across_scale(self.normalize_across_scale);
        chain!(filter, self.options)
    }
}

/// Smooth with a Gaussian of any width
#[derive(clap::Args)]
pub(super) struct Smoothing {
    #[command(flatten)]
    options: Options,
    /// Standard deviation, in the unit of the spacing, on every axis [default: 1]
    #[arg(long, value_name = "S", value_parser = sigma, allow_negative_numbers = true)]
    sigma: Option<f64>,
    /// The same for each axis, x first
    #[arg(long, value_name = "X,Y,Z", value_parser = sigma, value_delimiter = ',')]
    #[arg(allow_negative_numbers = true, conflicts_with = "sigma")]
    sigma_xyz: Option<Vec<f64>>,
}

impl Command for Smoothing {
    fn files(&self) -> &Files {
        &self.options.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let sigma = match &self.sigma_xyz {
            Some(sigma) => PerAxis::xyz(sigma.clone()),
            None => PerAxis::uniform(self.sigma.unwrap_or(1.0)),
        };
        chain!(SmoothingRecursiveGaussian::new(sigma), self.options)
    }
}

/// Compute the magnitude of the gradient of the image smoothed with a Gaussian of any width
#[derive(clap::Args)]
pub(super) struct Gradient {
    #[command(flatten)]
    options: Options,
    /// Standard deviation, in the unit of the spacing
    #[arg(long, value_name = "S", default_value = "1", value_parser = sigma, allow_negative_numbers = true)]
    sigma: f64,
    /// Multiply by sigma
    #[arg(long)]
    normalize_across_scale: bool,
}

impl Command for Gradient {
    fn files(&self) -> &Files {
        &self.options.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = GradientMagnitudeRecursiveGaussian::new(self.sigma)
            .normalize_across_scale(self.normalize_across_scale);
        chain!(filter, self.options)
    }
}
