//! What filters take and give from Rust: images, and ndarray's arrays of any dimension.

use ndarray::{Array, ArrayBase, ArrayD, Data, DataMut, Dimension, IxDyn};

use crate::axes::MAX_RANK;
use crate::buffer::{Buffer, View, ViewMut, vec_filled_by};
use crate::{Axes, Error, Header, Image, Pixel, Result};

/// Something with pixels to filter: an [`Image`], or an ndarray of 1 to 6 axes, whose last axis is x.
pub trait Source {
    /// The pixel type.
    type Pixel: Pixel;

    /// The same kind of thing with pixels `O`.
    type With<O: Pixel>;

    /// Size, geometry and kind. An array has spacing 1 and starts at index 0.
    ///
    /// # Errors
    /// [`Error::Rank`] for an array of 0 or more than 6 axes.
    fn header(&self) -> Result<Header>;

    /// The pixels, x first. To be called after `header` has not refused.
    fn view(&self) -> View<'_, Self::Pixel>;

    /// The same kind of thing with another header, whose pixels `fill` stores. Metadata goes along.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and those of `fill`.
    fn produce<O: Pixel>(
        &self,
        header: &Header,
        fill: impl FnOnce(ViewMut<'_, O>) -> Result<()>,
    ) -> Result<Self::With<O>>;
}

/// Something with pixels to be written, of the planned size.
pub trait Sink {
    /// The pixel type.
    type Pixel: Pixel;

    /// The pixels, x first.
    ///
    /// # Errors
    /// [`Error::Rank`] for an array of 0 or more than 6 axes; those of [`Image::view_mut`].
    fn view_mut(&mut self) -> Result<ViewMut<'_, Self::Pixel>>;
}

impl<T: Pixel> Source for Image<T> {
    type Pixel = T;
    type With<O: Pixel> = Image<O>;

    fn header(&self) -> Result<Header> {
        Ok(Image::header(self))
    }

    fn view(&self) -> View<'_, T> {
        Image::view(self)
    }

    fn produce<O: Pixel>(
        &self,
        header: &Header,
        fill: impl FnOnce(ViewMut<'_, O>) -> Result<()>,
    ) -> Result<Image<O>> {
        let buffer = Buffer::filled_by(header.array_size(), fill)?;
        Ok(Image::from_buffer(header, buffer)?.with_metadata(self.metadata().clone()))
    }
}

impl<T: Pixel> Sink for Image<T> {
    type Pixel = T;

    fn view_mut(&mut self) -> Result<ViewMut<'_, T>> {
        Image::view_mut(self)
    }
}

impl<T: Pixel, S: Data<Elem = T>, D: Dimension> Source for ArrayBase<S, D> {
    type Pixel = T;
    type With<O: Pixel> = Array<O, D>;

    fn header(&self) -> Result<Header> {
        check_axes(self.ndim())?;
        let rank = self.ndim();
        Header::new(T::TYPE, &Axes::from_fn(rank, |a| self.shape()[rank - 1 - a]))
    }

    fn view(&self) -> View<'_, T> {
        View::of_array(self)
    }

    fn produce<O: Pixel>(
        &self,
        header: &Header,
        fill: impl FnOnce(ViewMut<'_, O>) -> Result<()>,
    ) -> Result<Array<O, D>> {
        let size = header.array_size();
        let pixels = vec_filled_by(size, fill)?;
        let wrong = |_| Error::Rank { who: "array", expected: self.ndim().to_string(), got: size.len() };
        let array = ArrayD::from_shape_vec(IxDyn(&size.reversed()), pixels).map_err(wrong)?;
        array.into_dimensionality().map_err(wrong)
    }
}

impl<T: Pixel, S: DataMut<Elem = T>, D: Dimension> Sink for ArrayBase<S, D> {
    type Pixel = T;

    fn view_mut(&mut self) -> Result<ViewMut<'_, T>> {
        check_axes(self.ndim())?;
        Ok(ViewMut::of_array(self))
    }
}

fn check_axes(got: usize) -> Result<()> {
    if (1..=MAX_RANK).contains(&got) {
        return Ok(());
    }
    Err(Error::Rank { who: "array", expected: format!("1 to {MAX_RANK}"), got })
}
