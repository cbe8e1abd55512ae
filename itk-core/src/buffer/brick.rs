//! Boxes of an output, each of which goes to one thread.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Strides;
use super::view::{DOWN, LINE, for_each_band};
use crate::pixel::Pixel;
use crate::{Axes, Region};

/// A box of an output, which nothing else writes.
pub struct Brick<'a, T> {
    first: Axes<usize>,
    size: Axes<usize>,
    start: NonNull<u8>,
    strides: Strides,
    stored: Option<&'a AtomicUsize>,
    next: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

// SAFETY: bricks of one output have no pixel in common, and no two pixels of an output overlap.
unsafe impl<T: Pixel> Send for Brick<'_, T> {}

impl<'a, T: Pixel> Brick<'a, T> {
    /// Cuts an output into boxes of `extent` (xyz), the last ones shorter where they don't divide; x goes fastest.
    pub(super) fn cut(
        start: NonNull<u8>,
        strides: Strides,
        stored: Option<&'a AtomicUsize>,
        extent: &[usize],
    ) -> Vec<Self> {
        let size = strides.size;
        let counts = Axes::from_fn(size.len(), |a| size[a].div_ceil(extent[a]));
        (0..counts.iter().product())
            .map(|mut number: usize| {
                let first = Axes::from_fn(size.len(), |a| {
                    let i = number % counts[a];
                    number /= counts[a];
                    i * extent[a]
                });
                let size = Axes::from_fn(size.len(), |a| extent[a].min(size[a] - first[a]));
                Brick { first, size, start, strides, stored, next: 0, lifetime: PhantomData }
            })
            .collect()
    }

    /// Boxes of an output, whose indices count from its first pixel. Where the output has one axis more than they have,
    /// the first one, of components, is taken whole.
    ///
    /// # Panics
    /// When one reaches outside, or two have a pixel in common.
    pub(super) fn boxes(
        start: NonNull<u8>,
        strides: Strides,
        stored: Option<&'a AtomicUsize>,
        boxes: &[Region],
    ) -> Vec<Self> {
        let size = strides.size;
        for b in boxes {
            let lead = size.len() - b.rank();
            let fits = |a: usize| {
                let end = b.index()[a].checked_add_unsigned(b.size()[a] as u64);
                b.index()[a] >= 0 && end.is_some_and(|end| end as u64 <= size[a + lead] as u64)
            };
            assert!(lead < 2 && (0..b.rank()).all(fits), "a box lies inside the output");
        }
        // In the order of their starts along the slowest axis, a box can only meet those that start before its end.
        let mut sorted: Vec<&Region> = boxes.iter().filter(|b| b.pixels() > 0).collect();
        let start_of = |b: &Region| b.index()[b.rank() - 1];
        sorted.sort_by_key(|b| start_of(b));
        for (i, one) in sorted.iter().enumerate() {
            let end = one.upper_index()[one.rank() - 1];
            let mut near = sorted[i + 1..].iter().take_while(|other| start_of(other) <= end);
            assert!(
                near.all(|other| other.rank() == one.rank() && one.crop(other).is_none()),
                "boxes have no pixel in common"
            );
        }
        let brick = |b: &Region| {
            let lead = size.len() - b.rank();
            let first =
                Axes::from_fn(size.len(), |a| if a < lead { 0 } else { b.index()[a - lead] as usize });
            let size = Axes::from_fn(size.len(), |a| if a < lead { size[a] } else { b.size()[a - lead] });
            Brick { first, size, start, strides, stored, next: 0, lifetime: PhantomData }
        };
        boxes.iter().map(brick).collect()
    }

    /// The index of its first pixel in the whole output, xyz.
    pub fn first(&self) -> &[usize] {
        &self.first
    }

    /// Its pixels along each axis, xyz.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// Where each pixel of the whole output lies.
    pub fn strides(&self) -> &Strides {
        &self.strides
    }

    /// Writes the next row; rows follow each other with the axis after x fastest.
    ///
    /// # Panics
    /// When all rows have been stored, or there is not one pixel for each column.
    pub fn store_next(&mut self, pixels: &[T]) {
        assert_eq!(pixels.len(), self.size[0], "a row has one pixel a column");
        let mut number = self.next;
        let rest = Axes::from_fn(self.size.len() - 1, |a| {
            let i = number % self.size[a + 1];
            number /= self.size[a + 1];
            i
        });
        assert_eq!(number, 0, "a brick stores each of its rows once");
        self.put(0, &rest, pixels);
        self.next += 1;
    }

    /// Writes pixels along x, from the brick's column `x` on, in the row `rest` of the brick, both counted from its
    /// first pixel. What is written so counts as stored only by [`Brick::assume_stored`].
    ///
    /// # Panics
    /// When one of them lies outside the brick.
    pub fn put(&self, x: usize, rest: &[usize], pixels: &[T]) {
        assert!(x <= self.size[0] && pixels.len() <= self.size[0] - x, "a row lies inside the brick");
        // SAFETY: the pixels are inside this brick.
        unsafe { self.write(0, self.offset(x, rest), pixels) };
    }

    /// Writes the whole brick, x fastest, then the axis after it.
    ///
    /// Where pixels are closer along another axis than along a row, as in Fortran order, this writes whole cache lines; row
    /// after row would fetch each of them many times.
    ///
    /// # Panics
    /// When there is not one for each pixel.
    pub fn store_all(&mut self, pixels: &[T]) {
        let Self { size, strides: Strides { bytes, .. }, .. } = *self;
        assert_eq!(pixels.len(), size.iter().product::<usize>(), "one for each pixel");
        self.next = size[1..].iter().product();
        if pixels.is_empty() {
            return;
        }
        let near = (0..size.len()).filter(|&a| size[a] > 1).min_by_key(|&a| bytes[a].unsigned_abs());
        for_each_band(&size, near.unwrap_or(0), |first, rest| match near {
            Some(axis @ 1..) => self.put_columns(rest, axis, &pixels[first..]),
            _ => self.put(0, rest, &pixels[first..][..size[0]]),
        });
    }

    /// Writes the rows that follow `rest` along `axis` column by column. `pixels` begin with the first of them, x fastest.
    fn put_columns(&self, rest: &[usize], axis: usize, pixels: &[T]) {
        let Self { size, strides: Strides { bytes, .. }, .. } = self;
        let pitch: usize = size[..axis].iter().product();
        let mut block = [0u64; DOWN * LINE / size_of::<u64>()];
        let block: &mut [T] = bytemuck::cast_slice_mut(&mut block);
        let first = self.offset(0, rest);
        for top in (0..size[axis]).step_by(DOWN) {
            let down = DOWN.min(size[axis] - top);
            for left in (0..size[0]).step_by(LINE / size_of::<T>()) {
                let across = (LINE / size_of::<T>()).min(size[0] - left);
                let columns = &mut block.as_chunks_mut::<DOWN>().0[..across];
                for (r, row) in (0..down).zip(pixels[top * pitch..].chunks(pitch)) {
                    for (column, &pixel) in columns.iter_mut().zip(&row[left..left + across]) {
                        column[r] = pixel;
                    }
                }
                for (c, column) in columns.iter().enumerate() {
                    let offset = first + (left + c) as isize * bytes[0] + top as isize * bytes[axis];
                    // SAFETY: columns and rows are inside this brick.
                    unsafe { self.write(axis, offset, &column[..down]) };
                }
            }
        }
    }

    /// Writes pixels along an axis, the first one `offset` bytes from the output's first.
    ///
    /// # Safety
    /// All of them are inside this brick.
    #[inline(always)]
    unsafe fn write(&self, axis: usize, offset: isize, pixels: &[T]) {
        let Strides { bytes, swapped, .. } = self.strides;
        let step = bytes[axis];
        // SAFETY: nothing else writes pixels of this brick, which are valid for writes; the copies are byte-wise, so alignment is
        // not needed.
        unsafe {
            let to = self.start.as_ptr().offset(offset);
            if step == size_of::<T>() as isize && !swapped {
                std::ptr::copy_nonoverlapping(pixels.as_ptr().cast(), to, size_of_val(pixels));
            } else {
                for (i, &pixel) in pixels.iter().enumerate() {
                    let pixel = if swapped { pixel.swap_bytes() } else { pixel };
                    to.offset(i as isize * step).cast::<T>().write_unaligned(pixel);
                }
            }
        }
    }

    /// True when the pixels of a row follow each other in this machine's byte order, so that [`Brick::row`] may be
    /// written through.
    pub fn is_plain(&self) -> bool {
        self.strides.bytes[0] == size_of::<T>() as isize && !self.strides.swapped
    }

    /// Where the row `rest` of the brick starts; valid for writes of a row when the brick is plain. It may be unaligned.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, rest: &[usize]) -> *mut T {
        self.start.as_ptr().wrapping_offset(self.offset(0, rest)).cast()
    }

    /// Where a pixel lies, in bytes from the output's first.
    fn offset(&self, x: usize, rest: &[usize]) -> isize {
        assert_eq!(rest.len() + 1, self.size.len(), "an index has one entry an axis");
        let mut offset = (self.first[0] + x) as isize * self.strides.bytes[0];
        for (a, &i) in rest.iter().enumerate() {
            assert!(i < self.size[a + 1], "a row lies inside the brick");
            offset += (self.first[a + 1] + i) as isize * self.strides.bytes[a + 1];
        }
        offset
    }

    /// Counts all pixels of the brick as stored.
    ///
    /// # Safety
    /// They were written, through [`Brick::put`] or [`Brick::row`].
    pub unsafe fn assume_stored(&mut self) {
        self.next = self.size[1..].iter().product();
    }
}

impl<T> Drop for Brick<'_, T> {
    fn drop(&mut self) {
        if let Some(stored) = self.stored {
            stored.fetch_add(self.next * self.size[0], Ordering::Release);
        }
    }
}
