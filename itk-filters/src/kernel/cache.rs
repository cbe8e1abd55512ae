//! What kernels know of the caches of a core, and memory that suits them.

/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

/// Bytes after which addresses share a set of a first-level cache, and how many lines a set holds at least.
pub(crate) const SET: usize = 4 << 10;
pub(crate) const WAYS: usize = 8;

/// How many rows, so many bytes apart, have the lines of a column in different sets of a first-level cache.
pub(crate) fn spread(pitch: usize) -> usize {
    SET >> pitch.trailing_zeros().min(SET.trailing_zeros())
}

/// Whether columns at these addresses push each other out of a first-level cache: more of them than a set has lines lie within
/// two lines of each other, page by page.
pub(crate) fn crowded(addresses: impl Iterator<Item = usize>) -> bool {
    let mut lines: Vec<usize> = addresses.map(|address| address % SET).collect();
    lines.sort_unstable();
    // Round the end of the page.
    for line in 0..lines.len() {
        lines.push(lines[line] + SET);
    }
    lines.windows(WAYS + 1).any(|near| near[WAYS] - near[0] < 2 * LINE)
}

/// How many values of `size` bytes, the first one at this address, lie before the first cache line that begins with one; 0 where
/// none does.
#[inline(always)]
pub(crate) fn before_line(address: usize, size: usize) -> usize {
    let bytes = address.wrapping_neg() % LINE;
    if bytes.is_multiple_of(size) { bytes / size } else { 0 }
}

/// Values that begin with a cache line, so that registers do not lie on two, and may have some more behind them.
#[derive(Default)]
pub(crate) struct Aligned<V>(Vec<V>);

impl<V: Copy + Default> Aligned<V> {
    /// Room for so many values; `None` when there is no memory for it.
    pub(crate) fn new(count: usize) -> Option<Self> {
        let mut values = Vec::new();
        values.try_reserve_exact(count.checked_add(Self::SPARE)?).ok()?;
        values.resize(count + Self::SPARE, V::default());
        Some(Self(values))
    }

    /// Makes room for so many values at least.
    pub(crate) fn grow(&mut self, count: usize) {
        if self.0.len() < count + Self::SPARE {
            self.0.resize(count + Self::SPARE, V::default());
        }
    }

    pub(crate) fn values(&mut self) -> &mut [V] {
        let first = self.0.as_ptr().align_offset(LINE).min(self.0.len());
        &mut self.0[first..]
    }

    const SPARE: usize = LINE / size_of::<V>() - 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<V: Copy + Default>() {
        for count in [0, 1, 63, 64, 1000, 100_000] {
            let mut grown = Aligned::<V>::default();
            grown.grow(count);
            for mut memory in [grown, Aligned::new(count).expect("memory")] {
                assert!(memory.values().len() >= count);
                assert!(count == 0 || memory.values().as_ptr().addr().is_multiple_of(LINE), "{count}");
            }
        }
    }

    #[test]
    fn rows_a_power_of_two_apart_share_sets() {
        for (pitch, expected) in
            [(64, 64), (4096, 1), (2048, 2), (12288, 1), (4160, 64), (0, 1), (3 * 512, 8)]
        {
            assert_eq!(spread(pitch), expected, "{pitch}");
        }
    }

    #[test]
    fn nine_columns_at_the_same_place_of_a_page_crowd_a_set_of_eight_lines() {
        // Rows that are read, and rows of medians.
        let crowds = |reads: usize, rows: usize, pitch: usize, apart: usize| {
            crowded((0..reads).map(|y| y * pitch).chain((0..rows).map(|y| apart + y * pitch)))
        };
        for (reads, rows, pitch, apart, expected) in [
            (8, 6, 4096, 0, true),
            (8, 6, 12288, 64, true),
            (8, 6, 4096, 4096 - 64, true),
            (8, 6, 4096, 1024, false),
            (8, 6, 2048, 0, false),
            (8, 6, 4160, 0, false),
            (8, 1, 4096, 0, true),
            (9, 0, 4096, 0, true),
            (8, 0, 4096, 0, false),
            (0, 0, 4096, 0, false),
        ] {
            assert_eq!(crowds(reads, rows, pitch, apart), expected, "{reads} {rows} {pitch} {apart}");
        }
    }

    #[test]
    fn values_lie_before_the_line_that_begins_with_one() {
        for (address, size, expected) in
            [(0, 4, 0), (64, 4, 0), (16, 4, 12), (16, 8, 6), (60, 4, 1), (63, 1, 1), (63, 4, 0), (18, 4, 0)]
        {
            assert_eq!(before_line(address, size), expected, "{address} {size}");
        }
    }

    #[test]
    fn values_begin_a_line_and_are_as_many_as_asked_for() {
        check::<i8>();
        check::<i16>();
        check::<i32>();
        check::<f64>();
        assert!(Aligned::<f64>::new(usize::MAX).is_none() && Aligned::<f64>::new(usize::MAX / 16).is_none());
        assert!(Aligned::<f64>::default().values().is_empty());
    }
}
