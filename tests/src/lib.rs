//! What the tests share: naive twins, which are the specification, and makers of test images.

pub mod cases;
pub mod gate;
pub mod graph;
pub mod levels;
pub mod naive;

/// The README's Rust examples, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The examples of the page on pipelines, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../docs/pipeline.md")]
pub struct PipelinePage;
