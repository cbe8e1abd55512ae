//! What is known of an image before there are pixels, as Python sees it.

use itk_core::pipeline::Information;
use itk_core::{Header, Metadata, PixelKind, Region};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::region::{PyRegion, region};
use crate::arguments::integer;
use crate::convert;
use crate::errors::to_py;
use crate::image::parse::{matrix, metadata_from, xyz};
use crate::image::{rows, value_to_py};

/// All there is to an image but its pixels: size, geometry, pixel type, metadata.
///
/// Parameters
/// ----------
/// region : Region
///     The whole image.
/// dtype : dtype
///     Type of each component.
/// spacing_xyz, origin_xyz : float or sequence of float, optional
///     In ITK's order, x first. Default 1 and 0.
/// direction_xyz : sequence of sequence of float, optional
///     Rows of the matrix whose column j is the direction of axis j. Default the identity.
/// pixel_kind : str, default 'scalar'
///     As in `oxitk.Image.from_array`.
/// components : int, default 1
///     Components a pixel.
/// metadata : dict, optional
///     Keys are str; values str, int or float.
///
/// Raises
/// ------
/// TypeError
///     If the dtype is not supported.
/// ValueError
///     If the geometry is impossible, or has a wrong number of values.
///
/// Examples
/// --------
/// >>> from oxitk.pipeline import Information, Region
/// >>> Information(Region((0, 0), (640, 480)), "uint16", spacing_xyz=0.5).shape
/// (480, 640)
#[pyclass(frozen, module = "oxitk.pipeline", name = "Information")]
pub(crate) struct PyInformation {
    pub(super) information: Information,
    pub(super) is_bool: bool,
}

impl PyInformation {
    fn header(&self) -> &Header {
        &self.information.header
    }
}

#[pymethods]
impl PyInformation {
    #[new]
    #[pyo3(signature = (region, dtype, *, spacing_xyz=None, origin_xyz=None, direction_xyz=None,
                        pixel_kind="scalar", components=None, metadata=None),
           text_signature = "(region, dtype, *, spacing_xyz=None, origin_xyz=None, direction_xyz=None, \
                             pixel_kind='scalar', components=1, metadata=None)")]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments")]
    fn new(
        #[pyo3(from_py_with = whole_region)] region: Region,
        dtype: &Bound<'_, PyAny>,
        spacing_xyz: Option<&Bound<'_, PyAny>>,
        origin_xyz: Option<&Bound<'_, PyAny>>,
        direction_xyz: Option<&Bound<'_, PyAny>>,
        pixel_kind: &str,
        components: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let pixel_type = convert::requested_type(dtype, "information")?;
        let kind: PixelKind = pixel_kind.parse().map_err(to_py)?;
        let components = match components {
            Some(components) => {
                let what = "information: components";
                let components = integer(components, what)?;
                let wrong = |_| PyValueError::new_err(format!("{what} must be at least 1, got {components}"));
                usize::try_from(components).map_err(wrong)?
            }
            None => 1,
        };
        let header = Header::new(pixel_type, region.size()).and_then(|h| h.with_components(kind, components));
        let mut header = header.map_err(to_py)?;
        header.region = region;
        let rank = region.rank();
        let mut geometry = header.geometry;
        if let Some(spacing) = spacing_xyz {
            geometry = geometry.with_spacing(&xyz(spacing, "spacing_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(origin) = origin_xyz {
            geometry = geometry.with_origin(&xyz(origin, "origin_xyz", rank)?).map_err(to_py)?;
        }
        if let Some(direction) = direction_xyz {
            geometry = geometry.with_direction(&matrix(direction, rank)?).map_err(to_py)?;
        }
        header.geometry = geometry;
        let metadata = metadata.map_or(Ok(Metadata::default()), metadata_from)?;
        Ok(Self { information: Information { header, metadata }, is_bool: false })
    }

    /// The whole image.
    #[getter]
    fn region(&self) -> PyRegion {
        PyRegion(self.header().region)
    }

    /// As numpy's, slowest axis first; components last where a pixel has several.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.header().array_size().reversed().iter())
    }

    /// Type of each component.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        convert::dtype(py, self.header().pixel_type, self.is_bool).into_any()
    }

    /// What the components mean.
    #[getter]
    fn pixel_kind(&self) -> &'static str {
        self.header().kind.name()
    }

    /// Components a pixel.
    #[getter]
    fn components(&self) -> usize {
        self.header().components
    }

    /// Distance between pixels along each axis, x first.
    #[getter]
    fn spacing_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.header().geometry.spacing())
    }

    /// Position of index 0, x first.
    #[getter]
    fn origin_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.header().geometry.origin())
    }

    /// Rows of the direction matrix; column j is the direction of axis j.
    #[getter]
    fn direction_xyz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let geometry = &self.header().geometry;
        rows(py, &geometry.direction(), geometry.rank())
    }

    /// A copy of the metadata dictionary.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in self.information.metadata.iter() {
            dict.set_item(key, value_to_py(py, value)?)?;
        }
        Ok(dict)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().information == self.information)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let header = self.header();
        let kind = match header.kind {
            PixelKind::Scalar => String::new(),
            kind => format!(", pixel_kind='{}', components={}", kind.name(), header.components),
        };
        Ok(format!(
            "oxitk.pipeline.Information({}, '{}', spacing_xyz={}, origin_xyz={}{kind})",
            Bound::new(py, self.region())?.repr()?,
            self.dtype(py),
            self.spacing_xyz(py)?,
            self.origin_xyz(py)?,
        ))
    }
}

fn whole_region(object: &Bound<'_, PyAny>) -> PyResult<Region> {
    region(object, "information: region")
}
