//! One threshold on a whole tile: box sums of "label below the threshold", and a vote of each output.
//!
//! A row is stored in strides: register `j` holds the samples `lane·J + j`, so sums along x run over registers
//! and need one scan over lanes a row. The sum over a window is then a difference of two prefix sums, exact
//! modulo 256 as it is at most 255.

use std::ops::Range;

use itk_core::simd::{ByteVector, Job, Simd};

use super::axes::{sum_axis, vote};
use super::flat;
use super::geometry::Geometry;
use super::search::Reach;

/// Rows whose prefix sums are kept in the cache at a time.
pub(super) const ROWS: usize = 16;

/// Rows of space for their prefix sums: two more, as reading from the middle of a row goes past its end.
pub(super) const PREFIX_ROWS: usize = ROWS + 2;

/// Space before a row's prefix sums for those of the samples before it.
pub(super) const BEFORE: usize = 64;

/// The planes of bytes that evaluations work in.
#[derive(Default)]
pub(super) struct Planes {
    /// Labels with the top bit flipped, in strides; one row after the other, all of the tile and its margin.
    pub(super) labels: Vec<u8>,
    /// Sums over all samples of a row before and at each, for some rows.
    pub(super) prefix: Vec<u8>,
    /// Sums over some of the axes, as low and high bytes; from one array to the other with each axis.
    sums: [[Vec<u8>; 2]; 2],
    /// Of each output the largest threshold that its median reaches, with the top bit flipped.
    pub(super) best: Vec<u8>,
    /// The count that goes with it, see [`Geometry::bias`]: low byte with its top bit flipped, and high byte.
    pub(super) kept: [Vec<u8>; 2],
    /// For one row: low and high bytes of counts, and votes.
    pub(super) row: [Vec<u8>; 3],
}

impl Planes {
    /// Makes room for a tile, and forgets what the last one's medians reached.
    pub(super) fn prepare(&mut self, geometry: &Geometry, keep: bool) {
        let strip = geometry.strip;
        let inputs = (geometry.rows() + 1) * strip;
        let outputs = (geometry.outputs() + 1) * strip;
        self.labels.resize(inputs, 0);
        self.prefix.resize(2 * PREFIX_ROWS * (BEFORE + strip), 0);
        self.row.iter_mut().for_each(|row| row.resize(strip, 0));
        let wide = geometry.samples() > 255 && geometry.window.len() > 2;
        for sums in &mut self.sums {
            sums[0].resize(inputs, 0);
            sums[1].resize(if wide { inputs } else { 0 }, 0);
        }
        self.best.clear();
        self.best.resize(outputs, 0x80);
        if keep {
            let [low, high] = geometry.bias();
            for (plane, byte) in self.kept.iter_mut().zip([low, high]) {
                plane.clear();
                plane.resize(outputs, byte);
            }
        }
    }
}

/// Counts the outputs of some parts of a tile whose median is at least `limit`, and raises their `best` to it.
pub(super) struct Evaluate<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) planes: &'a mut Planes,
    /// The threshold, with its top bit flipped.
    pub(super) limit: u8,
    /// Whether to keep counts as well.
    pub(super) keep: bool,
    pub(super) parts: Range<usize>,
    /// Becomes the counts of these parts.
    pub(super) reach: &'a mut Reach,
}

impl Job for Evaluate<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.geometry.strip {
            64 => self.strip::<S, 64, { 64 + BEFORE }>(simd),
            128 => self.strip::<S, 128, { 128 + BEFORE }>(simd),
            256 => self.strip::<S, 256, { 256 + BEFORE }>(simd),
            _ => self.strip::<S, 512, { 512 + BEFORE }>(simd),
        }
    }
}

impl Evaluate<'_> {
    #[inline(always)]
    fn strip<S: Simd, const STRIP: usize, const PITCH: usize>(self, simd: S) {
        let Self { geometry, planes, limit, keep, parts, reach } = self;
        if geometry.window.len() == 2 {
            // Sums of up to 127 samples are exact as signed bytes, larger ones as unsigned ones.
            let tile = (geometry, planes, limit, parts, reach);
            return match (keep, geometry.window[0] > 127) {
                (false, false) => flat::evaluate::<S, STRIP, PITCH, false, false>(simd, tile),
                (false, true) => flat::evaluate::<S, STRIP, PITCH, false, true>(simd, tile),
                (true, false) => flat::evaluate::<S, STRIP, PITCH, true, false>(simd, tile),
                (true, true) => flat::evaluate::<S, STRIP, PITCH, true, true>(simd, tile),
            };
        }
        let limit = S::Bytes::splat(simd, limit);
        let Planes { labels, prefix, sums, best, kept, row: [votes, ..] } = planes;
        let [from, to] = sums;
        let (mut from, mut to) = (from, to);
        sum_rows::<S, STRIP, PITCH>(simd, geometry, labels, prefix, &mut from[0], limit);
        let mut samples = geometry.window[0];
        for axis in 1..geometry.window.len() - 1 {
            if geometry.window[axis] == 1 {
                continue;
            }
            let wide = samples > 255;
            samples *= geometry.window[axis];
            match (wide, samples > 255) {
                (false, false) => sum_axis::<S, STRIP, false, false>(simd, geometry, axis, from, to),
                (false, true) => sum_axis::<S, STRIP, false, true>(simd, geometry, axis, from, to),
                _ => sum_axis::<S, STRIP, true, true>(simd, geometry, axis, from, to),
            }
            (from, to) = (to, from);
        }
        reach[0] = match (samples > 255, keep) {
            (false, false) => vote::<S, STRIP, false, false>(simd, geometry, from, limit, best, kept, votes),
            (false, true) => vote::<S, STRIP, false, true>(simd, geometry, from, limit, best, kept, votes),
            (true, false) => vote::<S, STRIP, true, false>(simd, geometry, from, limit, best, kept, votes),
            (true, true) => vote::<S, STRIP, true, true>(simd, geometry, from, limit, best, kept, votes),
        };
    }
}

/// `out[x]` becomes the number of labels below the limit among `x..x + window[0]`, in each row.
#[inline(always)]
fn sum_rows<S: Simd, const STRIP: usize, const PITCH: usize>(
    simd: S,
    geometry: &Geometry,
    labels: &[u8],
    prefix: &mut [u8],
    out: &mut [u8],
    limit: S::Bytes,
) {
    let lanes = S::Bytes::LANES;
    let registers = STRIP / lanes;
    let one = S::Bytes::one(simd);
    let mut row = 0;
    while row < geometry.rows() {
        let rows = (geometry.rows() - row).min(ROWS);
        let labels = &labels[row * STRIP..][..rows * STRIP];
        for (labels, prefix) in
            labels.as_chunks::<STRIP>().0.iter().zip(prefix.as_chunks_mut::<PITCH>().0.iter_mut())
        {
            let mut sums = [S::Bytes::splat(simd, 0); 32];
            let mut sum = S::Bytes::splat(simd, 0);
            for j in 0..registers {
                sum = sum.count_less(S::Bytes::load(simd, &labels[j * lanes..]), limit, one);
                sums[j] = sum;
            }
            store_prefix::<S, STRIP, PITCH>(&sums, prefix);
        }
        for j in 0..registers {
            let (lead, trail) = ends::<S::Bytes>(STRIP, geometry.window[0], j);
            let lead = prefix[lead..].as_chunks::<PITCH>().0.iter();
            let trail = prefix[trail..].as_chunks::<PITCH>().0.iter();
            let out = out[row * STRIP + j * lanes..].as_chunks_mut::<STRIP>().0.iter_mut().take(rows);
            for ((lead, trail), out) in lead.zip(trail).zip(out) {
                S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail)).store(out);
            }
        }
        row += rows;
    }
}

/// Turns sums over the registers of a row into sums over all samples before and at each.
#[inline(always)]
pub(super) fn store_prefix<S: Simd, const STRIP: usize, const PITCH: usize>(
    sums: &[S::Bytes; 32],
    prefix: &mut [u8; PITCH],
) {
    let lanes = S::Bytes::LANES;
    let total = sums[STRIP / lanes - 1];
    let before = total.scan().sub(total);
    before.store(&mut prefix[BEFORE - lanes..]);
    for j in 0..STRIP / lanes {
        sums[j].add(before).store(&mut prefix[BEFORE + j * lanes..]);
    }
}

/// Where in a row's prefix sums the sums up to the last and to before the first sample of the windows of
/// register `j` start.
#[inline(always)]
pub(super) fn ends<V: ByteVector>(strip: usize, window: usize, j: usize) -> (usize, usize) {
    let registers = strip / V::LANES;
    let last = j + window - 1;
    let lead = BEFORE + last % registers * V::LANES + last / registers;
    (lead, BEFORE + j * V::LANES - V::LANES)
}

/// The sum of one byte for each output of a row. Lanes past the tile's width hold nothing of use.
#[inline(always)]
pub(super) fn total<S: Simd, const STRIP: usize>(geometry: &Geometry, row: &[u8]) -> u32 {
    let registers = STRIP / S::Bytes::LANES;
    let mut sum = 0;
    for (j, bytes) in row.chunks_exact(S::Bytes::LANES).take(registers).enumerate() {
        let outputs = (geometry.size[0] + registers - 1).saturating_sub(j) / registers;
        for byte in &bytes[..outputs] {
            sum += u32::from(*byte);
        }
    }
    sum
}
