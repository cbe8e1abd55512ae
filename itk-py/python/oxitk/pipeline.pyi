"""Graphs of nodes that compute what is asked for, and only what has changed: ITK's demand-driven pipeline.

`filter`, `reader`, `writer`, `streaming` and `python_filter` make a `Node` each, `source` makes the `DataObject` of an
image; connecting them computes nothing. An update of a node finds out sizes, then which region of everything is needed,
then makes the pixels of these regions, each only if something has changed before it. Regions and geometry are in ITK's
order, x first, and arrays in numpy's, slowest axis first; attributes say which.
"""

from collections.abc import Callable
from os import PathLike
from typing import SupportsIndex, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from oxitk._arguments import Filter, Floats, Ints, Metadata, PixelKind, Rows
from oxitk.filters import Chain
from oxitk.image import Image

__all__ = [
    "AbortCheckEvent",
    "AbortEvent",
    "AnyEvent",
    "DataObject",
    "DeleteEvent",
    "EndEvent",
    "EndPickEvent",
    "EventObject",
    "ExitEvent",
    "FunctionAndGradientEvaluationIterationEvent",
    "FunctionEvaluationIterationEvent",
    "GradientEvaluationIterationEvent",
    "Information",
    "InitializeEvent",
    "IterationEvent",
    "ModifiedEvent",
    "MultiResolutionIterationEvent",
    "NoEvent",
    "Node",
    "PickEvent",
    "ProgressEvent",
    "Region",
    "Run",
    "StartEvent",
    "StartPickEvent",
    "UserEvent",
    "filter",
    "global_release_data_flag",
    "global_tolerance",
    "python_filter",
    "reader",
    "set_global_release_data_flag",
    "set_global_tolerance",
    "source",
    "streaming",
    "to_dot",
    "to_svg",
    "writer",
]

class EventObject:
    """What an observer is told.

    Attributes
    ----------
    caller : Node or DataObject or None
        Whom it happened to; None for `DeleteEvent`, as that object is gone.
    progress : float
        How much of the current work is done, 0 to 1; 0 for a data object.

    Notes
    -----
    ITK's ``itk.EventObject``. An observer of a class is told of its subclasses too: of `AnyEvent`, everything.

    Examples
    --------
    >>> import oxitk.pipeline as op
    >>> issubclass(op.StartPickEvent, op.PickEvent) and issubclass(op.PickEvent, op.AnyEvent)
    True
    """

    caller: Node | DataObject | None
    progress: float
    def __init__(self, caller: Node | DataObject | None = None, progress: float = 0.0) -> None: ...

class NoEvent(EventObject):
    """No event at all; not a case of `AnyEvent`."""

class AnyEvent(EventObject):
    """The base of all events."""

class DeleteEvent(AnyEvent):
    """The object ends."""

class StartEvent(AnyEvent):
    """Data are about to be generated."""

class EndEvent(AnyEvent):
    """Data have been generated."""

class ProgressEvent(AnyEvent):
    """A part of the data is done."""

class ExitEvent(AnyEvent):
    """A process exits."""

class AbortEvent(AnyEvent):
    """The work was stopped on request."""

class ModifiedEvent(AnyEvent):
    """The modified time went up."""

class InitializeEvent(AnyEvent):
    """A process is initialised."""

class IterationEvent(AnyEvent):
    """A step of an iterative process is done."""

class MultiResolutionIterationEvent(IterationEvent):
    """A level of a multi-resolution process is done."""

class FunctionEvaluationIterationEvent(IterationEvent):
    """A function was evaluated."""

class GradientEvaluationIterationEvent(IterationEvent):
    """A gradient was evaluated."""

class FunctionAndGradientEvaluationIterationEvent(IterationEvent):
    """A function and its gradient were evaluated."""

class PickEvent(AnyEvent):
    """Something is picked."""

class StartPickEvent(PickEvent):
    """Picking starts."""

class EndPickEvent(PickEvent):
    """Picking ends."""

class AbortCheckEvent(PickEvent):
    """It is asked whether picking should stop."""

class UserEvent(AnyEvent):
    """The user's own."""

_Input: TypeAlias = Node | DataObject | Image | ArrayLike
_Event: TypeAlias = EventObject | type[EventObject]
_Callback: TypeAlias = Callable[[], object] | Callable[[EventObject], object]

@final
class Region:
    """A box of pixels: a start index and a size, both in ITK's order, x (the fastest axis) first.

    Parameters
    ----------
    index_xyz : sequence of int
        The first pixel.
    size_xyz : sequence of int
        Pixels along each axis.

    Attributes
    ----------
    index_xyz, size_xyz : tuple of int
        As given.
    index_zyx, size_zyx : tuple of int
        The same in numpy's order, slowest axis first.
    pixels : int
        Pixels in all.

    Raises
    ------
    ValueError
        If the two have not the same number of axes, 1 to 6, or the end does not fit in 64 bits.

    Notes
    -----
    ITK's twin is ``itk.ImageRegion[dimension]``. Regions never change.

    Examples
    --------
    >>> from oxitk.pipeline import Region
    >>> whole = Region((0, 0), (8, 6))
    >>> Region((5, 5), (2, 1)).pad_by_radius(1).crop(whole)
    oxitk.pipeline.Region(index_xyz=(4, 4), size_xyz=(4, 2))
    """

    def __new__(cls, index_xyz: Ints, size_xyz: Ints) -> Region: ...
    @property
    def index_xyz(self) -> tuple[int, ...]: ...
    @property
    def size_xyz(self) -> tuple[int, ...]: ...
    @property
    def index_zyx(self) -> tuple[int, ...]: ...
    @property
    def size_zyx(self) -> tuple[int, ...]: ...
    @property
    def pixels(self) -> int: ...
    def pad_by_radius(self, radius_xyz: Ints) -> Region:
        """The region grown on both sides of each axis.

        Parameters
        ----------
        radius_xyz : int or sequence of int
            Pixels a side; one number for all axes, or one for each, x first.

        Returns
        -------
        Region
            It may reach outside of the image: see `crop`.
        """
    def crop(self, other: Region) -> Region:
        """The part that lies in another region.

        Parameters
        ----------
        other : Region

        Returns
        -------
        Region

        Raises
        ------
        ValueError
            If the two have no pixel in common.
        """
    def contains(self, other: Region) -> bool:
        """Whether another region lies inside; false for one without pixels.

        Parameters
        ----------
        other : Region

        Returns
        -------
        bool
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Region], tuple[tuple[int, ...], ...]]: ...

@final
class Information:
    """All there is to an image but its pixels: size, geometry, pixel type, metadata.

    Parameters
    ----------
    region : Region
        The whole image.
    dtype : dtype
        Type of each component.
    spacing_xyz, origin_xyz : float or sequence of float, optional
        In ITK's order, x first. Default 1 and 0.
    direction_xyz : sequence of sequence of float, optional
        Rows of the matrix whose column j is the direction of axis j. Default the identity.
    pixel_kind : str, default 'scalar'
        As in `oxitk.Image.from_array`.
    components : int, default 1
        Components a pixel.
    metadata : dict, optional
        Keys are str; values str, int or float.

    Raises
    ------
    TypeError
        If the dtype is not supported.
    ValueError
        If the geometry is impossible, or has a wrong number of values.

    Examples
    --------
    >>> from oxitk.pipeline import Information, Region
    >>> Information(Region((0, 0), (640, 480)), "uint16", spacing_xyz=0.5).shape
    (480, 640)
    """

    def __new__(
        cls,
        region: Region,
        dtype: DTypeLike,
        *,
        spacing_xyz: Floats | None = None,
        origin_xyz: Floats | None = None,
        direction_xyz: Rows | None = None,
        pixel_kind: PixelKind = "scalar",
        components: SupportsIndex = 1,
        metadata: Metadata | None = None,
    ) -> Information: ...
    @property
    def region(self) -> Region:
        """The whole image."""
    @property
    def shape(self) -> tuple[int, ...]:
        """As numpy's, slowest axis first; components last where a pixel has several."""
    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of each component."""
    @property
    def pixel_kind(self) -> PixelKind:
        """What the components mean."""
    @property
    def components(self) -> int:
        """Components a pixel."""
    @property
    def spacing_xyz(self) -> tuple[float, ...]:
        """Distance between pixels along each axis, x first."""
    @property
    def origin_xyz(self) -> tuple[float, ...]:
        """Position of index 0, x first."""
    @property
    def direction_xyz(self) -> tuple[tuple[float, ...], ...]:
        """Rows of the direction matrix; column j is the direction of axis j."""
    @property
    def metadata(self) -> dict[str, str | int | float]:
        """A copy of the metadata dictionary."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class DataObject:
    """An image in a pipeline: what is known of it, which part is wanted, and the part that there is.

    The output of a node (`Node.output`), or an image that is all there is (`source`). It does not keep the node alive
    that makes it: without that node its pixels stay as they are. ``numpy.asarray(data)`` brings all of it up to date and
    shows the pixels without copying them.

    Notes
    -----
    ITK's ``itk.DataObject`` and ``itk.ImageBase``.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> node = op.filter(oxitk.Median(1), np.arange(20, dtype=np.uint8).reshape(4, 5))
    >>> node.output.requested_region = op.Region(index_xyz=(1, 1), size_xyz=(2, 1))
    >>> node.update()
    >>> node.output.buffered_region
    oxitk.pipeline.Region(index_xyz=(1, 1), size_xyz=(2, 1))
    """

    @property
    def information(self) -> Information | None:
        """What is known of the image, or None: see `update_output_information`."""
    @property
    def largest_possible_region(self) -> Region | None:
        """The whole image, or None before it is known."""
    @property
    def buffered_region(self) -> Region | None:
        """The part whose pixels are in memory, or None."""
    @property
    def requested_region(self) -> Region | None: ...
    @requested_region.setter
    def requested_region(self, value: Region) -> None:
        """The part that is wanted: what `update` makes. None stands for the whole, before its size is known.

        It sticks until something else is asked for. A region without pixels becomes the whole at the next update, as in
        ITK. Setting it is no modification.
        """
    def set_requested_region_to_largest_possible_region(self) -> None:
        """Ask for the whole, as far as its size is known now."""
    @property
    def source(self) -> Node | None:
        """The node that makes it, or None."""
    @property
    def mtime(self) -> int:
        """When it was last changed, by its node or by `modified`: ITK's modified time, one counter for the whole process."""
    @property
    def update_mtime(self) -> int:
        """When its pixels were last made; 0 for never."""
    @property
    def pipeline_mtime(self) -> int:
        """The latest modified time of all that its pixels depend on, as far as known."""
    def modified(self) -> None:
        """Say that it was changed: nodes that take it run again. Writing its pixels through numpy does not say so."""
    @property
    def release_data_flag(self) -> bool: ...
    @release_data_flag.setter
    def release_data_flag(self, value: bool) -> None:
        """Whether the pixels are freed as soon as the nodes that take them have run."""
    def release_data(self) -> None:
        """Free the pixels. Who needs them again makes the node run again."""
    @property
    def data_released(self) -> bool:
        """Whether the pixels were freed and have not been made again."""
    def set_geometry(
        self,
        *,
        spacing_xyz: Floats | None = None,
        origin_xyz: Floats | None = None,
        direction_xyz: Rows | None = None,
    ) -> None:
        """Move the image in space; nodes that take it run again if that is a change.

        Parameters
        ----------
        spacing_xyz, origin_xyz, direction_xyz : optional
            As in `Information`. What is left out stays.
        """
    def update(self) -> None:
        """Bring the requested region up to date.

        Raises
        ------
        oxitk.InvalidRequestedRegionError
            If it reaches outside of the image.
        oxitk.ProcessAborted
            If a node was asked to stop.
        RuntimeError
            If a node lacks an input, or is being updated already.

        Notes
        -----
        What nodes raise comes out as it is. Runs without the GIL, but for observers and nodes written in Python.
        """
    def update_largest_possible_region(self) -> None:
        """Ask for the whole and bring it up to date; raises as `update`."""
    def update_output_information(self) -> None:
        """Find out size, geometry and pixel type; compute no pixel. Raises as `update`."""
    def propagate_requested_region(self) -> None:
        """Find out which part of everything the requested region needs; compute no pixel. Raises as `update`."""
    def image(self) -> Image:
        """The pixels that there are, with geometry and metadata; nothing is updated.

        Returns
        -------
        oxitk.Image
            Of the buffered region. It shares the memory.

        Raises
        ------
        RuntimeError
            If there are none.
        """
    def numpy(self) -> NDArray[np.generic]:
        """All pixels as an array; brings them up to date first, as ``update_largest_possible_region`` does.

        Returns
        -------
        ndarray
            Slowest axis first. It shares the memory of this data object until the next run of the node, which makes new
            memory while someone holds the old one.
        """
    def __array__(self, dtype: DTypeLike | None = None, *, copy: bool | None = None) -> NDArray[np.generic]: ...
    def set_image(self, image: Image | ArrayLike) -> None:
        """Put another image in place of what there is, of any size and type; nodes that take it run again.

        Parameters
        ----------
        image : Image or array_like
            The pixels are shared.

        Raises
        ------
        RuntimeError
            If a node makes the data object: see `graft`.
        """
    def graft(self, other: _Input) -> None:
        """Take over pixels, regions and information of another one; the pixels are shared.

        Parameters
        ----------
        other : DataObject, Node, Image or array_like

        Raises
        ------
        TypeError
            If its pixels are known to be of another type.
        """
    def disconnect_pipeline(self) -> None:
        """Cut it off its node, which gets a new output; the pixels stay here."""
    def add_observer(self, event: _Event, callback: _Callback) -> int:
        """Call a function on each event of a kind; see `Node.add_observer`."""
    def remove_observer(self, tag: int) -> bool:
        """Remove an observer by its tag; False if there is none."""
    def remove_all_observers(self) -> None:
        """Remove all observers."""
    def has_observer(self, event: _Event) -> bool:
        """Whether an event would reach an observer."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Node:
    """A source, filter or sink in a pipeline.

    Made by `filter`, `reader`, `streaming`, `writer` or `python_filter`. Connecting nodes computes nothing; an update
    computes what is asked for and has changed. A node lives as long as someone holds it; a node that takes its output
    does.

    ``len(node)`` is the number of outputs, ``node[i]`` is one of them, ``numpy.asarray(node)`` brings the first one up to
    date and shows its pixels without copying them. A node may be used from any thread; one that is being updated cannot
    be updated again meanwhile, which is a RuntimeError.

    Notes
    -----
    ITK's ``itk.ProcessObject``. Where ITK's is at fault this differs: an error leaves no node stuck, and is raised again
    while its cause stands; an abort is always an error; an input that several nodes share is made once.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> image = np.array([[1, 1, 1], [1, 200, 1], [1, 1, 9]], dtype=np.uint8)
    >>> median = op.filter(oxitk.Median(1), image)
    >>> gradient = op.filter(oxitk.GradientMagnitude(), median)
    >>> round(float(gradient.numpy().max()), 2)
    5.66
    >>> median.filter = oxitk.Median(0)
    >>> round(float(gradient.numpy().max()), 2)
    99.58
    >>> median.executions
    2
    """

    @property
    def name(self) -> str:
        """What it does, such as ``'median'``."""
    @property
    def output(self) -> DataObject:
        """The first output."""
    @property
    def outputs(self) -> tuple[DataObject, ...]:
        """All outputs."""
    def __len__(self) -> int: ...
    def __getitem__(self, index: SupportsIndex, /) -> DataObject: ...
    def __bool__(self) -> bool: ...
    def set_input(self, key: SupportsIndex | str, value: _Input) -> None:
        """Connect an input.

        Parameters
        ----------
        key : int or str
            0 for the first one, also called ``'Primary'``; 1 or ``'_1'`` and so on; or another name.
        value : Node, DataObject, Image or array_like
            A node stands for its first output. The pixels of an image or array are shared.

        Notes
        -----
        The same data object again is no modification. This node keeps the node that makes its input.
        """
    def remove_input(self, key: SupportsIndex | str) -> None:
        """Disconnect an input; nothing happens if there is none."""
    @property
    def inputs(self) -> dict[str, DataObject]:
        """The connected inputs by name, indexed ones first: ``'Primary'``, ``'_1'``, ..."""
    def input(self, key: SupportsIndex | str) -> DataObject:
        """One connected input, by index or name.

        Raises
        ------
        KeyError
            If it is not connected.
        """
    def update(self) -> None:
        """Bring the first output's requested region up to date; a sink is run in any case.

        Raises
        ------
        oxitk.InvalidRequestedRegionError
            If it reaches outside of the image.
        oxitk.ProcessAborted
            If a node was asked to stop.
        RuntimeError
            If a node lacks an input, or is being updated already.

        Notes
        -----
        What nodes and observers raise comes out as it is. Runs without the GIL, but for observers and nodes written in
        Python; Ctrl-C ends it.
        """
    def update_largest_possible_region(self) -> None:
        """Ask for the whole of the first output and bring it up to date; raises as `update`."""
    def update_output_information(self) -> None:
        """Find out size, geometry and pixel type of the outputs; compute no pixel. Raises as `update`."""
    def numpy(self) -> NDArray[np.generic]:
        """All pixels of the first output; see `DataObject.numpy`.

        Returns
        -------
        ndarray
        """
    def __array__(self, dtype: DTypeLike | None = None, *, copy: bool | None = None) -> NDArray[np.generic]: ...
    @property
    def mtime(self) -> int:
        """When it was last changed: a parameter, an input, or by `modified`."""
    def modified(self) -> None:
        """Say that it was changed: it runs again."""
    @property
    def filter(self) -> Filter: ...
    @filter.setter
    def filter(self, value: Filter | Chain) -> None:
        """The filter with its parameters, of a node that `filter` made.

        Setting it takes other parameters; equal ones are no modification.

        Raises
        ------
        AttributeError
            If it is another kind of node.
        """
    @property
    def parameters(self) -> dict[str, str]:
        """The parameters by ITK's names, as texts."""
    def set_parameters(self, **changes: object) -> None:
        """Take other parameters, by the names that the function has which made the node. What is not named stays; equal ones
        are no modification.

        Raises
        ------
        TypeError
            If there is no such parameter.

        Examples
        --------
        >>> import numpy as np, oxitk.pipeline as op
        >>> node = op.streaming(np.zeros((20, 20)), divisions=5)
        >>> node.set_parameters(divisions=4)
        >>> node.parameters["NumberOfStreamDivisions"]
        '4'
        """
    @property
    def progress(self) -> float:
        """How much of the running work, or the last one, is done: 0 to 1."""
    def update_progress(self, fraction: float) -> None:
        """Say how much is done, 0 to 1: `ProgressEvent`. For nodes that are written in Python."""
    def abort(self) -> None:
        """Ask its running work to stop, from any thread: the update raises `oxitk.ProcessAborted` after an `AbortEvent`."""
    @property
    def abort_generate_data(self) -> bool: ...
    @abort_generate_data.setter
    def abort_generate_data(self, value: bool) -> None:
        """Whether the running work, or the last one, was asked to stop.

        A change is a modification, as in ITK; the next update starts with the flag off.
        """
    @property
    def number_of_work_units(self) -> int: ...
    @number_of_work_units.setter
    def number_of_work_units(self, value: SupportsIndex) -> None:
        """ITK's number of work units, 1 to 128; values outside are clamped. Threads share the work as they find time, and no
        result depends on how.
        """
    @property
    def coordinate_tolerance(self) -> float: ...
    @coordinate_tolerance.setter
    def coordinate_tolerance(self, value: float) -> None:
        """How far inputs may lie apart, as a part of the first one's spacing along x. Default 1e-6."""
    @property
    def direction_tolerance(self) -> float: ...
    @direction_tolerance.setter
    def direction_tolerance(self, value: float) -> None:
        """How far values of the inputs' directions may lie apart. Default 1e-6."""
    @property
    def release_data_before_update_flag(self) -> bool: ...
    @release_data_before_update_flag.setter
    def release_data_before_update_flag(self, value: bool) -> None:
        """Whether outputs are freed before the inputs of a new run are made. Default False: their memory is used again."""
    @property
    def release_data_flag(self) -> bool: ...
    @release_data_flag.setter
    def release_data_flag(self, value: bool) -> None:
        """Whether the pixels of the outputs are freed as soon as the nodes that take them have run."""
    @property
    def executions(self) -> int:
        """How often it has generated data."""
    def graft_output(self, image: _Input, index: int = 0) -> None:
        """Have an output take over pixels, regions and information of another image, as a node written in Python may do with
        the result of a pipeline of its own.

        Parameters
        ----------
        image : DataObject, Node, Image or array_like
        index : int, default 0
            Which output.
        """
    def add_observer(self, event: _Event, callback: _Callback) -> int:
        """Call a function on each event of a kind, and on its special cases.

        Parameters
        ----------
        event : EventObject class or instance
            Such as `ProgressEvent`; of `AnyEvent`, everything.
        callback : callable
            Called without arguments, as in ITK; if it cannot be, with the event. Always on the thread that updates, in the
            order in which observers were added. What it raises ends the update and comes out of it.

        Returns
        -------
        int
            A tag to remove it by: 0, 1, 2 ... for each node, never used twice.

        Notes
        -----
        A callback may use other nodes, add and remove observers, and abort; updating the node itself is a RuntimeError.
        A node and a callback that refers to it are collected together.

        Examples
        --------
        >>> import numpy as np, oxitk, oxitk.pipeline as op
        >>> node = op.filter(oxitk.Median(1), np.zeros((8, 8)))
        >>> tag = node.add_observer(op.EndEvent, lambda event: print(event))
        >>> node.update()
        <oxitk.pipeline.EndEvent, progress 1.00>
        """
    def remove_observer(self, tag: int) -> bool:
        """Remove an observer by its tag; False if there is none."""
    def remove_all_observers(self) -> None:
        """Remove all observers."""
    def has_observer(self, event: _Event) -> bool:
        """Whether an event would reach an observer."""
    def invoke_event(self, event: _Event) -> None:
        """Tell the observers of an event, on this thread."""
    def to_dot(self) -> str:
        """A picture of all that this node depends on, for Graphviz; see `to_dot`."""
    def to_svg(self) -> str:
        """A picture of all that this node depends on: regions, times and memory of the last update; see `to_svg`."""
    def _repr_svg_(self) -> str: ...

@final
class Run:
    """What a node written in Python is given when it is to make data.

    Attributes
    ----------
    inputs : tuple of ndarray
        The pixels of the inputs, slowest axis first: of each exactly the region that was asked for. They cannot be
        written, and share the memory of the pipeline.
    input_information : tuple of Information
        What the inputs are.
    requested_regions : tuple of Region
        The part of each output that is wanted.

    Examples
    --------
    >>> import numpy as np, oxitk.pipeline as op
    >>> def total(run):
    ...     run.update_progress(0.5)
    ...     return run.inputs[0] + run.inputs[1]
    >>> op.python_filter(total, np.array([1, 2]), np.array([10, 20])).numpy()
    array([11, 22])
    """

    @property
    def inputs(self) -> tuple[NDArray[np.generic], ...]: ...
    @property
    def input_information(self) -> tuple[Information, ...]: ...
    @property
    def requested_regions(self) -> tuple[Region, ...]: ...
    def update_progress(self, fraction: float) -> None:
        """Say how much is done, 0 to 1; observers of `ProgressEvent` are told each time.

        Raises
        ------
        oxitk.ProcessAborted
            If the node was asked to stop. Let it pass.
        """
    @property
    def abort_generate_data(self) -> bool:
        """Whether the node was asked to stop."""

def source(image: _Input) -> DataObject:
    """Make a data object of an image: what a pipeline begins with when that is no file.

    Parameters
    ----------
    image : Image or array_like
        The pixels are shared. After writing them, say `DataObject.modified`.

    Returns
    -------
    DataObject
        As ITK's images, it has no source and is all there is. `filter` and others make one of an image themselves; this
        is for who wants to hold it.

    See Also
    --------
    filter, python_filter

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> a = np.zeros(3, np.uint8)
    >>> data = op.source(a)
    >>> node = op.filter(oxitk.Median(0), data)
    >>> a[1] = 7
    >>> data.modified()
    >>> node.numpy()
    array([0, 7, 0], dtype=uint8)
    """
def filter(filter: Filter | Chain, input: _Input) -> Node:
    """Make a node that applies a filter.

    Parameters
    ----------
    filter : filter object, such as Median, or Chain
        A chain becomes a node for each of its filters, of which the last is returned: it keeps the others.
    input : Node, DataObject, Image or array_like
        A node stands for its first output.

    Returns
    -------
    Node
        Its `Node.filter` may be set to another one later.

    Raises
    ------
    TypeError
        If it is no filter of oxitk, or the dtype is not supported.

    See Also
    --------
    reader, streaming, writer, python_filter

    Notes
    -----
    ITK's twin is ``itk.MedianImageFilter.New(image, Radius=2)``. Nothing is computed before an update.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> node = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), np.arange(12.0).reshape(3, 4))
    >>> node
    <oxitk.pipeline.Node gradient_magnitude: 1 input, 1 output, not run yet>
    >>> np.asarray(node).shape
    (3, 4)
    """
def streaming(
    input: _Input, *, divisions: SupportsIndex | None = None, memory: SupportsIndex | str | None = None
) -> Node:
    """Make a node that has what comes before it work piece by piece, so that no node before it holds more than a piece.

    Parameters
    ----------
    input : Node, DataObject, Image or array_like
    divisions : int, default 10
        How many pieces, along the slowest axis; as many as there are if fewer.
    memory : int or str, optional
        Instead of `divisions`: as few pieces as keep the pixels of all nodes, the whole result included, within so many
        bytes. ``"500 MB"``, ``"2 GiB"`` and so on are understood.

    Returns
    -------
    Node
        Its output is whole, and equal to what its input would be without streaming.

    Raises
    ------
    ValueError
        If both are given, or make no sense; on update, if the memory does not suffice.

    See Also
    --------
    writer : Streams into a file, so that the result is never in memory as a whole.

    Notes
    -----
    ITK's ``itk.StreamingImageFilter``. An abort between pieces raises `oxitk.ProcessAborted`, where ITK marks a partial
    output as valid.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> median = op.filter(oxitk.Median(1), np.zeros((40, 30), np.uint8))
    >>> node = op.streaming(median, divisions=4)
    >>> node.update()
    >>> median.executions
    4
    """
def python_filter(
    generate_data: Callable[[Run], object],
    *inputs: _Input,
    generate_output_information: Callable[[tuple[Information, ...]], Information | tuple[Information, ...]] | None = None,
    generate_input_requested_region: Callable[[Region, tuple[Information, ...]], Region | tuple[Region, ...]] | None = None,
    enlarge_output_requested_region: Callable[[Information, Region], Region] | None = None,
    number_of_outputs: int = 1,
    name: str | None = None,
) -> Node:
    """Make a node that is written in Python.

    Parameters
    ----------
    generate_data : callable
        Called with a `Run`, which has the inputs as arrays and says what is wanted; returns an array for the requested
        region of the output, or a tuple of them, one an output. Arrays are in numpy's order, slowest axis first.
    *inputs : Node, DataObject, Image or array_like
        A node stands for its first output. Without any, the node is a source, and needs `generate_output_information`.
    generate_output_information : callable, optional
        Called with a tuple of the `Information` on each input; returns that of the output, or a tuple of them. Default: the
        first input's.
    generate_input_requested_region : callable, optional
        Called with the `Region` that is wanted of the output and the tuple of `Information` on the inputs; returns the
        region that is needed of each input: one for all, or a tuple of them. Default: the same one.
    enlarge_output_requested_region : callable, optional
        Called with the `Information` on an output and the `Region` that is wanted; returns the region that is made: that
        one or more. Default: that one.
    number_of_outputs : int, default 1
        0 makes a sink, which runs at each update.
    name : str, optional
        In texts and errors. Default the name of `generate_data`.

    Returns
    -------
    Node

    See Also
    --------
    filter

    Notes
    -----
    ITK's ``itk.PyImageFilter``. Functions are called on the thread that updates. What they raise comes out of the update as
    it is; the next update tries again. They may be called several times in one update, and must answer the same.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> def invert(run):
    ...     return 255 - run.inputs[0]
    >>> node = op.python_filter(invert, np.array([[1, 2], [3, 4]], np.uint8))
    >>> node.numpy()
    array([[254, 253],
           [252, 251]], dtype=uint8)

    A source that makes only what is asked for:

    >>> def columns(run):
    ...     (x, y), (width, height) = run.requested_regions[0].index_xyz, run.requested_regions[0].size_xyz
    ...     return np.tile(np.arange(x, x + width, dtype=np.uint16), (height, 1))
    >>> whole = op.Information(op.Region((0, 0), (50000, 50000)), np.uint16)
    >>> node = op.python_filter(columns, generate_output_information=lambda inputs: whole)
    >>> node.output.requested_region = op.Region((40000, 7), (3, 1))
    >>> node.update()
    >>> np.asarray(node.output.image())
    array([[40000, 40001, 40002]], dtype=uint16)
    """
def reader(
    path: str | PathLike[str],
    pixel_type: DTypeLike | None = None,
    *,
    rank: SupportsIndex | None = None,
    use_streaming: bool = True,
) -> Node:
    """Make a node that reads a file.

    Parameters
    ----------
    path : str or os.PathLike
        As in `oxitk.imread`.
    pixel_type : dtype, optional
        Convert to scalars of this type, as `oxitk.imread` does.
    rank : int, optional
        Make an image of so many axes: of a file with more, the first slice is read, without direction; to a file with
        fewer, axes of one pixel are added. Default as many as the file has.
    use_streaming : bool, default True
        Read only the region that is asked for, where the file allows it: MetaImage and NRRD that are not compressed.

    Returns
    -------
    Node
        The header is read when information is updated, and not again before the node is modified. Errors of the file come
        at an update, each time, as those of `oxitk.imread`.

    See Also
    --------
    writer

    Notes
    -----
    ITK's ``itk.ImageFileReader``.

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "a.mha")
    >>> oxitk.imwrite(np.arange(12, dtype=np.uint8).reshape(3, 4), path)
    >>> node = op.reader(path)
    >>> node.output.requested_region = op.Region(index_xyz=(1, 2), size_xyz=(2, 1))
    >>> node.update()
    >>> np.asarray(node.output.image())
    array([[ 9, 10]], dtype=uint8)
    """
def writer(
    input: _Input,
    path: str | PathLike[str],
    *,
    divisions: SupportsIndex | None = None,
    memory: SupportsIndex | str | None = None,
    compress: bool = False,
    io_region: Region | None = None,
) -> Node:
    """Make a node that writes its input to a file.

    Parameters
    ----------
    input : Node, DataObject, Image or array_like
        A node stands for its first output.
    path : str or os.PathLike
        As in `oxitk.imwrite`. A new file appears under its name when it is complete.
    divisions : int, default 1
        Have the input made and written in so many pieces along its slowest axis. Compressed files and PNG are written at
        once.
    memory : int or str, optional
        Instead of `divisions`: as few pieces as keep the pixels of all nodes within so many bytes, such as ``"2 GB"``.
    compress : bool, default False
        Compress the pixels without loss, where the format has a choice.
    io_region : Region, optional
        Write this part of an existing file only, in place. Its first pixel has index 0.

    Returns
    -------
    Node
        Nothing is written before an update; each update writes anew.

    Raises
    ------
    ValueError
        If arguments make no sense; on update, if the format cannot hold the image, or the memory does not suffice.
    OSError
        On update, if the file cannot be written; nothing of it is left behind, and an older one stays.

    See Also
    --------
    reader, streaming

    Notes
    -----
    ITK's ``itk.ImageFileWriter``.

    Examples
    --------
    A file of any size goes through filters in bounded memory:

    >>> import numpy as np, oxitk, oxitk.pipeline as op, tempfile, os
    >>> folder = tempfile.mkdtemp()
    >>> source, target = os.path.join(folder, "a.mha"), os.path.join(folder, "b.nrrd")
    >>> oxitk.imwrite(np.arange(6000, dtype=np.uint16).reshape(60, 10, 10), source)
    >>> filters = oxitk.Median(1) | oxitk.GradientMagnitude()
    >>> op.writer(op.filter(filters, op.reader(source)), target, memory="20 kB").update()
    >>> np.array_equal(oxitk.imread(target), filters(oxitk.imread(source)))
    True
    """
def to_dot(*nodes: Node) -> str:
    """A picture of some nodes and all that they depend on, for Graphviz.

    Parameters
    ----------
    *nodes : Node

    Returns
    -------
    str
        In the language DOT: ``dot -Tpng`` draws it.

    See Also
    --------
    to_svg

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> node = op.filter(oxitk.Median(1), np.zeros((2, 3)))
    >>> print(op.to_dot(node).splitlines()[-2])
      n1 -> n0;
    """
def to_svg(*nodes: Node) -> str:
    """A picture of some nodes and all that they depend on: regions, times and memory of the last update.

    Parameters
    ----------
    *nodes : Node

    Returns
    -------
    str
        An SVG document. A notebook shows it for a node by itself.

    See Also
    --------
    to_dot

    Examples
    --------
    >>> import numpy as np, oxitk, oxitk.pipeline as op
    >>> node = op.filter(oxitk.Median(1), np.zeros((2, 3)))
    >>> op.to_svg(node)[:4]
    '<svg'
    """
def global_release_data_flag() -> bool:
    """Whether all data objects are freed as soon as the nodes that take them have run, whatever their own flag says.

    Returns
    -------
    bool

    Examples
    --------
    >>> import oxitk.pipeline
    >>> oxitk.pipeline.global_release_data_flag()
    False
    """
def set_global_release_data_flag(value: bool) -> None:
    """Free all data objects as soon as the nodes that take them have run, whatever their own flag says.

    Parameters
    ----------
    value : bool

    Examples
    --------
    >>> import oxitk.pipeline
    >>> oxitk.pipeline.set_global_release_data_flag(False)
    """
def global_tolerance() -> tuple[float, float]:
    """How far the inputs of a node that is made from now on may lie apart.

    Returns
    -------
    coordinate : float
        For origin and spacing, as a part of the first input's spacing along x.
    direction : float
        For each value of the direction.

    Examples
    --------
    >>> import oxitk.pipeline
    >>> oxitk.pipeline.global_tolerance()
    (1e-06, 1e-06)
    """
def set_global_tolerance(coordinate: float = 1e-6, direction: float = 1e-6) -> None:
    """Set how far the inputs of a node that is made from now on may lie apart.

    Parameters
    ----------
    coordinate : float, default 1e-6
        For origin and spacing, as a part of the first input's spacing along x.
    direction : float, default 1e-6
        For each value of the direction.

    Examples
    --------
    >>> import oxitk.pipeline
    >>> oxitk.pipeline.set_global_tolerance(coordinate=1e-6, direction=1e-6)
    """
def __dir__() -> list[str]: ...
