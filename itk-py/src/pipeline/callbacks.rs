//! Observers: Python callables that are told of events.
//!
//! The object that is observed keeps them in a table of its own, where Python's garbage collector finds them; the
//! pipeline has only a weak link to that table. So a callback that refers to its own node is collected with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use itk_core::events::{Event, Notice, Observers, Tag};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::attached::attached;
use crate::arguments::type_name;

/// The callables that observe one object.
pub(super) struct Callbacks {
    list: Mutex<Vec<Callback>>,
    /// Keys given so far. None is used twice, as a removed callback may be asked for once more.
    keys: AtomicU64,
    /// A weak reference to the object, which callbacks are shown.
    caller: Mutex<Option<Py<PyAny>>>,
}

struct Callback {
    /// Names it until its tag is known.
    key: u64,
    tag: Option<Tag>,
    call: Py<PyAny>,
    takes_event: bool,
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Callbacks {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { list: Mutex::default(), keys: AtomicU64::new(0), caller: Mutex::default() })
    }

    /// Says whose they are.
    pub(super) fn set_caller(&self, weak: Bound<'_, PyAny>) {
        let old = lock(&self.caller).replace(weak.unbind());
        drop(old);
    }

    /// Calls `call` on an event and its special cases.
    pub(super) fn add<C: 'static>(
        self: &Arc<Self>,
        observers: &Observers<C>,
        event: &Bound<'_, PyAny>,
        call: &Bound<'_, PyAny>,
    ) -> PyResult<Tag> {
        let event = event_of(event)?;
        let takes_event = takes_event(call)?;
        let key = self.keys.fetch_add(1, Ordering::Relaxed);
        lock(&self.list).push(Callback { key, tag: None, call: call.clone().unbind(), takes_event });
        let table = Arc::downgrade(self);
        let tag = observers.add(event, move |notice| call_one(&table, key, notice));
        let mut list = lock(&self.list);
        if let Some(callback) = list.iter_mut().find(|callback| callback.key == key) {
            callback.tag = Some(tag);
        }
        Ok(tag)
    }

    /// Takes out the callback of a tag.
    pub(super) fn remove<C>(&self, observers: &Observers<C>, tag: Tag) -> bool {
        let removed = {
            let mut list = lock(&self.list);
            let at = list.iter().position(|callback| callback.tag == Some(tag));
            at.map(|at| list.remove(at))
        };
        observers.remove(tag) | removed.is_some()
    }

    pub(super) fn remove_all<C>(&self, observers: &Observers<C>) {
        observers.remove_all();
        let removed = std::mem::take(&mut *lock(&self.list));
        drop(removed);
    }

    fn call(&self, py: Python<'_>, key: u64, event: Event, progress: f64) -> PyResult<()> {
        let (call, takes_event) = {
            let list = lock(&self.list);
            let Some(callback) = list.iter().find(|callback| callback.key == key) else { return Ok(()) };
            (callback.call.clone_ref(py), callback.takes_event)
        };
        if !takes_event {
            return call.call0(py).map(drop);
        }
        let weak = lock(&self.caller).as_ref().map(|caller| caller.clone_ref(py));
        let caller = weak.map(|weak| weak.call0(py)).transpose()?;
        let events = match py.import("oxitk._events") {
            Ok(events) => events,
            // Nodes that live until the interpreter ends.
            Err(_) if event == Event::Delete => return Ok(()),
            Err(error) => return Err(error),
        };
        let class = events.getattr(event.to_string().as_str())?;
        call.call1(py, (class.call1((caller, progress))?,)).map(drop)
    }

    /// Shows the garbage collector what is held here. What is locked now is in use, and so no garbage.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(list) = self.list.try_lock() else { return Ok(()) };
        list.iter().try_for_each(|callback| visit.call(&callback.call))
    }

    pub(super) fn clear(&self) {
        let removed = std::mem::take(&mut *lock(&self.list));
        drop(removed);
    }
}

/// Calls one callback, on the thread on which the event happens.
fn call_one<C>(table: &Weak<Callbacks>, key: u64, notice: &Notice<'_, C>) -> itk_core::Result<()> {
    let Some(table) = table.upgrade() else { return Ok(()) };
    attached("observer", |py| {
        // An object may end while an exception is on its way through the frame that had it.
        let pending = if notice.event == Event::Delete { PyErr::take(py) } else { None };
        let result = table.call(py, key, notice.event, notice.progress);
        if let Some(pending) = pending {
            pending.restore(py);
        }
        result
    })
}

/// The event that a class of `oxitk._events`, or an instance of one, stands for.
pub(super) fn event_of(object: &Bound<'_, PyAny>) -> PyResult<Event> {
    let class = match object.cast::<PyType>() {
        Ok(class) => class.clone(),
        Err(_) => object.get_type(),
    };
    let name = class.name()?.to_string();
    let events = object.py().import("oxitk._events")?;
    let known = Event::ALL.iter().copied().find(|event| event.to_string() == name);
    match known {
        Some(event) if events.getattr(name.as_str())?.is(&class) => Ok(event),
        _ => {
            let got = if object.cast::<PyType>().is_ok() { name } else { type_name(object) };
            Err(PyTypeError::new_err(format!(
                "event must be one of oxitk.pipeline's event classes, such as ProgressEvent, got {got}"
            )))
        }
    }
}

/// Whether a callback is to be given the event: when it cannot be called without arguments, as ITK calls. Without a
/// signature to look at, such as some builtins, it is called as ITK calls.
fn takes_event(call: &Bound<'_, PyAny>) -> PyResult<bool> {
    if !call.is_callable() {
        let text = format!("an observer must be callable, got {}", type_name(call));
        return Err(PyTypeError::new_err(text));
    }
    let inspect = call.py().import("inspect")?;
    let Ok(signature) = inspect.call_method1("signature", (call,)) else { return Ok(false) };
    if signature.call_method0("bind").is_ok() {
        return Ok(false);
    }
    if signature.call_method1("bind", (call.py().None(),)).is_ok() {
        return Ok(true);
    }
    Err(PyTypeError::new_err(format!(
        "an observer is called with the event or without arguments, but {call} can be called with neither"
    )))
}
