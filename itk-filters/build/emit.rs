//! A step as Rust: straight-line calls on vectors, and the numbers that its driver needs.

use std::fmt::Write;

use crate::network::{Id, Node};
use crate::schedule::Step;

/// The names and the table entry of one kernel.
pub(crate) fn kernel(step: &Step) -> String {
    let shape = step.shape;
    let [kx, ky, kz] = shape.window;
    let starts: Vec<usize> = step
        .kept
        .iter()
        .scan(0, |end, list| {
            let start = *end;
            *end += list.items.len() * (list.steps + 1);
            Some(start)
        })
        .collect();
    let room: usize = step.kept.iter().map(|list| list.items.len() * (list.steps + 1)).sum();
    let slot = |list: usize, age: usize| {
        let kept = &step.kept[list];
        format!(
            "Slot {{ start: {}, length: {}, turns: {}, age: {age} }}",
            starts[list],
            kept.items.len(),
            kept.steps + 1
        )
    };
    let slots: Vec<String> = (0..step.kept.len())
        .map(|list| slot(list, 0))
        .chain(step.used.iter().map(|&(list, age)| slot(list, age)))
        .collect();
    let outputs = step.outputs.len();
    let mut text = String::new();
    let operations = step.operations();
    writeln!(
        text,
        "/// {kx}x{ky}x{kz}, {} rows of {} slices a step: {operations} minima and maxima, {:.1} a pixel.",
        shape.rows,
        shape.slices,
        operations as f64 / outputs as f64
    )
    .expect("text grows");
    writeln!(
        text,
        "pub(super) struct {name};
impl Network for {name} {{
    const PLAN: Plan = Plan {{
        window: [{kx}, {ky}, {kz}],
        rows: {},
        slices: {},
        first_row: {},
        end_row: {},
        warm_up: {},
        operations: {},
        room: {room},
        slots: &[{}],
    }};
    #[inline(always)]
    fn step<S: Simd, K: Key>(io: &Io<'_, S, K>) {{",
        shape.rows,
        shape.slices,
        shape.first_row(),
        shape.end_row(),
        step.warm_up(),
        operations.div_ceil(outputs),
        slots.join(", "),
        name = name(shape.window),
    )
    .expect("text grows");
    body(step, &mut text);
    text.push_str("    }\n}\n");
    text
}

/// The kernel's type: `Median3x3x1`.
pub(crate) fn name([x, y, z]: [usize; 3]) -> String {
    format!("Median{x}x{y}x{z}")
}

fn body(step: &Step, text: &mut String) {
    let live = step.network.live(step.results());
    let mut emitter = Emitter { step, live, done: vec![false; step.network.nodes().len()], text };
    for (row, &id) in step.outputs.iter().enumerate() {
        emitter.value(id);
        writeln!(emitter.text, "        io.give({row}, v{id});").expect("text grows");
    }
    for id in step.results() {
        emitter.value(id);
    }
}

struct Emitter<'a> {
    step: &'a Step,
    live: Vec<bool>,
    done: Vec<bool>,
    text: &'a mut String,
}

impl Emitter<'_> {
    /// Emits a node after all that it depends on, each once.
    fn value(&mut self, id: Id) {
        if self.done[id] {
            return;
        }
        let nodes = self.step.network.nodes();
        match nodes[id] {
            Node::Load { row, x } => self.line(&format!("let v{id} = io.load({row}, {x});")),
            Node::Kept { list, item } => {
                let slot = self.step.kept.len() + list;
                self.line(&format!("let v{id} = io.kept({slot}, {item});"));
            }
            Node::Min(a, b) | Node::Max(a, b) => {
                self.value(a);
                self.value(b);
                let (low, high) =
                    (self.step.network.find(Node::Min(a, b)), self.step.network.find(Node::Max(a, b)));
                let live = |id: Option<Id>| id.filter(|&id| self.live[id]);
                match (live(low), live(high)) {
                    (Some(low), Some(high)) => {
                        self.line(&format!("let (v{low}, v{high}) = v{a}.sort(v{b});"));
                        self.finish(low);
                        self.finish(high);
                    }
                    (Some(low), None) => {
                        self.line(&format!("let v{low} = v{a}.min(v{b});"));
                        self.finish(low);
                    }
                    (None, Some(high)) => {
                        self.line(&format!("let v{high} = v{a}.max(v{b});"));
                        self.finish(high);
                    }
                    (None, None) => {}
                }
                return;
            }
        }
        self.finish(id);
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "        {line}").expect("text grows");
    }

    /// Keeps a value where that is asked for, as soon as it is there.
    fn finish(&mut self, id: Id) {
        self.done[id] = true;
        for (list, kept) in self.step.kept.iter().enumerate() {
            for (item, _) in kept.items.iter().enumerate().filter(|(_, kept)| **kept == Some(id)) {
                writeln!(self.text, "        io.keep({list}, {item}, v{id});").expect("text grows");
            }
        }
    }
}
