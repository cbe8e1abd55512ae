//! The values of a region, decoded one after the other in the order of the file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use itk_core::{Error, Header, Image, Pixel, Region, Result, ViewMut};

use crate::decode::{self, Stream};
use crate::payload::{Encoded, Encoding, Location, Payload, Reading};
use crate::pixels;
use crate::runs::Runs;
use crate::span::{Span, read_exact_at};
use crate::watch::{CHUNK, Watch};

/// Gaps shorter than this are read with the bytes around them: a disk reads whole pages anyway.
const PAGE: u64 = 4096;

/// The longest window of a file that is kept to serve several short runs.
const WINDOW: u64 = 1 << 16;

/// A region that is read.
pub(crate) struct Values<'a> {
    payload: &'a Payload,
    header: &'a Header,
    file: &'a Arc<File>,
    reading: Reading<'a>,
    watch: &'a Watch<'a>,
    runs: Runs,
    share: u64,
    /// The piece that is being read, and its number.
    piece: Option<(usize, Source<'a>)>,
}

/// The values of a piece.
enum Source<'a> {
    /// Where each value is in the file is known.
    Placed { file: Arc<File>, first: u64, window: Vec<u8>, window_at: u64 },
    /// Each value is found after those before it only.
    Streamed { stream: Box<Stream<'a>>, at: u64 },
}

impl<'a> Values<'a> {
    pub(crate) fn new(
        payload: &'a Payload,
        header: &'a Header,
        file: &'a Arc<File>,
        location: Location,
        reading: Reading<'a>,
        watch: &'a Watch<'a>,
    ) -> Self {
        let Location { runs, share } = location;
        Self { payload, header, file, reading, watch, runs, share, piece: None }
    }

    /// The next values in the order of the file, bytes in that of this machine.
    fn fill<T: Pixel>(&mut self, out: &mut [T]) -> Result<()> {
        let mut rest = &mut *out;
        while !rest.is_empty() {
            let Some((at, left)) = self.runs.next() else {
                return Err(self.reading.fault("the region has too few pixels"));
            };
            let number = (at / self.share) as usize;
            let within = at % self.share;
            let most = left.min(self.share - within).min((CHUNK / size_of::<T>()) as u64);
            let most = rest.len().min(most as usize);
            let (now, later) = rest.split_at_mut(most);
            self.enter::<T>(number)?;
            let done = match &mut self.piece {
                Some((_, source)) => source.get(within, now, &self.runs, self.share, self.watch),
                None => Ok(()),
            };
            done.map_err(|error| self.error(number, error))?;
            self.watch.moved(size_of_val(now) as u64);
            self.runs.pass(now.len() as u64);
            rest = later;
        }
        if self.payload.encoding != Encoding::Text && self.payload.big_endian != cfg!(target_endian = "big") {
            pixels::swap(out);
        }
        Ok(())
    }

    fn error(&self, number: usize, error: io::Error) -> Error {
        self.reading.decoding(self.payload.path(number, self.reading), error)
    }

    /// Opens a piece, unless it is the one that is being read.
    fn enter<T: Pixel>(&mut self, number: usize) -> Result<()> {
        if self.piece.as_ref().is_some_and(|(open, _)| *open == number) {
            return Ok(());
        }
        self.leave::<T>()?;
        let encoded =
            self.payload.encoded(number, self.share.into(), self.header, self.file, self.reading)?;
        let bytes = self.share * size_of::<T>() as u64;
        let source = match self.payload.encoding {
            Encoding::Raw => self.placed(encoded),
            _ => self.streamed(encoded, bytes),
        };
        self.piece = Some((number, source.map_err(|error| self.error(number, error))?));
        Ok(())
    }

    fn placed(&self, encoded: Encoded) -> io::Result<Source<'a>> {
        let first = self.payload.first_byte(&encoded, self.watch)?;
        Ok(Source::Placed { file: encoded.file, first, window: Vec::new(), window_at: 0 })
    }

    fn streamed(&self, Encoded { file, start, length }: Encoded, bytes: u64) -> io::Result<Source<'a>> {
        let open = || -> io::Result<_> {
            let span = Span::new(file.clone(), start, length, Some(self.watch));
            let mut data = BufReader::with_capacity(1 << 16, span);
            for _ in 0..self.payload.skip_lines {
                decode::skip_line(&mut data)?;
            }
            Stream::new(self.payload.encoding, data).map(Box::new)
        };
        let mut stream = open()?;
        let skip = match self.payload.skip_bytes {
            Some(skip) => skip,
            None => {
                let total = io::copy(&mut open()?, &mut io::sink())?;
                total.checked_sub(bytes).ok_or(io::ErrorKind::UnexpectedEof)?
            }
        };
        match io::copy(&mut (&mut stream).take(skip), &mut io::sink())? {
            skipped if skipped < skip => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(Source::Streamed { stream, at: 0 }),
        }
    }

    /// Reads the rest of the piece where its bytes are checked as a whole.
    fn leave<T: Pixel>(&mut self) -> Result<()> {
        let Some((number, Source::Streamed { mut stream, at })) = self.piece.take() else { return Ok(()) };
        let rest = skip::<T>(&mut stream, self.share - at, self.watch);
        rest.and_then(|()| stream.finish()).map_err(|error| self.error(number, error))
    }

    /// Reads all values of the region into memory that has a place for each: components first, then x, y, z.
    pub(crate) fn read_to_slice<T: Pixel>(&mut self, region: &Region, out: &mut [T]) -> Result<()> {
        if self.payload.is_in_order() {
            // Bytes are swapped while the cache has them, and soon after a look at the token.
            out.chunks_mut(CHUNK / size_of::<T>()).try_for_each(|chunk| self.fill(chunk))?;
        } else {
            self.scatter(region, out)?;
        }
        self.leave::<T>()
    }

    /// Puts values where they belong in memory.
    fn scatter<T: Pixel>(&mut self, region: &Region, out: &mut [T]) -> Result<()> {
        let ranges = self.payload.ranges(self.header, region);
        let step = |image: Option<usize>| match image {
            None => 1,
            Some(a) => self.header.components * region.size()[..a].iter().product::<usize>(),
        };
        let steps: Vec<usize> = self.payload.axes.iter().map(|axis| step(axis.image)).collect();
        let mut scratch = vec![T::default(); out.len().min(CHUNK / size_of::<T>())];
        let (mut at, mut left) = (vec![0; ranges.len()], out.len());
        while left > 0 {
            let run = &mut scratch[..left.min(CHUNK / size_of::<T>())];
            self.fill(run)?;
            left -= run.len();
            for &value in &*run {
                let to: usize = at.iter().zip(&steps).map(|(i, step)| i * step).sum();
                out[to] = value;
                for (i, &(_, count)) in at.iter_mut().zip(&ranges) {
                    *i += 1;
                    if *i < count {
                        break;
                    }
                    *i = 0;
                }
            }
        }
        Ok(())
    }

    /// Reads all values of the region into any memory.
    pub(crate) fn read_to_view<T: Pixel>(&mut self, region: &Region, out: ViewMut<'_, T>) -> Result<()> {
        let width = out.size()[0];
        let most = CHUNK / size_of::<T>();
        let (rows, columns) = ((most / width.max(1)).max(1), most.min(width.max(1)));
        if self.payload.is_in_order() {
            let mut scratch = vec![T::default(); rows.min(out.rows()) * columns];
            for mut tile in out.into_tiles(rows, columns) {
                let run = &mut scratch[..tile.pixels()];
                self.fill(run)?;
                run.chunks_exact(tile.columns().len()).for_each(|row| tile.store_next(row));
            }
            return self.leave::<T>();
        }
        let header = Header { region: *region, ..self.header.clone() };
        let mut image = Image::<T>::zeroed(&header)?;
        // Owned by this function alone, so there always is a slice.
        if let Some(slice) = image.as_mut_slice()? {
            self.read_to_slice(region, slice)?;
            let mut rest = &*slice;
            for mut tile in out.into_tiles(rows, width.max(1)) {
                let (now, later) = rest.split_at(tile.pixels());
                now.chunks_exact(width).for_each(|row| tile.store_next(row));
                rest = later;
            }
        }
        Ok(())
    }
}

impl Payload {
    /// Where the first value of a piece of raw pixels is.
    pub(crate) fn first_byte(&self, encoded: &Encoded, watch: &Watch<'_>) -> io::Result<u64> {
        let mut first = encoded.start;
        if self.skip_lines > 0 {
            let span = Span::new(encoded.file.clone(), first, encoded.length, Some(watch));
            let mut data = BufReader::with_capacity(1 << 16, span);
            for _ in 0..self.skip_lines {
                first += decode::skip_line(&mut data)?;
            }
        }
        Ok(first + self.skip_bytes.unwrap_or(0))
    }
}

impl Source<'_> {
    /// The piece's values from `at` on, bytes in the order of the file. `runs` says what will be asked for next.
    fn get<T: Pixel>(
        &mut self,
        at: u64,
        out: &mut [T],
        runs: &Runs,
        share: u64,
        watch: &Watch<'_>,
    ) -> io::Result<()> {
        watch.check()?;
        match self {
            Self::Streamed { stream, at: now } => {
                skip::<T>(stream, at - *now, watch)?;
                stream.fill(out)?;
                *now = at + out.len() as u64;
                Ok(())
            }
            Self::Placed { file, first, window, window_at } => {
                let pixel = size_of::<T>() as u64;
                let out: &mut [u8] = bytemuck::cast_slice_mut(out);
                let (at, length) = (at * pixel, out.len() as u64);
                if at >= *window_at && at + length <= *window_at + window.len() as u64 {
                    out.copy_from_slice(&window[(at - *window_at) as usize..][..out.len()]);
                    return Ok(());
                }
                let end = window_end(runs, share, pixel).min(at + WINDOW);
                if length >= WINDOW || at + length >= end {
                    return read_exact_at(file, out, *first + at);
                }
                window.resize((end - at) as usize, 0);
                *window_at = at;
                let read = read_exact_at(file, window, *first + at);
                if let Err(error) = read {
                    window.clear();
                    return Err(error);
                }
                out.copy_from_slice(&window[..out.len()]);
                Ok(())
            }
        }
    }
}

/// Where the last of those bytes of a piece ends that will be asked for and have no long gap between them.
fn window_end(runs: &Runs, share: u64, pixel: u64) -> u64 {
    let mut ahead = runs.clone();
    let (mut end, mut start) = (0, None);
    while let Some((first, length)) = ahead.next() {
        let (number, from) = (first / share, (first % share) * pixel);
        let (piece, begin) = *start.get_or_insert((number, from));
        if number != piece || end != 0 && from - end >= PAGE || end >= begin + WINDOW {
            break;
        }
        end = (first % share + length).min(share) * pixel;
        if first % share + length > share {
            break;
        }
        ahead.pass(length);
    }
    end
}

/// Passes over values of a stream.
fn skip<T: Pixel>(stream: &mut Stream<'_>, mut values: u64, watch: &Watch<'_>) -> io::Result<()> {
    let mut scratch = vec![T::default(); values.min((CHUNK / size_of::<T>()) as u64) as usize];
    while values > 0 {
        watch.check()?;
        let now = values.min(scratch.len() as u64);
        stream.fill(&mut scratch[..now as usize])?;
        values -= now;
    }
    Ok(())
}
