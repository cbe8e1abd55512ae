//! Images whose rows lie in memory as an algorithm cannot use them, such as those of arrays in Fortran order where others are in
//! C's: pieces of the output are computed from copies, into copies.

use itk_core::{
    AnyView, AnyViewMut, Axes, Context, Pixel, Region, Result, Strides, View, ViewMut, VisitType, pool,
};

/// Bytes of a piece at most: it is read and written in the second-level cache, and its memory is no call of the system's.
const BYTES: usize = 256 << 10;

/// The fewest pixels of a piece, where there are more: several times as many as a register has.
const LEAST: usize = 1 << 14;

/// The most pixels that are read for each that is written.
const OVERHEAD: usize = 4;

/// What an algorithm is to fill.
pub(crate) struct Copies<'a, O> {
    pub(crate) name: &'static str,
    pub(crate) source: AnyView<'a>,
    /// The index in the image of the output's first pixel, xyz.
    pub(crate) offset: Axes<usize>,
    /// How many neighbours on each side a pixel depends on along each axis, xyz.
    pub(crate) reach: &'a [usize],
    pub(crate) output: ViewMut<'a, O>,
}

/// The memory of one thread: of any pixels that are read, and of those that are written.
type Memory<O> = (Vec<u64>, Vec<O>);

/// Computes an output that is not empty from an image, the index in the image of the output's first pixel being given.
type Compute<'c, O> =
    dyn Fn(AnyView<'_>, Axes<usize>, ViewMut<'_, O>, &Context<'_>) -> Result<()> + Sync + 'c;

impl<O: Pixel> Copies<'_, O> {
    /// Whether pixels of image or output are nearer to each other along another axis than along x, and copies take little time
    /// beside this.
    pub(crate) fn pay(&self, threads: usize) -> bool {
        let is_far = |strides: &Strides| {
            let step = |a: usize| strides.bytes[a].unsigned_abs();
            (1..strides.size.len()).any(|a| strides.size[a] > 1 && step(a) < step(0))
        };
        let extent = self.extent(threads);
        let read =
            |a: usize| extent[a].saturating_add(self.reach[a].saturating_mul(2)).min(self.source.size()[a]);
        (is_far(self.source.strides()) || is_far(self.output.strides()))
            && (0..extent.len()).map(read).fold(1, usize::saturating_mul)
                <= OVERHEAD.saturating_mul(extent.iter().product())
    }

    /// How large pieces are, xyz: the longest axis is cut first, and of those as long the slowest.
    fn extent(&self, threads: usize) -> Axes<usize> {
        let mut extent = Axes::from_fn(self.output.size().len(), |a| self.output.size()[a]);
        let pixels: usize = extent.iter().product();
        let cached = BYTES / size_of::<O>().max(self.source.pixel_type().size());
        let most = pixels.div_ceil(4 * threads).max(LEAST).min(cached);
        while extent.iter().product::<usize>() > most {
            let longest = (0..extent.len()).max_by_key(|&a| extent[a]).expect("an axis");
            extent[longest] = extent[longest].div_ceil(2);
        }
        extent
    }

    /// Runs `compute` on copies, on the pool: rows of what it gets follow each other without gaps, in this machine's byte order.
    ///
    /// # Errors
    /// [`itk_core::Error::Aborted`], and those of `compute`.
    pub(crate) fn fill(self, context: &Context<'_>, compute: &Compute<'_, O>) -> Result<()> {
        let extent = self.extent(context.threads());
        let Self { name, source, offset, reach, output } = self;
        let bricks = output.into_bricks(&extent);
        let steps = context.steps(name, bricks.len());
        let silent = |_: f64| {};
        let alone = &context.clone().progress(&silent).num_threads(1);
        pool::for_each(context, bricks, Memory::default, |(samples, results), mut brick| {
            steps.check()?;
            let size = Axes::from_fn(brick.size().len(), |a| brick.size()[a]);
            let first = |a: usize| offset[a] + brick.first()[a];
            let low = Axes::from_fn(size.len(), |a| first(a).saturating_sub(reach[a]));
            let end = |a: usize| (first(a) + size[a]).saturating_add(reach[a]).min(source.size()[a]);
            let seen = Axes::from_fn(size.len(), |a| end(a) - low[a]);
            let region = Region::new(&Axes::from_fn(size.len(), |a| low[a] as i64), &seen)?;
            source.pixel_type().visit(Load { source, region, memory: samples });
            results.resize(size.iter().product(), O::default());
            let image = AnyView::of_bytes(source.pixel_type(), seen, bytemuck::cast_slice(samples));
            let output = AnyViewMut::of_bytes(O::TYPE, size, bytemuck::cast_slice_mut(results));
            let output = output.typed().expect("pixels of this type");
            compute(image, Axes::from_fn(size.len(), |a| first(a) - low[a]), output, alone)?;
            brick.store_all(results);
            steps.tick();
            Ok(())
        })
    }
}

/// Copies a region of an image, x fastest.
struct Load<'a> {
    source: AnyView<'a>,
    region: Region,
    memory: &'a mut Vec<u64>,
}

impl VisitType for Load<'_> {
    type Out = ();

    fn visit<T: Pixel>(self) {
        let source: View<'_, T> = self.source.typed().expect("visited with the source's own type");
        let pixels = self.region.pixels();
        self.memory.resize((pixels * size_of::<T>()).div_ceil(size_of::<u64>()), 0);
        source.region(&self.region).load_all(&mut bytemuck::cast_slice_mut(self.memory)[..pixels]);
    }
}
