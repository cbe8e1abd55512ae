//! Images: pixels with physical geometry, three regions and metadata.

use crate::buffer::{Buffer, View, ViewMut};
use crate::region::check_rank;
use crate::{Axes, Error, Geometry, Metadata, Pixel, PixelKind, PixelType, Region, Result};

/// All there is to an image but its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The scalar that each component is.
    pub pixel_type: PixelType,
    /// What the components mean.
    pub kind: PixelKind,
    /// Components a pixel; 1 for scalars.
    pub components: usize,
    /// The whole data set (ITK's largest possible region), xyz.
    pub region: Region,
    /// Where the pixels lie in space, xyz.
    pub geometry: Geometry,
}

impl Header {
    /// A scalar image of this size, xyz, at index 0, with spacing 1.
    ///
    /// # Errors
    /// Those of [`Region::new`].
    pub fn new(pixel_type: PixelType, size_xyz: &[usize]) -> Result<Self> {
        let (region, geometry) = (Region::of_size(size_xyz)?, Geometry::identity(size_xyz.len())?);
        Ok(Self { pixel_type, kind: PixelKind::Scalar, components: 1, region, geometry })
    }

    /// The same with pixels of several components.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the kind has a fixed count and this is another one, or the count is 0.
    pub fn with_components(self, kind: PixelKind, components: usize) -> Result<Self> {
        let expected = match kind.fixed_components() {
            Some(n) if n != components => format!("{n} for {} pixels", kind.name()),
            None if components == 0 => "at least 1".into(),
            _ => return Ok(Self { kind, components, ..self }),
        };
        let name = "components";
        Err(Error::Parameter {
            filter: "image",
            name,
            expected,
            got: format!("{components} ({})", kind.name()),
        })
    }

    /// Number of axes; components are not one.
    pub fn rank(&self) -> usize {
        self.region.rank()
    }

    /// Extents of the array in memory, fastest first: components where there are several, then x, y, z.
    pub fn array_size(&self) -> Axes<usize> {
        array_size(self.components, self.kind, &self.region)
    }

    /// Refuses pixels of several components.
    ///
    /// # Errors
    /// [`Error::Components`].
    pub fn require_scalar(&self, filter: &'static str) -> Result<()> {
        if self.kind == PixelKind::Scalar {
            return Ok(());
        }
        Err(Error::Components { filter, kind: self.kind.name(), components: self.components })
    }
}

fn array_size(components: usize, kind: PixelKind, region: &Region) -> Axes<usize> {
    let skip = usize::from(kind != PixelKind::Scalar);
    Axes::from_fn(region.rank() + skip, |a| if a < skip { components } else { region.size()[a - skip] })
}

/// An image of 1 to 6 axes: geometry, the three regions of ITK, metadata, and pixels.
///
/// Cloning shares the pixels; they are copied when a clone is written.
///
/// # Example
/// ```
/// use itk_core::Image;
/// let image = Image::from_vec(&[3, 2], vec![1u8, 2, 3, 4, 5, 6])?; // 3 columns (x), 2 rows (y)
/// assert_eq!(image.pixel(&[2, 1])?, 6);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Image<T> {
    kind: PixelKind,
    components: usize,
    geometry: Geometry,
    largest: Region,
    buffered: Region,
    requested: Region,
    metadata: Metadata,
    buffer: Buffer<T>,
}

impl<T: Pixel> Image<T> {
    /// An image with this header's kind, region and geometry, all zero; the header's pixel type is not looked at.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn zeroed(header: &Header) -> Result<Self> {
        Self::from_buffer(header, Buffer::zeroed(header.array_size())?)
    }

    /// A scalar image of this size, xyz, over these pixels, x fastest.
    ///
    /// # Errors
    /// [`Error::Size`] unless there are as many pixels as the size says; those of [`Region::new`].
    pub fn from_vec(size_xyz: &[usize], pixels: Vec<T>) -> Result<Self> {
        let header = Header::new(T::TYPE, size_xyz)?;
        if pixels.len() != header.region.pixels() {
            return Err(Error::Size { what: "pixels", expected: size_xyz.to_vec(), got: vec![pixels.len()] });
        }
        let mut image = Self::zeroed(&header)?;
        if let Some(slice) = image.as_mut_slice()? {
            slice.copy_from_slice(&pixels);
        }
        Ok(image)
    }

    /// An image over a buffer; the header's pixel type is not looked at.
    ///
    /// # Errors
    /// [`Error::Size`] unless the buffer has the header's extents, components first.
    pub fn from_buffer(header: &Header, buffer: Buffer<T>) -> Result<Self> {
        check_rank("image", header.rank())?;
        let (expected, got) = (header.array_size(), buffer.strides().size);
        if expected != got {
            return Err(Error::Size { what: "image buffer", expected: expected.to_vec(), got: got.to_vec() });
        }
        Ok(Self {
            kind: header.kind,
            components: header.components,
            geometry: header.geometry.clone(),
            largest: header.region,
            buffered: header.region,
            requested: header.region,
            metadata: Metadata::default(),
            buffer,
        })
    }

    /// Kind, size and geometry.
    pub fn header(&self) -> Header {
        Header {
            pixel_type: T::TYPE,
            kind: self.kind,
            components: self.components,
            region: self.largest,
            geometry: self.geometry.clone(),
        }
    }

    /// Spacing, origin and direction.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The same pixels elsewhere in space.
    ///
    /// # Errors
    /// [`Error::Rank`] when the geometry has another number of axes.
    pub fn with_geometry(self, geometry: Geometry) -> Result<Self> {
        if geometry.rank() != self.largest.rank() {
            let expected = self.largest.rank().to_string();
            return Err(Error::Rank { who: "image geometry", expected, got: geometry.rank() });
        }
        Ok(Self { geometry, ..self })
    }

    /// The same image with other metadata.
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// The whole data set, xyz.
    pub fn largest_possible_region(&self) -> &Region {
        &self.largest
    }

    /// The part whose pixels are in memory, xyz.
    pub fn buffered_region(&self) -> &Region {
        &self.buffered
    }

    /// The part that was asked for, xyz.
    pub fn requested_region(&self) -> &Region {
        &self.requested
    }

    /// Asks for a part; takes effect when a pipeline updates the image.
    pub fn set_requested_region(&mut self, region: Region) {
        self.requested = region;
    }

    /// The metadata dictionary.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata dictionary, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// The pixel memory.
    pub fn buffer(&self) -> &Buffer<T> {
        &self.buffer
    }

    /// The pixel memory alone.
    pub fn into_buffer(self) -> Buffer<T> {
        self.buffer
    }

    /// The image with its pixel memory where others may see it; see [`Buffer::into_shared`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when it must be copied.
    pub fn into_shared(self) -> Result<Self> {
        Ok(Self { buffer: self.buffer.into_shared()?, ..self })
    }

    /// The buffered pixels, to be read; components are the fastest axis where there are several.
    pub fn view(&self) -> View<'_, T> {
        self.buffer.view()
    }

    /// The buffered pixels, to be written.
    ///
    /// # Errors
    /// Those of [`Buffer::view_mut`].
    pub fn view_mut(&mut self) -> Result<ViewMut<'_, T>> {
        self.buffer.view_mut()
    }

    /// The buffered pixels as one slice; `None` when others than Rust may write them.
    pub fn as_slice(&self) -> Option<&[T]> {
        self.buffer.as_slice()
    }

    /// The buffered pixels as one slice to be written; `None` when others than Rust can see them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] when they have other owners and must be copied.
    pub fn as_mut_slice(&mut self) -> Result<Option<&mut [T]>> {
        self.buffer.as_mut_slice()
    }

    /// All buffered components, the fastest axis first.
    pub fn to_vec(&self) -> Vec<T> {
        self.view().to_vec()
    }

    /// One scalar pixel, or the first component of it.
    ///
    /// # Errors
    /// [`Error::InvalidRequestedRegion`] when the index, xyz, is not in the buffered region.
    pub fn pixel(&self, index: &[i64]) -> Result<T> {
        if !self.buffered.contains_index(index) {
            let requested = Box::new(Region::new(index, &vec![1; index.len()])?);
            return Err(Error::InvalidRequestedRegion { requested, largest: Box::new(self.buffered) });
        }
        let mut at: Vec<usize> =
            index.iter().zip(self.buffered.index()).map(|(i, s)| (i - s) as usize).collect();
        if self.kind != PixelKind::Scalar {
            at.insert(0, 0);
        }
        let mut pixel = [T::default()];
        self.view().load(at[0], &at[1..], &mut pixel);
        Ok(pixel[0])
    }
}
