//! A node around a filter of this toolkit, whose number of axes is known when its input is.

use std::any::Any;
use std::sync::Arc;

use itk_core::pipeline::{Information, Inputs, Process, Request, Run};
use itk_core::{Filter, Geometry, Header, PixelKind, Region, Result, Task};

use super::attached::raised;
use crate::filters::Spec;

/// Applies a filter to its one input.
pub(super) struct Filtering(pub(super) Spec);

impl Filtering {
    /// The filter for this input, and the header that it sees: components of pixels are its fastest axis.
    fn build(&self, input: &Header) -> Result<(Arc<dyn Filter>, Header)> {
        let header = match input.kind {
            PixelKind::Scalar => input.clone(),
            _ if self.0.leaves_components(input.rank()) => flat(input)?,
            _ => {
                input.require_scalar(self.0.name())?;
                input.clone()
            }
        };
        let filter = self.0.build(&header, None).map_err(|error| raised(self.0.name(), error))?;
        Ok((filter, header))
    }
}

/// Pixels of several components as scalars with one more axis.
fn flat(header: &Header) -> Result<Header> {
    let size = header.array_size();
    let spacing: Vec<f64> = [1.0].iter().chain(header.geometry.spacing()).copied().collect();
    let mut flat = Header::new(header.pixel_type, &size)?;
    flat.region = lift(header, &header.region)?;
    flat.geometry = Geometry::identity(size.len())?.with_spacing(&spacing)?;
    Ok(flat)
}

/// A region of pixels as one of their components.
fn lift(header: &Header, region: &Region) -> Result<Region> {
    if header.kind == PixelKind::Scalar {
        return Ok(*region);
    }
    let index: Vec<i64> = [0].iter().chain(region.index()).copied().collect();
    let size: Vec<usize> = [header.components].iter().chain(region.size()).copied().collect();
    Region::new(&index, &size)
}

/// The inverse of [`lift`].
fn lower(header: &Header, region: &Region) -> Result<Region> {
    match header.kind {
        PixelKind::Scalar => Ok(*region),
        _ => Region::new(&region.index()[1..], &region.size()[1..]),
    }
}

impl Process for Filtering {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        let Information { header, metadata } = inputs.primary()?;
        let (filter, seen) = self.build(header)?;
        let plan = filter.plan(&seen)?;
        let header = match header.kind {
            PixelKind::Scalar => plan,
            _ => Header { pixel_type: plan.pixel_type, ..header.clone() },
        };
        Ok(vec![Information { header, metadata: metadata.clone() }])
    }

    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        let header = &request.input(input).header;
        let (filter, seen) = self.build(header)?;
        lower(header, &filter.input_region(&seen, &lift(header, &request.requested[0])?)?)
    }

    fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
        let input = run.input(0)?;
        let header = input.header();
        let (filter, seen) = self.build(&header)?;
        let region = lift(&header, &run.requested_region(0))?;
        run.produce(0, |output, context| {
            filter.fill(Task { input: &seen, source: input.view(), region, output, context })
        })
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("Filter".into(), self.0.text())]
    }
}

/// The filter of a process of this kind.
pub(super) fn spec(process: &Arc<dyn Process>) -> Option<Spec> {
    let process: &dyn Any = &**process;
    process.downcast_ref::<Filtering>().map(|filtering| filtering.0.clone())
}
