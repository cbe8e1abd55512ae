//! `cargo bench -p itk-benches --bench gradient`, with `OXITK_SIMD` for another level.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itk_benches::{SIZES, label, noise};
use itk_core::{Image, Pixel};
use itk_filters::{Apply, Derivative, Gradient, GradientMagnitude, Sobel};

fn gradient_magnitude<T: Pixel>(group: &mut BenchmarkGroup<'_, WallTime>) {
    for &size in SIZES {
        let image = noise::<T>(size);
        group.throughput(Throughput::Elements(size.iter().product::<usize>() as u64));
        let run = || -> Image<f32> { GradientMagnitude::new().apply(&image).expect("a scalar image") };
        group.bench_function(BenchmarkId::new("to f32", label::<T>(size)), |b| b.iter(run));
    }
}

/// Filters with default parameters, to f32.
fn family<T: Pixel>(criterion: &mut Criterion) {
    for &size in SIZES {
        let image = noise::<T>(size);
        let label = label::<T>(size);
        let count = Throughput::Elements(size.iter().product::<usize>() as u64);
        let mut group = criterion.benchmark_group("derivative");
        group.throughput(count.clone());
        group.bench_function(&label, |b| b.iter(|| Derivative::new(1).apply::<_, f32>(&image)));
        group.finish();
        let mut group = criterion.benchmark_group("gradient");
        group.throughput(count.clone());
        group.bench_function(&label, |b| b.iter(|| Gradient::new().apply::<_, f32>(&image)));
        group.finish();
        let mut group = criterion.benchmark_group("sobel");
        group.throughput(count);
        group.bench_function(&label, |b| b.iter(|| Sobel::new().apply::<_, f32>(&image)));
        group.finish();
    }
}

fn gradient(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gradient_magnitude");
    group.sample_size(10);
    gradient_magnitude::<u8>(&mut group);
    gradient_magnitude::<i16>(&mut group);
    gradient_magnitude::<f32>(&mut group);
    gradient_magnitude::<f64>(&mut group);
    group.finish();
    family::<u8>(criterion);
    family::<f32>(criterion);
}

criterion_group!(benches, gradient);
criterion_main!(benches);
