"""The end of the process, whatever runs then: exit code 0, and soon. And interpreters beside the first one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from gates import PATIENCE, needs_detach

HERE = str(Path(__file__).resolve().parent)

COMMON = """
import atexit, sys, threading, time
import numpy as np, oxitk
from oxitk import _native
from gates import Call, gate, until
a = np.arange(90 * 80, dtype="u2").reshape(90, 80)
def long(**keywords):
    _native._probe(100_000, **keywords)  # minutes
def inside():
    before = _native._probe_steps()
    until(lambda: _native._probe_steps() > before)
"""

ENDS = {
    "daemon thread in a kernel": """
threading.Thread(target=long, daemon=True).start()
inside()
""",
    "daemon threads in kernels of one thread": """
for _ in range(4): threading.Thread(target=long, kwargs={"num_threads": 1}, daemon=True).start()
inside()
""",
    "daemon thread in an observed kernel": """
threading.Thread(target=long, kwargs={"progress": lambda fraction: None}, daemon=True).start()
inside()
""",
    "daemon thread in a callback": """
entered = threading.Event()
def callback(fraction):
    entered.set()
    threading.Event().wait()
threading.Thread(target=long, kwargs={"progress": callback}, daemon=True).start()
entered.wait()
""",
    "daemon thread at a gate": """
held = _native._Gate("median")
threading.Thread(target=oxitk.median, args=(a,), daemon=True).start()
until(held.entered)
""",
    "thread that is no daemon": """
def work():
    threading.main_thread().join()  # it waits for this one
    for _ in range(5): oxitk.median(a, 3, progress=lambda fraction: None)
    print("worked")
threading.Thread(target=work).start()
""",
    "kernel from atexit": """
def last():
    assert oxitk.median(a, 3, progress=lambda fraction: None).shape == a.shape
    _native._probe(5)
    print("worked")
atexit.register(last)
""",
    "kernel from atexit beside a daemon thread": """
threading.Thread(target=long, kwargs={"progress": lambda fraction: None}, daemon=True).start()
inside()
atexit.register(lambda: print("worked", oxitk.median(a, 3).shape == a.shape))
""",
    "kernel from __del__": """
class Last:
    def __del__(self, median=oxitk.median, probe=_native._probe, a=a, write=sys.stdout.write):
        median(a, 3)
        probe(200)  # long enough to be attended to
        write("worked\\n")
last = Last()
sys.last = last  # one that goes late
del last
""",
    "kernel from __del__ beside a daemon thread": """
threading.Thread(target=long, kwargs={"progress": lambda fraction: None}, daemon=True).start()
inside()
class Last:
    def __del__(self, median=oxitk.median, a=a):
        median(a, 3)
sys.last = Last()
""",
    "sys.exit while another thread runs a kernel": """
threading.Thread(target=long, daemon=True).start()
inside()
sys.exit(0)
""",
    "sys.exit while a thread that is no daemon runs one": """
def work():
    _native._probe(200)
    print("worked")
threading.Thread(target=work).start()
inside()
sys.exit(0)
""",
    "sys.exit in a callback": """
def callback(fraction):
    sys.exit(0)
long(progress=callback)
""",
}


@needs_detach
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.replace(" ", "_"))
def test_the_process_ends(run, end):
    done = run("-c", COMMON + ENDS[end], env={"PYTHONPATH": HERE}, timeout=PATIENCE)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert done.stderr == "", done.stderr
    if "worked" in ENDS[end]:
        assert done.stdout.startswith("worked")


TIMED = """
import subprocess, sys, time
begin = time.monotonic()
code = subprocess.run([sys.executable, "-c", sys.argv[1]], timeout=60).returncode
assert code == 0
print(time.monotonic() - begin < 10)
"""


@needs_detach
def test_the_end_comes_within_ten_seconds(run):
    for end in ("daemon thread in a kernel", "daemon thread in a callback", "kernel from __del__ beside a daemon thread"):
        done = run("-c", TIMED, COMMON + ENDS[end], env={"PYTHONPATH": HERE})
        assert done.stdout == "True\n", (end, done.stdout, done.stderr)


SUB_INTERPRETER = """
import oxitk
{first}
try:
    import _xxsubinterpreters as interpreters
    make = lambda: interpreters.create(isolated=False)
except ImportError:
    import _interpreters as interpreters
    make = lambda: interpreters.create("legacy")
second = make()
code = '''
try:
    import oxitk
    oxitk.median([[1, 2], [3, 4]])
except ImportError as error:
    print("refused:", error)
else:
    print("taken")
'''
failed = interpreters.run_string(second, code)
assert failed is None, failed
interpreters.destroy(second)
print(oxitk.median([3, 1, 2]).tolist())
"""


@pytest.mark.parametrize("first", ["oxitk.median([1, 2, 3])", "from oxitk import _native"], ids=["used", "loaded"])
def test_a_second_interpreter_is_refused(run, first):
    done = run("-W", "ignore", "-c", SUB_INTERPRETER.format(first=first))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "[3, 2, 2]"
    assert lines[0].startswith("refused:") and "sub-interpreter" in lines[0] or "subinterpreter" in lines[0], lines


def test_an_interpreter_with_a_gil_of_its_own_is_refused(run):
    if sys.version_info < (3, 12):
        pytest.skip("all interpreters share one GIL before Python 3.12")
    code = SUB_INTERPRETER.format(first="oxitk.median([1, 2, 3])").replace("isolated=False", "isolated=True")
    done = run("-W", "ignore", "-c", code.replace('create("legacy")', "create()"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("refused:") and done.stdout.endswith("[3, 2, 2]\n"), done.stdout
