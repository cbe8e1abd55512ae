//! Steps that compute, made of what the planner wants, or of the text that the compiler gets.

use super::network::Node;
use super::schedule::{Program, Step};
use super::shapes::{Shape, shapes};
use super::{emit, layout};

/// A step in a form that computes: 64 columns of zeros and ones at a time.
pub(crate) trait Form {
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
pub(crate) struct Io<'a> {
    pub(crate) rows: &'a [&'a [u64]],
    pub(crate) places: &'a [usize],
    pub(crate) kept: &'a mut [u64],
    pub(crate) outputs: &'a mut [u64],
    pub(crate) registers: &'a mut Vec<u64>,
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
pub(crate) struct Straight {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    warm_up: usize,
    room: usize,
    pub(crate) slots: Vec<layout::Slot>,
    operations: Vec<Operation>,
}

impl Straight {
    /// What the planner wants.
    pub(crate) fn of_plan(program: &Program) -> Self {
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
    pub(crate) fn of_text(program: &Program) -> Self {
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
    pub(crate) fn last_operation(&self, output: usize) -> usize {
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

/// The steps of all kernels as they are compiled.
pub(crate) fn emitted() -> impl Iterator<Item = Straight> {
    shapes().into_iter().map(|shape| Straight::of_text(&Program::plan(shape)))
}
