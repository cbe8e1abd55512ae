//! Reading and writing files.

use std::path::PathBuf;

use itk_io::WriteOptions;
use pyo3::prelude::*;

use crate::convert;
use crate::errors::to_py;
use crate::formats::{self, PyFormat};
use crate::image::PyImage;
use crate::kernel::{self, Kernel};
use crate::lazy::Contents;
use crate::watch::Watch;

/// Fills `oxitk.io`, and registers the formats.
pub(crate) fn register(contents: &Contents<'_, '_>) -> PyResult<()> {
    let module = contents.module();
    formats::register_defaults(module.py())?;
    contents.class::<PyFormat>()?;
    contents.function(&wrap_pyfunction!(formats::formats, module)?)?;
    contents.function(&wrap_pyfunction!(formats::register_format, module)?)?;
    contents.function(&wrap_pyfunction!(imread, module)?)?;
    contents.function(&wrap_pyfunction!(imwrite, module)?)
}

/// Read an image from a file.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     A MetaImage (.mha, .mhd), NRRD (.nrrd, .nhdr) or PNG file.
/// pixel_type : dtype, optional
///     Convert to scalars of this type, as ITK does: floats are truncated toward zero and those that don't fit
///     become the nearest value that does (NaN 0), integers that don't fit wrap around, as in C and in numpy's
///     ``astype``; RGB becomes its luma ``(2125 R + 7154 G + 721 B) / 10000``.
///     Default the type and components that the file has.
/// progress : bool, callable or object with ``update``, optional
/// cancel : oxitk.CancelToken, optional
///     As those of `median`.
///
/// Returns
/// -------
/// oxitk.Image
///     With the file's spacing, origin, direction and metadata.
///
/// Raises
/// ------
/// oxitk.MissingFileError
///     If there is no such file; a FileNotFoundError and, as ITK's, a RuntimeError.
/// oxitk.FileFormatError
///     If the content is not that of a known format, or is damaged; an OSError and a RuntimeError.
///
/// See Also
/// --------
/// imwrite
///
/// Notes
/// -----
/// ITK's twin is ``itk.imread(path, pixel_type)``. Runs without the GIL.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, tempfile, os
/// >>> path = os.path.join(tempfile.mkdtemp(), "a.mha")
/// >>> oxitk.imwrite(np.zeros((2, 3), np.int16), path)
/// >>> oxitk.imread(path).shape
/// (2, 3)
#[pyfunction]
#[pyo3(signature = (path, pixel_type=None, *, progress=None, cancel=None))]
pub(crate) fn imread(
    py: Python<'_>,
    path: PathBuf,
    pixel_type: Option<&Bound<'_, PyAny>>,
    progress: Option<&Bound<'_, PyAny>>,
    cancel: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyImage> {
    let pixel_type = pixel_type.map(|dtype| convert::requested_type(dtype, "imread")).transpose()?;
    let watch = Watch::new("imread", progress, cancel, None)?;
    let formats = formats::registered();
    let image = kernel::run(py, Kernel::Imread, &watch, |context| {
        let image = formats.open(&path)?.read_with(context)?;
        match pixel_type {
            Some(pixel_type) => itk_io::convert(&image, pixel_type),
            None => Ok(image),
        }
    })?;
    PyImage::new(image, false).map_err(to_py)
}

/// Write an image or array to a file.
///
/// Parameters
/// ----------
/// image : oxitk.Image or array_like
///     An array is written with spacing 1 and origin 0.
/// path : str or os.PathLike
///     Its ending chooses the format: .mha, .mhd, .nrrd, .nhdr or .png. The file appears complete or not at
///     all.
/// compress : bool, default False
///     Compress the pixels without loss, where the format has a choice.
/// progress : bool, callable or object with ``update``, optional
/// cancel : oxitk.CancelToken, optional
///     As those of `median`. Nothing is left behind of a file that was not completed.
///
/// Raises
/// ------
/// ValueError
///     If the format cannot hold the image, such as floats in PNG.
/// OSError
///     If the file cannot be written; nothing of it is left behind, and an older one stays.
///
/// See Also
/// --------
/// imread
///
/// Notes
/// -----
/// ITK's twin is ``itk.imwrite(image, path, compression)``. The position of the first pixel is written as the
/// origin, as ITK does, because formats have no start index. Runs without the GIL.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, tempfile, os
/// >>> image = oxitk.Image.from_array(np.zeros((2, 3), np.uint8), spacing_xyz=(0.5, 2.0))
/// >>> path = os.path.join(tempfile.mkdtemp(), "a.nrrd")
/// >>> oxitk.imwrite(image, path, compress=True)
/// >>> oxitk.imread(path).spacing_xyz
/// (0.5, 2.0)
#[pyfunction]
#[pyo3(signature = (image, path, *, compress=false, progress=None, cancel=None))]
pub(crate) fn imwrite(
    py: Python<'_>,
    image: &Bound<'_, PyAny>,
    path: PathBuf,
    compress: bool,
    progress: Option<&Bound<'_, PyAny>>,
    cancel: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let input = convert::input(image, "imwrite")?;
    let (formats, options) = (formats::registered(), WriteOptions::default().compress(compress));
    let watch = Watch::new("imwrite", progress, cancel, None)?;
    kernel::run(py, Kernel::Imwrite, &watch, |context| {
        formats.write_with(&input.image, &path, &options, context)
    })
}
