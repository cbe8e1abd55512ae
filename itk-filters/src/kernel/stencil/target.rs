//! Parts of an output, whatever the type of its pixels: the drivers are compiled once for all types, not once for each.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::buffer::Brick;
use itk_core::{Axes, Context, Pixel, PixelType, Result, Steps, Strides, ViewMut, pool};

/// A brick of an output.
pub(super) trait Target {
    /// [`Brick::first`].
    fn first(&self) -> &[usize];
    /// [`Brick::size`].
    fn size(&self) -> &[usize];
    /// [`Brick::strides`].
    fn strides(&self) -> &Strides;
    /// [`Brick::is_plain`].
    fn is_plain(&self) -> bool;
    /// The type of its pixels.
    fn pixel_type(&self) -> PixelType;
    /// [`Brick::row`].
    fn row(&self, rest: &[usize]) -> *mut u8;
    /// Writes the row `rest`, as [`Brick::put`] does.
    ///
    /// # Safety
    /// `pixels` are a row of such pixels, aligned as they are.
    unsafe fn put(&self, rest: &[usize], pixels: *const u8);
}

impl<O: Pixel> Target for Brick<'_, O> {
    fn first(&self) -> &[usize] {
        self.first()
    }

    fn size(&self) -> &[usize] {
        self.size()
    }

    fn strides(&self) -> &Strides {
        self.strides()
    }

    fn is_plain(&self) -> bool {
        self.is_plain()
    }

    fn pixel_type(&self) -> PixelType {
        O::TYPE
    }

    fn row(&self, rest: &[usize]) -> *mut u8 {
        self.row(rest).cast()
    }

    unsafe fn put(&self, rest: &[usize], pixels: *const u8) {
        // SAFETY: the caller's promise.
        self.put(0, rest, unsafe { std::slice::from_raw_parts(pixels.cast::<O>(), self.size()[0]) });
    }
}

/// Rows of results that wait to be put into a brick whose pixels do not follow each other.
pub(super) struct Spare {
    /// Aligned for any pixel.
    values: Vec<u64>,
    /// Bytes a row.
    pitch: usize,
}

impl Spare {
    /// So many rows, unless the brick is plain.
    pub(super) fn new(brick: &dyn Target, rows: usize) -> Self {
        let pitch = brick.size()[0] * brick.pixel_type().size();
        let bytes = if brick.is_plain() { 0 } else { pitch * rows };
        Self { values: vec![0; bytes.div_ceil(size_of::<u64>())], pitch }
    }

    /// Where the rows start, each of which follows the one before it.
    pub(super) fn start(&mut self) -> *mut u8 {
        self.values.as_mut_ptr().cast()
    }

    /// Bytes from a row to the next.
    pub(super) fn pitch(&self) -> isize {
        self.pitch as isize
    }

    /// Puts the first rows where `at` says.
    pub(super) fn put(&self, brick: &dyn Target, rows: usize, at: impl Fn(usize) -> Axes<usize>) {
        assert!(rows * self.pitch <= size_of_val(&self.values[..]), "rows that there are");
        for row in 0..rows {
            let pixels = self.values.as_ptr().cast::<u8>().wrapping_add(row * self.pitch);
            // SAFETY: rows of pixels start at multiples of a pixel's size, from memory that is aligned for all; any bits are a
            // pixel.
            unsafe { brick.put(&at(row), pixels) };
        }
    }
}

/// Cuts an output into bricks of `extent`, which `fill` fills, on the pool.
///
/// # Errors
/// Those of `fill`; [`itk_core::Error::Aborted`].
///
/// # Safety
/// `fill` writes every row of its brick, or returns an error.
pub(super) unsafe fn fill_bricks<O: Pixel>(
    name: &'static str,
    output: ViewMut<'_, O>,
    extent: &[usize],
    context: &Context<'_>,
    fill: &(dyn Fn(&dyn Target, &Steps<'_>) -> Result<()> + Sync),
) -> Result<()> {
    let bricks = output.into_bricks(extent);
    let steps = context.steps(name, bricks.len());
    pool::for_each(
        context,
        bricks,
        || (),
        |(), mut brick| {
            steps.check()?;
            fill(&brick, &steps)?;
            // SAFETY: the caller's promise.
            unsafe { brick.assume_stored() };
            steps.tick();
            Ok(())
        },
    )
}
