//! Random graphs: equal to direct calls bit for bit, every node asked for as little as it has to make, and nothing made
//! twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use itk_core::events::Event;
use itk_core::pipeline::{self, DataObject, Divisions, Node, Process, Request, Run, Streaming};
use itk_core::{
    AnyImage, Apply, Context, Filter, Header, Image, PerAxis, Pixel, PixelType, Region, Result, Splitter,
    Visit,
};
use itk_filters::{GradientMagnitude, Median};
use itk_tests::cases::Random;
use itk_tests::graph::{Virtual, part};
use proptest::prelude::*;

/// The difference of two images of u8, the second of which it takes from up to two pixels away.
struct Difference;

impl Process for Difference {
    fn name(&self) -> &str {
        "difference"
    }
    fn number_of_required_inputs(&self) -> usize {
        2
    }
    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        Ok(padded(&request.requested[0], 2 * input, &request.input_region(input)))
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let region = run.requested_region(0);
        let (one, two) = (run.input(0)?.typed::<u8>().unwrap(), run.input(1)?.typed::<u8>().unwrap());
        let near = padded(&region, 2, &run.input_information(1)?.header.region);
        let inside = |image: &Image<u8>, r: &Region| {
            image.view().region(&r.relative_to(image.buffered_region())).to_vec()
        };
        let pixels = difference(&inside(&one, &region), &inside(&two, &near), (&region, &near));
        let mut out = Image::<u8>::zeroed(&run.output_header(0)?)?;
        out.as_mut_slice()?.unwrap().copy_from_slice(&pixels);
        run.set_output(0, out)
    }
}

/// One minus the largest pixel of the other within two along x.
fn difference(one: &[u8], two: &[u8], (region, near): (&Region, &Region)) -> Vec<u8> {
    let rank = region.rank();
    let mut out = Vec::with_capacity(one.len());
    for (i, &pixel) in one.iter().enumerate() {
        let mut rest = i;
        let mut row = 0;
        let mut pitch = 1;
        let mut x = 0;
        for a in 0..rank {
            let here = region.index()[a] + (rest % region.size()[a]) as i64;
            rest /= region.size()[a];
            if a == 0 {
                x = here;
            } else {
                row += (here - near.index()[a]) as usize * pitch;
            }
            pitch *= near.size()[a];
        }
        let end = near.index()[0] + near.size()[0] as i64;
        let columns = (x - 2).max(near.index()[0])..=(x + 2).min(end - 1);
        let largest = columns.map(|x| two[row + (x - near.index()[0]) as usize]).max().unwrap();
        out.push(pixel.wrapping_sub(largest));
    }
    out
}

fn padded(region: &Region, radius: usize, whole: &Region) -> Region {
    region.pad_by_radius(&[radius; 3][..region.rank()]).crop(whole).unwrap()
}

/// What is at a place in a random graph; numbers are those of inputs.
#[derive(Debug)]
enum Kind {
    Source,
    Median([usize; 3], usize),
    Gradient(usize),
    Difference(usize, usize),
    Copy(usize, Divisions, Splitter),
}

impl Kind {
    /// Inputs, and how far around a pixel each is looked at.
    fn inputs(&self) -> Vec<(usize, [usize; 3])> {
        match *self {
            Self::Source => vec![],
            Self::Median(radius, input) => vec![(input, radius)],
            Self::Gradient(input) => vec![(input, [1; 3])],
            Self::Difference(one, two) => vec![(one, [0; 3]), (two, [2; 3])],
            Self::Copy(input, ..) => vec![(input, [0; 3])],
        }
    }
}

fn divisions(random: &mut Random) -> (Divisions, Splitter) {
    let splitter =
        [Splitter::SlowDimension, Splitter::Multidimensional, Splitter::Direction(0)][random.below(3)];
    (Divisions::Number(1 + random.below(9)), splitter)
}

/// One or two sources, then up to 8 filters; every one is used at least by way of the last.
fn random_graph(random: &mut Random, streams: bool) -> Vec<Kind> {
    let sources = 1 + random.below(2);
    let mut graph: Vec<Kind> = (0..sources).map(|_| Kind::Source).collect();
    for i in 0..1 + random.below(8) {
        // Often the latest, so that chains come about; else any.
        let pick = |random: &mut Random| match random.below(3) {
            0 => random.below(sources + i),
            _ => sources + i - 1,
        };
        graph.push(match random.below(if streams { 5 } else { 4 }) {
            0 => Kind::Gradient(pick(random)),
            1 => Kind::Difference(pick(random), pick(random)),
            4 => {
                let (number, splitter) = divisions(random);
                Kind::Copy(pick(random), number, splitter)
            }
            _ => Kind::Median([random.below(3), random.below(3), random.below(2)], pick(random)),
        });
    }
    graph
}

fn median(radius: &[usize; 3], rank: usize) -> Median {
    Median::new(PerAxis::xyz(&radius[..rank]))
}

fn gradient() -> GradientMagnitude {
    GradientMagnitude::new().pixel_type(PixelType::U8)
}

fn build(graph: &[Kind], size: &[usize]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for kind in graph {
        let output = |i: usize, nodes: &[Node]| nodes[i].output();
        let node = match kind {
            Kind::Source => Virtual::node(PixelType::U8, size).0,
            Kind::Median(radius, input) => {
                pipeline::filter(median(radius, size.len()), output(*input, &nodes)).node().clone()
            }
            Kind::Gradient(input) => pipeline::filter(gradient(), output(*input, &nodes)).node().clone(),
            Kind::Difference(one, two) => {
                let node = Node::new(Difference);
                node.set_input(0, output(*one, &nodes)).unwrap();
                node.set_input(1, output(*two, &nodes)).unwrap();
                node
            }
            Kind::Copy(input, divisions, splitter) => {
                let streaming = Streaming::new().divisions(*divisions).splitter(*splitter);
                pipeline::streaming(streaming, output(*input, &nodes))
            }
        };
        nodes.push(node);
    }
    nodes
}

/// Whole results of direct calls.
fn direct(graph: &[Kind], header: &Header) -> Vec<Vec<u8>> {
    let context = Context::default();
    let mut images: Vec<Image<u8>> = Vec::new();
    let apply = |filter: &dyn Filter, image: &Image<u8>| {
        let image = AnyImage::from(image.clone());
        filter.apply_any(&image, &context).unwrap().typed::<u8>().unwrap()
    };
    for kind in graph {
        images.push(match kind {
            Kind::Source => part(header, &header.region).unwrap().typed::<u8>().unwrap(),
            Kind::Median(radius, i) => apply(&median(radius, header.rank()), &images[*i]),
            Kind::Gradient(i) => apply(&gradient(), &images[*i]),
            Kind::Difference(a, b) => {
                let (one, two) = (images[*a].to_vec(), images[*b].to_vec());
                let pixels = difference(&one, &two, (&header.region, &header.region));
                Image::from_vec(header.region.size(), pixels).unwrap()
            }
            Kind::Copy(i, ..) => images[*i].clone(),
        });
    }
    images.iter().map(Image::to_vec).collect()
}

fn crop(whole: &[u8], size: &[usize], region: &Region) -> Vec<u8> {
    let image = Image::from_vec(size, whole.to_vec()).unwrap();
    image.view().region(region).to_vec()
}

fn inside(data: &DataObject, region: &Region) -> Vec<u8> {
    struct Inside<'a>(&'a Region);
    impl Visit for Inside<'_> {
        type Out = Vec<u8>;
        fn visit<T: Pixel>(self, image: &Image<T>) -> Vec<u8> {
            let view = image.view().region(&self.0.relative_to(image.buffered_region()));
            bytemuck::cast_slice(&view.to_vec()).to_vec()
        }
    }
    data.image().unwrap().visit(Inside(region))
}

fn random_region(random: &mut Random, size: &[usize]) -> Region {
    let start: Vec<usize> = size.iter().map(|&n| random.below(n)).collect();
    let extent: Vec<usize> = size.iter().zip(&start).map(|(&n, &s)| 1 + random.below(n - s)).collect();
    Region::new(&start.iter().map(|&s| s as i64).collect::<Vec<_>>(), &extent).unwrap()
}

/// What each node makes, in order.
type Made = Arc<Mutex<BTreeMap<usize, Vec<Region>>>>;

fn watch(nodes: &[Node]) -> Made {
    let made = Made::default();
    for (i, node) in nodes.iter().enumerate() {
        let made = made.clone();
        node.add_observer(Event::End, move |notice| {
            let region = notice.caller.unwrap().output().buffered_region().unwrap();
            made.lock().unwrap().entry(i).or_default().push(region);
            Ok(())
        });
    }
    made
}

/// What the model knows of a graph: what there is of each node's output, and when it was made.
struct Model<'a> {
    graph: &'a [Kind],
    whole: Region,
    there: Vec<Option<Region>>,
    made_at: Vec<usize>,
    clock: usize,
}

impl<'a> Model<'a> {
    fn new(graph: &'a [Kind], whole: Region) -> Self {
        let n = graph.len();
        Self { graph, whole, there: vec![None; n], made_at: vec![0; n], clock: 0 }
    }

    /// The nodes whose output is older than something it was made from, as the first phase of an update sees them.
    fn stale(&self) -> Vec<bool> {
        let mut newest = vec![0; self.graph.len()];
        for (i, kind) in self.graph.iter().enumerate() {
            let inputs = kind.inputs();
            newest[i] =
                inputs.iter().map(|(input, _)| newest[*input].max(self.made_at[*input])).max().unwrap_or(0);
        }
        newest.iter().zip(&self.made_at).map(|(newest, made_at)| newest > made_at).collect()
    }

    /// Adds the least that has to be made for `wanted` of a node, by what is there.
    fn make(
        &mut self,
        last: usize,
        wanted: &Region,
        stale: &[bool],
        made: &mut BTreeMap<usize, Vec<Region>>,
    ) {
        let mut wants: Vec<Option<Region>> = vec![None; self.graph.len()];
        wants[last] = Some(*wanted);
        for i in (0..=last).rev() {
            let Some(want) = wants[i] else { continue };
            if !stale[i] && self.there[i].is_some_and(|there| there.contains(&want)) {
                wants[i] = None;
                continue;
            }
            for (input, radius) in self.graph[i].inputs() {
                let need = want.pad_by_radius(&radius[..self.whole.rank()]).crop(&self.whole).unwrap();
                wants[input] = Some(wants[input].map_or(need, |before| before.union(&need)));
            }
        }
        for (i, want) in wants.into_iter().enumerate() {
            let Some(want) = want else { continue };
            self.clock += 1;
            (self.there[i], self.made_at[i]) = (Some(want), self.clock);
            made.entry(i).or_default().push(want);
        }
    }
}

fn size_of_rank(random: &mut Random) -> Vec<usize> {
    if random.below(2) == 0 {
        vec![1 + random.below(24), 1 + random.below(24)]
    } else {
        vec![1 + random.below(9), 1 + random.below(9), 1 + random.below(9)]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn graphs_equal_direct_calls_and_make_the_least(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let size = size_of_rank(random);
        let graph = random_graph(random, false);
        let header = Header::new(PixelType::U8, &size).unwrap();
        let expected = direct(&graph, &header);
        let nodes = build(&graph, &size);
        let made = watch(&nodes);
        let mut model = Model::new(&graph, header.region);
        // Several requests one after the other, of any node: what is there is used, unless it is older than its inputs.
        for _ in 0..4 {
            let last = graph.len() - 1 - random.below(2).min(graph.len() - 1);
            let wanted = random_region(random, &size);
            made.lock().unwrap().clear();
            nodes[last].output().set_requested_region(wanted);
            nodes[last].update().unwrap();
            prop_assert_eq!(inside(&nodes[last].output(), &wanted), crop(&expected[last], &size, &wanted));
            let before = made.lock().unwrap().clone();
            prop_assert!(before.values().all(|regions| regions.len() == 1), "nothing runs twice");
            let mut least = BTreeMap::new();
            let stale = model.stale();
            model.make(last, &wanted, &stale, &mut least);
            prop_assert_eq!(&before, &least);
            nodes[last].update().unwrap();
            prop_assert_eq!(&before, &*made.lock().unwrap(), "a second update runs nothing");
        }
    }

    #[test]
    fn streaming_makes_pieces_and_halos_and_nothing_else(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let size = size_of_rank(random);
        let graph = random_graph(random, false);
        let (number, splitter) = divisions(random);
        let header = Header::new(PixelType::U8, &size).unwrap();
        let last = graph.len() - 1;
        let nodes = build(&graph, &size);
        let made = watch(&nodes);
        let streaming = Streaming::new().divisions(number).splitter(splitter);
        let stream = pipeline::streaming(streaming, nodes[last].output());
        let wanted = random_region(random, &size);
        stream.output().set_requested_region(wanted);
        stream.update().unwrap();
        let whole = &direct(&graph, &header)[last];
        prop_assert_eq!(inside(&stream.output(), &wanted), crop(whole, &size, &wanted));
        let Divisions::Number(number) = number else { unreachable!() };
        let (mut model, mut expected) = (Model::new(&graph, header.region), BTreeMap::new());
        // One update: what is stale was settled before its first piece.
        let stale = model.stale();
        for piece in splitter.split(&wanted, number) {
            model.make(last, &piece, &stale, &mut expected);
        }
        prop_assert_eq!(&*made.lock().unwrap(), &expected);
    }

    #[test]
    fn streams_anywhere_in_a_graph_change_no_pixel(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let size = size_of_rank(random);
        let graph = random_graph(random, true);
        let header = Header::new(PixelType::U8, &size).unwrap();
        let expected = direct(&graph, &header);
        let nodes = build(&graph, &size);
        for node in &nodes {
            node.output().set_release_data_flag(random.below(4) == 0);
        }
        for _ in 0..3 {
            let last = random.below(graph.len());
            let wanted = random_region(random, &size);
            let output = nodes[last].output();
            output.set_requested_region(wanted);
            output.update().unwrap();
            prop_assert_eq!(inside(&output, &wanted), crop(&expected[last], &size, &wanted));
        }
    }
}
