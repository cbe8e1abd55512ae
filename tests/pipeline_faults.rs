//! Errors, panics and aborts at every step of an update and at every node: raised each time, and all nodes usable after.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use itk_core::events::Event;
use itk_core::pipeline::{
    self, DataObject, Divisions, Information, Inputs, Node, Process, Request, Run, Streaming, Tolerance,
};
use itk_core::{Error, PixelType, Region, Result};
use itk_filters::Median;
use itk_tests::graph::Virtual;

use super::bytes;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Preconditions,
    Verify,
    Information,
    Enlarge,
    InputRegion,
    Before,
    After,
    Event(Event),
}

const PHASES: [Phase; 11] = [
    Phase::Preconditions,
    Phase::Verify,
    Phase::Information,
    Phase::Enlarge,
    Phase::InputRegion,
    Phase::Before,
    Phase::After,
    Phase::Event(Event::Start),
    Phase::Event(Event::Progress),
    Phase::Event(Event::End),
    Phase::Event(Event::Modified),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Error,
    Panic,
    Abort,
}

/// Which node fails, where and how.
type Fault = Arc<Mutex<Option<(usize, Phase, Mode)>>>;

fn trip(fault: &Fault, node: usize, phase: Phase) -> Result<()> {
    let mode = match *fault.lock().unwrap() {
        Some((n, p, mode)) if (n, p) == (node, phase) => mode,
        _ => return Ok(()),
    };
    match mode {
        Mode::Error => Err(Error::Geometry("injected".into())),
        Mode::Panic => panic!("injected"),
        Mode::Abort => Err(Error::Aborted { filter: "injected".into() }),
    }
}

/// Does what another process does, or fails.
struct Faulty {
    inner: Arc<dyn Process>,
    node: usize,
    fault: Fault,
}

impl Process for Faulty {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn number_of_required_inputs(&self) -> usize {
        self.inner.number_of_required_inputs()
    }
    fn pulls_inputs(&self) -> bool {
        self.inner.pulls_inputs()
    }
    fn verify_preconditions(&self) -> Result<()> {
        trip(&self.fault, self.node, Phase::Preconditions)?;
        self.inner.verify_preconditions()
    }
    fn verify_input_information(&self, inputs: &Inputs<'_>, tolerance: &Tolerance) -> Result<()> {
        trip(&self.fault, self.node, Phase::Verify)?;
        self.inner.verify_input_information(inputs, tolerance)
    }
    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        trip(&self.fault, self.node, Phase::Information)?;
        self.inner.generate_output_information(inputs)
    }
    fn enlarge_output_requested_region(&self, o: usize, i: &Information, r: &Region) -> Result<Region> {
        trip(&self.fault, self.node, Phase::Enlarge)?;
        self.inner.enlarge_output_requested_region(o, i, r)
    }
    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        trip(&self.fault, self.node, Phase::InputRegion)?;
        self.inner.generate_input_requested_region(request, input)
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        trip(&self.fault, self.node, Phase::Before)?;
        self.inner.generate_data(run)?;
        trip(&self.fault, self.node, Phase::After)
    }
}

/// A source, two medians of it, their sum streamed, and a median of that.
fn graph(fault: &Fault) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let add = |inner: Arc<dyn Process>, inputs: Vec<DataObject>, nodes: &mut Vec<Node>| {
        let number = nodes.len();
        let node = Node::new(Faulty { inner, node: number, fault: fault.clone() });
        for (i, input) in inputs.into_iter().enumerate() {
            node.set_input(i, input).unwrap();
        }
        for event in [Event::Start, Event::Progress, Event::End, Event::Modified] {
            let fault = fault.clone();
            if event == Event::Modified {
                node.output().add_observer(event, move |_| trip(&fault, number, Phase::Event(event)));
            } else {
                node.add_observer(event, move |_| trip(&fault, number, Phase::Event(event)));
            }
        }
        nodes.push(node);
    };
    let median = |radius: usize| {
        pipeline::filter(Median::new(radius), DataObject::from(super::flat(&[2, 2], 0))).process()
    };
    let (source, _) = Virtual::node(PixelType::U8, &[11, 13]);
    add(source.process(), vec![], &mut nodes);
    let output = |i: usize, nodes: &[Node]| nodes[i].output();
    let first = output(0, &nodes);
    add(median(1), vec![first.clone()], &mut nodes);
    add(median(2), vec![first], &mut nodes);
    let two = vec![output(1, &nodes), output(2, &nodes)];
    add(Arc::new(super::update::Sum(2)), two, &mut nodes);
    let streaming = Streaming::new().divisions(Divisions::Number(3));
    let input = vec![output(3, &nodes)];
    add(Arc::new(streaming), input, &mut nodes);
    let input = vec![output(4, &nodes)];
    add(median(1), input, &mut nodes);
    nodes
}

#[test]
fn every_fault_at_every_step_is_raised_each_time_and_leaves_the_graph_usable() {
    let expected = {
        let nodes = graph(&Fault::default());
        nodes[5].update().unwrap();
        bytes(&nodes[5].output())
    };
    let mut faults = 0;
    for node in 0..6 {
        for phase in PHASES {
            for mode in [Mode::Error, Mode::Panic, Mode::Abort] {
                // A source is asked for no input, and a stream fetches its own.
                if phase == Phase::InputRegion && (node == 0 || node == 4) {
                    continue;
                }
                faults += 1;
                let what = format!("node {node}, {phase:?}, {mode:?}");
                let fault = Fault::default();
                let nodes = graph(&fault);
                // With and without results from before.
                if faults % 2 == 0 {
                    nodes[5].update().unwrap();
                    nodes.iter().for_each(|node| node.modified().unwrap());
                }
                *fault.lock().unwrap() = Some((node, phase, mode));
                let rounds = if phase == Phase::Event(Event::Modified) { 1 } else { 2 };
                for round in 0..rounds {
                    let result = catch_unwind(AssertUnwindSafe(|| nodes[5].update()));
                    match (mode, result) {
                        (Mode::Panic, Err(_)) => {}
                        (Mode::Error, Ok(Err(Error::Geometry(text)))) => assert_eq!(text, "injected"),
                        (Mode::Abort, Ok(Err(Error::Aborted { .. }))) => {}
                        (_, other) => panic!("{what}, round {round}: {other:?}"),
                    }
                    assert!(nodes.iter().all(|node| !node.is_updating()), "{what}");
                    if phase != Phase::Event(Event::Modified) {
                        // Nothing that is not complete is shown as if it were.
                        let last = nodes[5].output();
                        assert!(last.image().is_none() || bytes(&last) == expected, "{what}");
                    }
                }
                *fault.lock().unwrap() = None;
                nodes[5].update().unwrap();
                assert_eq!(bytes(&nodes[5].output()), expected, "{what}");
            }
        }
    }
    assert_eq!(faults, 3 * (6 * PHASES.len() - 2));
}

#[test]
fn an_abort_event_follows_an_abort_and_no_other_error() {
    for mode in [Mode::Error, Mode::Panic, Mode::Abort] {
        let fault = Fault::default();
        let nodes = graph(&fault);
        let told = Arc::new(Mutex::new(Vec::new()));
        let log = told.clone();
        nodes[1].add_observer(Event::Any, move |notice| {
            log.lock().unwrap().push(notice.event);
            Ok(())
        });
        *fault.lock().unwrap() = Some((1, Phase::Before, mode));
        let _ = catch_unwind(AssertUnwindSafe(|| nodes[5].update()));
        let expected: &[Event] = match mode {
            Mode::Abort => &[Event::Start, Event::Abort],
            _ => &[Event::Start],
        };
        assert_eq!(*told.lock().unwrap(), expected);
    }
}

#[test]
fn outputs_that_do_not_fit_are_refused() {
    struct Wrong(u8);
    impl Process for Wrong {
        fn name(&self) -> &str {
            "wrong"
        }
        fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
            let one = inputs.primary()?.clone();
            Ok(if self.0 == 0 { vec![one.clone(), one] } else { vec![one] })
        }
        fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
            match self.0 {
                1 => Ok(()),
                2 => run.set_output(0, super::flat(&[3, 2], 1)),
                _ => run.set_output(0, itk_core::Image::from_vec(&[3, 3], vec![1.0f32; 9])?),
            }
        }
    }
    let texts = [
        "one for each of the 1 outputs of wrong, got 2",
        "output must be made by wrong, got nothing for index [0, 0], size [3, 3]",
        "output must be wrong's: uint8, scalar of 1, index [0, 0], size [3, 3], got uint8",
        "got float32, scalar of 1",
    ];
    for (kind, text) in (0..).zip(texts) {
        let node = Node::new(Wrong(kind));
        node.set_input(0, super::flat(&[3, 3], 1)).unwrap();
        for _ in 0..2 {
            let error = node.update().unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            assert!(node.output().image().is_none());
        }
    }
}

#[test]
fn threads_that_update_one_graph_wait_for_nobody_and_break_nothing() {
    let nodes = graph(&Fault::default());
    nodes[5].update().unwrap();
    let expected = bytes(&nodes[5].output());
    let results: Vec<(usize, usize)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|t| {
                let nodes = &nodes;
                scope.spawn(move || {
                    let (mut done, mut refused) = (0, 0);
                    for i in 0..200 {
                        if (t + i) % 3 == 0 {
                            nodes[i % 6].modified().unwrap();
                        }
                        match nodes[3 + i % 3].update() {
                            Ok(()) => done += 1,
                            Err(Error::Updating { .. }) => refused += 1,
                            Err(error) => panic!("{error}"),
                        }
                    }
                    (done, refused)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (done, refused) = results.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    assert!(done > 0 && done + refused == 800, "{results:?}");
    assert!(nodes.iter().all(|node| !node.is_updating()));
    nodes[5].update().unwrap();
    assert_eq!(bytes(&nodes[5].output()), expected);
}

#[test]
fn graphs_of_their_own_over_one_image_go_on_at_the_same_time() {
    let pixels = (0..900).map(|i| (i * 7 % 251) as u8).collect();
    let image = DataObject::from(itk_core::Image::from_vec(&[30, 30], pixels).unwrap());
    let expected: Vec<Vec<u8>> = (0..4).map(|radius| median_of(&image, radius)).collect();
    thread::scope(|scope| {
        for t in 0..4 {
            let (image, expected) = (&image, &expected);
            scope.spawn(move || {
                for radius in (0..40).map(|i| (i + t) % 4) {
                    assert_eq!(median_of(image, radius), expected[radius]);
                }
            });
        }
    });
}

fn median_of(image: &DataObject, radius: usize) -> Vec<u8> {
    let node = pipeline::filter(Median::new(radius), image);
    node.update().unwrap();
    bytes(&node.output())
}
