//! A volume that does not fit into its memory budget streams through two filters; alone in its process, as it counts
//! all pixel memory there is.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use itk_core::buffer::live_and_peak_bytes;
use itk_core::pipeline::{self, Divisions, Inputs, Node, Process, Run};
use itk_core::{AnyImage, PixelType, Region, Result, Splitter};
use itk_filters::{Apply, GradientMagnitude, Median};
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
    let edges: itk_core::Image<f32> = GradientMagnitude::new().apply_region(&smooth, strip).unwrap();
    edges.to_vec()
}

#[test]
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
