//! The scalar pixel types: one table makes [`PixelType`], [`AnyImage`] and the two visitors.
//!
//! A pixel of several components (RGB, vector, complex) is no type of its own: it is a count and a
//! [`PixelKind`] on the image.

use std::fmt;
use std::str::FromStr;

use half::f16;

use crate::simd::Key;
use crate::{Header, Image};

mod cast;

use cast::Cast;

mod sealed {
    pub trait Sealed {}
}

/// A scalar that an image can be made of: `u8 i8 u16 i16 u32 i32 u64 i64 f16 f32 f64`. Sealed.
pub trait Pixel:
    sealed::Sealed + bytemuck::Pod + Default + PartialEq + PartialOrd + fmt::Debug + Send + Sync
{
    /// The type as a value.
    const TYPE: PixelType;

    /// The integer in whose order these pixels are sorted.
    type Key: Key + Pixel<Key = Self::Key>;

    /// How keys come from the bits of pixels.
    const KEYS: KeyRule<Self::Key>;

    /// The integer that sorts as this pixel does: NaN (every kind of it) last, -0 before +0.
    fn to_key(self) -> Self::Key;

    /// The pixel of a key. Every NaN comes back as the positive quiet one.
    fn from_key(key: Self::Key) -> Self;

    /// C's cast to `double`: exact but for 64-bit integers, which round to nearest even.
    fn to_f64(self) -> f64;

    /// C's cast from `double`: integers truncate toward zero. Where C leaves the result undefined,
    /// it is the nearest value of the type, and 0 for NaN.
    fn from_f64(value: f64) -> Self;

    /// True for a NaN.
    fn is_nan(self) -> bool;

    /// The same pixel with its bytes in the opposite order.
    fn swap_bytes(self) -> Self;

    /// An image with its pixel type forgotten.
    fn erase(image: Image<Self>) -> AnyImage;

    /// The image inside when its pixels are of this type.
    fn typed(image: AnyImage) -> Option<Image<Self>>;
}

/// How [`Pixel::to_key`] works, for vectors of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule<K> {
    /// The pixels are their own keys.
    Same,
    /// Bits are flipped by exclusive or.
    Flip(K),
    /// The magnitude of negative floats is flipped, and every NaN is `nan`.
    Float {
        /// The bits of positive infinity.
        infinity: K,
        /// The bits, and the key, of the positive quiet NaN.
        nan: K,
    },
}

/// A function for an image of any pixel type; see [`AnyImage::visit`].
pub trait Visit {
    /// What it returns.
    type Out;
    /// Called with the pixel type made known.
    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out;
}

/// A function for any pixel type; see [`PixelType::visit`].
pub trait VisitType {
    /// What it returns.
    type Out;
    /// Called with the pixel type made known.
    fn visit<T: Pixel>(self) -> Self::Out;
}

macro_rules! pixel_types {
    ($($variant:ident $type:ident as $key:ident, $numpy:literal,
        keys $keys:expr, to_key $to_key:expr, from_key $from_key:expr, is_nan $is_nan:expr, swap $swap:expr;)*) => {
        /// A scalar pixel type as a value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PixelType {
            $(#[doc = concat!("`", stringify!($type), "`")] $variant,)*
        }

        impl PixelType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that Rust gives it: `u8`, `f32`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($type)),* }
            }

            /// The name that numpy gives it: `uint8`, `float32`.
            pub fn numpy_name(self) -> &'static str {
                match self { $(Self::$variant => $numpy),* }
            }

            /// Bytes a pixel component.
            pub fn size(self) -> usize {
                match self { $(Self::$variant => size_of::<$type>()),* }
            }

            /// Calls `visitor` with the type made known.
            pub fn visit<V: VisitType>(self, visitor: V) -> V::Out {
                match self { $(Self::$variant => visitor.visit::<$type>()),* }
            }
        }

        /// An image whose pixel type is known at run time only.
        #[derive(Clone, Debug)]
        pub enum AnyImage {
            $(#[doc = concat!("An image of `", stringify!($type), "`.")] $variant(Image<$type>),)*
        }

        impl AnyImage {
            /// Size, geometry, pixel type and kind.
            pub fn header(&self) -> Header {
                match self { $(Self::$variant(image) => image.header()),* }
            }

            /// The part whose pixels are in memory, xyz.
            pub fn buffered_region(&self) -> &crate::Region {
                match self { $(Self::$variant(image) => image.buffered_region()),* }
            }

            /// Calls `visitor` with the pixel type made known.
            pub fn visit<V: Visit>(&self, visitor: V) -> V::Out {
                match self { $(Self::$variant(image) => visitor.visit(image)),* }
            }

            /// The pixels, to be read.
            pub fn view(&self) -> crate::AnyView<'_> {
                match self { $(Self::$variant(image) => image.view().into()),* }
            }

            /// The metadata dictionary.
            pub fn metadata(&self) -> &crate::Metadata {
                match self { $(Self::$variant(image) => image.metadata()),* }
            }

            /// The metadata dictionary, to be changed.
            pub fn metadata_mut(&mut self) -> &mut crate::Metadata {
                match self { $(Self::$variant(image) => image.metadata_mut()),* }
            }
        }

        $(
            impl sealed::Sealed for $type {}

            impl From<Image<$type>> for AnyImage {
                fn from(image: Image<$type>) -> Self {
                    Self::$variant(image)
                }
            }

            impl Pixel for $type {
                const TYPE: PixelType = PixelType::$variant;
                type Key = $key;
                const KEYS: KeyRule<$key> = $keys;

                #[inline(always)]
                fn to_key(self) -> $key {
                    ($to_key)(self)
                }

                #[inline(always)]
                fn from_key(key: $key) -> Self {
                    ($from_key)(key)
                }

                #[inline(always)]
                fn to_f64(self) -> f64 {
                    Cast::widen(self)
                }

                #[inline(always)]
                fn from_f64(value: f64) -> Self {
                    Cast::narrow(value)
                }

                #[inline(always)]
                fn is_nan(self) -> bool {
                    ($is_nan)(self)
                }

                #[inline(always)]
                fn swap_bytes(self) -> Self {
                    ($swap)(self)
                }

                fn erase(image: Image<Self>) -> AnyImage {
                    AnyImage::$variant(image)
                }

                fn typed(image: AnyImage) -> Option<Image<Self>> {
                    match image {
                        AnyImage::$variant(image) => Some(image),
                        _ => None,
                    }
                }
            }
        )*
    };
}

/// Flips the bits of a negative float's magnitude, which makes integer order the order of floats.
macro_rules! float_key {
    ($bits:expr, $int:ty) => {{
        let bits = $bits as $int;
        bits ^ ((bits >> (<$int>::BITS - 1)) & <$int>::MAX)
    }};
}

macro_rules! same {
    () => {
        |value| value
    };
}

pixel_types! {
    U8 u8 as u8, "uint8", keys KeyRule::Same,
        to_key same!(), from_key same!(), is_nan |_| false, swap same!();
    I8 i8 as u8, "int8", keys KeyRule::Flip(0x80),
        to_key |v: i8| v as u8 ^ 0x80, from_key |k: u8| (k ^ 0x80) as i8, is_nan |_| false,
        swap same!();
    U16 u16 as i16, "uint16", keys KeyRule::Flip(i16::MIN),
        to_key |v: u16| (v ^ 0x8000) as i16, from_key |k: i16| k as u16 ^ 0x8000,
        is_nan |_| false, swap u16::swap_bytes;
    I16 i16 as i16, "int16", keys KeyRule::Same,
        to_key same!(), from_key same!(), is_nan |_| false, swap i16::swap_bytes;
    U32 u32 as i32, "uint32", keys KeyRule::Flip(i32::MIN),
        to_key |v: u32| (v ^ 0x8000_0000) as i32,
        from_key |k: i32| k as u32 ^ 0x8000_0000, is_nan |_| false, swap u32::swap_bytes;
    I32 i32 as i32, "int32", keys KeyRule::Same,
        to_key same!(), from_key same!(), is_nan |_| false, swap i32::swap_bytes;
    U64 u64 as i64, "uint64", keys KeyRule::Flip(i64::MIN),
        to_key |v: u64| (v ^ (1 << 63)) as i64,
        from_key |k: i64| k as u64 ^ (1 << 63), is_nan |_| false, swap u64::swap_bytes;
    I64 i64 as i64, "int64", keys KeyRule::Same,
        to_key same!(), from_key same!(), is_nan |_| false, swap i64::swap_bytes;
    F16 f16 as i16, "float16", keys KeyRule::Float { infinity: 0x7c00, nan: NAN_F16 },
        to_key |v: f16| if f16::is_nan(v) { NAN_F16 } else { float_key!(v.to_bits(), i16) },
        from_key |k: i16| f16::from_bits(float_key!(k, i16) as u16), is_nan f16::is_nan,
        swap |v: f16| f16::from_bits(v.to_bits().swap_bytes());
    F32 f32 as i32, "float32", keys KeyRule::Float { infinity: 0x7f80_0000, nan: NAN_F32 },
        to_key |v: f32| if f32::is_nan(v) { NAN_F32 } else { float_key!(v.to_bits(), i32) },
        from_key |k: i32| f32::from_bits(float_key!(k, i32) as u32), is_nan f32::is_nan,
        swap |v: f32| f32::from_bits(v.to_bits().swap_bytes());
    F64 f64 as i64, "float64", keys KeyRule::Float { infinity: 0x7ff0_0000_0000_0000, nan: NAN_F64 },
        to_key |v: f64| if f64::is_nan(v) { NAN_F64 } else { float_key!(v.to_bits(), i64) },
        from_key |k: i64| f64::from_bits(float_key!(k, i64) as u64), is_nan f64::is_nan,
        swap |v: f64| f64::from_bits(v.to_bits().swap_bytes());
}

// The positive quiet NaN without payload; its sign bit is clear, so it is its own key.
const NAN_F16: i16 = 0x7e00;
const NAN_F32: i32 = 0x7fc0_0000;
const NAN_F64: i64 = 0x7ff8_0000_0000_0000;

impl PixelType {
    /// True for f16, f32 and f64.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// The integers that are keys, of the same width.
    pub(crate) fn bits(self) -> Self {
        match self.size() {
            1 => Self::U8,
            2 => Self::I16,
            4 => Self::I32,
            _ => Self::I64,
        }
    }
}

impl fmt::Display for PixelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.numpy_name())
    }
}

impl FromStr for PixelType {
    type Err = crate::Error;

    /// Reads `u8` or `uint8`, `f32` or `float32`, and so on.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|t| t.name() == text || t.numpy_name() == text).ok_or_else(|| {
            crate::Error::Parameter {
                filter: "pixel type",
                name: "name",
                expected: format!(
                    "one of {}",
                    Self::ALL.iter().map(|t| t.numpy_name()).collect::<Vec<_>>().join(", ")
                ),
                got: format!("{text:?}"),
            }
        })
    }
}

impl AnyImage {
    /// The image inside when its pixels are `T`.
    pub fn typed<T: Pixel>(self) -> Option<Image<T>> {
        T::typed(self)
    }
}

/// What the components of a pixel mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelKind {
    /// One component, a number.
    #[default]
    Scalar,
    /// Real and imaginary part.
    Complex,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
    /// A vector; under a change of coordinates it turns with the axes.
    Vector,
    /// A covariant vector, such as a gradient.
    CovariantVector,
    /// A position.
    Point,
    /// The upper triangle of a symmetric matrix, row by row.
    SymmetricTensor,
    /// Components with no common meaning (ITK's `VectorImage`).
    VariableLength,
}

impl PixelKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Scalar,
        Self::Complex,
        Self::Rgb,
        Self::Rgba,
        Self::Vector,
        Self::CovariantVector,
        Self::Point,
        Self::SymmetricTensor,
        Self::VariableLength,
    ];

    /// A lower-case name: `scalar`, `rgb`, `covariant_vector`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Complex => "complex",
            Self::Rgb => "rgb",
            Self::Rgba => "rgba",
            Self::Vector => "vector",
            Self::CovariantVector => "covariant_vector",
            Self::Point => "point",
            Self::SymmetricTensor => "symmetric_tensor",
            Self::VariableLength => "variable_length",
        }
    }

    /// The only count of components that makes sense, where there is one.
    pub fn fixed_components(self) -> Option<usize> {
        match self {
            Self::Scalar => Some(1),
            Self::Complex => Some(2),
            Self::Rgb => Some(3),
            Self::Rgba => Some(4),
            _ => None,
        }
    }
}

impl FromStr for PixelKind {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text).ok_or_else(|| crate::Error::Parameter {
            filter: "image",
            name: "pixel_kind",
            expected: format!("one of {}", Self::ALL.iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")),
            got: format!("{text:?}"),
        })
    }
}
