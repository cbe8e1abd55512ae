//! Opened files: the header at once, pixels when they are asked for, by regions.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use itk_core::{
    AnyImage, AnyViewMut, Axes, Buffer, Context, Error, Header, Image, Metadata, Pixel, Region, Result,
    ViewMut, Visit, VisitType,
};

use crate::payload::{Encoding, Payload, Reading};
use crate::values::Values;
use crate::watch::Watch;
use crate::{Format, Formats, Info};

/// What reading is called where it is cancelled.
const NAME: &str = "read";

/// A file whose header has been read.
pub(crate) struct Opened {
    /// Kept open, so that what is read later is the same file even when another one has got its name meanwhile.
    pub(crate) file: Arc<File>,
    pub(crate) header: Header,
    pub(crate) metadata: Metadata,
    pub(crate) body: Body,
}

/// Where the pixels of an opened file are.
pub(crate) enum Body {
    /// In these files, as values one after the other.
    Values(Payload),
    /// In an encoding of their own, which this function decodes as a whole.
    Whole(fn(&Arc<File>, Reading<'_>, &Watch<'_>) -> Result<AnyImage>),
}

/// An image file that is open: its header is known, its pixels are read by regions.
///
/// A reader may be shared by threads. It keeps the file of the header open, and reads that one even when the name
/// has gone to another file since. Pixels in files of their own are looked for by name at each read.
///
/// # Example
/// ```
/// use itk_core::{AnyImage, Image, Region};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("ramp.mha");
/// let ramp: AnyImage = Image::from_vec(&[4, 3], (0..12u8).collect())?.into();
/// itk_io::write(&ramp, &path, &itk_io::WriteOptions::default())?;
///
/// let reader = itk_io::open(&path)?;
/// assert!(reader.is_streamable());
/// let part = reader.read_region(&Region::new(&[1, 1], &[2, 2])?)?; // index and size, both xyz
/// let AnyImage::U8(part) = part else { panic!("not 8 bits") };
/// assert_eq!(part.to_vec(), [5, 6, 9, 10]);
/// # Ok::<(), itk_core::Error>(())
/// ```
pub struct Reader {
    path: PathBuf,
    format: &'static Format,
    opened: Opened,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.path)
            .field("format", &self.format.name)
            .field("header", &self.opened.header)
            .finish_non_exhaustive()
    }
}

/// Opens an image file and reads its header, and no pixels.
///
/// # Errors
/// [`Error::Io`] when the file cannot be opened, [`Error::UnknownFormat`] when it is of no format that is known here,
/// [`Error::Malformed`] when its header is not what the format prescribes.
/// # Source
/// ITK's `ImageFileReader::UpdateOutputInformation`.
/// # Example
/// See [`Reader`].
pub fn open(path: impl AsRef<Path>) -> Result<Reader> {
    Formats::all().open(path)
}

impl Reader {
    pub(crate) fn new(path: &Path, format: &'static Format, opened: Opened) -> Self {
        Self { path: path.to_owned(), format, opened }
    }

    /// The file that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of its format, as in [`Format::name`].
    pub fn format(&self) -> &'static str {
        self.format.name
    }

    /// Size, geometry, pixel type and kind. The region starts at index 0.
    pub fn header(&self) -> &Header {
        &self.opened.header
    }

    /// What else the file says, by key.
    pub fn metadata(&self) -> &Metadata {
        &self.opened.metadata
    }

    /// What [`crate::info`] gives.
    pub fn info(&self) -> Info {
        Info {
            format: self.format.name,
            header: self.opened.header.clone(),
            metadata: self.opened.metadata.clone(),
            compressed: self.is_compressed(),
        }
    }

    /// True when the pixels are stored compressed.
    pub fn is_compressed(&self) -> bool {
        match &self.opened.body {
            Body::Values(payload) => payload.encoding == Encoding::Deflate,
            Body::Whole(_) => true,
        }
    }

    /// True when a region is read without the pixels around it: pixels that are neither compressed nor text.
    ///
    /// # Source
    /// ITK's `ImageIOBase::CanStreamRead`, which is false for NRRD there, and true here.
    pub fn is_streamable(&self) -> bool {
        matches!(&self.opened.body, Body::Values(payload) if payload.encoding == Encoding::Raw)
    }

    /// The region to read when `requested` is wanted: that one where regions can be read by themselves, else the
    /// whole, because the whole must be decoded anyway.
    ///
    /// # Source
    /// ITK's `ImageIOBase::GenerateStreamableReadRegionFromRequestedRegion`.
    pub fn streamable_region(&self, requested: &Region) -> Region {
        if self.is_streamable() { *requested } else { self.opened.header.region }
    }

    /// Reads the whole image, as [`crate::read`] does.
    ///
    /// # Errors
    /// As [`Reader::read_region`].
    pub fn read(&self) -> Result<AnyImage> {
        self.read_with(&Context::default())
    }

    /// [`Reader::read`], watched and stopped by a context.
    ///
    /// # Errors
    /// Also [`Error::Aborted`], within 100 ms of the cancel.
    pub fn read_with(&self, context: &Context<'_>) -> Result<AnyImage> {
        self.read_region_with(&self.opened.header.region, context)
    }

    /// Reads a region, index and size xyz, as an image of that region in the same place in space. Metadata goes along.
    ///
    /// Equal to the same region of the whole image. Where [`Reader::is_streamable`], only its bytes are read, and
    /// gaps of less than a page between them; the memory it takes is the region's. Compressed pixels and texts are
    /// decoded from the first to the last, though no more than the region is kept: to read many regions, read the whole
    /// once. PNG needs the memory of the whole for a moment.
    ///
    /// # Errors
    /// [`Error::InvalidRequestedRegion`] when the region is not inside the image; [`Error::Malformed`] when the files
    /// that have a part of it cannot hold their pixels, or what they hold cannot be decoded; [`Error::Io`];
    /// [`Error::OutOfMemory`].
    /// # Source
    /// ITK's `ImageFileReader` with `UseStreaming`.
    /// # Example
    /// See [`Reader`].
    pub fn read_region(&self, region: &Region) -> Result<AnyImage> {
        self.read_region_with(region, &Context::default())
    }

    /// [`Reader::read_region`], watched and stopped by a context.
    ///
    /// # Errors
    /// Also [`Error::Aborted`], within 100 ms of the cancel.
    pub fn read_region_with(&self, region: &Region, context: &Context<'_>) -> Result<AnyImage> {
        struct New<'a>(&'a Reader, &'a Payload, &'a Header, &'a Context<'a>);
        impl VisitType for New<'_> {
            type Out = Result<AnyImage>;
            fn visit<T: Pixel>(self) -> Self::Out {
                let Self(reader, payload, header, context) = self;
                let image = reader.values(payload, &header.region, context, |values| {
                    let mut image = Image::<T>::zeroed(header)?;
                    // Owned by this function alone, so there always is a slice.
                    if let (Some(out), Some(mut values)) = (image.as_mut_slice()?, values) {
                        values.read_to_slice(&header.region, out)?;
                    }
                    Ok(image)
                })?;
                Ok(T::erase(image.with_metadata(reader.metadata().clone())))
            }
        }
        self.check(region)?;
        let header = Header { region: *region, ..self.opened.header.clone() };
        match &self.opened.body {
            Body::Values(payload) => header.pixel_type.visit(New(self, payload, &header, context)),
            Body::Whole(_) if region.pixels() == 0 => header.pixel_type.visit(Empty(&header)),
            Body::Whole(read) => {
                let whole = self.whole(*read, context)?;
                if *region == self.opened.header.region { Ok(whole) } else { crop(&whole, region) }
            }
        }
    }

    /// Reads a region into memory of its size, components first where there are several, then xyz.
    ///
    /// Memory: a small constant more, but for files whose components are not the fastest axis, and PNG.
    ///
    /// # Errors
    /// As [`Reader::read_region_with`]; [`Error::Size`] when the memory has another size, [`Error::PixelType`] when
    /// its pixels have another type.
    /// # Example
    /// ```
    /// use itk_core::{AnyImage, Context, Image, Region};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("ramp.mha");
    /// # let ramp: AnyImage = Image::from_vec(&[4, 3], (0..12u8).collect())?.into();
    /// # itk_io::write(&ramp, &path, &itk_io::WriteOptions::default())?;
    /// let mut column = Image::<u8>::from_vec(&[1, 3], vec![0; 3])?;
    /// let third = Region::new(&[2, 0], &[1, 3])?;
    /// itk_io::open(&path)?.read_region_into(&third, column.view_mut()?.into(), &Context::default())?;
    /// assert_eq!(column.to_vec(), [2, 6, 10]);
    /// # Ok::<(), itk_core::Error>(())
    /// ```
    pub fn read_region_into(
        &self,
        region: &Region,
        out: AnyViewMut<'_>,
        context: &Context<'_>,
    ) -> Result<()> {
        struct Into<'a, 'v>(&'a Reader, &'a Region, AnyViewMut<'v>, &'a Context<'a>);
        impl VisitType for Into<'_, '_> {
            type Out = Result<()>;
            fn visit<T: Pixel>(self) -> Self::Out {
                let Self(reader, region, out, context) = self;
                let got = out.pixel_type();
                let Some(out) = out.typed::<T>() else {
                    let allowed = format!("{}, which the file has", T::TYPE);
                    return Err(Error::PixelType { who: "read_region_into", got, allowed });
                };
                match &reader.opened.body {
                    Body::Values(payload) => reader.values(payload, region, context, |values| match values {
                        Some(mut values) => values.read_to_view(region, out),
                        None => Ok(()),
                    }),
                    Body::Whole(read) => {
                        if let Some(image) = reader.whole(*read, context)?.typed::<T>() {
                            copy_part(&image, region, out);
                        }
                        Ok(())
                    }
                }
            }
        }
        self.check(region)?;
        let header = Header { region: *region, ..self.opened.header.clone() };
        let expected = header.array_size();
        if *expected != *out.size() {
            let (expected, got) = (expected.to_vec(), out.size().to_vec());
            return Err(Error::Size { what: "read_region_into", expected, got });
        }
        header.pixel_type.visit(Into(self, region, out, context))
    }

    fn reading(&self) -> Reading<'_> {
        Reading { path: &self.path, format: self.format.name }
    }

    fn check(&self, region: &Region) -> Result<()> {
        let largest = &self.opened.header.region;
        if largest.contains(region) || region.pixels() == 0 && region.rank() == largest.rank() {
            return Ok(());
        }
        Err(Error::InvalidRequestedRegion { requested: Box::new(*region), largest: Box::new(*largest) })
    }

    /// Calls `read` with the values of a region, once the files are known to have them; with `None` when there are
    /// none.
    fn values<V>(
        &self,
        payload: &Payload,
        region: &Region,
        context: &Context<'_>,
        read: impl FnOnce(Option<Values<'_>>) -> Result<V>,
    ) -> Result<V> {
        if region.pixels() == 0 {
            return read(None);
        }
        let Opened { file, header, .. } = &self.opened;
        let location = payload.locate(header, region, file, self.reading())?;
        let components = header.components as u64 * header.pixel_type.size() as u64;
        let watch = Watch::new(context, NAME, components * region.pixels() as u64);
        read(Some(Values::new(payload, header, file, location, self.reading(), &watch)))
    }

    fn whole(
        &self,
        read: fn(&Arc<File>, Reading<'_>, &Watch<'_>) -> Result<AnyImage>,
        context: &Context<'_>,
    ) -> Result<AnyImage> {
        let header = &self.opened.header;
        let values: usize = header.array_size().iter().product();
        let watch = Watch::new(context, NAME, values as u64 * header.pixel_type.size() as u64);
        let mut image = read(&self.opened.file, self.reading(), &watch)?;
        *image.metadata_mut() = self.opened.metadata.clone();
        Ok(image)
    }
}

/// An image without pixels.
struct Empty<'a>(&'a Header);

impl VisitType for Empty<'_> {
    type Out = Result<AnyImage>;
    fn visit<T: Pixel>(self) -> Self::Out {
        Image::<T>::zeroed(self.0).map(T::erase)
    }
}

/// A part of an image, as an image. The region is inside the image.
pub(crate) fn crop(image: &AnyImage, region: &Region) -> Result<AnyImage> {
    struct Crop<'a>(&'a Region);
    impl Visit for Crop<'_> {
        type Out = Result<AnyImage>;
        fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
            let header = Header { region: *self.0, ..image.header() };
            let buffer = Buffer::filled_by(header.array_size(), |out| {
                copy_part(image, self.0, out);
                Ok(())
            })?;
            Ok(T::erase(Image::from_buffer(&header, buffer)?.with_metadata(image.metadata().clone())))
        }
    }
    image.visit(Crop(region))
}

/// Copies the pixels of a region inside the image.
fn copy_part<T: Pixel>(image: &Image<T>, region: &Region, out: ViewMut<'_, T>) {
    let (view, inner) = (image.view(), region.relative_to(image.buffered_region()));
    let components = view.size().len() - region.rank();
    let first = |axis: usize| axis.checked_sub(components).map_or(0, |a| inner.index()[a] as usize);
    let width = out.size()[0].max(1);
    let mut row = vec![T::default(); width];
    for mut tile in out.into_tiles(1, width) {
        let rest = tile.index(tile.rows().start);
        view.load(first(0), &Axes::from_fn(rest.len(), |a| rest[a] + first(a + 1)), &mut row);
        tile.store_next(&row);
    }
}
