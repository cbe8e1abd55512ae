//! What a running filter is told and tells: cancel, threads, progress.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::{Error, Result, pool};

/// A flag that stops work from any thread. Clones are the same flag.
///
/// # Example
/// ```
/// use itk_core::CancelToken;
/// let all = CancelToken::new();
/// let (one, other) = (all.child(), all.child());
/// one.cancel();
/// assert!(one.is_cancelled() && !other.is_cancelled() && !all.is_cancelled());
/// all.cancel();
/// assert!(other.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    set: AtomicBool,
    parent: Option<CancelToken>,
}

impl CancelToken {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag of its own that counts as set, too, when this one is.
    pub fn child(&self) -> Self {
        Self(Arc::new(Flag { set: AtomicBool::new(false), parent: Some(self.clone()) }))
    }

    /// Asks the work to stop: it ends within one band of rows.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Takes the wish back, for the next run of who owns the flag.
    pub(crate) fn reset(&self) {
        self.0.set.store(false, Ordering::Relaxed);
    }

    /// True once [`CancelToken::cancel`] was called, here or on a token that this one is a child of.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::Relaxed) || self.0.parent.as_ref().is_some_and(Self::is_cancelled)
    }
}

/// How a filter run is watched and stopped, and on how many threads it runs. The default is neither, and all.
#[derive(Clone, Default)]
pub struct Context<'a> {
    cancel: Option<CancelToken>,
    progress: Option<&'a (dyn Fn(f64) + Sync)>,
    threads: Option<NonZeroUsize>,
    attend: Option<&'a (dyn Fn() + Sync)>,
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

    /// Runs on at most this many threads, and never on more than [`pool::num_threads`]; 0 takes the limit away.
    pub fn num_threads(self, threads: usize) -> Self {
        Self { threads: NonZeroUsize::new(threads), ..self }
    }

    /// Calls `attend` wherever a thread has a moment: at a check, a report, or while it waits for the pool.
    pub(crate) fn attend(self, attend: &'a (dyn Fn() + Sync)) -> Self {
        Self { attend: Some(attend), ..self }
    }

    /// The call for a thread that waits.
    pub(crate) fn attendant(&self) -> Option<&'a (dyn Fn() + Sync)> {
        self.attend
    }

    /// How many threads a run may use now.
    pub fn threads(&self) -> usize {
        let all = pool::num_threads();
        self.threads.map_or(all, |limit| limit.get().min(all))
    }

    /// True once the run was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        if let Some(attend) = self.attend {
            attend();
        }
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Tells the fraction done to whoever watches.
    pub fn report(&self, done: f64) {
        if let Some(progress) = self.progress {
            progress(done);
        }
        if let Some(attend) = self.attend {
            attend();
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
    /// Before a step, and about every 10 ms within a long one.
    ///
    /// # Errors
    /// [`Error::Aborted`] once the run was cancelled.
    pub fn check(&self) -> Result<()> {
        if self.context.is_cancelled() { Err(Error::Aborted { filter: self.filter.into() }) } else { Ok(()) }
    }

    /// After a step.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.context.report((done as f64 / self.total as f64).min(1.0));
    }
}
