//! Arguments that are one number, or one for each axis.

use std::fmt::Debug;

use itk_core::{PerAxis, PixelType};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arguments::{Values, reals};

/// Refuses numbers that are not positive and finite.
pub(super) fn check_positive(values: &Values<f64>, filter: &str, name: &str) -> PyResult<()> {
    let given = match values {
        Values::One(one) => std::slice::from_ref(one),
        Values::Each(each) => each,
    };
    match given.iter().find(|value| !(**value > 0.0 && value.is_finite())) {
        None => Ok(()),
        Some(bad) => {
            Err(PyValueError::new_err(format!("{filter}: {name} must be positive and finite, got {bad}")))
        }
    }
}

/// A spacing, if there is one.
pub(super) fn spacing(given: Option<&Bound<'_, PyAny>>, filter: &str) -> PyResult<Option<Values<f64>>> {
    let given = given.map(|given| reals(given, filter, "spacing")).transpose()?;
    if let Some(values) = &given {
        check_positive(values, filter, "spacing")?;
    }
    Ok(given)
}

/// The spacing on every axis: 1 on those that are not `chosen`.
pub(super) fn spacing_of(
    spacing: &Values<f64>,
    filter: &str,
    rank: usize,
    chosen: &[usize],
) -> PyResult<PerAxis<f64>> {
    spacing.check(filter, "spacing", chosen.len())?;
    let mut zyx = vec![1.0; rank];
    chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = spacing.get(i));
    Ok(PerAxis::zyx(zyx))
}

/// The radius on every axis: 0 on those that are not `chosen`.
pub(super) fn radius_of(
    radius: &Values<usize>,
    filter: &str,
    rank: usize,
    chosen: &[usize],
) -> PyResult<PerAxis<usize>> {
    radius.check(filter, "radius", chosen.len())?;
    Ok(match radius {
        Values::One(radius) if chosen.len() == rank => PerAxis::uniform(*radius),
        _ => {
            let mut zyx = vec![0; rank];
            chosen.iter().enumerate().for_each(|(i, &axis)| zyx[axis] = radius.get(i));
            PerAxis::zyx(zyx)
        }
    })
}

/// The axis of a filter along one axis, which must be one of those that are `chosen`. It may be counted from the end.
pub(super) fn one_axis(axis: i64, filter: &str, rank: usize, chosen: &[usize]) -> PyResult<usize> {
    let counted = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(counted).ok().filter(|axis| chosen.contains(axis)).ok_or_else(|| {
        PyValueError::new_err(format!(
            "{filter}: axis must be an axis of an array of {rank}, other than channel_axis, got {axis}"
        ))
    })
}

/// A number, or a tuple of them, as Python writes it.
pub(super) fn text_of<V: Debug>(values: &Values<V>) -> String {
    match values {
        Values::One(value) => format!("{value:?}"),
        Values::Each(each) => {
            let each: Vec<String> = each.iter().map(|value| format!("{value:?}")).collect();
            format!("({}{})", each.join(", "), if each.len() == 1 { "," } else { "" })
        }
    }
}

/// As a keyword argument after others, or nothing.
pub(super) fn spacing_text(spacing: Option<&Values<f64>>) -> String {
    spacing.map(|spacing| format!(", spacing={}", text_of(spacing))).unwrap_or_default()
}

/// As a keyword argument after others, or nothing.
pub(super) fn dtype_text(dtype: Option<PixelType>) -> String {
    dtype.map(|dtype| format!(", dtype='{dtype}'")).unwrap_or_default()
}
