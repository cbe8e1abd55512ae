//! What a filter is: it plans, then fills; and what every filter can be asked to do.

use std::fmt::Debug;
use std::sync::Arc;

use crate::{
    AnyImage, AnyView, AnyViewMut, Axes, Buffer, Context, Error, Header, Image, Pixel, Region, Result, Sink,
    Source, VisitType,
};

/// A piece of a filter's output to be computed.
pub struct Task<'a> {
    /// The header of the pixels at hand: the whole input, or, in a pipeline, at least the part that
    /// [`Filter::input_region`] asked for.
    pub input: &'a Header,
    /// These pixels, x first.
    pub source: AnyView<'a>,
    /// Which part of the output is wanted, in the input's index space.
    pub region: Region,
    /// Where that part goes, x first.
    pub output: AnyViewMut<'a>,
    /// How the work is watched and stopped.
    pub context: &'a Context<'a>,
}

impl Task<'_> {
    /// The index of the region's first pixel, counted from the first pixel at hand, xyz.
    pub fn offset(&self) -> Axes<usize> {
        let relative = self.region.relative_to(&self.input.region);
        Axes::from_fn(relative.rank(), |a| relative.index()[a] as usize)
    }
}

/// A filter with its parameters. All refusals are in `plan`; after that, `fill` fails only by abort, or where
/// a parameter asks for an error that depends on pixels.
pub trait Filter: Debug + Send + Sync {
    /// Its name in lower case, as in texts: `gradient_magnitude`.
    fn name(&self) -> &'static str;

    /// The output's header, or why this input is refused. Reads no pixel.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Components`], [`Error::PixelType`], as the filter's page says.
    fn plan(&self, input: &Header) -> Result<Header>;

    /// The part of the input that this part of the output depends on, inside the input.
    ///
    /// # Errors
    /// Those of `plan`.
    fn input_region(&self, input: &Header, output: &Region) -> Result<Region>;

    /// Computes a part of the output. The caller has asked `plan` with the same input.
    ///
    /// # Errors
    /// [`Error::Aborted`]; [`Error::PixelType`] when the output's type is not one that the filter makes.
    fn fill(&self, task: Task<'_>) -> Result<()>;
}

impl<F: Filter + ?Sized> Filter for Arc<F> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn plan(&self, input: &Header) -> Result<Header> {
        (**self).plan(input)
    }

    fn input_region(&self, input: &Header, output: &Region) -> Result<Region> {
        (**self).input_region(input, output)
    }

    fn fill(&self, task: Task<'_>) -> Result<()> {
        (**self).fill(task)
    }
}

/// Which types of output a filter makes from pixels `I`.
pub trait Maps<I: Pixel, O: Pixel>: Filter {}

/// What every filter does with images and arrays. The result has the type that the call asks for, where the
/// filter can make several.
pub trait Apply: Filter {
    /// The whole output, as the same kind of thing as the input: image or array.
    ///
    /// # Errors
    /// Those of [`Filter::plan`]; [`Error::OutOfMemory`].
    fn apply<S: Source, O: Pixel>(&self, input: &S) -> Result<S::With<O>>
    where
        Self: Maps<S::Pixel, O>,
    {
        self.apply_with(input, &Context::default())
    }

    /// [`Apply::apply`], watched and stopped by a context.
    ///
    /// # Errors
    /// Also [`Error::Aborted`].
    fn apply_with<S: Source, O: Pixel>(&self, input: &S, context: &Context<'_>) -> Result<S::With<O>>
    where
        Self: Maps<S::Pixel, O>,
    {
        let header = input.header()?;
        let plan = self.plan(&header)?;
        let region = plan.region;
        input.produce(&plan, |output| {
            let (source, output) = (input.view().into(), output.into());
            self.fill(Task { input: &header, source, region, output, context })
        })
    }

    /// Writes the whole output into an image or array of the right size.
    ///
    /// # Errors
    /// Also [`Error::Size`] when it has another size.
    fn apply_into<S: Source, D: Sink>(&self, input: &S, output: &mut D) -> Result<()>
    where
        Self: Maps<S::Pixel, D::Pixel>,
    {
        let header = input.header()?;
        let plan = self.plan(&header)?;
        let output: AnyViewMut<'_> = output.view_mut()?.into();
        check_size(&plan, &output)?;
        let context = &Context::default();
        self.fill(Task { input: &header, source: input.view().into(), region: plan.region, output, context })
    }

    /// A part of the output, equal to the same part of the whole. `region` is in the input's index space, xyz.
    ///
    /// # Errors
    /// Also [`Error::InvalidRequestedRegion`] when the region is not inside the output.
    fn apply_region<S: Source, O: Pixel>(&self, input: &S, region: &Region) -> Result<S::With<O>>
    where
        Self: Maps<S::Pixel, O>,
    {
        let header = input.header()?;
        let plan = self.plan(&header)?;
        let inside = plan.region.contains(region) || (region.pixels() == 0 && region.rank() == plan.rank());
        if !inside {
            let (requested, largest) = (Box::new(*region), Box::new(plan.region));
            return Err(Error::InvalidRequestedRegion { requested, largest });
        }
        input.produce(&Header { region: *region, ..plan }, |output| {
            let (source, output, context) = (input.view().into(), output.into(), &Context::default());
            self.fill(Task { input: &header, source, region: *region, output, context })
        })
    }

    /// The whole output of an image whose pixel type is known at run time only. Metadata goes along.
    ///
    /// # Errors
    /// As [`Apply::apply_with`].
    fn apply_any(&self, input: &AnyImage, context: &Context<'_>) -> Result<AnyImage> {
        let header = input.header();
        let plan = self.plan(&header)?;
        let mut result = AnyImage::filled_by(&plan, &|output| {
            self.fill(Task { input: &header, source: input.view(), region: plan.region, output, context })
        })?;
        *result.metadata_mut() = input.metadata().clone();
        Ok(result)
    }
}

impl<F: Filter + ?Sized> Apply for F {}

impl AnyImage {
    /// A new image, whose pixels `fill` stores.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and those of `fill`.
    ///
    /// # Panics
    /// When `fill` returns `Ok` and has left pixels out.
    pub fn filled_by(header: &Header, fill: Fill<'_>) -> Result<Self> {
        header.pixel_type.visit(Produce { header, fill })
    }
}

/// What stores all pixels of an output.
type Fill<'a> = &'a dyn Fn(AnyViewMut<'_>) -> Result<()>;

struct Produce<'a> {
    header: &'a Header,
    fill: Fill<'a>,
}

impl VisitType for Produce<'_> {
    type Out = Result<AnyImage>;

    fn visit<T: Pixel>(self) -> Result<AnyImage> {
        let buffer = Buffer::<T>::filled_by(self.header.array_size(), |output| (self.fill)(output.into()))?;
        Ok(T::erase(Image::from_buffer(self.header, buffer)?))
    }
}

/// Refuses an output whose size is not the planned one.
fn check_size(plan: &Header, output: &AnyViewMut<'_>) -> Result<()> {
    let expected = plan.array_size();
    if *expected == *output.size() {
        return Ok(());
    }
    Err(Error::Size { what: "output", expected: expected.to_vec(), got: output.size().to_vec() })
}
