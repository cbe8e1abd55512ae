//! A sink that writes a file, piece by piece.

use std::path::{Path, PathBuf};

use itk_core::pipeline::{DataObject, Divisions, Node, Process, Run};
use itk_core::{AnyImage, Context, Error, Header, Region, Result, Splitter};

use super::named;
use crate::reader::crop;
use crate::staged::Files;
use crate::{Formats, WriteOptions, Writer};

const NAME: &str = "ImageFileWriter";

/// What a node that writes a file does: its parameters.
///
/// Has its input made and written piece by piece, where the file can be written so ([`Writer`]); each update writes
/// anew. Compressed files and PNG are written at once, whatever the number of divisions. A new file appears under its
/// name when it is complete. [`ImageFileWriter::io_region`] writes a part of a file.
///
/// # Source
/// ITK's `ImageFileWriter`.
#[derive(Clone, Debug)]
#[must_use = "nothing is written before a node of it is updated"]
pub struct ImageFileWriter {
    path: PathBuf,
    options: WriteOptions,
    divisions: Divisions,
    io_region: Option<Region>,
}

/// A node that writes its input to a file.
///
/// # Example
/// See [`crate::pipeline`].
pub fn writer(writer: ImageFileWriter, input: impl Into<DataObject>) -> Node {
    let node = Node::new(writer);
    let connected = node.set_input(0, input);
    debug_assert!(connected.is_ok(), "a new node has no observers that could fail");
    node
}

impl ImageFileWriter {
    /// Writes this file at once.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let (options, divisions) = (WriteOptions::default(), Divisions::Number(1));
        Self { path, options, divisions, io_region: None }
    }

    /// How the file is written. Default: not compressed.
    pub fn options(self, options: WriteOptions) -> Self {
        Self { options, ..self }
    }

    /// Into how many pieces along its slowest axis the image is cut, or how much memory the pixels of all nodes may take
    /// together. Default one piece.
    pub fn divisions(self, divisions: Divisions) -> Self {
        Self { divisions, ..self }
    }

    /// Writes this region of the file only (xyz, the file's first pixel has index 0), in place; see [`Writer::paste`].
    /// Default: a whole new file.
    pub fn io_region(self, region: Region) -> Self {
        Self { io_region: Some(region), ..self }
    }

    /// True when the file can be written in pieces.
    fn is_streamable(&self) -> Result<bool> {
        let format = Formats::all().of_ending(&self.path)?;
        Ok(format.stage.is_some() && !self.options.compresses())
    }

    /// The region that is written, in the input's index space.
    fn region(&self, header: &Header) -> Result<Region> {
        let largest = header.region;
        let Some(region) = self.io_region else { return Ok(largest) };
        let whole = Region::of_size(largest.size())?;
        if !whole.contains(&region) {
            return Err(Error::InvalidRequestedRegion {
                requested: Box::new(region),
                largest: Box::new(whole),
            });
        }
        let index: Vec<i64> =
            region.index().iter().zip(largest.index()).map(|(i, first)| i + first).collect();
        Region::new(&index, region.size())
    }

    /// The pieces of the region.
    fn pieces(&self, run: &Run<'_>, region: &Region) -> Result<Vec<Region>> {
        let pieces = run.pieces(0, region, self.divisions, Splitter::SlowDimension, 0)?;
        match self.divisions {
            _ if pieces.len() < 2 || self.is_streamable()? => Ok(pieces),
            Divisions::Number(_) => Ok(vec![*region]),
            Divisions::Memory(memory) => Err(Error::Parameter {
                filter: NAME,
                name: "memory",
                expected: format!(
                    "enough for the whole image, as {} is not written in pieces; leave compression off, and take a \
                     .mha or .nrrd file",
                    self.path.display()
                ),
                got: format!("{memory} bytes"),
            }),
        }
    }
}

impl Process for ImageFileWriter {
    fn name(&self) -> &str {
        NAME
    }

    fn number_of_outputs(&self) -> usize {
        0
    }

    fn pulls_inputs(&self) -> bool {
        true
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let information = run.input_information(0)?;
        let (header, metadata) = (&information.header, &information.metadata);
        let region = self.region(header)?;
        let (path, options) = (&self.path, &self.options);
        crate::check_writable(header, path)?;
        let mut writer = match region == header.region {
            false => Some(Writer::paste(path, header, metadata, options)?),
            true if self.is_streamable()? => Some(Writer::create(path, header, metadata, options)?),
            true => None,
        };
        let pieces = self.pieces(run, &region)?;
        let mut files = None;
        run.update_progress(0.0)?;
        for (i, piece) in pieces.iter().enumerate() {
            // Not held while the next piece is made, so that its memory is used again.
            let image = run.pull(0, piece)?;
            let done = |fraction: f64| (i as f64 + fraction) / pieces.len() as f64;
            let written = run.compute(|context| {
                let progress = |fraction| context.report(done(fraction));
                let context = context.clone().progress(&progress);
                match &mut writer {
                    Some(writer) => write(writer, image, piece, &context),
                    None => {
                        let mut image = cropped(image, piece)?;
                        *image.metadata_mut() = metadata.clone();
                        files = Some(Formats::all().encode(&image, path, options, &context)?);
                        Ok(())
                    }
                }
            });
            written.map_err(|error| named(error, NAME))?;
            run.update_progress(done(1.0))?;
        }
        // Nothing has got its name before, so that an abort leaves what stood there.
        writer.map_or(Ok(()), Writer::finish)?;
        files.map_or(Ok(()), Files::commit)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters = vec![
            ("FileName".into(), self.path.display().to_string()),
            ("UseCompression".into(), self.options.compresses().to_string()),
            match self.divisions {
                Divisions::Number(number) => ("NumberOfStreamDivisions".into(), number.to_string()),
                Divisions::Memory(memory) => ("Memory".into(), format!("{memory} bytes")),
            },
        ];
        parameters.extend(self.io_region.map(|region| ("IORegion".into(), region.to_string())));
        parameters
    }
}

fn write(writer: &mut Writer, image: AnyImage, piece: &Region, context: &Context<'_>) -> Result<()> {
    let image = cropped(image, piece)?;
    writer.write_region_with(image.view(), piece, context)
}

/// The piece, of which there may be more.
fn cropped(image: AnyImage, piece: &Region) -> Result<AnyImage> {
    if image.header().region == *piece { Ok(image) } else { crop(&image, piece) }
}
