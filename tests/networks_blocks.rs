//! Each block of a network, by itself, in all cases.

use super::network::{Id, Network, Node};
use super::{COUNT, at_least};

/// A network whose loads are single items: item `i` is column `i`.
struct Block {
    network: Network,
    items: Vec<Id>,
}

impl Block {
    fn new(count: usize) -> Self {
        let mut network = Network::default();
        let items = (0..count).map(|x| network.add(Node::Load { row: 0, x })).collect();
        Self { network, items }
    }

    /// The values of all nodes; minima and maxima are swapped in node `broken`.
    fn values(&self, items: &[u64], broken: Option<Id>, values: &mut Vec<u64>) {
        values.clear();
        for (id, node) in self.network.nodes().iter().enumerate() {
            values.push(match *node {
                Node::Load { x, .. } => items[x],
                Node::Kept { .. } => unreachable!("a block keeps nothing"),
                Node::Min(a, b) if broken != Some(id) => values[a] & values[b],
                Node::Max(a, b) if broken == Some(id) => values[a] & values[b],
                Node::Min(a, b) | Node::Max(a, b) => values[a] | values[b],
            });
        }
    }

    /// Whether each of the results that are said to be the items of these ranks is that, on patterns of `items`.
    fn ranks(
        &self,
        results: &[(Id, usize)],
        broken: Option<Id>,
        patterns: impl Iterator<Item = Vec<u64>>,
    ) -> bool {
        let (mut values, count) = (Vec::new(), self.items.len());
        for items in patterns {
            self.values(&items, broken, &mut values);
            for &(id, rank) in results {
                // The item of a rank is 1 if at least `count - rank` items are.
                if values[id] != at_least(count - rank, items.iter().copied()) {
                    return false;
                }
            }
        }
        true
    }

    /// The minima and maxima that results depend on.
    fn operations(&self, results: &[(Id, usize)]) -> Vec<Id> {
        let live = self.network.live(results.iter().map(|&(id, _)| id));
        let operation =
            |&id: &Id| live[id] && matches!(self.network.nodes()[id], Node::Min(..) | Node::Max(..));
        (0..live.len()).filter(operation).collect()
    }
}

/// All patterns of `count` zeros and ones.
fn all_patterns(count: usize) -> impl Iterator<Item = Vec<u64>> {
    (0..1u64 << count.saturating_sub(6)).map(move |high| {
        let word = |i| if i < 6 { COUNT[i] } else { 0u64.wrapping_sub(high >> (i - 6) & 1) };
        (0..count).map(word).collect()
    })
}

/// All patterns of two lists that are each zeros before ones.
fn sorted_patterns(p: usize, q: usize) -> impl Iterator<Item = Vec<u64>> {
    let all: Vec<(usize, usize)> = (0..=p).flat_map(|a| (0..=q).map(move |b| (a, b))).collect();
    (0..all.len()).step_by(64).map(move |first| {
        let mut items = vec![0; p + q];
        for (lane, &(a, b)) in all[first..].iter().take(64).enumerate() {
            for item in (a..p).chain(p + b..p + q) {
                items[item] |= 1 << lane;
            }
        }
        items
    })
}

#[test]
fn sort_sorts_every_pattern() {
    for count in 1..=17 {
        let mut block = Block::new(count);
        let sorted = block.network.sort(&block.items.clone());
        assert_eq!(sorted.len(), count);
        let results: Vec<_> = sorted.into_iter().zip(0..).collect();
        assert!(block.ranks(&results, None, all_patterns(count)), "{count} items");
        for broken in block.operations(&results) {
            assert!(
                !block.ranks(&results, Some(broken), all_patterns(count)),
                "{count} items, node {broken}"
            );
        }
    }
}

#[test]
fn merge_merges_any_two_lengths() {
    for (p, q) in (0..=40).flat_map(|p| (0..=40).map(move |q| (p, q))).filter(|&(p, q)| p + q > 0) {
        let mut block = Block::new(p + q);
        let (a, b) = block.items.split_at(p);
        let merged = block.network.merge(a, b);
        assert_eq!(merged.len(), p + q);
        let results: Vec<_> = merged.into_iter().zip(0..).collect();
        assert!(block.ranks(&results, None, sorted_patterns(p, q)), "{p} and {q} items");
        if p.max(q) <= 12 {
            for broken in block.operations(&results) {
                assert!(
                    !block.ranks(&results, Some(broken), sorted_patterns(p, q)),
                    "{p} and {q}, node {broken}"
                );
            }
        }
    }
}

#[test]
fn select_selects_every_rank() {
    for (p, q) in (0..=40).flat_map(|p| (0..=40).map(move |q| (p, q))).filter(|&(p, q)| p + q > 0) {
        let mut block = Block::new(p + q);
        let (a, b) = block.items.split_at(p);
        let results: Vec<_> = (0..p + q).map(|rank| (block.network.select(a, b, rank), rank)).collect();
        assert!(block.ranks(&results, None, sorted_patterns(p, q)), "{p} and {q} items");
        if p.max(q) <= 8 {
            for result in results {
                for broken in block.operations(&[result]) {
                    assert!(
                        !block.ranks(&[result], Some(broken), sorted_patterns(p, q)),
                        "{p} and {q}, rank {}, node {broken}",
                        result.1
                    );
                }
            }
        }
    }
}
