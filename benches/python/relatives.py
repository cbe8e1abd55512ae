"""Rows for the median's and the gradient magnitude's relatives: compared with ITK, then timed in turns on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from cases import Case
from contents import noise
from measure import DIFFERS, Bench, figure, same
from peers import OXITK
from timing import batch, best


@dataclass(frozen=True)
class Relative:
    """A filter on one image, by us and by ITK, both into an output that is reused.

    ITK gets the image in another type where it has no filter for its own, converted beforehand.
    """

    label: str
    bound: float
    shape: tuple[int, ...]
    dtype: str
    name: str  # the function of oxitk
    arguments: tuple[object, ...]
    kind: str  # the class of ITK
    settings: dict[str, object] = field(default_factory=dict)
    theirs: str = ""  # the type of ITK's image


RELATIVES = (
    Relative("mean, f32 3-D, radius 5", 50, (64, 128, 128), "float32", "mean", (5,), "MeanImageFilter", {"Radius": 5}),
    Relative("sobel, u8 2-D", 20, (2048, 2048), "uint8", "sobel", (), "SobelEdgeDetectionImageFilter", theirs="float32"),
)


def rows(bench: Bench) -> Iterator[Case]:
    """One row a filter."""
    for relative in RELATIVES:
        yield Case(f"{relative.label}, ITK", relative.bound, "× ITK", partial(_beside_itk, bench, relative))


def _beside_itk(bench: Bench, asked: Relative) -> float | None:
    import oxitk

    peer = next((peer for peer in bench.peers if peer.name == "ITK"), None)
    if peer is None or peer.name in bench.broken:
        return None
    image = noise(asked.shape, asked.dtype)
    source = peer.itk.image_from_array(image.astype(asked.theirs or asked.dtype))
    kind: Callable[..., object] = getattr(peer.itk, asked.kind)[type(source), type(source)]
    made = kind.New(Input=source, **asked.settings)
    made.SetNumberOfWorkUnits(1)

    def theirs() -> None:
        made.Modified()
        made.Update()

    theirs()
    want = peer.itk.array_from_image(made.GetOutput())
    ours = partial(getattr(oxitk, asked.name), image, *asked.arguments, out=np.empty_like(want))
    if not same(ours(), want):
        bench.problems.append(f"{asked.label}: oxitk {DIFFERS} ITK")
    times = best({"oxitk": OXITK.job(ours), "ITK": batch(theirs)}, bench.effort)
    speeds = {name: image.size / seconds / 1e6 for name, seconds in times.items()}
    bench.say(f"  {asked.label}: " + ", ".join(f"{name} {figure(speed)} Mpix/s" for name, speed in speeds.items()))
    return speeds["oxitk"] / speeds["ITK"]
