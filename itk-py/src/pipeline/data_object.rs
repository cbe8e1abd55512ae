//! Data objects: the images that flow between nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use itk_core::AnyImage;
use itk_core::pipeline::DataObject;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use super::callbacks::Callbacks;
use super::information::PyInformation;
use super::node::PyNode;
use super::region::{PyRegion, region};
use super::{input_data, update};
use crate::convert;
use crate::errors::to_py;
use crate::image::PyImage;
use crate::image::parse::{matrix, xyz};

/// An image in a pipeline: what is known of it, which part is wanted, and the part that there is.
///
/// The output of a node (`Node.output`), or an image that is all there is (`source`). It does not keep the node alive
/// that makes it: without that node its pixels stay as they are. ``numpy.asarray(data)`` brings all of it up to date and
/// shows the pixels without copying them.
///
/// Notes
/// -----
/// ITK's ``itk.DataObject`` and ``itk.ImageBase``.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op
/// >>> node = op.filter(oxitk.Median(1), np.arange(20, dtype=np.uint8).reshape(4, 5))
/// >>> node.output.requested_region = op.Region(index_xyz=(1, 1), size_xyz=(2, 1))
/// >>> node.update()
/// >>> node.output.buffered_region
/// oxitk.pipeline.Region(index_xyz=(1, 1), size_xyz=(2, 1))
#[pyclass(frozen, weakref, module = "oxitk.pipeline", name = "DataObject")]
pub(crate) struct PyDataObject {
    // Dropped first: an observer of its end is still in the table then.
    data: DataObject,
    /// A weak reference to the node that it was made by.
    node: Option<Py<PyWeakrefReference>>,
    /// Whether numpy shows u8 as bool, for an image that no node makes.
    is_bool: AtomicBool,
    callbacks: Arc<Callbacks>,
}

impl PyDataObject {
    /// The one Python object of a data object, as its observers are kept there.
    pub(super) fn new(
        py: Python<'_>,
        data: DataObject,
        node: Option<Bound<'_, PyWeakrefReference>>,
        is_bool: bool,
    ) -> PyResult<Py<Self>> {
        let callbacks = Callbacks::new();
        let node = node.map(Bound::unbind);
        let is_bool = AtomicBool::new(is_bool);
        let object = Bound::new(py, Self { data, node, is_bool, callbacks: callbacks.clone() })?;
        callbacks.set_caller(PyWeakrefReference::new(&object)?.into_any());
        Ok(object.unbind())
    }

    pub(super) fn data(&self) -> &DataObject {
        &self.data
    }

    /// The node that makes it, as long as that exists.
    pub(super) fn node<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyNode>> {
        let node = self.node.as_ref()?.bind(py).upgrade()?.cast_into::<PyNode>().ok()?;
        let made = self.data.source()?;
        node.get().node().is_same(&made).then_some(node)
    }

    /// Whether numpy shows its u8 as bool.
    pub(super) fn is_bool(&self, py: Python<'_>) -> bool {
        self.is_bool.load(Ordering::Relaxed) || self.node(py).is_some_and(|node| node.get().keeps_bool(py))
    }

    /// The pixels that there are, in memory that Python may see.
    fn shared(&self) -> PyResult<AnyImage> {
        let image = self.data.shared_image().map_err(to_py)?;
        image.ok_or_else(|| PyRuntimeError::new_err("the data object has no pixels; update it first"))
    }
}

#[pymethods]
impl PyDataObject {
    /// What is known of the image, or None: see `update_output_information`.
    #[getter]
    fn information(&self, py: Python<'_>) -> Option<PyInformation> {
        let information = self.data.information()?;
        Some(PyInformation { information: (*information).clone(), is_bool: self.is_bool(py) })
    }

    /// The whole image, or None before it is known.
    #[getter]
    fn largest_possible_region(&self) -> Option<PyRegion> {
        self.data.largest_possible_region().map(PyRegion)
    }

    /// The part whose pixels are in memory, or None.
    #[getter]
    fn buffered_region(&self) -> Option<PyRegion> {
        self.data.buffered_region().map(PyRegion)
    }

    /// The part that is wanted: what `update` makes. None stands for the whole, before its size is known.
    ///
    /// It sticks until something else is asked for. A region without pixels becomes the whole at the next update, as in
    /// ITK. Setting it is no modification.
    #[getter]
    fn requested_region(&self) -> Option<PyRegion> {
        self.data.requested_region().map(PyRegion)
    }

    #[setter]
    fn set_requested_region(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.data.set_requested_region(region(value, "requested_region")?);
        Ok(())
    }

    /// Ask for the whole, as far as its size is known now.
    fn set_requested_region_to_largest_possible_region(&self) {
        self.data.set_requested_region_to_largest_possible_region();
    }

    /// The node that makes it, or None.
    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyNode>> {
        self.node(py)
    }

    /// When it was last changed, by its node or by `modified`: ITK's modified time, one counter for the whole process.
    #[getter]
    fn mtime(&self) -> u64 {
        self.data.modified_time()
    }

    /// When its pixels were last made; 0 for never.
    #[getter]
    fn update_mtime(&self) -> u64 {
        self.data.update_time()
    }

    /// The latest modified time of all that its pixels depend on, as far as known.
    #[getter]
    fn pipeline_mtime(&self) -> u64 {
        self.data.pipeline_modified_time()
    }

    /// Say that it was changed: nodes that take it run again. Writing its pixels through numpy does not say so.
    fn modified(&self) -> PyResult<()> {
        self.data.modified().map_err(to_py)
    }

    /// Whether the pixels are freed as soon as the nodes that take them have run.
    #[getter]
    fn release_data_flag(&self) -> bool {
        self.data.release_data_flag()
    }

    #[setter]
    fn set_release_data_flag(&self, value: bool) {
        self.data.set_release_data_flag(value);
    }

    /// Free the pixels. Who needs them again makes the node run again.
    fn release_data(&self) {
        self.data.release_data();
    }

    /// Whether the pixels were freed and have not been made again.
    #[getter]
    fn data_released(&self) -> bool {
        self.data.data_released()
    }

    /// Move the image in space; nodes that take it run again if that is a change.
    ///
    /// Parameters
    /// ----------
    /// spacing_xyz, origin_xyz, direction_xyz : optional
    ///     As in `Information`. What is left out stays.
    #[pyo3(signature = (*, spacing_xyz=None, origin_xyz=None, direction_xyz=None))]
    fn set_geometry(
        &self,
        spacing_xyz: Option<&Bound<'_, PyAny>>,
        origin_xyz: Option<&Bound<'_, PyAny>>,
        direction_xyz: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let unknown =
            || PyRuntimeError::new_err("the image's size is not known; update its information first");
        let mut geometry = self.data.header().ok_or_else(unknown)?.geometry;
        let rank = geometry.rank();
        if let Some(spacing) = spacing_xyz {
            geometry = geometry.with_spacing(&xyz(spacing, "spacing_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(origin) = origin_xyz {
            geometry = geometry.with_origin(&xyz(origin, "origin_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(direction) = direction_xyz {
            geometry = geometry.with_direction(&matrix(direction, rank)?).map_err(to_py)?;
        }
        self.data.set_geometry(geometry).map_err(to_py)
    }

    /// Bring the requested region up to date.
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
    /// What nodes raise comes out as it is. Runs without the GIL, but for observers and nodes written in Python.
    fn update(&self, py: Python<'_>) -> PyResult<()> {
        update(py, |attend| self.data.update_attended(attend))
    }

    /// Ask for the whole and bring it up to date; raises as `update`.
    fn update_largest_possible_region(&self, py: Python<'_>) -> PyResult<()> {
        update(py, |attend| self.data.update_largest_possible_region_attended(attend))
    }

    /// Find out size, geometry and pixel type; compute no pixel. Raises as `update`.
    fn update_output_information(&self, py: Python<'_>) -> PyResult<()> {
        update(py, |_| self.data.update_output_information())
    }

    /// Find out which part of everything the requested region needs; compute no pixel. Raises as `update`.
    fn propagate_requested_region(&self, py: Python<'_>) -> PyResult<()> {
        update(py, |_| self.data.propagate_requested_region())
    }

    /// The pixels that there are, with geometry and metadata; nothing is updated.
    ///
    /// Returns
    /// -------
    /// oxitk.Image
    ///     Of the buffered region. It shares the memory.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If there are none.
    fn image(&self, py: Python<'_>) -> PyResult<PyImage> {
        PyImage::new(self.shared()?, self.is_bool(py)).map_err(to_py)
    }

    /// All pixels as an array; brings them up to date first, as ``update_largest_possible_region`` does.
    ///
    /// Returns
    /// -------
    /// ndarray
    ///     Slowest axis first. It shares the memory of this data object until the next run of the node, which makes new
    ///     memory while someone holds the old one.
    pub(super) fn numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.update_largest_possible_region(py)?;
        convert::into_array(py, self.shared()?, self.is_bool(py))
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

    /// Put another image in place of what there is, of any size and type; nodes that take it run again.
    ///
    /// Parameters
    /// ----------
    /// image : Image or array_like
    ///     The pixels are shared.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If a node makes the data object: see `graft`.
    fn set_image(&self, image: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(node) = self.data.source() {
            let text = format!("set_image: the data object is an output of {}", node.name());
            return Err(PyRuntimeError::new_err(text));
        }
        let input = convert::input(image, "set_image")?;
        self.is_bool.store(input.is_bool, Ordering::Relaxed);
        self.data.set_image(input.image).map_err(to_py)
    }

    /// Take over pixels, regions and information of another one; the pixels are shared.
    ///
    /// Parameters
    /// ----------
    /// other : DataObject, Node, Image or array_like
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If its pixels are known to be of another type.
    fn graft(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
        let other = graftable(other)?;
        self.data.graft(&other).map_err(to_py)
    }

    /// Cut it off its node, which gets a new output; the pixels stay here.
    fn disconnect_pipeline(&self) -> PyResult<()> {
        self.data.disconnect_pipeline().map_err(to_py)
    }

    /// Call a function on each event of a kind; see `Node.add_observer`.
    fn add_observer(&self, event: &Bound<'_, PyAny>, callback: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.callbacks.add(self.data.observers(), event, callback)
    }

    /// Remove an observer by its tag; False if there is none.
    fn remove_observer(&self, tag: u64) -> bool {
        self.callbacks.remove(self.data.observers(), tag)
    }

    /// Remove all observers.
    fn remove_all_observers(&self) {
        self.callbacks.remove_all(self.data.observers());
    }

    /// Whether an event would reach an observer.
    fn has_observer(&self, event: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.data.observers().has(super::callbacks::event_of(event)?))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().data.is_same(&self.data))
    }

    fn __hash__(slf: &Bound<'_, Self>) -> usize {
        // There is one Python object for each data object.
        slf.as_ptr() as usize >> 4
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let what = match self.data.header() {
            Some(header) => format!("{}, {}", header.region, header.pixel_type),
            None => "size not known yet".into(),
        };
        let buffered = match self.data.buffered_region() {
            Some(region) => format!("buffered {region}"),
            None => "no pixels".into(),
        };
        let source = self.node(py).map(|node| format!(", of {}", node.get().node().name()));
        format!("<oxitk.pipeline.DataObject: {what}; {buffered}{}>", source.unwrap_or_default())
    }

    /// Regions, times and flags, a line each, in the spirit of ITK's ``Print``.
    fn __str__(&self) -> String {
        self.data.to_string()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callbacks.traverse(&visit)
    }

    fn __clear__(&self) {
        self.callbacks.clear();
    }
}

/// What can be grafted from an argument.
pub(super) fn graftable(object: &Bound<'_, PyAny>) -> PyResult<DataObject> {
    if object.is_none() {
        return Err(PyValueError::new_err("Requested to graft output that is a nullptr pointer"));
    }
    Ok(input_data(object, "graft")?.0.get().data.clone())
}
