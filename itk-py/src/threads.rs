//! Threads and levels, as Python sets and sees them; and the command line's door.

use std::ffi::OsString;

use itk_core::{buffer, pool, simd};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arguments::integer;
use crate::lazy::Contents;
use crate::{cli, kernel};

/// Fills `oxitk.threads`.
pub(crate) fn register(contents: &Contents<'_, '_>) -> PyResult<()> {
    contents.function(&wrap_pyfunction!(get_num_threads, contents.module())?)?;
    contents.function(&wrap_pyfunction!(set_num_threads, contents.module())?)
}

/// Set how many threads oxitk uses.
///
/// Parameters
/// ----------
/// n : int
///     1 to 128. Work that is under way ends on the threads it has.
///
/// Raises
/// ------
/// ValueError
///     If `n` is out of range.
///
/// See Also
/// --------
/// get_num_threads
///
/// Notes
/// -----
/// Before the first call it is the environment variable `OXITK_NUM_THREADS`, else `RAYON_NUM_THREADS`, else
/// the number of CPUs that the process may use. ITK's twin is `itk.set_nthreads`.
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> oxitk.set_num_threads(2)
/// >>> oxitk.get_num_threads()
/// 2
#[pyfunction]
pub(crate) fn set_num_threads(n: &Bound<'_, PyAny>) -> PyResult<()> {
    let what = "set_num_threads: number of threads";
    match usize::try_from(integer(n, what)?) {
        Ok(n @ 1..=pool::MAX_THREADS) => {
            pool::set_num_threads(n);
            Ok(())
        }
        _ => Err(PyValueError::new_err(format!("{what} must be 1 to {}, got {n}", pool::MAX_THREADS))),
    }
}

/// The number of threads that oxitk uses.
///
/// Returns
/// -------
/// int
///
/// See Also
/// --------
/// set_num_threads
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> oxitk.get_num_threads() >= 1
/// True
#[pyfunction]
pub(crate) fn get_num_threads() -> usize {
    pool::num_threads()
}

/// How many pixel buffers of our own are alive, for tests.
#[pyfunction]
pub(crate) fn _live_buffers() -> usize {
    buffer::live_buffers()
}

/// The SIMD level that the last kernel ran at, for tests.
#[pyfunction]
pub(crate) fn _simd_level() -> &'static str {
    simd::last_level().name()
}

/// The SIMD levels of this CPU, for tests.
#[pyfunction]
pub(crate) fn _simd_levels() -> Vec<&'static str> {
    simd::levels().into_iter().map(simd::Level::name).collect()
}

/// Run the command line `args`, program name first, and return its exit code.
#[pyfunction]
pub(crate) fn _run_cli(py: Python<'_>, args: Vec<OsString>) -> PyResult<i32> {
    kernel::run(py, |_| Ok(cli::run(args)))
}
