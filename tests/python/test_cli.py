from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import oracle
import oxitk
import pytest
from arrays import noise


@pytest.fixture
def cli(run):
    """The command line in an empty directory."""
    return lambda *args, **kwargs: run("-m", "oxitk", *args, **kwargs)


@pytest.fixture
def volume(tmp_path) -> np.ndarray:
    """in.mha, a small volume with a geometry of its own."""
    a = noise("i2", (6, 7, 8))
    oxitk.imwrite(oxitk.Image.from_array(a, spacing_xyz=(1, 2, 3), origin_xyz=(4, 5, 6)), tmp_path / "in.mha")
    return a


def succeeded(done) -> None:
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "nothing is a terminal here: no progress, no noise"


def failed(done, code: int, *says: str) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    for part in says:
        assert part.lower() in done.stderr.lower(), done.stderr
    for noise_ in ("Traceback", "panicked", "RUST_BACKTRACE", "Error {"):
        assert noise_ not in done.stderr
    first, *rest = [line for line in done.stderr.splitlines() if line.strip()]
    assert first.startswith("error:") or first.startswith("oxitk:"), first
    assert not rest, done.stderr
    assert not done.stdout


def read(path) -> np.ndarray:
    return np.asarray(oxitk.imread(path))


def test_info(cli, volume):
    done = cli("info", "in.mha")
    succeeded(done)
    for part in (r"8\D+7\D+6", r"spacing xyz +1(\.0)?,? 2(\.0)?,? 3", r"origin xyz +4(\.0)?,? 5(\.0)?,? 6", "int16"):
        assert re.search(part, done.stdout), done.stdout


def test_relatives(cli, volume, tmp_path):
    succeeded(cli("mean", "in.mha", "out.mha", "--radius-xyz", "2,1,0", "--dtype", "float32"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_mean(volume, (0, 1, 2), "float32"))
    succeeded(cli("derivative", "in.mha", "out.mha", "--order", "2", "--axis-xyz", "1", "--dtype", "float64"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_derivative(volume, 2, 1, 2.0, "float64"))
    succeeded(cli("sobel", "in.mha", "out.mha", "--no-legacy-coefficients"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_sobel(volume, legacy_coefficients=False))
    succeeded(cli("gradient", "in.mha", "out.mha", "--no-direction", "--dtype", "float64"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_gradient(volume, (3.0, 2.0, 1.0), dtype="float64"))
    chain = "mean(radius=1) | derivative(order=1, axis_xyz=2, spacing=1, dtype=float32)"
    succeeded(cli("run", chain, "in.mha", "out.mha"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_derivative(oracle.naive_mean(volume), 1, 0))
    succeeded(cli("run", "gradient(use_image_direction=false, spacing_xyz=[1,2,3])", "in.mha", "out.mha"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_gradient(volume, (3.0, 2.0, 1.0)))
    succeeded(cli("run", "sobel(legacy_coefficients=false)", "in.mha", "out.mha"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_sobel(volume, legacy_coefficients=False))


def test_median(cli, volume, tmp_path):
    succeeded(cli("median", "in.mha", "out.mha", "--radius", "2"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_median(volume, 2))
    back = oxitk.imread(tmp_path / "out.mha")
    assert back.spacing_xyz == (1.0, 2.0, 3.0) and back.origin_xyz == (4.0, 5.0, 6.0)


def test_median_default_radius(cli, volume, tmp_path):
    succeeded(cli("median", "in.mha", "out.nrrd"))
    oracle.assert_same(read(tmp_path / "out.nrrd"), oracle.naive_median(volume, 1))


def test_median_radius_in_xyz(cli, volume, tmp_path):
    succeeded(cli("median", "in.mha", "out.mha", "--radius-xyz", "1,2,3"))
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_median(volume, (3, 2, 1)))


def test_gradient_magnitude(cli, volume, tmp_path):
    succeeded(cli("gradient-magnitude", "in.mha", "out.nrrd"))
    oracle.assert_same(read(tmp_path / "out.nrrd"), oracle.naive_gradient_magnitude(volume, (3, 2, 1)))
    succeeded(cli("gradient-magnitude", "in.mha", "out.nrrd", "--precision", "single"))
    want = oracle.naive_gradient_magnitude(volume, (3, 2, 1), precision="single")
    oracle.assert_same(read(tmp_path / "out.nrrd"), want)


def test_recursive_gaussians(cli, volume, tmp_path):
    succeeded(cli("recursive-gaussian", "in.mha", "out.mha", "--sigma", "2", "--order", "1", "--axis-xyz", "1"))
    oracle.assert_same(read(tmp_path / "out.mha"), oxitk.recursive_gaussian(volume, 2, order=1, axis=1, spacing=2))
    succeeded(cli("smoothing-recursive-gaussian", "in.mha", "out.mha", "--sigma-xyz", "1,2,3", "--no-spacing"))
    oracle.assert_same(read(tmp_path / "out.mha"), oxitk.smoothing_recursive_gaussian(volume, (3, 2, 1)))
    command = ["gradient-magnitude-recursive-gaussian", "in.mha", "out.mha", "--dtype", "int16", "--normalize-across-scale"]
    succeeded(cli(*command))
    options = {"normalize_across_scale": True, "spacing": (3, 2, 1), "dtype": "i2"}
    oracle.assert_same(read(tmp_path / "out.mha"), oxitk.gradient_magnitude_recursive_gaussian(volume, **options))
    done = cli("recursive-gaussian", "in.mha", "out.mha", "--sigma", "-1")
    assert done.returncode == 2 and "must be a positive number" in done.stderr


def test_run_a_chain(cli, volume, tmp_path):
    succeeded(cli("run", "median(radius=2) | gradient_magnitude()", "in.mha", "out.mha"))
    want = oracle.naive_gradient_magnitude(oracle.naive_median(volume, 2), (3, 2, 1))
    oracle.assert_same(read(tmp_path / "out.mha"), want)


def test_preview(cli, volume, tmp_path):
    succeeded(cli("preview", "in.mha", "out.png"))
    assert read(tmp_path / "out.png").size > 0


def test_the_public_baseline(cli, data, tmp_path):
    """A colour PNG is a bad input for a filter of scalars: the grey baseline's own median must do."""
    succeeded(cli("median", data / "PythonMedianImageFilterTest.png", "out.png", "--radius", "3"))
    want = oracle.naive_median(read(data / "PythonMedianImageFilterTest.png"), 3)
    oracle.assert_same(read(tmp_path / "out.png"), want)


def test_the_console_script_is_the_same(volume, tmp_path):
    script = Path(sysconfig.get_path("scripts")) / "oxitk"
    assert script.exists()
    done = subprocess.run([script, "median", "in.mha", "out.mha"], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    succeeded(done)
    oracle.assert_same(read(tmp_path / "out.mha"), oracle.naive_median(volume, 1))


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["median", "--help"], ["run", "--help"]], ids=" ".join)
def test_help(cli, args):
    done = cli(*args)
    assert done.returncode == 0 and "Usage" in done.stdout and not done.stderr


def test_version(cli):
    done = cli("--version")
    assert done.returncode == 0 and oxitk.__version__ in done.stdout


@pytest.mark.parametrize(
    "args, says",
    [
        (["blur", "in.mha", "out.mha"], "blur"),
        (["median", "in.mha"], "OUT"),
        (["median", "in.mha", "out.mha", "--radius", "-1"], "-1"),
        (["median", "in.mha", "out.mha", "--radius=-1"], "-1"),
        (["median", "in.mha", "out.mha", "--radius", "1.5"], "1.5"),
        (["median", "in.mha", "out.mha", "--radius", "x"], "x"),
        (["median", "in.mha", "out.mha", "--radius", "1", "--radius-xyz", "1,1,1"], "--radius"),
        (["median", "in.mha", "out.mha", "--raduis", "1"], "--raduis"),
        (["median", "in.mha", "out.mha", "extra"], "extra"),
        (["run", "blur()", "in.mha", "out.mha"], "blur"),
        (["run", "median(radius=2", "in.mha", "out.mha"], "median(radius=2"),
        (["run", "median(raduis=2)", "in.mha", "out.mha"], "raduis"),
        (["run", "median(radius=-2)", "in.mha", "out.mha"], "-2"),
        (["run", "", "in.mha", "out.mha"], ""),
        (["run", "median() |", "in.mha", "out.mha"], ""),
    ],
    ids=lambda v: " ".join(v[:5]) if isinstance(v, list) else "",
)
def test_bad_use(cli, volume, tmp_path, args, says):
    failed(cli(*args), 2, says)
    assert os.listdir(tmp_path) == ["in.mha"]


def test_no_arguments_is_bad_use(cli):
    done = cli()
    assert done.returncode == 2 and "Usage" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "args, says",
    [
        (["info", "nowhere.mha"], "nowhere.mha"),
        (["median", "nowhere.mha", "out.mha"], "nowhere.mha"),
        (["median", "broken.mha", "out.mha"], "broken.mha"),
        (["median", "in.mha", "out.unknown"], "out.unknown"),
        (["median", "in.mha", "nowhere/out.mha"], "nowhere"),
        (["median", "in.mha", "out.mha", "--radius-xyz", "1,2"], "radius"),
        (["gradient-magnitude", "flat.png", "out.png"], "float32"),
        (["median", "colour.png", "out.png"], "rgb"),
        (["run", "median()", "nowhere.mha", "out.mha"], "nowhere.mha"),
        (["preview", "nowhere.mha", "out.png"], "nowhere.mha"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_failure(cli, volume, tmp_path, args, says):
    (tmp_path / "broken.mha").write_bytes(b"NDims = 3\nDimSize = 9 9 9\n")
    oxitk.imwrite(np.zeros((3, 4), "u1"), tmp_path / "flat.png")
    oxitk.imwrite(oxitk.Image.from_array(np.zeros((3, 4, 3), "u1"), pixel_kind="rgb"), tmp_path / "colour.png")
    before = sorted(os.listdir(tmp_path))
    failed(cli(*args), 1, says)
    assert sorted(os.listdir(tmp_path)) == before, "no partial output, under no name"


def test_a_failure_keeps_the_output_of_before(cli, volume, tmp_path):
    (tmp_path / "out.png").write_bytes(b"precious")
    failed(cli("gradient-magnitude", "in.mha", "out.png"), 1, "float32")
    assert (tmp_path / "out.png").read_bytes() == b"precious"


def test_the_input_may_be_the_output(cli, volume, tmp_path):
    succeeded(cli("median", "in.mha", "in.mha"))
    oracle.assert_same(read(tmp_path / "in.mha"), oracle.naive_median(volume, 1))


def test_names_that_look_like_options(cli, volume, tmp_path):
    (tmp_path / "in.mha").rename(tmp_path / "--in.mha")
    succeeded(cli("median", "--", "--in.mha", "-out.mha"))
    assert (tmp_path / "-out.mha").exists()


def test_unicode_names(cli, volume, tmp_path):
    (tmp_path / "in.mha").rename(tmp_path / "eingabe größer 画像.mha")
    succeeded(cli("median", "eingabe größer 画像.mha", "ausgabe ü.nrrd"))
    assert "画像" in cli("info", "eingabe größer 画像.mha").stdout
    failed(cli("info", "画像 nowhere.mha"), 1, "画像 nowhere.mha")


def test_a_closed_pipe_is_no_disaster(volume, tmp_path):
    """`oxitk info | head -0`: no panic text on stderr."""
    reading, writing = os.pipe()
    os.close(reading)
    script = Path(sysconfig.get_path("scripts")) / "oxitk"
    done = subprocess.run([script, "info", "in.mha"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=100)
    os.close(writing)
    assert "panicked" not in done.stderr and "Traceback" not in done.stderr


def test_main_loads_no_numpy(run, volume):
    code = """
import sys
sys.argv = ["oxitk", "median", "in.mha", "out.mha"]
import runpy
try:
    runpy.run_module("oxitk", run_name="__main__")
except SystemExit as done:
    assert not done.code, done.code
assert "oxitk._native" in sys.modules
assert not [name for name in sys.modules if name.partition(".")[0] == "numpy"]
print("clean")
"""
    done = run("-c", code)
    assert done.stdout == "clean\n", done.stderr
