"""Draws which engine is the fastest: what `make bench-crossover` measured."""

import csv
import statistics

import matplotlib.pyplot as plt
import matplotlib.ticker
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from style import FAINT, GREEN, HERE, INK, NEW, PALE, PURPLE, WARM, save



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
