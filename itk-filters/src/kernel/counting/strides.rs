//! Rows from and to strides: register `j` of a row holds the bytes `lane·J + j`.

use itk_core::simd::{ByteVector, Job, Simd};

/// Lays rows of bytes out in strides.
pub(super) struct Spread<'a> {
    pub(super) strip: usize,
    pub(super) rows: &'a [u8],
    pub(super) strides: &'a mut [u8],
}

/// Lays strides out in rows.
pub(super) struct Gather<'a> {
    pub(super) strip: usize,
    pub(super) strides: &'a [u8],
    pub(super) rows: &'a mut [u8],
}

impl Job for Spread<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let lanes = S::Bytes::LANES;
        match self.strip {
            64 => transpose::<64>(self.rows, self.strides, 64 / lanes, lanes),
            128 => transpose::<128>(self.rows, self.strides, 128 / lanes, lanes),
            256 => transpose::<256>(self.rows, self.strides, 256 / lanes, lanes),
            _ => transpose::<512>(self.rows, self.strides, 512 / lanes, lanes),
        }
    }
}

impl Job for Gather<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let lanes = S::Bytes::LANES;
        match self.strip {
            64 => transpose::<64>(self.strides, self.rows, lanes, 64 / lanes),
            128 => transpose::<128>(self.strides, self.rows, lanes, 128 / lanes),
            256 => transpose::<256>(self.strides, self.rows, lanes, 256 / lanes),
            _ => transpose::<512>(self.strides, self.rows, lanes, 512 / lanes),
        }
    }
}

/// Each row of `from` is a matrix of `columns` columns; `to` gets its transpose, of `rows` columns.
#[inline(always)]
fn transpose<const STRIP: usize>(from: &[u8], to: &mut [u8], columns: usize, rows: usize) {
    for (from, to) in from.as_chunks::<STRIP>().0.iter().zip(to.as_chunks_mut::<STRIP>().0) {
        for column in 0..columns {
            for row in 0..rows {
                to[column * rows + row] = from[row * columns + column];
            }
        }
    }
}
