//! Vectors over one register of an x86 level: the two levels differ by the names of instructions only.
//!
//! A vector is made by `load` and `splat`, which take the level's token, so its existence proves the instructions.

/// Vectors of keys. `larger` is a macro that gives the larger key of each lane, from two vectors, their minimum, and the
/// instruction for a maximum; `flipped` are the minimum and maximum of the other signedness, and `numbers` those of floats with
/// the question whether there are only numbers, where there are such instructions.
macro_rules! key_vectors {
    ($token:ident, $register:ident, load $load:ident, store $store:ident, and $and:ident, xor $xor:ident,
     larger $larger:ident;
     $($vector:ident of $lanes:literal $key:ident, min $min:ident, max $max:ident, splat $splat:ident,
       floats $negative:ident $select_greater:ident $(, flipped $min_flipped:ident $max_flipped:ident)?
       $(, numbers $are_numbers:ident $min_floats:ident $max_floats:ident)?;)*) => {$(
        #[derive(Clone, Copy)]
        pub(super) struct $vector($register);

        impl KeyVector<$key> for $vector {
            type Simd = $token;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn load(_: $token, keys: &[$key]) -> Self {
                let keys: &[$key; $lanes] = keys[..$lanes].try_into().expect("a slice of LANES keys");
                // SAFETY: the array fills a register, and the token proves the instruction.
                Self(unsafe { $load(keys.as_ptr().cast()) })
            }

            #[inline(always)]
            fn store(self, keys: &mut [$key]) {
                let keys: &mut [$key; $lanes] = (&mut keys[..$lanes]).try_into().expect("a slice of LANES keys");
                // SAFETY: the array fills a register, and self was made with the token.
                unsafe { $store(keys.as_mut_ptr().cast(), self.0) }
            }

            #[inline(always)]
            unsafe fn read(_: $token, from: *const $key) -> Self {
                // SAFETY: the caller's promise, and the token proves the instruction.
                Self(unsafe { $load(from.cast()) })
            }

            #[inline(always)]
            unsafe fn write(self, to: *mut $key) {
                // SAFETY: the caller's promise, and self was made with the token.
                unsafe { $store(to.cast(), self.0) }
            }

            #[inline(always)]
            fn splat(_: $token, key: $key) -> Self {
                // SAFETY: the token proves the instruction.
                Self(unsafe { $splat(key as _) })
            }

            #[inline(always)]
            fn flip(self, bits: Self) -> Self {
                // SAFETY: self was made with the token.
                Self(unsafe { $xor(self.0, bits.0) })
            }

            #[inline(always)]
            fn order_floats(self, infinity: Self, nan: Self) -> Self {
                // SAFETY: self was made with the token.
                unsafe {
                    let most = $splat($key::MAX as _);
                    let key = $xor(self.0, $and($negative(self.0), most));
                    Self($select_greater($and(self.0, most), infinity.0, nan.0, key))
                }
            }

            #[inline(always)]
            fn restore_floats(self) -> Self {
                // SAFETY: self was made with the token.
                unsafe { Self($xor(self.0, $and($negative(self.0), $splat($key::MAX as _)))) }
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: self was made with the token.
                Self(unsafe { $min(self.0, other.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: self was made with the token.
                Self(unsafe { $max(self.0, other.0) })
            }

            #[inline(always)]
            fn sort(self, other: Self) -> (Self, Self) {
                let low = self.min(other);
                (low, $larger!(self, other, low, $max))
            }

            $(
                const SORTS_FLIPPED: bool = true;

                #[inline(always)]
                fn min_flipped(self, other: Self, _: Self) -> Self {
                    // SAFETY: self was made with the token.
                    Self(unsafe { $min_flipped(self.0, other.0) })
                }

                #[inline(always)]
                fn max_flipped(self, other: Self, _: Self) -> Self {
                    // SAFETY: self was made with the token.
                    Self(unsafe { $max_flipped(self.0, other.0) })
                }

                #[inline(always)]
                fn sort_flipped(self, other: Self, highest: Self) -> (Self, Self) {
                    let low = self.min_flipped(other, highest);
                    (low, $larger!(self, other, low, $max_flipped))
                }
            )?

            $(
                #[inline(always)]
                fn are_numbers(self, other: Self) -> bool {
                    // SAFETY: self was made with the token.
                    unsafe { $are_numbers(self.0, other.0) }
                }

                #[inline(always)]
                fn min_floats(self, other: Self) -> Self {
                    // SAFETY: self was made with the token.
                    Self(unsafe { $min_floats(self.0, other.0) })
                }

                #[inline(always)]
                fn max_floats(self, other: Self) -> Self {
                    // SAFETY: self was made with the token.
                    Self(unsafe { $max_floats(self.0, other.0) })
                }
            )?
        }
    )*};
}

pub(super) use key_vectors;
