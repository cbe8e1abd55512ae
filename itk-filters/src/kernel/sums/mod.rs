//! Means of box windows: sums in f64 that are those of adding samples one by one, divided by how many there are.
//!
//! Where every partial sum is exact, the order does not count: then sums run, along z, then y, then x, and a pixel costs
//! the same whatever the window. That holds for integers by their type, and for other pixels that are multiples of a
//! common step, if it is not too small beside the largest: see [`Grid`]. Pixels that are none (NaN, infinities, and those with
//! more digits than the sum has room for) count as 0 in the running sums, and windows that have one are added up
//! anew, sample by sample, x fastest. So what comes out does not depend on how the image was cut.

use itk_core::buffer::Brick;
use itk_core::simd::{self, Level};
use itk_core::{AnyView, Axes, Context, Pixel, Result, Steps, ViewMut, pool};

use super::copies::Copies;
use super::indices::for_each_index;
use super::stencil::rows::{narrow, widen};
use super::tiles::INLINE;

mod grid;
mod vectors;

use grid::Grid;
use vectors::{Taps, add, advance, replace};

/// Bytes of sums over the slower axes that a brick keeps: a part of the second-level cache.
const PLANE: usize = 384 << 10;

/// The widest brick.
const COLUMNS: usize = 512;

/// About how many nanoseconds a mean takes where sums run.
const COST: f64 = 3.0;

/// Nanoseconds of work that one brick should not exceed by far, so that progress is smooth.
const PIECE: f64 = 2e6;

/// Samples that are added one by one between two looks at whether to stop.
const PATIENCE: usize = 1 << 22;

/// The most samples that a window may have.
pub(crate) const MOST: usize = 1 << 24;

/// The means of all windows of an image.
pub(crate) struct Means<'a> {
    pub(crate) source: AnyView<'a>,
    /// The index in the image of the output's first pixel, xyz.
    pub(crate) offset: Axes<usize>,
    /// Of the window, xyz; it has at most [`MOST`] samples.
    pub(crate) radius: Axes<usize>,
}

impl Means<'_> {
    /// Computes all means, on the pool.
    ///
    /// # Errors
    /// [`itk_core::Error::Aborted`]; [`itk_core::Error::SimdLevel`].
    pub(crate) fn fill<O: Pixel>(
        &self,
        name: &'static str,
        output: ViewMut<'_, O>,
        context: &Context<'_>,
    ) -> Result<()> {
        let level = simd::level()?;
        if output.size().contains(&0) {
            return Ok(());
        }
        let (source, offset, reach) = (self.source, self.offset, &self.radius);
        let copies = Copies { name, source, offset, reach, output };
        if copies.pay(context.threads()) {
            return copies.fill(context, &|source, offset, output, context| {
                Means { source, offset, ..*self }.fill(name, output, context)
            });
        }
        let output = copies.output;
        let extent = self.extent(output.size(), context.threads());
        let bricks = output.into_bricks(&extent);
        let steps = context.steps(name, bricks.len());
        pool::for_each(
            context,
            bricks,
            || (),
            |(), mut brick| {
                steps.check()?;
                let size = Axes::from_fn(brick.size().len(), |a| brick.size()[a]);
                let first = Axes::from_fn(size.len(), |a| self.offset[a] + brick.first()[a]);
                Work::new(self, level, first, size).run(&mut brick, &steps)?;
                steps.tick();
                Ok(())
            },
        )
    }

    fn samples(&self) -> usize {
        self.radius.iter().map(|r| 2 * r + 1).product()
    }

    /// The bricks (xyz) to cut an output of this size into.
    fn extent(&self, size: &[usize], threads: usize) -> Axes<usize> {
        let columns = size[0].div_ceil(size[0].div_ceil(COLUMNS));
        let mut extent = Axes::from_fn(size.len(), |a| if a == 0 { columns } else { size[a] });
        if size.len() > 1 {
            let halo = 2 * self.radius[1];
            let rows = PLANE / (size_of::<f64>() * (columns + 2 * self.radius[0].min(columns)));
            extent[1] = rows.saturating_sub(halo).max(halo).clamp(16.min(size[1]), size[1]);
        }
        let work = COST * size.iter().map(|&n| n as f64).product::<f64>();
        if work < INLINE {
            return extent;
        }
        // Cut the slowest axes first, but never so that warming up would be much of the work.
        let pieces = (work / PIECE).ceil().max(8.0 * threads as f64) as usize;
        let mut left = pieces.div_ceil((0..size.len()).map(|a| size[a].div_ceil(extent[a])).product());
        for a in (1..size.len()).rev() {
            let least = 8 * 2 * self.radius[a];
            extent[a] = extent[a].div_ceil(left).max(least).max(1).min(extent[a]);
            left = left.div_ceil(size[a].div_ceil(extent[a]));
        }
        extent
    }
}

/// What one brick works with. Rows are those of the image that its windows reach, columns too.
struct Work<'a> {
    means: &'a Means<'a>,
    level: Level,
    /// The brick's first pixel in the image, and its size, xyz.
    first: Axes<usize>,
    size: Axes<usize>,
    /// The first pixel of the image that its windows reach, and the one after the last, xyz.
    low: Axes<usize>,
    high: Axes<usize>,
    /// Which pixels are added; `None` for all.
    grid: Option<Grid>,
    /// The other pixels, xyz.
    others: Vec<Axes<usize>>,
    /// For each row along y, its sums over the window's rows on the axes after y.
    plane: Vec<f64>,
    /// The sums of those over the window along y.
    sums: Taps,
    row: Vec<f64>,
    other_row: Vec<f64>,
    means_of_row: Vec<f64>,
}

impl<'a> Work<'a> {
    fn new(means: &'a Means<'a>, level: Level, first: Axes<usize>, size: Axes<usize>) -> Self {
        let (radius, image) = (&means.radius, means.source.size());
        let low = Axes::from_fn(size.len(), |a| first[a].saturating_sub(radius[a]));
        let high = Axes::from_fn(size.len(), |a| (first[a] + size[a] + radius[a]).min(image[a]));
        let columns = high[0] - low[0];
        let rows = if size.len() > 1 { high[1] - low[1] } else { 1 };
        Self {
            means,
            level,
            sums: Taps::new(radius[0], first[0], size[0], low[0], columns, means.samples() as f64),
            first,
            size,
            low,
            high,
            grid: None,
            others: Vec::new(),
            plane: vec![0.0; rows * columns],
            row: vec![0.0; columns],
            other_row: vec![0.0; columns],
            means_of_row: vec![0.0; size[0]],
        }
    }

    fn run<O: Pixel>(mut self, brick: &mut Brick<'_, O>, steps: &Steps<'_>) -> Result<()> {
        let mut pixels = vec![O::default(); self.size[0]];
        let running = self.choose(steps)?;
        // The axes after z one by one, then z, then y.
        let outer = self.first.len().max(3);
        let (first, size) = (self.first, self.size);
        let end = |a: usize| first.get(a).map_or(1, |&i| i + size[a]);
        let start = |a: usize| first.get(a).copied().unwrap_or(0);
        let mut error = None;
        for_each_index(
            &Axes::from_fn(outer - 2, |a| start(a + 2)),
            &Axes::from_fn(outer - 2, |a| end(a + 2)),
            |index| {
                if error.is_some() {
                    return;
                }
                let slice = Axes::from_fn(first.len().saturating_sub(2), |a| index[a]);
                error = self.slice(running, &slice, brick, &mut pixels, steps).err();
            },
        );
        error.map_or(Ok(()), Err)
    }

    /// Decides which pixels the running sums have; `false` when so many are none that sums had better not run.
    fn choose(&mut self, steps: &Steps<'_>) -> Result<bool> {
        let samples = self.means.samples();
        if samples == 1 {
            // A pixel alone is its own sum, but for the sign of zero.
            return Ok(false);
        }
        if Grid::is_needless(self.means.source.pixel_type(), samples) {
            return Ok(true);
        }
        let mut largest = 0.0f64;
        self.visit_rows(steps, |work, _| {
            largest = largest.max(vectors::largest(work.level, &work.row));
            true
        })?;
        let Some(grid) = Grid::new(largest, samples) else { return Ok(false) };
        self.grid = Some(grid);
        // Each of them makes a window's worth of results be added up anew.
        let most = self.size.iter().product::<usize>() / samples;
        let first = self.low[0];
        self.visit_rows(steps, |work, rest| {
            if vectors::count_others(work.level, &work.row, grid) > 0 {
                for (x, _) in work.row.iter().enumerate().filter(|(_, value)| !grid.has(**value)) {
                    work.others.push(Axes::from_fn(rest.len() + 1, |a| match a {
                        0 => first + x,
                        _ => rest[a - 1],
                    }));
                }
            }
            work.others.len() <= most
        })
    }

    /// Reads all rows that the brick's windows reach, until one is refused.
    fn visit_rows(
        &mut self,
        steps: &Steps<'_>,
        mut visit: impl FnMut(&mut Self, &[usize]) -> bool,
    ) -> Result<bool> {
        let rest = |axes: &Axes<usize>| Axes::from_fn(axes.len() - 1, |a| axes[a + 1]);
        let (low, high) = (rest(&self.low), rest(&self.high));
        let (mut good, mut aborted) = (true, Ok(()));
        for_each_index(&low, &high, |rest| {
            if !good || aborted.is_err() {
                return;
            }
            if rest.first().is_none_or(|&y| y == low[0]) {
                aborted = steps.check();
            }
            widen(self.level, &self.means.source, self.low[0], rest, &mut self.row);
            good = visit(self, rest);
        });
        aborted.map(|()| good)
    }

    /// The brick's rows at an index on the axes after y.
    fn slice<O: Pixel>(
        &mut self,
        running: bool,
        slice: &[usize],
        brick: &mut Brick<'_, O>,
        pixels: &mut [O],
        steps: &Steps<'_>,
    ) -> Result<()> {
        if running {
            steps.check()?;
            self.fill_plane(slice);
        }
        let near: Vec<Axes<usize>> =
            self.others.iter().filter(|at| self.is_near(&at[2.min(at.len())..], slice, 2)).copied().collect();
        let (start, rows) = (self.first.get(1).copied().unwrap_or(0), self.size.get(1).copied().unwrap_or(1));
        for y in start..start + rows {
            let rest = Axes::from_fn(self.first.len() - 1, |a| if a == 0 { y } else { slice[a - 1] });
            if running {
                self.sum_along_y(y);
                self.sums.means(self.level, &mut self.means_of_row);
                self.mend(&near, &rest, steps)?;
            } else {
                self.one_by_one(0, self.size[0], &rest, steps)?;
            }
            narrow(self.level, &self.means_of_row, pixels);
            brick.store_next(pixels);
        }
        Ok(())
    }

    /// Whether windows at `centre` reach a pixel at `at`, both on the axes from `axis` on.
    fn is_near(&self, at: &[usize], centre: &[usize], axis: usize) -> bool {
        at.iter().zip(centre).enumerate().all(|(a, (&i, &c))| i.abs_diff(c) <= self.means.radius[axis + a])
    }

    /// The plane of a slice: anew at the brick's first along z, else from the one before.
    fn fill_plane(&mut self, slice: &[usize]) {
        let columns = self.row.len();
        let (low, high) = match self.first.len() {
            1 => (0, 1),
            _ => (self.low[1], self.high[1]),
        };
        let fresh = slice.first().is_none_or(|&z| z == self.first[2]);
        if fresh {
            self.plane.fill(0.0);
        }
        // How often each index along an axis counts in a window: those at the border stand for all beyond.
        let repeats = |a: usize, i: usize| {
            let (c, r, n) =
                (slice[a] as i64, self.means.radius[a + 2] as i64, self.means.source.size()[a + 2]);
            let from = if i == 0 { c - r } else { (i as i64).max(c - r) };
            let to = if i + 1 == n { c + r } else { (i as i64).min(c + r) };
            (to - from + 1).max(0) as f64
        };
        // Along z, what comes in and what goes out, or all at the first slice.
        let z = slice.first().map(|&z| {
            let (r, n) = (self.means.radius[2], self.means.source.size()[2]);
            ((z + r).min(n - 1), (z.saturating_sub(1)).saturating_sub(r))
        });
        let reach = |a: usize, end: &Axes<usize>| end[a + 2];
        let lead = usize::from(!fresh && !slice.is_empty());
        let from = Axes::from_fn(slice.len() - lead, |a| {
            reach(a + lead, &self.low).max(slice[a + lead].saturating_sub(self.means.radius[a + lead + 2]))
        });
        let to = Axes::from_fn(slice.len() - lead, |a| {
            reach(a + lead, &self.high).min(slice[a + lead] + self.means.radius[a + lead + 2] + 1)
        });
        for y in low..high {
            let plane = &mut self.plane[(y - low) * columns..][..columns];
            for_each_index(&from, &to, |index| {
                let weight: f64 = (0..index.len()).map(|a| repeats(a + lead, index[a])).product();
                let mut rest = Axes::filled(self.first.len() - 1, 0);
                if let Some(row) = rest.first_mut() {
                    *row = y;
                }
                for (a, &i) in index.iter().enumerate() {
                    rest[1 + lead + a] = i;
                }
                let (source, x) = (&self.means.source, self.low[0]);
                match z {
                    Some((comes, goes)) if lead == 1 => {
                        // Both ends are at the same border, or the window has not left the first pixel yet.
                        if comes == goes {
                            return;
                        }
                        rest[1] = comes;
                        widen(self.level, source, x, &rest, &mut self.row);
                        rest[1] = goes;
                        widen(self.level, source, x, &rest, &mut self.other_row);
                        replace(self.level, plane, &self.row, &self.other_row, weight, self.grid);
                    }
                    _ => {
                        widen(self.level, source, x, &rest, &mut self.row);
                        add(self.level, plane, &self.row, weight, self.grid);
                    }
                }
            });
        }
    }

    /// Sums of the plane over the window's rows around `y`.
    fn sum_along_y(&mut self, y: usize) {
        let columns = self.row.len();
        let Some(&radius) = self.means.radius.get(1) else {
            let sums = self.sums.columns();
            sums.fill(0.0);
            return add(self.level, sums, &self.plane, 1.0, None);
        };
        let (low, high, n) = (self.low[1], self.high[1], self.means.source.size()[1]);
        let row = |y: usize| &self.plane[(y - low) * columns..][..columns];
        let sums = self.sums.columns();
        if y == self.first[1] {
            sums.fill(0.0);
            for i in y.saturating_sub(radius)..(y + radius + 1).min(high) {
                let from = if i == 0 { y as i64 - radius as i64 } else { i as i64 };
                let to = if i + 1 == n { y + radius } else { i };
                add(self.level, sums, row(i), (to as i64 - from + 1) as f64, None);
            }
            return;
        }
        let (comes, goes) = ((y + radius).min(n - 1), (y - 1).saturating_sub(radius));
        if comes != goes {
            advance(self.level, sums, row(comes), row(goes));
        }
    }

    /// Adds up anew the windows of a row that have one of the other pixels.
    fn mend(&mut self, near: &[Axes<usize>], rest: &[usize], steps: &Steps<'_>) -> Result<()> {
        let (first, end, radius) = (self.first[0], self.first[0] + self.size[0], self.means.radius[0]);
        let mut spans: Vec<(usize, usize)> = near
            .iter()
            .filter(|at| self.is_near(&at[1..], rest, 1))
            .map(|at| (at[0].saturating_sub(radius).max(first), (at[0] + radius + 1).min(end)))
            .collect();
        spans.sort_unstable();
        let mut done = first;
        for (from, to) in spans {
            let from = from.max(done);
            if from < to {
                self.one_by_one(from - first, to - first, rest, steps)?;
                done = to;
            }
        }
        Ok(())
    }

    /// The means of the brick's columns `from..to` in a row: samples are added in ITK's order.
    fn one_by_one(&mut self, from: usize, to: usize, rest: &[usize], steps: &Steps<'_>) -> Result<()> {
        let (radius, image) = (self.means.radius, self.means.source.size());
        let centre = self.first[0] + from;
        let low = centre.saturating_sub(radius[0]);
        let high = (self.first[0] + to + radius[0]).min(image[0]);
        // The row's columns, and repeated pixels on both sides.
        let before = low + radius[0] - centre;
        let mut padded = vec![0.0; to - from + 2 * radius[0]];
        let means = &mut self.means_of_row[from..to];
        means.fill(0.0);
        let window = Axes::from_fn(rest.len(), |a| 2 * radius[a + 1] + 1);
        let (mut added, mut aborted, mut known) = (0, Ok(()), None);
        for_each_index(&Axes::filled(rest.len(), 0), &window, |offset| {
            if aborted.is_err() {
                return;
            }
            let at = Axes::from_fn(rest.len(), |a| {
                (rest[a] + offset[a]).saturating_sub(radius[a + 1]).min(image[a + 1] - 1)
            });
            if known != Some(at) {
                let (left, others) = padded.split_at_mut(before);
                let (middle, right) = others.split_at_mut(high - low);
                widen(self.level, &self.means.source, low, &at, middle);
                left.fill(middle[0]);
                right.fill(middle[middle.len() - 1]);
                known = Some(at);
            }
            vectors::add_taps(self.level, &padded, 2 * radius[0] + 1, means);
            added += padded.len().saturating_mul(2 * radius[0] + 1);
            if added > PATIENCE {
                (added, aborted) = (0, steps.check());
            }
        });
        vectors::divide(self.level, means, self.means.samples() as f64);
        aborted
    }
}
