"""How many threads oxitk uses."""

from typing import SupportsIndex

__all__ = [
    "get_num_threads",
    "set_num_threads",
]

def get_num_threads() -> int:
    """The number of threads that oxitk uses.

    Returns
    -------
    int

    See Also
    --------
    set_num_threads

    Examples
    --------
    >>> import oxitk
    >>> oxitk.get_num_threads() >= 1
    True
    """

def set_num_threads(n: SupportsIndex) -> None:
    """Set how many threads oxitk uses.

    Parameters
    ----------
    n : int
        1 to 128. Work that is under way ends on the threads it has.

    Raises
    ------
    ValueError
        If `n` is out of range.

    See Also
    --------
    get_num_threads

    Notes
    -----
    Before the first call it is the environment variable `OXITK_NUM_THREADS`, else `RAYON_NUM_THREADS`, else
    the number of CPUs that the process may use. ITK's twin is `itk.set_nthreads`.

    Examples
    --------
    >>> import oxitk
    >>> oxitk.set_num_threads(2)
    >>> oxitk.get_num_threads()
    2
    """

def __dir__() -> list[str]: ...
