//! Image files: what is written comes back. `io_metadata.rs` and `io_conversions.rs` look at what else a file says and at
//! reading as another type, `io_replacing.rs` at what was there before. `io_itk.rs` compares with ITK, `io_variants.rs` goes
//! through what the formats allow, `io_hostile.rs` tries broken files, `io_regions.rs` reads and `io_streaming.rs` writes by
//! regions, and `io_pipeline.rs` does both in pipelines.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::fs;
use std::path::Path;

use itk_core::{
    AnyImage, Error, Geometry, Header, Image, Pixel, PixelKind, PixelType, Region, Visit, VisitType,
};
use itk_io::{WriteOptions, check_writable, formats, info, read, write};
use proptest::prelude::*;

#[path = "io_conversions.rs"]
mod conversions;
#[path = "io_corrupted.rs"]
mod corrupted;
#[path = "io_files.rs"]
mod files;
#[path = "io_hostile.rs"]
mod hostile;
#[path = "io_itk.rs"]
mod itk;
#[path = "io_layouts.rs"]
mod layouts;
#[path = "io_metadata.rs"]
mod metadata;
#[path = "io_pipeline.rs"]
mod nodes;
#[path = "io_nrrd.rs"]
mod nrrd;
#[path = "io_regions.rs"]
mod regions;
#[path = "io_replacing.rs"]
mod replacing;
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
