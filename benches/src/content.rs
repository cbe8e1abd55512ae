//! What is in the images that are measured: values in 0..1, x fastest, the same on every run.

use itk_tests::cases::Random;

/// Uniform noise.
pub fn noise(size: &[usize]) -> Vec<f64> {
    let mut random = Random::new(1);
    (0..size.iter().product()).map(|_| random.below(1 << 24) as f64 / f64::from(1 << 24)).collect()
}

/// Like a photo: blobs and edges of several scales with a little noise.
pub fn photo(size: &[usize]) -> Vec<f64> {
    let mut random = Random::new(2);
    let width = size[0];
    let plane = width * size.get(1).copied().unwrap_or(1);
    (0..size.iter().product::<usize>())
        .map(|i| {
            let (x, y, z) = ((i % width) as f64, (i % plane / width) as f64, (i / plane) as f64);
            let wave = |scale: f64, phase: f64| {
                ((x + 0.7 * z) / scale + phase).sin() * ((y - 0.4 * z) / (1.3 * scale) + phase).cos()
            };
            let edge = if wave(67.0, 0.3) > 0.2 { 0.18 } else { 0.0 };
            let value = 0.4 + 0.2 * wave(150.0, 1.0) + 0.12 * wave(31.0, 2.0) + 0.05 * wave(9.0, 0.7) + edge;
            (value + 0.03 * (random.below(1000) as f64 / 500.0 - 1.0)).clamp(0.0, 1.0)
        })
        .collect()
}

/// All values within each tile of a few dozen pixels: a slow wave of full range.
pub fn wave(size: &[usize]) -> Vec<f64> {
    (0..size.iter().product::<usize>())
        .map(|i| {
            let (x, y) = ((i % size[0]) as f64, (i / size[0]) as f64);
            0.5 + 0.5 * (x / 41.0 + y / 90.0).sin()
        })
        .collect()
}

/// One value.
pub fn constant(size: &[usize]) -> Vec<f64> {
    vec![0.5; size.iter().product()]
}
