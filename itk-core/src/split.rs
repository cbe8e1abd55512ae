//! How a region is cut into pieces: ITK's region splitters, with its exact bounds.

use crate::{Axes, Region};

/// Which axes are cut, and where.
///
/// # Source
/// ITK's `ImageRegionSplitterSlowDimension`, `ImageRegionSplitterMultidimensional` and
/// `ImageRegionSplitterDirection`.
///
/// # Example
/// ```
/// use itk_core::{Region, Splitter};
/// let region = Region::of_size(&[20, 16])?;
/// let rows: Vec<usize> = Splitter::SlowDimension.split(&region, 3).iter().map(|r| r.size()[1]).collect();
/// assert_eq!(rows, [6, 6, 4]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Splitter {
    /// Along the slowest axis that has more than one pixel, in pieces of one size; the last has the rest.
    #[default]
    SlowDimension,
    /// Along the axis on which pieces are longest, again and again, until another cut makes too many pieces or that axis
    /// is cut into single pixels.
    Multidimensional,
    /// As `SlowDimension`, but never along this axis (0 is x), as a filter along that axis needs.
    Direction(usize),
}

impl Splitter {
    /// How many pieces there are when `requested` are asked for: that many or fewer, at least 1.
    pub fn number_of_splits(&self, region: &Region, requested: usize) -> usize {
        match self {
            Self::Multidimensional => cuts(region, requested).iter().product(),
            _ => self.slowest(region).map_or(1, |axis| {
                let range = region.size()[axis];
                range.div_ceil(range.div_ceil(requested.max(1)))
            }),
        }
    }

    /// The pieces when `requested` are asked for, x fastest. They cover the region, and no two have a common pixel.
    pub fn split(&self, region: &Region, requested: usize) -> Vec<Region> {
        let count = self.number_of_splits(region, requested);
        let cuts = match self {
            Self::Multidimensional => cuts(region, requested),
            _ => Axes::filled(region.rank(), 1),
        };
        let axis = self.slowest(region);
        let piece = |number: usize| {
            let mut rest = number;
            let mut piece = *region;
            for a in 0..region.rank() {
                let size = region.size()[a];
                let (start, end) = match self {
                    Self::Multidimensional => {
                        let i = rest % cuts[a];
                        rest /= cuts[a];
                        // In floating point, as ITK: integers would round some bounds differently.
                        let bound = |i: usize| (i as f64 * (size as f64 / cuts[a] as f64)).floor() as usize;
                        (bound(i), if i + 1 == cuts[a] { size } else { bound(i + 1) })
                    }
                    _ if axis == Some(a) => {
                        let each = size.div_ceil(count);
                        (number * each, size.min((number + 1) * each))
                    }
                    _ => (0, size),
                };
                piece = piece.with_axis(a, region.index()[a] + start as i64, end - start);
            }
            piece
        };
        (0..count).map(piece).collect()
    }

    /// The axis that is cut; `None` when none can be.
    fn slowest(&self, region: &Region) -> Option<usize> {
        let forbidden = match self {
            Self::Direction(axis) => Some(*axis),
            _ => None,
        };
        let axis = (0..region.rank()).rev().find(|&a| region.size()[a] != 1 && forbidden != Some(a))?;
        (region.size()[axis] > 0).then_some(axis)
    }
}

/// Into how many parts the multidimensional splitter cuts each axis.
fn cuts(region: &Region, requested: usize) -> Axes<usize> {
    let size = region.size();
    let mut cuts = Axes::filled(size.len(), 1usize);
    let mut length = Axes::from_fn(size.len(), |a| size[a] as f64);
    let mut pieces = 1usize;
    loop {
        let longest = (1..size.len()).fold(0, |best, a| if length[a] > length[best] { a } else { best });
        let more = (pieces / cuts[longest]).saturating_mul(cuts[longest] + 1);
        if more > requested.max(1) || cuts[longest] >= size[longest] {
            return cuts;
        }
        cuts[longest] += 1;
        length[longest] = size[longest] as f64 / cuts[longest] as f64;
        pieces = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(splitter: Splitter, size: &[usize], requested: &[usize]) -> Vec<usize> {
        let region = Region::of_size(size).unwrap();
        requested
            .iter()
            .map(|&n| {
                let pieces = splitter.split(&region, n);
                assert_eq!(pieces.len(), splitter.number_of_splits(&region, n));
                assert_eq!(pieces.iter().map(Region::pixels).sum::<usize>(), region.pixels());
                for (i, a) in pieces.iter().enumerate() {
                    assert!(region.contains(a) || region.pixels() == 0);
                    assert!(pieces[..i].iter().all(|b| a.crop(b).is_none()));
                }
                pieces.len()
            })
            .collect()
    }

    #[test]
    fn the_slow_dimension_is_cut_as_in_itk() {
        assert_eq!(counts(Splitter::SlowDimension, &[10, 11], &[0, 1, 7, 12, 99]), [1, 1, 6, 11, 11]);
        assert_eq!(counts(Splitter::SlowDimension, &[20, 16], &[10, 7, 3]), [8, 6, 3]);
        assert_eq!(counts(Splitter::SlowDimension, &[5, 7, 1, 1], &[3]), [3]);
        assert_eq!(counts(Splitter::SlowDimension, &[1, 1], &[3]), [1]);
        assert_eq!(counts(Splitter::SlowDimension, &[4, 0], &[3]), [1]);
        let pieces = Splitter::SlowDimension.split(&Region::new(&[-3, 5], &[20, 16]).unwrap(), 3);
        let bounds: Vec<_> = pieces.iter().map(|r| (r.index()[1], r.size()[1])).collect();
        assert_eq!(bounds, [(5, 6), (11, 6), (17, 4)]);
        assert!(pieces.iter().all(|r| (r.index()[0], r.size()[0]) == (-3, 20)));
    }

    #[test]
    fn all_dimensions_are_cut_as_in_itk() {
        let requested = [3, 4, 7, 11, 12, 99];
        assert_eq!(counts(Splitter::Multidimensional, &[10, 11], &requested), [2, 4, 6, 9, 12, 90]);
        assert_eq!(counts(Splitter::Multidimensional, &[2, 2], &[1000]), [4]);
        // The first axis cannot be cut further, and no other is tried.
        assert_eq!(counts(Splitter::Multidimensional, &[1, 1, 1], &[5]), [1]);
        let line = Splitter::Multidimensional.split(&Region::of_size(&[30]).unwrap(), 22);
        assert_eq!(line[11].index()[0], 14, "11 * (30.0 / 22) is just below 15");
    }

    #[test]
    fn a_direction_is_left_whole() {
        assert_eq!(counts(Splitter::Direction(1), &[10, 11], &[4]), [4]);
        let pieces = Splitter::Direction(1).split(&Region::of_size(&[10, 11]).unwrap(), 4);
        assert!(pieces.iter().all(|r| r.size()[1] == 11));
        assert_eq!(counts(Splitter::Direction(0), &[10, 1], &[4]), [1]);
    }
}
