//! Files as the ends of a pipeline: readers and writers that stream.

use std::fs;
use std::path::Path;

use itk_core::events::Event;
use itk_core::pipeline::{self, DataObject, Divisions, Node};
use itk_core::{AnyImage, Apply, Context, Error, Geometry, Header, Image, PixelKind, PixelType, Region};
use itk_filters::{GradientMagnitude, Median};
use itk_io::pipeline::{ImageFileReader, ImageFileWriter, reader, writer};
use itk_io::{WriteOptions, Writer, convert, open, read, read_as, write};

use super::files::Folder;
use super::{CONTAINERS, bytes, header, names, noise};

fn region(index: &[i64], size: &[usize]) -> Region {
    Region::new(index, size).unwrap()
}

fn plain() -> WriteOptions {
    WriteOptions::default()
}

/// A node that reads a file which is written for it.
fn reading(image: &AnyImage, path: &Path, options: &WriteOptions) -> Node {
    write(image, path, options).unwrap();
    reader(ImageFileReader::new(path))
}

#[test]
fn a_reader_reads_what_is_asked_for_where_the_file_allows_it() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::I16, &[7, 6, 5]), 3);
    let (part, whole) = (region(&[1, 2, 3], &[4, 3, 2]), image.header().region);
    let AnyImage::I16(pixels) = &image else { panic!() };
    for (name, compress, buffered) in [
        ("x.mha", false, part),
        ("x.mhd", false, part),
        ("x.nrrd", false, part),
        ("x.nhdr", false, part),
        ("x.mha", true, whole),
        ("x.nrrd", true, whole),
    ] {
        let node = reading(&image, &folder.at(name), &plain().compress(compress));
        let output = node.output();
        output.update_output_information().unwrap();
        assert_eq!(output.header().unwrap(), image.header(), "{name}");
        assert_eq!(output.buffered_region(), None, "no pixels yet");
        output.set_requested_region(part);
        output.update().unwrap();
        assert_eq!(output.buffered_region(), Some(buffered), "{name} {compress}");
        let Some(AnyImage::I16(got)) = output.image() else { panic!() };
        assert_eq!(got.to_vec(), pixels.view().region(&buffered).to_vec(), "{name}");
        assert_eq!(*node.output().information().unwrap().metadata.get("ITK_InputFilterName").unwrap(), {
            let reader = if name.contains('n') { "NrrdImageIO" } else { "MetaImageIO" };
            itk_core::MetadataValue::Text(reader.into())
        });
    }
    let node = reader(ImageFileReader::new(folder.at("x.nrrd")).use_streaming(false));
    let path = folder.at("x.nrrd");
    write(&image, &path, &plain()).unwrap();
    node.output().set_requested_region(part);
    node.output().update().unwrap();
    assert_eq!(node.output().buffered_region(), Some(whole));
}

#[test]
fn a_reader_gives_as_many_axes_as_it_is_asked_for() {
    let folder = Folder::new();
    let geometry =
        Geometry::new(&[0.5, 2.0, 3.0], &[10.0, 20.0, 30.0], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0])
            .unwrap();
    let head = Header { geometry, ..header(PixelType::U8, &[4, 3, 2]) };
    let image = noise(&head, 3);
    write(&image, folder.at("x.mha"), &plain()).unwrap();
    // Fewer: the first slice, without the direction.
    let node = reader(ImageFileReader::new(folder.at("x.mha")).rank(2));
    node.update().unwrap();
    let flat = node.output().image().unwrap();
    let expected = Geometry::new(&[0.5, 2.0], &[10.0, 20.0], &[1.0, 0.0, 0.0, 1.0]).unwrap();
    assert_eq!(flat.header(), Header { geometry: expected, ..header(PixelType::U8, &[4, 3]) });
    assert_eq!(bytes(&flat), bytes(&image)[..12]);
    // More: axes of one pixel.
    let node = reader(ImageFileReader::new(folder.at("x.mha")).rank(5));
    node.output().update_output_information().unwrap();
    node.output().set_requested_region(region(&[1, 1, 1, 0, 0], &[2, 1, 1, 1, 1]));
    node.update().unwrap();
    let deep = node.output().header().unwrap();
    assert_eq!(deep.region, region(&[0; 5], &[4, 3, 2, 1, 1]));
    assert_eq!(deep.geometry.spacing(), [0.5, 2.0, 3.0, 1.0, 1.0]);
    assert_eq!(deep.geometry.origin(), [10.0, 20.0, 30.0, 0.0, 0.0]);
    let direction = deep.geometry.direction();
    assert_eq!(direction[..10], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(direction[10..], [0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 1.]);
    assert_eq!(bytes(&node.output().image().unwrap()), bytes(&image)[12 + 4 + 1..12 + 4 + 3]);
    for rank in [0, 7] {
        let error = reader(ImageFileReader::new(folder.at("x.mha")).rank(rank)).update().unwrap_err();
        assert!(matches!(error, Error::Rank { got, .. } if got == rank), "{error:?}");
    }
}

#[test]
fn a_reader_converts_pixels() {
    let folder = Folder::new();
    let floats: AnyImage = Image::from_vec(&[4, 1], vec![300.0f32, -1.0, 2.9, f32::NAN]).unwrap().into();
    let node = reading(&floats, &folder.at("x.mha"), &plain());
    assert_eq!(node.name(), "ImageFileReader");
    let node = reader(ImageFileReader::new(folder.at("x.mha")).pixel_type(PixelType::U8));
    node.update().unwrap();
    // C leaves what does not fit undefined; here it saturates.
    assert_eq!(bytes(&node.output().image().unwrap()), [255, 0, 2, 0]);
    let wide: AnyImage = Image::from_vec(&[1], vec![70_000i32]).unwrap().into();
    write(&wide, folder.at("x.mha"), &plain()).unwrap();
    let node = reader(ImageFileReader::new(folder.at("x.mha")).pixel_type(PixelType::I16));
    node.update().unwrap();
    let Some(AnyImage::I16(cast)) = node.output().image() else { panic!() };
    assert_eq!(cast.to_vec(), [4464]);
    let rgb = header(PixelType::U8, &[5, 4]).with_components(PixelKind::Rgb, 3).unwrap();
    let colour = noise(&rgb, 9);
    write(&colour, folder.at("x.png"), &plain()).unwrap();
    let node = reader(ImageFileReader::new(folder.at("x.png")).pixel_type(PixelType::F32).rank(3));
    node.update().unwrap();
    let grey = node.output().image().unwrap();
    assert_eq!((grey.header().kind, grey.header().region), (PixelKind::Scalar, region(&[0; 3], &[5, 4, 1])));
    assert_eq!(bytes(&grey), bytes(&convert(&colour, PixelType::F32).unwrap()));
}

#[test]
fn a_file_is_read_again_only_when_the_reader_is_modified() {
    let folder = Folder::new();
    let path = folder.at("x.mha");
    let (old, new) = (noise(&header(PixelType::U8, &[6, 6]), 1), noise(&header(PixelType::U8, &[3, 2]), 2));
    let node = reading(&old, &path, &plain());
    let output = node.output();
    output.update().unwrap();
    output.update().unwrap();
    assert_eq!(node.executions(), 1);
    write(&new, &path, &plain()).unwrap();
    output.set_requested_region(region(&[0, 1], &[6, 2]));
    output.update().unwrap();
    assert_eq!(node.executions(), 1, "inside of what there is");
    output.release_data();
    output.update().unwrap();
    assert_eq!(
        bytes(&output.image().unwrap()),
        bytes(&old)[6..18],
        "pixels of the file whose header was read"
    );
    node.modified().unwrap();
    node.update_largest_possible_region().unwrap();
    assert_eq!(bytes(&output.image().unwrap()), bytes(&new));
}

#[test]
fn an_error_is_raised_as_long_as_its_cause_stands() {
    let folder = Folder::new();
    let path = folder.at("x.mha");
    let node = reader(ImageFileReader::new(&path));
    let median = pipeline::filter(Median::new(1), node.output());
    for _ in 0..2 {
        let Err(Error::Io { source, .. }) = median.update() else {
            panic!("ITK is silent from the second time on")
        };
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    }
    let image = noise(&header(PixelType::U8, &[6, 6]), 1);
    write(&image, &path, &plain()).unwrap();
    median.update().unwrap();
    assert_eq!(median.output().header().unwrap(), image.header());
    let copy = folder.at("no/copy.mha");
    let sink = writer(ImageFileWriter::new(&copy), median.output());
    for _ in 0..2 {
        assert!(matches!(sink.update(), Err(Error::Io { action: "write", .. })));
    }
    fs::create_dir(folder.at("no")).unwrap();
    sink.update().unwrap();
    assert!(copy.exists());
    for (path, says) in [("x.tif", "its name must end"), ("x.png", "2 axes")] {
        let volume = DataObject::from(noise(&header(PixelType::U8, &[3, 3, 3]), 1));
        let sink = writer(ImageFileWriter::new(folder.at(path)), &volume);
        let error = sink.update().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = Node::new(ImageFileWriter::new(copy)).update().unwrap_err();
    assert_eq!(error.to_string(), "ImageFileWriter: Input Primary is required but not set.");
}

/// What the two filters make of a file, at once.
fn expected(image: &AnyImage) -> AnyImage {
    let smooth = Median::new(1).apply_any(image, &Context::default()).unwrap();
    GradientMagnitude::new().apply_any(&smooth, &Context::default()).unwrap()
}

#[test]
fn a_chain_streams_from_file_to_file_with_the_same_result() {
    let folder = Folder::new();
    let geometry = Geometry::identity(3).unwrap().with_spacing(&[0.7, 0.8, 2.5]).unwrap();
    let head = Header { geometry, ..header(PixelType::U16, &[61, 50, 43]) };
    let image = noise(&head, 17);
    let at_once = folder.at("once.mha");
    write(&expected(&image), &at_once, &plain()).unwrap();
    for (from, to) in [("a.mha", "b.mha"), ("a.nhdr", "b.mha"), ("a.mhd", "b.mha")] {
        let source = reading(&image, &folder.at(from), &plain());
        let median = pipeline::filter(Median::new(1), source.output());
        let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
        for (divisions, pieces) in [(1, 1), (2, 2), (7, 7), (20, 15), (43, 43), (1000, 43)] {
            let sink = ImageFileWriter::new(folder.at(to)).divisions(Divisions::Number(divisions));
            let before = gradient.executions();
            gradient.modified().unwrap();
            median.modified().unwrap();
            source.modified().unwrap();
            writer(sink, gradient.output()).update().unwrap();
            assert_eq!(gradient.executions() - before, pieces, "{divisions}");
            let mut same = fs::read(folder.at(to)).unwrap() == fs::read(&at_once).unwrap();
            // Metadata say which reader it was.
            same |= bytes(&read(folder.at(to)).unwrap()) == bytes(&read(&at_once).unwrap());
            assert!(same, "{from} {divisions}");
            assert_eq!(open(folder.at(to)).unwrap().header(), open(&at_once).unwrap().header());
        }
    }
}

#[test]
fn a_memory_budget_makes_as_many_pieces_as_it_takes() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::U8, &[32, 32, 64]), 17);
    let source = reading(&image, &folder.at("a.mha"), &plain());
    let median = pipeline::filter(Median::new(1), source.output());
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    let all = 64 * 1024 * (1 + 1 + 4);
    for memory in [2 * all, all / 3, all / 10, all / 6 - 1000] {
        for node in [&source, median.node(), gradient.node()] {
            node.modified().unwrap();
            node.output().release_data();
        }
        let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let nodes = [source.clone(), median.node().clone(), gradient.node().clone()];
        let (seen, watched) = (most.clone(), nodes.clone());
        let sink = writer(
            ImageFileWriter::new(folder.at("b.mha")).divisions(Divisions::Memory(memory)),
            gradient.output(),
        );
        sink.add_observer(Event::Progress, move |_| {
            let held =
                watched.iter().filter_map(|node| node.output().image()).map(|image| bytes(&image).len());
            let bytes = held.sum();
            seen.fetch_max(bytes, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        });
        let before = gradient.executions();
        sink.update().unwrap();
        let (pieces, most) =
            (gradient.executions() - before, most.load(std::sync::atomic::Ordering::Relaxed));
        assert!(most as u64 <= memory - memory / 8, "{memory}: {most}");
        assert_eq!(pieces == 1, memory >= 2 * all, "{memory}: {pieces}");
        assert!(pieces <= 5 * all / memory + 1, "{memory}: {pieces} pieces, more than it takes");
        assert_eq!(bytes(&read(folder.at("b.mha")).unwrap()), bytes(&expected(&image)));
    }
    fs::remove_file(folder.at("b.mha")).unwrap();
    // The smallest of pieces takes more; and compressed files are not written in pieces.
    let tiny =
        writer(ImageFileWriter::new(folder.at("b.mha")).divisions(Divisions::Memory(100)), gradient.output());
    let packed = ImageFileWriter::new(folder.at("b.mha"))
        .options(plain().compress(true))
        .divisions(Divisions::Memory(all / 2));
    for sink in [tiny, writer(packed, gradient.output())] {
        let error = sink.update().unwrap_err();
        assert!(error.to_string().contains("memory must be"), "{error}");
        assert!(!folder.at("b.mha").exists());
    }
}

#[test]
fn a_writer_writes_at_each_update() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::U8, &[6, 6]), 1);
    for (name, compress) in CONTAINERS.iter().map(|e| (format!("y.{e}"), false)).chain([
        ("y.mha".into(), true),
        ("y.nrrd".into(), true),
        ("y.png".into(), false),
    ]) {
        let source = reading(&image, &folder.at("x.mha"), &plain());
        let options = plain().compress(compress);
        let sink = ImageFileWriter::new(folder.at(&name)).options(options).divisions(Divisions::Number(3));
        let sink = writer(sink, source.output());
        for _ in 0..2 {
            sink.update().unwrap();
            assert_eq!(bytes(&read(folder.at(&name)).unwrap()), bytes(&image), "{name}");
            fs::remove_file(folder.at(&name)).unwrap();
        }
    }
}

#[test]
fn the_origin_of_a_file_is_where_the_first_pixel_lies() {
    let folder = Folder::new();
    let geometry = Geometry::identity(1).unwrap().with_spacing(&[2.0]).unwrap();
    let head = Header { region: region(&[5], &[4]), geometry, ..header(PixelType::U8, &[4]) };
    let image = DataObject::from(noise(&head, 1));
    let node = writer(ImageFileWriter::new(folder.at("x.mha")).divisions(Divisions::Number(2)), &image);
    node.update().unwrap();
    let stored = open(folder.at("x.mha")).unwrap().header().clone();
    assert_eq!((stored.geometry.origin(), stored.region.index()), (&[10.0][..], &[0][..]));
}

#[test]
fn a_region_is_pasted_and_nothing_else_is_made() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::U16, &[20, 18, 12]), 1);
    let after = expected(&image);
    let part = region(&[3, 2, 4], &[10, 5, 3]);
    for ending in CONTAINERS {
        let path = folder.at(&format!("y.{ending}"));
        let source = reading(&image, &folder.at("x.mha"), &plain());
        let median = pipeline::filter(Median::new(1), source.output());
        let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
        let before = noise(&after.header(), 77);
        write(&before, &path, &plain()).unwrap();
        let paste = ImageFileWriter::new(&path).io_region(part).divisions(Divisions::Number(3));
        writer(paste, gradient.output()).update().unwrap();
        // The last piece with what it needs around it.
        assert_eq!(source.output().buffered_region(), Some(region(&[1, 0, 4], &[14, 9, 5])));
        let mut expected = Writer::paste(&path, &after.header(), &Default::default(), &plain()).unwrap();
        let got = read(&path).unwrap();
        let AnyImage::F32(got) = &got else { panic!() };
        let AnyImage::F32(after) = &after else { panic!() };
        let AnyImage::F32(before) = &before else { panic!() };
        assert_eq!(got.view().region(&part).to_vec(), after.view().region(&part).to_vec());
        expected.write_region(before.view().region(&part), &part).unwrap();
        expected.finish().unwrap();
        let same = read_as::<f32>(&path).unwrap().to_vec().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(same, before.to_vec().iter().map(|v| v.to_bits()).collect::<Vec<_>>(), "nothing else");
        // Into no file: zeros around it.
        names(folder.at("").as_path())
            .iter()
            .filter(|n| n.starts_with('y'))
            .for_each(|n| fs::remove_file(folder.at(n)).unwrap());
        writer(ImageFileWriter::new(&path).io_region(part), gradient.output()).update().unwrap();
        let fresh = read_as::<f32>(&path).unwrap();
        assert_eq!(fresh.view().region(&part).to_vec(), after.view().region(&part).to_vec());
        let others = fresh.to_vec().iter().filter(|value| **value != 0.0).count();
        assert!(others <= part.pixels());
    }
    let source = reader(ImageFileReader::new(folder.at("x.mha")));
    for outside in [region(&[3, 2, 10], &[1, 1, 3]), region(&[0, 0], &[1, 1])] {
        let sink = ImageFileWriter::new(folder.at("y.mha")).io_region(outside);
        let error = writer(sink, source.output()).update().unwrap_err();
        assert!(matches!(error, Error::InvalidRequestedRegion { .. }), "{error:?}");
    }
    let sink = ImageFileWriter::new(folder.at("z.png")).io_region(part);
    let flat = DataObject::from(noise(&header(PixelType::U8, &[20, 18, 1]), 1));
    let error = writer(sink.io_region(region(&[0; 3], &[2, 2, 1])), &flat).update().unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error:?}");
}

#[test]
fn an_abort_leaves_no_file_and_the_next_update_works() {
    let folder = Folder::new();
    let image = noise(&header(PixelType::U8, &[64, 64, 40]), 1);
    for (name, compress) in [("y.mha", false), ("y.nhdr", false), ("y.mha", true)] {
        let source = reading(&image, &folder.at("x.mha"), &plain());
        let sink = ImageFileWriter::new(folder.at(name)).options(plain().compress(compress));
        let sink = writer(sink.divisions(Divisions::Number(10)), source.output());
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = told.clone();
        let tag = sink.add_observer(Event::Any, move |notice| {
            log.lock().unwrap().push((notice.event, notice.progress));
            if let (Event::Progress, Some(node), 0.3..) = (notice.event, notice.caller, notice.progress) {
                node.set_abort_generate_data(true)?;
            }
            Ok(())
        });
        for _ in 0..2 {
            let error = sink.update().unwrap_err();
            assert!(matches!(&error, Error::Aborted { filter } if filter == "ImageFileWriter"), "{error:?}");
            let names = names(folder.at("").as_path());
            assert!(names.iter().all(|name| name.starts_with('x')), "{names:?}");
        }
        sink.remove_observer(tag);
        let events: Vec<Event> = told.lock().unwrap().iter().map(|(event, _)| *event).collect();
        assert!(events.contains(&Event::Abort) && !events.contains(&Event::End), "{events:?}");
        let (log, last) = (told.clone(), told.clone());
        log.lock().unwrap().clear();
        sink.add_observer(Event::Progress, move |notice| {
            log.lock().unwrap().push((notice.event, notice.progress));
            Ok(())
        });
        sink.update().unwrap();
        let told: Vec<f64> = last.lock().unwrap().iter().map(|(_, progress)| *progress).collect();
        assert!(told.is_sorted() && told.first() == Some(&0.0) && told.last() == Some(&1.0), "{told:?}");
        assert!(told.len() <= 103 && (compress || told.len() > 10), "{told:?}");
        assert_eq!(bytes(&read(folder.at(name)).unwrap()), bytes(&image));
        fs::read_dir(folder.at(""))
            .unwrap()
            .for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap());
    }
}
