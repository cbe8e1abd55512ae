//! The median of small windows by generated selection networks, one vector of output pixels at a time.
//!
//! The build script plans what one step computes (`build/schedule.rs`) and emits it as straight-line code; `step`
//! takes a step, `walk` moves the steps over an image. Nothing depends on pixel values.
#![expect(unsafe_code, reason = "kernels read and write memory that numpy may share, through raw pointers")]

use std::marker::PhantomData;

use itk_core::Pixel;
use itk_core::simd::{self, Level, Simd};

use super::cache::{WAYS, spread};

mod cover;
mod descent;
mod ends;
mod generated;
mod rows;
mod step;
#[cfg(test)]
mod tests;
mod walk;

use generated::find as kernel_of;
use rows::sorts_floats;
use step::{ByMaxima, ByMinima, HELD, Io, OfFloats, Order, Run, Step};
pub(crate) use walk::{Walk, find};

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
    const fn reads(&self) -> usize {
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

    /// When the medians of a column are written.
    ///
    /// A core takes a load for one of what it has just stored where the addresses are alike in their last 12 bits, and lets it
    /// wait. So with an image and a result at the same place of a page, as large arrays are, loads of a column would wait for
    /// the medians of this column and of those that the window reaches into. Small kernels have registers left to hold medians
    /// back, some of them only with the row that was computed last.
    const fn writes(&self, level: Level) -> Writes {
        let ([x, y, _], outputs) = (self.window, self.outputs());
        match level {
            _ if self.room > 0 => Writes::AtOnce,
            // 32 registers, some of which sort the window's rows.
            Level::Avx512 if x == 1 && y <= 5 && outputs <= HELD => Writes::WithNext,
            Level::Avx512 if outputs <= HELD / 2 => Writes::AfterNext,
            _ if outputs <= 2 => Writes::AfterNext,
            _ => Writes::AtOnce,
        }
    }
}

/// When a kernel writes the medians of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Writes {
    AtOnce,
    /// Each row as soon as that of the next column is computed.
    WithNext,
    /// When the next column is computed.
    AfterNext,
}

/// A generated kernel.
trait Network {
    const PLAN: Plan;

    /// Computes a vector of pixels in each of the output rows.
    fn step<S: Simd, T: Pixel, O: Order>(io: &Io<'_, S, T, O>);
}

/// How a kernel compares what it reads.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Means {
    /// Keys, the larger ones as [`KeyVector::sort`](simd::KeyVector::sort) finds them.
    Minima,
    /// Keys, the larger ones as maxima: at AVX-512 only, as [`KeyVector::sort`](simd::KeyVector::sort) has them elsewhere.
    Maxima,
    /// Pixels that are floats and no NaN, at AVX-512.
    Floats,
}

/// A kernel that reads and writes pixels of one type; of floats it reads keys as well.
pub(crate) struct Kernel<T: Pixel> {
    pub(crate) plan: &'static Plan,
    /// Takes a step at a level. False where it met floats that cannot be compared.
    step: fn(Level, &Step<'_>, Means) -> bool,
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
            step: |level, step, means| {
                let maxima = const { N::PLAN.has_maxima(size_of::<T::Key>()) };
                let floats = const { sorts_floats::<T>(N::PLAN.window) };
                match means {
                    _ if const { !is_compiled(N::PLAN.window) } => {
                        panic!("unit tests have no code for {:?}", N::PLAN.window)
                    }
                    Means::Floats if floats => {
                        simd::dispatch(level, Run::<N, T, OfFloats>(step, PhantomData))
                    }
                    Means::Maxima if maxima => {
                        simd::dispatch(level, Run::<N, T, ByMaxima>(step, PhantomData))
                    }
                    Means::Minima => simd::dispatch(level, Run::<N, T, ByMinima>(step, PhantomData)),
                    _ => panic!("{:?} of {} has no code for {means:?}", N::PLAN.window, T::TYPE),
                }
            },
            pixel: PhantomData,
        }
    }

    /// Whether rows of floats are best read as they are, at a level.
    fn reads_floats(&self, level: Level) -> bool {
        sorts_floats::<T>(self.plan.window) && simd::has_fast_floats(level)
    }

    /// Takes one step, on floats as they are or on keys. False where it met floats that cannot be compared, and medians are wrong.
    ///
    /// Lengths are checked here, so that nothing in the kernel's body calls anything.
    fn run(&self, level: Level, step: &Step<'_>, floats: bool) -> bool {
        let plan = self.plan;
        assert_eq!(step.rows.len(), plan.reads() * plan.planes());
        assert_eq!(step.outputs.len(), plan.outputs());
        assert_eq!(step.places.len(), plan.slots.len());
        if let Some([rows, outputs]) = step.ahead {
            assert_eq!([rows.len(), outputs.len()], [plan.rows * plan.planes(), plan.outputs()]);
        }
        let means = match floats {
            true => Means::Floats,
            false if plan.has_maxima(size_of::<T::Key>()) && simd::has_fast_maxima(level) => Means::Maxima,
            false => Means::Minima,
        };
        (self.step)(level, step, means)
    }
}
