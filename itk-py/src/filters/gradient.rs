//! Filters that differentiate.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::spec::Spec;
use super::{Watch, filter_methods, hash, join, reduce, run};

/// Magnitude of the gradient by central differences.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// spacing : float or sequence of float, optional
///     Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
///     (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
/// axes : int or sequence of int, optional
///     The axes to differentiate along. Default all.
/// channel_axis : int, optional
///     An axis not to differentiate along, such as the colours of an image.
/// precision : {'double', 'single'}, default 'double'
///     ``'single'`` computes in float32, which is faster and no longer equal to ITK. See Notes.
/// dtype : dtype, optional
///     Type of the result: float64 for float64, else float32, unless given here or by `out`. Integers are
///     truncated toward zero; values that don't fit become the nearest that do, and NaN becomes 0.
/// out : ndarray or oxitk.Image, optional
///     Where to write, of the input's shape; must not share memory with the input.
/// progress : bool, callable or object with ``update``, optional
///     Called on this thread while others work: a callable with the fraction done, ``update`` with increments, as
///     tqdm has it; True shows a bar. A call that raises stops the work. See ``docs/threads.md``.
/// cancel : oxitk.CancelToken, optional
///     Stops the work from any thread.
/// num_threads : int, optional
///     Use at most this many threads, and never more than `get_num_threads`. Results do not depend on it.
///
/// Returns
/// -------
/// ndarray or oxitk.Image
///     As the input; `out` if it was given. The unit is that of the pixels over that of the spacing.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported.
/// ValueError
///     If the spacing is not positive, `precision` is neither of the two, there is a wrong number of values, or `out`
///     does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// GradientMagnitude : The same as an object that can be kept, sent and joined.
///
/// Notes
/// -----
/// Equal to ``itk.gradient_magnitude_image_filter(image)`` to the bit, computed in double precision; for the
/// result type that ITK takes, pass ``dtype=image.dtype``. At the border the nearest pixel inside counts, so the
/// difference there is half of a one-sided one. ``scipy.ndimage`` has no twin; of
/// ``scipy.ndimage.generic_gradient_magnitude`` with a central difference it is one, with ``mode="nearest"``.
/// The direction of an image is not looked at. Runs without the GIL on all threads.
///
/// With ``precision="single"`` and n axes, float results are off by at most (4 + n / 2) * 2**-24 of themselves, where
/// float32 holds the pixels and no difference or square is beyond its range: slopes above 1e19 give infinity, those
/// below 1e-18 fade. Pixels that it does not hold are rounded to it first. A spacing whose inverse it does not hold has all
/// computed in double precision.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.gradient_magnitude(np.array([0, 10, 20, 30], dtype=np.uint8), spacing=0.5)
/// array([10., 20., 20., 10.], dtype=float32)
#[pyfunction]
#[pyo3(signature = (image, *, spacing=None, axes=None, channel_axis=None, precision="double", dtype=None, out=None,
                    progress=None, cancel=None, num_threads=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn gradient_magnitude<'py>(
    image: &Bound<'py, PyAny>,
    spacing: Option<&Bound<'py, PyAny>>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    precision: &str,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("gradient_magnitude", progress, cancel, num_threads)?;
    run(&[Spec::gradient_magnitude(spacing, axes, channel_axis, precision, dtype)?], image, out, &watch)
}

/// The gradient magnitude as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// spacing, axes, channel_axis, precision, dtype
///     As in `gradient_magnitude`.
///
/// See Also
/// --------
/// gradient_magnitude : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.GradientMagnitude(spacing=2)(np.array([0., 4., 8.]))
/// array([1., 2., 1.])
#[pyclass(frozen, module = "oxitk.filters", name = "GradientMagnitude")]
pub(crate) struct PyGradientMagnitude(pub(super) Spec);

filter_methods!(PyGradientMagnitude {
    #[new]
    #[pyo3(signature = (*, spacing=None, axes=None, channel_axis=None, precision="double", dtype=None))]
    fn new(
        spacing: Option<&Bound<'_, PyAny>>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        precision: &str,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::gradient_magnitude(spacing, axes, channel_axis, precision, dtype)?))
    }
});
