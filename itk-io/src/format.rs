//! The table of formats, and which of them a file is.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use itk_core::{AnyImage, Context, Error, Header, Metadata, Result};

use crate::payload::Reading;
use crate::reader::{Opened, Reader};
use crate::span::Span;
use crate::staged::Files;
use crate::watch::Watch;
use crate::writer::{self, Stage, Writer};
use crate::{Info, WriteOptions, meta_image, nrrd, png};

/// A file format.
#[non_exhaustive]
pub struct Format {
    /// What it is called: `MetaImage`.
    pub name: &'static str,
    /// The endings of its files' names, lower case and with the dot; any case is accepted.
    pub endings: &'static [&'static str],
    /// True when such files can be read.
    pub can_read: bool,
    /// True when such files can be written.
    pub can_write: bool,
    /// Whether the first [`HEAD`] bytes may be such a file's.
    pub(crate) sniff: fn(&[u8]) -> bool,
    pub(crate) open: fn(Arc<File>, Reading<'_>) -> Result<Opened>,
    pub(crate) check: fn(&Header, &Path) -> Result<()>,
    pub(crate) write: fn(&AnyImage, &Path, &WriteOptions, &Watch<'_>) -> Result<Files>,
    /// Begins a new file whose pixels are not compressed and may come in any order; `None` where there are none such.
    pub(crate) stage: Option<BeginStage>,
}

/// Writes the header of a new file.
pub(crate) type BeginStage = fn(&Header, &Metadata, &Path) -> Result<Stage>;

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Format")
            .field("name", &self.name)
            .field("endings", &self.endings)
            .finish_non_exhaustive()
    }
}

/// Why no file is of a known format when there is none.
const NONE: &str = "no file format is registered";

/// How much of a file is looked at to tell its format: as much as ITK looks at.
const HEAD: u64 = 8000;

/// Every format, in the order in which they are tried.
///
/// # Example
/// ```
/// let png = itk_io::formats().iter().find(|format| format.name == "PNG");
/// assert!(png.is_some_and(|png| png.endings == [".png"] && png.can_write));
/// ```
pub fn formats() -> &'static [Format] {
    &[meta_image::FORMAT, nrrd::FORMAT, png::FORMAT]
}

impl Format {
    fn fits_name(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        self.endings.iter().any(|ending| name.ends_with(ending))
    }
}

/// The formats that are tried. [`read`](crate::read), [`info`](crate::info) and [`write`](crate::write()) try all;
/// whoever wants fewer calls the methods of the same name here.
///
/// # Source
/// ITK's registered `ImageIO` factories; empty, what `DefaultFactoryLoading = False` leaves of them.
/// # Example
/// ```
/// let mut formats = itk_io::Formats::none();
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.nrrd");
/// std::fs::write(&path, "NRRD0004\ntype: uchar\ndimension: 1\nsizes: 1\nencoding: ascii\n\n7\n").unwrap();
/// assert!(formats.read(&path).is_err());
/// formats.register("NRRD")?;
/// assert!(formats.read(&path).is_ok());
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Formats(Vec<&'static Format>);

impl Formats {
    /// Every format.
    pub fn all() -> Self {
        Self(formats().iter().collect())
    }

    /// No format.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a format of the table by its name. They are tried in the table's order, whatever the order of calls.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the table has no such name.
    pub fn register(&mut self, name: &str) -> Result<()> {
        if !formats().iter().any(|format| format.name == name) {
            return Err(Error::Parameter {
                filter: "file format",
                name: "name",
                expected: format!(
                    "one of {}",
                    formats().iter().map(|f| f.name).collect::<Vec<_>>().join(", ")
                ),
                got: format!("{name:?}"),
            });
        }
        let known = |format: &&Format| format.name == name || self.iter().any(|f| f.name == format.name);
        self.0 = formats().iter().filter(known).collect();
        Ok(())
    }

    /// The formats, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &'static Format> {
        self.0.iter().copied()
    }

    /// All endings of the formats that `wanted` picks, for messages.
    fn endings(&self, wanted: impl Fn(&Format) -> bool) -> String {
        let known: Vec<_> = self.iter().filter(|f| wanted(f)).flat_map(|f| f.endings).copied().collect();
        known.join(", ")
    }

    /// The format to write under this name.
    pub(crate) fn of_ending(&self, path: &Path) -> Result<&'static Format> {
        self.iter().find(|format| format.can_write && format.fits_name(path)).ok_or_else(|| {
            let reason = match self.0.is_empty() {
                true => NONE.to_owned(),
                false => {
                    format!("its name must end in one of {}", self.endings(|format| format.can_write))
                }
            };
            Error::UnknownFormat { path: path.to_owned(), reason }
        })
    }

    /// The format of an open file: by ending and content, else by content.
    pub(crate) fn of_file(&self, file: &Arc<File>, path: &Path) -> Result<&'static Format> {
        let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let mut head = Vec::new();
        Span::new(file.clone(), 0, HEAD, None).read_to_end(&mut head).map_err(io)?;
        let mut named: Vec<_> = self.iter().filter(|format| format.can_read).collect();
        named.sort_by_key(|format| !format.fits_name(path));
        named.into_iter().find(|format| (format.sniff)(&head)).ok_or_else(|| {
            let reason = match self.iter().find(|format| format.fits_name(path)) {
                _ if self.0.is_empty() => NONE.to_owned(),
                Some(_) if head.is_empty() => "it is empty".to_owned(),
                Some(format) => format!("its name is one of {}, but its content is not", format.name),
                None => format!(
                    "its content is of none that is known; files that can be read end in {}",
                    self.endings(|format| format.can_read)
                ),
            };
            Error::UnknownFormat { path: path.to_owned(), reason }
        })
    }

    /// As [`open`](crate::open), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the file is of another format.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Reader> {
        let path = path.as_ref();
        let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let kind = fs::metadata(path).map_err(io)?;
        // Opening a pipe would wait for someone who writes.
        if !kind.is_file() && !kind.is_dir() {
            return Err(io(io::Error::other("it is not a regular file")));
        }
        let file = Arc::new(File::open(path).map_err(io)?);
        let format = self.of_file(&file, path)?;
        let opened = (format.open)(file, Reading { path, format: format.name })?;
        Ok(Reader::new(path, format, opened))
    }

    /// As [`read`](crate::read), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the file is of another format.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<AnyImage> {
        self.open(path)?.read()
    }

    /// As [`info`](crate::info), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the file is of another format.
    pub fn info(&self, path: impl AsRef<Path>) -> Result<Info> {
        self.open(path).map(|reader| reader.info())
    }

    /// As [`write`](crate::write()), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the ending is that of another format.
    pub fn write(&self, image: &AnyImage, path: impl AsRef<Path>, options: &WriteOptions) -> Result<()> {
        self.write_with(image, path, options, &Context::default())
    }

    /// As [`write_with`](crate::write_with), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the ending is that of another format.
    pub fn write_with(
        &self,
        image: &AnyImage,
        path: impl AsRef<Path>,
        options: &WriteOptions,
        context: &Context<'_>,
    ) -> Result<()> {
        let (path, header) = (path.as_ref(), image.header());
        if self.of_ending(path)?.stage.is_some() && !options.compress {
            let mut writer = Writer::create(path, &header, image.metadata(), options)?;
            writer.write_region_with(image.view(), &header.region, context)?;
            return writer.finish();
        }
        self.encode(image, path, options, context)?.commit()
    }

    /// Writes an image that is compressed, or has to be written at once, but for giving its files their names.
    pub(crate) fn encode(
        &self,
        image: &AnyImage,
        path: &Path,
        options: &WriteOptions,
        context: &Context<'_>,
    ) -> Result<Files> {
        let header = image.header();
        let format = self.of_ending(path)?;
        (format.check)(&header, path)?;
        let values = header.array_size().iter().fold(1u64, |n, &size| n.saturating_mul(size as u64));
        let bytes = values.saturating_mul(header.pixel_type.size() as u64);
        (format.write)(image, path, options, &Watch::new(context, writer::NAME, bytes))
    }
}
