//! Which of the median's algorithms is fastest: `make bench-crossover`, or
//! `cargo run --release -p itk-benches --example crossover [word...] >docs/explain/crossover.tsv`.
//!
//! Nanoseconds a pixel on one thread of each algorithm that applies, for types, windows, image sizes, contents and SIMD
//! levels, one line each; what was chosen, and by how much it is slower than the fastest. Counting has the help of columns. Algorithms take turns, and the
//! best time of each counts, so that it bears a machine that others use. Words leave only lines that have them all.
#![allow(clippy::unwrap_used, reason = "an example may panic")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use itk_benches::content;
use itk_core::{Image, PerAxis, Pixel, pool, simd};
use itk_filters::{Algorithm, Apply, Filter, Median};

/// How long the algorithms of a line take turns.
const PATIENCE: Duration = Duration::from_millis(16);

/// How many turns an algorithm gets at least, if they don't take far too long.
const ROUNDS: usize = 4;

/// From how many times the fastest time on an algorithm gets no second turn.
const HOPELESS: f64 = 1.8;

/// Radii of squares; dense where algorithms have been seen to cross.
const SQUARES: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 37, 50, 60];

/// Radii of cubes.
const CUBES: &[usize] = &[1, 2, 3, 4, 5, 7, 10];

/// Radii of windows of other shapes, xyz: lines, and windows long along x, which suit a histogram.
const OTHERS: &[&[usize]] = &[
    &[1],
    &[4],
    &[5],
    &[10],
    &[30],
    &[120],
    &[4, 0],
    &[5, 0],
    &[30, 0],
    &[0, 4],
    &[0, 5],
    &[0, 30],
    &[5, 1],
    &[1, 5],
    &[10, 1],
    &[60, 1],
    &[60, 2],
    &[60, 3],
    &[60, 5],
    &[1, 60],
    &[2, 2, 1],
    &[1, 2, 2],
    &[10, 0, 0],
    &[0, 10, 0],
    &[0, 0, 10],
    &[30, 1, 0],
    &[30, 1, 1],
    &[0, 3, 3],
    &[10, 10, 1],
    &[1, 1, 10],
];

/// Sizes of images of a rank, xyz. The largest are small enough that a run is seldom interrupted by what else a machine does.
fn sizes(rank: usize) -> &'static [&'static [usize]] {
    match rank {
        1 => &[&[1 << 14], &[256], &[16]],
        2 => &[&[512, 128], &[64, 64], &[16, 16]],
        _ => &[&[128, 32, 24], &[24, 24, 24], &[8, 8, 8]],
    }
}

/// `64x64`.
fn joined(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// What a line is about.
struct Case<'a> {
    content: &'a str,
    radius: &'a [usize],
    words: &'a [String],
}

impl Case<'_> {
    /// Prints the line, unless it lacks a word.
    fn run<T: Pixel>(&self, image: &Image<T>) {
        let level = simd::level().unwrap();
        let Self { content, radius, words } = self;
        let (radius_text, size) = (joined(radius), joined(&image.header().array_size()));
        let key = [level.name(), T::TYPE.name(), &radius_text, &size, content];
        if !words.iter().all(|word| key.contains(&word.as_str())) {
            return;
        }
        let median = Median::new(PerAxis::xyz(radius.to_vec()));
        let times = times(image, &median);
        let number = |algorithm: Algorithm| Algorithm::ALL.iter().position(|a| *a == algorithm).unwrap();
        let chosen = number(median.choice(&image.header()).unwrap());
        let fastest = (0..times.len()).min_by(|&a, &b| times[a].total_cmp(&times[b])).unwrap();
        let mut line = key.join("\t");
        for &time in &times {
            line += &if time.is_finite() { format!("\t{}", rounded(time)) } else { "\t".into() };
        }
        let loss = times[chosen] / times[fastest] - 1.0;
        let [fastest, chosen] = [fastest, chosen].map(|i| name(Algorithm::ALL[i]));
        println!("{line}\t{fastest}\t{chosen}\t{:.0}", 100.0 * loss);
        std::io::stdout().flush().unwrap();
    }
}

fn name(algorithm: Algorithm) -> String {
    format!("{algorithm:?}").to_lowercase()
}

/// Three digits that count.
fn rounded(time: f64) -> String {
    let digits = 2 - time.log10().floor().clamp(-2.0, 2.0) as i32;
    format!("{time:.*}", digits as usize)
}

/// The best time of each algorithm, in nanoseconds a pixel; infinite where it does not apply.
fn times<T: Pixel>(image: &Image<T>, median: &Median) -> Vec<f64> {
    let pixels: usize = image.header().array_size().iter().product();
    let header = image.header();
    let mut out = image.clone();
    let mut turns: Vec<Option<Median>> = Algorithm::ALL
        .iter()
        .map(|&algorithm| Some(median.clone().algorithm(algorithm)).filter(|m| m.plan(&header).is_ok()))
        .collect();
    let mut best = vec![f64::INFINITY; turns.len()];
    let begin = Instant::now();
    for round in 0.. {
        for (best, turn) in best.iter_mut().zip(&turns) {
            let Some(median) = turn else { continue };
            let start = Instant::now();
            median.apply_into(image, &mut out).unwrap();
            *best = best.min(start.elapsed().as_secs_f64() * 1e9 / pixels as f64);
        }
        let fastest = best.iter().copied().fold(f64::INFINITY, f64::min);
        // The first run also touches memory for the first time, and any of a short algorithm may be interrupted.
        let hopeless = match round {
            0 if begin.elapsed() < PATIENCE => f64::INFINITY,
            0..ROUNDS => 4.0 * HOPELESS,
            _ => HOPELESS,
        };
        for (turn, &time) in turns.iter_mut().zip(&best) {
            *turn = turn.take().filter(|_| time < hopeless * fastest);
        }
        let alone = turns.iter().flatten().count() < 2;
        if round >= ROUNDS && (alone || begin.elapsed() > PATIENCE) || begin.elapsed() > 8 * PATIENCE {
            break;
        }
    }
    best
}

fn measure<T: Pixel>(scale: f64, words: &[String]) {
    let squares = SQUARES.iter().map(|&r| vec![r; 2]);
    let cubes = CUBES.iter().map(|&r| vec![r; 3]);
    let windows: Vec<Vec<usize>> = squares.chain(cubes).chain(OTHERS.iter().map(|r| r.to_vec())).collect();
    for rank in 1..=3 {
        for size in sizes(rank) {
            for (content, values) in [
                ("noise", content::noise(size)),
                ("photo", content::photo(size)),
                ("constant", content::constant(size)),
            ] {
                let pixels = values.iter().map(|v| T::from_f64(v * scale)).collect();
                let image = Image::<T>::from_vec(size, pixels).unwrap();
                for radius in windows.iter().filter(|radius| radius.len() == rank) {
                    Case { content, radius, words }.run(&image);
                }
            }
        }
    }
}

/// Lines of one level, type, rank and size.
#[derive(Default)]
struct Group {
    /// Of each window how many times as slow as the fastest each algorithm is, one factor for each content.
    windows: BTreeMap<String, Vec<(usize, Vec<f64>)>>,
}

/// What is measured of the choice: of each window, the geometric mean over contents.
#[derive(Default)]
struct Summary(BTreeMap<[String; 4], Group>);

impl Summary {
    fn add(&mut self, line: &str) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [level, of_type, radius, size, _, times @ .., _, chosen, _] = &fields[..] else { return };
        let times = times.iter().map(|time| time.parse().unwrap_or(f64::INFINITY)).collect();
        let chosen = Algorithm::ALL.iter().position(|a| name(*a) == *chosen).unwrap();
        let key = [level, of_type, &&*radius.split('x').count().to_string(), size].map(|s| (*s).to_owned());
        self.0.entry(key).or_default().windows.entry((*radius).to_owned()).or_default().push((chosen, times));
    }

    /// A table in Markdown.
    fn print(&self) {
        eprintln!(
            "| level | type | axes | image | windows | chosen within 5 % | worst mean | worst content |"
        );
        eprintln!("|---|---|---|---|---|---|---|---|");
        for ([level, of_type, rank, size], group) in &self.0 {
            let (mut good, mut worst, mut single) = (0, (0.0, ""), (0.0, ""));
            for (radius, contents) in &group.windows {
                let mean = |i: usize| contents.iter().map(|(_, times)| times[i].ln()).sum::<f64>();
                let least = (0..Algorithm::ALL.len()).map(mean).fold(f64::INFINITY, f64::min);
                let loss = ((mean(contents[0].0) - least) / contents.len() as f64).exp() - 1.0;
                good += usize::from(loss <= 0.05);
                worst = if loss > worst.0 { (loss, radius) } else { worst };
                for (chosen, times) in contents {
                    let loss = times[*chosen] / times.iter().copied().fold(f64::INFINITY, f64::min) - 1.0;
                    single = if loss > single.0 { (loss, radius) } else { single };
                }
            }
            let percent = |(loss, radius): (f64, &str)| match radius {
                "" => "none".into(),
                _ => format!("{:.0} % at {radius}", 100.0 * loss),
            };
            let count = group.windows.len();
            let (worst, single) = (percent(worst), percent(single));
            eprintln!("| {level} | {of_type} | {rank} | {size} | {count} | {good} | {worst} | {single} |");
        }
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if std::env::var_os("OXITK_SIMD").is_some() {
        pool::set_num_threads(1);
        measure::<u8>(255.9, &words);
        measure::<u16>(65535.9, &words);
        measure::<f32>(1.0, &words);
        measure::<f64>(1.0, &words);
        return;
    }
    let algorithms = Algorithm::ALL.iter().map(|&algorithm| name(algorithm)).collect::<Vec<_>>().join("\t");
    println!("level\ttype\tradius\tsize\tcontent\t{algorithms}\tfastest\tchosen\tloss");
    let mut summary = Summary::default();
    // The level is one for the process.
    for level in simd::levels() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child =
            command.args(&words).env("OXITK_SIMD", level.name()).stdout(Stdio::piped()).spawn().unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            println!("{line}");
            summary.add(&line);
        }
        assert!(child.wait().unwrap().success());
    }
    summary.print();
}
