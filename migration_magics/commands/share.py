"""Share: offline SQL, for several dialects side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine import offline, planner
from ..errors import MigrationError, UsageProblem
from ..results import SqlShown

if TYPE_CHECKING:
    from .workspace import WorkspaceState


def sql(
    ws: WorkspaceState,
    *,
    range: str | None = None,  # noqa: A002 - the argument's name in the command table
    dialect: tuple[str, ...] = (),
    downgrade: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> SqlShown:
    """Return the SQL of *range* ("START:END", or "END" from base) on each *dialect*; `current` means the database's heads.

    A revision that reads from the database has no offline SQL: `problems` then names it and says why.
    """
    lower, upper, text = _bounds(ws, range, downgrade=downgrade)
    plan = planner.plan_downgrade(ws.chain, upper, lower) if downgrade else planner.plan_upgrade(ws.chain, upper, lower)
    order = [step.revision for step in plan.steps]
    database = ws.database if ws.has_connection else None
    x = ws.arguments(x)
    call = ws.environment.captured(x, database).calls[0]
    scripts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in dialect or (database.dialect if database else "sqlite",):
        try:
            scripts[name] = offline.render(
                ws.chain, ws.environment, call, order, lower, dialect=name, is_upgrade=not downgrade, x=x, tag=tag
            )
        except offline.OfflineFailed as error:
            problems[name] = str(error)
        except MigrationError as error:
            problems[name] = error.message
    return SqlShown(text, "downgrade" if downgrade else "upgrade", scripts, problems)


def _bounds(ws: WorkspaceState, text: str | None, *, downgrade: bool) -> tuple[tuple[str, ...], str, str]:
    """From which heads, to which target, and the range in words. A downgrade starts at the heads unless told otherwise."""
    start, separator, end = (text or "").rpartition(":")
    if not separator:
        start, end = ("heads", end or "base") if downgrade else ("base", end or "heads")
    start, end = start or ("heads" if downgrade else "base"), end or ("base" if downgrade else "heads")
    if start == "current":
        lower = ws.heads_of(ws.database, ())
    elif start == "base":
        lower = ()
    else:
        lower = planner.resolve(ws.chain, start, "sql")
    if end == "current":
        current = ws.heads_of(ws.database, ())
        if len(current) > 1:
            raise UsageProblem(
                "The database has several heads, so it is no single end of a range.", hint="name the revision"
            )
        end = current[0] if current else "base"
    return lower, end, f"{start}:{end}"
