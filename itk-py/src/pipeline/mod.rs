//! Pipelines: nodes that compute what is asked for, and only what has changed.
//!
//! Each node and each data object has one Python object, which alone holds what is Python's about it: its observers, the
//! functions of a node written in Python, and the nodes before it, which it keeps alive. Python's garbage collector finds
//! all of that there.

use itk_core::pipeline::{self, DataObject, Graph, Tolerance};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

mod attached;
mod callbacks;
mod data_object;
mod files;
mod filtering;
mod information;
mod kind;
mod make;
mod node;
mod python_filter;
mod region;

use data_object::PyDataObject;
use information::PyInformation;
use node::PyNode;
use python_filter::PyRun;
use region::PyRegion;

use crate::arguments::type_name;
use crate::convert;
use crate::kernel::{self, Kernel};
use crate::lazy::Contents;
use crate::watch::Watch;

/// Fills `oxitk.pipeline`.
pub(crate) fn register(contents: &Contents<'_, '_>) -> PyResult<()> {
    let module = contents.module();
    contents.class::<PyDataObject>()?;
    contents.class::<PyInformation>()?;
    contents.class::<PyNode>()?;
    contents.class::<PyRegion>()?;
    contents.class::<PyRun>()?;
    for event in module.py().import("oxitk._events")?.getattr("EVENTS")?.try_iter()? {
        let event = event?;
        contents.value(&event.getattr("__name__")?.extract::<String>()?, event)?;
    }
    contents.function(&wrap_pyfunction!(make::source, module)?)?;
    contents.function(&wrap_pyfunction!(make::filter, module)?)?;
    contents.function(&wrap_pyfunction!(files::reader, module)?)?;
    contents.function(&wrap_pyfunction!(files::writer, module)?)?;
    contents.function(&wrap_pyfunction!(make::streaming, module)?)?;
    contents.function(&wrap_pyfunction!(make::python_filter, module)?)?;
    contents.function(&wrap_pyfunction!(to_dot, module)?)?;
    contents.function(&wrap_pyfunction!(to_svg, module)?)?;
    contents.function(&wrap_pyfunction!(global_release_data_flag, module)?)?;
    contents.function(&wrap_pyfunction!(set_global_release_data_flag, module)?)?;
    contents.function(&wrap_pyfunction!(global_tolerance, module)?)?;
    contents.function(&wrap_pyfunction!(set_global_tolerance, module)?)
}

/// Updates without the GIL. What is updated has to call `attend` now and then: signals are handled there.
fn update<R: Send>(
    py: Python<'_>,
    work: impl FnOnce(&mut (dyn FnMut() -> bool + Send)) -> itk_core::Result<R> + Send,
) -> PyResult<R> {
    kernel::run(py, Kernel::PipelineUpdate, &Watch::default(), |context| {
        work(&mut || !context.is_cancelled())
    })
}

/// An argument as the input of a node: the data object, and the node that makes it. `who` begins the text of a refusal.
fn input_data<'py>(
    object: &Bound<'py, PyAny>,
    who: &str,
) -> PyResult<(Py<PyDataObject>, Option<Bound<'py, PyNode>>)> {
    let py = object.py();
    if let Ok(node) = object.cast::<PyNode>() {
        return Ok((node.get().first_output(py)?, Some(node.clone())));
    }
    if let Ok(data) = object.cast::<PyDataObject>() {
        return Ok((data.clone().unbind(), data.get().node(py)));
    }
    let input = convert::input(object, who)?;
    Ok((PyDataObject::new(py, DataObject::from(input.image), None, input.is_bool)?, None))
}

/// Whether all data objects are freed as soon as the nodes that take them have run, whatever their own flag says.
///
/// Returns
/// -------
/// bool
///
/// Examples
/// --------
/// >>> import oxitk.pipeline
/// >>> oxitk.pipeline.global_release_data_flag()
/// False
#[pyfunction]
fn global_release_data_flag() -> bool {
    pipeline::global_release_data_flag()
}

/// Free all data objects as soon as the nodes that take them have run, whatever their own flag says.
///
/// Parameters
/// ----------
/// value : bool
///
/// Examples
/// --------
/// >>> import oxitk.pipeline
/// >>> oxitk.pipeline.set_global_release_data_flag(False)
#[pyfunction]
fn set_global_release_data_flag(value: bool) {
    pipeline::set_global_release_data_flag(value);
}

/// How far the inputs of a node that is made from now on may lie apart.
///
/// Returns
/// -------
/// coordinate : float
///     For origin and spacing, as a part of the first input's spacing along x.
/// direction : float
///     For each value of the direction.
///
/// Examples
/// --------
/// >>> import oxitk.pipeline
/// >>> oxitk.pipeline.global_tolerance()
/// (1e-06, 1e-06)
#[pyfunction]
fn global_tolerance() -> (f64, f64) {
    let Tolerance { coordinate, direction } = pipeline::global_tolerance();
    (coordinate, direction)
}

/// Set how far the inputs of a node that is made from now on may lie apart.
///
/// Parameters
/// ----------
/// coordinate : float, default 1e-6
///     For origin and spacing, as a part of the first input's spacing along x.
/// direction : float, default 1e-6
///     For each value of the direction.
///
/// Examples
/// --------
/// >>> import oxitk.pipeline
/// >>> oxitk.pipeline.set_global_tolerance(coordinate=1e-6, direction=1e-6)
#[pyfunction]
#[pyo3(signature = (coordinate=1e-6, direction=1e-6))]
fn set_global_tolerance(coordinate: f64, direction: f64) {
    pipeline::set_global_tolerance(Tolerance { coordinate, direction });
}

fn graph(nodes: &Bound<'_, PyTuple>) -> PyResult<Graph> {
    let mut found = Vec::new();
    for object in nodes {
        match object.cast::<PyNode>() {
            Ok(node) => found.push(node.get().node().clone()),
            Err(_) => {
                let got = type_name(&object);
                return Err(PyTypeError::new_err(format!("a graph is made of nodes, got {got}")));
            }
        }
    }
    Ok(Graph::of(&found))
}

/// A picture of some nodes and all that they depend on, for Graphviz.
///
/// Parameters
/// ----------
/// *nodes : Node
///
/// Returns
/// -------
/// str
///     In the language DOT: ``dot -Tpng`` draws it.
///
/// See Also
/// --------
/// to_svg
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> node = op.filter(oxitk.Median(1), np.zeros((2, 3)))
/// >>> print(op.to_dot(node).splitlines()[-2])
///   n1 -> n0;
#[pyfunction]
#[pyo3(signature = (*nodes))]
fn to_dot(nodes: &Bound<'_, PyTuple>) -> PyResult<String> {
    Ok(graph(nodes)?.to_dot())
}

/// A picture of some nodes and all that they depend on: regions, times and memory of the last update.
///
/// Parameters
/// ----------
/// *nodes : Node
///
/// Returns
/// -------
/// str
///     An SVG document. A notebook shows it for a node by itself.
///
/// See Also
/// --------
/// to_dot
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> node = op.filter(oxitk.Median(1), np.zeros((2, 3)))
/// >>> op.to_svg(node)[:4]
/// '<svg'
#[pyfunction]
#[pyo3(signature = (*nodes))]
fn to_svg(nodes: &Bound<'_, PyTuple>) -> PyResult<String> {
    Ok(graph(nodes)?.to_svg())
}
