//! The functions that make nodes.

use std::sync::Arc;

use itk_core::pipeline::{Node, Streaming};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::data_object::PyDataObject;
use super::filtering::Filtering;
use super::input_data;
use super::kind::{Kind, divisions_of, specs};
use super::node::{Key, PyNode};
use super::python_filter::{Functions, PythonFiltering};

/// A node with its first input.
pub(super) fn connected<'py>(
    node: Node,
    kind: Kind,
    input: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyNode>> {
    let node = PyNode::create(input.py(), node, kind)?;
    node.get().connect(&Key::Index(0), input)?;
    Ok(node)
}

/// Make a data object of an image: what a pipeline begins with when that is no file.
///
/// Parameters
/// ----------
/// image : Image or array_like
///     The pixels are shared. After writing them, say `DataObject.modified`.
///
/// Returns
/// -------
/// DataObject
///     As ITK's images, it has no source and is all there is. `filter` and others make one of an image themselves; this
///     is for who wants to hold it.
///
/// See Also
/// --------
/// filter, python_filter
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> a = np.zeros(3, np.uint8)
/// >>> data = op.source(a)
/// >>> node = op.filter(oxitk.Median(0), data)
/// >>> a[1] = 7
/// >>> data.modified()
/// >>> node.numpy()
/// array([0, 7, 0], dtype=uint8)
#[pyfunction]
pub(super) fn source(image: &Bound<'_, PyAny>) -> PyResult<Py<PyDataObject>> {
    Ok(input_data(image, "source")?.0)
}

/// Make a node that applies a filter.
///
/// Parameters
/// ----------
/// filter : filter object, such as Median, or Chain
///     A chain becomes a node for each of its filters, of which the last is returned: it keeps the others.
/// input : Node, DataObject, Image or array_like
///     A node stands for its first output.
///
/// Returns
/// -------
/// Node
///     Its `Node.filter` may be set to another one later.
///
/// Raises
/// ------
/// TypeError
///     If it is no filter of oxitk, or the dtype is not supported.
///
/// See Also
/// --------
/// reader, streaming, writer, python_filter
///
/// Notes
/// -----
/// ITK's twin is ``itk.MedianImageFilter.New(image, Radius=2)``. Nothing is computed before an update.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> node = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), np.arange(12.0).reshape(3, 4))
/// >>> node
/// <oxitk.pipeline.Node gradient_magnitude: 1 input, 1 output, not run yet>
/// >>> np.asarray(node).shape
/// (3, 4)
#[pyfunction]
pub(super) fn filter<'py>(
    filter: &Bound<'py, PyAny>,
    input: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyNode>> {
    let mut made: Option<Bound<'py, PyNode>> = None;
    for spec in specs(filter)? {
        let node = Node::new(Filtering(spec));
        let input = made.as_ref().map_or(input, |made| made.as_any());
        made = Some(connected(node, Kind::Filter, input)?);
    }
    made.ok_or_else(|| PyValueError::new_err("a chain needs at least one filter"))
}

/// Make a node that has what comes before it work piece by piece, so that no node before it holds more than a piece.
///
/// Parameters
/// ----------
/// input : Node, DataObject, Image or array_like
/// divisions : int, default 10
///     How many pieces, along the slowest axis; as many as there are if fewer.
/// memory : int or str, optional
///     Instead of `divisions`: as few pieces as keep the pixels of all nodes, the whole result included, within so many
///     bytes. ``"500 MB"``, ``"2 GiB"`` and so on are understood.
///
/// Returns
/// -------
/// Node
///     Its output is whole, and equal to what its input would be without streaming.
///
/// Raises
/// ------
/// ValueError
///     If both are given, or make no sense; on update, if the memory does not suffice.
///
/// See Also
/// --------
/// writer : Streams into a file, so that the result is never in memory as a whole.
///
/// Notes
/// -----
/// ITK's ``itk.StreamingImageFilter``. An abort between pieces raises `oxitk.ProcessAborted`, where ITK marks a partial
/// output as valid.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> median = op.filter(oxitk.Median(1), np.zeros((40, 30), np.uint8))
/// >>> node = op.streaming(median, divisions=4)
/// >>> node.update()
/// >>> median.executions
/// 4
#[pyfunction]
#[pyo3(signature = (input, *, divisions=None, memory=None))]
pub(super) fn streaming<'py>(
    input: &Bound<'py, PyAny>,
    divisions: Option<&Bound<'py, PyAny>>,
    memory: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyNode>> {
    let divisions = divisions_of(divisions, memory, "streaming")?.unwrap_or_default();
    connected(Node::new(Streaming::new().divisions(divisions)), Kind::Streaming, input)
}

/// Make a node that is written in Python.
///
/// Parameters
/// ----------
/// generate_data : callable
///     Called with a `Run`, which has the inputs as arrays and says what is wanted; returns an array for the requested
///     region of the output, or a tuple of them, one an output. Arrays are in numpy's order, slowest axis first.
/// *inputs : Node, DataObject, Image or array_like
///     A node stands for its first output. Without any, the node is a source, and needs `generate_output_information`.
/// generate_output_information : callable, optional
///     Called with a tuple of the `Information` on each input; returns that of the output, or a tuple of them. Default: the
///     first input's.
/// generate_input_requested_region : callable, optional
///     Called with the `Region` that is wanted of the output and the tuple of `Information` on the inputs; returns the
///     region that is needed of each input: one for all, or a tuple of them. Default: the same one.
/// enlarge_output_requested_region : callable, optional
///     Called with the `Information` on an output and the `Region` that is wanted; returns the region that is made: that
///     one or more. Default: that one.
/// number_of_outputs : int, default 1
///     0 makes a sink, which runs at each update.
/// name : str, optional
///     In texts and errors. Default the name of `generate_data`.
///
/// Returns
/// -------
/// Node
///
/// See Also
/// --------
/// filter
///
/// Notes
/// -----
/// ITK's ``itk.PyImageFilter``. Functions are called on the thread that updates. What they raise comes out of the update as
/// it is; the next update tries again. They may be called several times in one update, and must answer the same.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> def invert(run):
/// ...     return 255 - run.inputs[0]
/// >>> node = op.python_filter(invert, np.array([[1, 2], [3, 4]], np.uint8))
/// >>> node.numpy()
/// array([[254, 253],
///        [252, 251]], dtype=uint8)
///
/// A source that makes only what is asked for:
///
/// >>> def columns(run):
/// ...     (x, y), (width, height) = run.requested_regions[0].index_xyz, run.requested_regions[0].size_xyz
/// ...     return np.tile(np.arange(x, x + width, dtype=np.uint16), (height, 1))
/// >>> whole = op.Information(op.Region((0, 0), (50000, 50000)), np.uint16)
/// >>> node = op.python_filter(columns, generate_output_information=lambda inputs: whole)
/// >>> node.output.requested_region = op.Region((40000, 7), (3, 1))
/// >>> node.update()
/// >>> np.asarray(node.output.image())
/// array([[40000, 40001, 40002]], dtype=uint16)
#[pyfunction]
#[pyo3(signature = (generate_data, *inputs, generate_output_information=None, generate_input_requested_region=None,
                    enlarge_output_requested_region=None, number_of_outputs=1, name=None))]
pub(super) fn python_filter<'py>(
    generate_data: &Bound<'py, PyAny>,
    inputs: &Bound<'py, PyTuple>,
    generate_output_information: Option<&Bound<'py, PyAny>>,
    generate_input_requested_region: Option<&Bound<'py, PyAny>>,
    enlarge_output_requested_region: Option<&Bound<'py, PyAny>>,
    number_of_outputs: usize,
    name: Option<String>,
) -> PyResult<Bound<'py, PyNode>> {
    if number_of_outputs > 64 {
        let text = format!("python_filter: number_of_outputs must be 0 to 64, got {number_of_outputs}");
        return Err(PyValueError::new_err(text));
    }
    let name = match name {
        Some(name) => name,
        None => generate_data
            .getattr("__name__")
            .and_then(|name| name.extract())
            .unwrap_or_else(|_| "python_filter".to_owned()),
    };
    let functions = Arc::new(Functions::new(
        name,
        number_of_outputs,
        inputs.len(),
        [
            Some(generate_data),
            generate_output_information,
            generate_input_requested_region,
            enlarge_output_requested_region,
        ],
    )?);
    let node = Node::new(PythonFiltering(functions.clone()));
    let node = PyNode::create(generate_data.py(), node, Kind::Python(functions))?;
    for (i, input) in inputs.iter().enumerate() {
        node.get().connect(&Key::Index(i), &input)?;
    }
    Ok(node)
}
