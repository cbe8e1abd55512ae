//! Python code that a running pipeline calls: observers, and nodes written in Python.
//!
//! A pipeline runs detached, on the thread that called it. Its observers and processes are called on that thread, so
//! to run Python code it only has to attach again.

use itk_core::{Error, Result};
use pyo3::prelude::*;

/// Runs Python code within a pipeline. Its exception comes out of the update as it is.
///
/// # Errors
/// [`Error::Foreign`] with the exception; [`Error::Aborted`] when the interpreter is at its end.
pub(super) fn attached<R>(who: &str, call: impl FnOnce(Python<'_>) -> PyResult<R>) -> Result<R> {
    match Python::try_attach(call) {
        Some(result) => result.map_err(|error| raised(who, error)),
        None => Err(Error::Aborted { filter: who.to_owned().into() }),
    }
}

/// An exception as an error of the pipeline, out of which `to_py` takes it again.
pub(super) fn raised(who: &str, error: PyErr) -> Error {
    Error::Foreign { who: who.to_owned(), source: Box::new(error) }
}
