"""The exceptions of oxitk that have two bases, or none of Python's own fits."""


class MetadataKeyError(KeyError, RuntimeError):
    """An image has no metadata under a key. ITK raises RuntimeError, Python's mappings KeyError."""

    __module__ = "oxitk"

    def __str__(self) -> str:
        # KeyError would show the text in quotes.
        return str(self.args[0]) if self.args else ""


class MissingFileError(FileNotFoundError, RuntimeError):
    """A file to be read does not exist. ITK raises RuntimeError, Python FileNotFoundError."""

    __module__ = "oxitk"


class FileFormatError(OSError, RuntimeError):
    """A file is damaged, or of no known format. ITK raises RuntimeError, Python's libraries OSError."""

    __module__ = "oxitk"


class InternalError(RuntimeError):
    """A bug in oxitk. The process goes on; please report the text."""

    __module__ = "oxitk"


class ProcessAborted(RuntimeError):
    """A filter was stopped before its end; its output is not valid."""

    __module__ = "oxitk"


class InvalidRequestedRegionError(ValueError, RuntimeError):
    """A requested region reaches outside of the image. ITK raises RuntimeError; the value is wrong."""

    __module__ = "oxitk"
