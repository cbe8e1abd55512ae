//! Writing, field by field as Teem writes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use itk_core::{AnyImage, Header, Image, Metadata, Pixel, PixelKind, Result, Visit};

use super::fields::escaped;
use super::{Axis, FORMAT, KINDS, type_name};
use crate::staged::{self, Staged};
use crate::{WriteOptions, pixels, place, text};

pub(super) fn write(image: &AnyImage, path: &Path, options: &WriteOptions) -> Result<()> {
    let header = image.header();
    let text = |data: Option<&str>| fields(&header, image.metadata(), options, data);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("nhdr")) {
        let ending = if options.compress { ".raw.gz" } else { ".raw" };
        let (data_path, name) = staged::beside(path, ending, FORMAT.name)?;
        let mut data = Staged::create(&data_path)?;
        data.fill(|out| image.visit(Pixels { out, options }))?;
        let mut file = Staged::create(path)?;
        file.fill(|out| out.write_all(text(Some(&name))?.as_bytes()))?;
        return Staged::commit_pair(data, file);
    }
    let mut file = Staged::create(path)?;
    file.fill(|out| {
        out.write_all(text(None)?.as_bytes())?;
        out.write_all(b"\n")?;
        image.visit(Pixels { out, options })
    })?;
    file.commit()
}

struct Pixels<'a> {
    out: &'a mut BufWriter<File>,
    options: &'a WriteOptions,
}

impl Visit for Pixels<'_> {
    type Out = io::Result<()>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        if !self.options.compress {
            return pixels::write(image.view(), false, self.out);
        }
        let mut packed = GzEncoder::new(self.out, Compression::new(self.options.level_or(2)));
        pixels::write(image.view(), false, &mut packed)?;
        packed.finish().map(|_| ())
    }
}

fn fields(
    header: &Header,
    metadata: &Metadata,
    options: &WriteOptions,
    data: Option<&str>,
) -> io::Result<String> {
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
        let is_domain = KINDS.iter().any(|known| known.name == kind && known.axis == Axis::Domain);
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
    line("encoding", if options.compress { "gzip" } else { "raw" });
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
