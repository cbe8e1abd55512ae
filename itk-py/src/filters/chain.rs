//! Filters one after the other.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use super::derivatives::{PyDerivative, PyGradient, PySobel};
use super::gradient::PyGradientMagnitude;
use super::recursion::Kind;
use super::recursive::{
    PyGradientMagnitudeRecursiveGaussian, PyRecursiveGaussian, PySmoothingRecursiveGaussian,
};
use super::run;
use super::smoothing::{PyMean, PyMedian};
use super::spec::{Spec, hash};
use crate::watch::Watch;

/// The filters of an object: of a chain all, of a filter itself.
pub(crate) fn specs_of(object: &Bound<'_, PyAny>) -> Option<Vec<Spec>> {
    if let Ok(median) = object.cast::<PyMedian>() {
        return Some(vec![median.get().0.clone()]);
    }
    if let Ok(mean) = object.cast::<PyMean>() {
        return Some(vec![mean.get().0.clone()]);
    }
    if let Ok(gradient) = object.cast::<PyGradientMagnitude>() {
        return Some(vec![gradient.get().0.clone()]);
    }
    if let Ok(line) = object.cast::<PyRecursiveGaussian>() {
        return Some(vec![line.get().0.clone()]);
    }
    if let Ok(smoothing) = object.cast::<PySmoothingRecursiveGaussian>() {
        return Some(vec![smoothing.get().0.clone()]);
    }
    if let Ok(gradient) = object.cast::<PyGradientMagnitudeRecursiveGaussian>() {
        return Some(vec![gradient.get().0.clone()]);
    }
    if let Ok(derivative) = object.cast::<PyDerivative>() {
        return Some(vec![derivative.get().0.clone()]);
    }
    if let Ok(gradient) = object.cast::<PyGradient>() {
        return Some(vec![gradient.get().0.clone()]);
    }
    if let Ok(sobel) = object.cast::<PySobel>() {
        return Some(vec![sobel.get().0.clone()]);
    }
    object.cast::<PyChain>().ok().map(|chain| chain.get().0.clone())
}

/// The object of one filter.
pub(crate) fn object_of<'py>(py: Python<'py>, spec: &Spec) -> PyResult<Bound<'py, PyAny>> {
    match spec {
        Spec::Median { .. } => Ok(Bound::new(py, PyMedian(spec.clone()))?.into_any()),
        Spec::Mean { .. } => Ok(Bound::new(py, PyMean(spec.clone()))?.into_any()),
        Spec::Derivative { .. } => Ok(Bound::new(py, PyDerivative(spec.clone()))?.into_any()),
        Spec::Gradient { .. } => Ok(Bound::new(py, PyGradient(spec.clone()))?.into_any()),
        Spec::Sobel { .. } => Ok(Bound::new(py, PySobel(spec.clone()))?.into_any()),
        Spec::GradientMagnitude { .. } => Ok(Bound::new(py, PyGradientMagnitude(spec.clone()))?.into_any()),
        Spec::Recursion(recursion) => {
            let spec = spec.clone();
            match recursion.kind() {
                Kind::Line { .. } => Ok(Bound::new(py, PyRecursiveGaussian(spec))?.into_any()),
                Kind::Smoothing => Ok(Bound::new(py, PySmoothingRecursiveGaussian(spec))?.into_any()),
                Kind::Gradient { .. } => {
                    Ok(Bound::new(py, PyGradientMagnitudeRecursiveGaussian(spec))?.into_any())
                }
            }
        }
    }
}

/// `left | right`; `NotImplemented` when the right one is no filter.
pub(super) fn join<'py>(left: &[Spec], right: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = right.py();
    match specs_of(right) {
        Some(right) => Ok(Bound::new(py, PyChain([left, &right].concat()))?.into_any()),
        None => Ok(py.NotImplemented().into_bound(py)),
    }
}

/// Filters one after the other; what ``|`` makes.
///
/// Parameters
/// ----------
/// *filters : filter objects, such as Median, or Chain
///     At least one.
///
/// Attributes
/// ----------
/// filters : tuple
///     The filters in the order in which they are applied.
///
/// Notes
/// -----
/// The result is that of one call after the other, to the bit. Where windows are small and images are not, all filters work on
/// one piece of the output before the next, so that no image is made between them.
///
/// Examples
/// --------
/// >>> import oxitk
/// >>> oxitk.Median(2) | oxitk.GradientMagnitude()
/// oxitk.Median(2) | oxitk.GradientMagnitude()
#[pyclass(frozen, module = "oxitk.filters", name = "Chain")]
pub(crate) struct PyChain(Vec<Spec>);

#[pymethods]
impl PyChain {
    #[new]
    #[pyo3(signature = (*filters))]
    fn new(filters: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let mut specs = Vec::new();
        for filter in filters {
            match specs_of(&filter) {
                Some(more) => specs.extend(more),
                None => {
                    let got = filter.get_type().name()?;
                    return Err(PyTypeError::new_err(format!("a chain is made of filters, got {got}")));
                }
            }
        }
        if specs.is_empty() {
            return Err(PyValueError::new_err("a chain needs at least one filter"));
        }
        Ok(Self(specs))
    }

    /// The filters in the order in which they are applied.
    #[getter]
    fn filters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let objects = self.0.iter().map(|spec| object_of(py, spec));
        PyTuple::new(py, objects.collect::<PyResult<Vec<_>>>()?)
    }

    /// Apply the filters, each to the result of the one before.
    ///
    /// Parameters
    /// ----------
    /// image : array_like or oxitk.Image
    /// out : ndarray or oxitk.Image, optional
    ///     Where the last filter writes.
    /// progress, cancel, num_threads
    ///     As those of `median`; progress is that of the whole chain.
    ///
    /// Returns
    /// -------
    /// ndarray or oxitk.Image
    #[pyo3(signature = (image, out=None, *, progress=None, cancel=None, num_threads=None))]
    fn __call__<'py>(
        &self,
        image: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
        cancel: Option<&Bound<'py, PyAny>>,
        num_threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        run(&self.0, image, out, &Watch::new("chain", progress, cancel, num_threads)?)
    }

    fn __or__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        join(&self.0, other)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        self.0.iter().map(Spec::text).collect::<Vec<_>>().join(" | ")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        Ok((slf.get_type(), slf.get().filters(slf.py())?))
    }
}
