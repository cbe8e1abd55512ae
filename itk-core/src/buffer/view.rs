//! Borrowed pixels: read by copying rows out, written by storing rows that nobody else stores.

use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{ArrayBase, Data, DataMut, Dimension, RawData};

use super::Strides;
use crate::pixel::{Pixel, PixelType};
use crate::{Axes, Region};

/// Pixels of a type known at run time only, to be read.
#[derive(Clone, Copy)]
pub struct AnyView<'a> {
    pixel: PixelType,
    start: NonNull<u8>,
    strides: Strides,
    exclusive: bool,
    lifetime: PhantomData<&'a [u8]>,
}

// SAFETY: a view only copies pixels out.
unsafe impl Send for AnyView<'_> {}
// SAFETY: as above.
unsafe impl Sync for AnyView<'_> {}

impl<'a> AnyView<'a> {
    /// A view of memory that others may write meanwhile.
    ///
    /// # Safety
    /// During `'a`, each pixel that `strides` reaches from `start` is valid for reads; alignment is not needed.
    pub unsafe fn from_raw(pixel: PixelType, start: NonNull<u8>, strides: Strides) -> Self {
        Self { pixel, start, strides, exclusive: false, lifetime: PhantomData }
    }

    /// The pixel type.
    pub fn pixel_type(&self) -> PixelType {
        self.pixel
    }

    /// Pixels along each axis, fastest first.
    pub fn size(&self) -> &[usize] {
        &self.strides.size
    }

    /// Address of the first pixel.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Where each pixel lies.
    pub fn strides(&self) -> &Strides {
        &self.strides
    }

    /// The view with its pixel type made known; `None` when that is another one.
    pub fn typed<T: Pixel>(self) -> Option<View<'a, T>> {
        (self.pixel == T::TYPE).then_some(View { any: self, pixel: PhantomData })
    }
}

/// Pixels to be read, with any strides and either byte order.
///
/// Reading copies: memory that numpy shares may change under a reader, which then sees unspecified pixel
/// values, never a memory error.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    any: AnyView<'a>,
    pixel: PhantomData<T>,
}

impl<'a, T> From<View<'a, T>> for AnyView<'a> {
    fn from(view: View<'a, T>) -> Self {
        view.any
    }
}

impl<'a, T: Pixel> View<'a, T> {
    /// # Safety
    /// As [`AnyView::from_raw`]; `exclusive` only when the pixels are contiguous, aligned, initialised and
    /// not written during `'a`.
    pub(super) unsafe fn from_raw(start: NonNull<u8>, strides: Strides, exclusive: bool) -> Self {
        let any = AnyView { pixel: T::TYPE, start, strides, exclusive, lifetime: PhantomData };
        Self { any, pixel: PhantomData }
    }

    /// A view of an ndarray, whose last axis becomes the first one here.
    ///
    /// # Panics
    /// When it has no axis or more than [`crate::axes::MAX_AXES`].
    pub fn of_array<S: Data<Elem = T>, D: Dimension>(array: &'a ArrayBase<S, D>) -> Self {
        let strides = array_strides(array);
        let exclusive = strides.is_contiguous(size_of::<T>());
        // SAFETY: ndarray keeps every element that its strides reach valid while it is borrowed.
        unsafe { Self::from_raw(pointer(array.as_ptr()), strides, exclusive) }
    }

    /// Pixels along each axis, fastest first.
    pub fn size(&self) -> &[usize] {
        &self.any.strides.size
    }

    /// Where each pixel lies.
    pub fn strides(&self) -> &Strides {
        &self.any.strides
    }

    /// How many rows there are: pixels over all axes but the fastest.
    pub fn rows(&self) -> usize {
        self.size().iter().skip(1).product()
    }

    /// The pixels as one slice; `None` when there are gaps or others than Rust may write them.
    pub fn as_slice(&self) -> Option<&'a [T]> {
        // SAFETY: the constructor's promise for exclusive views.
        self.any.exclusive.then(|| unsafe {
            std::slice::from_raw_parts(self.any.start.cast().as_ptr(), self.any.strides.count())
        })
    }

    /// Copies `out.len()` pixels along the fastest axis, from `x` on, at `rest` on the other axes.
    ///
    /// # Panics
    /// When one of them lies outside.
    #[inline(always)]
    pub fn load(&self, x: usize, rest: &[usize], out: &mut [T]) {
        let Strides { size, bytes, swapped } = &self.any.strides;
        assert_eq!(rest.len() + 1, size.len(), "an index has one entry an axis");
        assert!(x <= size[0] && out.len() <= size[0] - x, "a row is read inside the array");
        let mut offset = x as isize * bytes[0];
        for ((&i, &n), &stride) in rest.iter().zip(&size[1..]).zip(&bytes[1..]) {
            assert!(i < n, "a row is read inside the array");
            offset += i as isize * stride;
        }
        if out.is_empty() {
            return;
        }
        // SAFETY: the index is inside the extents, all of whose pixels are valid for reads; the copies are
        // byte-wise, so neither alignment nor exclusive access is needed.
        unsafe {
            let from = self.any.start.as_ptr().offset(offset);
            if bytes[0] == size_of::<T>() as isize {
                std::ptr::copy_nonoverlapping(from, out.as_mut_ptr().cast(), size_of_val(out));
            } else {
                for (i, slot) in out.iter_mut().enumerate() {
                    *slot = from.offset(i as isize * bytes[0]).cast::<T>().read_unaligned();
                }
            }
        }
        if *swapped {
            for slot in out {
                *slot = slot.swap_bytes();
            }
        }
    }

    /// Copies a whole row; rows count through all axes but the fastest.
    ///
    /// # Panics
    /// When there is no such row, or `out` is longer than it.
    pub fn load_row(&self, row: usize, out: &mut [T]) {
        self.load(0, &split_row(row, self.size()), out);
    }

    /// The pixels of a region, whose index counts from the view's first pixel.
    ///
    /// # Panics
    /// When the region reaches outside.
    pub fn region(&self, region: &Region) -> Self {
        let strides = &self.any.strides;
        let mut offset = 0;
        for (a, (&i, &n)) in region.index().iter().zip(region.size()).enumerate() {
            let first = usize::try_from(i).expect("a region starts inside the array");
            assert!(
                first <= strides.size[a] && n <= strides.size[a] - first,
                "a region lies inside the array"
            );
            offset += if region.pixels() == 0 { 0 } else { first as isize * strides.bytes[a] };
        }
        let strides = Strides { size: region.extent(), ..*strides };
        // SAFETY: a part of this view's pixels.
        unsafe {
            let start = self.any.start.offset(offset);
            let exclusive = self.any.exclusive && strides.is_contiguous(size_of::<T>());
            Self::from_raw(start, strides, exclusive)
        }
    }
}

/// The index on all axes but the fastest of the `row`th row.
///
/// # Panics
/// When there are fewer rows, or no axis at all.
pub(crate) fn split_row(row: usize, size: &[usize]) -> Axes<usize> {
    let mut rest = row;
    let index = Axes::from_fn(size.len() - 1, |a| {
        let n = size[a + 1];
        assert!(n > 0, "row {row} of an array without rows");
        let i = rest % n;
        rest /= n;
        i
    });
    assert_eq!(rest, 0, "row {row} is past the last one");
    index
}

/// Size and strides of an ndarray, last axis first.
fn array_strides<T, S: RawData<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Strides {
    let rank = array.ndim();
    assert!(rank > 0, "an array has an axis");
    let bytes = |a: usize| array.strides()[rank - 1 - a] * size_of::<T>() as isize;
    let size = Axes::from_fn(rank, |a| array.shape()[rank - 1 - a]);
    Strides { size, bytes: Axes::from_fn(rank, bytes), swapped: false }
}

/// An empty array's pointer may be anything; nothing is read through it.
fn pointer<T>(start: *const T) -> NonNull<u8> {
    NonNull::new(start.cast_mut().cast()).unwrap_or(NonNull::dangling())
}

/// Pixels of a type known at run time only, to be written.
pub struct AnyViewMut<'a> {
    pixel: PixelType,
    start: NonNull<u8>,
    strides: Strides,
    stored: Arc<AtomicUsize>,
    lifetime: PhantomData<&'a mut [u8]>,
}

// SAFETY: the only way to this memory during 'a, but for readers who take any value.
unsafe impl Send for AnyViewMut<'_> {}

impl<'a> AnyViewMut<'a> {
    /// A view of memory to be written, which others may look at meanwhile.
    ///
    /// # Safety
    /// During `'a`, each pixel that `strides` reaches from `start` is valid for writes, no two of them
    /// overlap, and no other Rust code has access to them; alignment is not needed.
    pub unsafe fn from_raw(pixel: PixelType, start: NonNull<u8>, strides: Strides) -> Self {
        Self { pixel, start, strides, stored: Arc::default(), lifetime: PhantomData }
    }

    /// The pixel type.
    pub fn pixel_type(&self) -> PixelType {
        self.pixel
    }

    /// Pixels along each axis, fastest first.
    pub fn size(&self) -> &[usize] {
        &self.strides.size
    }

    /// The view with its pixel type made known; `None` when that is another one.
    pub fn typed<T: Pixel>(self) -> Option<ViewMut<'a, T>> {
        (self.pixel == T::TYPE).then_some(ViewMut { any: self, pixel: PhantomData })
    }
}

/// Pixels to be written, with any strides: cut into tiles that may go to different threads.
pub struct ViewMut<'a, T> {
    any: AnyViewMut<'a>,
    pixel: PhantomData<T>,
}

impl<'a, T> From<ViewMut<'a, T>> for AnyViewMut<'a> {
    fn from(view: ViewMut<'a, T>) -> Self {
        view.any
    }
}

impl<'a, T: Pixel> ViewMut<'a, T> {
    /// # Safety
    /// As [`AnyViewMut::from_raw`].
    pub(super) unsafe fn from_raw(start: NonNull<u8>, strides: Strides) -> Self {
        // SAFETY: the caller's promise.
        Self { any: unsafe { AnyViewMut::from_raw(T::TYPE, start, strides) }, pixel: PhantomData }
    }

    /// A view of an ndarray, whose last axis becomes the first one here.
    ///
    /// # Panics
    /// When it has no axis or more than [`crate::axes::MAX_AXES`].
    pub fn of_array<S: DataMut<Elem = T>, D: Dimension>(array: &'a mut ArrayBase<S, D>) -> Self {
        let start = pointer(array.as_mut_ptr());
        // SAFETY: ndarray keeps every element valid and apart from the others while it is borrowed mutably.
        unsafe { Self::from_raw(start, array_strides(array)) }
    }

    /// Pixels along each axis, fastest first.
    pub fn size(&self) -> &[usize] {
        &self.any.strides.size
    }

    /// How many rows there are: pixels over all axes but the fastest.
    pub fn rows(&self) -> usize {
        self.size().iter().skip(1).product()
    }

    /// How many pixels have been stored; shared with the tiles.
    pub(super) fn stored(&self) -> Arc<AtomicUsize> {
        self.any.stored.clone()
    }

    /// Cuts the rows into bands of `rows` and each band into strips of `columns`, the last ones shorter where
    /// they don't divide. Strips of a band follow each other.
    ///
    /// # Panics
    /// When one of them is 0.
    pub fn into_tiles(self, rows: usize, columns: usize) -> Vec<Tile<'a, T>> {
        let AnyViewMut { start, strides, ref stored, .. } = self.any;
        let cut = |total: usize, step: usize| {
            (0..total).step_by(step).map(move |first| first..first.saturating_add(step).min(total))
        };
        let tile = |rows: Range<usize>, columns: Range<usize>| Tile {
            next: rows.start,
            rows,
            columns,
            start,
            strides,
            stored: stored.clone(),
            lifetime: PhantomData,
        };
        cut(self.rows(), rows)
            .flat_map(|rows| cut(strides.size[0], columns).map(move |columns| tile(rows.clone(), columns)))
            .collect()
    }
}

/// A rectangle of an output, which nothing else writes: some columns (x) of a run of rows, stored row by row.
pub struct Tile<'a, T> {
    rows: Range<usize>,
    columns: Range<usize>,
    next: usize,
    start: NonNull<u8>,
    strides: Strides,
    stored: Arc<AtomicUsize>,
    lifetime: PhantomData<&'a mut [T]>,
}

// SAFETY: tiles of one output have no pixel in common, and no two pixels of an output overlap.
unsafe impl<T: Pixel> Send for Tile<'_, T> {}

impl<T: Pixel> Tile<'_, T> {
    /// The numbers of its rows in the whole output.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Its columns (x) in the whole output.
    pub fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// Pixels in all.
    pub fn pixels(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// The index of a row of the whole output on all axes but x.
    pub fn index(&self, row: usize) -> Axes<usize> {
        split_row(row, &self.strides.size)
    }

    /// How many rows the whole output has along the axis after x (y); 1 where there is none.
    pub fn rows_a_line(&self) -> usize {
        self.strides.size.get(1).copied().unwrap_or(1)
    }

    /// Writes the next row of the tile.
    ///
    /// # Panics
    /// When all rows have been stored, or there is not one pixel for each column.
    #[inline(always)]
    pub fn store_next(&mut self, pixels: &[T]) {
        let Strides { size, bytes, swapped } = &self.strides;
        assert!(self.next < self.rows.end, "a tile stores each of its rows once");
        assert_eq!(pixels.len(), self.columns.len(), "a row has one pixel a column");
        let mut offset = self.columns.start as isize * bytes[0];
        for (&i, &stride) in split_row(self.next, size).iter().zip(&bytes[1..]) {
            offset += i as isize * stride;
        }
        // SAFETY: the row is of this tile, so nothing else writes it; row and columns are inside the extents,
        // all of whose pixels are valid for writes; the copies are byte-wise, so alignment is not needed.
        unsafe {
            let to = self.start.as_ptr().offset(offset);
            if bytes[0] == size_of::<T>() as isize && !swapped {
                std::ptr::copy_nonoverlapping(pixels.as_ptr().cast(), to, size_of_val(pixels));
            } else {
                for (i, &pixel) in pixels.iter().enumerate() {
                    let pixel = if *swapped { pixel.swap_bytes() } else { pixel };
                    to.offset(i as isize * bytes[0]).cast::<T>().write_unaligned(pixel);
                }
            }
        }
        self.next += 1;
    }
}

impl<T> Drop for Tile<'_, T> {
    fn drop(&mut self) {
        self.stored.fetch_add((self.next - self.rows.start) * self.columns.len(), Ordering::Release);
    }
}
