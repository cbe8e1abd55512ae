//! Modified times: one counter for the whole process, as ITK's `TimeStamp`.

use std::sync::atomic::{AtomicU64, Ordering};

static NOW: AtomicU64 = AtomicU64::new(0);

/// A time later than every one before; never 0, which stands for "not yet".
pub(super) fn next() -> u64 {
    NOW.fetch_add(1, Ordering::SeqCst) + 1
}
