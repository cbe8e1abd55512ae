//! Filters one after the other, and their text form.

use std::fmt;
use std::sync::Arc;

use itk_core::{Axes, Error, Filter, Header, Maps, Pixel, PixelType, Region, Result, Task};

mod pieces;
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
/// # Execution
/// A chain is a [`Filter`] itself. Where windows are small and images are not, it works piece by piece: all filters on one piece of
/// the output, then the next, so that intermediate results stay in the cache and no image is made between filters. The result is
/// that of one filter after the other, to the bit. Threads share columns of pieces along the slowest axis.
///
/// Memory: the output, and for each thread 1 to 4 MB of intermediate results. Filters that need whole lines, such as recursive
/// ones, and windows so large that pieces would compute half as much again at their edges, make the whole chain run on whole images,
/// of which there are two at most beside input and output.
///
/// # Errors
/// Those of its filters. All that do not depend on pixels come before the first pixel is computed. One that does, such as a NaN under
/// `nan_policy=raise`, leaves the pieces before it written.
///
/// # Example
/// ```
/// use itk_core::{AnyImage, Context, Image};
/// use itk_filters::{Apply, Chain};
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

    /// The headers of the input and of each filter's output, or why this input is refused. Reads no pixel.
    fn headers(&self, input: &Header) -> Result<Vec<Header>> {
        let mut headers = vec![input.clone()];
        for filter in &self.filters {
            headers.push(filter.plan(&headers[headers.len() - 1])?);
        }
        Ok(headers)
    }

    /// What each filter is to give for a part of the last one's output, the chain's input first.
    fn regions(&self, headers: &[Header], output: &Region) -> Result<Vec<Region>> {
        let mut regions = vec![*output];
        for (filter, header) in self.filters.iter().zip(headers).rev() {
            regions.push(filter.input_region(header, &regions[regions.len() - 1])?);
        }
        regions.reverse();
        Ok(regions)
    }
}

impl Filter for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        let mut headers = self.headers(input)?;
        Ok(headers.pop().unwrap_or_else(|| input.clone()))
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        Ok(self.regions(&self.headers(input)?, output)?[0])
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        match self.filters.as_slice() {
            [] => copy_any(task),
            [one] => one.fill(task),
            _ => pieces::fill(self, task),
        }
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for Chain {}

/// Copies what is asked for. That is compiled for each width of pixels, not for each type.
fn copy_any(mut task: Task<'_>) -> Result<()> {
    let (got, wanted) = (task.output.pixel_type(), task.source.pixel_type());
    if got != wanted {
        let allowed = format!("the input's type, {wanted}");
        return Err(Error::PixelType { who: "chain output", got, allowed });
    }
    (task.source, task.output) = (task.source.as_bits(), task.output.as_bits());
    match task.output.pixel_type() {
        PixelType::U8 => copy::<u8>(task),
        PixelType::I16 => copy::<i16>(task),
        PixelType::I32 => copy::<i32>(task),
        _ => copy::<i64>(task),
    }
}

fn copy<T: Pixel>(task: Task<'_>) -> Result<()> {
    let offset = task.offset();
    let Task { source, output, context, .. } = task;
    let source = source.typed::<T>().expect("called with the type of both");
    let output = output.typed::<T>().expect("called with the type of both");
    if output.size().contains(&0) {
        return Ok(());
    }
    let steps = context.steps("chain", 1);
    let mut row = vec![T::default(); output.size()[0]];
    let rows = output.rows();
    for mut tile in output.into_tiles(rows, row.len()) {
        for number in tile.rows() {
            steps.check()?;
            let index = tile.index(number);
            let rest = Axes::from_fn(index.len(), |a| index[a] + offset[a + 1]);
            source.load(offset[0], &rest, &mut row);
            tile.store_next(&row);
        }
    }
    steps.tick();
    Ok(())
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, filter) in self.filters.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { " | " } else { "" }, filter.name())?;
        }
        Ok(())
    }
}
