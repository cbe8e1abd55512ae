//! Broken files: an error that names the file, soon and in little memory, whatever the bytes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use itk_core::Error;
use itk_io::{info, read};

use super::files::{Folder, SIX, gzip, zlib};

/// Reads a file that must be refused, and gives the text.
fn refused(path: &Path) -> String {
    let begin = Instant::now();
    let error =
        read(path).expect_err(&format!("{}", String::from_utf8_lossy(&fs::read(path).unwrap_or_default())));
    assert!(begin.elapsed() < Duration::from_secs(20), "{error}");
    assert!(
        matches!(error, Error::Malformed { .. } | Error::UnknownFormat { .. } | Error::Io { .. }),
        "an image of any size is refused by the length of the file: {error:?}"
    );
    let text = error.to_string();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(text.contains(&name) || matches!(error, Error::Io { .. }), "{text}");
    text
}

#[test]
fn a_missing_file_is_not_found() {
    let folder = Folder::new();
    for error in [read(folder.at("no.mha")).unwrap_err(), info(folder.at("no.mha")).unwrap_err()] {
        let Error::Io { action: "read", path, source } = error else { panic!("{error:?}") };
        assert_eq!((path, source.kind()), (folder.at("no.mha"), std::io::ErrorKind::NotFound));
    }
    fs::create_dir(folder.at("d.mha")).unwrap();
    assert!(matches!(read(folder.at("d.mha")), Err(Error::Io { .. })));
    for lines in [
        "ElementDataFile = a.raw\n",
        "ElementDataFile = LIST\na.raw\nb.raw\n",
        "ElementDataFile = a%d.raw 1 2 1\n",
    ] {
        let head = format!("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\n{lines}");
        let Err(Error::Io { path, source, .. }) = read(folder.put("x.mhd", head)) else { panic!("{lines}") };
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
        assert!(path.file_name().unwrap().to_string_lossy().starts_with('a'), "the missing file is named");
    }
}

#[test]
fn content_that_is_no_image() {
    let folder = Folder::new();
    for name in ["x.mha", "x.mhd", "x.nrrd", "x.nhdr", "x.png", "x"] {
        for content in [
            &b""[..],
            &[0; 300],
            b"NRRD0004\n",
            b"NRRD",
            b"NDims = 3\n",
            b"\x89PNG\r\n\x1a\n",
            b"text",
            b"NRRD0009\n\n",
        ] {
            refused(&folder.put(name, content));
        }
    }
    let unknown = refused(&folder.put("x.foo", "text"));
    assert!(unknown.contains(".mha, .mhd, .nrrd, .nhdr, .png"), "{unknown}");
    assert!(refused(&folder.put("x.mha", "text")).contains("MetaImage, but its content is not"));
    assert!(refused(&folder.put("x.mha", "")).contains("empty"));
}

#[cfg(unix)]
#[test]
fn data_in_a_device_are_refused() {
    let folder = Folder::new();
    for file in ["/dev/zero", "."] {
        let head = format!("NDims = 1\nDimSize = 4\nElementType = MET_UCHAR\nElementDataFile = {file}\n");
        assert!(refused(&folder.put("x.mhd", head)).contains("not a regular file"), "{file}");
        let head =
            format!("NRRD0004\ntype: uchar\ndimension: 1\nsizes: 4\nencoding: raw\ndata file: {file}\n");
        assert!(refused(&folder.put("x.nhdr", head)).contains("not a regular file"), "{file}");
    }
}

#[test]
fn meta_image_headers_that_lie() {
    let folder = Folder::new();
    let base = ["NDims = 2", "DimSize = 3 2", "ElementType = MET_UCHAR"];
    for (field, value, says) in [
        ("DimSize", "1000000 1000000", "1000000000000 values"),
        ("DimSize", "18446744073709551615 18446744073709551615", "DimSize"),
        ("DimSize", "9223372036854775807 9223372036854775807", "too large"),
        ("DimSize", "4294967296 2147483647", "values"),
        ("DimSize", "99999999999999999999999 2", "DimSize"),
        ("DimSize", "-3 2", "DimSize"),
        ("DimSize", "0 2", "DimSize"),
        ("DimSize", "3.5 2", "DimSize"),
        ("DimSize", "3", "2 positive numbers, got \"3\""),
        ("DimSize", "three 2", "DimSize"),
        ("DimSize", "nan 2", "DimSize"),
        ("DimSize", "", "DimSize"),
        ("NDims", "0", "1 to 6"),
        ("NDims", "-1", "1 to 6"),
        ("NDims", "7", "1 to 6"),
        ("NDims", "4000000000", "1 to 6"),
        ("NDims", "x", "NDims"),
        ("ElementType", "MET_NOTHING", "MET_UCHAR"),
        ("ElementType", "MET_FLOAT", "24"),
        ("ElementNumberOfChannels", "0", "at least 1"),
        ("ElementNumberOfChannels", "-1", "at least 1"),
        ("ElementNumberOfChannels", "9223372036854775807", "values"),
        ("ElementNumberOfChannels", "2", "12 values"),
        ("ElementSpacing", "0 1", "Zero-valued spacing"),
        ("ElementSpacing", "1", "2 numbers"),
        ("ElementSpacing", "a b", "2 numbers"),
        ("TransformMatrix", "0 0 0 0", "determinant is 0"),
        ("TransformMatrix", "1 0 0", "4 numbers"),
        ("HeaderSize", "-2", "HeaderSize"),
        ("HeaderSize", "99999999", "has 0 bytes"),
        ("HeaderSize", "9223372036854775807", "has 0 bytes"),
        ("CompressedData", "True", "cannot be decoded"),
        ("CompressedDataSize", "-5\nCompressedData = True", "CompressedDataSize"),
        ("CompressedDataSize", "99999999999999\nCompressedData = True", "announced"),
        ("CompressedDataSize", "9223372036854775807\nCompressedData = True", "announced"),
        ("HeaderSize", "-1\nBinaryData = False", "HeaderSize = -1"),
        ("BinaryData", "False", "at least 11"),
    ] {
        let lines: Vec<&str> =
            base.into_iter().filter(|line| !line.starts_with(&format!("{field} "))).collect();
        let head = format!("{}\n{field} = {value}\nElementDataFile = LOCAL\n", lines.join("\n"));
        let text = refused(&folder.put("x.mha", [head.as_bytes(), &SIX].concat()));
        assert!(text.contains(says), "{field} = {value}: {text}");
    }
    for missing in base {
        let lines: Vec<&str> = base.into_iter().filter(|line| *line != missing).collect();
        let head = format!("{}\nElementDataFile = LOCAL\n", lines.join("\n"));
        let field = missing.split(' ').next().unwrap();
        // A file that never says NDims is no MetaImage at all.
        let says = if field == "NDims" { "its content is not" } else { field };
        assert!(refused(&folder.put("x.mha", [head.as_bytes(), &SIX].concat())).contains(says));
    }
    assert!(refused(&folder.put("x.mha", "NDims = 2\nDimSize = 3 2\n")).contains("no ElementDataFile"));
    for file in [
        "LIST\na",
        "LIST 3\na",
        "LIST x\na",
        "a%d.raw 1 1 1",
        "a%d.raw 1 2 0",
        "a%d.raw x",
        "a%d.raw 9223372036854775807 1",
    ] {
        let head = format!("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\nElementDataFile = {file}\n");
        refused(&folder.put("x.mhd", head));
    }
    // As many files as pixels: refused before their names are made.
    let head = "NDims = 2\nDimSize = 1 4611686018427387904\nElementType = MET_UCHAR\nElementDataFile = ";
    for file in ["a%d.raw 0", "a%d.raw 0 9223372036854775807 1", "LIST\na"] {
        refused(&folder.put("x.mhd", format!("{head}{file}\n")));
    }
    let many = "a\n".repeat(70_000);
    let head = "NDims = 2\nDimSize = 1 70000\nElementType = MET_UCHAR\nElementDataFile = LIST\n";
    assert!(refused(&folder.put("x.mhd", format!("{head}{many}"))).contains("there may be 65536"));
    let head = "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 1 70000\nencoding: raw\ndata file: LIST\n";
    assert!(refused(&folder.put("x.nhdr", format!("{head}{many}"))).contains("there may be 65536"));
}

#[test]
fn nrrd_headers_that_lie() {
    let folder = Folder::new();
    let base = ["type: uchar", "dimension: 2", "sizes: 3 2", "encoding: raw"];
    for (field, value, says) in [
        ("sizes", "1000000 1000000", "values"),
        ("sizes", "9223372036854775807 9223372036854775807", "too large"),
        ("sizes", "99999999999999999999 2", "sizes"),
        ("sizes", "3 0", "positive"),
        ("sizes", "3 -2", "positive"),
        ("sizes", "3", "2 positive numbers"),
        ("sizes", "3 2 1", "2 positive numbers"),
        ("sizes", "3 nan", "positive"),
        ("dimension", "0", "1 to 16"),
        ("dimension", "17", "1 to 16"),
        ("dimension", "9999999999999999999", "whole number"),
        ("dimension", "x", "whole number"),
        ("type", "block", "type"),
        ("type", "half", "type"),
        ("type", "short", "endian"),
        ("type", "short\nendian: middle", "endian"),
        ("type", "double\nendian: big", "which take 48"),
        ("encoding", "bzip2", "bzip2"),
        ("encoding", "zrl", "encoding"),
        ("encoding", "gzip", "cannot be decoded"),
        ("encoding", "hex", "at least 12"),
        ("encoding", "ascii", "at least 11"),
        ("byte skip", "-2", "byte skip"),
        ("byte skip", "1", "has 5 bytes"),
        ("byte skip", "9223372036854775807", "has 0 bytes"),
        ("line skip", "9223372036854775807", "end too early"),
        ("line skip", "-1", "line skip"),
        ("spacings", "1 0", "not 0"),
        ("spacings", "1 inf", "finite"),
        ("spacings", "1", "2 numbers"),
        ("space", "foo", "left-posterior-superior"),
        ("space", "LPS", "3 dimensions"),
        ("space", "LPS\nspace dimension: 3", "both"),
        ("space dimension", "99999999999", "1 to 16"),
        ("space dimension", "2\nspacings: 1 1", "spacings"),
        ("space dimension", "2\nspace directions: (1,0)", "space directions"),
        ("space dimension", "2\nspace directions: (1,0) (0,nan)", "finite"),
        ("space dimension", "2\nspace directions: (1,0) (0,1", "space directions"),
        ("space dimension", "2\nspace directions: (0,0) (0,1)", "Zero-valued spacing"),
        ("space dimension", "2\nspace directions: (1,1) (1,1)", "determinant"),
        ("space dimension", "2\nspace origin: (1)", "space origin"),
        ("space directions", "(1,0) (0,1)", "neither"),
        ("kinds", "foo domain", "no kind of axis"),
        ("kinds", "domain", "2 words"),
        ("kinds", "complex domain", "has 2 values"),
        ("labels", "\"a\"", "2 texts"),
        ("foo", "bar", "line 6"),
        ("type", "uchar\ntype: uchar", "second"),
        ("data file", "LIST", "names 1 files"),
        ("data file", "LIST 3", "1 to 2 axes"),
        ("data file", "a%d 1 9223372036854775807 1", "names 9223372036854775807 files"),
        ("data file", "a%d -9223372036854775808 9223372036854775807 1", "names 0 files"),
        ("data file", "a%d 1 2 0", "names 0 files"),
    ] {
        let lines: Vec<&str> =
            base.into_iter().filter(|line| !line.starts_with(&format!("{field}:"))).collect();
        let head = format!("{}\n{field}: {value}\n", lines.join("\n"));
        let text = refused(&folder.nrrd(&head, SIX));
        assert!(text.contains(says), "{field}: {value}: {text}");
    }
    for missing in base {
        let lines: Vec<&str> = base.into_iter().filter(|line| *line != missing).collect();
        let text = refused(&folder.nrrd(&format!("{}\n", lines.join("\n")), SIX));
        assert!(text.contains(&format!("{:?} is missing", missing.split(':').next().unwrap())), "{text}");
    }
    assert!(
        refused(&folder.put("x.nrrd", format!("NRRD0004\n{}\n", base.join("\n")))).contains("empty line")
    );
}

#[test]
fn compressed_data_that_lie() {
    let folder = Folder::new();
    let bomb = vec![0u8; 20_000_000];
    for (data, says) in [
        (zlib(&SIX[..5]), "too early"),
        (zlib(&[&SIX[..], b"x"].concat()), "more than the header"),
        (zlib(&bomb), "more than the header"),
        (gzip(&bomb), "more than the header"),
        (gzip(&SIX[..5]), "too early"),
        ([gzip(&SIX), gzip(&SIX)].concat(), "more than the header"),
        (zlib(&SIX)[..8].to_vec(), "too early"),
        (b"\x1f".to_vec(), "too early"),
        (Vec::new(), "too early"),
        (b"nonsense".to_vec(), "cannot be decoded"),
    ] {
        let text = refused(&folder.mha("CompressedData = True\n", &data));
        assert!(text.contains(says), "{text}");
        let text = refused(&folder.nrrd("type: uchar\ndimension: 2\nsizes: 3 2\nencoding: gzip\n", &data));
        assert!(text.contains(says), "{text}");
    }
    let mut wrong = zlib(&SIX);
    *wrong.last_mut().unwrap() ^= 1;
    assert!(
        refused(&folder.mha("CompressedData = True\n", &wrong)).contains("cannot be decoded"),
        "checksum"
    );
    let mut wrong = gzip(&SIX);
    let crc = wrong.len() - 8;
    wrong[crc] ^= 1;
    refused(&folder.nrrd("type: uchar\ndimension: 2\nsizes: 3 2\nencoding: gzip\n", &wrong));
    // 20 kB cannot unpack to a terabyte: no memory is asked for.
    let head = "NDims = 2\nDimSize = 1000000 1000000\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = LOCAL\n";
    assert!(refused(&folder.put("x.mha", [head.as_bytes(), &zlib(&bomb)].concat())).contains("at least"));
    refused(&folder.nrrd(
        "type: uchar\ndimension: 2\nsizes: 1000000 1000000\nencoding: gzip\nbyte skip: -1\n",
        gzip(&bomb),
    ));
    for size in [[i32::MAX as u32, 1], [1, i32::MAX as u32], [i32::MAX as u32; 2], [400, 400]] {
        let text = refused(&folder.png(size, 16, 6, &[0; 8], &[]));
        assert!(text.contains("cannot hold"), "{text}");
    }
    let mut wrong = fs::read(folder.png([2, 1], 8, 0, &[0; 2], &[])).unwrap();
    wrong[29] ^= 1;
    let text = refused(&folder.put("crc.png", wrong));
    assert!(text.contains("CRC") && text.contains("IHDR") && !text.contains('{'), "{text}");
    let text = refused(&folder.png([50, 2], 8, 0, &[0; 8], &[]));
    assert!(text.contains("enough data") && !text.contains('{'), "{text}");
}

#[test]
fn text_that_lies() {
    let folder = Folder::new();
    for (data, says) in [
        ("1 2 3 4 5   ", "too early"),
        ("1 2 3 4 5 300", "\"300\" is no uint8"),
        ("1 2 3 4 5 -1", "\"-1\" is no uint8"),
        ("1 2 3 4 5 x", "\"x\" is no uint8"),
        ("1 2 3 4 5 nan", "\"nan\" is no uint8"),
        (&format!("1 2 3 4 5 {}", "1".repeat(100_000)), "too many digits"),
        (&"\0".repeat(100_000), "digits"),
    ] {
        assert!(refused(&folder.mha("BinaryData = False\n", data)).contains(says), "{data:.40}");
    }
    for (data, says) in [("0102030405 0 ", "too early"), ("01020304050z", "'z' is no hexadecimal digit")] {
        let path = folder.nrrd("type: uchar\ndimension: 2\nsizes: 3 2\nencoding: hex\n", data);
        assert!(refused(&path).contains(says), "{data}");
    }
}
