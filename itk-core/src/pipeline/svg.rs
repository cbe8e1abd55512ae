//! A small layered drawing: each box below all that it depends on, in rows, each row centred.

use std::fmt::Write;

use super::graph::{Box, Graph};

/// Pixels of a character and of a line, in a monospace font of 12.
const CHARACTER: f64 = 7.3;
const LINE: f64 = 16.0;
/// Around texts, and between boxes.
const PADDING: f64 = 10.0;
const GAP: f64 = 28.0;
const ROW_GAP: f64 = 44.0;

struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

pub(super) fn draw(graph: &Graph) -> String {
    let rows = rows(graph);
    let (places, width, height) = place(graph, &rows);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#5f6b7a\"/></marker></defs>\n"
    );
    for (i, edge) in graph.edges.iter().enumerate() {
        // Edges into one box arrive side by side, in the order of its inputs.
        let same: Vec<usize> = (0..graph.edges.len()).filter(|&e| graph.edges[e].to == edge.to).collect();
        let at = same.iter().position(|&e| e == i).unwrap_or(0) as f64;
        let (from, to) = (&places[edge.from], &places[edge.to]);
        let (x1, y1) = (from.x + from.width / 2.0, from.y + from.height);
        let (x2, y2) = (to.x + to.width * (at + 1.0) / (same.len() as f64 + 1.0), to.y);
        let bend = ((y2 - y1) / 2.0).max(ROW_GAP / 2.0);
        let _ = writeln!(
            text,
            "<path d=\"M{x1:.1} {y1:.1}C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {y2:.1}\" fill=\"none\" \
             stroke=\"#5f6b7a\" stroke-width=\"1.5\" marker-end=\"url(#tip)\"/>",
            y1 + bend,
            y2 - bend
        );
        if !edge.label.is_empty() {
            let _ = writeln!(
                text,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\" fill=\"#5f6b7a\">{}</text>",
                x2 + 6.0,
                y2 - 8.0,
                escape(&edge.label)
            );
        }
    }
    for (b, place) in graph.boxes.iter().zip(&places) {
        draw_box(&mut text, b, place);
    }
    text + "</svg>\n"
}

fn draw_box(text: &mut String, b: &Box, Place { x, y, width, height }: &Place) {
    let (radius, fill) = if b.is_image { (12, "#eef6ee") } else { (3, "#eef2f8") };
    let _ = writeln!(
        text,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\" \
         fill=\"{fill}\" stroke=\"#5f6b7a\"/>"
    );
    for (i, line) in std::iter::once(&b.title).chain(&b.lines).enumerate() {
        let weight = if i == 0 { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#1b2430\"{weight}>{}</text>",
            x + PADDING,
            y + PADDING + LINE * (i as f64 + 0.75),
            escape(line)
        );
    }
}

/// Boxes by row: each in the first row below all that it depends on.
fn rows(graph: &Graph) -> Vec<Vec<usize>> {
    let mut row = vec![0; graph.boxes.len()];
    // A graph with a loop has no last round; it is drawn all the same.
    for _ in 0..graph.boxes.len() {
        let mut changed = false;
        for edge in &graph.edges {
            let below = (row[edge.from] + 1).min(graph.boxes.len() - 1);
            changed |= row[edge.to] < below;
            row[edge.to] = row[edge.to].max(below);
        }
        if !changed {
            break;
        }
    }
    // What nothing comes before stands just above what takes it.
    for b in 0..graph.boxes.len() {
        let has_input = graph.edges.iter().any(|edge| edge.to == b);
        let first_user = graph.edges.iter().filter(|edge| edge.from == b).map(|edge| row[edge.to]).min();
        if let (false, Some(first)) = (has_input, first_user) {
            row[b] = first.saturating_sub(1);
        }
    }
    let mut rows = vec![Vec::new(); row.iter().max().map_or(0, |last| last + 1)];
    for b in (0..graph.boxes.len()).rev() {
        rows[row[b]].push(b);
    }
    // From the bottom up, boxes are ordered by where those that take them stand.
    for r in (0..rows.len().saturating_sub(1)).rev() {
        let below: Vec<usize> = rows[r + 1..].iter().flatten().copied().collect();
        let mean = |b: usize| {
            let users: Vec<f64> = graph
                .edges
                .iter()
                .filter(|edge| edge.from == b)
                .filter_map(|edge| below.iter().position(|&other| other == edge.to))
                .map(|at| at as f64)
                .collect();
            users.iter().sum::<f64>() / users.len().max(1) as f64
        };
        rows[r].sort_by(|&a, &b| mean(a).total_cmp(&mean(b)));
    }
    rows
}

fn place(graph: &Graph, rows: &[Vec<usize>]) -> (Vec<Place>, f64, f64) {
    let size = |b: &Box| {
        let characters = std::iter::once(&b.title).chain(&b.lines).map(|line| line.chars().count()).max();
        let width = characters.unwrap_or(0) as f64 * CHARACTER + 2.0 * PADDING;
        (width, (b.lines.len() + 1) as f64 * LINE + 2.0 * PADDING)
    };
    let sizes: Vec<(f64, f64)> = graph.boxes.iter().map(size).collect();
    let row_width = |row: &Vec<usize>| {
        row.iter().map(|&b| sizes[b].0 + GAP).sum::<f64>() - GAP.min(row.len() as f64 * GAP)
    };
    let widest = rows.iter().map(row_width).fold(0.0, f64::max);
    let mut places: Vec<Place> =
        sizes.iter().map(|&(width, height)| Place { x: 0.0, y: 0.0, width, height }).collect();
    let mut y = GAP;
    for row in rows {
        let mut x = GAP + (widest - row_width(row)) / 2.0;
        for &b in row {
            (places[b].x, places[b].y) = (x, y);
            x += sizes[b].0 + GAP;
        }
        y += row.iter().map(|&b| sizes[b].1).fold(0.0, f64::max) + ROW_GAP;
    }
    (places, widest + 2.0 * GAP, y - ROW_GAP + GAP)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
