//! `cargo bench -p itk-benches --bench recursive`, with `OXITK_SIMD` for another level.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use itk_benches::{SIZES, label, noise};
use itk_core::{AnyImage, Context, Pixel};
use itk_filters::{Apply, GradientMagnitudeRecursiveGaussian, RecursiveGaussian, SmoothingRecursiveGaussian};

fn each_size<T: Pixel>(group: &mut BenchmarkGroup<'_, WallTime>, what: &str, filter: &impl Apply) {
    for &size in SIZES {
        let image: AnyImage = T::erase(noise::<T>(size));
        group.throughput(Throughput::Elements(size.iter().product::<usize>() as u64));
        let run = || filter.apply_any(&image, &Context::default()).expect("a scalar image");
        group.bench_function(BenchmarkId::new(what, label::<T>(size)), |b| b.iter(run));
    }
}

fn recursive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recursive_gaussian");
    group.sample_size(10);
    for axis in 0..2 {
        let filter = RecursiveGaussian::new(2.0).axis_xyz(axis);
        each_size::<u8>(&mut group, &format!("along axis {axis}"), &filter);
        each_size::<f32>(&mut group, &format!("along axis {axis}"), &filter);
    }
    group.finish();

    let mut group = criterion.benchmark_group("smoothing_recursive_gaussian");
    group.sample_size(10);
    each_size::<f32>(&mut group, "sigma 2", &SmoothingRecursiveGaussian::new(2.0));
    group.finish();

    let mut group = criterion.benchmark_group("gradient_magnitude_recursive_gaussian");
    group.sample_size(10);
    each_size::<f32>(&mut group, "sigma 2", &GradientMagnitudeRecursiveGaussian::new(2.0));
}

criterion_group!(benches, recursive);
criterion_main!(benches);
