//! Events, and the observers that are told of them: ITK's `EventObject`, `Command` and `AddObserver`.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Result;

/// What may happen to an object. Each event but [`Event::None`] is a special case of [`Event::Any`].
///
/// # Source
/// ITK's `itkEventObject.h`; names in texts are ITK's.
///
/// # Example
/// ```
/// use itk_core::events::Event;
/// assert!(Event::StartPick.is(Event::Pick) && Event::StartPick.is(Event::Any));
/// assert!(!Event::Pick.is(Event::StartPick) && !Event::None.is(Event::Any));
/// assert_eq!(Event::Progress.to_string(), "ProgressEvent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// No event at all; not a case of `Any`.
    None,
    /// The base of all events.
    Any,
    /// The object ends.
    Delete,
    /// Data are about to be generated.
    Start,
    /// Data have been generated.
    End,
    /// A part of the data is done.
    Progress,
    /// A process exits.
    Exit,
    /// The work was stopped on request.
    Abort,
    /// The modified time went up.
    Modified,
    /// A process is initialised.
    Initialize,
    /// A step of an iterative process is done.
    Iteration,
    /// A level of a multi-resolution process is done.
    MultiResolutionIteration,
    /// A function was evaluated.
    FunctionEvaluationIteration,
    /// A gradient was evaluated.
    GradientEvaluationIteration,
    /// A function and its gradient were evaluated.
    FunctionAndGradientEvaluationIteration,
    /// Something is picked.
    Pick,
    /// Picking starts.
    StartPick,
    /// Picking ends.
    EndPick,
    /// It is asked whether picking should stop.
    AbortCheck,
    /// The user's own.
    User,
}

impl Event {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::Any,
        Self::Delete,
        Self::Start,
        Self::End,
        Self::Progress,
        Self::Exit,
        Self::Abort,
        Self::Modified,
        Self::Initialize,
        Self::Iteration,
        Self::MultiResolutionIteration,
        Self::FunctionEvaluationIteration,
        Self::GradientEvaluationIteration,
        Self::FunctionAndGradientEvaluationIteration,
        Self::Pick,
        Self::StartPick,
        Self::EndPick,
        Self::AbortCheck,
        Self::User,
    ];

    /// The event that this is a special case of.
    pub fn base(self) -> Option<Event> {
        match self {
            Self::None | Self::Any => None,
            Self::MultiResolutionIteration
            | Self::FunctionEvaluationIteration
            | Self::GradientEvaluationIteration
            | Self::FunctionAndGradientEvaluationIteration => Some(Self::Iteration),
            Self::StartPick | Self::EndPick | Self::AbortCheck => Some(Self::Pick),
            _ => Some(Self::Any),
        }
    }

    /// True when this event is `other` or a special case of it.
    pub fn is(self, other: Event) -> bool {
        let mut event = Some(self);
        while let Some(e) = event {
            if e == other {
                return true;
            }
            event = e.base();
        }
        false
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("NoEvent"),
            other => write!(f, "{other:?}Event"),
        }
    }
}

/// What an observer is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct Notice<'a, C> {
    /// What happened.
    pub event: Event,
    /// To whom; `None` for [`Event::Delete`], as the object is gone.
    pub caller: Option<&'a C>,
    /// How much of the current work is done, 0 to 1; 0 for objects that do no work.
    pub progress: f64,
}

impl<'a, C> Notice<'a, C> {
    /// Says that an event happened to `caller`.
    pub fn new(event: Event, caller: Option<&'a C>, progress: f64) -> Self {
        Self { event, caller, progress }
    }
}

/// Names an observer, to remove it again: 0, 1, 2 ... for each object, never used twice.
pub type Tag = u64;

/// What observers are: functions that may fail, which ends the work that they observe.
pub type Command<C> = dyn Fn(&Notice<'_, C>) -> Result<()> + Send + Sync;

struct Observer<C> {
    tag: Tag,
    event: Event,
    command: Box<Command<C>>,
    removed: AtomicBool,
}

/// The observers of one object, in the order in which they were added, which is the order of the calls.
///
/// No lock is held while they are called: they may add and remove observers, themselves too. One that is
/// removed is not called any more, not even for the event that is under way; one that is added is called from
/// the next event on.
pub struct Observers<C> {
    list: Mutex<List<C>>,
    /// Which events the list holds, by bit: nothing is locked where nobody listens.
    events: AtomicU32,
}

struct List<C> {
    next: Tag,
    observers: Vec<Arc<Observer<C>>>,
}

impl<C> Default for Observers<C> {
    fn default() -> Self {
        Self { list: Mutex::new(List { next: 0, observers: Vec::new() }), events: AtomicU32::new(0) }
    }
}

impl<C> Observers<C> {
    /// Calls `command` for each `event` and its special cases.
    pub fn add(
        &self,
        event: Event,
        command: impl Fn(&Notice<'_, C>) -> Result<()> + Send + Sync + 'static,
    ) -> Tag {
        let mut list = self.lock();
        let tag = list.next;
        list.next += 1;
        let observer = Observer { tag, event, command: Box::new(command), removed: AtomicBool::new(false) };
        list.observers.push(Arc::new(observer));
        self.events.fetch_or(event.bit(), Ordering::SeqCst);
        tag
    }

    /// Removes an observer; false when there is none of this tag.
    pub fn remove(&self, tag: Tag) -> bool {
        let removed = {
            let mut list = self.lock();
            let Some(at) = list.observers.iter().position(|o| o.tag == tag) else { return false };
            let removed = list.observers.remove(at);
            removed.removed.store(true, Ordering::SeqCst);
            self.remember(&list);
            removed
        };
        // What a command owns is dropped without the lock, as that may run anything.
        drop(removed);
        true
    }

    /// Removes all observers.
    pub fn remove_all(&self) {
        let removed = {
            let mut list = self.lock();
            let removed = std::mem::take(&mut list.observers);
            removed.iter().for_each(|o| o.removed.store(true, Ordering::SeqCst));
            self.remember(&list);
            removed
        };
        drop(removed);
    }

    /// True when this event would reach an observer.
    pub fn has(&self, event: Event) -> bool {
        let mut events = 0;
        let mut base = Some(event);
        while let Some(e) = base {
            events |= e.bit();
            base = e.base();
        }
        self.events.load(Ordering::SeqCst) & events != 0
    }

    /// Tags and events of all observers, in the order of the calls.
    pub fn list(&self) -> Vec<(Tag, Event)> {
        self.lock().observers.iter().map(|o| (o.tag, o.event)).collect()
    }

    /// Calls the observers of an event, on this thread.
    ///
    /// # Errors
    /// The first error of an observer; those after it are not called.
    pub fn invoke(&self, notice: &Notice<'_, C>) -> Result<()> {
        if !self.has(notice.event) {
            return Ok(());
        }
        let observers: Vec<_> =
            self.lock().observers.iter().filter(|o| notice.event.is(o.event)).cloned().collect();
        for observer in observers {
            if !observer.removed.load(Ordering::SeqCst) {
                (observer.command)(notice)?;
            }
        }
        Ok(())
    }

    fn remember(&self, list: &List<C>) {
        let events = list.observers.iter().fold(0, |bits, o| bits | o.event.bit());
        self.events.store(events, Ordering::SeqCst);
    }

    /// Commands run without this lock, so poison means nothing.
    fn lock(&self) -> MutexGuard<'_, List<C>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> fmt::Debug for Observers<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}
