"""The README's command lines run as they stand; its Python is in test_docs.py, its Rust in tests/downstream."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_command_lines(run, tmp_path):
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "in.mha").write_bytes((ROOT / "tests/data/HeadMRVolume.mha").read_bytes())
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    lines = [line.partition("#")[0] for block in blocks for line in block.splitlines() if line.startswith("oxitk ")]
    assert len(lines) >= 5
    for line in lines:
        arguments = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]
        done = run("-m", *arguments)
        assert done.returncode == 0, (line, done.stderr)
