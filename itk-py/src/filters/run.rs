//! Running filters: arguments in, one detached run of the engine, the same kind of thing out.

use itk_core::{AnyImage, Buffer, Geometry, Header, Image, Pixel, PixelKind, PixelType, Visit};
use itk_filters::{Apply, Chain, Filter, Task};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::spec::Spec;
use crate::convert::{self, From, Output};
use crate::errors::to_py;
use crate::image::PyImage;
use crate::kernel::{self, Kernel};
use crate::watch::Watch;

/// Runs filters one after the other on an image or array, and gives back the same kind of thing, or `out`.
pub(super) fn run<'py>(
    specs: &[Spec],
    object: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
    watch: &Watch,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let Some(last) = specs.last() else {
        return Err(PyValueError::new_err("a chain needs at least one filter"));
    };
    let first = &specs[0];
    let mut input = convert::input(object, first.name())?;
    // The components of pixels are the array's last axis: with channel_axis they are filtered one by one.
    let mut header = input.image.header();
    let composite = (header.kind != PixelKind::Scalar).then_some(header.clone());
    if let Some(whole) = &composite {
        if !specs.iter().all(|spec| spec.leaves_components(whole.rank())) {
            whole.require_scalar(first.name()).map_err(to_py)?;
        }
        input.image = input.image.visit(Components).map_err(to_py)?;
        header = input.image.header();
    }
    let mut output = out.map(|out| Output::new(out, &input, last.name())).transpose()?;

    let mut chain = Chain::new();
    for (i, spec) in specs.iter().enumerate() {
        let asked = output.as_ref().filter(|_| i + 1 == specs.len()).map(Output::pixel_type);
        let filter = spec.build(&header, asked)?;
        header = filter.plan(&header).map_err(to_py)?;
        chain = chain.then(filter);
    }
    let is_bool = input.is_bool && specs.iter().all(Spec::keeps_bool);
    if let Some(output) = &output {
        check_out(output, &header, is_bool, last.name())?;
    }

    let image = &input.image;
    let result = kernel::run(py, kernel_of(specs), watch, |context| {
        let Some(output) = &mut output else { return chain.apply_any(image, context).map(Some) };
        let header = image.header();
        let task = Task {
            input: &header,
            source: image.view(),
            region: header.region,
            output: output.view(),
            context,
        };
        chain.fill(task).map(|()| None)
    })?;
    match (result, input.from) {
        (None, _) => Ok(out.expect("no result means that out has it").clone()),
        (Some(result), From::Array) => convert::into_array(py, result, is_bool),
        (Some(result), From::Image) => {
            let result = match composite {
                Some(whole) => rejoin(&result, &whole).map_err(to_py)?,
                None => result,
            };
            Ok(Bound::new(py, PyImage::new(result, is_bool).map_err(to_py)?)?.into_any())
        }
    }
}

/// What tests know a run of these filters by.
fn kernel_of(specs: &[Spec]) -> Kernel {
    match specs {
        [Spec::Median { .. }] => Kernel::Median,
        [Spec::Mean { .. }] => Kernel::Mean,
        [Spec::Derivative { .. }] => Kernel::Derivative,
        [Spec::Gradient { .. }] => Kernel::Gradient,
        [Spec::Sobel { .. }] => Kernel::Sobel,
        [Spec::GradientMagnitude { .. }] => Kernel::GradientMagnitude,
        [Spec::Recursion(_)] => Kernel::Recursion,
        _ => Kernel::Chain,
    }
}

/// Refuses an `out` of another size or type than the result.
fn check_out(output: &Output, plan: &Header, is_bool: bool, filter: &str) -> PyResult<()> {
    if *plan.array_size() == *output.size()
        && (output.pixel_type(), output.is_bool()) == (plan.pixel_type, is_bool)
    {
        return Ok(());
    }
    let zyx = |size: &[usize]| {
        let sizes: Vec<String> = size.iter().rev().map(usize::to_string).collect();
        format!("({}{})", sizes.join(", "), if sizes.len() == 1 { "," } else { "" })
    };
    let (expected, got) = (zyx(&plan.array_size()), zyx(output.size()));
    if expected != got {
        return Err(PyValueError::new_err(format!("{filter}: out must have shape {expected}, got {got}")));
    }
    let name = |pixel_type: PixelType, is_bool: bool| if is_bool { "bool" } else { pixel_type.numpy_name() };
    Err(PyTypeError::new_err(format!(
        "{filter}: out must have dtype {}, got {}",
        name(plan.pixel_type, is_bool),
        name(output.pixel_type(), output.is_bool()),
    )))
}

/// An image of vectors as one of scalars with one more axis, x of which are the components; shares memory.
struct Components;

impl Visit for Components {
    type Out = itk_core::Result<AnyImage>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        let size = image.header().array_size();
        let mut header = Header::new(T::TYPE, &size)?;
        let spacing: Vec<f64> = [1.0].iter().chain(image.geometry().spacing()).copied().collect();
        header.geometry = Geometry::identity(size.len())?.with_spacing(&spacing)?;
        Ok(T::erase(
            Image::from_buffer(&header, image.buffer().clone())?.with_metadata(image.metadata().clone()),
        ))
    }
}

/// The inverse of [`Components`], with the kind and geometry of `like`.
fn rejoin(image: &AnyImage, like: &Header) -> itk_core::Result<AnyImage> {
    struct Rejoin<'a>(&'a Header);
    impl Visit for Rejoin<'_> {
        type Out = itk_core::Result<AnyImage>;
        fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
            let buffer: Buffer<T> = image.buffer().clone();
            Ok(T::erase(Image::from_buffer(self.0, buffer)?.with_metadata(image.metadata().clone())))
        }
    }
    image.visit(Rejoin(like))
}
