"""Two plans in one transaction: the second is made when the first has run, and both are kept, or neither."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from ..model.plan import Plan
    from .runner import Options, Ran, Run


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two moves."""

    plan: Plan
    options: Options


def run(first: Leg, then: Callable[[], Leg], start: Callable[[Leg], Run]) -> tuple[Ran, Plan]:
    """Run *first* and what *then* gives in one transaction; return what the second did, and its plan.

    *then* is called between the two; what it does besides is its own to take back. *start* makes the run of a leg. Only for
    databases with transactional DDL. Raises as `runner.run`, about the leg that failed: then nothing of either is left.
    """
    runs = [start(first)]
    runs[0].refuse_early()
    began = time.perf_counter()
    error: BaseException | None = None
    try:
        runs[0].database.run(lambda connection: _in_one(connection, runs, then, start), in_thread=True)
    except (Exception, KeyboardInterrupt, worker.Interrupted) as caught:  # noqa: BLE001 - told with the state below
        error = caught
    ran = runs[-1].concluded(error, time.perf_counter() - began)
    plan = runs[-1].plan
    return replace(ran, before=plan.from_heads), plan


def _in_one(connection: Connection, runs: list[Run], then: Callable[[], Leg], start: Callable[[Leg], Run]) -> None:
    first = runs[0]
    first.hold()
    with first.at_its_start(connection):
        first.watch(connection)
        with connection.begin():
            first.run_held(connection)
            second = start(then())
            second.hold()
            second.is_started, second.before = True, first.before
            runs.append(second)
            second.refuse_early()
            second.run_held(connection)
