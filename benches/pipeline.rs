//! `cargo bench -p itk-benches --bench pipeline`: what a graph of three nodes costs beside three direct calls.

use criterion::{Criterion, criterion_group, criterion_main};
use itk_benches::noise;
use itk_core::pipeline::{self, DataObject};
use itk_core::{AnyImage, Apply, Context, PixelType};
use itk_filters::{GradientMagnitude, Median};

fn three_nodes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pipeline/three nodes, 64x64 u8");
    let image = AnyImage::from(noise::<u8>(&[64, 64]));
    let (smooth, edges) = (Median::new(1), GradientMagnitude::new().pixel_type(PixelType::U8));
    let context = Context::default();
    group.bench_function("direct calls", |b| {
        b.iter(|| {
            let first = smooth.apply_any(&image, &context)?;
            let second = edges.apply_any(&first, &context)?;
            smooth.apply_any(&second, &context)
        })
    });
    let input = DataObject::from(image.clone());
    let first = pipeline::filter(smooth.clone(), &input);
    let second = pipeline::filter(edges.clone(), first.output());
    let third = pipeline::filter(smooth.clone(), second.output());
    group.bench_function("update", |b| {
        b.iter(|| {
            input.modified()?;
            third.update()
        })
    });
    group.bench_function("update that changes nothing", |b| b.iter(|| third.update()));
}

criterion_group!(benches, three_nodes);
criterion_main!(benches);
