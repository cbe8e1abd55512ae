//! Pixel memory: owned by this crate, 64-byte aligned and shared by count, or foreign with an owner that
//! outlives it.
//!
//! Memory that only Rust can reach is handed out as slices. Memory that Python can see as well may be written
//! at any time by someone else, so it is never a slice: [`View`] copies it out row by row.
#![expect(unsafe_code, reason = "allocation, and pointers into memory that others may write")]

use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pixel::Pixel;
use crate::{Axes, Error, PixelType, Result};

mod block;
mod brick;
mod tile;
mod view;

use block::{Block, advise_huge_pages};
pub use block::{live_and_peak_bytes, live_buffers};
pub use brick::Brick;
pub use tile::{AnyViewMut, Tile, ViewMut};
pub use view::{AnyView, View};

/// Where each pixel of an array lies, fastest axis first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strides {
    /// Pixels along each axis.
    pub size: Axes<usize>,
    /// Bytes from one pixel to the next along each axis; may be negative or zero.
    pub bytes: Axes<isize>,
    /// True when the pixels' bytes are in the order that this machine does not use.
    pub swapped: bool,
}

impl Strides {
    fn swap_axes(&mut self, a: usize, b: usize) {
        self.size.swap(a, b);
        self.bytes.swap(a, b);
    }

    /// Without gaps, first axis fastest; `None` when the number of bytes does not fit in `isize`.
    pub fn contiguous(size: Axes<usize>, pixel_bytes: usize) -> Option<Self> {
        let mut step = isize::try_from(pixel_bytes).ok()?;
        let mut bytes = Axes::filled(size.len(), 0);
        for (slot, &n) in bytes.iter_mut().zip(size.iter()) {
            *slot = step;
            step = step.checked_mul(isize::try_from(n.max(1)).ok()?)?;
        }
        Some(Self { size, bytes, swapped: false })
    }

    /// Pixels in all.
    pub fn count(&self) -> usize {
        self.size.iter().product()
    }

    /// True when the pixels lie without gaps, first axis fastest, in native byte order.
    pub fn is_contiguous(&self, pixel_bytes: usize) -> bool {
        let mut step = pixel_bytes as isize;
        !self.swapped
            && self.size.iter().zip(self.bytes.iter()).all(|(&n, &stride)| {
                let fits = n <= 1 || stride == step;
                step *= n.max(1) as isize;
                fits
            })
    }

    /// The lowest and one past the highest byte that a pixel occupies, from the first pixel; `None` when
    /// that overflows, and an empty range when there are no pixels.
    pub fn byte_range(&self, pixel_bytes: usize) -> Option<std::ops::Range<isize>> {
        if self.count() == 0 {
            return Some(0..0);
        }
        let (mut low, mut high) = (0isize, isize::try_from(pixel_bytes).ok()?);
        for (&n, &stride) in self.size.iter().zip(self.bytes.iter()) {
            let reach = stride.checked_mul(isize::try_from(n - 1).ok()?)?;
            if reach < 0 {
                low = low.checked_add(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        Some(low..high)
    }

    /// True when no two pixels share a byte: what memory that is to be written needs.
    pub fn is_disjoint(&self, pixel_bytes: usize) -> bool {
        let mut axes = Axes::from_fn(self.size.len(), |a| (self.bytes[a].unsigned_abs(), self.size[a]));
        axes.sort_unstable();
        let mut span = pixel_bytes;
        self.count() == 0
            || axes.iter().filter(|(_, n)| *n > 1).all(|&(stride, n)| {
                let apart = stride >= span;
                span = span.saturating_add(stride.saturating_mul(n - 1));
                apart
            })
    }
}

/// Who else may read or write the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Rust only: slices may be handed out under Rust's borrow rules.
    Exclusive,
    /// Others as well, such as numpy: raw copies only.
    Shared { writable: bool },
}

/// The pixels of an image, components first, then x, y, z.
///
/// Cloning shares the memory. Rust-only memory is copied when one of several owners asks to change it; memory
/// that others can see is never moved.
#[derive(Clone)]
pub struct Buffer<T> {
    start: NonNull<u8>,
    strides: Strides,
    owner: Arc<dyn Any + Send + Sync>,
    access: Access,
    pixel: std::marker::PhantomData<T>,
}

// SAFETY: the owner is Send and Sync, and memory that others can see is reached by raw copies only.
unsafe impl<T: Pixel> Send for Buffer<T> {}
// SAFETY: as above.
unsafe impl<T: Pixel> Sync for Buffer<T> {}

impl<T: Pixel> Buffer<T> {
    fn allocate(size: Axes<usize>, zeroed: bool) -> Result<Self> {
        let (strides, bytes) = new_extent::<T>(size)?;
        let block = Block::new(bytes, zeroed)?;
        let start = block.start;
        Ok(Self {
            start,
            strides,
            owner: Arc::new(block),
            access: Access::Exclusive,
            pixel: Default::default(),
        })
    }

    /// Owned memory full of zeros.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn zeroed(size: Axes<usize>) -> Result<Self> {
        Self::allocate(size, true)
    }

    /// Owned memory that `fill` writes first; when it fails, the memory is given back.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and those of `fill`.
    ///
    /// # Panics
    /// When `fill` returns `Ok` and has left pixels out.
    pub fn filled_by(size: Axes<usize>, fill: impl FnOnce(ViewMut<'_, T>) -> Result<()>) -> Result<Self> {
        let buffer = Self::allocate(size, false)?;
        // SAFETY: freshly allocated with these strides, and reached through nothing else.
        unsafe { fill_new(buffer.start, buffer.strides, fill)? };
        Ok(buffer)
    }

    /// As [`Buffer::filled_by`], in the memory of `old` where nobody else holds that and it is at most a quarter too
    /// large; else that is given back first.
    ///
    /// # Errors
    /// As [`Buffer::filled_by`]; the old pixels are lost then.
    ///
    /// # Panics
    /// As [`Buffer::filled_by`].
    pub fn filled_again(
        old: Option<Self>,
        size: Axes<usize>,
        fill: impl FnOnce(ViewMut<'_, T>) -> Result<()>,
    ) -> Result<Self> {
        let (strides, bytes) = new_extent::<T>(size)?;
        let fits = |capacity: usize| (bytes..=bytes.saturating_add(bytes / 4)).contains(&capacity);
        let buffer = match old.and_then(Self::into_sole_block) {
            Some((owner, start, capacity)) if fits(capacity) => {
                Self { start, strides, owner, access: Access::Exclusive, pixel: Default::default() }
            }
            old => {
                drop(old);
                Self::allocate(size, false)?
            }
        };
        // SAFETY: a block of at least so many bytes whose sole owner is this buffer, reached through nothing else.
        unsafe { fill_new(buffer.start, buffer.strides, fill)? };
        Ok(buffer)
    }

    /// The owner, the first byte and the number of bytes of memory that is ours and held by nobody else.
    fn into_sole_block(mut self) -> Option<(Arc<dyn Any + Send + Sync>, NonNull<u8>, usize)> {
        if self.access != Access::Exclusive {
            return None;
        }
        let block = Arc::get_mut(&mut self.owner)?.downcast_ref::<Block>()?;
        let (start, capacity) = (block.start, block.capacity());
        Some((self.owner, start, capacity))
    }

    /// Owned memory with the pixels of a view.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy_of(view: View<'_, T>) -> Result<Self> {
        Self::filled_by(view.strides().size, |out| {
            let mut row = vec![T::default(); view.size()[0]];
            for mut tile in out.into_tiles(view.rows().max(1), row.len().max(1)) {
                for r in tile.rows() {
                    view.load_row(r, &mut row);
                    tile.store_next(&row);
                }
            }
            Ok(())
        })
    }

    /// Memory that someone else owns, and that others may write while it is read.
    ///
    /// # Safety
    /// As long as `owner` lives, each pixel that `strides` reaches from `start` is valid for reads, and for
    /// writes when `writable`; alignment is not needed.
    pub unsafe fn foreign(
        start: NonNull<u8>,
        strides: Strides,
        writable: bool,
        owner: Arc<dyn Any + Send + Sync>,
    ) -> Self {
        Self { start, strides, owner, access: Access::Shared { writable }, pixel: Default::default() }
    }

    /// Gives up the right to slices, so that others may be shown the memory; it stays where it is unless a
    /// clone still has that right, in which case this is a copy.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when it must be copied.
    pub fn into_shared(mut self) -> Result<Self> {
        if self.access == Access::Exclusive {
            if Arc::get_mut(&mut self.owner).is_none() {
                self = Self::copy_of(self.view())?;
            }
            self.access = Access::Shared { writable: true };
        }
        Ok(self)
    }

    /// Address of the first pixel.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Where each pixel lies.
    pub fn strides(&self) -> &Strides {
        &self.strides
    }

    /// True when the memory may be written by anyone who can see it.
    pub fn is_writable(&self) -> bool {
        self.access != Access::Shared { writable: false }
    }

    /// True when others than Rust may see the memory.
    pub fn is_shared(&self) -> bool {
        self.access != Access::Exclusive
    }

    /// What keeps the memory alive.
    pub fn owner(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.owner
    }

    /// The pixels, to be read.
    pub fn view(&self) -> View<'_, T> {
        // SAFETY: the owner keeps the pixels valid, and the view borrows self. Exclusive memory is written
        // only through `as_mut_slice` of a sole owner, which this borrow rules out.
        unsafe { View::from_raw(self.start, self.strides, self.access == Access::Exclusive) }
    }

    /// The pixels as one slice; `None` when others than Rust may write them.
    pub fn as_slice(&self) -> Option<&[T]> {
        self.view().as_slice()
    }

    /// The pixels as one slice to be written, copied first when they have other owners; `None` when others
    /// than Rust can see them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when they must be copied.
    pub fn as_mut_slice(&mut self) -> Result<Option<&mut [T]>> {
        if self.access != Access::Exclusive {
            return Ok(None);
        }
        if Arc::get_mut(&mut self.owner).is_none() {
            *self = Self::copy_of(self.view())?;
        }
        // SAFETY: exclusive memory is contiguous, aligned and initialised, and self is its sole owner.
        Ok(Some(unsafe { std::slice::from_raw_parts_mut(self.start.cast().as_ptr(), self.strides.count()) }))
    }

    /// The pixels, to be written: in place when this is the sole owner, copied first when it is not, and
    /// in place too when others than Rust can see them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when they must be copied; [`Error::Parameter`] when the memory is read-only or
    /// two of its pixels overlap.
    pub fn view_mut(&mut self) -> Result<ViewMut<'_, T>> {
        if !self.is_writable() || !self.strides.is_disjoint(size_of::<T>()) {
            return Err(Error::Parameter {
                filter: "image",
                name: "output",
                expected: "writable memory in which no two pixels overlap".into(),
                got: "memory that is not".into(),
            });
        }
        if self.access == Access::Exclusive && Arc::get_mut(&mut self.owner).is_none() {
            *self = Self::copy_of(self.view())?;
        }
        // SAFETY: valid for writes as long as the owner lives, which the view's borrow of self ensures.
        Ok(unsafe { ViewMut::from_raw(self.start, self.strides) })
    }
}

/// Strides and bytes of new memory without gaps.
fn new_extent<T: Pixel>(size: Axes<usize>) -> Result<(Strides, usize)> {
    let bytes = size.iter().fold(size_of::<T>() as u128, |bytes, &n| bytes.saturating_mul(n as u128));
    match (Strides::contiguous(size, size_of::<T>()), usize::try_from(bytes)) {
        (Some(strides), Ok(bytes)) => Ok((strides, bytes)),
        _ => Err(Error::OutOfMemory { bytes }),
    }
}

/// Has `fill` write new memory.
///
/// # Safety
/// As [`AnyViewMut::from_raw`], while this runs; the pixels need not be initialised. They are when it returns `Ok`.
///
/// # Panics
/// When `fill` returns `Ok` and has left pixels out.
unsafe fn fill_new<T: Pixel>(
    start: NonNull<u8>,
    strides: Strides,
    fill: impl FnOnce(ViewMut<'_, T>) -> Result<()>,
) -> Result<()> {
    let stored = AtomicUsize::new(0);
    // SAFETY: the caller's promise.
    let view = unsafe { ViewMut::from_raw(start, strides) };
    fill(view.counting(&stored))?;
    // A tile stores each pixel at most once, so the count proves that none is left uninitialised.
    assert_eq!(stored.load(Ordering::Acquire), strides.count(), "an output is filled completely");
    Ok(())
}

/// As [`Buffer::filled_by`], for memory that a `Vec` is to own.
pub(crate) fn vec_filled_by<T: Pixel>(
    size: Axes<usize>,
    fill: impl FnOnce(ViewMut<'_, T>) -> Result<()>,
) -> Result<Vec<T>> {
    let (strides, bytes) = new_extent::<T>(size)?;
    let mut pixels = Vec::<T>::new();
    let reserved = pixels.try_reserve_exact(strides.count());
    reserved.map_err(|_| Error::OutOfMemory { bytes: bytes as u128 })?;
    let start = NonNull::from(pixels.spare_capacity_mut()).cast();
    advise_huge_pages(start, bytes);
    // SAFETY: the capacity is reserved, and nothing else reaches it; all its pixels are initialised afterwards.
    unsafe {
        fill_new(start, strides, fill)?;
        pixels.set_len(strides.count());
    }
    Ok(pixels)
}

impl<T> std::fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer")
            .field("pixel", &std::any::type_name::<T>())
            .field("size", &self.strides.size)
            .field("access", &self.access)
            .finish()
    }
}

/// True when the two share a byte.
pub fn overlap(a: (PixelType, NonNull<u8>, &Strides), b: (PixelType, NonNull<u8>, &Strides)) -> bool {
    let range = |(pixel, start, strides): (PixelType, NonNull<u8>, &Strides)| {
        let start = start.as_ptr() as i128;
        strides.byte_range(pixel.size()).map(|r| start + r.start as i128..start + r.end as i128)
    };
    match (range(a), range(b)) {
        (Some(a), Some(b)) => !a.is_empty() && !b.is_empty() && a.start < b.end && b.start < a.end,
        _ => true,
    }
}
