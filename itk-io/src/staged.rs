//! Files that appear under their name complete or not at all: written beside it, then renamed.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use itk_core::{Error, Result};

use crate::span::Span;
use crate::watch::{self, Watch};

/// A file under a name of its own, gone when this is dropped before it was [kept](Temporary::keep_as).
struct Temporary(Option<PathBuf>);

impl Temporary {
    /// A name in `folder` that no file has; short, as the final name may already be as long as names can be.
    fn name_in(folder: &Path) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        folder.join(format!(".oxitk-{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    fn create_in(folder: &Path) -> io::Result<(Self, File)> {
        loop {
            let path = Self::name_in(folder);
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self(Some(path)), file)),
                // Left over from an earlier process with this id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn keep_as(mut self, target: &Path) -> io::Result<()> {
        if let Some(path) = &self.0 {
            fs::rename(path, target)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Where the bytes of a file go.
pub(crate) type Out = BufWriter<Arc<File>>;

/// A file that is being written.
pub(crate) struct Staged {
    out: Out,
    temporary: Temporary,
    target: PathBuf,
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| watch::error(error, |source| Error::Io { action: "write", path: path.to_owned(), source })
}

impl Staged {
    /// Begins a file that will be called `path`.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let begin = || -> io::Result<Self> {
            // What a link points to is replaced, not the link.
            let target = match fs::canonicalize(path) {
                Ok(existing) => existing,
                Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
                Err(error) => return Err(error),
            };
            let before = match fs::metadata(&target) {
                Ok(before) if before.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(before) if !before.is_file() => return Err(io::Error::other("it is not a regular file")),
                // Renaming would replace a write-protected file too.
                Ok(before) => OpenOptions::new().write(true).open(&target).map(|_| Some(before))?,
                Err(_) => None,
            };
            let folder = match target.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let (temporary, file) = Temporary::create_in(folder)?;
            if let Some(before) = before {
                file.set_permissions(before.permissions())?;
            }
            Ok(Self { out: BufWriter::with_capacity(1 << 16, Arc::new(file)), temporary, target })
        };
        begin().map_err(failed(path))
    }

    /// Writes with `fill`, and says how many bytes there are now.
    pub(crate) fn fill(&mut self, fill: impl FnOnce(&mut Out) -> io::Result<()>) -> Result<u64> {
        fill(&mut self.out)
            .and_then(|()| self.out.flush())
            .and_then(|()| Ok(self.out.get_ref().metadata()?.len()))
            .map_err(failed(&self.target))
    }

    /// Appends the content of another file that was written here.
    pub(crate) fn append(&mut self, other: &Staged, watch: &Watch<'_>) -> Result<u64> {
        let content = Span::new(other.file(), 0, u64::MAX, Some(watch));
        self.fill(|out| io::copy(&mut BufReader::with_capacity(1 << 16, content), out).map(|_| ()))
    }

    /// The file itself. All that was written with [`Staged::fill`] is in it.
    pub(crate) fn file(&self) -> Arc<File> {
        self.out.get_ref().clone()
    }

    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<()> {
        let Self { out, temporary, target } = self;
        // Closed first: Windows renames no open file.
        drop(out.into_inner().map_err(|error| failed(&target)(error.into_error()))?);
        temporary.keep_as(&target).map_err(failed(&target))
    }
}

/// All files of an image, written but not named.
#[must_use = "files that are not committed are gone"]
pub(crate) struct Files {
    /// The one with the pixels.
    pub(crate) data: Staged,
    /// The one with the header, where that is another one.
    pub(crate) header: Option<Staged>,
}

impl From<Staged> for Files {
    fn from(data: Staged) -> Self {
        Self { data, header: None }
    }
}

impl Files {
    /// Gives the files their names: all, or none.
    pub(crate) fn commit(self) -> Result<()> {
        match self.header {
            Some(header) => Self::commit_pair(self.data, header),
            None => self.data.commit(),
        }
    }

    /// Gives a data file and the header that names it their names: both, or neither.
    fn commit_pair(data: Staged, header: Staged) -> Result<()> {
        let target = data.target.clone();
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let before = Temporary::name_in(folder.unwrap_or(Path::new(".")));
        // The old data stays reachable until the new header stands.
        let before = Temporary(
            fs::hard_link(&target, &before)
                .or_else(|_| fs::rename(&target, &before))
                .is_ok()
                .then_some(before),
        );
        let restore = |before: Temporary, error| {
            let restored =
                if before.0.is_some() { before.keep_as(&target) } else { fs::remove_file(&target) };
            drop(restored);
            error
        };
        match data.commit().and_then(|()| header.commit()) {
            Ok(()) => Ok(()),
            Err(error) => Err(restore(before, error)),
        }
    }
}

/// The name beside `path` with another ending, and that name as the text that a header holds.
pub(crate) fn beside(path: &Path, ending: &str, format: &'static str) -> Result<(PathBuf, String)> {
    let mut name = path.file_stem().unwrap_or(OsStr::new("")).to_owned();
    name.push(ending);
    match name.to_str() {
        Some(text) if text.trim() == text && !text.contains(['\n', '\r']) => {
            Ok((path.with_file_name(&name), text.to_owned()))
        }
        _ => Err(Error::Unwritable {
            path: path.to_owned(),
            format,
            reason: "the header must name the data file, and cannot hold this name; choose a plain one"
                .into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(path: &Path, content: &str) -> Staged {
        let mut staged = Staged::create(path).unwrap();
        staged.fill(|out| out.write_all(content.as_bytes())).unwrap();
        staged
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("itk-io-staged-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_pair_whose_header_fails_leaves_the_old_pair() {
        let folder = folder("pair");
        let (data, header) = (folder.join("a.raw"), folder.join("a.mhd"));
        fs::write(&data, "old data").unwrap();
        fs::write(&header, "old header").unwrap();
        let (new_data, new_header) = (staged(&data, "new data"), staged(&header, "new header"));
        fs::remove_file(new_header.temporary.0.as_ref().unwrap()).unwrap();
        Files::commit_pair(new_data, new_header).unwrap_err();
        assert_eq!(fs::read_to_string(&data).unwrap(), "old data");
        assert_eq!(fs::read_to_string(&header).unwrap(), "old header");
        assert_eq!(names(&folder), ["a.mhd", "a.raw"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_new_pair_whose_header_fails_leaves_nothing() {
        let folder = folder("new");
        let (data, header) = (staged(&folder.join("a.raw"), "d"), staged(&folder.join("a.mhd"), "h"));
        fs::remove_file(header.temporary.0.as_ref().unwrap()).unwrap();
        Files::commit_pair(data, header).unwrap_err();
        assert!(names(&folder).is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_pair_replaces_a_pair_and_leaves_no_backup() {
        let folder = folder("replace");
        let (data, header) = (folder.join("a.raw"), folder.join("a.mhd"));
        for round in ["one", "two"] {
            Files::commit_pair(staged(&data, round), staged(&header, round)).unwrap();
            assert_eq!(
                (fs::read_to_string(&data).unwrap(), fs::read_to_string(&header).unwrap()),
                (round.into(), round.into())
            );
        }
        assert_eq!(names(&folder), ["a.mhd", "a.raw"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn dropped_means_gone_and_the_old_file_stays() {
        let folder = folder("drop");
        let path = folder.join("a.mha");
        fs::write(&path, "old").unwrap();
        drop(staged(&path, "new"));
        assert_eq!(
            (names(&folder), fs::read_to_string(&path).unwrap()),
            (vec!["a.mha".into()], "old".into())
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
