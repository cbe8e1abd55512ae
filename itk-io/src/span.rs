//! Parts of files, read and written at a place of their own: the file's cursor is never used, so that threads
//! may share it.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use crate::watch::Watch;

/// Reads at a place, as much as the system gives.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, out, at)
}

/// Reads at a place, as much as the system gives.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, out, at)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, at)
}

/// Held from seek to use, where the system knows no reading and writing at a place.
#[cfg(not(any(unix, windows)))]
static CURSOR: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[cfg(not(any(unix, windows)))]
pub(crate) fn read_at(mut file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    let _cursor = CURSOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    io::Seek::seek(&mut file, io::SeekFrom::Start(at))?;
    file.read(out)
}

#[cfg(not(any(unix, windows)))]
fn write_at(mut file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    let _cursor = CURSOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    io::Seek::seek(&mut file, io::SeekFrom::Start(at))?;
    io::Write::write(&mut file, bytes)
}

/// Reads all of `out` from a place.
pub(crate) fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
    while !out.is_empty() {
        match read_at(file, out, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                out = &mut out[n..];
                at += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes all bytes to a place.
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match write_at(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                bytes = &bytes[n..];
                at += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Some bytes of a file, in order; each read first looks whether the run was cancelled.
pub(crate) struct Span<'a> {
    file: Arc<File>,
    at: u64,
    end: u64,
    watch: Option<&'a Watch<'a>>,
}

impl<'a> Span<'a> {
    /// `length` bytes from `start`, or to the end of the file.
    pub(crate) fn new(file: Arc<File>, start: u64, length: u64, watch: Option<&'a Watch<'a>>) -> Self {
        Self { file, at: start, end: start.saturating_add(length), watch }
    }
}

impl Read for Span<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(watch) = self.watch {
            watch.check()?;
        }
        let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(out.len());
        let n = read_at(&self.file, &mut out[..most], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl io::Seek for Span<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            io::SeekFrom::Start(at) => (0, i128::from(at)),
            io::SeekFrom::Current(by) => (self.at, i128::from(by)),
            io::SeekFrom::End(by) => (self.end, i128::from(by)),
        };
        let at = u64::try_from(i128::from(from) + by).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.at = at.min(self.end);
        Ok(self.at)
    }
}
