//! How a call is watched, stopped and limited: the arguments `progress`, `cancel` and `num_threads`.

use itk_core::{CancelToken, pool};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::arguments::{integer, type_name};

/// A flag that stops oxitk's work from any thread.
///
/// Give it to calls as ``cancel=``. Once `cancel` was called, they and all later ones with the same token raise
/// `ProcessAborted`, within about 10 ms of work.
///
/// See Also
/// --------
/// median, gradient_magnitude, imread, imwrite
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> token = oxitk.CancelToken()
/// >>> token.cancel()
/// >>> token.cancelled()
/// True
/// >>> oxitk.median(np.zeros((4, 4)), cancel=token)
/// Traceback (most recent call last):
///     ...
/// oxitk.ProcessAborted: Object median: AbortGenerateDataOn
#[pyclass(frozen, module = "oxitk.threads", name = "CancelToken")]
pub(crate) struct PyCancelToken(CancelToken);

#[pymethods]
impl PyCancelToken {
    #[new]
    fn new() -> Self {
        Self(CancelToken::new())
    }

    /// Stop all work that has this token. It stays set.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether `cancel` was called.
    ///
    /// Returns
    /// -------
    /// bool
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn __repr__(&self) -> &'static str {
        if self.0.is_cancelled() { "<oxitk.CancelToken, cancelled>" } else { "<oxitk.CancelToken>" }
    }
}

/// How one call is watched. The default: not observed, stopped by signals only, on all threads.
#[derive(Default)]
pub(crate) struct Watch {
    observer: Option<Observer>,
    cancel: CancelToken,
    threads: usize,
}

/// A callable that takes the fraction done, and what is to be called at the end of the run, however it ends.
struct Observer {
    call: Py<PyAny>,
    close: Option<Py<PyAny>>,
}

impl Watch {
    /// From a call's arguments; `name` begins the text of a refusal.
    pub(crate) fn new(
        name: &str,
        progress: Option<&Bound<'_, PyAny>>,
        cancel: Option<&Bound<'_, PyAny>>,
        num_threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let cancel = match cancel.map(|cancel| (cancel, cancel.cast::<PyCancelToken>())) {
            None => CancelToken::new(),
            Some((_, Ok(token))) => token.get().0.clone(),
            Some((other, Err(_))) => {
                let got = type_name(other);
                let text = format!("{name}: cancel must be an oxitk.CancelToken, got {got}");
                return Err(PyTypeError::new_err(text));
            }
        };
        let threads = num_threads.map_or(Ok(0), |n| thread_count(n, &format!("{name}: num_threads")))?;
        // Last, as an observer may put something on the screen.
        let observer = progress.map(|progress| observer(progress, name)).transpose()?.flatten();
        Ok(Self { observer, cancel, threads })
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    pub(crate) fn cancel(&self) -> &CancelToken {
        &self.cancel
    }

    /// 0 for all.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Tells the observer the fraction done.
    pub(crate) fn call(&self, py: Python<'_>, fraction: f64) -> PyResult<()> {
        match &self.observer {
            Some(observer) => observer.call.call1(py, (fraction,)).map(drop),
            None => Ok(()),
        }
    }

    /// Tells the observer of the end of a run that went well, unless it has heard of it.
    pub(crate) fn ends_at_one(&self, py: Python<'_>, heard: f64) -> PyResult<()> {
        if heard < 1.0 { self.call(py, 1.0) } else { Ok(()) }
    }

    /// Closes what shows progress; the run's own error goes before that of closing.
    pub(crate) fn close<R>(&self, py: Python<'_>, result: PyResult<R>) -> PyResult<R> {
        let Some(Observer { close: Some(close), .. }) = &self.observer else { return result };
        let closed = close.call0(py);
        result.and_then(|value| closed.map(|_| value))
    }
}

/// What `progress=` stands for; `None` and `False` for nothing.
fn observer(progress: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Observer>> {
    let parts = progress.py().import("oxitk._progress")?.call_method1("observer", (progress, name))?;
    let (call, close): (Option<Py<PyAny>>, Option<Py<PyAny>>) = parts.extract()?;
    Ok(call.map(|call| Observer { call, close }))
}

/// A number of threads; `what` begins the text of a refusal.
pub(crate) fn thread_count(object: &Bound<'_, PyAny>, what: &str) -> PyResult<usize> {
    match usize::try_from(integer(object, what)?) {
        Ok(n @ 1..=pool::MAX_THREADS) => Ok(n),
        _ => Err(PyValueError::new_err(format!("{what} must be 1 to {}, got {object}", pool::MAX_THREADS))),
    }
}
