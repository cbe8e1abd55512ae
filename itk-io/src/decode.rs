//! Encoded bytes as pixels: raw, zlib, gzip, decimal and hexadecimal numbers.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use itk_core::{Pixel, PixelType};

use crate::convert;
use crate::payload::Encoding;
use crate::span::Span;

type Source<'a> = BufReader<Span<'a>>;

/// The longest decimal number that is taken for one.
const LONGEST: usize = 512;

/// The values of one file, in order.
pub(crate) enum Stream<'a> {
    Raw(Source<'a>),
    Zlib(ZlibDecoder<Source<'a>>),
    /// `None` only while one member is replaced by the next.
    Gzip(Option<GzDecoder<Source<'a>>>),
    Text(Source<'a>),
    Hex(Source<'a>),
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}

impl<'a> Stream<'a> {
    pub(crate) fn new(encoding: Encoding, mut data: Source<'a>) -> io::Result<Self> {
        Ok(match encoding {
            Encoding::Raw => Self::Raw(data),
            Encoding::Deflate if data.fill_buf()?.starts_with(&[0x1f]) => {
                Self::Gzip(Some(GzDecoder::new(data)))
            }
            Encoding::Deflate => Self::Zlib(ZlibDecoder::new(data)),
            Encoding::Text => Self::Text(data),
            Encoding::Hex => Self::Hex(data),
        })
    }

    /// The next values, bytes in the order of the file.
    pub(crate) fn fill<T: Pixel>(&mut self, out: &mut [T]) -> io::Result<()> {
        if let Self::Text(data) = self {
            for value in out {
                *value = number(data)?;
            }
            return Ok(());
        }
        self.read_exact(bytemuck::cast_slice_mut(out))
    }

    /// After the last value: refuses compressed data that go on, or whose checksum is wrong.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if matches!(self, Self::Zlib(_) | Self::Gzip(_)) && self.read(&mut [0])? > 0 {
            return Err(invalid("they unpack to more than the header announces"));
        }
        Ok(())
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            // Text is skipped by the byte like raw data.
            Self::Raw(data) | Self::Text(data) => data.read(out),
            Self::Zlib(data) => data.read(out),
            Self::Gzip(member) => loop {
                let Some(decoder) = member else { return Ok(0) };
                match decoder.read(out)? {
                    0 if !out.is_empty() => {}
                    n => return Ok(n),
                }
                // What follows a member is another one, or padding.
                let Some(mut data) = member.take().map(GzDecoder::into_inner) else { return Ok(0) };
                if !data.fill_buf()?.starts_with(&[0x1f]) {
                    return Ok(0);
                }
                *member = Some(GzDecoder::new(data));
            },
            Self::Hex(data) => {
                for (i, byte) in out.iter_mut().enumerate() {
                    let Some(high) = digit(data)? else { return Ok(i) };
                    let low = digit(data)?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    *byte = high << 4 | low;
                }
                Ok(out.len())
            }
        }
    }
}

/// Passes over a line, and says how many bytes it has.
pub(crate) fn skip_line(data: &mut Source<'_>) -> io::Result<u64> {
    match data.skip_until(b'\n')? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        bytes => Ok(bytes as u64),
    }
}

fn next_byte(data: &mut Source<'_>) -> io::Result<Option<u8>> {
    let byte = data.fill_buf()?.first().copied();
    data.consume(usize::from(byte.is_some()));
    Ok(byte)
}

/// The next hexadecimal digit; `None` at the end.
fn digit(data: &mut Source<'_>) -> io::Result<Option<u8>> {
    while let Some(byte) = next_byte(data)? {
        match char::from(byte).to_digit(16) {
            Some(digit) => return Ok(Some(digit as u8)),
            None if byte.is_ascii_whitespace() => {}
            None => return Err(invalid(format!("'{}' is no hexadecimal digit", byte.escape_ascii()))),
        }
    }
    Ok(None)
}

/// The next number of a text.
fn number<T: Pixel>(data: &mut Source<'_>) -> io::Result<T> {
    let mut word = Vec::new();
    while let Some(byte) = next_byte(data)? {
        let between = byte.is_ascii_whitespace() || byte == b',';
        match (between, word.is_empty()) {
            (false, _) if word.len() < LONGEST => word.push(byte),
            (false, _) => return Err(invalid("a number has too many digits")),
            (true, true) => {}
            (true, false) => break,
        }
    }
    if word.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let word = String::from_utf8_lossy(&word);
    convert::parse(&word).ok_or_else(|| {
        let what = if T::TYPE == PixelType::F64 { "number" } else { T::TYPE.numpy_name() };
        invalid(format!("{word:?} is no {what}"))
    })
}
