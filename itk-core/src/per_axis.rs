//! A parameter with one value an axis, in an order that its maker names.

use crate::{Axes, Error, Result};

/// One value for all axes, or one for each, in xyz or zyx order.
///
/// # Example
/// ```
/// use itk_core::PerAxis;
/// assert_eq!(PerAxis::uniform(2), PerAxis::from(2));
/// assert_eq!(&*PerAxis::zyx([1, 2, 3]).resolve("median", "radius", 3)?, [3, 2, 1]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PerAxis<V>(Values<V>);

#[derive(Clone, Debug, PartialEq)]
enum Values<V> {
    Uniform(V),
    Xyz(Vec<V>),
}

impl<V: Copy + Default> PerAxis<V> {
    /// The same value on every axis.
    pub fn uniform(value: V) -> Self {
        Self(Values::Uniform(value))
    }

    /// One value an axis, the fastest axis (x) first, as ITK writes them.
    pub fn xyz(values: impl Into<Vec<V>>) -> Self {
        Self(Values::Xyz(values.into()))
    }

    /// One value an axis, the slowest axis first, as numpy writes them.
    pub fn zyx(values: impl Into<Vec<V>>) -> Self {
        let mut values = values.into();
        values.reverse();
        Self(Values::Xyz(values))
    }

    /// The values for an image of `rank` axes, xyz.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is neither one value nor `rank` of them.
    pub fn resolve(&self, filter: &'static str, name: &'static str, rank: usize) -> Result<Axes<V>> {
        match &self.0 {
            Values::Uniform(value) => Ok(Axes::filled(rank, *value)),
            Values::Xyz(values) if values.len() == rank => Ok(Axes::from_fn(rank, |a| values[a])),
            Values::Xyz(values) => Err(Error::Parameter {
                filter,
                name,
                expected: format!("one value or {rank}, one an axis"),
                got: format!("{} values", values.len()),
            }),
        }
    }

    /// The one value for all axes, or `None`.
    pub fn as_uniform(&self) -> Option<V> {
        match self.0 {
            Values::Uniform(value) => Some(value),
            Values::Xyz(_) => None,
        }
    }

    /// The values given, xyz; a single one where it is uniform.
    pub fn values_xyz(&self) -> &[V] {
        match &self.0 {
            Values::Uniform(value) => std::slice::from_ref(value),
            Values::Xyz(values) => values,
        }
    }
}

impl<V: Copy + Default> From<V> for PerAxis<V> {
    fn from(value: V) -> Self {
        Self::uniform(value)
    }
}
