//! Blocks of memory: one allocation each.

use std::alloc::{self, Layout};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Error, Result};

/// Alignment of owned pixel memory: a cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// Memory from this size on asks for huge pages: it is then touched first with far fewer page faults.
const HUGE: usize = 4 << 20;

static LIVE: AtomicUsize = AtomicUsize::new(0);

static BYTES: AtomicUsize = AtomicUsize::new(0);

static PEAK: AtomicUsize = AtomicUsize::new(0);

/// How many owned blocks of pixel memory exist now. For tests of lifetimes.
pub fn live_buffers() -> usize {
    LIVE.load(Ordering::SeqCst)
}

/// How many bytes of owned pixel memory exist now, and how many did at most since the last call. For tests of budgets.
pub fn live_and_peak_bytes() -> (usize, usize) {
    let live = BYTES.load(Ordering::SeqCst);
    (live, PEAK.swap(live, Ordering::SeqCst).max(live))
}

/// One allocation, somewhat longer than the pixels need: aligned ones are not what glibc gives back and out
/// again, so that each new image would be new memory.
pub(super) struct Block {
    allocation: NonNull<u8>,
    layout: Layout,
    /// The first aligned address.
    pub(super) start: NonNull<u8>,
}

// SAFETY: a block is plain memory with one owner.
unsafe impl Send for Block {}
// SAFETY: a shared block is only read, or written under the rules of `Buffer`.
unsafe impl Sync for Block {}

impl Block {
    /// Bytes from the first aligned address on.
    pub(super) fn capacity(&self) -> usize {
        self.layout.size() - ALIGNMENT
    }

    pub(super) fn new(bytes: usize, zeroed: bool) -> Result<Self> {
        let too_large = || Error::OutOfMemory { bytes: bytes as u128 };
        let layout = bytes.checked_add(ALIGNMENT).and_then(|longer| Layout::array::<u8>(longer).ok());
        let layout = layout.ok_or_else(too_large)?;
        // SAFETY: the layout's size is not zero.
        let allocation = unsafe { if zeroed { alloc::alloc_zeroed(layout) } else { alloc::alloc(layout) } };
        let allocation = NonNull::new(allocation).ok_or_else(too_large)?;
        // SAFETY: the gap is less than the alignment, by which the allocation is longer.
        let start = unsafe { allocation.add(allocation.align_offset(ALIGNMENT)) };
        advise_huge_pages(start, bytes);
        LIVE.fetch_add(1, Ordering::SeqCst);
        let live = BYTES.fetch_add(bytes, Ordering::SeqCst) + bytes;
        PEAK.fetch_max(live, Ordering::SeqCst);
        Ok(Self { allocation, layout, start })
    }
}

/// Asks the system to back large memory with huge pages; a hint, which may have no effect.
pub(super) fn advise_huge_pages(start: NonNull<u8>, bytes: usize) {
    #[cfg(target_os = "linux")]
    if bytes >= HUGE {
        const PAGE: usize = 4096;
        let gap = start.as_ptr().align_offset(PAGE);
        // SAFETY: the pages lie inside the memory, and advice changes none of their bytes.
        unsafe { libc::madvise(start.as_ptr().wrapping_add(gap).cast(), bytes - gap, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and freed nowhere else.
        unsafe { alloc::dealloc(self.allocation.as_ptr(), self.layout) };
        LIVE.fetch_sub(1, Ordering::SeqCst);
        BYTES.fetch_sub(self.capacity(), Ordering::SeqCst);
    }
}
