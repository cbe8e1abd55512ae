//! A virtual volume of 12 GB, median of radius 1, gradient magnitude, within 1 GB of memory:
//! `cargo run --release -p itk-benches --example streaming`, or with other sizes: `-- GB BUDGET`, as in `-- 2 "200 MB"`.
//!
//! The source makes its pixels when they are asked for, the sink adds them up and forgets them. Some rows of each piece are
//! compared with direct calls.
#![allow(clippy::unwrap_used, reason = "an example may panic")]

use std::time::Instant;

use itk_core::pipeline::{self, Divisions, Information, Inputs, Node, Process, Run};
use itk_core::{AnyImage, Apply, Error, Header, Image, PixelType, Region, Result, Splitter, pool};
use itk_filters::{GradientMagnitude, Median};

/// Waves, and noise from a hash of the index.
fn pixel(x: i64, y: i64, z: i64) -> f32 {
    let bits = (x as u32).wrapping_mul(0x9e37_79b9)
        ^ (y as u32).wrapping_mul(0x85eb_ca6b)
        ^ (z as u32).wrapping_mul(0xc2b2_ae35);
    let noise = (bits ^ (bits >> 15)).wrapping_mul(0x2c1b_3c6d) >> 8;
    ((x + y + z) & 255) as f32 + noise as f32 / 65536.0
}

struct Volume(Header);

impl Process for Volume {
    fn name(&self) -> &str {
        "volume"
    }
    fn number_of_required_inputs(&self) -> usize {
        0
    }
    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
        Ok(vec![self.0.clone().into()])
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let region = run.requested_region(0);
        run.produce(0, |output, context| {
            let output = output.typed::<f32>().unwrap();
            let tiles = output.into_tiles(64, region.size()[0]);
            let steps = context.steps("volume", tiles.len());
            pool::for_each(
                context,
                tiles,
                || vec![0.0; region.size()[0]],
                |row, mut tile| {
                    steps.check()?;
                    for r in tile.rows() {
                        let at = tile.index(r);
                        let (y, z) = (region.index()[1] + at[0] as i64, region.index()[2] + at[1] as i64);
                        for (x, value) in (region.index()[0]..).zip(row.iter_mut()) {
                            *value = pixel(x, y, z);
                        }
                        tile.store_next(row);
                    }
                    steps.tick();
                    Ok(())
                },
            )
        })
    }
}

struct Sum {
    divisions: Divisions,
}

impl Process for Sum {
    fn name(&self) -> &str {
        "sum"
    }
    fn number_of_outputs(&self) -> usize {
        0
    }
    fn pulls_inputs(&self) -> bool {
        true
    }
    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
        Ok(Vec::new())
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let whole = run.input_information(0)?.header.region;
        let pieces = run.pieces(0, &whole, self.divisions, Splitter::SlowDimension, 0)?;
        println!("pieces: {} of about {:?}", pieces.len(), pieces[0].size());
        let (mut sum, mut pixels) = (0.0, 0);
        for (i, piece) in pieces.iter().enumerate() {
            let AnyImage::F32(image) = run.pull(0, piece)? else {
                unreachable!("the gradient of f32 is f32")
            };
            let slice = image.as_slice().unwrap();
            sum += slice.iter().map(|&value| f64::from(value)).sum::<f64>();
            pixels += slice.len();
            let middle = piece.index()[2] + piece.size()[2] as i64 / 2;
            let strip = Region::new(&[0, whole.size()[1] as i64 / 2, middle], &[whole.size()[0], 1, 1])?;
            assert_eq!(image.view().region(&strip.relative_to(piece)).to_vec(), direct(&strip, &whole)?);
            run.update_progress((i + 1) as f64 / pieces.len() as f64)?;
        }
        assert_eq!(pixels, whole.pixels());
        println!("mean gradient magnitude: {:.6}", sum / pixels as f64);
        Ok(())
    }
}

/// The same pixels without a pipeline.
fn direct(strip: &Region, whole: &Region) -> Result<Vec<f32>> {
    let around = |radius: usize| strip.pad_by_radius(&[radius; 3]).crop(whole).unwrap();
    let header = Header { region: around(2), ..Header::new(PixelType::F32, whole.size())? };
    let mut source = Image::<f32>::zeroed(&header)?;
    let region = header.region;
    for (i, value) in source.as_mut_slice()?.unwrap().iter_mut().enumerate() {
        let (x, rest) = (i % region.size()[0], i / region.size()[0]);
        let (y, z) = (rest % region.size()[1], rest / region.size()[1]);
        let [x, y, z] = [x, y, z].map(|i| i as i64);
        *value = pixel(region.index()[0] + x, region.index()[1] + y, region.index()[2] + z);
    }
    let smooth = Median::new(1).apply_region(&source, &around(1))?;
    let edges: Image<f32> = GradientMagnitude::new().apply_region(&smooth, strip)?;
    Ok(edges.to_vec())
}

/// A line of the kernel's account of this process, such as the most memory that was resident.
fn account(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.map_or_else(|| "not known on this system".into(), |line| line[name.len() + 1..].trim().to_owned())
}

fn main() -> Result<(), Error> {
    let mut words = std::env::args().skip(1);
    let size: f64 = words.next().map_or(12.0, |text| text.parse().unwrap());
    let budget = words.next().unwrap_or("1 GB".into());
    let divisions: Divisions = budget.parse()?;
    let slices = (size * 1e9 / 4.0 / (1500.0 * 1500.0)).ceil() as usize;
    let header = Header::new(PixelType::F32, &[1500, 1500, slices])?;
    let bytes = header.region.pixels() * 4;
    println!("volume: {:?} float32, {:.2} GB; budget: {budget}", header.region.size(), bytes as f64 / 1e9);
    println!("threads: {}, SIMD level: {}", pool::num_threads(), itk_core::simd::level()?);
    let volume = Node::new(Volume(header));
    let smooth = pipeline::filter(Median::new(1), volume.output());
    let edges = pipeline::filter(GradientMagnitude::new(), smooth.output());
    let sum = Node::new(Sum { divisions });
    sum.set_input(0, edges.output())?;
    let start = Instant::now();
    sum.update()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("time: {seconds:.1} s, {:.0} Mpix/s", bytes as f64 / 4e6 / seconds);
    println!("peak resident memory: {}", account("VmHWM"));
    Ok(())
}
