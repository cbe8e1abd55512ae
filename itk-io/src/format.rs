//! The table of formats, and which of them a file is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use itk_core::{AnyImage, Error, Header, Result};

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
    pub(crate) info: fn(&Path) -> Result<Info>,
    pub(crate) read: fn(&Path) -> Result<AnyImage>,
    pub(crate) check: fn(&Header, &Path) -> Result<()>,
    pub(crate) write: fn(&AnyImage, &Path, &WriteOptions) -> Result<()>,
}

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

    /// The format of a file to read: by ending and content, else by content.
    pub(crate) fn of_content(&self, path: &Path) -> Result<&'static Format> {
        let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let mut head = Vec::new();
        File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(io)?;
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

    /// As [`read`](crate::read), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the file is of another format.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<AnyImage> {
        let path = path.as_ref();
        (self.of_content(path)?.read)(path)
    }

    /// As [`info`](crate::info), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the file is of another format.
    pub fn info(&self, path: impl AsRef<Path>) -> Result<Info> {
        let path = path.as_ref();
        (self.of_content(path)?.info)(path)
    }

    /// As [`write`](crate::write()), of these formats only.
    ///
    /// # Errors
    /// As there; [`Error::UnknownFormat`] when the ending is that of another format.
    pub fn write(&self, image: &AnyImage, path: impl AsRef<Path>, options: &WriteOptions) -> Result<()> {
        let path = path.as_ref();
        let format = self.of_ending(path)?;
        (format.check)(&image.header(), path)?;
        (format.write)(image, path, options)
    }
}
