//! The demand-driven pipeline: the facts of ITK's, with ITK's numbers, and what is promised beyond.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use itk_core::pipeline::{self, DataObject, FilterNode, Node};
use itk_core::{AnyImage, Image, PixelType, Region};
use itk_filters::{GradientMagnitude, Median};
use itk_tests::graph::Virtual;

#[path = "pipeline_events.rs"]
mod events;
#[path = "pipeline_faults.rs"]
mod faults;
#[path = "pipeline_inspect.rs"]
mod inspect;
#[path = "pipeline_outputs.rs"]
mod outputs;
#[path = "pipeline_property.rs"]
mod property;
#[path = "pipeline_share.rs"]
mod share;
#[path = "pipeline_streaming.rs"]
mod streaming;
#[path = "pipeline_update.rs"]
mod update;

fn region(index: &[i64], size: &[usize]) -> Region {
    Region::new(index, size).unwrap()
}

/// An image of one value.
fn flat(size: &[usize], value: u8) -> AnyImage {
    Image::from_vec(size, vec![value; size.iter().product()]).unwrap().into()
}

/// The pixels of a u8 output.
fn bytes(data: &DataObject) -> Vec<u8> {
    data.image().unwrap().typed::<u8>().unwrap().to_vec()
}

/// A source of 20 x 20, and a median of radius 1 behind it.
fn source_and_median() -> (Node, FilterNode<Median>) {
    let (source, _) = Virtual::node(PixelType::U8, &[20, 20]);
    let median = pipeline::filter(Median::new(1), source.output());
    (source, median)
}

/// And a gradient behind that.
fn three_nodes() -> (Node, FilterNode<Median>, FilterNode<GradientMagnitude>) {
    let (source, median) = source_and_median();
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    (source, median, gradient)
}
