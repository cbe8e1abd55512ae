//! One threshold on a tile of two axes, in fewer passes: rows that enter and leave the window are compared at once.
//!
//! From one row of outputs to the next, the count changes by the sum along x of what enters less what leaves:
//! 1, 0 or -1 a sample, so that sums over up to 127 samples are exact modulo 256.

use itk_core::simd::{ByteVector, Simd};

use super::evaluate::{Planes, ROWS, ends, store_prefix, total};
use super::geometry::Geometry;

/// Whether [`evaluate`] takes a tile.
pub(super) fn applies(geometry: &Geometry) -> bool {
    geometry.window.len() == 2 && geometry.window[0] <= 127
}

/// As [`super::evaluate::Evaluate`].
#[inline(always)]
pub(super) fn evaluate<S: Simd, const STRIP: usize, const PITCH: usize, const KEEP: bool>(
    simd: S,
    geometry: &Geometry,
    planes: &mut Planes,
    limit: u8,
) -> u32 {
    let limit = S::Bytes::splat(simd, limit);
    let Planes { labels, prefix, best, kept, row, .. } = planes;
    let [low, high, votes] = row;
    let bias = geometry.bias();
    for (plane, byte) in [(&mut *low, bias[0]), (&mut *high, bias[1]), (&mut *votes, 0)] {
        plane[..STRIP].fill(byte);
    }
    first_window::<S, STRIP, PITCH>(simd, geometry, labels, prefix, [low, high], limit);
    for row in (0..geometry.size[1]).step_by(ROWS) {
        let rows = (geometry.size[1] - row).min(ROWS);
        let trail = labels[row * STRIP..].as_chunks::<STRIP>().0;
        let lead = labels[(row + geometry.window[1]) * STRIP..].as_chunks::<STRIP>().0;
        let prefix_rows = prefix.as_chunks_mut::<PITCH>().0.iter_mut().take(rows);
        let one = S::Bytes::one(simd);
        for (prefix, (lead, trail)) in prefix_rows.zip(lead.iter().zip(trail)) {
            let lanes = S::Bytes::LANES;
            let mut sums = [S::Bytes::splat(simd, 0); 32];
            let mut sum = S::Bytes::splat(simd, 0);
            for j in 0..STRIP / lanes {
                sum = sum.count_less(S::Bytes::load(simd, &lead[j * lanes..]), limit, one);
                sum = sum.discount_less(S::Bytes::load(simd, &trail[j * lanes..]), limit, one);
                sums[j] = sum;
            }
            store_prefix::<S, STRIP, PITCH>(&sums, prefix);
        }
        // Rows of outputs, and a row more so that each register's column has as many chunks.
        let part = row * STRIP..(row + rows + 1) * STRIP;
        let kept = kept.each_mut().map(|plane| if KEEP { &mut plane[part.clone()] } else { &mut plane[..0] });
        let state = [&mut low[..], &mut high[..], &mut votes[..]];
        vote::<S, STRIP, PITCH, KEEP>(
            simd,
            geometry.window[0],
            prefix,
            limit,
            state,
            &mut best[part],
            kept,
            rows,
        );
    }
    total::<S, STRIP>(geometry, votes)
}

/// Adds the sums of the first row's windows to the counts. As many rows at a time as sums of a byte hold are
/// added before summing along x.
#[inline(always)]
fn first_window<S: Simd, const STRIP: usize, const PITCH: usize>(
    simd: S,
    geometry: &Geometry,
    labels: &[u8],
    prefix: &mut [u8],
    [low, high]: [&mut Vec<u8>; 2],
    limit: S::Bytes,
) {
    let lanes = S::Bytes::LANES;
    let one = S::Bytes::one(simd);
    let window = geometry.window[0];
    let rows = &labels.as_chunks::<STRIP>().0[..geometry.window[1]];
    let bundle = 255 / window;
    for rows in rows.chunks(bundle * ROWS) {
        let bundles = rows.len().div_ceil(bundle);
        for (prefix, rows) in prefix.as_chunks_mut::<PITCH>().0.iter_mut().zip(rows.chunks(bundle)) {
            let mut sums = [S::Bytes::splat(simd, 0); 32];
            for labels in rows {
                for j in 0..STRIP / lanes {
                    sums[j] = sums[j].count_less(S::Bytes::load(simd, &labels[j * lanes..]), limit, one);
                }
            }
            for j in 1..STRIP / lanes {
                sums[j] = sums[j].add(sums[j - 1]);
            }
            store_prefix::<S, STRIP, PITCH>(&sums, prefix);
        }
        for j in 0..STRIP / lanes {
            let (lead, trail) = ends::<S::Bytes>(STRIP, window, j);
            let leads = prefix[lead..].as_chunks::<PITCH>().0.iter();
            let trails = prefix[trail..].as_chunks::<PITCH>().0.iter();
            let mut count =
                (S::Bytes::load(simd, &low[j * lanes..]), S::Bytes::load(simd, &high[j * lanes..]));
            for (lead, trail) in leads.zip(trails).take(bundles) {
                let sum = S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail));
                count = count.0.add_carry(count.1, sum, one);
            }
            count.0.store(&mut low[j * lanes..]);
            count.1.store(&mut high[j * lanes..]);
        }
    }
}

/// Lets some rows of outputs vote, and moves the counts on by as many.
#[inline(always)]
fn vote<S: Simd, const STRIP: usize, const PITCH: usize, const KEEP: bool>(
    simd: S,
    window: usize,
    prefix: &[u8],
    limit: S::Bytes,
    rows: [&mut [u8]; 3],
    best: &mut [u8],
    kept: [&mut [u8]; 2],
    outputs: usize,
) {
    let lanes = S::Bytes::LANES;
    let one = S::Bytes::one(simd);
    let [low, high, votes] = rows;
    let [kept_low, kept_high] = kept;
    for j in 0..STRIP / lanes {
        let column = j * lanes;
        let (lead, trail) = ends::<S::Bytes>(STRIP, window, j);
        let leads = prefix[lead..].as_chunks::<PITCH>().0.iter();
        let trails = prefix[trail..].as_chunks::<PITCH>().0.iter();
        let mut count = (S::Bytes::load(simd, &low[column..]), S::Bytes::load(simd, &high[column..]));
        let mut voted = S::Bytes::load(simd, &votes[column..]);
        let best = best[column..].as_chunks_mut::<STRIP>().0.iter_mut();
        let ins = leads.zip(trails).take(outputs);
        if KEEP {
            let kept_low = kept_low[column..].as_chunks_mut::<STRIP>().0.iter_mut();
            let kept_high = kept_high[column..].as_chunks_mut::<STRIP>().0.iter_mut();
            for ((best, (kept_low, kept_high)), (lead, trail)) in best.zip(kept_low.zip(kept_high)).zip(ins) {
                let kept = (S::Bytes::load(simd, kept_low), S::Bytes::load(simd, kept_high));
                let old = S::Bytes::load(simd, best);
                let (new, more, kept) = count.1.vote_and_keep(count.0, old, voted, limit, kept, one);
                new.store(best);
                kept.0.store(kept_low);
                kept.1.store(kept_high);
                voted = more;
                let change = S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail));
                count = count.0.add_signed(count.1, change, one);
            }
        } else {
            for (best, (lead, trail)) in best.zip(ins) {
                let (new, more) = count.1.vote(S::Bytes::load(simd, best), voted, limit, one);
                new.store(best);
                voted = more;
                let change = S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail));
                count = count.0.add_signed(count.1, change, one);
            }
        }
        count.0.store(&mut low[column..]);
        count.1.store(&mut high[column..]);
        voted.store(&mut votes[column..]);
    }
}
