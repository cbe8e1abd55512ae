"""The filters of oxitk beside their peers: results compared, then timed in turns, one thread each.

    make bench-peers                            # builds the wheel, installs the peers into a cached venv, runs this
    make bench-peers BENCH="--quick --only u16"

Every bound is a row that is met or missed. Exit status 1: results differ.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

import environment


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and only the peers that a bound names")
    parser.add_argument("--only", metavar="PATTERN", help="only cases with this regular expression in their name")
    parser.add_argument(
        "--cpu-time", action="store_true", help="time by CPU time: for a busy machine, but then the run does not count"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report here, not to the terminal")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw Mpix/s against radius, .svg or .png")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers for programs")
    return parser.parse_args()


def main() -> int:
    """Measure and report."""
    chosen = options()
    environment.enter(chosen.cpu_time)
    # Only now: all of these load libraries that read the environment.
    import cases
    import gaussians
    import relatives
    import report
    import with_nan
    from measure import DIFFERS, Bench
    from peers import IPP, OXITK, PEERS, missing
    from timing import FULL, QUICK, SPENT

    begin = time.monotonic()
    lacking = missing()
    if OXITK.name in lacking:
        sys.exit(f"{OXITK.name}: {lacking[OXITK.name]}")
    peers = tuple(p for p in PEERS if not chosen.quick or p.name in ("OpenCV", "IPP", "ITK"))
    bench = Bench(QUICK if chosen.quick else FULL, peers, broken=frozenset(lacking))
    bench.problems += [f"{name} takes no part: {reason}" for name, reason in lacking.items()]

    pattern = re.compile(chosen.only or "", re.IGNORECASE)
    outcomes = []
    every = [*cases.all_cases(bench), *gaussians.rows(bench), *relatives.rows(bench), *with_nan.rows(bench)]
    if not chosen.quick:
        for config in cases.plotted():
            if pattern.search(config.label):
                bench.of(config)
    for case in every:
        if pattern.search(case.label):
            outcomes.append((case, case.ask()))

    facts = {
        "CPU": environment.cpu(),
        "versions": ", ".join(f"{name} {version}" for name, version in environment.versions().items()),
        "IPP": "takes no part" if IPP.name in lacking else f"{IPP.dispatched()}, chosen by its own dispatcher",
        "clock": f"{'CPU time' if chosen.cpu_time else 'wall clock'}; the timed calls had {SPENT.share():.0%} of a CPU",
        "run": f"{'quick' if chosen.quick else 'full'}, {time.monotonic() - begin:.0f} s, {time.strftime('%Y-%m-%d')}",
    }
    outcome = report.Outcome(facts, outcomes, bench, environment.is_reference_cpu())
    text = report.markdown(outcome)
    if chosen.markdown:
        chosen.markdown.write_text(text)
    else:
        print(text)
    if chosen.json:
        chosen.json.write_text(report.as_json(outcome))
    if chosen.plot:
        report.plot(outcome, chosen.plot)
    differing = [problem for problem in bench.problems if DIFFERS in problem]
    if differing:
        print("\n".join(differing), file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
