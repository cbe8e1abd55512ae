//! What a pipeline offers to those who call it from another language: memory to be shown, regions, progress.

use std::sync::{Arc, Mutex};

use itk_core::events::Event;
use itk_core::pipeline::{DataObject, Information, Inputs, Node, Process, Request, Run};
use itk_core::{Error, Header, PixelType, Region, Result};

use super::{bytes, flat, region, source_and_median};

fn address(data: &DataObject) -> usize {
    data.image().unwrap().typed::<u8>().unwrap().buffer().start().as_ptr() as usize
}

#[test]
fn pixels_are_shown_where_they_are_unless_someone_may_have_slices_of_them() {
    let (_source, median) = source_and_median();
    median.update().unwrap();
    let data = median.output();
    let (before, pixels) = (address(&data), bytes(&data));
    let shown = data.shared_image().unwrap().unwrap().typed::<u8>().unwrap();
    assert_eq!((shown.buffer().start().as_ptr() as usize, address(&data)), (before, before));
    assert!(shown.buffer().is_shared() && shown.as_slice().is_none());
    assert_eq!(address(&data), before, "and a second time");
    assert_eq!(bytes(&data), pixels);

    let (_source, other) = source_and_median();
    other.update().unwrap();
    let held = other.output().image().unwrap().typed::<u8>().unwrap();
    let slice = held.as_slice().unwrap();
    let shown = other.output().shared_image().unwrap().unwrap().typed::<u8>().unwrap();
    assert_ne!(shown.buffer().start().as_ptr().cast_const(), slice.as_ptr(), "a copy");
    assert_eq!((slice, shown.to_vec()), (&pixels[..], pixels.clone()));
    assert!(DataObject::shared_image(&source_and_median().1.output()).unwrap().is_none());
}

#[test]
fn shown_pixels_are_not_written_by_the_next_run() {
    let (_source, median) = source_and_median();
    median.update().unwrap();
    let shown = median.output().shared_image().unwrap().unwrap().typed::<u8>().unwrap();
    let before = shown.to_vec();
    median.modified().unwrap();
    median.update().unwrap();
    assert_ne!(address(&median.output()), shown.buffer().start().as_ptr() as usize);
    assert_eq!(shown.to_vec(), before);
}

/// Asks for the left half of its first input and nothing of the second; writes down what it is told.
struct Asking(Arc<Mutex<Vec<Option<Region>>>>);

impl Process for Asking {
    fn name(&self) -> &str {
        "asking"
    }

    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
        Ok(vec![Header::new(PixelType::U8, &[4, 4])?.into()])
    }

    fn generate_input_requested_region(&self, _: &Request<'_>, input: usize) -> Result<Region> {
        Region::new(&[0, 0], &[if input == 0 { 5 } else { 0 }, 10])
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        self.0.lock().unwrap().extend([0, 1, 2].map(|i| run.input_region(i)));
        assert!(run.shared_input(0)?.typed::<u8>().unwrap().buffer().is_shared());
        run.node().update_progress(0.25)?;
        assert!(run.shared_input(2).is_err());
        run.set_output(0, flat(&[4, 4], 1))
    }
}

#[test]
fn a_process_is_told_what_was_asked_for_and_tells_progress_by_its_node() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let node = Node::new(Asking(told.clone()));
    let (_source, median) = source_and_median();
    node.set_input(0, median.output()).unwrap();
    node.set_input(1, flat(&[3, 3], 7)).unwrap();
    let progress = Arc::new(Mutex::new(Vec::new()));
    let heard = progress.clone();
    node.add_observer(Event::Progress, move |notice| {
        heard.lock().unwrap().push(notice.progress);
        Ok(())
    });
    node.update().unwrap();
    assert_eq!(*told.lock().unwrap(), [Some(region(&[0, 0], &[5, 10])), None, None]);
    assert_eq!(*progress.lock().unwrap(), [0.25, 1.0]);

    let other = node.clone();
    let tag = node.add_observer(Event::Progress, move |_| other.set_abort_generate_data(true));
    node.modified().unwrap();
    let aborted = node.update().unwrap_err();
    assert!(matches!(aborted, Error::Aborted { filter } if filter == "asking"));
    assert_eq!(node.progress(), 0.25, "it went no further");
    node.remove_observer(tag);
    node.update().unwrap();
    node.update_progress(f64::NAN).unwrap();
    assert_eq!(node.progress(), 1.0, "progress never shrinks");
}
