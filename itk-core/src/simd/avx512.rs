//! The AVX-512 level: 512-bit registers.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::asm;
use std::arch::x86_64::*;
use std::sync::LazyLock;

use super::baseline::turn_each;
use super::register::key_vectors;
use super::turn::turn_words;
use super::{Job, KeyVector, Level, ROOTS, Simd};
use crate::Pixel;

/// The token of [`Level::Avx512`]; only [`Avx512::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The token, when this CPU has the level.
    pub(super) fn detect() -> Option<Self> {
        static FOUND: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("f16c")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
        });
        FOUND.then_some(Self(()))
    }

    pub(super) fn enter<J: Job>(self, job: J) -> J::Out {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c,popcnt,bmi1,bmi2")]
        fn enter<J: Job>(token: Avx512, job: J) -> J::Out {
            job.run(token)
        }
        // SAFETY: the token exists, so the CPU has these features.
        unsafe { enter(self, job) }
    }
}

/// Whether the CPU's cores are AMD's; `None` where it lacks this level.
pub(super) fn is_of_amd() -> Option<bool> {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let vendor = __cpuid(0);
        [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() == b"AuthenticAMD"
    });
    Avx512::detect().map(|_| *FOUND)
}

impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    type U8 = U8;
    type I16 = I16;
    type I32 = I32;
    type I64 = I64;
    type Bytes = super::bytes_avx512::Bytes;

    #[inline(always)]
    fn prefetch<P>(self, address: *const P) {
        // SAFETY: a prefetch is a hint and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    fn sees_denormals(self) -> bool {
        const DENORMALS_ARE_ZEROS: u32 = 1 << 6;
        let mut state = 0_u32;
        // SAFETY: stores the core's state of floats, 32 bits, where there is room for it.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut state, options(nostack, preserves_flags));
        }
        state & DENORMALS_ARE_ZEROS == 0
    }

    const ESTIMATES_ROOTS: bool = true;

    #[inline(always)]
    fn estimate_roots(self, squares: &[f64; ROOTS], scale: f64, roots: &mut [f32; ROOTS]) -> bool {
        // SAFETY: the token proves the instructions.
        unsafe { estimate_roots(squares, scale, roots) }
    }

    #[inline(always)]
    unsafe fn turn<V: Pixel>(self, from: *const V, pitch: isize, to: *mut V, to_pitch: isize) {
        // SAFETY: the caller's promise, and the token proves the instructions.
        unsafe {
            match size_of::<V>() {
                4 => turn_words(from.cast(), pitch, to.cast(), to_pitch),
                8 => turn_long_words(from.cast(), pitch, to.cast(), to_pitch),
                _ => turn_each(from, pitch, to, to_pitch),
            }
        }
    }
}

/// What a root in f64 may be off by, in units of its last place: the 2⁻⁴²·⁶ below times 2⁵³, and more.
const DOUBT: i32 = 1 << 11;

/// [`Simd::estimate_roots`]: the instruction's estimate `r` of 1/√s is off by 2⁻¹⁴ of itself. With e = 1 - s·r², the root is
/// s·r · (1 - e)^-½, and |e| is at most 2⁻¹³ and a little. The power is 1 + e/2 + 3/8·e², but for 5/16·e³, of which a line takes all
/// but a quarter away (Chebyshev), and the rest of the series: 2⁻⁴²·⁶, roundings and the squares' own 2⁻⁵⁰ included. A root that
/// near to the middle between two f32 is in doubt, as is one that is no normal f32, since the middles of these lie elsewhere. But
/// one that rounds to 0 is sure: without the square that was added, it would be smaller by more than it is off.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
fn estimate_roots(squares: &[f64; ROOTS], scale: f64, roots: &mut [f32; ROOTS]) -> bool {
    // The digits that f32 does not hold, and half of their range.
    const DIGITS: i32 = (1 << 29) - 1;
    const MIDDLE: i32 = 1 << 28;
    // Of `fpclass`: quiet NaN, infinities, denormal numbers, signalling NaN.
    const UNUSUAL: i32 = 0x01 | 0x08 | 0x10 | 0x20 | 0x80;
    const LINE: f64 = 0.5 + 15.0 / 64.0 / ((1 << 26) as f64);
    let [constant, line, square] = [scale, scale * LINE, scale * 0.375].map(|c| _mm512_set1_pd(c));
    let mut doubtful: __mmask16 = 0;
    for (squares, roots) in squares.as_chunks::<16>().0.iter().zip(roots.as_chunks_mut::<16>().0) {
        let [low, high] = [0, 8].map(|at| {
            // SAFETY: 8 of 16 squares from there on.
            let s = unsafe { _mm512_loadu_pd(squares.as_ptr().add(at)) };
            let r = _mm512_rsqrt14_pd(s);
            let near = _mm512_mul_pd(s, r);
            let e = _mm512_fnmadd_pd(near, r, _mm512_set1_pd(1.0));
            let power = _mm512_fmadd_pd(e, _mm512_fmadd_pd(e, square, line), constant);
            _mm512_mul_pd(near, power)
        });
        let rounded =
            _mm512_insertf32x8::<1>(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)), _mm512_cvtpd_ps(high));
        // The lower halves, in any order.
        let digits = _mm512_shuffle_ps::<0x88>(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
        let beyond = _mm512_add_epi32(_mm512_castps_si512(digits), _mm512_set1_epi32(DOUBT - MIDDLE));
        let distance = _mm512_and_si512(beyond, _mm512_set1_epi32(DIGITS));
        doubtful |= _mm512_cmplt_epu32_mask(distance, _mm512_set1_epi32(2 * DOUBT));
        doubtful |= _mm512_fpclass_ps_mask::<UNUSUAL>(rounded);
        // SAFETY: as many roots.
        unsafe { _mm512_storeu_ps(roots.as_mut_ptr(), rounded) };
    }
    doubtful == 0
}

/// [`Simd::turn`] for values of 8 bytes.
///
/// # Safety
/// As for it, and the CPU has AVX-512.
#[inline(always)]
unsafe fn turn_long_words(from: *const f64, pitch: isize, to: *mut f64, to_pitch: isize) {
    macro_rules! row {
        ($row:literal) => {
            _mm512_loadu_pd(from.byte_offset($row * pitch))
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (r0, r1, r2, r3) = (row!(0), row!(1), row!(2), row!(3));
        let (r4, r5, r6, r7) = (row!(4), row!(5), row!(6), row!(7));
        // Pairs of rows, then quarters of a register.
        let even = turn_quarters([
            _mm512_unpacklo_pd(r0, r1),
            _mm512_unpacklo_pd(r2, r3),
            _mm512_unpacklo_pd(r4, r5),
            _mm512_unpacklo_pd(r6, r7),
        ]);
        let odd = turn_quarters([
            _mm512_unpackhi_pd(r0, r1),
            _mm512_unpackhi_pd(r2, r3),
            _mm512_unpackhi_pd(r4, r5),
            _mm512_unpackhi_pd(r6, r7),
        ]);
        let columns = [even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]];
        for (i, column) in (0..).zip(columns) {
            _mm512_storeu_pd(to.byte_offset(i * to_pitch), column);
        }
    }
}

/// Turns 4 rows of 4 quarters.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn turn_quarters([a, b, c, d]: [__m512d; 4]) -> [__m512d; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (even, more_even) = (_mm512_shuffle_f64x2::<0x88>(a, b), _mm512_shuffle_f64x2::<0x88>(c, d));
        let (odd, more_odd) = (_mm512_shuffle_f64x2::<0xdd>(a, b), _mm512_shuffle_f64x2::<0xdd>(c, d));
        [
            _mm512_shuffle_f64x2::<0x88>(even, more_even),
            _mm512_shuffle_f64x2::<0x88>(odd, more_odd),
            _mm512_shuffle_f64x2::<0xdd>(even, more_even),
            _mm512_shuffle_f64x2::<0xdd>(odd, more_odd),
        ]
    }
}

// max(a, b) = a ^ b ^ min(a, b): the ternary logic runs on another port than the minimum.
macro_rules! larger {
    ($a:ident, $b:ident, $low:ident, $max:ident) => {
        // SAFETY: the vectors were made with the token.
        Self(unsafe { _mm512_ternarylogic_epi64::<0x96>($a.0, $b.0, $low.0) })
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn zero(_: __m512i) -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn no_floats(_: __m512i, _: __m512i, _: __m512i, key: __m512i) -> __m512i {
    key
}

/// The shift that spreads the sign over a lane, and the choice of `yes` where `a` is greater than `b`.
macro_rules! float_operations {
    ($($negative:ident by $shift:ident of $bits:literal, $select:ident by $compare:ident $blend:ident;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn $negative(bits: __m512i) -> __m512i {
            $shift::<$bits>(bits)
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn $select(a: __m512i, b: __m512i, yes: __m512i, no: __m512i) -> __m512i {
            $blend($compare(a, b), no, yes)
        }
    )*};
}

float_operations! {
    negative_i16 by _mm512_srai_epi16 of 15, select_i16 by _mm512_cmpgt_epi16_mask _mm512_mask_blend_epi16;
    negative_i32 by _mm512_srai_epi32 of 31, select_i32 by _mm512_cmpgt_epi32_mask _mm512_mask_blend_epi32;
    negative_i64 by _mm512_srai_epi64 of 63, select_i64 by _mm512_cmpgt_epi64_mask _mm512_mask_blend_epi64;
}

/// Numbers of 512 bits, and the smaller and the larger one of each lane with its own sign, so that -0 is below +0.
macro_rules! floats {
    ($($are:ident $min:ident $max:ident by $cast:ident $compare:ident $range:ident $bits:ident;)*) => {$(
        #[inline]
        #[target_feature(enable = "avx512f")]
        fn $are(a: __m512i, b: __m512i) -> bool {
            $compare::<_CMP_UNORD_Q>($cast(a), $cast(b)) == 0
        }

        #[inline]
        #[target_feature(enable = "avx512dq")]
        fn $min(a: __m512i, b: __m512i) -> __m512i {
            $bits($range::<0b0100>($cast(a), $cast(b)))
        }

        #[inline]
        #[target_feature(enable = "avx512dq")]
        fn $max(a: __m512i, b: __m512i) -> __m512i {
            $bits($range::<0b0101>($cast(a), $cast(b)))
        }
    )*};
}

floats! {
    are_f32 min_f32 max_f32 by _mm512_castsi512_ps _mm512_cmp_ps_mask _mm512_range_ps _mm512_castps_si512;
    are_f64 min_f64 max_f64 by _mm512_castsi512_pd _mm512_cmp_pd_mask _mm512_range_pd _mm512_castpd_si512;
}

key_vectors! {
    Avx512, __m512i, load _mm512_loadu_si512, store _mm512_storeu_si512, and _mm512_and_si512, xor _mm512_xor_si512,
    larger larger;
    U8 of 64 u8, min _mm512_min_epu8, max _mm512_max_epu8, splat _mm512_set1_epi8, floats zero no_floats,
        flipped _mm512_min_epi8 _mm512_max_epi8;
    I16 of 32 i16, min _mm512_min_epi16, max _mm512_max_epi16, splat _mm512_set1_epi16, floats negative_i16 select_i16,
        flipped _mm512_min_epu16 _mm512_max_epu16;
    I32 of 16 i32, min _mm512_min_epi32, max _mm512_max_epi32, splat _mm512_set1_epi32, floats negative_i32 select_i32,
        flipped _mm512_min_epu32 _mm512_max_epu32, numbers are_f32 min_f32 max_f32;
    I64 of 8 i64, min _mm512_min_epi64, max _mm512_max_epi64, splat _mm512_set1_epi64, floats negative_i64 select_i64,
        flipped _mm512_min_epu64 _mm512_max_epu64, numbers are_f64 min_f64 max_f64;
}

#[cfg(test)]
mod tests {
    use super::super::{LEAST_SQUARE, dispatch};
    use super::*;

    struct Roots<'a>(&'a [f64; ROOTS], f64);

    impl Job for Roots<'_> {
        type Out = Option<[f32; ROOTS]>;

        fn run<S: Simd>(self, simd: S) -> Self::Out {
            let mut roots = [0.0; ROOTS];
            simd.estimate_roots(self.0, self.1, &mut roots).then_some(roots)
        }
    }

    /// Numbers of so many bits.
    fn random<const BITS: u32>() -> impl FnMut() -> u64 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> (64 - BITS)
        }
    }

    /// Of so many calls, with squares that `square` makes, how many were sure; the roots of these are compared.
    fn sure(calls: u32, mut square: impl FnMut() -> f64) -> u32 {
        let mut count = 0;
        for scale in [1.0, 0.5] {
            for _ in 0..calls {
                let exact: [f64; ROOTS] = std::array::from_fn(|_| square());
                // Off by as much as they may be.
                for off in [1.0, 1.0 - f64::EPSILON * 4.0, 1.0 + f64::EPSILON * 4.0] {
                    let squares = exact.map(|square| square * off + LEAST_SQUARE);
                    let Some(roots) = dispatch(Level::Avx512, Roots(&squares, scale)) else { continue };
                    count += 1;
                    for (root, square) in roots.iter().zip(exact) {
                        let expected = (scale * square.sqrt()) as f32;
                        assert_eq!(root.to_bits(), expected.to_bits(), "{square:e} {off} {scale}");
                    }
                }
            }
        }
        count
    }

    #[test]
    fn roots_that_are_sure_are_those_of_f64_rounded() {
        let mut random = random::<53>();
        let fraction = |bits: u64| 1.0 + bits as f64 / (1_u64 << 53) as f64;
        // None where the CPU lacks the level, and another one answers.
        let most = if Avx512::detect().is_some() { 6 * 2000 } else { 0 };
        assert!(sure(2000, || 4.0 * fraction(random())) >= most / 10 * 9, "most roots are sure");
        assert!(sure(2000, || f64::from((random() % 3) as u32)) == most, "so are whole numbers and 0");
        // Of all magnitudes, and those whose roots are no normal f32, but not 0.
        assert!(
            sure(2000, || fraction(random()) * 2.0_f64.powi((random() % 300) as i32 - 150)) >= most / 10 * 9
        );
        for exponent in -310..-250 {
            sure(5, || fraction(random()) * 2.0_f64.powi(exponent) * (random() % 40 / 39) as f64);
        }
        for exponent in [-620, -1022, 258, 1000, 1023] {
            sure(5, || fraction(random()) * 2.0_f64.powi(exponent) * (random() % 40 / 39) as f64);
        }
        for odd in [f64::INFINITY, f64::NAN] {
            let mut place = 0;
            let mut one_of_all = || {
                place += 1;
                if place % ROOTS == 7 { odd } else { 1.0 }
            };
            assert_eq!(sure(50, &mut one_of_all), 0, "{odd}");
        }
    }

    #[test]
    fn roots_near_the_middle_between_two_numbers_are_in_doubt_or_right() {
        let mut random = random::<24>();
        let mut counts = [0; 2];
        for exponent in [0, 1, -60, -200, 100] {
            for step in 0..3000 {
                let middle = (2 * (random() | 1 << 23) + 1) as f64 * 2.0_f64.powi(exponent);
                // From the middle itself to far from it, on both sides.
                let side = if step % 2 == 0 { 1.0 } else { -1.0 };
                let root = middle * (1.0 + side * 2.0_f64.powi(-30 - step % 30));
                let is_sure = sure(1, || root * root) > 0;
                counts[usize::from(is_sure)] += 1;
            }
        }
        assert!(counts[0] > 1000 && (counts[1] > 1000 || Avx512::detect().is_none()), "{counts:?}");
        // Numbers of f32 that are not normal have other middles.
        for step in 0..3000 {
            let middle = f64::from(2 * (random() >> 4) as u32 + 1) * 2.0_f64.powi(-150);
            let root = middle * (1.0 - 2.0_f64.powi(-40 - step % 12));
            assert_eq!(sure(1, || root * root), 0, "{root:e}");
        }
    }
}
