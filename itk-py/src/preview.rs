//! An image as an 8-bit picture to look at: the middle slice of each pair of axes, in true proportions.

use itk_core::{AnyImage, Axes, Error, Header, Image, Pixel, PixelKind, PixelType, Result, View, Visit};

/// Pixels between two slices, and their grey.
const GAP: (usize, u8) = (4, 64);

/// Rows of the picture of an image that has one axis only.
const STRIP: usize = 32;

/// Slices smaller than the first are enlarged by a whole number, larger than the second are shrunk.
const ONE_SLICE: (f64, f64) = (512.0, 1024.0);
const THREE_SLICES: (f64, f64) = (384.0, 512.0);

/// A picture: rows from top to bottom, one byte a sample.
pub(crate) struct Panel {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Samples a pixel: 1 for grey, 3 for red, green and blue.
    pub(crate) samples: usize,
    pub(crate) pixels: Vec<u8>,
}

/// One slice: the axis that runs across, and the one that runs down.
type Plane = (usize, Option<usize>);

/// The middle slices xy, xz and yz side by side, or the whole of a 2-D image. x runs to the right and y down; z runs
/// to the head, which is up, whichever way it is stored.
///
/// The smallest value that is shown is black, the largest is white; NaN is black. Colours are colours, 8-bit
/// ones unchanged; of other pixels the first component is shown. Spacing sets the proportions.
///
/// # Errors
/// [`Error::Parameter`] for an image without pixels.
pub(crate) fn panel(image: &AnyImage) -> Result<Panel> {
    let header = image.header();
    if header.region.pixels() == 0 {
        return Err(Error::Parameter {
            filter: "preview",
            name: "size",
            expected: "at least 1 on every axis".into(),
            got: format!("{:?} (xyz)", header.region.size()),
        });
    }
    Ok(image.visit(Render(&header)))
}

/// The panel as a PNG file.
pub(crate) fn encode_png(panel: &Panel) -> Vec<u8> {
    let side = |n: usize| u32::try_from(n).expect("a panel has a few thousand pixels a side");
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(panel.width), side(panel.height));
    encoder.set_color(if panel.samples == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(&panel.pixels)?;
            writer.finish()
        })
        .expect("memory takes every byte");
    file
}

struct Render<'a>(&'a Header);

impl Visit for Render<'_> {
    type Out = Panel;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Panel {
        let header = self.0;
        let planes: &[Plane] = match header.rank() {
            1 => &[(0, None)],
            2 => &[(0, Some(1))],
            _ => &[(0, Some(1)), (0, Some(2)), (1, Some(2))],
        };
        let sides = sides(header, if planes.len() == 1 { ONE_SLICE } else { THREE_SLICES });
        let extent = |&(across, down): &Plane| (sides[across], down.map_or(STRIP, |down| sides[down]));
        let samples = if matches!(header.kind, PixelKind::Rgb | PixelKind::Rgba) { 3 } else { 1 };

        let slices: Vec<Vec<f64>> =
            planes.iter().map(|plane| slice(header, image.view(), plane, extent(plane), samples)).collect();
        let window = match (T::TYPE, samples) {
            (PixelType::U8, 3) => (0.0, 255.0),
            _ => range(slices.iter().flatten().copied()),
        };

        let width = planes.iter().map(|plane| extent(plane).0 + GAP.0).sum::<usize>() - GAP.0;
        let height = planes.iter().map(|plane| extent(plane).1).max().unwrap_or(0);
        let mut pixels = vec![GAP.1; width * height * samples];
        let mut left = 0;
        for (plane, values) in planes.iter().zip(&slices) {
            let bytes = extent(plane).0 * samples;
            for (row, values) in pixels.chunks_exact_mut(width * samples).zip(values.chunks_exact(bytes)) {
                for (out, &value) in row[left..left + bytes].iter_mut().zip(values) {
                    *out = grey(value, window);
                }
            }
            left += bytes + GAP.0 * samples;
        }
        Panel { width, height, samples, pixels }
    }
}

/// Pixels of the picture along each of the (at most three) axes that are shown.
fn sides(header: &Header, (small, large): (f64, f64)) -> Axes<usize> {
    let spacing = header.geometry.spacing();
    // ITK lets spacings be NaN or infinite; they have no proportions.
    let usable = spacing.iter().all(|s| s.is_normal());
    let shown = header.rank().min(3);
    let finest = spacing[..shown].iter().copied().fold(f64::INFINITY, f64::min);
    let long = |a: usize| {
        let ratio = if usable { (spacing[a] / finest).min(1e6) } else { 1.0 };
        header.region.size()[a] as f64 * ratio
    };
    let longest = (0..shown).map(long).fold(1.0, f64::max);
    let zoom = if longest > large { large / longest } else { (small / longest).floor().max(1.0) };
    Axes::from_fn(shown, |a| ((long(a) * zoom).round() as usize).max(1))
}

/// The middle slice along a plane, each pixel the nearest one of the image.
fn slice<T: Pixel>(
    header: &Header,
    view: View<'_, T>,
    &(across, down): &Plane,
    (width, height): (usize, usize),
    samples: usize,
) -> Vec<f64> {
    let size = header.region.size();
    let upward = header.rank() > 2 && header.geometry.direction()[2 * header.rank() + 2] >= 0.0;
    let nearest = |i: usize, n: usize, side: usize| (2 * i + 1) * n / (2 * side);
    let mut index = Axes::from_fn(header.rank(), |a| size[a] / 2);
    let mut pixel = [T::default(); 3];
    let mut values = Vec::with_capacity(width * height * samples);
    for row in 0..height {
        if let Some(down) = down {
            let row = if down == 2 && upward { height - 1 - row } else { row };
            index[down] = nearest(row, size[down], height);
        }
        for column in 0..width {
            index[across] = nearest(column, size[across], width);
            match header.kind {
                PixelKind::Scalar => view.load(index[0], &index[1..], &mut pixel[..1]),
                _ => view.load(0, &index, &mut pixel[..samples]),
            }
            values.extend(pixel[..samples].iter().map(|p| p.to_f64()));
        }
    }
    values
}

/// The smallest and the largest of the finite values.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

fn grey(value: f64, (low, high): (f64, f64)) -> u8 {
    // Halves, because the distance of two f64 may overflow; the cast saturates and takes NaN to 0.
    let fraction = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    (fraction * 255.0).round() as u8
}
