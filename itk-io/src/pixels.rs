//! The pixels of an image of any layout, one run after the other.

use std::io::{self, Write};

use itk_core::{Pixel, View};

use crate::watch::Watch;

/// How many bytes are handled at a time.
const RUN: usize = 1 << 16;

/// Calls `each` with all pixels in order, a whole number of `group`s at a time.
///
/// The fastest axis must be a whole number of groups long. `each` is not a type parameter: a body of this for every pair
/// of types was a tenth of the wheel.
pub(crate) fn runs<T: Pixel, E>(
    view: View<'_, T>,
    group: usize,
    each: &mut dyn FnMut(&mut [T]) -> Result<(), E>,
) -> Result<(), E> {
    let view = view.collapsed();
    let width = view.size()[0];
    let step = (RUN / size_of::<T>() / group).max(1) * group;
    let mut run = vec![T::default(); step.min(width)];
    let mut rest = vec![0; view.size().len() - 1];
    for _ in 0..view.rows() {
        for x in (0..width).step_by(step) {
            let run = &mut run[..step.min(width - x)];
            view.load(x, &rest, run);
            each(run)?;
        }
        for (i, &n) in rest.iter_mut().zip(&view.size()[1..]) {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    Ok(())
}

/// Writes all pixels in order, in one byte order, watched.
pub(crate) fn write<T: Pixel>(
    view: View<'_, T>,
    big_endian: bool,
    out: &mut impl Write,
    watch: &Watch<'_>,
) -> io::Result<()> {
    runs(view, 1, &mut |run| {
        watch.check()?;
        if big_endian != cfg!(target_endian = "big") {
            swap(run);
        }
        out.write_all(bytemuck::cast_slice(run))?;
        watch.moved(size_of_val(run) as u64);
        Ok(())
    })
}

/// Turns the bytes of each pixel round.
pub(crate) fn swap<T: Pixel>(pixels: &mut [T]) {
    if size_of::<T>() > 1 {
        for pixel in pixels {
            *pixel = pixel.swap_bytes();
        }
    }
}
