//! Image files: MetaImage, NRRD and PNG, read and written as ITK does. Knows no filter.
//!
//! The format of a file that is read is found as ITK finds it: first the formats whose ending the name has,
//! then all others, by content. What a header says is checked against the length of the file before memory is
//! asked for. Writing is atomic: a file appears under its name complete, or not at all.
//!
//! ```
//! use itk_core::{AnyImage, Image};
//! # let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("ramp.mha");
//! let ramp: AnyImage = Image::from_vec(&[3, 2], vec![0u8, 1, 2, 3, 4, 5])?.into();
//! itk_io::write(&ramp, &path, &itk_io::WriteOptions::default().compress(true))?;
//! assert_eq!(itk_io::info(&path)?.header, ramp.header());
//! assert_eq!(itk_io::read_as::<f32>(&path)?.to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
//! # Ok::<(), itk_core::Error>(())
//! ```
#![forbid(unsafe_code)]

use std::path::Path;

use itk_core::{AnyImage, Context, Header, Image, Metadata, Pixel, PixelType, Result};

mod convert;
mod coverage;
mod decode;
mod format;
mod meta_image;
mod nrrd;
mod payload;
pub mod pipeline;
mod pixels;
mod place;
mod png;
mod reader;
mod runs;
mod span;
mod staged;
mod text;
mod values;
mod watch;
mod writer;

pub use convert::convert;
pub use format::{Format, Formats, formats};
pub use reader::{Reader, open};
pub use writer::Writer;

/// The longest header that is read: room for a list of as many files as there may be.
const HEADER_LIMIT: u64 = 1 << 22;

/// The most files that the pixels of one image may be in.
const MOST_FILES: usize = 1 << 16;

/// What a file says of its image, pixels aside.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// The name of the file's format, as in [`Format::name`].
    pub format: &'static str,
    /// Size, geometry, pixel type and kind.
    pub header: Header,
    /// What else the file says, by key.
    pub metadata: Metadata,
    /// True when the pixels are stored compressed.
    pub compressed: bool,
}

/// How a file is written. The default is ITK's: not compressed.
///
/// # Example
/// ```
/// let small = itk_io::WriteOptions::default().compress(true).level(9);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to `write`"]
pub struct WriteOptions {
    compress: bool,
    level: Option<u8>,
}

impl WriteOptions {
    /// Compresses the pixels without loss, where the format leaves a choice. Default false.
    pub fn compress(self, compress: bool) -> Self {
        Self { compress, ..self }
    }

    /// How hard to compress, 1 (fast) to 9 (small). Default 2 for MetaImage and NRRD, as in ITK.
    pub fn level(self, level: u8) -> Self {
        Self { level: Some(level.clamp(1, 9)), ..self }
    }

    pub(crate) fn compresses(&self) -> bool {
        self.compress
    }

    fn level_or(&self, default: u8) -> u32 {
        self.level.unwrap_or(default).into()
    }
}

/// The end of "allowed: …": the pixel types that a format holds, and how to come by one of them.
fn allowed_types(held: impl IntoIterator<Item = PixelType>, suggestion: &str) -> String {
    let mut names: Vec<_> = held.into_iter().map(PixelType::numpy_name).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    format!(
        "{}; have the filter make one of them with dtype=\"{suggestion}\", or convert the pixels first",
        names.join(", ")
    )
}

/// Reads an image with the pixel type that is stored.
///
/// Index 0 is the first pixel. A negative spacing becomes a positive one along a flipped direction. Memory:
/// the image, and a small constant. Files that the header names are looked for beside it.
///
/// # Errors
/// As [`info`], and [`itk_core::Error::OutOfMemory`].
/// # Source
/// ITK's `ImageFileReader`. Where ITK 5.4.7 gives pixels that were never written (compressed data that are
/// damaged, too short or of another length, lists with too few files), this is an error.
/// # Example
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.nrrd");
/// let header = "NRRD0004\ntype: short\ndimension: 2\nsizes: 3 1\nencoding: ascii\n\n";
/// std::fs::write(&path, format!("{header}7 -8 9\n")).unwrap();
/// let itk_core::AnyImage::I16(image) = itk_io::read(&path)? else { panic!("not 16 bits") };
/// assert_eq!(image.to_vec(), [7, -8, 9]);
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<AnyImage> {
    read_with(path, &Context::default())
}

/// [`read()`], watched and stopped by a context.
///
/// # Errors
/// Also [`itk_core::Error::Aborted`], within 100 ms of the cancel.
/// # Example
/// ```
/// use itk_core::{CancelToken, Context, Error};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.nrrd");
/// # let header = "NRRD0004\ntype: short\ndimension: 2\nsizes: 3 1\nencoding: ascii\n\n";
/// # std::fs::write(&path, format!("{header}7 -8 9\n")).unwrap();
/// let token = CancelToken::new();
/// token.cancel(); // from any thread, at any time
/// let aborted = itk_io::read_with(&path, &Context::default().cancel(token)).unwrap_err();
/// assert!(matches!(aborted, Error::Aborted { .. }));
/// ```
pub fn read_with(path: impl AsRef<Path>, context: &Context<'_>) -> Result<AnyImage> {
    Formats::all().open(path)?.read_with(context)
}

/// Reads an image as pixels of `T`, converted as [`convert`] does.
///
/// # Errors
/// As [`read`].
/// # Example
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.nrrd");
/// let header = "NRRD0004\ntype: float\ndimension: 1\nsizes: 3\nencoding: ascii\n\n";
/// std::fs::write(&path, format!("{header}1.5 -1 300\n")).unwrap();
/// assert_eq!(itk_io::read_as::<u8>(&path)?.to_vec(), [1, 0, 255]);
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn read_as<T: Pixel>(path: impl AsRef<Path>) -> Result<Image<T>> {
    convert::to_type(&read(path)?)
}

/// Reads the header of a file, and no pixels.
///
/// # Errors
/// [`itk_core::Error::Io`] when the file cannot be opened, [`itk_core::Error::UnknownFormat`] when it is of
/// no format that is known here, [`itk_core::Error::Malformed`] when its content is not what the format
/// prescribes.
/// # Example
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.mhd");
/// let header = "NDims = 2\nDimSize = 30 20\nElementType = MET_SHORT\nElementDataFile = a.raw\n";
/// std::fs::write(&path, header).unwrap();
/// let info = itk_io::info(&path)?; // though there is no a.raw
/// assert_eq!((info.format, info.header.region.size()), ("MetaImage", &[30, 20][..]));
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn info(path: impl AsRef<Path>) -> Result<Info> {
    Formats::all().info(path)
}

/// Writes an image to a file whose ending names the format.
///
/// The origin that is written is the position of the first pixel, so an image that does not start at index 0
/// comes back at index 0 with its pixels in the same place, as in ITK. What a format cannot hold of geometry
/// and metadata is left out: PNG holds spacing only; a key that would be taken for part of the header, an
/// empty text in a MetaImage.
///
/// A file appears under its name when it is complete: it is written beside it and renamed. A link's target is
/// replaced, with the permissions it had. `.mhd` and `.nhdr` come with a data file of the same stem.
///
/// # Errors
/// Those of [`check_writable`], and [`itk_core::Error::Io`]. After an error nothing new stands under the
/// name, and what stood there before still does.
/// # Source
/// ITK's `ImageFileWriter`; headers are ITK 5.4.7's, byte for byte.
/// # Example
/// ```
/// use itk_core::{AnyImage, Image};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.mha");
/// let image: AnyImage = Image::from_vec(&[2, 2], vec![0.5f32, 1.0, 1.5, 2.0])?.into();
/// itk_io::write(&image, &path, &itk_io::WriteOptions::default())?;
/// let file = std::fs::read(&path).unwrap();
/// assert!(file.starts_with(b"ObjectType = Image\nNDims = 2\nBinaryData = True\n"));
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn write(image: &AnyImage, path: impl AsRef<Path>, options: &WriteOptions) -> Result<()> {
    write_with(image, path, options, &Context::default())
}

/// [`write()`], watched and stopped by a context.
///
/// # Errors
/// Also [`itk_core::Error::Aborted`], within 100 ms of the cancel.
/// # Example
/// ```
/// use itk_core::{AnyImage, CancelToken, Context, Image};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("a.mha");
/// let image: AnyImage = Image::from_vec(&[2, 2], vec![0u8; 4])?.into();
/// let token = CancelToken::new();
/// token.cancel(); // from any thread, at any time
/// let context = Context::default().cancel(token);
/// itk_io::write_with(&image, &path, &itk_io::WriteOptions::default(), &context).unwrap_err();
/// assert!(!path.exists());
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn write_with(
    image: &AnyImage,
    path: impl AsRef<Path>,
    options: &WriteOptions,
    context: &Context<'_>,
) -> Result<()> {
    Formats::all().write_with(image, path, options, context)
}

/// Refuses what [`write()`] would refuse, before the pixels are there.
///
/// # Errors
/// [`itk_core::Error::UnknownFormat`] when the ending names no format, [`itk_core::Error::PixelType`] when
/// the format cannot hold such pixels, [`itk_core::Error::Unwritable`] when it cannot hold such an image.
/// # Example
/// ```
/// use itk_core::{Header, PixelType};
/// let error = itk_io::check_writable(&Header::new(PixelType::F32, &[4, 3])?, "a.png").unwrap_err();
/// assert!(error.to_string().contains("float32 is not supported; allowed: uint8, uint16"));
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn check_writable(header: &Header, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    (Formats::all().of_ending(path)?.check)(header, path)
}

/// The examples of the README, run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
