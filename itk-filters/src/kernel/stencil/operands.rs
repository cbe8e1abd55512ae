//! What a stencil reads and writes: rows of values in memory that others may see, as pixels of numpy's are, so they are never
//! slices.
#![expect(unsafe_code, reason = "values are read and written through raw pointers")]

use std::marker::PhantomData;

use crate::kernel::cache;

/// The rows of a stencil: staged values, or pixels where they are.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, V> {
    /// The value of the first result's own column in each of them.
    starts: &'a [*const V],
    /// Values from one to its neighbour along x.
    side: usize,
    /// The columns of results that are at work: the first one, and how many.
    at: usize,
    length: usize,
}

impl<'a, V> Rows<'a, V> {
    /// # Safety
    /// For as long as `'a`, from each start on, `length` values are valid for reads, and so are those beside them that the stencil
    /// takes.
    #[inline(always)]
    pub(super) unsafe fn new(starts: &'a [*const V], side: usize, length: usize) -> Self {
        Self { starts, side, at: 0, length }
    }

    /// Those of some results, from the one at `at` on.
    ///
    /// # Panics
    /// When there are fewer.
    #[inline(always)]
    pub(crate) fn part(&self, at: usize, length: usize) -> Self {
        assert!(at <= self.length && length <= self.length - at, "a part of the results");
        Self { at: self.at + at, length, ..*self }
    }

    /// A value for each result, so many columns beside its own one: no more than the stencil's radius.
    #[inline(always)]
    pub(crate) fn beside(&self, row: usize, columns: isize) -> Row<'a, V> {
        let start = self.starts[row].wrapping_add(self.at).wrapping_offset(columns * self.side as isize);
        Row { start, length: self.length, memory: PhantomData }
    }
}

/// Values after one another.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a, V> {
    start: *const V,
    length: usize,
    memory: PhantomData<&'a V>,
}

impl<V: Copy> Row<'_, V> {
    /// The first of them. Loops that go over several rows cut them to one length, so that no bound is checked inside.
    ///
    /// # Panics
    /// When there are fewer.
    #[inline(always)]
    pub(crate) fn first(self, length: usize) -> Self {
        assert!(length <= self.length, "a row has a value for each result");
        Self { length, ..self }
    }

    /// The value of a column.
    #[inline(always)]
    pub(crate) fn at(&self, column: usize) -> V {
        assert!(column < self.length, "a column lies inside its row");
        // SAFETY: the promise of `Rows::new`.
        unsafe { self.start.add(column).read_unaligned() }
    }
}

/// Where the results go.
pub(crate) struct Results<'a, R> {
    start: *mut R,
    length: usize,
    memory: PhantomData<&'a mut R>,
}

impl<'a, R: Copy> Results<'a, R> {
    /// # Safety
    /// For as long as `'a`, `length` values are valid for writes.
    #[inline(always)]
    pub(super) unsafe fn new(start: *mut R, length: usize) -> Self {
        Self { start, length, memory: PhantomData }
    }

    /// In scratch memory.
    #[inline(always)]
    pub(super) fn of(results: &'a mut [R]) -> Self {
        Self { start: results.as_mut_ptr(), length: results.len(), memory: PhantomData }
    }

    /// Some of them, from the one at `at` on.
    ///
    /// # Panics
    /// When there are fewer.
    #[inline(always)]
    pub(crate) fn part(&mut self, at: usize, length: usize) -> Results<'_, R> {
        assert!(at <= self.length && length <= self.length - at, "a part of the results");
        Results { start: self.start.wrapping_add(at), length, memory: PhantomData }
    }

    /// How many there are.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// How many of them lie before the first cache line that begins with one; 0 where none does.
    #[inline(always)]
    pub(super) fn before_line(&self) -> usize {
        cache::before_line(self.start.addr(), size_of::<R>())
    }

    /// Writes the result of a column.
    #[inline(always)]
    pub(crate) fn set(&mut self, column: usize, result: R) {
        assert!(column < self.length, "a result for each column");
        // SAFETY: the promise of `new`.
        unsafe { self.start.add(column).write_unaligned(result) };
    }
}
