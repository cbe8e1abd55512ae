//! The median of small windows by generated selection networks, one vector of output pixels at a time.
//!
//! The build script plans what one step computes (`build/schedule.rs`) and emits it as straight-line code; `walk`
//! moves the steps over an image. Nothing depends on pixel values.
#![expect(unsafe_code, reason = "kernels read and write memory that numpy may share, through raw pointers")]

use std::cell::Cell;
use std::marker::PhantomData;

use itk_core::simd::{self, Job, KeyVector, Level, Simd};
use itk_core::{KeyRule, Pixel};

use super::cache::{LINE, WAYS, spread};

mod descent;
mod ends;
mod generated;
mod rows;
#[cfg(test)]
mod tests;
mod walk;

use generated::find as kernel_of;
use rows::Lanes;
pub(crate) use walk::{Walk, find};

/// The most rows of medians that a kernel holds back.
const HELD: usize = 6;

/// The most samples of a window that has code for keys of 64 bits at the baseline. Without compares of these, minima take so
/// many instructions that counting is faster in larger ones.
const LONG_SAMPLES: usize = 27;

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

/// Whether a window is a square or a cube, which are asked for most: some code is made for these alone, as it has its size.
const fn is_square([x, y, z]: [usize; 3]) -> bool {
    x == y && (z == 1 || z == x)
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
    /// The lowest level that it is compiled for, for keys of up to 32 bits.
    least: Level,
    /// Registers kept between steps, for each column.
    room: usize,
    /// The lists that a step writes, then those that it reads.
    slots: &'static [Slot],
}

impl Plan {
    /// Rows of input that a step reads.
    fn reads(&self) -> usize {
        self.end_row - self.first_row
    }

    /// Rows of medians that a step computes.
    const fn outputs(&self) -> usize {
        self.rows * self.slices
    }

    /// Planes of input that a step reads.
    const fn planes(&self) -> usize {
        self.window[2] - 1 + self.slices
    }

    /// Whether the lines of the rows of two steps, read and written, push each other out of a first-level cache when the rows
    /// are so many bytes apart, and that takes time.
    ///
    /// A line is read three times, with the columns beside it; each time it would come from the second level. Kernels of many
    /// operations have other work meanwhile.
    fn crowds(&self, pitch: usize) -> bool {
        const MANY: usize = 64;
        let rows = self.reads() + 3 * self.rows;
        self.operations < MANY && rows.div_ceil(spread(pitch)) > WAYS
    }

    /// The lowest level that it is compiled for, for keys of so many bytes.
    const fn least(&self, key_bytes: usize) -> Level {
        let [x, y, z] = self.window;
        match self.least {
            Level::Baseline if key_bytes == 8 && x * y * z > LONG_SAMPLES => Level::Avx2,
            least => least,
        }
    }

    /// Whether there is other code for CPUs with fast maxima, for keys of so many bytes. Those of 64 bits have no fast ones.
    const fn has_maxima(&self, key_bytes: usize) -> bool {
        key_bytes < 8 && is_square(self.window) && matches!(self.least, Level::Baseline)
    }

    /// Whether the medians of a column are written after the next column was read.
    ///
    /// A core takes a load for one of what it has just stored where the addresses are alike in their last 12 bits, and lets it
    /// wait. Columns overlap their neighbours, so with an image and a result at the same place of a page, as large arrays are,
    /// each column would wait for the one before. Small kernels have registers left to hold medians back.
    const fn holds(&self, level: Level) -> bool {
        let registers = if matches!(level, Level::Avx512) { HELD } else { 2 };
        self.room == 0 && self.outputs() <= registers
    }
}

/// A generated kernel.
trait Network {
    const PLAN: Plan;

    /// Computes a vector of pixels in each of the output rows.
    fn step<S: Simd, T: Pixel, const MAXIMA: bool>(io: &Io<'_, S, T, MAXIMA>);
}

/// A kernel that reads and writes pixels of one type; of floats it reads keys.
pub(crate) struct Kernel<T: Pixel> {
    pub(crate) plan: &'static Plan,
    /// Takes a step at a level; told whether the CPU has fast maxima there.
    step: fn(Level, &Step<'_>, bool),
    pixel: PhantomData<T>,
}

/// Whether the code of a window's kernel is made. The crate is compiled apart for its own tests, which would take minutes with all of
/// it; they take medians of these windows.
const fn is_compiled(window: [usize; 3]) -> bool {
    !cfg!(test) || matches!(window, [3, 1, 1] | [1, 3, 1] | [3, 3, 1] | [5, 5, 1] | [3, 3, 3])
}

impl<T: Pixel> Kernel<T> {
    fn of<N: Network>() -> Self {
        Self {
            plan: const { &N::PLAN },
            step: |level, step, maxima| {
                if const { is_compiled(N::PLAN.window) } {
                    if const { N::PLAN.has_maxima(size_of::<T::Key>()) } && maxima {
                        simd::dispatch(level, Run::<N, T, true>(step, PhantomData))
                    } else {
                        simd::dispatch(level, Run::<N, T, false>(step, PhantomData))
                    }
                } else {
                    panic!("unit tests have no code for {:?}", N::PLAN.window)
                }
            },
            pixel: PhantomData,
        }
    }

    /// Takes one step. Its lengths are checked here, so that nothing in the kernel's body calls anything.
    fn run(&self, level: Level, step: &Step<'_>) {
        let plan = self.plan;
        assert_eq!(step.rows.len(), plan.reads() * plan.planes());
        assert_eq!(step.outputs.len(), plan.outputs());
        assert_eq!(step.places.len(), plan.slots.len());
        if let Some([rows, outputs]) = step.ahead {
            assert_eq!([rows.len(), outputs.len()], [plan.rows * plan.planes(), plan.outputs()]);
        }
        (self.step)(level, step, simd::has_fast_maxima(level));
    }
}

/// One step for neighbouring columns, each as wide as a register.
///
/// Whoever makes one sees to it that each row is valid for reads of all columns and the window's width, each output for
/// writes of all columns, and that `kept` has the plan's room for each column.
struct Step<'a> {
    /// Where the first column's windows begin: row by row, plane by plane. Only read.
    rows: &'a [*mut u8],
    /// Where the first column's medians go: slice by slice, row by row.
    outputs: &'a [*mut u8],
    /// The places of the plan's slots in this step, in registers.
    places: &'a [usize],
    kept: *mut u8,
    /// Registers kept for each column.
    room: usize,
    columns: usize,
    /// Pixels by which the columns after the first one begin earlier than where the one before ends, and where the last one
    /// begins; so the first and the last one may overlap their neighbours.
    shift: usize,
    last: usize,
    /// Where the rows that the next step is the first to read have the first column, and those that it writes; they may lie
    /// anywhere.
    ahead: Option<[&'a [*mut u8]; 2]>,
}

impl Step<'_> {
    /// Where a column begins, in pixels from the first one.
    #[inline(always)]
    fn start(&self, column: usize, lanes: usize) -> usize {
        (column * lanes).saturating_sub(self.shift).min(self.last)
    }
}

/// A step's code. `MAXIMA` says that larger keys are found as maxima, not from minima: at AVX-512 only, as [`KeyVector::sort`] has them
/// elsewhere.
struct Run<'a, N, T: Pixel, const MAXIMA: bool>(&'a Step<'a>, PhantomData<(N, T)>);

impl<N: Network, T: Pixel, const MAXIMA: bool> Job for Run<'_, N, T, MAXIMA> {
    type Out = ();
    const LEAST: Level = if MAXIMA { Level::Avx512 } else { N::PLAN.least(size_of::<T::Key>()) };

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let step = self.0;
        let plan = const { &N::PLAN };
        let holds = const { N::PLAN.holds(S::LEVEL) };
        let zero = Lanes::<T, S>::splat(simd, T::Key::default());
        let held: [_; HELD] = std::array::from_fn(|_| Cell::new(zero));
        let mut before = [zero; HELD];
        let mut given = 0;
        for column in 0..step.columns {
            let at = step.start(column, Lanes::<T, S>::LANES);
            let kept = step.kept.cast::<T::Key>().wrapping_add(column * step.room * Lanes::<T, S>::LANES);
            // Once a line; the last column may reach into one more.
            let asks = column + 1 == step.columns || (column * size_of::<Lanes<T, S>>()).is_multiple_of(LINE);
            N::step(&Io::<S, T, MAXIMA> {
                simd,
                step,
                at,
                kept,
                ahead: step.ahead.filter(|_| asks),
                asked: const { N::PLAN.rows * N::PLAN.planes() / N::PLAN.outputs() },
                holds,
                held: &held,
            });
            if !holds {
                continue;
            }
            for row in 0..plan.outputs() {
                if column > 0 {
                    // SAFETY: the promise of `Step`; the plan has this output row, and the step this column.
                    unsafe { give::<S, T>(simd, step, row, given, before[row]) };
                }
                before[row] = held[row].get();
            }
            given = at;
        }
        if holds && step.columns > 0 {
            for (row, &medians) in before.iter().enumerate().take(plan.outputs()) {
                // SAFETY: the promise of `Step`; the plan has this output row, and the step this column.
                unsafe { give::<S, T>(simd, step, row, given, medians) };
            }
        }
    }
}

/// What a generated kernel reads and writes: row and slot numbers are constants of its plan.
struct Io<'a, S: Simd, T: Pixel, const MAXIMA: bool> {
    simd: S,
    step: &'a Step<'a>,
    /// Where the column begins, and where its lists are.
    at: usize,
    kept: *mut T::Key,
    /// What to ask for, and how many of the rows to be read with each output row.
    ahead: Option<[&'a [*mut u8]; 2]>,
    asked: usize,
    /// Whether medians are written late, and those of this column if so.
    holds: bool,
    held: &'a [Cell<Lanes<T, S>>; HELD],
}

impl<S: Simd, T: Pixel, const MAXIMA: bool> Io<'_, S, T, MAXIMA> {
    /// The keys at `x` pixels right of the left edges of the windows; pixels as they are, where these can be sorted as well.
    #[inline(always)]
    fn load(&self, row: usize, x: usize) -> Lanes<T, S> {
        let at = self.at + x;
        // SAFETY: the promise of `Step`; the plan has this row, and `x` is less than its window's width.
        let pixels = unsafe {
            Lanes::<T, S>::read(self.simd, self.step.rows.get_unchecked(row).cast::<T>().add(at).cast())
        };
        match T::KEYS {
            KeyRule::Flip(bits) if !Lanes::<T, S>::SORTS_FLIPPED => {
                pixels.flip(Lanes::<T, S>::splat(self.simd, bits))
            }
            // Rows of floats are keys already.
            _ => pixels,
        }
    }

    // In a build that is not optimised each call that is inlined takes stack of its own, for thousands of operations.

    /// The smaller keys.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn min(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> Lanes<T, S> {
        match self.highest() {
            Some(highest) => a.min_flipped(b, highest),
            None => a.min(b),
        }
    }

    /// The larger keys.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn max(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> Lanes<T, S> {
        match self.highest() {
            Some(highest) => a.max_flipped(b, highest),
            None => a.max(b),
        }
    }

    /// Compare-exchange.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sort(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> (Lanes<T, S>, Lanes<T, S>) {
        match self.highest() {
            _ if MAXIMA => (self.min(a, b), self.max(a, b)),
            Some(highest) => a.sort_flipped(b, highest),
            None => a.sort(b),
        }
    }

    /// The bits by which pixels differ from keys, where registers hold pixels.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn highest(&self) -> Option<Lanes<T, S>> {
        match T::KEYS {
            KeyRule::Flip(bits) if Lanes::<T, S>::SORTS_FLIPPED => {
                Some(Lanes::<T, S>::splat(self.simd, bits))
            }
            _ => None,
        }
    }

    /// A register of a list that was kept.
    #[inline(always)]
    fn kept(&self, slot: usize, item: usize) -> Lanes<T, S> {
        // SAFETY: the promise of `Step`; the plan has this slot, and the list this item.
        unsafe { Lanes::<T, S>::read(self.simd, self.place(slot, item)) }
    }

    /// Keeps a register for later steps.
    #[inline(always)]
    fn keep(&self, slot: usize, item: usize, keys: Lanes<T, S>) {
        // SAFETY: as for `kept`.
        unsafe { keys.write(self.place(slot, item)) }
    }

    /// # Safety
    /// The plan has the slot, and its list the item.
    #[inline(always)]
    unsafe fn place(&self, slot: usize, item: usize) -> *mut T::Key {
        // SAFETY: the caller's promise, and that of `Step`.
        unsafe {
            let register = self.step.places.get_unchecked(slot) + item;
            self.kept.add(register * Lanes::<T, S>::LANES)
        }
    }

    /// Asks for a part of what the next step will read and write. A core waits for a few lines only at a time: asked for at once,
    /// they would stop it from reading what it needs now.
    #[inline(always)]
    fn ask(&self, output: usize) {
        let Some([rows, outputs]) = self.ahead else { return };
        let at = self.at * size_of::<T>();
        for i in 0..self.asked {
            // SAFETY: `Kernel::run` has seen that there are as many for each output row.
            let row = unsafe { rows.get_unchecked(output * self.asked + i) };
            self.simd.prefetch(row.wrapping_add(at));
        }
        // SAFETY: as above.
        self.simd.prefetch(unsafe { outputs.get_unchecked(output) }.wrapping_add(at));
    }

    /// The medians of an output row.
    #[inline(always)]
    fn give(&self, row: usize, medians: Lanes<T, S>) {
        self.ask(row);
        if self.holds {
            self.held[row].set(medians);
        } else {
            // SAFETY: the promise of `Step`; the plan has this output row.
            unsafe { give::<S, T>(self.simd, self.step, row, self.at, medians) };
        }
    }
}

/// Writes medians of an output row, from the pixel `at` on.
///
/// # Safety
/// The plan has the row, and the step a column that begins there.
#[inline(always)]
unsafe fn give<S: Simd, T: Pixel>(simd: S, step: &Step<'_>, row: usize, at: usize, medians: Lanes<T, S>) {
    let pixels = match T::KEYS {
        KeyRule::Same => medians,
        KeyRule::Flip(_) if Lanes::<T, S>::SORTS_FLIPPED => medians,
        KeyRule::Flip(bits) => medians.flip(Lanes::<T, S>::splat(simd, bits)),
        KeyRule::Float { .. } => medians.restore_floats(),
    };
    // SAFETY: the caller's promise, and that of `Step`.
    unsafe { pixels.write(step.outputs.get_unchecked(row).cast::<T>().add(at).cast()) }
}
