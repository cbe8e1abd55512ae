//! `oxitk.Image`: pixels that Python and Rust share, with geometry and metadata.

use itk_core::{AnyImage, Geometry, Header, Image, Metadata, MetadataValue, Pixel, PixelKind, Region, Visit};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::arguments::{Values, reals};
use crate::convert::{self, ForeignArray};
use crate::errors::to_py;
use crate::kernel::{self, Kernel};
use crate::preview;
use crate::watch::Watch;

mod html;
pub(crate) mod parse;

use parse::{index, matrix, metadata_from, xyz};

/// An image: pixels with spacing, origin, direction, start index and metadata.
///
/// Made by `Image.from_array`, `imread`, or a filter. ``numpy.asarray(image)`` shows the pixels without copying
/// them. Attributes that end in ``_xyz`` are in ITK's order, x (the fastest axis) first, those in ``_zyx`` in
/// numpy's. Geometry never changes; pixels may be written through numpy where the memory is writable.
///
/// Attributes
/// ----------
/// shape : tuple of int
///     As numpy's, slowest axis first; components last where a pixel has several.
/// ndim : int
///     Number of entries of `shape`.
/// dtype : numpy.dtype
///     Type of each component.
/// size_xyz : tuple of int
///     Pixels along each axis; components are not an axis.
/// index_xyz, index_zyx : tuple of int
///     Index of the first pixel.
/// spacing_xyz, spacing_zyx : tuple of float
///     Distance between pixels along each axis.
/// origin_xyz, origin_zyx : tuple of float
///     Position of index 0.
/// direction_xyz, direction_zyx : tuple of tuple of float
///     Rows of the direction matrix; column j is the direction of axis j.
/// pixel_kind : str
///     What the components mean: ``'scalar'``, ``'rgb'``, ``'rgba'``, ``'vector'``, …
/// components : int
///     Components a pixel.
/// metadata : dict
///     A copy of the metadata dictionary.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk
/// >>> image = oxitk.Image.from_array(np.zeros((2, 3, 4), np.uint8), spacing_xyz=(1, 1, 2.5))
/// >>> image.spacing_zyx
/// (2.5, 1.0, 1.0)
#[pyclass(frozen, weakref, module = "oxitk.image", name = "Image")]
pub(crate) struct PyImage {
    image: AnyImage,
    is_bool: bool,
}

impl PyImage {
    /// Shares the image's memory with Python from now on. `is_bool` says that numpy shows u8 as bool.
    pub(crate) fn new(image: AnyImage, is_bool: bool) -> itk_core::Result<Self> {
        Ok(Self { image: convert::share(image)?, is_bool })
    }

    pub(crate) fn is_bool(&self) -> bool {
        self.is_bool
    }

    pub(crate) fn image(&self) -> &AnyImage {
        &self.image
    }

    fn geometry(&self) -> Geometry {
        self.image.header().geometry
    }
}

pub(crate) fn value_to_py<'py>(py: Python<'py>, value: &MetadataValue) -> PyResult<Bound<'py, PyAny>> {
    match value {
        MetadataValue::Text(text) => text.into_bound_py_any(py),
        MetadataValue::Integer(integer) => integer.into_bound_py_any(py),
        MetadataValue::Real(real) => real.into_bound_py_any(py),
    }
}

fn zyx<'py, V: IntoPyObject<'py> + Copy>(py: Python<'py>, xyz: &[V]) -> PyResult<Bound<'py, PyTuple>> {
    let values: Vec<V> = xyz.iter().rev().copied().collect();
    PyTuple::new(py, values)
}

pub(crate) fn rows<'py>(py: Python<'py>, matrix: &[f64], rank: usize) -> PyResult<Bound<'py, PyTuple>> {
    let rows = matrix.chunks(rank).map(|row| PyTuple::new(py, row)).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, rows)
}

/// An image with another header over the same pixels.
struct Relabel<'a> {
    header: &'a Header,
    metadata: &'a Metadata,
}

impl Visit for Relabel<'_> {
    type Out = itk_core::Result<AnyImage>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        let relabelled = Image::from_buffer(self.header, image.buffer().clone())?;
        Ok(T::erase(relabelled.with_metadata(self.metadata.clone())))
    }
}

/// An image with pixels of its own.
struct Copied;

impl Visit for Copied {
    type Out = itk_core::Result<AnyImage>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        let buffer = itk_core::Buffer::copy_of(image.view())?;
        let copy = Image::from_buffer(&image.header(), buffer)?;
        Ok(T::erase(copy.with_metadata(image.metadata().clone())))
    }
}

#[pymethods]
impl PyImage {
    /// Make an image of an array.
    ///
    /// Parameters
    /// ----------
    /// a : array_like
    ///     1 to 6 axes, slowest first, and the components last unless `pixel_kind` is ``'scalar'``.
    /// copy : bool, default False
    ///     False shares the array's memory, whatever its layout; writing to one changes the other, and the
    ///     image of a read-only array is read-only. True copies.
    /// spacing_xyz, origin_xyz : float or sequence of float, optional
    ///     In ITK's order, x first. Default 1 and 0.
    /// direction_xyz : sequence of sequence of float, optional
    ///     Rows of the matrix whose column j is the direction of axis j. Default the identity.
    /// index_xyz : sequence of int, optional
    ///     Index of the first pixel. Default 0.
    /// pixel_kind : str, default 'scalar'
    ///     ``'scalar'``, ``'complex'``, ``'rgb'``, ``'rgba'``, ``'vector'``, ``'covariant_vector'``, ``'point'``,
    ///     ``'symmetric_tensor'`` or ``'variable_length'``.
    /// metadata : dict, optional
    ///     Keys are str; values str, int or float.
    ///
    /// Returns
    /// -------
    /// oxitk.Image
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If the dtype is not supported.
    /// ValueError
    ///     If the geometry is impossible or has a wrong number of values; if memory with swapped bytes, or
    ///     that is no array yet, cannot be shared.
    ///
    /// Notes
    /// -----
    /// ITK's twins are ``itk.image_view_from_array(a)`` and, with ``copy=True``, ``itk.image_from_array(a)``.
    ///
    /// Examples
    /// --------
    /// >>> import numpy as np, oxitk
    /// >>> a = np.zeros((2, 3), np.float32)
    /// >>> image = oxitk.Image.from_array(a, origin_xyz=(10, 20))
    /// >>> a[0, 0] = 5
    /// >>> float(np.asarray(image)[0, 0])
    /// 5.0
    #[classmethod]
    #[pyo3(signature = (a, copy=false, *, spacing_xyz=None, origin_xyz=None, direction_xyz=None, index_xyz=None,
                        pixel_kind="scalar", metadata=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments")]
    fn from_array(
        _class: &Bound<'_, PyType>,
        a: &Bound<'_, PyAny>,
        copy: bool,
        spacing_xyz: Option<&Bound<'_, PyAny>>,
        origin_xyz: Option<&Bound<'_, PyAny>>,
        direction_xyz: Option<&Bound<'_, PyAny>>,
        index_xyz: Option<&Bound<'_, PyAny>>,
        pixel_kind: &str,
        metadata: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = a.py();
        let kind: PixelKind = pixel_kind.parse().map_err(to_py)?;
        let array = ForeignArray::new(&convert::as_array(a, "image")?, "image")?;
        if array.strides.swapped && !copy {
            return Err(PyValueError::new_err(
                "image: an array with swapped bytes cannot be shared; pass copy=True, \
                 or convert it with a.astype(a.dtype.newbyteorder('='))",
            ));
        }
        let is_bool = array.is_bool;
        let image = array.into_image(kind)?;
        let mut header = image.header();
        let rank = header.rank();
        if let Some(spacing) = spacing_xyz {
            header.geometry =
                header.geometry.with_spacing(&xyz(spacing, "spacing_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(origin) = origin_xyz {
            header.geometry =
                header.geometry.with_origin(&xyz(origin, "origin_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(direction) = direction_xyz {
            header.geometry = header.geometry.with_direction(&matrix(direction, rank)?).map_err(to_py)?;
        }
        if let Some(start) = index_xyz {
            header.region = Region::new(&index(start, rank)?, header.region.size()).map_err(to_py)?;
        }
        let metadata = metadata.map_or(Ok(Metadata::default()), metadata_from)?;
        let image = image.visit(Relabel { header: &header, metadata: &metadata }).map_err(to_py)?;
        let image = match copy {
            true => kernel::run(py, Kernel::ImageFromArray, &Watch::default(), |_| image.visit(Copied))?,
            false => image,
        };
        Self::new(image, is_bool).map_err(to_py)
    }

    /// A copy with pixels of its own.
    ///
    /// Returns
    /// -------
    /// oxitk.Image
    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        let copy = kernel::run(py, Kernel::ImageCopy, &Watch::default(), |_| self.image.visit(Copied))?;
        Self::new(copy, self.is_bool).map_err(to_py)
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        zyx(py, &self.image.header().array_size())
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.image.header().array_size().len()
    }

    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(convert::dtype(py, self.image.header().pixel_type, self.is_bool).into_any())
    }

    #[getter]
    fn size_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.image.header().region.size())
    }

    #[getter]
    fn index_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.image.header().region.index())
    }

    #[getter]
    fn index_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        zyx(py, self.image.header().region.index())
    }

    #[getter]
    fn spacing_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.geometry().spacing())
    }

    #[getter]
    fn spacing_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        zyx(py, self.geometry().spacing())
    }

    #[getter]
    fn origin_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.geometry().origin())
    }

    #[getter]
    fn origin_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        zyx(py, self.geometry().origin())
    }

    #[getter]
    fn direction_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let geometry = self.geometry();
        rows(py, &geometry.direction(), geometry.rank())
    }

    #[getter]
    fn direction_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        // Both axes of the matrix turn: reversing all its entries does that.
        let geometry = self.geometry();
        let reversed: Vec<f64> = geometry.direction().into_iter().rev().collect();
        rows(py, &reversed, geometry.rank())
    }

    #[getter]
    fn pixel_kind(&self) -> &'static str {
        self.image.header().kind.name()
    }

    #[getter]
    fn components(&self) -> usize {
        self.image.header().components
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in self.image.metadata().iter() {
            dict.set_item(key, value_to_py(py, value)?)?;
        }
        Ok(dict)
    }

    /// The metadata value under a key.
    ///
    /// Raises
    /// ------
    /// oxitk.MetadataKeyError
    ///     If there is none; a KeyError and, as ITK's, a RuntimeError.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
        value_to_py(py, self.image.metadata().get(key).map_err(to_py)?)
    }

    // Without this, Python would iterate by asking for item 0, 1, ….
    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("an image is not iterable; use numpy.asarray(image)"))
    }

    /// The position of a pixel.
    ///
    /// Parameters
    /// ----------
    /// index_xyz : sequence of int
    ///
    /// Returns
    /// -------
    /// tuple of float
    ///     In xyz order; ITK's ``TransformIndexToPhysicalPoint``.
    fn transform_index_to_physical_point<'py>(
        &self,
        index_xyz: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let geometry = self.geometry();
        let index = index(index_xyz, geometry.rank())?;
        PyTuple::new(index_xyz.py(), geometry.index_to_physical(&index).iter())
    }

    /// The index of the pixel nearest to a position; it may lie outside of the image.
    ///
    /// Parameters
    /// ----------
    /// point_xyz : sequence of float
    ///
    /// Returns
    /// -------
    /// tuple of int
    ///     In xyz order; halves are rounded up. ITK's ``TransformPhysicalPointToIndex``.
    fn transform_physical_point_to_index<'py>(
        &self,
        point_xyz: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let geometry = self.geometry();
        let point = match reals(point_xyz, "image", "point_xyz")? {
            Values::Each(point) if point.len() == geometry.rank() => point,
            _ => {
                let text = format!("image: point_xyz must have {} values", geometry.rank());
                return Err(PyValueError::new_err(text));
            }
        };
        // Beyond 2**62, or for NaN, there is no index that could be told from others.
        if !geometry.physical_to_continuous_index(&point).iter().all(|i| i.abs() < (1u64 << 62) as f64) {
            return Err(PyValueError::new_err(format!("image: point_xyz {point:?} has no index")));
        }
        PyTuple::new(point_xyz.py(), geometry.physical_to_index(&point).iter())
    }

    /// The pixels as an array over the same memory.
    #[pyo3(signature = (dtype=None, *, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let array = convert::array_over(py, &slf.get().image, slf.clone().into_any(), slf.get().is_bool)?;
        convert::cast(array, dtype, copy)
    }

    /// The pixels for another array library, over the same memory.
    #[pyo3(signature = (**options))]
    fn __dlpack__<'py>(
        slf: &Bound<'py, Self>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::__array__(slf, None, None)?.call_method("__dlpack__", (), options)
    }

    /// The CPU, in DLPack's words.
    fn __dlpack_device__(&self) -> (i32, i32) {
        (1, 0)
    }

    /// As numpy's arrays: the copy has pixels of its own.
    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        self.copy(py)
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.copy(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, image) = (slf.py(), slf.get());
        let arguments = PyDict::new(py);
        arguments.set_item("spacing_xyz", image.spacing_xyz(py)?)?;
        arguments.set_item("origin_xyz", image.origin_xyz(py)?)?;
        arguments.set_item("direction_xyz", image.direction_xyz(py)?)?;
        arguments.set_item("index_xyz", image.index_xyz(py)?)?;
        arguments.set_item("pixel_kind", image.pixel_kind())?;
        arguments.set_item("metadata", image.metadata(py)?)?;
        let make = py.get_type::<Self>().getattr("from_array")?;
        let partial = py.import("functools")?.getattr("partial")?.call((make,), Some(&arguments))?;
        let array = Self::__array__(slf, None, None)?;
        Ok((partial, PyTuple::new(py, [array])?))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (py, image) = (slf.py(), slf.get());
        let header = image.image.header();
        let kind = match header.kind {
            PixelKind::Scalar => String::new(),
            kind => format!(", pixel_kind='{}'", kind.name()),
        };
        let index = match header.region.index().iter().all(|&i| i == 0) {
            true => String::new(),
            false => format!(", index_xyz={}", image.index_xyz(py)?),
        };
        let dtype = image.dtype(py)?;
        Ok(format!(
            "oxitk.Image(shape={}, dtype={dtype}{kind}, spacing_xyz={}, origin_xyz={}{index})",
            image.shape(py)?,
            image.spacing_xyz(py)?,
            image.origin_xyz(py)?,
        ))
    }

    /// The middle slices as a PNG picture, for notebooks.
    fn _repr_png_(&self, py: Python<'_>) -> PyResult<Option<Vec<u8>>> {
        if self.image.header().region.pixels() == 0 {
            return Ok(None);
        }
        kernel::run(py, Kernel::ImagePreview, &Watch::default(), |_| {
            Ok(Some(preview::encode_png(&preview::panel(&self.image)?)))
        })
    }

    /// The middle slices and a table of the geometry, for notebooks.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        html::page(slf)
    }
}
