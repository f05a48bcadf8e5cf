"""What a report comes to: the few answers a reviewer looks for first, and what is not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.finding import Severity
from ...redact import redact
from ...results import Compared, Report
from ..view import Block, Card, Cards, Line, Notes, Piece, Prose, View, chip, code, plain
from ..words import count
from .base import ids, next_step, view_of
from .changes import summed_up

if TYPE_CHECKING:
    from ...settings import Settings
    from ..view import Tone

_VERDICTS: dict[bool | None, tuple[Piece, ...]] = {
    True: (chip("rehearsal passed", "add"),),
    False: (chip("! rehearsal found problems", "drop"),),
    None: (),
}


@view_of.register(Report)
def _(result: Report, _settings: Settings) -> View:
    blocks: list[Block] = [cards(result)]
    absent = missing(result)
    blocks += [Prose(plain("Not in this report:")), Notes(absent)] if absent else []
    if result.path:
        blocks.append(Prose((Piece("Written to"), code(result.path), Piece("as one file."))))
    return View(
        title(result),
        chips_of(result),
        subject(result),
        tuple(blocks),
        next_step(result.next_command, "Write it down:"),
    )


def title(result: Report) -> str:
    """Return what the report is called."""
    only = result.revisions[0].message if len(result.revisions) == 1 else ""
    return f"Migration report: {only}" if only else "Migration report"


def subject(result: Report) -> tuple[Line, ...]:
    """Return what it is about: how many revisions, from where to where, on which connection."""
    server = f" ({result.server})" if result.server else ""
    place = (plain(f"on {result.connection}{server}" if result.connection else "without a database"),)
    way = (*ids(result.before), Piece("→"), *ids(result.after))
    return (plain(count(len(result.revisions), "revision")), way, *place)


def chips_of(result: Report) -> tuple[Piece, ...]:
    """Return the verdict of the rehearsal, none where there was none."""
    return _VERDICTS[result.passed]


def missing(result: Report) -> tuple[Line, ...]:
    """Return what is not in the report, and why, a line each."""
    return tuple(
        (Piece(each.title, "strong"), Piece(":", is_glued=True), *plain(redact(each.missing)))
        for each in result.sections
        if each.missing
    )


def cards(result: Report) -> Cards:
    """Return the few answers a reviewer looks for first."""
    return Cards(
        (
            Card("revisions", plain(f"{len(result.revisions):,}"), plain(_merges(result))),
            Card("schema", *_schema(result)),
            Card("rehearsal", *_rehearsal(result)),
            Card("findings", *_findings(result)),
            Card("plan", (code(result.fingerprint),) if result.fingerprint else plain("none"), plain(_plan(result))),
        )
    )


def _merges(result: Report) -> str:
    merges = sum(len(one.parents) > 1 for one in result.revisions)
    return f"with {count(merges, 'merge')}" if merges else ""


def _plan(result: Report) -> str:
    if result.fingerprint:
        return "its fingerprint"
    return "not from where the database stands" if result.connection else "no database to plan for"


def _schema(result: Report) -> tuple[Line, Line]:
    found = result.section("schema").result
    if not isinstance(found, Compared):
        return plain("not known"), ()
    if not found.diff:
        return plain("no change"), ()
    said, signs = summed_up(found.diff)
    return signs, said


def _rehearsal(result: Report) -> tuple[Line, Line]:
    if result.passed is None:
        return plain("not run"), ()
    found = result.section("rehearsal").result
    on = plain(f"on {found.method}") if found is not None and hasattr(found, "method") else ()
    return (Piece("passed", tone="add") if result.passed else Piece("! problems", tone="drop"),), on


def _findings(result: Report) -> tuple[Line, Line]:
    if not result.findings:
        looked = result.fingerprint or result.passed is not None
        return plain("none" if looked else "not looked for"), ()
    numbers = [(kind, sum(each.severity is kind for each in result.findings)) for kind in Severity]
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    said = [(kind, count(number, words[kind])) for kind, number in numbers if number]
    first, *others = said
    tone: Tone = "drop" if first[0] is Severity.ERROR else "alter"
    sign = "! " if first[0] is Severity.ERROR else ""
    return (Piece(f"{sign}{first[1]}", tone=tone),), plain(", ".join(text for _, text in others))
