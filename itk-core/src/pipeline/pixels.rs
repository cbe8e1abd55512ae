//! The pixels of a data object: taken, given, shared and freed.

use std::sync::Arc;

use super::data::{DataObject, State};
use super::information::Information;
use crate::{AnyImage, Error, Image, Pixel, Result, Visit};

impl DataObject {
    /// The pixels that there are, with the geometry and metadata that this object has now. The image's region
    /// is the buffered one. `None` before the first update and after the data were released.
    pub fn image(&self) -> Option<AnyImage> {
        let (image, information) = {
            let state = self.lock();
            (state.image.clone()?, state.information.clone())
        };
        match information {
            Some(information) => Some(image.visit(Dress(&information))),
            None => Some(image),
        }
    }

    /// Puts another image in place of what there is, as if it were made from it; what it was made by no longer
    /// changes it.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn set_image(&self, image: impl Into<AnyImage>) -> Result<()> {
        let image = image.into();
        let region = image.header().region;
        let information =
            Arc::new(Information { header: image.header(), metadata: image.metadata().clone() });
        let old = {
            let mut state = self.lock();
            state.information = Some(information);
            state.released = false;
            state.requested = Some(region);
            state.image.replace(image)
        };
        drop(old);
        self.modified()
    }

    /// Lets `edit` change the pixels, in place where nobody else holds them. This is no modification in the
    /// sense of the pipeline, as in ITK: call [`DataObject::modified`] to have later nodes run again. While
    /// `edit` runs, the object has no pixels.
    ///
    /// # Errors
    /// [`Error::Input`] when there are no pixels; those of `edit`.
    pub fn edit_image<R>(&self, edit: impl FnOnce(&mut AnyImage) -> Result<R>) -> Result<R> {
        struct Return<'a>(&'a DataObject, Option<AnyImage>);
        impl Drop for Return<'_> {
            fn drop(&mut self) {
                let image = self.1.take();
                let old = std::mem::replace(&mut self.0.lock().image, image);
                drop(old);
            }
        }
        let image = self.lock().image.take();
        let mut back = Return(self, image);
        match &mut back.1 {
            Some(image) => edit(image),
            None => Err(Error::Input { node: "image".into(), reason: "it has no pixels to edit".into() }),
        }
    }

    /// Frees the pixels. Who needs them again makes the source run again; this is no modification.
    pub fn release_data(&self) {
        let old = {
            let mut state = self.lock();
            state.released = true;
            state.image.take()
        };
        drop(old);
    }

    /// Cuts the object off the node that makes it, which gets a new, empty output that takes over the requested
    /// region and the release flag. The pixels stay here.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn disconnect_pipeline(&self) -> Result<()> {
        let source = self.source_output();
        let fresh = {
            let mut state = self.lock();
            let fresh = State {
                information: state.information.clone(),
                requested: state.requested,
                release_flag: state.release_flag,
                source: state.source.take(),
                ..State::default()
            };
            (state.release_flag, state.pipeline) = (false, 0);
            fresh
        };
        if let Some((node, index)) = source {
            node.replace_output(index, DataObject::new(fresh));
            node.modified()?;
        }
        self.modified()
    }

    /// Takes over pixels, regions and information of another object; the pixels are shared.
    ///
    /// # Errors
    /// [`Error::PixelType`] when this object is known to have pixels of another type, as in ITK; those of
    /// observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn graft(&self, other: &DataObject) -> Result<()> {
        if self.is_same(other) {
            return Ok(());
        }
        let (image, information, requested) = {
            let other = other.lock();
            (other.image.clone(), other.information.clone(), other.requested)
        };
        let old = {
            let mut state = self.lock();
            if let (Some(mine), Some(theirs)) = (&state.information, &information) {
                let (mine, got) = (mine.header.pixel_type, theirs.header.pixel_type);
                if mine != got {
                    return Err(Error::PixelType { who: "graft", got, allowed: mine.to_string() });
                }
            }
            (state.information, state.requested) = (information, requested);
            std::mem::replace(&mut state.image, image)
        };
        drop(old);
        self.modified()
    }
}

/// The same pixels with the object's geometry and metadata.
struct Dress<'a>(&'a Information);

impl Visit for Dress<'_> {
    type Out = AnyImage;

    fn visit<T: Pixel>(self, image: &Image<T>) -> AnyImage {
        let dressed = image.clone().with_metadata(self.0.metadata.clone());
        // An image whose rank has changed since is still the old one.
        T::erase(dressed.clone().with_geometry(self.0.header.geometry.clone()).unwrap_or(dressed))
    }
}
