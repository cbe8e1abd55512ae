//! The three phases of an update, requested regions, modified times, outputs and their lifetime.

use std::sync::{Arc, Mutex};

use itk_core::pipeline::{self, DataObject, Information, Inputs, Node, Process, Request, Run, Tolerance};
use itk_core::{Error, Geometry, Header, Image, PixelType, Region, Result};
use itk_filters::{Apply, GradientMagnitude, Median};
use itk_tests::graph::{Virtual, part};

use super::{bytes, flat, region, source_and_median, three_nodes};

pub(super) fn runs(nodes: &[&Node]) -> Vec<u64> {
    nodes.iter().map(|node| node.executions()).collect()
}

#[test]
fn a_chain_of_padding_asks_for_itks_regions() {
    let (source, median, gradient) = three_nodes();
    gradient.update_output_information().unwrap();
    gradient.output().set_requested_region(region(&[5, 5], &[2, 2]));
    gradient.update().unwrap();
    assert_eq!(gradient.output().buffered_region(), Some(region(&[5, 5], &[2, 2])));
    assert_eq!(median.output().requested_region(), Some(region(&[4, 4], &[4, 4])));
    assert_eq!(source.output().requested_region(), Some(region(&[3, 3], &[6, 6])));
    assert_eq!(source.output().buffered_region(), Some(region(&[3, 3], &[6, 6])));
    let header = Header::new(PixelType::U8, &[20, 20]).unwrap();
    let whole = part(&header, &header.region).unwrap().typed::<u8>().unwrap();
    let smooth: Image<u8> = Median::new(1).apply(&whole).unwrap();
    let edges: Image<f32> =
        GradientMagnitude::new().apply_region(&smooth, &region(&[5, 5], &[2, 2])).unwrap();
    assert_eq!(gradient.output().image().unwrap().typed::<f32>().unwrap().to_vec(), edges.to_vec());
}

#[test]
fn only_what_changed_or_is_missing_runs_again() {
    let (source, median) = source_and_median();
    let output = median.output();
    median.update().unwrap();
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 1], "a second update runs nothing");
    output.set_requested_region(region(&[5, 5], &[3, 3]));
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 1], "a smaller region inside the buffer runs nothing");
    assert_eq!(output.buffered_region(), Some(region(&[0, 0], &[20, 20])));
    median.modified().unwrap();
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 2]);
    let only = region(&[5, 5], &[3, 3]);
    assert_eq!(output.buffered_region(), Some(only), "after a change only the requested part is made");
    output.set_requested_region(region(&[4, 5], &[4, 3]));
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 3], "a larger region runs the filter");
    output.set_requested_region(region(&[15, 15], &[2, 2]));
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 4], "so does a disjoint one");
    source.modified().unwrap();
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [2, 5]);
}

#[test]
fn setters_stamp_on_change_only() {
    let (_source, median) = source_and_median();
    let before = median.modified_time();
    median.set(Median::new(1)).unwrap();
    median.set_input(0, median.input("Primary").unwrap()).unwrap();
    median.set_number_of_work_units(median.number_of_work_units()).unwrap();
    median.set_tolerance(Tolerance::default()).unwrap();
    median.set_abort_generate_data(false).unwrap();
    median.output().set_requested_region(region(&[0, 0], &[1, 1]));
    assert_eq!(median.modified_time(), before);
    let mut last = before;
    let mut stamped = |what: &str| {
        assert!(median.modified_time() > last, "{what}");
        last = median.modified_time();
    };
    median.set(Median::new(2)).unwrap();
    stamped("radius");
    median.set_abort_generate_data(true).unwrap();
    stamped("abort");
    median.set_number_of_work_units(3).unwrap();
    stamped("work units");
    median.set_in_place(false).unwrap();
    stamped("in place");
    median.set_release_data_before_update_flag(true).unwrap();
    stamped("release before update");
    median.set_input(0, flat(&[4, 4], 1)).unwrap();
    stamped("input");
    median.remove_input("Primary").unwrap();
    stamped("no input");
}

#[test]
fn work_units_and_the_abort_flag_cause_a_run_as_in_itk() {
    let (source, median) = source_and_median();
    median.update().unwrap();
    median.set_number_of_work_units(7).unwrap();
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 2]);
    median.set_abort_generate_data(true).unwrap();
    median.update().unwrap();
    assert_eq!(runs(&[&source, &median]), [1, 3], "the flag is taken back when the run starts");
    assert!(!median.abort_generate_data());
    // As ITK's pool has it; its TBB threader, which there is none of here, would say sixteen.
    assert_eq!(source.number_of_work_units(), (4 * itk_core::pool::num_threads()).min(128));
    for (asked, kept) in [(0, 1), (1000, 128)] {
        median.set_number_of_work_units(asked).unwrap();
        assert_eq!(median.number_of_work_units(), kept);
    }
}

#[test]
fn pixels_and_metadata_never_stamp_but_geometry_does() {
    let data = DataObject::from(flat(&[4, 4], 1));
    let median = pipeline::filter(Median::new(1), &data);
    median.update().unwrap();
    data.edit_image(|image| {
        let itk_core::AnyImage::U8(image) = image else { panic!("a u8 image") };
        image.as_mut_slice()?.unwrap().fill(9);
        Ok(())
    })
    .unwrap();
    let mut metadata = itk_core::Metadata::default();
    metadata.insert_text("key", "value");
    data.set_metadata(metadata);
    median.update().unwrap();
    assert_eq!((median.executions(), bytes(&median.output())), (1, vec![1; 16]));
    data.modified().unwrap();
    median.update().unwrap();
    assert_eq!((median.executions(), bytes(&median.output())), (2, vec![9; 16]));
    assert!(median.output().image().unwrap().metadata().get("key").is_ok(), "metadata go along");
    let same = data.header().unwrap().geometry;
    data.set_geometry(same.clone()).unwrap();
    median.update().unwrap();
    assert_eq!(median.executions(), 2);
    data.set_geometry(same.with_spacing(&[2.0, 3.0]).unwrap()).unwrap();
    median.update().unwrap();
    assert_eq!(median.executions(), 3);
    assert_eq!(median.output().image().unwrap().header().geometry.spacing(), [2.0, 3.0]);
}

/// Counts how often it is asked for information, and may change its own node meanwhile.
struct Asked {
    times: Arc<Mutex<usize>>,
    change: Arc<Mutex<Option<Node>>>,
}

impl Process for Asked {
    fn name(&self) -> &str {
        "asked"
    }
    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        *self.times.lock().unwrap() += 1;
        if let Some(node) = self.change.lock().unwrap().take() {
            node.modified()?;
        }
        Ok(vec![inputs.primary()?.clone()])
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let image = run.input(0)?;
        run.set_output(0, image)
    }
}

#[test]
fn information_is_asked_for_once_until_something_changes() {
    let (times, change) = <(Arc<Mutex<usize>>, Arc<Mutex<Option<Node>>>)>::default();
    let node = Node::new(Asked { times: times.clone(), change: change.clone() });
    let data = DataObject::from(flat(&[2, 2], 1));
    node.set_input(0, &data).unwrap();
    for _ in 0..3 {
        node.update().unwrap();
    }
    assert_eq!(*times.lock().unwrap(), 1);
    data.modified().unwrap();
    node.update_output_information().unwrap();
    assert_eq!(*times.lock().unwrap(), 2);
    // A change that comes while it is asked is not lost.
    *change.lock().unwrap() = Some(node.clone());
    node.modified().unwrap();
    for _ in 0..3 {
        node.update_output_information().unwrap();
    }
    assert_eq!(*times.lock().unwrap(), 4);
}

#[test]
fn a_request_sticks() {
    let median = pipeline::filter(Median::new(1), flat(&[8, 8], 1));
    median.update().unwrap();
    median.set_input(0, flat(&[20, 20], 2)).unwrap();
    median.update().unwrap();
    let old = region(&[0, 0], &[8, 8]);
    assert_eq!(median.output().buffered_region(), Some(old), "a larger input: the old region");
    assert_eq!(median.output().largest_possible_region(), Some(region(&[0, 0], &[20, 20])));
    median.update_largest_possible_region().unwrap();
    assert_eq!(bytes(&median.output()), [2; 400]);
    median.set_input(0, flat(&[5, 5], 3)).unwrap();
    for _ in 0..2 {
        let error = median.update().unwrap_err();
        assert!(matches!(error, Error::InvalidRequestedRegion { .. }), "a smaller input: {error}");
    }
    median.update_largest_possible_region().unwrap();
    assert_eq!(bytes(&median.output()), [3; 25]);
}

#[test]
fn a_region_without_pixels_becomes_the_whole() {
    let (_source, median) = source_and_median();
    median.output().set_requested_region(region(&[3, 3], &[0, 4]));
    median.update().unwrap();
    assert_eq!(median.output().buffered_region(), Some(region(&[0, 0], &[20, 20])));
}

#[test]
fn regions_outside_are_refused_with_itks_words() {
    let (source, median) = source_and_median();
    median.update().unwrap();
    let text = "Requested region is (at least partially) outside the largest possible region.";
    for (asked, input) in [
        (region(&[18, 18], &[4, 4]), region(&[17, 17], &[3, 3])),
        (region(&[40, 40], &[4, 4]), region(&[17, 17], &[3, 3])),
    ] {
        median.output().set_requested_region(asked);
        for _ in 0..2 {
            let error = median.update().unwrap_err();
            assert!(error.to_string().starts_with(text), "{error}");
        }
        // One that reaches outside has changed the input's region by then; a disjoint one never had a region.
        assert_eq!(source.output().requested_region(), Some(input));
    }
    median.output().set_requested_region(region(&[18, 18], &[2, 2]));
    median.update().unwrap();
    let alone = DataObject::from(flat(&[4, 4], 1));
    alone.set_requested_region(region(&[1, 1], &[4, 4]));
    assert!(alone.update().unwrap_err().to_string().starts_with(text));
}

/// Adds its inputs, after a name of ITK's for each.
pub(super) struct Sum(pub(super) usize);

impl Process for Sum {
    fn name(&self) -> &str {
        "sum"
    }
    fn number_of_required_inputs(&self) -> usize {
        self.0
    }
    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        Ok(request.requested[0].pad_by_radius(&[input, input]).crop(&request.input_region(input)).unwrap())
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let mut out = Image::<u8>::zeroed(&run.output_header(0)?)?;
        let region = *out.buffered_region();
        for i in 0..run.number_of_inputs() {
            let image = run.input(i)?.typed::<u8>().unwrap();
            let inside = image.view().region(&region.relative_to(image.buffered_region())).to_vec();
            for (sum, pixel) in out.as_mut_slice()?.unwrap().iter_mut().zip(inside) {
                *sum = sum.wrapping_add(pixel);
            }
        }
        run.set_output(0, out)
    }
}

#[test]
fn missing_inputs_are_named_each_time() {
    let sum = Node::new(Sum(2));
    for _ in 0..2 {
        let error = sum.update().unwrap_err();
        assert_eq!(error.to_string(), "sum: Input Primary is required but not set.");
    }
    sum.set_input(0, flat(&[2, 2], 1)).unwrap();
    for _ in 0..2 {
        let error = sum.update().unwrap_err();
        assert_eq!(
            error.to_string(),
            "sum: At least 2 of the first 2 indexed inputs are required but only 1 are specified. \
             The required inputs are expected to be the first inputs."
        );
    }
    sum.set_named_input("_1", flat(&[2, 2], 2)).unwrap();
    sum.update().unwrap();
    sum.set_named_input("extra", flat(&[2, 2], 4)).unwrap();
    sum.set_input(3, flat(&[2, 2], 8)).unwrap();
    let names: Vec<_> = sum.inputs().into_iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["Primary", "_1", "_3", "extra"]);
}

#[test]
fn an_input_without_source_and_pixels_is_explained() {
    let orphan = {
        let (source, _) = Virtual::node(PixelType::U8, &[4, 4]);
        source.output()
    };
    let median = pipeline::filter(Median::new(1), orphan);
    for _ in 0..2 {
        let error = median.update().unwrap_err().to_string();
        assert!(error.contains("keep the nodes of a pipeline"), "{error}");
    }
}

#[test]
fn a_shared_input_is_made_once_for_all_that_need_it() {
    let (source, made) = Virtual::node(PixelType::U8, &[20, 20]);
    let median = pipeline::filter(Median::new(3), source.output());
    let sum = Node::new(Sum(2));
    sum.set_input(0, source.output()).unwrap();
    sum.set_input(1, median.output()).unwrap();
    sum.output().set_requested_region(region(&[10, 10], &[1, 1]));
    sum.update().unwrap();
    // The median is padded by 1, as the second input, and pads by 3 itself.
    assert_eq!(*made.lock().unwrap(), [region(&[6, 6], &[9, 9])]);
    sum.update().unwrap();
    assert_eq!(runs(&[&source, &median, &sum]), [1, 1, 1]);
}

#[test]
fn inputs_must_lie_in_the_same_place() {
    let image =
        |geometry: Geometry| Image::from_vec(&[2, 2], vec![1u8; 4]).unwrap().with_geometry(geometry).unwrap();
    let plain = Geometry::identity(2).unwrap();
    let sum = Node::new(Sum(2));
    sum.set_input(0, image(plain.clone())).unwrap();
    sum.set_input(1, image(plain.clone().with_origin(&[0.5, 0.0]).unwrap())).unwrap();
    for _ in 0..2 {
        assert_eq!(
            sum.update().unwrap_err().to_string(),
            "Inputs do not occupy the same physical space! \n\
             InputImage Origin: [0.0000000e+00, 0.0000000e+00], \
             InputImage _1 Origin: [5.0000000e-01, 0.0000000e+00]\n\tTolerance: 1.0000000e-06\n"
        );
    }
    sum.set_tolerance(Tolerance { coordinate: 0.6, direction: 1e-6 }).unwrap();
    sum.update().unwrap();
    sum.set_input(1, image(plain.clone().with_direction(&[1.0, 0.0, 0.0, -1.0]).unwrap())).unwrap();
    let error = sum.update().unwrap_err().to_string();
    assert!(
        error.contains("InputImage _1 Direction: 1.0000000e+00 0.0000000e+00\n0.0000000e+00 -1."),
        "{error}"
    );
    sum.set_input(1, image(plain.with_spacing(&[1.0, 2.0]).unwrap())).unwrap();
    let error = sum.update().unwrap_err().to_string();
    assert!(
        error.contains("InputImage Spacing: [1.0000000e+00, 1.0000000e+00], InputImage _1 Spacing"),
        "{error}"
    );
    assert!(!error.contains("Origin"), "{error}");
    // Sizes are not compared.
    let larger = Image::from_vec(&[3, 3], vec![1u8; 9]).unwrap();
    sum.set_input(1, larger).unwrap();
    sum.update().unwrap();
}

/// Splits into the pixels themselves and their doubles, whole only.
struct Both;

impl Process for Both {
    fn name(&self) -> &str {
        "both"
    }
    fn number_of_outputs(&self) -> usize {
        2
    }
    fn enlarge_output_requested_region(
        &self,
        _: usize,
        information: &pipeline::Information,
        _: &Region,
    ) -> Result<Region> {
        Ok(information.header.region)
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let image = run.input(0)?;
        run.set_output(0, image.clone())?;
        let mut double = image.typed::<u8>().unwrap();
        double.as_mut_slice()?.unwrap().iter_mut().for_each(|pixel| *pixel *= 2);
        run.set_output(1, double)
    }
}

#[test]
fn a_node_has_several_outputs_and_may_make_more_than_is_asked() {
    let both = Node::new(Both);
    both.set_input(0, flat(&[6, 6], 5)).unwrap();
    let [one, two] = both.outputs().try_into().unwrap();
    two.set_requested_region(region(&[1, 1], &[2, 2]));
    two.update().unwrap();
    assert_eq!((bytes(&one), bytes(&two)), (vec![5; 36], vec![10; 36]));
    one.update().unwrap();
    assert_eq!(both.executions(), 1);
    let sum = Node::new(Sum(2));
    sum.set_input(0, &one).unwrap();
    sum.set_input(1, &two).unwrap();
    sum.update().unwrap();
    assert_eq!((bytes(&sum.output()), both.executions()), (vec![15; 36], 1));
}

#[test]
fn a_loop_and_a_second_update_are_refused() {
    let (_source, median, gradient) = three_nodes();
    median.set_input(0, gradient.output()).unwrap();
    for _ in 0..2 {
        let error = gradient.update().unwrap_err().to_string();
        assert!(error.contains("the graph has a loop"), "{error}");
    }
    median.set_input(0, flat(&[3, 3], 1)).unwrap();
    gradient.update().unwrap();
}

#[test]
fn long_chains_need_no_stack_and_diamonds_no_exponential_time() {
    let mut nodes = vec![Virtual::node(PixelType::U8, &[3, 3]).0];
    for _ in 0..200 {
        let sum = Node::new(Sum(2));
        sum.set_input(0, nodes.last().unwrap().output()).unwrap();
        sum.set_input(1, nodes.last().unwrap().output()).unwrap();
        nodes.push(sum);
    }
    for _ in 0..20_000 {
        let next = pipeline::filter(Median::new(0), nodes.last().unwrap().output());
        nodes.push(next.node().clone());
    }
    nodes.last().unwrap().update().unwrap();
    assert!(nodes.iter().all(|node| node.executions() == 1));
}

#[test]
fn parameters_are_read_back_and_types_stay() {
    let (_source, median) = source_and_median();
    median.set(Median::new(4)).unwrap();
    assert_eq!(median.filter(), Median::new(4));
    assert!(median.set_process(Arc::new(Sum(1))).is_err());
}
