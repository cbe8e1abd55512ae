"""Draws the figures of median.md, and writes its table of networks.

    python -m pip install matplotlib
    python docs/explain/figures.py

Needs rustc: plan.rs, which uses the build script's own generator, says what the networks compute.
"""

import csv
import json
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import matplotlib.ticker
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, PathPatch, Rectangle
from matplotlib.path import Path as MarkerPath

HERE = Path(__file__).resolve().parent

INK = "#1f2933"
FAINT = "#9aa5b1"
PALE = "#eef1f4"
OLDER, OLD, NEW = "#d9dfe5", "#a9c7e8", "#2f6fb3"
WARM = "#e08a2c"
GREEN = "#3c8d5a"
PURPLE = "#8250a0"

plt.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "oxitk",
        "figure.facecolor": "white",
    }
)


def plans():
    """What plan.rs prints."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "plan"
        subprocess.run(["rustc", "--edition", "2024", "-O", "-o", program, HERE / "plan.rs"], check=True)
        return json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def is_square(kernel):
    x, y, z = kernel["window"]
    return x == y and z in (1, x)


def save(figure, name):
    figure.savefig(HERE / name, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.1)
    plt.close(figure)


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


# Counting: what an evaluation tells, and which thresholds are evaluated.


def count_below(labels, window, limit):
    """For each output of a tile, how many labels of its window are below the threshold."""
    height, width = len(labels) - window + 1, len(labels[0]) - window + 1
    return [
        [sum(v < limit for row in labels[y : y + window] for v in row[x : x + window]) for x in range(width)]
        for y in range(height)
    ]


def medians(labels, window):
    height, width = len(labels) - window + 1, len(labels[0]) - window + 1
    return [
        sorted(v for row in labels[y : y + window] for v in row[x : x + window])[window * window // 2]
        for y in range(height)
        for x in range(width)
    ]


def search(medians):
    """The intervals (low, high, depth, kind) of a tile, as kernel/counting/search.rs visits them without lists."""

    def reach(limit):
        return sum(median >= limit for median in medians)

    found = []
    open_intervals = [(0, 256, reach(0), 0, 0)]
    while open_intervals:
        low, high, reach_low, reach_high, depth = open_intervals.pop()
        if reach_low == reach_high:
            found.append((low, high, depth, "empty"))
        elif high - low == 1:
            found.append((low, high, depth, "median"))
        else:
            found.append((low, high, depth, "evaluated"))
            middle = (low + high) // 2
            now = reach(middle)
            open_intervals.append((low, middle, reach_low, now, depth + 1))
            open_intervals.append((middle, high, now, reach_high, depth + 1))
    return found


def draw_intervals(axes, found, title):
    def rectangle(left, right, top, bottom):
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return MarkerPath(corners, closed=True)

    # One path for each kind keeps the file small.
    def draw(paths, colour):
        if paths:
            axes.add_patch(PathPatch(MarkerPath.make_compound_path(*paths), facecolor=colour, edgecolor="none"))

    for kind, colour in {"evaluated": OLD, "empty": PALE, "median": WARM}.items():
        gap = {"evaluated": 0.35, "empty": 0.35, "median": 0.0}[kind]
        draw(
            [
                rectangle(low + gap * (high - low > 3), high - gap * (high - low > 3), depth, depth + 0.86)
                for low, high, depth, of_kind in found
                if of_kind == kind
            ],
            colour,
        )
    cuts = [(low, high, depth) for low, high, depth, kind in found if kind == "evaluated"]
    draw(
        [
            rectangle((low + high) / 2 - 0.6, (low + high) / 2 + 0.6, depth, depth + 0.86)
            for low, high, depth in cuts
            if high - low > 4
        ],
        NEW,
    )
    for low, high, depth in cuts:
        if high - low >= 64:
            axes.text(
                (low + high) / 2 - 2,
                depth + 0.45,
                str((low + high) // 2),
                ha="right",
                va="center",
                fontsize=7,
                color=NEW,
            )
    axes.set_xlim(0, 256)
    axes.set_ylim(9, 0)
    axes.set_xticks([0, 64, 128, 192, 256])
    axes.set_yticks([])
    for side in ["top", "right", "left"]:
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=9)


def draw_counting():
    """Figure (c): a tile, a threshold, and the thresholds that are needed."""
    chance = random.Random(7)
    window, limit = 5, 128
    half = window * window // 2
    labels = [[max(0, min(255, 8 + 20 * x + 6 * y + chance.randint(-60, 60))) for x in range(12)] for y in range(9)]
    counts = count_below(labels, window, limit)
    height, width = len(counts), len(counts[0])

    figure = plt.figure(figsize=(10, 6.2))
    grid = figure.add_gridspec(2, 6, height_ratios=[1.35, 1], hspace=0.38, wspace=0.5)
    axes = figure.add_subplot(grid[0, :3])
    axes.set_xlim(0, 12)
    axes.set_ylim(9, 0)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(f"labels of a tile and its margin; blue: below t = {limit}", loc="left", fontsize=9)
    for y, row in enumerate(labels):
        for x, value in enumerate(row):
            low = value < limit
            axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor=OLD if low else PALE))
            axes.text(x + 0.5, y + 0.53, str(value), ha="center", va="center", fontsize=7)
    at = (3, 2)
    axes.add_patch(Rectangle(at, window, window, fill=False, edgecolor=WARM, linewidth=2.2, zorder=3))

    axes = figure.add_subplot(grid[0, 3:])
    axes.set_xlim(0, 12)
    axes.set_ylim(7, -2)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.text(
        0,
        -0.35,
        f"its outputs: how many of {window * window} labels are below t;\nwhere at most {half}, the median is at least t",
        va="bottom",
        fontsize=9,
        linespacing=1.3,
    )
    for y, row in enumerate(counts):
        for x, count in enumerate(row):
            reached = count <= half
            axes.add_patch(
                Rectangle(
                    (x + 0.03, y + 0.03),
                    0.94,
                    0.94,
                    facecolor="#f6d9b5" if reached else "white",
                    edgecolor=FAINT,
                    linewidth=0.6,
                )
            )
            axes.text(x + 0.5, y + 0.53, str(count), ha="center", va="center", fontsize=8)
    axes.add_patch(Rectangle(at, 1, 1, fill=False, edgecolor=WARM, linewidth=2.2, zorder=3))
    reached = sum(count <= half for row in counts for count in row)
    axes.text(0, height + 0.35, f"{reached} of {width * height} reach t", va="top", fontsize=8.5)

    contents = [("this tile", labels, window)]
    noise = [[chance.randrange(256) for _ in range(78)] for _ in range(62)]
    contents.append(("noise, 15×15", noise, 15))
    slope = [[max(0, min(255, 20 + 3 * x + chance.randint(-40, 40))) for x in range(78)] for _ in range(62)]
    contents.append(("a slope, 15×15", slope, 15))
    for i, (name, tile, size) in enumerate(contents):
        values = medians(tile, size)
        found = search(values)
        evaluations = sum(kind == "evaluated" for *_, kind in found)
        axes = figure.add_subplot(grid[1, 2 * i : 2 * i + 2])
        draw_intervals(
            axes, found, f"{name}: {len(set(values))} different medians,\n{evaluations} of 255 thresholds evaluated"
        )
        if i == 0:
            # The first threshold of the tree is the one drawn above.
            assert sum(value >= limit for value in values) == reached
    figure.legend(
        handles=[
            Patch(facecolor=OLD, label="interval of labels that is cut in the middle"),
            Patch(facecolor=PALE, label="no output's median is in it"),
            Patch(facecolor=WARM, label="one label: a median"),
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        ncol=3,
        frameon=False,
        fontsize=8.5,
        handlelength=1.2,
    )
    save(figure, "counting.svg")


# Which engine: what `make bench-crossover` measured.


def measured():
    """The lines of crossover.tsv."""
    with (HERE / "crossover.tsv").open() as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def draw_crossovers():
    """Figure (d): time a pixel against radius, of lines, squares and cubes in large images."""
    sizes = {1: "16384", 2: "512x128", 3: "128x32x24"}
    ticks = {1: [1, 4, 10, 30, 120], 2: [1, 2, 4, 8, 15, 30, 60], 3: [1, 2, 3, 5, 7, 10]}
    shape = {1: "line", 2: "square", 3: "cube"}
    types = ["u8", "u16", "f32", "f64"]
    colours = {"network": NEW, "counting": WARM, "columns": PURPLE, "histogram": GREEN}
    styles = {"avx512": "-", "baseline": ":"}
    figure, panels = plt.subplots(3, len(types), figsize=(12.5, 8.6), sharex="row", sharey=True)
    found = {}
    for line in measured():
        radius = line["radius"].split("x")
        if len(set(radius)) == 1 and line["size"] == sizes.get(len(radius)):
            for engine in colours:
                if line[engine]:
                    key = (len(radius), line["type"], engine, line["level"])
                    found.setdefault(key, {}).setdefault(int(radius[0]), []).append(float(line[engine]))
    for row, (rank, size) in zip(panels, sizes.items(), strict=True):
        for axes, of_type in zip(row, types, strict=True):
            for engine, colour in colours.items():
                for level, style in styles.items():
                    points = sorted(found.get((rank, of_type, engine, level), {}).items())
                    radii = [radius for radius, _ in points]
                    mean = [statistics.geometric_mean(times) for _, times in points]
                    axes.plot(radii, mean, color=colour, linestyle=style, linewidth=1.5, marker="o", markersize=2.4)
                    if level == "avx512":
                        low, high = ([pick(times) for _, times in points] for pick in (min, max))
                        axes.fill_between(radii, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xticks(ticks[rank], map(str, ticks[rank]))
            axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
            axes.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
            axes.grid(color=PALE, linewidth=0.8)
            axes.set_axisbelow(True)
            for side in ["top", "right"]:
                axes.spines[side].set_visible(False)
            axes.set_title(f"{of_type}, {size.replace('x', '×')}", loc="left", fontsize=9)
            axes.set_xlabel(f"radius of a {shape[rank]}")
        row[0].set_ylabel("nanoseconds a pixel")
    figure.legend(
        handles=[Patch(facecolor=colour, label=engine) for engine, colour in colours.items()]
        + [
            Line2D([], [], color=INK, linestyle="-", label="AVX-512"),
            Line2D([], [], color=INK, linestyle=":", label="baseline"),
            Patch(facecolor=FAINT, alpha=0.4, label="from the fastest to the slowest content (AVX-512)"),
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, -0.025),
        ncol=7,
        frameon=False,
        fontsize=9,
    )
    figure.tight_layout(rect=(0, 0.02, 1, 1), h_pad=2)
    save(figure, "crossover.svg")


def main():
    every = plans()
    draw_tile(next(kernel for kernel in every["kernels"] if kernel["window"] == [7, 7, 1]))
    draw_operations(every)
    draw_counting()
    draw_crossovers()
    write_table(every)


if __name__ == "__main__":
    main()
