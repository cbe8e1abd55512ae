//! The one mapping from errors to Python's exceptions.

use std::io::ErrorKind;

use itk_core::Error;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// The exception for an error. Needs no attached thread until it is raised, but for the classes with two
/// bases, which are Python's.
pub(crate) fn to_py(error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Parameter { .. }
        | Error::Rank { .. }
        | Error::Size { .. }
        | Error::Geometry(_)
        | Error::SimdLevel { .. }
        | Error::ChainText { .. }
        | Error::Unwritable { .. } => PyValueError::new_err(text),
        Error::PixelType { .. } | Error::Components { .. } => PyTypeError::new_err(text),
        Error::OutOfMemory { .. } => PyMemoryError::new_err(text),
        Error::MissingKey(_) => ours("MetadataKeyError", (text,)),
        Error::Malformed { .. } | Error::UnknownFormat { .. } => ours("FileFormatError", (text,)),
        Error::Aborted { .. } => ours("ProcessAborted", (text,)),
        Error::InvalidRequestedRegion { .. } => ours("InvalidRequestedRegionError", (text,)),
        Error::Input { .. } | Error::Updating { .. } | Error::PhysicalSpace(_) => {
            PyRuntimeError::new_err(text)
        }
        // A callback's exception comes out as it went in.
        Error::Foreign { source, .. } => match source.downcast::<PyErr>() {
            Ok(raised) => *raised,
            Err(_) => PyRuntimeError::new_err(text),
        },
        Error::Io { action, path, source } => {
            let reason = match source.raw_os_error() {
                Some(_) => {
                    let reason = source.to_string();
                    // Rust appends the number, which Python shows by itself.
                    reason.split(" (os error").next().unwrap_or_default().to_owned()
                }
                None => format!("cannot {action}: {source}"),
            };
            let errno = source.raw_os_error();
            let name = path.display().to_string();
            match (source.kind(), errno) {
                (ErrorKind::NotFound, _) => ours("MissingFileError", (errno.unwrap_or(2), reason, name)),
                (_, Some(errno)) => PyOSError::new_err((errno, reason, name)),
                (_, None) => PyOSError::new_err(text),
            }
        }
        _ => PyValueError::new_err(text),
    }
}

/// A panic that came out of a kernel: a bug of ours, and no reason to end the process.
pub(crate) fn internal(panic: &(dyn std::any::Any + Send)) -> PyErr {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    ours("InternalError", (format!("a bug in oxitk: {text}"),))
}

/// An exception of `oxitk._errors`.
fn ours<A>(name: &'static str, args: A) -> PyErr
where
    A: for<'py> pyo3::call::PyCallArgs<'py> + Send,
{
    Python::attach(|py| {
        let exception = py
            .import("oxitk._errors")
            .and_then(|errors| errors.getattr(name))
            .and_then(|class| class.call1(args));
        exception.map_or_else(|error| error, PyErr::from_value)
    })
}
