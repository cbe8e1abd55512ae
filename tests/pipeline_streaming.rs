//! Streaming: pieces, progress, memory, abort; sinks that fetch their input.

use std::sync::{Arc, Mutex};

use itk_core::events::Event;
use itk_core::pipeline::{self, Divisions, Inputs, Node, Process, Run, Streaming};
use itk_core::{AnyImage, Error, Header, Image, PixelKind, PixelType, Region, Result, Splitter};
use itk_filters::{Apply, GradientMagnitude, Median};
use itk_tests::graph::{Log, Virtual, part};

use super::{bytes, region};

/// A source, a median and a gradient, streamed, and what the source made.
fn streamed(size: &[usize], streaming: Streaming) -> (Vec<Node>, Node, Log) {
    let (source, made) = Virtual::node(PixelType::U8, size);
    let median = pipeline::filter(Median::new(1), source.output());
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    let node = pipeline::streaming(streaming, gradient.output());
    (vec![source, median.node().clone(), gradient.node().clone()], node, made)
}

fn direct(size: &[usize]) -> Vec<f32> {
    let header = Header::new(PixelType::U8, size).unwrap();
    let image = part(&header, &header.region).unwrap().typed::<u8>().unwrap();
    let smooth = Median::new(1).apply(&image).unwrap();
    let edges: Image<f32> = GradientMagnitude::new().apply(&smooth).unwrap();
    edges.to_vec()
}

fn floats(node: &Node) -> Vec<f32> {
    node.output().image().unwrap().typed::<f32>().unwrap().to_vec()
}

#[test]
fn pieces_give_the_whole_and_upstream_keeps_the_last_one() {
    let eight = Streaming::new().divisions(Divisions::Number(8));
    let (nodes, node, made) = streamed(&[12, 32], eight);
    let progress = Arc::new(Mutex::new(Vec::new()));
    let log = progress.clone();
    node.add_observer(Event::Progress, move |notice| {
        log.lock().unwrap().push(notice.progress);
        Ok(())
    });
    let updates = Arc::new(Mutex::new(0));
    let count = updates.clone();
    nodes[2].add_observer(Event::Start, move |_| {
        *count.lock().unwrap() += 1;
        Ok(())
    });
    node.update().unwrap();
    assert_eq!(floats(&node), direct(&[12, 32]));
    assert_eq!(*progress.lock().unwrap(), [0.0, 0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0]);
    assert_eq!(*updates.lock().unwrap(), 8);
    assert_eq!(nodes[2].output().buffered_region(), Some(region(&[0, 28], &[12, 4])));
    assert_eq!(nodes[0].output().buffered_region(), Some(region(&[0, 26], &[12, 6])));
    // Each piece and its halo of two rows, nothing more.
    let rows: Vec<_> = made.lock().unwrap().iter().map(|r| (r.index()[1], r.size()[1])).collect();
    assert_eq!(rows, [(0, 6), (2, 8), (6, 8), (10, 8), (14, 8), (18, 8), (22, 8), (26, 6)]);
    node.update().unwrap();
    assert_eq!(made.lock().unwrap().len(), 8, "a second update runs nothing");
}

#[test]
fn ten_pieces_are_the_default_and_fewer_where_the_splitter_makes_fewer() {
    for (size, streaming, expected) in [
        (vec![4, 30], Streaming::new(), 10),
        (vec![20, 16], Streaming::new(), 8),
        (vec![10, 11], Streaming::new().splitter(Splitter::Multidimensional), 9),
        (vec![7], Streaming::new(), 7),
        (vec![9, 5, 1], Streaming::new().splitter(Splitter::Direction(1)), 9),
    ] {
        let (nodes, node, _) = streamed(&size, streaming);
        node.update().unwrap();
        assert_eq!(nodes[2].executions(), expected, "{size:?}");
        assert_eq!(floats(&node), direct(&size), "{size:?}");
    }
}

#[test]
fn a_part_is_streamed_as_a_part() {
    let (_nodes, node, made) = streamed(&[12, 32], Streaming::new().divisions(Divisions::Number(2)));
    node.output().set_requested_region(region(&[3, 8], &[4, 6]));
    node.update().unwrap();
    assert_eq!(*made.lock().unwrap(), [region(&[1, 6], &[8, 7]), region(&[1, 9], &[8, 7])]);
    let whole = direct(&[12, 32]);
    let expected: Vec<f32> = (8..14).flat_map(|y| whole[y * 12 + 3..y * 12 + 7].to_vec()).collect();
    assert_eq!(floats(&node), expected);
}

#[test]
fn pixels_of_several_components_are_streamed() {
    let header = Header::new(PixelType::U8, &[5, 6]).unwrap().with_components(PixelKind::Rgb, 3).unwrap();
    let mut image = Image::<u8>::zeroed(&header).unwrap();
    image.as_mut_slice().unwrap().unwrap().iter_mut().zip(0..).for_each(|(pixel, i)| *pixel = i);
    for splitter in [Splitter::SlowDimension, Splitter::Multidimensional] {
        let streaming = Streaming::new().divisions(Divisions::Number(7)).splitter(splitter);
        let node = pipeline::streaming(streaming, image.clone());
        node.update().unwrap();
        assert_eq!(bytes(&node.output()), image.to_vec());
    }
}

#[test]
fn an_abort_between_pieces_is_an_error() {
    let (nodes, node, made) = streamed(&[12, 32], Streaming::new().divisions(Divisions::Number(8)));
    let tag = node.add_observer(Event::Progress, |notice| {
        if notice.progress > 0.3 { notice.caller.unwrap().set_abort_generate_data(true) } else { Ok(()) }
    });
    let ended = Arc::new(Mutex::new(Vec::new()));
    let log = ended.clone();
    node.add_observer(Event::Any, move |notice| {
        log.lock().unwrap().push(notice.event);
        Ok(())
    });
    for _ in 0..2 {
        let before = made.lock().unwrap().len();
        assert!(matches!(node.update().unwrap_err(), Error::Aborted { .. }));
        assert_eq!(made.lock().unwrap().len() - before, 4, "the abort comes after the fourth piece");
        assert!(node.output().image().is_none());
        let mut ended = ended.lock().unwrap();
        ended.retain(|event| *event != Event::Modified);
        assert_eq!(ended.last(), Some(&Event::Abort));
        assert!(!ended.contains(&Event::End));
    }
    node.remove_observer(tag);
    node.update().unwrap();
    assert_eq!(floats(&node), direct(&[12, 32]));
    drop(nodes);
}

#[test]
fn an_abort_upstream_ends_the_stream() {
    let (nodes, node, _) = streamed(&[12, 32], Streaming::new());
    let tag = nodes[1].add_observer(Event::Progress, |n| n.caller.unwrap().set_abort_generate_data(true));
    let error = node.update().unwrap_err();
    assert_eq!(error.to_string(), "Object median: AbortGenerateDataOn");
    nodes[1].remove_observer(tag);
    node.update().unwrap();
    assert_eq!(floats(&node), direct(&[12, 32]));
}

/// The pieces that a sink has fetched, and their pixels.
type Taken = Arc<Mutex<Vec<(Region, Vec<f32>)>>>;

/// Fetches its input in pieces and keeps them, as a writer would write them.
struct Sink {
    divisions: Divisions,
    taken: Taken,
}

impl Process for Sink {
    fn name(&self) -> &str {
        "sink"
    }
    fn number_of_outputs(&self) -> usize {
        0
    }
    fn pulls_inputs(&self) -> bool {
        true
    }
    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<pipeline::Information>> {
        Ok(Vec::new())
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let whole = run.input_information(0)?.header.region;
        let pieces = run.pieces(0, &whole, self.divisions, Splitter::SlowDimension, 0)?;
        for (i, piece) in pieces.iter().enumerate() {
            let AnyImage::F32(image) = run.pull(0, piece)? else { panic!("f32 pixels") };
            let inside = image.view().region(&piece.relative_to(image.buffered_region()));
            self.taken.lock().unwrap().push((*piece, inside.to_vec()));
            run.update_progress((i + 1) as f64 / pieces.len() as f64)?;
        }
        Ok(())
    }
}

#[test]
fn a_sink_runs_each_time_and_fetches_what_it_needs() {
    let (source, made) = Virtual::node(PixelType::U8, &[12, 32]);
    let gradient = pipeline::filter(GradientMagnitude::new(), source.output());
    let taken = Taken::default();
    let sink = Node::new(Sink { divisions: Divisions::Number(4), taken: taken.clone() });
    sink.set_input(0, gradient.output()).unwrap();
    for round in 1..=2 {
        sink.update().unwrap();
        assert_eq!((sink.executions(), taken.lock().unwrap().len()), (round, 4 * round as usize));
    }
    assert_eq!(made.lock().unwrap().len(), 8);
    let pixels: Vec<f32> = taken.lock().unwrap()[..4].iter().flat_map(|(_, pixels)| pixels.clone()).collect();
    gradient.update_largest_possible_region().unwrap();
    assert_eq!(pixels, floats(&gradient));
    sink.update().unwrap();
    assert_eq!(made.lock().unwrap().len(), 9, "what is there is not made again");
}

#[test]
fn a_memory_budget_is_kept_and_one_that_cannot_be_is_refused() {
    let size = [64, 64, 200];
    let budget = 1_200_000;
    // Held at once: a piece of the source and of the median (1 byte a pixel) and of the gradient (4).
    let largest = Arc::new(Mutex::new(0));
    let (source, made) = Virtual::node(PixelType::U8, &size);
    let median = pipeline::filter(Median::new(1), source.output());
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    let watched = [source.output(), median.output(), gradient.output()];
    let peak = largest.clone();
    gradient.add_observer(Event::End, move |_| {
        let held = |data: &pipeline::DataObject| {
            let bytes = data.header().unwrap().pixel_type.size();
            data.buffered_region().map_or(0, |region| region.pixels() * bytes)
        };
        let held: usize = watched.iter().map(held).sum();
        let mut peak = peak.lock().unwrap();
        *peak = held.max(*peak);
        Ok(())
    });
    let taken = Taken::default();
    let sink = Node::new(Sink { divisions: Divisions::Memory(budget), taken: taken.clone() });
    sink.set_input(0, gradient.output()).unwrap();
    sink.update().unwrap();
    let peak = *largest.lock().unwrap() as u64;
    assert!(peak <= budget && peak > budget / 2, "{peak}");
    assert!((4..40).contains(&made.lock().unwrap().len()));
    // One pixel and its halos: 25 of the source in its plane of 5, and so on; far more than 100 bytes.
    let sink = Node::new(Sink { divisions: Divisions::Memory(100), taken });
    sink.set_input(0, gradient.output()).unwrap();
    let error = sink.update().unwrap_err().to_string();
    assert!(error.starts_with("streaming: memory must be at least"), "{error}");
    // Thin pieces are cut along other axes, too.
    let (_nodes, node, made) = streamed(&[64, 64, 2], Streaming::new().divisions(Divisions::Memory(45_000)));
    node.update().unwrap();
    assert!(made.lock().unwrap().iter().any(|r| r.size()[0] < 64 || r.size()[1] < 64));
    assert_eq!(floats(&node), direct(&[64, 64, 2]));
}

#[test]
fn a_stream_and_a_direct_user_share_a_source() {
    let (source, made) = Virtual::node(PixelType::U8, &[12, 32]);
    let median = pipeline::filter(Median::new(1), source.output());
    let streaming = pipeline::streaming(Streaming::new(), median.output());
    struct Difference;
    impl Process for Difference {
        fn name(&self) -> &str {
            "difference"
        }
        fn number_of_required_inputs(&self) -> usize {
            2
        }
        fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
            let (one, two) = (run.input(0)?, run.input(1)?);
            let (one, two) = (one.typed::<u8>().unwrap(), two.typed::<u8>().unwrap());
            let difference = one.to_vec().iter().zip(two.to_vec()).map(|(a, b)| a.abs_diff(b)).collect();
            run.set_output(0, Image::from_vec(&[12, 32], difference)?)
        }
    }
    for (first, second) in [(streaming.output(), source.output()), (source.output(), streaming.output())] {
        let node = Node::new(Difference);
        node.set_input(0, first).unwrap();
        node.set_input(1, second).unwrap();
        made.lock().unwrap().clear();
        for data in [source.output(), median.output(), streaming.output()] {
            data.set_release_data_flag(true);
        }
        source.modified().unwrap();
        node.update().unwrap();
        let header = Header::new(PixelType::U8, &[12, 32]).unwrap();
        let image = part(&header, &header.region).unwrap().typed::<u8>().unwrap();
        let smooth = Median::new(1).apply(&image).unwrap().to_vec();
        let expected: Vec<u8> = image.to_vec().iter().zip(smooth).map(|(a, b)| a.abs_diff(b)).collect();
        assert_eq!(bytes(&node.output()), expected);
        assert_eq!(made.lock().unwrap().len(), 1, "the whole source is made for the direct user, once");
    }
}
