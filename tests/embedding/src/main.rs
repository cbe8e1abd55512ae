//! A program that embeds Python, and whose own threads enter it by `thread_state::ensure`, until Python ends and after.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use oxitk::thread_state::{EnsureError, Interpreter, ensure};
use pyo3::ffi::c_str;
use pyo3::prelude::*;

/// How many threads of the program run beside the one that started Python.
const THREADS: usize = 8;

fn main() {
    // SAFETY: Python was not started before, and no thread has a Python object after its end.
    let (interpreter, threads) = unsafe { pyo3::with_embedded_python_interpreter(live) };
    // Each of them entered Python before it ended; none hangs, and none is ended.
    for thread in threads {
        assert_eq!(thread.join().expect("a thread panicked"), EnsureError::Finalizing);
    }
    assert_eq!(
        ensure(&interpreter).err(),
        Some(EnsureError::Finalizing),
        "on the thread that started Python"
    );
    thread::scope(|scope| {
        let late = scope.spawn(|| ensure(&interpreter).err());
        assert_eq!(late.join().expect("a thread panicked"), Some(EnsureError::Finalizing), "on a new thread");
    });
    println!("{THREADS} threads entered Python until it ended; they, and two that came later, were refused");
}

/// Python's life: what is left of it are threads that still use it.
fn live(py: Python<'_>) -> (Arc<Interpreter>, Vec<JoinHandle<EnsureError>>) {
    let interpreter = Arc::new(Interpreter::current(py).expect("the gate could not be set up"));

    let answers = py.detach(|| {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| nested(&interpreter))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread panicked")).sum::<usize>()
        })
    });
    assert_eq!(answers, THREADS * 3 * 42, "threads that never had a state");

    assert_eq!(nested(&interpreter), 3 * 42, "a thread that is attached");
    assert_eq!(py.detach(|| nested(&interpreter)), 3 * 42, "a thread that has detached");
    assert_eq!(answer(py), 42, "the thread is attached as before");

    let (entered, entries) = channel();
    let threads = (0..THREADS).map(|_| spawn_loop(&interpreter, entered.clone())).collect();
    py.detach(move || assert_eq!(entries.iter().take(THREADS).count(), THREADS));
    (interpreter, threads)
}

/// Python's answer, asked at three depths, with a detached one between.
fn nested(interpreter: &Interpreter) -> usize {
    let attached = ensure(interpreter).expect("Python lives");
    attached.with(|py| {
        let within = ensure(interpreter).expect("Python lives").with(answer);
        let below = py.detach(|| ensure(interpreter).expect("Python lives").with(answer));
        within + below + answer(py)
    })
}

/// What Python says.
fn answer(py: Python<'_>) -> usize {
    py.eval(c_str!("sum(range(7)) * 2"), None, None).and_then(|sum| sum.extract()).expect("Python can add")
}

/// A thread that says when it first entered Python, and enters it again and again until it is refused.
fn spawn_loop(interpreter: &Arc<Interpreter>, entered: Sender<()>) -> JoinHandle<EnsureError> {
    let interpreter = interpreter.clone();
    thread::spawn(move || {
        let mut entered = Some(entered);
        loop {
            match ensure(&interpreter) {
                Ok(attached) => assert_eq!(attached.with(answer), 42),
                Err(error) => return error,
            }
            if let Some(entered) = entered.take() {
                entered.send(()).expect("the main thread waits for it");
            }
        }
    })
}
