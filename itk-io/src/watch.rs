//! Cancelling and progress of long reads and writes.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use itk_core::{Context, Error, Steps};

/// How many bytes of pixels are moved between two looks at the token: little enough that even slow disks are
/// done with them well within 100 ms.
pub(crate) const CHUNK: usize = 1 << 18;

/// Progress is told this many times.
const TICKS: u64 = 100;

/// What is told who watches one read or one write, and asked whether to go on.
pub(crate) struct Watch<'a> {
    name: &'static str,
    steps: Steps<'a>,
    total: u64,
    done: AtomicU64,
}

/// The cause of an `io::Error` that stands for a cancelled run, on its way through decoders and encoders; with the
/// name of what was running.
#[derive(Debug)]
struct Stopped(&'static str);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Stopped {}

/// The toolkit's error where an `io::Error` stands for a cancelled run, else what `other` makes of it.
pub(crate) fn error(error: io::Error, other: impl FnOnce(io::Error) -> Error) -> Error {
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(&Stopped(filter)) => Error::Aborted { filter: filter.into() },
        None => other(error),
    }
}

impl<'a> Watch<'a> {
    /// Watches `total` bytes of pixels.
    pub(crate) fn new(context: &'a Context<'a>, name: &'static str, total: u64) -> Self {
        let ticks = total.clamp(1, TICKS);
        Self {
            name,
            steps: context.steps(name, ticks as usize),
            total: total.max(1),
            done: AtomicU64::new(0),
        }
    }

    /// Refuses to go on once the run was cancelled.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.steps.check().map_err(|_| io::Error::other(Stopped(self.name)))
    }

    /// Counts bytes of pixels that have been moved.
    pub(crate) fn moved(&self, bytes: u64) {
        let before = self.done.fetch_add(bytes, Ordering::Relaxed);
        let ticks = |done: u64| {
            let done = u128::from(done.min(self.total));
            (done * u128::from(TICKS.min(self.total)) / u128::from(self.total)) as u64
        };
        for _ in ticks(before)..ticks(before.saturating_add(bytes)) {
            self.steps.tick();
        }
    }
}
