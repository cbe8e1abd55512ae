//! PNG: grey, RGB and RGBA of 8 and 16 bits.
//!
//! Reading expands what ITK expands: palettes to RGB, fewer bits to 8, a transparent colour to opacity. Grey
//! with opacity becomes grey, darkened by what shows through. Spacing is in the `sCAL` chunk, where ITK keeps
//! it; origin and direction have no place.
//!
//! # Source
//! ITK 5.4.7, by its files; `itk::PNGImageIO`. Where a grey pixel is neither opaque nor clear, ITK's division
//! of integers makes it black; here it is `grey · opacity / max`. Spacing is written with all its digits, not
//! five.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use itk_core::{
    AnyImage, Error, Geometry, Header, Image, Metadata, Pixel, PixelKind, PixelType, Result, Visit,
};
use png::{BitDepth, ColorType, Decoder, DecodingError, DeflateCompression, Limits, Transformations};

use crate::payload::Reading;
use crate::reader::{Body, Opened};
use crate::span::Span;
use crate::staged::{Files, Staged};
use crate::watch::{self, Watch};
use crate::{Format, WriteOptions, convert, pixels, place};

pub(crate) const FORMAT: Format = Format {
    name: "PNG",
    endings: &[".png"],
    can_read: true,
    can_write: true,
    sniff: |head| head.starts_with(b"\x89PNG\r\n\x1a\n"),
    open,
    check,
    write,
    stage: None,
};

/// A file whose header has been decoded.
struct Decoding<'a> {
    header: Header,
    frame: png::Reader<BufReader<Span<'a>>>,
}

fn decoding(reading: Reading<'_>) -> impl Fn(DecodingError) -> Error {
    move |error| match error {
        DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            reading.fault("the file ends too early")
        }
        DecodingError::IoError(source) => watch::error(source, |source| reading.refused(source)),
        other => reading.fault(plain(&other.to_string())),
    }
}

/// The decoder's text without what it prints for programmers.
fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("ChunkType { type: ") {
        let (name, end) = after.split_once(',').unwrap_or((after, ""));
        plain += before;
        plain += name;
        rest = end.split_once('}').map_or("", |(_, rest)| rest);
    }
    plain += rest;
    match plain.find("deflate stream") {
        Some(at) => format!("{}deflate stream", &plain[..at]),
        None => plain.trim_end_matches('.').to_owned(),
    }
}

fn open(file: Arc<File>, reading: Reading<'_>) -> Result<Opened> {
    let header = begin(&file, reading, None)?.header;
    Ok(Opened { file, header, metadata: Metadata::default(), body: Body::Whole(read) })
}

fn begin<'a>(file: &Arc<File>, reading: Reading<'a>, watch: Option<&'a Watch<'a>>) -> Result<Decoding<'a>> {
    let io = |source| watch::error(source, |source| reading.refused(source));
    let length = file.metadata().map_err(io)?.len();
    let span = || Span::new(file.clone(), 0, length, watch);
    let scale = scale(span()).map_err(io)?.unwrap_or([1.0; 2]);
    let failed = decoding(reading);
    let mut decoder = Decoder::new(BufReader::with_capacity(1 << 16, span()));
    decoder.ignore_checksums(false);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    let info = decoder.read_header_info().map_err(&failed)?;
    let bits = info.color_type.samples() * info.bit_depth as usize;
    let (width, height) = (info.width as usize, info.height as usize);
    let row = (info.width as u128 * bits as u128).div_ceil(8);
    // Deflate makes 258 bytes of 2 bits at best.
    if (row * info.height as u128) / 1032 > u128::from(length) {
        let reason =
            format!("{length} bytes cannot hold the announced {width} x {height} pixels of {bits} bits");
        return Err(reading.fault(reason));
    }
    // The decoder keeps some rows; what it may keep has been bounded by the length of the file.
    decoder.set_limits(Limits { bytes: (row as usize).saturating_mul(16).max(1 << 26) });
    let frame = decoder.read_info().map_err(&failed)?;
    let (color, depth) = frame.output_color_type();
    let pixel_type = if depth == BitDepth::Sixteen { PixelType::U16 } else { PixelType::U8 };
    let (kind, components) = match color {
        ColorType::Rgb => (PixelKind::Rgb, 3),
        ColorType::Rgba => (PixelKind::Rgba, 4),
        _ => (PixelKind::Scalar, 1),
    };
    let header = reading.checked(Header::new(pixel_type, &[width, height]))?;
    let header = reading.checked(header.with_components(kind, components))?;
    let geometry =
        reading.checked(Geometry::identity(2).and_then(|geometry| geometry.with_spacing(&scale)))?;
    Ok(Decoding { header: Header { geometry, ..header }, frame })
}

/// The spacing of an `sCAL` chunk, of whatever unit; `None` when there is no valid one before the pixels.
fn scale(file: Span<'_>) -> io::Result<Option<[f64; 2]>> {
    let mut data = BufReader::new(file);
    data.seek(SeekFrom::Start(8))?;
    loop {
        let mut head = [0; 8];
        match data.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let [l0, l1, l2, l3, name @ ..] = head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        match &name {
            b"IDAT" | b"IEND" => return Ok(None),
            b"sCAL" if length < 1024 => {
                let mut body = vec![0; length as usize];
                return Ok(data.read_exact(&mut body).ok().and_then(|()| parse_scale(&body)));
            }
            _ => data.seek_relative(i64::from(length) + 4)?,
        }
    }
}

/// `unit width \0 height`, both positive.
fn parse_scale(body: &[u8]) -> Option<[f64; 2]> {
    let ([1 | 2], text) = body.split_first_chunk()? else { return None };
    let (width, height) = std::str::from_utf8(text).ok()?.split_once('\0')?;
    let positive = |text: &str| text.parse().ok().filter(|value: &f64| *value > 0.0 && value.is_finite());
    Some([positive(width)?, positive(height)?])
}

fn read(file: &Arc<File>, reading: Reading<'_>, watch: &Watch<'_>) -> Result<AnyImage> {
    let begun = begin(file, reading, Some(watch))?;
    match begun.header.pixel_type {
        PixelType::U16 => pixels_of::<u16>(begun, reading, watch).map(AnyImage::from),
        _ => pixels_of::<u8>(begun, reading, watch).map(AnyImage::from),
    }
}

fn pixels_of<T: Pixel>(begun: Decoding<'_>, reading: Reading<'_>, watch: &Watch<'_>) -> Result<Image<T>> {
    let Decoding { header, mut frame } = begun;
    let failed = decoding(reading);
    let mut image = Image::<T>::zeroed(&header)?;
    // Owned by this function alone, so there always is a slice.
    let Some(out) = image.as_mut_slice()? else { return Ok(image) };
    if frame.output_color_type().0 == ColorType::GrayscaleAlpha {
        let values = 2 * out.len();
        let mut pairs: Vec<T> = Vec::new();
        let bytes = values as u128 * size_of::<T>() as u128;
        pairs.try_reserve_exact(values).map_err(|_| Error::OutOfMemory { bytes })?;
        pairs.resize(values, T::default());
        decode(&mut frame, &mut pairs, watch).map_err(&failed)?;
        for (grey, pair) in out.iter_mut().zip(pairs.chunks_exact(2)) {
            *grey = T::from_f64(pair[0].to_f64() * pair[1].to_f64() / convert::opaque::<T>());
        }
    } else {
        decode(&mut frame, out, watch).map_err(&failed)?;
    }
    frame.finish().map_err(&failed)?;
    Ok(image)
}

/// Decodes all rows.
fn decode<T: Pixel>(
    frame: &mut png::Reader<BufReader<Span<'_>>>,
    out: &mut [T],
    watch: &Watch<'_>,
) -> Result<(), DecodingError> {
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
    if frame.info().interlaced {
        frame.next_frame(bytes)?;
        watch.moved(bytes.len() as u64);
    } else {
        // Row by row, as a file of a few bytes may have rows for many seconds.
        let width = bytes.len() / frame.info().height.max(1) as usize;
        for row in bytes.chunks_exact_mut(width.max(1)) {
            watch.check()?;
            frame.read_row(row)?;
            watch.moved(row.len() as u64);
        }
    }
    if cfg!(target_endian = "little") {
        pixels::swap(out);
    }
    Ok(())
}

fn check(header: &Header, path: &Path) -> Result<()> {
    let held = [PixelType::U8, PixelType::U16];
    if !held.contains(&header.pixel_type) {
        let allowed = crate::allowed_types(held, "uint8");
        return Err(Error::PixelType { who: FORMAT.name, got: header.pixel_type, allowed });
    }
    place::not_empty(header, path, FORMAT.name)?;
    let size = header.region.size();
    let fits = |n: usize| i32::try_from(n).is_ok();
    let reason = if size.len() < 2 || size[2..].iter().any(|&n| n > 1) {
        format!("it holds 2 axes, this image has size (xyz) {size:?}; write slices, or a .mha or .nrrd file")
    } else if color(header).is_none() {
        let kind = header.kind.name();
        format!("it holds grey, RGB and RGBA, not {kind} pixels of {} components", header.components)
    } else if !fits(size[0]) || !fits(size[1]) {
        format!("it holds at most {} x {} pixels, not {} x {}", i32::MAX, i32::MAX, size[0], size[1])
    } else {
        return Ok(());
    };
    Err(Error::Unwritable { path: path.to_owned(), format: FORMAT.name, reason })
}

/// As ITK, by the number of components.
fn color(header: &Header) -> Option<ColorType> {
    match header.components {
        1 => Some(ColorType::Grayscale),
        3 => Some(ColorType::Rgb),
        4 => Some(ColorType::Rgba),
        _ => None,
    }
}

fn write(image: &AnyImage, path: &Path, options: &WriteOptions, watch: &Watch<'_>) -> Result<Files> {
    let mut file = Staged::create(path)?;
    file.fill(|out| {
        encode(image, out, options, watch).map_err(|error| match error {
            png::EncodingError::IoError(error) => error,
            other => io::Error::other(other),
        })
    })?;
    Ok(file.into())
}

fn encode(
    image: &AnyImage,
    out: &mut impl Write,
    options: &WriteOptions,
    watch: &Watch<'_>,
) -> Result<(), png::EncodingError> {
    struct Pixels<'a, W: Write>(&'a mut W, &'a Watch<'a>);
    impl<W: Write> Visit for Pixels<'_, W> {
        type Out = io::Result<()>;
        fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
            pixels::write(image.view(), true, self.0, self.1)
        }
    }
    let header = image.header();
    // `check` has bounded the size.
    let size = |axis: usize| u32::try_from(header.region.size()[axis]).unwrap_or(0);
    let mut encoder = png::Encoder::new(out, size(0), size(1));
    encoder.set_color(color(&header).unwrap_or(ColorType::Grayscale));
    encoder.set_depth(if header.pixel_type == PixelType::U16 { BitDepth::Sixteen } else { BitDepth::Eight });
    if let Some(level) = options.level {
        encoder.set_deflate_compression(DeflateCompression::Level(level));
    }
    let mut writer = encoder.write_header()?;
    let spacing = &header.geometry.spacing()[..2];
    if spacing.iter().all(|s| s.is_finite() && *s > 0.0) {
        let text = format!("\u{1}{}\0{}", decimal(spacing[0]), decimal(spacing[1]));
        writer.write_chunk(png::chunk::ChunkType(*b"sCAL"), text.as_bytes())?;
    }
    let mut stream = writer.stream_writer()?;
    image.visit(Pixels(&mut stream, watch))?;
    stream.finish()?;
    writer.finish()
}

/// The shortest number that is read as the same one.
fn decimal(value: f64) -> String {
    if (1e-4..1e17).contains(&value) { format!("{value}") } else { format!("{value:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_for_users() {
        let text =
            "CRC error: 1 while decoding ChunkType { type: IHDR, critical: true, private: false } chunk.";
        assert_eq!(plain(text), "CRC error: 1 while decoding IHDR chunk");
        assert_eq!(plain("Corrupt deflate stream. Debug { x }"), "Corrupt deflate stream");
        assert_eq!(plain("Invalid image dimensions"), "Invalid image dimensions");
        assert_eq!(plain("ChunkType { type: "), "");
    }
}
