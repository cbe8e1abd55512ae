//! Runs a job while the thread that asked for it attends to its own affairs: a progress bar, Ctrl-C, callbacks.
//!
//! Whatever the attending side does, it does on the thread that called [`run`]; threads that work never call it. They
//! leave the fraction done in an atomic and go on, so a slow attendant holds up nobody, and progress that it has no time
//! for is passed over in favour of the latest. No lock is held while it is called: it may run other jobs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

use crate::{CancelToken, Context, pool};

/// How long the attending side waits at most from one call to the next.
pub const PATIENCE: Duration = Duration::from_millis(25);

/// What the attending side wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// To be asked now and then whether to go on. The job runs on the calling thread, which attends where it waits for
    /// others and where the job checks for cancelling: that costs nothing, and suits small jobs.
    Polls,
    /// To hear of progress, too. The job runs on a thread made for it, for some 30 µs, and is never held up by the
    /// attending side.
    Progress,
}

/// Runs `job`, on as many threads as it likes, and calls `attend` on this thread meanwhile: with the fraction done, which
/// rises from call to call, or with `None` when there is nothing new for [`PATIENCE`]. When `attend` returns false, the
/// job's context is cancelled, and `attend` is not called again.
///
/// `cancel` stops the job from outside; it is not set by `attend`. A job that is called within a rayon pool, or for which
/// no thread can be had, runs on the calling thread whatever the attendance; it is attended from its checks then.
///
/// # Panics
/// A panic of the job, or of `attend`, is passed on when the job has ended.
///
/// # Example
/// ```
/// use itk_core::pump::{self, Attendance};
/// use itk_core::{CancelToken, Context};
/// let mut heard = Vec::new();
/// let job = |context: &Context<'_>| {
///     context.report(1.0);
///     "done"
/// };
/// let mut attend = |fraction: Option<f64>| {
///     heard.extend(fraction);
///     true
/// };
/// assert_eq!(pump::run(&CancelToken::new(), Attendance::Progress, job, &mut attend), "done");
/// assert_eq!(heard, [1.0]);
/// ```
pub fn run<R: Send>(
    cancel: &CancelToken,
    attendance: Attendance,
    job: impl FnOnce(&Context<'_>) -> R + Send,
    attend: &mut (dyn FnMut(Option<f64>) -> bool + Send),
) -> R {
    let stop = cancel.child();
    let progress = Progress::default();
    if attendance == Attendance::Polls || pool::is_inside() {
        return here(&stop, attendance, &progress, job, attend);
    }
    // Not moved into the thread's closure, which is lost when there is no thread.
    let job = Mutex::new(Some(job));
    let take = || job.lock().unwrap_or_else(PoisonError::into_inner).take();
    let outcome = Mutex::new(None);
    let made = thread::scope(|scope| {
        let caller = thread::current();
        let (stop, progress, take, outcome) = (&stop, &progress, &take, &outcome);
        let work = {
            let caller = caller.clone();
            move || {
                let result =
                    take().map(|job| catch_unwind(AssertUnwindSafe(|| beside(job, stop, progress, &caller))));
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = result;
                progress.end(&caller);
            }
        };
        if thread::Builder::new().name("oxitk-job".into()).spawn_scoped(scope, work).is_err() {
            return false;
        }
        let _cancelled_by_a_panic = CancelOnUnwind(stop);
        let mut goes_on = true;
        loop {
            let ended = progress.has_ended();
            let news = progress.news();
            if goes_on && (news.is_some() || !ended) && !attend(news) {
                goes_on = false;
                stop.cancel();
            }
            if ended {
                return true;
            }
            if !progress.is_there_news() {
                thread::park_timeout(PATIENCE);
            }
        }
    });
    match outcome.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Ok(result)) => result,
        Some(Err(panic)) => resume_unwind(panic as Box<dyn Any + Send>),
        None => {
            debug_assert!(!made, "a thread leaves an outcome");
            let job = take().expect("a job that no thread has taken");
            here(&stop, attendance, &progress, job, attend)
        }
    }
}

/// The job on a thread of its own.
fn beside<R>(
    job: impl FnOnce(&Context<'_>) -> R,
    stop: &CancelToken,
    progress: &Progress,
    caller: &Thread,
) -> R {
    let report = |fraction| {
        if progress.post(fraction) {
            caller.unpark();
        }
    };
    job(&Context::default().cancel(stop.clone()).progress(&report))
}

/// The job on this thread.
fn here<R>(
    stop: &CancelToken,
    attendance: Attendance,
    progress: &Progress,
    job: impl FnOnce(&Context<'_>) -> R,
    attend: &mut (dyn FnMut(Option<f64>) -> bool + Send),
) -> R {
    let inner = Mutex::new(Inner { attend, goes_on: true, last: Instant::now() });
    let attendant = Attendant { thread: thread::current().id(), stop, progress, inner };
    let poll = || attendant.poll();
    let context = Context::default().cancel(stop.clone()).attend(&poll);
    let report = |fraction| {
        progress.post(fraction);
    };
    match attendance {
        Attendance::Polls => job(&context),
        Attendance::Progress => {
            let result = job(&context.progress(&report));
            attendant.poll();
            result
        }
    }
}

/// Attends to a job that runs on the attending thread.
struct Attendant<'a> {
    thread: ThreadId,
    stop: &'a CancelToken,
    progress: &'a Progress,
    inner: Mutex<Inner<'a>>,
}

struct Inner<'a> {
    attend: &'a mut (dyn FnMut(Option<f64>) -> bool + Send),
    goes_on: bool,
    last: Instant,
}

impl Attendant<'_> {
    /// Attends, if this is the thread that does and it is time to. Called within `attend` itself, it does nothing.
    fn poll(&self) {
        if thread::current().id() != self.thread {
            return;
        }
        let Ok(mut inner) = self.inner.try_lock() else { return };
        let waited = inner.last.elapsed() >= PATIENCE;
        if !inner.goes_on || !(waited || self.progress.is_there_news()) {
            return;
        }
        let news = self.progress.news();
        inner.goes_on = (inner.attend)(news);
        inner.last = Instant::now();
        if !inner.goes_on {
            self.stop.cancel();
        }
    }
}

/// Where working threads leave the fraction done. Floats of 0 and above are in the order of their bits.
#[derive(Default)]
struct Progress {
    latest: AtomicU64,
    heard: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    /// Whether the fraction is news.
    fn post(&self, fraction: f64) -> bool {
        let bits = fraction.max(0.0).to_bits();
        !fraction.is_nan() && self.latest.fetch_max(bits, Ordering::Relaxed) < bits
    }

    fn is_there_news(&self) -> bool {
        self.latest.load(Ordering::Relaxed) > self.heard.load(Ordering::Relaxed)
    }

    /// The latest fraction, if it was not heard yet.
    fn news(&self) -> Option<f64> {
        let latest = self.latest.load(Ordering::Relaxed);
        (self.heard.swap(latest, Ordering::Relaxed) < latest).then(|| f64::from_bits(latest))
    }

    fn end(&self, caller: &Thread) {
        self.ended.store(true, Ordering::Release);
        caller.unpark();
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// The job must end soon when the attending side panics, as its thread is waited for.
struct CancelOnUnwind<'a>(&'a CancelToken);

impl Drop for CancelOnUnwind<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.cancel();
        }
    }
}
