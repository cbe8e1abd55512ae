//! The selection networks take medians: shown with zeros and ones, 64 columns at a time.
//!
//! A network of minima and maxima is right for all values if it is right for zeros and ones, as it commutes with
//! thresholds. It is also monotone. So a step takes the median of a window, whatever else is in memory, if a window with one
//! more than half of its samples 1 gives 1 among zeros, and one with one less gives 0 among ones: the critical
//! windows. What steps of warming up read before anything was kept counts as memory.
//!
//! `networks_forms.rs` has steps that compute, `networks_blocks.rs` looks at single blocks, `networks_critical.rs` at critical
//! windows.

use std::ops::Range;

use itk_tests::cases::Random;

#[path = "networks_blocks.rs"]
mod blocks;
#[path = "networks_critical.rs"]
mod critical;
#[path = "networks_forms.rs"]
mod forms;

#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../itk-filters/build/emit.rs"]
mod emit;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../itk-filters/build/layout.rs"]
mod layout;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../itk-filters/build/network.rs"]
mod network;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../itk-filters/build/schedule.rs"]
mod schedule;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../itk-filters/build/shapes.rs"]
mod shapes;

use forms::{Form, Io, Straight, emitted};
use schedule::Program;
use shapes::{Shape, shapes};

/// Bit `i` counts lanes `0..64` in binary: all values of six samples.
const COUNT: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// Lanes in which `least` or more of fewer than 512 words have a 1.
fn at_least(least: usize, words: impl Iterator<Item = u64>) -> u64 {
    assert!((1..=511).contains(&least), "{least}");
    // A counter of ten bits for each lane, which reaches 512 at `least`.
    let mut counter: [u64; 10] =
        std::array::from_fn(|bit| 0u64.wrapping_sub((512 - least) as u64 >> bit & 1));
    for mut carry in words {
        for bit in &mut counter {
            (*bit, carry) = (*bit ^ carry, *bit & carry);
        }
        assert_eq!(carry, 0, "more words than the counter holds");
    }
    counter[9]
}

/// Samples of 64 columns: rows from above the first window down, as the steps of a strip read them.
struct Image {
    shape: Shape,
    first: isize,
    samples: Vec<u64>,
}

impl Image {
    /// For some steps after those of warming up, all of one value.
    fn new(form: &impl Form, steps: usize, value: u64) -> Self {
        let shape = form.shape();
        let first = shape.first_row() as isize - (form.warm_up() * shape.rows) as isize;
        let end = ((steps - 1) * shape.rows + shape.end_row()) as isize;
        // No step may read rows above its own first one, but the first window begins at row 0.
        let first = first.min(0);
        let samples = vec![value; (end - first) as usize * shape.planes() * shape.window[0]];
        Self { shape, first, samples }
    }

    fn row(&self, y: isize, plane: usize) -> Range<usize> {
        let start = ((y - self.first) as usize * self.shape.planes() + plane) * self.shape.window[0];
        start..start + self.shape.window[0]
    }

    /// Where the samples are of the window whose top row is `top`: row by row.
    fn window(&self, slice: usize, top: usize) -> impl Iterator<Item = usize> {
        let [_, ky, kz] = self.shape.window;
        let rows = (0..ky).flat_map(move |y| (0..kz).map(move |z| (y, z)));
        rows.flat_map(move |(y, z)| self.row((top + y) as isize, slice + z))
    }

    /// Lanes in which most samples of a window are 1.
    fn majority(&self, slice: usize, top: usize) -> u64 {
        let samples: usize = self.shape.window.iter().product();
        at_least(samples / 2 + 1, self.window(slice, top).map(|at| self.samples[at]))
    }
}

/// The driver: as `walk` does it, for one column of registers.
struct Walk<'a, F> {
    form: &'a F,
    kept: Vec<u64>,
    outputs: Vec<u64>,
    registers: Vec<u64>,
}

impl<'a, F: Form> Walk<'a, F> {
    fn new(form: &'a F) -> Self {
        let outputs = form.shape().rows * form.shape().slices;
        Self { form, kept: vec![0; form.room()], outputs: vec![0; outputs], registers: Vec::new() }
    }

    /// Takes all steps of an image; `memory` is what was kept before. After each step that counts, `see` gets its number
    /// and its outputs, and says whether to go on.
    fn run(&mut self, image: &Image, memory: u64, steps: usize, mut see: impl FnMut(usize, &[u64]) -> bool) {
        let (form, shape) = (self.form, self.form.shape());
        self.kept.fill(memory);
        let place = |slot: &layout::Slot| slot.start + (slot.turns - slot.age) % slot.turns * slot.length;
        let mut places: Vec<usize> = form.slots().iter().map(place).collect();
        for step in 0..form.warm_up() + steps {
            let top = (step as isize - form.warm_up() as isize) * shape.rows as isize;
            let rows = top + shape.first_row() as isize..top + shape.end_row() as isize;
            let rows: Vec<&[u64]> = rows
                .flat_map(|y| (0..shape.planes()).map(move |plane| &image.samples[image.row(y, plane)]))
                .collect();
            form.step(&mut Io {
                rows: &rows,
                places: &places,
                kept: &mut self.kept,
                outputs: &mut self.outputs,
                registers: &mut self.registers,
            });
            if step >= form.warm_up() && !see(step - form.warm_up(), &self.outputs) {
                return;
            }
            for (place, slot) in places.iter_mut().zip(form.slots()) {
                let next = *place + slot.length;
                *place = if next == slot.start + slot.turns * slot.length { slot.start } else { next };
            }
        }
    }
}

/// Words whose bits are 1 with a chance of `sixteenths`.
fn word(random: &mut Random, sixteenths: usize) -> u64 {
    if sixteenths == 16 {
        return !0;
    }
    (0..4).fold(
        0,
        |word, bit| {
            if sixteenths >> bit & 1 == 1 { word | random.bits() } else { word & random.bits() }
        },
    )
}

/// How many windows of random columns, about half full, were right until one was wrong, and whether none was.
fn random_windows(form: &impl Form, steps: usize, seed: u64) -> (usize, bool) {
    let (mut random, shape) = (Random::new(seed), form.shape());
    let mut image = Image::new(form, steps, 0);
    let row_words = shape.window[0] * shape.planes();
    for row in image.samples.chunks_exact_mut(row_words) {
        // Rows differ in how full they are, some much, but windows are about half full.
        let sixteenths = [8, 3 + random.below(11), 16 * random.below(2)][random.below(3)];
        row.fill_with(|| word(&mut random, sixteenths));
    }
    let (mut count, mut right) = (0, true);
    let memory = random.bits();
    Walk::new(form).run(&image, memory, steps, |step, outputs| {
        for (output, &got) in outputs.iter().enumerate() {
            let (slice, row) = (output / shape.rows, output % shape.rows);
            right &= got == image.majority(slice, step * shape.rows + row);
        }
        count += 64 * outputs.len();
        right
    });
    (count, right)
}

#[test]
fn random_columns_have_their_majorities_at_every_step() {
    let mut total = 0;
    for shape in shapes() {
        let program = Program::plan(shape);
        for form in [Straight::of_plan(&program), Straight::of_text(&program)] {
            let (count, right) = random_windows(&form, 100, 1);
            assert!(right, "{}: one of {count} windows is wrong", form.name);
            total += count;
        }
    }
    assert!(total >= 1_000_000, "{total} windows");
}

/// Whether columns of the values 0 to 3 get the medians that sorting gives: taken as three thresholds.
fn few_valued_columns(form: &impl Form) -> bool {
    let (shape, steps) = (form.shape(), 20);
    let mut random = Random::new(3);
    let mut image = Image::new(form, steps, 0);
    let values: Vec<[u8; 64]> =
        image.samples.iter().map(|_| std::array::from_fn(|_| random.below(4) as u8)).collect();
    let outputs = shape.rows * shape.slices;
    let mut medians = vec![[0u8; 64]; outputs * steps];
    for threshold in 1..4 {
        for (sample, lanes) in image.samples.iter_mut().zip(&values) {
            *sample = (0..64).map(|lane| u64::from(lanes[lane] >= threshold) << lane).sum();
        }
        let mut medians = medians.iter_mut();
        Walk::new(form).run(&image, random.bits(), steps, |_, outputs| {
            for (&output, lanes) in outputs.iter().zip(&mut medians) {
                for (lane, median) in lanes.iter_mut().enumerate() {
                    *median += (output >> lane & 1) as u8;
                }
            }
            true
        });
    }
    medians.iter().enumerate().all(|(number, lanes)| {
        let (step, output) = (number / outputs, number % outputs);
        let (slice, top) = (output / shape.rows, step * shape.rows + output % shape.rows);
        lanes.iter().enumerate().all(|(lane, &median)| {
            let mut window: Vec<u8> = image.window(slice, top).map(|at| values[at][lane]).collect();
            window.sort_unstable();
            median == window[window.len() / 2]
        })
    })
}

#[test]
fn few_valued_columns_have_their_medians() {
    for form in emitted() {
        assert!(few_valued_columns(&form), "{}", form.name);
        for output in 0..form.shape.rows * form.shape.slices {
            let broken = form.broken(form.last_operation(output));
            assert!(!few_valued_columns(&broken), "{}: output {output}", form.name);
        }
    }
}

#[test]
fn each_wrong_operation_is_noticed() {
    for form in emitted() {
        let straight = form.shape.form == shapes::Form::Straight;
        let (mut count, mut missed) = (0, Vec::new());
        // One in so many of the longest.
        for operation in (0..form.operations()).step_by(1 + form.operations() / 1500) {
            let broken = form.broken(operation);
            // A few matter to rare windows only.
            let mut trials =
                [50, 500].into_iter().chain([20_000; 8]).take(if straight { 10 } else { 2 }).zip(0..);
            if !trials.any(|(steps, seed)| !random_windows(&broken, steps, seed).1) {
                missed.push(operation);
            }
            count += 1;
        }
        println!("{}: {} of {count} operations missed", form.name, missed.len());
        // Blocks in loops are whole, so some compute items that nobody asks for.
        let allowed = if straight { 0 } else { count / 20 };
        assert!(missed.len() <= allowed, "{}: of {count} operations {missed:?} may be wrong", form.name);
    }
}

/// A list that is kept for one step less than it is used shows.
#[test]
fn a_list_forgotten_too_soon_is_noticed() {
    let mut count = 0;
    for mut form in emitted() {
        for slot in 0..form.slots.len() {
            if form.slots[slot].age < 2 {
                continue;
            }
            form.slots[slot].age -= 1;
            assert!(!random_windows(&form, 200, 4).1, "{}: slot {slot} may be younger", form.name);
            form.slots[slot].age += 1;
            count += 1;
        }
    }
    assert!(count > 0, "no kernel keeps a list for long");
}
