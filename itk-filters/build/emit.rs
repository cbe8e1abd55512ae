//! A step as Rust: calls on vectors, and the numbers that its driver needs.

use std::fmt::Write;

use crate::layout::{Layout, Slot};
use crate::network::{Id, Network, Node};
use crate::schedule::{Block, Program, Step};
use crate::shapes::{Form, Shape, is_large};

/// The kernel's type: `Median3x3x1`.
pub(crate) fn name(shape: &Shape) -> String {
    let [x, y, z] = shape.window;
    format!("Median{x}x{y}x{z}")
}

/// A kernel: its plan, and its step.
pub(crate) fn kernel(program: &Program) -> String {
    let shape = program.shape;
    let [kx, ky, kz] = shape.window;
    let step = Step::of(program);
    let operations = step.operations();
    let outputs = step.outputs.len();
    let (layout, body) = match shape.form {
        Form::Straight => (Layout::of_kept(program), straight(&step)),
        Form::Loops => {
            let layout = Layout::of_all(program);
            let body = loops(program, &layout);
            (layout, body)
        }
    };
    let slots: Vec<String> = layout
        .slots
        .iter()
        .map(|Slot { start, length, turns, age }| {
            format!("Slot {{ start: {start}, length: {length}, turns: {turns}, age: {age} }}")
        })
        .collect();
    format!(
        "/// {kx}x{ky}x{kz}, {rows} rows of {slices} slices a step: {operations} minima and maxima, {each:.1} a pixel.
pub(super) struct {name};
impl Network for {name} {{
    const PLAN: Plan = Plan {{
        window: [{kx}, {ky}, {kz}],
        rows: {rows},
        slices: {slices},
        first_row: {first_row},
        end_row: {end_row},
        warm_up: {warm_up},
        operations: {whole},
        least: Level::{least},
        room: {room},
        slots: &[{slots}],
    }};
    #[inline(always)]
    fn step<S: Simd, T: Pixel, O: Order>(io: &Io<'_, S, T, O>) {{
{body}    }}
}}
",
        rows = shape.rows,
        slices = shape.slices,
        each = operations as f64 / outputs as f64,
        name = name(&shape),
        first_row = shape.first_row(),
        end_row = shape.end_row(),
        warm_up = program.warm_up(),
        whole = operations.div_ceil(outputs),
        least = if is_large(shape.window) { "Avx2" } else { "Baseline" },
        room = layout.room,
        slots = slots.join(", "),
    )
}

/// The whole step in one line.
fn straight(step: &Step) -> String {
    let used = step.kept.len();
    let mut writer = Writer::new(&step.network, step.results());
    for (list, items) in step.kept.iter().enumerate() {
        for (item, id) in items.iter().enumerate() {
            if let Some(id) = id {
                writer.uses.push((*id, format!("io.keep({list}, {item}, v{id});")));
            }
        }
    }
    for (row, &id) in step.outputs.iter().enumerate() {
        writer.uses.push((id, format!("io.give({row}, v{id});")));
    }
    writer.load = Box::new(|row, x| format!("io.load({row}, {x})"));
    writer.kept = Box::new(move |list, item| format!("io.kept({}, {item})", used + list));
    writer.finish(step.results())
}

/// Equal blocks that do not need each other in one loop.
fn loops(program: &Program, layout: &Layout) -> String {
    let mut text = String::new();
    for group in &layout.groups {
        let calls: Vec<String> = group
            .iter()
            .map(|&call| {
                let call = &program.calls[call];
                let slot = |list: usize| layout.slot_of[list];
                let [a, b] = match call.block {
                    Block::Sort { .. } => call.inputs,
                    _ => call.inputs.map(slot),
                };
                let output =
                    if let Block::Select { .. } = call.block { call.output } else { slot(call.output) };
                format!("[{a}, {b}, {output}]")
            })
            .collect();
        let block = &program.calls[group[0]].block;
        let mut network = Network::default();
        let lengths = match *block {
            Block::Sort { .. } => [0, 0],
            Block::Merge { lengths, .. } | Block::Select { lengths, .. } => lengths,
        };
        let lists = [0, 1].map(|list| {
            (0..lengths[list]).map(|item| network.add(Node::Kept { list, item })).collect::<Vec<_>>()
        });
        let results = block.expand(&mut network, 0, [&lists[0], &lists[1]]);
        let mut writer = Writer::new(&network, results.iter().copied());
        for (item, id) in results.iter().enumerate() {
            let give = matches!(block, Block::Select { .. });
            let call =
                if give { format!("io.give(c, v{id});") } else { format!("io.keep(c, {item}, v{id});") };
            writer.uses.push((*id, call));
        }
        writer.load = Box::new(|_, x| format!("io.load(a, {x})"));
        writer.kept = Box::new(|list, item| format!("io.kept({}, {item})", ["a", "b"][list]));
        let second = if let Block::Sort { .. } = block { "_" } else { "b" };
        writeln!(text, "        for &[a, {second}, c] in const {{ &[{}] }} {{", calls.join(", "))
            .expect("text grows");
        text.push_str(&writer.finish(results));
        text.push_str("        }\n");
    }
    text
}

/// Writes the live part of a network, each operation after those that it depends on and as late as possible.
struct Writer<'a> {
    network: &'a Network,
    live: Vec<bool>,
    done: Vec<bool>,
    text: String,
    /// What to write as soon as a value is there.
    uses: Vec<(Id, String)>,
    load: Box<dyn Fn(usize, usize) -> String>,
    kept: Box<dyn Fn(usize, usize) -> String>,
}

impl<'a> Writer<'a> {
    fn new(network: &'a Network, results: impl IntoIterator<Item = Id>) -> Self {
        Self {
            network,
            live: network.live(results),
            done: vec![false; network.nodes().len()],
            text: String::new(),
            uses: Vec::new(),
            load: Box::new(|_, _| unreachable!("set before use")),
            kept: Box::new(|_, _| unreachable!("set before use")),
        }
    }

    fn finish(mut self, results: impl IntoIterator<Item = Id>) -> String {
        for id in results {
            self.value(id);
        }
        self.text
    }

    fn value(&mut self, id: Id) {
        if self.done[id] {
            return;
        }
        match self.network.nodes()[id] {
            Node::Load { row, x } => self.line(&format!("let v{id} = {};", (self.load)(row, x))),
            Node::Kept { list, item } => self.line(&format!("let v{id} = {};", (self.kept)(list, item))),
            Node::Min(a, b) | Node::Max(a, b) => {
                self.value(a);
                self.value(b);
                let live = |node| self.network.find(node).filter(|&id: &Id| self.live[id]);
                match (live(Node::Min(a, b)), live(Node::Max(a, b))) {
                    (Some(low), Some(high)) => {
                        self.line(&format!("let (v{low}, v{high}) = io.sort(v{a}, v{b});"));
                        self.computed(low);
                        self.computed(high);
                    }
                    (Some(low), None) => {
                        self.line(&format!("let v{low} = io.min(v{a}, v{b});"));
                        self.computed(low);
                    }
                    (None, Some(high)) => {
                        self.line(&format!("let v{high} = io.max(v{a}, v{b});"));
                        self.computed(high);
                    }
                    (None, None) => {}
                }
                return;
            }
        }
        self.computed(id);
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "        {line}").expect("text grows");
    }

    fn computed(&mut self, id: Id) {
        self.done[id] = true;
        let uses: Vec<String> =
            self.uses.iter().filter(|(used, _)| *used == id).map(|(_, text)| text.clone()).collect();
        for text in uses {
            self.line(&text);
        }
    }
}
