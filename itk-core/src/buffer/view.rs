//! Borrowed pixels, read by copying rows out.

use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;

use ndarray::{ArrayBase, Data, Dimension, RawData};

use super::Strides;
use crate::pixel::{Pixel, PixelType};
use crate::{Axes, Region};

/// Bytes of a cache line.
pub(super) const LINE: usize = 64;

/// Rows that are turned at once: several lines a column, which the CPU then prefetches; more than 64, so that those of a piece with
/// its margin are.
pub(super) const DOWN: usize = 128;

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

    /// Bytes as pixels, x first, without gaps. More bytes than these take are left alone.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn of_bytes(pixel: PixelType, size: Axes<usize>, bytes: &'a [u8]) -> Self {
        let strides = strides_of_bytes(pixel, size, bytes.len());
        // SAFETY: the bytes are borrowed, and there are enough.
        unsafe { Self::from_raw(pixel, pointer(bytes.as_ptr()), strides) }
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

    /// The same pixels as integers of their width, bit by bit: for what moves pixels and does not look at them.
    pub fn as_bits(self) -> Self {
        Self { pixel: self.pixel.bits(), ..self }
    }

    /// The view with two axes exchanged.
    ///
    /// # Panics
    /// When there are no such axes.
    pub fn swap_axes(mut self, a: usize, b: usize) -> Self {
        self.strides.swap_axes(a, b);
        // What was a slice is none any more.
        self.exclusive = false;
        self
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
        // SAFETY: the index is inside the extents, all of whose pixels are valid for reads.
        unsafe { copy(self.any.start.as_ptr().offset(offset), bytes[0], out) };
        if *swapped {
            for slot in out {
                *slot = slot.swap_bytes();
            }
        }
    }

    /// Copies the pixels `columns` of neighbouring rows. The first row is at `rest` on all axes but the fastest,
    /// the others follow along `axis`; each begins `pitch` entries after the one before in `out`, whose length
    /// says how many there are.
    ///
    /// Where pixels are closer along `axis` than along a row, as in Fortran order, this reads whole cache lines
    /// and turns them; row after row would fetch each of them many times. 64 rows at once are best.
    ///
    /// # Panics
    /// When a pixel lies outside, `axis` is 0 or none of the view's, or a row does not fit into its part of `out`.
    pub fn load_rows(&self, columns: Range<usize>, rest: &[usize], axis: usize, pitch: usize, out: &mut [T]) {
        let Strides { size, bytes, swapped } = &self.any.strides;
        assert_eq!(rest.len() + 1, size.len(), "an index has one entry an axis");
        assert!((1..size.len()).contains(&axis), "rows follow each other along an axis");
        let (width, rows) = (columns.len(), out.len().div_ceil(pitch));
        if rows == 0 || width == 0 {
            return;
        }
        let inside = |i: usize, n: usize, end: usize| i <= end && n <= end - i;
        assert!(inside(columns.start, width, size[0]), "rows are read inside the array");
        assert!(width <= pitch && (rows - 1) * pitch + width <= out.len(), "each row has its place");
        for (a, &i) in rest.iter().enumerate() {
            let n = if a + 1 == axis { rows } else { 1 };
            assert!(inside(i, n, size[a + 1]), "rows are read inside the array");
        }
        if rows == 1 || bytes[axis].unsigned_abs() >= bytes[0].unsigned_abs() {
            let mut at = Axes::from_fn(rest.len(), |a| rest[a]);
            for row in out.chunks_mut(pitch) {
                self.load(columns.start, &at, &mut row[..width]);
                at[axis - 1] += 1;
            }
            return;
        }
        let rest: isize = rest.iter().zip(&bytes[1..]).map(|(&i, &stride)| i as isize * stride).sum();
        let first = columns.start;
        let across = LINE / size_of::<T>();
        let mut block = [0u64; DOWN * LINE / size_of::<u64>()];
        let block: &mut [T] = bytemuck::cast_slice_mut(&mut block);
        for (y, band) in out.chunks_mut(pitch.saturating_mul(DOWN)).enumerate() {
            let down = band.len().div_ceil(pitch);
            for x in (0..width).step_by(across) {
                let across = across.min(width - x);
                let columns = &mut block.as_chunks_mut::<DOWN>().0[..across];
                for (c, column) in columns.iter_mut().enumerate() {
                    let offset =
                        rest + (first + x + c) as isize * bytes[0] + (y * DOWN) as isize * bytes[axis];
                    // SAFETY: columns and rows are inside the extents, all of whose pixels are valid for reads.
                    unsafe { copy(self.any.start.as_ptr().offset(offset), bytes[axis], &mut column[..down]) };
                }
                for (r, row) in (0..DOWN).zip(band.chunks_mut(pitch)) {
                    for (slot, column) in row[x..x + across].iter_mut().zip(&*columns) {
                        *slot = column[r];
                    }
                }
            }
            if *swapped {
                let rows = band.chunks_mut(pitch).flat_map(|row| &mut row[..width]);
                rows.for_each(|slot| *slot = slot.swap_bytes());
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

    /// All pixels, the fastest axis first.
    pub fn to_vec(&self) -> Vec<T> {
        let mut pixels = vec![T::default(); self.any.strides.count()];
        self.load_all(&mut pixels);
        pixels
    }

    /// Copies all pixels, the fastest axis first. Rows are read together with those whose pixels are nearest, see
    /// [`View::load_rows`].
    ///
    /// # Panics
    /// When `out` has not one entry a pixel.
    pub fn load_all(&self, out: &mut [T]) {
        let Strides { size, bytes, .. } = &self.any.strides;
        assert_eq!(out.len(), self.any.strides.count(), "one entry a pixel");
        if out.is_empty() {
            return;
        }
        let others = (1..size.len()).filter(|&a| size[a] > 1);
        let Some(axis) = others.min_by_key(|&a| bytes[a].unsigned_abs()) else {
            return self.load(0, &Axes::filled(size.len() - 1, 0), out);
        };
        let (width, pitch) = (size[0], size[..axis].iter().product::<usize>());
        for_each_band(size, axis, |first, rest| {
            let end = first + (size[axis] - 1) * pitch + width;
            self.load_rows(0..width, rest, axis, pitch, &mut out[first..end]);
        });
    }

    /// The same pixels in the same order, with neighbouring axes made one where no gap lies between them:
    /// rows then are as long as they can be.
    pub fn collapsed(&self) -> Self {
        let Strides { size, bytes, swapped } = &self.any.strides;
        let (mut n, mut step, mut a) = (size[0], bytes[0], 1);
        while a < size.len() {
            if n == 1 {
                (n, step) = (size[a], bytes[a]);
            } else if size[a] != 1 {
                match (n.checked_mul(size[a]), isize::try_from(n).ok().and_then(|n| step.checked_mul(n))) {
                    (Some(together), Some(next)) if next == bytes[a] => n = together,
                    _ => break,
                }
            }
            a += 1;
        }
        let rank = 1 + size.len() - a;
        let strides = Strides {
            size: Axes::from_fn(rank, |i| if i == 0 { n } else { size[a + i - 1] }),
            bytes: Axes::from_fn(rank, |i| if i == 0 { step } else { bytes[a + i - 1] }),
            swapped: *swapped,
        };
        // SAFETY: these strides reach the same pixels, and contiguous ones stay contiguous.
        unsafe { Self::from_raw(self.any.start, strides, self.any.exclusive) }
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

/// Copies pixels that lie `stride` bytes apart.
///
/// # Safety
/// All of them are valid for reads; as the copies are byte-wise, neither alignment nor exclusive access is needed.
#[inline(always)]
unsafe fn copy<T: Pixel>(from: *const u8, stride: isize, out: &mut [T]) {
    // SAFETY: the caller's promise.
    unsafe {
        if stride == size_of::<T>() as isize {
            std::ptr::copy_nonoverlapping(from, out.as_mut_ptr().cast(), size_of_val(out));
        } else {
            for (i, slot) in out.iter_mut().enumerate() {
                *slot = from.offset(i as isize * stride).cast::<T>().read_unaligned();
            }
        }
    }
}

/// The index on all axes but the fastest of the `row`th row.
///
/// # Panics
/// When there are fewer rows, or no axis at all.
pub(super) fn split_row(row: usize, size: &[usize]) -> Axes<usize> {
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

/// Calls back for all rows that follow each other along an axis, with the number of the first one's first pixel and its index on
/// all axes but the fastest.
pub(super) fn for_each_band(size: &[usize], axis: usize, mut call: impl FnMut(usize, &[usize])) {
    let bands = Axes::from_fn(size.len(), |a| if a == axis { 1 } else { size[a] });
    for band in 0..bands[1..].iter().product() {
        let rest = split_row(band, &bands);
        let first = (1..size.len()).rev().fold(0, |n, a| (n + rest[a - 1]) * size[a - 1]);
        call(first, &rest);
    }
}

/// Size and strides of an ndarray, last axis first.
pub(super) fn array_strides<T, S: RawData<Elem = T>, D: Dimension>(array: &ArrayBase<S, D>) -> Strides {
    let rank = array.ndim();
    assert!(rank > 0, "an array has an axis");
    let bytes = |a: usize| array.strides()[rank - 1 - a] * size_of::<T>() as isize;
    let size = Axes::from_fn(rank, |a| array.shape()[rank - 1 - a]);
    Strides { size, bytes: Axes::from_fn(rank, bytes), swapped: false }
}

/// Strides of pixels without gaps.
///
/// # Panics
/// When there are not enough bytes for them.
pub(super) fn strides_of_bytes(pixel: PixelType, size: Axes<usize>, bytes: usize) -> Strides {
    let strides = Strides::contiguous(size, pixel.size()).expect("pixels fit into memory");
    assert!(strides.count() * pixel.size() <= bytes, "bytes for each pixel");
    strides
}

/// An empty array's pointer may be anything; nothing is read through it.
pub(super) fn pointer<T>(start: *const T) -> NonNull<u8> {
    NonNull::new(start.cast_mut().cast()).unwrap_or(NonNull::dangling())
}
