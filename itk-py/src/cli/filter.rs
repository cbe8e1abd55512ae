//! `oxitk median`, `mean`, `gradient-magnitude` and so on, and `run`: from file to file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use itk_core::{CancelToken, Context, Error, Header, PerAxis, PixelKind, PixelType};
use itk_filters::{Apply, Chain, Filter};

use super::Stop;

/// What all of them take.
#[derive(clap::Args)]
pub(super) struct Files {
    /// Image file to read
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Image file to write; may be IN itself
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Read the pixels as this type (uint8, int16, float32, ...); colours become grey
    #[arg(long, value_name = "TYPE")]
    pixel_type: Option<PixelType>,
    /// Compress the pixels of the output
    #[arg(long)]
    compress: bool,
}

/// A command that filters a file.
pub(super) trait Command: Sync {
    fn files(&self) -> &Files;
    fn filter(&self) -> Result<Chain, Stop>;
}

/// The window of a filter.
#[derive(clap::Args)]
struct Window {
    /// Pixels from the centre of the window to its border, on every axis [default: 1]
    #[arg(long, value_name = "R", value_parser = radius, allow_negative_numbers = true)]
    radius: Option<usize>,
    /// The same for each axis, x first
    #[arg(long, value_name = "X,Y,Z", value_parser = radius, value_delimiter = ',')]
    #[arg(allow_negative_numbers = true, conflicts_with = "radius")]
    radius_xyz: Option<Vec<usize>>,
}

impl Window {
    fn radius(&self) -> PerAxis<usize> {
        match &self.radius_xyz {
            Some(radii) => PerAxis::xyz(radii.clone()),
            None => PerAxis::uniform(self.radius.unwrap_or(1)),
        }
    }
}

/// Replace each pixel by the median of the window around it
#[derive(clap::Args)]
pub(super) struct Median {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    window: Window,
}

fn radius(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|_| "must be a whole number of pixels, 0 or more".to_owned())
}

impl Command for Median {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        Ok(Chain::new().then(itk_filters::Median::new(self.window.radius())))
    }
}

/// Replace each pixel by the mean of the window around it
#[derive(clap::Args)]
pub(super) struct Mean {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    window: Window,
    /// Type of the output's pixels [default: that of the input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

impl Command for Mean {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = itk_filters::Mean::new(self.window.radius());
        Ok(Chain::new().then(match self.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }
}

/// Compute the magnitude of the gradient by central differences
#[derive(clap::Args)]
pub(super) struct GradientMagnitude {
    #[command(flatten)]
    files: Files,
    /// Differences per pixel, not per unit of length
    #[arg(long)]
    no_spacing: bool,
    /// What to compute in: double, equal to ITK, or single, which is faster
    #[arg(long, value_name = "PRECISION", default_value_t)]
    precision: itk_filters::Precision,
    /// Type of the output's pixels [default: float32, float64 for float64 input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

impl Command for GradientMagnitude {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = itk_filters::GradientMagnitude::new()
            .use_image_spacing(!self.no_spacing)
            .precision(self.precision);
        Ok(Chain::new().then(match self.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }
}

/// Compute the gradient by central differences: a vector for each pixel
#[derive(clap::Args)]
pub(super) struct Gradient {
    #[command(flatten)]
    files: Files,
    /// Differences per pixel, not per unit of length
    #[arg(long)]
    no_spacing: bool,
    /// Vectors along the image's axes, not turned by its direction
    #[arg(long)]
    no_direction: bool,
    /// Type of the components, float32 or float64 [default: float32, float64 for float64 input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

impl Command for Gradient {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = itk_filters::Gradient::new().use_image_spacing(!self.no_spacing);
        let filter = filter.use_image_direction(!self.no_direction);
        Ok(Chain::new().then(match self.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }
}

/// Differentiate along one axis
#[derive(clap::Args)]
pub(super) struct Derivative {
    #[command(flatten)]
    files: Files,
    /// How often, 0 to 52
    #[arg(long, value_name = "N", default_value_t = 1)]
    order: usize,
    /// The axis, x first: 0 is x
    #[arg(long, value_name = "AXIS", default_value_t = 0)]
    axis_xyz: usize,
    /// Differences per pixel, not per unit of length
    #[arg(long)]
    no_spacing: bool,
    /// Type of the output's pixels [default: float32, float64 for float64 input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

impl Command for Derivative {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = itk_filters::Derivative::new(self.order).axis_xyz(self.axis_xyz);
        let filter = filter.use_image_spacing(!self.no_spacing);
        Ok(Chain::new().then(match self.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }
}

/// Find edges by Sobel's operators
#[derive(clap::Args)]
pub(super) struct Sobel {
    #[command(flatten)]
    files: Files,
    /// Operators of three axes as those of two, not as ITK 5 has them
    #[arg(long)]
    no_legacy_coefficients: bool,
    /// Type of the output's pixels [default: float32, float64 for float64 input]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<PixelType>,
}

impl Command for Sobel {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        let filter = itk_filters::Sobel::new().legacy_coefficients(!self.no_legacy_coefficients);
        Ok(Chain::new().then(match self.dtype {
            Some(pixel_type) => filter.pixel_type(pixel_type),
            None => filter,
        }))
    }
}

/// Run a chain of filters, such as "median(radius=2) | gradient_magnitude()"
#[derive(clap::Args)]
pub(super) struct Run {
    /// The filters with their parameters, joined by |
    chain: String,
    #[command(flatten)]
    files: Files,
}

impl Command for Run {
    fn files(&self) -> &Files {
        &self.files
    }

    fn filter(&self) -> Result<Chain, Stop> {
        Ok(self.chain.parse()?)
    }
}

/// Reads, filters and writes; refuses before it reads pixels.
pub(super) fn run(command: &dyn Command, quiet: bool, cancel: &CancelToken) -> Result<(), Stop> {
    let (filter, files) = (command.filter()?, command.files());
    let stored = itk_io::info(&files.input)?.header;
    let header = match files.pixel_type {
        Some(pixel_type) => Header { pixel_type, kind: PixelKind::Scalar, components: 1, ..stored },
        None => stored,
    };
    check_output(&filter.plan(&header)?, &files.output)?;

    let bar = Bar::new(quiet);
    bar.says("reading");
    let mut image = itk_io::read(&files.input)?;
    if let Some(pixel_type) = files.pixel_type {
        image = itk_io::convert(&image, pixel_type)?;
    }
    bar.says("filtering");
    let progress = |fraction| bar.shows(fraction);
    let result = filter.apply_any(&image, &Context::default().cancel(cancel.clone()).progress(&progress))?;
    drop(image);
    bar.says("writing");
    Ok(itk_io::write(&result, &files.output, &itk_io::WriteOptions::default().compress(files.compress))?)
}

/// Refuses an output that could not be written later.
pub(super) fn check_output(header: &Header, path: &Path) -> Result<(), Stop> {
    itk_io::check_writable(header, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match std::fs::metadata(folder) {
        Ok(folder) if folder.is_dir() => Ok(()),
        Ok(_) => Err(std::io::ErrorKind::NotADirectory.into()),
        Err(error) => Err(error),
    }
    .map_err(|source| Error::Io { action: "write", path: path.to_owned(), source }.into())
}

/// A progress bar on a terminal, nothing elsewhere; gone from the screen when dropped.
struct Bar {
    bar: ProgressBar,
    reached: AtomicU64,
}

/// Steps of a bar.
const STEPS: f64 = 1000.0;

impl Bar {
    fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(STEPS as u64) };
        let style = ProgressStyle::with_template("{msg:9} {bar:40} {percent:>3} % {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, reached: AtomicU64::new(0) }
    }

    fn says(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    fn shows(&self, fraction: f64) {
        let step = (fraction * STEPS) as u64;
        // Threads report out of order.
        if self.reached.fetch_max(step, Ordering::Relaxed) < step {
            self.bar.set_position(step);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
