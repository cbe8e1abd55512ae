//! What concerns the whole process, one after the other: a volume that does not fit into its memory budget streams through
//! two filters while all pixel memory is counted; memory that is far too large is given back; global settings.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use itk_core::buffer::live_and_peak_bytes;
use itk_core::pipeline::{self, Divisions, Inputs, Node, Process, Run, Tolerance};
use itk_core::{AnyImage, Axes, Buffer, Image, PixelType, Region, Result, Splitter, ViewMut};
use itk_filters::{Apply, Chain, GradientMagnitude, Median};
use itk_tests::graph::{Virtual, part};

const SIZE: [usize; 3] = [160, 150, 250];

/// Compares each piece with a direct call.
struct Check(u64);

impl Process for Check {
    fn name(&self) -> &str {
        "check"
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
        let pieces = run.pieces(0, &whole, Divisions::Memory(self.0), Splitter::SlowDimension, 0)?;
        assert!(pieces.len() > 10);
        let mut pixels = 0;
        for piece in &pieces {
            let before = live_and_peak_bytes().0;
            let AnyImage::F32(image) = run.pull(0, piece)? else { panic!("f32 pixels") };
            let (_, peak) = live_and_peak_bytes();
            assert!(peak as u64 <= self.0, "{peak} bytes for {piece}, {before} before");
            assert!(image.buffered_region() == piece);
            pixels += piece.pixels();
            // A strip in the middle of the piece, and its first row.
            for z in [piece.index()[2], piece.index()[2] + piece.size()[2] as i64 / 2] {
                let strip = Region::new(&[0, 70, z], &[SIZE[0], 3, 1])?;
                assert_eq!(image.view().region(&strip.relative_to(piece)).to_vec(), direct(&strip, &whole));
            }
        }
        assert_eq!(pixels, whole.pixels());
        Ok(())
    }
}

fn direct(strip: &Region, whole: &Region) -> Vec<f32> {
    let around = |radius: usize| strip.pad_by_radius(&[radius; 3]).crop(whole).unwrap();
    let header = itk_core::Header::new(PixelType::U16, &SIZE).unwrap();
    let source = part(&header, &around(2)).unwrap().typed::<u16>().unwrap();
    let smooth = Median::new(1).apply_region(&source, &around(1)).unwrap();
    let edges: Image<f32> = GradientMagnitude::new().apply_region(&smooth, strip).unwrap();
    edges.to_vec()
}

#[test]
fn the_whole_process() {
    a_volume_larger_than_its_budget_streams_within_it();
    a_block_that_is_far_too_large_is_given_back();
    a_chain_has_no_image_between_its_filters();
    global_settings_hold_for_all();
}

fn a_block_that_is_far_too_large_is_given_back() {
    let axes = |n: usize| Axes::from_fn(1, |_| n);
    let ones = |output: ViewMut<'_, u8>| {
        for mut tile in output.into_tiles(1, usize::MAX) {
            let row = vec![1; tile.columns().len()];
            tile.store_next(&row);
        }
        Ok(())
    };
    let (before, _) = live_and_peak_bytes();
    let large = Buffer::filled_by(axes(1000), ones).unwrap();
    assert_eq!(live_and_peak_bytes().0, before + 1000);
    let small = Buffer::filled_again(Some(large), axes(799), ones).unwrap();
    assert_eq!(live_and_peak_bytes(), (before + 799, before + 1000), "never both at once");
    drop(small);
    assert_eq!(live_and_peak_bytes().0, before);
}

fn a_chain_has_no_image_between_its_filters() {
    let size = [250, 240, 230];
    let image = Image::from_vec(&size, vec![1u16; size.iter().product()]).unwrap();
    let chain: Chain = "median(radius=1) | mean(radius=1) | gradient_magnitude()".parse().unwrap();
    let (before, _) = live_and_peak_bytes();
    let result: Image<f32> = chain.apply(&image).unwrap();
    let peak = live_and_peak_bytes().1 - before;
    let output = result.view().strides().count() * 4;
    assert!(peak < output + output / 4, "{peak} bytes at most, {output} of the result");
}

fn global_settings_hold_for_all() {
    let (source, _) = Virtual::node(PixelType::U8, &[4, 4]);
    let old = pipeline::filter(Median::new(1), source.output());
    pipeline::set_global_tolerance(Tolerance { coordinate: 0.5, direction: 0.25 });
    let new = pipeline::filter(Median::new(1), old.output());
    pipeline::set_global_tolerance(Tolerance::default());
    assert_eq!((old.tolerance(), new.tolerance().coordinate), (Tolerance::default(), 0.5));
    pipeline::set_global_release_data_flag(true);
    new.update().unwrap();
    assert!(source.output().data_released() && old.output().data_released());
    assert!(!source.output().release_data_flag() && source.output().should_release_data());
    assert!(new.output().image().is_some(), "nothing takes it");
    pipeline::set_global_release_data_flag(false);
    new.modified().unwrap();
    new.update().unwrap();
    assert!(old.output().image().is_some());
}

fn a_volume_larger_than_its_budget_streams_within_it() {
    let (source, _) = Virtual::node(PixelType::U16, &SIZE);
    let median = pipeline::filter(Median::new(1), source.output());
    let gradient = pipeline::filter(GradientMagnitude::new(), median.output());
    let bytes = SIZE.iter().product::<usize>() as u64 * 8;
    let node = Node::new(Check(bytes / 12));
    node.set_input(0, gradient.output()).unwrap();
    live_and_peak_bytes();
    node.update().unwrap();
}
