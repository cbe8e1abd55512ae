//! Files that are written by regions: new ones, and ones that stand already.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use itk_core::{AnyView, Context, Error, Header, Metadata, Pixel, Region, Result, View, VisitType};

use crate::coverage::Coverage;
use crate::payload::{Encoding, Payload, Piece, Reading, Start, plain_axes};
use crate::runs::Runs;
use crate::span::write_all_at;
use crate::staged::Files;
use crate::watch::{self, Watch};
use crate::{Format, Formats, WriteOptions, pixels};

mod paste;

/// What writing is called where it is cancelled.
pub(crate) const NAME: &str = "write";

/// A new file whose header is written, and whose pixels come in any order.
pub(crate) struct Stage {
    pub(crate) files: Files,
    /// Where the first pixel goes; the rest follows in the order of memory, the lowest byte first.
    pub(crate) first: u64,
}

/// An image file that is written by regions.
///
/// A new file ([`Writer::create`]) is written beside its name, and gets it by [`Writer::finish`]; when the writer is
/// dropped before, nothing new stands under the name, and what stood there before still does. Pasting
/// ([`Writer::paste`]) changes a file in place.
///
/// # Source
/// ITK's `ImageFileWriter` with `NumberOfStreamDivisions` and `SetIORegion`.
/// # Example
/// ```
/// use itk_core::{Header, Image, Metadata, PixelType, Region};
/// use itk_io::{WriteOptions, Writer};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("wide.mha");
/// let header = Header::new(PixelType::U8, &[2, 4])?;
/// let mut writer = Writer::create(&path, &header, &Metadata::default(), &WriteOptions::default())?;
/// for y in [2, 0] {
///     let slab = Image::from_vec(&[2, 2], vec![y as u8; 4])?;
///     writer.write_region(slab.view(), &Region::new(&[0, y], &[2, 2])?)?; // index and size, both xyz
/// }
/// writer.finish()?;
/// assert_eq!(itk_io::read_as::<u8>(&path)?.to_vec(), [0, 0, 0, 0, 2, 2, 2, 2]);
/// # Ok::<(), itk_core::Error>(())
/// ```
pub struct Writer {
    path: PathBuf,
    format: &'static str,
    header: Header,
    payload: Payload,
    /// Values of each piece.
    share: u64,
    /// The piece that is being written: its number, its file, and where its first value is.
    piece: Option<(usize, Arc<File>, u64)>,
    target: Target,
}

enum Target {
    /// A new file that must become complete.
    New(Stage, Coverage),
    /// A new file of which some pixels are pasted; the others are 0.
    Pasted(Stage),
    /// A file that stands already.
    Existing(Arc<File>),
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("path", &self.path)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins a new file for an image with this header and metadata; the ending names the format.
    ///
    /// What is written is what [`crate::write()`] writes, byte for byte.
    ///
    /// # Errors
    /// Those of [`crate::check_writable`]; [`Error::Unwritable`] when the format, or compression, needs all pixels at
    /// once; [`Error::Io`].
    /// # Example
    /// See [`Writer`].
    pub fn create(
        path: impl AsRef<Path>,
        header: &Header,
        metadata: &Metadata,
        options: &WriteOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        let format = Formats::all().of_ending(path)?;
        (format.check)(header, path)?;
        let stage = stage(format, path, header, metadata, options)?;
        Self::new(path, format, header, stage, |stage| Target::New(stage, Coverage::default()))
    }

    fn new(
        path: &Path,
        format: &'static Format,
        header: &Header,
        stage: Stage,
        target: impl FnOnce(Stage) -> Target,
    ) -> Result<Self> {
        let values = header.array_size().iter().fold(1u128, |n, &size| n.saturating_mul(size as u128));
        let bytes = values.saturating_mul(header.pixel_type.size() as u128);
        let share = i64::try_from(bytes).ok().and_then(|_| u64::try_from(values).ok());
        let share = share.ok_or_else(|| unwritable(path, format, &format!("{bytes} bytes are too many")))?;
        let payload = Payload {
            pieces: vec![Piece { path: None, start: Start::At(stage.first), length: None }],
            encoding: Encoding::Raw,
            big_endian: false,
            skip_lines: 0,
            skip_bytes: Some(0),
            axes: plain_axes(header),
            skip_components: 0,
        };
        let (header, target) = (header.clone(), target(stage));
        Ok(Self { path: path.to_owned(), format: format.name, header, payload, share, piece: None, target })
    }

    /// What is written.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Writes the pixels of a region, index and size xyz, which is in the header's index space.
    ///
    /// `pixels` has the region's size, components first where there are several. Regions may come in any order, but
    /// in a new file each pixel once. After an error the region counts as not written.
    ///
    /// # Errors
    /// [`Error::InvalidRequestedRegion`] when the region is not inside the image; [`Error::Size`],
    /// [`Error::PixelType`] when the pixels are others than were announced; [`Error::Parameter`] when a pixel of a
    /// new file was written before; [`Error::Io`].
    /// # Example
    /// See [`Writer`].
    pub fn write_region<'v>(&mut self, pixels: impl Into<AnyView<'v>>, region: &Region) -> Result<()> {
        self.write_region_with(pixels, region, &Context::default())
    }

    /// [`Writer::write_region`], watched and stopped by a context.
    ///
    /// # Errors
    /// Also [`Error::Aborted`], within 100 ms of the cancel.
    pub fn write_region_with<'v>(
        &mut self,
        pixels: impl Into<AnyView<'v>>,
        region: &Region,
        context: &Context<'_>,
    ) -> Result<()> {
        struct Put<'a, 'v>(&'a mut Writer, AnyView<'v>, Runs, Watch<'a>);
        impl VisitType for Put<'_, '_> {
            type Out = Result<()>;
            fn visit<T: Pixel>(self) -> Self::Out {
                let Self(writer, pixels, runs, watch) = self;
                pixels.typed::<T>().map_or(Ok(()), |pixels| writer.put(pixels, runs, &watch))
            }
        }
        let pixels = pixels.into();
        self.check(&pixels, region)?;
        if region.pixels() == 0 {
            return Ok(());
        }
        let axes = self.payload.axes.iter().zip(self.payload.ranges(&self.header, region));
        let runs = Runs::new(axes.map(|(axis, (first, count))| (axis.size, first, count)));
        let values: usize = pixels.size().iter().product();
        let watch = Watch::new(context, NAME, values as u64 * self.header.pixel_type.size() as u64);
        self.header.pixel_type.visit(Put(self, pixels, runs, watch))?;
        if let Target::New(_, coverage) = &mut self.target {
            coverage.add(*region);
        }
        Ok(())
    }

    fn check(&self, pixels: &AnyView<'_>, region: &Region) -> Result<()> {
        let largest = &self.header.region;
        if !(largest.contains(region) || region.pixels() == 0 && region.rank() == largest.rank()) {
            let (requested, largest) = (Box::new(*region), Box::new(*largest));
            return Err(Error::InvalidRequestedRegion { requested, largest });
        }
        let (got, expected) = (pixels.pixel_type(), self.header.pixel_type);
        if got != expected {
            let allowed = format!("{expected}, as the header has it");
            return Err(Error::PixelType { who: NAME, got, allowed });
        }
        let expected = Header { region: *region, ..self.header.clone() }.array_size();
        if *expected != *pixels.size() {
            let (expected, got) = (expected.to_vec(), pixels.size().to_vec());
            return Err(Error::Size { what: "region to write", expected, got });
        }
        match &self.target {
            Target::New(_, coverage) if coverage.overlaps(region) => Err(Error::Parameter {
                filter: NAME,
                name: "region",
                expected: "without pixels that were written before".into(),
                got: region.to_string(),
            }),
            _ => Ok(()),
        }
    }

    fn put<T: Pixel>(&mut self, view: View<'_, T>, mut runs: Runs, watch: &Watch<'_>) -> Result<()> {
        let swapped = self.payload.big_endian != cfg!(target_endian = "big");
        pixels::runs(view, 1, &mut |run| {
            watch.check().map_err(|error| failed(&self.path, error))?;
            if swapped {
                pixels::swap(run);
            }
            let mut rest = &*run;
            while let Some((at, left)) = runs.next().filter(|_| !rest.is_empty()) {
                let within = at % self.share;
                let most = left.min(self.share - within).min(rest.len() as u64);
                let (now, later) = rest.split_at(most as usize);
                let number = (at / self.share) as usize;
                let (file, first) = self.piece(number, watch)?;
                let done =
                    write_all_at(&file, bytemuck::cast_slice(now), first + within * size_of::<T>() as u64);
                done.map_err(|error| failed(self.file(number), error))?;
                runs.pass(most);
                rest = later;
            }
            watch.moved(size_of_val(run) as u64);
            Ok(())
        })
    }

    fn file(&self, number: usize) -> &Path {
        self.payload.path(number, Reading { path: &self.path, format: self.format })
    }

    /// The file of a piece, to be written, and where its first value is.
    fn piece(&mut self, number: usize, watch: &Watch<'_>) -> Result<(Arc<File>, u64)> {
        if let Some((open, file, first)) = &self.piece
            && *open == number
        {
            return Ok((file.clone(), *first));
        }
        let (file, first) = match &self.target {
            Target::New(stage, _) | Target::Pasted(stage) => (stage.files.data.file(), stage.first),
            Target::Existing(file) => {
                let reading = Reading { path: &self.path, format: self.format };
                let encoded = self.payload.encoded(number, self.share.into(), &self.header, file, reading)?;
                let path = self.file(number);
                let first = self.payload.first_byte(&encoded, watch);
                let first = first.map_err(|error| reading.decoding(path, error))?;
                match &self.payload.pieces[number].path {
                    None => (encoded.file, first),
                    Some(path) => {
                        let file = OpenOptions::new().write(true).open(path);
                        (Arc::new(file.map_err(|source| failed(path, source))?), first)
                    }
                }
            }
        };
        self.piece = Some((number, file.clone(), first));
        Ok((file, first))
    }

    /// Gives a new file its name, or ends a paste.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when pixels of a new file were not written, [`Error::Io`]; after both nothing new stands
    /// under the name, and what stood there before still does.
    pub fn finish(self) -> Result<()> {
        let Self { path, format, header, target, piece, .. } = self;
        // Closed first: Windows renames no open file.
        drop(piece);
        let stage = match target {
            Target::Existing(_) => return Ok(()),
            Target::Pasted(stage) => {
                let values: usize = header.array_size().iter().product();
                let end = stage.first + values as u64 * header.pixel_type.size() as u64;
                // What no region has written reads as 0.
                stage.files.data.file().set_len(end).map_err(|source| failed(&path, source))?;
                stage
            }
            Target::New(stage, coverage) => {
                let (written, all) = (coverage.pixels(), header.region.pixels());
                if written != all {
                    let reason = format!("{} of {all} pixels were not written", all - written);
                    return Err(Error::Unwritable { path, format, reason });
                }
                stage
            }
        };
        stage.files.commit()
    }
}

fn stage(
    format: &'static Format,
    path: &Path,
    header: &Header,
    metadata: &Metadata,
    options: &WriteOptions,
) -> Result<Stage> {
    match format.stage {
        Some(_) if options.compress => {
            let reason = "compressed pixels cannot be written by regions; leave compression off, or write the \
                          whole image at once";
            Err(unwritable(path, format, reason))
        }
        Some(stage) => stage(header, metadata, path),
        None => {
            let reason = "it cannot be written by regions; take a .mha or .nrrd file, or write the whole image at once";
            Err(unwritable(path, format, reason))
        }
    }
}

fn unwritable(path: &Path, format: &Format, reason: &str) -> Error {
    Error::Unwritable { path: path.to_owned(), format: format.name, reason: reason.into() }
}

fn failed(path: &Path, source: io::Error) -> Error {
    watch::error(source, |source| Error::Io { action: "write", path: path.to_owned(), source })
}
