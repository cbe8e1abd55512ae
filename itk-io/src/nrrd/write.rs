//! Writing, field by field as Teem writes.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use itk_core::{AnyImage, Header, Image, Metadata, Pixel, PixelKind, Result, Visit};

use super::fields::escaped;
use super::{AxisKind, FORMAT, KINDS, type_name};
use crate::staged::{self, Files, Out, Staged};
use crate::watch::Watch;
use crate::writer::Stage;
use crate::{WriteOptions, pixels, place, text};

/// True for the header of a pair of files.
fn is_detached(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("nhdr"))
}

pub(super) fn stage(header: &Header, metadata: &Metadata, path: &Path) -> Result<Stage> {
    let text = |data: Option<&str>| fields(header, metadata, "raw", data);
    if is_detached(path) {
        let (data_path, name) = staged::beside(path, ".raw", FORMAT.name)?;
        let data = Staged::create(&data_path)?;
        let mut file = Staged::create(path)?;
        file.fill(|out| out.write_all(text(Some(&name))?.as_bytes()))?;
        return Ok(Stage { files: Files { data, header: Some(file) }, first: 0 });
    }
    let mut data = Staged::create(path)?;
    let first = data.fill(|out| {
        out.write_all(text(None)?.as_bytes())?;
        out.write_all(b"\n")
    })?;
    Ok(Stage { files: data.into(), first })
}

/// Writes a compressed image.
pub(super) fn write(
    image: &AnyImage,
    path: &Path,
    options: &WriteOptions,
    watch: &Watch<'_>,
) -> Result<Files> {
    let text = |data: Option<&str>| fields(&image.header(), image.metadata(), "gzip", data);
    let level = Compression::new(options.level_or(2));
    if is_detached(path) {
        let (data_path, name) = staged::beside(path, ".raw.gz", FORMAT.name)?;
        let mut data = Staged::create(&data_path)?;
        data.fill(|out| image.visit(Pixels { out, level, watch }))?;
        let mut file = Staged::create(path)?;
        file.fill(|out| out.write_all(text(Some(&name))?.as_bytes()))?;
        return Ok(Files { data, header: Some(file) });
    }
    let mut file = Staged::create(path)?;
    file.fill(|out| {
        out.write_all(text(None)?.as_bytes())?;
        out.write_all(b"\n")?;
        image.visit(Pixels { out, level, watch })
    })?;
    Ok(file.into())
}

struct Pixels<'a> {
    out: &'a mut Out,
    level: Compression,
    watch: &'a Watch<'a>,
}

impl Visit for Pixels<'_> {
    type Out = io::Result<()>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        let mut packed = GzEncoder::new(self.out, self.level);
        pixels::write(image.view(), false, &mut packed, self.watch)?;
        packed.finish().map(|_| ())
    }
}

fn fields(header: &Header, metadata: &Metadata, encoding: &str, data: Option<&str>) -> io::Result<String> {
    let (rank, geometry) = (header.rank(), &header.geometry);
    let has_components = header.kind != PixelKind::Scalar;
    // One word or text an axis, components first.
    let per_axis = |component: String, each: &dyn Fn(usize) -> String| {
        let component = has_components.then_some(component);
        component.into_iter().chain((0..rank).map(each)).collect::<Vec<_>>().join(" ")
    };
    let known = |key: &str| metadata.get(key).ok().map(|value| value.to_string().replace(['\n', '\r'], " "));
    let frame = known("NRRD_measurement frame").filter(|frame| is_frame(frame, rank));
    let matrix = geometry.direction();
    let direction = |j: usize| {
        let column = (0..rank).map(|i| geometry.spacing()[j] * matrix[i * rank + j]);
        format!("({})", text::join(column, ","))
    };
    let kind = |j: usize| {
        let kind = known(&format!("NRRD_kinds[{j}]")).unwrap_or_default();
        let is_domain = KINDS.iter().any(|known| known.name == kind && known.axis == AxisKind::Domain);
        if is_domain { kind } else { "domain".into() }
    };
    let label = |j: usize| {
        let label = known(&format!("NRRD_labels[{j}]")).unwrap_or_default();
        format!("\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let mut lines = String::from(if frame.is_some() { "NRRD0005\n" } else { "NRRD0004\n" });
    lines +=
        "# Complete NRRD file format specification at:\n# http://teem.sourceforge.net/nrrd/format.html\n";
    let mut line = |field: &str, value: &str| lines.extend([field, ": ", value, "\n"]);
    known("NRRD_content")
        .filter(|text| !text.trim().is_empty())
        .iter()
        .for_each(|text| line("content", text));
    line("type", type_name(header.pixel_type).map_err(io::Error::other)?);
    line("dimension", &(rank + usize::from(has_components)).to_string());
    match rank {
        3 => line("space", "left-posterior-superior"),
        _ => line("space dimension", &rank.to_string()),
    }
    let size = |j: usize| header.region.size()[j].to_string();
    line("sizes", &per_axis(header.components.to_string(), &size));
    line("space directions", &per_axis("none".into(), &direction));
    line("kinds", &per_axis(kind_name(header).into(), &kind));
    if (0..rank).any(|j| label(j).len() > 2) {
        line("labels", &per_axis("\"\"".into(), &label));
    }
    if header.pixel_type.size() > 1 {
        line("endian", "little");
    }
    line("encoding", encoding);
    line("space origin", &format!("({})", text::join(place::first_pixel(header), ",")));
    frame.iter().for_each(|frame| line("measurement frame", frame));
    data.iter().for_each(|name| line("data file", name));
    for (key, value) in metadata.iter().filter(|(key, _)| is_key(key)) {
        // A carriage return cannot be told from the end of a line.
        let value = escaped(&value.to_string()).replace('\r', " ");
        lines.extend([escaped(key).as_str(), ":=", &value, "\n"]);
    }
    Ok(lines)
}

/// The kind of the component axis.
fn kind_name(header: &Header) -> &'static str {
    match (header.kind, header.components) {
        (PixelKind::Complex, _) => "complex",
        (PixelKind::Rgb, _) => "RGB-color",
        (PixelKind::Rgba, _) => "RGBA-color",
        (PixelKind::CovariantVector, _) => "covariant-vector",
        (PixelKind::Point, _) => "point",
        (PixelKind::SymmetricTensor, 3) => "2D-symmetric-matrix",
        (PixelKind::SymmetricTensor, 6) => "3D-symmetric-matrix",
        _ => "vector",
    }
}

/// True for keys that stand for themselves in a header.
fn is_key(key: &str) -> bool {
    let reserved = key.starts_with("NRRD_") || key.starts_with("ITK_original_");
    let ambiguous = key.contains('\r') || key.contains(": ") || key.contains(":=");
    !key.is_empty() && !key.starts_with('#') && !ambiguous && !reserved
}

/// True for as many vectors of as many finite numbers as there are axes.
fn is_frame(frame: &str, rank: usize) -> bool {
    let vectors: Vec<&str> = frame.split(' ').collect();
    let is_vector = |vector: &&str| {
        let numbers = vector.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or("");
        let finite = |word: &str| word.parse::<f64>().is_ok_and(f64::is_finite);
        numbers.split(',').count() == rank && numbers.split(',').all(finite)
    };
    vectors.len() == rank && vectors.iter().all(is_vector)
}
