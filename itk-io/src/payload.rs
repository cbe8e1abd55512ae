//! The pixels of a file, apart from the header that describes them: found, checked against the length of the
//! file, and decoded straight into the memory of the image.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use itk_core::{AnyImage, Error, Header, Image, Metadata, Pixel, Result, VisitType};

use crate::decode::{self, Stream};
use crate::{Info, pixels};

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

    /// The operating system refused, or a decoder found nonsense or too few bytes.
    fn decoding(&self, file: &Path, error: io::Error) -> Error {
        let name = || if file == self.path { String::new() } else { format!("{}: ", file.display()) };
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.fault(format!("{}the pixels end too early", name())),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                self.fault(format!("{}the pixels cannot be decoded: {error}", name()))
            }
            _ => Error::Io { action: "read", path: file.to_owned(), source: error },
        }
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
    pub(crate) path: PathBuf,
    pub(crate) start: Start,
    /// How many encoded bytes there are; to the end of the file when it does not say.
    pub(crate) length: Option<u64>,
}

/// The axes of a file whose order in memory is another one.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    /// Values along each axis of the file, fastest first.
    pub(crate) sizes: Vec<usize>,
    /// From one value of the file to the next along each of its axes, how far it is in memory.
    pub(crate) steps: Vec<usize>,
    /// Leading components that are left out.
    pub(crate) skip: usize,
    /// The axis of components.
    pub(crate) component: usize,
}

/// All that is needed to read the pixels.
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
    /// `None` when the file has its values in the order of memory.
    pub(crate) axes: Option<Axes>,
}

/// A file whose header has been read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) header: Header,
    pub(crate) metadata: Metadata,
    pub(crate) payload: Payload,
}

impl Opened {
    pub(crate) fn info(self, format: &'static str) -> Info {
        let compressed = self.payload.encoding == Encoding::Deflate;
        Info { format, header: self.header, metadata: self.metadata, compressed }
    }

    /// Reads the pixels.
    pub(crate) fn read(self, reading: Reading<'_>) -> Result<AnyImage> {
        struct Fill<'a>(Opened, Reading<'a>);
        impl VisitType for Fill<'_> {
            type Out = Result<AnyImage>;
            fn visit<T: Pixel>(self) -> Self::Out {
                let Opened { header, metadata, payload } = self.0;
                payload.read::<T>(&header, self.1).map(|image| T::erase(image.with_metadata(metadata)))
            }
        }
        self.header.pixel_type.visit(Fill(self, reading))
    }
}

impl Payload {
    fn read<T: Pixel>(&self, header: &Header, reading: Reading<'_>) -> Result<Image<T>> {
        let stored = header.components + self.axes.as_ref().map_or(0, |axes| axes.skip);
        let pixels =
            header.region.size().iter().fold(stored as u128, |n, &size| n.saturating_mul(size as u128));
        let share = pixels / self.pieces.len().max(1) as u128;
        if share.saturating_mul(self.pieces.len() as u128) != pixels {
            let reason = format!("{pixels} values cannot be shared equally by {} files", self.pieces.len());
            return Err(reading.fault(reason));
        }
        let bytes = share.saturating_mul(size_of::<T>() as u128);
        let plans: Vec<Plan> =
            self.pieces.iter().map(|piece| self.plan(piece, share, bytes, reading)).collect::<Result<_>>()?;
        let mut image = Image::<T>::zeroed(header)?;
        // Owned by this function alone, so there always is a slice.
        let Some(out) = image.as_mut_slice()? else { return Ok(image) };
        let mut scatter = self.axes.as_ref().map(|axes| Scatter { axes, at: vec![0; axes.sizes.len()] });
        for (i, (piece, plan)) in self.pieces.iter().zip(&plans).enumerate() {
            let stream =
                &mut self.stream(piece, plan, bytes).map_err(|e| reading.decoding(&piece.path, e))?;
            let done = match &mut scatter {
                None => {
                    let share = out.len() / self.pieces.len();
                    stream.fill(&mut out[i * share..(i + 1) * share])
                }
                Some(scatter) => scatter.fill(stream, share as usize, out),
            };
            done.and_then(|()| stream.finish()).map_err(|e| reading.decoding(&piece.path, e))?;
        }
        if matches!(self.encoding, Encoding::Raw | Encoding::Deflate | Encoding::Hex)
            && self.big_endian != cfg!(target_endian = "big")
        {
            pixels::swap(out);
        }
        Ok(image)
    }

    /// Finds the encoded bytes of a piece, and refuses when they cannot hold its share of the pixels.
    fn plan(&self, piece: &Piece, share: u128, bytes: u128, reading: Reading<'_>) -> Result<Plan> {
        let io = |source| Error::Io { action: "read", path: piece.path.clone(), source };
        let found = fs::metadata(&piece.path).map_err(io)?;
        if !found.is_file() {
            return Err(io(io::Error::other("it is not a regular file")));
        }
        let file = found.len();
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
                piece.path.display(),
            ))
        };
        let start = match piece.start {
            Start::At(start) => start,
            Start::End => {
                let length = piece.length.map_or(least, u128::from);
                u64::try_from(length)
                    .ok()
                    .and_then(|length| file.checked_sub(length))
                    .ok_or_else(|| short(file))?
            }
        };
        let rest = file.checked_sub(start).ok_or_else(|| short(0))?;
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
            Some(available) if u128::from(available) >= least => Ok(Plan { start, length }),
            available => Err(short(available.unwrap_or(0))),
        }
    }

    /// Opens a piece at its first pixel.
    fn stream(&self, piece: &Piece, plan: &Plan, bytes: u128) -> io::Result<Stream> {
        let open = || -> io::Result<BufReader<io::Take<File>>> {
            let mut file = File::open(&piece.path)?;
            file.seek(SeekFrom::Start(plan.start))?;
            let mut data = BufReader::with_capacity(1 << 16, file.take(plan.length));
            for _ in 0..self.skip_lines {
                decode::skip_line(&mut data)?;
            }
            Ok(data)
        };
        let mut stream = Stream::new(self.encoding, open()?)?;
        let skip = match self.skip_bytes {
            Some(skip) => skip,
            None => {
                let total = io::copy(&mut Stream::new(self.encoding, open()?)?, &mut io::sink())?;
                let wanted = u64::try_from(bytes).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                total.checked_sub(wanted).ok_or(io::ErrorKind::UnexpectedEof)?
            }
        };
        match io::copy(&mut (&mut stream).take(skip), &mut io::sink())? {
            skipped if skipped < skip => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(stream),
        }
    }
}

/// Where a piece's encoded bytes are in its file.
struct Plan {
    start: u64,
    length: u64,
}

/// Puts values where they belong in memory.
struct Scatter<'a> {
    axes: &'a Axes,
    /// Where in the file the next value is, on each axis.
    at: Vec<usize>,
}

impl Scatter<'_> {
    fn fill<T: Pixel>(&mut self, stream: &mut Stream, count: usize, out: &mut [T]) -> io::Result<()> {
        let Axes { sizes, steps, skip, component } = self.axes;
        let mut run = vec![T::default(); count.min(1 << 14)];
        let mut left = count;
        while left > 0 {
            let run = &mut run[..left.min(1 << 14)];
            stream.fill(run)?;
            left -= run.len();
            for &value in run.iter() {
                if self.at[*component] >= *skip {
                    let to: usize = self.at.iter().zip(steps).map(|(i, step)| i * step).sum();
                    out[to - skip * steps[*component]] = value;
                }
                for (i, &size) in self.at.iter_mut().zip(sizes) {
                    *i += 1;
                    if *i < size {
                        break;
                    }
                    *i = 0;
                }
            }
        }
        Ok(())
    }
}
