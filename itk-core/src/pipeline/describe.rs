//! Nodes and data objects as texts, in the spirit of ITK's `Print`.

use std::fmt::{self, Display, Formatter};

use super::data::DataObject;
use super::node::Node;
use crate::{PixelKind, Region};

fn on_off(on: bool) -> &'static str {
    if on { "On" } else { "Off" }
}

/// A region, or that there is none.
fn region(region: Option<Region>) -> String {
    region.map_or_else(
        || "none".into(),
        |region| format!("index {:?}, size {:?}", region.index(), region.size()),
    )
}

/// Indents each line of a text.
struct Indented<'a, T>(&'a T, usize);

impl<T: Display> Display for Indented<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for line in self.0.to_string().lines() {
            writeln!(f, "{:1$}{line}", "", self.1)?;
        }
        Ok(())
    }
}

impl Display for DataObject {
    /// Regions and times; sizes are xyz.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let information = self.information();
        match information.as_deref() {
            None => writeln!(f, "Image of a size that is not known yet")?,
            Some(information) => {
                let header = &information.header;
                write!(f, "Image of {}", header.pixel_type)?;
                if header.kind != PixelKind::Scalar {
                    write!(f, ", {} of {}", header.kind.name(), header.components)?;
                }
                writeln!(f)?;
                writeln!(f, "  Spacing: {:?}", header.geometry.spacing())?;
                writeln!(f, "  Origin: {:?}", header.geometry.origin())?;
            }
        }
        if let Some((source, output)) = self.source_output() {
            writeln!(f, "  Source: {}, output {output}", source.name())?;
        } else {
            writeln!(f, "  Source: none")?;
        }
        writeln!(f, "  LargestPossibleRegion: {}", region(self.largest_possible_region()))?;
        writeln!(f, "  BufferedRegion: {}", region(self.buffered_region()))?;
        writeln!(f, "  RequestedRegion: {}", region(self.requested_region()))?;
        writeln!(f, "  Release Data: {}", on_off(self.release_data_flag()))?;
        writeln!(f, "  Data Released: {}", if self.data_released() { "True" } else { "False" })?;
        writeln!(f, "  Modified Time: {}", self.modified_time())?;
        writeln!(f, "  PipelineMTime: {}", self.pipeline_modified_time())?;
        writeln!(f, "  UpdateMTime: {}", self.update_time())
    }
}

impl Display for Node {
    /// Parameters, inputs, outputs, flags, and what the last run was like.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let process = self.process();
        writeln!(f, "{}", process.name())?;
        for (name, value) in process.parameters() {
            writeln!(f, "  {name}: {value}")?;
        }
        writeln!(f, "  Modified Time: {}", self.modified_time())?;
        let observers = self.observers().list();
        if observers.is_empty() {
            writeln!(f, "  Observers: none")?;
        } else {
            writeln!(f, "  Observers:")?;
            for (tag, event) in observers {
                writeln!(f, "    {event} ({tag})")?;
            }
        }
        let inputs = self.inputs();
        writeln!(f, "  Inputs:{}", if inputs.is_empty() { " none" } else { "" })?;
        for (name, data) in inputs {
            match data.source_output() {
                Some((source, output)) => writeln!(f, "    {name}: {}, output {output}", source.name())?,
                None => writeln!(f, "    {name}: an image without a source")?,
            }
        }
        writeln!(f, "  NumberOfRequiredInputs: {}", process.number_of_required_inputs())?;
        for (i, output) in self.outputs().iter().enumerate() {
            writeln!(f, "  Output {i}:")?;
            Indented(output, 4).fmt(f)?;
        }
        writeln!(f, "  NumberOfWorkUnits: {}", self.number_of_work_units())?;
        writeln!(f, "  ReleaseDataBeforeUpdateFlag: {}", on_off(self.release_data_before_update_flag()))?;
        writeln!(f, "  AbortGenerateData: {}", on_off(self.abort_generate_data()))?;
        writeln!(f, "  Progress: {}", self.progress())?;
        let tolerance = self.tolerance();
        writeln!(f, "  CoordinateTolerance: {:e}", tolerance.coordinate)?;
        writeln!(f, "  DirectionTolerance: {:e}", tolerance.direction)?;
        if process.can_run_in_place() {
            writeln!(f, "  InPlace: {}", on_off(self.in_place()))?;
        }
        match self.last_execution() {
            None => writeln!(f, "  Last Run: none"),
            Some(run) => {
                writeln!(f, "  Last Run: number {}, {:?}, {} bytes", run.count, run.duration, run.bytes)
            }
        }
    }
}
