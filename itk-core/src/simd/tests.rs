//! Orders of keys and of floats, at every level.

use super::*;

/// Sorts keys with each other, and says at which level, and whether flipped orders have instructions of their own.
struct Sorted<'a, K: Key>(&'a [[K; 64]; 2], K);

impl<K: Key> Job for Sorted<'_, K> {
    type Out = (Level, bool, [[[K; 64]; 2]; 4]);

    fn run<S: Simd>(self, simd: S) -> Self::Out {
        let highest = K::Vector::<S>::splat(simd, self.1);
        let mut out = [[[K::default(); 64]; 2]; 4];
        for at in (0..64).step_by(K::Vector::<S>::LANES) {
            let [a, b] = self.0.each_ref().map(|keys| K::Vector::<S>::load(simd, &keys[at..]));
            let pairs = [
                a.sort(b),
                (a.min(b), a.max(b)),
                a.sort_flipped(b, highest),
                (a.min_flipped(b, highest), a.max_flipped(b, highest)),
            ];
            for (out, (low, high)) in out.iter_mut().zip(pairs) {
                low.store(&mut out[0][at..]);
                high.store(&mut out[1][at..]);
            }
        }
        (S::LEVEL, K::Vector::<S>::SORTS_FLIPPED, out)
    }
}

fn check<K: Key + Ord + std::fmt::Debug>(highest: K, made: impl Fn(u64) -> K, other: impl Fn(K) -> K) {
    let mut state = 1u64;
    let keys = [(); 2].map(|()| {
        std::array::from_fn(|i| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // Few values too, so that there are equal keys.
            made(if i % 2 == 0 { state >> 3 } else { state >> 62 })
        })
    });
    let [a, b]: [[K; 64]; 2] = keys;
    for level in levels() {
        let (ran, _, [sorted, pairs, flipped, flipped_pairs]) = dispatch(level, Sorted(&keys, highest));
        assert_eq!(ran, level);
        for i in 0..64 {
            assert_eq!([sorted[0][i], sorted[1][i]], [a[i].min(b[i]), a[i].max(b[i])], "{level}");
            let [x, y] = [other(a[i]), other(b[i])];
            assert_eq!([flipped[0][i], flipped[1][i]].map(&other), [x.min(y), x.max(y)], "{level} flipped");
        }
        assert_eq!((sorted, flipped), (pairs, flipped_pairs), "{level}");
    }
}

#[test]
fn keys_are_sorted_in_both_orders() {
    check(0x80, |bits| bits as u8, |key| key ^ 0x80);
    check(i16::MIN, |bits| bits as i16, |key| key ^ i16::MIN);
    check(i32::MIN, |bits| bits as i32, |key| key ^ i32::MIN);
    check(i64::MIN, |bits| bits as i64, |key| key ^ i64::MIN);
}

#[test]
fn wide_levels_sort_in_both_orders_alike() {
    let alike = |level| {
        let keys = [[0; 64]; 2];
        [
            dispatch(level, Sorted(&keys.map(|row| row.map(|_| 0u8)), 0x80)).1,
            dispatch(level, Sorted(&keys.map(|row| row.map(|_| 0i16)), i16::MIN)).1,
            dispatch(level, Sorted(&keys.map(|row| row.map(|_| 0i32)), i32::MIN)).1,
            dispatch(level, Sorted(&keys.map(|row| row.map(|_| 0i64)), i64::MIN)).1,
        ]
    };
    for level in levels() {
        let expected = match level {
            Level::Avx512 => [true; 4],
            Level::Avx2 => [true, true, true, false],
            Level::Baseline => [false; 4],
        };
        assert_eq!(alike(level), expected, "{level}");
    }
}

/// Sorts floats by their bits, and says whether all registers of the first are numbers.
struct Floats<'a, K: Key>(&'a [[K; 64]; 2]);

impl<K: Key> Job for Floats<'_, K> {
    type Out = (bool, [[K; 64]; 2]);

    fn run<S: Simd>(self, simd: S) -> Self::Out {
        let mut out = [[K::default(); 64]; 2];
        let mut numbers = true;
        for at in (0..64).step_by(K::Vector::<S>::LANES) {
            let [a, b] = self.0.each_ref().map(|keys| K::Vector::<S>::load(simd, &keys[at..]));
            numbers &= a.are_numbers(b);
            a.min_floats(b).store(&mut out[0][at..]);
            a.max_floats(b).store(&mut out[1][at..]);
        }
        (numbers, out)
    }
}

fn check_floats<P: Pixel>() {
    let least = if size_of::<P>() == 8 { 5e-324 } else { 1e-45 };
    let kinds = [0.0, -0.0, least, -least, 2.0 * least, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, 3e4];
    let kinds = kinds.map(P::from_f64);
    let bits = |pixel: P| bytemuck::cast::<P, P::Key>(pixel);
    // Each beside each.
    for turn in 0..kinds.len() {
        let a: [P; 64] = std::array::from_fn(|i| kinds[i % kinds.len()]);
        let b: [P; 64] = std::array::from_fn(|i| kinds[(i + turn) % kinds.len()]);
        for level in levels() {
            let (numbers, [low, high]) = dispatch(level, Floats(&[a.map(bits), b.map(bits)]));
            assert_eq!(numbers, level == Level::Avx512, "{level}");
            for i in 0..64 {
                let (x, y) = (a[i].to_key(), b[i].to_key());
                let expected = [x.min(y), x.max(y)].map(|key| bits(P::from_key(key)));
                assert_eq!([low[i], high[i]], expected, "{level}: {:?} and {:?}", a[i], b[i]);
            }
            for at in 0..64 {
                for side in 0..2 {
                    let mut pixels = [a, b];
                    pixels[side][at] = P::from_f64(if turn % 2 == 0 { f64::NAN } else { -f64::NAN });
                    let (numbers, _) = dispatch(level, Floats(&pixels.map(|row| row.map(bits))));
                    assert!(!numbers, "{level}: {at}");
                }
            }
        }
    }
}

#[test]
fn floats_are_sorted_as_their_keys_and_nan_is_seen() {
    check_floats::<f32>();
    check_floats::<f64>();
}
