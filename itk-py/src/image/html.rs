//! An image as a notebook shows it.

use itk_core::PixelKind;
use pyo3::prelude::*;

use super::PyImage;

/// The middle slices, and a table of the geometry.
pub(super) fn page(slf: &Bound<'_, PyImage>) -> PyResult<String> {
    let (py, image) = (slf.py(), slf.get());
    let picture = match image._repr_png_(py)? {
        None => "<p>no pixels</p>".to_owned(),
        Some(png) => {
            let bytes = pyo3::types::PyBytes::new(py, &png);
            let text = py.import("base64")?.call_method1("b64encode", (bytes,))?.call_method0("decode")?;
            format!(
                "<img alt=\"middle slices\" style=\"image-rendering: pixelated; max-width: 100%\" \
                     src=\"data:image/png;base64,{text}\">"
            )
        }
    };
    let header = image.image.header();
    let pixels = match header.kind {
        PixelKind::Scalar => image.dtype(py)?.to_string(),
        kind => format!("{} × {} ({})", header.components, header.pixel_type, kind.name()),
    };
    let mut table = vec![
        ("pixels", pixels),
        ("shape (zyx)", image.shape(py)?.to_string()),
        ("size (xyz)", image.size_xyz(py)?.to_string()),
        ("spacing (xyz)", image.spacing_xyz(py)?.to_string()),
        ("origin (xyz)", image.origin_xyz(py)?.to_string()),
        ("direction (xyz)", image.direction_xyz(py)?.to_string()),
    ];
    if header.region.index().iter().any(|&i| i != 0) {
        table.push(("start index (xyz)", image.index_xyz(py)?.to_string()));
    }
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let metadata = image.image.metadata();
    let shown = metadata.iter().take(20).map(|(key, value)| (key, value.to_string()));
    let rows: String = table
        .iter()
        .map(|(name, value)| (*name, value.clone()))
        .chain(shown)
        .map(|(name, value)| {
            let value: String = value.chars().take(200).collect();
            let cell = "style=\"text-align: left; padding: 1px 12px 1px 0\"";
            format!("<tr><th {cell}>{}</th><td {cell}>{}</td></tr>", escape(name), escape(&value))
        })
        .collect();
    Ok(format!("<div><p><b>oxitk.Image</b></p>{picture}<table>{rows}</table></div>"))
}
