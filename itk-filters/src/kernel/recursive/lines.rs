//! Lines that are filtered side by side, one in each lane of vectors.

use bytemuck::cast_slice_mut;
use itk_core::Pixel;
use itk_core::simd::{Level, Simd};

use super::coefficients::{Coefficients, Four};
use crate::kernel::cache::{Aligned, LINE};

/// Lines that are staged together, or lie side by side, where there are many: whole cache lines.
pub(super) const LANES: usize = 32;

/// Lanes of a block: one register of the widest level.
pub(super) const BLOCK: usize = 8;

/// Blocks that are filtered together, so that one line's chain of operations does not hold up the others'. With more, their
/// last pixels and results would not fit the registers of AVX-512.
const BLOCKS: usize = 2;

/// The same for AVX2, where they fit in neither case, and all lanes at once are faster.
const BLOCKS_OF_AVX2: usize = LANES / BLOCK;

/// Rows ahead that the cache is told of.
const AHEAD: isize = 8;

/// Numbers that compilers keep in one register, or in several where they are smaller.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Block<const L: usize>([f64; L]);

impl<const L: usize> Block<L> {
    #[inline(always)]
    fn times(mut self, factor: f64) -> Self {
        for value in &mut self.0 {
            *value *= factor;
        }
        self
    }

    #[inline(always)]
    fn plus(mut self, other: Self) -> Self {
        for l in 0..L {
            self.0[l] += other.0[l];
        }
        self
    }

    #[inline(always)]
    fn minus(mut self, other: Self) -> Self {
        for l in 0..L {
            self.0[l] -= other.0[l];
        }
        self
    }
}

/// Rows of values, one of each line. Others may see the memory.
#[derive(Clone, Copy)]
pub(super) struct Rows<V> {
    pub(super) start: *mut V,
    /// Bytes from a row to the next.
    pub(super) pitch: isize,
}

impl<V: Pixel> Rows<V> {
    /// A block of a row.
    ///
    /// # Safety
    /// The values are valid for reads.
    #[inline(always)]
    pub(super) unsafe fn values<const L: usize>(&self, row: usize, block: usize) -> [V; L] {
        // SAFETY: the caller's promise.
        unsafe { self.at::<L>(row, block).read_unaligned() }
    }

    /// # Safety
    /// As for [`Rows::values`].
    #[inline(always)]
    unsafe fn read<const L: usize>(&self, row: usize, block: usize) -> Block<L> {
        // SAFETY: the caller's promise.
        let values = unsafe { self.values::<L>(row, block) };
        let mut wide = [0.0; L];
        for l in 0..L {
            wide[l] = values[l].to_f64();
        }
        Block(wide)
    }

    /// # Safety
    /// The values are valid for writes.
    #[inline(always)]
    pub(super) unsafe fn put<const L: usize>(&self, row: usize, block: usize, values: [V; L]) {
        // SAFETY: the caller's promise.
        unsafe { self.at::<L>(row, block).write_unaligned(values) }
    }

    /// # Safety
    /// The values are valid for writes.
    #[inline(always)]
    unsafe fn write<const L: usize>(&self, row: usize, block: usize, results: Block<L>) {
        let mut values = [V::default(); L];
        for (value, result) in values.iter_mut().zip(results.0) {
            *value = V::from_f64(result);
        }
        // SAFETY: the caller's promise.
        unsafe { self.put(row, block, values) }
    }

    /// The same without the first values of each row.
    #[inline(always)]
    fn skip(self, values: usize) -> Self {
        Self { start: self.start.wrapping_add(values), ..self }
    }

    #[inline(always)]
    fn at<const L: usize>(&self, row: usize, block: usize) -> *mut [V; L] {
        self.start.wrapping_byte_offset(row as isize * self.pitch).wrapping_add(block * L).cast()
    }
}

/// Lines that are read from `from` and whose results are written to `to`.
pub(super) struct Lines<'a, V> {
    pub(super) from: Rows<V>,
    pub(super) to: Rows<V>,
    /// How many: 1, 8 or [`LANES`].
    pub(super) lanes: usize,
    /// Room for the results of one direction: so many for each pixel of a line.
    pub(super) forwards: &'a mut [f64],
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

/// Room for lines and their results.
pub(super) struct Scratch {
    pixels: Aligned<f64>,
    forwards: Aligned<f64>,
}

impl Scratch {
    /// Room for so many values; `None` when there is no memory for it.
    pub(super) fn new(count: usize) -> Option<Self> {
        Some(Self { pixels: Aligned::new(count)?, forwards: Aligned::new(count)? })
    }

    /// Room for some values of lines, and for as many results in one direction.
    pub(super) fn both<V: Pixel>(&mut self, count: usize) -> (&mut [V], &mut [f64]) {
        let values = cast_slice_mut(self.pixels.values());
        (&mut values[..count], &mut self.forwards.values()[..count])
    }
}

impl<V: Pixel> Lines<'_, V> {
    /// Computes the results.
    ///
    /// # Safety
    /// There are at least 4 rows, as many as there is room for. They are valid for reads and for writes, and the places are
    /// the same or do not overlap.
    #[inline(always)]
    pub(super) unsafe fn filter<S: Simd>(self, simd: S, coefficients: &Coefficients) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.lanes {
                1 => self.filter_blocks::<S, 1, 1>(simd, coefficients),
                BLOCK => self.filter_blocks::<S, BLOCK, 1>(simd, coefficients),
                _ if S::LEVEL == Level::Avx2 => {
                    self.filter_blocks::<S, BLOCK, BLOCKS_OF_AVX2>(simd, coefficients);
                }
                _ => self.filter_blocks::<S, BLOCK, BLOCKS>(simd, coefficients),
            }
        }
    }

    /// # Safety
    /// As for [`Lines::filter`].
    #[inline(always)]
    unsafe fn filter_blocks<S: Simd, const L: usize, const N: usize>(
        self,
        simd: S,
        coefficients: &Coefficients,
    ) {
        let Self { from, to, lanes, forwards } = self;
        let Coefficients { n, d, m, before, after } = coefficients;
        let length = forwards.len() / lanes;
        let (values, _) = forwards[..length * N * L].as_chunks_mut::<L>();
        let (forwards, _) = values.as_chunks_mut::<N>();
        for lane in (0..lanes).step_by(N * L) {
            let (from, to) = (from.skip(lane), to.skip(lane));
            // SAFETY: the caller's promise.
            unsafe {
                Sweep::<V, L, N, false> { from, to, forwards, x: n, y: d, border: before }.run(simd);
                Sweep::<V, L, N, true> { from, to, forwards, x: m, y: d, border: after }.run(simd);
            }
        }
    }
}

/// The recursion in one direction. Backwards, its results are added to those forwards.
struct Sweep<'a, V, const L: usize, const N: usize, const BACKWARDS: bool> {
    from: Rows<V>,
    to: Rows<V>,
    forwards: &'a mut [[[f64; L]; N]],
    /// The coefficients of pixels, of results, and of the border's pixel, which stands for results beyond it.
    x: &'a Four,
    y: &'a Four,
    border: &'a Four,
}

/// The last four pixels and results. The newest is in the slot of the last step, the one before in the slot before.
struct Last<const L: usize, const N: usize> {
    x: [[Block<L>; N]; 4],
    y: [[Block<L>; N]; 4],
}

impl<V: Pixel, const L: usize, const N: usize, const BACKWARDS: bool> Sweep<'_, V, L, N, BACKWARDS> {
    /// # Safety
    /// As for [`Lines::filter`].
    #[inline(always)]
    unsafe fn run<S: Simd>(mut self, simd: S) {
        let length = self.forwards.len();
        let row = |step: usize| if BACKWARDS { length - 1 - step } else { step };
        let mut border = [Block([0.0; L]); N];
        for (b, border) in border.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *border = unsafe { self.from.read(row(0), b) };
        }
        let mut last = Last { x: [border; 4], y: [border; 4] };
        // The border's steps, and as many more as leave a multiple of 4.
        let first = 4 + length % 4;
        for step in 0..first {
            let y = std::array::from_fn(|k| if k < step { self.y[k] } else { self.border[k] });
            let Last { x: [x0, x1, x2, x3], y: [y0, y1, y2, y3] } = last;
            last = Last { x: [x1, x2, x3, x0], y: [y1, y2, y3, y0] };
            // SAFETY: the caller's promise.
            unsafe { self.step::<3>(row(step), &y, &mut last) };
        }
        let y = *self.y;
        // Of all lanes: those after the first ones find theirs in the cache.
        let bytes = if N == 1 { L } else { LANES } * size_of::<V>();
        for step in (first..length).step_by(4) {
            for ahead in AHEAD..AHEAD + 4 {
                let to_come = row(step).wrapping_add_signed(if BACKWARDS { -ahead } else { ahead });
                let rows = if BACKWARDS { &self.to } else { &self.from };
                for offset in (0..bytes).step_by(LINE) {
                    simd.prefetch(rows.at::<L>(to_come, 0).wrapping_byte_add(offset));
                }
            }
            // SAFETY: the caller's promise.
            unsafe {
                self.step::<0>(row(step), &y, &mut last);
                self.step::<1>(row(step + 1), &y, &mut last);
                self.step::<2>(row(step + 2), &y, &mut last);
                self.step::<3>(row(step + 3), &y, &mut last);
            }
        }
    }

    /// One step, in ITK's order of operations.
    ///
    /// # Safety
    /// As for [`Lines::filter`].
    #[inline(always)]
    unsafe fn step<const SLOT: usize>(&mut self, row: usize, d: &Four, last: &mut Last<L, N>) {
        let n = self.x;
        for b in 0..N {
            // SAFETY: the caller's promise.
            let pixel = unsafe { self.from.read(row, b) };
            let before = |k: usize| (SLOT + 4 - k) % 4;
            let x = |k: usize| last.x[before(k)][b];
            // The recursion backwards does not look at the row's own pixel.
            let direct = if BACKWARDS {
                x(1).times(n[0]).plus(x(2).times(n[1])).plus(x(3).times(n[2])).plus(x(4).times(n[3]))
            } else {
                pixel.times(n[0]).plus(x(1).times(n[1])).plus(x(2).times(n[2])).plus(x(3).times(n[3]))
            };
            let y = |k: usize| last.y[before(k)][b];
            let fed = y(1).times(d[0]).plus(y(2).times(d[1])).plus(y(3).times(d[2])).plus(y(4).times(d[3]));
            let result = direct.minus(fed);
            last.x[SLOT][b] = pixel;
            last.y[SLOT][b] = result;
            let forwards = &mut self.forwards[row][b];
            if BACKWARDS {
                // SAFETY: the caller's promise.
                unsafe { self.to.write(row, b, Block(*forwards).plus(result)) };
            } else {
                *forwards = result.0;
            }
        }
    }
}
