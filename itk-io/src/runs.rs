//! Where the values of a region lie among all values of a file: runs without gaps, in ascending order.

/// The runs of a region, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    /// Where the current run begins.
    first: u64,
    /// Values of each run.
    length: u64,
    /// Values of the current run that have been passed.
    passed: u64,
    /// How far apart runs are, and how many of them there are, on each further axis.
    axes: Vec<(u64, u64)>,
    at: Vec<u64>,
    ended: bool,
}

impl Runs {
    /// The values with index `first..first + count` on each axis, given as `(size, first, count)`, the fastest
    /// axis first. The caller has made sure that the product of all sizes fits in `i64`.
    pub(crate) fn new(axes: impl IntoIterator<Item = (usize, usize, usize)>) -> Self {
        let (mut first, mut length, mut step, mut outer) = (0u64, 1u64, 1u64, Vec::new());
        for (size, start, count) in axes {
            first += start as u64 * step;
            if length == step && outer.is_empty() {
                // All axes so far are taken whole.
                length = step * count as u64;
            } else if count != 1 {
                outer.push((step, count as u64));
            }
            step *= size as u64;
        }
        let ended = length == 0 || outer.iter().any(|(_, count)| *count == 0);
        Self { first, length, passed: 0, at: vec![0; outer.len()], axes: outer, ended }
    }

    /// The next value's place, and how many follow it without a gap, itself counted.
    pub(crate) fn next(&self) -> Option<(u64, u64)> {
        (!self.ended).then(|| (self.first + self.passed, self.length - self.passed))
    }

    /// Passes over values of the current run.
    pub(crate) fn pass(&mut self, values: u64) {
        self.passed += values;
        if self.passed < self.length {
            return;
        }
        self.passed = 0;
        for (at, &(step, count)) in self.at.iter_mut().zip(&self.axes) {
            *at += 1;
            self.first += step;
            if *at < count {
                return;
            }
            self.first -= step * count;
            *at = 0;
        }
        self.ended = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All runs as first value and length.
    fn all(axes: &[(usize, usize, usize)]) -> Vec<(u64, u64)> {
        let mut runs = Runs::new(axes.iter().copied());
        let mut found = Vec::new();
        while let Some((first, length)) = runs.next() {
            found.push((first, length));
            runs.pass(length);
        }
        found
    }

    #[test]
    fn axes_that_are_taken_whole_are_one_run() {
        assert_eq!(all(&[(4, 0, 4), (3, 0, 3), (5, 1, 2)]), [(12, 24)]);
        assert_eq!(all(&[(4, 0, 4), (3, 1, 2), (5, 1, 2)]), [(16, 8), (28, 8)]);
        assert_eq!(all(&[(1, 0, 1), (4, 0, 4), (1, 0, 1), (3, 0, 3)]), [(0, 12)]);
    }

    #[test]
    fn other_axes_are_walked_with_the_fastest_first() {
        assert_eq!(all(&[(4, 1, 2), (3, 1, 2), (5, 3, 2)]), [(41, 2), (45, 2), (53, 2), (57, 2)]);
        assert_eq!(all(&[(4, 3, 1), (3, 0, 3)]), [(3, 1), (7, 1), (11, 1)]);
        assert_eq!(all(&[(4, 1, 1), (3, 2, 1), (2, 0, 2)]), [(9, 1), (21, 1)]);
    }

    #[test]
    fn a_run_may_be_passed_in_parts() {
        let mut runs = Runs::new([(4, 1, 3), (2, 0, 2)]);
        runs.pass(2);
        assert_eq!(runs.next(), Some((3, 1)));
        runs.pass(1);
        assert_eq!(runs.next(), Some((5, 3)));
        runs.pass(3);
        assert_eq!(runs.next(), None);
    }

    #[test]
    fn nothing_has_no_runs() {
        assert!(all(&[(4, 0, 0), (3, 0, 3)]).is_empty());
        assert!(all(&[(4, 0, 4), (3, 0, 0)]).is_empty());
        assert!(all(&[(4, 1, 2), (3, 1, 0)]).is_empty());
    }
}
