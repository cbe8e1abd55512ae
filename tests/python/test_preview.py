"""Pictures: `oxitk preview` and notebooks show the middle slices, in true proportions, black to white."""

from __future__ import annotations

import numpy as np
import oxitk
import pytest

GAP = 4


def picture(image: oxitk.Image, folder) -> np.ndarray:
    (folder / "picture.png").write_bytes(image._repr_png_())
    return np.asarray(oxitk.imread(folder / "picture.png"))


def slices(shown: np.ndarray, *widths: int) -> list[np.ndarray]:
    found, left = [], 0
    for width in widths:
        found.append(shown[:, left : left + width])
        left += width + GAP
    assert left - GAP == shown.shape[1]
    return found


def test_three_middle_slices(tmp_path):
    a = np.arange(4 * 6 * 8, dtype="f4").reshape(4, 6, 8)
    xy, xz, yz = slices(picture(oxitk.Image.from_array(a), tmp_path), 384, 384, 288)

    seen = np.concatenate([a[2].ravel(), a[:, 3].ravel(), a[:, :, 4].ravel()])

    def grey(values):
        return np.round((values - seen.min()) / np.ptp(seen) * 255)

    each = slice(24, None, 48)  # the middle of each enlarged pixel
    assert np.array_equal(xy[:288][each, each], grey(a[2]))
    assert np.array_equal(xz[:192][each, each], grey(a[::-1, 3])), "the head is up"
    assert np.array_equal(yz[:192][each, each], grey(a[::-1, :, 4]))


def test_stored_from_the_head_down(tmp_path):
    a = np.arange(4 * 8 * 8, dtype="f4").reshape(4, 8, 8)
    down = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
    _, xz, _ = slices(picture(oxitk.Image.from_array(a, direction_xyz=down), tmp_path), 384, 384, 384)
    assert xz[0, 0] < xz[180, 0], "the first slice is the highest"


def test_spacing_sets_the_proportions(tmp_path):
    image = oxitk.Image.from_array(np.zeros((4, 8, 16), "u1"), spacing_xyz=(1, 2, 3))
    assert picture(image, tmp_path).shape == (384, 384 + 384 + 384 + 2 * GAP)
    image = oxitk.Image.from_array(np.zeros((10, 20), "u1"), spacing_xyz=(3, 1))
    assert picture(image, tmp_path).shape == (80, 480)
    image = oxitk.Image.from_array(np.zeros((3000, 6000), "u1"))
    assert picture(image, tmp_path).shape == (512, 1024)


@pytest.mark.parametrize("spacing", [(np.nan, 1, 1), (np.inf, 1, 1), (1e-300, 1, 1e300)], ids=str)
def test_odd_spacing_makes_a_picture_of_sane_size(tmp_path, spacing):
    height, width = picture(oxitk.Image.from_array(np.zeros((4, 5, 6), "u1"), spacing_xyz=spacing), tmp_path).shape
    assert height <= 512 and width <= 3 * 512 + 2 * GAP


def test_nan_is_black_and_infinity_saturates(tmp_path):
    shown = picture(oxitk.Image.from_array(np.array([[np.nan, -np.inf, 1.0, 2.0, 3.0, np.inf]])), tmp_path)
    assert shown[0, 40::85].tolist() == [0, 0, 0, 128, 255, 255]


def test_colours_stay(tmp_path):
    a = np.arange(2 * 2 * 3, dtype="u1").reshape(2, 2, 3) * 10 + 5
    shown = picture(oxitk.Image.from_array(a, pixel_kind="rgb"), tmp_path)
    assert np.array_equal(shown[128::256, 128::256], a)


def test_the_command_line_writes_the_same(run, tmp_path, data):
    done = run("-m", "oxitk", "preview", data / "HeadMRVolume.mha", "out.png")
    assert done.returncode == 0, done.stderr
    want = picture(oxitk.imread(data / "HeadMRVolume.mha"), tmp_path)
    assert np.array_equal(np.asarray(oxitk.imread(tmp_path / "out.png")), want)
    done = run("-m", "oxitk", "preview", data / "HeadMRVolume.mha", "out.mha")
    assert done.returncode == 2 and ".png" in done.stderr
