//! The arguments of the recursive filters.

use std::sync::Arc;

use itk_core::{Header, PerAxis, PixelType};
use itk_filters::{
    Filter, GaussianOrder, GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::values::{self, check_positive, dtype_text, one_axis, spacing_text, text_of};
use crate::arguments::{Argument, Selection, Values, integer, reals};
use crate::convert;

/// A recursive filter with its arguments, before the number of axes is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recursion {
    kind: Kind,
    sigma: Values<f64>,
    spacing: Option<Values<f64>>,
    selection: Selection,
    dtype: Option<PixelType>,
}

/// Which one it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Along one axis, in array order, counted from the end where it is negative.
    Line {
        order: u8,
        axis: i64,
        normalize_across_scale: bool,
    },
    Smoothing,
    Gradient {
        normalize_across_scale: bool,
    },
}

impl Kind {
    /// The filter along one axis.
    pub(super) fn line(
        order: Argument<'_>,
        axis: Argument<'_>,
        normalize_across_scale: bool,
    ) -> PyResult<Self> {
        let one = |argument: Argument<'_>, what: &str, default: i128| {
            argument.0.map_or(Ok(default), |object| integer(&object, &format!("recursive_gaussian: {what}")))
        };
        let (order, axis) = (one(order, "order", 0)?, one(axis, "axis", -1)?);
        let order = u8::try_from(order).ok().filter(|&order| order < 3).ok_or_else(|| {
            PyValueError::new_err(format!("recursive_gaussian: order must be 0, 1 or 2, got {order}"))
        })?;
        let axis = i64::try_from(axis).map_err(|_| {
            PyValueError::new_err(format!(
                "recursive_gaussian: axis must be an axis of the array, got {axis}"
            ))
        })?;
        Ok(Self::Line { order, axis, normalize_across_scale })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Line { .. } => "recursive_gaussian",
            Self::Smoothing => "smoothing_recursive_gaussian",
            Self::Gradient { .. } => "gradient_magnitude_recursive_gaussian",
        }
    }
}

impl Recursion {
    pub(super) fn new(
        kind: Kind,
        sigma: Argument<'_>,
        spacing: Option<&Bound<'_, PyAny>>,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = kind.name();
        let sigma = sigma.0.map_or(Ok(Values::One(1.0)), |sigma| reals(&sigma, name, "sigma"))?;
        check_positive(&sigma, name, "sigma")?;
        if let (Values::Each(_), false) = (&sigma, kind == Kind::Smoothing) {
            return Err(PyValueError::new_err(format!("{name}: sigma must be one number")));
        }
        let spacing = values::spacing(spacing, name)?;
        let selection = Selection::new(name, axes, channel_axis)?;
        let dtype = dtype.map(|dtype| convert::requested_type(dtype, name)).transpose()?;
        Ok(Self { kind, sigma, spacing, selection, dtype })
    }

    pub(super) fn name(&self) -> &'static str {
        self.kind.name()
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The engine's filter for arrays of this header, of which these axes are filtered.
    pub(super) fn build(
        &self,
        input: &Header,
        chosen: &[usize],
        asked: Option<PixelType>,
    ) -> PyResult<Arc<dyn Filter>> {
        let (name, rank) = (self.name(), input.rank());
        let chosen = match self.kind {
            Kind::Line { axis, .. } => vec![one_axis(axis, name, rank, chosen)?],
            _ => chosen.to_vec(),
        };
        let zyx = |values: &Values<f64>, what: &str| {
            values.check(name, what, chosen.len())?;
            let mut zyx = vec![1.0; rank];
            chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = values.get(i));
            PyResult::Ok(PerAxis::zyx(zyx))
        };
        let spacing = self.spacing.as_ref().map(|spacing| zyx(spacing, "spacing")).transpose()?;
        let along = PerAxis::zyx((0..rank).map(|axis| chosen.contains(&axis)).collect::<Vec<_>>());
        let pixel_type = self.dtype.or(asked);
        macro_rules! finish {
            ($filter:expr) => {{
                let mut filter = $filter;
                if let Some(spacing) = spacing {
                    filter = filter.spacing(spacing);
                }
                if let Some(pixel_type) = pixel_type {
                    filter = filter.pixel_type(pixel_type);
                }
                Ok(Arc::new(filter))
            }};
        }
        match self.kind {
            Kind::Line { order, normalize_across_scale, .. } => {
                let order =
                    [GaussianOrder::Zero, GaussianOrder::First, GaussianOrder::Second][order as usize];
                finish!(
                    RecursiveGaussian::new(self.sigma.get(0))
                        .order(order)
                        .axis_xyz(rank - 1 - chosen[0])
                        .normalize_across_scale(normalize_across_scale)
                )
            }
            Kind::Smoothing => {
                let sigma = zyx(&self.sigma, "sigma")?;
                finish!(SmoothingRecursiveGaussian::new(sigma).axes(along))
            }
            Kind::Gradient { normalize_across_scale } => finish!(
                GradientMagnitudeRecursiveGaussian::new(self.sigma.get(0))
                    .axes(along)
                    .normalize_across_scale(normalize_across_scale)
            ),
        }
    }

    /// The object's constructor arguments, by name, but for those of the selection.
    pub(super) fn arguments(&self, dict: &Bound<'_, PyDict>) -> PyResult<()> {
        dict.set_item("sigma", &self.sigma)?;
        dict.set_item("spacing", self.spacing.as_ref())?;
        dict.set_item("dtype", self.dtype.map(PixelType::numpy_name))?;
        match self.kind {
            Kind::Line { order, axis, normalize_across_scale } => {
                dict.set_item("order", order)?;
                dict.set_item("axis", axis)?;
                dict.set_item("normalize_across_scale", normalize_across_scale)
            }
            Kind::Smoothing => dict.set_item("axes", self.selection.axes.clone()),
            Kind::Gradient { normalize_across_scale } => {
                dict.set_item("axes", self.selection.axes.clone())?;
                dict.set_item("normalize_across_scale", normalize_across_scale)
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = match self.kind {
            Kind::Line { .. } => "oxitk.RecursiveGaussian(",
            Kind::Smoothing => "oxitk.SmoothingRecursiveGaussian(",
            Kind::Gradient { .. } => "oxitk.GradientMagnitudeRecursiveGaussian(",
        }
        .to_owned();
        text.push_str(&text_of(&self.sigma));
        let normalizes = match self.kind {
            Kind::Line { order, axis, normalize_across_scale } => {
                if order > 0 {
                    text.push_str(&format!(", order={order}"));
                }
                if axis != -1 {
                    text.push_str(&format!(", axis={axis}"));
                }
                normalize_across_scale
            }
            Kind::Smoothing => false,
            Kind::Gradient { normalize_across_scale } => normalize_across_scale,
        };
        if normalizes {
            text.push_str(", normalize_across_scale=True");
        }
        text + &spacing_text(self.spacing.as_ref()) + &self.selection.text() + &dtype_text(self.dtype) + ")"
    }
}
