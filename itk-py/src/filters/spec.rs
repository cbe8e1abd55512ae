//! A filter as its arguments: checked at once, built when the number of axes is known.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use itk_core::{Header, PerAxis, PixelType};
use itk_filters::{Filter, GradientMagnitude, Mean, Median, NanPolicy};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::recursion::Recursion;
use crate::arguments::{Argument, Selection, Values, radii, reals};
use crate::convert;

/// A filter with its arguments, before the number of axes is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spec {
    Median { radius: Values<usize>, selection: Selection, nan_policy: NanPolicy },
    GradientMagnitude { spacing: Option<Values<f64>>, selection: Selection, dtype: Option<PixelType> },
    Mean { radius: Values<usize>, selection: Selection, dtype: Option<PixelType> },
    Recursion(Recursion),
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
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = "gradient_magnitude";
        let spacing = spacing.map(|spacing| reals(spacing, name, "spacing")).transpose()?;
        let given = match &spacing {
            None => &[][..],
            Some(Values::One(one)) => std::slice::from_ref(one),
            Some(Values::Each(each)) => each,
        };
        if let Some(bad) = given.iter().find(|s| !(**s > 0.0 && s.is_finite())) {
            let text = format!("{name}: spacing must be positive and finite, got {bad}");
            return Err(PyValueError::new_err(text));
        }
        Ok(Self::GradientMagnitude {
            spacing,
            selection: Selection::new(name, axes, channel_axis)?,
            dtype: dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Median { .. } => "median",
            Self::GradientMagnitude { .. } => "gradient_magnitude",
            Self::Mean { .. } => "mean",
            Self::Recursion(recursion) => recursion.name(),
        }
    }

    pub(super) fn selection(&self) -> &Selection {
        match self {
            Self::Median { selection, .. }
            | Self::GradientMagnitude { selection, .. }
            | Self::Mean { selection, .. } => selection,
            Self::Recursion(recursion) => recursion.selection(),
        }
    }

    /// Whether the components of an image of `rank` axes are filtered one by one: where the last axis of its array is the
    /// `channel_axis`.
    pub(crate) fn leaves_components(&self, rank: usize) -> bool {
        matches!(self.selection().channel_axis, Some(axis) if axis == -1 || axis == rank as i64)
    }

    /// Whether what goes in as bool comes out as bool.
    pub(crate) fn keeps_bool(&self) -> bool {
        matches!(self, Self::Median { .. })
    }

    /// The engine's filter for arrays of this header. `asked` is the result type that `out=` asks for.
    pub(crate) fn build(&self, input: &Header, asked: Option<PixelType>) -> PyResult<Arc<dyn Filter>> {
        let rank = input.rank();
        let chosen = self.selection().resolve(self.name(), rank)?;
        match self {
            Self::Median { radius, nan_policy, .. } => {
                let radius = radius_of(radius, self.name(), rank, &chosen)?;
                Ok(Arc::new(Median::new(radius).nan_policy(*nan_policy)))
            }
            Self::Mean { radius, dtype, .. } => {
                let mean = Mean::new(radius_of(radius, self.name(), rank, &chosen)?);
                Ok(match dtype.or(asked) {
                    Some(pixel_type) => Arc::new(mean.pixel_type(pixel_type)),
                    None => Arc::new(mean),
                })
            }
            Self::GradientMagnitude { spacing, dtype, .. } => {
                let mut filter = GradientMagnitude::new();
                if let Some(spacing) = spacing {
                    spacing.check("gradient_magnitude", "spacing", chosen.len())?;
                    let mut zyx = vec![1.0; rank];
                    chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = spacing.get(i));
                    filter = filter.spacing(PerAxis::zyx(zyx));
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
        let selection = self.selection();
        dict.set_item("channel_axis", selection.channel_axis)?;
        if !matches!(self, Self::Recursion(_)) {
            dict.set_item("axes", selection.axes.clone())?;
        }
        match self {
            Self::Median { radius, nan_policy, .. } => {
                dict.set_item("radius", radius)?;
                dict.set_item("nan_policy", nan_policy.name())?;
            }
            Self::GradientMagnitude { spacing, dtype, .. } => {
                dict.set_item("spacing", spacing.as_ref())?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Mean { radius, dtype, .. } => {
                dict.set_item("radius", radius)?;
                dict.set_item("dtype", dtype.map(PixelType::numpy_name))?;
            }
            Self::Recursion(recursion) => recursion.arguments(&dict)?,
        }
        Ok(dict)
    }

    pub(crate) fn text(&self) -> String {
        let dtype_text =
            |dtype: &Option<PixelType>| dtype.map(|dtype| format!(", dtype='{dtype}'")).unwrap_or_default();
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
                format!("oxitk.Mean({}{}{})", text_of(radius), selection.text(), dtype_text(dtype))
            }
            Self::GradientMagnitude { spacing, selection, dtype } => {
                let spacing = spacing.as_ref().map(|spacing| format!(", spacing={}", text_of(spacing)));
                let all = [spacing.unwrap_or_default(), selection.text(), dtype_text(dtype)].concat();
                format!("oxitk.GradientMagnitude({})", all.trim_start_matches(", "))
            }
            Self::Recursion(recursion) => recursion.text(),
        }
    }
}

/// A number, or a tuple of them, as Python writes it.
fn text_of<V: std::fmt::Debug>(values: &Values<V>) -> String {
    match values {
        Values::One(value) => format!("{value:?}"),
        Values::Each(values) => match &values[..] {
            [one] => format!("({one:?},)"),
            _ => format!(
                "({})",
                values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
            ),
        },
    }
}

/// The radius on every axis: 0 on those that are not `chosen`.
fn radius_of(radius: &Values<usize>, name: &str, rank: usize, chosen: &[usize]) -> PyResult<PerAxis<usize>> {
    radius.check(name, "radius", chosen.len())?;
    Ok(match radius {
        Values::One(radius) if chosen.len() == rank => PerAxis::uniform(*radius),
        _ => {
            let mut zyx = vec![0; rank];
            chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = radius.get(i));
            PerAxis::zyx(zyx)
        }
    })
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
