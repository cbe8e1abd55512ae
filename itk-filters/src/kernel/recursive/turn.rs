//! Lines read from pixels into lanes, and written as pixels.

use itk_core::simd::Simd;
use itk_core::{Axes, PixelType, Strides};

use crate::kernel::stencil::number;

/// Pixels of a line that are turned in one go: with all lanes, a part of a first-level cache.
const TURN: usize = 64;

/// Fewer lines side by side than this are read along each of them, not across.
const ACROSS: usize = 8;

/// Rows ahead that the cache is told of.
const AHEAD: isize = 8;

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

    /// A row of `n` pixels that begins with pixel `i` of line `line`.
    #[inline(always)]
    fn at(&self, line: usize, i: usize) -> *mut u8 {
        self.start.wrapping_offset(line as isize * self.across + i as isize * self.along)
    }

    /// Converts the pixels of each line into one lane of `rows`, which begin `pitch` values after one another.
    ///
    /// # Safety
    /// The pixels are valid for reads.
    #[inline(always)]
    pub(super) unsafe fn read<S: Simd>(self, simd: S, rows: &mut [f64], pitch: usize) {
        let step = |bytes: isize| Strides {
            size: Axes::filled(1, 0),
            bytes: Axes::filled(1, bytes),
            swapped: self.swapped,
        };
        if self.goes_across() {
            let (strides, ahead) = (step(self.across), AHEAD * self.along);
            for (i, row) in rows.chunks_mut(pitch).take(self.length).enumerate() {
                let row = &mut row[..self.count];
                // SAFETY: the caller's promise.
                unsafe { number::read(simd, self.pixel, self.at(0, i), &strides, ahead, row) };
            }
            return;
        }
        let (strides, ahead) = (step(self.along), 2 * self.across);
        let mut piece = [0.0; TURN];
        for first in (0..self.length).step_by(TURN) {
            let piece = &mut piece[..TURN.min(self.length - first)];
            let rows = &mut rows[first * pitch..];
            for line in 0..self.count {
                // SAFETY: the caller's promise.
                unsafe { number::read(simd, self.pixel, self.at(line, first), &strides, ahead, piece) };
                for (row, &value) in rows.chunks_mut(pitch).zip(&*piece) {
                    row[line] = value;
                }
            }
        }
    }

    /// Converts the values in each lane of `rows` into the pixels of one line.
    ///
    /// # Safety
    /// The pixels are valid for writes.
    #[inline(always)]
    pub(super) unsafe fn write<S: Simd>(self, simd: S, rows: &[f64], pitch: usize) {
        if self.goes_across() {
            for (i, row) in rows.chunks(pitch).take(self.length).enumerate() {
                // SAFETY: the caller's promise.
                unsafe { self.put(simd, &row[..self.count], self.at(0, i), self.across) };
            }
            return;
        }
        let mut piece = [0.0; TURN];
        for first in (0..self.length).step_by(TURN) {
            let piece = &mut piece[..TURN.min(self.length - first)];
            let rows = &rows[first * pitch..];
            for line in 0..self.count {
                for (value, row) in piece.iter_mut().zip(rows.chunks(pitch)) {
                    *value = row[line];
                }
                // SAFETY: the caller's promise.
                unsafe { self.put(simd, piece, self.at(line, first), self.along) };
            }
        }
    }

    /// Writes at most [`TURN`] values as pixels that lie `step` bytes apart.
    ///
    /// # Safety
    /// They are valid for writes.
    #[inline(always)]
    unsafe fn put<S: Simd>(&self, simd: S, values: &[f64], to: *mut u8, step: isize) {
        let size = self.pixel.size();
        if step == size as isize && !self.swapped {
            // SAFETY: the caller's promise.
            unsafe { number::write(simd, values, self.pixel, to, 0) };
            return;
        }
        let mut pixels = [0u64; TURN];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut pixels);
        // SAFETY: there is room for as many pixels of the largest size.
        unsafe { number::write(simd, values, self.pixel, bytes.as_mut_ptr(), 0) };
        for (i, pixel) in bytes.chunks_exact_mut(size).take(values.len()).enumerate() {
            if self.swapped {
                pixel.reverse();
            }
            let to = to.wrapping_offset(i as isize * step);
            // SAFETY: the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(pixel.as_ptr(), to, size) };
        }
    }
}
