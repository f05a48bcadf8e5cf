"""Measuring: CPU seconds of two answers to one question, and peak memory of a fresh process."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 5
_ENOUGH_S = 2.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question about one history, answered by Alembic and by us; both must give the same answer.

    *target* is how many times faster we want to be, None where nothing is promised. *clock* is `time.process_time` (CPU
    seconds) except where waiting for the disk is part of the question.
    """

    question: str
    history: str
    alembic: Callable[[], object]
    ours: Callable[[], object]
    target: float | None = None
    clock: Callable[[], float] = time.process_time


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the *unit* is "s" or "MB"."""

    question: str
    history: str
    alembic: float
    ours: float
    unit: str
    target: float | None

    @property
    def ratio(self) -> float:
        """How many times less we need."""
        return self.alembic / max(self.ours, 1e-6)


def compare(comparison: Comparison) -> Row:
    """Return the best of several runs of each side; raises AssertionError where the answers differ."""
    stock, theirs = _best(comparison.alembic, comparison.clock)
    ours, mine = _best(comparison.ours, comparison.clock)
    if theirs != mine:
        message = f"{comparison.question}, {comparison.history}: the answers differ"
        raise AssertionError(message)
    return Row(comparison.question, comparison.history, stock, ours, "s", comparison.target)


def _best(answer: Callable[[], object], clock: Callable[[], float]) -> tuple[float, object]:
    """Run up to five times, fewer if it takes long, and return the shortest time and the last answer."""
    times: list[float] = []
    result: object = None
    while len(times) < _RUNS and sum(times) < _ENOUGH_S:
        gc.collect()
        start = clock()
        result = answer()
        times.append(clock() - start)
    return min(times), result


def peak_mb(setup: str, work: str) -> float:
    """Return the peak of what *work* allocates (tracemalloc, in megabytes) in a fresh Python that has run *setup*."""
    report = "print(tracemalloc.get_traced_memory()[1] / 1e6)"
    program = f"import tracemalloc\n{setup}\ntracemalloc.start()\n{work}\n{report}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| question | history | Alembic | here | ratio | at least |", "|---|---|---:|---:|---:|---:|"]
    for row in rows:
        target = "" if row.target is None else f"{row.target:g}x{'' if row.ratio >= row.target else ' MISSED'}"
        digits = 1 if row.unit == "MB" else 4
        lines.append(
            f"| {row.question} | {row.history} | {row.alembic:.{digits}f} {row.unit} | {row.ours:.{digits}f} {row.unit} "
            f"| {row.ratio:.1f}x | {target} |"
        )
    return "\n".join(lines)
