//! Writing by regions: new files that become complete or do not appear, and pastes into files that stand already.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use itk_core::{
    AnyImage, CancelToken, Context, Error, Geometry, Header, Image, Metadata, Pixel, PixelKind, PixelType,
    Region, Visit,
};
use itk_io::{WriteOptions, Writer, open, read, write, write_with};
use proptest::prelude::*;

use super::files::Folder;
use super::stored::{Stored, Way, any_stored};
use super::{CONTAINERS, bytes, header, layouts, names, noise, stored_types};

fn region(index: &[i64], size: &[usize]) -> Region {
    Region::new(index, size).unwrap()
}

fn plain() -> WriteOptions {
    WriteOptions::default()
}

/// A part of an image, as an image.
fn part(image: &AnyImage, part: &Region) -> AnyImage {
    struct Part<'a>(&'a Region);
    impl Visit for Part<'_> {
        type Out = AnyImage;
        fn visit<T: Pixel>(self, image: &Image<T>) -> AnyImage {
            let (head, whole) = (image.header(), image.to_vec());
            let n = head.components;
            let mut pixels = Vec::new();
            for pixel in 0..self.0.pixels() {
                let (mut rest, mut at, mut step) = (pixel, 0, 1);
                for axis in 0..head.rank() {
                    let size = self.0.size()[axis];
                    let first = (self.0.index()[axis] - head.region.index()[axis]) as usize;
                    at += (first + rest % size) * step;
                    rest /= size;
                    step *= head.region.size()[axis];
                }
                pixels.extend_from_slice(&whole[at * n..][..n]);
            }
            let mut part = Image::<T>::zeroed(&Header { region: *self.0, ..head }).unwrap();
            part.as_mut_slice().unwrap().unwrap().copy_from_slice(&pixels);
            T::erase(part)
        }
    }
    image.visit(Part(part))
}

/// Cuts a region into boxes at random places, in random order.
fn cut(whole: &Region, cuts: &[u64]) -> Vec<Region> {
    let mut boxes = vec![*whole];
    for &cut in cuts {
        let which = boxes.swap_remove(cut as usize % boxes.len());
        let axis = (cut >> 16) as usize % which.rank();
        let n = which.size()[axis];
        let at = (cut >> 32) as usize % n;
        let (mut low, mut high, mut index) = (which.extent(), which.extent(), which.index().to_vec());
        low[axis] = at;
        high[axis] = n - at;
        if at > 0 {
            boxes.push(region(&index, &low));
        }
        index[axis] += at as i64;
        boxes.push(region(&index, &high));
    }
    boxes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn regions_in_any_order_make_the_file_that_write_makes(
        size in prop::collection::vec(1usize..7, 1..=6),
        start in prop::collection::vec(-5i64..5, 6),
        pixel_type in prop::sample::select(stored_types().collect::<Vec<_>>()),
        components in 0usize..4,
        cuts in prop::collection::vec(any::<u64>(), 0..12),
        layout in prop::sample::select(&layouts::ALL[..]),
        seed in any::<u64>(),
    ) {
        let whole = region(&start[..size.len()], &size);
        let mut head = Header { region: whole, ..header(pixel_type, &size) };
        if components > 0 {
            head = head.with_components(PixelKind::Vector, components).unwrap();
        }
        let mut image = noise(&head, seed);
        image.metadata_mut().insert_text("key", "value");
        let folder = Folder::new();
        for ending in CONTAINERS {
            let (streamed, at_once) = (folder.at(&format!("x.{ending}")), folder.at(&format!("once/x.{ending}")));
            fs::create_dir_all(at_once.parent().unwrap()).unwrap();
            write(&image, &at_once, &plain()).unwrap();
            let mut writer = Writer::create(&streamed, &head, image.metadata(), &plain()).unwrap();
            for region in cut(&whole, &cuts) {
                let part = layouts::laid_out(&part(&image, &region), layout);
                writer.write_region(part.view(), &region).unwrap();
            }
            writer.finish().unwrap();
            for file in names(at_once.parent().unwrap()) {
                prop_assert!(fs::read(folder.at(&file)).unwrap() == fs::read(at_once.with_file_name(&file)).unwrap(), "{}", file);
            }
            let expected: usize = bytes(&image).len();
            prop_assert_eq!(bytes(&read(&streamed).unwrap()).len(), expected);
            prop_assert_eq!(bytes(&read(&streamed).unwrap()), bytes(&image));
        }
    }

    #[test]
    fn a_paste_changes_its_region_only((stored, region) in any_stored(), seed in any::<u64>()) {
        let folder = Folder::new();
        let path = stored.put(&folder);
        let reader = open(&path).unwrap();
        let head = reader.header().clone();
        let in_order = stored.components < 2 || stored.size[..stored.at].iter().all(|&n| n == 1);
        let paste = Writer::paste(&path, &head, &Metadata::default(), &plain());
        if !stored.way.is_raw() || !in_order {
            let before = fs::read(&path).unwrap();
            let error = paste.unwrap_err().to_string();
            prop_assert!(error.contains("nothing can be pasted"), "{}", error);
            prop_assert_eq!(fs::read(&path).unwrap(), before);
            return Ok(());
        }
        let lengths = |folder: &Folder| -> Vec<u64> {
            names(folder.at("").as_path()).iter().map(|name| fs::metadata(folder.at(name)).unwrap().len()).collect()
        };
        let (before, long) = (reader.read().unwrap(), lengths(&folder));
        let pasted = noise(&Header { region, ..head.clone() }, seed);
        let mut paste = paste.unwrap();
        paste.write_region(pasted.view(), &region).unwrap();
        paste.write_region(pasted.view(), &region).unwrap(); // as often as wanted
        paste.finish().unwrap();
        prop_assert_eq!(lengths(&folder), long);
        let after = read(&path).unwrap();
        prop_assert_eq!(after.header(), before.header());
        prop_assert_eq!(after.metadata(), before.metadata());
        prop_assert_eq!(bytes(&part(&after, &region)), bytes(&pasted));
        // What is not of the region is as before.
        let mut restore = Writer::paste(&path, &head, &Metadata::default(), &plain()).unwrap();
        restore.write_region(part(&before, &region).view(), &region).unwrap();
        restore.finish().unwrap();
        prop_assert_eq!(bytes(&read(&path).unwrap()), bytes(&before));
        prop_assert_eq!(bytes(&before), stored.region(&head.region));
    }
}

#[test]
fn a_file_that_is_not_finished_does_not_appear() {
    for ending in CONTAINERS {
        let folder = Folder::new();
        let path = folder.at(&format!("x.{ending}"));
        let head = header(PixelType::U8, &[4, 6]);
        let slab = noise(&header(PixelType::U8, &[4, 2]), 1);
        for old in [false, true] {
            if old {
                write(&noise(&head, 7), &path, &plain()).unwrap();
            }
            let before: Vec<_> = names(folder.at("").as_path())
                .iter()
                .map(|name| (name.clone(), fs::read(folder.at(name)).unwrap()))
                .collect();
            let unchanged = || {
                let now: Vec<_> = names(folder.at("").as_path())
                    .iter()
                    .map(|name| (name.clone(), fs::read(folder.at(name)).unwrap()))
                    .collect();
                assert_eq!(now, before);
            };
            let begun = || {
                let mut writer = Writer::create(&path, &head, &Metadata::default(), &plain()).unwrap();
                writer.write_region(slab.view(), &region(&[0, 2], &[4, 2])).unwrap();
                writer
            };
            drop(begun());
            unchanged();
            let error = begun().finish().unwrap_err();
            assert!(matches!(&error, Error::Unwritable { .. }), "{error:?}");
            assert!(error.to_string().contains("16 of 24 pixels were not written"), "{error}");
            unchanged();
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_and_the_writer_goes_on() {
    let folder = Folder::new();
    let path = folder.at("x.mha");
    let head = Header { region: region(&[10, 20], &[4, 6]), ..header(PixelType::U8, &[4, 6]) };
    let mut writer = Writer::create(&path, &head, &Metadata::default(), &plain()).unwrap();
    assert_eq!(writer.header(), &head);
    let slab = |rows: usize| noise(&header(PixelType::U8, &[4, rows]), 3);
    writer.write_region(slab(3).view(), &region(&[10, 22], &[4, 3])).unwrap();
    for outside in [region(&[10, 25], &[4, 2]), region(&[0, 0], &[4, 2]), region(&[9, 20], &[4, 2])] {
        let error = writer.write_region(slab(2).view(), &outside).unwrap_err();
        assert!(matches!(error, Error::InvalidRequestedRegion { .. }), "{error:?}");
    }
    for again in [region(&[10, 20], &[4, 3]), region(&[12, 24], &[1, 1])] {
        let pixels = noise(&header(PixelType::U8, again.size()), 3);
        let error = writer.write_region(pixels.view(), &again).unwrap_err();
        assert!(
            error.to_string().contains("region must be without pixels that were written before"),
            "{error}"
        );
    }
    let top = region(&[10, 20], &[4, 2]);
    let error = writer.write_region(slab(1).view(), &top).unwrap_err();
    assert!(error.to_string().contains("must be [4, 2], got [4, 1]"), "{error}");
    let other = noise(&header(PixelType::I8, &[4, 2]), 3);
    let error = writer.write_region(other.view(), &top).unwrap_err();
    assert!(matches!(error, Error::PixelType { got: PixelType::I8, .. }), "{error:?}");
    let token = CancelToken::new();
    token.cancel();
    let error =
        writer.write_region_with(slab(2).view(), &top, &Context::default().cancel(token)).unwrap_err();
    assert!(matches!(&error, Error::Aborted { filter } if filter == "write"), "{error:?}");
    writer.write_region(slab(2).view(), &top).unwrap();
    writer.write_region(slab(0).view(), &region(&[10, 22], &[4, 0])).unwrap();
    writer.write_region(slab(1).view(), &region(&[10, 25], &[4, 1])).unwrap();
    writer.finish().unwrap();
    assert_eq!(bytes(&read(&path).unwrap()), [bytes(&slab(2)), bytes(&slab(3)), bytes(&slab(1))].concat());
}

#[test]
fn what_needs_all_pixels_at_once_is_refused() {
    let folder = Folder::new();
    let head = header(PixelType::U8, &[4, 6]);
    for (name, options) in [
        ("x.png", plain()),
        ("x.mha", plain().compress(true)),
        ("x.mhd", plain().compress(true)),
        ("x.nrrd", plain().compress(true)),
        ("x.nhdr", plain().compress(true)),
    ] {
        let error = Writer::create(folder.at(name), &head, &Metadata::default(), &options).unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
        assert!(error.to_string().contains("cannot be written by regions; "), "{error}");
        let error = Writer::paste(folder.at(name), &head, &Metadata::default(), &options).unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
    }
    for (name, head) in [
        ("x.tif", head.clone()),
        ("x.mha", header(PixelType::F16, &[4, 6])),
        ("x.mha", header(PixelType::U8, &[4, 0])),
        ("x.mha", header(PixelType::F64, &[1 << 31, 1 << 31])),
    ] {
        Writer::create(folder.at(name), &head, &Metadata::default(), &plain()).unwrap_err();
        Writer::paste(folder.at(name), &head, &Metadata::default(), &plain()).unwrap_err();
    }
    assert!(names(folder.at("").as_path()).is_empty());
}

#[test]
fn a_paste_into_another_image_is_refused() {
    let folder = Folder::new();
    let geometry = Geometry::new(&[0.5, 2.0], &[-10.1, 1e6], &[0.0, 1.0, -1.0, 0.0]).unwrap();
    let head = Header { geometry: geometry.clone(), ..header(PixelType::I16, &[4, 6]) };
    for ending in CONTAINERS {
        let path = folder.at(&format!("x.{ending}"));
        write(&noise(&head, 1), &path, &plain()).unwrap();
        let before = fs::read(&path).unwrap();
        let moved = geometry.clone().with_origin(&[-10.1, 1e6 + 1e-5]).unwrap();
        let finer = geometry.clone().with_spacing(&[0.5, 2.00001]).unwrap();
        let turned = geometry.clone().with_direction(&[0.0, 1.0, -1.0, 1e-5]).unwrap();
        for (other, says) in [
            (
                Header { pixel_type: PixelType::U16, ..head.clone() },
                "1 components of int16, not 1 components of uint16",
            ),
            (head.clone().with_components(PixelKind::Vector, 2).unwrap(), "1 components of int16, not 2"),
            (
                Header { geometry: geometry.clone(), ..header(PixelType::I16, &[4, 7]) },
                "the size (xyz) [4, 6], not [4, 7]",
            ),
            (header(PixelType::I16, &[4, 6, 1]), "the size (xyz) [4, 6], not [4, 6, 1]"),
            (Header { geometry: moved, ..head.clone() }, "origin"),
            (Header { geometry: finer, ..head.clone() }, "spacing"),
            (Header { geometry: turned, ..head.clone() }, "direction"),
            (Header { region: region(&[1, 0], &[4, 6]), ..head.clone() }, "origin"),
        ] {
            let error = Writer::paste(&path, &other, &Metadata::default(), &plain()).unwrap_err();
            assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
            assert!(error.to_string().contains("nothing can be pasted as the file has"), "{error}");
            assert!(error.to_string().contains(says), "{ending}: {error}");
        }
        // The same place, said with another start index.
        let first = geometry.index_to_physical(&[-3, -2]);
        let elsewhere = Header {
            geometry: geometry.clone().with_origin(&first).unwrap(),
            region: region(&[3, 2], &[4, 6]),
            ..head.clone()
        };
        let mut paste = Writer::paste(&path, &elsewhere, &Metadata::default(), &plain()).unwrap();
        let one: AnyImage = Image::from_vec(&[1, 1], vec![4321i16]).unwrap().into();
        paste.write_region(one.view(), &region(&[4, 4], &[1, 1])).unwrap();
        paste.finish().unwrap();
        let AnyImage::I16(image) = read(&path).unwrap() else { panic!() };
        assert_eq!(image.pixel(&[1, 2]).unwrap(), 4321);
        if ending.len() == 3 && ending != "mhd" {
            assert_ne!(fs::read(&path).unwrap(), before);
        }
    }
}

#[test]
fn a_paste_into_no_file_makes_one_of_zeros_around_it() {
    let folder = Folder::new();
    let head = header(PixelType::U16, &[3, 4]);
    for ending in CONTAINERS {
        let path = folder.at(&format!("x.{ending}"));
        let begun = || {
            let mut paste = Writer::paste(&path, &head, &Metadata::default(), &plain()).unwrap();
            let two = Image::from_vec(&[1, 2], vec![7u16, 8]).unwrap();
            paste.write_region(two.view(), &region(&[1, 1], &[1, 2])).unwrap();
            paste
        };
        drop(begun());
        assert!(!path.exists());
        begun().finish().unwrap();
        let AnyImage::U16(image) = read(&path).unwrap() else { panic!() };
        assert_eq!(image.to_vec(), [0, 0, 0, 0, 7, 0, 0, 8, 0, 0, 0, 0]);
    }
}

#[test]
fn a_paste_into_files_that_are_too_short_or_missing_is_refused() {
    let folder = Folder::new();
    let stored = Stored {
        way: Way::MhdPattern,
        pixel_type: PixelType::U16,
        size: vec![3, 2, 4],
        components: 0,
        at: 0,
        big_endian: true,
        seed: 1,
    };
    let path = stored.put(&folder);
    let head = open(&path).unwrap().header().clone();
    fs::write(folder.at("x009.raw"), b"short").unwrap();
    let error = Writer::paste(&path, &head, &Metadata::default(), &plain()).unwrap_err();
    assert!(error.to_string().contains("has 5 bytes of pixels"), "{error}");
    fs::remove_file(folder.at("x009.raw")).unwrap();
    assert!(matches!(Writer::paste(&path, &head, &Metadata::default(), &plain()), Err(Error::Io { .. })));
    assert!(!folder.at("x009.raw").exists());
}

#[test]
fn writing_tells_its_progress_and_ends_when_it_is_cancelled() {
    let folder = Folder::new();
    let volume = noise(&header(PixelType::U16, &[512, 512, 32]), 5); // 16 MB
    let AnyImage::U16(slices) = &volume else { panic!() };
    let picture: AnyImage = Image::from_vec(&[4096, 2048], slices.to_vec()).unwrap().into();
    for (name, image, compress) in [
        ("x.mha", &volume, false),
        ("x.nhdr", &volume, false),
        ("x.mha", &volume, true),
        ("x.mhd", &volume, true),
        ("x.nrrd", &volume, true),
        ("x.nhdr", &volume, true),
        ("x.png", &picture, false),
    ] {
        let (path, options) = (folder.at(name), plain().compress(compress));
        let told = Mutex::new(Vec::new());
        let progress = |done: f64| told.lock().unwrap().push(done);
        write_with(image, &path, &options, &Context::default().progress(&progress)).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted() && told.len() == 100, "{name}: {told:?}");
        assert_eq!(told.last(), Some(&1.0));

        let before: Vec<_> =
            names(folder.at("").as_path()).iter().map(|name| fs::read(folder.at(name)).unwrap()).collect();
        let (token, cancelled) = (CancelToken::new(), Mutex::new(None));
        let progress = |done: f64| {
            assert!(done < 0.2, "goes on after the cancel");
            cancelled.lock().unwrap().get_or_insert_with(Instant::now);
            token.cancel();
        };
        let context = Context::default().cancel(token.clone()).progress(&progress);
        let error = write_with(image, &path, &options, &context).unwrap_err();
        let waited = cancelled.into_inner().unwrap().unwrap().elapsed();
        assert!(matches!(&error, Error::Aborted { filter } if filter == "write"), "{error:?}");
        assert!(waited < Duration::from_millis(100), "{name}: {waited:?}");
        let after: Vec<_> =
            names(folder.at("").as_path()).iter().map(|name| fs::read(folder.at(name)).unwrap()).collect();
        assert!(after == before, "{name}: nothing new, and the old file stays");
    }
}
