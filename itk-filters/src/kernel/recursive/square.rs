//! Squares of derivatives, added to sums with the roundings to f32 that ITK's images make.

use itk_core::PixelType;
use itk_core::simd::{Job, Simd};

use super::lines::{BLOCK, Rows};
use super::turn::Value;

/// What the squares of some lines need, one line in each lane.
pub(super) struct Square<V> {
    /// The derivatives.
    pub(super) from: Rows<V>,
    /// What squares are added to, if there is something.
    pub(super) sum: Option<Rows<V>>,
    /// Where the results go; it may be where the derivatives or the sums are.
    pub(super) to: Rows<V>,
    /// How many lines: 1, or a multiple of 8.
    pub(super) lanes: usize,
    pub(super) length: usize,
    pub(super) spacing: f64,
    /// Whether the root of the sum is taken.
    pub(super) root: bool,
}

impl<V: Value> Square<V> {
    /// # Safety
    /// Until the job has run, all rows are valid for reads and `to` for writes.
    pub(super) unsafe fn job(self) -> impl Job<Out = ()> {
        Squaring(self)
    }

    #[inline(always)]
    fn each(&self, slope: impl Fn(f64) -> f64) {
        if self.lanes == 1 { self.blocks::<1>(slope) } else { self.blocks::<BLOCK>(slope) }
    }

    #[inline(always)]
    fn blocks<const L: usize>(&self, slope: impl Fn(f64) -> f64) {
        let Self { from, sum, to, root, .. } = self;
        for row in 0..self.length {
            for block in 0..self.lanes / L {
                // SAFETY: the promise of `job`.
                let (derivatives, sums) = unsafe {
                    let sums = sum.map_or([V::default(); L], |sum| sum.values(row, block));
                    (from.values::<L>(row, block), sums)
                };
                let mut results = [V::default(); L];
                for l in 0..L {
                    let slope = slope(f64::from(derivatives[l].to_f64() as f32));
                    let total = (sums[l].to_f64() + slope * slope) as f32;
                    // In f32 the root of the sum is that in f64, rounded: that has more than twice the digits.
                    results[l] = match V::TYPE {
                        _ if !root => V::of_f32(total),
                        PixelType::F32 => V::of_f32(total.sqrt()),
                        _ => V::of_f64(f64::from(total).sqrt()),
                    };
                }
                // SAFETY: the promise of `job`.
                unsafe { to.put(row, block, results) };
            }
        }
    }
}

struct Squaring<V>(Square<V>);

impl<V: Value> Job for Squaring<V> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self(square) = self;
        let (spacing, inverse) = (square.spacing, 1.0 / square.spacing);
        // To multiply is to divide, and faster, where the inverse is exact: that of a power of two.
        if spacing.to_bits() << 12 == 0 && inverse.is_normal() {
            square.each(|derivative| derivative * inverse);
        } else {
            square.each(|derivative| derivative / spacing);
        }
    }
}
