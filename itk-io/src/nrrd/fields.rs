//! The text of a header: `field: value` and `key:=value` lines, up to an empty one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use itk_core::Result;

use crate::payload::Reading;
use crate::span::Span;
use crate::{HEADER_LIMIT, text};

/// Every field that there is.
const FIELDS: &[&str] = &[
    "content",
    "number",
    "type",
    "block size",
    "dimension",
    "space",
    "space dimension",
    "sizes",
    "spacings",
    "thicknesses",
    "axis mins",
    "axis maxs",
    "space directions",
    "centerings",
    "kinds",
    "labels",
    "units",
    "min",
    "max",
    "old min",
    "old max",
    "endian",
    "encoding",
    "line skip",
    "byte skip",
    "sample units",
    "space units",
    "space origin",
    "measurement frame",
    "data file",
];

/// The field of this name, as the table has it: names are written with or without a blank, in any case.
pub(super) fn field(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.chars().filter(|c| *c != ' ').collect::<String>().to_lowercase();
    let name = plain(name);
    let name = if name == "centers" { "centerings" } else { &name };
    FIELDS.iter().copied().find(|known| plain(known) == name)
}

/// The lines of a header.
pub(super) struct Fields {
    values: BTreeMap<&'static str, String>,
    /// The `key:=value` lines.
    pub(super) pairs: Vec<(String, String)>,
    /// Lines after `data file: LIST`.
    pub(super) files: Vec<String>,
    /// Where the pixels begin; `None` when no empty line ends the header.
    pub(super) end: Option<u64>,
}

impl Fields {
    pub(super) fn read(file: Arc<File>, reading: Reading<'_>) -> Result<Self> {
        let io = |source| reading.refused(source);
        let mut data = BufReader::new(Span::new(file, 0, HEADER_LIMIT, None));
        let mut fields = Self { values: BTreeMap::new(), pairs: Vec::new(), files: Vec::new(), end: None };
        let (mut at, mut number, mut raw) = (0, 0, Vec::new());
        loop {
            raw.clear();
            number += 1;
            at += data.read_until(b'\n', &mut raw).map_err(io)? as u64;
            let ended = raw.last() == Some(&b'\n');
            let line = String::from_utf8_lossy(&raw);
            let line = line.trim_end_matches(['\n', '\r']);
            match line {
                _ if number == 1 => magic(line, reading)?,
                _ if raw.is_empty() => return Ok(fields),
                "" if ended => {
                    fields.end = Some(at);
                    return Ok(fields);
                }
                _ if line.starts_with('#') => {}
                _ => fields.line(line, number, reading)?,
            }
            if fields.get("data file").is_some_and(|value| value.starts_with("LIST")) {
                let mut rest = String::new();
                data.read_to_string(&mut rest).map_err(io)?;
                let files = rest.lines().map(str::trim).filter(|line| !line.is_empty());
                fields.files = files.map(str::to_owned).collect();
                return Ok(fields);
            }
        }
    }

    fn line(&mut self, line: &str, number: usize, reading: Reading<'_>) -> Result<()> {
        let pair = line.find(":=");
        let plain = line.find(": ").filter(|at| pair.is_none_or(|pair| *at < pair));
        if let Some((name, at)) = plain.and_then(|at| Some((field(&line[..at])?, at))) {
            return match self.values.insert(name, line[at + 2..].trim().to_owned()) {
                None => Ok(()),
                Some(_) => Err(reading.fault(format!("line {number} has a second {name:?}"))),
            };
        }
        if let Some(at) = pair {
            self.pairs.push((unescaped(&line[..at]), unescaped(&line[at + 2..])));
            return Ok(());
        }
        let start: String = line.chars().take(40).collect();
        Err(reading
            .fault(format!("line {number}, {start:?}, is neither a known `field: value` nor a `key:=value`")))
    }

    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.values.get(field).map(String::as_str)
    }

    pub(super) fn required(&self, field: &str, reading: Reading<'_>) -> Result<&str> {
        self.get(field).ok_or_else(|| reading.fault(format!("the field {field:?} is missing")))
    }

    pub(super) fn whole(&self, field: &str, reading: Reading<'_>) -> Result<Option<i64>> {
        let bad = |value| reading.fault(format!("{field:?} must be a whole number, got {value:?}"));
        self.get(field).map(|value| text::whole(value).ok_or_else(|| bad(value))).transpose()
    }

    /// How many axes the file has, components counted.
    pub(super) fn count(&self, reading: Reading<'_>) -> Result<usize> {
        self.required("dimension", reading)?;
        let count = self.whole("dimension", reading)?.unwrap_or(0);
        let bad = || reading.fault(format!("\"dimension\" must be 1 to 16, got {count}"));
        usize::try_from(count).ok().filter(|count| (1..=16).contains(count)).ok_or_else(bad)
    }

    /// One number for each of `count` axes.
    pub(super) fn numbers(
        &self,
        field: &str,
        count: usize,
        reading: Reading<'_>,
    ) -> Result<Option<Vec<f64>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let numbers: Option<Vec<f64>> = value.split_whitespace().map(|word| word.parse().ok()).collect();
        match numbers {
            Some(numbers) if numbers.len() == count => Ok(Some(numbers)),
            _ => Err(reading.fault(format!("{field:?} must be {count} numbers, got {value:?}"))),
        }
    }

    /// One word for each of `count` axes.
    pub(super) fn words(&self, field: &str, count: usize, reading: Reading<'_>) -> Result<Option<Vec<&str>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let words: Vec<&str> = value.split_whitespace().collect();
        if words.len() == count {
            return Ok(Some(words));
        }
        Err(reading.fault(format!("{field:?} must be {count} words, got {value:?}")))
    }

    /// One text in quotation marks for each of `count` axes.
    pub(super) fn quoted(
        &self,
        field: &str,
        count: usize,
        reading: Reading<'_>,
    ) -> Result<Option<Vec<String>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let (mut texts, mut text, mut escaped) = (Vec::new(), None::<String>, false);
        for c in value.chars() {
            match (&mut text, c) {
                (None, '"') => text = Some(String::new()),
                (None, _) => {}
                (Some(_), '\\') if !escaped => escaped = true,
                (Some(_), '"') if !escaped => texts.extend(text.take()),
                (Some(text), c) => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        if texts.len() == count {
            return Ok(Some(texts));
        }
        Err(reading.fault(format!("{field:?} must be {count} texts in quotation marks, got {value:?}")))
    }

    /// Vectors like `(1,0,0) none (0,0,1)`, each of `dimension` numbers.
    pub(super) fn vectors(
        &self,
        field: &str,
        count: usize,
        dimension: usize,
        reading: Reading<'_>,
    ) -> Result<Option<Vec<Option<Vec<f64>>>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let (mut vectors, mut rest) = (Vec::new(), value.trim_start());
        while let Some(vector) = vector(&mut rest, dimension) {
            vectors.push(vector);
        }
        if vectors.len() == count && rest.is_empty() {
            return Ok(Some(vectors));
        }
        let wanted = format!("{count} vectors of {dimension} finite numbers, like (1,0,0)");
        Err(reading.fault(format!("{field:?} must be {wanted}, got {value:?}")))
    }
}

/// Takes the next vector, or `none`, off a text; `None` when there is neither.
fn vector(text: &mut &str, dimension: usize) -> Option<Option<Vec<f64>>> {
    if let Some(after) = text.strip_prefix("none") {
        *text = after.trim_start();
        return Some(None);
    }
    let (inside, after) = text.strip_prefix('(')?.split_once(')')?;
    let numbers =
        inside.split(',').map(|word| word.trim().parse::<f64>().ok().filter(|number| number.is_finite()));
    let numbers: Vec<f64> = numbers.collect::<Option<_>>()?;
    *text = after.trim_start();
    (numbers.len() == dimension).then_some(Some(numbers))
}

fn magic(line: &str, reading: Reading<'_>) -> Result<()> {
    let known = ["NRRD00.01", "NRRD0001", "NRRD0002", "NRRD0003", "NRRD0004", "NRRD0005"];
    if known.contains(&line) {
        return Ok(());
    }
    let start: String = line.chars().take(20).collect();
    Err(reading.fault(format!("the first line must be NRRD0001 to NRRD0005, got {start:?}")))
}

/// `\n` and `\\` as the characters that they stand for.
fn unescaped(text: &str) -> String {
    let (mut plain, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next @ ('n' | '\\'))) => {
                plain.push(if next == 'n' { '\n' } else { '\\' });
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// The opposite of [`unescaped`].
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_have_synonyms() {
        assert_eq!(
            [field("datafile"), field("Data File"), field("centers"), field("bytes kip"), field("datum")],
            [Some("data file"), Some("data file"), Some("centerings"), Some("byte skip"), None]
        );
    }

    #[test]
    fn escapes_round_trip() {
        for text in ["", "a\nb", "\\n", "\\\\", "\\", "x\\", "é\n\\n"] {
            assert_eq!(unescaped(&escaped(text)), text);
        }
    }

    #[test]
    fn vectors_are_taken_off_one_by_one() {
        let mut text = "( 1 , 2 )none (3,4)(5)";
        assert_eq!(vector(&mut text, 2), Some(Some(vec![1.0, 2.0])));
        assert_eq!(vector(&mut text, 2), Some(None));
        assert_eq!(vector(&mut text, 2), Some(Some(vec![3.0, 4.0])));
        assert_eq!(vector(&mut text, 2), None);
    }
}
