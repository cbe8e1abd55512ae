//! What flows between nodes: ITK's `DataObject` and `ImageBase`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::information::Information;
use super::node::{Core, Node};
use super::{session, time};
use crate::events::{Event, Notice, Observers, Tag};
use crate::{AnyImage, Error, Geometry, Header, Image, Metadata, Pixel, Region, Result};

static RELEASE_ALL: AtomicBool = AtomicBool::new(false);

/// Frees every data object as soon as what needs it has run, whatever its own flag says: ITK's
/// `SetGlobalReleaseDataFlag`. Default off.
pub fn set_global_release_data_flag(release: bool) {
    RELEASE_ALL.store(release, Ordering::SeqCst);
}

/// Whether [`set_global_release_data_flag`] is on.
pub fn global_release_data_flag() -> bool {
    RELEASE_ALL.load(Ordering::SeqCst)
}

/// An image in a pipeline: what is known of it, which part is wanted, and the part that there is.
///
/// Made by a node, whose output it is, or from an image, which then is all there is. Clones are the same
/// object. It does not keep the node alive that makes it; without that node its pixels stay as they are.
///
/// # Source
/// ITK's `itk::DataObject` and `itk::ImageBase`.
///
/// # Example
/// ```
/// use itk_core::{Image, Region, pipeline::DataObject};
/// let data = DataObject::from(Image::from_vec(&[2, 2], vec![1u8, 2, 3, 4])?);
/// data.update()?;
/// assert_eq!(data.buffered_region(), Some(Region::of_size(&[2, 2])?));
/// assert!(data.source().is_none());
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone)]
pub struct DataObject(pub(super) Arc<Inner>);

pub(super) struct Inner {
    state: Mutex<State>,
    observers: Observers<DataObject>,
}

/// Nothing that may run code from outside (observers, owners of pixel memory) happens while this is locked.
#[derive(Default)]
pub(super) struct State {
    pub(super) information: Option<Arc<Information>>,
    pub(super) requested: Option<Region>,
    /// The pixels; the image's own region is the buffered one.
    pub(super) image: Option<AnyImage>,
    pub(super) modified: u64,
    pub(super) updated: u64,
    pub(super) pipeline: u64,
    pub(super) released: bool,
    pub(super) release_flag: bool,
    pub(super) source: Option<(Weak<Core>, usize)>,
}

impl State {
    /// True when the region reaches beyond the pixels that there are.
    pub(super) fn lacks(&self, region: &Region) -> bool {
        self.image.as_ref().is_none_or(|image| reaches_outside(region, image.buffered_region()))
    }

    /// True when the source has to work before `region` is there.
    pub(super) fn is_dirty(&self, region: &Region) -> bool {
        self.updated < self.pipeline || self.released || self.lacks(region)
    }
}

/// True when a region has a part outside of another one; an empty one may lie on its border.
pub(super) fn reaches_outside(region: &Region, whole: &Region) -> bool {
    region.rank() != whole.rank()
        || (0..whole.rank()).any(|a| {
            let end = |r: &Region| r.index()[a] + r.size()[a] as i64;
            region.index()[a] < whole.index()[a] || end(region) > end(whole)
        })
}

impl DataObject {
    pub(super) fn new(state: State) -> Self {
        let state = State { modified: time::next(), ..state };
        Self(Arc::new(Inner { state: Mutex::new(state), observers: Observers::default() }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this object from others as long as it exists.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// True when the two are the same object, not only equal ones.
    pub fn is_same(&self, other: &DataObject) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Size, geometry, pixel type and metadata, once they are known.
    pub fn information(&self) -> Option<Arc<Information>> {
        self.lock().information.clone()
    }

    /// [`DataObject::information`] without the metadata; the region is the largest possible one.
    pub fn header(&self) -> Option<Header> {
        self.information().map(|information| information.header.clone())
    }

    /// Moves the image in space; later nodes run again if that is a change.
    ///
    /// # Errors
    /// [`Error::Rank`] when the geometry has another number of axes, [`Error::Input`] when the image's size is
    /// not known yet; those of observers of [`Event::Modified`].
    pub fn set_geometry(&self, geometry: Geometry) -> Result<()> {
        let mut state = self.lock();
        let Some(information) = &mut state.information else {
            let reason = "its size is not known; update its information first".into();
            return Err(Error::Input { node: "image".into(), reason });
        };
        let (rank, got) = (information.header.rank(), geometry.rank());
        if rank != got {
            return Err(Error::Rank { who: "image geometry", expected: rank.to_string(), got });
        }
        if information.header.geometry == geometry {
            return Ok(());
        }
        Arc::make_mut(information).header.geometry = geometry;
        drop(state);
        self.modified()
    }

    /// Changes the metadata dictionary, which is no modification in the sense of the pipeline.
    pub fn set_metadata(&self, metadata: Metadata) {
        if let Some(information) = &mut self.lock().information {
            Arc::make_mut(information).metadata = metadata;
        }
    }

    /// The whole data set, once it is known, xyz.
    pub fn largest_possible_region(&self) -> Option<Region> {
        self.lock().information.as_ref().map(|information| information.header.region)
    }

    /// The part whose pixels are in memory, xyz.
    pub fn buffered_region(&self) -> Option<Region> {
        self.lock().image.as_ref().map(|image| *image.buffered_region())
    }

    /// The part that is wanted, xyz. `None` stands for the whole, before its size is known.
    pub fn requested_region(&self) -> Option<Region> {
        self.lock().requested
    }

    /// Asks for a part, xyz; it sticks until something else is asked for. A part without pixels becomes the
    /// whole at the next update, as in ITK.
    pub fn set_requested_region(&self, region: Region) {
        self.lock().requested = Some(region);
    }

    /// Asks for the whole, as far as its size is known now.
    pub fn set_requested_region_to_largest_possible_region(&self) {
        let mut state = self.lock();
        state.requested = state.information.as_ref().map(|information| information.header.region);
    }

    /// When this object was last changed: by its node, or by [`DataObject::modified`].
    pub fn modified_time(&self) -> u64 {
        self.lock().modified
    }

    /// When its pixels were last made.
    pub fn update_time(&self) -> u64 {
        self.lock().updated
    }

    /// The latest modified time of all that its pixels depend on, as far as known.
    pub fn pipeline_modified_time(&self) -> u64 {
        self.lock().pipeline
    }

    /// Says that it was changed: nodes that take it run again.
    ///
    /// # Errors
    /// Those of observers of [`Event::Modified`].
    pub fn modified(&self) -> Result<()> {
        self.lock().modified = time::next();
        self.invoke(Event::Modified)
    }

    /// Whether the pixels are freed as soon as the nodes that take them have run. Default off.
    pub fn release_data_flag(&self) -> bool {
        self.lock().release_flag
    }

    /// Sets [`DataObject::release_data_flag`].
    pub fn set_release_data_flag(&self, release: bool) {
        self.lock().release_flag = release;
    }

    /// Whether the flag of this object, or the global one, is on.
    pub fn should_release_data(&self) -> bool {
        global_release_data_flag() || self.release_data_flag()
    }

    /// True when the pixels were freed and have not been made again.
    pub fn data_released(&self) -> bool {
        self.lock().released
    }

    /// The node that makes it, as long as that exists.
    pub fn source(&self) -> Option<Node> {
        self.source_output().map(|(node, _)| node)
    }

    /// The node that makes it, and as which of its outputs.
    pub fn source_output(&self) -> Option<(Node, usize)> {
        let (node, index) = self.lock().source.clone()?;
        Some((Node(node.upgrade()?), index))
    }

    /// Brings the requested region up to date: information, then requested regions, then data of all that
    /// this object depends on and that is out of date.
    ///
    /// # Errors
    /// Those of the nodes that run; [`Error::InvalidRequestedRegion`]; [`Error::Input`]; [`Error::Updating`].
    pub fn update(&self) -> Result<()> {
        session::update_data(self, false, None)
    }

    /// [`DataObject::update`], during which `attend` is called about every 50 ms on this thread. The update is
    /// aborted when it returns false.
    ///
    /// # Errors
    /// As [`DataObject::update`]; [`Error::Aborted`].
    pub fn update_attended(&self, attend: &mut (dyn FnMut() -> bool + Send)) -> Result<()> {
        session::update_data(self, false, Some(attend))
    }

    /// Asks for the whole and brings it up to date.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn update_largest_possible_region(&self) -> Result<()> {
        session::update_data(self, true, None)
    }

    /// [`DataObject::update_largest_possible_region`], attended as by [`DataObject::update_attended`].
    ///
    /// # Errors
    /// As [`DataObject::update_attended`].
    pub fn update_largest_possible_region_attended(
        &self,
        attend: &mut (dyn FnMut() -> bool + Send),
    ) -> Result<()> {
        session::update_data(self, true, Some(attend))
    }

    /// Finds out size, geometry and pixel type; computes no pixel.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn update_output_information(&self) -> Result<()> {
        session::update_information(self)
    }

    /// Finds out which part of everything the requested region needs, after the information; computes no pixel.
    ///
    /// # Errors
    /// As [`DataObject::update`].
    pub fn propagate_requested_region(&self) -> Result<()> {
        session::propagate_requested_region(self)
    }

    /// Calls `command` on each `event` and its special cases, on the thread on which it happens.
    pub fn add_observer(
        &self,
        event: Event,
        command: impl Fn(&Notice<'_, DataObject>) -> Result<()> + Send + Sync + 'static,
    ) -> Tag {
        self.0.observers.add(event, command)
    }

    /// The observers.
    pub fn observers(&self) -> &Observers<DataObject> {
        &self.0.observers
    }

    pub(super) fn invoke(&self, event: Event) -> Result<()> {
        self.0.observers.invoke(&Notice { event, caller: Some(self), progress: 0.0 })
    }

    /// What an update finds first: an image without a source is as large as its pixels reach; a region that
    /// was not asked for, or has no pixels, is the whole.
    pub(super) fn settle(&self) {
        let mut state = self.lock();
        if let (None, Some(image)) = (&state.source, &state.image) {
            let buffered = *image.buffered_region();
            if let Some(information) = &mut state.information
                && information.header.region != buffered
            {
                Arc::make_mut(information).header.region = buffered;
            }
        }
        if state.requested.is_none_or(|requested| requested.pixels() == 0) {
            state.requested = state.information.as_ref().map(|information| information.header.region);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        super::tell_deletion(&self.observers, 0.0);
    }
}

impl From<AnyImage> for DataObject {
    fn from(image: AnyImage) -> Self {
        let information = Information { header: image.header(), metadata: image.metadata().clone() };
        Self::new(State {
            requested: Some(information.header.region),
            information: Some(Arc::new(information)),
            image: Some(image),
            ..State::default()
        })
    }
}

impl<T: Pixel> From<Image<T>> for DataObject {
    fn from(image: Image<T>) -> Self {
        T::erase(image).into()
    }
}

impl From<&DataObject> for DataObject {
    fn from(data: &DataObject) -> Self {
        data.clone()
    }
}

impl std::fmt::Debug for DataObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("DataObject")
            .field("largest", &state.information.as_ref().map(|i| i.header.region))
            .field("buffered", &state.image.as_ref().map(|i| *i.buffered_region()))
            .field("requested", &state.requested)
            .finish_non_exhaustive()
    }
}
