//! The median of a box window.

use std::fmt;
use std::str::FromStr;

use itk_core::pool;
use itk_core::simd::{self, Key, KeyVector, Level, Simd};
use itk_core::{
    Axes, Context, Error, Header, PerAxis, Pixel, Region, Result, Steps, View, ViewMut, VisitType,
    buffer::Tile,
};

use crate::filter::{Filter, Maps, Task, windowed_input_region};
use crate::kernel::histogram::{self, Count, Run};
use crate::kernel::network;
use crate::kernel::ring::{Ring, for_each_clamped};
use crate::kernel::select::{MAX_SAMPLES, SelectRow};
use crate::kernel::tiles::tile_size;

/// What a NaN in a window does to its median. Types without NaN don't notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NanPolicy {
    /// NaN is greater than every number, and sorted with them.
    #[default]
    Order,
    /// Any NaN in the window makes the result NaN.
    Propagate,
    /// NaN is left out: of `m` other samples the one with `m / 2` smaller ones; NaN where there is none.
    Omit,
    /// Any NaN that a window covers is an error.
    Raise,
}

impl NanPolicy {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Order, Self::Propagate, Self::Omit, Self::Raise];

    /// Its name in texts: `propagate`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Propagate => "propagate",
            Self::Omit => "omit",
            Self::Raise => "raise",
        }
    }
}

impl fmt::Display for NanPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NanPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|policy| policy.name() == text).ok_or_else(|| Error::Parameter {
            filter: NAME,
            name: "nan_policy",
            expected: "'propagate', 'omit', 'raise' or 'order'".into(),
            got: format!("{text:?}"),
        })
    }
}

const NAME: &str = "median";

/// The median of the box window around each pixel.
///
/// In and out: scalar images or arrays of 1 to 6 axes and any [`Pixel`] type, which stays; same size and
/// geometry. The window has `2·radius + 1` pixels along each axis, radius 0 leaves an axis alone. Its count is
/// odd, so the result is always one of its samples. Floats are in total order: -0 before +0, NaN last (see
/// [`NanPolicy`]); a NaN comes out as the positive quiet one.
/// Beyond the border: the nearest pixel inside (ITK's zero-flux Neumann condition, scipy's `nearest`).
/// Cost: for windows of up to 127 samples about `n²` vector operations a register of pixels; larger ones cost
/// their cross-section per pixel, and never more than the image has. Scratch for wide types and huge windows is 24
/// bytes for each input pixel that a run of rows depends on.
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
        Self { radius: radius.into(), nan_policy: NanPolicy::Order }
    }

    /// What a NaN does. Default [`NanPolicy::Order`].
    pub fn nan_policy(self, nan_policy: NanPolicy) -> Self {
        Self { nan_policy, ..self }
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

struct Fill<'a> {
    median: &'a Median,
    radius: Axes<usize>,
    task: Task<'a>,
}

impl VisitType for Fill<'_> {
    type Out = Result<()>;

    fn visit<T: Pixel>(self) -> Result<()> {
        let offset = self.task.offset();
        let Task { source, output, context, .. } = self.task;
        let got = output.pixel_type();
        let (Some(source), Some(output)) = (source.typed::<T>(), output.typed::<T>()) else {
            let allowed = format!("the input's type, {}", T::TYPE);
            return Err(Error::PixelType { who: "median output", got, allowed });
        };
        let policy = if T::TYPE.is_float() { self.median.nan_policy } else { NanPolicy::Order };
        let window = Window { source, radius: self.radius, offset, policy };
        if policy == NanPolicy::Raise && window.covers_nan(output.size()) {
            return Err(Error::Parameter {
                filter: NAME,
                name: "image",
                expected: "free of NaN (nan_policy='raise')".into(),
                got: "at least one NaN".into(),
            });
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
}

impl<T: Pixel> Window<'_, T> {
    fn samples(&self) -> u128 {
        self.radius.iter().map(|&r| 2 * r as u128 + 1).product()
    }

    fn covers_nan(&self, size: &[usize]) -> bool {
        let low = Axes::from_fn(size.len(), |a| self.offset[a].saturating_sub(self.radius[a]));
        let high = Axes::from_fn(size.len(), |a| {
            (self.offset[a] + size[a]).saturating_add(self.radius[a]).min(self.source.size()[a])
        });
        let mut row = vec![T::default(); high[0] - low[0]];
        let mut found = false;
        crate::kernel::ring::for_each_index(&low[1..], &high[1..], |rest| {
            if !found {
                self.source.load(low[0], rest, &mut row);
                found = row.iter().any(|pixel| pixel.is_nan());
            }
        });
        found
    }

    fn fill(&self, output: ViewMut<'_, T>, context: &Context<'_>) -> Result<()> {
        let level = simd::level()?;
        if let Some(kernel) = network::find::<T::Key>(&self.radius) {
            let extent = Axes::from_fn(output.size().len(), |a| match a {
                0 => output.size()[0].max(1),
                1 => output.size()[1].clamp(1, 256),
                2 => output.size()[2].clamp(1, 8),
                _ => 1,
            });
            let bricks = output.into_bricks(&extent);
            let steps = context.steps(NAME, bricks.len());
            let walk = network::Walk::new(level, kernel, self.source, self.offset);
            return pool::for_each(bricks, network::Scratch::default, |scratch, mut brick| {
                walk.fill(&mut brick, scratch, &mut || steps.check())?;
                steps.tick();
                Ok(())
            });
        }
        let (selects, cost) = self.choose(level);
        let halo = self.radius.get(1).copied().unwrap_or(0).saturating_mul(2);
        let (rows, columns) = tile_size(output.size(), halo, cost);
        let tiles = output.into_tiles(rows, columns);
        let steps = context.steps(NAME, tiles.len());
        pool::for_each(
            tiles,
            || (),
            |_, mut tile| {
                match self.samples() {
                    _ if selects => self.select(level, &mut tile, &steps),
                    n if u32::try_from(n).is_ok() => self.count::<u32>(&mut tile, &steps),
                    n if u64::try_from(n).is_ok() => self.count::<u64>(&mut tile, &steps),
                    _ => self.count::<u128>(&mut tile, &steps),
                }?;
                steps.tick();
                Ok(())
            },
        )
    }

    /// Whether to select rather than to count, and the nanoseconds that a pixel then takes, roughly.
    fn choose(&self, level: Level) -> (bool, f64) {
        let samples = self.samples();
        let size = self.source.size();
        // The window's cross-section, as far as the image reaches.
        let rows: f64 =
            (1..size.len()).map(|a| (2 * self.radius[a] as u128 + 1).min(size[a] as u128) as f64).product();
        let lanes = lanes::<T::Key>(level) as f64;
        let select = 1.0 + 0.4 * (samples as f64).powi(2) / lanes;
        let count = 40.0 + 4.0 * rows + if size_of::<T>() > 2 { 60.0 } else { 0.0 };
        if samples <= MAX_SAMPLES as u128 && select <= count { (true, select) } else { (false, count) }
    }

    fn select(&self, level: Level, tile: &mut Tile<'_, T>, steps: &Steps<'_>) -> Result<()> {
        let (size, columns) = (self.source.size(), tile.columns());
        let rest_size = &size[1..];
        let rx = self.radius[0].min(MAX_SAMPLES);
        let first = self.offset[0] + columns.start;
        // The staged part of a row: what is inside the image, and how often its ends are repeated.
        let (low, high) = (first.saturating_sub(rx), (first + columns.len() + rx).min(size[0]));
        let (before, after) = (rx - (first - low), first + columns.len() + rx - high);
        let mut ring = Ring::<T::Key>::new(&self.radius[1..], rest_size, columns.len() + 2 * rx);
        let mut pixels = vec![T::default(); high - low];
        let mut starts = Vec::new();
        let mut keys = vec![T::Key::default(); columns.len().next_multiple_of(64)];
        let mut out = vec![T::default(); columns.len()];
        for row in tile.rows() {
            steps.check()?;
            let index = tile.index(row);
            let centre = Axes::from_fn(index.len(), |a| index[a] + self.offset[a + 1]);
            starts.clear();
            let mut has_nan = false;
            for_each_clamped(&centre, &self.radius[1..], rest_size, |rest| {
                let start = ring.row(rest, rest_size, |staged| {
                    self.source.load(low, rest, &mut pixels);
                    for (key, pixel) in staged[before..].iter_mut().zip(&pixels) {
                        *key = pixel.to_key();
                    }
                    staged[..before].fill(pixels[0].to_key());
                    let end = staged.len() - after;
                    staged[end..].fill(pixels[pixels.len() - 1].to_key());
                });
                starts.extend((0..=2 * rx).map(|x| start + x));
            });
            if matches!(self.policy, NanPolicy::Propagate | NanPolicy::Omit) {
                let nan = T::from_f64(f64::NAN).to_key();
                let width = columns.len() + 2 * rx;
                has_nan =
                    starts.iter().step_by(2 * rx + 1).any(|&s| ring.values()[s..s + width].contains(&nan));
            }
            if has_nan {
                let first = Axes::from_fn(size.len(), |a| if a == 0 { first } else { centre[a - 1] });
                let run = Run { first, rows: 1, columns: columns.len() };
                histogram::medians::<T, u32>(&self.source, &self.radius, self.policy, &run, |pixels| {
                    tile.store_next(pixels);
                    true
                });
            } else {
                simd::dispatch(level, SelectRow { keys: ring.values(), starts: &starts, out: &mut keys });
                for (pixel, &key) in out.iter_mut().zip(&keys) {
                    *pixel = T::from_key(key);
                }
                tile.store_next(&out);
            }
        }
        Ok(())
    }

    /// How many rows to count in one go: their block of input should fit in the cache, but loading it should
    /// not cost much more than the rows themselves.
    fn run_rows(&self, columns: usize) -> usize {
        const BLOCK: usize = 1 << 16;
        let reach = |a: usize, n: usize| {
            self.radius[a].saturating_mul(2).saturating_add(n).min(self.source.size()[a])
        };
        let layer = (2..self.radius.len()).fold(reach(0, columns), |n, a| n.saturating_mul(reach(a, 1)));
        let ry = self.radius.get(1).copied().unwrap_or(0);
        (BLOCK / layer.max(1)).saturating_sub(ry.saturating_mul(2)).max(ry.saturating_add(1))
    }

    fn count<C: Count>(&self, tile: &mut Tile<'_, T>, steps: &Steps<'_>) -> Result<()> {
        let columns = tile.columns();
        let mut rows = tile.rows();
        while !rows.is_empty() {
            // As far as the line along y goes: the next row of the tile may be a slice further.
            let index = tile.index(rows.start);
            let first = Axes::from_fn(index.len() + 1, |a| match a {
                0 => self.offset[0] + columns.start,
                _ => self.offset[a] + index[a - 1],
            });
            let in_line = tile.rows_a_line() - index.first().unwrap_or(&0);
            let run_rows = in_line.min(rows.len()).min(self.run_rows(columns.len()));
            let run = Run { first, rows: run_rows, columns: columns.len() };
            rows.start += run.rows;
            let mut stopped = Ok(());
            histogram::medians::<T, C>(&self.source, &self.radius, self.policy, &run, |pixels| {
                stopped = steps.check();
                if stopped.is_ok() {
                    tile.store_next(pixels);
                }
                stopped.is_ok()
            });
            stopped?;
        }
        Ok(())
    }
}

fn lanes<K: Key>(level: Level) -> usize {
    struct Lanes<K>(std::marker::PhantomData<K>);
    impl<K: Key> simd::Job for Lanes<K> {
        type Out = usize;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> usize {
            K::Vector::<S>::LANES
        }
    }
    simd::dispatch(level, Lanes::<K>(std::marker::PhantomData))
}
