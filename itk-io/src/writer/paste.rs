//! Writing into a file that stands already.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use itk_core::{Geometry, Header, Metadata, Result};

use super::{Target, Writer, failed, stage, unwritable};
use crate::payload::{Encoding, Reading};
use crate::reader::{Body, Opened};
use crate::{Formats, WriteOptions, place};

impl Writer {
    /// Opens a file to write some regions of its image in place; the other pixels stay as they are.
    ///
    /// The file must be a MetaImage or NRRD of pixels that are neither compressed nor text, its image of the same
    /// size, pixel type and number of components as the header says, and in the same place in space (within 1e-6 of a
    /// pixel, as ITK compares images). What the components mean is not compared, and neither is metadata, which stays
    /// as it is. Both byte orders, and pixels in several files, will do. When there is no such file, a new one is made
    /// under the name by [`Writer::finish`], whose other pixels are 0.
    ///
    /// A paste into a file is not atomic: a reader may see some of it, and after an error some of it may have been
    /// written.
    ///
    /// # Errors
    /// [`itk_core::Error::Unwritable`] when the file is another one than the header says, or such that no region can be written
    /// by itself; those of [`crate::open`] and [`Writer::create`].
    /// # Source
    /// ITK's `MetaImageIO`, which compares geometry to the bit, and pastes into MetaImages only.
    /// # Example
    /// ```
    /// use itk_core::{AnyImage, Image, Metadata, Region};
    /// use itk_io::{WriteOptions, Writer};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("a.mha");
    /// let image: AnyImage = Image::from_vec(&[3, 2], vec![1u8; 6])?.into();
    /// itk_io::write(&image, &path, &WriteOptions::default())?;
    ///
    /// let column = Image::from_vec(&[1, 2], vec![7u8, 8])?;
    /// let mut paste = Writer::paste(&path, &image.header(), &Metadata::default(), &WriteOptions::default())?;
    /// paste.write_region(column.view(), &Region::new(&[2, 0], &[1, 2])?)?;
    /// paste.finish()?;
    /// assert_eq!(itk_io::read_as::<u8>(&path)?.to_vec(), [1, 1, 7, 1, 1, 8]);
    /// # Ok::<(), itk_core::Error>(())
    /// ```
    pub fn paste(
        path: impl AsRef<Path>,
        header: &Header,
        metadata: &Metadata,
        options: &WriteOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        if options.compress {
            return Err(unwritable(
                path,
                Formats::all().of_ending(path)?,
                "compressed pixels cannot be pasted",
            ));
        }
        if !path.try_exists().map_err(|source| failed(path, source))? {
            let format = Formats::all().of_ending(path)?;
            (format.check)(header, path)?;
            let stage = stage(format, path, header, metadata, options)?;
            return Self::new(path, format, header, stage, Target::Pasted);
        }
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = Arc::new(file.map_err(|source| failed(path, source))?);
        let format = Formats::all().of_file(&file, path)?;
        let reading = Reading { path, format: format.name };
        let Opened { header: stored, body, .. } = (format.open)(file.clone(), reading)?;
        let payload = match body {
            Body::Values(payload) if payload.encoding == Encoding::Raw && payload.is_in_order() => payload,
            Body::Values(payload) if payload.encoding == Encoding::Raw => {
                return Err(unwritable(
                    path,
                    format,
                    "nothing can be pasted as its components are not the fastest axis",
                ));
            }
            _ => {
                return Err(unwritable(
                    path,
                    format,
                    "nothing can be pasted as its pixels are compressed or text",
                ));
            }
        };
        if let Some(difference) = difference(&stored, header) {
            let reason = format!("nothing can be pasted as the file {difference}");
            return Err(unwritable(path, format, &reason));
        }
        let share = payload.locate(&stored, &stored.region, &file, reading)?.share;
        let (header, target) = (header.clone(), Target::Existing(file));
        Ok(Self { path: path.to_owned(), format: format.name, header, payload, share, piece: None, target })
    }
}

/// How the image that a file has differs from the one that regions of it are given of; `None` when it does not.
fn difference(stored: &Header, given: &Header) -> Option<String> {
    let (has, wanted) = (stored, given);
    if (has.pixel_type, has.components) != (wanted.pixel_type, wanted.components) {
        let pixel = |header: &Header| format!("{} components of {}", header.components, header.pixel_type);
        return Some(format!("has pixels of {}, not {}", pixel(has), pixel(wanted)));
    }
    if has.region.size() != wanted.region.size() {
        let (has, wanted) = (has.region.size(), wanted.region.size());
        return Some(format!("has the size (xyz) {has:?}, not {wanted:?}"));
    }
    // A file's image starts at index 0, where its first pixel is.
    let wanted = wanted.geometry.clone().with_origin(&place::first_pixel(wanted)).ok()?;
    let place = |g: &Geometry| {
        let (spacing, origin, direction) = (g.spacing(), g.origin(), g.direction());
        format!("spacing {spacing:?}, origin {origin:?}, direction {direction:?}")
    };
    let same = has.geometry.is_congruent(&wanted, TOLERANCE, TOLERANCE);
    (!same).then(|| format!("has {}, not {}", place(&has.geometry), place(&wanted)))
}

/// ITK's tolerance for images in the same place, in pixels along x, and for entries of the direction.
const TOLERANCE: f64 = 1e-6;
