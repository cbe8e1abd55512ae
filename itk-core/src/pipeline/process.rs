//! What a node does: the one trait behind sources, filters and sinks.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::information::{Information, Inputs, Request, Tolerance};
use super::run::Run;
use crate::{Region, Result};

/// What a node does: ITK's virtual methods of `ProcessObject`, `ImageSource` and `ImageToImageFilter`.
///
/// An update asks in this order: preconditions and information for all nodes, inputs before those who take
/// them; then requested regions, outputs before inputs; then data. Everything is called on the thread that
/// updates, without any lock held, and never twice at the same time for one node. Defaults are those of a
/// filter with one input and one output of the same size, which needs of its input what is asked of its output.
///
/// # Example
/// ```
/// use itk_core::pipeline::{Information, Inputs, Node, Process, Run};
/// use itk_core::{Header, Image, PixelType, Result};
///
/// /// Makes an image of any size whose pixels say where they are.
/// struct Ramp;
///
/// impl Process for Ramp {
///     fn name(&self) -> &str {
///         "ramp"
///     }
///     fn number_of_required_inputs(&self) -> usize {
///         0
///     }
///     fn generate_output_information(&self, _: &Inputs<'_>) -> Result<Vec<Information>> {
///         Ok(vec![Header::new(PixelType::U16, &[1000, 1000])?.into()])
///     }
///     fn generate_data(&self, run: &mut Run<'_>) -> Result<()> {
///         let region = run.requested_region(0);
///         let mut image = Image::<u16>::zeroed(&run.output_header(0)?)?;
///         for (i, pixel) in image.as_mut_slice()?.into_iter().flatten().enumerate() {
///             let y = region.index()[1] + (i / region.size()[0]) as i64;
///             *pixel = y as u16;
///         }
///         run.set_output(0, image)
///     }
/// }
///
/// let ramp = Node::new(Ramp);
/// let output = ramp.output();
/// output.set_requested_region(itk_core::Region::new(&[7, 500], &[2, 2])?);
/// output.update()?;
/// let image = output.image().and_then(|image| image.typed::<u16>()).map(|image| image.to_vec());
/// assert_eq!(image, Some(vec![500, 500, 501, 501]));
/// # Ok::<(), itk_core::Error>(())
/// ```
pub trait Process: Any + Send + Sync {
    /// Its name in texts and errors.
    fn name(&self) -> &str;

    /// How many outputs it has; asked once, when the node is made. 0 makes a sink.
    fn number_of_outputs(&self) -> usize {
        1
    }

    /// How many of the first indexed inputs have to be set.
    fn number_of_required_inputs(&self) -> usize {
        1
    }

    /// The named inputs that have to be set.
    fn required_input_names(&self) -> &[String] {
        &[]
    }

    /// Refuses parameters that make no sense; asked at the beginning of each update.
    ///
    /// # Errors
    /// Whatever the process sees fit.
    fn verify_preconditions(&self) -> Result<()> {
        Ok(())
    }

    /// Refuses inputs that don't go together. By default they must lie in the same place in space.
    ///
    /// # Errors
    /// [`crate::Error::PhysicalSpace`].
    fn verify_input_information(&self, inputs: &Inputs<'_>, tolerance: &Tolerance) -> Result<()> {
        inputs.verify_same_space(tolerance)
    }

    /// Size, geometry and pixel type of each output. By default the first input's. Not asked again until an
    /// input or a parameter changes.
    ///
    /// # Errors
    /// Whatever makes these inputs unfit; the next update asks again.
    fn generate_output_information(&self, inputs: &Inputs<'_>) -> Result<Vec<Information>> {
        let information = inputs.primary()?;
        Ok(vec![information.clone(); self.number_of_outputs()])
    }

    /// The part of an output that is made when `requested` is asked for: that, or more. Sources that can only
    /// make all of it return the output's whole region.
    ///
    /// # Errors
    /// Whatever the process sees fit.
    fn enlarge_output_requested_region(
        &self,
        output: usize,
        information: &Information,
        requested: &Region,
    ) -> Result<Region> {
        let _ = (output, information);
        Ok(*requested)
    }

    /// The part of another output that is made when `requested` is asked of `output`. By default the same one.
    ///
    /// # Errors
    /// Whatever the process sees fit.
    fn generate_output_requested_region(
        &self,
        output: usize,
        requested: &Region,
        other: usize,
        information: &Information,
    ) -> Result<Region> {
        let _ = (output, other, information);
        Ok(*requested)
    }

    /// The part of an input that is needed, by its place in [`Request::inputs`]. By default the part that is
    /// asked of the first output; all of it where there is no output.
    ///
    /// # Errors
    /// [`crate::Error::InvalidRequestedRegion`] when the input cannot serve it.
    fn generate_input_requested_region(&self, request: &Request<'_>, input: usize) -> Result<Region> {
        match request.requested.first() {
            Some(requested) => Ok(*requested),
            None => Ok(request.inputs.information[input].header.region),
        }
    }

    /// True for a process that is not handed its inputs, but fetches parts of them while it runs
    /// ([`Run::pull`]), as streaming filters and streamed writers do.
    fn pulls_inputs(&self) -> bool {
        false
    }

    /// True when [`Run::take_input_in_place`] is used.
    fn can_run_in_place(&self) -> bool {
        false
    }

    /// Makes the requested part of each output.
    ///
    /// # Errors
    /// Whatever goes wrong. Outputs then have no data, and the next update tries again.
    fn generate_data(&self, run: &mut Run<'_>) -> Result<()>;

    /// The parameters, for texts: name and value.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

impl fmt::Debug for dyn Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct(self.name());
        for (name, value) in self.parameters() {
            text.field(&name, &format_args!("{value}"));
        }
        text.finish()
    }
}

/// What an input of a node has to say, by its place.
impl Request<'_> {
    /// The whole region of an input, by its place in [`Request::inputs`].
    pub fn input_region(&self, input: usize) -> Region {
        self.inputs.information[input].header.region
    }

    /// Information on an input, by its place.
    pub fn input(&self, input: usize) -> &Arc<Information> {
        &self.inputs.information[input]
    }
}
