//! The one door from Python into a kernel: detach, run, attend to Ctrl-C and callbacks, catch, attach, map the error.
//!
//! While a kernel runs, Python code runs on the thread that called it and on no other: threads that work never attach.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use itk_core::pump::{self, Attendance};
use itk_core::{Context, Result};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

use crate::errors::{internal, to_py};
use crate::hooks;
use crate::watch::Watch;

/// Everything that runs without the GIL. Tests hold each of them at its gate, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Median,
    Mean,
    Derivative,
    Gradient,
    Sobel,
    GradientMagnitude,
    Recursion,
    Chain,
    Imread,
    Imwrite,
    ImageFromArray,
    ImageCopy,
    ImagePreview,
    PipelineUpdate,
    CommandLine,
    Probe,
}

impl Kernel {
    pub(crate) const ALL: &[Self] = &[
        Self::Median,
        Self::Mean,
        Self::Derivative,
        Self::Gradient,
        Self::Sobel,
        Self::GradientMagnitude,
        Self::Recursion,
        Self::Chain,
        Self::Imread,
        Self::Imwrite,
        Self::ImageFromArray,
        Self::ImageCopy,
        Self::ImagePreview,
        Self::PipelineUpdate,
        Self::CommandLine,
        Self::Probe,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Mean => "mean",
            Self::Derivative => "derivative",
            Self::Gradient => "gradient",
            Self::Sobel => "sobel",
            Self::GradientMagnitude => "gradient_magnitude",
            Self::Recursion => "recursion",
            Self::Chain => "chain",
            Self::Imread => "imread",
            Self::Imwrite => "imwrite",
            Self::ImageFromArray => "image.from_array",
            Self::ImageCopy => "image.copy",
            Self::ImagePreview => "image.preview",
            Self::PipelineUpdate => "pipeline.update",
            Self::CommandLine => "command_line",
            Self::Probe => "probe",
        }
    }
}

/// Whether kernels let go of the GIL: unless `OXITK_RELEASE_GIL` is 0, for debugging, as ITK's variable of that kind.
pub(crate) fn releases_gil() -> bool {
    static RELEASES: OnceLock<bool> = OnceLock::new();
    *RELEASES.get_or_init(|| {
        let kept = ["0", "false", "no", "off"];
        let value = std::env::var("OXITK_RELEASE_GIL").unwrap_or_default();
        !kept.contains(&value.trim().to_ascii_lowercase().as_str())
    })
}

/// Runs a job without the GIL, watched as the caller asked.
///
/// An exception of a callback or a signal handler stops the job and is raised as it is. It goes before a panic, which
/// becomes `oxitk.InternalError`, and before the job's own error.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    kernel: Kernel,
    watch: &Watch,
    job: impl FnOnce(&Context<'_>) -> Result<R> + Send,
) -> PyResult<R> {
    let attendance = if watch.is_observed() { Attendance::Progress } else { Attendance::Polls };
    // To find out whether this is the main thread runs Python code, which would let go of a GIL that is to be kept.
    let sees_signals = (!releases_gil()).then_some(true);
    let mut attending = Attending { watch, raised: None, heard: 0.0, sees_signals };
    let outcome = {
        let attending = &mut attending;
        let work = move || {
            let job = |context: &Context<'_>| {
                let context = &context.clone().num_threads(watch.threads());
                hooks::pass(kernel, context)?;
                job(context)
            };
            let mut attend = |fraction: Option<f64>| attending.attend(fraction);
            let run = || pump::run(watch.cancel(), attendance, job, &mut attend);
            catch_unwind(AssertUnwindSafe(run))
        };
        if releases_gil() { py.detach(work) } else { work() }
    };
    let result = match (attending.raised, outcome) {
        (Some(error), _) => Err(error),
        (None, Err(panic)) => Err(internal(&*panic)),
        (None, Ok(Err(error))) => Err(to_py(error)),
        (None, Ok(Ok(value))) => watch.ends_at_one(py, attending.heard).map(|()| value),
    };
    watch.close(py, result)
}

/// Lets other threads run Python during work that is no kernel: waiting for threads.
pub(crate) fn without_gil<R: Send>(py: Python<'_>, work: impl FnOnce() -> R + Send) -> R {
    py.detach(work)
}

/// The calling thread's part while a kernel runs.
struct Attending<'a> {
    watch: &'a Watch,
    raised: Option<PyErr>,
    /// The latest fraction that the callback has got.
    heard: f64,
    /// Whether Python handles signals on this thread, which is the main one; `None` until that is known.
    sees_signals: Option<bool>,
}

impl Attending<'_> {
    /// Handles signals, and calls back with progress. False stops the kernel.
    fn attend(&mut self, fraction: Option<f64>) -> bool {
        if fraction.is_none() && self.sees_signals == Some(false) {
            return true;
        }
        let done = Python::try_attach(|py| {
            if self.sees_signals != Some(false) {
                py.check_signals()?;
            }
            if self.sees_signals.is_none() {
                self.sees_signals = Some(is_main_thread(py)?);
            }
            if let Some(fraction) = fraction {
                self.heard = fraction;
                self.watch.call(py, fraction)?;
            }
            Ok(())
        });
        match done {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                self.raised = Some(error);
                false
            }
            // The interpreter is at its end, and handles no signal any more. What its last thread begins then, in a
            // `__del__`, goes on.
            None => true,
        }
    }
}

/// This runs Python code, in which a signal handler may raise.
fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = match py.import("threading") {
        Ok(threading) => threading,
        // The interpreter is at its end.
        Err(error) if error.is_instance_of::<PyImportError>(py) => return Ok(false),
        Err(error) => return Err(error),
    };
    threading.call_method0("main_thread")?.getattr("ident")?.eq(threading.call_method0("get_ident")?)
}
