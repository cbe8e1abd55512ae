//! Geometry as files have it, and where it is written.

use itk_core::{Error, Geometry, Header, Result};

/// Geometry from a file: a negative spacing becomes a positive one along an axis that points the other way.
/// `direction` has one column an axis, rows one after the other.
pub(crate) fn geometry(spacing: &[f64], origin: &[f64], direction: &[f64]) -> Result<Geometry> {
    let (rank, mut direction) = (spacing.len(), direction.to_vec());
    let mut positive = spacing.to_vec();
    for (j, s) in positive.iter_mut().enumerate().filter(|(_, s)| **s < 0.0) {
        *s = -*s;
        for d in direction.iter_mut().skip(j).step_by(rank) {
            *d = -*d;
        }
    }
    Geometry::new(&positive, origin, &direction)
}

/// The origin that a file gets: the position of the first pixel.
pub(crate) fn first_pixel(header: &Header) -> Vec<f64> {
    header.geometry.index_to_physical(header.region.index()).to_vec()
}

/// Refuses an image without pixels, which none of the formats can hold.
pub(crate) fn not_empty(header: &Header, path: &std::path::Path, format: &'static str) -> Result<()> {
    if header.region.pixels() > 0 {
        return Ok(());
    }
    Err(Error::Unwritable {
        path: path.to_owned(),
        format,
        reason: format!("an image of size (xyz) {:?} has no pixels", header.region.size()),
    })
}
