"""Draws a tile that is counted: what an evaluation tells, and which thresholds are evaluated."""

import random

import matplotlib.pyplot as plt
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path as MarkerPath
from style import FAINT, NEW, OLD, PALE, WARM, save



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
