//! What a running filter is told and tells: cancel, threads, progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::{Error, Result};

/// A flag that stops work from any thread. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop: it ends within one band of rows.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once [`CancelToken::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a filter run is watched and stopped. The default is neither.
#[derive(Clone, Default)]
pub struct Context<'a> {
    cancel: Option<CancelToken>,
    progress: Option<&'a (dyn Fn(f64) + Sync)>,
}

impl<'a> Context<'a> {
    /// Stops when the token is cancelled.
    pub fn cancel(self, token: CancelToken) -> Self {
        Self { cancel: Some(token), ..self }
    }

    /// Calls `progress` with the fraction done, 0 to 1, from whichever thread has done it.
    pub fn progress(self, progress: &'a (dyn Fn(f64) + Sync)) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// Tells the fraction done to whoever watches.
    pub fn report(&self, done: f64) {
        if let Some(progress) = self.progress {
            progress(done);
        }
    }

    /// A counter of `total` steps, to be ticked as they are done.
    pub fn steps(&self, filter: &'static str, total: usize) -> Steps<'_> {
        Steps { context: self, filter, total: total.max(1), done: AtomicUsize::new(0) }
    }
}

/// Counts the steps of one run.
pub struct Steps<'a> {
    context: &'a Context<'a>,
    filter: &'static str,
    total: usize,
    done: AtomicUsize,
}

impl Steps<'_> {
    /// Before a step.
    ///
    /// # Errors
    /// [`Error::Aborted`] once the run was cancelled.
    pub fn check(&self) -> Result<()> {
        match &self.context.cancel {
            Some(token) if token.is_cancelled() => Err(Error::Aborted { filter: self.filter }),
            _ => Ok(()),
        }
    }

    /// After a step.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.context.report((done as f64 / self.total as f64).min(1.0));
    }
}
