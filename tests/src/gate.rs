//! Gates: threads that wait for each other in tests, in an order that is certain.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Closed until it is opened. Whoever waits gives up after a time that no working test needs.
#[derive(Debug, Default)]
pub struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it for good.
    pub fn open(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits until it is open.
    ///
    /// # Panics
    /// When that takes a minute: the threads wait for each other.
    #[track_caller]
    pub fn wait(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, _) = self
            .changed
            .wait_timeout_while(open, Duration::from_secs(60), |open| !*open)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(*open, "a gate stays closed");
    }
}
