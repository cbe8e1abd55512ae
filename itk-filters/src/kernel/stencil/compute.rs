//! A span of results, computed some columns at a time.

use itk_core::simd::{Job, Simd};

use super::{COLUMNS, Results, Rows, SPAN, Stencil, number};

/// The computation of results that lie after one another, as do the values that each takes from a row.
pub(super) struct Compute<'a, K: Stencil> {
    pub(super) stencil: &'a K,
    /// A value for each result.
    pub(super) rows: Rows<'a, K::Value>,
    pub(super) results: Results<'a, K::Result>,
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
        let Self { stencil, rows, mut results, next } = self;
        let columns = results.len();
        let mut at = 0;
        while at < columns {
            let mut count = SPAN.min(columns - at);
            // The last columns overlap those before, so that no level leaves a rest.
            if columns >= COLUMNS && count < COLUMNS {
                at = columns - COLUMNS;
                count = COLUMNS;
            } else if count > COLUMNS {
                count -= count % COLUMNS;
            }
            for Ahead { first, bytes } in next {
                number::prefetch(simd, first.wrapping_add(at * bytes), count * bytes);
            }
            stencil.row(rows.part(at, count), results.part(at, count));
            at += count;
        }
    }
}
