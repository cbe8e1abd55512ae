//! Nodes that are written in Python.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use itk_core::pipeline::{Information, Inputs, Node, Process, Request, Run};
use itk_core::{AnyImage, Buffer, Header, Image, Pixel, Region, Result, Visit, VisitType};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};

use super::attached::attached;
use super::information::PyInformation;
use super::region::{PyRegion, region};
use crate::arguments::type_name;
use crate::convert::{self, ForeignArray};
use crate::errors::to_py;

/// The functions of one node. Its Python object and its process share them.
pub(super) struct Functions {
    name: String,
    outputs: usize,
    required: usize,
    /// By [`Which`]. Empty when the garbage collector has taken them.
    calls: Mutex<[Option<Py<PyAny>>; 4]>,
}

#[derive(Clone, Copy)]
enum Which {
    GenerateData,
    OutputInformation,
    InputRequestedRegion,
    EnlargeOutput,
}

impl Functions {
    pub(super) fn new(
        name: String,
        outputs: usize,
        required: usize,
        calls: [Option<&Bound<'_, PyAny>>; 4],
    ) -> PyResult<Self> {
        if let Some(wrong) = calls.iter().flatten().find(|call| !call.is_callable()) {
            let text = format!("{name}: must be made of callables, got {}", type_name(wrong));
            return Err(PyTypeError::new_err(text));
        }
        let calls = calls.map(|call| call.map(|call| call.clone().unbind()));
        Ok(Self { name, outputs, required, calls: Mutex::new(calls) })
    }

    fn lock(&self) -> MutexGuard<'_, [Option<Py<PyAny>>; 4]> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, which: Which) -> bool {
        self.lock()[which as usize].is_some()
    }

    fn get<'py>(&self, py: Python<'py>, which: Which) -> PyResult<Bound<'py, PyAny>> {
        let call = self.lock()[which as usize].as_ref().map(|call| call.clone_ref(py));
        let gone = || PyRuntimeError::new_err(format!("{}: the node is at its end", self.name));
        Ok(call.ok_or_else(gone)?.into_bound(py))
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        let Ok(calls) = self.calls.try_lock() else { return Ok(()) };
        calls.iter().try_for_each(|call| visit.call(call))
    }

    pub(super) fn clear(&self) {
        let calls = std::mem::take(&mut *self.lock());
        drop(calls);
    }
}

/// Calls the functions. They run on the thread that updates, attached.
pub(super) struct PythonFiltering(pub(super) Arc<Functions>);

impl PythonFiltering {
    /// One of several values, or the only one.
    fn one_of<'py>(
        &self,
        value: Bound<'py, PyAny>,
        (i, n): (usize, usize),
        what: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        match value.cast::<PyTuple>() {
            Ok(values) if values.len() == n => values.get_item(i),
            Ok(values) => {
                let got = values.len();
                Err(PyValueError::new_err(format!("{}: {what} must be {n}, got {got}", self.0.name)))
            }
            Err(_) => Ok(value),
        }
    }
}

fn infos<'py, 'a>(
    py: Python<'py>,
    all: impl IntoIterator<Item = &'a Information>,
) -> PyResult<Bound<'py, PyTuple>> {
    let objects: Vec<_> = all
        .into_iter()
        .map(|information| PyInformation { information: information.clone(), is_bool: false })
        .map(|information| Bound::new(py, information))
        .collect::<PyResult<_>>()?;
    PyTuple::new(py, objects)
}

impl Process for PythonFiltering {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn number_of_outputs(&self) -> usize {
        self.0.outputs
    }

    fn number_of_required_inputs(&self) -> usize {
        self.0.required
    }

    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        let n = self.0.outputs;
        if !self.0.has(Which::OutputInformation) {
            return if n == 0 { Ok(Vec::new()) } else { Ok(vec![inputs.primary()?.clone(); n]) };
        }
        attached(&self.0.name, |py| {
            let call = self.0.get(py, Which::OutputInformation)?;
            let made = call.call1((infos(py, inputs.iter().map(|(_, information)| information))?,))?;
            let one = |i| {
                let value = self.one_of(made.clone(), (i, n), "output information")?;
                match value.cast::<PyInformation>() {
                    Ok(information) => Ok(information.get().information.clone()),
                    Err(_) => Err(PyTypeError::new_err(format!(
                        "{}: output information must be an oxitk.pipeline.Information, got {}",
                        self.0.name,
                        type_name(&value)
                    ))),
                }
            };
            (0..n).map(one).collect()
        })
    }

    fn enlarge_output_requested_region(
        &self,
        _: usize,
        information: &Information,
        requested: &Region,
    ) -> Result<Region> {
        if !self.0.has(Which::EnlargeOutput) {
            return Ok(*requested);
        }
        attached(&self.0.name, |py| {
            let information = PyInformation { information: information.clone(), is_bool: false };
            let call = self.0.get(py, Which::EnlargeOutput)?;
            let made = call.call1((information, PyRegion(*requested)))?;
            region(&made, &format!("{}: the enlarged requested region", self.0.name))
        })
    }

    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        let whole = request.input_region(input);
        if !self.0.has(Which::InputRequestedRegion) {
            return Ok(request.requested.first().copied().unwrap_or(whole));
        }
        attached(&self.0.name, |py| {
            let inputs = infos(py, request.inputs.iter().map(|(_, information)| information))?;
            let requested = PyRegion(request.requested.first().copied().unwrap_or(whole));
            let call = self.0.get(py, Which::InputRequestedRegion)?;
            let made = call.call1((requested, &inputs))?;
            let value = self.one_of(made, (input, inputs.len()), "input requested regions")?;
            region(&value, &format!("{}: an input requested region", self.0.name))
        })
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let inputs: Vec<_> = (0..run.number_of_inputs())
            .map(|i| {
                let information = run.input_information(i)?;
                // Of an input without a region no pixel was asked for, and there may be none.
                let (image, region) = match run.input_region(i) {
                    Some(region) => (run.shared_input(i)?, region),
                    None => nothing_of(&information.header)?,
                };
                Ok((image, information, region))
            })
            .collect::<Result<_>>()?;
        let headers: Vec<Header> =
            (0..self.0.outputs).map(|i| run.output_header(i)).collect::<Result<_>>()?;
        let node = run.node().clone();
        let made = attached(&self.0.name, |py| {
            let mut arrays = Vec::new();
            for (image, _, wanted) in &inputs {
                let array = convert::into_array(py, image.clone(), false)?;
                arrays.push(cut(array, image, wanted)?);
            }
            let information = infos(py, inputs.iter().map(|(_, information, _)| &**information))?;
            let regions = PyTuple::new(
                py,
                headers
                    .iter()
                    .map(|header| Bound::new(py, PyRegion(header.region)))
                    .collect::<PyResult<Vec<_>>>()?,
            )?;
            let run = PyRun {
                node,
                inputs: PyTuple::new(py, arrays)?.unbind(),
                input_information: information.unbind(),
                requested_regions: regions.unbind(),
            };
            let result = self.0.get(py, Which::GenerateData)?.call1((run,))?;
            let n = headers.len();
            let one = |(i, header)| self.result(self.one_of(result.clone(), (i, n), "results")?, header);
            headers.iter().enumerate().map(one).collect::<PyResult<Vec<AnyImage>>>()
        })?;
        for (i, (image, header)) in made.iter().zip(&headers).enumerate() {
            let copy = run.compute(|_| image.visit(CopyAs(header)))?;
            run.set_output(i, copy)?;
        }
        Ok(())
    }
}

impl PythonFiltering {
    /// A result as an image over the array's memory, if it is as it has to be.
    fn result(&self, value: Bound<'_, PyAny>, header: &Header) -> PyResult<AnyImage> {
        let name = &self.0.name;
        let array = ForeignArray::new(&convert::as_array(&value, name)?, name)?;
        let shape = |size: &[usize]| {
            let sizes: Vec<String> = size.iter().rev().map(usize::to_string).collect();
            format!("({}{})", sizes.join(", "), if sizes.len() == 1 { "," } else { "" })
        };
        let (expected, got) = (header.array_size(), array.strides.size);
        if *expected != *got {
            return Err(PyValueError::new_err(format!(
                "{name}: the result must have the shape of the requested region, {}, got {}",
                shape(&expected),
                shape(&got)
            )));
        }
        if array.pixel_type != header.pixel_type {
            return Err(PyTypeError::new_err(format!(
                "{name}: the result must have dtype {}, got {}",
                header.pixel_type.numpy_name(),
                array.pixel_type.numpy_name()
            )));
        }
        array.into_image(header.kind)
    }
}

/// The part of an input that was asked for, not to be written.
fn cut<'py>(array: Bound<'py, PyAny>, image: &AnyImage, wanted: &Region) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let wanted = wanted.relative_to(image.buffered_region());
    let slices = (0..wanted.rank()).rev().map(|a| {
        let start = wanted.index()[a] as isize;
        PySlice::new(py, start, start + wanted.size()[a] as isize, 1)
    });
    let array = array.get_item(PyTuple::new(py, slices.collect::<Vec<_>>())?)?;
    array.getattr("flags")?.setattr("writeable", false)?;
    Ok(array)
}

/// An image without pixels, and its region.
fn nothing_of(header: &Header) -> Result<(AnyImage, Region)> {
    struct Nothing(Header);
    impl VisitType for Nothing {
        type Out = Result<AnyImage>;
        fn visit<T: Pixel>(self) -> Self::Out {
            Ok(T::erase(Image::<T>::zeroed(&self.0)?))
        }
    }
    let region = Region::new(header.region.index(), &vec![0; header.rank()])?;
    let image = header.pixel_type.visit(Nothing(Header { region, ..header.clone() }))?;
    Ok((image, region))
}

/// A copy with another header.
struct CopyAs<'a>(&'a Header);

impl Visit for CopyAs<'_> {
    type Out = Result<AnyImage>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        Ok(T::erase(Image::from_buffer(self.0, Buffer::copy_of(image.view())?)?))
    }
}

/// What a node written in Python is given when it is to make data.
///
/// Attributes
/// ----------
/// inputs : tuple of ndarray
///     The pixels of the inputs, slowest axis first: of each exactly the region that was asked for. They cannot be
///     written, and share the memory of the pipeline.
/// input_information : tuple of Information
///     What the inputs are.
/// requested_regions : tuple of Region
///     The part of each output that is wanted.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk.pipeline as op
/// >>> def total(run):
/// ...     run.update_progress(0.5)
/// ...     return run.inputs[0] + run.inputs[1]
/// >>> op.python_filter(total, np.array([1, 2]), np.array([10, 20])).numpy()
/// array([11, 22])
#[pyclass(frozen, module = "oxitk.pipeline", name = "Run")]
pub(crate) struct PyRun {
    node: Node,
    #[pyo3(get)]
    inputs: Py<PyTuple>,
    #[pyo3(get)]
    input_information: Py<PyTuple>,
    #[pyo3(get)]
    requested_regions: Py<PyTuple>,
}

#[pymethods]
impl PyRun {
    /// Say how much is done, 0 to 1; observers of `ProgressEvent` are told each time.
    ///
    /// Raises
    /// ------
    /// oxitk.ProcessAborted
    ///     If the node was asked to stop. Let it pass.
    fn update_progress(&self, fraction: f64) -> PyResult<()> {
        self.node.update_progress(fraction).map_err(to_py)
    }

    /// Whether the node was asked to stop.
    #[getter]
    fn abort_generate_data(&self) -> bool {
        self.node.abort_generate_data()
    }
}
