//! Pixels to be written: cut into tiles, each of which stores rows that nobody else stores.

use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{ArrayBase, DataMut, Dimension};

use super::Strides;
use super::brick::Brick;
use super::view::{array_strides, pointer, split_row, strides_of_bytes};
use crate::pixel::{Pixel, PixelType};
use crate::{Axes, Region};

/// Pixels of a type known at run time only, to be written.
pub struct AnyViewMut<'a> {
    pixel: PixelType,
    start: NonNull<u8>,
    strides: Strides,
    /// Counts the pixels that have been stored, where someone wants to know.
    stored: Option<&'a AtomicUsize>,
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
        Self { pixel, start, strides, stored: None, lifetime: PhantomData }
    }

    /// The pixel type.
    pub fn pixel_type(&self) -> PixelType {
        self.pixel
    }

    /// Pixels along each axis, fastest first.
    pub fn size(&self) -> &[usize] {
        &self.strides.size
    }

    /// The same pixels as integers of their width, as [`crate::AnyView::as_bits`] has them.
    pub fn as_bits(self) -> Self {
        Self { pixel: self.pixel.bits(), ..self }
    }

    /// The same pixels for a shorter while, to be written again after it: what is stored meanwhile is not counted.
    pub fn reborrow(&mut self) -> AnyViewMut<'_> {
        AnyViewMut { stored: None, ..*self }
    }

    /// Bytes that become pixels, x first, without gaps. More bytes than these take are left alone.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn of_bytes(pixel: PixelType, size: Axes<usize>, bytes: &'a mut [u8]) -> Self {
        let strides = strides_of_bytes(pixel, size, bytes.len());
        // SAFETY: the bytes are borrowed mutably, there are enough, and pixels without gaps do not overlap.
        unsafe { Self::from_raw(pixel, pointer(bytes.as_mut_ptr()), strides) }
    }

    /// Cuts the output into boxes of `extent` (xyz), the last ones shorter where they don't divide; x goes fastest. Each is
    /// an output of its own, and comes with the index of its first pixel in this one.
    ///
    /// # Panics
    /// When an extent is 0, or there is not one for each axis.
    pub fn into_parts(self, extent: &[usize]) -> Vec<(Axes<usize>, Self)> {
        let Self { pixel, start, strides, stored, lifetime } = self;
        assert_eq!(extent.len(), strides.size.len(), "an extent an axis");
        // Where boxes lie does not depend on the type of their pixels.
        let boxes = Brick::<u8>::cut(start, strides, stored, extent);
        let part = |part: Brick<'a, u8>| {
            let first = Axes::from_fn(extent.len(), |a| part.first()[a]);
            let size = Axes::from_fn(extent.len(), |a| part.size()[a]);
            let start = pointer(part.row(&Axes::filled(extent.len() - 1, 0)).cast_const());
            (first, Self { pixel, start, strides: Strides { size, ..strides }, stored, lifetime })
        };
        boxes.into_iter().map(part).collect()
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

    /// Where each pixel lies.
    pub fn strides(&self) -> &Strides {
        &self.any.strides
    }

    /// How many rows there are: pixels over all axes but the fastest.
    pub fn rows(&self) -> usize {
        self.size().iter().skip(1).product()
    }

    /// The view with two axes exchanged.
    ///
    /// # Panics
    /// When there are no such axes.
    pub fn swap_axes(mut self, a: usize, b: usize) -> Self {
        self.any.strides.swap_axes(a, b);
        self
    }

    /// The view, which adds to `stored` how many pixels its tiles have stored.
    pub(super) fn counting(mut self, stored: &'a AtomicUsize) -> Self {
        self.any.stored = Some(stored);
        self
    }

    /// Takes the first axis apart: a view of each of its indices, with one axis less, such as one of each component.
    ///
    /// # Panics
    /// When it is the only axis.
    pub fn split_first_axis(self) -> Vec<Self> {
        let AnyViewMut { start, strides, stored, .. } = self.any;
        let rank = strides.size.len();
        assert!(rank > 1, "an axis is left");
        let rest = Strides {
            size: Axes::from_fn(rank - 1, |a| strides.size[a + 1]),
            bytes: Axes::from_fn(rank - 1, |a| strides.bytes[a + 1]),
            swapped: strides.swapped,
        };
        let part = |i: usize| {
            let first = start.as_ptr().wrapping_offset(i as isize * strides.bytes[0]);
            let first = NonNull::new(first).unwrap_or(NonNull::dangling());
            // SAFETY: pixels of this view, which is gone; views of different indices have none in common.
            let view = unsafe { Self::from_raw(first, rest) };
            match stored {
                Some(stored) => view.counting(stored),
                None => view,
            }
        };
        (0..strides.size[0]).map(part).collect()
    }

    /// Cuts the output into boxes of `extent` (xyz), the last ones shorter where they don't divide; x goes fastest.
    ///
    /// # Panics
    /// When an extent is 0, or there is not one for each axis.
    pub fn into_bricks(self, extent: &[usize]) -> Vec<Brick<'a, T>> {
        assert_eq!(extent.len(), self.size().len(), "an extent an axis");
        Brick::<T>::cut(self.any.start, self.any.strides, self.any.stored, extent)
    }

    /// Takes boxes out of the output, whose indices count from its first pixel. Where the output has one axis more than
    /// they have, the first one, of components, is taken whole.
    ///
    /// # Panics
    /// When one reaches outside, or two have a pixel in common.
    pub fn into_boxes(self, boxes: &[Region]) -> Vec<Brick<'a, T>> {
        Brick::<T>::boxes(self.any.start, self.any.strides, self.any.stored, boxes)
    }

    /// Cuts the rows into bands of `rows` and each band into strips of `columns`, the last ones shorter where
    /// they don't divide. Strips of a band follow each other.
    ///
    /// # Panics
    /// When one of them is 0.
    pub fn into_tiles(self, rows: usize, columns: usize) -> Vec<Tile<'a, T>> {
        let AnyViewMut { start, strides, stored, .. } = self.any;
        let cut = |total: usize, step: usize| {
            (0..total).step_by(step).map(move |first| first..first.saturating_add(step).min(total))
        };
        let tile = |rows: Range<usize>, columns: Range<usize>| Tile {
            next: rows.start,
            rows,
            columns,
            start,
            strides,
            stored,
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
    stored: Option<&'a AtomicUsize>,
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
        if let Some(stored) = self.stored {
            stored.fetch_add((self.next - self.rows.start) * self.columns.len(), Ordering::Release);
        }
    }
}
