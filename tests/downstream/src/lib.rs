//! The main job as a user of the crates writes it: from file to file, with the pixel type unknown until run time.

use std::error::Error;
use std::path::Path;

use itk_filters::{Apply, Chain, GradientMagnitude, Median};

/// Reads a volume, smooths it, and writes the magnitude of its gradient.
pub fn edges(input: &Path, output: &Path, radius: usize) -> Result<(), Box<dyn Error>> {
    let volume = itk_io::read(input)?;
    let chain = Chain::new().then(Median::new(radius)).then(GradientMagnitude::new());
    let edges = chain.apply_any(&volume, &Default::default())?;
    itk_io::write(&edges, output, &itk_io::WriteOptions::default().compress(true))?;
    Ok(())
}

/// The examples of the README files, as doc tests.
#[cfg(doctest)]
mod readme {
    #[doc = include_str!("../../../README.md")]
    mod project {}
    #[doc = include_str!("../../../itk-core/README.md")]
    mod core {}
    #[doc = include_str!("../../../itk-filters/README.md")]
    mod filters {}
    #[doc = include_str!("../../../itk-io/README.md")]
    mod io {}
}
