//! MetaImage: `.mha`, or a header `.mhd` with the pixels in files of their own.
//!
//! Reading knows ITK's synonyms, ASCII, zlib and gzip data, `HeaderSize`, lists of files and numbered files.
//! MetaImage has no kinds of pixels: several channels are a vector, but 3 or 4 of 8 bits without sign are RGB
//! and RGBA, the rule by which ITK's Python makes images of arrays; ITK's reader says vector for these too.
//! `MET_LONG` has 32 bits.
//!
//! # Source
//! ITK 5.4.7 and its MetaIO, by their files; `itk::MetaImageIO`.

use std::path::Path;

use itk_core::{Error, Header, PixelKind, PixelType, Result};

use crate::{Format, place};

mod header;
mod read;
mod write;

pub(crate) const FORMAT: Format = Format {
    name: "MetaImage",
    endings: &[".mha", ".mhd"],
    can_read: true,
    can_write: true,
    sniff: |head| head.windows(5).any(|window| window == b"NDims"),
    open: read::open,
    check,
    write: write::write,
    stage: Some(write::stage),
};

/// The types that are written first, and the other names that are read.
const TYPES: &[(&str, PixelType)] = &[
    ("MET_CHAR", PixelType::I8),
    ("MET_UCHAR", PixelType::U8),
    ("MET_SHORT", PixelType::I16),
    ("MET_USHORT", PixelType::U16),
    ("MET_INT", PixelType::I32),
    ("MET_UINT", PixelType::U32),
    ("MET_LONG_LONG", PixelType::I64),
    ("MET_ULONG_LONG", PixelType::U64),
    ("MET_FLOAT", PixelType::F32),
    ("MET_DOUBLE", PixelType::F64),
    ("MET_ASCII_CHAR", PixelType::I8),
    ("MET_LONG", PixelType::I32),
    ("MET_ULONG", PixelType::U32),
];

/// Fields with a meaning of their own; all others are metadata.
const FIELDS: &[&str] = &[
    "ObjectType",
    "ObjectSubType",
    "NDims",
    "Name",
    "ID",
    "ParentID",
    "CompressedData",
    "CompressedDataSize",
    "BinaryData",
    "BinaryDataByteOrderMSB",
    "ElementByteOrderMSB",
    "Color",
    "Position",
    "Offset",
    "Origin",
    "ImagePosition",
    "Orientation",
    "Rotation",
    "TransformMatrix",
    "CenterOfRotation",
    "DistanceUnits",
    "AnatomicalOrientation",
    "ElementSpacing",
    "ElementSize",
    "DimSize",
    "HeaderSize",
    "Modality",
    "SequenceID",
    "ElementMin",
    "ElementMax",
    "ElementNumberOfChannels",
    "ElementNBits",
    "ElementToIntensityFunctionSlope",
    "ElementToIntensityFunctionOffset",
    "ElementType",
    "ElementDataFile",
    "AcquisitionDate",
    "FileFormatVersion",
    "ElementOrigin",
    "ElementDirection",
];

/// What several channels are.
fn kind(pixel_type: PixelType, channels: usize) -> PixelKind {
    match (pixel_type, channels) {
        (_, 1) => PixelKind::Scalar,
        (PixelType::U8, 3) => PixelKind::Rgb,
        (PixelType::U8, 4) => PixelKind::Rgba,
        _ => PixelKind::Vector,
    }
}

fn element_type(pixel_type: PixelType) -> Result<&'static str> {
    TYPES.iter().find(|(_, t)| *t == pixel_type).map(|(name, _)| *name).ok_or_else(|| Error::PixelType {
        who: FORMAT.name,
        got: pixel_type,
        allowed: crate::allowed_types(TYPES.iter().map(|(_, t)| *t), "float32"),
    })
}

fn check(header: &Header, path: &Path) -> Result<()> {
    element_type(header.pixel_type)?;
    place::not_empty(header, path, FORMAT.name)
}
