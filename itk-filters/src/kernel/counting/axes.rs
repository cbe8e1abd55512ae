//! Sums over windows of three axes and more: along one axis after the other, for whole planes.

use itk_core::simd::{ByteVector, Simd};

use super::evaluate::total;
use super::geometry::Geometry;

/// Registers that a loop over rows works on at once: as many as leave the others free.
#[inline(always)]
const fn group<V: ByteVector>(strip: usize) -> usize {
    let registers = strip / V::LANES;
    let most = if V::LANES == 64 { 4 } else { 2 };
    if registers < most { registers } else { most }
}

/// The most that [`group`] gives.
const MOST: usize = 4;

/// The same registers of every `step`th row.
macro_rules! rows {
    ($plane:expr, $strip:ident, $row:expr, $column:expr, $step:expr) => {
        $plane[$row * $strip + $column..].as_chunks::<$strip>().0.iter().step_by($step)
    };
}
macro_rules! rows_mut {
    ($plane:expr, $strip:ident, $row:expr, $column:expr, $step:expr) => {
        $plane[$row * $strip + $column..].as_chunks_mut::<$strip>().0.iter_mut().step_by($step)
    };
}

/// Sums over the window's extent along an axis; earlier axes are summed already, later ones not yet.
#[inline(always)]
pub(super) fn sum_axis<S: Simd, const STRIP: usize, const WIDE_IN: bool, const WIDE_OUT: bool>(
    simd: S,
    geometry: &Geometry,
    axis: usize,
    from: &[Vec<u8>; 2],
    to: &mut [Vec<u8>; 2],
) {
    let lanes = S::Bytes::LANES;
    let group = group::<S::Bytes>(STRIP);
    let one = S::Bytes::one(simd);
    let step = geometry.steps[axis];
    let flip = S::Bytes::splat(simd, 0x80);
    let window = geometry.window[axis];
    let [to_low, to_high] = to;
    for base in geometry.lines(axis) {
        for column in (0..STRIP).step_by(lanes * group) {
            let mut low = [flip; MOST];
            let mut high = [S::Bytes::splat(simd, 0); MOST];
            let mut lead = rows!(from[0], STRIP, base, column, step);
            let mut lead_high = rows!(from[WIDE_IN as usize], STRIP, base, column, step);
            let trail = rows!(from[0], STRIP, base, column, step);
            let trail_high = rows!(from[WIDE_IN as usize], STRIP, base, column, step);
            for (row, row_high) in lead.by_ref().zip(lead_high.by_ref()).take(window - 1) {
                for g in 0..group {
                    let value = S::Bytes::load(simd, &row[g * lanes..]);
                    (low[g], high[g]) = low[g].add_carry(high[g], value, one);
                    if WIDE_IN {
                        high[g] = high[g].add(S::Bytes::load(simd, &row_high[g * lanes..]));
                    }
                }
            }
            let out = rows_mut!(to_low, STRIP, base, column, step).take(geometry.size[axis]);
            if WIDE_OUT {
                let out_high = rows_mut!(to_high, STRIP, base, column, step);
                let ins = lead.zip(lead_high).zip(trail.zip(trail_high));
                for ((out, out_high), ((lead, lead_high), (trail, trail_high))) in out.zip(out_high).zip(ins)
                {
                    for g in 0..group {
                        let value = S::Bytes::load(simd, &lead[g * lanes..]);
                        (low[g], high[g]) = low[g].add_carry(high[g], value, one);
                        if WIDE_IN {
                            high[g] = high[g].add(S::Bytes::load(simd, &lead_high[g * lanes..]));
                        }
                        low[g].add(flip).store(&mut out[g * lanes..]);
                        high[g].store(&mut out_high[g * lanes..]);
                        let value = S::Bytes::load(simd, &trail[g * lanes..]);
                        (low[g], high[g]) = low[g].sub_borrow(high[g], value, one);
                        if WIDE_IN {
                            high[g] = high[g].sub(S::Bytes::load(simd, &trail_high[g * lanes..]));
                        }
                    }
                }
            } else {
                for (out, (lead, trail)) in out.zip(lead.zip(trail)) {
                    for g in 0..group {
                        low[g] = low[g].add(S::Bytes::load(simd, &lead[g * lanes..]));
                        low[g].add(flip).store(&mut out[g * lanes..]);
                        low[g] = low[g].sub(S::Bytes::load(simd, &trail[g * lanes..]));
                    }
                }
            }
        }
    }
}

/// Sums along the last axis, and lets each output vote.
#[inline(always)]
pub(super) fn vote<S: Simd, const STRIP: usize, const WIDE: bool, const KEEP: bool>(
    simd: S,
    geometry: &Geometry,
    from: &[Vec<u8>; 2],
    limit: S::Bytes,
    best: &mut [u8],
    kept: &mut [Vec<u8>; 2],
    row: &mut [u8],
) -> u32 {
    let lanes = S::Bytes::LANES;
    let group = group::<S::Bytes>(STRIP);
    let one = S::Bytes::one(simd);
    let axis = geometry.window.len() - 1;
    let (step, step_out) = (geometry.steps[axis], geometry.steps_out[axis]);
    let window = geometry.window[axis];
    let bias = geometry.bias();
    let [kept_low, kept_high] = kept;
    let mut sum = 0;
    for (base, base_out) in geometry.lines(axis).zip(geometry.lines_out(axis)) {
        for column in (0..STRIP).step_by(lanes * group) {
            let mut low = [S::Bytes::splat(simd, bias[0]); MOST];
            let mut high = [S::Bytes::splat(simd, bias[1]); MOST];
            let mut votes = [S::Bytes::splat(simd, 0); MOST];
            let mut lead = rows!(from[0], STRIP, base, column, step);
            let mut lead_high = rows!(from[WIDE as usize], STRIP, base, column, step);
            let trail = rows!(from[0], STRIP, base, column, step);
            let trail_high = rows!(from[WIDE as usize], STRIP, base, column, step);
            for (row, row_high) in lead.by_ref().zip(lead_high.by_ref()).take(window - 1) {
                for g in 0..group {
                    let value = S::Bytes::load(simd, &row[g * lanes..]);
                    (low[g], high[g]) = low[g].add_carry(high[g], value, one);
                    if WIDE {
                        high[g] = high[g].add(S::Bytes::load(simd, &row_high[g * lanes..]));
                    }
                }
            }
            let best = rows_mut!(best, STRIP, base_out, column, step_out).take(geometry.size[axis]);
            let mut keeps = rows_mut!(
                kept_low,
                STRIP,
                if KEEP { base_out } else { 0 },
                if KEEP { column } else { 0 },
                step_out
            );
            let mut keeps_high = rows_mut!(
                kept_high,
                STRIP,
                if KEEP { base_out } else { 0 },
                if KEEP { column } else { 0 },
                step_out
            );
            let ins = lead.zip(lead_high).zip(trail.zip(trail_high));
            for (best, ((lead, lead_high), (trail, trail_high))) in best.zip(ins) {
                for g in 0..group {
                    let value = S::Bytes::load(simd, &lead[g * lanes..]);
                    (low[g], high[g]) = low[g].add_carry(high[g], value, one);
                    if WIDE {
                        high[g] = high[g].add(S::Bytes::load(simd, &lead_high[g * lanes..]));
                    }
                }
                if KEEP && let (Some(keeps), Some(keeps_high)) = (keeps.next(), keeps_high.next()) {
                    for g in 0..group {
                        let old = S::Bytes::load(simd, &best[g * lanes..]);
                        let kept = (
                            S::Bytes::load(simd, &keeps[g * lanes..]),
                            S::Bytes::load(simd, &keeps_high[g * lanes..]),
                        );
                        let (new, voted, kept) =
                            high[g].vote_and_keep(low[g], old, votes[g], limit, kept, one);
                        votes[g] = voted;
                        new.store(&mut best[g * lanes..]);
                        kept.0.store(&mut keeps[g * lanes..]);
                        kept.1.store(&mut keeps_high[g * lanes..]);
                    }
                } else {
                    for g in 0..group {
                        let old = S::Bytes::load(simd, &best[g * lanes..]);
                        let (new, voted) = high[g].vote(old, votes[g], limit, one);
                        votes[g] = voted;
                        new.store(&mut best[g * lanes..]);
                    }
                }
                for g in 0..group {
                    let value = S::Bytes::load(simd, &trail[g * lanes..]);
                    (low[g], high[g]) = low[g].sub_borrow(high[g], value, one);
                    if WIDE {
                        high[g] = high[g].sub(S::Bytes::load(simd, &trail_high[g * lanes..]));
                    }
                }
            }
            for g in 0..group {
                votes[g].store(&mut row[column + g * lanes..]);
            }
        }
        sum += total::<S, STRIP>(geometry, row);
    }
    sum
}
