"""oxitk equals ITK 5.4.7 on every committed case; see goldens/README.md."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import oracle
import oxitk
import pytest
from cases import cases

GOLDENS = Path(__file__).resolve().parent / "goldens"
CASES = cases()


def load(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDENS / f"itk_{name}.npz") as file:
        golden = {key: file[key] for key in file.files}
    assert str(golden["itk_version"]) == "5.4.7"
    ends = np.cumsum(golden["sizes"])
    assert ends[-1] == golden["blob"].size
    return {
        str(case): (int(crc), golden["blob"][end - size : end])
        for case, crc, size, end in zip(golden["names"], golden["input_crc32"], golden["sizes"], ends, strict=True)
    }


MEDIAN, GRADIENT = load("median"), load("gradient_magnitude")


def test_every_case_has_its_golden_and_there_are_enough():
    assert len(CASES) >= 300
    assert list(MEDIAN) == list(GRADIENT) == [case.name for case in CASES]


def itk_result(goldens, case) -> np.ndarray:
    crc, raw = goldens[case.name]
    assert zlib.crc32(case.array.tobytes()) == crc, "the case's input is not the one that ITK was given"
    return raw.view(case.array.dtype).reshape(case.array.shape)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_median(case):
    want = itk_result(MEDIAN, case)
    got = oxitk.median(case.array, case.radius)
    assert got.dtype == want.dtype and got.shape == want.shape
    if case.array.dtype.kind == "f":
        # Where -0.0 and 0.0 tie, ITK's sign depends on the order of its comparisons; + 0.0 makes both +0.0.
        got, want = got + 0.0, want + 0.0
    oracle.assert_same(got, want)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradient_magnitude(case):
    want, _ = oracle.where_itk_defines(case.array, case.spacing, itk_result(GRADIENT, case))
    got = oxitk.gradient_magnitude(case.array, spacing=case.spacing, dtype=case.array.dtype)
    oracle.assert_same(got, want)


def test_saturation_is_met():
    """The goldens do hold gradients beyond their type, for each integer type."""
    beyond = {case.array.dtype.name: 0 for case in CASES if case.array.dtype.kind in "iu"}
    for case in CASES:
        if case.array.dtype.name in beyond:
            _, defined = oracle.where_itk_defines(case.array, case.spacing, itk_result(GRADIENT, case))
            beyond[case.array.dtype.name] += int((~defined).sum())
    assert min(beyond.values()) > 100, beyond


def test_public_baseline_of_itk(data):
    """ITK's own test: PythonMedianImageFilterTest.png is the median of cthead1.png, radius 3."""
    image = oxitk.imread(data / "cthead1.png", pixel_type="uint8")
    want = oxitk.imread(data / "PythonMedianImageFilterTest.png")
    oracle.assert_same(oxitk.median(np.asarray(image), 3), np.asarray(want))
    oracle.assert_same(np.asarray(oxitk.median(image, radius=3)), np.asarray(want))
