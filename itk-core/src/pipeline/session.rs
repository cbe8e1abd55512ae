//! One update of a graph: nodes are claimed and asked for information (inputs first), requested regions go
//! upstream, data are generated (inputs first; both in `demand`).
//!
//! A node is claimed for the whole update and freed by `Drop`, so an error or a panic anywhere leaves all
//! nodes usable. Where ITK recurses, this walks the nodes in topological order: a node that several others need
//! is asked once, for the region that covers what all of them need, and runs once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::connect::InputList;
use super::data::{DataObject, reaches_outside};
use super::demand::Demand;
use super::information::{Information, Inputs, PRIMARY, input_name, missing};
use super::node::Node;
use super::process::Process;
use super::time;
use crate::{Error, Header, Region, Result};

/// Called now and then on the thread that updates; false aborts the update.
pub(super) type Attend<'a> = &'a mut (dyn FnMut() -> bool + Send);

/// How often that is.
const ATTENDED: Duration = Duration::from_millis(50);

static SESSIONS: AtomicU64 = AtomicU64::new(0);

pub(super) fn update_data(data: &DataObject, whole: bool, attend: Option<Attend<'_>>) -> Result<()> {
    match data.source_output() {
        Some((node, output)) => update(&node, Some((data, output)), whole, attend),
        None => {
            data.settle();
            if whole {
                data.set_requested_region_to_largest_possible_region();
            }
            check_without_source("image", data, data.requested_region())
        }
    }
}

pub(super) fn update_node(node: &Node, whole: bool, attend: Option<Attend<'_>>) -> Result<()> {
    let first = node.lock().outputs.first().cloned();
    update(node, first.as_ref().map(|data| (data, 0)), whole, attend)
}

fn update(
    node: &Node,
    output: Option<(&DataObject, usize)>,
    whole: bool,
    attend: Option<Attend<'_>>,
) -> Result<()> {
    let mut session = Session::new(attend);
    let root = session.open(node)?;
    let Some((data, output)) = output else {
        let demand = Demand::of_step(&session, root)?;
        return session.run(&demand);
    };
    if whole {
        data.set_requested_region_to_largest_possible_region();
    }
    let region = {
        let state = data.lock();
        match (state.requested, &state.information) {
            (Some(region), Some(information))
                if !state.is_dirty(&region) && !reaches_outside(&region, &information.header.region) =>
            {
                return Ok(());
            }
            (Some(region), _) => region,
            (None, _) => return Err(missing(node.process().name(), "information")),
        }
    };
    let demand = Demand::of_output(&session, (root, output), &region)?;
    session.run(&demand)
}

pub(super) fn update_information(data: &DataObject) -> Result<()> {
    match data.source() {
        Some(node) => update_node_information(&node),
        None => {
            data.settle();
            Ok(())
        }
    }
}

pub(super) fn update_node_information(node: &Node) -> Result<()> {
    Session::new(None).open(node).map(|_| ())
}

pub(super) fn propagate_requested_region(data: &DataObject) -> Result<()> {
    let Some((node, output)) = data.source_output() else {
        data.settle();
        return check_without_source("image", data, data.requested_region());
    };
    let mut session = Session::new(None);
    let root = session.open(&node)?;
    let requested = data.requested_region();
    let requested = requested.ok_or_else(|| missing(node.process().name(), "information"))?;
    Demand::of_output(&session, (root, output), &requested).map(|_| ())
}

/// Refuses what an image that nothing makes cannot serve.
pub(super) fn check_without_source(node: &str, data: &DataObject, region: Option<Region>) -> Result<()> {
    let state = data.lock();
    let (Some(region), Some(information), Some(_)) = (region, &state.information, &state.image) else {
        drop(state);
        return Err(Error::Input { node: node.to_owned(), reason: NO_PIXELS.to_owned() });
    };
    let largest = information.header.region;
    if reaches_outside(&region, &largest) {
        return Err(Error::InvalidRequestedRegion {
            requested: Box::new(region),
            largest: Box::new(largest),
        });
    }
    Ok(())
}

const NO_PIXELS: &str = "an input has neither pixels nor a node that makes them; \
                         a node lives as long as someone holds it, so keep the nodes of a pipeline";

/// A claimed node, with what it was when it was claimed.
pub(super) struct Step {
    pub(super) node: Node,
    pub(super) process: Arc<dyn Process>,
    pub(super) inputs: Arc<InputList>,
    pub(super) outputs: Arc<Vec<DataObject>>,
    /// Numbers of its first input and output among those of all steps.
    pub(super) first_input: usize,
    pub(super) first_output: usize,
    pub(super) modified: u64,
    /// While its inputs are looked at; meeting it again is a loop.
    open: bool,
}

enum Claimed {
    New(usize),
    Before(usize),
}

pub(super) struct Session<'a> {
    id: u64,
    pub(super) steps: Vec<Step>,
    /// Steps in an order in which inputs come before those that take them.
    pub(super) order: Vec<usize>,
    /// For each input of each step, the step that makes it, and as which output.
    pub(super) sources: Vec<Option<(usize, usize)>>,
    /// Outputs of all steps.
    pub(super) outputs: usize,
    /// How many steps have yet to run that take a data object, by its address.
    pub(super) holds: HashMap<usize, usize>,
    attend: Option<Attend<'a>>,
    /// When it was last called; reading the clock costs as much as looking at a node.
    attended: Option<Instant>,
}

impl Step {
    pub(super) fn name(&self) -> &str {
        self.process.name()
    }

    /// The numbers of its outputs among those of all steps.
    pub(super) fn output_range(&self) -> std::ops::Range<usize> {
        self.first_output..self.first_output + self.outputs.len()
    }

    pub(super) fn inputs<'i>(&'i self, information: &'i [Arc<Information>]) -> Inputs<'i> {
        Inputs { node: self.name(), names: &self.inputs.names, information }
    }

    pub(super) fn input_information(&self) -> Result<Vec<Arc<Information>>> {
        let known = |data: &DataObject| {
            let unknown = || Error::Input { node: self.name().to_owned(), reason: NO_PIXELS.to_owned() };
            data.information().ok_or_else(unknown)
        };
        self.inputs.data.iter().map(known).collect()
    }

    pub(super) fn output_information(&self) -> Result<Vec<Arc<Information>>> {
        let known = |data: &DataObject| data.information().ok_or_else(|| missing(self.name(), "information"));
        self.outputs.iter().map(known).collect()
    }

    /// ITK's `ProcessObject::VerifyPreconditions`.
    fn verify_preconditions(&self) -> Result<()> {
        let InputList { names, indexed, slots, .. } = &*self.inputs;
        let set = |name: &str| names.iter().any(|known| **known == *name);
        let required = self.process.number_of_required_inputs();
        if required > 0 && !set(PRIMARY) {
            return Err(missing(self.name(), PRIMARY));
        }
        if let Some(name) = self.process.required_input_names().iter().find(|name| !set(name)) {
            return Err(missing(self.name(), name));
        }
        let valid = (0..required).filter(|&i| set(&input_name(i))).count();
        debug_assert!(valid <= *indexed);
        if valid < required {
            let reason = format!(
                "At least {required} of the first {} indexed inputs are required but only {valid} are specified. \
                 The required inputs are expected to be the first inputs.",
                required.max(*slots)
            );
            return Err(Error::Input { node: self.name().to_owned(), reason });
        }
        self.process.verify_preconditions()
    }

    /// Tells the outputs what they are; one that was something else is modified.
    fn set_information(&self, made: Vec<Information>) -> Result<()> {
        if made.len() != self.outputs.len() {
            return Err(Error::Parameter {
                filter: "pipeline",
                name: "output information",
                expected: format!("one for each of the {} outputs of {}", self.outputs.len(), self.name()),
                got: made.len().to_string(),
            });
        }
        for (output, new) in self.outputs.iter().zip(made) {
            let Header { region, geometry, .. } = &new.header;
            if geometry.rank() != region.rank() {
                let expected = region.rank().to_string();
                return Err(Error::Rank { who: "output geometry", expected, got: geometry.rank() });
            }
            let changed = {
                let mut state = output.lock();
                let changed = state.information.as_ref().is_none_or(|old| old.header != new.header);
                state.information = Some(Arc::new(new));
                changed
            };
            if changed {
                output.modified()?;
            }
        }
        Ok(())
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        for step in &self.steps {
            step.node.0.claim.store(0, Ordering::Release);
        }
    }
}

impl<'a> Session<'a> {
    fn new(attend: Option<Attend<'a>>) -> Self {
        Self {
            id: SESSIONS.fetch_add(1, Ordering::Relaxed) + 1,
            steps: Vec::with_capacity(8),
            order: Vec::with_capacity(8),
            sources: Vec::with_capacity(8),
            outputs: 0,
            holds: HashMap::new(),
            attended: attend.is_some().then(Instant::now),
            attend,
        }
    }

    /// Claims a node and all that it depends on, and brings their information up to date.
    fn open(&mut self, root: &Node) -> Result<usize> {
        let Claimed::New(root) = self.claim(root)? else { unreachable!("a session opens once") };
        let mut path = vec![(root, 0)];
        while let Some((step, next)) = path.last_mut() {
            let (step, input) = (*step, *next);
            *next += 1;
            let Some(data) = self.steps[step].inputs.data.get(input).cloned() else {
                self.inform(step)?;
                self.steps[step].open = false;
                self.order.push(step);
                path.pop();
                continue;
            };
            let Some((node, output)) = data.source_output() else {
                data.settle();
                continue;
            };
            let source = match self.claim(&node)? {
                Claimed::New(source) => {
                    path.push((source, 0));
                    source
                }
                Claimed::Before(source) => source,
            };
            // An output that was replaced in this moment has no source any more.
            if self.steps[source].outputs.get(output).is_some_and(|made| made.is_same(&data)) {
                let edge = self.steps[step].first_input + input;
                self.sources[edge] = Some((source, output));
            }
        }
        Ok(root)
    }

    fn claim(&mut self, node: &Node) -> Result<Claimed> {
        let claimed = node.0.claim.compare_exchange(0, self.id, Ordering::AcqRel, Ordering::Acquire);
        if let Err(owner) = claimed {
            if owner != self.id {
                let reason = "an observer, a node's own code or another thread updates it within that update; \
                              wait for its end, or give each thread its own nodes";
                return Err(Error::Updating { node: node.name(), reason });
            }
            let step = node.0.step.load(Ordering::Relaxed);
            if self.steps[step].open {
                let reason = "the graph has a loop that leads back to it";
                return Err(Error::Updating { node: node.name(), reason });
            }
            return Ok(Claimed::Before(step));
        }
        let number = self.steps.len();
        node.0.step.store(number, Ordering::Relaxed);
        let (process, inputs, outputs, modified) = {
            let state = node.lock();
            (state.process.clone(), state.inputs.clone(), state.outputs.clone(), state.modified)
        };
        let (first_input, first_output) = (self.sources.len(), self.outputs);
        self.sources.resize(first_input + inputs.data.len(), None);
        self.outputs += outputs.len();
        let step = Step {
            node: node.clone(),
            process,
            inputs,
            outputs,
            first_input,
            first_output,
            modified,
            open: true,
        };
        // From here on the claim is given back by `drop`.
        self.steps.push(step);
        self.steps[number].verify_preconditions()?;
        Ok(Claimed::New(number))
    }

    /// ITK's `ProcessObject::UpdateOutputInformation`, inputs done.
    fn inform(&self, step: usize) -> Result<()> {
        let step = &self.steps[step];
        let mut newest = step.modified;
        for data in &step.inputs.data {
            let state = data.lock();
            newest = newest.max(state.pipeline).max(state.modified);
        }
        let (before, tolerance) = {
            let state = step.node.lock();
            (state.information_time, state.tolerance)
        };
        if newest > before {
            for output in step.outputs.iter() {
                output.lock().pipeline = newest;
            }
            let information = step.input_information()?;
            let inputs = step.inputs(&information);
            step.process.verify_input_information(&inputs, &tolerance)?;
            let made = step.process.generate_output_information(&inputs)?;
            step.set_information(made)?;
            let mut state = step.node.lock();
            // A change that came meanwhile is for the next update.
            if state.modified == step.modified {
                state.information_time = time::next();
            }
        }
        step.outputs.iter().for_each(DataObject::settle);
        Ok(())
    }

    /// Gives who attends a turn, if it is time for one; false when the update is to stop.
    pub(super) fn attend(&mut self) -> bool {
        match (&mut self.attend, &mut self.attended) {
            (Some(attend), Some(attended)) if attended.elapsed() >= ATTENDED => {
                let goes_on = attend();
                *attended = Instant::now();
                goes_on
            }
            _ => true,
        }
    }

    pub(super) fn is_attended(&self) -> bool {
        self.attend.is_some()
    }
}
