//! What a header means.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use itk_core::{Geometry, Header, MAX_RANK, Metadata, PixelKind, PixelType, Result};

use super::header::Fields;
use super::{FIELDS, TYPES, kind};
use crate::payload::{Encoding, Payload, Piece, Reading, Start, plain_axes};
use crate::reader::{Body, Opened};
use crate::{MOST_FILES, place, text};

pub(super) fn open(file: Arc<File>, reading: Reading<'_>) -> Result<Opened> {
    let fields = Fields::read(file.clone(), reading)?;
    let header = header(&fields, reading)?;
    let body = Body::Values(payload(&fields, &header, reading)?);
    Ok(Opened { file, header, metadata: metadata(&fields), body })
}

fn header(fields: &Fields, reading: Reading<'_>) -> Result<Header> {
    fields.required("NDims", reading)?;
    let rank = fields.whole("NDims", reading)?.and_then(|rank| usize::try_from(rank).ok());
    let rank = rank.filter(|rank| (1..=MAX_RANK).contains(rank)).ok_or_else(|| {
        let got = fields.get(&["NDims"]).map_or("", |(_, value)| value);
        reading.fault(format!("NDims must be 1 to {MAX_RANK}, got {got:?}"))
    })?;
    let size = size(fields, rank, reading)?;
    let (pixel_type, is_array) = element_type(fields, reading)?;
    let channels = match fields.whole("ElementNumberOfChannels", reading)? {
        None => 1,
        Some(channels) => {
            usize::try_from(channels).ok().filter(|channels| *channels > 0).ok_or_else(|| {
                reading.fault(format!("ElementNumberOfChannels must be at least 1, got {channels}"))
            })?
        }
    };
    let kind = if is_array { PixelKind::Vector } else { kind(pixel_type, channels) };
    let header = reading.checked(Header::new(pixel_type, &size))?;
    let header = reading.checked(header.with_components(kind, channels))?;
    Ok(Header { geometry: geometry(fields, rank, reading)?, ..header })
}

fn size(fields: &Fields, rank: usize, reading: Reading<'_>) -> Result<Vec<usize>> {
    let value = fields.required("DimSize", reading)?;
    let size: Option<Vec<usize>> = value
        .split_whitespace()
        .take(rank)
        .map(|word| text::whole(word).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0))
        .collect();
    size.filter(|size| size.len() == rank)
        .ok_or_else(|| reading.fault(format!("DimSize must be {rank} positive numbers, got {value:?}")))
}

fn element_type(fields: &Fields, reading: Reading<'_>) -> Result<(PixelType, bool)> {
    let name = fields.required("ElementType", reading)?;
    let single = name.strip_suffix("_ARRAY");
    TYPES
        .iter()
        .find(|(known, _)| *known == single.unwrap_or(name))
        .map(|(_, pixel_type)| (*pixel_type, single.is_some()))
        .ok_or_else(|| {
            let known = TYPES.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
            reading.fault(format!("ElementType must be one of {known}, got {name:?}"))
        })
}

fn geometry(fields: &Fields, rank: usize, reading: Reading<'_>) -> Result<Geometry> {
    let (origins, directions): (&[&str], &[&str]) = match fields.get(&["FileFormatVersion"]) {
        Some((_, "1")) => (&["ElementOrigin"], &["ElementDirection"]),
        _ => (&[], &[]),
    };
    // MetaIO lets a later synonym overwrite an earlier one, in this order from the last.
    let origins = [origins, &["ImagePosition", "Origin", "Offset", "Position"]].concat();
    let directions = [directions, &["TransformMatrix", "Rotation", "Orientation"]].concat();
    let spacing = fields.numbers(&["ElementSpacing", "ElementSize"], rank, reading)?;
    let origin = fields.numbers(&origins, rank, reading)?;
    // Row j of the file is the direction of axis j: a column of ITK's matrix.
    let rows = fields.numbers(&directions, rank * rank, reading)?;
    let identity = |i: usize, j: usize| f64::from(u8::from(i == j));
    let direction: Vec<f64> = (0..rank * rank)
        .map(|at| (at / rank, at % rank))
        .map(|(i, j)| rows.as_ref().map_or(identity(i, j), |rows| rows[j * rank + i]))
        .collect();
    let spacing = spacing.unwrap_or_else(|| vec![1.0; rank]);
    let origin = origin.unwrap_or_else(|| vec![0.0; rank]);
    reading.checked(place::geometry(&spacing, &origin, &direction))
}

fn metadata(fields: &Fields) -> Metadata {
    let mut metadata = Metadata::default();
    metadata.insert_text("ITK_InputFilterName", "MetaImageIO");
    let modality = fields.get(&["Modality"]).map_or("", |(_, value)| value);
    let known = ["MET_MOD_CT", "MET_MOD_MR", "MET_MOD_NM", "MET_MOD_US", "MET_MOD_OTHER"];
    let modality = if known.contains(&modality) { modality } else { "MET_MOD_UNKNOWN" };
    metadata.insert_text("Modality", modality);
    for (field, key) in [("DistanceUnits", "ITK_VoxelUnits"), ("AcquisitionDate", "ITK_ExperimentDate")] {
        if let Some((_, value)) = fields.get(&[field]) {
            metadata.insert_text(key, value);
        }
    }
    for (key, value) in fields.iter().filter(|(key, _)| !FIELDS.contains(key)) {
        metadata.insert_text(key, value);
    }
    metadata
}

fn payload(fields: &Fields, header: &Header, reading: Reading<'_>) -> Result<Payload> {
    let mut start = match fields.whole("HeaderSize", reading)?.unwrap_or(0) {
        -1 => Start::End,
        bytes => Start::At(u64::try_from(bytes).map_err(|_| {
            reading.fault(format!("HeaderSize must be -1 or a number of bytes, got {bytes}"))
        })?),
    };
    let compressed = fields.flag(&["CompressedData"]) == Some(true);
    let mut encoding = match fields.flag(&["BinaryData"]) {
        Some(false) => Encoding::Text,
        _ if compressed => Encoding::Deflate,
        _ => Encoding::Raw,
    };
    let data = fields.required("ElementDataFile", reading)?;
    let words: Vec<&str> = data.split_whitespace().collect();
    let local = ["LOCAL", "Local", "local"].contains(&data);
    let paths = match words.first() {
        _ if local => {
            if start == Start::At(0) {
                start = Start::At(fields.end);
            }
            vec![None]
        }
        Some(&"LIST") => list(&words, fields, header, reading)?.into_iter().map(Some).collect(),
        _ => match numbered(&words, header, reading)? {
            Some(paths) => paths.into_iter().map(Some).collect(),
            None => {
                let path = reading.path.with_file_name(data);
                let packed = reading.path.with_file_name(format!("{data}.gz"));
                if data.is_empty() || fields.cut_off && !path.exists() {
                    let reason =
                        format!("the header ends in ElementDataFile = {data:?}, and there is no such file");
                    return Err(reading.fault(reason));
                }
                // As MetaIO does when a file has been packed after it was written.
                if !path.exists() && packed.exists() {
                    encoding = Encoding::Deflate;
                    vec![Some(packed)]
                } else {
                    vec![Some(path)]
                }
            }
        },
    };
    let packed =
        (compressed && encoding == Encoding::Deflate && paths.len() == 1).then_some("CompressedDataSize");
    let length =
        match packed.map(|key| fields.whole(key, reading)).transpose()?.flatten() {
            None | Some(0) => None,
            Some(bytes) => Some(u64::try_from(bytes).map_err(|_| {
                reading.fault(format!("CompressedDataSize must not be negative, got {bytes}"))
            })?),
        };
    if start == Start::End && encoding != Encoding::Raw && length.is_none() {
        return Err(reading.fault("HeaderSize = -1 needs binary pixels, or CompressedDataSize"));
    }
    let native = cfg!(target_endian = "big");
    Ok(Payload {
        pieces: paths.into_iter().map(|path| Piece { path, start, length }).collect(),
        encoding,
        big_endian: fields.flag(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]).unwrap_or(native),
        skip_lines: 0,
        skip_bytes: Some(0),
        axes: plain_axes(header),
        skip_components: 0,
    })
}

/// `LIST [axes a file]`: the files are in the lines that follow.
fn list(words: &[&str], fields: &Fields, header: &Header, reading: Reading<'_>) -> Result<Vec<PathBuf>> {
    let rank = header.rank();
    let axes = match words.get(1) {
        None => rank - 1,
        Some(word) => word
            .trim_end_matches('D')
            .parse()
            .ok()
            .filter(|axes| *axes <= rank)
            .ok_or_else(|| reading.fault(format!("LIST must name at most {rank} axes, got {word:?}")))?,
    };
    let count: usize = header.region.size()[axes..].iter().product();
    if fields.files.len() < count || count > MOST_FILES {
        let found = fields.files.len();
        let reason =
            format!("LIST names {found} files, and the size asks for {count}; there may be {MOST_FILES}");
        return Err(reading.fault(reason));
    }
    Ok(fields.files[..count].iter().map(|name| reading.path.with_file_name(name)).collect())
}

/// `name%03d.raw [first [last [step]]]`: a file for each slice. `None` when it is the name of one file.
fn numbered(words: &[&str], header: &Header, reading: Reading<'_>) -> Result<Option<Vec<PathBuf>>> {
    let [pattern, range @ ..] = words else { return Ok(None) };
    if text::numbered(pattern, 0).is_none() || reading.path.with_file_name(words.join(" ")).exists() {
        return Ok(None);
    }
    let range: Option<Vec<i64>> = range.iter().map(|word| text::whole(word)).collect();
    let range = range.ok_or_else(|| reading.fault("numbers must follow the pattern of ElementDataFile"))?;
    let (first, step) = (range.first().copied().unwrap_or(1), range.get(2).copied().unwrap_or(1));
    let count = header.region.size()[header.rank() - 1];
    let last = i64::try_from(count - 1)
        .ok()
        .and_then(|steps| steps.checked_mul(step)?.checked_add(first))
        .filter(|last| range.get(1).is_none_or(|end| if step < 0 { last >= end } else { last <= end }));
    if last.is_none() || step == 0 || count > MOST_FILES {
        return Err(reading.fault(format!("ElementDataFile cannot number the files of {count} slices")));
    }
    let path = |i: usize| {
        let name = text::numbered(pattern, first + i as i64 * step).unwrap_or_default();
        reading.path.with_file_name(name)
    };
    Ok(Some((0..count).map(path).collect()))
}
