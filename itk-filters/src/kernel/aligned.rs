//! Memory whose first value begins a cache line, so that registers in it do not lie on two lines.

/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

/// Values that begin with a cache line, and may have some more behind them.
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
    fn values_begin_a_line_and_are_as_many_as_asked_for() {
        check::<i8>();
        check::<i16>();
        check::<i32>();
        check::<f64>();
        assert!(Aligned::<f64>::new(usize::MAX).is_none() && Aligned::<f64>::new(usize::MAX / 16).is_none());
        assert!(Aligned::<f64>::default().values().is_empty());
    }
}
