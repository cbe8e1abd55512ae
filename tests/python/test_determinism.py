"""The same bytes at every SIMD level and thread count."""

from __future__ import annotations

from pathlib import Path

import oracle
import oxitk
import pytest
from arrays import DTYPES, noise

HERE = str(Path(__file__).resolve().parent)
LEVELS = ("baseline", "avx2", "avx512")

DIGEST = """
import hashlib, numpy as np, oxitk
from arrays import DTYPES, noise
total = hashlib.sha256()
for dtype in DTYPES:
    for shape, radius in (((37, 211), 1), ((37, 211), (2, 4)), ((9, 14, 70), (1, 2, 1)), ((5, 300), 12)):
        a = noise(dtype, shape)
        total.update(oxitk.median(a, radius).tobytes())
        total.update(oxitk.gradient_magnitude(a, spacing=[0.7 + k for k in range(a.ndim)]).tobytes())
print(oxitk._native._simd_level(), total.hexdigest())
"""


def test_the_machine_has_more_than_one_level():
    levels = oxitk._native._simd_levels()
    assert levels[0] == "baseline" and set(levels) <= set(LEVELS)
    with open("/proc/cpuinfo") as file:
        has_avx2 = " avx2 " in file.read()
    assert ("avx2" in levels) == has_avx2


def test_every_level_gives_the_same_bytes_and_says_that_it_ran(run):
    seen = set()
    for level in oxitk._native._simd_levels():
        done = run("-c", DIGEST, env={"OXITK_SIMD": level, "PYTHONPATH": HERE})
        assert done.returncode == 0, done.stderr
        ran, digest = done.stdout.split()
        assert ran == level
        seen.add(digest)
    assert len(seen) == 1


def test_a_level_this_cpu_lacks_is_refused(run):
    missing = [level for level in LEVELS if level not in oxitk._native._simd_levels()]
    if not missing:
        pytest.skip("this CPU has every level")
    done = run("-c", "import oxitk; oxitk.median([1, 2, 3])", env={"OXITK_SIMD": missing[0]})
    assert done.returncode == 1 and missing[0] in done.stderr and "baseline" in done.stderr


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_thread_count_gives_the_same_bytes(threads, dtype):
    for shape, radius in (((61, 83), 2), ((7, 30, 41), 1), ((1, 5000), 1), ((700, 3), (3, 1))):
        a = noise(dtype, shape)
        results = []
        for n in (1, 2, 7):
            threads(n)
            assert oxitk.get_num_threads() == n
            results.append((oxitk.median(a, radius), oxitk.gradient_magnitude(a)))
        for median, gradient in results[1:]:
            oracle.assert_same(median, results[0][0])
            oracle.assert_same(gradient, results[0][1])
        oracle.assert_same(results[0][0], oracle.naive_median(a, radius))


@pytest.mark.parametrize("name", ["OXITK_NUM_THREADS", "RAYON_NUM_THREADS"])
def test_the_environment_sets_the_number_of_threads(run, name):
    other = {"OXITK_NUM_THREADS": None} if name == "RAYON_NUM_THREADS" else {"RAYON_NUM_THREADS": "5"}
    done = run("-c", "import oxitk; print(oxitk.get_num_threads())", env={**other, name: "3"})
    assert done.stdout == "3\n", done.stderr


@pytest.mark.parametrize("bad", ["0", "-1", "many", "2.5", ""])
def test_a_bad_number_of_threads_is_passed_over(run, bad):
    done = run("-c", "import oxitk; print(oxitk.get_num_threads())", env={"OXITK_NUM_THREADS": bad, "RAYON_NUM_THREADS": "3"})
    assert done.stdout == "3\n", done.stderr
