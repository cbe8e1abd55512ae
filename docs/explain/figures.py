"""Draws the figures of median.md, and writes its table of networks.

    python -m pip install matplotlib
    python docs/explain/figures.py

Needs rustc: plan.rs, which uses the build script's own generator, says what the networks compute.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import matplotlib.ticker
from counting import draw_counting
from crossover import draw_crossovers
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.path import Path as MarkerPath
from style import FAINT, GREEN, HERE, INK, NEW, OLD, OLDER, PALE, WARM, save


def plans():
    """What plan.rs prints."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "plan"
        subprocess.run(["rustc", "--edition", "2024", "-O", "-o", program, HERE / "plan.rs"], check=True)
        return json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def is_square(kernel):
    x, y, z = kernel["window"]
    return x == y and z in (1, x)


# Networks: what a step computes.


class Step:
    """A kernel's step, with the rows that each of its lists holds."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.source = {out: call for call in kernel["calls"] if call[0] != "select" for out in call[3:]}
        self.selects = sorted((call for call in kernel["calls"] if call[0] == "select"), key=lambda call: call[3])

    def rows(self, number):
        """The rows of a list, counted from the top of the step's first window."""
        _, kept, age = self.kernel["lists"][number]
        if kept is not None:
            return [row - age * self.kernel["rows"] for row in self.rows(kept)]
        name, a, b, _ = self.source[number]
        if name == "sort":
            return [a // self.kernel["planes"] + self.kernel["first_row"]]
        return sorted(self.rows(a) + self.rows(b))

    def length(self, number):
        return self.kernel["lists"][number][0]

    def age(self, number):
        return self.kernel["lists"][number][2]

    def merges(self):
        return [call for call in self.kernel["calls"] if call[0] == "merge"]


def draw_tile(kernel):
    """Figure (a): the recursion over a tile of 4 rows."""
    step = Step(kernel)
    k, height = kernel["window"][1], kernel["height"]
    assert height == kernel["rows"] == 4 and kernel["slices"] == 1, "the drawing is for steps of one tile of 4 rows"
    count = k + height - 1
    first_row, rows_a_step = kernel["first_row"], kernel["rows"]

    def age_of(row):
        return max(0, -(-(first_row - row) // rows_a_step))

    colours = [NEW, OLD, OLDER]
    figure, axes = plt.subplots(figsize=(10.6, 4.7))
    axes.set_xlim(-1.2, 38.2)
    axes.set_ylim(count + 1.6, -1.9)
    axes.axis("off")

    def head(x, text):
        axes.text(x, -0.45, text, ha="center", va="bottom", fontsize=9, fontweight="bold", linespacing=1.25)

    def box(x, width, rows, colour, text="", edge="white", ink=INK, **more):
        top, size = min(rows), len(rows)
        axes.add_patch(Rectangle((x, top + 0.06), width, size - 0.12, facecolor=colour, edgecolor=edge, **more))
        axes.text(x + width / 2, top + size / 2, text, ha="center", va="center", fontsize=8, color=ink, linespacing=1.3)

    # The samples: one row of the input each.
    head(3.5, "rows of the input,\neach sorted along x")
    for row in range(count):
        age = age_of(row)
        axes.text(-0.35, row + 0.5, str(row), ha="right", va="center", fontsize=8)
        for x in range(k):
            axes.add_patch(Rectangle((x + 0.05, row + 0.08), 0.9, 0.84, facecolor=colours[age], edgecolor="none"))

    # The spans: merged once.
    spans = {}
    for call in step.selects + step.merges():
        for number in call[1:3]:
            rows = tuple(step.rows(number))
            if len(rows) == 2 and step.length(number) == 2 * k:
                spans[rows] = number
    head(9.9, "spans,\nmerged once")
    for rows, number in sorted(spans.items()):
        age = step.age(number)
        box(8.9, 2.0, rows, colours[age], f"{step.length(number)}", ink="white" if age == 0 else INK)

    # The recursion: each list, and what it adds to the one before.
    def parts(number):
        """The two lists that a list was merged of, that of more rows first."""
        _, a, b, _ = step.source[number]
        return (a, b) if len(step.rows(a)) >= len(step.rows(b)) else (b, a)

    halves = []
    for _, a, b, _ in step.selects:
        big = a if len(step.rows(a)) > len(step.rows(b)) else b
        if big not in halves:
            halves.append(big)
    core = parts(halves[0])[0]
    assert parts(halves[1])[0] == core, "both halves grow from one core"

    def extended(x, width, inner, outer, note):
        for row in outer:
            if row not in inner:
                box(x, width, [row], "#f6d9b5")
        box(x, width, inner, PALE, note)
        axes.add_patch(
            Rectangle((x, min(outer) + 0.06), width, len(outer) - 0.12, fill=False, edgecolor=INK, linewidth=1.0)
        )

    def left(number):
        samples = len(step.rows(number)) * k
        return f"{step.length(number)} of\n{samples}\nleft"

    def arrow(*points):
        path = MarkerPath(points)
        axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=9, color=INK, linewidth=0.9))

    # Core, halves and windows, from left to right.
    core_at, core_width = 14.2, 3.0
    half_at, half_width = [19.9, 23.4], 2.6
    window_at, window_width = [28.6, 30.9, 33.2, 35.5], 1.6
    core_rows = step.rows(core)
    head(core_at + core_width / 2, "core: rows of\nall four windows")
    box(core_at, core_width, core_rows, PALE, left(core), edge=INK, linewidth=1.0)
    head(22.95, "halves: rows of\ntwo windows")
    for x, number in zip(half_at, halves):
        extended(x, half_width, core_rows, step.rows(number), left(number))
    upper, lower = (step.rows(number) for number in halves)
    centre = (min(core_rows) + max(core_rows) + 1) / 2
    arrow((core_at + core_width, centre), (half_at[0], centre))
    below = max(core_rows) + 1.75
    middle = core_at + core_width / 2
    arrow((middle, max(core_rows) + 0.94), (middle, below), (half_at[1], below))

    head(32.85, "windows of the four output rows:\nselect from two lists")
    for output, (_, a, b, _) in enumerate(step.selects):
        big, small = (a, b) if len(step.rows(a)) > len(step.rows(b)) else (b, a)
        x = window_at[output]
        inner, outer = step.rows(big), sorted(step.rows(big) + step.rows(small))
        extended(x, window_width, inner, outer, f"{step.length(big)}\n+\n{step.length(small)}")
    up, down = min(upper) - 0.5, max(lower) + 1.5
    middles = [x + half_width / 2 for x in half_at]
    arrow((middles[0], min(upper) + 0.06), (middles[0], up), (window_at[0], up))
    arrow((middles[1], max(lower) + 0.94), (middles[1], down), (window_at[3], down))

    axes.legend(
        handles=[
            Patch(facecolor=OLDER, label="kept from two steps ago"),
            Patch(facecolor=OLD, label="kept from the step before"),
            Patch(facecolor=NEW, label="sorted or merged in this step"),
            Patch(facecolor="#f6d9b5", label="rows that a half or a window adds"),
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, -0.05),
        ncol=4,
        frameon=False,
        fontsize=8.5,
        handlelength=1.2,
        columnspacing=1.6,
    )
    save(figure, "tile.svg")


def draw_operations(plans):
    """Figure (b): operations a pixel."""
    figure, axes = plt.subplots(figsize=(7.2, 4.3))
    alone = plans["alone"]
    axes.plot([k for k, _ in alone], [n for _, n in alone], color=FAINT, marker="o", markersize=3.5, linewidth=1.4)
    axes.text(
        alone[-1][0] + 0.25, alone[-1][1], "each window\nsorted by itself", color="#6b7785", va="center", fontsize=8.5
    )
    for height, colour in [(2, WARM), (4, GREEN), (8, NEW)]:
        points = [(k, n) for k, h, n in plans["tiles"] if h == height]
        axes.plot(*zip(*points), color=colour, marker="o", markersize=3.5, linewidth=1.4)
        # The labels of the two lowest lines would meet.
        shift = {2: 1, 4: 1.12, 8: 1 / 1.12}[height]
        axes.text(
            points[-1][0] + 0.25,
            points[-1][1] * shift,
            f"tiles of {height} rows",
            color=colour,
            va="center",
            fontsize=8.5,
        )
    square = [kernel for kernel in plans["kernels"] if is_square(kernel) and kernel["window"][2] == 1]
    points = [(kernel["window"][0], kernel["operations"] / kernel["rows"]) for kernel in square]
    axes.scatter(*zip(*points), s=75, facecolors="none", edgecolors=INK, linewidths=1.2, zorder=3, label="has a kernel")
    axes.set_yscale("log")
    axes.set_xlim(2.4, 17.9)
    axes.set_xticks([k for k, _ in alone], [f"{k}×{k}" for k, _ in alone])
    ticks = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    axes.set_yticks(ticks, map(str, ticks))
    axes.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.set_xlabel("window")
    axes.set_title("minima and maxima of registers, for one register of medians", loc="left", fontsize=9)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ["top", "right"]:
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper left", frameon=False, fontsize=8.5)
    save(figure, "operations.svg")


def write_table(plans):
    """The table of networks in median.md."""
    square = [kernel for kernel in plans["kernels"] if is_square(kernel)]
    columns = ["window", "tile", "step", "minima and maxima", "a window sorted by itself", "registers kept"]
    columns += ["steps of warming up", "form", "lines of code"]
    lines = [
        f"{len(plans['kernels'])} windows have a kernel. Squares and cubes:",
        "",
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
    ]
    for kernel in square:
        x, y, z = kernel["window"]
        window = f"{x}×{y}" if z == 1 else f"{x}×{y}×{z}"
        slices = f" in {kernel['slices']} slices" if kernel["slices"] > 1 else ""
        loops = kernel["form"] == "Loops"
        operations = kernel["in_blocks" if loops else "operations"] / (kernel["rows"] * kernel["slices"])
        straight, looped = kernel["lines"]
        form = f"loops | {looped}; {straight} in one line" if loops else f"one line | {straight}"
        lines.append(
            f"| {window} | {kernel['height']} rows | {kernel['rows']} rows{slices} | {operations:g} | {kernel['alone']}"
            f" | {kernel['kept']} | {kernel['warm_up']} | {form} |"
        )
    page = HERE / "median.md"
    begin, end = "<!-- networks: written by figures.py -->\n", "<!-- end -->"
    before, rest = page.read_text().split(begin)
    page.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1])


def main():
    every = plans()
    draw_tile(next(kernel for kernel in every["kernels"] if kernel["window"] == [9, 9, 1]))
    draw_operations(every)
    draw_counting()
    draw_crossovers()
    write_table(every)


if __name__ == "__main__":
    main()
