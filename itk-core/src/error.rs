//! The one error type. Facts are in fields; the text names what was asked, what came and what is allowed.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::pixel::PixelType;

/// What every fallible function of the toolkit returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was refused or could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter has a value outside its range: mend the call.
    #[error("{filter}: {name} must be {expected}, got {got}")]
    Parameter {
        /// Who refuses, as users write it: `median`.
        filter: &'static str,
        /// The parameter.
        name: &'static str,
        /// What is allowed, as the end of "must be …".
        expected: String,
        /// What came.
        got: String,
    },
    /// A filter or file format cannot take this type of pixel.
    #[error("{who}: pixel type {got} is not supported; allowed: {allowed}")]
    PixelType {
        /// The filter or format.
        who: &'static str,
        /// What came.
        got: PixelType,
        /// What is allowed, and what to do about it.
        allowed: String,
    },
    /// A filter of scalars was given pixels of several components.
    #[error(
        "{filter}: takes scalar pixels, got {kind} pixels of {components} components; \
         filter the components one by one (channel_axis=-1, where there is one), or read the file as grey with imread(..., pixel_type=)"
    )]
    Components {
        /// The filter.
        filter: &'static str,
        /// `rgb`, `vector` and so on.
        kind: &'static str,
        /// How many components each pixel has.
        components: usize,
    },
    /// The number of axes is not one that is supported here.
    #[error("{who}: number of axes must be {expected}, got {got}")]
    Rank {
        /// Who refuses.
        who: &'static str,
        /// What is allowed.
        expected: String,
        /// What came.
        got: usize,
    },
    /// Two extents that must agree do not. Extents are xyz.
    #[error("{what}: size (xyz) must be {expected:?}, got {got:?}")]
    Size {
        /// What has the wrong size.
        what: &'static str,
        /// The size that fits, x first.
        expected: Vec<usize>,
        /// The size that came, x first.
        got: Vec<usize>,
    },
    /// A line of pixels is too short for a recursive filter (ITK's text).
    #[error(
        "{filter}: The number of pixels along direction {direction} is less than 4. This filter requires a minimum of \
         four pixels along the dimension to be processed. There are {got}; direction 0 is x, the last axis of an array"
    )]
    ShortLine {
        /// The filter.
        filter: &'static str,
        /// The axis, x being 0.
        direction: usize,
        /// How many pixels there are.
        got: usize,
    },
    /// A requested region does not lie inside what there is (ITK's `InvalidRequestedRegionError`).
    #[error(
        "Requested region is (at least partially) outside the largest possible region. \
         Requested (xyz): {requested}; largest possible: {largest}"
    )]
    InvalidRequestedRegion {
        /// What was asked for.
        requested: Box<crate::Region>,
        /// What there is.
        largest: Box<crate::Region>,
    },
    /// Spacing, origin or direction have a value that no image can have.
    #[error("{0}")]
    Geometry(String),
    /// An image has no metadata under this key.
    #[error("Key '{0}' does not exist")]
    MissingKey(String),
    /// The operating system refused to open, read or write a file.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file's content is not what its format prescribes; nothing was read.
    #[error("cannot read {} as {format}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
        /// What is wrong, with the field or the byte offset.
        reason: String,
    },
    /// An image cannot be represented in the chosen file format; nothing was written.
    #[error("cannot write {} as {format}: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
        /// Why, and what to do about it.
        reason: String,
    },
    /// No file format fits this name or this content.
    #[error("cannot tell the file format of {}: {reason}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What was tried, and the endings that are known.
        reason: String,
    },
    /// Memory for this many bytes could not be had.
    #[error("out of memory: an image of {bytes} bytes was asked for")]
    OutOfMemory {
        /// The bytes asked for.
        bytes: u128,
    },
    /// The caller cancelled the work; outputs are not valid.
    #[error("Object {filter}: AbortGenerateDataOn")]
    Aborted {
        /// What was running.
        filter: Cow<'static, str>,
    },
    /// A node of a pipeline lacks an input that it cannot do without, or the input has no pixels.
    #[error("{node}: {reason}")]
    Input {
        /// The node.
        node: String,
        /// Which input, and what is wrong with it.
        reason: String,
    },
    /// A node of a pipeline was asked for data while it was working on them already.
    #[error("{node}: is being updated already; {reason}")]
    Updating {
        /// The node.
        node: String,
        /// How that comes about, and what to do about it.
        reason: &'static str,
    },
    /// Inputs of a node that must lie in the same place in space do not.
    #[error("{0}")]
    PhysicalSpace(String),
    /// An observer, or a node that is not part of this toolkit, failed with an error of its own.
    #[error("{who}: {source}")]
    Foreign {
        /// Whose error it is.
        who: String,
        /// The error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The environment variable `OXITK_SIMD` names a level that cannot be used.
    #[error("OXITK_SIMD must be one of {available}, got {got:?}")]
    SimdLevel {
        /// The levels this machine has.
        available: String,
        /// What the variable says.
        got: String,
    },
    /// A text that describes a chain of filters cannot be read.
    #[error("cannot read the chain {text:?}: {reason}")]
    ChainText {
        /// The whole text.
        text: String,
        /// What is wrong, and where.
        reason: String,
    },
}
