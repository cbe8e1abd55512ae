//! The filters as functions and as objects.

mod chain;
mod derivatives;
mod gradient;
mod recursion;
mod recursive;
mod run;
mod smoothing;
mod spec;
mod values;

use chain::{PyChain, join};
pub(crate) use chain::{object_of, specs_of};
use derivatives::{PyDerivative, PyGradient, PySobel, derivative, sobel};
use gradient::{PyGradientMagnitude, gradient_magnitude};
use pyo3::prelude::*;
use recursive::{
    PyGradientMagnitudeRecursiveGaussian, PyRecursiveGaussian, PySmoothingRecursiveGaussian,
    gradient_magnitude_recursive_gaussian, recursive_gaussian, smoothing_recursive_gaussian,
};
use run::run;
use smoothing::{PyMean, PyMedian, mean, median};
pub(crate) use spec::Spec;
use spec::{hash, reduce};

use crate::lazy::Contents;
use crate::watch::Watch;

/// Fills `oxitk.filters`.
pub(crate) fn register(contents: &Contents<'_, '_>) -> PyResult<()> {
    contents.class::<PyChain>()?;
    contents.class::<PyDerivative>()?;
    contents.class::<PyGradient>()?;
    contents.class::<PyGradientMagnitude>()?;
    contents.class::<PyGradientMagnitudeRecursiveGaussian>()?;
    contents.class::<PyMean>()?;
    contents.class::<PyMedian>()?;
    contents.class::<PyRecursiveGaussian>()?;
    contents.class::<PySmoothingRecursiveGaussian>()?;
    contents.class::<PySobel>()?;
    contents.function(&wrap_pyfunction!(derivative, contents.module())?)?;
    contents.function(&wrap_pyfunction!(derivatives::gradient, contents.module())?)?;
    contents.function(&wrap_pyfunction!(sobel, contents.module())?)?;
    contents.function(&wrap_pyfunction!(gradient_magnitude, contents.module())?)?;
    contents.function(&wrap_pyfunction!(gradient_magnitude_recursive_gaussian, contents.module())?)?;
    contents.function(&wrap_pyfunction!(mean, contents.module())?)?;
    contents.function(&wrap_pyfunction!(median, contents.module())?)?;
    contents.function(&wrap_pyfunction!(recursive_gaussian, contents.module())?)?;
    contents.function(&wrap_pyfunction!(smoothing_recursive_gaussian, contents.module())?)
}

/// Methods that all filter classes have.
macro_rules! filter_methods {
    ($class:ident { $($own:tt)* }) => {
        #[pymethods]
        impl $class {
            $($own)*

            /// Apply the filter.
            ///
            /// Parameters
            /// ----------
            /// image : array_like or oxitk.Image
            /// out : ndarray or oxitk.Image, optional
            /// progress, cancel, num_threads
            ///     As those of the function of the same name.
            ///
            /// Returns
            /// -------
            /// ndarray or oxitk.Image
            ///     As the function of the same name.
            #[pyo3(signature = (image, out=None, *, progress=None, cancel=None, num_threads=None))]
            fn __call__<'py>(
                &self,
                image: &Bound<'py, PyAny>,
                out: Option<&Bound<'py, PyAny>>,
                progress: Option<&Bound<'py, PyAny>>,
                cancel: Option<&Bound<'py, PyAny>>,
                num_threads: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let watch = Watch::new(self.0.name(), progress, cancel, num_threads)?;
                run(std::slice::from_ref(&self.0), image, out, &watch)
            }

            fn __or__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                join(std::slice::from_ref(&self.0), other)
            }

            fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
                other.cast::<Self>().is_ok_and(|other| other.get().0 == self.0)
            }

            fn __hash__(&self) -> u64 {
                hash(std::slice::from_ref(&self.0))
            }

            fn __repr__(&self) -> String {
                self.0.text()
            }

            fn __reduce__<'py>(
                slf: &Bound<'py, Self>,
            ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
                reduce(slf.py(), &slf.get_type(), &slf.get().0)
            }
        }
    };
}
use filter_methods;
