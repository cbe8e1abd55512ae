//! Metadata in files: it comes back, and cannot be mistaken for a header.

use std::fs;

use itk_core::{MetadataValue, PixelKind, PixelType};
use itk_io::{WriteOptions, info, read, write};

use super::{CONTAINERS, bytes, header, noise};

#[test]
fn metadata_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let mut image = noise(&header(PixelType::U8, &[2, 2]), 1);
    let metadata = image.metadata_mut();
    for (key, value) in [("Patient", "none"), ("note", "a = b: c"), ("a b", "two words"), ("ünï", "çødé \\n")]
    {
        metadata.insert_text(key, value);
    }
    metadata.insert("whole", MetadataValue::Integer(-3));
    metadata.insert("real", MetadataValue::Real(1.0 / 3.0));
    metadata.insert_text("ITK_VoxelUnits", "mm");
    metadata.insert_text("Modality", "MET_MOD_CT");
    let wanted: Vec<(String, String)> =
        image.metadata().iter().map(|(key, value)| (key.into(), value.to_string())).collect();
    for ending in CONTAINERS {
        let path = folder.path().join(format!("x.{ending}"));
        write(&image, &path, &WriteOptions::default()).unwrap();
        let back = read(&path).unwrap();
        for (key, value) in &wanted {
            assert_eq!(back.metadata().get(key).unwrap().to_string(), *value, "{ending} {key}");
        }
        assert_eq!(&info(&path).unwrap().metadata, back.metadata());
        // Reading and writing again changes nothing.
        let first = fs::read(&path).unwrap();
        write(&back, &path, &WriteOptions::default()).unwrap();
        write(&read(&path).unwrap(), folder.path().join(format!("y.{ending}")), &WriteOptions::default())
            .unwrap();
        let second = fs::read(folder.path().join(format!("y.{ending}"))).unwrap();
        let own = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes)
                .lines()
                .filter(|l| !l.contains("x.") && !l.contains("y."))
                .filter(|l| !l.contains("ITK_InputFilterName"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(own(&first), own(&second));
    }
}

#[test]
fn nrrd_keeps_what_it_says_of_axes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nrrd");
    let header = header(PixelType::U8, &[2, 2, 2]).with_components(PixelKind::Rgb, 3).unwrap();
    let mut image = noise(&header, 1);
    let frame = "(1,0,0) (0,0,1) (0,-1,0)";
    for (key, value) in [
        ("NRRD_kinds[1]", "space"),
        ("NRRD_labels[2]", "the \"z\" axis"),
        ("NRRD_content", "a head"),
        ("NRRD_measurement frame", frame),
    ] {
        image.metadata_mut().insert_text(key, value);
    }
    write(&image, &path, &WriteOptions::default()).unwrap();
    let head = fs::read(&path).unwrap();
    let head = String::from_utf8_lossy(&head);
    assert!(head.starts_with("NRRD0005\n"), "a measurement frame needs version 5");
    assert!(head.contains("kinds: RGB-color domain space domain\n"), "{head}");
    let metadata = info(&path).unwrap().metadata;
    for (key, value) in image.metadata().iter() {
        assert_eq!(metadata.get(key).unwrap(), value, "{key}");
    }
    assert_eq!(metadata.get("NRRD_kinds[pixel]").unwrap().to_string(), "RGB-color");
}

#[test]
fn metadata_cannot_forge_a_header() {
    let folder = tempfile::tempdir().unwrap();
    for (key, value) in [
        ("k", "one\ntwo"),
        ("k", "one\r\nDimSize = 9 9\rtwo"),
        ("k", "one\nElementSpacing = 7 7"),
        ("k", "one\nElementDataFile = LOCAL\n"),
        ("k", "one\nsizes: 9 9\n\n"),
        ("DimSize = 9 9\nx", "y"),
        ("DimSize", "9 9"),
        (" DimSize ", "9 9"),
        ("ElementDataFile", "other.raw"),
        ("data file", "other.raw"),
        ("data file: other.raw", "x"),
        ("sizes: 9 9\n", "x"),
        ("#", "x"),
        ("", "x"),
        ("\n", "\n"),
        ("Modality", "a\nDimSize = 9 9"),
        ("ITK_VoxelUnits", "a\nDimSize = 9 9"),
        ("NRRD_content", "a\nsizes: 9 9"),
        ("NRRD_labels[0]", "\"\nsizes: 9 9"),
        ("NRRD_kinds[0]", "list"),
        ("NRRD_measurement frame", "(1,0)\nsizes: 9 9"),
        ("FileFormatVersion", "1"),
        ("ElementOrigin", "7 7"),
    ] {
        let mut image = noise(&header(PixelType::U8, &[4, 3]), 2);
        image.metadata_mut().insert_text(key, value);
        for ending in CONTAINERS {
            let path = folder.path().join(format!("x.{ending}"));
            write(&image, &path, &WriteOptions::default()).unwrap();
            let back = read(&path).unwrap_or_else(|error| panic!("{ending} {key:?} {value:?}: {error}"));
            assert_eq!(back.header(), image.header(), "{ending} {key:?}");
            assert_eq!(bytes(&back), bytes(&image), "{ending} {key:?}");
        }
    }
}
