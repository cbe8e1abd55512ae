//! The work on one brick whose rows are read where they are: pixels of the stencil's own types are neither staged nor written
//! twice.
//!
//! Rows that follow each other, in the image and in the output, are one span. The columns at the ends of rows, whose
//! neighbours lie beyond the image, are wrong there, and computed once more for several rows at a time.
#![expect(
    unsafe_code,
    reason = "rows are read and written in memory that numpy may share, through raw pointers"
)]

use itk_core::simd::{self, Level};

use super::compute::{Ahead, Compute};
use super::work::Output;
use super::{COLUMNS, RUN, Results, Rows, Stencil, Sweep, Trials};

/// What one brick works with.
pub(super) struct Pixels<'a, K: Stencil> {
    sweep: &'a Sweep<'a, K>,
    level: Level,
    /// The column of the image that the first result is in, and results a row.
    first: usize,
    width: usize,
    /// Whether the neighbours of the first and of the last column lie beyond the image.
    is_end: [bool; 2],
    /// The rows that the stencil reads, and where in them the values for a span are.
    lines: Vec<Line>,
    starts: Vec<*const K::Value>,
    /// The first and the last columns of several rows, with their neighbours.
    ends: Vec<K::Value>,
    results: Vec<K::Result>,
    trials: Trials,
}

/// One of the rows that a stencil reads, at all y.
#[derive(Clone, Copy)]
struct Line {
    /// Rows from the result's own, along y.
    step: isize,
    /// Bytes from the image's first pixel to the first result's column of the row at y = 0.
    offset: isize,
}

impl<'a, K: Stencil> Pixels<'a, K> {
    /// For `width` columns of the output, from its column `first` on.
    pub(super) fn new(sweep: &'a Sweep<'a, K>, level: Level, first: usize, width: usize) -> Self {
        let first = sweep.offset[0] + first;
        let beside = sweep.stencil.radius()[0] > 0;
        let lines = sweep.stencil.rows().len();
        Self {
            sweep,
            level,
            first,
            width,
            is_end: [beside && first == 0, beside && first + width == sweep.source.size()[0]],
            lines: Vec::with_capacity(lines),
            starts: Vec::with_capacity(lines),
            ends: Vec::new(),
            results: vec![K::Result::default(); (2 * RUN).next_multiple_of(COLUMNS)],
            trials: Trials::default(),
        }
    }

    /// The results of at most [`RUN`] rows, from the image's row `index` on along the axis after x.
    pub(super) fn run(&mut self, index: &[usize], rows: usize, output: Output) {
        self.find_lines(index);
        let first = index.first().copied().unwrap_or(0);
        let mut done = 0;
        while done < rows {
            let output = output.row(done);
            let count = self.following(first + done, output).min(rows - done);
            self.span(first + done, count, output);
            done += count;
        }
        if self.is_end.contains(&true) {
            self.ends(first, rows, output);
        }
    }

    /// Finds the stencil's rows for results in the row `index`, and all rows that differ from it along y.
    fn find_lines(&mut self, index: &[usize]) {
        let strides = self.sweep.source.strides();
        let size = &strides.size[1..];
        self.lines.clear();
        for row in self.sweep.stencil.rows() {
            // All axes after y.
            let at = |a: usize| (index[a] as isize + row[a]).clamp(0, size[a] as isize - 1);
            let rest: isize = (1..size.len()).map(|a| at(a) * strides.bytes[a + 1]).sum();
            let offset = rest + self.first as isize * strides.bytes[0];
            self.lines.push(Line { step: row.first().copied().unwrap_or(0), offset });
        }
    }

    /// The image's last row along y, and bytes from a row to the next.
    fn along_y(&self) -> (isize, isize) {
        let strides = self.sweep.source.strides();
        (strides.size.get(1).map_or(0, |&n| n as isize - 1), strides.bytes.get(1).copied().unwrap_or(0))
    }

    /// How many rows from `y` on are one span: they follow each other, and so do all rows that the stencil reads for them.
    fn following(&self, y: usize, output: Output) -> usize {
        let (last, ahead) = self.along_y();
        let (from, to) = (self.width * size_of::<K::Value>(), self.width * size_of::<K::Result>());
        if ahead != from as isize || output.pitch != to as isize {
            return 1;
        }
        let rows = self.lines.iter().map(|line| {
            let y = y as isize + line.step;
            // Rows beyond the border are the one inside, which does not follow itself.
            if y < 0 { 1 } else { (last - y + 1).max(1) as usize }
        });
        rows.min().unwrap_or(1)
    }

    /// The pixel in a line for the first result of the row `y`.
    fn pixel(&self, line: Line, y: usize) -> *const K::Value {
        let (last, ahead) = self.along_y();
        let y = (y as isize + line.step).clamp(0, last);
        self.sweep.source.start().as_ptr().wrapping_offset(line.offset + y * ahead).cast()
    }

    /// The results of rows that follow each other, from the first column to the last but for those at its two ends.
    fn span(&mut self, y: usize, rows: usize, output: Output) {
        let stencil = self.sweep.stencil;
        let [low, high] = self.is_end.map(usize::from);
        let count = rows * self.width - low - high;
        self.starts.clear();
        for &line in &self.lines {
            self.starts.push(self.pixel(line, y).wrapping_add(low));
        }
        let to = output.start.cast::<K::Result>().wrapping_add(low);
        // The last row is the furthest, and the first to be in no cache.
        let furthest = self.starts.last().map_or(std::ptr::null(), |row| row.cast::<u8>());
        let next = [
            Ahead { first: furthest.wrapping_offset(self.along_y().1), bytes: size_of::<K::Value>() },
            Ahead { first: to.cast::<u8>().wrapping_offset(output.pitch), bytes: size_of::<K::Result>() },
        ];
        // SAFETY: the rows are inside the image, and so are the neighbours of these columns; several rows follow each other, in
        // the image and in the output; the promise of `Output`.
        let (rows, results) = unsafe { (Rows::new(&self.starts, 1, count), Results::new(to, count)) };
        simd::dispatch(self.level, Compute { stencil, rows, results, trials: &mut self.trials, next: &next });
    }

    /// The results of the first and of the last column of some rows, where their neighbours lie beyond the image.
    fn ends(&mut self, y: usize, rows: usize, output: Output) {
        let stencil = self.sweep.stencil;
        // Two for each row, and some more, so that no level leaves a rest.
        let count = (2 * rows).next_multiple_of(COLUMNS);
        let last = self.width - 1;
        let (bottom, ahead) = self.along_y();
        self.ends.resize(3 * count * self.lines.len(), K::Value::default());
        for (number, (line, values)) in
            self.lines.iter().zip(self.ends.chunks_exact_mut(3 * count)).enumerate()
        {
            let y = y as isize + line.step;
            let first = line.offset + y.clamp(0, bottom) * ahead;
            let mut pixels = self.sweep.source.start().as_ptr().wrapping_offset(first).cast::<K::Value>();
            let beside = stencil.takes_beside(number);
            let (left, others) = values.split_at_mut(count);
            let (middle, right) = others.split_at_mut(count);
            let [left, middle, right] = [left, middle, right].map(|values| values.chunks_exact_mut(2));
            for (y, ((left, middle), right)) in (y..y + rows as isize).zip(left.zip(middle).zip(right)) {
                // SAFETY: these columns are inside the image, whose pixels are valid for reads.
                let at = |column: usize| unsafe { pixels.wrapping_add(column).read_unaligned() };
                middle.copy_from_slice(&[at(0), at(last)]);
                if beside {
                    left.copy_from_slice(&[at(0), at(last - 1)]);
                    right.copy_from_slice(&[at(1), at(last)]);
                }
                // Rows beyond the border are the one inside.
                if (0..bottom).contains(&y) {
                    pixels = pixels.wrapping_byte_offset(ahead);
                }
            }
        }
        self.starts.clear();
        self.starts.extend(self.ends.chunks_exact(3 * count).map(|values| values[count..].as_ptr()));
        // SAFETY: on both sides of the middle values there are as many.
        let values = unsafe { Rows::new(&self.starts, count, count) };
        let results = Results::of(&mut self.results[..count]);
        simd::dispatch(
            self.level,
            Compute { stencil, rows: values, results, trials: &mut self.trials, next: &[] },
        );
        for (i, column) in [0, last].into_iter().enumerate().filter(|&(i, _)| self.is_end[i]) {
            let start = output.start.cast::<K::Result>().wrapping_add(column);
            for (row, results) in (0..rows as isize).zip(self.results.chunks_exact(2)) {
                // SAFETY: the promise of `Output`.
                unsafe { start.wrapping_byte_offset(row * output.pitch).write_unaligned(results[i]) };
            }
        }
    }
}
