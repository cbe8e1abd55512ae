"""What the argument `progress` stands for."""

import sys


def observer(progress, name):
    """A callable that takes the fraction done, and one to be called at the end; None for what there is none of."""
    if progress is None or progress is False:
        return None, None
    if progress is True:
        return _tqdm(name) or _line(name)
    if callable(getattr(progress, "update", None)):
        return _increments(progress), None
    if callable(progress):
        return progress, None
    got = type(progress).__name__
    raise TypeError(f"{name}: progress must be True, a callable that takes a float, or an object with update, got {got}")


def _increments(bar):
    """`update` takes increments, as tqdm's does, which sum up to `total`."""
    total = getattr(bar, "total", None) or 1
    told = 0

    def call(fraction):
        nonlocal told
        reached = total * fraction
        if isinstance(total, int) and total > 1:
            reached = int(reached)
        if reached > told:
            step, told = reached - told, reached
            bar.update(step)

    return call


def _tqdm(name):
    from importlib import import_module

    try:
        tqdm = import_module("tqdm.auto")
    except ImportError:
        return None
    bar = tqdm.tqdm(total=100, desc=name, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}")
    return _increments(bar), bar.close


def _line(name):
    """One line on stderr, written over as it changes."""
    stream, shown = sys.stderr, -1

    def call(fraction):
        nonlocal shown
        percent = int(100 * fraction)
        if stream is not None and percent > shown:
            shown = percent
            stream.write(f"\r{name}: {percent:3d} %")
            stream.flush()

    def close():
        if stream is not None and shown >= 0:
            stream.write("\n")

    return call, close
