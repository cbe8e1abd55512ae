//! Single rows, converted: for kernels that keep rows in their own way. Compiled once for each level, whoever calls.

use itk_core::simd::{self, Job, Level, Simd};
use itk_core::{AnyView, Pixel, PixelType};

use super::number;

/// Pixels along x as f64, from column `first` of the row `rest` (the index on the axes after x) on.
///
/// # Panics
/// When one of them lies outside the image.
pub(crate) fn widen(level: Level, source: &AnyView<'_>, first: usize, rest: &[usize], out: &mut [f64]) {
    let strides = source.strides();
    assert_eq!(rest.len() + 1, strides.size.len(), "an index has one entry an axis");
    assert!(first <= strides.size[0] && out.len() <= strides.size[0] - first, "a row lies inside the image");
    let mut offset = first as isize * strides.bytes[0];
    for (a, &i) in rest.iter().enumerate() {
        assert!(i < strides.size[a + 1], "a row lies inside the image");
        offset += i as isize * strides.bytes[a + 1];
    }
    simd::dispatch(level, Widen { source, offset, out });
}

struct Widen<'a> {
    source: &'a AnyView<'a>,
    /// Bytes from the image's first pixel to the row's.
    offset: isize,
    out: &'a mut [f64],
}

impl Job for Widen<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { source, offset, out } = self;
        let from = source.start().as_ptr().wrapping_offset(offset);
        // SAFETY: `widen` has found the row inside the image, whose pixels are valid for reads.
        unsafe { number::read(source.pixel_type(), from, source.strides(), out) };
    }
}

/// Results as pixels, as [`Pixel::from_f64`] says.
///
/// # Panics
/// Unless there is a result for each pixel.
pub(crate) fn narrow<O: Pixel>(level: Level, results: &[f64], out: &mut [O]) {
    assert_eq!(results.len(), out.len(), "a result for each pixel");
    simd::dispatch(level, Narrow { results, pixel: O::TYPE, out: out.as_mut_ptr().cast() });
}

struct Narrow<'a> {
    results: &'a [f64],
    pixel: PixelType,
    /// Valid for writes of so many pixels of that type.
    out: *mut u8,
}

impl Job for Narrow<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        // SAFETY: the promise of `out`.
        unsafe { number::write(self.results, self.pixel, self.out) };
    }
}
