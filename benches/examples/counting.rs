//! Mpix/s of the counting engine on one thread:
//! `cargo run --release -p itk-benches --example counting -- [filter...]`.
#![allow(clippy::unwrap_used, reason = "an example may panic")]

use std::time::Instant;

use itk_core::simd::{Level, levels};
use itk_core::{Image, Pixel};
use itk_filters::counted_median;
use itk_tests::cases::Random;

/// Uniform noise in 0..1.
fn noise(count: usize) -> Vec<f64> {
    let mut random = Random::new(1);
    (0..count).map(|_| random.below(1 << 24) as f64 / f64::from(1 << 24)).collect()
}

/// Blobs and edges of several scales with a little noise, in 0..1.
fn photo(size: &[usize]) -> Vec<f64> {
    let mut random = Random::new(2);
    let plane = size[0] * size[1];
    (0..size.iter().product::<usize>())
        .map(|i| {
            let (x, y, z) = ((i % size[0]) as f64, (i % plane / size[0]) as f64, (i / plane) as f64);
            let wave = |scale: f64, phase: f64| {
                ((x + 0.7 * z) / scale + phase).sin() * ((y - 0.4 * z) / (1.3 * scale) + phase).cos()
            };
            let edge = if wave(67.0, 0.3) > 0.2 { 0.18 } else { 0.0 };
            let value = 0.4 + 0.2 * wave(150.0, 1.0) + 0.12 * wave(31.0, 2.0) + 0.05 * wave(9.0, 0.7) + edge;
            (value + 0.03 * (random.below(1000) as f64 / 500.0 - 1.0)).clamp(0.0, 1.0)
        })
        .collect()
}

fn run<T: Pixel>(
    name: &str,
    scale: f64,
    content: &str,
    values: &[f64],
    size: &[usize],
    radius: &[usize],
    filters: &[String],
) {
    let pixels = values.iter().map(|v| T::from_f64(v * scale)).collect();
    let image = Image::<T>::from_vec(size, pixels).unwrap();
    let mut line = format!("{name} {content} {}d k={:<4}", size.len(), 2 * radius[0] + 1);
    if !filters.iter().all(|f| line.contains(f.as_str())) {
        return;
    }
    for level in levels() {
        let repeats = if level == Level::Baseline { 1 } else { 4 };
        let seconds = (0..repeats).map(|_| {
            let start = Instant::now();
            std::hint::black_box(counted_median(level, &image.view(), radius));
            start.elapsed().as_secs_f64()
        });
        let best = seconds.fold(f64::INFINITY, f64::min);
        line += &format!("  {level} {:7.1}", values.len() as f64 / best / 1e6);
    }
    println!("{line}");
}

fn main() {
    let filters: Vec<String> = std::env::args().skip(1).collect();
    let flat = [1024, 1024];
    let solid = [128, 96, 96];
    for (content, flat_values, solid_values) in
        [("noise", noise(1 << 20), noise(solid.iter().product())), ("photo", photo(&flat), photo(&solid))]
    {
        for radius in [3, 7, 10, 15, 25, 50, 75, 100] {
            let radius = [radius; 2];
            run::<u8>("u8", 255.9, content, &flat_values, &flat, &radius, &filters);
            run::<u16>("u16", 65535.9, content, &flat_values, &flat, &radius, &filters);
            run::<f32>("f32", 1.0, content, &flat_values, &flat, &radius, &filters);
            run::<f64>("f64", 1.0, content, &flat_values, &flat, &radius, &filters);
        }
        for radius in [3, 5, 9] {
            let radius = [radius; 3];
            run::<u8>("u8", 255.9, content, &solid_values, &solid, &radius, &filters);
            run::<u16>("u16", 65535.9, content, &solid_values, &solid, &radius, &filters);
            run::<f32>("f32", 1.0, content, &solid_values, &solid, &radius, &filters);
        }
    }
}
