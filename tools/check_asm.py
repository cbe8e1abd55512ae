"""Usage: check_asm.py FOLDER MAP: what the compiler made of the median's networks, in the library of the wheel in the folder.

The library has no names; the linker's map says where each function is.

Every kernel has a body for every key, and a small one for other pixels, at every level; none calls anything, and none
leaves its level's registers. Prints a table: instructions, minima and maxima, loads and stores of rows and lists, and registers spilt to the stack.
"""

import math
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

REGISTERS = {"baseline": "xmm", "avx2": "ymm", "avx512": "zmm", "avx512max": "zmm", "avx512float": "zmm"}
KEYS = ("u8", "i16", "i32", "i64")
# What is behind a level's name here in other bodies than the usual one: squares and cubes of narrow keys have one for CPUs with fast
# maxima, and small squares one for floats as they are, both at AVX-512 only.
MEANS = {"ByMinima": "", "ByMaxima": "max", "OfFloats": "float"}
SORTED_FLOATS = {("Median3x3x1", pixel, "avx512float") for pixel in ("f32", "f64")}
# Pixels that become keys in kernels: in squares and cubes of so many samples, in other windows of so many; or in such squares only.
FLIPPED, SQUARE_SAMPLES, SAMPLES = ("i8", "u16", "u32"), 27, 9
FLOATS, LONG = ("f16", "f32"), ("u64", "f64")
TYPES = KEYS + FLIPPED + FLOATS + LONG
# Windows of so many samples have kernels for keys of 64 bits at the baseline too, which cannot compare these.
LONG_SAMPLES = 27

# Lines of the map of LLD: of a section of the library, and of a function of the networks.
SECTION = re.compile(r"^ *(?P<start>[0-9a-f]+) +[0-9a-f]+ +(?P<size>[0-9a-f]+) +\d+ (?P<name>\.\S+)$")
FUNCTION = re.compile(r"^ *(?P<start>[0-9a-f]+) +[0-9a-f]+ +(?P<size>[0-9a-f]+) +\d+ +(?P<name><.*network::step::Run<.*)$")
LEVEL = re.compile(r"simd::(?:(baseline)::Baseline>::enter|(avx2|avx512)::Avx\w+>::enter::enter)::<")
KERNEL = re.compile(r"generated::(Median(?:\d+)x(?:\d+)x(?:\d+)), (?:half::\w+::)?(\w+), \S*?(By\w+|OfFloats)>")
INSTRUCTION = re.compile(r"^\s+(?P<address>[0-9a-f]+):\t(?P<name>\S+)(?P<operands>.*)$")
# `vpminub`, `pmaxsw`, and what stands for them: a comparison and a blend, or exclusive ors with the other one.
MIN_MAX = re.compile(r"^v?p(min|max)[su]|^vpternlog|^vrangep")
COMPARISON = re.compile(r"^v?pcmpgt[bwdq]$")


def expected_bodies(folder: Path) -> set[tuple[str, str, str]]:
    """Kernel, type and level of what there must be, from the build script's list of windows."""
    text = (folder / "itk-filters/build/shapes.rs").read_text()
    windows = re.findall(r"^    \[(\d+), (\d+), (\d+)\],$", text, re.MULTILINE)
    (large,) = re.findall(r"product::<usize>\(\) > (\d+)", text)
    assert windows, "shapes.rs lists no windows"
    # Windows whose kernels keep no lists.
    arms = re.findall(r"((?:\[[^\]]+\][\s|]*)+)=> \(\d+, false\)", text)
    listless = {window for arm in arms for window in re.findall(r"\[(\w+), (\d+), (\d+)\]", arm)}
    assert listless, "shapes.rs has no kernels without lists"
    expected = set()
    for window in windows:
        samples = math.prod(map(int, window))
        # Large windows have kernels where registers are wide and keys narrow.
        is_large = samples > int(large)
        types, levels = (KEYS[:3], ("avx2", "avx512")) if is_large else (KEYS, REGISTERS)
        x, y, z = window
        is_square = x == y and z in ("1", x)
        if listless & {window, ("_", y, z)}:
            types += FLIPPED if samples <= (SQUARE_SAMPLES if is_square else SAMPLES) else ()
            types += (FLOATS + (LONG if is_square else ())) if samples <= SAMPLES else ()
        bodies = {(pixel, level) for pixel in types for level in levels if level != "avx512float"}
        if samples > LONG_SAMPLES:
            bodies.discard(("i64", "baseline"))
        has_maxima = not is_large and is_square
        bodies = {body for body in bodies if body[1] != "avx512max" or (has_maxima and "64" not in body[0])}
        expected |= {("Median" + "x".join(window), *body) for body in bodies}
    return expected | SORTED_FLOATS


class Function(NamedTuple):
    name: str
    addresses: range


def functions(text: str) -> list[Function]:
    """The networks' functions, by their addresses."""
    found = (FUNCTION.match(line) for line in text.splitlines())
    ranges = [(int(line["start"], 16), int(line["size"], 16), line["name"]) for line in found if line]
    return [Function(name, range(start, start + size)) for start, size, name in sorted(ranges)]


def sections(text: str) -> set[tuple[str, int, int]]:
    """Name, address and size of what the library has in memory."""
    found = (SECTION.match(line) for line in text.splitlines())
    return {(line["name"], int(line["start"], 16), int(line["size"], 16)) for line in found if line}


def section_headers(library: Path) -> set[tuple[str, int, int]]:
    """The same of a library."""
    objdump = ["objdump", "--section-headers", "--wide", str(library)]
    lines = subprocess.run(objdump, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    # Number, name, size, address.
    fields = [line.split() for line in lines if re.match(r"^ *\d+ \.", line)]
    return {(name, int(address, 16), int(size, 16)) for _number, name, size, address, *_ in fields}


def bodies(library: Path, functions: list[Function]):
    """Every function with its instructions."""
    objdump = ["objdump", "--disassemble", "--no-show-raw-insn", "--section=.text", str(library)]
    with subprocess.Popen(objdump, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        left = iter(functions)
        function, instructions = next(left, None), []
        for line in process.stdout:
            instruction = INSTRUCTION.match(line)
            if not instruction or function is None:
                continue
            address = int(instruction["address"], 16)
            while function and address >= function.addresses.stop:
                yield function, instructions
                function, instructions = next(left, None), []
            if function and address in function.addresses:
                instructions.append(instruction)
        if function:
            yield function, instructions
    assert process.returncode == 0, f"objdump failed with {process.returncode}"


def count(addresses: range, instructions: list[re.Match], register: str) -> tuple[Counter, list[str]]:
    """What a body consists of, and what is wrong with it."""
    counts, wrong = Counter(), []
    for instruction in instructions:
        name, operands = instruction["name"], instruction["operands"]
        shown = instruction[0].strip()
        counts["instructions"] += 1
        if name.startswith("call"):
            wrong.append(f"calls: {shown}")
        elif name.startswith("j"):
            target = re.match(r"\s*([0-9a-f]+)\b", operands)
            # A call in last place, or a jump to a cold part.
            if not target or int(target[1], 16) not in addresses:
                wrong.append(f"leaves: {shown}")
        operands = operands.partition("#")[0].partition("<")[0]
        wide = f"%{register}" in operands
        if MIN_MAX.match(name) or COMPARISON.match(name):
            counts["min/max"] += 1
            if not wide:
                wrong.append(f"not in {register}: {shown}")
        memory = re.search(r"\((%\w+)?", operands)
        if wide and memory and not name.startswith("prefetch"):
            stored = operands.rstrip().endswith(")")
            on_stack = memory[1] == "%rsp"
            counts["spills" if on_stack and stored else "reloads" if on_stack else "stores" if stored else "loads"] += 1
    return counts, wrong


def main(folder: Path, linked: Path, root: Path) -> None:
    if not linked.is_file():
        sys.exit(f"{linked} is missing; the linker writes it when tools/wheel.sh links anew, as after `make clean`")
    text = linked.read_text()
    (wheel,) = folder.glob("*.whl")
    found, wrong = {}, []
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".so"))
        library = Path(archive.extract(name, work))
        mapped = {section for section in sections(text) if section[1]}
        missing = mapped - section_headers(library)
        if not mapped or missing:
            sys.exit(f"{linked} is not LLD's map of this wheel's library; its sections differ: {sorted(missing)}")
        for function, instructions in bodies(library, functions(text)):
            level, kernel = LEVEL.search(function.name), KERNEL.search(function.name)
            if not level or not kernel:
                continue
            level = level[1] or level[2]
            key = (kernel[1], kernel[2], level + MEANS[kernel[3]])
            counts, faults = count(function.addresses, instructions, REGISTERS[key[2]])
            # A function may have a cold part of its own, which is no part of the loop.
            found[key] = found.get(key, Counter()) + counts
            wrong += [f"{' '.join(key)} {fault}" for fault in faults]

    if not found:
        sys.exit("no name in the map is a kernel's; .cargo/config.toml asks for names with types, unless RUSTFLAGS is set")
    columns = ("instructions", "min/max", "loads", "stores", "spills", "reloads")
    print(f"{'kernel':18} {'type':4} {'level':11}" + "".join(f"{column:>13}" for column in columns))
    expected = expected_bodies(root)
    levels = list(REGISTERS)
    order = lambda key: ([int(n) for n in re.findall(r"\d+", key[0])], TYPES.index(key[1]), levels.index(key[2]))
    for key in sorted(found, key=order):
        counts = found[key]
        print(f"{key[0]:18} {key[1]:4} {key[2]:11}" + "".join(f"{counts[column]:13}" for column in columns))
        if not counts["min/max"]:
            wrong.append(f"{' '.join(key)} has no minimum or maximum in {REGISTERS[key[2]]}")
    wrong += [f"{' '.join(key)} has no body" for key in sorted(expected - found.keys())]
    wrong += [f"{' '.join(key)} is not in shapes.rs" for key in sorted(found.keys() - expected)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(found)} bodies, none of which calls anything")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).parent.parent)
