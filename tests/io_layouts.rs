//! Images over memory that is not contiguous, not aligned, in the other byte order, or not Rust's alone.
#![expect(unsafe_code, reason = "memory with strides is made from raw pointers")]

use std::ptr::NonNull;
use std::sync::Arc;

use itk_core::{AnyImage, Axes, Buffer, Image, Pixel, Strides, Visit};

/// How the pixels lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Layout {
    /// As `Image` allocates them.
    Owned,
    /// Without gaps, but in memory that others may write.
    Foreign,
    /// Every axis backwards, with gaps, one byte off any alignment.
    Strided,
    /// The slowest axis fastest, in the other byte order.
    Swapped,
}

pub(crate) const ALL: [Layout; 4] = [Layout::Owned, Layout::Foreign, Layout::Strided, Layout::Swapped];

/// The same image in another layout.
pub(crate) fn laid_out(image: &AnyImage, layout: Layout) -> AnyImage {
    struct LaidOut(Layout);
    impl Visit for LaidOut {
        type Out = AnyImage;
        fn visit<T: Pixel>(self, image: &Image<T>) -> AnyImage {
            T::erase(typed(image, self.0))
        }
    }
    image.visit(LaidOut(layout))
}

fn typed<T: Pixel>(image: &Image<T>, layout: Layout) -> Image<T> {
    let size = image.header().array_size();
    let pixel = size_of::<T>();
    let (mut bytes, mut first, mut step) = (Axes::filled(size.len(), 0), 0, pixel);
    let axes: Vec<usize> = match layout {
        Layout::Owned => return image.clone(),
        Layout::Swapped => (0..size.len()).rev().collect(),
        _ => (0..size.len()).collect(),
    };
    let gap = if layout == Layout::Strided { 3 * pixel } else { 0 };
    step += gap;
    for a in axes {
        bytes[a] = step as isize;
        if layout == Layout::Strided {
            first += (size[a] - 1) * step;
            bytes[a] = -bytes[a];
        }
        step = step * size[a] + gap;
    }
    let offset = usize::from(layout == Layout::Strided);
    let mut memory = vec![0xa5u8; step + pixel + offset];
    let pixels = image.to_vec();
    for (at, value) in pixels.iter().enumerate() {
        let (mut rest, mut to) = (at, (first + offset) as isize);
        for (a, n) in size.iter().enumerate() {
            to += (rest % n) as isize * bytes[a];
            rest /= n;
        }
        let value = if layout == Layout::Swapped { value.swap_bytes() } else { *value };
        memory[to as usize..][..pixel].copy_from_slice(bytemuck::bytes_of(&value));
    }
    let start = NonNull::new(memory.as_mut_ptr()).unwrap();
    let strides = Strides { size, bytes, swapped: layout == Layout::Swapped };
    // SAFETY: the strides reach inside the memory, which its owner keeps; nothing writes it any more.
    let buffer = unsafe { Buffer::foreign(start.add(first + offset), strides, false, Arc::new(memory)) };
    Image::from_buffer(&image.header(), buffer).unwrap().with_metadata(image.metadata().clone())
}
