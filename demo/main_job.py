"""The main job on real images: read, median, gradient magnitude, write; and a picture of before and after.

Usage: main_job.py DATA_FOLDER OUTPUT_FOLDER
"""

import sys
import time
from pathlib import Path

import numpy as np
import oxitk
from glyphs import text

SIDE = 512  # pixels of the picture that a slice may be long
GAP = 12
LABEL = 4  # pixels of the picture a pixel of the font


def timed(what: str, job, *args, **kwargs):
    begin = time.perf_counter()
    result = job(*args, **kwargs)
    print(f"  {what:<44} {(time.perf_counter() - begin) * 1e3:8.2f} ms")
    return result


def main(data: Path, output: Path) -> None:
    output.mkdir(exist_ok=True)
    print(f"oxitk {oxitk.__version__}, {oxitk.get_num_threads()} threads\n")

    print("HeadMRVolume.mha: MR of a head")
    head = timed("read", oxitk.imread, data / "HeadMRVolume.mha")
    print(f"  {head!r}")
    head_median = timed("median, radius 1 (27 neighbours)", oxitk.median, head, radius=1)
    head_edges = timed("gradient magnitude, per mm", oxitk.gradient_magnitude, head_median)
    timed("write head_median.mha", oxitk.imwrite, head_median, output / "head_median.mha")
    timed("write head_edges.mha", oxitk.imwrite, head_edges, output / "head_edges.mha")

    print("cthead1.png: one slice of a CT, in colour, read as grey with ITK's weights")
    slice_ = timed("read", oxitk.imread, data / "cthead1.png", pixel_type=np.uint8)
    slice_median = timed("median, radius 3 (49 neighbours)", oxitk.median, slice_, radius=3)
    slice_edges = timed("gradient magnitude", oxitk.gradient_magnitude, slice_median)
    timed("write cthead1_median.png", oxitk.imwrite, slice_median, output / "cthead1_median.png")
    baseline = oxitk.imread(data / "PythonMedianImageFilterTest.png")
    same = np.array_equal(np.asarray(slice_median), np.asarray(baseline))
    print(f"  {'equal to the baseline of ITK in every pixel':<44} {'yes' if same else 'NO':>8}")

    stages = [np.asarray(image) for image in (head, head_median, head_edges)]
    x, y, z = (n // 2 for n in head.size_xyz)
    rows = [
        (f"MR, z={z}, radius 1", [a[z] for a in stages]),
        (f"MR, y={y}", [a[::-1, y] for a in stages]),
        (f"MR, x={x}", [a[::-1, :, x] for a in stages]),
        ("CT, radius 3", [np.asarray(image) for image in (slice_, slice_median, slice_edges)]),
    ]
    timed("write panel.png", oxitk.imwrite, panel(rows), output / "panel.png")
    print(f"look at {output / 'panel.png'}")
    if not same:
        sys.exit("the median is not ITK's")


def panel(rows: list[tuple[str, list[np.ndarray]]]) -> np.ndarray:
    """Rows of pictures with their labels: input, median, gradient magnitude."""
    columns = [SIDE * column for column in range(3)]
    heads = [text(words, LABEL) for words in ("input", "median", "gradient magnitude")]
    lines = [line([(left + k * GAP, head) for k, (left, head) in enumerate(zip(columns, heads))])]
    for label, slices in rows:
        lines.append(line([(0, text(label, LABEL - 1))]))
        pictures = [enlarged(grey(a)) for a in slices]
        lines.append(line([(left + k * GAP, picture) for k, (left, picture) in enumerate(zip(columns, pictures))]))
    return np.pad(np.vstack(lines), GAP)


def line(pieces: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """Pieces at their columns on one black line, and a gap below."""
    out = np.zeros((max(len(piece) for _, piece in pieces) + GAP, 3 * SIDE + 2 * GAP), np.uint8)
    for left, piece in pieces:
        out[: len(piece), left : left + piece.shape[1]] = piece
    return out


def grey(a: np.ndarray) -> np.ndarray:
    """0 is black; the value that one pixel in 200 exceeds is white."""
    return (np.clip(a / np.percentile(a, 99.5), 0, 1) * 255).round().astype(np.uint8)


def enlarged(a: np.ndarray) -> np.ndarray:
    """Each pixel as a square, as large as SIDE allows."""
    times = max(SIDE // max(a.shape), 1)
    return a.repeat(times, axis=0).repeat(times, axis=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
