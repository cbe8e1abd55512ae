//! The median of a box window.

use itk_core::buffer::Brick;
use itk_core::simd::Level;
use itk_core::{
    Axes, Context, Error, Header, PerAxis, Pixel, Region, Result, Steps, View, ViewMut, VisitType, pool, simd,
};

use crate::filter::{Filter, Maps, Task, windowed_input_region};
use crate::kernel::choose::{Algorithm, Orientation};
use crate::kernel::copies::Copies;
use crate::kernel::histogram::{self, Run};
use crate::kernel::indices::covered;
use crate::kernel::nan::{self, NanPolicy};
use crate::kernel::order::steps;
use crate::kernel::{columns, counting, network};

const NAME: &str = "median";

/// The median of the box window around each pixel.
///
/// In and out: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type, which stays; same size and
/// geometry. The window has `2·radius + 1` pixels along each axis, radius 0 leaves an axis alone. Its count is
/// odd, so the result is always one of its samples. Floats are in total order: -0 before +0, NaN last (see
/// [`NanPolicy`]); a NaN comes out as the positive quiet one.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition, scipy's `nearest`).
/// Cost: windows that have a selection network (squares to 15 x 15, cubes to 7 x 7 x 7, lines, slabs) take 4 to 1,524
/// minima and maxima of registers for a register of pixels, whatever their values. Others are counted against at most 255
/// thresholds a tile, fewer the less the image varies, at a cost that hardly depends on the window; 8-bit images that vary much
/// go to histograms of columns, whose cost depends on neither. Lines, windows of few
/// rows in small images, and those of 65,536 samples or more cost their cross-section a pixel, and never more than the
/// image has. Scratch is a few MB a thread, and for the last kind 24 bytes for each input pixel that a run of rows
/// depends on. An input and an output whose axes lie in memory in the same order, whichever it is, take least; otherwise pieces
/// are copied. `docs/explain/median.md` explains.
///
/// # Errors
/// [`Error::Components`] for pixels of several components; [`Error::Parameter`] when `radius` has the wrong
/// number of values, or a window would have 2¹²⁷ samples; with [`NanPolicy::Raise`], when there is a NaN.
///
/// # Source
/// ITK's `MedianImageFilter`, to the bit; where ITK's order of NaN and of ±0 is left to chance, it is fixed here.
///
/// # Example
/// ```
/// use itk_core::{Image, PerAxis};
/// use itk_filters::{Apply, Median};
/// let ramp = Image::from_vec(&[3, 3], vec![1u8, 2, 3, 4, 5, 6, 7, 8, 9])?;
/// assert_eq!(Median::new(1).apply(&ramp)?.to_vec(), [2, 3, 3, 4, 5, 6, 7, 7, 8]);
/// assert_eq!(Median::new(PerAxis::xyz([1, 0])).apply(&ramp)?.to_vec(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until it is applied"]
pub struct Median {
    radius: PerAxis<usize>,
    nan_policy: NanPolicy,
    algorithm: Option<Algorithm>,
}

impl Default for Median {
    /// Radius 1 on every axis, as in ITK.
    fn default() -> Self {
        Self::new(1)
    }
}

impl Median {
    /// A window of `2·radius + 1` pixels along each axis.
    pub fn new(radius: impl Into<PerAxis<usize>>) -> Self {
        Self { radius: radius.into(), nan_policy: NanPolicy::Order, algorithm: None }
    }

    /// What a NaN does. Default [`NanPolicy::Order`].
    pub fn nan_policy(self, nan_policy: NanPolicy) -> Self {
        Self { nan_policy, ..self }
    }

    /// Computes in a certain way instead of the fastest: for tests and benches, as results are the same.
    pub fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm: Some(algorithm), ..self }
    }

    /// What an image of this type and size, in C order, is computed with at the level of this process: for tests and benches.
    ///
    /// # Errors
    /// Those of [`Filter::plan`].
    pub fn choice(&self, input: &Header) -> Result<Algorithm> {
        input.require_scalar(NAME)?;
        let (radius, size) = (self.radius(input)?, input.array_size());
        let steps = Axes::from_fn(size.len(), |a| if size[a] > 1 { a } else { usize::MAX });
        let choose = Choose { median: self, radius, size: &size, steps };
        input.pixel_type.visit(choose).map(|(algorithm, _)| algorithm)
    }

    fn radius(&self, input: &Header) -> Result<Axes<usize>> {
        let radius = self.radius.resolve(NAME, "radius", input.rank())?;
        let samples = radius.iter().try_fold(1u128, |n, &r| n.checked_mul(2 * r as u128 + 1));
        if samples.is_none_or(|n| n >= 1 << 127) {
            return Err(Error::Parameter {
                filter: NAME,
                name: "radius",
                expected: "such that a window has fewer than 2**127 samples".into(),
                got: format!("{:?} (xyz)", radius),
            });
        }
        Ok(radius)
    }
}

impl Filter for Median {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        input.require_scalar(NAME)?;
        self.radius(input)?;
        simd::level()?;
        if self.algorithm.is_some() {
            self.choice(input)?;
        }
        Ok(input.clone())
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        windowed_input_region(input, output, &self.radius(input)?)
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        let radius = self.radius(task.input)?;
        task.source.pixel_type().visit(Fill { median: self, radius, task })
    }
}

impl<T: Pixel> Maps<T, T> for Median {}

/// The algorithm for a pixel type, and the order of axes.
struct Choose<'a> {
    median: &'a Median,
    radius: Axes<usize>,
    size: &'a [usize],
    /// As of [`Orientation::new`].
    steps: Axes<usize>,
}

impl VisitType for Choose<'_> {
    type Out = Result<(Algorithm, Orientation)>;

    fn visit<T: Pixel>(self) -> Self::Out {
        let level = simd::level()?;
        let (order, fastest) = Orientation::new::<T>(level, &self.radius, self.size, self.steps);
        let algorithm = match self.median.algorithm {
            None => fastest,
            Some(algorithm) if algorithm.applies::<T>(level, &order.radius, &order.size) => algorithm,
            Some(algorithm) => {
                return Err(Error::Parameter {
                    filter: NAME,
                    name: "algorithm",
                    expected: format!("one that can take a window of radius {:?} (xyz)", self.radius),
                    got: format!("{algorithm:?}"),
                });
            }
        };
        Ok((algorithm, order))
    }
}

struct Fill<'a> {
    median: &'a Median,
    radius: Axes<usize>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<T: Pixel>(self) -> Result<()> {
        let mut offset = self.task.offset();
        let Task { mut source, output, context, .. } = self.task;
        let got = output.pixel_type();
        let Some(mut output) = output.typed::<T>() else {
            let allowed = format!("the input's type, {}", T::TYPE);
            return Err(Error::PixelType { who: "median output", got, allowed });
        };
        let (size, steps) = (source.size(), steps(output.strides()));
        let (algorithm, order) =
            Choose { median: self.median, radius: self.radius, size, steps }.visit::<T>()?;
        for &[a, b] in &order.exchanges {
            (source, output) = (source.swap_axes(a, b), output.swap_axes(a, b));
            offset.swap(a, b);
        }
        let source = source.typed::<T>().expect("visited with the input's own type");
        let policy = if T::TYPE.is_float() { self.median.nan_policy } else { NanPolicy::Order };
        let window = Window { source, radius: order.radius, offset, policy, algorithm };
        if policy == NanPolicy::Raise {
            window.refuse_nan(output.size(), context)?;
        }
        window.fill(output, context)
    }
}

/// The input of a run, and where its windows lie.
struct Window<'a, T> {
    source: View<'a, T>,
    radius: Axes<usize>,
    /// The index in the input of the output's first pixel, xyz.
    offset: Axes<usize>,
    policy: NanPolicy,
    algorithm: Algorithm,
}

impl<T: Pixel> Window<'_, T> {
    /// Looks for a NaN that a window of the output covers, before anything is written.
    fn refuse_nan(&self, size: &[usize], context: &Context<'_>) -> Result<()> {
        const PART: usize = 1 << 20;
        if size.contains(&0) {
            return Ok(());
        }
        let (low, high) = covered(self.source.size(), &self.radius, &self.offset, size);
        let extent = Axes::from_fn(low.len(), |a| high[a] - low[a]);
        let slowest = (0..extent.len()).rev().find(|&a| extent[a] > 1).unwrap_or(0);
        let step = PART.div_ceil(extent[..slowest].iter().product());
        let parts: Vec<usize> = (low[slowest]..high[slowest]).step_by(step).collect();
        let steps = context.steps(NAME, parts.len());
        let part = |(): &mut (), start: usize| {
            let (mut low, mut high) = (low, high);
            (low[slowest], high[slowest]) = (start, (start + step).min(high[slowest]));
            match nan::is_between(&self.source, &low, &high, &mut || steps.check())? {
                false => Ok(()),
                true => Err(Error::Parameter {
                    filter: NAME,
                    name: "image",
                    expected: "free of NaN (nan_policy='raise')".into(),
                    got: "at least one NaN".into(),
                }),
            }
        };
        pool::for_each(context, parts, || (), part)
    }

    fn fill(&self, output: ViewMut<'_, T>, context: &Context<'_>) -> Result<()> {
        let level = simd::level()?;
        if output.size().contains(&0) {
            return Ok(());
        }
        match self.algorithm {
            Algorithm::Network => {
                let kernel = network::find::<T::Key>(level, &self.radius).expect("the window has a network");
                let walk = network::Walk::new(level, kernel, self.source, self.offset);
                if !walk.is_plain(output.strides()) {
                    return self.fill_copies(output, context);
                }
                let extent = walk.extent(output.size(), context.threads());
                self.bricks(output, &extent, context, |brick, memory, steps| {
                    let nan = walk.fill(brick, memory, &mut || steps.check())?;
                    if nan { self.apply_policy(level, brick, steps) } else { Ok(()) }
                })
            }
            Algorithm::Counting | Algorithm::Columns => {
                let columns = self.algorithm == Algorithm::Columns;
                let (image, size, threads) = (self.source.size(), output.size(), pool::num_threads());
                let extent = match columns {
                    true => columns::brick(&self.radius, size, threads),
                    false => counting::brick::<T>(&self.radius, image, size, threads),
                };
                // One body for both: what is compiled for each type of pixels is large.
                self.bricks(output, &extent, context, |brick, (scratch, medians), steps| {
                    self.compare(level, columns, brick, scratch, medians, steps)
                })
            }
            Algorithm::Histogram => {
                let extent = histogram::brick(&self.radius, self.source.size(), output.size());
                self.bricks(output, &extent, context, |brick, (), steps| self.count(brick, steps))
            }
        }
    }

    /// Fills the output from copies of the image.
    fn fill_copies(&self, output: ViewMut<'_, T>, context: &Context<'_>) -> Result<()> {
        let (source, offset, reach) = (self.source.into(), self.offset, &self.radius);
        Copies { name: NAME, source, offset, reach, output }.fill(
            context,
            &|source, offset, output, context| {
                let source = source.typed().expect("a copy has the same type");
                Window { source, offset, ..*self }.fill(output, context)
            },
        )
    }

    /// Cuts the output into bricks and fills them on the pool.
    fn bricks<S: Default>(
        &self,
        output: ViewMut<'_, T>,
        extent: &[usize],
        context: &Context<'_>,
        fill: impl Fn(&mut Brick<'_, T>, &mut S, &Steps<'_>) -> Result<()> + Sync,
    ) -> Result<()> {
        let bricks = output.into_bricks(extent);
        let steps = context.steps(NAME, bricks.len());
        pool::for_each(context, bricks, S::default, |scratch, mut brick| {
            steps.check()?;
            fill(&mut brick, scratch, &steps)?;
            steps.tick();
            Ok(())
        })
    }

    /// Where a brick's first pixel lies in the image, xyz.
    fn first(&self, brick: &Brick<'_, T>) -> Axes<usize> {
        Axes::from_fn(self.offset.len(), |a| self.offset[a] + brick.first()[a])
    }

    /// Corrects the medians of windows with NaN, which were taken in plain order.
    fn apply_policy(&self, level: Level, brick: &Brick<'_, T>, steps: &Steps<'_>) -> Result<()> {
        // The type is asked too, so that less is compiled for those without NaN.
        if !T::TYPE.is_float() || matches!(self.policy, NanPolicy::Order | NanPolicy::Raise) {
            return Ok(());
        }
        let first = self.first(brick);
        nan::correct(level, self.policy, &self.source, &self.radius, &first, brick, &mut || steps.check())
    }

    fn compare(
        &self,
        level: Level,
        columns: bool,
        brick: &mut Brick<'_, T>,
        scratch: &mut counting::Scratch<T::Key>,
        medians: &mut Vec<T>,
        steps: &Steps<'_>,
    ) -> Result<()> {
        let size = Axes::from_fn(self.radius.len(), |a| brick.size()[a]);
        let outputs = [&self.first(brick)[..], &size];
        medians.resize(size.iter().product(), T::default());
        let check = &mut || steps.check();
        if columns && size_of::<T::Key>() == 1 {
            columns::medians(level, &self.source, &self.radius, outputs, scratch.columns(), medians, check)?;
        } else {
            counting::medians(level, &self.source, &self.radius, outputs, scratch, medians, check)?;
        }
        brick.store_all(medians);
        self.apply_policy(level, brick, steps)
    }

    fn count(&self, brick: &mut Brick<'_, T>, steps: &Steps<'_>) -> Result<()> {
        let run = Run {
            first: self.first(brick),
            rows: brick.size().get(1).copied().unwrap_or(1),
            columns: brick.size()[0],
        };
        let mut stopped = Ok(());
        histogram::medians(&self.source, &self.radius, self.policy, &run, &mut |pixels| {
            stopped = steps.check();
            if stopped.is_ok() {
                brick.store_next(pixels);
            }
            stopped.is_ok()
        });
        stopped
    }
}
