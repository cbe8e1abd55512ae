//! A node of a pipeline: ITK's `ProcessObject`.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connect::InputList;
use super::data::{DataObject, State as DataState};
use super::information::Tolerance;
use super::process::Process;
use super::{session, tell_deletion, time};
use crate::events::{Event, Notice, Observers, Tag};
use crate::{CancelToken, Error, Region, Result};

/// The most work units that can be set, as in ITK.
pub const MAX_WORK_UNITS: usize = 128;

static TOLERANCE: Mutex<Tolerance> = Mutex::new(Tolerance { coordinate: 1e-6, direction: 1e-6 });

/// Sets the tolerances of nodes that are made from now on.
pub fn set_global_tolerance(tolerance: Tolerance) {
    *TOLERANCE.lock().unwrap_or_else(PoisonError::into_inner) = tolerance;
}

/// The tolerances that new nodes get.
pub fn global_tolerance() -> Tolerance {
    *TOLERANCE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A source, filter or sink in a pipeline. Clones are the same node.
///
/// A node holds its inputs and outputs; nothing but its handles holds a node. It may be used from any
/// thread; an update that meets a node which is being updated is refused.
///
/// # Source
/// ITK's `itk::ProcessObject`.
#[derive(Clone)]
pub struct Node(pub(super) Arc<Core>);

pub(super) struct Core {
    state: Mutex<State>,
    observers: Observers<Node>,
    /// The update that has claimed the node, and the node's number in it; 0 when there is none.
    pub(super) claim: AtomicU64,
    pub(super) step: AtomicUsize,
    pub(super) abort: CancelToken,
    /// Whether the last run wrote into memory that the next one can use again.
    pub(super) reuses: AtomicBool,
    progress: AtomicU64,
}

/// What the last update of a node did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// How long generating the data took, without the nodes before.
    pub duration: Duration,
    /// The part of each output that was made, xyz.
    pub regions: Vec<Region>,
    /// Bytes of pixels in all outputs.
    pub bytes: usize,
    /// How often the node has generated data, this time included.
    pub count: u64,
}

/// Nothing that may run code from outside happens while this is locked.
pub(super) struct State {
    pub(super) process: Arc<dyn Process>,
    pub(super) inputs: Arc<InputList>,
    pub(super) outputs: Arc<Vec<DataObject>>,
    pub(super) modified: u64,
    pub(super) information_time: u64,
    pub(super) tolerance: Tolerance,
    pub(super) release_before_update: bool,
    pub(super) in_place: bool,
    pub(super) work_units: usize,
    pub(super) execution: Option<Execution>,
}

impl Node {
    /// A node that does this.
    pub fn new(process: impl Process) -> Self {
        Self::of(Arc::new(process))
    }

    /// A node that does this, where what it does is known at run time only.
    pub fn of(process: Arc<dyn Process>) -> Self {
        let outputs = process.number_of_outputs();
        let state = State {
            process,
            inputs: Arc::default(),
            outputs: Arc::default(),
            modified: time::next(),
            information_time: 0,
            tolerance: global_tolerance(),
            release_before_update: false,
            in_place: true,
            work_units: (4 * crate::pool::num_threads()).min(MAX_WORK_UNITS),
            execution: None,
        };
        let node = Self(Arc::new(Core {
            state: Mutex::new(state),
            observers: Observers::default(),
            claim: AtomicU64::new(0),
            step: AtomicUsize::new(0),
            abort: CancelToken::new(),
            reuses: AtomicBool::new(false),
            progress: AtomicU64::new(0),
        }));
        let made = |i| {
            let source = Some((Arc::downgrade(&node.0), i));
            DataObject::new(DataState { source, ..DataState::default() })
        };
        node.lock().outputs = Arc::new((0..outputs).map(made).collect());
        node
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this node from others as long as it exists.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// True when the two are the same node.
    pub fn is_same(&self, other: &Node) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What it does.
    pub fn process(&self) -> Arc<dyn Process> {
        self.lock().process.clone()
    }

    /// Has it run with a process of the same type, but other parameters, from now on.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the process is of another type; those of observers of [`Event::Modified`].
    pub fn set_process(&self, process: Arc<dyn Process>) -> Result<()> {
        let old = self.process();
        if (*old).type_id() != (*process).type_id() {
            return Err(Error::Parameter {
                filter: "pipeline",
                name: "process",
                expected: format!("of the same Rust type as the node's, {}", old.name()),
                got: process.name().to_owned(),
            });
        }
        let old = std::mem::replace(&mut self.lock().process, process);
        drop(old);
        self.modified()
    }

    /// The process's name.
    pub fn name(&self) -> String {
        self.process().name().to_owned()
    }

    /// When the node was last changed: a parameter, an input, or by [`Node::modified`].
    pub fn modified_time(&self) -> u64 {
        self.lock().modified
    }

    /// Says that the node was changed: it runs again.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn modified(&self) -> Result<()> {
        self.lock().modified = time::next();
        self.invoke(Event::Modified)
    }

    fn set<V: PartialEq>(&self, slot: impl FnOnce(&mut State) -> &mut V, value: V) -> Result<()> {
        {
            let mut state = self.lock();
            let slot = slot(&mut state);
            if *slot == value {
                return Ok(());
            }
            *slot = value;
        }
        self.modified()
    }

    /// How far inputs may lie apart; the global tolerance of when the node was made, unless set.
    pub fn tolerance(&self) -> Tolerance {
        self.lock().tolerance
    }

    /// Sets [`Node::tolerance`].
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn set_tolerance(&self, tolerance: Tolerance) -> Result<()> {
        self.set(|state| &mut state.tolerance, tolerance)
    }

    /// ITK's number of work units. Kept and stamped as there; threads share the work as they find time, and
    /// no result depends on how.
    pub fn number_of_work_units(&self) -> usize {
        self.lock().work_units
    }

    /// Sets [`Node::number_of_work_units`], 1 to [`MAX_WORK_UNITS`]; what lies outside is clamped, as in ITK.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn set_number_of_work_units(&self, units: usize) -> Result<()> {
        self.set(|state| &mut state.work_units, units.clamp(1, MAX_WORK_UNITS))
    }

    /// Whether a process that can work in the memory of its input does. Default true.
    pub fn in_place(&self) -> bool {
        self.lock().in_place
    }

    /// Sets [`Node::in_place`].
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn set_in_place(&self, in_place: bool) -> Result<()> {
        self.set(|state| &mut state.in_place, in_place)
    }

    /// Whether outputs are freed before the inputs of a new run are made. Default false: their memory is used again.
    pub fn release_data_before_update_flag(&self) -> bool {
        self.lock().release_before_update
    }

    /// Sets [`Node::release_data_before_update_flag`].
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn set_release_data_before_update_flag(&self, release: bool) -> Result<()> {
        self.set(|state| &mut state.release_before_update, release)
    }

    /// True when the running work, or the last one, was asked to stop.
    pub fn abort_generate_data(&self) -> bool {
        self.0.abort.is_cancelled()
    }

    /// Asks the node's running work to stop, from any thread: the update ends with [`Error::Aborted`] after an
    /// [`Event::Abort`]. A change of the flag is a modification, as in ITK; the next update starts with the flag off.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn set_abort_generate_data(&self, abort: bool) -> Result<()> {
        if self.abort_generate_data() == abort {
            return Ok(());
        }
        if abort {
            self.0.abort.cancel()
        } else {
            self.0.abort.reset()
        }
        self.modified()
    }

    /// How much of the running work, or the last one, is done: 0 to 1.
    pub fn progress(&self) -> f64 {
        f64::from_bits(self.0.progress.load(Ordering::Relaxed))
    }

    /// Says how much of the running work is done, 0 to 1, and tells observers each time; it never shrinks. For processes
    /// that know their node and not their [`Run`](super::Run), which tells observers now and then.
    ///
    /// # Errors
    /// [`Error::Aborted`] when the node was asked to stop; those of observers of [`Event::Progress`].
    pub fn update_progress(&self, done: f64) -> Result<()> {
        self.raise_progress(if done.is_nan() { 0.0 } else { done });
        self.invoke(Event::Progress)?;
        match self.abort_generate_data() {
            true => Err(Error::Aborted { filter: self.name().into() }),
            false => Ok(()),
        }
    }

    pub(super) fn store_progress(&self, done: f64) {
        self.0.progress.store(done.to_bits(), Ordering::Relaxed);
    }

    /// Progress goes up only. Bits of positive floats are in the order of the floats.
    pub(super) fn raise_progress(&self, done: f64) {
        self.0.progress.fetch_max(done.clamp(0.0, 1.0).to_bits(), Ordering::Relaxed);
    }

    /// True while the node is part of an update.
    pub fn is_updating(&self) -> bool {
        self.0.claim.load(Ordering::Acquire) != 0
    }

    /// What the last generation of data was like; `None` before the first one.
    pub fn last_execution(&self) -> Option<Execution> {
        self.lock().execution.clone()
    }

    /// How often the node has generated data.
    pub fn executions(&self) -> u64 {
        self.lock().execution.as_ref().map_or(0, |execution| execution.count)
    }

    /// Brings the first output's requested region up to date; a sink is run in any case.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn update(&self) -> Result<()> {
        session::update_node(self, false, None)
    }

    /// [`Node::update`], during which `attend` is called about every 50 ms on this thread. The update is aborted
    /// when it returns false.
    ///
    /// # Errors
    /// As [`DataObject::update_attended`].
    pub fn update_attended(&self, attend: &mut (dyn FnMut() -> bool + Send)) -> Result<()> {
        session::update_node(self, false, Some(attend))
    }

    /// Asks for the whole of the first output and brings it up to date.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn update_largest_possible_region(&self) -> Result<()> {
        session::update_node(self, true, None)
    }

    /// Finds out size, geometry and pixel type of the outputs; computes no pixel.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn update_output_information(&self) -> Result<()> {
        session::update_node_information(self)
    }

    /// Calls `command` on each `event` and its special cases, on the thread that updates.
    pub fn add_observer(
        &self,
        event: Event,
        command: impl Fn(&Notice<'_, Node>) -> Result<()> + Send + Sync + 'static,
    ) -> Tag {
        self.0.observers.add(event, command)
    }

    /// Removes an observer; false when there is none of this tag.
    pub fn remove_observer(&self, tag: Tag) -> bool {
        self.0.observers.remove(tag)
    }

    /// True when this event would reach an observer.
    pub fn has_observer(&self, event: Event) -> bool {
        self.0.observers.has(event)
    }

    /// The observers.
    pub fn observers(&self) -> &Observers<Node> {
        &self.0.observers
    }

    /// Tells the observers of an event, on this thread.
    ///
    /// # Errors
    /// The first error of an observer.
    pub fn invoke(&self, event: Event) -> Result<()> {
        self.0.observers.invoke(&Notice { event, caller: Some(self), progress: self.progress() })
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        tell_deletion(&self.observers, f64::from_bits(*self.progress.get_mut()));
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (process, inputs, outputs) = {
            let state = self.lock();
            (state.process.clone(), state.inputs.clone(), state.outputs.len())
        };
        let mut text = f.debug_struct("Node");
        text.field("process", &process).field("inputs", &inputs.names).field("outputs", &outputs);
        text.finish_non_exhaustive()
    }
}
