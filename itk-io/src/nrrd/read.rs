//! What a header means.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use itk_core::{Header, MAX_RANK, Metadata, MetadataValue, PixelKind, PixelType, Result};

use super::fields::Fields;
use super::geometry::{self, Space};
use super::{AxisKind, KINDS, Kind, MASKED, TYPES};
use crate::payload::{Axis, Encoding, Payload, Piece, Reading, Start};
use crate::reader::{Body, Opened};
use crate::{MOST_FILES, text};

pub(super) fn open(file: Arc<File>, reading: Reading<'_>) -> Result<Opened> {
    let fields = Fields::read(file.clone(), reading)?;
    let sizes = sizes(&fields, reading)?;
    let kinds = kinds(&fields, &sizes, reading)?;
    let range = component_axis(&kinds);
    // The axes of the image: those of space and time, then what is left over of the others.
    let is_domain = |axis: &usize| kinds[*axis].is_none_or(|kind| kind.axis == AxisKind::Domain);
    let (mut axes, others): (Vec<usize>, Vec<usize>) =
        (0..sizes.len()).filter(|axis| Some(*axis) != range).partition(is_domain);
    let domain = axes.len();
    axes.extend(others);
    if axes.len() > MAX_RANK {
        return Err(
            reading.fault(format!("an image has at most {MAX_RANK} axes, this one has {}", axes.len()))
        );
    }
    let space = Space::read(&fields, reading)?;
    let size: Vec<usize> = axes.iter().map(|&axis| sizes[axis]).collect();
    let header = reading.checked(Header::new(pixel_type(&fields, reading)?, &size))?;
    let masked = range.and_then(|axis| kinds[axis]).is_some_and(|kind| kind.name == MASKED);
    let header = match range {
        Some(axis) => {
            let kind = match kinds[axis].map(|kind| kind.axis) {
                Some(AxisKind::Range(kind)) => kind,
                _ => PixelKind::Vector,
            };
            reading.checked(header.with_components(kind, sizes[axis] - usize::from(masked)))?
        }
        None => header,
    };
    let geometry = geometry::geometry(&fields, space.as_ref(), &axes, domain, reading)?;
    let header = Header { geometry, ..header };
    let image = |axis: usize| axes.iter().position(|a| *a == axis);
    let values = sizes.iter().enumerate().map(|(a, &size)| Axis { size, image: image(a) }).collect();
    let payload = Payload {
        axes: values,
        skip_components: usize::from(masked),
        ..payload(&fields, &sizes, header.pixel_type, reading)?
    };
    let metadata = metadata(&fields, space.as_ref(), &kinds, range, &axes, reading)?;
    Ok(Opened { file, header, metadata, body: Body::Values(payload) })
}

fn sizes(fields: &Fields, reading: Reading<'_>) -> Result<Vec<usize>> {
    let dimension = fields.count(reading)?;
    let value = fields.required("sizes", reading)?;
    let sizes: Option<Vec<usize>> = value
        .split_whitespace()
        .map(|word| text::whole(word).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0))
        .collect();
    let sizes = sizes.filter(|sizes| sizes.len() == dimension).ok_or_else(|| {
        reading.fault(format!("\"sizes\" must be {dimension} positive numbers, got {value:?}"))
    })?;
    // Bounded here, so that no product of sizes overflows later.
    let values = sizes.iter().try_fold(1isize, |n, &size| n.checked_mul(isize::try_from(size).ok()?));
    values.map(|_| sizes).ok_or_else(|| reading.fault(format!("\"sizes\" {value:?} are too large")))
}

fn pixel_type(fields: &Fields, reading: Reading<'_>) -> Result<PixelType> {
    let value = fields.required("type", reading)?;
    let name = value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let known = TYPES.iter().find(|(_, names)| names.contains(&name.as_str()));
    known.map(|(pixel_type, _)| *pixel_type).ok_or_else(|| {
        let known = TYPES.iter().map(|(_, names)| names[0]).collect::<Vec<_>>().join(", ");
        reading.fault(format!("\"type\" must be one of {known}, got {value:?}"))
    })
}

fn kinds(fields: &Fields, sizes: &[usize], reading: Reading<'_>) -> Result<Vec<Option<&'static Kind>>> {
    let Some(words) = fields.words("kinds", sizes.len(), reading)? else {
        return Ok(vec![None; sizes.len()]);
    };
    let kind = |(word, &size): (&str, &usize)| {
        if ["none", "???"].contains(&word) {
            return Ok(None);
        }
        let kind = KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(word));
        let kind =
            kind.ok_or_else(|| reading.fault(format!("\"kinds\" has {word:?}, which is no kind of axis")))?;
        match kind.size {
            Some(n) if n != size => {
                Err(reading.fault(format!("a {word} axis has {n} values, this one has {size}")))
            }
            _ => Ok(Some(kind)),
        }
    };
    words.into_iter().zip(sizes).map(kind).collect()
}

/// The axis of components: the first that has a meaning, else the first list. An image keeps one axis at
/// least.
fn component_axis(kinds: &[Option<&Kind>]) -> Option<usize> {
    let first = |wanted: fn(AxisKind) -> bool| {
        kinds.iter().position(|kind| kind.is_some_and(|kind| wanted(kind.axis)))
    };
    let axis =
        first(|axis| matches!(axis, AxisKind::Range(_))).or_else(|| first(|axis| axis == AxisKind::List));
    axis.filter(|_| kinds.len() > 1)
}

fn metadata(
    fields: &Fields,
    space: Option<&Space>,
    kinds: &[Option<&Kind>],
    range: Option<usize>,
    axes: &[usize],
    reading: Reading<'_>,
) -> Result<Metadata> {
    let mut metadata = Metadata::default();
    metadata.insert_text("ITK_InputFilterName", "NrrdImageIO");
    let count = kinds.len();
    let mut insert_axes = |field: &str, values: Vec<Option<MetadataValue>>| {
        for (axis, value) in values.into_iter().enumerate().filter_map(|(axis, value)| Some((axis, value?))) {
            let name = match axes.iter().position(|a| *a == axis) {
                Some(i) => i.to_string(),
                None => "pixel".into(),
            };
            metadata.insert(format!("NRRD_{field}[{name}]"), value);
        }
    };
    let text = |text: &str| (!text.is_empty()).then(|| MetadataValue::Text(text.to_owned()));
    insert_axes(
        "kinds",
        kinds.iter().map(|kind| text(kind.map_or("", |kind| canonical(kind.name)))).collect(),
    );
    if let Some(words) = fields.words("centerings", count, reading)? {
        let known = |word: &&str| ["cell", "node"].contains(word);
        let words = words.iter().map(|word| word.to_lowercase());
        insert_axes("centerings", words.map(|word| text(&word).filter(|_| known(&word.as_str()))).collect());
    }
    for field in ["labels", "units"] {
        if let Some(texts) = fields.quoted(field, count, reading)? {
            insert_axes(field, texts.iter().map(|t| text(t)).collect());
        }
    }
    if let Some(numbers) = fields.numbers("thicknesses", count, reading)? {
        let real = |number: &f64| (!number.is_nan()).then_some(MetadataValue::Real(*number));
        insert_axes("thicknesses", numbers.iter().map(real).collect());
    }
    if let Some(axis) = range {
        metadata.insert("NRRD_pixel_original_axis", MetadataValue::Integer(axis as i64));
    }
    if let Some(name) = space.and_then(|space| space.name) {
        metadata.insert_text("NRRD_space", name);
    }
    if let Some(frame) = space.map(|space| space.measurement_frame(fields, reading)).transpose()?.flatten() {
        metadata.insert_text("NRRD_measurement frame", frame);
    }
    if let Some(content) = fields.get("content").filter(|content| !content.is_empty()) {
        metadata.insert_text("NRRD_content", content);
    }
    for field in ["old min", "old max"] {
        if let Some(number) = fields.numbers(field, 1, reading)? {
            metadata.insert(format!("NRRD_{field}"), MetadataValue::Real(number[0]));
        }
    }
    for (key, value) in &fields.pairs {
        metadata.insert_text(key, value);
    }
    Ok(metadata)
}

/// The name that Teem gives a kind which has several.
fn canonical(name: &'static str) -> &'static str {
    if name == "RGBA" { "RGBA-color" } else { name }
}

fn payload(fields: &Fields, sizes: &[usize], pixel_type: PixelType, reading: Reading<'_>) -> Result<Payload> {
    let encoding = match fields.required("encoding", reading)?.to_lowercase().as_str() {
        "raw" => Encoding::Raw,
        "gz" | "gzip" => Encoding::Deflate,
        "ascii" | "text" | "txt" => Encoding::Text,
        "hex" => Encoding::Hex,
        "bz2" | "bzip2" => return Err(reading.fault("bzip2 pixels cannot be read; save them with gzip")),
        other => {
            return Err(reading.fault(format!("\"encoding\" must be raw, gzip, ascii or hex, got {other:?}")));
        }
    };
    let big_endian = match fields.get("endian").map(str::to_lowercase).as_deref() {
        Some("big") => true,
        Some("little") => false,
        Some(other) => return Err(reading.fault(format!("\"endian\" must be little or big, got {other:?}"))),
        None if pixel_type.size() == 1 || encoding == Encoding::Text => false,
        None => return Err(reading.fault(format!("\"endian\" is missing, which {pixel_type} pixels need"))),
    };
    let count = |field| match fields.whole(field, reading)? {
        None => Ok(Some(0)),
        Some(-1) if field == "byte skip" => Ok(None),
        Some(n) => {
            let bad = |_| reading.fault(format!("{field:?} must be a number of {}s, got {n}", &field[..4]));
            u64::try_from(n).map(Some).map_err(bad)
        }
    };
    let (skip_lines, mut skip_bytes) = (count("line skip")?.unwrap_or(0), count("byte skip")?);
    let mut start = match fields.get("data file") {
        Some(_) => Start::At(0),
        None => Start::At(fields.end.ok_or_else(|| reading.fault("no empty line ends the header"))?),
    };
    if skip_bytes.is_none() {
        match encoding {
            Encoding::Raw => (start, skip_bytes) = (Start::End, Some(0)),
            Encoding::Deflate => {}
            _ => return Err(reading.fault("\"byte skip\" of -1 needs raw or gzip pixels")),
        }
    }
    let pieces = files(fields, sizes, reading)?.into_iter().map(|path| Piece { path, start, length: None });
    // Lines before data that end with the file need not be counted.
    let skip_lines = if start == Start::End { 0 } else { skip_lines };
    let (axes, skip_components) = (Vec::new(), 0);
    let pieces = pieces.collect();
    Ok(Payload { pieces, encoding, big_endian, skip_lines, skip_bytes, axes, skip_components })
}

/// The files with the pixels; `None` is the one that has the header.
fn files(fields: &Fields, sizes: &[usize], reading: Reading<'_>) -> Result<Vec<Option<PathBuf>>> {
    let beside = |name: &str| Some(reading.path.with_file_name(name));
    let Some(value) = fields.get("data file") else { return Ok(vec![None]) };
    let words: Vec<&str> = value.split_whitespace().collect();
    let expected = |axes: Option<&&str>| match axes {
        None => Ok(sizes[sizes.len() - 1]),
        Some(word) => {
            let axes = word.parse().ok().filter(|axes| (1..=sizes.len()).contains(axes));
            let bad = || {
                reading
                    .fault(format!("\"data file\" must say 1 to {} axes a file, got {word:?}", sizes.len()))
            };
            Ok(sizes[axes.ok_or_else(bad)?..].iter().product())
        }
    };
    let differ = |found: u64, wanted: usize| {
        let names = format!("\"data file\" names {found} files, and the sizes ask for {wanted}");
        reading.fault(format!("{names}; there may be {MOST_FILES}"))
    };
    match words.as_slice() {
        ["LIST", rest @ ..] => {
            let wanted = expected(rest.first())?;
            if fields.files.len() != wanted || wanted > MOST_FILES {
                return Err(differ(fields.files.len() as u64, wanted));
            }
            Ok(fields.files.iter().map(|name| beside(name)).collect())
        }
        [pattern, first, last, step, rest @ ..] if text::numbered(pattern, 0).is_some() && rest.len() < 2 => {
            let numbers = [first, last, step].map(|word| text::whole(word));
            let [Some(first), Some(last), Some(step)] = numbers else {
                return Err(reading.fault(format!("\"data file\" must end in numbers, got {value:?}")));
            };
            let wanted = expected(rest.first())?;
            let steps = i128::from(last) - i128::from(first);
            let found = match i128::from(step) {
                0 => 0,
                step => u64::try_from(steps / step + 1).unwrap_or(0),
            };
            if steps.signum() * i128::from(step.signum()) < 0 || found != wanted as u64 || wanted > MOST_FILES
            {
                return Err(differ(found, wanted));
            }
            let name = |i: usize| text::numbered(pattern, first + i as i64 * step).unwrap_or_default();
            Ok((0..wanted).map(|i| beside(&name(i))).collect())
        }
        _ => Ok(vec![beside(value)]),
    }
}
