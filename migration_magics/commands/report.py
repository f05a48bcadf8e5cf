"""Share: a page for whoever reviews a range of revisions, made of what the other commands return. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import pages, planner
from ..errors import MigrationError, Refused, ReplayInterrupted, UsageProblem
from ..lab.sample import parse_masks
from ..redact import redact
from ..results import Report, Section
from . import browse, compare, move, share
from .rehearse import rehearse as rehearsed_on
from .sides import live, side_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.graph import Revision
    from ..results import Compared, History, Planned, Rehearsed, Result, Shown, SqlShown
    from .workspace import WorkspaceState

_DIALECTS = ("sqlite", "postgresql", "mysql")
"""For which databases SQL is shown where none is connected."""

_FORMATS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}


class _NotThere(MigrationError):
    """A section that cannot be: its message says why."""


@dataclass(frozen=True, slots=True)
class _Span:
    """What a report is about: the revisions *order* that lead from the heads *lower* to *upper*, *start* to *end* in words.

    *at* is where the database stands, None where none is connected or that cannot be read, which *why* tells.
    """

    start: str
    end: str
    lower: tuple[str, ...]
    upper: tuple[str, ...]
    order: tuple[str, ...]
    at: tuple[str, ...] | None
    why: str

    @property
    def is_pending(self) -> bool:
        """It is what an upgrade of the database would run."""
        return self.at is not None and set(self.at) == set(self.lower)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the report is wanted."""

    rehearse: bool
    dialects: tuple[str, ...]
    mask: tuple[str, ...]
    x: tuple[str, ...]


def report(
    ws: WorkspaceState,
    *,
    range: str | None = None,  # noqa: A002 - the argument's name in the command table
    to: str | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    rehearse: bool = False,
    mask: tuple[str, ...] = (),
    dialect: tuple[str, ...] = (),
    x: tuple[str, ...] = (),
) -> Report:
    """Return a report of *range* ("START:END", or "END"; default: what is pending, or all without a connection).

    A section that cannot be made says why; a *mask* for a column that is not there, or cannot be masked, is raised. With
    *to* the page is written to that file. Raises Refused where the range has no revision, and for a file that is no report;
    ObjectNotFound; UsageProblem; what resolving revisions raises.
    """
    kind = _format(to, format)
    if mask and not rehearse:
        raise UsageProblem("--mask is about rows of a rehearsal, and none is asked for.", hint="add --rehearse")
    with ws.one_look():
        if mask and ws.has_connection:
            parse_masks(live(ws), mask)  # a mistake about what nobody may see stops it all
        span = _span(ws, range)
        asked = _Asked(rehearse, dialect, mask, x)
        first, *others = (_section(ws, span, asked, part) for part in _PARTS)
        revisions = tuple(ws.chain.graph[id_] for id_ in span.order)
    made = Report(
        f"{span.start}:{span.end}",
        _placed(ws, revisions),
        (*others, first),
        span.lower,
        span.upper,
        *(("", "") if span.at is None else (ws.database.name, ws.database.server)),
    )
    if to is None:
        return replace(made, next_command=_again(range, rehearse=rehearse))
    path = Path(to).expanduser()
    pages.write(path, made.html if kind == "html" else made.markdown)
    return replace(made, path=str(to))


def _format(to: str | None, wanted: str | None) -> str:
    """Which of html and md the file *to* is."""
    if wanted is not None and wanted not in _FORMATS.values():
        raise UsageProblem(f"A report is html or md, not {wanted!r}.", hint="--format html")
    if to is None:
        if wanted is not None:
            raise UsageProblem(
                "--format is about a file, and none is named.", hint=f"--to report.{wanted} --format {wanted}"
            )
        return ""
    found = wanted or _FORMATS.get(Path(to).suffix.lower())
    if found is None:
        raise UsageProblem(f"{to} ends in neither .html nor .md.", hint="--to report.html, or say --format md")
    return found


def _again(text: str | None, *, rehearse: bool) -> str:
    words = ["%migrate report", *([text] if text else []), *(["--rehearse"] if rehearse else []), "--to report.html"]
    return " ".join(words)


# -- which revisions


def _span(ws: WorkspaceState, text: str | None) -> _Span:
    at, why = _standing(ws)
    start, _separator, end = (text or "").rpartition(":")
    start = start or ("base" if at is None else "current")
    end = end or "heads"
    if start == "current":
        lower = ws.heads_of(ws.database)
    else:
        lower = () if start == "base" else planner.resolve(ws.chain, start, "report")
    connection = ws.database.name if start == "current" else ""
    plan = planner.plan_upgrade(ws.chain, end, lower, connection=connection, command="report")
    if plan.is_empty:
        where = f"{ws.database.name} stands at" if start == "current" else f"{start}:{end} has no revision after"
        raise Refused(
            f"There is nothing to report: {where} {', '.join(lower) or 'base'}.",
            hint="%migrate report base:heads reports the whole history",
        )
    return _Span(start, end, lower, plan.to_heads, tuple(step.revision for step in plan.steps), at, why)


def _standing(ws: WorkspaceState) -> tuple[tuple[str, ...] | None, str]:
    """Where the database stands, or None and why that is not known."""
    if not ws.has_connection:
        return None, "No database is connected."
    return ws.heads_or_problem(ws.database)


# -- its parts


def _section(
    ws: WorkspaceState,
    span: _Span,
    asked: _Asked,
    part: tuple[str, str, Callable[[WorkspaceState, _Span, _Asked], Result]],
) -> Section:
    """One part, or why it is not there: a report of what can be had is better than none."""
    name, title, make = part
    try:
        return Section(name, title, make(ws, span, asked))
    except ReplayInterrupted:
        raise
    except MigrationError as error:
        return Section(name, title, missing=redact(error.message))


def _history(ws: WorkspaceState, span: _Span, _asked: _Asked) -> History:
    """The revisions of the span, and those it builds on, which stand for the rest."""
    found = browse.history(ws)
    wanted = {*span.order, *span.lower}
    revisions = _placed(ws, tuple(one for one in found.revisions if one.id in wanted))
    notes = tuple(note for note in found.notes if note != span.why)
    return replace(found, revisions=revisions, range=f"{span.start}:{span.end}", notes=notes)


def _plan(ws: WorkspaceState, span: _Span, asked: _Asked) -> Planned:
    if span.at is None:
        raise _NotThere(f"{span.why} A plan, its fingerprint and the rows that it would lose are those of a database.")
    if not span.is_pending:
        raise _NotThere(_elsewhere(ws, span))
    return move.plan(ws, target=span.end, x=asked.x)


def _elsewhere(ws: WorkspaceState, span: _Span) -> str:
    start = ", ".join(span.lower) or "base"
    return f"{ws.database.name} stands at {', '.join(span.at or ()) or 'base'}, and this range starts at {start}."


def _schema(ws: WorkspaceState, span: _Span, _asked: _Asked) -> Compared:
    return compare.compared(ws, side_at(ws, span.lower), side_at(ws, span.upper), diagram=True)


def _sql(ws: WorkspaceState, span: _Span, asked: _Asked) -> SqlShown:
    dialects = asked.dialects or ((ws.database.dialect,) if ws.has_connection else _DIALECTS)
    return share.sql(ws, range=f"{span.start}:{span.end}", dialect=dialects, x=asked.x)


def _rehearsal(ws: WorkspaceState, span: _Span, asked: _Asked) -> Rehearsed:
    if not asked.rehearse:
        raise _NotThere(
            "It was not asked for: --rehearse tries the revisions up, down and up again on a copy with rows."
        )
    if not ws.has_connection:
        raise _NotThere(f"{span.why} A rehearsal needs one to copy.")
    if span.is_pending:
        return rehearsed_on(ws, target=span.end, mask=asked.mask)
    if not span.lower:
        return rehearsed_on(ws, target=f"base:{span.end}")
    raise _NotThere(f"{_elsewhere(ws, span)} A rehearsal starts where the database stands, or from base.")


def _revisions(ws: WorkspaceState, span: _Span, _asked: _Asked) -> Shown:
    found = browse.in_full(ws, span.order)
    placed = _placed(ws, tuple(each.revision for each in found.revisions))
    shown = tuple(replace(each, revision=one) for each, one in zip(found.revisions, placed, strict=True))
    return replace(found, revisions=shown)


# The revisions come first: replaying the whole history is what lets the schema diff know renames.
_PARTS: tuple[tuple[str, str, Callable[[WorkspaceState, _Span, _Asked], Result]], ...] = (
    ("revisions", "Revisions", _revisions),
    ("history", "History", _history),
    ("plan", "Plan", _plan),
    ("schema", "Schema", _schema),
    ("sql", "SQL", _sql),
    ("rehearsal", "Rehearsal", _rehearsal),
)


def _placed(ws: WorkspaceState, revisions: tuple[Revision, ...]) -> tuple[Revision, ...]:
    """*revisions* with their files as the project names them: a report is read on other machines."""
    folder = ws.project.directory.parent
    return tuple(replace(one, path=_relative(one.path, folder)) for one in revisions)


def _relative(path: str | None, folder: Path) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).relative_to(folder).as_posix()
    except ValueError:
        return Path(path).name
