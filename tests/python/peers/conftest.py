"""The seed of this run's fresh cases: printed, and repeated by OXITK_PEER_SEED=<seed>."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

FRESH_SEED = int(os.environ.get("OXITK_PEER_SEED") or secrets.randbits(32))


def pytest_report_header() -> str:
    return f"oxitk peers: fresh cases of OXITK_PEER_SEED={FRESH_SEED}"


def pytest_generate_tests(metafunc) -> None:
    if "case" in metafunc.fixturenames:
        from cases import SEED, cases

        both = [pytest.param(c, id=f"{label}-{c.name}") for label, s in (("golden", SEED), ("fresh", FRESH_SEED)) for c in cases(s)]
        metafunc.parametrize("case", both)
