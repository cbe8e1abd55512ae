//! The shape of a tile: how many outputs, which margin, and how its rows are laid out.

use itk_core::Axes;

/// The most outputs of a tile along any axis but x: votes are counted in bytes.
pub(super) const MAX_EXTENT: usize = 128;

/// A tile: axis 0 is x, there are two axes at least.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    /// Which of the image's axes these are, in order. The second may be none of a line's.
    pub(super) axes: Axes<usize>,
    /// Outputs along each axis.
    pub(super) size: Axes<usize>,
    /// The window's extent along each axis.
    pub(super) window: Axes<usize>,
    /// Samples that a row has space for: 64, 128, 256 or 512.
    pub(super) strip: usize,
    /// From one row of labels to the next along each axis, in rows; axis 0 has none.
    pub(super) steps: Axes<usize>,
    /// The same for outputs.
    pub(super) steps_out: Axes<usize>,
}

impl Geometry {
    pub(super) fn new(axes: Axes<usize>, size: Axes<usize>, window: Axes<usize>, strip: usize) -> Self {
        let mut steps = Axes::filled(size.len(), 1);
        let mut steps_out = steps;
        for a in 2..size.len() {
            steps[a] = steps[a - 1] * (size[a - 1] + window[a - 1] - 1);
            steps_out[a] = steps_out[a - 1] * size[a - 1];
        }
        Self { axes, size, window, strip, steps, steps_out }
    }

    /// Samples along an axis, the margin included.
    pub(super) fn padded(&self, axis: usize) -> usize {
        self.size[axis] + self.window[axis] - 1
    }

    /// Rows of samples.
    pub(super) fn rows(&self) -> usize {
        (1..self.size.len()).map(|a| self.padded(a)).product()
    }

    /// Rows of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.size[1..].iter().product()
    }

    /// Outputs in all.
    pub(super) fn pixels(&self) -> u32 {
        (self.outputs() * self.size[0]) as u32
    }

    /// Samples of a window.
    pub(super) fn samples(&self) -> usize {
        self.window.iter().product()
    }

    /// What counts start from, so that they are negative up to half of the window: the low byte, with its top
    /// bit flipped, and the high byte.
    pub(super) fn bias(&self) -> [u8; 2] {
        let [low, high] = (!(self.samples() / 2) as u16).to_le_bytes();
        [low ^ 0x80, high]
    }

    /// The first rows of all lines along an axis, in rows of labels. Axes before it have outputs only.
    pub(super) fn lines(&self, axis: usize) -> impl Iterator<Item = usize> {
        let extent = |a: usize| if a < axis { self.size[a] } else { self.padded(a) };
        lines(Axes::from_fn(self.size.len(), extent), self.steps, axis)
    }

    /// The same, of the last axis, in rows of outputs.
    pub(super) fn lines_out(&self, axis: usize) -> impl Iterator<Item = usize> {
        lines(self.size, self.steps_out, axis)
    }
}

fn lines(extent: Axes<usize>, steps: Axes<usize>, axis: usize) -> impl Iterator<Item = usize> {
    let others = move || (1..extent.len()).filter(move |&a| a != axis);
    (0..others().map(|a| extent[a]).product()).map(move |mut line: usize| {
        others()
            .map(|a| {
                let i = line % extent[a];
                line /= extent[a];
                i * steps[a]
            })
            .sum()
    })
}
