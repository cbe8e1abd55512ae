//! Generates the selection networks of the median: see `schedule` for how they work.

mod emit;
mod layout;
mod network;
mod schedule;
mod shapes;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use schedule::Program;

fn main() {
    println!("cargo::rerun-if-changed=build");
    let mut text = String::new();
    let shapes = shapes::shapes();
    let programs: Vec<Program> = shapes.iter().map(|&shape| Program::plan(shape)).collect();
    for program in &programs {
        text.push_str(&emit::kernel(program));
    }
    text.push_str(
        "
/// The kernel of a window for pixels of a type, if there is one.
pub(super) fn find<T: Pixel>(window: [usize; 3]) -> Option<Kernel<T>> {
    match window {
",
    );
    for Program { shape, kept, .. } in &programs {
        let window = shape.window;
        let kernel = format!("Some(Kernel::of::<{}>())", emit::name(shape));
        let made =
            if kept.is_empty() { format!("is_made_for::<T>({window:?})") } else { "is_key::<T>()".into() };
        let narrow = if shapes::is_large(window) { " && size_of::<T>() < 8" } else { "" };
        writeln!(text, "        {window:?} => if const {{ {made}{narrow} }} {{ {kernel} }} else {{ None }},")
            .expect("text grows");
    }
    text.push_str("        _ => None,\n    }\n}\n");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&folder).join("median_networks.rs"), text).expect("the folder can be written");
}
