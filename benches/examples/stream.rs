//! A volume that is larger than the memory it may take goes from file to file: reader, median, gradient magnitude,
//! writer. `tools/stream-large-file.sh` runs all three steps and prints a record of the memory they take.
//!
//! `cargo run --release -p itk-benches --example stream -- make FILE GB`: a volume of noise and edges, u16;
//! `... filter FROM TO MB`: median of radius 1, then the gradient magnitude, with a budget for all memory;
//! `... check FROM TO REGIONS`: so many random regions of the result, each computed at once from what it needs.
#![allow(clippy::unwrap_used, reason = "an example may panic")]

use std::time::Instant;

use itk_core::pipeline::Divisions;
use itk_core::{AnyImage, Apply, Context, Header, Image, Metadata, PixelType, Region, Result, pipeline};
use itk_filters::{GradientMagnitude, Median};
use itk_io::pipeline::{ImageFileReader, ImageFileWriter, reader, writer};
use itk_io::{WriteOptions, Writer, open};
use itk_tests::cases::Random;

/// Pixels along x and y.
const WIDTH: usize = 1024;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let begin = Instant::now();
    match words[..] {
        ["make", path, gigabytes] => make(path, gigabytes.parse().unwrap())?,
        ["filter", from, to, megabytes] => filter(from, to, megabytes.parse().unwrap())?,
        ["check", from, to, regions] => check(from, to, regions.parse().unwrap())?,
        _ => panic!("make FILE GB, filter FROM TO MB, or check FROM TO REGIONS; see the top of this file"),
    }
    println!("time: {:.0} s; peak resident memory: {} MB", begin.elapsed().as_secs_f64(), peak());
    Ok(())
}

/// The most memory that this process has had at once, in MB (10^6 bytes), as Linux counts it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024 / 1_000_000
}

fn make(path: &str, gigabytes: usize) -> Result<()> {
    let slices = gigabytes * 1_000_000_000 / (2 * WIDTH * WIDTH) + 1;
    let header = Header::new(PixelType::U16, &[WIDTH, WIDTH, slices])?;
    let mut writer = Writer::create(path, &header, &Metadata::default(), &WriteOptions::default())?;
    let mut random = Random::new(1);
    for z in 0..slices {
        let pixel = |i: usize, noise: usize| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let edge = if (x / 40 + y / 56 + z / 9) % 2 == 0 { 1000 } else { 30_000 };
            edge + ((x * z + y) % 500) as u16 + noise as u16
        };
        let slice = (0..WIDTH * WIDTH).map(|i| pixel(i, random.below(4000))).collect();
        let region = Region::new(&[0, 0, z as i64], &[WIDTH, WIDTH, 1])?;
        writer.write_region(Image::<u16>::from_vec(region.size(), slice)?.view(), &region)?;
    }
    writer.finish()?;
    println!("made {WIDTH} x {WIDTH} x {slices} pixels of uint16, {} bytes", 2 * header.region.pixels());
    Ok(())
}

fn filter(from: &str, to: &str, megabytes: u64) -> Result<()> {
    let reader = reader(ImageFileReader::new(from));
    let median = pipeline::filter(Median::new(1), reader.output());
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    let budget = Divisions::Memory(megabytes * 1_000_000);
    let writer = writer(ImageFileWriter::new(to).divisions(budget), gradient.output());
    writer.update()?;
    let size = |path: &str| std::fs::metadata(path).unwrap().len();
    println!("read {} bytes, wrote {} bytes in {} pieces", size(from), size(to), reader.executions());
    println!("budget: {megabytes} MB");
    assert!(peak() <= megabytes, "{} MB is over the budget of {megabytes} MB", peak());
    Ok(())
}

fn check(from: &str, to: &str, regions: usize) -> Result<()> {
    let (source, result) = (open(from)?, open(to)?);
    let whole = result.header().region;
    assert_eq!(whole, source.header().region);
    let mut random = Random::new(3);
    let mut pixels = 0;
    for _ in 0..regions {
        let mut range = |axis: usize, most: usize| {
            let count = 1 + random.below(most);
            (random.below(whole.size()[axis] - count + 1) as i64, count)
        };
        let [(x, nx), (y, ny), (z, nz)] = [range(0, 200), range(1, 200), range(2, 40)];
        let part = Region::new(&[x, y, z], &[nx, ny, nz])?;
        let needed = part.pad_by_radius(&[2; 3]).crop(&whole).unwrap();
        // Each filter reaches one pixel far, so that borders which are not the image's change nothing inside.
        let input = source.read_region(&needed)?;
        let smooth = Median::new(1).apply_any(&input, &Context::default())?;
        let AnyImage::U16(smooth) = smooth else { panic!("the median keeps the type") };
        let expected: Image<f32> = GradientMagnitude::new().apply(&smooth)?;
        let AnyImage::F32(got) = result.read_region(&part)? else { panic!("the gradient is float32") };
        let inside = part.relative_to(&needed);
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert!(bits(got.to_vec()) == bits(expected.view().region(&inside).to_vec()), "{part} differs");
        pixels += part.pixels();
    }
    println!("{regions} random regions, {pixels} pixels: equal to the bit");
    Ok(())
}
