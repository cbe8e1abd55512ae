//! The magnitude of the gradient by central differences.

use itk_core::buffer::Tile;
use itk_core::simd::{self, F64Vector, Job, Level, Simd};
use itk_core::{
    AnyView, Axes, Error, Header, PerAxis, Pixel, PixelType, Region, Result, Steps, ViewMut, VisitType, pool,
};

use crate::filter::{Filter, Maps, Task, windowed_input_region};
use crate::kernel::ring::Ring;
use crate::kernel::tiles::tile_size;

/// The magnitude of the gradient: the root of the sum of squared central differences.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is
/// the caller's choice, f32 by default and f64 for f64. Differences are divided by the spacing along each
/// axis, so the unit is that of the pixels over that of the spacing. The direction is not looked at, as in ITK.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition), so the difference there
/// is half of a one-sided one.
/// Cost: about 1 ns a pixel and axis, in f64; scratch is 16 KB a row of the stencil.
///
/// Integer results are truncated toward zero, as in ITK; one that does not fit becomes the nearest value that
/// does, where ITK leaves it undefined. An infinite or NaN pixel makes its own result NaN.
///
/// # Errors
/// [`Error::Components`] for pixels of several components; [`Error::Parameter`] for a given spacing that is
/// not positive, or has the wrong number of values.
///
/// # Source
/// ITK's `GradientMagnitudeImageFilter`, operation by operation in the same order, so equal to the bit.
///
/// # Example
/// ```
/// use itk_core::{Geometry, Image};
/// use itk_filters::{Apply, GradientMagnitude};
/// let ramp = Image::from_vec(&[4, 1], vec![0u8, 10, 20, 30])?
///     .with_geometry(Geometry::identity(2)?.with_spacing(&[0.5, 1.0])?)?;
/// let gradient: Image<f32> = GradientMagnitude::new().apply(&ramp)?;
/// assert_eq!(gradient.to_vec(), [10.0, 20.0, 20.0, 10.0]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct GradientMagnitude {
    spacing: Spacing,
    axes: PerAxis<bool>,
    pixel_type: Option<PixelType>,
}

#[derive(Clone, Debug, PartialEq)]
enum Spacing {
    Image,
    Given(PerAxis<f64>),
}

const NAME: &str = "gradient_magnitude";

impl Default for GradientMagnitude {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientMagnitude {
    /// With the image's own spacing.
    pub fn new() -> Self {
        Self { spacing: Spacing::Image, axes: PerAxis::uniform(true), pixel_type: None }
    }

    /// Whether to divide by the image's spacing (the default) or by 1.
    pub fn use_image_spacing(self, yes: bool) -> Self {
        let spacing = if yes { Spacing::Image } else { Spacing::Given(PerAxis::uniform(1.0)) };
        Self { spacing, ..self }
    }

    /// A spacing in place of the image's.
    pub fn spacing(self, spacing: impl Into<PerAxis<f64>>) -> Self {
        Self { spacing: Spacing::Given(spacing.into()), ..self }
    }

    /// Along which axes there are differences. Default all; the others are taken as separate images.
    pub fn axes(self, axes: PerAxis<bool>) -> Self {
        Self { axes, ..self }
    }

    /// The result's type where the call does not say it: for [`crate::Apply::apply_any`], chains and pipelines.
    pub fn pixel_type(self, pixel_type: PixelType) -> Self {
        Self { pixel_type: Some(pixel_type), ..self }
    }

    /// The factor of each axis's differences, xyz; `None` for an axis without.
    fn scales(&self, input: &Header) -> Result<Axes<Option<f64>>> {
        let axes = self.axes.resolve(NAME, "axes", input.rank())?;
        let spacing = match &self.spacing {
            Spacing::Image => Axes::from_fn(input.rank(), |a| input.geometry.spacing()[a]),
            Spacing::Given(spacing) => {
                let spacing = spacing.resolve(NAME, "spacing", input.rank())?;
                if let Some(bad) = spacing.iter().find(|s| !(**s > 0.0 && s.is_finite())) {
                    return Err(Error::Parameter {
                        filter: NAME,
                        name: "spacing",
                        expected: "positive and finite".into(),
                        got: bad.to_string(),
                    });
                }
                spacing
            }
        };
        // The factor is rounded before pixels are multiplied by it, as in ITK.
        Ok(Axes::from_fn(input.rank(), |a| axes[a].then(|| 0.5 * (1.0 / spacing[a]))))
    }

    fn radius(scales: &Axes<Option<f64>>) -> Axes<usize> {
        Axes::from_fn(scales.len(), |a| usize::from(scales[a].is_some()))
    }
}

impl Filter for GradientMagnitude {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.scales(input)?;
        let natural = if input.pixel_type == PixelType::F64 { PixelType::F64 } else { PixelType::F32 };
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &Self::radius(&self.scales(input)?))
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let scales = self.scales(task.input)?;
        let stencil =
            Stencil { load: loader(task.source), offset: task.offset(), scales, source: task.source };
        task.output.pixel_type().visit(Fill { stencil, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for GradientMagnitude {}

/// Copies pixels along x, from an index on, as f64.
type Load<'a> = Box<dyn Fn(usize, &[usize], &mut [f64]) + Sync + 'a>;

fn loader(source: AnyView<'_>) -> Load<'_> {
    struct Loader<'a>(AnyView<'a>);
    impl<'a> VisitType for Loader<'a> {
        type Out = Load<'a>;
        fn visit<I: Pixel>(self) -> Load<'a> {
            let view = self.0.typed::<I>().expect("visited with the view's own type");
            Box::new(move |x, rest, out| {
                // Converted in pieces that stay in the first-level cache.
                let mut pixels = [I::default(); 256];
                for (i, out) in out.chunks_mut(pixels.len()).enumerate() {
                    let pixels = &mut pixels[..out.len()];
                    view.load(x + 256 * i, rest, pixels);
                    for (value, pixel) in out.iter_mut().zip(pixels) {
                        *value = pixel.to_f64();
                    }
                }
            })
        }
    }
    source.pixel_type().visit(Loader(source))
}

struct Stencil<'a> {
    source: AnyView<'a>,
    load: Load<'a>,
    /// The index in the input of the output's first pixel, xyz.
    offset: Axes<usize>,
    scales: Axes<Option<f64>>,
}

struct Fill<'a> {
    stencil: Stencil<'a>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let level = simd::level()?;
        let output: ViewMut<'_, O> = self.task.output.typed().expect("visited with the output's own type");
        let cost = 0.7 + self.stencil.scales.len() as f64;
        let (rows, columns) = tile_size(output.size(), 2, cost);
        let tiles = output.into_tiles(rows, columns);
        let context = self.task.context;
        let steps = context.steps(NAME, tiles.len());
        pool::for_each(
            context,
            tiles,
            || (),
            |_, mut tile| {
                self.stencil.tile(level, &mut tile, &steps)?;
                steps.tick();
                Ok(())
            },
        )
    }
}

impl Stencil<'_> {
    fn tile<O: Pixel>(&self, level: Level, tile: &mut Tile<'_, O>, steps: &Steps<'_>) -> Result<()> {
        let (size, columns) = (self.source.size(), tile.columns());
        let rest_size = &size[1..];
        let radius = GradientMagnitude::radius(&self.scales);
        let first = self.offset[0] + columns.start;
        // One pixel more on both sides, inside the image or repeated.
        let (low, high) = (first.saturating_sub(1), (first + columns.len() + 1).min(size[0]));
        let (before, width) = (1 - (first - low), columns.len() + 2);
        let mut ring = Ring::<f64>::new(&radius[1..], rest_size, width);
        let mut values = vec![0.0; columns.len().next_multiple_of(8)];
        let mut out = vec![O::default(); columns.len()];
        let mut pairs = Vec::new();
        for row in tile.rows() {
            steps.check()?;
            let index = tile.index(row);
            let centre = Axes::from_fn(index.len(), |a| index[a] + self.offset[a + 1]);
            let mut stage = |rest: &[usize]| {
                ring.row(rest, rest_size, |staged| {
                    let inside = before + (high - low);
                    (self.load)(low, rest, &mut staged[before..inside]);
                    staged[0] = staged[before];
                    staged[width - 1] = staged[inside - 1];
                })
            };
            let middle = stage(&centre) + 1;
            pairs.clear();
            pairs.extend(self.scales[0].map(|c| (middle - 1, middle + 1, c)));
            for (a, &scale) in self.scales.iter().enumerate().skip(1) {
                if let Some(c) = scale {
                    let (mut left, mut right) = (centre, centre);
                    left[a - 1] = centre[a - 1].saturating_sub(1);
                    right[a - 1] = (centre[a - 1] + 1).min(size[a] - 1);
                    pairs.push((stage(&left), stage(&right), c));
                }
            }
            // Other axes' rows start one pixel before the first column too.
            let skip = usize::from(self.scales[0].is_some());
            for pair in &mut pairs[skip..] {
                *pair = (pair.0 + 1, pair.1 + 1, pair.2);
            }
            simd::dispatch(
                level,
                MagnitudeRow { staged: ring.values(), middle, pairs: &pairs, out: &mut values },
            );
            for (pixel, &value) in out.iter_mut().zip(&values) {
                *pixel = O::from_f64(value);
            }
            tile.store_next(&out);
        }
        Ok(())
    }
}

/// One row of magnitudes from staged rows: `middle` is where the row itself starts, `pairs` where its two
/// neighbours along an axis do, and that axis's factor. The length of `out` is a multiple of 8, and all rows
/// can be read that far.
struct MagnitudeRow<'a> {
    staged: &'a [f64],
    middle: usize,
    pairs: &'a [(usize, usize, f64)],
    out: &'a mut [f64],
}

impl Job for MagnitudeRow<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { staged, middle, pairs, out } = self;
        let zero = S::F64::splat(simd, 0.0);
        for (i, out) in out.chunks_exact_mut(S::F64::LANES).enumerate() {
            let x = i * S::F64::LANES;
            // The centre's coefficient is 0, and ITK multiplies by it: infinity and NaN come through.
            let centre = zero.mul(S::F64::load(simd, &staged[middle + x..]));
            let mut sum = zero;
            for &(left, right, c) in pairs {
                let left = S::F64::splat(simd, c).mul(S::F64::load(simd, &staged[left + x..]));
                let right = S::F64::splat(simd, -c).mul(S::F64::load(simd, &staged[right + x..]));
                let difference = zero.add(left).add(centre).add(right);
                sum = sum.add(difference.mul(difference));
            }
            sum.sqrt().store(out);
        }
    }
}
