"""Rows for the recursive Gaussians: results compared first, then timed in turns on one thread, with a reused output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from cases import Case
from contents import CONTENTS
from measure import DIFFERS, Bench
from peers import OXITK
from timing import batch, best

VOLUME = (64, 256, 256)
BOUNDS = (
    ("recursive_gaussian", {"sigma": 2.0}, 4),
    ("smoothing_recursive_gaussian", {"sigma": 2.0}, 4),
    ("gradient_magnitude_recursive_gaussian", {"sigma": 2.0}, 4),
)
SCIPY = 0.02  # of the largest value: how far the recursion may be from scipy's kernel, which is cut off


def rows(bench: Bench) -> Iterator[Case]:
    """Beside ITK, and beside scipy's magnitude of the gradient."""
    for name, options, bound in BOUNDS:
        yield Case(f"{name}, f32 3-D, sigma 2, ITK", bound, "× ITK", partial(_beside_itk, bench, name, options))
    label = "gaussian_gradient_magnitude, f32 3-D, sigma 1, scipy"
    yield Case(label, 5, "× scipy", partial(_beside_scipy, bench))


def _ratio(bench: Bench, label: str, ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    times = best({"ours": OXITK.job(ours), "theirs": batch(theirs)}, bench.effort)
    megapixels = np.prod(VOLUME) / 1e6
    bench.say(f"  {label}: oxitk {megapixels / times['ours']:.3g}, peer {megapixels / times['theirs']:.3g} Mpix/s")
    return times["theirs"] / times["ours"]


def _beside_itk(bench: Bench, name: str, options: dict[str, float]) -> float | None:
    import oxitk

    itk = next((peer for peer in bench.peers if peer.name == "ITK"), None)
    if itk is None or itk.name in bench.broken:
        return None
    image = CONTENTS["noise"](VOLUME, "float32")
    source = itk.itk.image_from_array(image)
    kind = getattr(itk.itk, "".join(word.title() for word in name.split("_")) + "ImageFilter")
    made = kind[type(source), type(source)].New(Input=source)
    made.SetSigma(options["sigma"])
    made.SetNumberOfWorkUnits(1)
    # ITK's direction 0 is the last axis, which is ours by default too.
    ours = partial(getattr(oxitk, name), image, **options, out=np.empty_like(image))

    def theirs() -> None:
        made.Modified()
        made.Update()

    theirs()
    if not np.array_equal(ours(), itk.itk.array_from_image(made.GetOutput())):
        bench.problems.append(f"{name}: oxitk {DIFFERS} ITK")
    return _ratio(bench, name, ours, theirs)


def _beside_scipy(bench: Bench) -> float | None:
    import oxitk

    if "scipy" in bench.broken:
        return None
    from scipy import ndimage

    image = CONTENTS["noise"](VOLUME, "float32")
    ours = partial(oxitk.gradient_magnitude_recursive_gaussian, image, 1.0, out=np.empty_like(image))
    theirs = partial(ndimage.gaussian_gradient_magnitude, image, 1.0, output=np.empty_like(image), mode="nearest")
    theirs()
    want = ndimage.gaussian_gradient_magnitude(image, 1.0, mode="nearest")
    if np.abs(ours() - want).max() > SCIPY * want.max():
        bench.problems.append(f"gradient_magnitude_recursive_gaussian: oxitk {DIFFERS} scipy by more than {SCIPY:.0%}")
    return _ratio(bench, "gradient_magnitude_recursive_gaussian", ours, theirs)
