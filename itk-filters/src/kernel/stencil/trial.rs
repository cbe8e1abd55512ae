//! Whether a way that is cheap, but may fail, is worth trying.

/// The most failures after one another that are told apart.
const MOST: u32 = 4;

/// Those of stencils with three ways: the cheapest one, and another one.
pub(crate) type Trials = [Trial; 2];

/// How the cheap way fared on the results before. After a failure it is not tried for a while, the longer the more failures
/// there were after one another, so that trying costs little where it always fails. The results are the same either way.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    failures: u32,
    /// For how many times it is not due.
    wait: u32,
}

impl Trial {
    /// Whether to try it this time.
    #[inline(always)]
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.wait == 0;
        self.wait = self.wait.saturating_sub(1);
        is_due
    }

    /// Takes note of whether it failed.
    #[inline(always)]
    pub(crate) fn note(&mut self, has_failed: bool) {
        self.failures = if has_failed { MOST.min(self.failures + 1) } else { 0 };
        self.wait = (1 << (2 * self.failures)) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it is tried in so many times.
    fn tries(times: u32, has_failed: impl Fn(u32) -> bool) -> usize {
        let mut trial = Trial::default();
        let mut is_tried = |&time: &u32| {
            let is_due = trial.is_due();
            if is_due {
                trial.note(has_failed(time));
            }
            is_due
        };
        (0..times).filter(|time| is_tried(time)).count()
    }

    #[test]
    fn it_is_always_tried_while_it_succeeds_and_seldom_while_it_fails() {
        assert_eq!(tries(1000, |_| false), 1000);
        assert_eq!(tries(1000, |_| true), 7);
    }

    #[test]
    fn one_failure_costs_few_tries() {
        assert_eq!(tries(1000, |time| time == 500), 997);
    }
}
