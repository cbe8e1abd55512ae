//! What nodes are told of their inputs and outputs before there are pixels.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{Error, Header, Metadata, Region, Result};

/// All there is to an image but its pixels, as nodes hand it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Information {
    /// Size of the whole image (its region is the largest possible one), geometry, pixel type and kind.
    pub header: Header,
    /// The metadata dictionary.
    pub metadata: Metadata,
}

impl From<Header> for Information {
    fn from(header: Header) -> Self {
        Self { header, metadata: Metadata::default() }
    }
}

/// How far inputs of one node may lie apart and still count as the same physical space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// For origin and spacing, as a part of the first input's spacing along x. ITK's default is 1e-6.
    pub coordinate: f64,
    /// For each value of the direction. ITK's default is 1e-6.
    pub direction: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { coordinate: 1e-6, direction: 1e-6 }
    }
}

/// The inputs of a node that are set: the indexed ones first, then the named ones.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub(super) node: &'a str,
    pub(super) names: &'a [Arc<str>],
    pub(super) information: &'a [Arc<Information>],
}

impl<'a> Inputs<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The first input.
    ///
    /// # Errors
    /// [`Error::Input`] when it is not set.
    pub fn primary(&self) -> Result<&'a Information> {
        self.named(PRIMARY)
    }

    /// An indexed input; 0 is the primary one.
    ///
    /// # Errors
    /// [`Error::Input`] when it is not set.
    pub fn indexed(&self, index: usize) -> Result<&'a Information> {
        self.named(&input_name(index))
    }

    /// An input by name.
    ///
    /// # Errors
    /// [`Error::Input`] when it is not set.
    pub fn named(&self, name: &str) -> Result<&'a Information> {
        let at = self.names.iter().position(|known| **known == *name);
        at.map(|at| &*self.information[at]).ok_or_else(|| missing(self.node, name))
    }

    /// Names and information of all inputs.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Information)> {
        self.names.iter().map(|name| &**name).zip(self.information.iter().map(|information| &**information))
    }

    /// Refuses inputs that do not lie in the same place in space as the first one: ITK's
    /// `ImageToImageFilter::VerifyInputInformation`. Sizes are not compared.
    ///
    /// # Errors
    /// [`Error::PhysicalSpace`], with what differs and by how much it might.
    pub fn verify_same_space(&self, tolerance: &Tolerance) -> Result<()> {
        let Some((_, first)) = self.iter().next() else { return Ok(()) };
        let first = &first.header.geometry;
        let within = (tolerance.coordinate * first.spacing()[0]).abs();
        for (name, other) in self.iter().skip(1) {
            let other = &other.header.geometry;
            if first.is_congruent(other, tolerance.coordinate, tolerance.direction) {
                continue;
            }
            let near = |a: &[f64], b: &[f64], tolerance: f64| {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
            };
            let mut text = String::from("Inputs do not occupy the same physical space! \n");
            let mut differs = |what: &str, a: &[f64], b: &[f64], row: usize, tolerance: f64| {
                if !near(a, b, tolerance) {
                    text += &format!(
                        "InputImage {what}: {}, InputImage {name} {what}: {}\n\tTolerance: {}\n",
                        list(a, row),
                        list(b, row),
                        scientific(tolerance)
                    );
                }
            };
            differs("Origin", first.origin(), other.origin(), 0, within);
            differs("Spacing", first.spacing(), other.spacing(), 0, within);
            let (rows, others) = (first.direction(), other.direction());
            differs("Direction", &rows, &others, first.rank(), tolerance.direction);
            return Err(Error::PhysicalSpace(text));
        }
        Ok(())
    }
}

/// What a node is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What comes in.
    pub inputs: Inputs<'a>,
    /// What goes out.
    pub outputs: &'a [Arc<Information>],
    /// The part of each output that is wanted, xyz.
    pub requested: &'a [Region],
}

/// The name of the first input, in ITK.
pub(super) const PRIMARY: &str = "Primary";

/// The name of an indexed input: `Primary`, `_1`, `_2`.
pub(super) fn input_name(index: usize) -> Cow<'static, str> {
    const FIRST: [&str; 4] = [PRIMARY, "_1", "_2", "_3"];
    FIRST.get(index).map_or_else(|| format!("_{index}").into(), |name| Cow::Borrowed(*name))
}

pub(super) fn missing(node: &str, name: &str) -> Error {
    Error::Input { node: node.to_owned(), reason: format!("Input {name} is required but not set.") }
}

/// Values as ITK prints points, or row by row as it prints matrices.
fn list(values: &[f64], row: usize) -> String {
    let texts: Vec<String> = values.iter().map(|v| scientific(*v)).collect();
    if row == 0 {
        return format!("[{}]", texts.join(", "));
    }
    texts.chunks(row).map(|row| row.join(" ") + "\n").collect()
}

/// C's `%.7e`.
fn scientific(value: f64) -> String {
    let text = format!("{value:.7e}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scientific;

    #[test]
    fn numbers_print_as_in_c() {
        let cases = [(0.0, "0.0000000e+00"), (-1.5e-6, "-1.5000000e-06"), (1e100, "1.0000000e+100")];
        for (value, expected) in cases {
            assert_eq!(scientific(value), expected);
        }
    }
}
