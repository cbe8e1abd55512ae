//! A filter as its arguments: checked at once, built when the number of axes is known.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use itk_core::{Axes, Header, PerAxis, PixelType};
use itk_filters::{
    Derivative, Filter, Gradient, GradientMagnitude, Mean, Median, NanPolicy, Precision, Sobel,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::recursion::Recursion;
use super::values::{self, dtype_text, one_axis, radius_of, spacing_of, spacing_text, text_of};
use crate::arguments::{Argument, Selection, Values, integer, radii};
use crate::convert;
use crate::errors::to_py;

/// A filter with its arguments, before the number of axes is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spec {
    Median {
        radius: Values<usize>,
        selection: Selection,
        nan_policy: NanPolicy,
    },
    GradientMagnitude {
        spacing: Option<Values<f64>>,
        selection: Selection,
        precision: Precision,
        dtype: Option<PixelType>,
    },
    Mean {
        radius: Values<usize>,
        selection: Selection,
        dtype: Option<PixelType>,
    },
    Recursion(Recursion),
    Derivative {
        order: usize,
        axis: i64,
        spacing: Option<Values<f64>>,
        selection: Selection,
        dtype: Option<PixelType>,
    },
    Gradient {
        spacing: Option<Values<f64>>,
        use_image_direction: bool,
        dtype: Option<PixelType>,
    },
    Sobel {
        selection: Selection,
        legacy_coefficients: bool,
        dtype: Option<PixelType>,
    },
}

impl Spec {
    pub(super) fn median(
        radius: Argument<'_>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        nan_policy: &str,
    ) -> PyResult<Self> {
        let nan_policy = match nan_policy {
            "propagate" => NanPolicy::Propagate,
            "omit" => NanPolicy::Omit,
            "raise" => NanPolicy::Raise,
            other => {
                return Err(PyValueError::new_err(format!(
                    "median: nan_policy must be 'propagate', 'omit' or 'raise', got {other:?}"
                )));
            }
        };
        let radius = radius.0.map_or(Ok(Values::One(1)), |radius| radii(&radius, "median"))?;
        Ok(Self::Median { radius, selection: Selection::new("median", axes, channel_axis)?, nan_policy })
    }

    pub(super) fn mean(
        radius: Argument<'_>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "mean";
        Ok(Self::Mean {
            radius: radius.0.map_or(Ok(Values::One(1)), |radius| radii(&radius, name))?,
            selection: Selection::new(name, axes, channel_axis)?,
            dtype: dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?,
        })
    }

    pub(super) fn gradient_magnitude(
        spacing: Option<&Bound<'_, PyAny>>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        precision: &str,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "gradient_magnitude";
        Ok(Self::GradientMagnitude {
            spacing: values::spacing(spacing, name)?,
            selection: Selection::new(name, axes, channel_axis)?,
            precision: precision.parse().map_err(to_py)?,
            dtype: dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?,
        })
    }

    pub(super) fn derivative(
        order: Argument<'_>,
        axis: Argument<'_>,
        spacing: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "derivative";
        let whole = |argument: Argument<'_>, what: &str, default: i64| {
            let Some(object) = argument.0 else { return Ok(default) };
            let value = integer(&object, &format!("{name}: {what}"))?;
            let refused =
                |_| PyValueError::new_err(format!("{name}: {what} must lie within 64 bits, got {value}"));
            i64::try_from(value).map_err(refused)
        };
        let (order, axis) = (whole(order, "order", 1)?, whole(axis, "axis", -1)?);
        let refused = |_| PyValueError::new_err(format!("{name}: order must be >= 0, got {order}"));
        Ok(Self::Derivative {
            order: usize::try_from(order).map_err(refused)?,
            axis,
            spacing: values::spacing(spacing, name)?,
            selection: Selection::new(name, None, channel_axis)?,
            dtype: dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?,
        })
    }

    pub(super) fn gradient(
        spacing: Option<&Bound<'_, PyAny>>,
        use_image_direction: bool,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "gradient";
        let dtype = dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?;
        Ok(Self::Gradient { spacing: values::spacing(spacing, name)?, use_image_direction, dtype })
    }

    pub(super) fn sobel(
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        legacy_coefficients: bool,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "sobel";
        let dtype = dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?;
        Ok(Self::Sobel { selection: Selection::new(name, axes, channel_axis)?, legacy_coefficients, dtype })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Median { .. } => "median",
            Self::GradientMagnitude { .. } => "gradient_magnitude",
            Self::Mean { .. } => "mean",
            Self::Recursion(recursion) => recursion.name(),
            Self::Derivative { .. } => "derivative",
            Self::Gradient { .. } => "gradient",
            Self::Sobel { .. } => "sobel",
        }
    }

    /// Which axes are filtered, where that can be chosen.
    fn selection(&self) -> Option<&Selection> {
        match self {
            Self::Median { selection, .. }
            | Self::GradientMagnitude { selection, .. }
            | Self::Mean { selection, .. }
            | Self::Derivative { selection, .. }
            | Self::Sobel { selection, .. } => Some(selection),
            Self::Recursion(recursion) => Some(recursion.selection()),
            Self::Gradient { .. } => None,
        }
    }

    /// Whether the components of an image of `rank` axes are filtered one by one: where the last axis of its array is the
    /// `channel_axis`.
    pub(crate) fn leaves_components(&self, rank: usize) -> bool {
        let channel_axis = self.selection().and_then(|selection| selection.channel_axis);
        channel_axis.is_some_and(|axis| axis == -1 || axis == rank as i64)
    }

    /// Whether what goes in as bool comes out as bool.
    pub(crate) fn keeps_bool(&self) -> bool {
        matches!(self, Self::Median { .. })
    }

    /// The engine's filter for arrays of this header. `asked` is the result type that `out=` asks for.
    pub(crate) fn build(&self, input: &Header, asked: Option<PixelType>) -> PyResult<Arc<dyn Filter>> {
        let rank = input.rank();
        let chosen = match self.selection() {
            Some(selection) => selection.resolve(self.name(), rank)?,
            None => Axes::from_fn(rank, |axis| axis),
        };
        match self {
            Self::Median { radius, nan_policy, .. } => {
                let radius = radius_of(radius, self.name(), rank, &chosen)?;
                Ok(Arc::new(Median::new(radius).nan_policy(*nan_policy)))
            }
            Self::Derivative { order, axis, spacing, dtype, .. } => {
                let axis = one_axis(*axis, self.name(), rank, &chosen)?;
                let mut filter = Derivative::new(*order).axis_xyz(rank - 1 - axis);
                if let Some(spacing) = spacing {
                    filter = filter.spacing(spacing_of(spacing, self.name(), rank, &chosen)?);
                }
                Ok(match dtype.or(asked) {
                    Some(pixel_type) => Arc::new(filter.pixel_type(pixel_type)),
                    None => Arc::new(filter),
                })
            }
            Self::Gradient { spacing, use_image_direction, dtype } => {
                let mut filter = Gradient::new().use_image_direction(*use_image_direction);
                if let Some(spacing) = spacing {
                    filter = filter.spacing(spacing_of(spacing, self.name(), rank, &chosen)?);
                }
                Ok(match dtype.or(asked) {
                    Some(pixel_type) => Arc::new(filter.pixel_type(pixel_type)),
                    None => Arc::new(filter),
                })
            }
            Self::Sobel { legacy_coefficients, dtype, .. } => {
                let along: Vec<bool> = (0..rank).map(|axis| chosen.contains(&axis)).collect();
                let filter = Sobel::new().legacy_coefficients(*legacy_coefficients).axes(PerAxis::zyx(along));
                Ok(match dtype.or(asked) {
                    Some(pixel_type) => Arc::new(filter.pixel_type(pixel_type)),
                    None => Arc::new(filter),
                })
            }
            Self::Mean { radius, dtype, .. } => {
                let mean = Mean::new(radius_of(radius, self.name(), rank, &chosen)?);
                Ok(match dtype.or(asked) {
                    Some(pixel_type) => Arc::new(mean.pixel_type(pixel_type)),
                    None => Arc::new(mean),
                })
            }
            Self::GradientMagnitude { spacing, precision, dtype, .. } => {
                let mut filter = GradientMagnitude::new().precision(*precision);
                if let Some(spacing) = spacing {
                    filter = filter.spacing(spacing_of(spacing, self.name(), rank, &chosen)?);
                }
                if chosen.len() < rank {
                    let along: Vec<bool> = (0..rank).map(|axis| chosen.contains(&axis)).collect();
                    filter = filter.axes(PerAxis::zyx(along));
                }
                if let Some(pixel_type) = dtype.or(asked) {
                    filter = filter.pixel_type(pixel_type);
                }
                Ok(Arc::new(filter))
            }
            Self::Recursion(recursion) => recursion.build(input, &chosen, asked),
        }
    }

    /// The object's constructor arguments, by name.
    pub(super) fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        match self {
            Self::Median { radius, nan_policy, .. } => {
                dict.set_item("radius", radius)?;
                dict.set_item("nan_policy", nan_policy.name())?;
            }
            Self::GradientMagnitude { spacing, precision, dtype, .. } => {
                dict.set_item("spacing", spacing.as_ref())?;
                dict.set_item("precision", precision.name())?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Derivative { order, axis, spacing, dtype, .. } => {
                dict.set_item("order", order)?;
                dict.set_item("axis", axis)?;
                dict.set_item("spacing", spacing.as_ref())?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Gradient { spacing, use_image_direction, dtype } => {
                dict.set_item("spacing", spacing.as_ref())?;
                dict.set_item("use_image_direction", use_image_direction)?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Sobel { legacy_coefficients, dtype, .. } => {
                dict.set_item("legacy_coefficients", legacy_coefficients)?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Mean { radius, dtype, .. } => {
                dict.set_item("radius", radius)?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Recursion(recursion) => recursion.arguments(&dict)?,
        }
        if let Some(selection) = self.selection() {
            dict.set_item("channel_axis", selection.channel_axis)?;
            if !matches!(self, Self::Recursion(_) | Self::Derivative { .. }) {
                dict.set_item("axes", selection.axes.clone())?;
            }
        }
        Ok(dict)
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Median { radius, selection, nan_policy } => {
                let radius = text_of(radius);
                let policy = match nan_policy {
                    NanPolicy::Propagate => String::new(),
                    other => format!(", nan_policy='{other}'"),
                };
                format!("oxitk.Median({radius}{}{policy})", selection.text())
            }
            Self::Mean { radius, selection, dtype } => {
                format!("oxitk.Mean({}{}{})", text_of(radius), selection.text(), dtype_text(*dtype))
            }
            Self::Derivative { order, axis, spacing, selection, dtype } => {
                let (spacing, dtype) = (spacing_text(spacing.as_ref()), dtype_text(*dtype));
                format!("oxitk.Derivative({order}, {axis}{spacing}{}{dtype})", selection.text())
            }
            Self::Gradient { spacing, use_image_direction, dtype } => {
                let direction = if *use_image_direction { "" } else { ", use_image_direction=False" };
                let all = [&*spacing_text(spacing.as_ref()), direction, &*dtype_text(*dtype)].concat();
                format!("oxitk.Gradient({})", all.trim_start_matches(", "))
            }
            Self::Sobel { selection, legacy_coefficients, dtype } => {
                let legacy = if *legacy_coefficients { "" } else { ", legacy_coefficients=False" };
                let all = [&*selection.text(), legacy, &*dtype_text(*dtype)].concat();
                format!("oxitk.Sobel({})", all.trim_start_matches(", "))
            }
            Self::GradientMagnitude { spacing, selection, precision, dtype } => {
                let precision = match precision {
                    Precision::Double => String::new(),
                    other => format!(", precision='{other}'"),
                };
                let spacing = spacing_text(spacing.as_ref());
                let all = [spacing, selection.text(), precision, dtype_text(*dtype)].concat();
                format!("oxitk.GradientMagnitude({})", all.trim_start_matches(", "))
            }
            Self::Recursion(recursion) => recursion.text(),
        }
    }
}

/// Equal filters have equal texts, and so equal hashes.
pub(super) fn hash(specs: &[Spec]) -> u64 {
    let mut hasher = DefaultHasher::new();
    specs.iter().for_each(|spec| spec.text().hash(&mut hasher));
    hasher.finish()
}

/// What pickle calls: `partial(class, **arguments)()`.
pub(super) fn reduce<'py>(
    py: Python<'py>,
    class: &Bound<'py, PyType>,
    spec: &Spec,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
    let partial = py.import("functools")?.getattr("partial")?;
    Ok((partial.call((class,), Some(&spec.arguments(py)?))?, PyTuple::empty(py)))
}
