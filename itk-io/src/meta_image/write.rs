//! Writing, field by field as MetaIO writes.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use itk_core::{AnyImage, Header, Image, Metadata, Pixel, Result, Visit};

use super::{FIELDS, FORMAT, element_type};
use crate::staged::{self, Files, Out, Staged};
use crate::watch::Watch;
use crate::writer::Stage;
use crate::{WriteOptions, pixels, place, text};

/// True for the header of a pair of files.
fn is_detached(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mhd"))
}

pub(super) fn stage(header: &Header, metadata: &Metadata, path: &Path) -> Result<Stage> {
    let text = |data: &str| fields(header, metadata, None, data);
    if is_detached(path) {
        let (data_path, name) = staged::beside(path, ".raw", FORMAT.name)?;
        let data = Staged::create(&data_path)?;
        let mut file = Staged::create(path)?;
        file.fill(|out| out.write_all(text(&name)?.as_bytes()))?;
        return Ok(Stage { files: Files { data, header: Some(file) }, first: 0 });
    }
    let mut data = Staged::create(path)?;
    let first = data.fill(|out| out.write_all(text("LOCAL")?.as_bytes()))?;
    Ok(Stage { files: data.into(), first })
}

/// Writes a compressed image.
pub(super) fn write(
    image: &AnyImage,
    path: &Path,
    options: &WriteOptions,
    watch: &Watch<'_>,
) -> Result<Files> {
    let header = image.header();
    let text = |bytes, data: &str| fields(&header, image.metadata(), Some(bytes), data);
    let level = Compression::new(options.level_or(2));
    if is_detached(path) {
        let (data_path, name) = staged::beside(path, ".zraw", FORMAT.name)?;
        let mut data = Staged::create(&data_path)?;
        let bytes = data.fill(|out| image.visit(Pixels { out, level, watch }))?;
        let mut file = Staged::create(path)?;
        file.fill(|out| out.write_all(text(bytes, &name)?.as_bytes()))?;
        return Ok(Files { data, header: Some(file) });
    }
    // The header comes first and tells how much follows.
    let mut data = Staged::create(path)?;
    let bytes = data.fill(|out| image.visit(Pixels { out, level, watch }))?;
    let mut file = Staged::create(path)?;
    file.fill(|out| out.write_all(text(bytes, "LOCAL")?.as_bytes()))?;
    file.append(&data, watch)?;
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
        let mut packed = ZlibEncoder::new(self.out, self.level);
        pixels::write(image.view(), false, &mut packed, self.watch)?;
        packed.finish().map(|_| ())
    }
}

fn fields(header: &Header, metadata: &Metadata, packed: Option<u64>, data: &str) -> io::Result<String> {
    let rank = header.rank();
    let element_type = element_type(header.pixel_type).map_err(io::Error::other)?;
    let (geometry, size) = (&header.geometry, header.region.size());
    let matrix = geometry.direction();
    let columns = (0..rank * rank).map(|at| matrix[at % rank * rank + at / rank]);
    let known = |key: &str| metadata.get(key).ok().map(ToString::to_string).filter(|value| is_line(value));
    let modality = known("Modality").filter(|value| value != "MET_MOD_UNKNOWN");
    let mut lines = String::new();
    let mut line = |key: &str, value: &str| lines.extend([key, " = ", value, "\n"]);
    line("ObjectType", "Image");
    line("NDims", &rank.to_string());
    known("ITK_ExperimentDate").iter().for_each(|date| line("AcquisitionDate", date));
    line("BinaryData", "True");
    line("BinaryDataByteOrderMSB", "False");
    line("CompressedData", if packed.is_some() { "True" } else { "False" });
    packed.iter().for_each(|bytes| line("CompressedDataSize", &bytes.to_string()));
    line("TransformMatrix", &text::join(columns, " "));
    line("Offset", &text::join(place::first_pixel(header), " "));
    line("CenterOfRotation", &text::join(vec![0.0; rank], " "));
    if rank == 3 {
        line("AnatomicalOrientation", &anatomy(&matrix));
    }
    known("ITK_VoxelUnits").iter().for_each(|units| line("DistanceUnits", units));
    line("ElementSpacing", &text::join(geometry.spacing().iter().copied(), " "));
    for (key, value) in metadata.iter().filter(|(key, _)| is_key(key)) {
        // A line break would end the field.
        let value = value.to_string().replace(['\n', '\r'], " ");
        if !value.is_empty() {
            line(key, &value);
        }
    }
    line("DimSize", &size.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    if rank != 3 {
        line("AnatomicalOrientation", &"?".repeat(rank));
    }
    modality.iter().for_each(|modality| line("Modality", modality));
    if header.components > 1 {
        line("ElementNumberOfChannels", &header.components.to_string());
    }
    line("ElementType", element_type);
    line("ElementDataFile", data);
    Ok(lines)
}

fn is_line(value: &str) -> bool {
    !value.trim().is_empty() && !value.contains(['\n', '\r'])
}

/// True for keys that stand for themselves in a header: they end where they should, and mean nothing else.
fn is_key(key: &str) -> bool {
    let kept_elsewhere =
        ["ITK_ExperimentDate", "ITK_VoxelUnits"].contains(&key) || key.starts_with("ITK_original_");
    !key.trim().is_empty()
        && !key.contains(['=', ':', '\n', '\r'])
        && !FIELDS.contains(&key.trim())
        && !kept_elsewhere
}

/// The letters of the sides that the three axes come from: `RAI` for an identity matrix, as ITK names it.
fn anatomy(matrix: &[f64]) -> String {
    let (mut letters, mut rows, mut columns) = (['?'; 3], vec![0, 1, 2], vec![0, 1, 2]);
    while !rows.is_empty() {
        let pairs = rows.iter().flat_map(|&row| columns.iter().map(move |&column| (row, column)));
        // The largest entry first; of equal ones the last, as in ITK's sorted map.
        let largest = pairs.max_by(|&(a, b), &(c, d)| {
            matrix[a * 3 + b].abs().total_cmp(&matrix[c * 3 + d].abs()).then((a, b).cmp(&(c, d)))
        });
        let Some((row, column)) = largest else { break };
        letters[column] =
            [['R', 'L'], ['A', 'P'], ['I', 'S']][row][usize::from(matrix[row * 3 + column] < 0.0)];
        rows.retain(|&r| r != row);
        columns.retain(|&c| c != column);
    }
    letters.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anatomy_is_named_as_itk_names_it() {
        let cases: [([f64; 9], &str); 6] = [
            ([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], "RAI"),
            ([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], "ARI"),
            ([0.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0], "ILA"),
            ([-0.675, -0.064, 0.735, 0.593, -0.64, 0.489, 0.439, 0.766, 0.47], "AIR"),
            ([-0.19, 0.656, -0.73, -0.955, -0.295, -0.016, -0.226, 0.695, 0.683], "PIL"),
            ([-0.431, 0.785, -0.445, -0.438, -0.613, -0.657, -0.789, -0.088, 0.608], "SRP"),
        ];
        for (matrix, letters) in cases {
            assert_eq!(anatomy(&matrix), letters);
        }
    }
}
