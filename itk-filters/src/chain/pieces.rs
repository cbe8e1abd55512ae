//! Runs a chain piece by piece.

use std::ops::Range;

use itk_core::{AnyImage, AnyView, AnyViewMut, Axes, Buffer, Filter, Header, Region, Result, Task, pool};

use super::Chain;

/// Most bytes of intermediate results that a piece should have: those that are not in the second-level cache when the next
/// filter reads them are in the third.
const CACHED: usize = 2 << 20;

/// Pixels of a piece: with more, what is done once a piece costs no less.
const PIXELS: usize = 1 << 19;

/// Most pixels that a filter computes for each pixel of a piece; with more, whole images cost less.
const OVERHEAD: f64 = 1.5;

/// The least extent along x, where rows are read.
const ROW: usize = 256;

/// The least pixels of a piece along the slowest axis, for each pixel that the next piece has of the one before.
const KEPT: usize = 2;

/// What a pixel costs that is copied from the piece before, in pixels that are computed.
const COPY: f64 = 1.0 / 16.0;

/// Computes the output of a chain of at least two filters.
pub(super) fn fill(chain: &Chain, task: Task<'_>) -> Result<()> {
    let headers = chain.headers(task.input)?;
    if task.output.size().contains(&0) {
        return Ok(());
    }
    match extent(chain, &headers, &task.region, task.context.threads())? {
        Some(extent) => pieces(chain, &headers, &extent, task),
        None => whole(chain, &headers, task),
    }
}

/// How large pieces are, xyz; `None` when they would be no use.
fn extent(chain: &Chain, headers: &[Header], region: &Region, threads: usize) -> Result<Option<Axes<usize>>> {
    let (size, last) = (region.size(), region.rank() - 1);
    let middle = &headers[1..headers.len() - 1];
    let bytes: usize = middle.iter().map(|header| header.pixel_type.size() * header.components).sum();
    let most = PIXELS.min(CACHED / bytes);
    // Results that stay in the cache as a whole need no pieces.
    if region.pixels() <= most {
        return Ok(None);
    }
    // Pixels that the first filter computes more along each axis, seen from the middle of the output.
    let middle = Axes::from_fn(size.len(), |a| region.index()[a] + size[a] as i64 / 2);
    let regions = chain.regions(headers, &Region::new(&middle, &Axes::filled(size.len(), 1))?)?;
    let more = Axes::from_fn(size.len(), |a| regions[1].size()[a] - 1);
    // Along the slowest axis a piece has from the one before what both need.
    let cost = |a: usize, extent: usize| more[a] as f64 / extent as f64 * if a == last { COPY } else { 1.0 };
    let least = |a: usize| {
        let kept = if a == last { KEPT * more[a] } else { 1 };
        kept.max(if a == 0 { ROW } else { 1 })
    };
    let wanted = most.min(region.pixels().div_ceil(4 * threads)).max(most / 8);
    let mut extent = region.extent();
    while extent.iter().product::<usize>() > wanted {
        // Halve where it makes the least more work; rows last, as they are read in one go.
        let choice = (0..size.len())
            .filter(|&a| extent[a] > least(a))
            .min_by(|&a, &b| cost(a, extent[a]).total_cmp(&cost(b, extent[b])).then(b.cmp(&a)));
        let Some(a) = choice else { break };
        extent[a] = extent[a].div_ceil(2);
    }
    let overhead: f64 = (0..size.len()).map(|a| 1.0 + cost(a, extent[a])).product();
    Ok((overhead <= OVERHEAD).then_some(extent))
}

/// Runs each filter on all that the next one needs.
fn whole(chain: &Chain, headers: &[Header], task: Task<'_>) -> Result<()> {
    let regions = chain.regions(headers, &task.region)?;
    let (last, others) = chain.filters.split_last().expect("a chain with filters");
    let report = |i: usize, part: f64| task.context.report((i as f64 + part) / chain.filters.len() as f64);
    let mut before: Option<AnyImage> = None;
    for (i, filter) in others.iter().enumerate() {
        let progress = |part: f64| report(i, part);
        let context = &task.context.clone().progress(&progress);
        let plan = Header { region: regions[i + 1], ..headers[i + 1].clone() };
        let header = before.as_ref().map(AnyImage::header);
        let image = AnyImage::filled_by(&plan, &|output| {
            let source = before.as_ref().map_or(task.source, AnyImage::view);
            let input = header.as_ref().unwrap_or(task.input);
            filter.fill(Task { input, source, region: plan.region, output, context })
        })?;
        before = Some(image);
    }
    let progress = |part: f64| report(others.len(), part);
    let context = &task.context.clone().progress(&progress);
    let before = before.expect("a chain of at least two filters");
    last.fill(Task { input: &before.header(), source: before.view(), context, ..task })
}

/// Runs all filters on one piece of the output after the other.
fn pieces(chain: &Chain, headers: &[Header], extent: &Axes<usize>, task: Task<'_>) -> Result<()> {
    let Task { input, source, region, output, context } = task;
    // Columns of pieces are what threads share; each computes its first slices anew.
    let (size, last) = (region.size(), extent.len() - 1);
    let beside: usize = (0..last).map(|a| size[a].div_ceil(extent[a])).product();
    let high = size[last].div_ceil((2 * context.threads()).div_ceil(beside)).next_multiple_of(extent[last]);
    let column = Axes::from_fn(extent.len(), |a| if a == last { high.min(size[a]) } else { extent[a] });
    // Where the output has an axis of components, it comes first, and is taken whole.
    let lead = output.size().len() - size.len();
    let components = output.size()[0];
    let led = |extent: &[usize]| {
        Axes::from_fn(lead + extent.len(), |a| if a < lead { components } else { extent[a - lead] })
    };
    let columns = output.into_parts(&led(&column));
    let count = columns.iter().map(|(_, column)| column.size()[lead + last].div_ceil(extent[last])).sum();
    let steps = context.steps(chain.name(), count);
    let silent = |_: f64| {};
    let context = &context.clone().progress(&silent).num_threads(1);
    let kept = || headers[1..headers.len() - 1].iter().map(Kept::new).collect();
    pool::for_each(task.context, columns, kept, |kept: &mut Vec<Kept>, (first, column)| {
        for (within, output) in column.into_parts(&led(extent)) {
            steps.check()?;
            let index = Axes::from_fn(size.len(), |a| {
                region.index()[a] + (first[lead + a] + within[lead + a]) as i64
            });
            let region = Region::new(&index, &output.size()[lead..])?;
            piece(chain, headers, Task { input, source, region, output, context }, kept)?;
            steps.tick();
        }
        Ok(())
    })
}

/// Runs the filters one after the other on what a piece needs.
fn piece(chain: &Chain, headers: &[Header], task: Task<'_>, kept: &mut [Kept]) -> Result<()> {
    let regions = chain.regions(headers, &task.region)?;
    let (last, others) = chain.filters.split_last().expect("a chain with filters");
    for (i, filter) in others.iter().enumerate() {
        let (before, own) = kept.split_at_mut(i);
        let Some((region, output)) = own[0].advance(regions[i + 1])? else { continue };
        let (input, source) = before.last().map_or((task.input, task.source), Kept::pixels);
        filter.fill(Task { input, source, region, output, context: task.context })?;
    }
    let (input, source) = kept.last().map_or((task.input, task.source), Kept::pixels);
    last.fill(Task { input, source, ..task })
}

/// What a piece has of an intermediate result, in the memory of the piece before.
struct Kept {
    /// Of the pixels at hand.
    header: Header,
    memory: Option<Buffer<u8>>,
}

impl Kept {
    fn new(header: &Header) -> Self {
        Self { header: header.clone(), memory: None }
    }

    /// Goes on to the pixels of `region`, and keeps those that are there already. Returns the part that is to be computed, if
    /// any, and where it goes.
    fn advance(&mut self, region: Region) -> Result<Option<(Region, AnyViewMut<'_>)>> {
        let last = region.rank() - 1;
        let mut same = shared(&self.header.region, &region);
        self.header.region = region;
        let mut size = self.header.array_size();
        let (depth, last_of_array) = (region.size()[last], size.len() - 1);
        let slice = size[..last_of_array].iter().product::<usize>() * self.header.pixel_type.size();
        if self.memory.as_ref().is_none_or(|memory| memory.strides().count() < depth * slice) {
            // Pieces at the border need a little less than others.
            self.memory = None;
            self.memory = Some(Buffer::zeroed(Axes::filled(1, (depth + depth.div_ceil(4)) * slice))?);
            same = 0..0;
        }
        let memory = self.memory.as_mut().expect("memory was made").as_mut_slice()?;
        let memory = memory.expect("nobody else has seen it");
        memory.copy_within(same.start * slice..same.end * slice, 0);
        let along_last = |a: usize| if a == last { same.len() } else { 0 };
        let index = Axes::from_fn(region.rank(), |a| region.index()[a] + along_last(a) as i64);
        let new = Region::new(&index, &Axes::from_fn(region.rank(), |a| region.size()[a] - along_last(a)))?;
        size[last_of_array] = new.size()[last];
        let output = AnyViewMut::of_bytes(self.header.pixel_type, size, &mut memory[same.len() * slice..]);
        Ok((new.pixels() > 0).then_some((new, output)))
    }

    /// The pixels at hand.
    fn pixels(&self) -> (&Header, AnyView<'_>) {
        let memory = self.memory.as_ref().and_then(Buffer::as_slice).unwrap_or_default();
        (&self.header, AnyView::of_bytes(self.header.pixel_type, self.header.array_size(), memory))
    }
}

/// The slices of one region along the slowest axis that are the first ones of the next.
fn shared(before: &Region, next: &Region) -> Range<usize> {
    let last = next.rank() - 1;
    let moved = next.relative_to(before);
    let alike = moved.index()[..last].iter().all(|&i| i == 0) && before.size()[..last] == next.size()[..last];
    match usize::try_from(moved.index()[last]) {
        Ok(start) if alike && start < before.size()[last] => {
            start..before.size()[last].min(start + next.size()[last])
        }
        _ => 0..0,
    }
}
