"""Usage: wheel_sizes.py MAP [COUNT]: the functions that take the most room in the library of a wheel, by the linker's map.

Copies of a function for several pixel types, levels and windows count as one. Prints, largest first, bytes, copies and the name.
"""

import re
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

# A line of the map of LLD: address, load address, size, alignment, and a function, not the section or file that it is in.
FUNCTION = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +(?P<size>[0-9a-f]+) +\d+ +(?P<name>[^\s./].*)$")
# What copies differ by, and what stands for it.
ALIKE = (
    (re.compile(r"half::binary16::f16|\b[iu](?:8|16|32|64)\b|\bf(?:32|64)\b"), "T"),
    (re.compile(r"simd::(?:baseline::Baseline>::enter|avx2::Avx2>::enter::enter|avx512::Avx512>::enter::enter)"), "LEVEL"),
    (re.compile(r"\bMedian\d+x\d+x\d+"), "MedianXxYxZ"),
    (re.compile(r" \(\.llvm\.\d+\)$"), ""),
)


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    sizes: Counter[str] = Counter()
    copies: Counter[str] = Counter()
    for line in map(FUNCTION.match, Path(sys.argv[1]).read_text().splitlines()):
        if line:
            name = line["name"]
            for pattern, common in ALIKE:
                name = pattern.sub(common, name)
            sizes[name] += int(line["size"], 16)
            copies[name] += 1
    for name, size in islice(sizes.most_common(), count):
        print(f"{size:9,} {copies[name]:5} {name}")
    print(f"{sizes.total():9,} {copies.total():5} in all")


if __name__ == "__main__":
    main()
