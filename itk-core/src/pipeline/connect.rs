//! What a node takes and gives: its inputs by index and name, and its outputs.

use std::sync::Arc;

use super::data::DataObject;
use super::information::{PRIMARY, input_name};
use super::node::Node;
use crate::{Error, Result};

/// The inputs that are set: indexed ones first.
#[derive(Clone, Default)]
pub(super) struct InputList {
    pub(super) names: Vec<Arc<str>>,
    pub(super) data: Vec<DataObject>,
    pub(super) indexed: usize,
    /// How many indexed inputs there are room for: ITK counts those that were set to nothing too.
    pub(super) slots: usize,
}

impl Node {
    /// Connects an indexed input; 0 is the primary one. The same object again is no modification.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn set_input(&self, index: usize, data: impl Into<DataObject>) -> Result<()> {
        self.connect(input_name(index).into(), Some(index), Some(data.into()))
    }

    /// Connects an input by name. `Primary`, `_1`, `_2` ... are the indexed ones.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn set_named_input(&self, name: &str, data: impl Into<DataObject>) -> Result<()> {
        self.connect(name.into(), index_of(name), Some(data.into()))
    }

    /// Disconnects an input.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`](crate::events::Event::Modified).
    pub fn remove_input(&self, name: &str) -> Result<()> {
        self.connect(name.into(), index_of(name), None)
    }

    fn connect(&self, name: Arc<str>, index: Option<usize>, data: Option<DataObject>) -> Result<()> {
        let old = {
            let mut state = self.lock();
            let list = Arc::make_mut(&mut state.inputs);
            if let (Some(index), Some(_)) = (index, &data) {
                list.slots = list.slots.max(index + 1);
            }
            match (list.names.iter().position(|known| *known == name), data) {
                (Some(at), Some(data)) if list.data[at].is_same(&data) => return Ok(()),
                (Some(at), Some(data)) => Some(std::mem::replace(&mut list.data[at], data)),
                (Some(at), None) => {
                    list.names.remove(at);
                    list.indexed -= usize::from(at < list.indexed);
                    Some(list.data.remove(at))
                }
                (None, None) => return Ok(()),
                (None, Some(data)) => {
                    let at = match index {
                        Some(index) => {
                            let before = |known: &&Arc<str>| index_of(known).is_some_and(|i| i < index);
                            list.indexed += 1;
                            list.names.iter().filter(before).count()
                        }
                        None => list.names.len(),
                    };
                    list.names.insert(at, name);
                    list.data.insert(at, data);
                    None
                }
            }
        };
        drop(old);
        self.modified()
    }

    /// A connected input by name.
    pub fn input(&self, name: &str) -> Option<DataObject> {
        let inputs = self.lock().inputs.clone();
        let at = inputs.names.iter().position(|known| **known == *name)?;
        Some(inputs.data[at].clone())
    }

    /// Names and objects of the connected inputs, indexed ones first.
    pub fn inputs(&self) -> Vec<(Arc<str>, DataObject)> {
        let inputs = self.lock().inputs.clone();
        inputs.names.iter().cloned().zip(inputs.data.iter().cloned()).collect()
    }

    /// The first output.
    ///
    /// # Panics
    /// When it is a sink, which has no outputs; [`Node::outputs`] does not.
    pub fn output(&self) -> DataObject {
        self.lock().outputs.first().expect("a node that is no sink has an output").clone()
    }

    /// All outputs.
    pub fn outputs(&self) -> Vec<DataObject> {
        self.lock().outputs.to_vec()
    }

    pub(super) fn replace_output(&self, index: usize, fresh: DataObject) {
        fresh.lock().source = Some((Arc::downgrade(&self.0), index));
        let old = {
            let mut state = self.lock();
            let outputs = Arc::make_mut(&mut state.outputs);
            outputs.get_mut(index).map(|slot| std::mem::replace(slot, fresh))
        };
        drop(old);
    }

    /// Has an output take over pixels, regions and information of an image, as a mini-pipeline inside a process
    /// does at its end.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such output; those of [`DataObject::graft`].
    pub fn graft_output(&self, index: usize, image: &DataObject) -> Result<()> {
        let outputs = self.lock().outputs.clone();
        let output = outputs.get(index).ok_or_else(|| Error::Parameter {
            filter: "pipeline",
            name: "output",
            expected: format!("less than {}, the number of outputs", outputs.len()),
            got: index.to_string(),
        })?;
        output.graft(image)
    }
}

/// Which indexed input goes by this name.
fn index_of(name: &str) -> Option<usize> {
    if name == PRIMARY {
        return Some(0);
    }
    let digits = name.strip_prefix('_')?;
    let index = digits.parse().ok().filter(|&index: &usize| index > 0)?;
    (digits == index.to_string()).then_some(index)
}
