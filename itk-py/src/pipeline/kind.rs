//! What kinds of nodes there are, and their parameters.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use itk_core::pipeline::{Divisions, Node, Streaming};
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::files::{Reading, Writing};
use super::filtering::{Filtering, spec};
use super::python_filter::Functions;
use crate::arguments::{integer, type_name};
use crate::errors::to_py;
use crate::filters::{Spec, object_of, specs_of};

/// What a node was made as.
pub(super) enum Kind {
    Filter,
    Streaming,
    Reader(Mutex<Reading>),
    Writer(Mutex<Writing>),
    Python(Arc<Functions>),
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kind {
    pub(super) fn reader(reading: Reading) -> Self {
        Self::Reader(Mutex::new(reading))
    }

    pub(super) fn writer(writing: Writing) -> Self {
        Self::Writer(Mutex::new(writing))
    }

    /// Whether a first output of u8 is bool when the first input is.
    pub(super) fn keeps_bool(&self, node: &Node) -> bool {
        match self {
            Self::Filter => spec(&node.process()).is_some_and(|spec| spec.keeps_bool()),
            Self::Streaming => true,
            Self::Reader(_) | Self::Writer(_) | Self::Python(_) => false,
        }
    }

    /// The filter of a node of that kind.
    pub(super) fn filter<'py>(&self, node: &Node, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match spec(&node.process()) {
            Some(spec) => object_of(py, &spec),
            None => Err(PyAttributeError::new_err(format!("{} has no filter", node.name()))),
        }
    }

    pub(super) fn set_filter(&self, node: &Node, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(old) = spec(&node.process()) else {
            return Err(PyAttributeError::new_err(format!("{} has no filter", node.name())));
        };
        let mut specs = specs(value)?;
        let new = match (specs.pop(), specs.is_empty()) {
            (Some(new), true) => new,
            _ => return Err(PyValueError::new_err("a node has one filter, got a chain")),
        };
        if new == old {
            return Ok(());
        }
        node.set_process(Arc::new(Filtering(new))).map_err(to_py)
    }

    /// Takes other parameters; what is not named stays.
    pub(super) fn set_parameters(&self, node: &Node, changes: &Bound<'_, PyDict>) -> PyResult<()> {
        let mut changes = Changes::new(node, changes)?;
        match self {
            Self::Filter => {
                if let Some(filter) = changes.take("filter")? {
                    changes.done()?;
                    return self.set_filter(node, &filter);
                }
                changes.done()
            }
            Self::Streaming => {
                let (divisions, memory) = (changes.take("divisions")?, changes.take("memory")?);
                changes.done()?;
                let old = streaming(node)?;
                let new = match divisions_of(divisions.as_ref(), memory.as_ref(), "streaming")? {
                    Some(divisions) => old.clone().divisions(divisions),
                    None => return Ok(()),
                };
                if new == old { Ok(()) } else { node.set_process(Arc::new(new)).map_err(to_py) }
            }
            Self::Reader(kept) => {
                let old = lock(kept).clone();
                let new = old.changed(&mut changes)?;
                changes.done()?;
                if new == old {
                    return Ok(());
                }
                *lock(kept) = new.clone();
                node.set_process(new.process()).map_err(to_py)
            }
            Self::Writer(kept) => {
                let old = lock(kept).clone();
                let new = old.changed(&mut changes)?;
                changes.done()?;
                if new == old {
                    return Ok(());
                }
                *lock(kept) = new.clone();
                node.set_process(new.process()).map_err(to_py)
            }
            Self::Python(_) => changes.done(),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Python(functions) => functions.traverse(visit),
            _ => Ok(()),
        }
    }

    pub(super) fn clear(&self) {
        if let Self::Python(functions) = self {
            functions.clear();
        }
    }
}

/// The filters that an argument is.
pub(super) fn specs(object: &Bound<'_, PyAny>) -> PyResult<Vec<Spec>> {
    specs_of(object).ok_or_else(|| {
        let got = type_name(object);
        PyTypeError::new_err(format!("filter must be oxitk's, such as oxitk.Median(2), got {got}"))
    })
}

fn streaming(node: &Node) -> PyResult<Streaming> {
    let process = node.process();
    let process: &dyn Any = &*process;
    let streaming = process.downcast_ref::<Streaming>().cloned();
    streaming.ok_or_else(|| PyTypeError::new_err(format!("{} is no streaming node", node.name())))
}

/// Parameters to be changed, by name.
pub(super) struct Changes<'py> {
    node: String,
    values: Bound<'py, PyDict>,
}

impl<'py> Changes<'py> {
    fn new(node: &Node, values: &Bound<'py, PyDict>) -> PyResult<Self> {
        Ok(Self { node: node.name(), values: values.copy()? })
    }

    pub(super) fn take(&mut self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.values.get_item(name)?;
        if value.is_some() {
            self.values.del_item(name)?;
        }
        Ok(value)
    }

    /// Refuses names that are not known.
    fn done(self) -> PyResult<()> {
        match self.values.keys().iter().next() {
            None => Ok(()),
            Some(unknown) => {
                Err(PyTypeError::new_err(format!("{} has no parameter {}", self.node, unknown.repr()?)))
            }
        }
    }
}

/// What `divisions=` and `memory=` say; `None` for neither.
pub(super) fn divisions_of(
    divisions: Option<&Bound<'_, PyAny>>,
    memory: Option<&Bound<'_, PyAny>>,
    who: &str,
) -> PyResult<Option<Divisions>> {
    match (divisions, memory) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err(PyValueError::new_err(format!("{who}: give divisions or memory, not both")))
        }
        (Some(divisions), None) => {
            let number = integer(divisions, &format!("{who}: divisions"))?;
            match usize::try_from(number) {
                Ok(number @ 1..) => Ok(Some(Divisions::Number(number))),
                _ => Err(PyValueError::new_err(format!("{who}: divisions must be at least 1, got {number}"))),
            }
        }
        (None, Some(memory)) => {
            let wrong = || {
                PyValueError::new_err(format!(
                    "{who}: memory must be a number of bytes, or a text such as \"500 MB\" or \"2 GiB\", got {memory}"
                ))
            };
            if let Ok(text) = memory.cast::<PyString>() {
                return match text.to_str()?.parse() {
                    Ok(divisions @ Divisions::Memory(_)) => Ok(Some(divisions)),
                    _ => Err(wrong()),
                };
            }
            match u64::try_from(integer(memory, &format!("{who}: memory"))?) {
                Ok(bytes @ 1..) => Ok(Some(Divisions::Memory(bytes))),
                _ => Err(wrong()),
            }
        }
    }
}
