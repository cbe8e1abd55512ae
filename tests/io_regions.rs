//! Reading by regions: equal to the region of the whole, and no more than is needed.

use std::fs::{self, File, OpenOptions};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use itk_core::{
    AnyImage, AnyViewMut, CancelToken, Context, Error, Header, Image, Pixel, PixelType, Region, VisitType,
};
use itk_io::{Reader, WriteOptions, open, read, read_with, write};
use proptest::prelude::*;

use super::files::Folder;
use super::stored::{Stored, Way, any_stored};
use super::{bytes, header, noise};

fn region(index: &[i64], size: &[usize]) -> Region {
    Region::new(index, size).unwrap()
}

/// Reads a region into memory that was full of something else.
fn read_into(reader: &Reader, region: &Region) -> Result<AnyImage, Error> {
    struct Into<'a>(&'a Reader, &'a Region);
    impl VisitType for Into<'_> {
        type Out = Result<AnyImage, Error>;
        fn visit<T: Pixel>(self) -> Self::Out {
            let header = Header { region: *self.1, ..self.0.header().clone() };
            let mut image = noise(&header, 99).typed::<T>().unwrap();
            self.0.read_region_into(self.1, image.view_mut()?.into(), &Context::default())?;
            Ok(T::erase(image))
        }
    }
    reader.header().pixel_type.visit(Into(reader, region))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_region_of_any_file_is_that_of_the_whole((stored, region) in any_stored()) {
        let folder = Folder::new();
        let reader = open(stored.put(&folder)).unwrap();
        prop_assert_eq!(reader.is_streamable(), stored.way.is_raw());
        prop_assert_eq!(reader.header().region.size(), &stored.size[..]);
        prop_assert_eq!(reader.header().components, stored.components.max(1));
        let whole = reader.header().region;
        prop_assert_eq!(bytes(&reader.read().unwrap()), stored.region(&whole));
        let part = reader.read_region(&region).unwrap();
        prop_assert_eq!(part.header(), Header { region, ..reader.header().clone() });
        prop_assert_eq!(part.metadata(), reader.metadata());
        let expected = stored.region(&region);
        prop_assert_eq!(bytes(&part), &expected[..]);
        prop_assert_eq!(bytes(&read_into(&reader, &region).unwrap()), expected);
        let enlarged = if stored.way.is_raw() { region } else { whole };
        prop_assert_eq!(reader.streamable_region(&region), enlarged);
    }
}

#[test]
fn regions_larger_than_all_buffers() {
    let folder = Folder::new();
    // Rows longer than a chunk, gaps longer and shorter than a page, windows that are cut off in the middle of a run.
    for size in [[300_000, 5, 1], [900, 60, 12], [3000, 30, 4], [7, 900, 40]] {
        let head = header(PixelType::I16, &size);
        let image = noise(&head, 5);
        let path = folder.at("x.nrrd");
        write(&image, &path, &WriteOptions::default()).unwrap();
        let AnyImage::I16(whole) = image else { panic!() };
        let reader = open(&path).unwrap();
        let (x, y, z) = (size[0], size[1], size[2]);
        for part in [
            region(&[0; 3], &size),
            region(&[1, 0, 0], &[x - 1, y, z]),
            region(&[3, 1, 0], &[2, y - 1, z]),
            region(&[0, 2, z as i64 - 1], &[x, 2, 1]),
            region(&[(x / 2) as i64, 0, 0], &[x / 3, y, z]),
        ] {
            let expected: Vec<i16> = whole.view().region(&part).to_vec();
            let AnyImage::I16(got) = reader.read_region(&part).unwrap() else { panic!() };
            assert!(got.to_vec() == expected, "{size:?} {part}");
            let AnyImage::I16(got) = read_into(&reader, &part).unwrap() else { panic!() };
            assert!(got.to_vec() == expected, "{size:?} {part}");
        }
    }
}

#[test]
fn regions_of_png_are_cropped() {
    let folder = Folder::new();
    for kind in [itk_core::PixelKind::Scalar, itk_core::PixelKind::Rgb] {
        let components = kind.fixed_components().unwrap();
        let head = header(PixelType::U16, &[9, 7]).with_components(kind, components).unwrap();
        let (image, path) = (noise(&head, 3), folder.at("x.png"));
        write(&image, &path, &WriteOptions::default()).unwrap();
        let reader = open(&path).unwrap();
        let part = region(&[2, 3], &[4, 2]);
        assert!(!reader.is_streamable() && reader.is_compressed());
        assert_eq!(reader.streamable_region(&part), head.region);
        let row = |y: usize| bytes(&image)[(y * 9 + 2) * 2 * components..][..4 * 2 * components].to_vec();
        let expected = [row(3), row(4)].concat();
        for got in [reader.read_region(&part).unwrap(), read_into(&reader, &part).unwrap()] {
            assert_eq!((bytes(&got), got.header().region), (expected.clone(), part));
        }
    }
}

#[test]
fn what_is_not_inside_is_refused() {
    let folder = Folder::new();
    for ending in ["mha", "nrrd", "png"] {
        let path = folder.at(&format!("x.{ending}"));
        write(&noise(&header(PixelType::U8, &[4, 3]), 1), &path, &WriteOptions::default()).unwrap();
        let reader = open(&path).unwrap();
        for wrong in [
            region(&[1, 0], &[4, 3]),
            region(&[0, -1], &[1, 1]),
            region(&[0, 3], &[1, 1]),
            region(&[i64::MIN, 0], &[1, 1]),
            region(&[0, 0], &[usize::MAX >> 1, 1]),
            region(&[0], &[4]),
            region(&[0, 0, 0], &[4, 3, 1]),
        ] {
            let error = reader.read_region(&wrong).unwrap_err();
            assert!(matches!(error, Error::InvalidRequestedRegion { .. }), "{wrong}: {error}");
        }
        let nothing = region(&[i64::MIN, 7], &[0, 2]);
        let empty = reader.read_region(&nothing).unwrap();
        assert_eq!((empty.header().region, bytes(&empty).len()), (nothing, 0));
        assert!(bytes(&read_into(&reader, &nothing).unwrap()).is_empty());
        let part = region(&[0, 0], &[2, 2]);
        let mut other = Image::<u16>::from_vec(&[2, 2], vec![0; 4]).unwrap();
        let error = reader.read_region_into(&part, other.view_mut().unwrap().into(), &Context::default());
        assert!(matches!(error, Err(Error::PixelType { got: PixelType::U16, .. })), "{error:?}");
        let mut other = Image::<u8>::from_vec(&[2, 3], vec![0; 6]).unwrap();
        let view: AnyViewMut<'_> = other.view_mut().unwrap().into();
        let error = reader.read_region_into(&part, view, &Context::default()).unwrap_err();
        assert!(matches!(error, Error::Size { .. }), "{error:?}");
        assert!(error.to_string().contains("[2, 2], got [2, 3]"), "{error}");
    }
}

#[test]
fn only_the_files_with_a_part_of_the_region_are_needed() {
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
    let reader = open(stored.put(&folder)).unwrap();
    fs::remove_file(folder.at("x007.raw")).unwrap();
    fs::write(folder.at("x013.raw"), b"short").unwrap();
    let middle = region(&[1, 0, 1], &[2, 2, 2]);
    assert_eq!(bytes(&reader.read_region(&middle).unwrap()), stored.region(&middle));
    let Err(Error::Io { path, source, .. }) = reader.read_region(&region(&[0, 0, 0], &[1, 1, 2])) else {
        panic!()
    };
    assert_eq!((path, source.kind()), (folder.at("x007.raw"), std::io::ErrorKind::NotFound));
    let Err(Error::Malformed { reason, .. }) = reader.read_region(&region(&[0, 0, 3], &[1, 1, 1])) else {
        panic!()
    };
    assert!(reason.contains("has 5 bytes of pixels"), "{reason}");
}

#[test]
fn headers_that_lie_get_no_memory() {
    let folder = Folder::new();
    // Petabytes are announced: a region of terabytes is refused by the length of the file.
    let meta =
        "NDims = 3\nDimSize = 100000 100000 100000\nElementType = MET_DOUBLE\nElementDataFile = LOCAL\n";
    let nrrd =
        "NRRD0004\ntype: double\ndimension: 3\nsizes: 100000 100000 100000\nendian: little\nencoding: ";
    for (name, content) in [
        ("x.mha", meta.to_owned()),
        ("x.nrrd", format!("{nrrd}raw\n\n")),
        ("x.nrrd", format!("{nrrd}gzip\n\n")),
        ("x.nrrd", format!("{nrrd}ascii\n\n")),
        ("x.nrrd", format!("{nrrd}hex\n\n")),
    ] {
        let reader = open(folder.put(name, content + &"1 ".repeat(4000))).unwrap();
        for part in [region(&[0; 3], &[100_000, 100_000, 100]), region(&[0; 3], &[1; 3])] {
            let error = reader.read_region(&part).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{name} {part}: {error:?}");
            assert!(error.to_string().contains("1000000000000000 values"), "{error}");
        }
    }
    // Products beyond 64 bits, in files that are long enough for the piece that is touched.
    let lines = "NDims = 2\nDimSize = 1 60000\nElementType = MET_UCHAR\nElementNumberOfChannels = 9223372036854775807\n";
    let head = format!("{lines}ElementDataFile = a%d.raw 0 59999 1\n");
    let sparse = File::create(folder.at("a0.raw")).unwrap();
    drop(sparse);
    let error = open(folder.put("x.mhd", head)).unwrap().read_region(&region(&[0, 0], &[1, 1])).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
}

#[test]
fn a_file_that_is_too_short_is_refused_wherever_the_region_is() {
    let folder = Folder::new();
    let path = folder.at("x.mha");
    write(&noise(&header(PixelType::U8, &[10, 10]), 1), &path, &WriteOptions::default()).unwrap();
    let reader = open(&path).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 1).unwrap();
    for y in [0, 9] {
        let error = reader.read_region(&region(&[0, y], &[10, 1])).unwrap_err();
        assert!(error.to_string().contains("has 99 bytes of pixels"), "{error}");
    }
}

#[test]
fn a_reader_keeps_its_file() {
    let folder = Folder::new();
    for ending in ["mha", "nrrd", "png"] {
        let path = folder.at(&format!("x.{ending}"));
        let (old, new) =
            (noise(&header(PixelType::U8, &[8, 8]), 1), noise(&header(PixelType::U8, &[8, 9]), 2));
        write(&old, &path, &WriteOptions::default()).unwrap();
        let reader = open(&path).unwrap();
        write(&new, &path, &WriteOptions::default()).unwrap();
        assert_eq!(bytes(&reader.read().unwrap()), bytes(&old), "not half of each");
        assert_eq!(bytes(&read(&path).unwrap()), bytes(&new));
    }
}

#[test]
fn threads_may_share_a_reader() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::U32, &[64, 64, 16]), 8);
    for compress in [false, true] {
        let path = folder.at("x.mha");
        write(&image, &path, &WriteOptions::default().compress(compress)).unwrap();
        let reader = open(&path).unwrap();
        let AnyImage::U32(whole) = &image else { panic!() };
        std::thread::scope(|scope| {
            for z in 0..16 {
                let reader = &reader;
                scope.spawn(move || {
                    let part = region(&[5, 3, z], &[50, 60, 1]);
                    let AnyImage::U32(got) = reader.read_region(&part).unwrap() else { panic!() };
                    assert_eq!(got.to_vec(), whole.view().region(&part).to_vec());
                });
            }
        });
    }
}

/// A file of zeros that takes no room on the disk.
fn sparse(folder: &Folder, size: [usize; 3]) -> std::path::PathBuf {
    let head = format!(
        "NDims = 3\nDimSize = {} {} {}\nElementType = MET_USHORT\nElementDataFile = LOCAL\n",
        size[0], size[1], size[2]
    );
    let path = folder.put("sparse.mha", &head);
    let length = head.len() + 2 * size.iter().product::<usize>();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length as u64).unwrap();
    path
}

/// Bytes that this thread has had from files so far.
#[cfg(target_os = "linux")]
fn bytes_read() -> u64 {
    let counts = fs::read_to_string("/proc/thread-self/io").unwrap();
    counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn only_the_bytes_of_a_region_are_read() {
    let folder = Folder::new();
    let reader = open(sparse(&folder, [4096, 512, 512])).unwrap(); // 2 GB
    // What counting itself reads: texts whose numbers grow by a digit now and then.
    let digits = 16;
    let before = bytes_read();
    let own = bytes_read() - before;
    for (part, most) in [
        // A slab, without a byte more.
        (region(&[0, 0, 100], &[4096, 512, 2]), 4096 * 512 * 2 * 2),
        // Rows of 8 kB: the gap between parts of them is longer than a page.
        (region(&[10, 0, 3], &[500, 512, 2]), 500 * 512 * 2 * 2),
        // Gaps shorter than a page are read, no more.
        (region(&[0, 0, 3], &[4000, 512, 1]), 4096 * 512 * 2),
        (region(&[7, 9, 11], &[1, 1, 1]), 2),
        (region(&[7, 9, 0], &[1, 1, 512]), 2 * 512),
    ] {
        let before = bytes_read();
        reader.read_region(&part).unwrap();
        let read = bytes_read() - before - own;
        let least = 2 * part.pixels() as u64;
        assert!(
            read + digits >= least && read <= most + digits,
            "{part}: {read} bytes, not {least} to {most}"
        );
    }
}

#[test]
fn reading_tells_its_progress_and_ends_when_it_is_cancelled() {
    let folder = Folder::new();
    let raw = sparse(&folder, [1024, 1024, 64]); // 128 MB
    let packed = folder.at("packed.nrrd");
    let flat = folder.at("flat.png");
    let image = read(&raw).unwrap();
    write(&image, &packed, &WriteOptions::default().compress(true)).unwrap();
    let AnyImage::U16(slices) = &image else { panic!() };
    let picture: AnyImage = Image::from_vec(&[8192, 8192], slices.to_vec()).unwrap().into();
    write(&picture, &flat, &WriteOptions::default()).unwrap();
    drop((image, picture));
    for path in [&raw, &packed, &flat] {
        let told = Mutex::new(Vec::new());
        let progress = |done: f64| told.lock().unwrap().push(done);
        read_with(path, &Context::default().progress(&progress)).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted() && (50..=100).contains(&told.len()), "{}: {told:?}", path.display());
        assert_eq!(told.last(), Some(&1.0));

        let (token, cancelled) = (CancelToken::new(), Mutex::new(None));
        let progress = |done: f64| {
            assert!(done < 0.2, "goes on after the cancel");
            cancelled.lock().unwrap().get_or_insert_with(Instant::now);
            token.cancel();
        };
        let context = Context::default().cancel(token.clone()).progress(&progress);
        let error = read_with(path, &context).unwrap_err();
        let waited = cancelled.into_inner().unwrap().unwrap().elapsed();
        assert!(matches!(&error, Error::Aborted { filter } if filter == "read"), "{error:?}");
        assert!(waited < Duration::from_millis(100), "{}: {waited:?}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.at("x.mha"))
        .arg(folder.at("x.raw"))
        .status()
        .unwrap();
    assert!(made.success());
    let head = "NDims = 1\nDimSize = 4\nElementType = MET_UCHAR\nElementDataFile = x.raw\n";
    for path in [folder.at("x.mha"), folder.put("x.mhd", head)] {
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }
}
