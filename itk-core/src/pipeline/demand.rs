//! The second and third phase of an update: what is wanted goes upstream, then data are generated.

use super::data::{DataObject, reaches_outside};
use super::information::Request;
use super::run;
use super::session::{Session, Step, check_without_source};
use super::time;
use crate::events::Event;
use crate::{Error, Region, Result};

/// What is wanted of everything, for one run through the graph.
pub(super) struct Demand {
    /// The region that is wanted of each output of each step, then the one that will be made.
    outputs: Vec<Option<Region>>,
    /// The region that is wanted of each input of each step.
    inputs: Vec<Option<Region>>,
    /// The steps that have to run.
    needed: Vec<bool>,
}

impl Demand {
    /// What a part of an output needs: ITK's `PropagateRequestedRegion`.
    pub(super) fn of_output(
        session: &Session<'_>,
        (step, output): (usize, usize),
        region: &Region,
    ) -> Result<Self> {
        let mut demand = Self::nothing(session);
        demand.outputs[session.steps[step].first_output + output] = Some(*region);
        demand.propagate(session)
    }

    /// What a sink needs.
    pub(super) fn of_step(session: &Session<'_>, step: usize) -> Result<Self> {
        let mut demand = Self::nothing(session);
        demand.needed[step] = true;
        demand.propagate(session)
    }

    fn nothing(session: &Session<'_>) -> Self {
        Self {
            outputs: vec![None; session.outputs],
            inputs: vec![None; session.sources.len()],
            needed: vec![false; session.steps.len()],
        }
    }

    fn propagate(mut self, session: &Session<'_>) -> Result<Self> {
        for &number in session.order.iter().rev() {
            let step = &session.steps[number];
            let mut dirty = self.needed[number];
            for (data, wanted) in step.outputs.iter().zip(&self.outputs[step.output_range()]) {
                if let Some(wanted) = wanted {
                    let mut state = data.lock();
                    state.requested = Some(*wanted);
                    dirty |= state.is_dirty(wanted);
                }
            }
            if dirty {
                self.needed[number] = true;
                self.ask(session, step)?;
            }
            // As in ITK, a region that reaches outside is refused when the inputs know already what is wanted of them.
            for (data, wanted) in step.outputs.iter().zip(&self.outputs[step.output_range()]) {
                let (Some(wanted), Some(largest)) = (wanted, data.largest_possible_region()) else {
                    continue;
                };
                if reaches_outside(wanted, &largest) {
                    let (requested, largest) = (Box::new(*wanted), Box::new(largest));
                    return Err(Error::InvalidRequestedRegion { requested, largest });
                }
            }
        }
        Ok(self)
    }

    /// What a step makes and needs, given what is wanted of it.
    fn ask(&mut self, session: &Session<'_>, step: &Step) -> Result<()> {
        let process = &step.process;
        let own = step.output_information()?;
        let wanted = &mut self.outputs[step.output_range()];
        let mut made: Vec<Option<Region>> = vec![None; wanted.len()];
        for (k, region) in wanted.iter().enumerate() {
            let Some(region) = region else { continue };
            let enlarged = process.enlarge_output_requested_region(k, &own[k], region)?;
            for (other, slot) in made.iter_mut().enumerate() {
                let region = match other == k {
                    true => enlarged,
                    false => process.generate_output_requested_region(k, &enlarged, other, &own[other])?,
                };
                *slot = Some(slot.map_or(region, |before| before.union(&region)));
            }
        }
        for (data, made) in step.outputs.iter().zip(&made) {
            data.lock().requested = *made;
        }
        wanted.copy_from_slice(&made);
        if process.pulls_inputs() {
            return Ok(());
        }
        let information = step.input_information()?;
        let requested: Vec<Region> = made.into_iter().flatten().collect();
        let request = Request { inputs: step.inputs(&information), outputs: &own, requested: &requested };
        for (i, data) in step.inputs.data.iter().enumerate() {
            let region = process.generate_input_requested_region(&request, i)?;
            if region.pixels() == 0 && request.input_region(i).pixels() > 0 {
                continue;
            }
            let edge = step.first_input + i;
            self.inputs[edge] = Some(region);
            match session.sources[edge] {
                Some((source, output)) => {
                    let slot = &mut self.outputs[session.steps[source].first_output + output];
                    let all = slot.map_or(region, |before| before.union(&region));
                    *slot = Some(all);
                    data.lock().requested = Some(all);
                }
                None => {
                    data.lock().requested = Some(region);
                    check_without_source(step.name(), data, Some(region))?;
                }
            }
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Generates data in all steps that need to, inputs first.
    pub(super) fn run(&mut self, demand: &Demand) -> Result<()> {
        let needed = demand.needed.iter();
        for (step, _) in self.steps.iter().zip(needed).filter(|(_, needed)| **needed) {
            if step.node.release_data_before_update_flag() {
                for data in step.outputs.iter() {
                    let old = data.lock().image.take();
                    drop(old);
                }
            }
            for data in &step.inputs.data {
                *self.holds.entry(data.address()).or_default() += 1;
            }
        }
        for at in 0..self.order.len() {
            if demand.needed[self.order[at]] {
                self.execute(self.order[at], demand)?;
            }
        }
        Ok(())
    }

    /// ITK's `ProcessObject::UpdateOutputData`, inputs done.
    fn execute(&mut self, number: usize, demand: &Demand) -> Result<()> {
        let step = &self.steps[number];
        let (node, modified) = (step.node.clone(), step.modified);
        let (inputs, outputs, first_input) = (step.inputs.clone(), step.outputs.clone(), step.first_input);
        let regions: Vec<Region> = demand.outputs[step.output_range()].iter().flatten().copied().collect();
        // A step that fetched other parts of an input meanwhile may have replaced what this one needs.
        for (i, data) in inputs.data.iter().enumerate() {
            let Some(region) = demand.inputs[first_input + i] else { continue };
            let gone = {
                let state = data.lock();
                state.released || state.lacks(&region)
            };
            if gone {
                self.fetch(number, i, &region)?;
            }
        }
        let wanted = demand.inputs[first_input..first_input + inputs.data.len()].to_vec();
        run::generate(self, number, regions, wanted)?;
        let changed = node.modified_time() != modified;
        for output in outputs.iter() {
            let mut state = output.lock();
            state.released = false;
            state.modified = time::next();
            // A change that came meanwhile is for the next update.
            state.updated = if changed { 0 } else { time::next() };
        }
        for output in outputs.iter() {
            output.invoke(Event::Modified)?;
        }
        for data in &inputs.data {
            self.let_go(data);
        }
        Ok(())
    }

    fn let_go(&mut self, data: &DataObject) {
        if let Some(holds) = self.holds.get_mut(&data.address()) {
            *holds = holds.saturating_sub(1);
        }
        if self.holders(data) == 0 && data.should_release_data() {
            data.release_data();
        }
    }

    /// How many steps have yet to run that take a data object.
    pub(super) fn holders(&self, data: &DataObject) -> usize {
        self.holds.get(&data.address()).copied().unwrap_or(0)
    }

    /// Has an input of a running step made, as far as it is not there.
    pub(super) fn fetch(&mut self, number: usize, input: usize, region: &Region) -> Result<()> {
        let step = &self.steps[number];
        let data = &step.inputs.data[input];
        match self.sources[step.first_input + input] {
            Some(source) => {
                let demand = Demand::of_output(self, source, region)?;
                self.run(&demand)
            }
            None => {
                data.lock().requested = Some(*region);
                check_without_source(step.name(), data, Some(*region))
            }
        }
    }

    /// Bytes of pixels that fetching would have to make in all nodes together.
    pub(super) fn cost(&self, number: usize, input: usize, region: &Region) -> Result<u128> {
        let Some(source) = self.sources[self.steps[number].first_input + input] else { return Ok(0) };
        let demand = Demand::of_output(self, source, region)?;
        let mut bytes = 0;
        for (number, step) in self.steps.iter().enumerate() {
            if !demand.needed[number] {
                continue;
            }
            for (data, region) in step.outputs.iter().zip(&demand.outputs[step.output_range()]) {
                if let (Some(region), Some(information)) = (region, data.information()) {
                    bytes += run::bytes(&information.header, region);
                }
            }
        }
        Ok(bytes)
    }
}
