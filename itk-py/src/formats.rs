//! The image formats that Python reads and writes: registered when `oxitk.io` is first used.

use std::sync::{PoisonError, RwLock};

use itk_io::Formats;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::errors::to_py;

static REGISTERED: RwLock<Formats> = RwLock::new(Formats::none());

/// The formats that are registered now.
pub(crate) fn registered() -> Formats {
    REGISTERED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Registers all formats, unless `oxitk.config.default_factory_loading` is false.
pub(crate) fn register_defaults(py: Python<'_>) -> PyResult<()> {
    if py.import("oxitk.config")?.getattr("default_factory_loading")?.is_truthy()? {
        *REGISTERED.write().unwrap_or_else(PoisonError::into_inner) = Formats::all();
    }
    Ok(())
}

/// A file format that oxitk can register.
///
/// Parameters
/// ----------
/// name : {'MetaImage', 'NRRD', 'PNG'}
///
/// Attributes
/// ----------
/// name : str
/// endings : tuple of str
///     The endings of its files' names, lower case and with the dot; any case is accepted.
/// can_read, can_write : bool
///
/// Raises
/// ------
/// ValueError
///     If there is no such format.
///
/// See Also
/// --------
/// formats, register_format
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> oxitk.io.Format("NRRD").endings
/// ('.nrrd', '.nhdr')
#[pyclass(frozen, eq, hash, module = "oxitk.io", name = "Format")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct PyFormat {
    #[pyo3(get)]
    name: &'static str,
    endings: &'static [&'static str],
    #[pyo3(get)]
    can_read: bool,
    #[pyo3(get)]
    can_write: bool,
}

impl From<&'static itk_io::Format> for PyFormat {
    fn from(format: &'static itk_io::Format) -> Self {
        let itk_io::Format { name, endings, can_read, can_write, .. } = *format;
        Self { name, endings, can_read, can_write }
    }
}

#[pymethods]
impl PyFormat {
    #[new]
    fn new(name: &str) -> PyResult<Self> {
        let mut one = Formats::none();
        one.register(name).map_err(to_py)?;
        Ok(one.iter().next().expect("it was just registered").into())
    }

    #[getter]
    fn endings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.endings)
    }

    fn __repr__(&self) -> String {
        format!("oxitk.io.Format('{}')", self.name)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (&'static str,)) {
        (slf.get_type(), (slf.get().name,))
    }
}

/// The file formats that are registered: those that `imread` and `imwrite` know.
///
/// Returns
/// -------
/// tuple of Format
///     In the order in which they are tried.
///
/// See Also
/// --------
/// register_format
///
/// Notes
/// -----
/// All formats are registered when `oxitk.io` is first used, unless `oxitk.config.default_factory_loading` was set to
/// False before. ITK's twin is ``itk.ObjectFactoryBase.GetRegisteredFactories()``.
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> [format.name for format in oxitk.io.formats()]
/// ['MetaImage', 'NRRD', 'PNG']
#[pyfunction]
pub(crate) fn formats(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    PyTuple::new(py, registered().iter().map(PyFormat::from).collect::<Vec<_>>())
}

/// Register a file format, so that `imread` and `imwrite` know it.
///
/// Parameters
/// ----------
/// name : str
///     One of the formats that oxitk comes with: see `Format`. To register one again changes nothing.
///
/// Raises
/// ------
/// ValueError
///     If there is no such format.
///
/// See Also
/// --------
/// formats
///
/// Notes
/// -----
/// Of use when `oxitk.config.default_factory_loading` was set to False before the first use of `oxitk.io`: a service
/// that is to read one format then refuses all others. Formats are tried in one order, whatever the order of calls.
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> oxitk.io.register_format("NRRD")
/// >>> oxitk.io.Format("NRRD") in oxitk.io.formats()
/// True
#[pyfunction]
pub(crate) fn register_format(name: &str) -> PyResult<()> {
    REGISTERED.write().unwrap_or_else(PoisonError::into_inner).register(name).map_err(to_py)
}

/// The names of the formats that are registered, for tests: to ask does not register any.
#[pyfunction]
pub(crate) fn _registered_formats() -> Vec<&'static str> {
    registered().iter().map(|format| format.name).collect()
}
