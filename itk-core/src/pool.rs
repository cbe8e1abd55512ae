//! Threads: the one process-wide pool, and the only file that names rayon.
//!
//! The pool is ours, not rayon's global one, which hangs in a forked child. It belongs to a process id: a
//! child finds that the id has changed and makes its own. Nothing here waits on a lock that a fork could
//! leave taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

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

fn pool() -> Option<Arc<Pool>> {
    let (process, wanted) = (std::process::id(), num_threads());
    let current = POOL.load_full();
    if let Some(pool) = &current
        && pool.process == process
        && pool.threads.current_num_threads() == wanted
    {
        return current;
    }
    let threads = rayon::ThreadPoolBuilder::new().num_threads(wanted).thread_name(|i| format!("oxitk-{i}"));
    let pool = Arc::new(Pool { process, threads: threads.build().ok()? });
    if let Some(old) = POOL.swap(Some(pool.clone()))
        && old.process != process
    {
        // The parent's threads do not exist here: telling them to stop would wait for ever.
        std::mem::forget(old);
    }
    Some(pool)
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
/// while the calling thread waits for them.
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
    let queue = Mutex::new(items.into_iter());
    let failure = Mutex::new(None);
    let next = || lock(&queue).next();
    let run = || {
        let mut scratch = scratch();
        while let Some(item) = next() {
            if let Err(error) = work(&mut scratch, item) {
                *lock(&queue) = Vec::new().into_iter();
                lock(&failure).get_or_insert(error);
            }
        }
    };
    if is_inside() {
        rayon::scope(|scope| (0..workers).for_each(|_| scope.spawn(|_| run())));
    } else {
        match pool() {
            Some(pool) => {
                let working = Working { threads: AtomicUsize::new(workers), caller: thread::current() };
                pool.threads.in_place_scope(|scope| {
                    for _ in 0..workers {
                        scope.spawn(|_| {
                            let _ends = working.one();
                            run();
                        });
                    }
                    if let Some(attend) = context.attendant() {
                        working.wait(attend);
                    }
                });
            }
            None => run(),
        }
    }
    match lock(&failure).take() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// How many threads still work for a caller that waits.
struct Working {
    threads: AtomicUsize,
    caller: Thread,
}

impl Working {
    /// Counts down when it is dropped, after a panic too.
    fn one(&self) -> impl Drop + use<'_> {
        struct One<'a>(&'a Working);
        impl Drop for One<'_> {
            fn drop(&mut self) {
                if self.0.threads.fetch_sub(1, Ordering::AcqRel) == 1 {
                    self.0.caller.unpark();
                }
            }
        }
        One(self)
    }

    fn wait(&self, meanwhile: impl Fn()) {
        while self.threads.load(Ordering::Acquire) > 0 {
            thread::park_timeout(PATIENCE);
            meanwhile();
        }
    }
}

/// No panic happens while one of these locks is held, so poison means nothing.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
