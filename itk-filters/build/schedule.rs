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

/// A window and how its kernel walks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Samples along x, y and z; odd.
    pub(crate) window: [usize; 3],
    /// Output rows of a tile: a power of two, less than the window's samples along y.
    pub(crate) height: usize,
    /// Output rows a step: a multiple of `height`.
    pub(crate) rows: usize,
    /// Output slices a step: 1 or 2.
    pub(crate) slices: usize,
    /// Whether sorted lists are kept between steps; else each step reads all rows of its windows.
    pub(crate) keeps: bool,
}

impl Shape {
    fn samples(&self) -> usize {
        self.window.iter().product()
    }

    /// Input planes that a step reads.
    pub(crate) fn planes(&self) -> usize {
        self.window[2] + self.slices - 1
    }

    /// The first row that a step reads, counted from the top of its first window.
    pub(crate) fn first_row(&self) -> usize {
        if self.keeps { self.window[1] - 1 } else { 0 }
    }

    /// One past the last row that a step reads.
    pub(crate) fn end_row(&self) -> usize {
        self.window[1] - 1 + self.rows
    }
}

/// A sorted list: samples seen so far, without those known to lie below or above the median.
#[derive(Clone, Debug)]
struct List {
    items: Vec<Id>,
    below: usize,
    above: usize,
}

impl List {
    fn samples(&self) -> usize {
        self.items.len() + self.below + self.above
    }
}

/// Rows `first..first + count` of an output slice, as one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    slice: usize,
    count: usize,
    first: isize,
}

/// A list that a step leaves for later ones.
#[derive(Clone, Debug)]
pub(crate) struct KeptList {
    /// The nodes; `None` for items that nobody asks for.
    pub(crate) items: Vec<Option<Id>>,
    /// For how many steps it is needed after this one.
    pub(crate) steps: usize,
}

/// One step, ready to be emitted.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) shape: Shape,
    pub(crate) network: Network,
    /// The medians: rows of the first slice, then rows of the second.
    pub(crate) outputs: Vec<Id>,
    /// Lists that this step keeps.
    pub(crate) kept: Vec<KeptList>,
    /// Lists of earlier steps that this one uses: number in `kept`, and how many steps ago.
    pub(crate) used: Vec<(usize, usize)>,
}

impl Step {
    /// The step with the cheapest alignment of spans.
    pub(crate) fn plan(shape: Shape) -> Self {
        (0..shape.height as isize)
            .map(|alignment| Planner::new(shape, alignment).plan())
            .min_by_key(Self::operations)
            .expect("a tile has a row")
    }

    /// What a step must compute: its outputs, and the items that it keeps.
    pub(crate) fn results(&self) -> impl Iterator<Item = Id> + '_ {
        let kept = self.kept.iter().flat_map(|list| list.items.iter().flatten());
        self.outputs.iter().chain(kept).copied()
    }

    /// Vector minima and maxima a step.
    pub(crate) fn operations(&self) -> usize {
        self.network.operations(self.results())
    }

    /// Steps before the first one whose outputs are right.
    pub(crate) fn warm_up(&self) -> usize {
        self.used.iter().map(|&(_, age)| age).max().unwrap_or(0)
    }
}

struct Planner {
    shape: Shape,
    alignment: isize,
    network: Network,
    lists: BTreeMap<Span, List>,
    /// Lists of earlier steps: the span as it was in the step that computed it, and how many steps ago.
    used: Vec<(Span, usize)>,
}

impl Planner {
    fn new(shape: Shape, alignment: isize) -> Self {
        Self { shape, alignment, network: Network::default(), lists: BTreeMap::new(), used: Vec::new() }
    }

    fn plan(mut self) -> Step {
        let Shape { rows, slices, height, .. } = self.shape;
        let mut outputs = Vec::new();
        for slice in 0..slices {
            for top in (0..rows).step_by(height) {
                self.tile(slice, top as isize, height, None, &mut outputs);
            }
        }
        // Computing what is to be kept may use more of what was kept.
        let mut done = 0;
        while done < self.used.len() {
            let (span, _) = self.used[done];
            self.span(span);
            done += 1;
        }
        self.finish(outputs)
    }

    fn finish(self, outputs: Vec<Id>) -> Step {
        let mut spans: Vec<Span> = self.used.iter().map(|&(span, _)| span).collect();
        spans.sort_unstable();
        spans.dedup();
        let number = |span: &Span| spans.binary_search(span).expect("a span that is used is kept");
        let mut step = Step {
            shape: self.shape,
            network: self.network,
            outputs,
            kept: Vec::new(),
            used: self.used.iter().map(|(span, age)| (number(span), *age)).collect(),
        };
        for (i, span) in spans.iter().enumerate() {
            let steps =
                self.used.iter().filter(|(used, _)| used == span).map(|&(_, age)| age).max().unwrap_or(0);
            let items = self.lists[span].items.iter().map(|&id| Some(id)).collect();
            debug_assert_eq!(number(span), i);
            step.kept.push(KeptList { items, steps });
        }
        step.forget_unused();
        step
    }

    /// The medians of `height` output rows from `top` on, pushed in order. `core` is the list of the rows that all
    /// their windows contain.
    fn tile(&mut self, slice: usize, top: isize, height: usize, core: Option<List>, outputs: &mut Vec<Id>) {
        let k = self.shape.window[1] as isize;
        let middle = (self.shape.samples() - 1) / 2;
        let (core, half) = match core {
            Some(core) => (core, height as isize / 2),
            None if height == 1 => {
                let median = self.row_median(slice, top);
                outputs.push(median);
                return;
            }
            None => {
                let common = k - height as isize + 1;
                (self.range(slice, top + height as isize - 1, common), height as isize / 2)
            }
        };
        let sides = [(top, top + half - 1), (top + half, top + k)];
        for (top, first) in sides {
            let extra = self.range(slice, first, half);
            if half == 1 {
                let below = core.below + extra.below;
                outputs.push(self.network.select(&core.items, &extra.items, middle - below));
            } else {
                let core = self.merge(&core, &extra);
                self.tile(slice, top, half as usize, Some(core), outputs);
            }
        }
    }

    /// The median of a window of one row: of the halves of the row, each sorted.
    fn row_median(&mut self, slice: usize, y: isize) -> Id {
        assert_eq!(self.shape.window[1], 1, "tiles of one row are for windows of one row");
        let items = self.unsorted(slice, y);
        let (a, b) = items.split_at(items.len() / 2);
        let (a, b) = (self.network.sort(a), self.network.sort(b));
        self.network.select(&a, &b, (items.len() - 1) / 2)
    }

    fn unsorted(&mut self, slice: usize, y: isize) -> Vec<Id> {
        let [kx, _, kz] = self.shape.window;
        let loads: Vec<_> = (0..kz).flat_map(|z| (0..kx).map(move |x| (z, x))).collect();
        loads.into_iter().map(|(z, x)| self.load(slice + z, y, x)).collect()
    }

    fn load(&mut self, plane: usize, y: isize, x: usize) -> Id {
        let row = (y as usize - self.shape.first_row()) * self.shape.planes() + plane;
        self.network.add(Node::Load { row, x })
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
            let merged = self.merge(&a, &b);
            parts.push(merged);
        }
        parts.pop().expect("a range has a row")
    }

    fn span(&mut self, span: Span) -> List {
        let Span { slice, count, first } = span;
        let last = first + count as isize - 1;
        let age = self.age(last);
        if age > 0 {
            return self.kept(span, age);
        }
        if let Some(list) = self.lists.get(&span) {
            return list.clone();
        }
        let list = if count == 1 {
            self.row(slice, first)
        } else {
            let half = count / 2;
            let upper = self.span(Span { slice, count: half, first });
            let lower = self.span(Span { slice, count: half, first: first + half as isize });
            self.merge(&upper, &lower)
        };
        self.lists.insert(span, list.clone());
        list
    }

    /// How many steps ago the row came in.
    fn age(&self, row: isize) -> usize {
        let missing = self.shape.first_row() as isize - row;
        if missing <= 0 { 0 } else { (missing as usize).div_ceil(self.shape.rows) }
    }

    fn kept(&mut self, span: Span, age: usize) -> List {
        let then = Span { first: span.first + (age * self.shape.rows) as isize, ..span };
        let list = match self.used.iter().position(|used| *used == (then, age)) {
            Some(list) => list,
            None => {
                self.used.push((then, age));
                self.used.len() - 1
            }
        };
        // How long it is follows from how many samples it has seen.
        let samples = span.count * self.shape.window[0] * self.shape.window[2];
        let all = List { items: (0..samples).collect(), below: 0, above: 0 };
        let List { items, below, above } = self.crop(all);
        let items = (0..items.len()).map(|item| self.network.add(Node::Kept { list, item })).collect();
        List { items, below, above }
    }

    /// A row, sorted: along x, and over the planes of the slice's window. The planes that two slices share are merged
    /// once.
    fn row(&mut self, slice: usize, y: isize) -> List {
        let [_, _, kz] = self.shape.window;
        if self.shape.slices == 1 || kz == 1 {
            return self.planes(y, slice, kz);
        }
        let shared = self.planes(y, 1, kz - 1);
        let own = self.planes(y, if slice == 0 { 0 } else { kz }, 1);
        self.merge(&shared, &own)
    }

    fn planes(&mut self, y: isize, first: usize, count: usize) -> List {
        if count == 1 {
            let loads: Vec<Id> = (0..self.shape.window[0]).map(|x| self.load(first, y, x)).collect();
            return List { items: self.network.sort(&loads), below: 0, above: 0 };
        }
        let half = count / 2;
        let (a, b) = (self.planes(y, first, half), self.planes(y, first + half, count - half));
        self.merge(&a, &b)
    }

    fn merge(&mut self, a: &List, b: &List) -> List {
        let items = self.network.merge(&a.items, &b.items);
        self.crop(List { items, below: a.below + b.below, above: a.above + b.above })
    }

    /// Drops what cannot be the median: items with more than half of all samples above or below them.
    fn crop(&self, list: List) -> List {
        let all = self.shape.samples();
        let (middle, unseen) = ((all - 1) / 2, all - list.samples());
        let low = middle.saturating_sub(list.below + unseen).min(list.items.len());
        let end = (middle + 1).saturating_sub(list.below).min(list.items.len());
        List {
            items: list.items[low..end].to_vec(),
            below: list.below + low,
            above: list.above + list.items.len() - end,
        }
    }
}

impl Step {
    /// Keeps no item that no later step uses.
    fn forget_unused(&mut self) {
        loop {
            let live = self.network.live(self.results());
            let mut wanted: Vec<Vec<bool>> =
                self.kept.iter().map(|list| vec![false; list.items.len()]).collect();
            for (id, node) in self.network.nodes().iter().enumerate() {
                if let (true, Node::Kept { list, item }) = (live[id], node) {
                    wanted[self.used[*list].0][*item] = true;
                }
            }
            let mut changed = false;
            for (list, wanted) in self.kept.iter_mut().zip(wanted) {
                for (item, wanted) in list.items.iter_mut().zip(wanted) {
                    changed |= !wanted && item.take().is_some();
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// The windows that have a kernel.
pub(crate) fn shapes() -> Vec<Shape> {
    let shape = |window, height, rows, slices, keeps| Shape { window, height, rows, slices, keeps };
    vec![
        shape([3, 3, 1], 2, 8, 1, false),
        shape([5, 5, 1], 2, 2, 1, true),
        shape([7, 7, 1], 4, 4, 1, true),
        shape([9, 9, 1], 4, 4, 1, true),
        shape([11, 11, 1], 4, 4, 1, true),
        shape([3, 3, 3], 2, 2, 2, true),
        shape([5, 5, 5], 2, 2, 2, true),
    ]
}
