//! Outputs: their lifetime, memory used again, release, graft, in place.

use itk_core::pipeline::{DataObject, Node, Process, Run};
use itk_core::{Error, Image, Result};
use itk_filters::Median;

use super::update::runs;
use super::{bytes, flat, region, source_and_median, three_nodes};

#[test]
fn outputs_outlive_their_node() {
    let (source, median) = source_and_median();
    median.update().unwrap();
    let output = median.output();
    assert!(output.source().unwrap().is_same(&median));
    drop(median);
    assert!(output.source().is_none());
    assert_eq!(output.image().unwrap().header().region.pixels(), 400);
    output.update().unwrap();
    drop(source);
}

#[test]
fn a_disconnected_output_keeps_its_pixels() {
    let (_source, median) = source_and_median();
    median.update().unwrap();
    let (old, image) = (median.output(), median.output().image().unwrap());
    old.set_requested_region(region(&[1, 2], &[3, 4]));
    old.set_release_data_flag(true);
    old.disconnect_pipeline().unwrap();
    assert!(old.source().is_none() && !old.release_data_flag() && old.pipeline_modified_time() == 0);
    assert_eq!(bytes(&old), image.clone().typed::<u8>().unwrap().to_vec());
    let fresh = median.output();
    assert!(!fresh.is_same(&old) && fresh.release_data_flag() && fresh.image().is_none());
    assert_eq!(fresh.requested_region(), Some(region(&[1, 2], &[3, 4])));
    fresh.set_release_data_flag(false);
    median.update().unwrap();
    assert_eq!(fresh.buffered_region(), Some(region(&[1, 2], &[3, 4])));
}

#[test]
fn released_data_are_made_again_when_needed() {
    let (source, median, gradient) = three_nodes();
    median.output().set_release_data_flag(true);
    gradient.update().unwrap();
    assert!(median.output().data_released() && median.output().image().is_none());
    gradient.update().unwrap();
    assert_eq!(runs(&[&source, &median, &gradient]), [1, 1, 1]);
    gradient.modified().unwrap();
    gradient.update().unwrap();
    assert_eq!(runs(&[&source, &median, &gradient]), [1, 2, 2]);
    median.update().unwrap();
    assert_eq!((median.executions(), median.output().data_released()), (3, false));
}

#[test]
fn grafting_shares_pixels_and_checks_types() {
    let (_source, median) = source_and_median();
    median.update().unwrap();
    let image = DataObject::from(flat(&[20, 20], 7));
    median.graft_output(0, &image).unwrap();
    assert_eq!(bytes(&median.output()), [7; 400]);
    assert!(median.graft_output(1, &image).is_err());
    let other = DataObject::from(Image::from_vec(&[2, 2], vec![1.0f32; 4]).unwrap());
    assert!(matches!(median.graft_output(0, &other).unwrap_err(), Error::PixelType { .. }));
}

#[test]
fn memory_is_used_again_when_nobody_else_holds_it() {
    let address = |data: &DataObject| {
        let image = data.image().unwrap().typed::<u8>().unwrap();
        (image.buffer().start(), image)
    };
    let (_source, median) = source_and_median();
    median.update().unwrap();
    let (first, _) = address(&median.output());
    median.modified().unwrap();
    median.update().unwrap();
    let (second, held) = address(&median.output());
    assert_eq!(first, second);
    median.set(Median::new(2)).unwrap();
    median.update().unwrap();
    let (third, _) = address(&median.output());
    assert_ne!(second, third, "someone holds the pixels, which stay as they are");
    assert_ne!(held.to_vec(), bytes(&median.output()));
}

/// Negates pixels, where they are if it may.
struct Negate;

impl Process for Negate {
    fn name(&self) -> &str {
        "negate"
    }
    fn can_run_in_place(&self) -> bool {
        true
    }
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let image = match run.take_input_in_place(0)? {
            Some(image) => image,
            None => run.input(0)?,
        };
        let mut image = image.typed::<u8>().unwrap();
        image.as_mut_slice()?.unwrap().iter_mut().for_each(|pixel| *pixel = !*pixel);
        run.set_output(0, image)
    }
}

#[test]
fn in_place_uses_the_inputs_memory_and_frees_the_input() {
    let (source, median) = source_and_median();
    let negate = Node::new(Negate);
    negate.set_input(0, median.output()).unwrap();
    median.update().unwrap();
    let (expected, address) = {
        let image = median.output().image().unwrap().typed::<u8>().unwrap();
        (image.to_vec().iter().map(|p| !p).collect::<Vec<_>>(), image.buffer().start())
    };
    negate.update().unwrap();
    assert_eq!(bytes(&negate.output()), expected);
    let got = negate.output().image().unwrap().typed::<u8>().unwrap();
    assert_eq!(got.buffer().start(), address, "no pixel was copied");
    assert!(median.output().data_released());
    negate.set_in_place(false).unwrap();
    negate.update().unwrap();
    assert_eq!(bytes(&negate.output()), expected);
    assert!(!median.output().data_released());
    assert_eq!(runs(&[&source, &median, &negate]), [1, 2, 2]);
    let mine = flat(&[2, 2], 1);
    negate.set_in_place(true).unwrap();
    negate.set_input(0, mine.clone()).unwrap();
    negate.update_largest_possible_region().unwrap();
    assert_eq!(bytes(&negate.output()), [254; 4]);
    assert_eq!(mine.typed::<u8>().unwrap().to_vec(), [1; 4], "the caller's own image stays");
}
