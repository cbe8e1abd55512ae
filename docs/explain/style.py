"""What the figures of median.md have in common: colours, font, and where they are saved."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

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


def save(figure, name):
    figure.savefig(HERE / name, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.1)
    plt.close(figure)
