//! The metadata dictionary of an image.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// A value of the dictionary.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataValue {
    /// Text; what file formats store.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
}

impl std::fmt::Display for MetadataValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
        }
    }
}

/// Facts about an image by key, sorted by key: ITK's `MetaDataDictionary`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(BTreeMap<String, MetadataValue>);

impl Metadata {
    /// The value under a key.
    ///
    /// # Errors
    /// [`Error::MissingKey`].
    pub fn get(&self, key: &str) -> Result<&MetadataValue> {
        self.0.get(key).ok_or_else(|| Error::MissingKey(key.to_owned()))
    }

    /// Puts a value under a key and gives back the one before.
    pub fn insert(&mut self, key: impl Into<String>, value: MetadataValue) -> Option<MetadataValue> {
        self.0.insert(key.into(), value)
    }

    /// Puts a text under a key.
    pub fn insert_text(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.insert(key, MetadataValue::Text(text.into()));
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<MetadataValue> {
        self.0.remove(key)
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MetadataValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
