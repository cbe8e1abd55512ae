//! Prints the plans of the median's networks as JSON, for `figures.py`, which compiles this file by `rustc` alone.
//!
//! The generator is the one that the build script uses: what is drawn and counted here is what runs.
#![allow(dead_code, reason = "the build script uses the rest")]

#[path = "../../itk-filters/build/emit.rs"]
mod emit;
#[path = "../../itk-filters/build/layout.rs"]
mod layout;
#[path = "../../itk-filters/build/network.rs"]
mod network;
#[path = "../../itk-filters/build/schedule.rs"]
mod schedule;
#[path = "../../itk-filters/build/shapes.rs"]
mod shapes;

use layout::Layout;
use network::{Network, Node};
use schedule::{Block, Origin, Program, Step};
use shapes::{Form, Shape, shapes};

fn main() {
    let kernels: Vec<String> = shapes().into_iter().map(kernel).collect();
    let sides = (3..=15).step_by(2);
    let alone: Vec<String> = sides.clone().map(|k| format!("[{k}, {}]", sorted_alone(k * k))).collect();
    let tiles = sides.flat_map(|k| [2, 4, 8].map(|height| (k, height)));
    let tiles: Vec<String> = tiles.filter(|(k, height)| height < k).map(tile).collect();
    let [kernels, alone, tiles] = [kernels, alone, tiles].map(|items| items.join(",\n"));
    println!("{{\"kernels\": [{kernels}], \"alone\": [{alone}], \"tiles\": [{tiles}]}}");
}

/// Minima and maxima of the median of one window that is sorted by itself.
fn sorted_alone(samples: usize) -> usize {
    let mut network = Network::default();
    let loads: Vec<_> = (0..samples).map(|x| network.add(Node::Load { row: 0, x })).collect();
    let sorted = network.sort(&loads);
    network.operations([sorted[samples / 2]])
}

/// Minima and maxima a pixel of square windows by tiles of some height, whether there is a kernel or not.
fn tile((k, height): (usize, usize)) -> String {
    let shape =
        Shape { window: [k, k, 1], height, rows: height, slices: 1, keeps: true, form: Form::Straight };
    let operations = Step::of(&Program::plan(shape)).operations();
    format!("[{k}, {height}, {}]", operations as f64 / height as f64)
}

fn kernel(shape: Shape) -> String {
    let program = Program::plan(shape);
    let [x, y, z] = shape.window;
    let calls: Vec<String> = program
        .calls
        .iter()
        .map(|call| {
            let name = match call.block {
                Block::Sort { .. } => "sort",
                Block::Merge { .. } => "merge",
                Block::Select { .. } => "select",
            };
            let [a, b] = call.inputs;
            format!("[\"{name}\", {a}, {b}, {}]", call.output)
        })
        .collect();
    let lists: Vec<String> = program
        .lists
        .iter()
        .map(|&(length, origin)| match origin {
            Origin::Computed => format!("[{length}, null, 0]"),
            Origin::Kept(used) => {
                let (kept, age) = program.used[used];
                format!("[{length}, {}, {age}]", program.kept[kept].0)
            }
        })
        .collect();
    format!(
        "{{\"window\": [{x}, {y}, {z}], \"height\": {}, \"rows\": {}, \"slices\": {}, \"first_row\": {}, \"planes\": {}, \
         \"form\": \"{:?}\", \"operations\": {}, \"in_blocks\": {}, \"alone\": {}, \"warm_up\": {}, \"kept\": {}, \"lines\": {:?}, \
         \"lists\": [{}], \"calls\": [{}]}}",
        shape.height,
        shape.rows,
        shape.slices,
        shape.first_row(),
        shape.planes(),
        shape.form,
        Step::of(&program).operations(),
        program.calls.iter().map(|call| operations(&call.block)).sum::<usize>(),
        sorted_alone(x * y * z),
        program.warm_up(),
        Layout::of_kept(&program).room,
        [Form::Straight, Form::Loops].map(|form| lines(Shape { form, ..shape })),
        lists.join(", "),
        calls.join(", "),
    )
}

/// Lines of code of a kernel.
fn lines(shape: Shape) -> usize {
    emit::kernel(&Program::plan(shape)).lines().count()
}

/// Minima and maxima of a block by itself.
fn operations(block: &Block) -> usize {
    let mut network = Network::default();
    let lengths = match *block {
        Block::Sort { .. } => [0, 0],
        Block::Merge { lengths, .. } | Block::Select { lengths, .. } => lengths,
    };
    let lists = [0, 1].map(|list| {
        (0..lengths[list]).map(|item| network.add(Node::Kept { list, item })).collect::<Vec<_>>()
    });
    let results = block.expand(&mut network, 0, [&lists[0], &lists[1]]);
    network.operations(results)
}
