//! The filters as functions and as objects.

mod chain;
mod gradient;
mod run;
mod smoothing;
mod spec;

pub(crate) use chain::PyChain;
use chain::join;
pub(crate) use gradient::{PyGradientMagnitude, gradient_magnitude};
use run::run;
pub(crate) use smoothing::{PyMedian, median};
use spec::{hash, reduce};

/// Methods that both filter classes have.
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
            ///
            /// Returns
            /// -------
            /// ndarray or oxitk.Image
            ///     As the function of the same name.
            #[pyo3(signature = (image, out=None))]
            fn __call__<'py>(
                &self,
                image: &Bound<'py, PyAny>,
                out: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                run(std::slice::from_ref(&self.0), image, out)
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
