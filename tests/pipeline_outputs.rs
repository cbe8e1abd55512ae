//! Outputs: their lifetime, memory used again, release, graft, in place.

use std::panic::catch_unwind;

use itk_core::pipeline::{DataObject, Node, Process, Run};
use itk_core::{Axes, Buffer, Error, Image, Region, Result, ViewMut};
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

#[test]
fn an_image_without_source_is_as_large_as_its_pixels() {
    let data = DataObject::from(flat(&[4, 4], 1));
    data.set_requested_region(region(&[2, 2], &[0, 1]));
    data.update_output_information().unwrap();
    assert_eq!(
        data.requested_region(),
        Some(region(&[0, 0], &[4, 4])),
        "a region without pixels is the whole"
    );
    let time = data.modified_time();
    data.release_data();
    assert_eq!(data.modified_time(), time, "freeing pixels is no modification");
    assert_eq!((data.buffered_region(), data.data_released()), (None, true));
    assert_eq!(data.largest_possible_region(), Some(region(&[0, 0], &[4, 4])));
    data.set_image(flat(&[2, 3], 7)).unwrap();
    data.update().unwrap();
    assert_eq!(data.largest_possible_region(), Some(region(&[0, 0], &[2, 3])));
    assert!(data.modified_time() > time && !data.data_released());
}

#[test]
fn memory_of_another_size_is_used_again_where_it_is_little_too_large() {
    let address = |buffer: &Buffer<u16>| buffer.start();
    let axes = |size: &[usize]| Axes::from_fn(size.len(), |a| size[a]);
    let ones = |output: ViewMut<'_, u16>| {
        for mut tile in output.into_tiles(1, usize::MAX) {
            let row = vec![1; tile.columns().len()];
            tile.store_next(&row);
        }
        Ok(())
    };
    let old = Buffer::filled_again(None, axes(&[10, 10]), ones).unwrap();
    let first = address(&old);
    let smaller = Buffer::filled_again(Some(old), axes(&[9, 10]), ones).unwrap();
    assert_eq!((address(&smaller), smaller.as_slice().unwrap()), (first, &[1; 90][..]));
    let back = Buffer::filled_again(Some(smaller), axes(&[2, 50]), ones).unwrap();
    assert_eq!(address(&back), first, "the block is still as large as it was");
    let far_smaller = Buffer::filled_again(Some(back), axes(&[5, 10]), ones).unwrap();
    let clone = far_smaller.clone();
    let other = Buffer::filled_again(Some(far_smaller), axes(&[5, 10]), ones).unwrap();
    assert_ne!(address(&other), address(&clone));
    let failed = Buffer::filled_again(Some(other), axes(&[5, 10]), |_| Err(Error::Geometry("no".into())));
    assert!(failed.is_err());
    // Memory that others than Rust may see is theirs.
    let shared = clone.into_shared().unwrap();
    let at = address(&shared);
    let keeps = shared.clone();
    assert_ne!(address(&Buffer::filled_again(Some(shared), axes(&[5, 10]), ones).unwrap()), at);
    drop(keeps);
}

#[test]
fn boxes_of_an_output_lie_inside_and_apart() {
    let fill = |boxes: &[Region]| {
        catch_unwind(|| {
            Buffer::<u8>::filled_by(Axes::from_fn(2, |a| [4, 4][a]), |output| {
                for (mut brick, value) in output.into_boxes(boxes).into_iter().zip(1..) {
                    for _ in 0..brick.size()[1] {
                        brick.store_next(&vec![value; brick.size()[0]]);
                    }
                }
                Ok(())
            })
        })
    };
    let good = [region(&[0, 0], &[4, 1]), region(&[3, 1], &[1, 3]), region(&[0, 1], &[3, 3])];
    let pixels = fill(&good).unwrap().unwrap();
    assert_eq!(pixels.as_slice().unwrap(), [1, 1, 1, 1, 3, 3, 3, 2, 3, 3, 3, 2, 3, 3, 3, 2]);
    for bad in [
        vec![region(&[0, 0], &[4, 2]), region(&[0, 1], &[4, 3])],
        vec![region(&[0, 0], &[2, 4]), region(&[1, 3], &[3, 1]), region(&[2, 0], &[2, 3])],
        vec![region(&[0, 0], &[4, 5])],
        vec![region(&[-1, 0], &[4, 4])],
        vec![region(&[0, 0], &[4, 3])],
        vec![Region::of_size(&[4, 4, 1]).unwrap()],
        vec![Region::new(&[i64::MAX - 4, 0], &[4, 4]).unwrap()],
    ] {
        assert!(fill(&bad).is_err(), "{bad:?}");
    }
}
