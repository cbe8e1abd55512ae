//! `instructions KERNEL TIMES`: takes medians of a fixed image so many times, for `tools/check-counts.sh` to count the
//! instructions of one more. Without arguments it lists the kernels.

use std::env;
use std::hint::black_box;

use itk_core::{Image, Pixel, pool, simd};
use itk_filters::{Apply, Median};

/// A kernel's name, and what takes medians with it.
type Kernel = (&'static str, fn(usize));

const KERNELS: &[Kernel] = &[
    ("u8 3x3", |times| median::<u8>(&[256, 64], 1, times)),
    ("u8 5x5", |times| median::<u8>(&[256, 64], 2, times)),
    ("i16 7x7", |times| median::<i16>(&[256, 64], 3, times)),
    ("f32 5x5", |times| median::<f32>(&[256, 64], 2, times)),
    ("u8 3x3x3", |times| median::<u8>(&[128, 16, 8], 1, times)),
    ("f32 3x3x3", |times| median::<f32>(&[128, 16, 8], 1, times)),
];

fn median<T: Pixel>(size: &[usize], radius: usize, times: usize) {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        T::from_f64(f64::from(state >> 25))
    };
    let pixels = (0..size.iter().product()).map(|_: usize| noise()).collect();
    let image = Image::<T>::from_vec(size, pixels).expect("an image of this size");
    for _ in 0..times {
        black_box(Median::new(radius).apply(black_box(&image)).expect("a median of this image"));
    }
}

fn main() {
    // Threads that wait for work count, too.
    pool::set_num_threads(1);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, times] = &arguments[..] else {
        KERNELS.iter().for_each(|(name, _)| println!("{name}"));
        return;
    };
    let (_, kernel) = KERNELS.iter().find(|(known, _)| known == name).expect("a kernel of the list");
    kernel(times.parse().expect("a number of times"));
    let level = simd::level().expect("a level of this CPU");
    assert_eq!(simd::last_level(), level, "the level in force is the one that ran");
}
