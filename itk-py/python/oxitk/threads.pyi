"""How many threads oxitk uses."""

from typing import SupportsIndex

__all__ = [
    "get_num_threads",
    "set_num_threads",
]

def get_num_threads() -> int:
    """The number of threads that oxitk uses."""

def set_num_threads(n: SupportsIndex) -> None:
    """Set how many threads oxitk uses, 1 to 128."""

def __dir__() -> list[str]: ...
