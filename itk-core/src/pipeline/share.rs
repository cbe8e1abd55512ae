//! Pixels of a pipeline in memory that others than Rust may see.

use super::data::DataObject;
use super::run::Run;
use crate::{AnyImage, Image, Pixel, Result, VisitType};

impl DataObject {
    /// The pixels that there are, as [`DataObject::image`] gives them, in memory that others than Rust may see and write
    /// from now on. It stays where it is, unless someone in Rust has a right to slices of it just now: a running filter,
    /// or who holds the image; then it is a copy.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) when it must be copied and cannot; the pixels are released then.
    pub fn shared_image(&self) -> Result<Option<AnyImage>> {
        {
            // Memory that has to be copied is Rust's own, so no foreign owner ends while this is locked.
            let mut state = self.lock();
            if let Some(image) = state.image.take() {
                let pixel_type = image.header().pixel_type;
                match pixel_type.visit(Share(image)) {
                    Ok(shared) => state.image = Some(shared),
                    Err(error) => {
                        state.released = true;
                        return Err(error);
                    }
                }
            }
        }
        Ok(self.image())
    }
}

impl Run<'_> {
    /// The pixels of an input, as [`Run::input`] gives them, in memory that others than Rust may see from now on.
    ///
    /// # Errors
    /// As [`Run::input`] and [`DataObject::shared_image`].
    pub fn shared_input(&self, input: usize) -> Result<AnyImage> {
        match self.data(input)?.shared_image()? {
            Some(image) => Ok(image),
            None => self.input(input),
        }
    }
}

/// Moves the image: a clone would still have a right to slices.
struct Share(AnyImage);

impl VisitType for Share {
    type Out = Result<AnyImage>;

    fn visit<T: Pixel>(self) -> Self::Out {
        match self.0.typed::<T>().map(Image::into_shared) {
            Some(shared) => Ok(T::erase(shared?)),
            None => unreachable!("visited with the image's own type"),
        }
    }
}
