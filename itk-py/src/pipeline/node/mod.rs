//! Nodes: sources, filters and sinks. Their methods, as Python sees them, are in `methods`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use itk_core::pipeline::{Node, Tolerance};
use pyo3::exceptions::{PyIndexError, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyWeakrefReference};

mod methods;

use super::callbacks::Callbacks;
use super::data_object::PyDataObject;
use super::kind::Kind;
use super::{input_data, update};
use crate::arguments::integer;
use crate::errors::to_py;

/// A source, filter or sink in a pipeline.
///
/// Made by `filter`, `reader`, `streaming`, `writer` or `python_filter`. Connecting nodes computes nothing; an update
/// computes what is asked for and has changed. A node lives as long as someone holds it; a node that takes its output
/// does.
///
/// ``len(node)`` is the number of outputs, ``node[i]`` is one of them, ``numpy.asarray(node)`` brings the first one up to
/// date and shows its pixels without copying them. A node may be used from any thread; one that is being updated cannot
/// be updated again meanwhile, which is a RuntimeError.
///
/// Notes
/// -----
/// ITK's ``itk.ProcessObject``. Where ITK's is at fault this differs: an error leaves no node stuck, and is raised again
/// while its cause stands; an abort is always an error; an input that several nodes share is made once.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> image = np.array([[1, 1, 1], [1, 200, 1], [1, 1, 9]], dtype=np.uint8)
/// >>> median = op.filter(oxitk.Median(1), image)
/// >>> gradient = op.filter(oxitk.GradientMagnitude(), median)
/// >>> round(float(gradient.numpy().max()), 2)
/// 5.66
/// >>> median.filter = oxitk.Median(0)
/// >>> round(float(gradient.numpy().max()), 2)
/// 99.58
/// >>> median.executions
/// 2
#[pyclass(frozen, weakref, module = "oxitk.pipeline", name = "Node")]
pub(crate) struct PyNode {
    // Dropped first: an observer of its end is still in the table then.
    node: Node,
    kind: Kind,
    /// The Python objects of its inputs, with the nodes that make them, which it keeps.
    inputs: Mutex<Vec<Input>>,
    /// The Python objects of its outputs.
    outputs: Mutex<Vec<Py<PyDataObject>>>,
    /// A weak reference to itself, for its outputs.
    weak: Mutex<Option<Py<PyWeakrefReference>>>,
    callbacks: Arc<Callbacks>,
}

struct Input {
    name: String,
    data: Py<PyDataObject>,
    node: Option<Py<PyNode>>,
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PyNode {
    /// The one Python object of a node, as its observers are kept there.
    pub(super) fn create<'py>(py: Python<'py>, node: Node, kind: Kind) -> PyResult<Bound<'py, Self>> {
        let callbacks = Callbacks::new();
        let made = Bound::new(
            py,
            Self {
                node,
                kind,
                inputs: Mutex::default(),
                outputs: Mutex::default(),
                weak: Mutex::default(),
                callbacks: callbacks.clone(),
            },
        )?;
        let weak = PyWeakrefReference::new(&made)?;
        callbacks.set_caller(weak.clone().into_any());
        *lock(&made.get().weak) = Some(weak.unbind());
        Ok(made)
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    pub(super) fn name(&self) -> String {
        self.node.name()
    }

    /// The Python objects of all outputs.
    fn objects(&self, py: Python<'_>) -> PyResult<Vec<Py<PyDataObject>>> {
        let mut objects = Vec::new();
        for (i, data) in self.node.outputs().into_iter().enumerate() {
            let known = lock(&self.outputs).get(i).map(|object| object.clone_ref(py));
            if let Some(known) = known.filter(|known| known.get().data().is_same(&data)) {
                objects.push(known);
                continue;
            }
            let weak = lock(&self.weak).as_ref().map(|weak| weak.bind(py).clone());
            let fresh = PyDataObject::new(py, data.clone(), weak, false)?;
            let mut outputs = lock(&self.outputs);
            // Another thread may have come first.
            let object = match outputs.get(i) {
                Some(known) if known.get().data().is_same(&data) => known.clone_ref(py),
                Some(_) => {
                    let replaced = std::mem::replace(&mut outputs[i], fresh.clone_ref(py));
                    drop(outputs);
                    drop(replaced);
                    fresh
                }
                None => {
                    outputs.push(fresh.clone_ref(py));
                    fresh
                }
            };
            objects.push(object);
        }
        Ok(objects)
    }

    pub(super) fn first_output(&self, py: Python<'_>) -> PyResult<Py<PyDataObject>> {
        let none = || PyRuntimeError::new_err(format!("{} is a sink: it has no outputs", self.name()));
        self.objects(py)?.into_iter().next().ok_or_else(none)
    }

    /// Connects an input: an index or a name, and what there is to connect.
    pub(super) fn connect(&self, key: &Key, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let (data, node) = input_data(value, &self.name())?;
        let name = key.name();
        let input = Input { name: name.clone(), data: data.clone_ref(py), node: node.map(Bound::unbind) };
        let old = {
            let mut inputs = lock(&self.inputs);
            match inputs.iter().position(|known| known.name == name) {
                Some(at) => Some(std::mem::replace(&mut inputs[at], input)),
                None => {
                    inputs.push(input);
                    None
                }
            }
        };
        let data = data.get().data();
        let done = match key {
            Key::Index(index) => self.node.set_input(*index, data),
            Key::Name(name) => self.node.set_named_input(name, data),
        };
        // What it was connected to may end now, which may run anything.
        drop(old);
        done.map_err(to_py)
    }

    /// Whether a first output of u8 is shown as bool: when the filter keeps it and the input is.
    pub(super) fn keeps_bool(&self, py: Python<'_>) -> bool {
        let first = lock(&self.inputs)
            .iter()
            .find(|input| input.name == PRIMARY)
            .map(|input| input.data.clone_ref(py));
        self.kind.keeps_bool(&self.node) && first.is_some_and(|data| data.get().is_bool(py))
    }

    /// Brings the first output, or a sink, up to date.
    fn update_all(&self, py: Python<'_>, whole: bool) -> PyResult<()> {
        let first = self.node.outputs().into_iter().next();
        update(py, |attend| match first {
            Some(data) if whole => data.update_largest_possible_region_attended(attend),
            _ => self.node.update_attended(attend),
        })
    }

    fn set_tolerance(&self, change: impl FnOnce(&mut Tolerance)) -> PyResult<()> {
        let mut tolerance = self.node.tolerance();
        change(&mut tolerance);
        self.node.set_tolerance(tolerance).map_err(to_py)
    }

    /// Shows the garbage collector what it holds. What is locked now is in use, and so no garbage.
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(inputs) = self.inputs.try_lock() {
            for input in inputs.iter() {
                visit.call(&input.data)?;
                visit.call(&input.node)?;
            }
        }
        if let Ok(outputs) = self.outputs.try_lock() {
            outputs.iter().try_for_each(|output| visit.call(output))?;
        }
        self.kind.traverse(visit)?;
        self.callbacks.traverse(visit)
    }

    fn clear(&self) {
        let inputs = std::mem::take(&mut *lock(&self.inputs));
        let outputs = std::mem::take(&mut *lock(&self.outputs));
        drop((inputs, outputs));
        self.kind.clear();
        self.callbacks.clear();
    }
}

const PRIMARY: &str = "Primary";

/// Which input: 0 is `Primary`, 1 is `_1` ...
pub(super) enum Key {
    Index(usize),
    Name(String),
}

impl Key {
    fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.cast::<PyString>() {
            return Ok(Self::Name(name.to_string()));
        }
        // More would only be forgotten slots.
        match usize::try_from(integer(object, "input")?) {
            Ok(index @ 0..1024) => Ok(Self::Index(index)),
            _ => Err(PyIndexError::new_err(format!("input must be 0 to 1023 or a name, got {object}"))),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Index(0) => PRIMARY.into(),
            Self::Index(index) => format!("_{index}"),
            Self::Name(name) => name.clone(),
        }
    }
}
