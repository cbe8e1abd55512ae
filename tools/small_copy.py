"""Usage: small_copy.py FOLDER: makes or refreshes a copy of this tree, committed or not, with three networks of the median.

It compiles in a fraction of the time; for checks of threads, to which the networks do not matter. Files that are the same
keep their times, so that little is compiled again.
"""

import re
import subprocess
import sys
from pathlib import Path

SHAPES = "itk-filters/build/shapes.rs"

tree = Path(__file__).resolve().parents[1]
copy = Path(sys.argv[1])

listed = subprocess.run(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=tree, check=True, capture_output=True
)
names = {name for name in listed.stdout.decode().split("\0") if (tree / name).is_file()}
for name in sorted(names):
    content = (tree / name).read_bytes()
    if name == SHAPES:
        few = rb"\1[3, 3, 1], [5, 5, 1], [3, 3, 3]];"
        content, found = re.subn(rb"(const WINDOWS: [^=]*= &\[).*?\];", few, content, count=1, flags=re.S)
        assert found == 1, f"{name} has no list of windows"
    target = copy / name
    if not target.is_file() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod((tree / name).stat().st_mode)

# The list of last time tells what has gone since; all else in the folder was built there.
record = copy / ".copied"
for name in set(record.read_text().splitlines()) - names if record.exists() else ():
    (copy / name).unlink(missing_ok=True)
record.write_text("\n".join(sorted(names)))
