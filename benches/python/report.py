"""What a run found, as Markdown, JSON and a plot."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import reference
from cases import Case
from measure import SHAPES, Bench, Config, Speed, figure, short
from peers import OXITK, PEERS, is_isotropic

_DOUBLE = (OXITK.name, "OpenCV", "IPP")  # contenders fast enough for a column with fresh outputs


@dataclass
class Outcome:
    """Everything that a report tells."""

    facts: dict[str, str]
    cases: list[tuple[Case, float | None]]
    bench: Bench
    same_cpu: bool

    @property
    def missed(self) -> int:
        """Cases that were measured and missed."""
        return sum(value is not None and not case.met(value) for case, value in self.cases)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _case_rows(outcome: Outcome) -> list[list[str]]:
    rows = []
    for case, value in outcome.cases:
        verdict = "not measured" if value is None else "met" if case.met(value) else "**missed**"
        # A digit more than elsewhere, as some bounds are close.
        told = f"{value:.4g}" if value is not None and value < 1000 else figure(value)
        rows.append([case.label, case.wanted(), told, verdict])
    return rows


def _cell(speed: Speed | None, config: Config) -> str:
    if speed is None:
        return ""
    return figure(speed.value) + ("" if speed.shape == config.size else "\\*")


def _speed_table(bench: Bench) -> str:
    names = [OXITK.name, *(peer.name for peer in PEERS)]
    names = [name for name in names if any(name in speeds for speeds in bench.speeds.values())]
    head = ["case"]
    for name in names:
        head += [name, "fresh"] if name in _DOUBLE else [name]
    rows = []
    for config, speeds in bench.speeds.items():
        row = [config.label]
        for name in names:
            speed = speeds.get(name)
            row.append(_cell(speed, config))
            if name in _DOUBLE:
                row.append(figure(speed.fresh) if speed and speed.fresh else "")
        rows.append(row)
    return _table(head, rows)


def _shape(axes: int) -> str:
    return "x".join(map(str, SHAPES[axes]))


def markdown(outcome: Outcome) -> str:
    """The whole report."""
    bench = outcome.bench
    rows = reference.checked(bench)
    measured = [value for _, value in outcome.cases if value is not None]
    parts = ["# oxitk beside its peers", "\n".join(f"- {name}: {value}" for name, value in outcome.facts.items())]
    parts.append(reference.verdict(rows, outcome.same_cpu))
    if bench.problems:
        parts.append("**Problems:**\n\n" + "\n".join(f"- {problem}" for problem in bench.problems))
    else:
        parts.append("All results that were compared are equal.")
    parts += ["## Bounds", f"{len(measured) - outcome.missed} met, {outcome.missed} missed, of {len(outcome.cases)}."]
    parts.append(_table(["case", "bound", "measured", ""], _case_rows(outcome)))
    if bench.remarks:
        parts.append("\n".join(f"- {remark}" for remark in bench.remarks))
    if bench.speeds:
        parts += [
            "## Speeds",
            f"Mpix/s, one thread, {_shape(2)} and {_shape(3)}, best of rounds in which contenders take turns, warm. "
            "The output is reused; *fresh*: a new one in every call. \\*: slow here, timed on the middle of the image.",
            _speed_table(bench),
            "\n".join(f"- {peer.name}: {peer.note}." for peer in PEERS),
        ]
    if rows:
        told = [
            [row.peer, row.case, figure(row.here), figure(row.reference), f"{row.here / row.reference:.2f}"]
            for row in rows
        ]
        head = ["peer", "case", "here", "reference", "ratio"]
        parts += ["## Peers beside their reference figures", _table(head, told)]
    return "\n\n".join(parts) + "\n"


def as_json(outcome: Outcome) -> str:
    """The numbers, for programs."""
    cases = [
        {"case": case.label, "bound": case.wanted(), "measured": value, "met": value is not None and case.met(value)}
        for case, value in outcome.cases
    ]
    speeds = {
        config.label: {name: asdict(speed) for name, speed in speeds.items()}
        for config, speeds in outcome.bench.speeds.items()
    }
    rows = [asdict(row) for row in reference.checked(outcome.bench)]
    problems = outcome.bench.problems
    whole = {"facts": outcome.facts, "cases": cases, "speeds": speeds, "peers": rows, "problems": problems}
    return json.dumps(whole, indent=1) + "\n"


def plot(outcome: Outcome, path: Path) -> None:
    """Mpix/s against radius, one panel a type and rank; the format is that of the suffix."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "oxitk"
    from matplotlib import pyplot

    panels: dict[tuple[int, str], dict[str, dict[int, float]]] = {}
    for config, speeds in outcome.bench.speeds.items():
        if not is_isotropic(config.radius):
            continue
        lines = panels.setdefault((len(config.radius), config.dtype), {})
        for name, speed in speeds.items():
            if name == OXITK.name or "oxitk" not in name:
                line = name if config.content == "noise" else f"{name}, {config.content}"
                lines.setdefault(line, {})[config.radius[0]] = speed.value
    # A single radius makes no curve.
    panels = {key: lines for key, lines in panels.items() if any(len(line) > 1 for line in lines.values())}
    if not panels:
        return
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    drawing, axes = pyplot.subplots(rows, columns, figsize=(4.6 * columns, 4.2 * rows), squeeze=False)
    colours = {name: f"C{i}" for i, name in enumerate((OXITK.name, *(peer.name for peer in PEERS)))}
    for panel in axes.flat[len(panels) :]:
        panel.set_visible(False)
    for panel, ((rank, dtype), lines) in zip(axes.flat, panels.items(), strict=False):
        for line, points in lines.items():
            name, _, content = line.partition(", ")
            if content and name not in _DOUBLE:
                continue
            radii = sorted(points)
            style = {"linestyle": "--" if content else "-", "linewidth": 2.4 if name == OXITK.name else 1.2}
            panel.plot(radii, [points[r] for r in radii], marker=".", color=colours[name], label=line, **style)
        panel.set(title=f"{short(dtype)}, {_shape(rank)}", xlabel="radius", ylabel="Mpix/s", xscale="log", yscale="log")
        ticks = sorted({r for points in lines.values() for r in points})
        panel.set_xticks(ticks, [str(r) for r in ticks])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
        panel.legend(fontsize=7)
    drawing.suptitle(f"Median, one thread: {outcome.facts['CPU']}", fontsize=10)
    drawing.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(drawing)
