//! One generation of data by a node: what a process can see and do meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::connect::InputList;
use super::data::{DataObject, reaches_outside};
use super::information::{Information, missing};
use super::node::{Execution, Node};
use super::session::Session;
use crate::events::Event;
use crate::pump::{self, Attendance};
use crate::{AnyImage, AnyViewMut, Buffer, Context, Error, Header, Image, Pixel, Region, Result, VisitType};

/// Progress is told when it has grown by this much.
const STEP: f64 = 0.01;

/// What a run needs of the update that it is part of.
pub(super) trait Host: Send {
    fn fetch(&mut self, step: usize, input: usize, region: &Region) -> Result<()>;
    fn cost(&self, step: usize, input: usize, region: &Region) -> Result<u128>;
    fn attend(&mut self) -> bool;
    fn is_attended(&self) -> bool;
    fn holders(&self, data: &DataObject) -> usize;
}

impl Host for Session<'_> {
    fn fetch(&mut self, step: usize, input: usize, region: &Region) -> Result<()> {
        Session::fetch(self, step, input, region)
    }

    fn cost(&self, step: usize, input: usize, region: &Region) -> Result<u128> {
        Session::cost(self, step, input, region)
    }

    fn attend(&mut self) -> bool {
        Session::attend(self)
    }

    fn is_attended(&self) -> bool {
        Session::is_attended(self)
    }

    fn holders(&self, data: &DataObject) -> usize {
        Session::holders(self, data)
    }
}

/// Bytes of the pixels of a region.
pub(super) fn bytes(header: &Header, region: &Region) -> u128 {
    region.pixels() as u128 * header.components as u128 * header.pixel_type.size() as u128
}

/// Refuses an image without the type of an output, or without a part of it.
pub(super) fn reaches(name: &str, output: &Header, part: &Region, image: &AnyImage) -> Result<()> {
    let got = image.header();
    let kind = |h: &Header| (h.pixel_type, h.kind, h.components);
    if kind(&got) == kind(output) && !reaches_outside(part, &got.region) {
        return Ok(());
    }
    let text = |h: &Header, region: &Region| {
        let Header { pixel_type, kind, components, .. } = h;
        format!("{pixel_type}, {} of {components}, {region}", kind.name())
    };
    Err(Error::Parameter {
        filter: "pipeline",
        name: "output",
        expected: format!("{name}'s: {}", text(output, part)),
        got: text(&got, &got.region),
    })
}

/// A node's run: its inputs, what is wanted of its outputs, and where progress goes.
pub struct Run<'a> {
    pub(super) host: &'a mut (dyn Host + 'a),
    pub(super) step: usize,
    node: Node,
    name: String,
    inputs: Arc<InputList>,
    outputs: Arc<Vec<DataObject>>,
    regions: Vec<Region>,
    /// The part of each input that was asked for.
    wanted: Vec<Option<Region>>,
    /// What observers were told last.
    told: Option<f64>,
    /// The inputs whose pixels were taken to be worked on in place.
    taken: Vec<DataObject>,
}

/// Has a step make its outputs, between its start and its end event.
pub(super) fn generate(
    session: &mut Session<'_>,
    step: usize,
    regions: Vec<Region>,
    wanted: Vec<Option<Region>>,
) -> Result<()> {
    let claimed = &session.steps[step];
    let (node, process) = (claimed.node.clone(), claimed.process.clone());
    let (inputs, outputs) = (claimed.inputs.clone(), claimed.outputs.clone());
    let name = process.name().to_owned();
    if !session.attend() {
        return Err(Error::Aborted { filter: name.into() });
    }
    let started = Instant::now();
    node.invoke(Event::Start)?;
    node.0.abort.reset();
    node.store_progress(0.0);
    let unfinished = Unfinished(Some(&outputs));
    if !node.0.reuses.swap(false, Ordering::Relaxed) {
        // Its process brings memory of its own: the old is not to be held beside it.
        for data in outputs.iter() {
            let old = data.lock().image.take();
            drop(old);
        }
    }
    let mut run = Run {
        host: session,
        step,
        node: node.clone(),
        name,
        inputs,
        outputs: outputs.clone(),
        regions,
        wanted,
        told: None,
        taken: Vec::new(),
    };
    let result = process.generate_data(&mut run).and_then(|()| run.finish());
    if let Err(error) = result {
        if matches!(error, Error::Aborted { .. }) {
            // What an observer has to say to this is less than why the work ended.
            let _ = node.invoke(Event::Abort);
        }
        return Err(error);
    }
    node.invoke(Event::End)?;
    let Run { taken, regions, .. } = run;
    let bytes = outputs.iter().filter_map(|data| {
        let state = data.lock();
        let (information, image) = (state.information.as_ref()?, state.image.as_ref()?);
        usize::try_from(bytes(&information.header, image.buffered_region())).ok()
    });
    let (duration, bytes) = (started.elapsed(), bytes.sum());
    {
        let mut state = node.lock();
        let count = state.execution.as_ref().map_or(0, |before| before.count) + 1;
        state.execution = Some(Execution { duration, regions, bytes, count });
    }
    taken.iter().for_each(DataObject::release_data);
    unfinished.done();
    Ok(())
}

/// Frees outputs that are not complete: after an error or a panic they have no data.
struct Unfinished<'a>(Option<&'a [DataObject]>);

impl Unfinished<'_> {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.into_iter().flatten().for_each(DataObject::release_data);
    }
}

impl Run<'_> {
    /// The node that runs.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The name of what it does.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many inputs are set.
    pub fn number_of_inputs(&self) -> usize {
        self.inputs.data.len()
    }

    /// The place of an input by its name: `Primary`, `_1` or a name of its own.
    ///
    /// # Errors
    /// [`Error::Input`] when it is not set.
    pub fn place(&self, name: &str) -> Result<usize> {
        let at = self.inputs.names.iter().position(|known| **known == *name);
        at.ok_or_else(|| missing(&self.name, name))
    }

    pub(super) fn data(&self, input: usize) -> Result<&DataObject> {
        self.inputs.data.get(input).ok_or_else(|| missing(&self.name, &format!("number {input}")))
    }

    /// The pixels of an input that there are: at least the part that was asked for. The image's region is where they
    /// lie. Inputs are counted as in [`Inputs`](super::Inputs): indexed ones first.
    ///
    /// # Errors
    /// [`Error::Input`] when there is no such input, or it has no pixels.
    pub fn input(&self, input: usize) -> Result<AnyImage> {
        let image = self.data(input)?.image();
        image.ok_or_else(|| Error::Input {
            node: self.name.clone(),
            reason: format!("input {} has no pixels", self.inputs.names[input]),
        })
    }

    /// The part of an input that was asked for, xyz; [`Run::input`] gives at least that. `None` where nothing was: of an
    /// input that is [pulled](Run::pull), and where no pixel is needed.
    pub fn input_region(&self, input: usize) -> Option<Region> {
        self.wanted.get(input).copied().flatten()
    }

    /// Size, geometry, pixel type and metadata of an input.
    ///
    /// # Errors
    /// [`Error::Input`] when there is no such input.
    pub fn input_information(&self, input: usize) -> Result<Arc<Information>> {
        let data = self.data(input)?;
        data.information().ok_or_else(|| missing(&self.name, &self.inputs.names[input]))
    }

    /// The pixels of an input, to be changed and given back as an output, where that is possible: the node's flag is on,
    /// the input has the type of the first output and exactly the region that is wanted of it. `None` where
    /// it is not. The input is freed when the run has succeeded; where others hold its pixels, writing makes a copy.
    ///
    /// # Errors
    /// [`Error::Input`] when there is no such input, or it has no pixels.
    pub fn take_input_in_place(&mut self, input: usize) -> Result<Option<AnyImage>> {
        let (theirs, mine) = (self.input_information(input)?, self.output_information(0)?);
        let (theirs, mine) = (&theirs.header, &mine.header);
        let same = (theirs.pixel_type, theirs.kind, theirs.components)
            == (mine.pixel_type, mine.kind, mine.components);
        let data = self.data(input)?.clone();
        if !same || !self.node.in_place() || data.buffered_region() != self.regions.first().copied() {
            return Ok(None);
        }
        let image = self.input(input)?;
        if self.host.holders(&data) <= 1 {
            // The object's own hold on the pixels would make the first write a copy.
            let held = data.lock().image.take();
            drop(held);
            data.lock().released = true;
            self.taken.push(data);
        }
        Ok(Some(image))
    }

    /// The part of an output that is wanted, xyz.
    ///
    /// # Panics
    /// This and other methods about outputs panic when there is no such output.
    pub fn requested_region(&self, output: usize) -> Region {
        self.regions[output]
    }

    /// Size, geometry, pixel type and metadata of a whole output.
    ///
    /// # Errors
    /// [`Error::Input`] when someone has taken them away meanwhile.
    pub fn output_information(&self, output: usize) -> Result<Arc<Information>> {
        self.outputs[output].information().ok_or_else(|| missing(&self.name, "information"))
    }

    /// The header of the part of an output that is wanted.
    ///
    /// # Errors
    /// As [`Run::output_information`].
    pub fn output_header(&self, output: usize) -> Result<Header> {
        let region = self.requested_region(output);
        Ok(Header { region, ..self.output_information(output)?.header.clone() })
    }

    /// Allocates the wanted part of an output, in the memory of the last run where nobody else holds that, and has `fill`
    /// write it, as [`Run::compute`] does.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; those of `fill` and [`Run::compute`].
    pub fn produce(
        &mut self,
        output: usize,
        fill: impl FnOnce(AnyViewMut<'_>, &Context<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        let header = self.output_header(output)?;
        let old = self.take_output(output);
        let image = header.pixel_type.visit(Produce { run: self, header: &header, old, fill })?;
        self.set_output(output, image)
    }

    /// The pixels of the last run, whose memory may be used again.
    pub(super) fn take_output(&self, output: usize) -> Option<AnyImage> {
        self.node.0.reuses.store(true, Ordering::Relaxed);
        self.outputs[output].lock().image.take()
    }

    /// Makes an image the output's pixels. Its region has to contain the wanted one.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it does not, or the pixels are of another type.
    pub fn set_output(&mut self, output: usize, image: impl Into<AnyImage>) -> Result<()> {
        let image = image.into();
        let expected = self.output_header(output)?;
        reaches(&self.name, &expected, &expected.region, &image)?;
        let old = self.outputs[output].lock().image.replace(image);
        drop(old);
        Ok(())
    }

    /// Runs a job that may use the pool, with a context that passes on its progress and stops it on request. Observers are
    /// called on this thread meanwhile.
    ///
    /// # Errors
    /// Those of the job and of observers of [`Event::Progress`]; [`Error::Aborted`].
    pub fn compute<R: Send>(&mut self, job: impl FnOnce(&Context<'_>) -> Result<R> + Send) -> Result<R> {
        let node = self.node.clone();
        let observed = node.has_observer(Event::Progress);
        let abort = &node.0.abort;
        if !observed && !self.host.is_attended() {
            let progress = |done| node.raise_progress(done);
            return job(&Context::default().cancel(abort.clone()).progress(&progress));
        }
        let attendance = if observed { Attendance::Progress } else { Attendance::Polls };
        let mut ended = Ok(());
        let result = pump::run(abort, attendance, job, &mut |fraction| {
            // The last step is told at the end of the run.
            ended = fraction.filter(|done| *done < 1.0).map_or(Ok(()), |done| self.tell(done));
            if ended.is_ok() && !self.host.attend() {
                ended = Err(self.aborted());
            }
            ended.is_ok()
        });
        ended.and(result)
    }

    /// Says how much is done, 0 to 1. Observers are told when that has grown by a hundredth; it never shrinks.
    ///
    /// # Errors
    /// [`Error::Aborted`] when the node was asked to stop; those of observers of [`Event::Progress`].
    pub fn update_progress(&mut self, done: f64) -> Result<()> {
        self.tell(done)?;
        if self.node.abort_generate_data() || !self.host.attend() {
            return Err(self.aborted());
        }
        Ok(())
    }

    fn tell(&mut self, done: f64) -> Result<()> {
        let done = if done.is_nan() { 0.0 } else { done.clamp(0.0, 1.0) };
        self.node.raise_progress(done);
        let due = self.told.is_none_or(|told| done >= told + STEP || (done == 1.0 && told < 1.0));
        if !due && done > 0.0 {
            return Ok(());
        }
        self.told = Some(self.node.progress());
        self.node.invoke(Event::Progress)
    }

    /// After the process has done its part without an error.
    fn finish(&mut self) -> Result<()> {
        self.aborted_or_ok()?;
        if self.told != Some(1.0) {
            self.tell(1.0)?;
            self.aborted_or_ok()?;
        }
        for (output, region) in self.outputs.iter().zip(&self.regions) {
            let missing = output.lock().lacks(region);
            if missing {
                return Err(Error::Parameter {
                    filter: "pipeline",
                    name: "output",
                    expected: format!("made by {}", self.name),
                    got: format!("nothing for {region}"),
                });
            }
        }
        Ok(())
    }

    fn aborted_or_ok(&self) -> Result<()> {
        if self.node.abort_generate_data() { Err(self.aborted()) } else { Ok(()) }
    }

    fn aborted(&self) -> Error {
        Error::Aborted { filter: self.name.clone().into() }
    }
}

struct Produce<'r, 'a, F> {
    run: &'r mut Run<'a>,
    header: &'r Header,
    old: Option<AnyImage>,
    fill: F,
}

impl<F> VisitType for Produce<'_, '_, F>
where
    F: FnOnce(AnyViewMut<'_>, &Context<'_>) -> Result<()> + Send,
{
    type Out = Result<AnyImage>;

    fn visit<O: Pixel>(self) -> Result<AnyImage> {
        let Self { run, header, old, fill } = self;
        let old = old.and_then(|image| image.typed::<O>()).map(Image::into_buffer);
        let buffer = Buffer::<O>::filled_again(old, header.array_size(), |output| {
            run.compute(|context| fill(output.into(), context))
        })?;
        Ok(O::erase(Image::from_buffer(header, buffer)?))
    }
}
