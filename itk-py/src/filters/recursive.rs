//! Filters by recursions along whole lines.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::recursion::{Kind, Recursion};
use super::spec::Spec;
use super::{Watch, filter_methods, hash, join, reduce, run};
use crate::arguments::Argument;

/// Gaussian of any width along one axis, or its first or second derivative.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// sigma : float, default 1.0
///     Standard deviation, in the unit of the spacing.
/// order : {0, 1, 2}, default 0
///     Which derivative of the Gaussian; 0 smooths.
/// axis : int, default -1
///     The axis to filter along, in array order: -1 is the last one, ITK's direction 0.
/// normalize_across_scale : bool, default False
///     Multiply by sigma once an order, so that derivatives at several sigmas may be compared.
/// spacing : float, optional
///     Distance between pixels along the axis. Default the image's own, or 1 for an array.
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
///     As the input; `out` if it was given. Derivatives are those by the number of pixels, not divided by the spacing.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported.
/// ValueError
///     If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
///     or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// RecursiveGaussian : The same as an object that can be kept, sent and joined.
/// smoothing_recursive_gaussian : Along all axes.
///
/// Notes
/// -----
/// Equal to ``itk.recursive_gaussian_image_filter(image, sigma=sigma, order=order, direction=...)``, computed in double
/// precision: Deriche's recursion, whose cost does not depend on sigma. Beyond the border the nearest pixel inside counts.
/// ``scipy.ndimage.gaussian_filter1d(image, sigma, mode="nearest")`` is close; its kernel is cut off at 4 sigma. Runs without
/// the GIL on all threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> step = np.repeat(np.array([0, 100], dtype=np.uint8), 4)
/// >>> oxitk.recursive_gaussian(step, 1.0, dtype=np.uint8)
/// array([  0,   0,   5,  29,  70,  94,  99, 100], dtype=uint8)
#[pyfunction]
#[pyo3(signature = (image, sigma=Argument::default(), *, order=Argument::default(), axis=Argument::default(), normalize_across_scale=false, spacing=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None),
       text_signature = "(image, sigma=1.0, *, order=0, axis=-1, normalize_across_scale=False, spacing=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn recursive_gaussian<'py>(
    image: &Bound<'py, PyAny>,
    sigma: Argument<'py>,
    order: Argument<'py>,
    axis: Argument<'py>,
    normalize_across_scale: bool,
    spacing: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("recursive_gaussian", progress, cancel, num_threads)?;
    let recursion = Recursion::new(
        Kind::line(order, axis, normalize_across_scale)?,
        sigma,
        spacing,
        None,
        channel_axis,
        dtype,
    )?;
    run(&[Spec::Recursion(recursion)], image, out, &watch)
}

/// The recursive Gaussian along one axis as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// sigma, order, axis, normalize_across_scale, spacing, channel_axis, dtype
///     As in `recursive_gaussian`.
///
/// See Also
/// --------
/// recursive_gaussian : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> slope = oxitk.RecursiveGaussian(1.0, order=1)
/// >>> slope(np.arange(0, 60, 3, dtype=np.float64))[9:11].round(2)
/// array([3., 3.])
#[pyclass(frozen, module = "oxitk.filters", name = "RecursiveGaussian")]
pub(crate) struct PyRecursiveGaussian(pub(super) Spec);

filter_methods!(PyRecursiveGaussian {
    #[new]
    #[pyo3(signature = (sigma=Argument::default(), *, order=Argument::default(), axis=Argument::default(), normalize_across_scale=false, spacing=None, channel_axis=None, dtype=None),
           text_signature = "(sigma=1.0, *, order=0, axis=-1, normalize_across_scale=False, spacing=None, channel_axis=None, dtype=None)")]
    fn new(
        sigma: Argument<'_>,
        order: Argument<'_>,
        axis: Argument<'_>,
        normalize_across_scale: bool,
        spacing: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::Recursion(Recursion::new(Kind::line(order, axis, normalize_across_scale)?, sigma, spacing, None, channel_axis, dtype)?)))
    }
});

/// Smooth with a Gaussian of any width.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// sigma : float or sequence of float, default 1.0
///     Standard deviation, in the unit of the spacing: one number, or one for each filtered axis in array order, slowest
///     axis first (ITK's order is the opposite).
/// spacing : float or sequence of float, optional
///     Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
///     (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
/// axes : int or sequence of int, optional
///     The axes to filter along. Default all.
/// channel_axis : int, optional
///     An axis not to filter along, such as the colours of an image.
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
///     If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
///     or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// SmoothingRecursiveGaussian : The same as an object that can be kept, sent and joined.
/// recursive_gaussian : Along one axis, and derivatives.
///
/// Notes
/// -----
/// Equal to ``itk.smoothing_recursive_gaussian_image_filter(image, sigma=sigma)``; for the result type that ITK takes, pass
/// ``dtype=image.dtype``. Each pass along an axis computes in double precision and is rounded to float32, for float64 too, as
/// in ITK; `recursive_gaussian` axis by axis keeps float64. Beyond the border the nearest pixel inside counts.
/// ``scipy.ndimage.gaussian_filter(image, sigma, mode="nearest")`` is close; its cost grows with sigma. Runs without the GIL on
/// all threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> a = np.zeros((5, 5), dtype=np.float32)
/// >>> a[2, 2] = 100
/// >>> oxitk.smoothing_recursive_gaussian(a, 0.7)[2].round(1)
/// array([ 0.5, 11.8, 32.7, 11.8,  0.5], dtype=float32)
#[pyfunction]
#[pyo3(signature = (image, sigma=Argument::default(), *, spacing=None, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None),
       text_signature = "(image, sigma=1.0, *, spacing=None, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn smoothing_recursive_gaussian<'py>(
    image: &Bound<'py, PyAny>,
    sigma: Argument<'py>,
    spacing: Option<&Bound<'py, PyAny>>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("smoothing_recursive_gaussian", progress, cancel, num_threads)?;
    let recursion = Recursion::new(Kind::Smoothing, sigma, spacing, axes, channel_axis, dtype)?;
    run(&[Spec::Recursion(recursion)], image, out, &watch)
}

/// Smoothing with a Gaussian as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// sigma, spacing, axes, channel_axis, dtype
///     As in `smoothing_recursive_gaussian`.
///
/// See Also
/// --------
/// smoothing_recursive_gaussian : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> f = oxitk.SmoothingRecursiveGaussian(2) | oxitk.GradientMagnitude()
/// >>> float(f(np.full((6, 6), 7, dtype=np.uint8)).max().round(3))
/// 0.0
#[pyclass(frozen, module = "oxitk.filters", name = "SmoothingRecursiveGaussian")]
pub(crate) struct PySmoothingRecursiveGaussian(pub(super) Spec);

filter_methods!(PySmoothingRecursiveGaussian {
    #[new]
    #[pyo3(signature = (sigma=Argument::default(), *, spacing=None, axes=None, channel_axis=None, dtype=None),
           text_signature = "(sigma=1.0, *, spacing=None, axes=None, channel_axis=None, dtype=None)")]
    fn new(
        sigma: Argument<'_>,
        spacing: Option<&Bound<'_, PyAny>>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::Recursion(Recursion::new(Kind::Smoothing, sigma, spacing, axes, channel_axis, dtype)?)))
    }
});

/// Magnitude of the gradient of the image smoothed with a Gaussian of any width.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// sigma : float, default 1.0
///     Standard deviation, in the unit of the spacing.
/// normalize_across_scale : bool, default False
///     Multiply by sigma, so that gradients at several sigmas may be compared.
/// spacing : float or sequence of float, optional
///     Distance between pixels: one number, or one for each filtered axis in array order, slowest axis first
///     (ITK's order is the opposite). Default the image's own spacing, or 1 for an array.
/// axes : int or sequence of int, optional
///     The axes to filter along. Default all.
/// channel_axis : int, optional
///     An axis not to filter along, such as the colours of an image.
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
///     If sigma or the spacing is not positive, there is a wrong number of values, a filtered axis has fewer than 4 pixels,
///     or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// GradientMagnitudeRecursiveGaussian : The same as an object that can be kept, sent and joined.
/// gradient_magnitude : By differences of neighbours, without smoothing.
///
/// Notes
/// -----
/// Equal to ``itk.gradient_magnitude_recursive_gaussian_image_filter(image, sigma=sigma)``; for the result type that ITK takes,
/// pass ``dtype=image.dtype``. Each pass along an axis computes in double precision and is rounded to float32, for float64 too,
/// as in ITK. Beyond the border the nearest pixel inside counts. The direction of an image is not looked at.
/// ``scipy.ndimage.gaussian_gradient_magnitude(image, sigma, mode="nearest")`` is close. Runs without the GIL on all threads.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> ramp = np.tile(np.arange(0, 100, 5, dtype=np.uint8), (4, 1))
/// >>> oxitk.gradient_magnitude_recursive_gaussian(ramp, 1.0)[0, 8:12].round(2)
/// array([5., 5., 5., 5.], dtype=float32)
#[pyfunction]
#[pyo3(signature = (image, sigma=Argument::default(), *, normalize_across_scale=false, spacing=None, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None),
       text_signature = "(image, sigma=1.0, *, normalize_across_scale=False, spacing=None, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn gradient_magnitude_recursive_gaussian<'py>(
    image: &Bound<'py, PyAny>,
    sigma: Argument<'py>,
    normalize_across_scale: bool,
    spacing: Option<&Bound<'py, PyAny>>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("gradient_magnitude_recursive_gaussian", progress, cancel, num_threads)?;
    let recursion =
        Recursion::new(Kind::Gradient { normalize_across_scale }, sigma, spacing, axes, channel_axis, dtype)?;
    run(&[Spec::Recursion(recursion)], image, out, &watch)
}

/// The magnitude of the smoothed gradient as an object: called with an image, picklable, hashable, joined by ``|``.
///
/// Parameters
/// ----------
/// sigma, normalize_across_scale, spacing, axes, channel_axis, dtype
///     As in `gradient_magnitude_recursive_gaussian`.
///
/// See Also
/// --------
/// gradient_magnitude_recursive_gaussian : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> f = oxitk.GradientMagnitudeRecursiveGaussian(1.0)
/// >>> f(np.arange(0, 60, 3, dtype=np.float64))[9:11].round(2)
/// array([3., 3.])
#[pyclass(frozen, module = "oxitk.filters", name = "GradientMagnitudeRecursiveGaussian")]
pub(crate) struct PyGradientMagnitudeRecursiveGaussian(pub(super) Spec);

filter_methods!(PyGradientMagnitudeRecursiveGaussian {
    #[new]
    #[pyo3(signature = (sigma=Argument::default(), *, normalize_across_scale=false, spacing=None, axes=None, channel_axis=None, dtype=None),
           text_signature = "(sigma=1.0, *, normalize_across_scale=False, spacing=None, axes=None, channel_axis=None, dtype=None)")]
    fn new(
        sigma: Argument<'_>,
        normalize_across_scale: bool,
        spacing: Option<&Bound<'_, PyAny>>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::Recursion(Recursion::new(Kind::Gradient { normalize_across_scale }, sigma, spacing, axes, channel_axis, dtype)?)))
    }
});
