//! Where lists lie in memory, and which calls share a loop.

use crate::schedule::{Block, Origin, Program};

/// The places of a list: steps take turns, so that a list outlives the step that computed it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) start: usize,
    pub(crate) length: usize,
    pub(crate) turns: usize,
    /// How many steps ago the list was computed.
    pub(crate) age: usize,
}

/// The memory of a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The lists that are kept, then those that were kept earlier, then those of this step alone.
    pub(crate) slots: Vec<Slot>,
    /// Registers in all.
    pub(crate) room: usize,
    /// The slot of each list of the program.
    pub(crate) slot_of: Vec<usize>,
    /// Calls in the order in which they are done; those of a group are of one block, and independent.
    pub(crate) groups: Vec<Vec<usize>>,
}

impl Layout {
    /// Room for what is kept between steps.
    pub(crate) fn of_kept(program: &Program) -> Self {
        let mut layout = Self::default();
        let mut starts = Vec::new();
        for &(list, steps) in &program.kept {
            let length = program.lists[list].0;
            layout.slots.push(Slot { start: layout.room, length, turns: steps + 1, age: 0 });
            starts.push(layout.room);
            layout.room += length * (steps + 1);
        }
        for &(kept, age) in &program.used {
            let slot = Slot { age, ..layout.slots[kept].clone() };
            layout.slots.push(slot);
        }
        layout
    }

    /// Room for all lists; what only this step needs shares memory.
    pub(crate) fn of_all(program: &Program) -> Self {
        let mut layout = Self::of_kept(program);
        layout.groups = groups(program);
        let kept = |list: usize| program.kept.iter().position(|&(kept, _)| kept == list);
        layout.slot_of = (0..program.lists.len())
            .map(|list| match program.lists[list].1 {
                Origin::Kept(used) => program.kept.len() + used,
                Origin::Computed => kept(list).unwrap_or(usize::MAX),
            })
            .collect();
        // The group that uses a list last.
        let mut last = vec![0; program.lists.len()];
        for (number, group) in layout.groups.iter().enumerate() {
            for call in group.iter().map(|&call| &program.calls[call]) {
                if !matches!(call.block, Block::Sort { .. }) {
                    call.inputs.iter().for_each(|&list| last[list] = number);
                }
            }
        }
        let base = layout.room;
        let mut taken: Vec<bool> = Vec::new();
        for (number, group) in layout.groups.iter().enumerate() {
            for call in group.iter().map(|&call| &program.calls[call]) {
                if matches!(call.block, Block::Select { .. }) || layout.slot_of[call.output] != usize::MAX {
                    continue;
                }
                let length = program.lists[call.output].0;
                let at =
                    (0..).find(|&at| (at..at + length).all(|i| !taken.get(i).unwrap_or(&false))).unwrap_or(0);
                taken.resize(taken.len().max(at + length), false);
                taken[at..at + length].fill(true);
                layout.slot_of[call.output] = layout.slots.len();
                layout.slots.push(Slot { start: base + at, length, turns: 1, age: 0 });
            }
            for list in (0..last.len()).filter(|&list| last[list] == number) {
                if let Some(slot) = layout.slots.get(layout.slot_of[list]).filter(|slot| slot.start >= base) {
                    taken[slot.start - base..slot.start - base + slot.length].fill(false);
                }
            }
        }
        layout.room = base + taken.len();
        layout
    }
}

/// Calls by how many others must come before them, and by block.
fn groups(program: &Program) -> Vec<Vec<usize>> {
    let mut list_level = vec![0; program.lists.len()];
    let mut keyed: Vec<(usize, &Block, usize)> = Vec::new();
    for (number, call) in program.calls.iter().enumerate() {
        let level = match call.block {
            Block::Sort { .. } => 0,
            _ => 1 + call.inputs.iter().map(|&list| list_level[list]).max().unwrap_or(0),
        };
        if !matches!(call.block, Block::Select { .. }) {
            list_level[call.output] = level;
        }
        keyed.push((level, &call.block, number));
    }
    keyed.sort();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut previous = None;
    for (level, block, number) in keyed {
        if previous != Some((level, block)) {
            groups.push(Vec::new());
            previous = Some((level, block));
        }
        groups.last_mut().expect("a group was begun").push(number);
    }
    groups
}
