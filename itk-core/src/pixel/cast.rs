//! Pixels to and from f64, each rounded once.

use half::f16;

/// Rust's `as` to and from f64, which is C's cast with its undefined cases made saturating.
pub(super) trait Cast {
    fn widen(self) -> f64;
    fn narrow(value: f64) -> Self;
}

macro_rules! cast {
    ($($type:ident)*) => {$(
        impl Cast for $type {
            #[inline(always)]
            fn widen(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn narrow(value: f64) -> Self {
                value as Self
            }
        }
    )*};
}
cast!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

impl Cast for f16 {
    /// `half` would ask at each pixel what the CPU can do. Here the magnitude's bits are read as a f32 whose exponent is
    /// 112 too small, which is exact for subnormal numbers too.
    #[inline(always)]
    fn widen(self) -> f64 {
        let magnitude = (u32::from(self.to_bits()) & 0x7fff) << 13;
        let number = (f32::from_bits(magnitude) * f32::from_bits(0x7780_0000)).to_bits();
        // Infinity and NaN have the largest exponent in both types.
        let special = if magnitude >= 0x0f80_0000 { magnitude | 0x7f80_0000 } else { number };
        f64::from(f32::from_bits(special | (u32::from(self.to_bits()) & 0x8000) << 16))
    }
    /// To the nearest number, and to the even one of two. `half` rounds to f32 first or drops low bits, as the CPU has it.
    /// Here f64's own addition rounds, to a multiple of what the last bit of the f16 is worth.
    #[inline(always)]
    fn narrow(value: f64) -> Self {
        const LEAST_NORMAL: f64 = 1.0 / 16384.0;
        // What rounds to 65536 is infinite.
        let magnitude = value.abs().min(65536.0);
        let exponent = magnitude.max(LEAST_NORMAL).to_bits() & f64::INFINITY.to_bits();
        // 42 bits fewer are kept. The sum's last bits count the multiples, the implicit bit included.
        let sum = magnitude + f64::from_bits(exponent + (42 << 52));
        let number = ((exponent - LEAST_NORMAL.to_bits()) >> 42) + (sum.to_bits() & 0xfff);
        let nan = 0x7e00 | ((value.to_bits() >> 42) & 0x3ff);
        let sign = (value.to_bits() >> 48) & 0x8000;
        Self::from_bits((if value.is_nan() { nan } else { number } | sign) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f16_widens_as_half_says() {
        for bits in 0..=u16::MAX {
            let pixel = f16::from_bits(bits);
            let (got, expected) = (pixel.widen(), f16::to_f64(pixel));
            let same = got.to_bits() == expected.to_bits() || (got.is_nan() && expected.is_nan());
            assert!(same, "{bits:#06x}: got {got:e}, expected {expected:e}");
        }
    }

    /// What lies between two neighbours, up to one bit from their middle, is the nearer one's.
    #[test]
    fn f64_narrows_to_the_nearest_f16_and_to_the_even_one_of_two() {
        for low in 0..0x7c00_u16 {
            let high = low + 1;
            // The number after the largest finite one would be 65536.
            let value = |bits: u16| if bits == 0x7c00 { 65536.0 } else { f16::from_bits(bits).widen() };
            let middle = f64::midpoint(value(low), value(high));
            let even = if low % 2 == 0 { low } else { high };
            for (number, expected) in [
                (value(low), low),
                (value(low).next_up(), low),
                (middle.next_down(), low),
                (middle, even),
                (middle.next_up(), high),
                (value(high).next_down(), high),
            ] {
                assert_eq!(f16::narrow(number).to_bits(), expected, "{number:e}");
                assert_eq!(f16::narrow(-number).to_bits(), expected | 0x8000, "-{number:e}");
            }
        }
        assert_eq!(f16::narrow(f64::MAX), f16::INFINITY);
        assert_eq!(f16::narrow(f64::NEG_INFINITY), f16::NEG_INFINITY);
        assert_eq!(f16::narrow(f64::MIN_POSITIVE).to_bits(), 0);
    }

    #[test]
    fn a_nan_stays_one_with_its_sign_and_first_bits() {
        for bits in 0x7c01..=0x7fff_u16 {
            for bits in [bits, bits | 0x8000] {
                let nan = f16::from_bits(bits).widen();
                assert_eq!(f16::narrow(nan).to_bits(), bits | 0x200);
            }
        }
        let payload_in_the_last_bit = f64::from_bits(0x7ff0_0000_0000_0001);
        assert_eq!(f16::narrow(payload_in_the_last_bit).to_bits(), 0x7e00);
    }
}
