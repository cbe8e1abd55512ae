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

/// All endings of the formats that `wanted` picks, for messages.
fn endings(wanted: impl Fn(&Format) -> bool) -> String {
    let known: Vec<_> = formats().iter().filter(|f| wanted(f)).flat_map(|f| f.endings).copied().collect();
    known.join(", ")
}

/// The format to write under this name.
pub(crate) fn of_ending(path: &Path) -> Result<&'static Format> {
    formats().iter().find(|format| format.can_write && format.fits_name(path)).ok_or_else(|| {
        let reason = format!("its name must end in one of {}", endings(|format| format.can_write));
        Error::UnknownFormat { path: path.to_owned(), reason }
    })
}

/// The format of a file to read: by ending and content, else by content.
pub(crate) fn of_content(path: &Path) -> Result<&'static Format> {
    let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(io)?;
    let mut named: Vec<_> = formats().iter().filter(|format| format.can_read).collect();
    named.sort_by_key(|format| !format.fits_name(path));
    named.into_iter().find(|format| (format.sniff)(&head)).ok_or_else(|| {
        let reason = match formats().iter().find(|format| format.fits_name(path)) {
            Some(_) if head.is_empty() => "it is empty".to_owned(),
            Some(format) => format!("its name is one of {}, but its content is not", format.name),
            None => format!(
                "its content is of none that is known; files that can be read end in {}",
                endings(|format| format.can_read)
            ),
        };
        Error::UnknownFormat { path: path.to_owned(), reason }
    })
}
