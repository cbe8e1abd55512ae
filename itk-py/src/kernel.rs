//! The one door from Python into a kernel: detach, run, catch, attach, map the error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use itk_core::Context;
use pyo3::prelude::*;

use crate::errors::{internal, to_py};

/// Runs a job without the GIL. A panic inside becomes `oxitk.InternalError`.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    job: impl FnOnce(&Context<'_>) -> itk_core::Result<R> + Send,
) -> PyResult<R> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(|| job(&Context::default())))) {
        Ok(result) => result.map_err(to_py),
        Err(panic) => Err(internal(&*panic)),
    }
}
