//! Files with the same values stored in many ways, and the naive way to find a region among them.

use std::path::PathBuf;

use itk_core::{PixelType, Region};
use proptest::prelude::*;

use super::files::{Folder, gzip, zlib};
use super::stored_types;

/// How a file has its values.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) way: Way,
    pub(crate) pixel_type: PixelType,
    /// The image's size, xyz.
    pub(crate) size: Vec<usize>,
    /// 0 for scalars.
    pub(crate) components: usize,
    /// Where among the axes of the file the components are.
    pub(crate) at: usize,
    pub(crate) big_endian: bool,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Mha,
    MhaAtTheEnd,
    MhaZlib,
    MhaText,
    Mhd,
    /// Files with so many axes each.
    MhdList(usize),
    MhdPattern,
    Nrrd,
    NrrdGzip,
    NrrdText,
    NrrdHex,
    NrrdAtTheEnd,
    /// Detached, after a line and three bytes.
    Nhdr,
    NhdrList,
    NhdrPattern,
}

use Way::*;

impl Way {
    const ALL: [Way; 17] = [
        Mha,
        MhaAtTheEnd,
        MhaZlib,
        MhaText,
        Mhd,
        MhdList(0),
        MhdList(1),
        MhdList(3),
        MhdPattern,
        Nrrd,
        NrrdGzip,
        NrrdText,
        NrrdHex,
        NrrdAtTheEnd,
        Nhdr,
        NhdrList,
        NhdrPattern,
    ];

    pub(crate) fn is_raw(self) -> bool {
        ![MhaZlib, MhaText, NrrdGzip, NrrdText, NrrdHex].contains(&self)
    }

    fn is_nrrd(self) -> bool {
        [Nrrd, NrrdGzip, NrrdText, NrrdHex, NrrdAtTheEnd, Nhdr, NhdrList, NhdrPattern].contains(&self)
    }
}

/// Any file, and a region of its image.
pub(crate) fn any_stored() -> impl Strategy<Value = (Stored, Region)> {
    let types: Vec<PixelType> = stored_types().collect();
    let size = prop::collection::vec(1usize..6, 1..=6);
    (
        prop::sample::select(&Way::ALL[..]),
        prop::sample::select(types),
        size,
        0usize..5,
        0usize..7,
        any::<bool>(),
        any::<u64>(),
    )
        .prop_flat_map(|(way, pixel_type, size, components, at, big_endian, seed)| {
            let region: Vec<_> = size
                .iter()
                .map(|&n| (0..n).prop_flat_map(move |first| (Just(first), 1..=n - first)))
                .collect();
            let rank = size.len();
            // So few axes in each file, unless that makes very many files.
            let few = |axes: &usize| size[*axes..].iter().product::<usize>() <= 150;
            let way = match way {
                MhdList(axes) => MhdList((axes.min(rank)..=rank).find(few).unwrap()),
                other => other,
            };
            let at = if way.is_nrrd() { at.min(rank) } else { 0 };
            let stored = Stored { way, pixel_type, size, components, at, big_endian, seed };
            (Just(stored), region)
        })
        .prop_map(|(stored, ranges)| {
            let first: Vec<i64> = ranges.iter().map(|(first, _)| *first as i64).collect();
            let size: Vec<usize> = ranges.iter().map(|(_, count)| *count).collect();
            (stored, Region::new(&first, &size).unwrap())
        })
}

impl Stored {
    /// Sizes of the file's axes, fastest first.
    fn axes(&self) -> Vec<usize> {
        let mut axes = self.size.clone();
        if self.components > 0 {
            axes.insert(self.at, self.components);
        }
        axes
    }

    /// The values as the file has them, in this machine's byte order. Numbers that stand in texts are small.
    pub(crate) fn values(&self) -> Vec<u8> {
        let count: usize = self.axes().iter().product();
        let mut state = self.seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        if self.way.is_raw() || matches!(self.way, MhaZlib | NrrdGzip | NrrdHex) {
            return (0..count * self.pixel_type.size()).map(|_| next()).collect();
        }
        (0..count).flat_map(|_| number(self.pixel_type, next() % 100)).collect()
    }

    /// The values of a region in the order of memory: components first, then x, y, z. Index by index.
    pub(crate) fn region(&self, region: &Region) -> Vec<u8> {
        let (values, axes, bytes) = (self.values(), self.axes(), self.pixel_type.size());
        let mut found = Vec::new();
        for pixel in 0..region.pixels() {
            for component in 0..self.components.max(1) {
                let (mut index, mut rest) = (Vec::new(), pixel);
                for (first, &count) in region.index().iter().zip(region.size()) {
                    index.push(*first as usize + rest % count);
                    rest /= count;
                }
                if self.components > 0 {
                    index.insert(self.at, component);
                }
                let at = index.iter().zip(&axes).rev().fold(0, |at, (i, n)| at * n + i);
                found.extend(&values[at * bytes..][..bytes]);
            }
        }
        found
    }

    /// Writes the file, and gives the name of the one to open.
    pub(crate) fn put(&self, folder: &Folder) -> PathBuf {
        let values = self.values();
        let mut data = values.clone();
        if self.big_endian {
            data.chunks_mut(self.pixel_type.size()).for_each(<[u8]>::reverse);
        }
        let text = || -> String {
            let numbers = values.chunks(self.pixel_type.size()).map(|value| decimal(self.pixel_type, value));
            numbers.collect::<Vec<_>>().join(" ") + "\n"
        };
        let share = |axes: usize| {
            let size: usize = self.size[..axes].iter().product();
            data.chunks(size * self.components.max(1) * self.pixel_type.size())
        };
        let last = self.size[self.size.len() - 1];
        let (meta, nrrd) = (|more: &str| self.meta(more), |more: &str| self.nrrd(more));
        match self.way {
            Mha => folder.put("x.mha", [meta("ElementDataFile = LOCAL").as_bytes(), &data].concat()),
            MhaAtTheEnd => {
                let head = meta("HeaderSize = -1\nElementDataFile = LOCAL");
                folder.put("x.mha", [head.as_bytes(), b"padding", &data].concat())
            }
            MhaZlib => {
                let head = meta("CompressedData = True\nElementDataFile = LOCAL");
                folder.put("x.mha", [head.as_bytes(), &zlib(&data)].concat())
            }
            MhaText => {
                let head = meta("BinaryData = False\nElementDataFile = LOCAL");
                folder.put("x.mha", head + &text())
            }
            Mhd => {
                folder.put("x.raw", &data);
                folder.put("x.mhd", meta("ElementDataFile = x.raw"))
            }
            MhdList(axes) => {
                let names: Vec<String> = share(axes)
                    .enumerate()
                    .map(|(i, data)| {
                        folder.put(&format!("x{i}.raw"), data);
                        format!("x{i}.raw")
                    })
                    .collect();
                folder.put("x.mhd", meta(&format!("ElementDataFile = LIST {axes}\n{}", names.join("\n"))))
            }
            MhdPattern => {
                for (i, data) in share(self.size.len() - 1).enumerate() {
                    folder.put(&format!("x{:03}.raw", 7 + 2 * i), data);
                }
                folder.put("x.mhd", meta(&format!("ElementDataFile = x%03d.raw 7 {} 2", 5 + 2 * last)))
            }
            Nrrd => folder.put("x.nrrd", [nrrd("encoding: raw\n").as_bytes(), &data].concat()),
            NrrdGzip => folder.put("x.nrrd", [nrrd("encoding: gzip\n").as_bytes(), &gzip(&data)].concat()),
            NrrdText => folder.put("x.nrrd", nrrd("encoding: ascii\n") + &text()),
            NrrdHex => {
                let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
                folder.put("x.nrrd", nrrd("encoding: hex\n") + &hex)
            }
            NrrdAtTheEnd => {
                let head = nrrd("encoding: raw\nbyte skip: -1\n");
                folder.put("x.nrrd", [head.as_bytes(), b"padding", &data].concat())
            }
            Nhdr => {
                folder.put("x.raw", [b"a line\nxyz", &data[..]].concat());
                folder.put("x.nhdr", nrrd("encoding: raw\nline skip: 1\nbyte skip: 3\ndata file: x.raw"))
            }
            NhdrList | NhdrPattern => {
                // A file for each place on the last axis of the file, whichever that is.
                let files = *self.axes().last().unwrap();
                let mut names = Vec::new();
                for (i, data) in data.chunks(data.len() / files).enumerate() {
                    folder.put(&format!("x{i:02}.raw"), data);
                    names.push(format!("x{i:02}.raw"));
                }
                let list = match self.way {
                    NhdrList => format!("LIST\n{}", names.join("\n")),
                    _ => format!("x%02d.raw {} 0 -1", files - 1),
                };
                if self.way == NhdrPattern {
                    // Numbered from the last to the first.
                    for (i, data) in data.chunks(data.len() / files).enumerate() {
                        folder.put(&format!("x{:02}.raw", files - 1 - i), data);
                    }
                }
                folder.put("x.nhdr", nrrd(&format!("encoding: raw\ndata file: {list}")))
            }
        }
    }

    fn meta(&self, more: &str) -> String {
        let size = self.size.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let names = [
            (PixelType::I8, "CHAR"),
            (PixelType::U8, "UCHAR"),
            (PixelType::I16, "SHORT"),
            (PixelType::U16, "USHORT"),
            (PixelType::I32, "INT"),
            (PixelType::U32, "UINT"),
            (PixelType::I64, "LONG_LONG"),
            (PixelType::U64, "ULONG_LONG"),
            (PixelType::F32, "FLOAT"),
            (PixelType::F64, "DOUBLE"),
        ];
        let name = names.iter().find(|(known, _)| *known == self.pixel_type).unwrap().1;
        let channels = match self.components {
            0 => String::new(),
            n => format!("ElementNumberOfChannels = {n}\n"),
        };
        let order = if self.big_endian { "True" } else { "False" };
        format!(
            "NDims = {}\nDimSize = {size}\nElementType = MET_{name}\n{channels}BinaryDataByteOrderMSB = {order}\n{more}\n",
            self.size.len()
        )
    }

    fn nrrd(&self, more: &str) -> String {
        let axes = self.axes();
        let words = |word: &dyn Fn(usize) -> String| (0..axes.len()).map(word).collect::<Vec<_>>().join(" ");
        let kind =
            |a: usize| if self.components > 0 && a == self.at { "vector" } else { "domain" }.to_owned();
        let name = match self.pixel_type {
            PixelType::I8 => "int8",
            PixelType::F32 => "float",
            PixelType::F64 => "double",
            other => other.numpy_name(),
        };
        format!(
            "NRRD0004\ntype: {name}\ndimension: {}\nsizes: {}\nkinds: {}\nendian: {}\n{more}\n",
            axes.len(),
            words(&|a| axes[a].to_string()),
            words(&kind),
            if self.big_endian { "big" } else { "little" },
        )
    }
}

/// A small number as a pixel.
fn number(pixel_type: PixelType, value: u8) -> Vec<u8> {
    match pixel_type {
        PixelType::F32 => f32::from(value).to_ne_bytes().to_vec(),
        PixelType::F64 => f64::from(value).to_ne_bytes().to_vec(),
        _ => {
            let bytes = u64::from(value).to_le_bytes();
            let mut bytes = bytes[..pixel_type.size()].to_vec();
            if cfg!(target_endian = "big") {
                bytes.reverse();
            }
            bytes
        }
    }
}

/// The text of a pixel that [`number`] has made.
fn decimal(pixel_type: PixelType, value: &[u8]) -> String {
    (0..100u8).find(|&small| number(pixel_type, small) == value).unwrap().to_string()
}
