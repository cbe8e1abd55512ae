//! Derivatives, the gradient as a vector, and Sobel's edges.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::spec::Spec;
use super::{Watch, filter_methods, hash, join, reduce, run};
use crate::arguments::Argument;

/// Derivative along one axis, of any order, by central differences.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// order : int, default 1
///     How often to differentiate, 0 to 52.
/// axis : int, default -1
///     The axis of the array to differentiate along. The default is the last one, x, which is direction 0 for ITK.
/// spacing : float or sequence of float, optional
///     Distance between pixels: one number, or one for each axis in array order, slowest axis first (ITK's order is the
///     opposite). Default the image's own spacing, or 1 for an array.
/// channel_axis : int, optional
///     An axis that counts as separate images. An image of RGB or vector pixels needs ``channel_axis=-1``.
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
///     As the input; `out` if it was given.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported.
/// ValueError
///     If an order or axis is out of range, the spacing is not positive, there is a wrong number of values, or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// Derivative : The same as an object that can be kept, sent and joined.
/// gradient : The first derivatives along all axes.
///
/// Notes
/// -----
/// Equal to ITK's DerivativeImageFilter to the bit; for its result type, pass ``dtype=image.dtype``. As there, the
/// coefficients are divided by the spacing once, whatever the order. At the border the nearest pixel inside counts, so the
/// first derivative there is half of a one-sided one, where ``np.gradient`` has the whole. Runs without the GIL on all
/// threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> squares = np.array([0, 1, 4, 9, 16])
/// >>> oxitk.derivative(squares)
/// array([0.5, 2. , 4. , 6. , 3.5], dtype=float32)
/// >>> oxitk.derivative(squares, 2, dtype="int16")
/// array([ 1,  2,  2,  2, -7], dtype=int16)
#[pyfunction]
#[pyo3(signature = (image, order=Argument::default(), axis=Argument::default(), *, spacing=None, channel_axis=None, dtype=None, out=None,
                    progress=None, cancel=None, num_threads=None),
       text_signature = "(image, order=1, axis=-1, *, spacing=None, channel_axis=None, dtype=None, out=None, progress=None, \
                         cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn derivative<'py>(
    image: &Bound<'py, PyAny>,
    order: Argument<'py>,
    axis: Argument<'py>,
    spacing: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("derivative", progress, cancel, num_threads)?;
    run(&[Spec::derivative(order, axis, spacing, channel_axis, dtype)?], image, out, &watch)
}

/// The derivative as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// order, axis, spacing, channel_axis, dtype
///     As in `derivative`.
///
/// See Also
/// --------
/// derivative : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.Derivative(2)(np.array([0., 1., 4., 9.]))
/// array([ 1.,  2.,  2., -5.])
#[pyclass(frozen, module = "oxitk.filters", name = "Derivative")]
pub(crate) struct PyDerivative(pub(super) Spec);

filter_methods!(PyDerivative {
    #[new]
    #[pyo3(signature = (order=Argument::default(), axis=Argument::default(), *, spacing=None, channel_axis=None, dtype=None),
           text_signature = "(order=1, axis=-1, *, spacing=None, channel_axis=None, dtype=None)")]
    fn new(
        order: Argument<'_>,
        axis: Argument<'_>,
        spacing: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::derivative(order, axis, spacing, channel_axis, dtype)?))
    }
});

/// Gradient by central differences, as a vector at each pixel.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// spacing : float or sequence of float, optional
///     Distance between pixels: one number, or one for each axis in array order, slowest axis first (ITK's order is the
///     opposite). Default the image's own spacing, or 1 for an array.
/// use_image_direction : bool, default True
///     Whether the vectors of an image are turned by its direction, so that they are vectors of space; else they are
///     along its axes, as those of an array are.
/// dtype : dtype, optional
///     Type of the result, float32 or float64: float64 for float64, else float32, unless given here or by `out`.
/// out : ndarray or oxitk.Image, optional
///     Where to write, of the input's shape and one axis more at the end; must not share memory with the input.
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
///     As the input; `out` if it was given. An array has one axis more, the last one; an image has pixels of the kind
///     ``covariant_vector``. The components are in ITK's order, x first: component 0 is along the array's last axis.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported.
/// ValueError
///     If the spacing is not positive, there is a wrong number of values, or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// Gradient : The same as an object that can be kept, sent and joined.
/// gradient_magnitude : The length of the vectors.
///
/// Notes
/// -----
/// Equal to ``itk.gradient_image_filter(image)`` to the bit; that has float32 vectors for float64 images too, for which
/// pass ``dtype="float32"``. At the border the nearest pixel inside counts, so the difference there is half of a
/// one-sided one, where ``np.gradient`` has the whole; and the order of its list is that of the array's axes. Runs without
/// the GIL on all threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> ramp = np.array([[0, 1, 2], [10, 11, 12]])
/// >>> oxitk.gradient(ramp)[0]
/// array([[0.5, 5. ],
///        [1. , 5. ],
///        [0.5, 5. ]], dtype=float32)
#[pyfunction]
#[pyo3(signature = (image, *, spacing=None, use_image_direction=true, dtype=None, out=None, progress=None, cancel=None,
                    num_threads=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn gradient<'py>(
    image: &Bound<'py, PyAny>,
    spacing: Option<&Bound<'py, PyAny>>,
    use_image_direction: bool,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("gradient", progress, cancel, num_threads)?;
    run(&[Spec::gradient(spacing, use_image_direction, dtype)?], image, out, &watch)
}

/// The gradient as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// spacing, use_image_direction, dtype
///     As in `gradient`.
///
/// See Also
/// --------
/// gradient : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.Gradient(spacing=2)(np.array([0., 4., 8.]))
/// array([[1.],
///        [2.],
///        [1.]])
#[pyclass(frozen, module = "oxitk.filters", name = "Gradient")]
pub(crate) struct PyGradient(pub(super) Spec);

filter_methods!(PyGradient {
    #[new]
    #[pyo3(signature = (*, spacing=None, use_image_direction=true, dtype=None))]
    fn new(
        spacing: Option<&Bound<'_, PyAny>>,
        use_image_direction: bool,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::gradient(spacing, use_image_direction, dtype)?))
    }
});

/// Magnitude of the gradient by Sobel's operators.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// axes : int or sequence of int, optional
///     The axes to differentiate along. Default all.
/// channel_axis : int, optional
///     An axis not to differentiate along, such as the colours of an image.
/// legacy_coefficients : bool, default True
///     Whether operators of three axes have the numbers of ITK 5, 1, 3, 1 and 3, 6, 3; else they are 1, 2, 1 along each axis, as
///     those of two axes always are.
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
///     As the input; `out` if it was given. The spacing is not looked at.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported.
/// ValueError
///     If there is no such axis, or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// Sobel : The same as an object that can be kept, sent and joined.
/// gradient_magnitude : By central differences, with the spacing.
///
/// Notes
/// -----
/// Equal to ``itk.sobel_edge_detection_image_filter(image)`` to the bit, for float32 and float64, which are all the types
/// that it takes. At the border the nearest pixel inside counts. ``scipy.ndimage.sobel`` is one operator alone. Runs without
/// the GIL on all threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.sobel(np.array([[0, 0, 10, 10]], dtype=np.uint8))
/// array([[ 0., 40., 40.,  0.]], dtype=float32)
#[pyfunction]
#[pyo3(signature = (image, *, axes=None, channel_axis=None, legacy_coefficients=true, dtype=None, out=None, progress=None,
                    cancel=None, num_threads=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn sobel<'py>(
    image: &Bound<'py, PyAny>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    legacy_coefficients: bool,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("sobel", progress, cancel, num_threads)?;
    run(&[Spec::sobel(axes, channel_axis, legacy_coefficients, dtype)?], image, out, &watch)
}

/// Sobel's edges as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// axes, channel_axis, legacy_coefficients, dtype
///     As in `sobel`.
///
/// See Also
/// --------
/// sobel : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.Sobel()(np.array([[0., 4., 8.]]))
/// array([[16., 32., 16.]])
#[pyclass(frozen, module = "oxitk.filters", name = "Sobel")]
pub(crate) struct PySobel(pub(super) Spec);

filter_methods!(PySobel {
    #[new]
    #[pyo3(signature = (*, axes=None, channel_axis=None, legacy_coefficients=true, dtype=None))]
    fn new(
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        legacy_coefficients: bool,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::sobel(axes, channel_axis, legacy_coefficients, dtype)?))
    }
});
