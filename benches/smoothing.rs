//! `cargo bench -p itk-benches --bench smoothing`, with `OXITK_SIMD` for another level.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itk_benches::{SIZES, label, noise};
use itk_core::Pixel;
use itk_filters::{Apply, Mean, Median};

fn median<T: Pixel>(group: &mut BenchmarkGroup<'_, WallTime>) {
    for &size in SIZES {
        let image = noise::<T>(size);
        group.throughput(Throughput::Elements(size.iter().product::<usize>() as u64));
        for radius in [1, 2, 5] {
            let id = BenchmarkId::new(format!("radius {radius}"), label::<T>(size));
            group.bench_function(id, |b| b.iter(|| Median::new(radius).apply(&image)));
        }
    }
}

fn mean<T: Pixel>(group: &mut BenchmarkGroup<'_, WallTime>) {
    for &size in SIZES {
        let image = noise::<T>(size);
        group.throughput(Throughput::Elements(size.iter().product::<usize>() as u64));
        for radius in [1, 5, 20] {
            let id = BenchmarkId::new(format!("radius {radius}"), label::<T>(size));
            group.bench_function(id, |b| b.iter(|| Mean::new(radius).apply::<_, T>(&image)));
        }
    }
}

fn smoothing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("median");
    group.sample_size(10);
    median::<u8>(&mut group);
    median::<i16>(&mut group);
    median::<f32>(&mut group);
    median::<f64>(&mut group);
    group.finish();
    let mut group = criterion.benchmark_group("mean");
    group.sample_size(10);
    mean::<u8>(&mut group);
    mean::<f32>(&mut group);
}

criterion_group!(benches, smoothing);
criterion_main!(benches);
