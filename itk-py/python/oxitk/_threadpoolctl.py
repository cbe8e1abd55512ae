"""oxitk's pool as one of those that threadpoolctl limits."""

_registered: "list[type]" = []


def register_threadpoolctl():
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
    from importlib import import_module

    import oxitk

    threadpoolctl = import_module("threadpoolctl")

    class Controller(threadpoolctl.LibController):
        user_api = "oxitk"
        internal_api = "oxitk"
        filename_prefixes = ("_native",)
        # Other packages have a module of this file name, too.
        check_symbols = ("oxitk_get_num_threads",)

        def get_num_threads(self):
            return self.dynlib.oxitk_get_num_threads()

        def set_num_threads(self, num_threads):
            return self.dynlib.oxitk_set_num_threads(max(1, num_threads))

        def get_version(self):
            return oxitk.__version__

        def set_additional_attributes(self):
            pass

    if not _registered:
        threadpoolctl.register(Controller)
        _registered.append(Controller)


# Where users find it, and pickles do.
register_threadpoolctl.__module__ = "oxitk.threads"
