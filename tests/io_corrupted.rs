//! Files with an end or bytes that they were not written with: an error, or pixels, whatever the bytes.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use itk_core::{AnyImage, Error, PixelKind, PixelType};
use itk_io::{WriteOptions, info, read, write};
use proptest::prelude::*;

use super::files::Folder;
use super::{bytes, header, noise};

/// A small file of each format, compressed or not, with metadata.
fn small_files() -> &'static [(String, Vec<u8>, AnyImage)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>, AnyImage)>> = OnceLock::new();
    FILES.get_or_init(make_small_files)
}

fn make_small_files() -> Vec<(String, Vec<u8>, AnyImage)> {
    let folder = Folder::new();
    let mut files = Vec::new();
    for ending in ["mha", "nrrd", "png"] {
        for compress in [false, true] {
            for kind in [PixelKind::Scalar, PixelKind::Rgb] {
                let components = kind.fixed_components().unwrap();
                let header = header(PixelType::U16, &[5, 4]).with_components(kind, components).unwrap();
                let mut image = noise(&header, 77);
                image.metadata_mut().insert_text("key", "value");
                let path = folder.at(&format!("x.{ending}"));
                write(&image, &path, &WriteOptions::default().compress(compress)).unwrap();
                files.push((format!("x.{ending}"), fs::read(&path).unwrap(), image));
            }
        }
    }
    files
}

#[test]
fn every_truncation_is_an_error_or_correct() {
    let folder = Folder::new();
    for (name, content, image) in small_files() {
        for length in 0..content.len() {
            let path = folder.put(name, &content[..length]);
            let _ = info(&path);
            match read(&path) {
                Err(Error::Malformed { .. } | Error::UnknownFormat { .. }) => {}
                Err(other) => panic!("{name} {length}: {other:?}"),
                // Only a checksum or an end mark may be missing.
                Ok(read) => {
                    assert!(length + 16 > content.len(), "{name} {length}");
                    assert_eq!(bytes(&read), bytes(image), "{name} {length}");
                }
            }
        }
    }
}

#[test]
fn every_corrupted_byte_is_survived() {
    let folder = Folder::new();
    for (name, content, _) in small_files() {
        for at in 0..content.len() {
            for flip in [0x01, 0xff] {
                let mut content = content.clone();
                content[at] ^= flip;
                let path = folder.put(name, content);
                let (info, read) = (info(&path), read(&path));
                if let (Ok(info), Ok(read)) = (info, read) {
                    assert_eq!(info.header.region, read.header().region);
                }
            }
        }
    }
}

/// Pieces of headers, sensible and not.
fn value() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        (-4i64..9).prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        prop::sample::select(
            &["nan", "inf", "-0", "1e400", "0x10", "", "%d", "18446744073709551616", "3.0", "(1,0)", "none"]
                [..]
        )
        .prop_map(str::to_owned),
    ];
    let word = prop::sample::select(
        &[
            "LOCAL",
            "LIST",
            "LIST 1",
            "LIST 99",
            "a%d.raw 0 9 1",
            "True",
            "False",
            "MET_UCHAR",
            "MET_DOUBLE",
            "MET_LONG",
            "uchar",
            "double",
            "raw",
            "gzip",
            "ascii",
            "hex",
            "big",
            "little",
            "LPS",
            "RAS",
            "domain list",
            "vector domain",
            "(1,0) (0,1)",
            "(1,0) none",
            "\"a\" \"b\"",
            "x",
            "..",
            "/dev/zero",
            "\u{feff}",
            "=",
            ":=",
            "# ",
        ][..],
    );
    prop_oneof![
        3 => prop::collection::vec(number, 0..8).prop_map(|words| words.join(" ")),
        2 => word.prop_map(str::to_owned),
        1 => "\\PC{0,20}",
    ]
}

fn survives(folder: &Folder, name: &str, content: &[u8]) -> Result<(), TestCaseError> {
    let begin = Instant::now();
    let path = folder.put(name, content);
    let (info, read) = (info(&path), read(&path));
    prop_assert!(begin.elapsed() < Duration::from_secs(5));
    for error in [info.err(), read.err()].into_iter().flatten() {
        prop_assert!(!matches!(error, Error::OutOfMemory { .. }), "{error}");
        prop_assert!(!error.to_string().contains("panicked"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_meta_image_header_is_survived(
        fields in prop::collection::vec((prop::sample::select(&[
            "NDims", "DimSize", "ElementType", "ElementNumberOfChannels", "ElementSpacing", "Offset", "TransformMatrix",
            "HeaderSize", "CompressedData", "CompressedDataSize", "BinaryData", "BinaryDataByteOrderMSB", "Modality",
            "FileFormatVersion", "ElementOrigin", "ElementDirection", "key", "",
        ][..]), value()), 0..8),
        file in prop_oneof![3 => Just("LOCAL".to_owned()), 1 => value()],
        data in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let folder = Folder::new();
        let mut head = String::from("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\n");
        for (key, value) in fields {
            head += &format!("{key} = {value}\n");
        }
        head += &format!("ElementDataFile = {file}\n");
        survives(&folder, "x.mha", &[head.as_bytes(), &data].concat())?;
    }

    #[test]
    fn any_nrrd_header_is_survived(
        fields in prop::collection::vec((prop::sample::select(&[
            "space", "space dimension", "spacings", "thicknesses", "axis mins", "axis maxs", "space directions",
            "centerings", "kinds", "labels", "units", "old min", "endian", "line skip", "byte skip", "space origin",
            "measurement frame", "data file", "content", "key:=", "",
        ][..]), value()), 0..6),
        pixel_type in prop::sample::select(&["uchar", "float", "int64", "x"][..]),
        sizes in prop_oneof![3 => Just("3 2".to_owned()), 1 => value()],
        encoding in prop::sample::select(&["raw", "gzip", "ascii", "hex"][..]),
        space in prop::sample::select(&["", "space dimension: 2\n"][..]),
        data in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let folder = Folder::new();
        let mut head = format!("NRRD0005\ntype: {pixel_type}\ndimension: 2\nsizes: {sizes}\nencoding: {encoding}\n{space}");
        for (key, value) in fields {
            head += &format!("{key}: {value}\n");
        }
        survives(&folder, "x.nrrd", &[head.as_bytes(), b"\n", &data].concat())?;
    }

    #[test]
    fn any_mutation_of_a_file_is_survived(
        which in 0usize..12,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..10),
    ) {
        let folder = Folder::new();
        let (name, content, _) = &small_files()[which];
        let mut content = content.clone();
        for (at, byte, edit) in edits {
            let at = at.index(content.len().max(1)).min(content.len());
            match edit {
                0 if at < content.len() => content[at] = byte,
                1 if at < content.len() => drop(content.remove(at)),
                _ => content.insert(at, byte),
            }
        }
        survives(&folder, name, &content)?;
    }
}
