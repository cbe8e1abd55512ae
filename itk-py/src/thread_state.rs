//! How a thread that Python did not start enters Python, with the semantics of PEP 788.
//!
//! A Rust program that embeds Python may have threads of its own. Such a thread asks [`ensure`] for an explicit interpreter
//! and either is attached to it, until the guard is dropped, or gets an error that it can handle: no crash, no hang, no
//! thread that is killed. What it had before, no thread state, an attached one or a detached one, is restored.
//!
//! CPython 3.15 has `PyThreadState_EnsureFromView` for that, which is used where it is found. Before, acquiring the GIL
//! while the interpreter ends would end or park the thread, and asking first is no help, since the end may come in between.
//! So there is a gate: a hook of `atexit` closes it and waits for the threads inside, and whoever comes later is told so.
#![expect(unsafe_code, reason = "the C interface of thread states")]

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// An interpreter, as a thread that is not attached may keep it.
#[derive(Debug)]
pub struct Interpreter {
    id: i64,
    state: NonNull<ffi::PyInterpreterState>,
    view: Option<NonNull<c_void>>,
}

// SAFETY: the pointers are only compared, and given to functions that any thread may call: the view's by CPython's promise,
// the state's behind the gate, which is closed before the state is freed.
unsafe impl Send for Interpreter {}
// SAFETY: as above; nothing is changed through the pointers.
unsafe impl Sync for Interpreter {}

/// Why a thread could not enter Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnsureError {
    /// The interpreter is ending, or has ended.
    Finalizing,
    /// The thread is in another interpreter.
    WrongInterpreter,
    /// There was no memory for a thread state.
    OutOfMemory,
}

impl std::fmt::Display for EnsureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Finalizing => "the Python interpreter is ending",
            Self::WrongInterpreter => "the thread is in another Python interpreter",
            Self::OutOfMemory => "no memory for a Python thread state",
        })
    }
}

impl std::error::Error for EnsureError {}

impl Interpreter {
    /// The interpreter of an attached thread. The first call of a process sets up the gate.
    ///
    /// # Errors
    /// Those of registering with `atexit` and for forks.
    pub fn current(py: Python<'_>) -> PyResult<Self> {
        // SAFETY: the thread is attached.
        let (state, id) = unsafe {
            let state = ffi::PyInterpreterState_Get();
            (state, ffi::PyInterpreterState_GetID(state))
        };
        let state = NonNull::new(state).expect("an attached thread has an interpreter");
        let view = match Modern::get() {
            // SAFETY: the thread is attached.
            Some(modern) => match NonNull::new(unsafe { (modern.view)() }) {
                Some(view) => Some(view),
                None => return Err(PyErr::fetch(py)),
            },
            None => {
                set_up(py)?;
                None
            }
        };
        Ok(Self { id, state, view })
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        if let (Some(view), Some(modern)) = (self.view, Modern::get()) {
            // SAFETY: it was made with us and is closed once; any thread may do so.
            unsafe { (modern.close_view)(view.as_ptr()) };
        }
    }
}

/// An attached thread; dropping it restores what was before.
#[derive(Debug)]
pub struct Attached<'a> {
    how: How,
    interpreter: PhantomData<&'a Interpreter>,
    /// Of this thread only.
    thread: PhantomData<*const ()>,
}

#[derive(Debug)]
enum How {
    /// By CPython 3.15's own means.
    Token(NonNull<c_void>),
    /// The thread had a state, which `PyGILState_Ensure` has attached.
    Had(ffi::PyGILState_STATE, Inside),
    /// The thread had none, and got this one.
    Made(NonNull<ffi::PyThreadState>, Inside),
}

impl Attached<'_> {
    /// Runs Python code.
    pub fn with<R>(&self, work: impl FnOnce(Python<'_>) -> R) -> R {
        // PyO3 counts for itself how often a thread has attached; this is nested, so it neither waits nor fails.
        Python::attach(work)
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // SAFETY: the thread is attached, in the way it was done, as guards are dropped in the reverse order.
        unsafe {
            match &self.how {
                How::Token(token) => {
                    if let Some(modern) = Modern::get() {
                        (modern.release)(token.as_ptr());
                    }
                }
                How::Had(before, _) => ffi::PyGILState_Release(*before),
                How::Made(state, _) => {
                    ffi::PyThreadState_Clear(state.as_ptr());
                    PyThreadState_DeleteCurrent();
                }
            }
        }
    }
}

/// Attaches the calling thread to an interpreter. May be nested, within `Python::detach` too.
///
/// # Errors
/// [`EnsureError`]; the thread is as it was.
pub fn ensure(interpreter: &Interpreter) -> Result<Attached<'_>, EnsureError> {
    let attached = |how| Attached { how, interpreter: PhantomData, thread: PhantomData };
    if let (Some(modern), Some(view)) = (Modern::get(), interpreter.view) {
        // SAFETY: the view lives as long as the interpreter; any thread may call this.
        let token = unsafe { (modern.ensure)(view.as_ptr()) };
        // It fails when the interpreter ends, or, hardly ever, for want of memory, and does not say which.
        return match NonNull::new(token) {
            Some(token) => Ok(attached(How::Token(token))),
            None => Err(refuse()),
        };
    }
    let inside = Inside::enter()?;
    // SAFETY: these may be called by any thread while the interpreter lives, which the gate says.
    unsafe {
        let own = PyGILState_GetThisThreadState();
        if own.is_null() {
            let state = NonNull::new(ffi::PyThreadState_New(interpreter.state.as_ptr()));
            let state = state.ok_or(EnsureError::OutOfMemory)?;
            ffi::PyEval_RestoreThread(state.as_ptr());
            return Ok(attached(How::Made(state, inside)));
        }
        if ffi::PyInterpreterState_GetID(ffi::PyThreadState_GetInterpreter(own)) != interpreter.id {
            return Err(EnsureError::WrongInterpreter);
        }
        Ok(attached(How::Had(ffi::PyGILState_Ensure(), inside)))
    }
}

// In the stable ABI, and not in PyO3's bindings of it.
unsafe extern "C" {
    fn PyGILState_GetThisThreadState() -> *mut ffi::PyThreadState;
    fn PyThreadState_DeleteCurrent();
}

/// The gate: how many threads are inside, and [`CLOSED`].
static GATE: AtomicUsize = AtomicUsize::new(0);

const CLOSED: usize = 1 << (usize::BITS - 1);

/// How long the end of the interpreter waits for threads inside. Those that are still there have attached and are working;
/// CPython parks them when they next want to attach.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many were refused, for tests.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// How often this thread is inside.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Being inside the gate.
#[derive(Debug)]
struct Inside;

impl Inside {
    fn enter() -> Result<Self, EnsureError> {
        // One step: the hook that closes the gate sees this thread, or this thread sees it closed.
        let enter = |gate| (gate & CLOSED == 0).then_some(gate + 1);
        match GATE.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter) {
            Ok(_) => {
                DEPTH.set(DEPTH.get() + 1);
                Ok(Self)
            }
            Err(_) => Err(refuse()),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        GATE.fetch_sub(1, Ordering::AcqRel);
    }
}

fn refuse() -> EnsureError {
    REFUSED.fetch_add(1, Ordering::Relaxed);
    EnsureError::Finalizing
}

/// How many threads were refused.
pub(crate) fn refused() -> usize {
    REFUSED.load(Ordering::Relaxed)
}

/// How many threads are inside the gate, which is 0 where CPython has means of its own.
pub(crate) fn inside() -> usize {
    GATE.load(Ordering::Acquire) & !CLOSED
}

/// What `atexit` calls.
#[pyfunction]
fn _close_gate(py: Python<'_>) {
    GATE.fetch_or(CLOSED, Ordering::AcqRel);
    let begin = Instant::now();
    while GATE.load(Ordering::Acquire) != CLOSED && begin.elapsed() < PATIENCE {
        crate::kernel::without_gil(py, || std::thread::sleep(Duration::from_millis(1)));
    }
}

/// What a forked child calls: of the threads inside, only this one exists there.
#[pyfunction]
fn _reset_gate() {
    GATE.store(GATE.load(Ordering::Acquire) & CLOSED | DEPTH.get(), Ordering::Release);
}

fn set_up(py: Python<'_>) -> PyResult<()> {
    static DONE: AtomicUsize = AtomicUsize::new(0);
    if DONE.swap(1, Ordering::AcqRel) == 1 {
        return Ok(());
    }
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(_close_gate, py)?,))?;
    let child = PyDict::new(py);
    child.set_item("after_in_child", wrap_pyfunction!(_reset_gate, py)?)?;
    py.import("os")?.getattr("register_at_fork")?.call((), Some(&child))?;
    Ok(())
}

/// What CPython 3.15 has for all this.
struct Modern {
    view: unsafe extern "C" fn() -> *mut c_void,
    close_view: unsafe extern "C" fn(*mut c_void),
    ensure: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    release: unsafe extern "C" fn(*mut c_void),
}

impl Modern {
    /// Found in the running interpreter, as the module is built for older ones too.
    fn get() -> Option<&'static Self> {
        static MODERN: OnceLock<Option<Modern>> = OnceLock::new();
        MODERN.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        let symbol = |name: &std::ffi::CStr| NonNull::new(symbol(name.as_ptr())).map(NonNull::as_ptr);
        let view = symbol(c"PyInterpreterView_FromCurrent")?;
        let close_view = symbol(c"PyInterpreterView_Close")?;
        let ensure = symbol(c"PyThreadState_EnsureFromView")?;
        let release = symbol(c"PyThreadState_Release")?;
        // SAFETY: functions of these names have these signatures, by the stable ABI of 3.15; all pointers are opaque.
        unsafe {
            Some(Self {
                view: std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *mut c_void>(view),
                close_view: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(close_view),
                ensure: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void) -> *mut c_void>(
                    ensure,
                ),
                release: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(release),
            })
        }
    }
}

/// A symbol of the process, or null.
#[cfg(unix)]
fn symbol(name: *const c_char) -> *mut c_void {
    // SAFETY: the name ends with a zero byte.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name) }
}

/// Elsewhere the gate serves every version.
#[cfg(not(unix))]
fn symbol(_name: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

/// Refuses every interpreter but the first one: types and caches of the module are the process's.
///
/// # Errors
/// ImportError.
pub(crate) fn claim(_attached: Python<'_>) -> PyResult<()> {
    static FIRST: AtomicI64 = AtomicI64::new(-1);
    // SAFETY: the thread is attached.
    let id = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    match FIRST.compare_exchange(-1, id, Ordering::AcqRel, Ordering::Acquire) {
        Err(first) if first != id => Err(PyImportError::new_err(format!(
            "oxitk is loaded in interpreter {first} of this process and cannot be loaded in interpreter {id} too: \
             its types and its memory belong to one interpreter. Use a process or a thread instead of a sub-interpreter"
        ))),
        _ => Ok(()),
    }
}
