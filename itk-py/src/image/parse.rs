//! Geometry and metadata as Python gives them.

use itk_core::{Metadata, MetadataValue};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{Values, integers, reals, type_name};

/// One value an axis, from a number or a sequence in xyz order.
pub(crate) fn xyz(object: &Bound<'_, PyAny>, name: &str, rank: usize) -> PyResult<Vec<f64>> {
    let values = reals(object, "image", name)?;
    match values {
        Values::One(value) => Ok(vec![value; rank]),
        Values::Each(values) if values.len() == rank => Ok(values),
        Values::Each(values) => {
            Err(PyValueError::new_err(format!("image: {name} must have {rank} values, got {}", values.len())))
        }
    }
}

/// A square matrix from rows, or from its rows one after the other.
pub(crate) fn matrix(object: &Bound<'_, PyAny>, rank: usize) -> PyResult<Vec<f64>> {
    let wrong = |got: String| {
        PyValueError::new_err(format!(
            "image: direction_xyz must be {rank} rows of {rank} numbers, got {got}"
        ))
    };
    let rows: Vec<Bound<'_, PyAny>> = object
        .try_iter()
        .map_err(|_| {
            let got = type_name(object);
            PyTypeError::new_err(format!(
                "image: direction_xyz must be {rank} rows of {rank} numbers, got {got}"
            ))
        })?
        .take(64)
        .collect::<PyResult<_>>()?;
    let mut numbers = Vec::new();
    for row in &rows {
        match reals(row, "image", "direction_xyz")? {
            Values::One(number) => numbers.push(number),
            Values::Each(row) if row.len() == rank => numbers.extend(row),
            Values::Each(row) => return Err(wrong(format!("a row of {}", row.len()))),
        }
    }
    if numbers.len() == rank * rank { Ok(numbers) } else { Err(wrong(format!("{} numbers", numbers.len()))) }
}

pub(crate) fn index(object: &Bound<'_, PyAny>, rank: usize) -> PyResult<Vec<i64>> {
    let index = integers(object, "image", "index_xyz")?;
    if index.len() == rank {
        return Ok(index);
    }
    Err(PyValueError::new_err(format!("image: index_xyz must have {rank} values, got {}", index.len())))
}

pub(crate) fn metadata_from(dict: &Bound<'_, PyDict>) -> PyResult<Metadata> {
    let mut metadata = Metadata::default();
    for (key, value) in dict {
        let key: String =
            key.extract().map_err(|_| PyTypeError::new_err("image: metadata keys must be str"))?;
        let value = if let Ok(text) = value.extract::<String>() {
            MetadataValue::Text(text)
        } else if let Ok(integer) = value.extract::<i64>() {
            MetadataValue::Integer(integer)
        } else if let Ok(real) = value.extract::<f64>() {
            MetadataValue::Real(real)
        } else {
            let got = type_name(&value);
            let text = format!("image: metadata values must be str, int or float, got {got} under {key:?}");
            return Err(PyTypeError::new_err(text));
        };
        metadata.insert(key, value);
    }
    Ok(metadata)
}
