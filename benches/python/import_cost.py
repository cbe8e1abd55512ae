"""What importing oxitk and touching its filters costs, beside its peers, each in fresh interpreters.

    make bench-import                  # builds the wheel, installs the peers into a cached venv, runs this
    make bench-import BENCH="--runs 3"
    make bench-import BENCH="--page docs/imports.md"

Prints a Markdown table of medians (the last command draws that of docs/imports.md anew), and says of each bound whether it is met. Exit status 1: a bound is missed. Every
package that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import environment


@dataclass(frozen=True)
class Package:
    """A package, and the expressions that touch its filters, with `m` the module."""

    name: str
    median: str
    gradient: str
    result: str  # the median of a small array, as the first thing that is computed


NAMED = ("oxitk", "itk-filtering", "simpleitk", "scipy", "scikit-image", "opencv-python-headless", "numpy")
HEADING = "## Figures"
INTRODUCTION = "Times on a busy machine are long for all; `make bench-import` measures anew, with bytecode caching on."
ARRAY = "__import__('numpy').arange(25, dtype='f4').reshape(5, 5)"
PACKAGES = (
    Package("oxitk", "m.median", "m.gradient_magnitude", f"m.median({ARRAY})"),
    Package(
        "itk", "m.MedianImageFilter", "m.GradientMagnitudeImageFilter", f"m.median_image_filter({ARRAY}, radius=1)"
    ),
    Package(
        "SimpleITK",
        "m.Median",
        "m.GradientMagnitude",
        f"m.GetArrayFromImage(m.Median(m.GetImageFromArray({ARRAY}), [1, 1]))",
    ),
    Package("scipy.ndimage", "m.median_filter", "m.gaussian_gradient_magnitude", f"m.median_filter({ARRAY}, 3)"),
    Package("skimage.filters", "m.median", "m.sobel", f"m.median({ARRAY})"),
    Package("cv2", "m.medianBlur", "m.Sobel", f"m.medianBlur({ARRAY}, 3)"),
)

# Runs in the fresh interpreter; what it needs itself is built in, so that it loads nothing that it then does not count.
CHILD = """
import sys, time
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
clock = time.perf_counter_ns
before = len(sys.modules)
bare = peak()
begin = clock()
{load}
loaded = clock()
found = {{"import": loaded - begin, "modules": len(sys.modules) - before, "memory": peak() - bare}}
{then}
import json
print()
print(json.dumps(found))
"""
TOUCH = """
begin = clock()
{touch}
found["touch"] = clock() - begin
found["touched modules"] = len(sys.modules) - before
found["touched memory"] = peak() - bare
found["numpy"] = "numpy" in sys.modules
begin = clock()
{result}
found["result"] = clock() - begin
"""
REST = """
begin = clock()
names = dir(m)
found["dir"] = clock() - begin
import pickle
begin = clock()
try:
    same = pickle.loads(pickle.dumps(m)) is m
except Exception:
    same = False
found["pickle"] = clock() - begin if same else None
"""
NANOSECONDS = ("import", "touch", "result", "dir", "pickle")


def child(package: Package, then: str) -> dict[str, float | None]:
    """One fresh interpreter."""
    code = CHILD.format(load=f"import {package.name}\nm = sys.modules[{package.name!r}]", then=then)
    # -P: the folder of this script must not be searched, nor be one entry more to search.
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{package.name}: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: value / 1e6 if name in NANOSECONDS and value is not None else value for name, value in found.items()}


def programs(package: Package) -> dict[str, str]:
    """What is measured of a package, one fresh interpreter each: in one, the second touch would not be a first one."""
    return {
        "median": TOUCH.format(touch=package.median, result=package.result),
        "gradient": TOUCH.format(touch=package.gradient, result=""),
        "rest": REST,
    }


def measure(packages: list[Package], runs: int) -> dict[str, dict[str, float | None]]:
    """The medians, by package and by what was measured. Packages take turns; the first turn fills caches and is dropped."""
    samples: dict[tuple[str, str, str], list[float | None]] = {}
    for turn in range(runs + 1):
        for package in packages:
            for program, then in programs(package).items():
                for name, value in child(package, then).items():
                    if turn:
                        samples.setdefault((package.name, program, name), []).append(value)
    found: dict[str, dict[str, float | None]] = {}
    for (package_name, program, name), values in samples.items():
        known = [value for value in values if value is not None]
        median = statistics.median(known) if len(known) == len(values) else None
        found.setdefault(package_name, {})[f"{program} {name}"] = median
    for row in found.values():
        row["filter"] = row["median import"] + row["median touch"]
    return found


def figure(milliseconds: float | None) -> str:
    """Milliseconds to three digits."""
    if milliseconds is None:
        return "not possible"
    if milliseconds < 0.01:
        return "< 0.01"
    return f"{milliseconds:.3g}" if milliseconds < 1000 else f"{milliseconds:.0f}"


COLUMNS = {
    "import, ms": lambda row: figure(row["rest import"]),
    "new modules": lambda row: f"{row['rest modules']:.0f}",
    "memory, MB": lambda row: f"{row['rest memory']:.1f}",
    "first touch of the median, ms": lambda row: figure(row["median touch"]),
    "of the gradient magnitude, ms": lambda row: figure(row["gradient touch"]),
    "import and median, ms": lambda row: figure(row["filter"]),
    "modules then": lambda row: f"{row['median touched modules']:.0f}",
    "memory then, MB": lambda row: f"{row['median touched memory']:.1f}",
    "first result, ms": lambda row: figure(row["filter"] + row["median result"]),
    "dir(), ms": lambda row: figure(row["rest dir"]),
    "pickle and back, ms": lambda row: figure(row["rest pickle"]),
}


def table(found: dict[str, dict[str, float | None]]) -> str:
    """Packages as columns: there are fewer of them than of figures."""
    lines = [["", *found], ["---"] + ["--:"] * len(found)]
    lines += [[label, *(cell(row) for row in found.values())] for label, cell in COLUMNS.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def bounds(found: dict[str, dict[str, float | None]]) -> list[tuple[str, str, bool | None]]:
    """What is promised, what was measured, and whether that is met; None: not measured."""
    ours = found["oxitk"]
    rows = [
        ("import: at most 2 ms", f"{figure(ours['rest import'])} ms", ours["rest import"] <= 2),
        ("import: at most 8 new modules", f"{ours['rest modules']:.0f}", ours["rest modules"] <= 8),
        ("first touch of the median: at most 5 ms", f"{figure(ours['median touch'])} ms", ours["median touch"] <= 5),
        ("neither touch loads numpy", "", not ours["median numpy"] and not ours["gradient numpy"]),
    ]
    wanted = "import and first touch of the median: at least 200 times faster than itk"
    if "itk" not in found:
        return [*rows, (wanted, "itk is not installed", None)]
    ratio = found["itk"]["filter"] / ours["filter"]
    return [*rows, (wanted, f"{ratio:.0f} times", ratio >= 200)]


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="fresh interpreters a figure; default 9")
    parser.add_argument("--page", type=Path, metavar="FILE", help=f"write it below '{HEADING}' there, not to the terminal")
    parser.add_argument("--json", metavar="FILE", help="write the medians for programs")
    chosen = parser.parse_args()
    environment.enter()
    if sys.dont_write_bytecode:
        sys.exit("bytecode caching is off: figures would say nothing")

    here, lacking = [], []
    for package in PACKAGES:
        try:
            child(package, "")
            here.append(package)
        except RuntimeError as error:
            lacking.append(str(error))
    if PACKAGES[0] not in here:
        sys.exit(lacking[0])
    begin, loads = time.monotonic(), os.getloadavg()[0]
    found = measure(here, chosen.runs)
    rows = bounds(found)

    facts = [
        f"CPU: {environment.cpu()}; load average {loads:.1f} before, {os.getloadavg()[0]:.1f} after",
        f"versions: Python {sys.version.split()[0]}, "
        + ", ".join(f"{name} {version}" for name, version in environment.versions().items() if name in NAMED),
        f"run: medians of {chosen.runs} fresh interpreters each, {time.monotonic() - begin:.0f} s, {time.strftime('%Y-%m-%d')}",
        *(f"takes no part: {text}" for text in lacking),
    ]
    verdict = {True: "met", False: "**missed**", None: "not measured"}
    text = "\n\n".join(
        [
            "\n".join(f"- {fact}" for fact in facts),
            table(found),
            "Modules and memory (peak) are over those of the bare interpreter. The first touch is of the name; the first "
            "result\nis all of it, from before the import to the median of 5 × 5 numbers, and includes numpy.",
            "\n".join(
                ["| bound | measured | |", "| --- | --: | --- |"]
                + [f"| {wanted} | {measured} | {verdict[met]} |" for wanted, measured, met in rows]
            ),
        ]
    )
    if chosen.page:
        kept = chosen.page.read_text().partition(f"{HEADING}\n")[0]
        chosen.page.write_text(f"{kept}{HEADING}\n\n{INTRODUCTION}\n\n{text}\n")
    else:
        print(text)
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump(found, file, indent=1)
    return 1 if any(met is False for _, _, met in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
