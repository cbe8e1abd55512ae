"""The command line on a terminal: a progress bar, and Ctrl-C; and the options that all commands share."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys

import numpy as np
import oxitk
import pytest


@pytest.fixture
def slow(tmp_path) -> list[str]:
    """A command that takes many seconds."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 400, 400), dtype="u1")
    oxitk.imwrite(noise, tmp_path / "in.mha")
    return ["median", "in.mha", "out.mha", "--radius", "12"]


@contextlib.contextmanager
def on_a_terminal(arguments: list[str], folder):
    """A running command whose stderr is a terminal, and that terminal's other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "oxitk", *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        # Whoever runs this suite may ignore the signal, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(theirs)
    with process:
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def read_to(terminal: int, text: bytes) -> bytes:
    """What comes up to `text`, or to the end."""
    got = b""
    while text not in got:
        try:
            got += os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
    return got


def test_bar_and_interrupt(slow, tmp_path):
    with on_a_terminal(slow, tmp_path) as (process, terminal):
        assert b"filtering" in read_to(terminal, b"filtering")
        process.send_signal(signal.SIGINT)
        rest = read_to(terminal, b"no such text")
        assert process.wait(20) == 130
        assert b"oxitk: interrupted" in rest and b"Traceback" not in rest
        assert process.stdout.read() == b""
    assert os.listdir(tmp_path) == ["in.mha"]


def test_quiet_has_no_bar(slow, tmp_path):
    with on_a_terminal([*slow[:-1], "1", "--quiet"], tmp_path) as (process, terminal):
        assert read_to(terminal, b"no such text") == b""
        assert process.wait(60) == 0


def test_pixel_type_reads_colour_as_grey(run, data, tmp_path):
    done = run("-m", "oxitk", "median", data / "cthead1.png", "out.png", "--pixel-type", "uint8", "--radius", "3")
    assert done.returncode == 0, done.stderr
    baseline = oxitk.imread(data / "PythonMedianImageFilterTest.png")
    assert np.array_equal(np.asarray(oxitk.imread(tmp_path / "out.png")), np.asarray(baseline))
    done = run("-m", "oxitk", "median", data / "cthead1.png", "out.png")
    assert done.returncode == 1 and "--pixel-type" in done.stderr


def test_gradient_options(run, tmp_path):
    a = np.array([[0, 2, 4], [0, 2, 4]], "u1")
    oxitk.imwrite(oxitk.Image.from_array(a, spacing_xyz=(0.5, 1)), tmp_path / "in.mha")
    for options, want in (((), "f4 4"), (("--no-spacing",), "f4 2"), (("--dtype", "uint8"), "u1 4"), (("--dtype", "f64"), "f8 4")):
        done = run("-m", "oxitk", "gradient-magnitude", "in.mha", "out.mha", *options)
        assert done.returncode == 0, done.stderr
        got = np.asarray(oxitk.imread(tmp_path / "out.mha"))
        assert f"{got.dtype.str[1:]} {got[0, 1]:g}" == want


def test_threads(run, data):
    for n, code in (("1", 0), ("3", 0), ("0", 2), ("129", 2), ("-1", 2), ("two", 2)):
        done = run("-m", "oxitk", "--threads", n, "info", data / "HeadMRVolume.mha")
        assert done.returncode == code, (n, done.stderr)


def test_compress(run, data, tmp_path):
    for name in ("out.mha", "out.nrrd"):
        assert run("-m", "oxitk", "median", data / "HeadMRVolume.mha", name).returncode == 0
        plain = (tmp_path / name).stat().st_size
        assert run("-m", "oxitk", "median", data / "HeadMRVolume.mha", name, "--compress").returncode == 0
        assert (tmp_path / name).stat().st_size < plain
        assert "compressed" in run("-m", "oxitk", "info", name).stdout


def test_an_image_with_control_characters_cannot_write_to_the_terminal(run, tmp_path):
    oxitk.imwrite(oxitk.Image.from_array(np.zeros((2, 2), "u1"), metadata={"key": "a\x1b[31mred"}), tmp_path / "in.nrrd")
    done = run("-m", "oxitk", "info", "in.nrrd")
    assert done.returncode == 0 and "red" in done.stdout and "\x1b" not in done.stdout
    done = run("-m", "oxitk", "info", "no\x1bsuch\nfile.mha")
    assert done.returncode == 1 and "\x1b" not in done.stderr and done.stderr.count("\n") == 1
