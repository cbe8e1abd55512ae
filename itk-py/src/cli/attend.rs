//! Ctrl-C: the work runs on a thread of its own while this one listens to Python's signals.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use itk_core::CancelToken;
use pyo3::Python;

use super::Stop;

/// How long a signal may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Runs `work`; a signal that Python answers with an exception cancels it. A file that is being written is
/// completed first.
pub(super) fn attend(work: impl FnOnce(&CancelToken) -> Result<(), Stop> + Send) -> Result<(), Stop> {
    let cancel = CancelToken::new();
    let (sender, done) = channel::<()>();
    std::thread::scope(|scope| {
        let cancel = &cancel;
        let worker = scope.spawn(move || {
            let _ends_with_the_work = sender;
            work(cancel)
        });
        while done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            if Python::attach(|py| py.check_signals()).is_err() {
                cancel.cancel();
            }
        }
        let result =
            worker.join().unwrap_or_else(|_| Err(Stop::Failed("internal error; please report it".into())));
        if cancel.is_cancelled() { Err(Stop::Interrupted) } else { result }
    })
}
