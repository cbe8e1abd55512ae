//! Regions, as Python sees them.

use std::hash::{DefaultHasher, Hash, Hasher};

use itk_core::Region;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arguments::{Values, integers, radii, type_name};
use crate::errors::to_py;

/// A box of pixels: a start index and a size, both in ITK's order, x (the fastest axis) first.
///
/// Parameters
/// ----------
/// index_xyz : sequence of int
///     The first pixel.
/// size_xyz : sequence of int
///     Pixels along each axis.
///
/// Attributes
/// ----------
/// index_xyz, size_xyz : tuple of int
///     As given.
/// index_zyx, size_zyx : tuple of int
///     The same in numpy's order, slowest axis first.
/// pixels : int
///     Pixels in all.
///
/// Raises
/// ------
/// ValueError
///     If the two have not the same number of axes, 1 to 6, or the end does not fit in 64 bits.
///
/// Notes
/// -----
/// ITK's twin is ``itk.ImageRegion[dimension]``. Regions never change.
///
/// Examples
/// --------
/// >>> from oxitk.pipeline import Region
/// >>> whole = Region((0, 0), (8, 6))
/// >>> Region((5, 5), (2, 1)).pad_by_radius(1).crop(whole)
/// oxitk.pipeline.Region(index_xyz=(4, 4), size_xyz=(4, 2))
#[pyclass(frozen, module = "oxitk.pipeline", name = "Region")]
pub(crate) struct PyRegion(pub(super) Region);

/// A region that an argument is; `what` begins the text of a refusal.
pub(super) fn region(object: &Bound<'_, PyAny>, what: &str) -> PyResult<Region> {
    match object.cast::<PyRegion>() {
        Ok(region) => Ok(region.get().0),
        Err(_) => {
            let got = type_name(object);
            Err(PyTypeError::new_err(format!("{what} must be an oxitk.pipeline.Region, got {got}")))
        }
    }
}

impl PyRegion {
    fn reversed<'py, V: IntoPyObject<'py> + Copy>(
        py: Python<'py>,
        xyz: &[V],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let zyx: Vec<V> = xyz.iter().rev().copied().collect();
        PyTuple::new(py, zyx)
    }

    fn other(&self, object: &Bound<'_, PyAny>) -> PyResult<Region> {
        let other = region(object, "region: the other one")?;
        if other.rank() == self.0.rank() {
            return Ok(other);
        }
        let text = format!("region: the other one must have {} axes, got {}", self.0.rank(), other.rank());
        Err(PyValueError::new_err(text))
    }
}

#[pymethods]
impl PyRegion {
    #[new]
    fn new(index_xyz: &Bound<'_, PyAny>, size_xyz: &Bound<'_, PyAny>) -> PyResult<Self> {
        let index = integers(index_xyz, "region", "index_xyz")?;
        let size: Vec<usize> = integers(size_xyz, "region", "size_xyz")?
            .into_iter()
            .map(|n| {
                let negative = |_| PyValueError::new_err(format!("region: size_xyz must be >= 0, got {n}"));
                usize::try_from(n).map_err(negative)
            })
            .collect::<PyResult<_>>()?;
        Region::new(&index, &size).map(Self).map_err(to_py)
    }

    #[getter]
    fn index_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.index())
    }

    #[getter]
    fn size_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.size())
    }

    #[getter]
    fn index_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        Self::reversed(py, self.0.index())
    }

    #[getter]
    fn size_zyx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        Self::reversed(py, self.0.size())
    }

    #[getter]
    fn pixels(&self) -> usize {
        self.0.pixels()
    }

    /// The region grown on both sides of each axis.
    ///
    /// Parameters
    /// ----------
    /// radius_xyz : int or sequence of int
    ///     Pixels a side; one number for all axes, or one for each, x first.
    ///
    /// Returns
    /// -------
    /// Region
    ///     It may reach outside of the image: see `crop`.
    fn pad_by_radius(&self, radius_xyz: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rank = self.0.rank();
        let radius = match radii(radius_xyz, "region")? {
            Values::One(radius) => vec![radius; rank],
            Values::Each(radii) if radii.len() == rank => radii,
            Values::Each(radii) => {
                let text = format!("region: radius_xyz must be one number or {rank}, got {}", radii.len());
                return Err(PyValueError::new_err(text));
            }
        };
        Ok(Self(self.0.pad_by_radius(&radius)))
    }

    /// The part that lies in another region.
    ///
    /// Parameters
    /// ----------
    /// other : Region
    ///
    /// Returns
    /// -------
    /// Region
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the two have no pixel in common.
    fn crop(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let other = self.other(other)?;
        let nothing =
            || PyValueError::new_err(format!("region: {} and {other} have no pixel in common", self.0));
        self.0.crop(&other).map(Self).ok_or_else(nothing)
    }

    /// Whether another region lies inside; false for one without pixels.
    ///
    /// Parameters
    /// ----------
    /// other : Region
    ///
    /// Returns
    /// -------
    /// bool
    fn contains(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.0.contains(&self.other(other)?))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0.index(), self.0.size()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (index, size) = (self.index_xyz(py)?, self.size_xyz(py)?);
        Ok(format!("oxitk.pipeline.Region(index_xyz={index}, size_xyz={size})"))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let region = slf.get();
        Ok((slf.get_type().into_any(), PyTuple::new(py, [region.index_xyz(py)?, region.size_xyz(py)?])?))
    }
}
