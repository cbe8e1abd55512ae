//! Kernels that were not optimised, as in a dev build of someone else's crate, fit a small stack: each value of a selection
//! network has a place of its own there.

use std::process::Command;
use std::{env, thread};

use itk_core::{Image, simd};
use itk_filters::{Apply, Median};

/// The stack of a thread that asks for none.
const STACK: usize = 2 << 20;

/// A median of a ramp along x and y, in a thread: it is the pixel itself, away from the border.
fn median_of_a_ramp(size: &[usize], radius: usize) {
    let size = size.to_vec();
    let run = move || {
        let count: usize = size.iter().product();
        let ramp = |i: usize| (i % size[0] + i / size[0] % size[1]) as f64;
        let pixels: Vec<f64> = (0..count).map(ramp).collect();
        let image = Image::from_vec(&size, pixels).unwrap();
        let medians: Image<f64> = Median::new(radius).apply(&image).unwrap();
        let bytes = Image::from_vec(&size, (0..count).map(|i| ramp(i) as u8).collect()).unwrap();
        let medians_of_bytes: Image<u8> = Median::new(radius).apply(&bytes).unwrap();
        let middle: Vec<i64> = size.iter().map(|&n| n as i64 / 2).collect();
        let expected = (middle[0] + middle[1]) as f64;
        assert_eq!(medians.pixel(&middle).unwrap(), expected, "radius {radius} of {size:?}");
        assert_eq!(medians_of_bytes.pixel(&middle).unwrap(), expected as u8, "radius {radius} of {size:?}");
        assert_eq!(simd::last_level(), simd::level().unwrap());
    };
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

#[test]
fn at_every_level() {
    assert!(simd::levels().len() >= 2, "only {:?}: this machine cannot compare levels", simd::levels());
    for level in simd::levels() {
        let run = Command::new(env::current_exe().unwrap())
            .env("OXITK_SIMD", level.name())
            .args(["--exact", "stacks_are_not_overflowed_by_unoptimised_bodies"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && text.contains("1 passed"), "{level}: {text}");
    }
}

#[test]
fn stacks_are_not_overflowed_by_unoptimised_bodies() {
    assert!(cfg!(debug_assertions), "this is no dev build");
    for radius in 1..=5 {
        median_of_a_ramp(&[100, 40], radius);
    }
    for radius in 1..=2 {
        median_of_a_ramp(&[80, 12, 9], radius);
    }
}
