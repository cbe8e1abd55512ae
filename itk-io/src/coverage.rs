//! Which pixels of a file have been written.

use itk_core::Region;

/// Boxes without a common pixel. Neighbours that make a larger box are joined, so that slabs and tiles in order stay
/// few.
#[derive(Debug, Default)]
pub(crate) struct Coverage(Vec<Region>);

impl Coverage {
    /// True when a pixel of the region is covered.
    pub(crate) fn overlaps(&self, region: &Region) -> bool {
        self.0.iter().any(|covered| covered.crop(region).is_some())
    }

    /// Covers a region that overlaps none before.
    pub(crate) fn add(&mut self, mut region: Region) {
        while let Some((i, joined)) =
            self.0.iter().enumerate().find_map(|(i, covered)| Some((i, join(covered, &region)?)))
        {
            self.0.swap_remove(i);
            region = joined;
        }
        self.0.push(region);
    }

    /// How many pixels are covered.
    pub(crate) fn pixels(&self) -> usize {
        self.0.iter().map(Region::pixels).sum()
    }
}

/// The box that two boxes make which share a whole side.
fn join(a: &Region, b: &Region) -> Option<Region> {
    let differs = |axis: &usize| a.index()[*axis] != b.index()[*axis] || a.size()[*axis] != b.size()[*axis];
    let mut axes = (0..a.rank()).filter(differs);
    let axis = axes.next()?;
    if axes.next().is_some() {
        return None;
    }
    let (first, second) = if a.index()[axis] < b.index()[axis] { (a, b) } else { (b, a) };
    if first.upper_index()[axis] + 1 != second.index()[axis] {
        return None;
    }
    let mut size = first.extent();
    size[axis] += second.size()[axis];
    Region::new(first.index(), &size).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(index: &[i64], size: &[usize]) -> Region {
        Region::new(index, size).unwrap()
    }

    #[test]
    fn tiles_in_order_become_one_box() {
        let mut coverage = Coverage::default();
        for y in 0..3 {
            for x in 0..4 {
                let tile = region(&[-3 + 5 * x, 7 * y], &[5, 7]);
                assert!(!coverage.overlaps(&tile));
                coverage.add(tile);
                assert!(coverage.overlaps(&tile));
                assert!(coverage.0.len() <= 2);
            }
        }
        assert_eq!(coverage.0, [region(&[-3, 0], &[20, 21])]);
        assert_eq!(coverage.pixels(), 420);
    }

    #[test]
    fn tiles_in_any_order_become_one_box_in_the_end() {
        let mut coverage = Coverage::default();
        for i in [3i64, 0, 4, 1, 2] {
            coverage.add(region(&[0, 2 * i, 5], &[3, 2, 1]));
        }
        assert_eq!(coverage.0, [region(&[0, 0, 5], &[3, 10, 1])]);
    }

    #[test]
    fn only_whole_sides_are_joined() {
        let a = region(&[0, 0], &[4, 4]);
        assert_eq!(join(&a, &region(&[4, 0], &[2, 4])), Some(region(&[0, 0], &[6, 4])));
        assert_eq!(join(&region(&[4, 0], &[2, 4]), &a), Some(region(&[0, 0], &[6, 4])));
        for other in [region(&[4, 0], &[2, 3]), region(&[5, 0], &[2, 4]), region(&[4, 4], &[4, 4]), a] {
            assert_eq!(join(&a, &other), None, "{other}");
        }
    }
}
