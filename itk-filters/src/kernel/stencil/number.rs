//! What stencils compute with, and how it is read from pixels and written as pixels.

use itk_core::simd::{Key, Simd};
use itk_core::{Pixel, PixelType, Strides, f16};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Pixels that are converted in one go, between hints to the cache.
const PIECE: usize = 256;

/// What pixels are staged as.
pub(crate) trait Staged: Copy + Default + Send + Sync {
    /// A pixel, converted.
    fn of<T: Pixel>(pixel: T) -> Self;
}

impl Staged for f64 {
    #[inline(always)]
    fn of<T: Pixel>(pixel: T) -> Self {
        pixel.to_f64()
    }
}

/// Exact for types that [`is_exact_in_f32`], else rounded.
impl Staged for f32 {
    #[inline(always)]
    fn of<T: Pixel>(pixel: T) -> Self {
        pixel.to_f64() as Self
    }
}

/// For 8-bit integers: how many values of the type are smaller, so that differences stay what they are.
impl Staged for i16 {
    #[inline(always)]
    fn of<T: Pixel>(pixel: T) -> Self {
        pixel.to_key().to_ordinal() as Self
    }
}

/// What results are computed in.
pub(crate) trait Number: Copy + Default + Into<f64> {
    /// Rounded to the type.
    fn of_f64(value: f64) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value
    }
}

impl Number for f32 {
    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value as Self
    }
}

/// Whether f32 holds all numbers of a type.
pub(crate) fn is_exact_in_f32(pixel: PixelType) -> bool {
    use PixelType::{F16, F32, I8, I16, U8, U16};
    matches!(pixel, U8 | I8 | U16 | I16 | F16 | F32)
}

/// [`Pixel::from_f64`], in a form that compilers make vectors of.
trait Narrow {
    fn narrow(value: f64) -> Self;
}

macro_rules! narrow_integers {
    ($($type:ident by $wide:ident;)*) => {$(
        impl Narrow for $type {
            #[inline(always)]
            fn narrow(value: f64) -> Self {
                let number = if value.is_nan() { 0.0 } else { value };
                let inside = number.max(f64::from($type::MIN)).min(f64::from($type::MAX));
                // SAFETY: it lies between the least and the largest number of the type.
                unsafe { inside.to_int_unchecked::<$wide>() as Self }
            }
        }
    )*};
}
narrow_integers! { u8 by i32; i8 by i32; u16 by i32; i16 by i32; i32 by i32; u32 by i64; }

macro_rules! narrow_others {
    ($($type:ident)*) => {$(
        impl Narrow for $type {
            #[inline(always)]
            fn narrow(value: f64) -> Self {
                Self::from_f64(value)
            }
        }
    )*};
}
narrow_others! { u64 i64 f16 f32 f64 }

/// Runs the body with the type that a value names.
macro_rules! with_type {
    ($pixel:expr, $type:ident => $body:expr) => {
        match $pixel {
            PixelType::U8 => with_type!(@ $type = u8, $body),
            PixelType::I8 => with_type!(@ $type = i8, $body),
            PixelType::U16 => with_type!(@ $type = u16, $body),
            PixelType::I16 => with_type!(@ $type = i16, $body),
            PixelType::U32 => with_type!(@ $type = u32, $body),
            PixelType::I32 => with_type!(@ $type = i32, $body),
            PixelType::U64 => with_type!(@ $type = u64, $body),
            PixelType::I64 => with_type!(@ $type = i64, $body),
            PixelType::F16 => with_type!(@ $type = f16, $body),
            PixelType::F32 => with_type!(@ $type = f32, $body),
            PixelType::F64 => with_type!(@ $type = f64, $body),
        }
    };
    (@ $type:ident = $is:ty, $body:expr) => {{
        type $type = $is;
        $body
    }};
}

/// Converts pixels, the first of which is at `from`, and the others after it along x. The cache is told that those `ahead`
/// bytes farther will be read soon.
///
/// # Safety
/// All of them are valid for reads.
#[inline(always)]
pub(crate) unsafe fn read<S: Simd, V: Staged>(
    simd: S,
    pixel: PixelType,
    from: *const u8,
    strides: &Strides,
    ahead: isize,
    out: &mut [V],
) {
    let (step, swapped) = (strides.bytes[0], strides.swapped);
    with_type!(pixel, T => {
        if step == size_of::<T>() as isize && !swapped {
            for (piece, out) in out.chunks_mut(PIECE).enumerate() {
                let from = from.cast::<T>().wrapping_add(piece * PIECE);
                prefetch(simd, from.wrapping_byte_offset(ahead), out.len());
                for (i, value) in out.iter_mut().enumerate() {
                    // SAFETY: the caller's promise.
                    *value = V::of(unsafe { from.wrapping_add(i).read_unaligned() });
                }
            }
        } else {
            for (i, value) in out.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                let pixel = unsafe { from.wrapping_offset(i as isize * step).cast::<T>().read_unaligned() };
                *value = V::of(if swapped { Pixel::swap_bytes(pixel) } else { pixel });
            }
        }
    });
}

/// Writes a row of results as pixels. The cache is told that those `ahead` bytes farther will be written soon.
///
/// # Safety
/// All of them are valid for writes.
#[inline(always)]
pub(crate) unsafe fn write<S: Simd, R: Number>(
    simd: S,
    results: &[R],
    pixel: PixelType,
    row: *mut u8,
    ahead: isize,
) {
    with_type!(pixel, T => {
        for (piece, results) in results.chunks(PIECE).enumerate() {
            let to = row.cast::<T>().wrapping_add(piece * PIECE);
            prefetch(simd, to.wrapping_byte_offset(ahead), results.len());
            for (i, &result) in results.iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { to.wrapping_add(i).write_unaligned(T::narrow(result.into())) };
            }
        }
    });
}

#[inline(always)]
fn prefetch<S: Simd, T>(simd: S, from: *const T, count: usize) {
    for offset in (0..count * size_of::<T>()).step_by(LINE) {
        simd.prefetch(from.wrapping_byte_add(offset));
    }
}
