//! Turning squares of values with the instructions that both wide x86 levels have.
#![expect(
    unsafe_code,
    reason = "CPU instructions beyond the baseline, behind a token that proves they exist"
)]

use std::arch::x86_64::*;

/// [`super::Simd::turn`] for values of 4 bytes.
///
/// # Safety
/// As for it, and the CPU has AVX.
#[inline(always)]
pub(super) unsafe fn turn_words(from: *const f32, pitch: isize, to: *mut f32, to_pitch: isize) {
    macro_rules! row {
        ($row:literal) => {
            _mm256_loadu_ps(from.byte_offset($row * pitch))
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let top = turn_fours([row!(0), row!(1), row!(2), row!(3)]);
        let bottom = turn_fours([row!(4), row!(5), row!(6), row!(7)]);
        let columns = [
            _mm256_permute2f128_ps::<0x20>(top[0], bottom[0]),
            _mm256_permute2f128_ps::<0x20>(top[1], bottom[1]),
            _mm256_permute2f128_ps::<0x20>(top[2], bottom[2]),
            _mm256_permute2f128_ps::<0x20>(top[3], bottom[3]),
            _mm256_permute2f128_ps::<0x31>(top[0], bottom[0]),
            _mm256_permute2f128_ps::<0x31>(top[1], bottom[1]),
            _mm256_permute2f128_ps::<0x31>(top[2], bottom[2]),
            _mm256_permute2f128_ps::<0x31>(top[3], bottom[3]),
        ];
        for (i, column) in (0..).zip(columns) {
            _mm256_storeu_ps(to.byte_offset(i * to_pitch), column);
        }
    }
}

/// Turns 4 rows of 4 values in each half of the registers.
///
/// # Safety
/// The CPU has AVX.
#[inline(always)]
unsafe fn turn_fours([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let left = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
        let right = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(left.0, left.1),
            _mm256_shuffle_ps::<0xee>(left.0, left.1),
            _mm256_shuffle_ps::<0x44>(right.0, right.1),
            _mm256_shuffle_ps::<0xee>(right.0, right.1),
        ]
    }
}
