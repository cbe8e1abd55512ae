//! Files of ITK's test suite and files that ITK wrote: read as ITK reads them, written as ITK writes them.
//! `data/io/README.md` says where they are from.

use std::fs;
use std::path::{Path, PathBuf};

use itk_core::{AnyImage, Metadata, PixelKind, PixelType};
use itk_io::{WriteOptions, info, read, write};

use super::{bytes, names};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join("io")
}

fn fnv(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|word| word.parse().unwrap()).collect()
}

#[test]
fn every_file_is_read_as_itk_reads_it() {
    let facts = fs::read_to_string(data().join("facts.tsv")).unwrap();
    assert!(facts.lines().count() > 60);
    for line in facts.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, kind, pixel_type, components, size, spacing, origin, direction, first, last, hash] =
            columns[..]
        else {
            panic!("{line}")
        };
        let image = read(data().join(name)).unwrap_or_else(|error| panic!("{error}"));
        let header = image.header();
        // ITK says vector; see the module of the format.
        let kind = match (name.rsplit('.').next(), pixel_type, kind, components) {
            (Some("mha" | "mhd"), "uint8", "vector", "3") => "rgb",
            (Some("mha" | "mhd"), "uint8", "vector", "4") => "rgba",
            _ => kind,
        };
        assert_eq!((header.kind.name(), header.pixel_type.numpy_name()), (kind, pixel_type), "{name}");
        assert_eq!(header.components.to_string(), components, "{name}");
        let found_size: Vec<f64> = header.region.size().iter().map(|n| *n as f64).collect();
        assert_eq!(found_size, numbers(size), "{name}");
        assert_eq!(header.geometry.spacing(), numbers(spacing), "{name}");
        assert_eq!(header.geometry.origin(), numbers(origin), "{name}");
        assert_eq!(header.geometry.direction(), numbers(direction), "{name}");
        let AnyImage::F64(values) = itk_io::convert(&as_vector(&image), PixelType::F64).unwrap() else {
            panic!()
        };
        let (values, ends) = (values.to_vec(), [numbers(first), numbers(last)].concat());
        let found = [&values[..3], &values[values.len() - 3..]].concat();
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * b.abs();
        assert!(found.iter().zip(&ends).all(close), "{name}: {found:?} {ends:?}");
        assert_eq!(fnv(&bytes(&image)), hash, "{name}");
        assert_eq!(info(data().join(name)).unwrap().header, header, "{name}");
    }
}

/// So that converting keeps the components of colours.
fn as_vector(image: &AnyImage) -> AnyImage {
    let mut header = image.header();
    let AnyImage::U8(typed) = image else { return image.clone() };
    if header.components > 1 {
        header.kind = PixelKind::Vector;
    }
    itk_core::Image::from_buffer(&header, typed.buffer().clone()).unwrap().into()
}

/// A file without the values of its pixels: they follow these.
fn head(path: &Path) -> String {
    let content = fs::read(path).unwrap();
    let end = |mark: &[u8]| content.windows(mark.len()).position(|w| w == mark).map(|at| at + mark.len());
    let end = end(b"ElementDataFile = LOCAL\n").or(end(b"\n\n")).unwrap_or(content.len());
    String::from_utf8(content[..end].to_vec()).unwrap()
}

/// A colour image as the vector that ITK takes it for changes nothing in the file; only metadata of reading
/// is new.
#[test]
fn headers_and_raw_pixels_are_written_as_itk_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for name in names(&data().join("written")) {
        let (stem, ending) = name.split_once('.').unwrap();
        if !["mha", "mhd", "nrrd", "nhdr"].contains(&ending) {
            continue;
        }
        let theirs = data().join("written").join(&name);
        let mut image = read(&theirs).unwrap();
        let own: Vec<String> = image.metadata().iter().map(|(key, _)| key.to_owned()).collect();
        for key in own.iter().filter(|key| key.starts_with("ITK_") || key.starts_with("NRRD_")) {
            image.metadata_mut().remove(key);
        }
        let ours = folder.path().join(&name);
        let compressed = info(&theirs).unwrap().compressed;
        write(&image, &ours, &WriteOptions::default().compress(compressed)).unwrap();
        let without_size = |head: String| {
            head.lines()
                .filter(|line| !compressed || !line.starts_with("CompressedDataSize"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        // NRRD's product of spacing and direction is read into its factors, and multiplied again.
        if name != "oblique.nrrd" {
            assert_eq!(without_size(head(&ours)), without_size(head(&theirs)), "{name}");
        }
        if !compressed {
            let pixels = |path: &Path| fs::read(path).unwrap()[head(path).len()..].to_vec();
            assert_eq!(pixels(&ours), pixels(&theirs), "{name}");
        }
        assert_eq!(info(&ours).unwrap().compressed, compressed);
        if ending == "mhd" || ending == "nhdr" {
            let data_file = |folder: &Path| {
                names(folder).into_iter().filter(|n| n.starts_with(&format!("{stem}."))).collect::<Vec<_>>()
            };
            assert!(data_file(folder.path()).iter().all(|n| data_file(&data().join("written")).contains(n)));
        }
        compared += 1;
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn the_oblique_header_of_the_sheet_is_written_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, ours) = (data().join("written").join("oblique.mha"), folder.path().join("x.nrrd"));
    let mut image = read(&theirs).unwrap();
    *image.metadata_mut() = Metadata::default();
    for (key, value) in [("a b", "x"), ("mykey", "some text"), ("num", "3"), ("real", "1.5")] {
        image.metadata_mut().insert_text(key, value);
    }
    write(&image, &ours, &WriteOptions::default()).unwrap();
    assert_eq!(head(&ours), head(&theirs.with_extension("nrrd")));
}

#[test]
fn metadata_of_itk_is_read() {
    let metadata = info(data().join("written").join("oblique.nrrd")).unwrap().metadata;
    let found: Vec<_> = metadata.iter().map(|(key, value)| (key, value.to_string())).collect();
    let expected = [
        ("ITK_InputFilterName", "NrrdImageIO"),
        ("NRRD_kinds[0]", "domain"),
        ("NRRD_kinds[1]", "domain"),
        ("NRRD_kinds[2]", "domain"),
        ("NRRD_space", "left-posterior-superior"),
        ("a b", "x"),
        ("mykey", "some text"),
        ("num", "3"),
        ("real", "1.5"),
    ];
    assert_eq!(found, expected.map(|(key, value)| (key, value.to_owned())));
    let metadata = info(data().join("written").join("oblique.mha")).unwrap().metadata;
    let found: Vec<_> = metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        found,
        [
            "ITK_InputFilterName=MetaImageIO",
            "Modality=MET_MOD_UNKNOWN",
            "a b=x",
            "mykey=some text",
            "num=3",
            "real=1.5"
        ]
    );
    let components = info(data().join("testrgb-1.nhdr")).unwrap().metadata;
    assert_eq!(components.get("NRRD_kinds[pixel]").unwrap().to_string(), "3-color");
    assert_eq!(components.get("NRRD_pixel_original_axis").unwrap(), &itk_core::MetadataValue::Integer(1));
}

#[test]
fn negative_spacing_and_other_spaces_are_turned() {
    let sheet = data().parent().unwrap().to_owned();
    let geometry = |name: &str| info(sheet.join(name)).unwrap().header.geometry;
    let negative = geometry("itkImageNegativeSpacing.mha");
    assert_eq!((negative.spacing(), negative.direction()), (&[1.2, 1.2][..], vec![-1.0, 0.0, 0.0, -1.0]));
    let ras = geometry("box.nhdr");
    assert_eq!((ras.spacing(), ras.origin()), (&[1.0, 2.0, 3.0][..], &[-1.1, -2.2, 3.3][..]));
    assert_eq!(ras.direction(), [0.0, 0.0, -1.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(info(sheet.join("box.nhdr")).unwrap().metadata.get("foo").unwrap().to_string(), "bar");
}

#[test]
fn colour_baselines_agree_with_each_other() {
    let read = |name: &str| bytes(&read(data().join(name)).unwrap());
    assert_eq!(read("HeliconiusNumataPalette.png"), read("HeliconiusNumataPaletteRGB.png"));
    assert_eq!(read("mini-ten-mask.nrrd"), read("mini-ten-nomask-slow.nrrd"));
    assert_ne!(read("HeliconiusNumataPalette.png"), read("HeliconiusNumataPaletteGrey.png"));
}
