"""The content on which oxitk's median does worst beside OpenCV (u8) or ITK: the worst five of at least 200 images.

By `make bench-peers`, with these arguments:

    make bench-peers BENCH_SCRIPT=search_worst BENCH="--dtype uint8 --radius 10 --radius 50"
"""

from __future__ import annotations

import argparse
import sys

import environment


def main() -> int:
    """Search and print. Exit status 1: results differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", action="append", help="a type of numpy; may be repeated (uint8, uint16, float32)")
    parser.add_argument("--radius", action="append", type=int, help="may be repeated (3, 7, 10, 15, 25, 50)")
    parser.add_argument("--size", type=int, default=512, help="pixels a side (512)")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    environment.enter()
    import worst
    from measure import figure
    from timing import QUICK

    differ = False
    for dtype in chosen.dtype or ("uint8", "uint16", "float32"):
        peer = worst.opponent(dtype).name
        for radius in chosen.radius or (3, 7, 10, 15, 25, 50):
            print(f"{dtype} radius {radius}, times {peer}, worst of {len(worst.makers())}:", flush=True)
            for found in worst.search(dtype, radius, chosen.size, QUICK, keep=5, seed=chosen.seed):
                differ |= not found.equal
                end = "\n" if found.equal else "  RESULTS DIFFER\n"
                print(f"  {figure(found.ratio):>7}  {found.content}", end=end, flush=True)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
