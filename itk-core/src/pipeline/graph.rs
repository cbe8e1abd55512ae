//! The graph behind some nodes, as a picture: boxes, what is in them, and what connects them.

use std::collections::HashMap;
use std::time::Duration;

use super::data::DataObject;
use super::node::Node;
use super::run::bytes;
use super::svg;
use crate::Region;

/// Some nodes and all that they depend on, as they are at one moment.
///
/// # Example
/// ```
/// # use itk_core::pipeline::{Graph, Streaming, streaming};
/// # use itk_core::Image;
/// let node = streaming(Streaming::new(), Image::from_vec(&[2, 3], vec![1u8; 6])?);
/// node.update()?;
/// let graph = Graph::of(&[node]);
/// assert!(graph.to_dot().starts_with("digraph pipeline {"));
/// assert!(graph.to_svg().contains("buffered 2 x 3 at 0, 0"));
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) boxes: Vec<Box>,
    pub(super) edges: Vec<Edge>,
}

/// A node, or an image that no node makes.
#[derive(Clone, Debug)]
pub(super) struct Box {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) is_image: bool,
}

/// From a box to one that takes its output.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Which output and input, where there is a choice.
    pub(super) label: String,
}

impl Graph {
    /// The graph behind these nodes.
    pub fn of(nodes: &[Node]) -> Self {
        let mut graph = Self { boxes: Vec::new(), edges: Vec::new() };
        let mut known: HashMap<usize, usize> = HashMap::new();
        let mut pending: Vec<Node> = Vec::new();
        for node in nodes {
            graph.node(node, &mut known, &mut pending);
        }
        while let Some(node) = pending.pop() {
            let to = known[&node.address()];
            let inputs = node.inputs();
            let several = inputs.len() > 1;
            for (name, data) in inputs {
                let (from, output) = match data.source_output() {
                    Some((source, output)) => {
                        let from = graph.node(&source, &mut known, &mut pending);
                        (from, (source.outputs().len() > 1).then_some(output))
                    }
                    None => (graph.image(&data, &mut known), None),
                };
                let output = output.map_or_else(String::new, |output| format!("output {output}"));
                let input = if several { name.to_string() } else { String::new() };
                let label = [output, input].join(" ").trim().to_owned();
                graph.edges.push(Edge { from, to, label });
            }
        }
        graph
    }

    fn node(&mut self, node: &Node, known: &mut HashMap<usize, usize>, pending: &mut Vec<Node>) -> usize {
        let number = *known.entry(node.address()).or_insert(self.boxes.len());
        if number == self.boxes.len() {
            pending.push(node.clone());
            let process = node.process();
            let mut lines: Vec<String> = process
                .parameters()
                .iter()
                .map(|(name, value)| shorten(&format!("{name}: {value}")))
                .collect();
            let outputs = node.outputs();
            for (i, output) in outputs.iter().enumerate() {
                if outputs.len() > 1 {
                    lines.push(format!("output {i}"));
                }
                lines.extend(describe(output));
            }
            lines.push(match node.last_execution() {
                Some(run) => {
                    format!("run {}: {}, {}", run.count, time(run.duration), memory(run.bytes as u128))
                }
                None => "not run yet".into(),
            });
            self.boxes.push(Box { title: process.name().to_owned(), lines, is_image: false });
        }
        number
    }

    fn image(&mut self, data: &DataObject, known: &mut HashMap<usize, usize>) -> usize {
        let number = *known.entry(data.address()).or_insert(self.boxes.len());
        if number == self.boxes.len() {
            self.boxes.push(Box { title: "image".into(), lines: describe(data), is_image: true });
        }
        number
    }

    /// The graph for Graphviz, top down.
    pub fn to_dot(&self) -> String {
        let mut text =
            String::from("digraph pipeline {\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n");
        let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        for (i, b) in self.boxes.iter().enumerate() {
            let lines: String = b.lines.iter().map(|line| quote(line) + "\\l").collect();
            let style = if b.is_image { ", style=rounded" } else { "" };
            text += &format!("  n{i} [label=\"{}\\n{lines}\"{style}];\n", quote(&b.title));
        }
        for Edge { from, to, label } in &self.edges {
            let label =
                if label.is_empty() { String::new() } else { format!(" [label=\"{}\"]", quote(label)) };
            text += &format!("  n{from} -> n{to}{label};\n");
        }
        text + "}\n"
    }

    /// The graph as a picture, top down.
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }
}

impl Node {
    /// A picture of all that this node depends on: regions, times and memory of the last update.
    pub fn to_svg(&self) -> String {
        Graph::of(std::slice::from_ref(self)).to_svg()
    }

    /// The same for Graphviz.
    pub fn to_dot(&self) -> String {
        Graph::of(std::slice::from_ref(self)).to_dot()
    }
}

/// What is known of an image, a line each.
fn describe(data: &DataObject) -> Vec<String> {
    let Some(information) = data.information() else { return vec!["size not known yet".into()] };
    let header = &information.header;
    let (requested, buffered) = (data.requested_region(), data.buffered_region());
    let size = header.region.size().iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let mut lines = vec![format!("{size} {}", header.pixel_type)];
    lines.extend(requested.map(|region| format!("requested {}", place(&region))));
    lines.push(match buffered {
        Some(region) => format!("buffered {}, {}", place(&region), memory(bytes(header, &region))),
        None if data.data_released() => "released".into(),
        None => "no pixels".into(),
    });
    lines
}

fn place(region: &Region) -> String {
    let join = |values: Vec<String>, with: &str| values.join(with);
    let size = join(region.size().iter().map(usize::to_string).collect(), " x ");
    let index = join(region.index().iter().map(i64::to_string).collect(), ", ");
    format!("{size} at {index}")
}

fn memory(bytes: u128) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        s if s < 1e-3 => format!("{:.0} \u{b5}s", s * 1e6),
        s if s < 10.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.1} s"),
    }
}

/// Texts of parameters may be of any length.
fn shorten(text: &str) -> String {
    const MOST: usize = 48;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['\u{2026}']).collect()
}
