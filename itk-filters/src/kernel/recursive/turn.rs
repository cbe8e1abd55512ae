//! Lines read from pixels into lanes, and written as pixels.

use itk_core::simd::{Job, Simd};
use itk_core::{Axes, Pixel, PixelType, Strides};

use super::lines::Rows;
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

    /// The pixels as rows, if they are such values and lie side by side.
    pub(super) fn rows<V: Pixel>(&self) -> Option<Rows<V>> {
        let are_rows = self.pixel == V::TYPE && !self.swapped && self.across == size_of::<V>() as isize;
        are_rows.then_some(Rows { start: self.start.cast(), pitch: self.along })
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

    /// How many pieces the pixels are taken in: rows across the lines, or [`TURN`] pixels along each of them.
    fn pieces(&self) -> usize {
        if self.goes_across() { self.length } else { self.count * self.length.div_ceil(TURN) }
    }

    /// The line and the pixel that a piece begins with.
    #[inline(always)]
    fn piece(&self, number: usize, across: bool) -> (usize, usize) {
        if across { (0, number) } else { (number % self.count, number / self.count * TURN) }
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
        let Rectangle { swapped, along, count, length, .. } = rectangle;
        let pixel = rectangle.pixel_for::<V>();
        let across = rectangle.goes_across();
        // The next lines are not far; rows of lines may be.
        let (step, ahead) = if across {
            (rectangle.across, AHEAD * along)
        } else {
            (along, LINES as isize * rectangle.across)
        };
        let strides = Strides { size: Axes::filled(1, 0), bytes: Axes::filled(1, step), swapped };
        let mut turned = [V::default(); LINES * TURN];
        for number in 0..rectangle.pieces() {
            let (line, first) = rectangle.piece(number, across);
            let (rows, place, n) = (&mut rows[first * pitch..], line % LINES, TURN.min(length - first));
            let piece = if across { &mut rows[..count] } else { &mut turned[place * TURN..][..n] };
            let from = rectangle.at(line, first);
            if step == pixel.size() as isize && !swapped {
                number::prefetch(simd, from.wrapping_offset(ahead), piece.len() * pixel.size());
            }
            // SAFETY: the promise of `new`.
            unsafe { number::read(pixel, from, &strides, piece) };
            if !across && (place == LINES - 1 || line == count - 1) {
                turn(simd, &turned, TURN, &mut rows[line - place..], pitch, (place + 1, n));
            }
        }
    }
}

/// Lanes into pixels: the inverse of [`Read`].
pub(super) struct Write<'a, V> {
    rectangle: Rectangle,
    rows: &'a [V],
    pitch: usize,
}

impl<'a, V: Value> Write<'a, V> {
    /// # Safety
    /// The pixels are valid for writes, until the job has run.
    pub(super) unsafe fn new(rectangle: Rectangle, rows: &'a [V], pitch: usize) -> Self {
        Self { rectangle, rows, pitch }
    }
}

impl<V: Value> Job for Write<'_, V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rectangle, rows, pitch } = self;
        let Rectangle { swapped, along, count, length, .. } = rectangle;
        let pixel = rectangle.pixel_for::<V>();
        let (across, size) = (rectangle.goes_across(), pixel.size());
        let step = if across { rectangle.across } else { along };
        let in_place = step == size as isize && !swapped;
        let mut turned = [V::default(); LINES * TURN];
        let mut spare = [0u64; TURN];
        let spare: &mut [u8] = bytemuck::cast_slice_mut(&mut spare);
        for number in 0..rectangle.pieces() {
            let (line, first) = rectangle.piece(number, across);
            let (rows, place, n) = (&rows[first * pitch..], line % LINES, TURN.min(length - first));
            if !across && place == 0 {
                turn(simd, &rows[line..], pitch, &mut turned, TURN, (n, LINES.min(count - line)));
            }
            let piece = if across { &rows[..count] } else { &turned[place * TURN..][..n] };
            let to = rectangle.at(line, first);
            let values = if in_place { to } else { spare.as_mut_ptr() };
            // SAFETY: the promise of `new`; a piece has at most so many pixels as there is room for in `spare`.
            unsafe { number::write(piece, pixel, values) };
            if in_place {
                continue;
            }
            for (i, pixel) in spare.chunks_exact_mut(size).take(piece.len()).enumerate() {
                if swapped {
                    pixel.reverse();
                }
                // SAFETY: the promise of `new`.
                unsafe {
                    std::ptr::copy_nonoverlapping(pixel.as_ptr(), to.wrapping_offset(i as isize * step), size)
                };
            }
        }
    }
}

/// Turns rows of values, which begin `pitch` values after one another, into columns.
#[inline(always)]
fn turn<S: Simd, V: Value>(
    simd: S,
    from: &[V],
    pitch: usize,
    to: &mut [V],
    to_pitch: usize,
    (rows, columns): (usize, usize),
) {
    let blocks = (rows - rows % LINES, columns - columns % LINES);
    for row in (0..blocks.0).step_by(LINES) {
        for column in (0..blocks.1).step_by(LINES) {
            simd.turn(&from[row * pitch + column..], pitch, &mut to[column * to_pitch + row..], to_pitch);
        }
    }
    for row in 0..rows {
        for column in if row < blocks.0 { blocks.1 } else { 0 }..columns {
            to[column * to_pitch + row] = from[row * pitch + column];
        }
    }
}
