//! The magnitude of the gradient by central differences.

use std::fmt;
use std::str::FromStr;

use itk_core::{
    Axes, Error, Filter, Header, Maps, PerAxis, Pixel, PixelType, Region, Result, Strides, Task, ViewMut,
    VisitType,
};

use crate::filter::{Spacing, natural_type, setters, windowed_input_region};
use crate::kernel::order::{nearest_first, steps};
use crate::kernel::stencil::{Row, Rows, Sweep, is_exact_in_f32};

mod bytes;
mod central;
mod estimate;
mod single;
mod whole;

use bytes::Bytes;
use central::Central;
use single::Single;
use whole::Whole;

/// What a filter computes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// f64, as ITK does: equal to it.
    #[default]
    Double,
    /// f32: faster, and a little off.
    Single,
}

impl Precision {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Double, Self::Single];

    /// Its name in texts: `double`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Single => "single",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|precision| precision.name() == text).ok_or_else(|| Error::Parameter {
            filter: NAME,
            name: "precision",
            expected: "'double' or 'single'".into(),
            got: format!("{text:?}"),
        })
    }
}

/// The magnitude of the gradient: the root of the sum of squared central differences.
///
/// In: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type. Out: the same size and geometry; the type is
/// the caller's choice, f32 by default and f64 for f64. Differences are divided by the spacing along each
/// axis, so the unit is that of the pixels over that of the spacing. The direction is not looked at, as in ITK.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition), so the difference there
/// is half of a one-sided one.
/// Cost: one pass over the image, limited by f64 square roots or by memory: 0.5 to 1.5 ns a pixel, or less where f32 roots are as
/// exact: 8-bit pixels, and, for results in f32, other whole numbers with slopes of less than 2048, at distances of 1. On
/// CPUs with AVX-512 but AMD's, most roots for results in f32 are estimated, which is faster. Scratch is some rows a thread.
///
/// Integer results are truncated toward zero, as in ITK; one that does not fit becomes the nearest value that
/// does, where ITK leaves it undefined. An infinite or NaN pixel makes its own result NaN.
///
/// # Precision
/// [`Precision::Single`] takes differences in f32, which is faster. With `n` axes, results in f32 or f64 are
/// then off by at most (4 + n / 2) · 2⁻²⁴ of themselves, where f32 holds the pixels and no difference or square is beyond its
/// range: slopes above 10¹⁹ give infinity, those below 10⁻¹⁸ fade. Pixels that f32 does not hold are rounded to it first.
/// Spacings whose inverse it does not hold are computed with in f64 after all.
///
/// # Errors
/// [`itk_core::Error::Components`] for pixels of several components; [`itk_core::Error::Parameter`] for a given spacing that is
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
    precision: Precision,
    pixel_type: Option<PixelType>,
}

const NAME: &str = "gradient_magnitude";

/// Results in rows shorter than this may be worked on along y.
const NARROW: usize = 24;

impl Default for GradientMagnitude {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientMagnitude {
    /// With the image's own spacing.
    pub fn new() -> Self {
        Self {
            spacing: Spacing::Image,
            axes: PerAxis::uniform(true),
            precision: Precision::Double,
            pixel_type: None,
        }
    }

    /// What to compute in.
    pub fn precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    setters!(spacing, axes, pixel_type);

    /// The factor of each axis's differences, xyz; `None` for an axis without.
    fn scales(&self, input: &Header) -> Result<Axes<Option<f64>>> {
        let axes = self.axes.resolve(NAME, "axes", input.rank())?;
        let spacing = self.spacing.resolve(NAME, input)?;
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
        Ok(Header { pixel_type: self.pixel_type.unwrap_or(natural_type(input)), ..input.clone() })
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &Self::radius(&self.scales(input)?))
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let scales = self.scales(task.input)?;
        task.output.pixel_type().visit(Fill { scales, precision: self.precision, task })
    }
}

impl<I: Pixel, O: Pixel> Maps<I, O> for GradientMagnitude {}

struct Fill<'a> {
    scales: Axes<Option<f64>>,
    precision: Precision,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<O: Pixel>(self) -> Result<()> {
        let Self { mut scales, precision, task } = self;
        let (mut source, mut offset) = (task.source, task.offset());
        let mut output: ViewMut<'_, O> = task.output.typed().expect("visited with the output's own type");
        let mut numbers = Axes::from_fn(scales.len(), |a| a);
        for [a, b] in order(output.strides(), source.size()) {
            (source, output) = (source.swap_axes(a, b), output.swap_axes(a, b));
            offset.swap(a, b);
            scales.swap(a, b);
            numbers.swap(a, b);
        }
        let cross = Cross::new(&scales, &numbers);
        let unit = cross.is_unit();
        // Sums of integers do not depend on their order.
        let near = || Cross::new(&scales, &Axes::from_fn(scales.len(), |a| a));
        macro_rules! fill {
            ($stencil:expr) => {
                Sweep { stencil: &$stencil, source, offset }.fill(NAME, output, task.context)
            };
        }
        match (source.pixel_type(), O::TYPE) {
            (PixelType::U8 | PixelType::I8, PixelType::U8) if unit => fill!(Bytes::<u8>::new(near())),
            (PixelType::U8 | PixelType::I8, to) if unit && to != PixelType::F64 => {
                fill!(Bytes::<f32>::new(near()))
            }
            _ if precision == Precision::Single && cross.fits_f32() => fill!(Single::new(cross)),
            (PixelType::I16, PixelType::F32) => fill!(Whole::<i16>::new(cross, PixelType::I16)),
            (PixelType::U16, PixelType::F32) => fill!(Whole::<u16>::new(cross, PixelType::U16)),
            (from, PixelType::F32) if is_exact_in_f32(from) => fill!(Whole::<f32>::new(cross, from)),
            (from, _) if is_exact_in_f32(from) => fill!(Central::<f32, f64>::new(cross, from)),
            (from, PixelType::F32) => fill!(Central::<f64, f32>::new(cross, from)),
            (from, _) => fill!(Central::<f64, f64>::new(cross, from)),
        }
    }
}

/// Which axes to exchange so that the nearest in memory comes first; or the second nearest, for a narrow part of wide rows.
fn order(output: &Strides, image: &[usize]) -> Vec<[usize; 2]> {
    let mut exchanges = nearest_first(steps(output));
    let (mut size, mut whole) = (output.size, Axes::from_fn(image.len(), |a| image[a]));
    for &[a, b] in &exchanges {
        size.swap(a, b);
        whole.swap(a, b);
    }
    if let ([x, y, ..], [wide, ..]) = (&*size, &*whole)
        && *x < NARROW.min(*y).min(*wide)
    {
        exchanges.push([0, 1]);
    }
    exchanges
}

/// Central differences along some axes, in the order of the sum of their squares.
struct Cross {
    radius: Axes<usize>,
    /// The middle row, then two for each axis but x.
    rows: Vec<Axes<isize>>,
    /// Of all differences.
    factors: Vec<f64>,
    /// Which of them is the one along x. It is never the second: the first two may be exchanged.
    x: Option<usize>,
}

impl Cross {
    /// The number of the result's own row, the only one in which neighbours along x are looked at.
    const MIDDLE: usize = 0;

    /// `numbers` are those of the axes in the image, in whose order squares are added.
    fn new(scales: &Axes<Option<f64>>, numbers: &[usize]) -> Self {
        let rank = scales.len() - 1;
        let mut axes: Vec<usize> = (0..scales.len()).filter(|&a| scales[a].is_some()).collect();
        axes.sort_by_key(|&a| numbers[a]);
        if axes.get(1) == Some(&0) {
            axes.swap(0, 1);
        }
        let mut rows = vec![Axes::filled(rank, 0)];
        for a in axes.iter().filter_map(|a| a.checked_sub(1)) {
            rows.extend([-1, 1].map(|step| Axes::from_fn(rank, |b| if a == b { step } else { 0 })));
        }
        Self {
            radius: GradientMagnitude::radius(scales),
            rows,
            factors: axes.iter().filter_map(|&a| scales[a]).collect(),
            x: axes.iter().position(|&a| a == 0),
        }
    }

    /// Whether all factors are a half.
    fn is_unit(&self) -> bool {
        self.factors.iter().all(|&c| c == 0.5)
    }

    /// Whether f32 has numbers as near to the factors as it has to others.
    fn fits_f32(&self) -> bool {
        self.factors.iter().all(|&c| (c as f32).is_normal())
    }

    /// The pixels before and after `n` results in the difference of that number, where `x` is that of the one along x.
    #[inline(always)]
    fn pixels<V: Copy>(rows: Rows<'_, V>, x: Option<usize>, number: usize, n: usize) -> [Row<'_, V>; 2] {
        let [(before, left), (after, right)] = match x {
            Some(x) if number == x => [(Self::MIDDLE, -1), (Self::MIDDLE, 1)],
            Some(x) if number > x => [(2 * number - 1, 0), (2 * number, 0)],
            _ => [(2 * number + 1, 0), (2 * number + 2, 0)],
        };
        [rows.beside(before, left).first(n), rows.beside(after, right).first(n)]
    }
}
