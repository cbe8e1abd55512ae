//! Events, progress and abort.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use itk_core::events::{Event, Notice, Observers};
use itk_core::pipeline::{self, DataObject, Node, Process, Run};
use itk_core::{Error, Image, PixelType, Result};
use itk_filters::Median;
use itk_tests::graph::Virtual;

use super::{flat, region, source_and_median, three_nodes};

/// What a node told, with the progress at that time.
type Heard = Arc<Mutex<Vec<(Event, f64)>>>;

fn listen(node: &Node, event: Event) -> Heard {
    let heard = Heard::default();
    let log = heard.clone();
    node.add_observer(event, move |notice| {
        log.lock().unwrap().push((notice.event, notice.progress));
        Ok(())
    });
    heard
}

fn names(heard: &Heard) -> Vec<Event> {
    heard.lock().unwrap().iter().map(|(event, _)| *event).collect()
}

#[test]
fn the_hierarchy_is_itks() {
    let children = |base: Event| {
        Event::ALL.iter().filter(|e| e.base() == Some(base)).map(|e| e.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        children(Event::Any),
        [
            "DeleteEvent",
            "StartEvent",
            "EndEvent",
            "ProgressEvent",
            "ExitEvent",
            "AbortEvent",
            "ModifiedEvent",
            "InitializeEvent",
            "IterationEvent",
            "PickEvent",
            "UserEvent"
        ]
    );
    assert_eq!(
        children(Event::Iteration),
        [
            "MultiResolutionIterationEvent",
            "FunctionEvaluationIterationEvent",
            "GradientEvaluationIterationEvent",
            "FunctionAndGradientEvaluationIterationEvent"
        ]
    );
    assert_eq!(children(Event::Pick), ["StartPickEvent", "EndPickEvent", "AbortCheckEvent"]);
    assert_eq!(Event::None.to_string(), "NoEvent");
    assert_eq!(Event::ALL.iter().filter(|e| e.is(Event::Any)).count(), Event::ALL.len() - 1);
}

#[test]
fn observers_have_tags_and_are_called_in_order() {
    let observers = Observers::<()>::default();
    let order = Arc::new(Mutex::new(Vec::new()));
    let add = |event, name: &'static str| {
        let order = order.clone();
        observers.add(event, move |_| {
            order.lock().unwrap().push(name);
            Ok(())
        })
    };
    assert_eq!([add(Event::Progress, "a"), add(Event::Any, "b"), add(Event::Pick, "c")], [0, 1, 2]);
    let invoke = |event| {
        let notice = notice(event);
        observers.invoke(&notice).unwrap();
        std::mem::take(&mut *order.lock().unwrap())
    };
    assert_eq!(invoke(Event::Progress), ["a", "b"]);
    assert_eq!(invoke(Event::EndPick), ["b", "c"], "an observer of a base event gets derived ones");
    assert_eq!(invoke(Event::None), [""; 0]);
    assert!(observers.has(Event::EndPick) && observers.has(Event::Abort) && !observers.has(Event::None));
    assert!(observers.remove(1) && !observers.remove(1));
    assert!(!observers.has(Event::Abort) && observers.has(Event::StartPick));
    assert_eq!(add(Event::Abort, "d"), 3, "tags are not used twice");
    assert_eq!(observers.list(), [(0, Event::Progress), (2, Event::Pick), (3, Event::Abort)]);
    observers.remove_all();
    assert!(Event::ALL.iter().all(|&event| !observers.has(event)));
}

fn notice(event: Event) -> Notice<'static, ()> {
    Notice::new(event, None, 0.0)
}

/// Two counters and one that removes the other two, in the given order; two events.
fn counts_when_removed(order: [usize; 3]) -> [usize; 2] {
    let observers = Arc::new(Observers::<()>::default());
    let counts: [Arc<AtomicUsize>; 2] = Default::default();
    let tags = Arc::new(Mutex::new(Vec::new()));
    for who in order {
        if who == 2 {
            let (inner, tags) = (observers.clone(), tags.clone());
            observers.add(Event::Any, move |_| {
                let tags = tags.lock().unwrap().clone();
                tags.into_iter().for_each(|tag| {
                    inner.remove(tag);
                });
                Ok(())
            });
        } else {
            let count = counts[who].clone();
            let tag = observers.add(Event::Any, move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            });
            tags.lock().unwrap().push(tag);
        }
    }
    for _ in 0..2 {
        observers.invoke(&notice(Event::User)).unwrap();
    }
    let counts = counts.map(|count| count.load(Ordering::SeqCst));
    observers.remove_all();
    counts
}

#[test]
fn an_observer_that_is_removed_during_an_event_is_not_called_any_more() {
    assert_eq!(counts_when_removed([0, 1, 2]), [1, 1]);
    assert_eq!(counts_when_removed([0, 2, 1]), [1, 0]);
    assert_eq!(counts_when_removed([2, 0, 1]), [0, 0]);
    // One that removes itself, and one that adds another.
    let observers = Arc::new(Observers::<()>::default());
    let count = Arc::new(AtomicUsize::new(0));
    let (inner, counted) = (observers.clone(), count.clone());
    let itself = Arc::new(Mutex::new(0));
    let tag = itself.clone();
    *itself.lock().unwrap() = observers.add(Event::Any, move |_| {
        inner.remove(*tag.lock().unwrap());
        let counted = counted.clone();
        inner.add(Event::Any, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        Ok(())
    });
    observers.invoke(&notice(Event::User)).unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0, "one that is added is called from the next event on");
    observers.invoke(&notice(Event::User)).unwrap();
    assert_eq!((count.load(Ordering::SeqCst), observers.list().len()), (1, 1));
}

#[test]
fn a_deletion_is_told_and_its_errors_go_nowhere() {
    let count = Arc::new(AtomicUsize::new(0));
    let (_source, median) = source_and_median();
    let output = median.output();
    for data in [false, true] {
        let count = count.clone();
        let told = move |caller: bool, event: Event| {
            assert!(!caller && event == Event::Delete);
            count.fetch_add(1, Ordering::SeqCst);
            Err(Error::Geometry("nobody hears this".into()))
        };
        if data {
            output.add_observer(Event::Delete, move |n| told(n.caller.is_some(), n.event));
        } else {
            median.add_observer(Event::Delete, move |n| told(n.caller.is_some(), n.event));
        }
    }
    median.add_observer(Event::Delete, |_| panic!("and this neither"));
    drop(median);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    drop(output);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn an_update_tells_start_progress_and_end_on_the_calling_thread() {
    let (_source, median, gradient) = three_nodes();
    let caller = thread::current().id();
    for node in [median.node(), gradient.node()] {
        node.add_observer(Event::Any, move |_| {
            assert_eq!(thread::current().id(), caller);
            Ok(())
        });
    }
    let (first, second) = (listen(&median, Event::Any), listen(&gradient, Event::Any));
    gradient.update().unwrap();
    for heard in [&first, &second] {
        let names = names(heard);
        assert_eq!((names[0], names[names.len() - 1]), (Event::Start, Event::End));
        assert!(names[1..names.len() - 1].iter().all(|e| *e == Event::Progress) && names.len() > 2);
    }
    gradient.update().unwrap();
    assert_eq!(names(&first).iter().filter(|e| **e == Event::Start).count(), 1, "nothing ran again");
    median.set(Median::new(2)).unwrap();
    assert_eq!(names(&first).last(), Some(&Event::Modified));
}

#[test]
fn progress_rises_to_exactly_one_in_about_a_hundred_steps() {
    let (source, _) = Virtual::node(PixelType::U8, &[400, 400]);
    let median = pipeline::filter(Median::new(9), source.output());
    let heard = listen(&median, Event::Progress);
    median.update().unwrap();
    let progress: Vec<f64> = heard.lock().unwrap().iter().map(|(_, p)| *p).collect();
    assert!((1..=102).contains(&progress.len()), "{}", progress.len());
    assert!(progress.is_sorted() && progress.iter().all(|p| (0.0..=1.0).contains(p)), "{progress:?}");
    assert_eq!((progress[progress.len() - 1], median.progress()), (1.0, 1.0));
    assert_eq!(progress.iter().filter(|p| **p == 1.0).count(), 1);
}

/// Reports in 1,000 steps, more often than observers are told.
struct Steps;

impl Process for Steps {
    fn name(&self) -> &str {
        "steps"
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        for step in 0..=1000 {
            run.update_progress(f64::from(step) / 1000.0)?;
            run.update_progress(0.001 * f64::from(step / 2))?;
        }
        let image = run.input(0)?;
        run.set_output(0, image)
    }
}

fn steps() -> Node {
    let node = Node::new(Steps);
    node.set_input(0, flat(&[3, 3], 1)).unwrap();
    node
}

#[test]
fn a_process_that_reports_often_is_heard_a_hundred_times() {
    let node = steps();
    let heard = listen(&node, Event::Progress);
    node.update().unwrap();
    let progress: Vec<f64> = heard.lock().unwrap().iter().map(|(_, p)| *p).filter(|p| *p > 0.0).collect();
    assert!((90..=101).contains(&progress.len()), "{}", progress.len());
    assert!(progress.is_sorted() && progress[progress.len() - 1] == 1.0);
}

#[test]
fn an_observer_aborts_and_the_next_update_works() {
    let (_source, median, gradient) = three_nodes();
    for node in [median.node().clone(), gradient.node().clone(), steps()] {
        let heard = listen(&node, Event::Any);
        let tag = node.add_observer(Event::Progress, |notice| {
            let node = notice.caller.unwrap();
            if notice.progress > 0.1 { node.set_abort_generate_data(true) } else { Ok(()) }
        });
        let error = node.update().unwrap_err();
        assert_eq!(error.to_string(), format!("Object {}: AbortGenerateDataOn", node.name()));
        let told = names(&heard);
        assert_eq!(told[told.len() - 1], Event::Abort);
        assert!(!told.contains(&Event::End));
        assert!(node.abort_generate_data() && node.progress() > 0.1);
        if node.name() == "steps" {
            assert!(node.progress() < 0.2, "progress stays where the work ended: {}", node.progress());
        }
        assert!(node.output().data_released());
        assert!(matches!(node.update().unwrap_err(), Error::Aborted { .. }), "while the cause stands");
        node.remove_observer(tag);
        node.update().unwrap();
        assert!(!node.abort_generate_data());
        assert_eq!(names(&heard).last(), Some(&Event::End));
    }
}

#[test]
fn an_abort_at_the_last_step_is_an_abort_too() {
    let node = steps();
    node.add_observer(Event::Progress, |notice| {
        if notice.progress == 1.0 { notice.caller.unwrap().set_abort_generate_data(true) } else { Ok(()) }
    });
    assert!(matches!(node.update().unwrap_err(), Error::Aborted { .. }));
}

/// Works until it is told to stop, and counts how often it has begun.
#[derive(Clone, Default)]
struct Endless(Arc<AtomicUsize>);

impl Endless {
    /// Aborts the next run of a node that is endless, once it has begun: an abort that comes before is reset, as in ITK.
    fn abort(&self, node: &Node) -> thread::JoinHandle<()> {
        let (node, begun, before) = (node.clone(), self.0.clone(), self.0.load(Ordering::SeqCst));
        thread::spawn(move || {
            while begun.load(Ordering::SeqCst) == before {
                thread::yield_now();
            }
            node.set_abort_generate_data(true).unwrap();
        })
    }
}

impl Process for Endless {
    fn name(&self) -> &str {
        "endless"
    }
    fn number_of_required_inputs(&self) -> usize {
        0
    }
    fn generate_output_information(
        &self,
        _: &itk_core::pipeline::Inputs<'_>,
    ) -> Result<Vec<itk_core::pipeline::Information>> {
        Ok(vec![itk_core::Header::new(PixelType::U8, &[2, 2])?.into()])
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        run.compute(|context| {
            let steps = context.steps("endless", 1);
            self.0.fetch_add(1, Ordering::SeqCst);
            loop {
                steps.check()?;
                thread::sleep(Duration::from_millis(1));
            }
        })
    }
}

#[test]
fn another_thread_and_an_attendant_abort() {
    let endless = Endless::default();
    let node = Node::new(endless.clone());
    for observed in [false, true] {
        if observed {
            listen(&node, Event::Progress);
        }
        let stop = endless.abort(&node);
        assert!(matches!(node.update().unwrap_err(), Error::Aborted { .. }));
        stop.join().unwrap();
        let mut calls = 0;
        let caller = thread::current().id();
        let error = node
            .update_attended(&mut || {
                assert_eq!(thread::current().id(), caller);
                calls += 1;
                calls < 3
            })
            .unwrap_err();
        assert!(matches!(error, Error::Aborted { .. }), "{error}");
        assert_eq!(calls, 3);
    }
    let failing = Node::new(endless.clone());
    failing.add_observer(Event::Start, |notice| {
        // Too early: the flag is reset when the work starts, as in ITK.
        notice.caller.unwrap().set_abort_generate_data(true)
    });
    let stop = endless.abort(&failing);
    assert!(matches!(failing.update().unwrap_err(), Error::Aborted { .. }));
    stop.join().unwrap();
}

#[test]
fn an_observers_error_ends_the_update_and_is_raised() {
    for event in [Event::Start, Event::Progress, Event::End] {
        let (source, median) = source_and_median();
        let tag = median.add_observer(event, |_| {
            let source = Box::from("the observer's own");
            Err(Error::Foreign { who: "observer".into(), source })
        });
        for _ in 0..2 {
            assert_eq!(median.update().unwrap_err().to_string(), "observer: the observer's own");
            assert!(median.output().image().is_none());
        }
        median.remove_observer(tag);
        median.update().unwrap();
        assert_eq!(source.executions(), 1);
    }
}

#[test]
fn an_update_from_within_is_an_error_and_no_deadlock() {
    let (source, median, gradient) = three_nodes();
    let errors = Arc::new(Mutex::new(Vec::new()));
    for inner in [source.clone(), median.node().clone(), gradient.node().clone()] {
        let errors = errors.clone();
        median.add_observer(Event::End, move |_| {
            errors.lock().unwrap().push(inner.update().unwrap_err().to_string());
            Ok(())
        });
    }
    gradient.update().unwrap();
    let errors = errors.lock().unwrap();
    assert_eq!(errors.len(), 3);
    assert!(errors.iter().all(|e| e.contains("is being updated already")), "{errors:?}");
}

#[test]
fn another_threads_update_of_a_node_that_is_busy_is_an_error() {
    let endless = Endless::default();
    let node = Node::new(endless.clone());
    let (one, two) = (node.clone(), node.clone());
    let busy = thread::spawn(move || one.update());
    while endless.0.load(Ordering::SeqCst) == 0 {
        thread::yield_now();
    }
    assert!(two.is_updating());
    let error = two.update().unwrap_err();
    assert!(matches!(error, Error::Updating { .. }), "{error}");
    two.set_abort_generate_data(true).unwrap();
    assert!(matches!(busy.join().unwrap().unwrap_err(), Error::Aborted { .. }));
}

#[test]
fn an_update_inside_a_process_may_use_other_nodes() {
    struct Inner;
    impl Process for Inner {
        fn name(&self) -> &str {
            "inner"
        }
        fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
            let first = pipeline::filter(Median::new(1), DataObject::from(run.input(0)?));
            first.update()?;
            run.set_output(0, first.output().image().unwrap())
        }
    }
    let node = Node::new(Inner);
    node.set_input(0, flat(&[9, 9], 3)).unwrap();
    node.update().unwrap();
    assert_eq!(super::bytes(&node.output()), [3; 81]);
}

#[test]
fn a_change_that_comes_while_a_node_runs_counts_for_the_next_update() {
    let (_source, median) = source_and_median();
    let other = median.clone();
    let tag = median.add_observer(Event::Start, move |_| other.set(Median::new(3)));
    median.update().unwrap();
    median.remove_observer(tag);
    let first = super::bytes(&median.output());
    median.update().unwrap();
    assert_eq!(median.executions(), 2);
    assert_ne!(super::bytes(&median.output()), first);
    median.update().unwrap();
    assert_eq!(median.executions(), 2);
}

#[test]
fn data_objects_tell_when_they_are_made() {
    let (_source, median) = source_and_median();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    median.output().add_observer(Event::Modified, move |notice| {
        assert!(notice.caller.is_some());
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    median.update().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2, "when its size became known, and when it was made");
    median.output().set_requested_region(region(&[0, 0], &[1, 1]));
    median.update().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let image = DataObject::from(Image::from_vec(&[2], vec![1u8, 2]).unwrap());
    let before = image.modified_time();
    image.modified().unwrap();
    assert!(image.modified_time() > before);
}
