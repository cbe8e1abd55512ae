//! Lines read from pixels into lanes, and written as pixels.

use std::ops::Range;

use itk_core::simd::{Job, Simd};
use itk_core::{Axes, Pixel, PixelType, Strides};

use super::lines::Soon;
use crate::kernel::stencil::number::{self, Number, Staged};

/// Pixels of a line that are turned in one go: with all lanes, a part of a first-level cache.
const TURN: usize = 64;

/// Lines that are turned in one go: as many as [`Simd::turn`] takes.
const LINES: usize = 8;

/// Fewer lines side by side than this are read along each of them, not across.
const ACROSS: usize = 8;

/// Rows ahead that the cache is told of.
const AHEAD: isize = 8;

/// What pixels are staged as: f32 where that is what they are and what results become, else f64.
pub(super) trait Value: Pixel + Staged + Number {}

impl Value for f32 {}
impl Value for f64 {}

/// Pixels of a type known at run time only, at some place. Whoever makes one sees to it that they are valid.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    pub(super) start: *mut u8,
    pub(super) strides: Strides,
    pub(super) pixel: PixelType,
}

impl Pixels {
    /// The same from another first pixel on.
    pub(super) fn from(self, at: &[usize]) -> Self {
        let offset: isize = at.iter().zip(self.strides.bytes.iter()).map(|(&i, &b)| i as isize * b).sum();
        Self { start: self.start.wrapping_offset(offset), ..self }
    }

    /// `count` lines of `length` pixels along `axis`, side by side along `side`.
    pub(super) fn lines(
        self,
        at: &[usize],
        axis: usize,
        side: Option<usize>,
        count: usize,
        length: usize,
    ) -> Rectangle {
        let Self { start, strides, pixel } = self.from(at);
        let bytes = &strides.bytes;
        let (along, across) = (bytes[axis], side.map_or(0, |side| bytes[side]));
        Rectangle { start, pixel, swapped: strides.swapped, along, across, count, length }
    }
}

/// Lines that lie side by side.
#[derive(Clone, Copy)]
pub(super) struct Rectangle {
    start: *mut u8,
    pixel: PixelType,
    swapped: bool,
    /// Bytes to the next pixel of a line, and to the same one of the next line.
    along: isize,
    across: isize,
    count: usize,
    length: usize,
}

impl Rectangle {
    /// Whether pixels are taken across the lines.
    fn goes_across(&self) -> bool {
        self.count >= ACROSS && self.across.unsigned_abs() <= self.along.unsigned_abs()
    }

    /// The lines behind these, of which a pixel is told for each lane at a time: if all of them follow each other in memory.
    pub(super) fn next(&self, lanes: usize) -> Option<Soon> {
        let behind = self.start.wrapping_offset(self.count as isize * self.across);
        self.soon(lanes).map(|soon| Soon { start: behind, ..soon })
    }

    /// These lines themselves, in the same way.
    pub(super) fn soon(&self, lanes: usize) -> Option<Soon> {
        let size = self.pixel.size();
        let follow = self.along == size as isize && self.across == (self.length * size) as isize;
        follow.then_some(Soon { start: self.start, pitch: (lanes * size) as isize })
    }

    /// Where the first row of pixels is, and bytes from a row to the next, if they are such values and lie side by side.
    pub(super) fn rows<V: Pixel>(&self) -> Option<(*mut V, isize)> {
        let are_rows = self.pixel == V::TYPE && !self.swapped && self.across == size_of::<V>() as isize;
        are_rows.then_some((self.start.cast(), self.along))
    }

    /// The pixels' type. Only such pixels are staged as f32, so no other conversions are compiled for it.
    #[inline(always)]
    fn pixel_for<V: Value>(&self) -> PixelType {
        match V::TYPE {
            PixelType::F32 => {
                assert_eq!(self.pixel, PixelType::F32, "pixels staged as f32");
                PixelType::F32
            }
            _ => self.pixel,
        }
    }

    /// Whether the pixels of a line are such values, one after the other.
    fn has_values<V: Pixel>(&self) -> bool {
        self.pixel == V::TYPE && !self.swapped && self.along == size_of::<V>() as isize
    }

    /// The pieces that lines are turned in: the first line and how many, the first pixel and how many.
    fn pieces(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + use<> {
        let Self { count, length, .. } = *self;
        (0..length).step_by(TURN).flat_map(move |first| {
            let pixels = first..(first + TURN).min(length);
            (0..count).step_by(LINES).map(move |line| (line..(line + LINES).min(count), pixels.clone()))
        })
    }

    /// Where pixel `i` of a line is.
    #[inline(always)]
    fn at(&self, line: usize, i: usize) -> *mut u8 {
        self.start.wrapping_offset(line as isize * self.across + i as isize * self.along)
    }
}

/// Pixels into lanes: those of each line into one lane of `rows`, which begin `pitch` values after one another.
pub(super) struct Read<'a, V> {
    rectangle: Rectangle,
    rows: &'a mut [V],
    pitch: usize,
}

impl<'a, V: Value> Read<'a, V> {
    /// # Safety
    /// The pixels are valid for reads, until the job has run.
    pub(super) unsafe fn new(rectangle: Rectangle, rows: &'a mut [V], pitch: usize) -> Self {
        Self { rectangle, rows, pitch }
    }
}

impl<V: Value> Job for Read<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rectangle, rows, pitch } = self;
        let Rectangle { swapped, along, across, count, length, .. } = rectangle;
        let pixel = rectangle.pixel_for::<V>();
        let strides = |step| Strides { size: Axes::filled(1, 0), bytes: Axes::filled(1, step), swapped };
        if rectangle.goes_across() {
            for row in 0..length {
                let from = rectangle.at(0, row);
                number::prefetch(simd, from.wrapping_offset(AHEAD * along), count * pixel.size());
                // SAFETY: the promise of `new`.
                unsafe { number::read(pixel, from, &strides(across), &mut rows[row * pitch..][..count]) };
            }
            return;
        }
        let mut copied = [V::default(); LINES * TURN];
        for (lines, pixels) in rectangle.pieces() {
            let (first, size) = (rectangle.at(lines.start, pixels.start), (lines.len(), pixels.len()));
            let values = if rectangle.has_values::<V>() {
                // The next lines are not far.
                for line in 0..lines.len() as isize {
                    let next = first.wrapping_offset((line + LINES as isize) * across);
                    number::prefetch(simd, next, size_of_val(&copied) / LINES);
                }
                Turned { start: first.cast(), pitch: across }
            } else {
                for (line, values) in lines.clone().zip(copied.chunks_exact_mut(TURN)) {
                    let from = rectangle.at(line, pixels.start);
                    // SAFETY: the promise of `new`.
                    unsafe { number::read(pixel, from, &strides(along), &mut values[..pixels.len()]) };
                }
                Turned::of(&mut copied, TURN, size)
            };
            let rows = &mut rows[pixels.start * pitch + lines.start..];
            // SAFETY: the promise of `new`, or the copies are as large.
            unsafe { values.turn(simd, Turned::of(rows, pitch, (size.1, size.0)), size) };
        }
    }
}

/// Lanes into pixels: the inverse of [`Read`].
pub(super) struct Write<'a, V> {
    rectangle: Rectangle,
    rows: &'a mut [V],
    pitch: usize,
}

impl<'a, V: Value> Write<'a, V> {
    /// # Safety
    /// The pixels are valid for writes, until the job has run.
    pub(super) unsafe fn new(rectangle: Rectangle, rows: &'a mut [V], pitch: usize) -> Self {
        Self { rectangle, rows, pitch }
    }
}

impl<V: Value> Job for Write<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rectangle, rows, pitch } = self;
        let Rectangle { along, across, count, length, .. } = rectangle;
        let pixel = rectangle.pixel_for::<V>();
        if rectangle.goes_across() {
            for row in 0..length {
                // SAFETY: the promise of `new`.
                unsafe {
                    rectangle.write(pixel, &rows[row * pitch..][..count], rectangle.at(0, row), across)
                };
            }
            return;
        }
        let mut copied = [V::default(); LINES * TURN];
        for (lines, pixels) in rectangle.pieces() {
            let size = (pixels.len(), lines.len());
            let values = Turned::of(&mut rows[pixels.start * pitch + lines.start..], pitch, size);
            if rectangle.has_values::<V>() {
                let to = Turned { start: rectangle.at(lines.start, pixels.start).cast(), pitch: across };
                // SAFETY: the promise of `new`.
                unsafe { values.turn(simd, to, size) };
                continue;
            }
            // SAFETY: the copies are as large.
            unsafe { values.turn(simd, Turned::of(&mut copied, TURN, (size.1, size.0)), size) };
            for (line, values) in lines.zip(copied.chunks_exact(TURN)) {
                let to = rectangle.at(line, pixels.start);
                // SAFETY: the promise of `new`.
                unsafe { rectangle.write(pixel, &values[..pixels.len()], to, along) };
            }
        }
    }
}

impl Rectangle {
    /// Writes at most [`TURN`] values as pixels, `step` bytes after one another.
    ///
    /// # Safety
    /// The pixels are valid for writes.
    #[inline(always)]
    unsafe fn write<V: Value>(&self, pixel: PixelType, values: &[V], to: *mut u8, step: isize) {
        let size = pixel.size();
        if step == size as isize && !self.swapped {
            // SAFETY: the caller's promise.
            unsafe { number::write(values, pixel, to) };
            return;
        }
        let mut spare = [0u64; TURN];
        let spare: &mut [u8] = bytemuck::cast_slice_mut(&mut spare[..values.len()]);
        // SAFETY: there is room for as many of the largest pixels.
        unsafe { number::write(values, pixel, spare.as_mut_ptr()) };
        for (i, pixel) in (0..).zip(spare.chunks_exact_mut(size).take(values.len())) {
            if self.swapped {
                pixel.reverse();
            }
            // SAFETY: the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(pixel.as_ptr(), to.wrapping_offset(i * step), size) };
        }
    }
}

/// Rows of values that are turned. Others may see the memory.
#[derive(Clone, Copy)]
struct Turned<V> {
    start: *mut V,
    /// Bytes from a row to the next.
    pitch: isize,
}

impl<V: Value> Turned<V> {
    /// So many rows and columns, the rows `pitch` values after one another.
    #[inline(always)]
    fn of(values: &mut [V], pitch: usize, (rows, columns): (usize, usize)) -> Self {
        let values = &mut values[..(rows - 1) * pitch + columns];
        Self { start: values.as_mut_ptr(), pitch: (pitch * size_of::<V>()) as isize }
    }

    #[inline(always)]
    fn at(self, row: usize, column: usize) -> *mut V {
        self.start.wrapping_byte_offset(row as isize * self.pitch).wrapping_add(column)
    }

    /// Turns so many rows and columns into columns and rows.
    ///
    /// # Safety
    /// They are valid for reads here, and for writes there.
    #[inline(always)]
    unsafe fn turn<S: Simd>(self, simd: S, to: Self, (rows, columns): (usize, usize)) {
        let whole = (rows - rows % LINES, columns - columns % LINES);
        for row in (0..whole.0).step_by(LINES) {
            for column in (0..whole.1).step_by(LINES) {
                // SAFETY: the caller's promise.
                unsafe { simd.turn(self.at(row, column), self.pitch, to.at(column, row), to.pitch) };
            }
        }
        for row in 0..rows {
            for column in if row < whole.0 { whole.1 } else { 0 }..columns {
                // SAFETY: the caller's promise.
                unsafe { to.at(column, row).write_unaligned(self.at(row, column).read_unaligned()) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_are_told_of_where_lines_follow_each_other() {
        let mut memory = [0_u8; 64];
        let start = memory.as_mut_ptr();
        let pixels = |bytes: &[isize]| Pixels {
            start,
            strides: Strides {
                size: Axes::filled(3, 8),
                bytes: Axes::from_fn(3, |a| bytes[a]),
                swapped: false,
            },
            pixel: PixelType::U16,
        };
        let next = |bytes: &[isize], axis, side, length| {
            let next = pixels(bytes).lines(&[0, 3, 0], axis, Some(side), 4, length).next(32);
            next.map(|next| (next.start.addr() - start.addr(), next.pitch))
        };
        // Row 7 of the image, and 32 pixels of 2 bytes at a time.
        assert_eq!(next(&[2, 16, 128], 0, 1, 8), Some((7 * 16, 64)));
        // Rows with a gap between them, a part of each row, pixels with a gap, and lines along y.
        assert_eq!(next(&[2, 18, 144], 0, 1, 8), None);
        assert_eq!(next(&[2, 16, 128], 0, 1, 5), None);
        assert_eq!(next(&[4, 32, 256], 0, 1, 8), None);
        assert_eq!(next(&[2, 16, 128], 1, 0, 8), None);
    }
}
