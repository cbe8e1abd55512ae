//! Spacing, origin and direction: where the pixels of an image lie in space. Everything is xyz.

use std::sync::{Arc, OnceLock};

use crate::axes::{MAX_AXES, MAX_RANK};
use crate::region::check_rank;
use crate::{Axes, Error, Result};

/// A square matrix of at most 6 rows; `matrix[i][j]` is row i, column j.
type Matrix = [[f64; MAX_AXES]; MAX_AXES];

/// Where pixels lie: `point = origin + direction · diag(spacing) · index`, in xyz order.
///
/// Units are the user's, usually millimetres. Column j of the direction is the direction of axis j.
///
/// # Source
/// ITK's `itk::ImageBase`, operation by operation; only the inverse of an oblique matrix may differ in its
/// last bits, as ITK uses a singular value decomposition.
///
/// # Example
/// ```
/// use itk_core::Geometry;
/// let geometry = Geometry::new(&[0.5, 2.0], &[10.0, 20.0], &[1.0, 0.0, 0.0, 1.0])?;
/// assert_eq!(&*geometry.index_to_physical(&[4, 1]), [12.0, 22.0]);
/// assert_eq!(&*geometry.physical_to_index(&[12.2, 22.9]), [4, 1]);
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// Shared, as headers are copied for each call of a filter.
    space: Arc<Space>,
}

#[derive(Clone, Debug, PartialEq)]
struct Space {
    spacing: Axes<f64>,
    origin: Axes<f64>,
    direction: Matrix,
    to_physical: Matrix,
    to_index: Matrix,
}

impl Geometry {
    /// Spacing 1, origin 0, direction identity.
    ///
    /// # Errors
    /// [`Error::Rank`] unless there are 1 to 6 axes.
    pub fn identity(rank: usize) -> Result<Self> {
        static MADE: [OnceLock<Geometry>; MAX_RANK] = [const { OnceLock::new() }; MAX_RANK];
        check_rank("geometry", rank)?;
        let identity = MADE[rank - 1].get_or_init(|| {
            let mut identity = [[0.0; MAX_AXES]; MAX_AXES];
            for (i, row) in identity.iter_mut().enumerate().take(rank) {
                row[i] = 1.0;
            }
            let space = Space {
                spacing: Axes::filled(rank, 1.0),
                origin: Axes::filled(rank, 0.0),
                direction: identity,
                to_physical: identity,
                to_index: identity,
            };
            Self { space: Arc::new(space) }
        });
        Ok(identity.clone())
    }

    /// Spacing and origin xyz, and the direction's rows one after the other.
    ///
    /// # Errors
    /// Those of the three setters.
    pub fn new(spacing: &[f64], origin: &[f64], direction: &[f64]) -> Result<Self> {
        Self::identity(spacing.len())?.with_spacing(spacing)?.with_origin(origin)?.with_direction(direction)
    }

    /// The same with another spacing, xyz.
    ///
    /// # Errors
    /// [`Error::Geometry`] for a zero or negative value or a wrong number of values. NaN and infinity pass,
    /// as in ITK.
    pub fn with_spacing(mut self, spacing: &[f64]) -> Result<Self> {
        self.check_count("spacing", spacing.len(), self.rank())?;
        for &s in spacing {
            let fault = match s {
                0.0 => "Zero-valued",
                s if s < 0.0 => "Negative",
                _ => continue,
            };
            return Err(Error::Geometry(format!(
                "{fault} spacing is not supported and may result in undefined behavior.\n\
                 Refusing to change spacing from {:?} to {spacing:?}",
                self.spacing()
            )));
        }
        let rank = self.rank();
        let space = Arc::make_mut(&mut self.space);
        space.spacing = Axes::from_fn(rank, |a| spacing[a]);
        space.update();
        Ok(self)
    }

    /// The same with another origin, xyz: the position of index 0, which is the first pixel's only where the
    /// image starts at index 0.
    ///
    /// # Errors
    /// [`Error::Geometry`] for a wrong number of values.
    pub fn with_origin(mut self, origin: &[f64]) -> Result<Self> {
        self.check_count("origin", origin.len(), self.rank())?;
        let rank = self.rank();
        Arc::make_mut(&mut self.space).origin = Axes::from_fn(rank, |a| origin[a]);
        Ok(self)
    }

    /// The same with another direction: rows one after the other, xyz. It need not be orthonormal.
    ///
    /// # Errors
    /// [`Error::Geometry`] when the determinant is exactly 0, or for a wrong number of values.
    pub fn with_direction(mut self, direction: &[f64]) -> Result<Self> {
        let rank = self.rank();
        self.check_count("direction", direction.len(), rank * rank)?;
        let mut matrix = [[0.0; MAX_AXES]; MAX_AXES];
        for (i, &d) in direction.iter().enumerate() {
            matrix[i / rank][i % rank] = d;
        }
        if invert(&matrix, rank).0 == 0.0 {
            return Err(Error::Geometry(format!(
                "Bad direction, determinant is 0. Refusing to change direction from {:?} to {direction:?}",
                self.direction()
            )));
        }
        let space = Arc::make_mut(&mut self.space);
        space.direction = matrix;
        space.update();
        Ok(self)
    }

    fn check_count(&self, what: &str, got: usize, expected: usize) -> Result<()> {
        if got == expected {
            return Ok(());
        }
        Err(Error::Geometry(format!(
            "{what} must have {expected} values for {} axes, got {got}",
            self.rank()
        )))
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.space.spacing.len()
    }

    /// Distance between pixels along each axis, xyz.
    pub fn spacing(&self) -> &[f64] {
        &self.space.spacing
    }

    /// Position of index 0, xyz.
    pub fn origin(&self) -> &[f64] {
        &self.space.origin
    }

    /// The direction's rows one after the other, xyz.
    pub fn direction(&self) -> Vec<f64> {
        let rank = self.rank();
        self.space.direction[..rank].iter().flat_map(|row| row[..rank].iter().copied()).collect()
    }

    /// The position of a pixel.
    ///
    /// # Panics
    /// This and the other transforms panic unless there is one value an axis.
    pub fn index_to_physical(&self, index: &[i64]) -> Axes<f64> {
        self.continuous_index_to_physical(&Axes::from_fn(index.len(), |a| index[a] as f64))
    }

    /// The position of a point between pixels.
    pub fn continuous_index_to_physical(&self, index: &[f64]) -> Axes<f64> {
        assert_eq!(index.len(), self.rank(), "an index has one value an axis");
        Axes::from_fn(self.rank(), |i| {
            (0..self.rank()).fold(self.origin()[i], |sum, j| sum + self.space.to_physical[i][j] * index[j])
        })
    }

    /// The pixel nearest to a position: `floor(x + 0.5)`, as ITK rounds.
    pub fn physical_to_index(&self, point: &[f64]) -> Axes<i64> {
        let index = self.physical_to_continuous_index(point);
        Axes::from_fn(self.rank(), |a| round_half_up(index[a]))
    }

    /// The continuous index of a position.
    pub fn physical_to_continuous_index(&self, point: &[f64]) -> Axes<f64> {
        assert_eq!(point.len(), self.rank(), "a point has one value an axis");
        self.multiply(&self.space.to_index, &Axes::from_fn(self.rank(), |a| point[a] - self.origin()[a]))
    }

    /// A vector along the image's axes, turned into space: `direction · v`.
    pub fn local_to_physical_vector(&self, vector: &[f64]) -> Axes<f64> {
        self.multiply(&self.space.direction, vector)
    }

    /// A vector in space, turned to the image's axes: the inverse of the direction times `v`.
    pub fn physical_to_local_vector(&self, vector: &[f64]) -> Axes<f64> {
        self.multiply(&invert(&self.space.direction, self.rank()).1, vector)
    }

    fn multiply(&self, matrix: &Matrix, vector: &[f64]) -> Axes<f64> {
        assert_eq!(vector.len(), self.rank(), "a vector has one value an axis");
        Axes::from_fn(self.rank(), |i| (0..self.rank()).fold(0.0, |sum, j| sum + matrix[i][j] * vector[j]))
    }

    /// True when the two describe the same space: origin and spacing differ by at most
    /// `|coordinate_tolerance · self.spacing[0]|`, the direction by at most `direction_tolerance`, value by
    /// value. A NaN is never congruent. ITK's defaults are 1e-6 and 1e-6.
    pub fn is_congruent(
        &self,
        other: &Geometry,
        coordinate_tolerance: f64,
        direction_tolerance: f64,
    ) -> bool {
        let near = |a: &[f64], b: &[f64], tolerance: f64| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
        };
        let tolerance = (coordinate_tolerance * self.spacing()[0]).abs();
        near(self.origin(), other.origin(), tolerance)
            && near(self.spacing(), other.spacing(), tolerance)
            && near(&self.direction(), &other.direction(), direction_tolerance)
    }

    /// The same with its origin moved to the position of `index`, for a format that stores no start index.
    pub fn starting_at(&self, index: &[i64]) -> Self {
        let origin = self.index_to_physical(index);
        let mut moved = self.clone();
        Arc::make_mut(&mut moved.space).origin = origin;
        moved
    }
}

impl Space {
    fn update(&mut self) {
        let rank = self.spacing.len();
        for i in 0..rank {
            for j in 0..rank {
                self.to_physical[i][j] = self.direction[i][j] * self.spacing[j];
            }
        }
        self.to_index = invert(&self.to_physical, rank).1;
    }
}

/// ITK's `RoundHalfIntegerUp`; a NaN gives 0 and what does not fit is clamped.
fn round_half_up(x: f64) -> i64 {
    (x + 0.5).floor() as i64
}

/// Determinant and inverse by Gauss-Jordan elimination with row pivots. A NaN inside makes both NaN.
fn invert(matrix: &Matrix, rank: usize) -> (f64, Matrix) {
    let mut left = *matrix;
    let mut right = [[0.0; MAX_AXES]; MAX_AXES];
    for (i, row) in right.iter_mut().enumerate().take(rank) {
        row[i] = 1.0;
    }
    let mut determinant = 1.0;
    for c in 0..rank {
        let pivot = (c..rank).max_by(|&a, &b| left[a][c].abs().total_cmp(&left[b][c].abs())).unwrap_or(c);
        if pivot != c {
            left.swap(pivot, c);
            right.swap(pivot, c);
            determinant = -determinant;
        }
        let p = left[c][c];
        determinant *= p;
        for j in 0..rank {
            left[c][j] /= p;
            right[c][j] /= p;
        }
        for r in (0..rank).filter(|&r| r != c) {
            let factor = left[r][c];
            if factor != 0.0 {
                for j in 0..rank {
                    left[r][j] -= factor * left[c][j];
                    right[r][j] -= factor * right[c][j];
                }
            }
        }
    }
    (determinant, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(spacing: f64) -> Geometry {
        Geometry::identity(1).unwrap().with_spacing(&[spacing]).unwrap()
    }

    #[test]
    fn bad_spacing_and_direction_are_refused_with_itk_words() {
        let geometry = Geometry::identity(2).unwrap();
        let text = |r: Result<Geometry>| r.unwrap_err().to_string();
        assert!(
            text(geometry.clone().with_spacing(&[1.0, 0.0]))
                .starts_with("Zero-valued spacing is not supported")
        );
        assert!(
            text(geometry.clone().with_spacing(&[-1.0, 1.0]))
                .starts_with("Negative spacing is not supported")
        );
        assert!(
            text(geometry.clone().with_direction(&[1.0, 1.0, 1.0, 1.0]))
                .starts_with("Bad direction, determinant is 0.")
        );
        assert!(text(geometry.clone().with_origin(&[1.0])).contains("must have 2 values"));
        for accepted in [[2.0, 0.0, 0.0, 3.0], [1.0, 1.0, 1.0, 1.0 + 1e-10], [f64::NAN, 0.0, 0.0, 1.0]] {
            geometry.clone().with_direction(&accepted).unwrap();
        }
        geometry.with_spacing(&[f64::NAN, f64::INFINITY]).unwrap();
    }

    #[test]
    fn halves_round_up() {
        let cases = [(-1.5, -1), (-0.5, 0), (2.5, 3), (0.49999999999999994, 1), (-8.5001, -9), (8.4999, 8)];
        for (x, expected) in cases {
            assert_eq!(scaled(1.0).physical_to_index(&[x])[0], expected, "{x}");
        }
    }

    #[test]
    fn oblique_transforms_are_inverse() {
        let (s, c) = 0.3f64.sin_cos();
        let direction = [c, -s, 0.0, s, c, 0.0, 0.0, 0.0, -1.0];
        let geometry = Geometry::new(&[0.5, 1.25, 3.0], &[-10.0, 4.0, 7.0], &direction).unwrap();
        let point = geometry.continuous_index_to_physical(&[3.25, -2.0, 9.5]);
        let index = geometry.physical_to_continuous_index(&point);
        assert!(index.iter().zip([3.25, -2.0, 9.5]).all(|(a, b)| (a - b).abs() < 1e-12), "{index:?}");
        let v = geometry.physical_to_local_vector(&geometry.local_to_physical_vector(&[1.0, 2.0, 3.0]));
        assert!(v.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{v:?}");
    }

    #[test]
    fn tolerance_scales_with_the_first_spacing() {
        let moved = |by: f64| scaled(10.0).with_origin(&[by]).unwrap();
        assert!(scaled(10.0).is_congruent(&moved(9.9e-6), 1e-6, 1e-6));
        assert!(!scaled(10.0).is_congruent(&moved(1.1e-5), 1e-6, 1e-6));
        assert!(!scaled(10.0).is_congruent(&moved(f64::NAN), 1e-6, 1e-6));
        assert!(!scaled(1.0).is_congruent(&Geometry::identity(2).unwrap(), 1e-6, 1e-6));
    }
}
