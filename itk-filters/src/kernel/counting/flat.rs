//! One threshold on a tile of two axes, in fewer passes: rows that enter and leave the window are compared at once.
//!
//! From one row of outputs to the next, the count changes by the sum along x of what enters less what leaves:
//! 1, 0 or -1 a sample, so that sums over up to 127 samples are exact modulo 256.

use std::ops::Range;

use itk_core::simd::{ByteVector, Simd};

use super::evaluate::{PREFIX_ROWS, Planes, ROWS, ends, store_prefix};
use super::geometry::Geometry;
use super::search::Reach;

/// A tile, its planes, the threshold, the parts to evaluate, and their counts: see [`super::evaluate::Evaluate`].
type Tile<'a> = (&'a Geometry, &'a mut Planes, u8, Range<usize>, &'a mut Reach);

/// As [`super::evaluate::Evaluate`].
#[inline(always)]
pub(super) fn evaluate<
    S: Simd,
    const STRIP: usize,
    const PITCH: usize,
    const KEEP: bool,
    const SPLIT: bool,
>(
    simd: S,
    (geometry, planes, limit, parts, reach): Tile<'_>,
) {
    let limit = S::Bytes::splat(simd, limit);
    let Planes { labels, prefix, best, kept, row, .. } = planes;
    let [low, high, votes] = row;
    let bias = geometry.bias();
    for (plane, byte) in [(&mut *low, bias[0]), (&mut *high, bias[1])] {
        plane[..STRIP].fill(byte);
    }
    let above = &labels[parts.start * ROWS * STRIP..];
    first_window::<S, STRIP, PITCH>(simd, geometry, above, prefix, [&mut low[..], &mut high[..]], limit);
    for part in parts {
        let row = part * ROWS;
        let rows = (geometry.size[1] - row).min(ROWS);
        let trail = labels[row * STRIP..].as_chunks::<STRIP>().0;
        let lead = labels[(row + geometry.window[1]) * STRIP..].as_chunks::<STRIP>().0;
        votes[..STRIP].fill(0);
        let one = S::Bytes::one(simd);
        let (prefix_lead, prefix_trail) = prefix.split_at_mut(PREFIX_ROWS * PITCH);
        let leads = lead.iter().zip(prefix_lead.as_chunks_mut::<PITCH>().0).take(rows);
        if SPLIT {
            for (labels, prefix) in leads {
                sum_changes::<S, STRIP, PITCH>(simd, Some(labels), None, limit, one, prefix);
            }
            let trails = trail.iter().zip(prefix_trail.as_chunks_mut::<PITCH>().0).take(rows);
            for (labels, prefix) in trails {
                sum_changes::<S, STRIP, PITCH>(simd, None, Some(labels), limit, one, prefix);
            }
        } else {
            for ((lead, prefix), trail) in leads.zip(trail) {
                sum_changes::<S, STRIP, PITCH>(simd, Some(lead), Some(trail), limit, one, prefix);
            }
        }
        // Rows of outputs, and a row more so that each register's column has as many chunks.
        let span = row * STRIP..(row + rows + 1) * STRIP;
        let kept = kept.each_mut().map(|plane| if KEEP { &mut plane[span.clone()] } else { &mut plane[..0] });
        let state = [&mut low[..], &mut high[..], &mut votes[..]];
        vote::<S, STRIP, PITCH, KEEP, SPLIT>(
            simd,
            [geometry.window[0], rows],
            prefix,
            limit,
            state,
            &mut best[span],
            kept,
        );
        reach[part] = total::<S, STRIP>(simd, geometry.size[0], votes);
    }
}

/// The sum of one byte, at most [`ROWS`], for each of the `width` outputs of a row.
#[inline(always)]
fn total<S: Simd, const STRIP: usize>(simd: S, width: usize, row: &[u8]) -> u32 {
    let lanes = S::Bytes::LANES;
    let registers = STRIP / lanes;
    // Lanes that are outputs in all registers, and registers whose next lane is one.
    let (full, more) = (width / registers, width % registers);
    let mut sum: u32 = (0..more).map(|j| u32::from(row[j * lanes + full])).sum();
    let mut bytes = [0; 64];
    // So many that their sum is a byte.
    for some in row[..STRIP].chunks(255 / ROWS * lanes) {
        let mut votes = S::Bytes::splat(simd, 0);
        for votes_of in some.chunks_exact(lanes) {
            votes = votes.add(S::Bytes::load(simd, votes_of));
        }
        votes.store(&mut bytes);
        for &votes in &bytes[..full] {
            sum += u32::from(votes);
        }
    }
    sum
}

/// Adds the sums of the first row's windows to the counts: first along y, where a byte holds up to 255 rows; then
/// along x, in parts of as few bits that a byte holds those sums.
#[inline(always)]
fn first_window<S: Simd, const STRIP: usize, const PITCH: usize>(
    simd: S,
    geometry: &Geometry,
    labels: &[u8],
    prefix: &mut [u8],
    [low, high]: [&mut [u8]; 2],
    limit: S::Bytes,
) {
    let lanes = S::Bytes::LANES;
    let one = S::Bytes::one(simd);
    let flip = S::Bytes::splat(simd, 0x80);
    let zero = S::Bytes::splat(simd, 0);
    let window = geometry.window[0];
    let width = (255 / window as u32 + 1).ilog2();
    for rows in labels.as_chunks::<STRIP>().0[..geometry.window[1]].chunks(255) {
        let mut columns = [zero; 32];
        for labels in rows {
            for j in 0..STRIP / lanes {
                columns[j] = columns[j].count_less(S::Bytes::load(simd, &labels[j * lanes..]), limit, one);
            }
        }
        let parts = (rows.len().ilog2() + 1).div_ceil(width);
        for (part, prefix) in (0..parts).zip(prefix.as_chunks_mut::<PITCH>().0) {
            // The last part may have fewer bits: those above are of another byte.
            let mask = S::Bytes::splat(simd, (((1u32 << width) - 1) & (0xff >> (part * width))) as u8);
            let mut sums = [zero; 32];
            let mut sum = zero;
            for j in 0..STRIP / lanes {
                sum = sum.add(columns[j].bits(part * width, mask));
                sums[j] = sum;
            }
            store_prefix::<S, STRIP, PITCH>(&sums, prefix);
        }
        for j in 0..STRIP / lanes {
            let (lead, trail) = ends::<S::Bytes>(STRIP, window, j);
            let leads = prefix[lead..].as_chunks::<PITCH>().0;
            let trails = prefix[trail..].as_chunks::<PITCH>().0;
            let mut sum = (flip, zero);
            for (lead, trail) in leads[..parts as usize].iter().zip(&trails[..parts as usize]).rev() {
                for _ in 0..width {
                    sum = sum.0.add_carry(sum.1.add(sum.1), sum.0.add(flip), one);
                }
                let part = S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail));
                sum = sum.0.add_carry(sum.1, part, one);
            }
            let old = S::Bytes::load(simd, &low[j * lanes..]);
            let old_high = S::Bytes::load(simd, &high[j * lanes..]);
            let count = old.add_carry(old_high.add(sum.1), sum.0.add(flip), one);
            count.0.store(&mut low[j * lanes..]);
            count.1.store(&mut high[j * lanes..]);
        }
    }
}

/// Sums along x of what enters the windows of a row and, negative, of what leaves them.
#[inline(always)]
fn sum_changes<S: Simd, const STRIP: usize, const PITCH: usize>(
    simd: S,
    lead: Option<&[u8; STRIP]>,
    trail: Option<&[u8; STRIP]>,
    limit: S::Bytes,
    one: S::Bytes,
    prefix: &mut [u8; PITCH],
) {
    let lanes = S::Bytes::LANES;
    let mut sums = [S::Bytes::splat(simd, 0); 32];
    let mut sum = S::Bytes::splat(simd, 0);
    for j in 0..STRIP / lanes {
        if let Some(lead) = lead {
            sum = sum.count_less(S::Bytes::load(simd, &lead[j * lanes..]), limit, one);
        }
        if let Some(trail) = trail {
            sum = sum.discount_less(S::Bytes::load(simd, &trail[j * lanes..]), limit, one);
        }
        sums[j] = sum;
    }
    store_prefix::<S, STRIP, PITCH>(&sums, prefix);
}

/// A row's prefix sums at the two ends of each window, of what enters and of what leaves.
type Ends<'a, const PITCH: usize> = ((&'a [u8; PITCH], &'a [u8; PITCH]), (&'a [u8; PITCH], &'a [u8; PITCH]));

/// Moves counts on by a row.
#[inline(always)]
fn advance<S: Simd, const PITCH: usize, const SPLIT: bool>(
    simd: S,
    (low, high): (S::Bytes, S::Bytes),
    ((lead, trail), (left_lead, left_trail)): Ends<'_, PITCH>,
    one: S::Bytes,
) -> (S::Bytes, S::Bytes) {
    let change = S::Bytes::load(simd, lead).sub(S::Bytes::load(simd, trail));
    if SPLIT {
        // What leaves was counted downwards.
        let left = S::Bytes::load(simd, left_trail).sub(S::Bytes::load(simd, left_lead));
        let (low, high) = low.add_carry(high, change, one);
        low.sub_borrow(high, left, one)
    } else {
        low.add_signed(high, change, one)
    }
}

/// Lets some rows of outputs vote, and moves the counts on by as many.
#[inline(always)]
fn vote<S: Simd, const STRIP: usize, const PITCH: usize, const KEEP: bool, const SPLIT: bool>(
    simd: S,
    [window, outputs]: [usize; 2],
    prefix: &[u8],
    limit: S::Bytes,
    rows: [&mut [u8]; 3],
    best: &mut [u8],
    kept: [&mut [u8]; 2],
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
        let [left_leads, left_trails] =
            [lead, trail].map(|end| prefix[PREFIX_ROWS * PITCH..][end..].as_chunks::<PITCH>().0.iter());
        let ins = leads.zip(trails).zip(left_leads.zip(left_trails)).take(outputs);
        if KEEP {
            let kept_low = kept_low[column..].as_chunks_mut::<STRIP>().0.iter_mut();
            let kept_high = kept_high[column..].as_chunks_mut::<STRIP>().0.iter_mut();
            for ((best, (kept_low, kept_high)), ends) in best.zip(kept_low.zip(kept_high)).zip(ins) {
                let kept = (S::Bytes::load(simd, kept_low), S::Bytes::load(simd, kept_high));
                let old = S::Bytes::load(simd, best);
                let (new, more, kept) = count.1.vote_and_keep(count.0, old, voted, limit, kept, one);
                new.store(best);
                kept.0.store(kept_low);
                kept.1.store(kept_high);
                voted = more;
                count = advance::<S, PITCH, SPLIT>(simd, count, ends, one);
            }
        } else {
            for (best, ends) in best.zip(ins) {
                let (new, more) = count.1.vote(S::Bytes::load(simd, best), voted, limit, one);
                new.store(best);
                voted = more;
                count = advance::<S, PITCH, SPLIT>(simd, count, ends, one);
            }
        }
        count.0.store(&mut low[column..]);
        count.1.store(&mut high[column..]);
        voted.store(&mut votes[column..]);
    }
}
