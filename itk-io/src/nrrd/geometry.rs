//! Where the pixels lie: the fields about space, turned to LPS.

use itk_core::{Geometry, Result};

use super::fields::Fields;
use crate::payload::Reading;
use crate::place;

/// The names of spaces, each with its dimension and which of its axes point against those of LPS.
const SPACES: &[(&str, &str, usize, [bool; 2])] = &[
    ("right-anterior-superior", "RAS", 3, [true, true]),
    ("left-anterior-superior", "LAS", 3, [false, true]),
    ("left-posterior-superior", "LPS", 3, [false, false]),
    // ITK takes these as they are.
    ("right-anterior-superior-time", "RAST", 4, [false, false]),
    ("left-anterior-superior-time", "LAST", 4, [false, false]),
    ("left-posterior-superior-time", "LPST", 4, [false, false]),
    ("scanner-xyz", "", 3, [false, false]),
    ("scanner-xyz-time", "", 4, [false, false]),
    ("3D-right-handed", "", 3, [false, false]),
    ("3D-left-handed", "", 3, [false, false]),
    ("3D-right-handed-time", "", 4, [false, false]),
    ("3D-left-handed-time", "", 4, [false, false]),
];

/// The space of a file.
pub(super) struct Space {
    /// Its name after it was turned to LPS.
    pub(super) name: Option<&'static str>,
    dimension: usize,
    flip: [bool; 2],
}

impl Space {
    pub(super) fn read(fields: &Fields, reading: Reading<'_>) -> Result<Option<Self>> {
        match (fields.get("space"), fields.whole("space dimension", reading)?) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(reading.fault("there is both \"space\" and \"space dimension\"")),
            (None, Some(n)) => {
                let dimension = usize::try_from(n).ok().filter(|n| (1..=16).contains(n));
                let bad = || reading.fault(format!("\"space dimension\" must be 1 to 16, got {n}"));
                Ok(Some(Self { name: None, dimension: dimension.ok_or_else(bad)?, flip: [false; 2] }))
            }
            (Some(name), None) => {
                let known = SPACES.iter().find(|(long, short, ..)| {
                    long.eq_ignore_ascii_case(name) || !short.is_empty() && short.eq_ignore_ascii_case(name)
                });
                let &(name, _, dimension, flip) = known.ok_or_else(|| {
                    let known = SPACES.iter().map(|(long, ..)| *long).collect::<Vec<_>>().join(", ");
                    reading.fault(format!("\"space\" must be one of {known}, got {name:?}"))
                })?;
                let name = if flip == [false; 2] { name } else { "left-posterior-superior" };
                Ok(Some(Self { name: Some(name), dimension, flip }))
            }
        }
    }

    /// A vector of this space in LPS.
    fn turned(&self, mut vector: Vec<f64>) -> Vec<f64> {
        for (v, _) in vector.iter_mut().zip(self.flip).filter(|(_, flip)| *flip) {
            *v = -*v;
        }
        vector
    }

    /// The measurement frame, as text in the notation of the header.
    pub(super) fn measurement_frame(&self, fields: &Fields, reading: Reading<'_>) -> Result<Option<String>> {
        let frame = fields.vectors("measurement frame", self.dimension, self.dimension, reading)?;
        let text = |v: Option<Vec<f64>>| {
            v.map_or("none".into(), |v| format!("({})", crate::text::join(self.turned(v), ",")))
        };
        Ok(frame.map(|frame| frame.into_iter().map(text).collect::<Vec<_>>().join(" ")))
    }
}

/// The geometry of an image whose axes are these axes of the file, the first `domain` of them in space.
pub(super) fn geometry(
    fields: &Fields,
    space: Option<&Space>,
    axes: &[usize],
    domain: usize,
    reading: Reading<'_>,
) -> Result<Geometry> {
    let sizes = fields.words("sizes", fields.count(reading)?, reading)?.unwrap_or_default();
    let geometry = match space {
        Some(space) => in_space(fields, space, axes, domain, sizes.len(), reading)?,
        None => plain(fields, axes, &sizes, reading)?,
    };
    reading.checked(geometry)
}

fn identity(rank: usize) -> Vec<f64> {
    (0..rank * rank).map(|at| f64::from(u8::from(at / rank == at % rank))).collect()
}

fn in_space(
    fields: &Fields,
    space: &Space,
    axes: &[usize],
    domain: usize,
    count: usize,
    reading: Reading<'_>,
) -> Result<Result<Geometry>> {
    let rank = axes.len();
    if space.dimension != domain {
        return Err(reading.fault(format!(
            "the space has {} dimensions, and the image {domain} axes that are not of components",
            space.dimension
        )));
    }
    if fields.get("spacings").is_some() {
        return Err(reading
            .fault("there are \"spacings\", which mean nothing in a space; it has \"space directions\""));
    }
    let vectors = fields.vectors("space directions", count, domain, reading)?;
    let (mut spacing, mut direction) = (vec![1.0; rank], identity(rank));
    for (j, &axis) in axes.iter().enumerate() {
        let Some(vector) = vectors.as_ref().and_then(|vectors| vectors[axis].clone()) else { continue };
        let vector = space.turned(vector);
        let parallel = vector.iter().filter(|v| **v != 0.0).count() == 1;
        spacing[j] = match parallel {
            true => vector.iter().sum::<f64>().abs(),
            false => vector.iter().map(|v| v * v).sum::<f64>().sqrt(),
        };
        for (i, v) in vector.iter().enumerate() {
            // Teem's product with the reciprocal is not always 1 where an axis is parallel to one of space.
            direction[i * rank + j] = if parallel { v / spacing[j] } else { v * (1.0 / spacing[j]) };
        }
    }
    let mut origin = vec![0.0; rank];
    if let Some(found) =
        fields.vectors("space origin", 1, domain, reading)?.and_then(|mut found| found.pop().flatten())
    {
        origin[..domain].copy_from_slice(&space.turned(found));
    }
    Ok(place::geometry(&spacing, &origin, &direction))
}

/// Without a space: spacings, and an origin from where the axes begin.
fn plain(fields: &Fields, axes: &[usize], sizes: &[&str], reading: Reading<'_>) -> Result<Result<Geometry>> {
    if fields.get("space directions").or(fields.get("space origin")).is_some() {
        return Err(
            reading.fault("there are directions or an origin, but neither \"space\" nor \"space dimension\"")
        );
    }
    let (rank, count) = (axes.len(), sizes.len());
    let [spacings, mins, maxs] =
        ["spacings", "axis mins", "axis maxs"].map(|field| fields.numbers(field, count, reading));
    let (spacings, mins, maxs) = (spacings?, mins?, maxs?);
    let at = |values: &Option<Vec<f64>>, axis: usize| {
        values.as_ref().map(|values| values[axis]).filter(|value| !value.is_nan())
    };
    if let Some(s) =
        axes.iter().filter_map(|&axis| at(&spacings, axis)).find(|s| *s == 0.0 || s.is_infinite())
    {
        return Err(reading.fault(format!("\"spacings\" must be finite and not 0, got {s}")));
    }
    let centerings = fields.words("centerings", count, reading)?;
    let begin = |axis: usize| {
        let node = centerings.as_ref().is_some_and(|words| words[axis].eq_ignore_ascii_case("node"));
        let (min, n) = (at(&mins, axis)?, sizes[axis].parse::<f64>().ok()?);
        let steps = if node { n - 1.0 } else { n };
        let step = at(&spacings, axis).or_else(|| Some((at(&maxs, axis)? - min) / steps))?;
        // A cell begins half a step before its pixel.
        Some(if node { min } else { min + step / 2.0 }).filter(|value: &f64| value.is_finite())
    };
    let origin: Option<Vec<f64>> = axes.iter().map(|&axis| begin(axis)).collect();
    let spacing: Vec<f64> = axes.iter().map(|&axis| at(&spacings, axis).unwrap_or(1.0)).collect();
    Ok(place::geometry(&spacing, &origin.unwrap_or_else(|| vec![0.0; rank]), &identity(rank)))
}
