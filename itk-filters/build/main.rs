//! Generates the selection networks of the median: see `schedule` for how they work.

mod emit;
mod layout;
mod network;
mod schedule;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use schedule::{Program, Shape};

fn main() {
    println!("cargo::rerun-if-changed=build");
    let mut text = String::new();
    let shapes = schedule::shapes();
    for &shape in &shapes {
        text.push_str(&emit::kernel(&Program::plan(shape)));
    }
    text.push_str(
        "
/// The kernel of a window, if there is one.
pub(super) fn find<K: Key>(window: [usize; 3]) -> Option<Kernel<K>> {
    match window {
",
    );
    for &Shape { window, .. } in &shapes {
        let name = emit::name(window);
        let kernel = if schedule::is_large(window) {
            format!("if const {{ size_of::<K>() < 8 }} {{ Some(Kernel::of::<{name}>()) }} else {{ None }}")
        } else {
            format!("Some(Kernel::of::<{name}>())")
        };
        writeln!(text, "        {window:?} => {kernel},").expect("text grows");
    }
    text.push_str("        _ => None,\n    }\n}\n");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&folder).join("median_networks.rs"), text).expect("the folder can be written");
}
