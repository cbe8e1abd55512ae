//! Files as the ends of a pipeline: [`reader`] and [`writer`] make nodes that read and write by regions, so that an
//! image larger than memory goes through filters from file to file.
//!
//! ```
//! use itk_core::{AnyImage, Image};
//! use itk_core::pipeline::Divisions;
//! # let folder = tempfile::tempdir().unwrap();
//! # let (source, copy) = (folder.path().join("a.mha"), folder.path().join("b.nrrd"));
//! # let image: AnyImage = Image::from_vec(&[4, 9], (0..36u16).collect())?.into();
//! # itk_io::write(&image, &source, &itk_io::WriteOptions::default())?;
//! use itk_io::pipeline::{ImageFileReader, ImageFileWriter, reader, writer};
//!
//! let reader = reader(ImageFileReader::new(&source));
//! // Filters come here: `itk_core::pipeline::filter(Median::new(1), reader.output())`.
//! let options = ImageFileWriter::new(&copy).divisions(Divisions::Memory(1 << 30));
//! let writer = writer(options, reader.output());
//! writer.update()?;
//! assert_eq!(itk_io::info(&copy)?.header, itk_io::info(&source)?.header);
//! # Ok::<(), itk_core::Error>(())
//! ```

mod image_file_reader;
mod image_file_writer;

pub use image_file_reader::{ImageFileReader, reader};
pub use image_file_writer::{ImageFileWriter, writer};

use itk_core::Error;

/// An abort under the name of the node.
fn named(error: Error, name: &'static str) -> Error {
    match error {
        Error::Aborted { .. } => Error::Aborted { filter: name.into() },
        other => other,
    }
}
