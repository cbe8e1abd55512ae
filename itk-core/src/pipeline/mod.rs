//! Graphs of sources, filters and sinks that compute what is asked for, and only what has changed: ITK's
//! demand-driven pipeline.
//!
//! A [`Node`] makes [`DataObject`]s from others. Connecting them computes nothing; an update of an output goes
//! through all that it depends on, three times: for information (sizes, geometry, pixel types), for requested
//! regions (which part of each input a part of the output needs), and for data. A node whose output is newer
//! than all that it depends on, and holds the region that is asked for, does not run again.
//!
//! Events are told on the thread that updates. No lock is held while code from outside runs, be it an observer or
//! a [`Process`]; a node that is being updated cannot be updated from there, which is an error and no deadlock.
//!
//! # Source
//! ITK's `ProcessObject` and `DataObject`. Where ITK's are at fault this differs: an error while information is
//! updated leaves no node stuck; an input that several nodes share is made once, for all that they need; a change
//! that comes while a node runs counts for the next update; an abort is always an error.

mod connect;
mod data;
mod demand;
mod describe;
mod filter;
mod graph;
mod information;
mod node;
mod pixels;
mod process;
mod pull;
mod run;
mod session;
mod share;
mod streaming;
mod svg;
mod time;

pub use data::{DataObject, global_release_data_flag, set_global_release_data_flag};
pub use filter::{FilterNode, filter};
pub use graph::Graph;
pub use information::{Information, Inputs, Request, Tolerance};
pub use node::{Execution, MAX_WORK_UNITS, Node, global_tolerance, set_global_tolerance};
pub use process::Process;
pub use pull::Divisions;
pub use run::Run;
pub use streaming::{Streaming, streaming};

use crate::events::{Event, Notice, Observers};

/// Tells observers that their object is gone. Nobody is there to take an error, so it is printed, as ITK does.
fn tell_deletion<C>(observers: &Observers<C>, progress: f64) {
    if !observers.has(Event::Delete) {
        return;
    }
    let notice = Notice { event: Event::Delete, caller: None, progress };
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| observers.invoke(&notice)));
    match told {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("warning: an observer of DeleteEvent failed: {error}"),
        Err(_) => eprintln!("warning: an observer of DeleteEvent panicked"),
    }
}
