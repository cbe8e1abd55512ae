//! Nodes as texts, graphs as pictures.

use itk_core::events::Event;
use itk_core::pipeline::{Graph, Node};

use super::{region, three_nodes};

#[test]
fn a_node_prints_what_it_is() {
    let (_source, median, gradient) = three_nodes();
    median.add_observer(Event::Progress, |_| Ok(()));
    gradient.output().set_requested_region(region(&[5, 5], &[2, 2]));
    gradient.update().unwrap();
    let text = median.node().to_string();
    for line in [
        "median",
        "  Filter: Median { radius: PerAxis(Uniform(1)), nan_policy: Order, algorithm: None }",
        "    ProgressEvent (0)",
        "    Primary: virtual, output 0",
        "  NumberOfRequiredInputs: 1",
        "    Image of uint8",
        "      LargestPossibleRegion: index [0, 0], size [20, 20]",
        "      BufferedRegion: index [4, 4], size [4, 4]",
        "      RequestedRegion: index [4, 4], size [4, 4]",
        "      Source: median, output 0",
        "      Release Data: Off",
        "  AbortGenerateData: Off",
        "  Progress: 1",
        "  CoordinateTolerance: 1e-6",
    ] {
        assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("  Last Run: number 1, "), "{text}");
}

#[test]
fn a_graph_is_drawn_with_regions_times_and_memory() {
    let (source, median, gradient) = three_nodes();
    let sum = Node::new(super::update::Sum(2));
    sum.set_input(0, super::flat(&[20, 20], 1)).unwrap();
    sum.set_input(1, median.output()).unwrap();
    sum.update().unwrap();
    gradient.output().set_requested_region(region(&[5, 5], &[2, 2]));
    gradient.update().unwrap();
    let graph = Graph::of(&[sum.clone(), gradient.node().clone()]);
    let (dot, svg) = (graph.to_dot(), graph.to_svg());
    assert_eq!(dot.matches(" -> ").count(), 4);
    assert!(dot.contains("[label=\"_1\"]") && dot.contains("style=rounded"), "{dot}");
    for text in ["20 x 20 uint8", "requested 2 x 2 at 5, 5", "buffered 2 x 2 at 5, 5, 16 B", "run 1: "] {
        assert!(dot.contains(text) && svg.contains(text), "{text}: {dot}");
    }
    assert_eq!(svg.matches("<rect x=").count(), 5);
    assert_eq!(svg.matches("marker-end").count(), 4);
    // Boxes of one row, and rows, do not overlap.
    let number = |tag: &str, name: &str| -> f64 {
        let rest = &tag[tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3..];
        rest[..rest.find('"').unwrap()].parse().unwrap()
    };
    let boxes: Vec<[f64; 4]> = svg
        .lines()
        .filter(|line| line.starts_with("<rect x="))
        .map(|tag| ["x", "y", "width", "height"].map(|name| number(tag, name)))
        .collect();
    for (i, a) in boxes.iter().enumerate() {
        for b in &boxes[..i] {
            let apart = |k: usize| a[k] + a[k + 2] <= b[k] || b[k] + b[k + 2] <= a[k];
            assert!(apart(0) || apart(1), "{a:?} {b:?}");
        }
    }
    if let Ok(folder) = std::env::var("PIPELINE_PICTURE") {
        std::fs::write(folder, &svg).unwrap();
    }
    // A loop is drawn, too.
    median.set_input(0, gradient.output()).unwrap();
    assert_eq!(gradient.to_svg().matches("marker-end").count(), 2);
    drop(source);
}
