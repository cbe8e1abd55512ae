//! Critical windows: all those of small kernels, and many of large ones.

use itk_tests::cases::Random;

use super::forms::{Form, emitted};
use super::{COUNT, Image, Walk, word};

/// The windows of one output with `ones` ones among `1 - others`, of 64 lanes each; false as soon as one is wrong.
struct Critical<'a, F> {
    walk: Walk<'a, F>,
    image: Image,
    /// Where the window's samples are.
    window: Vec<usize>,
    output: usize,
    expected: u64,
}

impl<'a, F: Form> Critical<'a, F> {
    /// Of an output, the windows that must give 1, or those that must not.
    fn new(form: &'a F, output: usize, expected: bool) -> Self {
        let background = if expected { 0 } else { !0 };
        let image = Image::new(form, 1, background);
        let rows = form.shape().rows;
        let window = image.window(output / rows, output % rows).collect();
        Self { walk: Walk::new(form), image, window, output, expected: !background }
    }

    /// How many samples of a window are 1.
    fn ones(&self) -> usize {
        self.window.len() / 2 + usize::from(self.expected != 0)
    }

    /// Whether 64 windows, sample by sample, are right.
    fn check(&mut self, samples: &[u64]) -> bool {
        for (&at, &sample) in self.window.iter().zip(samples) {
            self.image.samples[at] = sample;
        }
        let (output, expected, memory) = (self.output, self.expected, !self.expected);
        let mut right = false;
        self.walk.run(&self.image, memory, 1, |_, outputs| {
            right = outputs[output] == expected;
            true
        });
        right
    }

    /// Checks the windows of `patterns`, 64 at a time: how many there are, if all are right.
    fn patterns(&mut self, patterns: impl Iterator<Item = u64>) -> Option<usize> {
        let (mut patterns, mut count) = (patterns.peekable(), 0);
        while patterns.peek().is_some() {
            let mut lanes = [0; 64];
            for lane in 0..64 {
                // The last pattern fills up what is left of 64.
                lanes[lane] = match patterns.next() {
                    Some(pattern) => pattern,
                    None => lanes[lane - 1],
                };
                count += usize::from(lane == 0 || lanes[lane] != lanes[lane - 1]);
            }
            transpose(&mut lanes);
            if !self.check(&lanes[..self.window.len()]) {
                return None;
            }
        }
        Some(count)
    }

    /// Checks one window for each way to spread the ones over its rows; where in a row they are is left to chance.
    fn rows(&mut self, random: &mut Random) -> Option<usize> {
        let [_, rows, _] = self.walk.form.shape().window;
        let samples = self.window.len() / rows;
        let mut spreads = Vec::new();
        spread(self.ones(), rows, samples, &mut Vec::new(), &mut spreads);
        for spreads in spreads.chunks(64 * rows) {
            let mut words = vec![0; self.window.len()];
            for (row, words) in words.chunks_exact_mut(samples).enumerate() {
                let order = shuffled(samples, random);
                for lane in 0..64 {
                    let ones = spreads[(lane * rows).min(spreads.len() - rows) + row];
                    for &at in &order[..ones as usize] {
                        words[at] |= 1 << lane;
                    }
                }
            }
            if !self.check(&words) {
                return None;
            }
        }
        Some(spreads.len() / rows)
    }

    /// Checks `batches` of 64 windows with ones anywhere, in rows that differ in how full they are.
    fn anywhere(&mut self, batches: usize, random: &mut Random) -> Option<usize> {
        let samples = self.window.len() / self.walk.form.shape().window[1];
        for batch in 0..batches {
            let mut words = vec![0; self.window.len()];
            for row in words.chunks_exact_mut(samples) {
                let sixteenths = if batch % 2 == 0 { 8 } else { random.below(16) };
                row.fill_with(|| word(random, sixteenths));
            }
            // Corrects the number of ones, in an order of its own for each lane.
            for lane in 0..64 {
                let ones = words.iter().filter(|&word| word >> lane & 1 == 1).count();
                let (wrong, mut count) = (u64::from(ones > self.ones()), ones.abs_diff(self.ones()));
                while count > 0 {
                    let word = &mut words[random.below(self.window.len())];
                    if *word >> lane & 1 == wrong {
                        *word ^= 1 << lane;
                        count -= 1;
                    }
                }
            }
            if !self.check(&words) {
                return None;
            }
        }
        Some(64 * batches)
    }

    /// Checks windows whose ones come first in an order of rows, of columns or of planes, or last.
    fn blocks(&mut self, batches: usize, random: &mut Random) -> Option<usize> {
        let [kx, ky, kz] = self.walk.form.shape().window;
        for batch in 0..batches {
            let mut words = vec![0; self.window.len()];
            for lane in 0..64 {
                let (x, y, z) = (shuffled(kx, random), shuffled(ky, random), shuffled(kz, random));
                let mut order: Vec<usize> = (0..self.window.len()).collect();
                order.sort_by_key(|&at| {
                    let at = [x[at % kx], z[at / kx % kz], y[at / kx / kz]];
                    [at[batch % 3], at[(batch + 1) % 3], at[(batch + 2) % 3]]
                });
                for &at in &order[..self.ones()] {
                    words[at] |= 1 << lane;
                }
            }
            if !self.check(&words) {
                return None;
            }
        }
        Some(64 * batches)
    }
}

/// All patterns of `samples` bits of which `ones` are 1.
fn patterns(samples: usize, ones: usize) -> impl Iterator<Item = u64> {
    std::iter::successors(Some((1u64 << ones) - 1), move |&pattern| {
        let lowest = pattern.trailing_zeros();
        let carried = pattern + (1 << lowest);
        let next = carried | ((pattern ^ carried) >> 2 >> lowest);
        (next >> samples == 0).then_some(next)
    })
}

/// Appends all ways to spread `ones` over `rows` of up to `samples`.
fn spread(ones: usize, rows: usize, samples: usize, begun: &mut Vec<u8>, all: &mut Vec<u8>) {
    if rows == 0 {
        all.extend_from_slice(begun);
        return;
    }
    for here in ones.saturating_sub((rows - 1) * samples)..=ones.min(samples) {
        begun.push(here as u8);
        spread(ones - here, rows - 1, samples, begun, all);
        begun.pop();
    }
}

/// The numbers before `count` in any order.
fn shuffled(count: usize, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        order.swap(i, random.below(i + 1));
    }
    order
}

/// Turns 64 patterns into the words of 64 samples.
fn transpose(words: &mut [u64; 64]) {
    for level in (0..6).rev() {
        let (width, mask) = (1 << level, !COUNT[level]);
        for i in (0..64).filter(|i| i & width == 0) {
            let swapped = (words[i] >> width ^ words[i + width]) & mask;
            words[i] ^= swapped << width;
            words[i + width] ^= swapped;
        }
    }
}

/// Up to this many samples, every critical window is checked.
const SMALL: usize = 27;

/// Checks each critical window of an output: how many there are, if all are right.
fn all_critical<F: Form>(form: &F, output: usize) -> Option<usize> {
    [false, true].into_iter().try_fold(0, |count, expected| {
        let mut critical = Critical::new(form, output, expected);
        let patterns = patterns(critical.window.len(), critical.ones());
        Some(count + critical.patterns(patterns)?)
    })
}

/// Checks many critical windows of an output: each way to spread ones over rows, where that can be done, and a large
/// number of others, fewer for longer steps.
fn many_critical<F: Form>(form: &F, output: usize, random: &mut Random) -> Option<usize> {
    let rows = form.shape().window[1];
    let spreads = (samples(form) / rows + 1).checked_pow(rows as u32);
    let batches = (1_000_000 / form.operations()).clamp(100, 1000);
    [false, true].into_iter().try_fold(0, |mut count, expected| {
        let mut critical = Critical::new(form, output, expected);
        if spreads.is_some_and(|spreads| spreads < 20_000_000) {
            count += critical.rows(random)?;
        }
        Some(count + critical.blocks(batches / 10, random)? + critical.anywhere(batches, random)?)
    })
}

fn samples(form: &impl Form) -> usize {
    form.shape().window.iter().product()
}

#[test]
fn small_windows_are_right_in_every_critical_case() {
    for form in emitted().filter(|form| samples(form) <= SMALL) {
        let n = samples(&form);
        // Of n samples, just less than half, or just more.
        let each = 2 * (1..=n / 2).fold(1, |ways, i| ways * (n - i + 1) / i);
        for output in 0..form.shape.rows * form.shape.slices {
            assert_eq!(all_critical(&form, output), Some(each), "{}: output {output}", form.name);
        }
    }
}

#[test]
fn large_windows_are_right_in_many_critical_cases() {
    let (mut random, mut total) = (Random::new(2), 0);
    for form in emitted().filter(|form| samples(form) > SMALL) {
        for output in 0..form.shape.rows * form.shape.slices {
            let count = many_critical(&form, output, &mut random);
            assert!(count >= Some(10_000), "{}: output {output}: {count:?}", form.name);
            total += count.unwrap_or(0);
        }
    }
    assert!(total >= 1_000_000, "{total} windows");
}

/// The checks of critical windows can fail, too.
#[test]
fn a_wrong_last_operation_makes_a_critical_window_wrong() {
    let mut random = Random::new(2);
    for form in emitted() {
        for output in 0..form.shape.rows * form.shape.slices {
            let broken = form.broken(form.last_operation(output));
            let count = match samples(&form) {
                ..=SMALL => all_critical(&broken, output),
                _ => many_critical(&broken, output, &mut random),
            };
            assert_eq!(count, None, "{}: output {output}", form.name);
        }
    }
}
