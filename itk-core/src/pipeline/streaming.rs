//! A node that has what comes before it work piece by piece.

use super::data::DataObject;
use super::node::Node;
use super::process::Process;
use super::pull::Divisions;
use super::run::{Run, bytes};
use crate::{Result, Splitter};

/// Copies its input piece by piece, so that the nodes before it never hold more than a piece: what they would need for
/// the whole is not allocated. The output is whole.
///
/// Progress is told after each piece; an abort between pieces ends with [`crate::Error::Aborted`], where ITK marks a
/// partial output as valid.
///
/// # Source
/// ITK's `StreamingImageFilter`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streaming {
    divisions: Divisions,
    splitter: Splitter,
}

impl Streaming {
    /// Ten pieces along the slowest axis.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pieces, or how much memory. Default 10.
    pub fn divisions(self, divisions: Divisions) -> Self {
        Self { divisions, ..self }
    }

    /// How the image is cut. Default [`Splitter::SlowDimension`].
    pub fn splitter(self, splitter: Splitter) -> Self {
        Self { splitter, ..self }
    }
}

/// A node that streams `input`. The node lives as long as this handle and its clones.
pub fn streaming(streaming: Streaming, input: impl Into<DataObject>) -> Node {
    let node = Node::new(streaming);
    let connected = node.set_input(0, input);
    debug_assert!(connected.is_ok(), "a new node has no observers that could fail");
    node
}

impl Process for Streaming {
    fn name(&self) -> &str {
        "streaming"
    }

    fn pulls_inputs(&self) -> bool {
        true
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let header = run.output_header(0)?;
        let held = bytes(&header, &header.region);
        let pieces = run.pieces(0, &header.region, self.divisions, self.splitter, held)?;
        // As in ITK: 0 at the start, the number of the piece over their number after each.
        let fraction = |piece: usize| piece as f64 / pieces.len() as f64;
        run.update_progress(0.0)?;
        run.assemble(0, &pieces, &mut |run, i| {
            if i > 0 {
                run.update_progress(fraction(i - 1))?;
            }
            run.pull(0, &pieces[i])
        })?;
        if pieces.is_empty() { Ok(()) } else { run.update_progress(fraction(pieces.len() - 1)) }
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let divisions = match self.divisions {
            Divisions::Number(number) => ("NumberOfStreamDivisions".into(), number.to_string()),
            Divisions::Memory(memory) => ("Memory".into(), format!("{memory} bytes")),
        };
        vec![divisions, ("RegionSplitter".into(), format!("{:?}", self.splitter))]
    }
}
