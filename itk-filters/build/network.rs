//! Comparison networks as graphs of minima and maxima.
//!
//! A node is a value: a key that is loaded, a key kept from an earlier step, or the smaller or larger of two nodes. A
//! graph is built forward, and only what its results need is ever counted or emitted, so a block that computes
//! too much costs nothing.
//!
//! # Source
//! K. Batcher, "Sorting Networks and Their Applications", 1968: odd-even merge, here for lists of any two lengths
//! (D. Knuth, The Art of Computer Programming 3, 5.3.4).

use std::collections::HashMap;

/// A node by its number.
pub(crate) type Id = usize;

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The key at `x` pixels right of the window's left edge in an input row.
    Load { row: usize, x: usize },
    /// An item of a list that an earlier step has kept.
    Kept { list: usize, item: usize },
    /// The smaller of two.
    Min(Id, Id),
    /// The larger of two.
    Max(Id, Id),
}

/// A network under construction; equal nodes are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
}

impl Network {
    /// The number of a node that is there.
    pub(crate) fn find(&self, node: Node) -> Option<Id> {
        self.known.get(&node).copied()
    }

    /// All nodes, each after those that it depends on.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Adds a node, unless it is there.
    pub(crate) fn add(&mut self, node: Node) -> Id {
        let nodes = &mut self.nodes;
        *self.known.entry(node).or_insert_with(|| {
            nodes.push(node);
            nodes.len() - 1
        })
    }

    fn min(&mut self, a: Id, b: Id) -> Id {
        self.add(Node::Min(a.min(b), a.max(b)))
    }

    fn max(&mut self, a: Id, b: Id) -> Id {
        self.add(Node::Max(a.min(b), a.max(b)))
    }

    /// Sorts: halves first, then their merge.
    pub(crate) fn sort(&mut self, items: &[Id]) -> Vec<Id> {
        if items.len() < 2 {
            return items.to_vec();
        }
        let (a, b) = items.split_at(items.len() / 2);
        let (a, b) = (self.sort(a), self.sort(b));
        self.merge(&a, &b)
    }

    /// Merges two sorted lists of any lengths.
    pub(crate) fn merge(&mut self, a: &[Id], b: &[Id]) -> Vec<Id> {
        match (a, b) {
            ([], list) | (list, []) => list.to_vec(),
            (&[a], &[b]) => vec![self.min(a, b), self.max(a, b)],
            _ => {
                let every_other = |list: &[Id], first: usize| {
                    list.iter().skip(first).step_by(2).copied().collect::<Vec<_>>()
                };
                let even = self.merge(&every_other(a, 0), &every_other(b, 0));
                let odd = self.merge(&every_other(a, 1), &every_other(b, 1));
                let mut merged = vec![even[0]];
                for i in 0..odd.len().max(even.len() - 1) {
                    match (odd.get(i), even.get(i + 1)) {
                        (Some(&o), Some(&e)) => merged.extend([self.min(o, e), self.max(o, e)]),
                        (Some(&rest), None) | (None, Some(&rest)) => merged.push(rest),
                        (None, None) => {}
                    }
                }
                merged
            }
        }
    }

    /// The item with `rank` smaller ones in the union of two sorted lists.
    ///
    /// It is the least, over all ways to take `rank + 1` items from the fronts of the two lists, of the greatest
    /// item taken.
    pub(crate) fn select(&mut self, a: &[Id], b: &[Id], rank: usize) -> Id {
        assert!(rank < a.len() + b.len(), "a rank inside the union");
        let mut least = None;
        for from_a in (rank + 1).saturating_sub(b.len())..=a.len().min(rank + 1) {
            let from_b = rank + 1 - from_a;
            let greatest = match (from_a.checked_sub(1), from_b.checked_sub(1)) {
                (Some(i), Some(j)) => self.max(a[i], b[j]),
                (Some(i), None) => a[i],
                (None, Some(j)) => b[j],
                (None, None) => unreachable!("rank + 1 items are taken"),
            };
            least = Some(match least {
                None => greatest,
                Some(least) => self.min(least, greatest),
            });
        }
        least.expect("there is a way to take them")
    }

    /// Which nodes the results depend on.
    pub(crate) fn live(&self, results: impl IntoIterator<Item = Id>) -> Vec<bool> {
        let mut live = vec![false; self.nodes.len()];
        for id in results {
            live[id] = true;
        }
        for id in (0..self.nodes.len()).rev() {
            if let (true, Node::Min(a, b) | Node::Max(a, b)) = (live[id], self.nodes[id]) {
                (live[a], live[b]) = (true, true);
            }
        }
        live
    }

    /// Minima and maxima that the results need: vector operations a step.
    pub(crate) fn operations(&self, results: impl IntoIterator<Item = Id>) -> usize {
        let live = self.live(results);
        self.nodes
            .iter()
            .zip(live)
            .filter(|(node, live)| *live && matches!(node, Node::Min(..) | Node::Max(..)))
            .count()
    }
}
