//! The text of a header: `key = value` lines, up to the one that names the data.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use itk_core::Result;

use crate::payload::Reading;
use crate::span::Span;
use crate::{HEADER_LIMIT, text};

/// The lines of a header.
pub(super) struct Fields {
    lines: Vec<(String, String)>,
    /// Lines after the last field, which name files when it says `LIST`.
    pub(super) files: Vec<String>,
    /// Where the header ends.
    pub(super) end: u64,
    /// True when the file ends with the header, in the middle of a line.
    pub(super) cut_off: bool,
}

impl Fields {
    pub(super) fn read(file: Arc<File>, reading: Reading<'_>) -> Result<Self> {
        let io = |source| reading.refused(source);
        let mut data = BufReader::new(Span::new(file, 0, HEADER_LIMIT, None));
        let (mut lines, mut end, mut raw) = (Vec::<(String, String)>::new(), 0, Vec::new());
        loop {
            raw.clear();
            end += data.read_until(b'\n', &mut raw).map_err(io)? as u64;
            if raw.is_empty() {
                return Err(reading.fault("the header has no ElementDataFile, which must be its last field"));
            }
            let line = String::from_utf8_lossy(&raw);
            let Some((key, value)) = line.split_once(['=', ':']) else {
                // As MetaIO takes numbers and texts that go on in the next line.
                match lines.last_mut() {
                    Some((_, value)) if !line.trim().is_empty() => *value += &format!(" {}", line.trim()),
                    _ => {}
                }
                continue;
            };
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            let last = key == "ElementDataFile";
            let list = last && value.starts_with("LIST");
            lines.push((key, value));
            if list {
                let mut rest = String::new();
                data.read_to_string(&mut rest).map_err(io)?;
                let files = rest.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
                return Ok(Self { lines, files: files.collect(), end, cut_off: false });
            }
            if last {
                return Ok(Self { lines, files: Vec::new(), end, cut_off: raw.last() != Some(&b'\n') });
            }
        }
    }

    /// All fields in the order of the file.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of the first of these keys that there is; a field's last line counts.
    pub(super) fn get<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, &str)> {
        keys.iter().find_map(|&wanted| {
            self.iter().filter(|(key, _)| *key == wanted).last().map(|(_, value)| (wanted, value))
        })
    }

    /// True for `True`, `t` and `1`; `None` when there is no such field.
    pub(super) fn flag(&self, keys: &[&str]) -> Option<bool> {
        self.get(keys).map(|(_, value)| value.starts_with(['T', 't', '1']))
    }

    pub(super) fn required(&self, key: &str, reading: Reading<'_>) -> Result<&str> {
        self.get(&[key])
            .map(|(_, value)| value)
            .ok_or_else(|| reading.fault(format!("the field {key} is missing")))
    }

    /// A whole number.
    pub(super) fn whole(&self, key: &str, reading: Reading<'_>) -> Result<Option<i64>> {
        let Some((_, value)) = self.get(&[key]) else { return Ok(None) };
        let first = value.split_whitespace().next().unwrap_or("");
        let bad = || reading.fault(format!("{key} must be a whole number, got {value:?}"));
        text::whole(first).map(Some).ok_or_else(bad)
    }

    /// The first `count` numbers of a field.
    pub(super) fn numbers(
        &self,
        keys: &[&str],
        count: usize,
        reading: Reading<'_>,
    ) -> Result<Option<Vec<f64>>> {
        let Some((key, value)) = self.get(keys) else { return Ok(None) };
        let numbers: Option<Vec<f64>> =
            value.split_whitespace().take(count).map(|word| word.parse().ok()).collect();
        match numbers {
            Some(numbers) if numbers.len() == count => Ok(Some(numbers)),
            _ => Err(reading.fault(format!("{key} must be {count} numbers, got {value:?}"))),
        }
    }
}
