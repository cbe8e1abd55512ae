"""oxitk in a process of its own, at a SIMD level that it is forced to; its calls are timed over there."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np
from peers import Oxitk, Radius, Run
from timing import Batch


def _serve(pipe: Connection) -> None:
    ours, run = Oxitk(), None
    while True:
        try:
            verb, *facts = pipe.recv()
        except EOFError:  # the parent has ended
            return
        try:
            if verb == "prepare":
                run = ours.prepare(*facts)
                answer = None
            elif verb == "time":
                answer = ours.job(run.warm)(*facts)
            else:
                answer = run.result()
        except Exception as error:  # handed to the parent
            answer = RuntimeError(str(error))
        pipe.send(answer)


class ForcedOxitk(Oxitk):
    """oxitk with `OXITK_SIMD` set, for the one run that was prepared last."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self.level = level
        self.name = f"oxitk, {level}"
        self._pipe: Connection | None = None

    def _ask(self, *order: object) -> object:
        if self._pipe is None:
            self._pipe, theirs = multiprocessing.Pipe()
            os.environ["OXITK_SIMD"] = self.level
            try:
                multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True).start()
            finally:
                del os.environ["OXITK_SIMD"]
        self._pipe.send(order)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def prepare(self, image: np.ndarray, radius: Radius) -> Run:
        self._ask("prepare", image, radius)
        return Run(
            result=lambda: self._ask("result"),
            warm=lambda: self._ask("time", 1),
        )

    def job(self, call: Callable[[], object]) -> Batch:
        """Times `warm`; the child counts the seconds."""
        return lambda n: self._ask("time", n)
