//! What one step of a median kernel computes: `outputs` rows of results from the rows that have newly come in, and from
//! sorted lists that earlier steps have kept.
//!
//! Rows are sorted first (along x, or along x and z), then merged down y. Two, four … neighbouring rows that start at a
//! multiple of their number form a span, which is merged once and serves all windows that contain it. A tile of
//! `height` output rows shares the rows that all its windows contain; it is halved until single windows are left, and
//! each half adds the rows that its windows have in common. Whatever can no longer be the median is dropped from
//! a list as early as the numbers allow.
//!
//! # Source
//! Sharing merged spans between windows and dropping what cannot be the median are textbook; the recursion over tiles
//! follows L. Sugy, "Fast median filters using separable sorting networks", 2025, along y only.

use std::collections::BTreeMap;

use crate::network::{Id, Network, Node};
use crate::shapes::Shape;

/// A piece of a step: one network, which several calls may share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Block {
    /// Sorts `count` samples of an input row, from the window's column `first` on.
    Sort { first: usize, count: usize },
    /// Merges two sorted lists and keeps the items `low..end`.
    Merge { lengths: [usize; 2], low: usize, end: usize },
    /// The item with `rank` smaller ones in two sorted lists.
    Select { lengths: [usize; 2], rank: usize },
}

impl Block {
    /// Adds the block to a network; `row` is for blocks that sort, `lists` for others.
    pub(crate) fn expand(&self, network: &mut Network, row: usize, lists: [&[Id]; 2]) -> Vec<Id> {
        match *self {
            Self::Sort { first, count } => {
                let loads: Vec<Id> =
                    (first..first + count).map(|x| network.add(Node::Load { row, x })).collect();
                network.sort(&loads)
            }
            Self::Merge { low, end, .. } => network.merge(lists[0], lists[1])[low..end].to_vec(),
            Self::Select { rank, .. } => vec![network.select(lists[0], lists[1], rank)],
        }
    }
}

/// The use of a block. Lists, input rows and output rows go by number.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) block: Block,
    /// An input row of a block that sorts, two lists of others.
    pub(crate) inputs: [usize; 2],
    /// An output row of a block that selects, a list of others.
    pub(crate) output: usize,
}

/// Where a list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A call of this step.
    Computed,
    /// A list of an earlier step, by its number in [`Program::used`].
    Kept(usize),
}

/// What a step computes, block by block.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) shape: Shape,
    /// Length and origin of each list.
    pub(crate) lists: Vec<(usize, Origin)>,
    /// In an order in which they can be done.
    pub(crate) calls: Vec<Call>,
    /// Lists that later steps use, and for how many steps.
    pub(crate) kept: Vec<(usize, usize)>,
    /// Lists of earlier steps that this one uses: number in `kept`, and how many steps ago.
    pub(crate) used: Vec<(usize, usize)>,
}

impl Program {
    /// The program with the cheapest alignment of spans.
    pub(crate) fn plan(shape: Shape) -> Self {
        (0..shape.height as isize)
            .map(|alignment| Planner::new(shape, alignment).plan())
            .min_by_key(|program| Step::of(program).operations())
            .expect("a tile has a row")
    }

    /// Steps before the first one whose outputs are right.
    pub(crate) fn warm_up(&self) -> usize {
        self.used.iter().map(|&(_, age)| age).max().unwrap_or(0)
    }
}

/// One step as one network.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) network: Network,
    /// The medians: rows of the first slice, then rows of the second.
    pub(crate) outputs: Vec<Id>,
    /// Lists that this step keeps; `None` for items that nobody asks for.
    pub(crate) kept: Vec<Vec<Option<Id>>>,
    /// Lists of earlier steps that this one uses: number in `kept`, and how many steps ago.
    pub(crate) used: Vec<(usize, usize)>,
}

impl Step {
    /// All blocks of a program, without what nobody needs.
    pub(crate) fn of(program: &Program) -> Self {
        let mut network = Network::default();
        let mut lists: Vec<Vec<Id>> = program
            .lists
            .iter()
            .map(|&(length, origin)| match origin {
                Origin::Computed => Vec::new(),
                Origin::Kept(list) => {
                    (0..length).map(|item| network.add(Node::Kept { list, item })).collect()
                }
            })
            .collect();
        let mut outputs = vec![0; program.shape.rows * program.shape.slices];
        for Call { block, inputs: [a, b], output } in &program.calls {
            let inputs: [&[Id]; 2] = match block {
                Block::Sort { .. } => [&[], &[]],
                _ => [&lists[*a], &lists[*b]],
            };
            let result = block.expand(&mut network, *a, inputs);
            match block {
                Block::Select { .. } => outputs[*output] = result[0],
                _ => lists[*output] = result,
            }
        }
        let kept = program.kept.iter().map(|&(list, _)| lists[list].iter().map(|&id| Some(id)).collect());
        let mut step = Self { kept: kept.collect(), network, outputs, used: program.used.clone() };
        step.forget_unused();
        step
    }

    /// What a step must compute: its outputs, and the items that it keeps.
    pub(crate) fn results(&self) -> impl Iterator<Item = Id> + '_ {
        let kept = self.kept.iter().flat_map(|list| list.iter().flatten());
        self.outputs.iter().chain(kept).copied()
    }

    /// Vector minima and maxima a step.
    pub(crate) fn operations(&self) -> usize {
        self.network.operations(self.results())
    }

    /// Keeps no item that no later step uses.
    fn forget_unused(&mut self) {
        loop {
            let live = self.network.live(self.results());
            let mut wanted: Vec<Vec<bool>> = self.kept.iter().map(|list| vec![false; list.len()]).collect();
            for (id, node) in self.network.nodes().iter().enumerate() {
                if let (true, Node::Kept { list, item }) = (live[id], node) {
                    wanted[self.used[*list].0][*item] = true;
                }
            }
            let mut changed = false;
            for (list, wanted) in self.kept.iter_mut().zip(wanted) {
                for (item, wanted) in list.iter_mut().zip(wanted) {
                    changed |= !wanted && item.take().is_some();
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// A sorted list: the samples that it has seen, without those known to lie below or above the median.
#[derive(Clone, Copy, Debug)]
struct List {
    id: usize,
    length: usize,
    below: usize,
    above: usize,
}

impl List {
    fn samples(&self) -> usize {
        self.length + self.below + self.above
    }
}

/// Rows `first..first + count` of an output slice, as one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    slice: usize,
    count: usize,
    first: isize,
}

struct Planner {
    shape: Shape,
    alignment: isize,
    lists: Vec<(usize, Origin)>,
    calls: Vec<Call>,
    spans: BTreeMap<Span, List>,
    /// Sorted rows of input, by row, first plane and number of planes.
    planes: BTreeMap<(isize, usize, usize), List>,
    /// Lists of earlier steps: the span as it was in the step that computed it, and how many steps ago.
    used: Vec<(Span, usize, List)>,
}

impl Planner {
    fn new(shape: Shape, alignment: isize) -> Self {
        Self {
            shape,
            alignment,
            lists: Vec::new(),
            calls: Vec::new(),
            spans: BTreeMap::new(),
            planes: BTreeMap::new(),
            used: Vec::new(),
        }
    }

    fn plan(mut self) -> Program {
        let Shape { rows, slices, height, .. } = self.shape;
        for slice in 0..slices {
            for top in (0..rows).step_by(height) {
                self.tile(slice, top as isize, height, None);
            }
        }
        // Computing what is to be kept may use more of what was kept.
        let mut done = 0;
        while done < self.used.len() {
            self.span(self.used[done].0);
            done += 1;
        }
        let mut spans: Vec<Span> = self.used.iter().map(|&(span, ..)| span).collect();
        spans.sort_unstable();
        spans.dedup();
        let kept = spans.iter().map(|span| {
            let ages = self.used.iter().filter(|(used, ..)| used == span).map(|&(_, age, _)| age);
            (self.spans[span].id, ages.max().unwrap_or(0))
        });
        let used = self
            .used
            .iter()
            .map(|(span, age, _)| (spans.binary_search(span).expect("a span that is used is kept"), *age));
        Program {
            shape: self.shape,
            kept: kept.collect(),
            used: used.collect(),
            lists: self.lists,
            calls: self.calls,
        }
    }

    /// The medians of `height` output rows from `top` on. `core` is the list of the rows that all their windows contain.
    fn tile(&mut self, slice: usize, top: isize, height: usize, core: Option<List>) {
        let k = self.shape.window[1] as isize;
        let half = height as isize / 2;
        let core = match core {
            Some(core) => core,
            None if height == 1 => return self.row_median(slice, top),
            None => self.range(slice, top + height as isize - 1, k - height as isize + 1),
        };
        for (top, first) in [(top, top + half - 1), (top + half, top + k)] {
            let extra = self.range(slice, first, half);
            if half == 1 {
                self.select(core, extra, slice, top);
            } else {
                let core = self.merge(core, extra);
                self.tile(slice, top, half as usize, Some(core));
            }
        }
    }

    /// The median of a window of one row: of the halves of the row, each sorted.
    fn row_median(&mut self, slice: usize, y: isize) {
        let [kx, ky, kz] = self.shape.window;
        assert!(ky == 1 && kz == 1 && kx > 1, "tiles of one row are for windows of one row");
        let (a, b) = (self.sort(slice, y, 0, kx / 2), self.sort(slice, y, kx / 2, kx - kx / 2));
        self.select(a, b, slice, y);
    }

    fn select(&mut self, a: List, b: List, slice: usize, y: isize) {
        let middle = (self.shape.samples() - 1) / 2;
        let block = Block::Select { lengths: [a.length, b.length], rank: middle - a.below - b.below };
        let output = slice * self.shape.rows + y as usize;
        self.calls.push(Call { block, inputs: [a.id, b.id], output });
    }

    /// Any number of neighbouring rows as one list: made of the largest spans, smallest ones merged first.
    fn range(&mut self, slice: usize, first: isize, count: isize) -> List {
        let end = first + count;
        let mut parts = Vec::new();
        let mut at = first;
        while at < end {
            let mut size = 1;
            while size * 2 <= self.shape.height as isize
                && at + size * 2 <= end
                && (at - self.alignment).rem_euclid(size * 2) == 0
            {
                size *= 2;
            }
            parts.push(self.span(Span { slice, count: size as usize, first: at }));
            at += size;
        }
        while parts.len() > 1 {
            parts.sort_by_key(|list| std::cmp::Reverse(list.samples()));
            let (a, b) = (parts.pop().expect("two parts"), parts.pop().expect("two parts"));
            let merged = self.merge(a, b);
            parts.push(merged);
        }
        parts.pop().expect("a range has a row")
    }

    fn span(&mut self, span: Span) -> List {
        let Span { slice, count, first } = span;
        let half = count / 2;
        let age = self.age(first + count as isize - 1);
        if age > 0 {
            return self.kept(span, age);
        }
        if let Some(list) = self.spans.get(&span) {
            return *list;
        }
        let list = if count == 1 {
            self.row(slice, first)
        } else {
            let upper = self.span(Span { slice, count: half, first });
            let lower = self.span(Span { slice, count: half, first: first + half as isize });
            self.merge(upper, lower)
        };
        self.spans.insert(span, list);
        list
    }

    /// How many steps ago the row came in.
    fn age(&self, row: isize) -> usize {
        let missing = self.shape.first_row() as isize - row;
        if missing <= 0 { 0 } else { (missing as usize).div_ceil(self.shape.rows) }
    }

    fn kept(&mut self, span: Span, age: usize) -> List {
        let then = Span { first: span.first + (age * self.shape.rows) as isize, ..span };
        if let Some((.., list)) = self.used.iter().find(|(span, steps, _)| (*span, *steps) == (then, age)) {
            return *list;
        }
        // How long it is follows from how many samples it has seen.
        let samples = span.count * self.shape.window[0] * self.shape.window[2];
        let (low, end) = self.crop(0, samples, 0);
        let list = self.list(end - low, low, samples - end, Origin::Kept(self.used.len()));
        self.used.push((then, age, list));
        list
    }

    fn list(&mut self, length: usize, below: usize, above: usize, origin: Origin) -> List {
        self.lists.push((length, origin));
        List { id: self.lists.len() - 1, length, below, above }
    }

    /// A row, sorted: along x, and over the planes of the slice's window. The planes that two slices share are merged
    /// once.
    fn row(&mut self, slice: usize, y: isize) -> List {
        let kz = self.shape.window[2];
        if self.shape.slices == 1 || kz == 1 {
            return self.planes(y, slice, kz);
        }
        let shared = self.planes(y, 1, kz - 1);
        let own = self.planes(y, if slice == 0 { 0 } else { kz }, 1);
        self.merge(shared, own)
    }

    fn planes(&mut self, y: isize, first: usize, count: usize) -> List {
        if let Some(list) = self.planes.get(&(y, first, count)) {
            return *list;
        }
        let list = if count == 1 {
            self.sort(first, y, 0, self.shape.window[0])
        } else {
            let half = count / 2;
            let (a, b) = (self.planes(y, first, half), self.planes(y, first + half, count - half));
            self.merge(a, b)
        };
        self.planes.insert((y, first, count), list);
        list
    }

    fn sort(&mut self, plane: usize, y: isize, first: usize, count: usize) -> List {
        let row = (y as usize - self.shape.first_row()) * self.shape.planes() + plane;
        let list = self.list(count, 0, 0, Origin::Computed);
        self.calls.push(Call { block: Block::Sort { first, count }, inputs: [row, row], output: list.id });
        list
    }

    fn merge(&mut self, a: List, b: List) -> List {
        let (length, below, above) = (a.length + b.length, a.below + b.below, a.above + b.above);
        let (low, end) = self.crop(below, length, above);
        let list = self.list(end - low, below + low, above + length - end, Origin::Computed);
        let block = Block::Merge { lengths: [a.length, b.length], low, end };
        self.calls.push(Call { block, inputs: [a.id, b.id], output: list.id });
        list
    }

    /// Which items of a list can still be the median: those with no more than half of all samples above or below them.
    fn crop(&self, below: usize, length: usize, above: usize) -> (usize, usize) {
        let all = self.shape.samples();
        let (middle, unseen) = ((all - 1) / 2, all - below - length - above);
        (middle.saturating_sub(below + unseen).min(length), (middle + 1).saturating_sub(below).min(length))
    }
}
