//! Threads and levels, as Python sets and sees them; and the command line's door.

use std::ffi::{OsString, c_int};

use itk_core::{buffer, pool, simd};
use pyo3::prelude::*;

use crate::cli;
use crate::kernel::{self, Kernel};
use crate::lazy::Contents;
use crate::watch::{PyCancelToken, Watch, thread_count};

/// Fills `oxitk.threads`.
pub(crate) fn register(contents: &Contents<'_, '_>) -> PyResult<()> {
    contents.class::<PyCancelToken>()?;
    let controller = contents.module().py().import("oxitk._threadpoolctl")?;
    contents.value("register_threadpoolctl", controller.getattr("register_threadpoolctl")?)?;
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
    pool::set_num_threads(thread_count(n, "set_num_threads: number of threads")?);
    Ok(())
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
    kernel::run(py, Kernel::CommandLine, &Watch::default(), |_| Ok(cli::run(args)))
}

/// For threadpoolctl, which looks for C functions in loaded libraries.
#[expect(unsafe_code, reason = "a symbol of this name is in no other library")]
#[unsafe(no_mangle)]
extern "C" fn oxitk_get_num_threads() -> c_int {
    pool::num_threads() as c_int
}

/// As [`oxitk_get_num_threads`].
#[expect(unsafe_code, reason = "a symbol of this name is in no other library")]
#[unsafe(no_mangle)]
extern "C" fn oxitk_set_num_threads(threads: c_int) {
    pool::set_num_threads(usize::try_from(threads).unwrap_or(1).clamp(1, pool::MAX_THREADS));
}
