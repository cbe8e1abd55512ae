//! The median of small windows by generated selection networks, one vector of output pixels at a time.
//!
//! The build script plans what one step computes (`build/schedule.rs`) and emits it as straight-line code; `walk`
//! moves the steps over an image. Nothing depends on pixel values.
#![expect(unsafe_code, reason = "kernels read and write memory that numpy may share, through raw pointers")]

use itk_core::simd::{self, Job, Key, KeyVector, Level, Simd};

mod generated;
mod rows;
mod walk;

use generated::find as kernel_of;
pub(crate) use walk::{Walk, find};

/// Where a list of keys lies that steps leave to later ones.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The first place of the list's places, in registers.
    start: usize,
    /// Registers a place.
    length: usize,
    /// How many places there are; steps take turns.
    turns: usize,
    /// How many steps ago the list was computed; 0 is this step's own.
    age: usize,
}

impl Slot {
    /// Where the list is in the first step.
    fn place(&self) -> usize {
        self.start + (self.turns - self.age) % self.turns * self.length
    }

    /// Where it is in the step after.
    fn after(&self, place: usize) -> usize {
        let next = place + self.length;
        if next == self.start + self.turns * self.length { self.start } else { next }
    }
}

/// What a driver needs to know of a kernel.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Samples of the window along x, y and z.
    pub(crate) window: [usize; 3],
    /// Output rows a step.
    rows: usize,
    /// Output slices a step.
    slices: usize,
    /// The first row of input that a step reads, from the top of its first window.
    first_row: usize,
    /// One past the last one.
    end_row: usize,
    /// Steps before the first whose outputs are right.
    warm_up: usize,
    /// Minima and maxima of registers for a register of medians.
    operations: usize,
    /// The lowest level that it is compiled for.
    least: Level,
    /// Registers kept between steps, for each column.
    room: usize,
    /// The lists that a step writes, then those that it reads.
    slots: &'static [Slot],
}

impl Plan {
    /// Planes of input that a step reads.
    fn planes(&self) -> usize {
        self.window[2] - 1 + self.slices
    }
}

/// A generated kernel.
trait Network {
    const PLAN: Plan;

    /// Computes a vector of pixels in each of the output rows.
    fn step<S: Simd, K: Key>(io: &Io<'_, S, K>);
}

/// A kernel for keys of one type.
pub(crate) struct Kernel<K: 'static> {
    pub(crate) plan: &'static Plan,
    step: fn(Level, &Step<'_, K>),
}

impl<K: Key> Kernel<K> {
    fn of<N: Network>() -> Self {
        Self {
            plan: const { &N::PLAN },
            step: |level, step| simd::dispatch(level, Run::<N, K>(step, std::marker::PhantomData)),
        }
    }

    /// Takes one step. Its lengths are checked here, so that nothing in the kernel's body calls anything.
    fn run(&self, level: Level, step: &Step<'_, K>) {
        let plan = self.plan;
        assert_eq!(step.rows.len(), (plan.end_row - plan.first_row) * plan.planes());
        assert_eq!(step.outputs.len(), plan.rows * plan.slices);
        assert_eq!(step.places.len(), plan.slots.len());
        (self.step)(level, step);
    }
}

/// One step for neighbouring columns, each as wide as a register.
///
/// Whoever makes one sees to it that each row is valid for reads of all columns and the window's width, each output for
/// writes of all columns, and that `kept` has the plan's room for each column.
struct Step<'a, K> {
    /// Where the first column's windows begin: plane by plane, row by row.
    rows: &'a [*const K],
    /// Where the first column's medians go: row by row, slice by slice.
    outputs: &'a [*mut K],
    /// The places of the plan's slots in this step, in registers.
    places: &'a [usize],
    kept: *mut K,
    /// Registers kept for each column.
    room: usize,
    columns: usize,
    /// Keys from the rows to those that the next step reads in place first, and from the outputs to those of the next step.
    ahead: [isize; 2],
}

struct Run<'a, N, K>(&'a Step<'a, K>, std::marker::PhantomData<N>);

impl<N: Network, K: Key> Job for Run<'_, N, K> {
    type Out = ();
    const LEAST: Level = N::PLAN.least;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let step = self.0;
        let plan = const { &N::PLAN };
        // Rows that the next step shares with this one are in the cache already.
        let new = &step.rows[step.rows.len().saturating_sub(plan.rows * plan.planes())..];
        let [rows_ahead, outputs_ahead] = step.ahead;
        for column in 0..step.columns {
            let at = (column * K::Vector::<S>::LANES) as isize;
            if rows_ahead != 0 {
                for row in new {
                    simd.prefetch(row.wrapping_offset(at + rows_ahead));
                }
            }
            if outputs_ahead != 0 {
                for output in step.outputs {
                    simd.prefetch(output.wrapping_offset(at + outputs_ahead));
                }
            }
            N::step(&Io { simd, step, column });
        }
    }
}

/// What a generated kernel reads and writes: row and slot numbers are constants of its plan.
struct Io<'a, S, K> {
    simd: S,
    step: &'a Step<'a, K>,
    column: usize,
}

impl<S: Simd, K: Key> Io<'_, S, K> {
    /// The keys at `x` pixels right of the left edges of the windows.
    #[inline(always)]
    fn load(&self, row: usize, x: usize) -> K::Vector<S> {
        let at = self.column * K::Vector::<S>::LANES + x;
        // SAFETY: the promise of `Step`; the plan has this row, and `x` is less than its window's width.
        unsafe { K::Vector::read(self.simd, self.step.rows.get_unchecked(row).add(at)) }
    }

    /// A register of a list that was kept.
    #[inline(always)]
    fn kept(&self, slot: usize, item: usize) -> K::Vector<S> {
        // SAFETY: the promise of `Step`; the plan has this slot, and the list this item.
        unsafe { K::Vector::read(self.simd, self.place(slot, item)) }
    }

    /// Keeps a register for later steps.
    #[inline(always)]
    fn keep(&self, slot: usize, item: usize, keys: K::Vector<S>) {
        // SAFETY: as for `kept`.
        unsafe { keys.write(self.place(slot, item)) }
    }

    /// # Safety
    /// The plan has the slot, and its list the item.
    #[inline(always)]
    unsafe fn place(&self, slot: usize, item: usize) -> *mut K {
        // SAFETY: the caller's promise, and that of `Step`.
        unsafe {
            let register = self.column * self.step.room + self.step.places.get_unchecked(slot) + item;
            self.step.kept.add(register * K::Vector::<S>::LANES)
        }
    }

    /// The medians of an output row.
    #[inline(always)]
    fn give(&self, row: usize, medians: K::Vector<S>) {
        // SAFETY: the promise of `Step`; the plan has this output row.
        unsafe {
            medians.write(self.step.outputs.get_unchecked(row).add(self.column * K::Vector::<S>::LANES))
        }
    }
}
