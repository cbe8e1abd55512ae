//! What tests need to know and to hold: gates at the entry of kernels, and a kernel that does nothing but count.
//!
//! A gate that no test has armed costs one relaxed load a call.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use itk_core::{Context, Error, Result, pool};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::kernel::{self, Kernel};
use crate::thread_state::{self, EnsureError, Interpreter, ensure};
use crate::watch::Watch;

/// Gates that no kernel has come to yet, in the order in which they were armed.
static ARMED: Mutex<VecDeque<(Kernel, Arc<Gate>)>> = Mutex::new(VecDeque::new());

/// The length of that queue, for those who pass.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How long a gated kernel sleeps before it looks whether it was cancelled.
const NAP: Duration = Duration::from_millis(5);

struct Gate {
    /// How long a kernel waits at most.
    patience: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default)]
struct State {
    entered: bool,
    open: bool,
    /// The kernel went on because the gate was open, not because it was tired of waiting.
    passed: bool,
    /// The kernel ended here, as it was cancelled.
    cancelled: bool,
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a kernel begins, detached: it waits for the gate that a test has armed for it.
///
/// # Errors
/// [`Error::Aborted`] when it is cancelled there.
pub(crate) fn pass(kernel: Kernel, context: &Context<'_>) -> Result<()> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    let gate = {
        let mut armed = lock(&ARMED);
        let Some(at) = armed.iter().position(|(armed, _)| *armed == kernel) else { return Ok(()) };
        let (_, gate) = armed.remove(at).expect("it was just found");
        COUNT.store(armed.len(), Ordering::Relaxed);
        gate
    };
    // A thread that needs the GIL to open it cannot run when that is kept.
    let patience = if kernel::releases_gil() { gate.patience } else { Duration::from_millis(100) };
    lock(&gate.state).entered = true;
    gate.changed.notify_all();
    let begin = Instant::now();
    while begin.elapsed() < patience {
        {
            let state = lock(&gate.state);
            let (mut state, _) = gate
                .changed
                .wait_timeout_while(state, NAP, |s| !s.open)
                .unwrap_or_else(PoisonError::into_inner);
            if state.open {
                state.passed = true;
                return Ok(());
            }
        }
        // Not with the lock: asking may wait for the GIL, and who has the GIL may be waiting for the lock.
        if context.is_cancelled() {
            lock(&gate.state).cancelled = true;
            return Err(Error::Aborted { filter: kernel.name().into() });
        }
    }
    Ok(())
}

/// A gate at the entry of a kernel, armed for the next call of it, which waits there for `patience` seconds at most.
#[pyclass(frozen, module = "oxitk._native", name = "_Gate")]
pub(crate) struct PyGate(Arc<Gate>);

#[pymethods]
impl PyGate {
    #[new]
    #[pyo3(signature = (kernel, patience=60.0))]
    fn new(kernel: &str, patience: f64) -> PyResult<Self> {
        let found = Kernel::ALL.iter().find(|known| known.name() == kernel);
        let kernel =
            *found.ok_or_else(|| PyValueError::new_err(format!("no kernel is called {kernel:?}")))?;
        let patience = Duration::try_from_secs_f64(patience)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let gate = Arc::new(Gate { patience, state: Mutex::default(), changed: Condvar::new() });
        let mut armed = lock(&ARMED);
        armed.push_back((kernel, gate.clone()));
        COUNT.store(armed.len(), Ordering::Relaxed);
        Ok(Self(gate))
    }

    /// Whether a kernel has come to it.
    fn entered(&self) -> bool {
        lock(&self.0.state).entered
    }

    /// Lets the kernel go on.
    fn open(&self) {
        lock(&self.0.state).open = true;
        self.0.changed.notify_all();
    }

    /// Whether a kernel went on because it was opened.
    fn passed(&self) -> bool {
        lock(&self.0.state).passed
    }

    /// Whether a kernel ended there because it was cancelled.
    fn cancelled(&self) -> bool {
        lock(&self.0.state).cancelled
    }

    /// Opens it, and takes it away if no kernel has come.
    fn remove(&self) {
        self.open();
        let mut armed = lock(&ARMED);
        armed.retain(|(_, gate)| !Arc::ptr_eq(gate, &self.0));
        COUNT.store(armed.len(), Ordering::Relaxed);
    }
}

/// The names of all kernels.
#[pyfunction]
pub(crate) fn _kernels() -> Vec<&'static str> {
    Kernel::ALL.iter().map(|kernel| kernel.name()).collect()
}

/// Whether kernels let go of the GIL.
#[pyfunction]
pub(crate) fn _releases_gil() -> bool {
    kernel::releases_gil()
}

/// Steps that probes have done.
static STEPS: AtomicUsize = AtomicUsize::new(0);

/// The number of steps that all probes have done.
#[pyfunction]
pub(crate) fn _probe_steps() -> usize {
    STEPS.load(Ordering::Relaxed)
}

/// A kernel of `steps` steps of about 1 ms each on the pool; one of them may panic.
#[pyfunction]
#[pyo3(signature = (steps, *, panic_at=None, progress=None, cancel=None, num_threads=None))]
pub(crate) fn _probe(
    py: Python<'_>,
    steps: usize,
    panic_at: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
    cancel: Option<&Bound<'_, PyAny>>,
    num_threads: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let watch = Watch::new("probe", progress, cancel, num_threads)?;
    kernel::run(py, Kernel::Probe, &watch, |context| {
        let counter = context.steps("probe", steps);
        pool::for_each(
            context,
            (0..steps).collect(),
            || (),
            |(), step| {
                counter.check()?;
                assert!(Some(step) != panic_at, "step {step} was told to panic");
                let begin = Instant::now();
                while begin.elapsed() < Duration::from_millis(1) {
                    std::hint::spin_loop();
                }
                STEPS.fetch_add(1, Ordering::Relaxed);
                counter.tick();
                Ok(())
            },
        )
    })
}

/// A kernel that reports these fractions in this order, with a gate between two of them.
#[pyfunction]
pub(crate) fn _report(py: Python<'_>, fractions: Vec<f64>, progress: &Bound<'_, PyAny>) -> PyResult<()> {
    let watch = Watch::new("probe", Some(progress), None, None)?;
    kernel::run(py, Kernel::Probe, &watch, |context| {
        for (k, &fraction) in fractions.iter().enumerate() {
            if k > 0 {
                pass(Kernel::Probe, context)?;
            }
            context.report(fraction);
        }
        Ok(())
    })
}

/// Calls `function` in a thread that Python did not start and whose state is `before`: `none`, `attached`, `detached` or
/// `nested` (attached, detached, attached by `ensure` and detached once more). Twice, to see that the state is restored.
#[pyfunction]
pub(crate) fn _in_foreign_thread(py: Python<'_>, function: Py<PyAny>, before: &str) -> PyResult<usize> {
    let interpreter = Interpreter::current(py)?;
    let call = || -> PyResult<usize> {
        let attached = ensure(&interpreter).map_err(refusal)?;
        attached.with(|py| function.call0(py))?;
        Ok(1)
    };
    let twice = || Ok(call()? + call()?);
    let thread = || match before {
        "none" => twice(),
        "attached" => Python::attach(|py| {
            let calls = twice()?;
            // Still attached, or this would end the process.
            py.import("sys")?;
            Ok(calls)
        }),
        "detached" => Python::attach(|py| {
            let calls = kernel::without_gil(py, twice)?;
            py.import("sys")?;
            Ok(calls)
        }),
        "nested" => {
            let attached = ensure(&interpreter).map_err(refusal)?;
            attached.with(|py| {
                let calls = twice()? + kernel::without_gil(py, twice)?;
                py.import("sys")?;
                Ok(calls)
            })
        }
        other => Err(PyValueError::new_err(format!("no state is called {other:?}"))),
    };
    let result = kernel::without_gil(py, || std::thread::scope(|scope| scope.spawn(thread).join()));
    result.unwrap_or_else(|panic| Err(crate::errors::internal(&*panic)))
}

fn refusal(error: EnsureError) -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err(error.to_string())
}

/// Starts threads that enter and leave Python until they are refused.
#[pyfunction]
pub(crate) fn _ensure_in_a_loop(py: Python<'_>, threads: usize, function: Py<PyAny>) -> PyResult<()> {
    let interpreter = Arc::new(Interpreter::current(py)?);
    for _ in 0..threads {
        let (interpreter, function) = (interpreter.clone(), function.clone_ref(py));
        std::thread::spawn(move || {
            while let Ok(attached) = ensure(&interpreter) {
                attached.with(|py| {
                    let _ = function.call0(py);
                });
            }
            // Whoever drops it now would need Python.
            std::mem::forget(function);
        });
    }
    Ok(())
}

/// How many threads were refused to enter Python, as it was ending.
#[pyfunction]
pub(crate) fn _refused() -> usize {
    thread_state::refused()
}

/// How many threads are inside the gate of Python's end.
#[pyfunction]
pub(crate) fn _inside_gate() -> usize {
    thread_state::inside()
}
