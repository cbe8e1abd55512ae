//! A filter as its arguments: checked at once, built when the number of axes is known.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use itk_core::{Header, PerAxis, PixelType};
use itk_filters::{Filter, GradientMagnitude, Median, NanPolicy};
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
            Self::Recursion(recursion) => recursion.name(),
        }
    }

    pub(super) fn selection(&self) -> &Selection {
        match self {
            Self::Median { selection, .. } | Self::GradientMagnitude { selection, .. } => selection,
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
                radius.check("median", "radius", chosen.len())?;
                let radius = match radius {
                    Values::One(radius) if chosen.len() == rank => PerAxis::uniform(*radius),
                    _ => {
                        let mut zyx = vec![0; rank];
                        chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = radius.get(i));
                        PerAxis::zyx(zyx)
                    }
                };
                Ok(Arc::new(Median::new(radius).nan_policy(*nan_policy)))
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
            Self::Recursion(recursion) => recursion.arguments(&dict)?,
        }
        Ok(dict)
    }

    pub(crate) fn text(&self) -> String {
        let tuple = |values: Vec<String>| match &values[..] {
            [one] => format!("({one},)"),
            _ => format!("({})", values.join(", ")),
        };
        match self {
            Self::Median { radius, selection, nan_policy } => {
                let radius = match radius {
                    Values::One(radius) => radius.to_string(),
                    Values::Each(radii) => tuple(radii.iter().map(usize::to_string).collect()),
                };
                let policy = match nan_policy {
                    NanPolicy::Propagate => String::new(),
                    other => format!(", nan_policy='{other}'"),
                };
                format!("oxitk.Median({radius}{}{policy})", selection.text())
            }
            Self::GradientMagnitude { spacing, selection, dtype } => {
                let spacing = spacing.as_ref().map(|spacing| match spacing {
                    Values::One(spacing) => format!(", spacing={spacing:?}"),
                    Values::Each(each) => {
                        format!(", spacing={}", tuple(each.iter().map(|s| format!("{s:?}")).collect()))
                    }
                });
                let dtype = dtype.map(|dtype| format!(", dtype='{dtype}'"));
                let all = [spacing.unwrap_or_default(), selection.text(), dtype.unwrap_or_default()].concat();
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
