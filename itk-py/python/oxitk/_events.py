"""The events that nodes and data objects tell their observers: ITK's hierarchy."""


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

    __slots__ = ("caller", "progress")

    def __init__(self, caller=None, progress=0.0):
        self.caller = caller
        self.progress = progress

    def __repr__(self):
        return f"<oxitk.pipeline.{type(self).__name__}, progress {self.progress:.2f}>"


class NoEvent(EventObject):
    """No event at all; not a case of `AnyEvent`."""

    __slots__ = ()


class AnyEvent(EventObject):
    """The base of all events."""

    __slots__ = ()


class DeleteEvent(AnyEvent):
    """The object ends."""

    __slots__ = ()


class StartEvent(AnyEvent):
    """Data are about to be generated."""

    __slots__ = ()


class EndEvent(AnyEvent):
    """Data have been generated."""

    __slots__ = ()


class ProgressEvent(AnyEvent):
    """A part of the data is done."""

    __slots__ = ()


class ExitEvent(AnyEvent):
    """A process exits."""

    __slots__ = ()


class AbortEvent(AnyEvent):
    """The work was stopped on request."""

    __slots__ = ()


class ModifiedEvent(AnyEvent):
    """The modified time went up."""

    __slots__ = ()


class InitializeEvent(AnyEvent):
    """A process is initialised."""

    __slots__ = ()


class IterationEvent(AnyEvent):
    """A step of an iterative process is done."""

    __slots__ = ()


class MultiResolutionIterationEvent(IterationEvent):
    """A level of a multi-resolution process is done."""

    __slots__ = ()


class FunctionEvaluationIterationEvent(IterationEvent):
    """A function was evaluated."""

    __slots__ = ()


class GradientEvaluationIterationEvent(IterationEvent):
    """A gradient was evaluated."""

    __slots__ = ()


class FunctionAndGradientEvaluationIterationEvent(IterationEvent):
    """A function and its gradient were evaluated."""

    __slots__ = ()


class PickEvent(AnyEvent):
    """Something is picked."""

    __slots__ = ()


class StartPickEvent(PickEvent):
    """Picking starts."""

    __slots__ = ()


class EndPickEvent(PickEvent):
    """Picking ends."""

    __slots__ = ()


class AbortCheckEvent(PickEvent):
    """It is asked whether picking should stop."""

    __slots__ = ()


class UserEvent(AnyEvent):
    """The user's own."""

    __slots__ = ()


EVENTS = tuple(value for value in list(vars().values()) if isinstance(value, type))
for _event in EVENTS:
    _event.__module__ = "oxitk.pipeline"
