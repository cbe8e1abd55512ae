//! Mpix/s of the counting engine on one thread:
//! `cargo run --release -p itk-benches --example counting -- [word...]`, with `OXITK_SIMD` for one level.
#![allow(clippy::unwrap_used, reason = "an example may panic")]

use std::time::Instant;

use itk_benches::content::{noise, photo, wave};
use itk_core::simd::levels;
use itk_core::{Image, Pixel};
use itk_filters::{counted_block, counted_median};

/// What to measure: the content, in 0..1, and the words that a line must have.
struct Case<'a> {
    content: &'a str,
    values: &'a [f64],
    size: &'a [usize],
    radius: &'a [usize],
    words: &'a [String],
}

impl Case<'_> {
    fn run<T: Pixel>(&self, scale: f64) {
        let Self { content, values, size, radius, words } = self;
        let mut line = format!("{} {content} {}d k={:<4}", T::TYPE.name(), size.len(), 2 * radius[0] + 1);
        if !words.iter().all(|word| line.contains(word.as_str())) {
            return;
        }
        let pixels = values.iter().map(|v| T::from_f64(v * scale)).collect();
        let image = Image::<T>::from_vec(size, pixels).unwrap();
        // Two tiles of a large image, inside, so that repeated borders don't matter.
        let wide = if size.len() == 2 { vec![2048; 2] } else { vec![256; 3] };
        let mut part = counted_block(size_of::<T::Key>(), radius, &wide);
        part[0] *= 2;
        let part = &part[..];
        let first: Vec<usize> = size.iter().zip(part).map(|(size, part)| (size - part) / 2).collect();
        let only = std::env::var("OXITK_SIMD").ok();
        for level in levels() {
            if only.as_ref().is_some_and(|only| only != level.name()) {
                continue;
            }
            // Others may use this machine: the best of many.
            let patience = if only.is_some() { 1.0 } else { 0.2 };
            let (begin, mut best) = (Instant::now(), f64::INFINITY);
            while best == f64::INFINITY || begin.elapsed().as_secs_f64() < patience {
                let start = Instant::now();
                std::hint::black_box(counted_median(level, &image.view(), radius, [&first, part]));
                best = best.min(start.elapsed().as_secs_f64());
            }
            line += &format!("  {level} {:7.1}", part.iter().product::<usize>() as f64 / best / 1e6);
        }
        println!("{line}");
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let flat = [1088, 448];
    let solid = [256, 56, 56];
    for (content, flat_values, solid_values) in [
        ("noise", noise(&flat), noise(&solid)),
        ("photo", photo(&flat), photo(&solid)),
        ("wave", wave(&flat), wave(&solid)),
    ] {
        for radius in [3, 7, 10, 15, 25, 50, 75, 100] {
            let radius = &[radius; 2];
            let case = Case { content, values: &flat_values, size: &flat, radius, words: &words };
            case.run::<u8>(255.9);
            case.run::<u16>(65535.9);
            case.run::<f32>(1.0);
            case.run::<f64>(1.0);
        }
        for radius in [3, 5, 9] {
            let radius = &[radius; 3];
            let case = Case { content, values: &solid_values, size: &solid, radius, words: &words };
            case.run::<u8>(255.9);
            case.run::<u16>(65535.9);
            case.run::<f32>(1.0);
        }
    }
}
