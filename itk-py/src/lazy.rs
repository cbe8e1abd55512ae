//! Submodules that are made when one of their names is first touched.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;

use crate::image::PyImage;
use crate::{filters, io, pipeline, threads};

/// A submodule that is being filled. A name that is there already stays, so that a retry after an error keeps the
/// identity of functions, and what a user has set is not lost.
pub(crate) struct Contents<'a, 'py>(&'a Bound<'py, PyModule>);

impl<'py> Contents<'_, 'py> {
    pub(crate) fn module(&self) -> &Bound<'py, PyModule> {
        self.0
    }

    /// Puts a value under a name. One operation of a dict: threads see the name with its value, or neither.
    pub(crate) fn value(&self, name: &str, value: impl IntoPyObject<'py>) -> PyResult<()> {
        self.0.dict().call_method1("setdefault", (name, value))?;
        Ok(())
    }

    /// Makes a class.
    pub(crate) fn class<T: pyo3::PyTypeInfo>(&self) -> PyResult<()> {
        let class = self.0.py().get_type::<T>();
        self.value(&class.name()?.to_string(), class)
    }

    /// Puts a function, which `wrap_pyfunction!` made for [`Self::module`].
    pub(crate) fn function(&self, function: &Bound<'py, PyCFunction>) -> PyResult<()> {
        let name: String = function.getattr("__name__")?.extract()?;
        self.value(&name, function)
    }
}

/// How often each submodule was filled.
static COUNTS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Fill the submodule `name` of oxitk: make its classes and functions. Called once, by `oxitk._lazy`.
#[pyfunction]
pub(crate) fn _materialise(name: &str, module: &Bound<'_, PyModule>) -> PyResult<()> {
    let register: fn(&Contents<'_, '_>) -> PyResult<()> = match name {
        "config" => |contents| contents.value("default_factory_loading", true),
        "filters" => filters::register,
        "image" => |contents| contents.class::<PyImage>(),
        "io" => io::register,
        "pipeline" => pipeline::register,
        "threads" => threads::register,
        _ => return Err(PyValueError::new_err(format!("oxitk has no native submodule {name:?}"))),
    };
    register(&Contents(module))?;
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default() += 1;
    Ok(())
}

/// How often each submodule was filled, for tests.
#[pyfunction]
pub(crate) fn _materialised() -> BTreeMap<String, usize> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
