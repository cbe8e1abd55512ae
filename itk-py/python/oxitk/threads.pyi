"""How many threads oxitk uses, and a token that stops its work."""

from typing import SupportsIndex, final

__all__ = [
    "CancelToken",
    "get_num_threads",
    "register_threadpoolctl",
    "set_num_threads",
]

@final
class CancelToken:
    """A flag that stops oxitk's work from any thread.

    Give it to calls as ``cancel=``. Once `cancel` was called, they and all later ones with the same token raise
    `ProcessAborted`, within about 10 ms of work.

    See Also
    --------
    median, gradient_magnitude, imread, imwrite

    Examples
    --------
    >>> import numpy as np, oxitk
    >>> token = oxitk.CancelToken()
    >>> token.cancel()
    >>> token.cancelled()
    True
    >>> oxitk.median(np.zeros((4, 4)), cancel=token)
    Traceback (most recent call last):
        ...
    oxitk.ProcessAborted: Object median: AbortGenerateDataOn
    """

    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None:
        """Stop all work that has this token. It stays set."""

    def cancelled(self) -> bool:
        """Whether `cancel` was called.

        Returns
        -------
        bool
        """

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

def register_threadpoolctl() -> None:
    """Let threadpoolctl see and limit oxitk's threads, beside those of BLAS and OpenMP.

    Needs the package threadpoolctl, which oxitk does not. Once for a process is enough, and more does no harm.

    Raises
    ------
    ImportError
        If threadpoolctl is not installed.

    See Also
    --------
    set_num_threads

    Examples
    --------
    >>> import oxitk
    >>> oxitk.threads.register_threadpoolctl()  # doctest: +SKIP
    >>> from threadpoolctl import threadpool_limits  # doctest: +SKIP
    >>> with threadpool_limits(1, user_api="oxitk"):  # doctest: +SKIP
    ...     oxitk.get_num_threads()
    1
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
