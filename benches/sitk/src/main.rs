//! The median of `itk-filters` beside that of the crate `sitk`, one thread each: results compared, then timed in
//! turns, the best of some rounds. `cargo run --release --manifest-path benches/sitk/Cargo.toml`

use std::time::Instant;

use itk_core::{Image, Pixel, pool};
use itk_filters::{Apply, Median};

const ROUNDS: usize = 3;
type Failure = Box<dyn std::error::Error>;

/// Values over the whole range of a type of up to 32 bits, the same on every run.
fn noise<T: Pixel>(count: usize) -> Vec<T> {
    let mut state = 1_u64;
    let top = if T::TYPE.name() == "u8" { 255.0 } else { 65535.0 };
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::from_f64(((state >> 40) as f64 / (1_u64 << 24) as f64 * (top + 1.0)).floor())
    };
    (0..count).map(|_| next()).collect()
}

/// One row: a type, an image, a radius.
fn beside<T: Pixel + sitk::core::Scalar + PartialEq>(size: &[usize], radius: usize) -> Result<(), Failure> {
    let pixels = noise::<T>(size.iter().product());
    let ours = Image::from_vec(size, pixels.clone())?;
    let theirs = sitk::Image::from_vec(size, pixels)?;
    let radii = vec![radius; size.len()];

    let (mut own, mut other) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let result: Image<T> = Median::new(radius).apply(&ours)?;
        own = own.min(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let peer = sitk::filters::median(&theirs, &radii)?;
        other = other.min(start.elapsed().as_secs_f64());
        assert!(result.as_slice() == Some(peer.scalar_slice::<T>()?), "results differ");
    }
    let mega = size.iter().product::<usize>() as f64 / 1e6;
    let name = T::TYPE.name();
    println!(
        "| {name} | {size:?} | {radius} | {:.1} | {:.2} | {:.0} |",
        mega / own,
        mega / other,
        other / own
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    pool::set_num_threads(1);
    sitk::core::parallel::with_threads(1, || {
        println!(
            "| type | size | radius | oxitk, Mpix/s | sitk, Mpix/s | times |\n|---|---|--:|--:|--:|--:|"
        );
        let rows = || -> Result<(), Failure> {
            for radius in [1, 2, 3, 5, 10] {
                beside::<u8>(&[512, 512], radius)?;
                beside::<u16>(&[512, 512], radius)?;
                beside::<f32>(&[512, 512], radius)?;
            }
            for radius in [1, 2] {
                beside::<u8>(&[64, 64, 64], radius)?;
                beside::<f32>(&[64, 64, 64], radius)?;
            }
            Ok(())
        };
        rows().map_err(|error| error.to_string())
    })?;
    Ok(())
}
