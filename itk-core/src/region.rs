//! Rectangular regions of an image: ITK's `ImageRegion`, in xyz order.

use std::fmt;

use crate::{Axes, Error, MAX_RANK, Result};

/// A start index and a size, x (the fastest axis) first.
///
/// # Source
/// ITK's `itk::ImageRegion`; what differs is that nothing here wraps around on overflow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region {
    index: Axes<i64>,
    size: Axes<usize>,
}

impl Region {
    /// A region from its start index and size, both xyz.
    ///
    /// # Errors
    /// [`Error::Rank`] unless both have the same number of axes, 1 to 6; [`Error::Geometry`] when the end
    /// does not fit in `i64`, or the number of pixels does not fit in `isize`.
    ///
    /// # Example
    /// ```
    /// let region = itk_core::Region::new(&[10, -5], &[4, 3])?;
    /// assert_eq!(region.pixels(), 12);
    /// assert!(region.contains_index(&[13, -3]) && !region.contains_index(&[14, -3]));
    /// # Ok::<(), itk_core::Error>(())
    /// ```
    pub fn new(index: &[i64], size: &[usize]) -> Result<Self> {
        check_rank("region", size.len())?;
        if index.len() != size.len() {
            return Err(Error::Rank {
                who: "region index",
                expected: size.len().to_string(),
                got: index.len(),
            });
        }
        let fits =
            index.iter().zip(size).all(|(&i, &n)| i64::try_from(n).is_ok_and(|n| i.checked_add(n).is_some()));
        let count =
            size.iter().try_fold(1isize, |count, &n| count.checked_mul(isize::try_from(n.max(1)).ok()?));
        if !fits || count.is_none() {
            return Err(Error::Geometry(format!(
                "a region of size {size:?} at index {index:?} is too large"
            )));
        }
        let index = Axes::from_fn(index.len(), |a| index[a]);
        Ok(Self { index, size: Axes::from_fn(size.len(), |a| size[a]) })
    }

    /// A region that starts at index 0.
    ///
    /// # Errors
    /// As [`Region::new`].
    pub fn of_size(size: &[usize]) -> Result<Self> {
        Self::new(&[0; crate::axes::MAX_AXES][..size.len().min(crate::axes::MAX_AXES)], size)
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.size.len()
    }

    /// Start index, xyz.
    pub fn index(&self) -> &[i64] {
        &self.index
    }

    /// Pixels along each axis, xyz.
    pub fn size(&self) -> &[usize] {
        &self.size
    }

    /// [`Region::size`] by value.
    pub fn extent(&self) -> Axes<usize> {
        self.size
    }

    /// Pixels in all.
    pub fn pixels(&self) -> usize {
        self.size.iter().product()
    }

    /// The last index inside, xyz; one before the start on axes of size 0.
    pub fn upper_index(&self) -> Axes<i64> {
        Axes::from_fn(self.rank(), |a| self.index[a] + self.size[a] as i64 - 1)
    }

    /// True when the index lies inside.
    pub fn contains_index(&self, index: &[i64]) -> bool {
        index.len() == self.rank()
            && (0..self.rank()).all(|a| self.index[a] <= index[a] && index[a] < self.end(a))
    }

    /// True when the continuous index lies inside the region grown by half a pixel, both ends included.
    pub fn contains_continuous_index(&self, index: &[f64]) -> bool {
        index.len() == self.rank()
            && (0..self.rank()).all(|a| {
                let start = self.index[a] as f64 - 0.5;
                index[a] >= start && index[a] <= start + self.size[a] as f64
            })
    }

    /// True when the other region lies inside; never when that one has no pixels.
    pub fn contains(&self, other: &Region) -> bool {
        other.rank() == self.rank()
            && (0..self.rank())
                .all(|a| other.size[a] > 0 && self.index[a] <= other.index[a] && other.end(a) <= self.end(a))
    }

    /// The common part; `None` when there is none on some axis.
    pub fn crop(&self, other: &Region) -> Option<Region> {
        if self.rank() != other.rank() {
            return None;
        }
        let mut cropped = *self;
        for a in 0..self.rank() {
            let start = self.index[a].max(other.index[a]);
            let end = self.end(a).min(other.end(a));
            if start >= end {
                return None;
            }
            cropped.index[a] = start;
            cropped.size[a] = (end - start) as usize;
        }
        Some(cropped)
    }

    /// The same region with another start and size along one axis, inside what it was.
    pub(crate) fn with_axis(mut self, axis: usize, index: i64, size: usize) -> Region {
        (self.index[axis], self.size[axis]) = (index, size);
        self
    }

    /// The smallest region that contains both; this one when they have different numbers of axes.
    pub fn union(&self, other: &Region) -> Region {
        if self.rank() != other.rank() {
            return *self;
        }
        let index = Axes::from_fn(self.rank(), |a| self.index[a].min(other.index[a]));
        let size = |a: usize| self.end(a).max(other.end(a)).saturating_sub(index[a]) as usize;
        Region { index, size: Axes::from_fn(self.rank(), size) }
    }

    /// Grown by `radius` on both sides of each axis, xyz, as far as numbers reach.
    pub fn pad_by_radius(&self, radius: &[usize]) -> Region {
        let mut padded = *self;
        for (a, &r) in radius.iter().enumerate().take(self.rank()) {
            // A window wider than this covers any image; the clamp keeps start and end inside i64.
            let r = r.min(i64::MAX as usize / 4) as i64;
            padded.index[a] = self.index[a].saturating_sub(r);
            padded.size[a] = self.end(a).saturating_add(r).saturating_sub(padded.index[a]).max(0) as usize;
        }
        padded
    }

    /// Shrunk by `radius` on both sides of each axis, xyz. An axis that is too short stays as it is, and the
    /// second value is then false; the other axes shrink all the same, as in ITK.
    pub fn shrink_by_radius(&self, radius: &[usize]) -> (Region, bool) {
        let (mut shrunk, mut all) = (*self, true);
        for (a, &r) in radius.iter().enumerate().take(self.rank()) {
            match r.checked_mul(2).and_then(|r2| self.size[a].checked_sub(r2)) {
                Some(size) if size > 0 || r == 0 => {
                    shrunk.index[a] += r as i64;
                    shrunk.size[a] = size;
                }
                _ => all = false,
            }
        }
        (shrunk, all)
    }

    /// The region without one axis.
    ///
    /// # Errors
    /// [`Error::Rank`] when there is no such axis, or no other one.
    pub fn slice(&self, axis: usize) -> Result<Region> {
        if axis >= self.rank() {
            return Err(Error::Rank {
                who: "region slice",
                expected: format!("more than {axis}"),
                got: self.rank(),
            });
        }
        let keep = |a: usize| a + usize::from(a >= axis);
        let index: Vec<i64> = (0..self.rank() - 1).map(|a| self.index[keep(a)]).collect();
        let size: Vec<usize> = (0..self.rank() - 1).map(|a| self.size[keep(a)]).collect();
        Region::new(&index, &size)
    }

    /// The region with its index counted from the start of `frame`.
    pub fn relative_to(&self, frame: &Region) -> Region {
        let index = Axes::from_fn(self.rank(), |a| self.index[a] - frame.index[a]);
        Region { index, size: self.size }
    }

    fn end(&self, axis: usize) -> i64 {
        self.index[axis] + self.size[axis] as i64
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {:?}, size {:?}", self.index, self.size)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({:?}, {:?})", self.index, self.size)
    }
}

/// Refuses a number of axes that no image can have.
pub(crate) fn check_rank(who: &'static str, rank: usize) -> Result<()> {
    if (1..=MAX_RANK).contains(&rank) {
        return Ok(());
    }
    Err(Error::Rank { who, expected: format!("1 to {MAX_RANK}"), got: rank })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(index: &[i64], size: &[usize]) -> Region {
        Region::new(index, size).unwrap()
    }

    #[test]
    fn inside_follows_itk() {
        let r = region(&[10, -5], &[4, 3]);
        assert!(r.contains(&region(&[11, -4], &[3, 2])));
        assert!(!r.contains(&region(&[11, -4], &[0, 2])), "an empty region is inside of nothing");
        assert!(r.contains_continuous_index(&[9.5, -5.5]) && r.contains_continuous_index(&[13.5, -2.5]));
        assert!(!r.contains_continuous_index(&[f64::NAN, -5.0]));
        assert!(!r.contains_continuous_index(&[13.500001, -5.0]));
        assert_eq!(&*r.upper_index(), [13, -3]);
    }

    #[test]
    fn crop_needs_a_common_pixel() {
        let r = region(&[0, 0], &[4, 4]);
        assert_eq!(r.crop(&region(&[4, 0], &[2, 2])), None, "touching is disjoint");
        assert_eq!(r.crop(&region(&[-1, 2], &[3, 9])), Some(region(&[0, 2], &[2, 2])));
    }

    #[test]
    fn pad_and_shrink_are_inverse_where_there_is_room() {
        let r = region(&[0, 3], &[5, 5]);
        assert_eq!(r.pad_by_radius(&[2, 1]), region(&[-2, 2], &[9, 7]));
        assert_eq!(r.pad_by_radius(&[2, 1]).shrink_by_radius(&[2, 1]), (r, true));
        assert_eq!(r.shrink_by_radius(&[2, 2]), (region(&[2, 5], &[1, 1]), true));
        assert_eq!(r.shrink_by_radius(&[3, 1]), (region(&[0, 4], &[5, 3]), false), "other axes still shrink");
        assert_eq!(r.pad_by_radius(&[usize::MAX, 0]).index()[1], 3);
    }

    #[test]
    fn slice_drops_an_axis() {
        assert_eq!(region(&[1, 2, 3], &[4, 5, 6]).slice(1).unwrap(), region(&[1, 3], &[4, 6]));
        assert!(region(&[1], &[4]).slice(1).is_err() && region(&[1], &[4]).slice(0).is_err());
    }

    #[test]
    fn overflow_is_refused() {
        assert!(Region::new(&[i64::MAX], &[1]).is_err());
        assert!(Region::of_size(&[usize::MAX]).is_err());
        assert!(Region::of_size(&[1 << 40, 1 << 40]).is_err());
        assert!(Region::of_size(&[]).is_err() && Region::of_size(&[1; 7]).is_err());
    }
}
