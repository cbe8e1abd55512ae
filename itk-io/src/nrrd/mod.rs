//! NRRD: `.nrrd`, or a header `.nhdr` with the pixels in files of their own.
//!
//! Reading knows all of the format but bzip2 data and blocks: raw, gzip, ASCII and hexadecimal data, lists of
//! files and numbered files, skipped lines and bytes, spacings without a space, and component axes anywhere.
//! Space is turned to LPS as ITK turns it. Kinds are kept.
//!
//! # Source
//! ITK 5.4.7 and its Teem, by their files; `itk::NrrdImageIO`; the definition of NRRD at
//! teem.sourceforge.net.

use std::path::Path;

use itk_core::{Error, Header, PixelKind, PixelType, Result};

use crate::{Format, place};

mod fields;
mod geometry;
mod read;
mod write;

pub(crate) const FORMAT: Format = Format {
    name: "NRRD",
    endings: &[".nrrd", ".nhdr"],
    can_read: true,
    can_write: true,
    sniff: |head| head.starts_with(b"NRRD"),
    open: read::open,
    check,
    write: write::write,
    stage: Some(write::stage),
};

/// The types and all names of each, the one that is written first.
const TYPES: &[(PixelType, &[&str])] = &[
    (PixelType::I8, &["signed char", "int8", "int8_t"]),
    (PixelType::U8, &["unsigned char", "uchar", "uint8", "uint8_t"]),
    (PixelType::I16, &["short", "short int", "signed short", "signed short int", "int16", "int16_t"]),
    (PixelType::U16, &["unsigned short", "ushort", "unsigned short int", "uint16", "uint16_t"]),
    (PixelType::I32, &["int", "signed int", "int32", "int32_t"]),
    (PixelType::U32, &["unsigned int", "uint", "uint32", "uint32_t"]),
    (
        PixelType::I64,
        &[
            "long long int",
            "longlong",
            "long long",
            "signed long long",
            "signed long long int",
            "int64",
            "int64_t",
        ],
    ),
    (PixelType::U64, &["unsigned long long int", "ulonglong", "unsigned long long", "uint64", "uint64_t"]),
    (PixelType::F32, &["float"]),
    (PixelType::F64, &["double"]),
];

/// What an axis is, and how long it must be where that is fixed. Names are compared in lower case.
struct Kind {
    name: &'static str,
    size: Option<usize>,
    axis: AxisKind,
}

/// How an axis becomes part of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
enum AxisKind {
    /// An axis of the image.
    Domain,
    /// Components, when no other axis is more so.
    List,
    /// Components with this meaning.
    Range(PixelKind),
}

const fn kind(name: &'static str, size: Option<usize>, axis: AxisKind) -> Kind {
    Kind { name, size, axis }
}

const KINDS: &[Kind] = &[
    kind("domain", None, AxisKind::Domain),
    kind("space", None, AxisKind::Domain),
    kind("time", None, AxisKind::Domain),
    kind("list", None, AxisKind::List),
    kind("scalar", Some(1), AxisKind::Range(PixelKind::Scalar)),
    kind("stub", Some(1), AxisKind::Range(PixelKind::Scalar)),
    kind("point", None, AxisKind::Range(PixelKind::Point)),
    kind("vector", None, AxisKind::Range(PixelKind::Vector)),
    kind("covariant-vector", None, AxisKind::Range(PixelKind::CovariantVector)),
    kind("normal", None, AxisKind::Range(PixelKind::CovariantVector)),
    kind("complex", Some(2), AxisKind::Range(PixelKind::Complex)),
    kind("2-vector", Some(2), AxisKind::Range(PixelKind::Vector)),
    kind("3-color", Some(3), AxisKind::Range(PixelKind::Rgb)),
    kind("RGB-color", Some(3), AxisKind::Range(PixelKind::Rgb)),
    kind("HSV-color", Some(3), AxisKind::Range(PixelKind::Vector)),
    kind("XYZ-color", Some(3), AxisKind::Range(PixelKind::Vector)),
    kind("4-color", Some(4), AxisKind::Range(PixelKind::Rgba)),
    kind("RGBA-color", Some(4), AxisKind::Range(PixelKind::Rgba)),
    kind("RGBA", Some(4), AxisKind::Range(PixelKind::Rgba)),
    kind("3-vector", Some(3), AxisKind::Range(PixelKind::Vector)),
    kind("3-gradient", Some(3), AxisKind::Range(PixelKind::CovariantVector)),
    kind("3-normal", Some(3), AxisKind::Range(PixelKind::CovariantVector)),
    kind("4-vector", Some(4), AxisKind::Range(PixelKind::Vector)),
    kind("quaternion", Some(4), AxisKind::Range(PixelKind::Vector)),
    kind("2D-symmetric-matrix", Some(3), AxisKind::Range(PixelKind::SymmetricTensor)),
    kind("2D-masked-symmetric-matrix", Some(4), AxisKind::Range(PixelKind::Vector)),
    kind("2D-matrix", Some(4), AxisKind::Range(PixelKind::Vector)),
    kind("2D-masked-matrix", Some(5), AxisKind::Range(PixelKind::Vector)),
    kind("3D-symmetric-matrix", Some(6), AxisKind::Range(PixelKind::SymmetricTensor)),
    kind(MASKED, Some(7), AxisKind::Range(PixelKind::SymmetricTensor)),
    kind("3D-matrix", Some(9), AxisKind::Range(PixelKind::Vector)),
    kind("3D-masked-matrix", Some(10), AxisKind::Range(PixelKind::Vector)),
];

/// Tensors after a confidence, which is left out as in ITK.
const MASKED: &str = "3D-masked-symmetric-matrix";

fn type_name(pixel_type: PixelType) -> Result<&'static str> {
    TYPES.iter().find(|(t, _)| *t == pixel_type).map(|(_, names)| names[0]).ok_or_else(|| Error::PixelType {
        who: FORMAT.name,
        got: pixel_type,
        allowed: crate::allowed_types(TYPES.iter().map(|(t, _)| *t), "float32"),
    })
}

fn check(header: &Header, path: &Path) -> Result<()> {
    type_name(header.pixel_type)?;
    place::not_empty(header, path, FORMAT.name)?;
    let geometry = &header.geometry;
    let mut numbers = geometry.spacing().iter().chain(geometry.origin()).copied().chain(geometry.direction());
    if numbers.all(f64::is_finite) {
        return Ok(());
    }
    Err(Error::Unwritable {
        path: path.to_owned(),
        format: FORMAT.name,
        reason: format!(
            "it holds finite geometry only; spacing is {:?}, origin {:?}, direction {:?}",
            geometry.spacing(),
            geometry.origin(),
            geometry.direction()
        ),
    })
}
