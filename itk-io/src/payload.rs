//! The pixels of a file, apart from the header that describes them: found, and checked against the length of the
//! file before memory is asked for.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use itk_core::{Error, Header, Region, Result};

use crate::runs::Runs;
use crate::watch;

/// The file that is read, for error texts.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) path: &'a Path,
    pub(crate) format: &'static str,
}

impl Reading<'_> {
    /// The content is not what the format prescribes.
    pub(crate) fn fault(&self, reason: impl Into<String>) -> Error {
        Error::Malformed { path: self.path.to_owned(), format: self.format, reason: reason.into() }
    }

    /// A header that no image can have is the file's fault, not that of a call.
    pub(crate) fn checked<V>(&self, result: Result<V>) -> Result<V> {
        result.map_err(|error| match error {
            Error::Io { .. } | Error::Malformed { .. } | Error::OutOfMemory { .. } => error,
            other => self.fault(other.to_string()),
        })
    }

    /// The operating system refused.
    pub(crate) fn refused(&self, source: io::Error) -> Error {
        Error::Io { action: "read", path: self.path.to_owned(), source }
    }

    /// The operating system refused, a decoder found nonsense or too few bytes, or the run was cancelled.
    pub(crate) fn decoding(&self, file: &Path, error: io::Error) -> Error {
        let name = || if file == self.path { String::new() } else { format!("{}: ", file.display()) };
        watch::error(error, |error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.fault(format!("{}the pixels end too early", name())),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                self.fault(format!("{}the pixels cannot be decoded: {error}", name()))
            }
            _ => Error::Io { action: "read", path: file.to_owned(), source: error },
        })
    }
}

/// How pixels are encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encoding {
    /// As in memory, but for the byte order.
    Raw,
    /// zlib or gzip, whichever the first bytes say.
    Deflate,
    /// Decimal numbers with blanks or commas between them.
    Text,
    /// Two hexadecimal digits a byte.
    Hex,
}

/// Where the data of a file begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Start {
    /// At this byte.
    At(u64),
    /// So that they end with the file.
    End,
}

/// A file with some or all of the pixels.
#[derive(Debug)]
pub(crate) struct Piece {
    /// `None` when they are in the file that has the header.
    pub(crate) path: Option<PathBuf>,
    pub(crate) start: Start,
    /// How many encoded bytes there are; to the end of the file when it does not say.
    pub(crate) length: Option<u64>,
}

/// An axis of the values in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    /// Values along it.
    pub(crate) size: usize,
    /// Which axis of the image it is, x being 0; `None` for the components.
    pub(crate) image: Option<usize>,
}

/// The axes of a file that has its values in the order of memory.
pub(crate) fn plain_axes(header: &Header) -> Vec<Axis> {
    let components = (header.components > 1).then_some(Axis { size: header.components, image: None });
    let image = header.region.size().iter().enumerate();
    components.into_iter().chain(image.map(|(a, &size)| Axis { size, image: Some(a) })).collect()
}

/// All that is needed to find the pixels.
#[derive(Debug)]
pub(crate) struct Payload {
    /// Each has an equal share of the pixels.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) encoding: Encoding,
    pub(crate) big_endian: bool,
    /// Lines to pass over, before they are decoded.
    pub(crate) skip_lines: u64,
    /// Bytes to pass over, after unpacking and before the pixels; `None`: as many as there are too many.
    pub(crate) skip_bytes: Option<u64>,
    /// The axes of the values, fastest first.
    pub(crate) axes: Vec<Axis>,
    /// Leading components that are left out.
    pub(crate) skip_components: usize,
}

/// Where a region is in the files.
#[derive(Debug)]
pub(crate) struct Location {
    /// Its values among all values of the file.
    pub(crate) runs: Runs,
    /// Values of each piece.
    pub(crate) share: u64,
}

/// Where the encoded bytes of a piece are in its file.
pub(crate) struct Encoded {
    pub(crate) file: Arc<File>,
    pub(crate) start: u64,
    pub(crate) length: u64,
}

impl Payload {
    /// True when the values have the order of memory, components first, then x, y, z.
    pub(crate) fn is_in_order(&self) -> bool {
        // An axis of one value has no order.
        self.axes.iter().filter(|axis| axis.size > 1).is_sorted_by_key(|axis| axis.image.map_or(0, |a| a + 1))
    }

    /// First value and number of values of a region along each axis of the file.
    pub(crate) fn ranges(&self, header: &Header, region: &Region) -> Vec<(usize, usize)> {
        let first = region.relative_to(&header.region);
        let range = |axis: &Axis| match axis.image {
            Some(a) => (first.index()[a] as usize, region.size()[a]),
            None => (self.skip_components, axis.size - self.skip_components),
        };
        self.axes.iter().map(range).collect()
    }

    /// Finds a region, and refuses when a piece that has some of it cannot hold its share of the pixels.
    ///
    /// Looks at those pieces only.
    pub(crate) fn locate(
        &self,
        header: &Header,
        region: &Region,
        file: &Arc<File>,
        reading: Reading<'_>,
    ) -> Result<Location> {
        let ranges = self.ranges(header, region);
        let pieces = self.pieces.len() as u128;
        let values = self.axes.iter().fold(1u128, |n, axis| n.saturating_mul(axis.size as u128));
        let share = values / pieces.max(1);
        // A piece has all values along its first axes, and one place on each of the others.
        let (mut inner, mut product) = (0, 1u128);
        while product < share && inner < self.axes.len() {
            product = product.saturating_mul(self.axes[inner].size as u128);
            inner += 1;
        }
        if product != share || share.saturating_mul(pieces) != values {
            let reason = format!("{values} values cannot be shared equally by {} files", self.pieces.len());
            return Err(reading.fault(reason));
        }
        let outer = self.axes[inner..].iter().zip(&ranges[inner..]);
        let mut touched = Runs::new(outer.map(|(axis, &(first, count))| (axis.size, first, count)));
        while let Some((first, count)) = touched.next() {
            for number in first..first + count {
                self.encoded(number as usize, share, header, file, reading)?;
            }
            touched.pass(count);
        }
        let bytes = values.saturating_mul(header.pixel_type.size() as u128);
        match (i64::try_from(bytes), u64::try_from(share)) {
            (Ok(_), Ok(share)) => {
                let axes = self.axes.iter().zip(ranges);
                let runs = Runs::new(axes.map(|(axis, (first, count))| (axis.size, first, count)));
                Ok(Location { runs, share })
            }
            _ => Err(reading.fault(format!("{values} values are too many"))),
        }
    }

    /// The file of a piece.
    pub(crate) fn path<'p>(&'p self, number: usize, reading: Reading<'p>) -> &'p Path {
        self.pieces[number].path.as_deref().unwrap_or(reading.path)
    }

    /// Finds the encoded bytes of a piece, and refuses when they cannot hold its share of the pixels.
    pub(crate) fn encoded(
        &self,
        number: usize,
        share: u128,
        header: &Header,
        file: &Arc<File>,
        reading: Reading<'_>,
    ) -> Result<Encoded> {
        let piece = &self.pieces[number];
        let path = self.path(number, reading);
        let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let file = match &piece.path {
            None => Cow::Borrowed(file),
            Some(path) => {
                // Opening a pipe would wait for someone who writes.
                if !fs::metadata(path).map_err(io)?.is_file() {
                    return Err(io(io::Error::other("it is not a regular file")));
                }
                Cow::Owned(Arc::new(File::open(path).map_err(io)?))
            }
        };
        let available = file.metadata().map_err(io)?.len();
        let bytes = share.saturating_mul(header.pixel_type.size() as u128);
        let least = match self.encoding {
            Encoding::Raw => bytes,
            // Deflate makes 258 bytes of 2 bits at best.
            Encoding::Deflate => bytes / 1032,
            Encoding::Text => (2 * share).saturating_sub(1),
            Encoding::Hex => bytes.saturating_mul(2),
        };
        let short = |available: u64| {
            let at_least = if self.encoding == Encoding::Raw { "" } else { "at least " };
            reading.fault(format!(
                "{} has {available} bytes of pixels, and the header announces {share} values, which take \
                 {at_least}{least}",
                path.display(),
            ))
        };
        let start = match piece.start {
            Start::At(start) => start,
            Start::End => {
                let length = piece.length.map_or(least, u128::from);
                u64::try_from(length)
                    .ok()
                    .and_then(|length| available.checked_sub(length))
                    .ok_or_else(|| short(available))?
            }
        };
        let rest = available.checked_sub(start).ok_or_else(|| short(0))?;
        let length = piece.length.unwrap_or(rest);
        if length > rest {
            let reason = format!("{length} bytes of pixels are announced, and the file has {rest}");
            return Err(reading.fault(reason));
        }
        let skipped = match (self.encoding, self.skip_bytes) {
            (Encoding::Deflate, _) | (_, None) => 0,
            (_, Some(skip)) => skip,
        };
        match length.checked_sub(skipped) {
            Some(left) if u128::from(left) >= least => Ok(Encoded { file: file.into_owned(), start, length }),
            left => Err(short(left.unwrap_or(0))),
        }
    }
}
