//! Image files: what is written comes back, and a failed write leaves no trace. `io_itk.rs` compares with
//! ITK, `io_variants.rs` goes through what the formats allow, `io_hostile.rs` tries broken files, `io_regions.rs`
//! reads and `io_streaming.rs` writes by regions, and `io_pipeline.rs` does both in pipelines.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::fs;
use std::path::Path;

use itk_core::{
    AnyImage, Error, Geometry, Header, Image, MetadataValue, Pixel, PixelKind, PixelType, Region, Visit,
    VisitType,
};
use itk_io::{WriteOptions, check_writable, convert, formats, info, read, read_as, write};
use proptest::prelude::*;

#[path = "io_files.rs"]
mod files;
#[path = "io_hostile.rs"]
mod hostile;
#[path = "io_itk.rs"]
mod itk;
#[path = "io_layouts.rs"]
mod layouts;
#[path = "io_pipeline.rs"]
mod nodes;
#[path = "io_regions.rs"]
mod regions;
#[path = "io_stored.rs"]
mod stored;
#[path = "io_streaming.rs"]
mod streaming;
#[path = "io_variants.rs"]
mod variants;

use layouts::laid_out;

const CONTAINERS: [&str; 4] = ["mha", "mhd", "nrrd", "nhdr"];

fn stored_types() -> impl Iterator<Item = PixelType> {
    PixelType::ALL.iter().copied().filter(|t| *t != PixelType::F16)
}

/// All values as bytes, components first.
fn bytes(image: &AnyImage) -> Vec<u8> {
    struct Bytes;
    impl Visit for Bytes {
        type Out = Vec<u8>;
        fn visit<T: Pixel>(self, image: &Image<T>) -> Vec<u8> {
            bytemuck::cast_slice(&image.to_vec()).to_vec()
        }
    }
    image.visit(Bytes)
}

/// An image of arbitrary bits, NaN payloads among them.
fn noise(header: &Header, seed: u64) -> AnyImage {
    struct Noise<'a>(&'a Header, u64);
    impl VisitType for Noise<'_> {
        type Out = AnyImage;
        fn visit<T: Pixel>(self) -> AnyImage {
            let mut image = Image::<T>::zeroed(self.0).unwrap();
            let mut state = self.1 | 1;
            let pixels = image.as_mut_slice().unwrap().unwrap();
            for byte in bytemuck::cast_slice_mut::<T, u8>(pixels) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = (state >> 32) as u8;
            }
            T::erase(image)
        }
    }
    header.pixel_type.visit(Noise(header, seed))
}

fn header(pixel_type: PixelType, size: &[usize]) -> Header {
    Header::new(pixel_type, size).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn text(error: Error) -> String {
    error.to_string()
}

#[test]
fn every_type_rank_layout_and_container_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    let sizes: [&[usize]; 6] =
        [&[7], &[5, 3], &[4, 3, 2], &[3, 2, 2, 2], &[2, 1, 3, 1, 2], &[2, 3, 1, 2, 1, 2]];
    for pixel_type in stored_types() {
        for size in sizes {
            let image = noise(&header(pixel_type, size), 1 + size.len() as u64);
            for layout in layouts::ALL {
                let image = laid_out(&image, layout);
                for (ending, compress) in CONTAINERS.iter().flat_map(|e| [(e, false), (e, true)]) {
                    let path = folder.path().join(format!("x.{ending}"));
                    write(&image, &path, &WriteOptions::default().compress(compress)).unwrap();
                    let back = read(&path).unwrap();
                    let what = format!("{pixel_type} {size:?} {layout:?} {ending} {compress}");
                    assert_eq!(back.header(), image.header(), "{what}");
                    assert_eq!(bytes(&back), bytes(&image), "{what}");
                    let info = info(&path).unwrap();
                    assert_eq!((info.header, info.compressed), (image.header(), compress), "{what}");
                }
            }
        }
    }
}

#[test]
fn every_kind_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, components) in [
        (PixelKind::Rgb, 3),
        (PixelKind::Rgba, 4),
        (PixelKind::Complex, 2),
        (PixelKind::Vector, 1),
        (PixelKind::Vector, 5),
        (PixelKind::CovariantVector, 3),
        (PixelKind::Point, 3),
        (PixelKind::SymmetricTensor, 6),
        (PixelKind::SymmetricTensor, 3),
        (PixelKind::VariableLength, 4),
    ] {
        for pixel_type in [PixelType::U8, PixelType::F32] {
            let header = header(pixel_type, &[3, 2, 2]).with_components(kind, components).unwrap();
            for layout in layouts::ALL {
                let image = laid_out(&noise(&header, 5), layout);
                for ending in CONTAINERS {
                    let path = folder.path().join(format!("x.{ending}"));
                    write(&image, &path, &WriteOptions::default()).unwrap();
                    let back = read(&path).unwrap();
                    let what = format!("{kind:?} {components} {pixel_type} {layout:?} {ending}");
                    assert_eq!(bytes(&back), bytes(&image), "{what}");
                    assert_eq!(back.header().region, header.region, "{what}");
                    // MetaImage stores only how many components there are, and NRRD has no variable length.
                    let expected = match (ending, pixel_type, kind, components) {
                        ("mha" | "mhd", PixelType::U8, _, 3) => PixelKind::Rgb,
                        ("mha" | "mhd", PixelType::U8, _, 4) => PixelKind::Rgba,
                        ("mha" | "mhd", _, _, 1) => PixelKind::Scalar,
                        ("mha" | "mhd", ..) | (_, _, PixelKind::VariableLength, _) => PixelKind::Vector,
                        _ => kind,
                    };
                    assert_eq!(
                        (back.header().kind, back.header().components),
                        (expected, components),
                        "{what}"
                    );
                }
            }
        }
    }
}

#[test]
fn png_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.PNG");
    for pixel_type in [PixelType::U8, PixelType::U16] {
        for (kind, components) in [(PixelKind::Scalar, 1), (PixelKind::Rgb, 3), (PixelKind::Rgba, 4)] {
            let header = header(pixel_type, &[70, 9]).with_components(kind, components).unwrap();
            let geometry = Geometry::identity(2).unwrap().with_spacing(&[1.0 / 3.0, 1e-7]).unwrap();
            let header = Header { geometry, ..header };
            for (layout, options) in layouts::ALL.into_iter().zip([
                WriteOptions::default(),
                WriteOptions::default().compress(true),
                WriteOptions::default().compress(true).level(9),
                WriteOptions::default().level(1),
            ]) {
                let image = laid_out(&noise(&header, 9), layout);
                write(&image, &path, &options).unwrap();
                let back = read(&path).unwrap();
                assert_eq!(back.header(), header, "{layout:?}");
                assert_eq!(bytes(&back), bytes(&image), "{layout:?}");
                assert_eq!(info(&path).unwrap().header, header);
            }
        }
    }
}

/// Axes that are neither parallel to those of space nor at right angles.
fn oblique(rank: usize) -> Geometry {
    let spacing: Vec<f64> = (0..rank).map(|i| 0.1 + i as f64 / 3.0).collect();
    let origin: Vec<f64> = (0..rank).map(|i| -10.1 + 7.7 * i as f64).collect();
    let direction: Vec<f64> = (0..rank * rank)
        .map(|at| (at / rank, at % rank))
        .map(|(i, j)| if i == j { 0.9 } else { 0.1 * ((i * 3 + j * 5) % 7) as f64 - 0.25 })
        .collect();
    Geometry::new(&spacing, &origin, &direction).unwrap()
}

#[test]
fn oblique_geometry_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    for rank in 1..=6 {
        let geometry = oblique(rank);
        let header = Header { geometry: geometry.clone(), ..header(PixelType::U8, &vec![2; rank]) };
        for ending in CONTAINERS {
            let path = folder.path().join(format!("x.{ending}"));
            write(&noise(&header, 1), &path, &WriteOptions::default()).unwrap();
            let back = read(&path).unwrap().header().geometry;
            if ending.starts_with('m') {
                assert_eq!(back, geometry, "MetaImage keeps every bit");
                continue;
            }
            // NRRD has spacing and direction as one product: each axis comes back as a unit vector.
            for corner in [vec![0i64; rank], vec![1; rank], (0..rank as i64).collect()] {
                let (a, b) = (back.index_to_physical(&corner), geometry.index_to_physical(&corner));
                assert!(a.iter().zip(b.iter()).all(|(a, b)| (a - b).abs() < 1e-13), "{rank} {a:?} {b:?}");
            }
        }
    }
}

#[test]
fn the_first_pixel_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let region = Region::new(&[5, -7, 2], &[2, 3, 2]).unwrap();
    let moved = Header { region, geometry: oblique(3), ..header(PixelType::I16, &[2, 3, 2]) };
    let image = noise(&moved, 3);
    for ending in CONTAINERS {
        let path = folder.path().join(format!("x.{ending}"));
        write(&image, &path, &WriteOptions::default()).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back.header().region, Region::of_size(&[2, 3, 2]).unwrap());
        assert_eq!(
            back.header().geometry.origin(),
            &*moved.geometry.index_to_physical(&[5, -7, 2]),
            "{ending}"
        );
        assert_eq!(bytes(&back), bytes(&image));
    }
}

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

#[test]
fn a_file_without_a_known_ending_is_read_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let image = noise(&header(PixelType::U8, &[4, 3]), 2);
    for (written, found) in [("mha", "MetaImage"), ("nrrd", "NRRD"), ("png", "PNG")] {
        let path = folder.path().join(format!("x.{written}"));
        write(&image, &path, &WriteOptions::default()).unwrap();
        for name in ["plain", "wrong.png", "wrong.mha", "wrong.nrrd", "UPPER.MHA"] {
            fs::copy(&path, folder.path().join(name)).unwrap();
            assert_eq!(info(folder.path().join(name)).unwrap().format, found, "{name}");
            assert_eq!(bytes(&read(folder.path().join(name)).unwrap()), bytes(&image));
        }
    }
}

#[test]
fn the_table_of_formats_is_whole() {
    let endings: Vec<_> = formats().iter().flat_map(|format| format.endings).copied().collect();
    assert_eq!(endings, [".mha", ".mhd", ".nrrd", ".nhdr", ".png"]);
    for format in formats() {
        assert!(format.can_read && format.can_write);
        assert!(
            format.endings.iter().all(|ending| ending.starts_with('.') && *ending == ending.to_lowercase())
        );
    }
}

#[test]
fn what_cannot_be_written_is_refused_early_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |header: &Header, name: &str| {
        let path = folder.path().join(name);
        let early = text(check_writable(header, &path).unwrap_err());
        assert_eq!(text(write(&noise(header, 1), &path, &WriteOptions::default()).unwrap_err()), early);
        assert!(names(folder.path()).is_empty(), "{name} left {:?}", names(folder.path()));
        early
    };
    let plain = |pixel_type| header(pixel_type, &[3, 2]);
    let png = refusal(&plain(PixelType::F32), "x.png");
    assert!(png.contains("float32") && png.contains("uint8, uint16") && png.contains("dtype="), "{png}");
    for name in ["x.mha", "x.mhd", "x.nrrd", "x.nhdr"] {
        let half = refusal(&plain(PixelType::F16), name);
        assert!(half.contains("float16") && half.contains("dtype=\"float32\""), "{half}");
    }
    let unknown = refusal(&plain(PixelType::U8), "x.tif");
    assert!(unknown.contains(".mha, .mhd, .nrrd, .nhdr, .png"), "{unknown}");
    let volume = refusal(&header(PixelType::U8, &[3, 2, 4]), "x.png");
    assert!(volume.contains("2 axes") && volume.contains(".mha"), "{volume}");
    let pair = plain(PixelType::U8).with_components(PixelKind::Vector, 2).unwrap();
    assert!(refusal(&pair, "x.png").contains("vector pixels of 2 components"));
    for name in ["x.mha", "x.nrrd", "x.png"] {
        assert!(refusal(&header(PixelType::U8, &[3, 0]), name).contains("no pixels"));
    }
    let lost = Geometry::identity(2).unwrap().with_origin(&[f64::NAN, 0.0]).unwrap();
    assert!(refusal(&Header { geometry: lost, ..plain(PixelType::U8) }, "x.nrrd").contains("finite"));
    assert!(check_writable(&header(PixelType::U8, &[3, 2, 1, 1]), "x.png").is_ok(), "one slice is an image");
}

#[test]
fn geometry_that_is_not_finite_round_trips_in_metaimage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mha");
    let geometry = Geometry::identity(2).unwrap();
    let geometry = geometry
        .with_origin(&[f64::INFINITY, 5e-324])
        .unwrap()
        .with_spacing(&[1e300, f64::INFINITY])
        .unwrap();
    let header = Header { geometry: geometry.clone(), ..header(PixelType::U8, &[3, 2]) };
    write(&noise(&header, 1), &path, &WriteOptions::default()).unwrap();
    assert_eq!(info(&path).unwrap().header.geometry.spacing(), geometry.spacing());
    let png = folder.path().join("x.png");
    write(&noise(&header, 1), &png, &WriteOptions::default()).unwrap();
    assert_eq!(info(&png).unwrap().header.geometry.spacing(), [1.0, 1.0], "PNG has no place for it");
}

#[test]
fn files_are_replaced_whole_and_a_pair_names_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let (large, small) =
        (noise(&header(PixelType::U8, &[40, 30]), 1), noise(&header(PixelType::U8, &[4, 3]), 2));
    for (name, data) in
        [("a.mha", None), ("b.mhd", Some("b.raw")), ("c.nhdr", Some("c.raw")), ("d.png", None)]
    {
        let path = folder.path().join(name);
        for image in [&large, &small] {
            write(image, &path, &WriteOptions::default()).unwrap();
            assert_eq!(bytes(&read(&path).unwrap()), bytes(image));
        }
        let expected: Vec<&str> = [Some(name), data].into_iter().flatten().collect();
        assert_eq!(names(folder.path()), expected);
        names(folder.path()).iter().for_each(|name| fs::remove_file(folder.path().join(name)).unwrap());
    }
    write(&small, folder.path().join("e f.mhd"), &WriteOptions::default().compress(true)).unwrap();
    write(&small, folder.path().join("g.x.nhdr"), &WriteOptions::default().compress(true)).unwrap();
    assert_eq!(names(folder.path()), ["e f.mhd", "e f.zraw", "g.x.nhdr", "g.x.raw.gz"]);
    for name in ["e f.mhd", "g.x.nhdr"] {
        assert_eq!(bytes(&read(folder.path().join(name)).unwrap()), bytes(&small));
    }
}

#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let image = noise(&header(PixelType::U8, &[4, 3]), 2);
    let missing = folder.path().join("nowhere").join("x.mha");
    let error = write(&image, &missing, &WriteOptions::default()).unwrap_err();
    assert!(
        matches!(&error, Error::Io { action: "write", source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(text(error).contains("nowhere"));
    for (name, data) in [("x.mha", "x.mha"), ("x.mhd", "x.raw"), ("x.nhdr", "x.raw"), ("x.nrrd", "x.nrrd")] {
        // A folder stands where the data should go.
        fs::create_dir(folder.path().join(data)).unwrap();
        write(&image, folder.path().join(name), &WriteOptions::default()).unwrap_err();
        assert_eq!(names(folder.path()), [data]);
        fs::remove_dir(folder.path().join(data)).unwrap();
    }
    // A folder stands where the header should go: no data file stays.
    fs::create_dir(folder.path().join("y.mhd")).unwrap();
    write(&image, folder.path().join("y.mhd"), &WriteOptions::default()).unwrap_err();
    assert_eq!(names(folder.path()), ["y.mhd"]);
}

#[cfg(unix)]
#[test]
fn links_permissions_and_devices_are_respected() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let image = noise(&header(PixelType::U8, &[4, 3]), 2);
    write(&image, at("real.mha"), &WriteOptions::default()).unwrap();
    fs::set_permissions(at("real.mha"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.mha", at("link.mha")).unwrap();
    write(&image, at("link.mha"), &WriteOptions::default().compress(true)).unwrap();
    assert!(fs::symlink_metadata(at("link.mha")).unwrap().is_symlink(), "the link stays a link");
    assert!(info(at("real.mha")).unwrap().compressed, "and what it points to is written");
    assert_eq!(fs::metadata(at("real.mha")).unwrap().permissions().mode() & 0o777, 0o640);
    // A socket of its own stands for a device: were it written, no device of the machine would be lost.
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink("socket", at("device.mha")).unwrap();
    let refused = text(write(&image, at("device.mha"), &WriteOptions::default()).unwrap_err());
    assert!(refused.contains("not a regular file"), "{refused}");
    assert_eq!(names(folder.path()), ["device.mha", "link.mha", "real.mha", "socket"]);
}

#[test]
fn reading_as_another_type_is_cs_cast() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mha");
    let save = |image: AnyImage| write(&image, &path, &WriteOptions::default()).unwrap();
    save(Image::from_vec(&[6], vec![1.9f32, -1.9, 300.0, -1e9, f32::NAN, f32::INFINITY]).unwrap().into());
    assert_eq!(read_as::<i8>(&path).unwrap().to_vec(), [1, -1, 127, -128, 0, 127]);
    assert_eq!(read_as::<u8>(&path).unwrap().to_vec(), [1, 0, 255, 0, 0, 255]);
    save(Image::from_vec(&[3], vec![i64::MIN + 1, -1, (1 << 62) + 1]).unwrap().into());
    assert_eq!(read_as::<u64>(&path).unwrap().to_vec(), [(1 << 63) + 1, u64::MAX, (1 << 62) + 1]);
    assert_eq!(read_as::<i64>(&path).unwrap().to_vec(), [i64::MIN + 1, -1, (1 << 62) + 1]);
    assert_eq!(read_as::<u8>(&path).unwrap().to_vec(), [1, 255, 1], "integers keep their low bits");
    save(Image::from_vec(&[2], vec![u64::MAX, 3]).unwrap().into());
    assert_eq!(read_as::<f32>(&path).unwrap().to_vec(), [18446744073709551616.0, 3.0]);
}

#[test]
fn every_type_is_converted_to_every_other() {
    for from in PixelType::ALL {
        let small = convert(&Image::from_vec(&[3], vec![0u8, 1, 100]).unwrap().into(), *from).unwrap();
        assert_eq!(small.header().pixel_type, *from);
        for to in PixelType::ALL {
            let there = convert(&small, *to).unwrap();
            assert_eq!(there.header().pixel_type, *to);
            assert_eq!(bytes(&convert(&there, PixelType::U8).unwrap()), [0, 1, 100], "{from} {to}");
        }
    }
}

#[test]
fn colour_becomes_itks_luma_and_other_kinds_keep_their_components() {
    let rgb = header(PixelType::U8, &[50, 40]).with_components(PixelKind::Rgb, 3).unwrap();
    let rgb = Header { geometry: oblique(2), ..rgb };
    for layout in layouts::ALL {
        let mut image = laid_out(&noise(&rgb, 8), layout);
        image.metadata_mut().insert_text("k", "v");
        let luma: Vec<f64> = bytes(&image)
            .chunks(3)
            .map(|p| {
                (2125.0 * f64::from(p[0]) + 7154.0 * f64::from(p[1]) + 721.0 * f64::from(p[2])) / 10000.0
            })
            .collect();
        let AnyImage::F64(grey) = convert(&image, PixelType::F64).unwrap() else { panic!() };
        assert_eq!(grey.to_vec(), luma, "{layout:?}");
        assert_eq!((grey.header().kind, grey.geometry()), (PixelKind::Scalar, &rgb.geometry));
        assert!(grey.metadata().get("k").is_ok());
        let AnyImage::U8(grey) = convert(&image, PixelType::U8).unwrap() else { panic!() };
        assert_eq!(grey.to_vec(), luma.iter().map(|v| *v as u8).collect::<Vec<_>>());
    }
    let rgba = header(PixelType::U16, &[2, 1]).with_components(PixelKind::Rgba, 4).unwrap();
    let mut image = Image::<u16>::zeroed(&rgba).unwrap();
    image.as_mut_slice().unwrap().unwrap().copy_from_slice(&[100, 200, 300, 65535, 100, 200, 300, 13107]);
    for pixel_type in [PixelType::U16, PixelType::F32, PixelType::F64] {
        let grey = convert(&image.clone().into(), pixel_type).unwrap();
        let AnyImage::F64(grey) = convert(&grey, PixelType::F64).unwrap() else { panic!() };
        let whole: Vec<u64> = grey.to_vec().iter().map(|v| *v as u64).collect();
        assert_eq!(whole, [185, 37], "opacity counts, in the same measure for every type: {pixel_type}");
    }
    let vector = header(PixelType::I16, &[2, 2]).with_components(PixelKind::Vector, 3).unwrap();
    let converted = convert(&noise(&vector, 1), PixelType::F32).unwrap();
    assert_eq!((converted.header().kind, converted.header().components), (PixelKind::Vector, 3));
}

#[test]
fn conversion_to_the_same_type_shares_the_pixels() {
    let image = Image::from_vec(&[2, 2], vec![1u8, 2, 3, 4]).unwrap();
    let AnyImage::U8(same) = convert(&image.clone().into(), PixelType::U8).unwrap() else { panic!() };
    assert_eq!(same.buffer().start(), image.buffer().start());
}

fn any_header() -> impl Strategy<Value = Header> {
    let size = prop::collection::vec(1usize..5, 1..=6);
    let types: Vec<PixelType> = stored_types().collect();
    (size, prop::sample::select(types), 1usize..5, -1e3..1e3f64, 1e-3..1e3f64).prop_map(
        |(size, pixel_type, components, origin, spacing)| {
            let rank = size.len();
            let header = Header::new(pixel_type, &size).unwrap();
            let kind = if components == 1 { PixelKind::Scalar } else { PixelKind::CovariantVector };
            let geometry = Geometry::identity(rank).unwrap();
            let geometry = geometry
                .with_origin(&vec![origin; rank])
                .unwrap()
                .with_spacing(&vec![spacing; rank])
                .unwrap();
            Header { geometry, ..header.with_components(kind, components).unwrap() }
        },
    )
}

proptest! {
    #[test]
    fn any_image_round_trips(
        header in any_header(),
        seed in any::<u64>(),
        compress in any::<bool>(),
        level in 1u8..10,
        container in prop::sample::select(&CONTAINERS[..]),
        layout in prop::sample::select(&layouts::ALL[..]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("x.{container}"));
        let image = laid_out(&noise(&header, seed), layout);
        write(&image, &path, &WriteOptions::default().compress(compress).level(level)).unwrap();
        let back = read(&path).unwrap();
        prop_assert_eq!(bytes(&back), bytes(&image));
        prop_assert_eq!(back.header().geometry, header.geometry);
        prop_assert_eq!(back.header().region, header.region);
        prop_assert_eq!(names(folder.path()).len(), if container.ends_with("hd") || container == "nhdr" { 2 } else { 1 });
    }
}
