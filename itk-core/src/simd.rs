//! SIMD levels: the only place that asks what the CPU can do or names its instructions.
//!
//! A level is a zero-sized token that only detection makes, so a function that takes one may use the level's
//! instructions, and vector operations are safe. A kernel is one generic body over [`Simd`], entered through
//! [`dispatch`]; inside it, calls must be `#[inline(always)]` functions: a closure that is not inlined does not
//! have the level's instructions.

#![expect(unsafe_code, reason = "raw reads and writes of memory that others may see")]

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::{Error, Pixel, Result};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod baseline;
mod bytes;
#[cfg(target_arch = "x86_64")]
mod bytes_avx2;
#[cfg(target_arch = "x86_64")]
mod bytes_avx512;
#[cfg(target_arch = "x86_64")]
mod register;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod turn;

pub use baseline::Baseline;
pub use bytes::{ByteVector, label};

/// A set of instructions that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every CPU of the architecture has, by the `wide` crate.
    Baseline,
    /// AVX2 with F16C and the count of bits.
    Avx2,
    /// AVX-512 F, BW, VL and DQ, with F16C and BMI2.
    Avx512,
}

impl Level {
    /// The name that `OXITK_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The integers in whose order pixels are sorted: `u8 i16 i32 i64`.
pub trait Key: bytemuck::Pod + Ord + Default + fmt::Debug + Send + Sync {
    /// As many keys as one register of level `S` holds.
    type Vector<S: Simd>: KeyVector<Self, Simd = S>;
    /// How many keys are smaller: the same order, counted from 0.
    fn to_ordinal(self) -> u64;
    /// The key with so many smaller ones; the lowest bits count.
    fn from_ordinal(ordinal: u64) -> Self;
}

/// A register of keys. Made by [`KeyVector::load`] only, which takes the level's token.
pub trait KeyVector<K>: Copy {
    /// The level's token.
    type Simd: Simd;
    /// Keys a register.
    const LANES: usize;
    /// The first `LANES` keys of a slice.
    fn load(simd: Self::Simd, keys: &[K]) -> Self;
    /// Writes the first `LANES` keys of a slice.
    fn store(self, keys: &mut [K]);
    /// `LANES` keys of memory that others may write meanwhile.
    ///
    /// # Safety
    /// The memory is valid for reads; alignment is not needed.
    unsafe fn read(simd: Self::Simd, from: *const K) -> Self;
    /// Writes `LANES` keys to memory that others may see meanwhile.
    ///
    /// # Safety
    /// The memory is valid for writes; alignment is not needed.
    unsafe fn write(self, to: *mut K);
    /// The bits of both, exclusively or'ed.
    fn flip(self, bits: Self) -> Self;
    /// Keys of floats from their bits: magnitudes of negative ones are flipped, every NaN becomes `nan`. Keys of 8 bits have
    /// no floats and stay.
    fn order_floats(self, infinity: Self, nan: Self) -> Self;
    /// The bits of floats from their keys.
    fn restore_floats(self) -> Self;
    /// The same key in each lane.
    fn splat(simd: Self::Simd, key: K) -> Self;
    /// The smaller key of each lane.
    fn min(self, other: Self) -> Self;
    /// The larger key of each lane.
    fn max(self, other: Self) -> Self;
    /// Compare-exchange: both of them.
    fn sort(self, other: Self) -> (Self, Self);

    /// Whether `sort_flipped` takes as long as `sort`.
    const SORTS_FLIPPED: bool = false;
    /// The smaller one where keys are compared with their highest bits flipped, which `highest` has in each lane: signed
    /// integers as unsigned ones, and the other way round.
    #[inline(always)]
    fn min_flipped(self, other: Self, highest: Self) -> Self {
        self.flip(highest).min(other.flip(highest)).flip(highest)
    }
    /// The larger one of that order.
    #[inline(always)]
    fn max_flipped(self, other: Self, highest: Self) -> Self {
        self.flip(highest).max(other.flip(highest)).flip(highest)
    }
    /// Compare-exchange in that order.
    #[inline(always)]
    fn sort_flipped(self, other: Self, highest: Self) -> (Self, Self) {
        (self.min_flipped(other, highest), self.max_flipped(other, highest))
    }

    /// Whether the lanes of both are sure to be floats, and none is NaN. Where a level does not tell, no.
    #[inline(always)]
    fn are_numbers(self, other: Self) -> bool {
        let _ = other;
        false
    }
    /// The smaller float of each lane, from bits that are no NaN's; -0 is smaller than +0. Numbers that are not normal are right
    /// where [`Simd::sees_denormals`]. Keys of 8 bits have no floats.
    #[inline(always)]
    fn min_floats(self, other: Self) -> Self {
        // What turns keys into bits turns these into keys.
        self.restore_floats().min(other.restore_floats()).restore_floats()
    }
    /// The larger float.
    #[inline(always)]
    fn max_floats(self, other: Self) -> Self {
        self.restore_floats().max(other.restore_floats()).restore_floats()
    }
}

/// How many roots [`Simd::estimate_roots`] estimates.
pub const ROOTS: usize = 32;

/// 2⁻³²⁰: too small to change a root that is a normal f32, or to be one itself. So no square is 0, whose inverse is infinite.
pub const LEAST_SQUARE: f64 = f64::from_bits((1023 - 320) << 52);

/// A level's token, and its registers.
pub trait Simd: Copy + Send + Sync + 'static {
    /// Which level it is.
    const LEVEL: Level;
    /// Keys of 8 bits.
    type U8: KeyVector<u8, Simd = Self>;
    /// Keys of 16 bits.
    type I16: KeyVector<i16, Simd = Self>;
    /// Keys of 32 bits.
    type I32: KeyVector<i32, Simd = Self>;
    /// Keys of 64 bits.
    type I64: KeyVector<i64, Simd = Self>;
    /// Bytes for counting.
    type Bytes: ByteVector<Simd = Self>;
    /// Hints that the cache line of an address, which may be any, will be used soon.
    #[inline(always)]
    fn prefetch<P>(self, address: *const P) {
        let _ = address;
    }
    /// Whether floats that are too small to be normal are compared as what they are: the thread may have been told to take them for
    /// 0, as libraries do that are compiled for fast math.
    #[inline(always)]
    fn sees_denormals(self) -> bool {
        true
    }
    /// Whether [`Simd::estimate_roots`] is ever sure.
    const ESTIMATES_ROOTS: bool = false;
    /// Square roots times `scale`, 1 or a half, as f32; and whether all of them are sure to be the roots of f64, rounded to f32.
    /// [`LEAST_SQUARE`] has been added to each square, which may be off by 2⁻⁵⁰ of itself besides: roundings don't matter.
    #[inline(always)]
    fn estimate_roots(self, squares: &[f64; ROOTS], scale: f64, roots: &mut [f32; ROOTS]) -> bool {
        let _ = (squares, scale, roots);
        false
    }
    /// Turns 8 rows of 8 values, the first of which is at `from`, into those at `to`: value `c` of row `r` becomes value `r` of
    /// row `c`. Rows begin so many bytes after one another. Others may see the memory.
    ///
    /// # Safety
    /// The rows at `from` are valid for reads, those at `to` for writes; alignment is not needed.
    unsafe fn turn<V: Pixel>(self, from: *const V, pitch: isize, to: *mut V, to_pitch: isize);
}

macro_rules! key {
    ($($key:ident as $unsigned:ident in $vector:ident;)*) => {$(
        impl Key for $key {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn to_ordinal(self) -> u64 {
                (self ^ $key::MIN) as $unsigned as u64
            }

            #[inline(always)]
            fn from_ordinal(ordinal: u64) -> Self {
                ordinal as $key ^ $key::MIN
            }
        }
    )*};
}

key! {
    u8 as u8 in U8;
    i16 as u16 in I16;
    i32 as u32 in I32;
    i64 as u64 in I64;
}

/// A piece of work to be compiled for each level. `run` should be `#[inline(always)]`.
pub trait Job {
    /// What it returns.
    type Out;
    /// The lowest level to compile it for. [`dispatch`] panics below it.
    const LEAST: Level = Level::Baseline;
    /// The work, with the level's token.
    fn run<S: Simd>(self, simd: S) -> Self::Out;
}

/// How many keys a register of a level holds; of the best one below it where the CPU lacks it.
pub fn lanes<K: Key>(level: Level) -> usize {
    struct Lanes<K>(std::marker::PhantomData<K>);
    impl<K: Key> Job for Lanes<K> {
        type Out = usize;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> usize {
            K::Vector::<S>::LANES
        }
    }
    dispatch(level, Lanes::<K>(std::marker::PhantomData))
}

/// Every level that this CPU has, lowest first. Tests and benches go through them.
pub fn levels() -> Vec<Level> {
    let mut levels = vec![Level::Baseline];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(avx2::Avx2::detect().map(|_| Level::Avx2));
        levels.extend(avx512::Avx512::detect().map(|_| Level::Avx512));
    }
    levels
}

/// The level that kernels run at: the CPU's best, or the one that `OXITK_SIMD` names.
///
/// # Errors
/// [`Error::SimdLevel`] when `OXITK_SIMD` names something else, or a level that this CPU lacks.
pub fn level() -> Result<Level> {
    static LEVEL: OnceLock<std::result::Result<Level, String>> = OnceLock::new();
    let level = LEVEL.get_or_init(|| match std::env::var_os("OXITK_SIMD") {
        Some(name) => {
            let name = name.to_string_lossy();
            levels().into_iter().find(|level| level.name() == name).ok_or_else(|| name.into_owned())
        }
        None => Ok(levels().pop().unwrap_or(Level::Baseline)),
    });
    level.clone().map_err(|got| {
        let available = levels().into_iter().map(Level::name).collect::<Vec<_>>().join(", ");
        Error::SimdLevel { available, got }
    })
}

/// At AVX-512, where cores differ most, whether this CPU's are AMD's. The maker is asked, as no flag tells what takes how long.
fn is_of_amd(level: Level) -> Option<bool> {
    #[cfg(target_arch = "x86_64")]
    return if level == Level::Avx512 { avx512::is_of_amd() } else { None };
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        None
    }
}

/// Whether a maximum takes this CPU no longer than logic on registers of a level, where [`KeyVector::sort`] takes the latter for
/// the larger keys: never below AVX-512. Intel's cores take minima and maxima of 512 bits on one port, and logic on another, too.
/// AMD's take all of them on every port, and logic of three registers more slowly.
pub fn has_fast_maxima(level: Level) -> bool {
    is_of_amd(level) == Some(true)
}

/// Whether this CPU compares floats of 32 and 64 bits twice as fast as it does integers, where a level has
/// [`KeyVector::min_floats`]: Intel's cores have two ports for floats of 512 bits, and one for minima of integers.
pub fn has_fast_floats(level: Level) -> bool {
    is_of_amd(level) == Some(false)
}

/// Whether roots of f64 take this CPU longer than [`Simd::estimate_roots`] does, where a level has it. AMD's cores take about as
/// long for both.
pub fn has_slow_roots() -> bool {
    is_of_amd(Level::Avx512) == Some(false)
}

static LAST_RUN: AtomicU8 = AtomicU8::new(0);

/// The level that the last [`dispatch`] in this process really ran at. For tests.
pub fn last_level() -> Level {
    match LAST_RUN.load(Ordering::Relaxed) {
        2 => Level::Avx512,
        1 => Level::Avx2,
        _ => Level::Baseline,
    }
}

/// Runs a job at a level; at the best one below it where the CPU lacks it.
#[inline]
pub fn dispatch<J: Job>(level: Level, job: J) -> J::Out {
    #[cfg(target_arch = "x86_64")]
    {
        if level >= Level::Avx512
            && let Some(token) = avx512::Avx512::detect()
        {
            LAST_RUN.store(2, Ordering::Relaxed);
            return token.enter(job);
        }
        if const { !matches!(J::LEAST, Level::Avx512) }
            && level >= Level::Avx2
            && let Some(token) = avx2::Avx2::detect()
        {
            LAST_RUN.store(1, Ordering::Relaxed);
            return token.enter(job);
        }
    }
    LAST_RUN.store(0, Ordering::Relaxed);
    if const { matches!(J::LEAST, Level::Baseline) } {
        Baseline::new().enter(job)
    } else {
        panic!("a job for {} and higher was asked to run at {level}", J::LEAST)
    }
}
