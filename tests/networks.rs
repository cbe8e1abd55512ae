//! The selection networks take medians: shown with zeros and ones, 64 columns at a time.
//!
//! A network of minima and maxima is right for all values if it is right for zeros and ones, as it commutes with
//! thresholds. It is also monotone. So a step takes the median of a window, whatever else is in memory, if a window with one
//! more than half of its samples 1 gives 1 among zeros, and one with one less gives 0 among ones: the critical
//! windows. What steps of warming up read before anything was kept counts as memory.

use std::ops::Range;

use itk_tests::cases::Random;

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

use network::{Id, Network, Node};
use schedule::{Program, Shape, Step, shapes};

/// Bit `i` counts lanes `0..64` in binary: all values of six samples.
const COUNT: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// A network whose loads are single items: item `i` is column `i`.
struct Block {
    network: Network,
    items: Vec<Id>,
}

impl Block {
    fn new(count: usize) -> Self {
        let mut network = Network::default();
        let items = (0..count).map(|x| network.add(Node::Load { row: 0, x })).collect();
        Self { network, items }
    }

    /// The values of all nodes; minima and maxima are swapped in node `broken`.
    fn values(&self, items: &[u64], broken: Option<Id>, values: &mut Vec<u64>) {
        values.clear();
        for (id, node) in self.network.nodes().iter().enumerate() {
            values.push(match *node {
                Node::Load { x, .. } => items[x],
                Node::Kept { .. } => unreachable!("a block keeps nothing"),
                Node::Min(a, b) if broken != Some(id) => values[a] & values[b],
                Node::Max(a, b) if broken == Some(id) => values[a] & values[b],
                Node::Min(a, b) | Node::Max(a, b) => values[a] | values[b],
            });
        }
    }

    /// Whether each of the results that are said to be the items of these ranks is that, on patterns of `items`.
    fn ranks(
        &self,
        results: &[(Id, usize)],
        broken: Option<Id>,
        patterns: impl Iterator<Item = Vec<u64>>,
    ) -> bool {
        let (mut values, count) = (Vec::new(), self.items.len());
        for items in patterns {
            self.values(&items, broken, &mut values);
            for &(id, rank) in results {
                // The item of a rank is 1 if at least `count - rank` items are.
                if values[id] != at_least(count - rank, items.iter().copied()) {
                    return false;
                }
            }
        }
        true
    }

    /// The minima and maxima that results depend on.
    fn operations(&self, results: &[(Id, usize)]) -> Vec<Id> {
        let live = self.network.live(results.iter().map(|&(id, _)| id));
        let operation =
            |&id: &Id| live[id] && matches!(self.network.nodes()[id], Node::Min(..) | Node::Max(..));
        (0..live.len()).filter(operation).collect()
    }
}

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

/// All patterns of `count` zeros and ones.
fn all_patterns(count: usize) -> impl Iterator<Item = Vec<u64>> {
    (0..1u64 << count.saturating_sub(6)).map(move |high| {
        let word = |i| if i < 6 { COUNT[i] } else { 0u64.wrapping_sub(high >> (i - 6) & 1) };
        (0..count).map(word).collect()
    })
}

/// All patterns of two lists that are each zeros before ones.
fn sorted_patterns(p: usize, q: usize) -> impl Iterator<Item = Vec<u64>> {
    let all: Vec<(usize, usize)> = (0..=p).flat_map(|a| (0..=q).map(move |b| (a, b))).collect();
    (0..all.len()).step_by(64).map(move |first| {
        let mut items = vec![0; p + q];
        for (lane, &(a, b)) in all[first..].iter().take(64).enumerate() {
            for item in (a..p).chain(p + b..p + q) {
                items[item] |= 1 << lane;
            }
        }
        items
    })
}

#[test]
fn sort_sorts_every_pattern() {
    for count in 1..=17 {
        let mut block = Block::new(count);
        let sorted = block.network.sort(&block.items.clone());
        assert_eq!(sorted.len(), count);
        let results: Vec<_> = sorted.into_iter().zip(0..).collect();
        assert!(block.ranks(&results, None, all_patterns(count)), "{count} items");
        for broken in block.operations(&results) {
            assert!(
                !block.ranks(&results, Some(broken), all_patterns(count)),
                "{count} items, node {broken}"
            );
        }
    }
}

#[test]
fn merge_merges_any_two_lengths() {
    for (p, q) in (0..=40).flat_map(|p| (0..=40).map(move |q| (p, q))).filter(|&(p, q)| p + q > 0) {
        let mut block = Block::new(p + q);
        let (a, b) = block.items.split_at(p);
        let merged = block.network.merge(a, b);
        assert_eq!(merged.len(), p + q);
        let results: Vec<_> = merged.into_iter().zip(0..).collect();
        assert!(block.ranks(&results, None, sorted_patterns(p, q)), "{p} and {q} items");
        if p.max(q) <= 12 {
            for broken in block.operations(&results) {
                assert!(
                    !block.ranks(&results, Some(broken), sorted_patterns(p, q)),
                    "{p} and {q}, node {broken}"
                );
            }
        }
    }
}

#[test]
fn select_selects_every_rank() {
    for (p, q) in (0..=40).flat_map(|p| (0..=40).map(move |q| (p, q))).filter(|&(p, q)| p + q > 0) {
        let mut block = Block::new(p + q);
        let (a, b) = block.items.split_at(p);
        let results: Vec<_> = (0..p + q).map(|rank| (block.network.select(a, b, rank), rank)).collect();
        assert!(block.ranks(&results, None, sorted_patterns(p, q)), "{p} and {q} items");
        if p.max(q) <= 8 {
            for result in results {
                for broken in block.operations(&[result]) {
                    assert!(
                        !block.ranks(&[result], Some(broken), sorted_patterns(p, q)),
                        "{p} and {q}, rank {}, node {broken}",
                        result.1
                    );
                }
            }
        }
    }
}

/// A step in a form that computes: 64 columns of zeros and ones at a time.
trait Form {
    fn shape(&self) -> Shape;
    fn warm_up(&self) -> usize;
    /// Words kept between steps, and where the lists are: those that a step writes, then those that it reads.
    fn room(&self) -> usize;
    fn slots(&self) -> &[layout::Slot];
    /// Computes one step.
    fn step(&self, io: &mut Io<'_>);
    /// How many minima and maxima it has.
    fn operations(&self) -> usize;
    /// The same with one minimum turned into a maximum, or the other way round.
    fn broken(&self, operation: usize) -> Self;
}

/// What a step reads and writes.
struct Io<'a> {
    rows: &'a [&'a [u64]],
    places: &'a [usize],
    kept: &'a mut [u64],
    outputs: &'a mut [u64],
    registers: &'a mut Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Load { row: usize, x: usize },
    Kept { slot: usize, item: usize },
    Min(usize, usize),
    Max(usize, usize),
    Keep { slot: usize, item: usize, value: usize },
    Give { row: usize, value: usize },
}

/// A step as a list of operations; each that has a value gives it the next number.
#[derive(Clone)]
struct Straight {
    name: String,
    shape: Shape,
    warm_up: usize,
    room: usize,
    slots: Vec<layout::Slot>,
    operations: Vec<Operation>,
}

impl Straight {
    /// What the planner wants.
    fn of_plan(program: &Program) -> Self {
        let (step, layout) = (Step::of(program), layout::Layout::of_kept(program));
        let live = step.network.live(step.results());
        let mut number = vec![usize::MAX; live.len()];
        let (mut operations, mut count) = (Vec::new(), 0);
        for (id, node) in step.network.nodes().iter().enumerate().filter(|&(id, _)| live[id]) {
            operations.push(match *node {
                Node::Load { row, x } => Operation::Load { row, x },
                Node::Kept { list, item } => Operation::Kept { slot: step.kept.len() + list, item },
                Node::Min(a, b) => Operation::Min(number[a], number[b]),
                Node::Max(a, b) => Operation::Max(number[a], number[b]),
            });
            number[id] = count;
            count += 1;
        }
        for (row, &id) in step.outputs.iter().enumerate() {
            operations.push(Operation::Give { row, value: number[id] });
        }
        for (slot, items) in step.kept.iter().enumerate() {
            for (item, id) in items.iter().enumerate().filter_map(|(item, id)| Some((item, (*id)?))) {
                operations.push(Operation::Keep { slot, item, value: number[id] });
            }
        }
        Self {
            name: format!("plan of {:?}", program.shape.window),
            shape: program.shape,
            warm_up: program.warm_up(),
            room: layout.room,
            slots: layout.slots,
            operations,
        }
    }

    /// What is emitted, read back from its text; loops are unrolled.
    fn of_text(program: &Program) -> Self {
        let text = emit::kernel(program);
        let field = |name: &str| {
            let (_, rest) = text.split_once(&format!(" {name}: ")).expect("the plan has the field");
            numbers(rest.split([',', '}']).next().expect("a value"))[0]
        };
        let (_, slots) = text.split_once("slots: &[").expect("the plan has slots");
        let (slots, _) = slots.split_once(']').expect("the slots end");
        let slots = numbers(slots)
            .chunks_exact(4)
            .map(|slot| layout::Slot { start: slot[0], length: slot[1], turns: slot[2], age: slot[3] })
            .collect();
        let (_, body) = text.split_once("fn step").expect("a function");
        let mut lines = body.lines().skip(1).map(str::trim);
        let mut code = Reader::default();
        while let Some(line) = lines.next().filter(|line| *line != "}") {
            let Some(head) = line.strip_prefix("for &[") else {
                code.line(line, &[]);
                continue;
            };
            let (_, calls) = head.split_once("&[").expect("the calls of a loop");
            let calls = numbers(calls);
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").collect();
            for call in calls.chunks_exact(3) {
                body.iter().for_each(|line| code.line(line, call));
            }
        }
        Self {
            name: format!("text of {:?}", program.shape.window),
            shape: program.shape,
            warm_up: field("warm_up"),
            room: field("room"),
            slots,
            operations: code.operations,
        }
    }
}

/// Reads emitted lines.
#[derive(Default)]
struct Reader {
    operations: Vec<Operation>,
    /// The numbers of the values, by their names.
    values: std::collections::HashMap<String, usize>,
    count: usize,
}

impl Reader {
    /// Reads a line of a loop's body with these values of `a`, `b` and `c`, or a line outside of loops.
    fn line(&mut self, line: &str, loop_values: &[usize]) {
        let (results, call) = match line.strip_prefix("let ") {
            Some(rest) => rest.split_once(" = ").expect("a value"),
            None => ("", line),
        };
        let (called, arguments) = call.trim_end_matches([';', ')']).split_once('(').expect("a call");
        let called = called.strip_prefix("io.").expect("a method of `io`");
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let number = |i: usize| match arguments[i] {
            "a" => loop_values[0],
            "b" => loop_values[1],
            "c" => loop_values[2],
            digits => digits.parse().unwrap_or_else(|_| panic!("{line}: no number")),
        };
        let value = |name: &str| *self.values.get(name).unwrap_or_else(|| panic!("{line}: no value yet"));
        let new = match called {
            "load" => vec![Operation::Load { row: number(0), x: number(1) }],
            "kept" => vec![Operation::Kept { slot: number(0), item: number(1) }],
            "min" => vec![Operation::Min(value(arguments[0]), value(arguments[1]))],
            "max" => vec![Operation::Max(value(arguments[0]), value(arguments[1]))],
            "sort" => {
                let (a, b) = (value(arguments[0]), value(arguments[1]));
                vec![Operation::Min(a, b), Operation::Max(a, b)]
            }
            "keep" => {
                vec![Operation::Keep { slot: number(0), item: number(1), value: value(arguments[2]) }]
            }
            "give" => vec![Operation::Give { row: number(0), value: value(arguments[1]) }],
            _ => panic!("{line}: no operation that is known"),
        };
        let results: Vec<&str> =
            results.split([',', '(', ')', ' ']).filter(|name| !name.is_empty()).collect();
        assert!(results.is_empty() || results.len() == new.len(), "{line}");
        for result in results {
            self.values.insert(result.to_owned(), self.count);
            self.count += 1;
        }
        self.operations.extend(new);
    }
}

impl Straight {
    /// Which of the minima and maxima gives an output.
    fn last_operation(&self, output: usize) -> usize {
        let given = |operation: &Operation| match *operation {
            Operation::Give { row, value } if row == output => Some(value),
            _ => None,
        };
        let given = self.operations.iter().find_map(given).expect("the output is given");
        let values = self.operations.iter();
        values
            .filter(|operation| !matches!(operation, Operation::Keep { .. } | Operation::Give { .. }))
            .take(given)
            .filter(|operation| matches!(operation, Operation::Min(..) | Operation::Max(..)))
            .count()
    }
}

/// The numbers in a text.
fn numbers(text: &str) -> Vec<usize> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits.map(|digits| digits.parse().expect("digits")).collect()
}

impl Form for Straight {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn warm_up(&self) -> usize {
        self.warm_up
    }

    fn room(&self) -> usize {
        self.room
    }

    fn slots(&self) -> &[layout::Slot] {
        &self.slots
    }

    fn step(&self, io: &mut Io<'_>) {
        io.registers.clear();
        for &operation in &self.operations {
            let registers = &io.registers;
            let value = match operation {
                Operation::Load { row, x } => io.rows[row][x],
                Operation::Kept { slot, item } => io.kept[io.places[slot] + item],
                Operation::Min(a, b) => registers[a] & registers[b],
                Operation::Max(a, b) => registers[a] | registers[b],
                Operation::Keep { slot, item, value } => {
                    io.kept[io.places[slot] + item] = registers[value];
                    continue;
                }
                Operation::Give { row, value } => {
                    io.outputs[row] = registers[value];
                    continue;
                }
            };
            io.registers.push(value);
        }
    }

    fn operations(&self) -> usize {
        let is = |operation: &&Operation| matches!(operation, Operation::Min(..) | Operation::Max(..));
        self.operations.iter().filter(is).count()
    }

    fn broken(&self, operation: usize) -> Self {
        let mut broken = self.clone();
        let is = |operation: &&mut Operation| matches!(operation, Operation::Min(..) | Operation::Max(..));
        let operation = broken.operations.iter_mut().filter(is).nth(operation).expect("an operation");
        *operation = match *operation {
            Operation::Min(a, b) => Operation::Max(a, b),
            Operation::Max(a, b) => Operation::Min(a, b),
            _ => unreachable!("filtered above"),
        };
        broken
    }
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

/// The steps of all kernels as they are compiled.
fn emitted() -> impl Iterator<Item = Straight> {
    shapes().into_iter().map(|shape| Straight::of_text(&Program::plan(shape)))
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
        let straight = form.shape.form == schedule::Form::Straight;
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
