//! Which windows have a kernel, and how each walks.

/// How the code of a step is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All operations in one line, lists in registers: fastest as long as the step is short.
    Straight,
    /// Equal blocks in loops, lists in memory: the code is a fraction as long.
    Loops,
}

/// A window and how its kernel walks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Samples along x, y and z; odd.
    pub(crate) window: [usize; 3],
    /// Output rows of a tile: a power of two, less than the window's samples along y.
    pub(crate) height: usize,
    /// Output rows a step: a multiple of `height`.
    pub(crate) rows: usize,
    /// Output slices a step: 1 or 2.
    pub(crate) slices: usize,
    /// Whether sorted lists are kept between steps; else each step reads all rows of its windows.
    pub(crate) keeps: bool,
    /// How its code is written.
    pub(crate) form: Form,
}

impl Shape {
    /// How many samples the window has.
    pub(crate) fn samples(&self) -> usize {
        self.window.iter().product()
    }

    /// Input planes that a step reads.
    pub(crate) fn planes(&self) -> usize {
        self.window[2] + self.slices - 1
    }

    /// The first row that a step reads, counted from the top of its first window.
    pub(crate) fn first_row(&self) -> usize {
        if self.keeps { self.window[1] - 1 } else { 0 }
    }

    /// One past the last row that a step reads.
    pub(crate) fn end_row(&self) -> usize {
        self.window[1] - 1 + self.rows
    }
}

/// Windows with a kernel: squares and cubes, and what lies between them. Along x, and along the axes that the kernel takes
/// for y and z; a window with the last two exchanged uses the same one.
const WINDOWS: &[[usize; 3]] = &[
    [3, 1, 1],
    [5, 1, 1],
    [7, 1, 1],
    [9, 1, 1],
    [1, 3, 1],
    [1, 5, 1],
    [1, 7, 1],
    [1, 9, 1],
    [3, 3, 1],
    [5, 3, 1],
    [7, 3, 1],
    [11, 3, 1],
    [3, 5, 1],
    [5, 5, 1],
    [3, 7, 1],
    [7, 7, 1],
    [9, 9, 1],
    [3, 11, 1],
    [11, 11, 1],
    [13, 13, 1],
    [15, 15, 1],
    [3, 3, 3],
    [3, 5, 3],
    [5, 5, 3],
    [3, 5, 5],
    [5, 5, 5],
    [7, 7, 7],
];

/// The windows that have a kernel, and how it walks: what was fastest where it was measured.
pub(crate) fn shapes() -> Vec<Shape> {
    WINDOWS.iter().map(|&window| shape(window)).collect()
}

/// Whether a window has so many samples that its kernel is made only where registers are wide and keys narrow: elsewhere
/// counting is as fast.
pub(crate) fn is_large(window: [usize; 3]) -> bool {
    window.iter().product::<usize>() > 125
}

fn shape(window: [usize; 3]) -> Shape {
    let [kx, ky, kz] = window;
    let height = match ky {
        1 => 1,
        3 | 5 => 2,
        7..=11 => 4,
        _ => 8,
    };
    let volume = kz > 1;
    // Short rows are sorted again sooner than lists are stored and loaded: the more rows a step has, the fewer are read again.
    let (rows, keeps) = match window {
        [_, 1, 1] => (4, false),
        [1, 3, 1] | [3, 3, 1] => (6, false),
        [1, 5, 1] | [1, 7, 1] | [1, 9, 1] => (12, false),
        [3, 5, 1] | [3, 7, 1] | [3, 11, 1] => (12, false),
        [5, 5, 1] => (16, false),
        [3, 3, 3] => (8, false),
        [7, 7, 1] => (8, true),
        _ if volume => (if is_large(window) { 4 } else { 2 }, true),
        _ => (height.max(4), true),
    };
    let cube = kx == ky && ky == kz;
    // Where lists are kept, code in one line is hardly faster past a thousand operations, and takes long to compile.
    let form =
        if (keeps && ky > 9) || is_large(window) || (volume && !cube) { Form::Loops } else { Form::Straight };
    Shape { window, height, rows, slices: if volume { 2 } else { 1 }, keeps, form }
}
