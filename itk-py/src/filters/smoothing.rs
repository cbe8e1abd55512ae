//! Filters that smooth.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::spec::Spec;
use super::{Watch, filter_methods, hash, join, reduce, run};
use crate::arguments::Argument;

/// Median of a box window around each pixel.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// radius : int or sequence of int, default 1
///     The window has ``2 * radius + 1`` pixels along an axis. One number, or one for each filtered axis in
///     array order, slowest axis first (ITK's order is the opposite). 0 leaves an axis alone.
/// axes : int or sequence of int, optional
///     The axes to filter along. Default all.
/// channel_axis : int, optional
///     An axis not to filter along, such as the colours of an image. An image of RGB or vector pixels needs
///     ``channel_axis=-1``.
/// nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
///     What a NaN in the window does: the result is NaN; it is left out (of `m` other samples the one with
///     ``m // 2`` smaller ones; NaN where there is none); ValueError.
/// out : ndarray or oxitk.Image, optional
///     Where to write, of the input's shape and dtype; must not share memory with the input.
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
///     As the input, with the same dtype; `out` if it was given. An image keeps its geometry and metadata.
///
/// Raises
/// ------
/// TypeError
///     If the dtype is not supported, or a radius is no integer.
/// ValueError
///     If a radius is negative or there is a wrong number of them, or `out` does not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// Median : The same as an object that can be kept, sent and joined.
///
/// Notes
/// -----
/// Beyond the border the nearest pixel inside counts. Equal to ``itk.median_image_filter(image, radius=radius)``
/// to the bit, and to ``scipy.ndimage.median_filter(image, size=2 * radius + 1, mode="nearest")``. -0.0 sorts
/// before 0.0. Runs without the GIL on all threads (see `set_num_threads`).
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> a = np.array([[1, 1, 1], [1, 200, 1], [1, 1, 9]], dtype=np.uint8)
/// >>> oxitk.median(a)
/// array([[1, 1, 1],
///        [1, 1, 1],
///        [1, 1, 9]], dtype=uint8)
#[pyfunction]
#[pyo3(signature = (image, radius=Argument::default(), *, axes=None, channel_axis=None, nan_policy="propagate",
                    out=None, progress=None, cancel=None, num_threads=None),
       text_signature = "(image, radius=1, *, axes=None, channel_axis=None, nan_policy='propagate', \
                         out=None, progress=None, cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn median<'py>(
    image: &Bound<'py, PyAny>,
    radius: Argument<'py>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    nan_policy: &str,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("median", progress, cancel, num_threads)?;
    run(&[Spec::median(radius, axes, channel_axis, nan_policy)?], image, out, &watch)
}

/// The median as an object: called with an image, picklable, hashable, and joined to others by ``|``.
///
/// Parameters
/// ----------
/// radius, axes, channel_axis, nan_policy
///     As in `median`.
///
/// See Also
/// --------
/// median : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> f = oxitk.Median(1) | oxitk.GradientMagnitude()
/// >>> f(np.array([0, 9, 0, 0], dtype=np.uint8))
/// array([0., 0., 0., 0.], dtype=float32)
#[pyclass(frozen, module = "oxitk.filters", name = "Median")]
pub(crate) struct PyMedian(pub(super) Spec);

filter_methods!(PyMedian {
    #[new]
    #[pyo3(signature = (radius=Argument::default(), *, axes=None, channel_axis=None, nan_policy="propagate"),
           text_signature = "(radius=1, *, axes=None, channel_axis=None, nan_policy='propagate')")]
    fn new(
        radius: Argument<'_>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        nan_policy: &str,
    ) -> PyResult<Self> {
        Ok(Self(Spec::median(radius, axes, channel_axis, nan_policy)?))
    }
});

/// Mean of a box window around each pixel.
///
/// Parameters
/// ----------
/// image : array_like or oxitk.Image
///     Scalars of 1 to 6 axes; bool, integers of 8 to 64 bits, float16, float32 or float64, of any memory
///     layout and byte order. Read, never copied as a whole.
/// radius : int or sequence of int, default 1
///     The window has ``2 * radius + 1`` pixels along an axis. One number, or one for each filtered axis in
///     array order, slowest axis first (ITK's order is the opposite). 0 leaves an axis alone.
/// axes : int or sequence of int, optional
///     The axes to filter along. Default all.
/// channel_axis : int, optional
///     An axis not to filter along, such as the colours of an image. An image of RGB or vector pixels needs
///     ``channel_axis=-1``.
/// dtype : dtype, optional
///     Type of the result: the input's (uint8 for bool), unless given here or by `out`. Integers are truncated toward
///     zero; values that don't fit become the nearest that do, and NaN becomes 0.
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
///     As the input; `out` if it was given. An image keeps its geometry and metadata.
///
/// Raises
/// ------
/// TypeError
///     If a dtype is not supported, or a radius is no integer.
/// ValueError
///     If a radius is negative, there is a wrong number of them, a window has more than 2**24 samples, or `out` does
///     not fit.
/// ProcessAborted
///     If it was cancelled; `out` is half written then.
///
/// See Also
/// --------
/// Mean : The same as an object that can be kept, sent and joined.
///
/// Notes
/// -----
/// Beyond the border the nearest pixel inside counts. Equal to ``itk.mean_image_filter(image, radius=radius)`` to the bit:
/// samples are added in double precision in ITK's order wherever the order can matter. Where it can't (integers, and
/// floats that are multiples of a common step), sums run, and the time does not depend on the radius.
/// ``scipy.ndimage.uniform_filter(image, size=2 * radius + 1, mode="nearest")`` differs by its rounding. Runs without
/// the GIL on all threads (see `set_num_threads`).
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> a = np.array([0, 3, 6, -20], dtype=np.int16)
/// >>> oxitk.mean(a)
/// array([  1,   3,  -3, -11], dtype=int16)
/// >>> oxitk.mean(a, dtype="float64")[:2]
/// array([1., 3.])
#[pyfunction]
#[pyo3(signature = (image, radius=Argument::default(), *, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None),
       text_signature = "(image, radius=1, *, axes=None, channel_axis=None, dtype=None, out=None, progress=None, cancel=None, num_threads=None)")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments")]
pub(crate) fn mean<'py>(
    image: &Bound<'py, PyAny>,
    radius: Argument<'py>,
    axes: Option<&Bound<'py, PyAny>>,
    channel_axis: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, PyAny>>,
    cancel: Option<&Bound<'py, PyAny>>,
    num_threads: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let watch = Watch::new("mean", progress, cancel, num_threads)?;
    run(&[Spec::mean(radius, axes, channel_axis, dtype)?], image, out, &watch)
}

/// The mean as an object: called with an image, picklable, hashable, and joined to others by ``|``.
///
/// Parameters
/// ----------
/// radius, axes, channel_axis, dtype
///     As in `mean`.
///
/// See Also
/// --------
/// mean : The same as a function, with all there is to know.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> oxitk.Mean(2)(np.array([0., 5., 10.]))
/// array([3., 5., 7.])
#[pyclass(frozen, module = "oxitk.filters", name = "Mean")]
pub(crate) struct PyMean(pub(super) Spec);

filter_methods!(PyMean {
    #[new]
    #[pyo3(signature = (radius=Argument::default(), *, axes=None, channel_axis=None, dtype=None),
           text_signature = "(radius=1, *, axes=None, channel_axis=None, dtype=None)")]
    fn new(
        radius: Argument<'_>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self(Spec::mean(radius, axes, channel_axis, dtype)?))
    }
});
