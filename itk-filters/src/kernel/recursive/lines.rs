//! Lines that are filtered side by side, one in each lane of vectors.

use std::ops::Range;

use bytemuck::cast_slice_mut;
use itk_core::Pixel;
use itk_core::simd::{KeyVector, Level, Simd};

use super::coefficients::{Coefficients, Four};
use crate::kernel::cache::Aligned;
use crate::kernel::stencil::number;

/// Lines that go together, where there are many: whole cache lines, and enough that one line's chain of operations does not
/// hold up the others'.
pub(super) const LANES: usize = 32;

/// Lines that go together where there are few: one register of the widest level.
pub(super) const BLOCK: usize = 8;

/// Rows ahead that the cache is told of: fewer than a set of a first-level cache has lines, as far rows may share one.
const AHEAD: isize = 6;

/// Rows beyond each end of the lines, which repeat the border's pixel: as many as each result depends on.
const BEYOND: usize = 4;

/// Rows of values, one of each line. Others may see the memory.
#[derive(Clone, Copy)]
pub(super) struct Rows<V> {
    start: *mut V,
    /// Bytes from a row to the next.
    pitch: isize,
    soon: Soon,
}

/// What the cache is told of with the first row, and how many bytes farther with each one after it. It may lie anywhere.
#[derive(Clone, Copy)]
pub(super) struct Soon {
    pub(super) start: *const u8,
    pub(super) pitch: isize,
}

impl<V> Rows<V> {
    /// Rows of pixels, which are taken from the first one to the last.
    pub(super) fn forwards(start: *mut V, pitch: isize) -> Self {
        let soon = Soon { start: start.wrapping_byte_offset(AHEAD * pitch).cast(), pitch };
        Self { start, pitch, soon }
    }

    /// Rows of pixels, which are taken from the last one to the first.
    pub(super) fn backwards(start: *mut V, pitch: isize) -> Self {
        let soon = Soon { start: start.wrapping_byte_offset(-AHEAD * pitch).cast(), pitch };
        Self { start, pitch, soon }
    }

    /// Rows that are staged, and so are in the cache, unlike the pixels that come next.
    pub(super) fn staged(start: *mut V, pitch: isize, soon: Option<Soon>) -> Self {
        Self { start, pitch, soon: soon.unwrap_or(Soon { start: start.cast(), pitch }) }
    }
}

impl<V: Pixel> Rows<V> {
    /// The values of a row.
    ///
    /// # Safety
    /// They are valid for reads.
    #[inline(always)]
    pub(super) unsafe fn values<const L: usize>(&self, row: usize) -> [V; L] {
        // SAFETY: the caller's promise.
        unsafe { self.at::<L>(row as isize).read_unaligned() }
    }

    #[inline(always)]
    fn at<const L: usize>(&self, row: isize) -> *mut [V; L] {
        self.start.wrapping_byte_offset(row * self.pitch).cast()
    }
}

/// What takes the results of lines, row by row.
pub(super) trait Sink<V>: Copy {
    /// # Safety
    /// The row is valid for writes, and for reads of what results are added to.
    unsafe fn put<const L: usize>(&self, row: usize, results: [V; L]);

    /// Tells the cache, while a row is put, of what will be put soon, and later of what lies beside that.
    fn prefetch<S: Simd, const L: usize>(&self, simd: S, row: isize);
}

impl<V: Pixel> Sink<V> for Rows<V> {
    #[inline(always)]
    unsafe fn put<const L: usize>(&self, row: usize, results: [V; L]) {
        // SAFETY: the caller's promise.
        unsafe { self.at::<L>(row as isize).write_unaligned(results) }
    }

    #[inline(always)]
    fn prefetch<S: Simd, const L: usize>(&self, simd: S, row: isize) {
        let Soon { start, pitch } = self.soon;
        let (first, bytes) = (start.wrapping_offset(row * pitch), size_of::<[V; L]>());
        number::prefetch(simd, first, bytes);
        if pitch.unsigned_abs() > bytes {
            number::prefetch(simd, first.wrapping_add(bytes), bytes);
        }
    }
}

/// Lines that are read from `from`.
pub(super) struct Lines<'a, V> {
    pub(super) from: Rows<V>,
    pub(super) length: usize,
    /// How many: 1, 8 or [`LANES`].
    pub(super) lanes: usize,
    /// Rows whose results are wanted.
    pub(super) wanted: Range<usize>,
    /// Room for what the recursion depends on: see [`history`].
    pub(super) history: &'a mut [f64],
}

/// How many lines go together, where there are `lines` of `length` pixels. A few would leave most lanes empty, and long ones
/// would take much memory.
pub(super) fn lanes(lines: usize, length: usize) -> usize {
    match lines {
        _ if length > 1 << 17 => 1,
        0..=2 => 1,
        3..=8 => BLOCK,
        _ => LANES,
    }
}

/// How many numbers the history of lines has, which have `count` pixels in all.
fn history(count: usize, lanes: usize) -> Option<usize> {
    count.checked_add(2 * BEYOND * lanes)?.checked_mul(2)
}

/// Room for lines and their results.
pub(super) struct Scratch {
    pixels: Aligned<f64>,
    sums: Aligned<f64>,
    history: Aligned<f64>,
}

/// The parts of a [`Scratch`].
pub(super) struct Parts<'a, V> {
    /// Pixels, then results.
    pub(super) values: &'a mut [V],
    /// What results are added to.
    pub(super) sums: &'a mut [V],
    pub(super) history: &'a mut [f64],
}

impl Scratch {
    /// Room for lines of so many pixels in all, with sums or without; `None` when there is no memory for it.
    pub(super) fn new(count: usize, sums: bool) -> Option<Self> {
        Some(Self {
            pixels: Aligned::new(count)?,
            sums: Aligned::new(if sums { count } else { 0 })?,
            history: Aligned::new(history(count, LANES)?)?,
        })
    }

    /// Room for lines, `lanes` of them with `count` pixels in all.
    pub(super) fn parts<V: Pixel>(&mut self, count: usize, lanes: usize) -> Parts<'_, V> {
        let history = history(count, lanes).expect("no more than there is room for");
        let sums = cast_slice_mut(self.sums.values());
        let most = sums.len().min(count);
        Parts {
            values: &mut cast_slice_mut(self.pixels.values())[..count],
            sums: &mut sums[..most],
            history: &mut self.history.values()[..history],
        }
    }
}

impl<V: Pixel> Lines<'_, V> {
    /// Computes the results.
    ///
    /// # Safety
    /// There are at least 4 rows. They are valid for reads, those that are wanted for [`Sink::put`] too, and the places are
    /// the same or do not overlap.
    #[inline(always)]
    pub(super) unsafe fn filter<S: Simd>(self, simd: S, by: &Coefficients, sink: impl Sink<V>) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.lanes {
                1 => self.filter_lanes::<S, 1>(simd, by, sink),
                BLOCK => self.filter_lanes::<S, BLOCK>(simd, by, sink),
                _ => self.filter_lanes::<S, LANES>(simd, by, sink),
            }
        }
    }

    /// The recursion forwards keeps pixels and results, on which that backwards depends. It replaces the results by its own,
    /// which are added to those forwards before. Operations and their order are ITK's.
    ///
    /// # Safety
    /// As for [`Lines::filter`].
    #[inline(always)]
    unsafe fn filter_lanes<S: Simd, const L: usize>(self, simd: S, by: &Coefficients, sink: impl Sink<V>) {
        let Self { from, length, wanted, history, .. } = self;
        let (numbers, _) = history.as_chunks_mut::<L>();
        let (rows, _) = numbers.as_chunks_mut::<2>();
        let Coefficients { n, d, m, before, after } = *by;
        // SAFETY: the caller's promise.
        let border = unsafe { from.values::<L>(0) }.map(Pixel::to_f64);
        rows[..BEYOND].fill([border; 2]);
        let mut results = [border; BEYOND];
        for row in 0..length {
            from.prefetch::<S, L>(simd, row as isize);
            // SAFETY: the caller's promise.
            let pixels = unsafe { from.values::<L>(row) };
            let [fourth, third, second, first, new] = window(rows, row);
            let d = beside_border(row, &d, &before);
            let mut result = [0.0; L];
            for l in 0..L {
                let x = pixels[l].to_f64();
                new[0][l] = x;
                let direct = x * n[0] + first[0][l] * n[1] + second[0][l] * n[2] + third[0][l] * n[3];
                let forwards = direct - fed::<S, L>(&results, [first, second, third, fourth], &d, l);
                (new[1][l], result[l]) = (forwards, forwards);
            }
            if holds::<S, L>() {
                results = [result, results[0], results[1], results[2]];
            }
        }
        let [border, _] = rows[BEYOND + length - 1];
        rows[BEYOND + length..][..BEYOND].fill([border; 2]);
        let mut results = [border; BEYOND];
        for row in (0..length).rev() {
            sink.prefetch::<S, L>(simd, row as isize - wanted.start as isize);
            let [new, first, second, third, fourth] = window(rows, BEYOND + row);
            let d = beside_border(length - 1 - row, &d, &after);
            let (mut result, mut sums) = ([0.0; L], [V::default(); L]);
            for l in 0..L {
                let direct =
                    first[0][l] * m[0] + second[0][l] * m[1] + third[0][l] * m[2] + fourth[0][l] * m[3];
                let backwards = direct - fed::<S, L>(&results, [first, second, third, fourth], &d, l);
                sums[l] = V::from_f64(new[1][l] + backwards);
                (new[1][l], result[l]) = (backwards, backwards);
            }
            if holds::<S, L>() {
                results = [result, results[0], results[1], results[2]];
            }
            if wanted.contains(&row) {
                // SAFETY: the caller's promise.
                unsafe { sink.put(row - wanted.start, sums) };
            }
        }
    }
}

/// Whether a half of the registers holds the results on which the next ones depend, so that these need not be read again.
#[inline(always)]
fn holds<S: Simd, const L: usize>() -> bool {
    let registers = match S::LEVEL {
        Level::Avx512 => 32,
        Level::Avx2 | Level::Baseline => 16,
    };
    BEYOND * L <= registers / 2 * <S::I64 as KeyVector<i64>>::LANES
}

/// What the results before, the latest first, add to the next one of a lane: those that are held, or those in the rows.
#[inline(always)]
fn fed<S: Simd, const L: usize>(
    held: &[[f64; L]; BEYOND],
    rows: [&[[f64; L]; 2]; BEYOND],
    d: &Four,
    l: usize,
) -> f64 {
    let [first, second, third, fourth] =
        if holds::<S, L>() { held.each_ref() } else { rows.map(|row| &row[1]) };
    first[l] * d[0] + second[l] * d[1] + third[l] * d[2] + fourth[l] * d[3]
}

/// The pixels and results of each lane, in five rows.
#[inline(always)]
fn window<const L: usize>(rows: &mut [[[f64; L]; 2]], first: usize) -> &mut [[[f64; L]; 2]; BEYOND + 1] {
    (&mut rows[first..][..BEYOND + 1]).try_into().expect("5 rows")
}

/// The coefficients of the results before, at a step from the border. Beyond it, the border's pixel stands for results, with
/// coefficients of its own.
#[inline(always)]
fn beside_border(step: usize, inside: &Four, beyond: &Four) -> Four {
    if step >= BEYOND {
        *inside
    } else {
        std::array::from_fn(|k| if k < step { inside[k] } else { beyond[k] })
    }
}
