//! Sources and sinks for tests of pipelines, which write down what they are asked for.

use std::sync::{Arc, Mutex};

use itk_core::pipeline::{Information, Inputs, Node, Process, Run};
use itk_core::{AnyImage, Error, Header, Image, Pixel, PixelType, Region, Result, VisitType};

/// The regions that a source or a sink has made or taken, in order.
pub type Log = Arc<Mutex<Vec<Region>>>;

/// Makes an image whose pixels are a scramble of their index, so that a pixel out of place shows.
pub struct Virtual {
    /// Size, geometry and pixel type.
    pub header: Header,
    /// What was made.
    pub made: Log,
}

/// The pixel of [`Virtual`] at an index.
pub fn scramble<T: Pixel>(index: &[i64]) -> T {
    let mut bits = 0x9e37_79b9u64;
    for &i in index {
        bits = (bits ^ i as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^= bits >> 31;
    }
    T::from_f64((bits % 251) as f64)
}

/// The pixels of [`Virtual`] in a region.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn part(header: &Header, region: &Region) -> Result<AnyImage> {
    struct Part<'a>(&'a Header);
    impl VisitType for Part<'_> {
        type Out = Result<AnyImage>;
        fn visit<T: Pixel>(self) -> Self::Out {
            let mut image = Image::<T>::zeroed(self.0)?;
            let region = self.0.region;
            let mut index = region.index().to_vec();
            for pixel in image.as_mut_slice()?.into_iter().flatten() {
                *pixel = scramble(&index);
                for (a, i) in index.iter_mut().enumerate() {
                    *i += 1;
                    if *i < region.index()[a] + region.size()[a] as i64 {
                        break;
                    }
                    *i = region.index()[a];
                }
            }
            Ok(T::erase(image))
        }
    }
    header.pixel_type.visit(Part(&Header { region: *region, ..header.clone() }))
}

impl Virtual {
    /// A node that makes such an image, and what it makes.
    ///
    /// # Panics
    /// When no image can have this size.
    pub fn node(pixel_type: PixelType, size: &[usize]) -> (Node, Log) {
        let header = Header::new(pixel_type, size).expect("an image can have this size");
        let made = Log::default();
        (Node::new(Self { header, made: made.clone() }), made)
    }
}

impl Process for Virtual {
    fn name(&self) -> &str {
        "virtual"
    }

    fn number_of_required_inputs(&self) -> usize {
        0
    }

    fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
        Ok(vec![self.header.clone().into()])
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let region = run.requested_region(0);
        self.made.lock().map_err(|_| Error::Geometry("a test has failed".into()))?.push(region);
        run.set_output(0, part(&self.header, &region)?)
    }
}
