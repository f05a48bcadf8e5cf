"""HTML of a long history: how long the result of `%migrate history` takes to draw. Alembic draws none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import migration_magics
from migration_magics import display
from migration_magics.settings import Settings

from .histories import branchy, write
from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMIT_S = 0.020
_SIZE = 1_000
_RUNS = 7


def rows(directory: Path) -> list[Row]:
    """Return two rows, the limit as "Alembic": the history as it is shown, and with the display limit lifted."""
    project = write(branchy(_SIZE), directory / "rendering")
    history = migration_magics.open(f"sqlite:///{directory / 'rendering.db'}", project=project).history()
    whole = Settings(display_limit=_SIZE)
    shown = f"branchy {_SIZE:,}, {Settings().display_limit} shown"
    everything = f"branchy {_SIZE:,}, all shown"
    return [
        Row("HTML of a history", shown, LIMIT_S, _cpu_s(lambda: display.bundle(history)), "s", 1),
        Row("HTML of a history", everything, LIMIT_S, _cpu_s(lambda: display.bundle(history, whole)), "s", None),
    ]


def _cpu_s(draw: Callable[[], object]) -> float:
    """Return the CPU of the best of several runs; the first, which compiles the templates, is not counted."""
    times = []
    for _ in range(_RUNS + 1):
        start = time.process_time()
        draw()
        times.append(time.process_time() - start)
    return min(times[1:])
