//! A source that reads a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use itk_core::pipeline::{Information, Inputs, Node, Process, Run};
use itk_core::{
    AnyImage, Axes, Error, Geometry, Header, Image, Pixel, PixelKind, PixelType, Region, Result, Visit,
};

use super::named;
use crate::{Formats, Reader, convert};

const NAME: &str = "ImageFileReader";

/// What a node that reads a file does: its parameters.
///
/// Reads the region that is asked for, where the file allows that ([`Reader::is_streamable`]); else, and with
/// [`use_streaming(false)`](Self::use_streaming), all of it. The header is read when the pipeline asks for information,
/// and not again before the node is modified; the file stays open as long, so that header and pixels are of one file.
///
/// # Source
/// ITK's `ImageFileReader`. NRRD is read by regions too.
#[derive(Debug)]
pub struct ImageFileReader {
    path: PathBuf,
    formats: Formats,
    pixel_type: Option<PixelType>,
    rank: Option<usize>,
    use_streaming: bool,
    opened: Mutex<Option<Arc<Reader>>>,
}

/// A node that reads a file.
///
/// # Example
/// See [`crate::pipeline`].
pub fn reader(reader: ImageFileReader) -> Node {
    Node::new(reader)
}

impl ImageFileReader {
    /// Reads this file, as it is stored.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            formats: Formats::all(),
            pixel_type: None,
            rank: None,
            use_streaming: true,
            opened: Mutex::default(),
        }
    }

    /// Takes the file to be of one of these formats. Default all.
    pub fn formats(self, formats: Formats) -> Self {
        Self { formats, ..self }
    }

    /// Converts pixels to this type, as [`convert`] does: RGB becomes grey. Default: as they are stored.
    pub fn pixel_type(self, pixel_type: PixelType) -> Self {
        Self { pixel_type: Some(pixel_type), ..self }
    }

    /// Makes an image of so many axes. Of a file with more, the first slice is read, and the direction is left out; to a
    /// file with fewer, axes of one pixel are added, with spacing 1 and origin 0. Default: as many as the file has.
    pub fn rank(self, rank: usize) -> Self {
        Self { rank: Some(rank), ..self }
    }

    /// Whether only the region that is asked for is read. Default true.
    pub fn use_streaming(self, use_streaming: bool) -> Self {
        Self { use_streaming, ..self }
    }

    fn opened(&self) -> Result<Arc<Reader>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some(reader) => Ok(reader.clone()),
            None => Ok(opened.insert(Arc::new(self.formats.open(&self.path)?)).clone()),
        }
    }

    /// What the image becomes.
    fn header(&self, stored: &Header) -> Result<Header> {
        let mut header = stored.clone();
        if let Some(rank) = self.rank.filter(|rank| *rank != stored.rank()) {
            let known = rank.min(stored.rank());
            let each =
                |of: &[f64], other: f64| Axes::from_fn(rank, |a| if a < known { of[a] } else { other });
            let size = Axes::from_fn(rank, |a| if a < known { stored.region.size()[a] } else { 1 });
            let direction = stored.geometry.direction();
            let matrix: Vec<f64> = (0..rank * rank)
                .map(|at| match (at / rank, at % rank) {
                    (i, j) if rank > stored.rank() && i < known && j < known => direction[i * known + j],
                    (i, j) => f64::from(u8::from(i == j)),
                })
                .collect();
            header.region = Region::of_size(&size)?;
            let (spacing, origin) =
                (each(stored.geometry.spacing(), 1.0), each(stored.geometry.origin(), 0.0));
            header.geometry = Geometry::new(&spacing, &origin, &matrix)?;
        }
        if let Some(pixel_type) = self.pixel_type {
            header.pixel_type = pixel_type;
            if [PixelKind::Rgb, PixelKind::Rgba].contains(&header.kind) {
                (header.kind, header.components) = (PixelKind::Scalar, 1);
            }
        }
        Ok(header)
    }

    /// A region of the image as one of the file.
    fn stored_region(&self, region: &Region, stored: &Header) -> Result<Region> {
        let known = region.rank().min(stored.rank());
        let index = Axes::from_fn(stored.rank(), |a| if a < known { region.index()[a] } else { 0 });
        let size = Axes::from_fn(stored.rank(), |a| if a < known { region.size()[a] } else { 1 });
        Region::new(&index, &size)
    }
}

impl Process for ImageFileReader {
    fn name(&self) -> &str {
        NAME
    }

    fn number_of_required_inputs(&self) -> usize {
        0
    }

    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
        if let Some(rank) = self.rank.filter(|rank| !(1..=itk_core::MAX_RANK).contains(rank)) {
            let expected = format!("1 to {}", itk_core::MAX_RANK);
            return Err(Error::Rank { who: NAME, expected, got: rank });
        }
        // The file may be another one than when it was asked for last.
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let reader = self.opened()?;
        Ok(vec![Information { header: self.header(reader.header())?, metadata: reader.metadata().clone() }])
    }

    fn enlarge_output_requested_region(
        &self,
        _: usize,
        information: &Information,
        requested: &Region,
    ) -> Result<Region> {
        let whole = information.header.region;
        Ok(if self.use_streaming && self.opened()?.is_streamable() { *requested } else { whole })
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let reader = self.opened()?;
        let region = run.requested_region(0);
        let header = run.output_header(0)?;
        let stored = self.stored_region(&region, reader.header())?;
        let same_type = header.pixel_type == reader.header().pixel_type
            && header.components == reader.header().components;
        if same_type && header.rank() == reader.header().rank() {
            let read = run.produce(0, |output, context| reader.read_region_into(&stored, output, context));
            return read.map_err(|error| named(error, NAME));
        }
        let image = run.compute(|context| {
            let image = reader.read_region_with(&stored, context)?;
            let image = if same_type { image } else { convert(&image, header.pixel_type)? };
            image.visit(Relabel(&header))
        });
        run.set_output(0, image.map_err(|error| named(error, NAME))?)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters = vec![
            ("FileName".into(), self.path.display().to_string()),
            ("UseStreaming".into(), self.use_streaming.to_string()),
        ];
        parameters.extend(self.pixel_type.map(|pixel_type| ("PixelType".into(), pixel_type.to_string())));
        parameters.extend(self.rank.map(|rank| ("Rank".into(), rank.to_string())));
        parameters
    }
}

/// The same pixels in the same order under another header of as many.
struct Relabel<'a>(&'a Header);

impl Visit for Relabel<'_> {
    type Out = Result<AnyImage>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        if image.header().rank() == self.0.rank() {
            return Ok(T::erase(image.clone()));
        }
        let mut relabelled = Image::<T>::zeroed(self.0)?;
        // Both are owned by Rust alone, so there always are slices.
        if let (Some(from), Some(to)) = (image.as_slice(), relabelled.as_mut_slice()?) {
            to.copy_from_slice(from);
        }
        Ok(T::erase(relabelled))
    }
}
