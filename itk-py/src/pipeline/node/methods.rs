//! What a node can do, as Python sees it.

use std::collections::BTreeMap;

use itk_core::events::Event;
use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{Key, PyNode, lock};
use crate::arguments::integer;
use crate::convert;
use crate::errors::to_py;
use crate::pipeline::callbacks::event_of;
use crate::pipeline::data_object::{PyDataObject, graftable};
use crate::pipeline::update;

#[pymethods]
impl PyNode {
    /// What it does, such as ``'median'``.
    #[getter(name)]
    fn py_name(&self) -> String {
        self.name()
    }

    /// The first output.
    #[getter]
    fn output(&self, py: Python<'_>) -> PyResult<Py<PyDataObject>> {
        self.first_output(py)
    }

    /// All outputs.
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.objects(py)?)
    }

    fn __len__(&self) -> usize {
        self.node.outputs().len()
    }

    fn __getitem__(&self, py: Python<'_>, index: isize) -> PyResult<Py<PyDataObject>> {
        let mut objects = self.objects(py)?;
        let n = objects.len();
        let at = if index < 0 { index + n as isize } else { index };
        match usize::try_from(at).ok().filter(|at| *at < n) {
            Some(at) => Ok(objects.swap_remove(at)),
            None => Err(PyIndexError::new_err(format!("{} has {n} outputs, got index {index}", self.name()))),
        }
    }

    fn __bool__(&self) -> bool {
        // A sink has no outputs, but is a node like others.
        true
    }

    /// Connect an input.
    ///
    /// Parameters
    /// ----------
    /// key : int or str
    ///     0 for the first one, also called ``'Primary'``; 1 or ``'_1'`` and so on; or another name.
    /// value : Node, DataObject, Image or array_like
    ///     A node stands for its first output. The pixels of an image or array are shared.
    ///
    /// Notes
    /// -----
    /// The same data object again is no modification. This node keeps the node that makes its input.
    fn set_input(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.connect(&Key::new(key)?, value)
    }

    /// Disconnect an input; nothing happens if there is none.
    fn remove_input(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let name = Key::new(key)?.name();
        let old = {
            let mut inputs = lock(&self.inputs);
            let at = inputs.iter().position(|known| known.name == name);
            at.map(|at| inputs.remove(at))
        };
        let done = self.node.remove_input(&name).map_err(to_py);
        drop(old);
        done
    }

    /// The connected inputs by name, indexed ones first: ``'Primary'``, ``'_1'``, ...
    #[getter]
    fn inputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, _) in self.node.inputs() {
            let known = lock(&self.inputs)
                .iter()
                .find(|input| input.name == *name)
                .map(|input| input.data.clone_ref(py));
            if let Some(known) = known {
                dict.set_item(&*name, known)?;
            }
        }
        Ok(dict)
    }

    /// One connected input, by index or name.
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If it is not connected.
    fn input(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyDataObject>> {
        let name = Key::new(key)?.name();
        let known =
            lock(&self.inputs).iter().find(|input| input.name == name).map(|input| input.data.clone_ref(py));
        known.ok_or_else(|| PyKeyError::new_err(name))
    }

    /// Bring the first output's requested region up to date; a sink is run in any case.
    ///
    /// Raises
    /// ------
    /// oxitk.InvalidRequestedRegionError
    ///     If it reaches outside of the image.
    /// oxitk.ProcessAborted
    ///     If a node was asked to stop.
    /// RuntimeError
    ///     If a node lacks an input, or is being updated already.
    ///
    /// Notes
    /// -----
    /// What nodes and observers raise comes out as it is. Runs without the GIL, but for observers and nodes written in
    /// Python; Ctrl-C ends it.
    fn update(&self, py: Python<'_>) -> PyResult<()> {
        self.update_all(py, false)
    }

    /// Ask for the whole of the first output and bring it up to date; raises as `update`.
    fn update_largest_possible_region(&self, py: Python<'_>) -> PyResult<()> {
        self.update_all(py, true)
    }

    /// Find out size, geometry and pixel type of the outputs; compute no pixel. Raises as `update`.
    fn update_output_information(&self, py: Python<'_>) -> PyResult<()> {
        update(py, |_| self.node.update_output_information())
    }

    /// All pixels of the first output; see `DataObject.numpy`.
    ///
    /// Returns
    /// -------
    /// ndarray
    fn numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.first_output(py)?.get().numpy(py)
    }

    /// What `numpy` gives.
    #[pyo3(signature = (dtype=None, *, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        convert::cast(self.numpy(py)?, dtype, copy)
    }

    /// When it was last changed: a parameter, an input, or by `modified`.
    #[getter]
    fn mtime(&self) -> u64 {
        self.node.modified_time()
    }

    /// Say that it was changed: it runs again.
    fn modified(&self) -> PyResult<()> {
        self.node.modified().map_err(to_py)
    }

    /// The filter with its parameters, of a node that `filter` made.
    ///
    /// Setting it takes other parameters; equal ones are no modification.
    ///
    /// Raises
    /// ------
    /// AttributeError
    ///     If it is another kind of node.
    #[getter]
    fn filter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.kind.filter(&self.node, py)
    }

    #[setter]
    fn set_filter(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.kind.set_filter(&self.node, value)
    }

    /// The parameters by ITK's names, as texts.
    #[getter]
    fn parameters(&self) -> BTreeMap<String, String> {
        self.node.process().parameters().into_iter().collect()
    }

    /// Take other parameters, by the names that the function has which made the node. What is not named stays; equal ones
    /// are no modification.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If there is no such parameter.
    ///
    /// Examples
    /// --------
    /// >>> import numpy as np, oxitk.pipeline as op
    /// >>> node = op.streaming(np.zeros((20, 20)), divisions=5)
    /// >>> node.set_parameters(divisions=4)
    /// >>> node.parameters["NumberOfStreamDivisions"]
    /// '4'
    #[pyo3(signature = (**changes))]
    fn set_parameters(&self, py: Python<'_>, changes: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let changes = changes.map_or_else(|| PyDict::new(py), Bound::clone);
        self.kind.set_parameters(&self.node, &changes)
    }

    /// How much of the running work, or the last one, is done: 0 to 1.
    #[getter]
    fn progress(&self) -> f64 {
        self.node.progress()
    }

    /// Say how much is done, 0 to 1: `ProgressEvent`. For nodes that are written in Python.
    fn update_progress(&self, fraction: f64) -> PyResult<()> {
        self.node.update_progress(fraction).map_err(to_py)
    }

    /// Ask its running work to stop, from any thread: the update raises `oxitk.ProcessAborted` after an `AbortEvent`.
    fn abort(&self) -> PyResult<()> {
        self.node.set_abort_generate_data(true).map_err(to_py)
    }

    /// Whether the running work, or the last one, was asked to stop.
    ///
    /// A change is a modification, as in ITK; the next update starts with the flag off.
    #[getter]
    fn abort_generate_data(&self) -> bool {
        self.node.abort_generate_data()
    }

    #[setter]
    fn set_abort_generate_data(&self, value: bool) -> PyResult<()> {
        self.node.set_abort_generate_data(value).map_err(to_py)
    }

    /// ITK's number of work units, 1 to 128; values outside are clamped. Threads share the work as they find time, and no
    /// result depends on how.
    #[getter]
    fn number_of_work_units(&self) -> usize {
        self.node.number_of_work_units()
    }

    #[setter]
    fn set_number_of_work_units(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let units = integer(value, "number_of_work_units")?.clamp(0, 1 << 20) as usize;
        self.node.set_number_of_work_units(units).map_err(to_py)
    }

    /// How far inputs may lie apart, as a part of the first one's spacing along x. Default 1e-6.
    #[getter]
    fn coordinate_tolerance(&self) -> f64 {
        self.node.tolerance().coordinate
    }

    #[setter]
    fn set_coordinate_tolerance(&self, value: f64) -> PyResult<()> {
        self.set_tolerance(|tolerance| tolerance.coordinate = value)
    }

    /// How far values of the inputs' directions may lie apart. Default 1e-6.
    #[getter]
    fn direction_tolerance(&self) -> f64 {
        self.node.tolerance().direction
    }

    #[setter]
    fn set_direction_tolerance(&self, value: f64) -> PyResult<()> {
        self.set_tolerance(|tolerance| tolerance.direction = value)
    }

    /// Whether outputs are freed before the inputs of a new run are made. Default False: their memory is used again.
    #[getter]
    fn release_data_before_update_flag(&self) -> bool {
        self.node.release_data_before_update_flag()
    }

    #[setter]
    fn set_release_data_before_update_flag(&self, value: bool) -> PyResult<()> {
        self.node.set_release_data_before_update_flag(value).map_err(to_py)
    }

    /// Whether the pixels of the outputs are freed as soon as the nodes that take them have run.
    #[getter]
    fn release_data_flag(&self) -> bool {
        self.node.outputs().first().is_some_and(|data| data.release_data_flag())
    }

    #[setter]
    fn set_release_data_flag(&self, value: bool) {
        self.node.outputs().iter().for_each(|data| data.set_release_data_flag(value));
    }

    /// How often it has generated data.
    #[getter]
    fn executions(&self) -> u64 {
        self.node.executions()
    }

    /// Have an output take over pixels, regions and information of another image, as a node written in Python may do with
    /// the result of a pipeline of its own.
    ///
    /// Parameters
    /// ----------
    /// image : DataObject, Node, Image or array_like
    /// index : int, default 0
    ///     Which output.
    #[pyo3(signature = (image, index=0))]
    fn graft_output(&self, image: &Bound<'_, PyAny>, index: usize) -> PyResult<()> {
        let image = graftable(image)?;
        self.node.graft_output(index, &image).map_err(to_py)
    }

    /// Call a function on each event of a kind, and on its special cases.
    ///
    /// Parameters
    /// ----------
    /// event : EventObject class or instance
    ///     Such as `ProgressEvent`; of `AnyEvent`, everything.
    /// callback : callable
    ///     Called without arguments, as in ITK; if it cannot be, with the event. Always on the thread that updates, in the
    ///     order in which observers were added. What it raises ends the update and comes out of it.
    ///
    /// Returns
    /// -------
    /// int
    ///     A tag to remove it by: 0, 1, 2 ... for each node, never used twice.
    ///
    /// Notes
    /// -----
    /// A callback may use other nodes, add and remove observers, and abort; updating the node itself is a RuntimeError.
    /// A node and a callback that refers to it are collected together.
    ///
    /// Examples
    /// --------
    /// >>> import numpy as np, oxitk, oxitk.pipeline as op
    /// >>> node = op.filter(oxitk.Median(1), np.zeros((8, 8)))
    /// >>> tag = node.add_observer(op.EndEvent, lambda event: print(event))
    /// >>> node.update()
    /// <oxitk.pipeline.EndEvent, progress 1.00>
    fn add_observer(&self, event: &Bound<'_, PyAny>, callback: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.callbacks.add(self.node.observers(), event, callback)
    }

    /// Remove an observer by its tag; False if there is none.
    fn remove_observer(&self, tag: u64) -> bool {
        self.callbacks.remove(self.node.observers(), tag)
    }

    /// Remove all observers.
    fn remove_all_observers(&self) {
        self.callbacks.remove_all(self.node.observers());
    }

    /// Whether an event would reach an observer.
    fn has_observer(&self, event: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.node.has_observer(event_of(event)?))
    }

    /// Tell the observers of an event, on this thread.
    fn invoke_event(&self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let event: Event = event_of(event)?;
        self.node.invoke(event).map_err(to_py)
    }

    fn __repr__(&self) -> String {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        format!(
            "<oxitk.pipeline.Node {}: {}, {}, {}>",
            self.name(),
            count(self.node.inputs().len(), "input"),
            count(self.node.outputs().len(), "output"),
            match self.node.executions() {
                0 => "not run yet".to_owned(),
                1 => "run once".to_owned(),
                n => format!("run {n} times"),
            },
        )
    }

    /// Parameters, inputs, outputs, times and flags, a line each, in the spirit of ITK's ``Print``.
    fn __str__(&self) -> String {
        self.node.to_string()
    }

    /// A picture of all that this node depends on, for Graphviz; see `to_dot`.
    fn to_dot(&self) -> String {
        self.node.to_dot()
    }

    /// A picture of all that this node depends on: regions, times and memory of the last update; see `to_svg`.
    fn to_svg(&self) -> String {
        self.node.to_svg()
    }

    /// The same, for notebooks.
    fn _repr_svg_(&self) -> String {
        self.node.to_svg()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.traverse(&visit)
    }

    fn __clear__(&self) {
        self.clear();
    }
}
