"""Images to measure on. The same seed gives the same image."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np


def noise(shape: tuple[int, ...], dtype: str, seed: int = 1) -> np.ndarray:
    """Uniform noise over all values of an integer type; floats of a wide range, none NaN."""
    random = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (random.random(shape, dtype=np.float32) * 2000 - 1000).astype(kind)
    limits = np.iinfo(kind)
    return random.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


@cache
def pictures() -> dict[str, np.ndarray]:
    """Grey pictures, u8, that scikit-image's wheel has inside; nothing is downloaded."""
    import skimage
    from PIL import Image

    folder = Path(skimage.__file__).parent / "data"
    names = ("camera", "moon", "coins", "page", "text", "brick", "grass", "gravel", "astronaut", "chelsea", "coffee")
    found = {name: folder / f"{name}.png" for name in names}
    return {name: np.asarray(Image.open(path).convert("L")) for name, path in found.items() if path.exists()}


def mirrored(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A picture repeated by reflection until it has a shape."""
    lacking = [(0, max(0, n - have)) for n, have in zip(shape, picture.shape, strict=True)]
    return np.ascontiguousarray(np.pad(picture, lacking, mode="symmetric")[tuple(slice(n) for n in shape)])


def photo(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """The camera man, repeated by reflection; wider types get finer values that keep the order of the grey levels."""
    return widened(mirrored(pictures()["camera"], shape), dtype)


def widened(grey: np.ndarray, dtype: str, seed: int = 3) -> np.ndarray:
    """A u8 picture in another type, with noise below one grey level as a camera of that depth would have."""
    kind = np.dtype(dtype)
    if kind == np.uint8:
        return grey
    if kind == np.int8:
        return (grey.astype(np.int16) - 128).astype(np.int8)
    fine = grey + np.random.default_rng(seed).random(grey.shape, dtype=np.float32)
    if kind.kind == "f":
        return fine.astype(kind)
    limits = np.iinfo(kind)
    scale = min(2.0**16, float(limits.max) - float(limits.min) + 1) / 256
    return np.clip(fine * scale + max(limits.min, -(2.0**15)), limits.min, limits.max).astype(kind)


CONTENTS = {"noise": noise, "photo": photo}
