//! The Python binding: thin functions over the crates, and nothing computed here.

use pyo3::prelude::*;

mod arguments;
mod cli;
mod convert;
mod errors;
mod filters;
mod formats;
mod hooks;
mod image;
mod io;
mod kernel;
mod lazy;
mod pipeline;
mod preview;
pub mod thread_state;
mod threads;
mod watch;

/// The native part of oxitk; use the names of the package `oxitk` instead.
///
/// Classes and functions are not listed here: [`lazy`] makes those of a submodule when one of them is first touched.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::formats::_registered_formats;
    #[pymodule_export]
    use crate::hooks::{
        _ensure_in_a_loop, _in_foreign_thread, _inside_gate, _kernels, _probe, _probe_steps, _refused,
        _releases_gil, _report, PyGate,
    };
    #[pymodule_export]
    use crate::lazy::{_materialise, _materialised};
    #[pymodule_export]
    use crate::threads::{_live_buffers, _run_cli, _simd_level, _simd_levels};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::thread_state::claim(module.py())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
