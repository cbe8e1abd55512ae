//! The magnitude of the gradient by central differences.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over one index of several rows are what vectors are made of"
)]

use std::marker::PhantomData;

use itk_core::{
    Axes, Error, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Task, ViewMut, VisitType,
};

use crate::filter::windowed_input_region;
use crate::kernel::stencil::{Number, Rows, Staged, Stencil, Sweep, is_exact_in_f32};

/// The magnitude of the gradient: the root of the sum of squared central differences.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is
/// the caller's choice, f32 by default and f64 for f64. Differences are divided by the spacing along each
/// axis, so the unit is that of the pixels over that of the spacing. The direction is not looked at, as in ITK.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition), so the difference there
/// is half of a one-sided one.
/// Cost: one pass over the image, limited by f64 square roots or by memory: 0.5 to 1.5 ns a pixel. Scratch is some rows a
/// thread.
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
        task.output.pixel_type().visit(Fill { scales, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for GradientMagnitude {}

struct Fill<'a> {
    scales: Axes<Option<f64>>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { scales, task } = self;
        let (source, offset) = (task.source, task.offset());
        let output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        let cross = Cross::new(&scales);
        let unit = scales.iter().flatten().all(|&c| c == 0.5);
        macro_rules! fill {
            ($stencil:expr) => {
                Sweep { stencil: &$stencil, source, offset }.fill(NAME, output, task.context)
            };
        }
        match (source.pixel_type(), O::TYPE) {
            (PixelType::U8 | PixelType::I8, to) if unit && to != PixelType::F64 => fill!(Bytes(cross)),
            (from, PixelType::F32) if is_exact_in_f32(from) => fill!(Central::<f32, f32>::new(cross)),
            (from, _) if is_exact_in_f32(from) => fill!(Central::<f32, f64>::new(cross)),
            (_, PixelType::F32) => fill!(Central::<f64, f32>::new(cross)),
            _ => fill!(Central::<f64, f64>::new(cross)),
        }
    }
}

/// The rows of central differences along some axes: the middle one, then two for each axis but x.
struct Cross {
    radius: Axes<usize>,
    rows: Vec<Axes<isize>>,
    /// The factor along x.
    along_x: Option<f64>,
    /// The factors along the other axes.
    others: Vec<f64>,
}

impl Cross {
    fn new(scales: &Axes<Option<f64>>) -> Self {
        let rank = scales.len() - 1;
        let mut rows = vec![Axes::filled(rank, 0)];
        for a in (0..rank).filter(|&a| scales[a + 1].is_some()) {
            rows.extend([-1, 1].map(|step| Axes::from_fn(rank, |b| if a == b { step } else { 0 })));
        }
        Self {
            radius: GradientMagnitude::radius(scales),
            rows,
            along_x: scales[0],
            others: scales[1..].iter().copied().flatten().collect(),
        }
    }
}

/// Central differences in f64, of rows that are staged as `V`.
///
/// These are ITK's operations, but for two that change no result. The sum over a pixel's neighbours begins with 0 there,
/// which can change the sign of a zero only, and that is squared away. And the middle pixel times 0 is added along each
/// axis there: as that is zero or NaN, adding it once is enough.
struct Central<V, R> {
    cross: Cross,
    types: PhantomData<fn(V) -> R>,
}

impl<V, R> Central<V, R> {
    fn new(cross: Cross) -> Self {
        Self { cross, types: PhantomData }
    }
}

impl<V: Staged + Into<f64>, R: Number> Stencil for Central<V, R> {
    type Value = V;
    type Result = R;

    fn radius(&self) -> &[usize] {
        &self.cross.radius
    }

    fn rows(&self) -> &[Axes<isize>] {
        &self.cross.rows
    }

    fn cost(&self) -> f64 {
        0.5 + 0.1 * self.cross.rows.len() as f64
    }

    #[inline(always)]
    fn row(&self, rows: Rows<'_, V>, out: &mut [R]) {
        let Cross { radius, along_x, others, .. } = &self.cross;
        let (n, reach, middle) = (out.len(), radius[0], rows.get(0));
        let side = |row: usize| &rows.get(row)[reach..reach + n];
        match (along_x, others.as_slice()) {
            (&Some(cx), &[]) => {
                let (left, middle, right) = (&middle[..n], &middle[1..n + 1], &middle[2..n + 2]);
                for i in 0..n {
                    let x = along_row(cx, left[i], middle[i], right[i]);
                    out[i] = R::of_f64((x * x).sqrt());
                }
            }
            (&Some(cx), &[cy]) => {
                let (left, middle, right) = (&middle[..n], &middle[1..n + 1], &middle[2..n + 2]);
                let (above, below) = (side(1), side(2));
                for i in 0..n {
                    let x = along_row(cx, left[i], middle[i], right[i]);
                    let y = difference(cy, above[i], below[i]);
                    out[i] = R::of_f64((x * x + y * y).sqrt());
                }
            }
            (&Some(cx), &[cy, cz]) => {
                let (left, middle, right) = (&middle[..n], &middle[1..n + 1], &middle[2..n + 2]);
                let (above, below, before, behind) = (side(1), side(2), side(3), side(4));
                for i in 0..n {
                    let x = along_row(cx, left[i], middle[i], right[i]);
                    let y = difference(cy, above[i], below[i]);
                    let z = difference(cz, before[i], behind[i]);
                    out[i] = R::of_f64((x * x + y * y + z * z).sqrt());
                }
            }
            _ => self.general(rows, out),
        }
    }
}

impl<V: Staged + Into<f64>, R: Number> Central<V, R> {
    /// Any axes: one after the other, some columns at a time.
    #[inline(always)]
    fn general(&self, rows: Rows<'_, V>, out: &mut [R]) {
        const COLUMNS: usize = 128;
        let Cross { radius, along_x, others, .. } = &self.cross;
        let mut sums = [0.0; COLUMNS];
        for (at, out) in out.chunks_mut(COLUMNS).enumerate().map(|(i, out)| (i * COLUMNS, out)) {
            let n = out.len();
            let sums = &mut sums[..n];
            let part = |row: usize, from: usize| &rows.get(row)[at + from..at + from + n];
            if let Some(cx) = *along_x {
                let (left, middle, right) = (part(0, 0), part(0, 1), part(0, 2));
                for i in 0..n {
                    let x = along_row(cx, left[i], middle[i], right[i]);
                    sums[i] = x * x;
                }
            } else {
                let middle = part(0, 0);
                for i in 0..n {
                    // Without any axis, the pixel itself has no part in the result.
                    sums[i] = if others.is_empty() { 0.0 } else { 0.0 * middle[i].into() };
                }
            }
            for (a, &c) in others.iter().enumerate() {
                let (left, right) = (part(1 + 2 * a, radius[0]), part(2 + 2 * a, radius[0]));
                for i in 0..n {
                    let g = difference(c, left[i], right[i]);
                    sums[i] += g * g;
                }
            }
            for i in 0..n {
                out[i] = R::of_f64(sums[i].sqrt());
            }
        }
    }
}

/// The difference along x. The middle pixel's coefficient is 0, and ITK multiplies by it: infinity and NaN come through.
#[inline(always)]
fn along_row<V: Into<f64>>(c: f64, left: V, middle: V, right: V) -> f64 {
    c * left.into() + 0.0 * middle.into() - c * right.into()
}

#[inline(always)]
fn difference<V: Into<f64>>(c: f64, left: V, right: V) -> f64 {
    c * left.into() - c * right.into()
}

/// Central differences in integers, for 8-bit pixels and distances of 1.
///
/// The sum of squares of at most 6 differences of 8-bit numbers is less than 2²⁴, so f32 holds it. Its root in f32 is its root
/// in f64 rounded to f32, as f64 has more than twice the digits of f32 and two more; half of it is exact. The integer
/// part is the same too: below an even number 2m, the largest root is that of 4m² - 1, which is more than 1 / 4m less,
/// and f32 tells these apart.
struct Bytes(Cross);

impl Stencil for Bytes {
    type Value = i16;
    type Result = f32;

    fn radius(&self) -> &[usize] {
        &self.0.radius
    }

    fn rows(&self) -> &[Axes<isize>] {
        &self.0.rows
    }

    fn cost(&self) -> f64 {
        0.2 + 0.05 * self.0.rows.len() as f64
    }

    #[inline(always)]
    fn row(&self, rows: Rows<'_, i16>, out: &mut [f32]) {
        let Cross { radius, along_x, others, .. } = &self.0;
        let (n, reach, middle) = (out.len(), radius[0], rows.get(0));
        let side = |row: usize| &rows.get(row)[reach..reach + n];
        match (along_x, others.as_slice()) {
            (Some(_), &[_]) => {
                let (left, right, above, below) = (&middle[..n], &middle[2..n + 2], side(1), side(2));
                for i in 0..n {
                    let sum = square(left[i], right[i]) + square(above[i], below[i]);
                    out[i] = 0.5 * (sum as f32).sqrt();
                }
            }
            (Some(_), &[_, _]) => {
                let (left, right) = (&middle[..n], &middle[2..n + 2]);
                let (above, below, before, behind) = (side(1), side(2), side(3), side(4));
                for i in 0..n {
                    let sum =
                        square(left[i], right[i]) + square(above[i], below[i]) + square(before[i], behind[i]);
                    out[i] = 0.5 * (sum as f32).sqrt();
                }
            }
            _ => {
                // Sums are kept as f32, which holds them.
                out.fill(0.0);
                if along_x.is_some() {
                    let (left, right) = (&middle[..n], &middle[2..n + 2]);
                    for i in 0..n {
                        out[i] = square(left[i], right[i]) as f32;
                    }
                }
                for a in 0..others.len() {
                    let (left, right) = (side(1 + 2 * a), side(2 + 2 * a));
                    for i in 0..n {
                        out[i] += square(left[i], right[i]) as f32;
                    }
                }
                for value in out {
                    *value = 0.5 * value.sqrt();
                }
            }
        }
    }
}

/// The square of a difference of two numbers from 0 to 255.
#[inline(always)]
fn square(left: i16, right: i16) -> i32 {
    let difference = i32::from(left - right);
    difference * difference
}
