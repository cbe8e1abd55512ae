//! Nodes around the filters of this toolkit.

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

use super::data::DataObject;
use super::information::{Information, Inputs, Request};
use super::node::Node;
use super::process::Process;
use super::run::Run;
use crate::{Filter, Region, Result, Task};

/// A node that applies a [`Filter`] to its one input.
///
/// # Example
/// ```
/// # use itk_core::{Context, Filter, Header, Region, Result, Task};
/// use itk_core::pipeline::{self, DataObject, FilterNode};
/// fn run<F: Filter + PartialEq + 'static>(first: F, image: DataObject, other: F) -> Result<()> {
///     let node: FilterNode<F> = pipeline::filter(first, image);
///     node.update()?;
///     node.set(other)?; // a modification, unless it is equal
///     node.update()
/// }
/// ```
pub struct FilterNode<F> {
    node: Node,
    filter: std::marker::PhantomData<fn() -> F>,
}

/// A node that applies `filter` to `input`.
///
/// The node lives as long as this handle and its clones: its output alone does not keep it.
pub fn filter<F: Filter + 'static>(filter: F, input: impl Into<DataObject>) -> FilterNode<F> {
    let node = FilterNode { node: Node::new(Filtering(filter)), filter: std::marker::PhantomData };
    let connected = node.set_input(0, input);
    debug_assert!(connected.is_ok(), "a new node has no observers that could fail");
    node
}

impl<F: Filter + 'static> FilterNode<F> {
    /// The filter with its parameters as they are now.
    pub fn filter(&self) -> F
    where
        F: Clone,
    {
        let process = self.node.process();
        let process: &dyn Any = &*process;
        process.downcast_ref::<Filtering<F>>().map(|filtering| filtering.0.clone()).expect(SAME)
    }

    /// Takes other parameters. Equal ones are no modification.
    ///
    /// # Errors
    /// Those of observers of [`crate::events::Event::Modified`].
    pub fn set(&self, filter: F) -> Result<()>
    where
        F: PartialEq,
    {
        let process = self.node.process();
        let process: &dyn Any = &*process;
        if process.downcast_ref::<Filtering<F>>().expect(SAME).0 == filter {
            Ok(())
        } else {
            self.replace(filter)
        }
    }

    /// Takes other parameters, for filters that cannot be compared, such as `Arc<dyn Filter>`: always a modification.
    ///
    /// # Errors
    /// Those of observers of [`crate::events::Event::Modified`].
    pub fn replace(&self, filter: F) -> Result<()> {
        self.node.set_process(Arc::new(Filtering(filter)))
    }

    /// The node without the type of its filter.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

const SAME: &str = "the node still has the process that it was made with";

impl<F> Clone for FilterNode<F> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), filter: std::marker::PhantomData }
    }
}

impl<F> Deref for FilterNode<F> {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl<F> std::fmt::Debug for FilterNode<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)
    }
}

struct Filtering<F>(F);

impl<F: Filter + 'static> Process for Filtering<F> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        let Information { header, metadata } = inputs.primary()?;
        Ok(vec![Information { header: self.0.plan(header)?, metadata: metadata.clone() }])
    }

    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        self.0.input_region(&request.input(input).header, &request.requested[0])
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let input = run.input(0)?;
        let (header, region) = (input.header(), run.requested_region(0));
        run.produce(0, |output, context| {
            self.0.fill(Task { input: &header, source: input.view(), region, output, context })
        })
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("Filter".into(), format!("{:?}", self.0))]
    }
}
