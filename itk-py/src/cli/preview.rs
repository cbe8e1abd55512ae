//! `oxitk preview`: a picture of a file.

use std::path::PathBuf;

use itk_core::{AnyImage, Error, Header, Image, PixelKind, PixelType};

use super::Stop;
use super::filter::check_output;
use crate::preview::{Panel, panel};

/// Write a PNG of the middle slices (xy, xz, yz), black at the minimum, white at the maximum
#[derive(clap::Args)]
pub(super) struct Preview {
    /// Image file to read
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Picture to write; its name ends in .png
    #[arg(value_name = "OUT")]
    output: PathBuf,
}

impl Preview {
    pub(super) fn run(&self) -> Result<(), Stop> {
        if !self.output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            return Err(Stop::Usage(format!("{}: a picture's name ends in .png", self.output.display())));
        }
        let image = itk_io::read(&self.input)?;
        let picture = picture(panel(&image)?)?;
        check_output(&picture.header(), &self.output)?;
        Ok(itk_io::write(&picture, &self.output, &itk_io::WriteOptions::default())?)
    }
}

fn picture(panel: Panel) -> Result<AnyImage, Error> {
    let size = [panel.width, panel.height];
    if panel.samples == 1 {
        return Ok(Image::from_vec(&size, panel.pixels)?.into());
    }
    let header = Header::new(PixelType::U8, &size)?.with_components(PixelKind::Rgb, panel.samples)?;
    let mut image = Image::<u8>::zeroed(&header)?;
    if let Some(pixels) = image.as_mut_slice()? {
        pixels.copy_from_slice(&panel.pixels);
    }
    Ok(image.into())
}
