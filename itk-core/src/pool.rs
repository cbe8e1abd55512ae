//! Threads: the one process-wide pool, and the only file that names rayon.
//!
//! The pool is ours, not rayon's global one, which hangs in a forked child. It belongs to a process id: a
//! child finds that the id has changed and makes its own. Nothing here waits on a lock that a fork could
//! leave taken.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::Context;
use crate::pump::PATIENCE;

struct Pool {
    process: u32,
    threads: rayon::ThreadPool,
}

static POOL: ArcSwapOption<Pool> = ArcSwapOption::const_empty();

/// The number set by [`set_num_threads`]; 0 stands for the default.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);

/// The default once it is known, 0 before: reading the environment and the container's limits takes longer than
/// filtering a small image. Threads that find it at the same time find the same number.
static DEFAULT: AtomicUsize = AtomicUsize::new(0);

/// The process one of whose threads is making a pool, or 0.
static MAKER: AtomicU32 = AtomicU32::new(0);

/// How long a thread works for one caller before others have a turn.
const TURN: Duration = Duration::from_millis(30);

/// More threads than this are never made, as in ITK (`ITK_MAX_THREADS`).
pub const MAX_THREADS: usize = 128;

/// How many threads kernels use: what [`set_num_threads`] said, else `OXITK_NUM_THREADS`, else
/// `RAYON_NUM_THREADS`, else the CPUs that this process may use (affinity and container limits counted).
///
/// Values that are no positive number are passed over. The default is found out once, when it is first needed.
/// Inside a rayon pool of the caller's it is that pool's.
pub fn num_threads() -> usize {
    if is_inside() {
        return rayon::current_num_threads();
    }
    match REQUESTED.load(Ordering::Relaxed) {
        0 => match DEFAULT.load(Ordering::Relaxed) {
            0 => {
                let threads = default_threads();
                DEFAULT.store(threads, Ordering::Relaxed);
                threads
            }
            known => known,
        },
        requested => requested,
    }
}

fn default_threads() -> usize {
    let from = |name| std::env::var(name).ok()?.trim().parse::<usize>().ok().filter(|&n| n > 0);
    from("OXITK_NUM_THREADS")
        .or_else(|| from("RAYON_NUM_THREADS"))
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1)
        .min(MAX_THREADS)
}

/// Sets how many threads kernels use from now on, 1 to [`MAX_THREADS`]; 0 goes back to the default.
///
/// Work that is under way ends on the threads it has.
pub fn set_num_threads(threads: usize) {
    REQUESTED.store(threads.min(MAX_THREADS), Ordering::Relaxed);
}

/// The pool of this process, with as many threads as are wanted now; `None` when no thread can be had.
fn pool() -> Option<Arc<Pool>> {
    let process = std::process::id();
    loop {
        let wanted = num_threads();
        let current = POOL.load_full();
        if let Some(pool) = &current
            && pool.process == process
            && pool.threads.current_num_threads() == wanted
        {
            return current;
        }
        // Callers that come at the same time must not make a pool each. What a fork has left taken is the parent's.
        let maker = MAKER.load(Ordering::Acquire);
        if maker == process
            || MAKER.compare_exchange(maker, process, Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            thread::yield_now();
            continue;
        }
        let threads =
            rayon::ThreadPoolBuilder::new().num_threads(wanted).thread_name(|i| format!("oxitk-{i}"));
        let made = threads.build().ok().map(|threads| Arc::new(Pool { process, threads }));
        if made.is_some()
            && let Some(old) = POOL.swap(made.clone())
            && old.process != process
        {
            // The parent's threads do not exist here: telling them to stop would wait for ever.
            std::mem::forget(old);
        }
        MAKER.store(0, Ordering::Release);
        return made;
    }
}

/// Whether the calling thread belongs to a rayon pool, ours or the caller's: it must not sleep until another one of the
/// pool has worked, as there may be no other.
pub(crate) fn is_inside() -> bool {
    rayon::current_thread_index().is_some()
}

/// Runs `work` on each item, in parallel on the pool, and returns the first error there is.
///
/// Items are begun in order. `scratch` makes what one thread works with. After an error no further item is
/// begun. A caller inside its own rayon pool is served by that pool; one item, one thread, or no thread to be
/// had means that the calling thread does the work. The context says how many threads may work, and who attends
/// while the calling thread waits for them. Callers that come at the same time take turns: a short job does not wait
/// for the end of a long one.
pub fn for_each<I: Send, S, E: Send>(
    context: &Context<'_>,
    items: Vec<I>,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let workers = if items.len() < 2 { 1 } else { context.threads().min(items.len()) };
    if workers == 1 {
        let mut scratch = scratch();
        return items.into_iter().try_for_each(|item| work(&mut scratch, item));
    }
    let job = Job {
        queue: Mutex::new(items.into_iter()),
        exhausted: AtomicBool::new(false),
        failure: Mutex::new(None),
        scratch,
        work,
    };
    if is_inside() {
        rayon::scope(|scope| (0..workers).for_each(|_| scope.spawn(|_| job.run(Duration::MAX))));
    } else {
        match pool() {
            Some(pool) => job.run_on(&pool.threads, workers, context),
            None => job.run(Duration::MAX),
        }
    }
    match job.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The items of one call, and what its threads share.
struct Job<I, E, M, W> {
    queue: Mutex<std::vec::IntoIter<I>>,
    /// No item is left to be begun.
    exhausted: AtomicBool,
    failure: Mutex<Option<E>>,
    scratch: M,
    work: W,
}

impl<I: Send, E: Send, M: Sync, W: Sync> Job<I, E, M, W> {
    /// Works until the turn is over or no item is left.
    fn run<S>(&self, turn: Duration)
    where
        M: Fn() -> S,
        W: Fn(&mut S, I) -> Result<(), E>,
    {
        let begin = Instant::now();
        let mut scratch = (self.scratch)();
        while !self.exhausted.load(Ordering::Relaxed) {
            let Some(item) = lock(&self.queue).next() else {
                self.exhausted.store(true, Ordering::Relaxed);
                return;
            };
            if let Err(error) = (self.work)(&mut scratch, item) {
                self.exhausted.store(true, Ordering::Relaxed);
                lock(&self.failure).get_or_insert(error);
            }
            if begin.elapsed() >= turn {
                return;
            }
        }
    }

    /// Gives turns to `workers` threads of the pool. A turn that is given from here goes to the end of the pool's queue,
    /// behind those of other callers; one that a thread of the pool gave to itself would go before them.
    fn run_on<S>(&self, threads: &rayon::ThreadPool, workers: usize, context: &Context<'_>)
    where
        M: Fn() -> S,
        W: Fn(&mut S, I) -> Result<(), E>,
    {
        let working = Working { threads: AtomicUsize::new(0), caller: thread::current() };
        threads.in_place_scope(|scope| {
            loop {
                if !self.exhausted.load(Ordering::Relaxed) {
                    while working.threads.load(Ordering::Acquire) < workers {
                        let one = working.one(&self.exhausted);
                        scope.spawn(move |_| {
                            let _ends = one;
                            self.run(TURN);
                        });
                    }
                } else if working.threads.load(Ordering::Acquire) == 0 {
                    return;
                }
                thread::park_timeout(PATIENCE);
                if let Some(attend) = context.attendant() {
                    attend();
                }
            }
        });
    }
}

/// How many threads have a turn, for a caller that waits.
struct Working {
    threads: AtomicUsize,
    caller: Thread,
}

/// The turn of a thread.
struct Turn<'a> {
    working: &'a Working,
    exhausted: &'a AtomicBool,
}

impl Working {
    fn one<'a>(&'a self, exhausted: &'a AtomicBool) -> Turn<'a> {
        self.threads.fetch_add(1, Ordering::AcqRel);
        Turn { working: self, exhausted }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.exhausted.store(true, Ordering::Relaxed);
        }
        let caller = self.working.caller.clone();
        self.working.threads.fetch_sub(1, Ordering::AcqRel);
        caller.unpark();
    }
}

/// No panic happens while one of these locks is held, so poison means nothing.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
