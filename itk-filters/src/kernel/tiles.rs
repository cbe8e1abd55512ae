//! How an output is cut into tiles.

use itk_core::pool;

/// Columns of a strip: a staged row of the widest type is then 16 KB.
const STRIP: usize = 2048;

/// Nanoseconds of work below which threads cost more than they give.
pub(crate) const INLINE: f64 = 1e6;

/// Rows and columns of a tile, for an output of this size (xyz), a window that takes `halo` rows to warm up,
/// and `cost` nanoseconds a pixel.
///
/// A small job is one band, which the calling thread does. Otherwise there are several tiles a thread, so
/// that threads end together, yet high enough that warming up stays below about a tenth.
pub(crate) fn tile_size(size: &[usize], halo: usize, cost: f64) -> (usize, usize) {
    let rows: usize = size.iter().skip(1).product();
    let columns = size[0].clamp(1, STRIP);
    let total = cost * size[0] as f64 * rows as f64;
    if total < INLINE {
        return (rows.max(1), columns);
    }
    let shares = 8 * pool::num_threads();
    let by_thread = rows.div_ceil(shares);
    // At least 8 windows high, and never so small that a tile is shorter than 50 µs.
    let by_time = (50e3 / (cost * columns as f64)).ceil() as usize;
    let high = by_thread.max(8usize.saturating_mul(halo)).max(by_time);
    // A tall window leaves few tiles: give each thread one, whatever warming up costs.
    (high.min(rows.div_ceil(pool::num_threads())).max(1), columns)
}
