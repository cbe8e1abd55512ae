//! One step of a kernel: a vector of medians in each of its output rows, column after column.

use std::cell::Cell;
use std::marker::PhantomData;

use itk_core::simd::{Job, KeyVector, Level, Simd};
use itk_core::{KeyRule, Pixel};

use super::rows::Lanes;
use super::{Means, Network, Writes};
use crate::kernel::cache::LINE;

/// The most rows of medians that a kernel holds back at AVX-512.
pub(super) const HELD: usize = 12;

/// One step for neighbouring columns, each as wide as a register.
///
/// Whoever makes one sees to it that each row is valid for reads of all columns and the window's width, each output for
/// writes of all columns, and that `kept` has the plan's room for each column.
pub(super) struct Step<'a> {
    /// Where the first column's windows begin: row by row, plane by plane. Only read.
    pub(super) rows: &'a [*mut u8],
    /// Where the first column's medians go: slice by slice, row by row.
    pub(super) outputs: &'a [*mut u8],
    /// The places of the plan's slots in this step, in registers.
    pub(super) places: &'a [usize],
    pub(super) kept: *mut u8,
    /// Registers kept for each column.
    pub(super) room: usize,
    pub(super) columns: usize,
    /// Whether the last column comes first.
    pub(super) backward: bool,
    /// Pixels by which the columns after the first one begin earlier than where the one before ends, and where the last one
    /// begins; so the first and the last one may overlap their neighbours.
    pub(super) shift: usize,
    pub(super) last: usize,
    /// Where the rows that the next step is the first to read have the first column, and those that it writes; they may lie
    /// anywhere.
    pub(super) ahead: Option<[&'a [*mut u8]; 2]>,
}

impl Step<'_> {
    /// Where a column begins, in pixels from the first one.
    #[inline(always)]
    fn start(&self, column: usize, lanes: usize) -> usize {
        (column * lanes).saturating_sub(self.shift).min(self.last)
    }
}

/// [`Means`] as a type.
pub(super) trait Order {
    const MEANS: Means;
}

pub(super) struct ByMinima;
pub(super) struct ByMaxima;
pub(super) struct OfFloats;

impl Order for ByMinima {
    const MEANS: Means = Means::Minima;
}

impl Order for ByMaxima {
    const MEANS: Means = Means::Maxima;
}

impl Order for OfFloats {
    const MEANS: Means = Means::Floats;
}

/// A step's code.
pub(super) struct Run<'a, N, T: Pixel, O>(pub(super) &'a Step<'a>, pub(super) PhantomData<(N, T, O)>);

impl<N: Network, T: Pixel, O: Order> Job for Run<'_, N, T, O> {
    /// Whether floats could be compared.
    type Out = bool;
    const LEAST: Level = match O::MEANS {
        Means::Minima => N::PLAN.least(size_of::<T::Key>()),
        Means::Maxima | Means::Floats => Level::Avx512,
    };

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let step = self.0;
        let plan = const { &N::PLAN };
        let writes = const { N::PLAN.writes(S::LEVEL) };
        let zero = Lanes::<T, S>::splat(simd, T::Key::default());
        let held: [_; HELD] = std::array::from_fn(|_| Cell::new(zero));
        let mut before = None;
        let mut comparable = !matches!(O::MEANS, Means::Floats) || simd.sees_denormals();
        for i in 0..step.columns {
            let column = if step.backward { step.columns - 1 - i } else { i };
            let at = step.start(column, Lanes::<T, S>::LANES);
            let kept = step.kept.cast::<T::Key>().wrapping_add(column * step.room * Lanes::<T, S>::LANES);
            // SAFETY: the promise of `Step`.
            comparable &= unsafe { Self::are_numbers(simd, step, at) };
            // Once a line; the last column may reach into one more.
            let asks = column + 1 == step.columns || (column * size_of::<Lanes<T, S>>()).is_multiple_of(LINE);
            let earlier: [_; HELD] = std::array::from_fn(|row| held[row].get());
            N::step(&Io::<S, T, O> {
                simd,
                step,
                at,
                kept,
                ahead: step.ahead.filter(|_| asks),
                asked: const { N::PLAN.rows * N::PLAN.planes() / N::PLAN.outputs() },
                writes,
                held: &held,
                before,
                order: PhantomData,
            });
            if let (Writes::AfterNext, Some(before)) = (writes, before) {
                for (row, &medians) in earlier.iter().enumerate().take(plan.outputs()) {
                    // SAFETY: the promise of `Step`; the plan has this output row, and the step this column.
                    unsafe { give::<S, T, O>(simd, step, row, before, medians) };
                }
            }
            before = Some(at);
        }
        if let (Writes::AfterNext | Writes::WithNext, Some(before)) = (writes, before) {
            for (row, medians) in held.iter().enumerate().take(plan.outputs()) {
                // SAFETY: the promise of `Step`; the plan has this output row, and the step this column.
                unsafe { give::<S, T, O>(simd, step, row, before, medians.get()) };
            }
        }
        // SAFETY: the promise of `Step`: the windows of the last column reach so far.
        comparable && unsafe { Self::are_numbers(simd, step, step.last + plan.window[0] - 1) }
    }
}

impl<N: Network, T: Pixel, O: Order> Run<'_, N, T, O> {
    /// Whether floats can be compared, from a pixel of each row on. Keys always can.
    ///
    /// # Safety
    /// The rows are those of the plan, and valid for reads of a register there.
    #[inline(always)]
    unsafe fn are_numbers<S: Simd>(simd: S, step: &Step<'_>, at: usize) -> bool {
        if !matches!(O::MEANS, Means::Floats) {
            return true;
        }
        let rows = const { N::PLAN.reads() * N::PLAN.planes() };
        // SAFETY: the caller's promise.
        let read = |row: usize| unsafe {
            Lanes::<T, S>::read(simd, step.rows.get_unchecked(row.min(rows - 1)).cast::<T>().add(at).cast())
        };
        let mut are = true;
        for pair in 0..rows.div_ceil(2) {
            are &= read(2 * pair).are_numbers(read(2 * pair + 1));
        }
        are
    }
}

/// What a generated kernel reads and writes: row and slot numbers are constants of its plan.
pub(super) struct Io<'a, S: Simd, T: Pixel, O> {
    simd: S,
    step: &'a Step<'a>,
    /// Where the column begins, and where its lists are.
    at: usize,
    kept: *mut T::Key,
    /// What to ask for, and how many of the rows to be read with each output row.
    ahead: Option<[&'a [*mut u8]; 2]>,
    asked: usize,
    /// When medians are written, those that are held back, and where the column before begins.
    writes: Writes,
    held: &'a [Cell<Lanes<T, S>>; HELD],
    before: Option<usize>,
    order: PhantomData<O>,
}

impl<S: Simd, T: Pixel, O: Order> Io<'_, S, T, O> {
    /// The keys at `x` pixels right of the left edges of the windows; pixels as they are, where these can be sorted as well.
    #[inline(always)]
    pub(super) fn load(&self, row: usize, x: usize) -> Lanes<T, S> {
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
    pub(super) fn min(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> Lanes<T, S> {
        match self.highest() {
            _ if matches!(O::MEANS, Means::Floats) => a.min_floats(b),
            Some(highest) => a.min_flipped(b, highest),
            None => a.min(b),
        }
    }

    /// The larger keys.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn max(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> Lanes<T, S> {
        match self.highest() {
            _ if matches!(O::MEANS, Means::Floats) => a.max_floats(b),
            Some(highest) => a.max_flipped(b, highest),
            None => a.max(b),
        }
    }

    /// Compare-exchange.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn sort(&self, a: Lanes<T, S>, b: Lanes<T, S>) -> (Lanes<T, S>, Lanes<T, S>) {
        match self.highest() {
            _ if !matches!(O::MEANS, Means::Minima) => (self.min(a, b), self.max(a, b)),
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
    pub(super) fn kept(&self, slot: usize, item: usize) -> Lanes<T, S> {
        // SAFETY: the promise of `Step`; the plan has this slot, and the list this item.
        unsafe { Lanes::<T, S>::read(self.simd, self.place(slot, item)) }
    }

    /// Keeps a register for later steps.
    #[inline(always)]
    pub(super) fn keep(&self, slot: usize, item: usize, keys: Lanes<T, S>) {
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
    pub(super) fn give(&self, row: usize, medians: Lanes<T, S>) {
        self.ask(row);
        let (at, medians) = match (self.writes, self.before) {
            (Writes::AtOnce, _) => (self.at, medians),
            (Writes::WithNext, Some(before)) => (before, self.held[row].replace(medians)),
            _ => return self.held[row].set(medians),
        };
        // SAFETY: the promise of `Step`; the plan has this output row.
        unsafe { give::<S, T, O>(self.simd, self.step, row, at, medians) };
    }
}

/// Writes medians of an output row, from the pixel `at` on.
///
/// # Safety
/// The plan has the row, and the step a column that begins there.
#[inline(always)]
unsafe fn give<S: Simd, T: Pixel, O: Order>(
    simd: S,
    step: &Step<'_>,
    row: usize,
    at: usize,
    medians: Lanes<T, S>,
) {
    let pixels = match T::KEYS {
        _ if matches!(O::MEANS, Means::Floats) => medians,
        KeyRule::Same => medians,
        KeyRule::Flip(_) if Lanes::<T, S>::SORTS_FLIPPED => medians,
        KeyRule::Flip(bits) => medians.flip(Lanes::<T, S>::splat(simd, bits)),
        KeyRule::Float { .. } => medians.restore_floats(),
    };
    // SAFETY: the caller's promise, and that of `Step`.
    unsafe { pixels.write(step.outputs.get_unchecked(row).cast::<T>().add(at).cast()) }
}
