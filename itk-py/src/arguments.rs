//! Arguments with a value an axis, in array order, slowest axis first.

use itk_core::Axes;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PySequence, PyString, PyTuple};

/// One value for all axes, or one for each that is filtered, in array order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values<V> {
    One(V),
    Each(Vec<V>),
}

impl<V: Copy> Values<V> {
    /// The value of the `i`th of `count` axes, or a refusal when there is another number of values.
    pub(crate) fn check(&self, filter: &str, name: &str, count: usize) -> PyResult<()> {
        match self {
            Self::Each(values) if values.len() != count => Err(PyValueError::new_err(format!(
                "{filter}: {name} must be one number or {count}, one for each filtered axis, got {}",
                values.len()
            ))),
            _ => Ok(()),
        }
    }

    pub(crate) fn get(&self, i: usize) -> V {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values[i],
        }
    }
}

impl<'py, V: IntoPyObject<'py> + Clone> IntoPyObject<'py> for &Values<V> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    /// A number, or a tuple of them.
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Values::One(value) => value.clone().into_bound_py_any(py),
            Values::Each(values) => Ok(PyTuple::new(py, values.iter().cloned())?.into_any()),
        }
    }
}

/// An argument that may be left out, though `None` is not a value of it.
#[derive(Default)]
pub(crate) struct Argument<'py>(pub(crate) Option<Bound<'py, PyAny>>);

impl<'py> FromPyObject<'_, 'py> for Argument<'py> {
    type Error = std::convert::Infallible;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Self::Error> {
        Ok(Self(Some(object.to_owned())))
    }
}

/// The name of an object's type, for texts.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "an object".into(), |name| name.to_string())
}

/// The value of Python's own int, as arguments mostly are; `None` for all else and for what needs more bits.
fn plain_integer(object: &Bound<'_, PyAny>) -> Option<i64> {
    object.cast_exact::<PyInt>().ok()?.extract().ok()
}

/// A whole number; numpy's count, bool does not. `what` begins the text of a refusal.
pub(crate) fn integer(object: &Bound<'_, PyAny>, what: &str) -> PyResult<i128> {
    if let Some(value) = plain_integer(object) {
        return Ok(value.into());
    }
    let py = object.py();
    let wrong = || PyTypeError::new_err(format!("{what} must be an integer, got {}", type_name(object)));
    if object.is_instance_of::<PyBool>() || is_numpy_bool(object)? {
        return Err(wrong());
    }
    let index = object.call_method0("__index__").map_err(|error| {
        // Any other error is the object's own, and its owner wants to see it.
        let no_integer =
            error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyAttributeError>(py);
        if no_integer { wrong() } else { error }
    })?;
    index
        .extract()
        .map_err(|_| PyValueError::new_err(format!("{what} must be less than 2**63, got {object}")))
}

fn is_numpy_bool(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = object.get_type();
    Ok(class.module()? == "numpy" && matches!(class.name()?.to_str()?, "bool" | "bool_"))
}

/// A number; what has `__float__` counts, text does not.
fn real(object: &Bound<'_, PyAny>, what: &str) -> PyResult<f64> {
    object.extract().map_err(|error: PyErr| {
        if !error.is_instance_of::<PyTypeError>(object.py()) {
            return error;
        }
        PyTypeError::new_err(format!("{what} must be a number, got {}", type_name(object)))
    })
}

/// The items of a sequence or array; `None` for anything else, such as a number.
fn items<'py>(object: &Bound<'py, PyAny>, what: &str) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    if object.is_exact_instance_of::<PyInt>() || object.is_exact_instance_of::<PyFloat>() {
        return Ok(None);
    }
    let text = object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>();
    let array =
        || object.getattr("ndim").is_ok_and(|ndim| ndim.extract::<usize>().is_ok_and(|ndim| ndim > 0));
    if text || !(object.cast::<PySequence>().is_ok() || array()) {
        return Ok(None);
    }
    let items: Vec<_> = object.try_iter()?.take(65).collect::<PyResult<_>>()?;
    if items.len() > 64 {
        return Err(PyValueError::new_err(format!("{what} has more values than an array has axes")));
    }
    Ok(Some(items))
}

/// Radii: whole numbers from 0 on.
pub(crate) fn radii(object: &Bound<'_, PyAny>, filter: &str) -> PyResult<Values<usize>> {
    if let Some(radius @ 0..) = plain_integer(object) {
        return Ok(Values::One(radius as usize));
    }
    let what = format!("{filter}: radius");
    let radius = |object: &Bound<'_, PyAny>, axis: usize| {
        let value = integer(object, &what)?;
        if value < 0 {
            return Err(PyValueError::new_err(format!("{what} must be >= 0, got {value} (axis {axis})")));
        }
        i64::try_from(value).map(|value| value as usize).map_err(|_| {
            PyValueError::new_err(format!("{what} must be less than 2**63, got {value} (axis {axis})"))
        })
    };
    match items(object, &what)? {
        None => radius(object, 0).map(Values::One),
        Some(items) => {
            let each = items.iter().enumerate().map(|(axis, item)| radius(item, axis));
            each.collect::<PyResult<_>>().map(Values::Each)
        }
    }
}

/// Numbers, such as spacings.
pub(crate) fn reals(object: &Bound<'_, PyAny>, filter: &str, name: &str) -> PyResult<Values<f64>> {
    let what = format!("{filter}: {name}");
    match items(object, &what)? {
        None => real(object, &what).map(Values::One),
        Some(items) => items.iter().map(|item| real(item, &what)).collect::<PyResult<_>>().map(Values::Each),
    }
}

/// Whole numbers that may be negative, such as axes and indices.
pub(crate) fn integers(object: &Bound<'_, PyAny>, filter: &str, name: &str) -> PyResult<Vec<i64>> {
    let what = format!("{filter}: {name}");
    let one = |object: &Bound<'_, PyAny>| {
        let value = integer(object, &what)?;
        i64::try_from(value)
            .map_err(|_| PyValueError::new_err(format!("{what} must lie within 64 bits, got {value}")))
    };
    match items(object, &what)? {
        None => one(object).map(|value| vec![value]),
        Some(items) => items.iter().map(one).collect(),
    }
}

/// Which of the axes of an array are filtered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) axes: Option<Vec<i64>>,
    pub(crate) channel_axis: Option<i64>,
}

impl Selection {
    pub(crate) fn new(
        filter: &str,
        axes: Option<&Bound<'_, PyAny>>,
        channel_axis: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if axes.is_some() && channel_axis.is_some() {
            return Err(PyValueError::new_err(format!("{filter}: give axes or channel_axis, not both")));
        }
        let channel_axis = match channel_axis {
            None => None,
            Some(object) => {
                let what = format!("{filter}: channel_axis");
                let value = integer(object, &what)?;
                let absent = |_| PyValueError::new_err(format!("{what} must be an axis, got {value}"));
                Some(i64::try_from(value).map_err(absent)?)
            }
        };
        Ok(Self { axes: axes.map(|object| integers(object, filter, "axes")).transpose()?, channel_axis })
    }

    /// The filtered axes of an array of `rank` axes, in the order in which values are given for them.
    pub(crate) fn resolve(&self, filter: &str, rank: usize) -> PyResult<Axes<usize>> {
        let find = |name: &str, axis: i64| {
            let counted = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
            usize::try_from(counted).ok().filter(|&a| a < rank).ok_or_else(|| {
                PyValueError::new_err(format!(
                    "{filter}: {name} must be axes of an array of {rank}, got {axis}"
                ))
            })
        };
        if let Some(channel) = self.channel_axis {
            let channel = find("channel_axis", channel)?;
            return Ok(Axes::from_fn(rank - 1, |a| a + usize::from(a >= channel)));
        }
        let Some(axes) = &self.axes else { return Ok(Axes::from_fn(rank, |a| a)) };
        let axes: Vec<usize> = axes.iter().map(|&axis| find("axes", axis)).collect::<PyResult<_>>()?;
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != axes.len() {
            return Err(PyValueError::new_err(format!("{filter}: axes must differ from each other")));
        }
        Ok(Axes::from_fn(axes.len(), |a| axes[a]))
    }

    /// `, axes=…` or `, channel_axis=…` for texts; empty where all axes are filtered.
    pub(crate) fn text(&self) -> String {
        let axes = self.axes.as_ref().map(|axes| format!(", axes={axes:?}"));
        let channel = self.channel_axis.map(|axis| format!(", channel_axis={axis}"));
        axes.or(channel).unwrap_or_default()
    }
}
