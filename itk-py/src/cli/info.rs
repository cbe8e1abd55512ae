//! `oxitk info`: what a file says of its image.

use std::fmt::{Debug, Write};
use std::path::PathBuf;

use itk_core::Header;

use super::{Stop, one_line, print};

/// Show format, size, pixel type, geometry and metadata of an image file; reads no pixels
#[derive(clap::Args)]
pub(super) struct Info {
    /// Image file
    file: PathBuf,
}

impl Info {
    pub(super) fn run(&self) -> Result<(), Stop> {
        let info = itk_io::info(&self.file)?;
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<13} {value}");
        };
        line("file", &one_line(&self.file.display().to_string()));
        line("format", &format!("{}{}", info.format, if info.compressed { ", compressed" } else { "" }));
        describe(&info.header, &mut line);
        for (key, value) in info.metadata.iter() {
            line("metadata", &one_line(&format!("{key} = {value}")));
        }
        print(&text)
    }
}

fn describe(header: &Header, line: &mut impl FnMut(&str, &str)) {
    let geometry = &header.geometry;
    let rank = header.rank();
    line("pixel type", header.pixel_type.numpy_name());
    let components =
        if header.components == 1 { String::new() } else { format!(", {} components", header.components) };
    line("pixel kind", &format!("{}{components}", header.kind.name()));
    line("size xyz", &join(header.region.size(), " x "));
    line("spacing xyz", &join(geometry.spacing(), ", "));
    line("origin xyz", &join(geometry.origin(), ", "));
    for (row, values) in geometry.direction().chunks(rank).enumerate() {
        line(if row == 0 { "direction xyz" } else { "" }, &join(values, ", "));
    }
}

/// As Python would write the values.
fn join<V: Debug>(values: &[V], between: &str) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(between)
}
