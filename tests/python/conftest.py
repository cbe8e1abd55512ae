"""Shared fixtures. The suite runs against the installed wheel, from a directory outside the source tree."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import oxitk
import pytest

DATA = Path(__file__).resolve().parents[1] / "data"

# The peers need the real ITK: `make test-peers` runs them in a venv of their own.
collect_ignore = [] if importlib.util.find_spec("itk") else ["peers"]

# Why tests with these fixtures cannot run in several threads at once (tools/test-py313t.sh).
ALONE = {
    "capfd": "it takes what the whole process prints",
    "fresh": "it starts processes, which share nothing",
    "live": "it counts the buffers of the whole process",
    "monkeypatch": "it changes what all threads see",
    "run": "it starts processes, which share nothing",
    "threads": "it sets the number of threads of the whole process",
    "tmp_path": "all threads would have the same files",
}


def pytest_configure(config) -> None:
    # A shell has what it starts in the background ignore Ctrl-C, children included; tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "thread_unsafe: not to be run in several threads at once")


def pytest_report_header() -> str:
    return f"oxitk {oxitk.__version__} of {Path(oxitk.__file__).parent}, numpy {np.__version__}"


def pytest_collection_modifyitems(items) -> None:
    if not importlib.util.find_spec("pytest_timeout"):
        raise pytest.UsageError("pytest-timeout is missing: a hang would not be noticed")
    for item in items:
        if item.get_closest_marker("timeout") is None:
            # Without a GIL the tests run beside a debug build, and Python is slower.
            free = not getattr(sys, "_is_gil_enabled", lambda: True)()
            item.add_marker(pytest.mark.timeout(600 if free else 120))
        reason = next((ALONE[name] for name in getattr(item, "fixturenames", ()) if name in ALONE), None)
        if item.path.stem.startswith("test_threads"):
            reason = "it has threads of its own, and holds kernels of the whole process"
        if reason:
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def run(tmp_path):
    """Runs this interpreter with `-W error` in an empty directory; an `env` value of None unsets the variable."""

    def call(*args: str, env: dict[str, str | None] | None = None, timeout: float = 100) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-W", "error", *map(str, args)],
            cwd=tmp_path,
            env={k: v for k, v in {**os.environ, **(env or {})}.items() if v is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return call


@pytest.fixture
def fresh(run):
    """The standard output of code that runs in an interpreter of its own, where oxitk is imported lazily."""

    def call(code: str, *options: str, env: dict[str, str | None] | None = None) -> str:
        done = run(*options, "-c", textwrap.dedent(code), env={"OXITK_EAGER_IMPORT": None, "EAGER_IMPORT": None, **(env or {})})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.fixture
def threads():
    """`oxitk.set_num_threads`, undone after the test."""
    before = oxitk.get_num_threads()
    yield oxitk.set_num_threads
    oxitk.set_num_threads(before)
