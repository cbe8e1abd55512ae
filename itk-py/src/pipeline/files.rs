//! Nodes that read and write files.

use std::path::PathBuf;
use std::sync::Arc;

use itk_core::pipeline::{Divisions, Node, Process};
use itk_core::{PixelType, Region};
use itk_io::WriteOptions;
use itk_io::pipeline::{ImageFileReader, ImageFileWriter};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::kind::{Changes, Kind, divisions_of};
use super::make::connected;
use super::node::PyNode;
use super::region::region;
use crate::arguments::integer;
use crate::{convert, formats};

/// The arguments of `reader`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    path: PathBuf,
    pixel_type: Option<PixelType>,
    rank: Option<usize>,
    use_streaming: bool,
}

impl Reading {
    pub(super) fn process(&self) -> Arc<dyn Process> {
        let mut reader = ImageFileReader::new(&self.path).formats(formats::registered());
        if let Some(pixel_type) = self.pixel_type {
            reader = reader.pixel_type(pixel_type);
        }
        if let Some(rank) = self.rank {
            reader = reader.rank(rank);
        }
        Arc::new(reader.use_streaming(self.use_streaming))
    }

    pub(super) fn changed(&self, changes: &mut Changes<'_>) -> PyResult<Self> {
        let mut new = self.clone();
        if let Some(path) = changes.take("path")? {
            new.path = path.extract()?;
        }
        if let Some(dtype) = changes.take("pixel_type")? {
            new.pixel_type =
                if dtype.is_none() { None } else { Some(convert::requested_type(&dtype, "reader")?) };
        }
        if let Some(rank) = changes.take("rank")? {
            new.rank = if rank.is_none() { None } else { Some(axes(&rank)?) };
        }
        if let Some(use_streaming) = changes.take("use_streaming")? {
            new.use_streaming = use_streaming.extract()?;
        }
        Ok(new)
    }
}

fn axes(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    match integer(object, "reader: rank")? {
        rank @ 1..=6 => Ok(rank as usize),
        other => Err(PyValueError::new_err(format!("reader: rank must be 1 to 6, got {other}"))),
    }
}

/// The arguments of `writer`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Writing {
    path: PathBuf,
    divisions: Divisions,
    compress: bool,
    io_region: Option<Region>,
}

impl Writing {
    pub(super) fn process(&self) -> Arc<dyn Process> {
        let options = WriteOptions::default().compress(self.compress);
        let writer = ImageFileWriter::new(&self.path).options(options).divisions(self.divisions);
        Arc::new(match self.io_region {
            Some(region) => writer.io_region(region),
            None => writer,
        })
    }

    pub(super) fn changed(&self, changes: &mut Changes<'_>) -> PyResult<Self> {
        let mut new = self.clone();
        if let Some(path) = changes.take("path")? {
            new.path = path.extract()?;
        }
        let (divisions, memory) = (changes.take("divisions")?, changes.take("memory")?);
        if let Some(divisions) = divisions_of(divisions.as_ref(), memory.as_ref(), "writer")? {
            new.divisions = divisions;
        }
        if let Some(compress) = changes.take("compress")? {
            new.compress = compress.extract()?;
        }
        if let Some(part) = changes.take("io_region")? {
            new.io_region = if part.is_none() { None } else { Some(region(&part, "writer: io_region")?) };
        }
        Ok(new)
    }
}

/// Make a node that reads a file.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     As in `oxitk.imread`.
/// pixel_type : dtype, optional
///     Convert to scalars of this type, as `oxitk.imread` does.
/// rank : int, optional
///     Make an image of so many axes: of a file with more, the first slice is read, without direction; to a file with
///     fewer, axes of one pixel are added. Default as many as the file has.
/// use_streaming : bool, default True
///     Read only the region that is asked for, where the file allows it: MetaImage and NRRD that are not compressed.
///
/// Returns
/// -------
/// Node
///     The header is read when information is updated, and not again before the node is modified. Errors of the file come
///     at an update, each time, as those of `oxitk.imread`.
///
/// See Also
/// --------
/// writer
///
/// Notes
/// -----
/// ITK's ``itk.ImageFileReader``.
///
/// Examples
/// --------
/// >>> import numpy as np, oxitk, oxitk.pipeline as op, tempfile, os
/// >>> path = os.path.join(tempfile.mkdtemp(), "a.mha")
/// >>> oxitk.imwrite(np.arange(12, dtype=np.uint8).reshape(3, 4), path)
/// >>> node = op.reader(path)
/// >>> node.output.requested_region = op.Region(index_xyz=(1, 2), size_xyz=(2, 1))
/// >>> node.update()
/// >>> np.asarray(node.output.image())
/// array([[ 9, 10]], dtype=uint8)
#[pyfunction]
#[pyo3(signature = (path, pixel_type=None, *, rank=None, use_streaming=true))]
pub(super) fn reader<'py>(
    py: Python<'py>,
    path: PathBuf,
    pixel_type: Option<&Bound<'_, PyAny>>,
    rank: Option<&Bound<'_, PyAny>>,
    use_streaming: bool,
) -> PyResult<Bound<'py, PyNode>> {
    know_formats(py)?;
    let pixel_type = pixel_type.map(|dtype| convert::requested_type(dtype, "reader")).transpose()?;
    let reading = Reading { path, pixel_type, rank: rank.map(axes).transpose()?, use_streaming };
    PyNode::create(py, Node::of(reading.process()), Kind::reader(reading))
}

/// Make a node that writes its input to a file.
///
/// Parameters
/// ----------
/// input : Node, DataObject, Image or array_like
///     A node stands for its first output.
/// path : str or os.PathLike
///     As in `oxitk.imwrite`. A new file appears under its name when it is complete.
/// divisions : int, default 1
///     Have the input made and written in so many pieces along its slowest axis. Compressed files and PNG are written at
///     once.
/// memory : int or str, optional
///     Instead of `divisions`: as few pieces as keep the pixels of all nodes within so many bytes, such as ``"2 GB"``.
/// compress : bool, default False
///     Compress the pixels without loss, where the format has a choice.
/// io_region : Region, optional
///     Write this part of an existing file only, in place. Its first pixel has index 0.
///
/// Returns
/// -------
/// Node
///     Nothing is written before an update; each update writes anew.
///
/// Raises
/// ------
/// ValueError
///     If arguments make no sense; on update, if the format cannot hold the image, or the memory does not suffice.
/// OSError
///     On update, if the file cannot be written; nothing of it is left behind, and an older one stays.
///
/// See Also
/// --------
/// reader, streaming
///
/// Notes
/// -----
/// ITK's ``itk.ImageFileWriter``.
///
/// Examples
/// --------
/// A file of any size goes through filters in bounded memory:
///
/// >>> import numpy as np, oxitk, oxitk.pipeline as op, tempfile, os
/// >>> folder = tempfile.mkdtemp()
/// >>> source, target = os.path.join(folder, "a.mha"), os.path.join(folder, "b.nrrd")
/// >>> oxitk.imwrite(np.arange(6000, dtype=np.uint16).reshape(60, 10, 10), source)
/// >>> filters = oxitk.Median(1) | oxitk.GradientMagnitude()
/// >>> op.writer(op.filter(filters, op.reader(source)), target, memory="20 kB").update()
/// >>> np.array_equal(oxitk.imread(target), filters(oxitk.imread(source)))
/// True
#[pyfunction]
#[pyo3(signature = (input, path, *, divisions=None, memory=None, compress=false, io_region=None))]
pub(super) fn writer<'py>(
    input: &Bound<'py, PyAny>,
    path: PathBuf,
    divisions: Option<&Bound<'_, PyAny>>,
    memory: Option<&Bound<'_, PyAny>>,
    compress: bool,
    io_region: Option<&Bound<'_, PyAny>>,
) -> PyResult<Bound<'py, PyNode>> {
    know_formats(input.py())?;
    let divisions = divisions_of(divisions, memory, "writer")?.unwrap_or(Divisions::Number(1));
    let io_region = io_region.map(|part| region(part, "writer: io_region")).transpose()?;
    let writing = Writing { path, divisions, compress, io_region };
    connected(Node::of(writing.process()), Kind::writer(writing), input)
}

/// Formats are registered when `oxitk.io` is first touched.
fn know_formats(py: Python<'_>) -> PyResult<()> {
    py.import("oxitk.io")?.getattr("imread").map(drop)
}
