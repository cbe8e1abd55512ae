//! A span of results, computed some columns at a time.

use itk_core::simd::{Job, Simd};

use super::{COLUMNS, Results, Rows, SPAN, Stencil, Trials, number};

/// The computation of results that lie after one another, as do the values that each takes from a row.
pub(super) struct Compute<'a, K: Stencil> {
    pub(super) stencil: &'a K,
    /// A value for each result.
    pub(super) rows: Rows<'a, K::Value>,
    pub(super) results: Results<'a, K::Result>,
    pub(super) trials: &'a mut Trials,
    /// What will be used soon. The cache is told meanwhile, so that memory is read and written while roots are taken.
    pub(super) next: &'a [Ahead],
}

/// Memory that will be used soon, from its first column on; it may lie anywhere.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    pub(super) first: *const u8,
    /// Bytes a column.
    pub(super) bytes: usize,
}

impl<K: Stencil> Job for Compute<'_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { stencil, rows, mut results, trials, next } = self;
        let columns = results.len();
        let crossing = results.before_line();
        let mut at = 0;
        while at < columns {
            let mut count = SPAN.min(columns - at);
            let mut step = count;
            // The last columns overlap those before, so that no level leaves a rest; and the first ones those after, so that
            // no others are written across lines.
            if columns >= COLUMNS && count < COLUMNS {
                at = columns - COLUMNS;
                (count, step) = (COLUMNS, COLUMNS);
            } else if at == 0 && crossing > 0 && count == SPAN {
                (count, step) = (crossing.next_multiple_of(COLUMNS), crossing);
            } else if count > COLUMNS {
                count -= count % COLUMNS;
                step = count;
            }
            for Ahead { first, bytes } in next {
                number::prefetch(simd, first.wrapping_add(at * bytes), count * bytes);
            }
            stencil.row(simd, rows.part(at, count), results.part(at, count), trials);
            at += step;
        }
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "results lie at places that no vector begins at")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use itk_core::Axes;
    use itk_core::simd::{self, Level};

    use super::*;

    /// Copies a row.
    #[derive(Default)]
    struct Same {
        /// How often results were asked for that do not begin a cache line.
        crossing: AtomicUsize,
    }

    impl Stencil for Same {
        type Value = f32;
        type Result = f32;

        fn radius(&self) -> &[usize] {
            &[0]
        }

        fn rows(&self) -> &[Axes<isize>] {
            &[]
        }

        fn cost(&self) -> f64 {
            0.0
        }

        fn row<S: Simd>(&self, _: S, rows: Rows<'_, f32>, mut out: Results<'_, f32>, _: &mut Trials) {
            self.crossing.fetch_add(usize::from(out.before_line() > 0), Ordering::Relaxed);
            for column in 0..out.len() {
                out.set(column, rows.beside(0, 0).at(column));
            }
        }
    }

    #[test]
    fn results_at_any_place_are_written_once_or_twice_and_across_lines_at_the_ends_only() {
        let values: Vec<f32> = (1..=700_u16).map(f32::from).collect();
        for columns in [1, 2, 31, 32, 33, 63, 64, 255, 256, 257, 271, 272, 273, 288, 289, 600, 700] {
            for place in 0..=64 {
                // All bits set: no value.
                let mut memory = vec![0xffff_ffff_u32; columns + 64];
                let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
                let first = memory.as_ptr().align_offset(64) + place;
                let (starts, stencil) = ([values.as_ptr()], Same::default());
                // SAFETY: as many values and, from the first place on, results are there.
                let (rows, results) = unsafe {
                    let start = memory.as_mut_ptr().wrapping_add(first).cast();
                    (Rows::new(&starts, 1, columns), Results::new(start, columns))
                };
                let trials = &mut Trials::default();
                simd::dispatch(
                    Level::Baseline,
                    Compute { stencil: &stencil, rows, results, trials, next: &[] },
                );
                let (before, others) = memory.split_at(first);
                let (written, behind) = others.split_at(4 * columns);
                assert!(
                    written == bytemuck::cast_slice::<f32, u8>(&values[..columns]),
                    "{columns} at {place}"
                );
                assert!(before.iter().chain(behind).all(|&byte| byte == 0xff), "{columns} at {place}");
                let crossing = stencil.crossing.into_inner();
                assert!(columns < SPAN || crossing <= 2 || place % 4 > 0, "{columns} at {place}: {crossing}");
            }
        }
    }
}
