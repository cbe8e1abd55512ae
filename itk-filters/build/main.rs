//! Generates the selection networks of the median: see `schedule` for how they work.

mod emit;
mod layout;
mod network;
mod schedule;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use schedule::Program;

fn main() {
    println!("cargo::rerun-if-changed=build");
    let mut text = String::new();
    let shapes = schedule::shapes();
    for &shape in &shapes {
        text.push_str(&emit::kernel(&Program::plan(shape)));
    }
    text.push_str("\n/// The kernel of a window, if there is one.\npub(super) fn find<K: Key>(window: [usize; 3]) -> Option<Kernel<K>> {\n    Some(match window {\n");
    for shape in &shapes {
        let [x, y, z] = shape.window;
        writeln!(text, "        [{x}, {y}, {z}] => Kernel::of::<{}>(),", emit::name(shape.window))
            .expect("text grows");
    }
    text.push_str("        _ => return None,\n    })\n}\n");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&folder).join("median_networks.rs"), text).expect("the folder can be written");
}
