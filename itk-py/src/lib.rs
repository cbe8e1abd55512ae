//! The Python binding: thin functions over the crates, and nothing computed here.

use pyo3::prelude::*;

mod arguments;
mod cli;
mod convert;
mod errors;
mod filters;
mod image;
mod io;
mod kernel;
mod preview;
mod threads;

/// The native part of oxitk; use the names of the package `oxitk` instead.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::filters::{PyChain, PyGradientMagnitude, PyMedian, gradient_magnitude, median};
    #[pymodule_export]
    use crate::image::PyImage;
    #[pymodule_export]
    use crate::io::{imread, imwrite};
    #[pymodule_export]
    use crate::threads::{
        _live_buffers, _run_cli, _simd_level, _simd_levels, get_num_threads, set_num_threads,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
