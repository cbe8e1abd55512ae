//! Pixels of one type as pixels of another: C's cast, and ITK's luma.

use itk_core::{AnyImage, Error, Header, Image, Pixel, PixelKind, PixelType, Result, Visit, VisitType};

use crate::pixels;

/// The image with pixels of another type.
///
/// What is converted: as C's cast does, so numbers lose their fraction, and integers that do not fit keep
/// their low bits. A float that an integer type cannot hold becomes the nearest value of that type, and NaN
/// becomes 0 (C leaves both undefined). RGB becomes grey: `(2125 R + 7154 G + 721 B) / 10000` in `f64`, times
/// the opacity for RGBA, where the type's largest integer, or 1.0, is opaque. Pixels of other kinds keep
/// their components.
///
/// # Errors
/// [`Error::OutOfMemory`].
/// # Source
/// `itk::ConvertPixelBuffer`. ITK forgets to scale the opacity when the result has more than 16 bits; here
/// the result is the same for all types.
/// # Example
/// ```
/// use itk_core::{AnyImage, Image, PixelType};
/// let image: AnyImage = Image::from_vec(&[3], vec![-1.5f32, 2.5, 300.0])?.into();
/// let AnyImage::U8(bytes) = itk_io::convert(&image, PixelType::U8)? else { panic!() };
/// assert_eq!(bytes.to_vec(), [0, 2, 255]);
/// # Ok::<(), itk_core::Error>(())
/// ```
pub fn convert(image: &AnyImage, pixel_type: PixelType) -> Result<AnyImage> {
    struct To<'a>(&'a AnyImage);
    impl VisitType for To<'_> {
        type Out = Result<AnyImage>;
        fn visit<T: Pixel>(self) -> Self::Out {
            to_type::<T>(self.0).map(T::erase)
        }
    }
    pixel_type.visit(To(image))
}

/// [`convert`] with the type known.
pub(crate) fn to_type<T: Pixel>(image: &AnyImage) -> Result<Image<T>> {
    struct From<'a, T>(&'a Header, std::marker::PhantomData<T>);
    impl<T: Pixel> Visit for From<'_, T> {
        type Out = Result<Image<T>>;
        fn visit<S: Pixel>(self, image: &Image<S>) -> Self::Out {
            let header = self.0;
            match header.kind {
                PixelKind::Rgb | PixelKind::Rgba => {
                    let grey = Header { kind: PixelKind::Scalar, components: 1, ..header.clone() };
                    fill(image, &grey, header.components, grey_run)
                }
                _ => fill(image, header, 1, cast_run),
            }
        }
    }
    let header = image.header();
    match header.kind {
        PixelKind::Rgb | PixelKind::Rgba => {}
        _ if header.pixel_type == T::TYPE => {
            if let Some(image) = image.clone().typed() {
                return Ok(image);
            }
        }
        _ => {}
    }
    image.visit(From(&header, std::marker::PhantomData))
}

/// C's cast of every pixel.
fn cast_run<S: Pixel, T: Pixel>(from: &[S], to: &mut [T]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = cast(from);
    }
}

/// The luma of every pixel of `channels` components.
fn grey_run<S: Pixel, T: Pixel>(from: &[S], to: &mut [T]) {
    let channels = from.len() / to.len();
    for (to, from) in to.iter_mut().zip(from.chunks_exact(channels)) {
        let at = |i: usize| from[i].to_f64();
        let luma = (2125.0 * at(0) + 7154.0 * at(1) + 721.0 * at(2)) / 10000.0;
        *to = T::from_f64(if channels == 4 { luma * at(3) / opaque::<S>() } else { luma });
    }
}

/// The opacity that lets nothing through.
pub(crate) fn opaque<T: Pixel>() -> f64 {
    if T::TYPE.is_float() { 1.0 } else { T::from_f64(f64::INFINITY).to_f64() }
}

/// An image whose pixels `each` makes of `group` components.
fn fill<S: Pixel, T: Pixel>(
    image: &Image<S>,
    header: &Header,
    group: usize,
    each: fn(&[S], &mut [T]),
) -> Result<Image<T>> {
    let mut result = Image::zeroed(header)?.with_metadata(image.metadata().clone());
    if let Some(mut rest) = result.as_mut_slice()? {
        pixels::runs(image.view(), group, &mut |run| {
            let (to, after) = std::mem::take(&mut rest).split_at_mut(run.len() / group);
            each(run, to);
            rest = after;
            Ok::<(), Error>(())
        })?;
    }
    Ok(result)
}

/// C's cast between any two types.
#[inline]
fn cast<S: Pixel, T: Pixel>(value: S) -> T {
    match (bits(value), T::TYPE) {
        // Straight to f32: by way of f64 a 64-bit integer would be rounded twice.
        (Some(bits), PixelType::F32) if S::TYPE == PixelType::U64 => bytemuck::cast(bits as f32),
        (Some(bits), PixelType::F32) => bytemuck::cast(bits as i64 as f32),
        (Some(bits), _) if !T::TYPE.is_float() => from_bits(bits),
        _ => T::from_f64(value.to_f64()),
    }
}

/// An integer extended to 64 bits; `None` for floats.
#[inline]
fn bits<S: Pixel>(value: S) -> Option<u64> {
    Some(match S::TYPE {
        PixelType::U8 => bytemuck::cast::<S, u8>(value).into(),
        PixelType::I8 => bytemuck::cast::<S, i8>(value) as u64,
        PixelType::U16 => bytemuck::cast::<S, u16>(value).into(),
        PixelType::I16 => bytemuck::cast::<S, i16>(value) as u64,
        PixelType::U32 => bytemuck::cast::<S, u32>(value).into(),
        PixelType::I32 => bytemuck::cast::<S, i32>(value) as u64,
        PixelType::U64 => bytemuck::cast(value),
        PixelType::I64 => bytemuck::cast::<S, i64>(value) as u64,
        PixelType::F16 | PixelType::F32 | PixelType::F64 => return None,
    })
}

/// The integer type's lowest bits of these.
#[inline]
fn from_bits<T: Pixel>(bits: u64) -> T {
    match size_of::<T>() {
        1 => bytemuck::cast(bits as u8),
        2 => bytemuck::cast(bits as u16),
        4 => bytemuck::cast(bits as u32),
        _ => bytemuck::cast(bits),
    }
}

/// A number that stands in a text; `None` when it is none, or an integer type cannot hold it.
pub(crate) fn parse<T: Pixel>(text: &str) -> Option<T> {
    match T::TYPE {
        PixelType::F16 => text.parse().ok().map(T::from_f64),
        PixelType::F32 => text.parse::<f32>().ok().map(bytemuck::cast),
        PixelType::F64 => text.parse::<f64>().ok().map(bytemuck::cast),
        _ => {
            let number = text.parse::<i128>().ok().or_else(|| {
                let value: f64 = text.parse().ok()?;
                (value.abs() < 1e30).then_some(value as i128)
            })?;
            let pixel: T = from_bits(number as u64);
            let extended = bits(pixel)?;
            let signed = T::from_f64(-1.0).to_f64() < 0.0;
            let back = if signed { i128::from(extended as i64) } else { i128::from(extended) };
            (back == number).then_some(pixel)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_cast_as_in_c() {
        assert_eq!(cast::<i64, u64>(-1), u64::MAX);
        assert_eq!(cast::<u64, i64>(u64::MAX - 1), -2);
        assert_eq!(cast::<i16, u8>(300), 44);
        assert_eq!(cast::<i8, u32>(-2), u32::MAX - 1);
        assert_eq!(cast::<u64, u64>((1 << 63) + 1), (1 << 63) + 1);
        assert_eq!(cast::<i64, i64>(i64::MIN + 1), i64::MIN + 1);
    }

    #[test]
    fn wide_integers_are_rounded_once_to_f32() {
        let halfway = (1u64 << 54) + (1 << 30) + 1;
        assert_eq!(cast::<u64, f32>(halfway), halfway as f32);
        assert_ne!(halfway as f32, halfway as f64 as f32, "the case shows the difference");
        assert_eq!(cast::<u64, f32>(u64::MAX), u64::MAX as f32);
        assert_eq!(cast::<i64, f32>(-(halfway as i64)), -(halfway as f32));
    }

    #[test]
    fn floats_are_cut_and_saturate() {
        assert_eq!([cast::<f32, u8>(-1.5), cast::<f32, u8>(2.9), cast::<f32, u8>(300.0)], [0, 2, 255]);
        assert_eq!(cast::<f64, i64>(f64::NAN), 0);
        assert_eq!(cast::<f64, i64>(f64::INFINITY), i64::MAX);
    }

    #[test]
    fn texts_are_exact_or_refused() {
        assert_eq!(parse::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse::<i64>("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(
            [parse::<u8>("255"), parse::<u8>("256"), parse::<u8>("-1"), parse::<u8>("3.7")],
            [Some(255), None, None, Some(3)]
        );
        assert_eq!([parse::<i8>("-128"), parse::<i8>("128"), parse::<i8>("x")], [Some(-128), None, None]);
        assert_eq!(parse::<f32>("0.1"), Some(0.1));
        assert!(parse::<f64>("nan").is_some_and(f64::is_nan));
        assert_eq!(parse::<u8>("nan"), None);
    }
}
