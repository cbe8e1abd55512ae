//! Makers of small files for the tests.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, Crc};

/// Six bytes, the pixels of most files here.
pub(crate) const SIX: [u8; 6] = [1, 2, 3, 4, 5, 6];

pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

/// A folder of its own for each test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.at(name), content).unwrap();
        self.at(name)
    }

    /// A MetaImage of 3 x 2 bytes with these lines more, and these data.
    pub(crate) fn mha(&self, lines: &str, data: impl AsRef<[u8]>) -> PathBuf {
        let head =
            format!("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\n{lines}ElementDataFile = LOCAL\n");
        self.put("x.mha", [head.as_bytes(), data.as_ref()].concat())
    }

    /// A NRRD file with these lines and data.
    pub(crate) fn nrrd(&self, lines: &str, data: impl AsRef<[u8]>) -> PathBuf {
        self.put("x.nrrd", [b"NRRD0005\n", lines.as_bytes(), b"\n", data.as_ref()].concat())
    }

    /// A PNG file of rows, not interlaced and not filtered.
    pub(crate) fn png(
        &self,
        size: [u32; 2],
        depth: u8,
        colour: u8,
        rows: &[u8],
        chunks: &[(&[u8; 4], &[u8])],
    ) -> PathBuf {
        let rows: Vec<u8> = rows
            .chunks((rows.len() / size[1] as usize).max(1))
            .flat_map(|row| [&[0], row].concat())
            .collect();
        let head = [&size[0].to_be_bytes()[..], &size[1].to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let ends: [(&[u8; 4], &[u8]); 2] = [(b"IDAT", &zlib(&rows)), (b"IEND", &[])];
        for (name, body) in [(b"IHDR", &head[..])].iter().chain(chunks).chain(&ends) {
            file.extend(chunk(name, body));
        }
        self.put("x.png", file)
    }
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(body);
    [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
}
