//! What stencils compute with, and how it is read from pixels and written as pixels.

use itk_core::simd::{self, Job, Key, Level, Simd};
use itk_core::{Pixel, PixelType, Strides, f16};

/// Bytes of a cache line.
const LINE: usize = 64;

/// What pixels are staged as.
pub(crate) trait Staged: Copy + Default + Send + Sync {
    /// Whether the numbers are far from the least and the largest ones of f64, so that halves of them round alike.
    const IS_NARROW: bool = true;
    /// Whether they are integers of at most 16 bits.
    const IS_SHORT: bool = false;
    /// As many bits.
    type Bits: Copy + Send + Sync;
    /// None of them, and all.
    const NO_AND_YES: [Self::Bits; 2];
    /// The type of pixels that are such values already.
    const PIXEL: Option<PixelType>;
    /// Whether pixels of a type are staged so: conversions of others are not compiled.
    #[inline(always)]
    fn is_made_of(_: PixelType) -> bool {
        true
    }
    /// A pixel, converted.
    fn of<T: Pixel>(pixel: T) -> Self;
    /// The difference, exact for integers of at most 16 bits.
    fn minus(self, other: Self) -> f64;
    /// 0 times the value: NaN for infinity and NaN.
    fn nothing(self) -> f32;
    /// This value where the bits are set, else the other one: compilers do not make vectors of a condition on a third type.
    fn select(self, bits: Self::Bits, other: Self) -> Self;
}

impl Staged for f64 {
    const IS_NARROW: bool = false;
    type Bits = u64;
    const NO_AND_YES: [u64; 2] = [0, u64::MAX];
    const PIXEL: Option<PixelType> = Some(PixelType::F64);

    #[inline(always)]
    fn minus(self, other: Self) -> f64 {
        self - other
    }

    #[inline(always)]
    fn nothing(self) -> f32 {
        (0.0 * self) as f32
    }

    #[inline(always)]
    fn of<T: Pixel>(pixel: T) -> Self {
        pixel.to_f64()
    }

    #[inline(always)]
    fn select(self, bits: u64, other: Self) -> Self {
        Self::from_bits(self.to_bits() & bits | other.to_bits() & !bits)
    }
}

/// Exact for types that [`is_exact_in_f32`], else rounded.
impl Staged for f32 {
    type Bits = u32;
    const NO_AND_YES: [u32; 2] = [0, u32::MAX];
    const PIXEL: Option<PixelType> = Some(PixelType::F32);

    #[inline(always)]
    fn minus(self, other: Self) -> f64 {
        (self - other).into()
    }

    #[inline(always)]
    fn nothing(self) -> f32 {
        0.0 * self
    }

    #[inline(always)]
    fn of<T: Pixel>(pixel: T) -> Self {
        pixel.to_f64() as Self
    }

    #[inline(always)]
    fn select(self, bits: u32, other: Self) -> Self {
        Self::from_bits(self.to_bits() & bits | other.to_bits() & !bits)
    }
}

/// As they are; signed bytes as how many more they are than the least one, as differences stay what they are then.
macro_rules! stage_short_integers {
    ($($type:ident as $pixel:ident of $($from:ident)|+;)*) => {$(
        impl Staged for $type {
            const IS_SHORT: bool = true;
            type Bits = Self;
            const NO_AND_YES: [Self; 2] = [0, !0];
            const PIXEL: Option<PixelType> = Some(PixelType::$pixel);

            #[inline(always)]
            fn is_made_of(pixel: PixelType) -> bool {
                matches!(pixel, $(PixelType::$from)|+)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> f64 {
                (i32::from(self) - i32::from(other)).into()
            }

            #[inline(always)]
            fn nothing(self) -> f32 {
                0.0
            }

            #[inline(always)]
            fn of<T: Pixel>(pixel: T) -> Self {
                (pixel.to_key().to_ordinal() as Self).wrapping_add(Self::MIN)
            }

            #[inline(always)]
            fn select(self, bits: Self, other: Self) -> Self {
                self & bits | other & !bits
            }
        }
    )*};
}
stage_short_integers! { u8 as U8 of U8 | I8; u16 as U16 of U16; i16 as I16 of I16; }

/// What results are computed in.
pub(crate) trait Number: Copy + Default {
    /// Whether it is u8, which is written as u8 only.
    const IS_BYTE: bool = false;
    /// The type of pixels that are such numbers.
    const PIXEL: PixelType;
    /// Converted as to a pixel.
    fn of_f64(value: f64) -> Self;
    /// Converted as to a pixel.
    fn of_f32(value: f32) -> Self;
    /// Half of the root of a sum of squares, whose result fits.
    fn half_root(sum: u32) -> Self;
    /// As a pixel: what does not fit becomes the nearest value that does, NaN becomes 0.
    fn narrow<T: Narrow>(self) -> T;
}

impl Number for f64 {
    const PIXEL: PixelType = PixelType::F64;

    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn of_f32(value: f32) -> Self {
        value.into()
    }

    #[inline(always)]
    fn half_root(sum: u32) -> Self {
        0.5 * f64::from(sum).sqrt()
    }

    #[inline(always)]
    fn narrow<T: Narrow>(self) -> T {
        T::of_f64(self)
    }
}

impl Number for f32 {
    const PIXEL: PixelType = PixelType::F32;

    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn of_f32(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn half_root(sum: u32) -> Self {
        0.5 * (sum as Self).sqrt()
    }

    #[inline(always)]
    fn narrow<T: Narrow>(self) -> T {
        T::of_f32(self)
    }
}

impl Number for u8 {
    const IS_BYTE: bool = true;
    const PIXEL: PixelType = PixelType::U8;

    #[inline(always)]
    fn of_f64(value: f64) -> Self {
        Narrow::of_f64(value)
    }

    #[inline(always)]
    fn of_f32(value: f32) -> Self {
        Narrow::of_f32(value)
    }

    #[inline(always)]
    fn half_root(sum: u32) -> Self {
        // SAFETY: a root of 32 bits lies between 0 and 65536.
        let root = unsafe { (sum as f32).sqrt().to_int_unchecked::<i32>() };
        (root >> 1) as Self
    }

    #[inline(always)]
    fn narrow<T: Narrow>(self) -> T {
        T::of_f32(self.into())
    }
}

/// Whether f32 holds all numbers of a type.
pub(crate) fn is_exact_in_f32(pixel: PixelType) -> bool {
    use PixelType::{F16, F32, I8, I16, U8, U16};
    matches!(pixel, U8 | I8 | U16 | I16 | F16 | F32)
}

/// [`Pixel::from_f64`], in a form that compilers make vectors of.
pub(crate) trait Narrow {
    fn of_f64(value: f64) -> Self;
    fn of_f32(value: f32) -> Self;
}

/// The least and the largest number of the type, which both floats hold.
macro_rules! narrow_short_integers {
    ($($type:ident)*) => {$(
        impl Narrow for $type {
            #[inline(always)]
            fn of_f64(value: f64) -> Self {
                let number = if value.is_nan() { 0.0 } else { value };
                let inside = number.max(f64::from($type::MIN)).min(f64::from($type::MAX));
                // SAFETY: it lies between the least and the largest number of the type.
                unsafe { inside.to_int_unchecked::<i32>() as Self }
            }

            #[inline(always)]
            fn of_f32(value: f32) -> Self {
                let number = if value.is_nan() { 0.0 } else { value };
                let inside = number.max(f32::from($type::MIN)).min(f32::from($type::MAX));
                // SAFETY: as above.
                unsafe { inside.to_int_unchecked::<i32>() as Self }
            }
        }
    )*};
}
narrow_short_integers! { u8 i8 u16 i16 }

macro_rules! narrow_long_integers {
    ($($type:ident by $wide:ident;)*) => {$(
        impl Narrow for $type {
            #[inline(always)]
            fn of_f64(value: f64) -> Self {
                let number = if value.is_nan() { 0.0 } else { value };
                let inside = number.max(f64::from($type::MIN)).min(f64::from($type::MAX));
                // SAFETY: it lies between the least and the largest number of the type.
                unsafe { inside.to_int_unchecked::<$wide>() as Self }
            }

            #[inline(always)]
            fn of_f32(value: f32) -> Self {
                Self::of_f64(f64::from(value))
            }
        }
    )*};
}
narrow_long_integers! { i32 by i32; u32 by i64; }

macro_rules! narrow_others {
    ($($type:ident)*) => {$(
        impl Narrow for $type {
            #[inline(always)]
            fn of_f64(value: f64) -> Self {
                // f16 has a function of that name, which rounds otherwise.
                <Self as Pixel>::from_f64(value)
            }

            #[inline(always)]
            fn of_f32(value: f32) -> Self {
                <Self as Pixel>::from_f64(f64::from(value))
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

/// Converts pixels, the first of which is at `from`, and the others after it along x.
///
/// # Safety
/// All of them are valid for reads.
#[inline(always)]
pub(crate) unsafe fn read<V: Staged>(pixel: PixelType, from: *const u8, strides: &Strides, out: &mut [V]) {
    let (step, swapped) = (strides.bytes[0], strides.swapped);
    with_type!(pixel, T => {
        if !V::is_made_of(T::TYPE) {
            unreachable!("pixels are staged as what a stencil was chosen for");
        }
        if step == size_of::<T>() as isize && !swapped {
            let from = from.cast::<T>();
            for (i, value) in out.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *value = V::of(unsafe { from.wrapping_add(i).read_unaligned() });
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

/// Writes results as pixels.
///
/// # Safety
/// All of them are valid for writes.
#[inline(always)]
pub(crate) unsafe fn write<R: Number>(results: &[R], pixel: PixelType, row: *mut u8) {
    if R::IS_BYTE {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(results.as_ptr().cast(), row, results.len()) };
        return;
    }
    with_type!(pixel, T => {
        let row = row.cast::<T>();
        for (i, &result) in results.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { row.wrapping_add(i).write_unaligned(result.narrow::<T>()) };
        }
    });
}

/// Tells the cache that bytes will be used soon. They may lie anywhere.
#[inline(always)]
pub(crate) fn prefetch<S: Simd>(simd: S, from: *const u8, bytes: usize) {
    for offset in (0..bytes).step_by(LINE) {
        simd.prefetch(from.wrapping_add(offset));
    }
}

/// [`read`] at a level, compiled once for all stencils.
///
/// # Safety
/// All of the pixels are valid for reads.
pub(super) unsafe fn read_pixels<V: Staged>(
    level: Level,
    pixel: PixelType,
    from: *const u8,
    strides: &Strides,
    out: &mut [V],
) {
    struct Read<'a, V> {
        pixel: PixelType,
        from: *const u8,
        strides: &'a Strides,
        out: &'a mut [V],
    }
    impl<V: Staged> Job for Read<'_, V> {
        type Out = ();

        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            // SAFETY: the promise to `read_pixels`, which alone makes one.
            unsafe { read(self.pixel, self.from, self.strides, self.out) };
        }
    }
    simd::dispatch(level, Read { pixel, from, strides, out });
}

/// [`write()`] at a level, compiled once for all stencils.
///
/// # Safety
/// All of the pixels are valid for writes.
pub(super) unsafe fn write_pixels<R: Number>(level: Level, results: &[R], pixel: PixelType, to: *mut u8) {
    struct Write<'a, R> {
        results: &'a [R],
        pixel: PixelType,
        to: *mut u8,
    }
    impl<R: Number> Job for Write<'_, R> {
        type Out = ();

        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            // SAFETY: the promise to `write_pixels`, which alone makes one.
            unsafe { write(self.results, self.pixel, self.to) };
        }
    }
    simd::dispatch(level, Write { results, pixel, to });
}
