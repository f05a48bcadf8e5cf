"""Operations in plain words: what each does, what it locks on which database, its SQL, the way back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...redact import redact
from ...results import Explained
from ..operations import named
from ..view import (
    Beside,
    Block,
    Cell,
    Code,
    Column,
    Details,
    Folded,
    Line,
    Notes,
    Piece,
    Prose,
    Row,
    Table,
    View,
    cell,
    chip,
    code,
    plain,
)
from ..words import count, duration
from .base import capped, next_step, remarks, view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.explanation import DeedExplained, Demonstration, Facts, Moment, OperationExplained
    from ...results import RevisionExplained
    from ...settings import Settings
    from ..view import Tone

_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
_UNDONE: dict[str, tuple[str, Tone]] = {
    "yes": ("can be undone", "add"),
    "partly": ("can be undone in part", "alter"),
    "no": ("! cannot be undone", "drop"),
    "unknown": ("undone as its downgrade says", ""),
}


@view_of.register(Explained)
def _(result: Explained, settings: Settings) -> View:
    sections = tuple(_revision(one, result, settings) for one in result.revisions)
    if result.demonstration is not None:
        sections = (*sections[:-1], replace(sections[-1], blocks=(*sections[-1].blocks, _played(result.demonstration))))
    foot = next_step(result.next_command, "Try it on a copy:" if "rehearse" in result.next_command else "Next:")
    if len(sections) == 1:
        only = sections[0]
        return View(only.title, only.chips, only.notes, (*only.blocks, *remarks(*result.notes)), foot)
    return View(
        "Explained",
        notes=(plain(count(len(sections), "revision")),),
        blocks=(*sections, *remarks(*result.notes)),
        foot=foot,
    )


def _revision(one: RevisionExplained, result: Explained, settings: Settings) -> View:
    revision, way = one.revision, "downgrade" if result.is_downgrade else "upgrade"
    shown, hidden = capped(one.operations, settings)
    blocks: list[Block] = [_operation(each, result.dialects) for each in shown]
    if not one.operations and not one.notes:
        blocks.append(Prose(plain(f"Its {way} does nothing.")))
    blocks += remarks(*(redact(note) for note in one.notes))
    if hidden:
        blocks.append(Prose(plain(f"… {hidden:,} more operations, see .to_frame()", "dim")))
    if revision is None:
        return View("What it does", blocks=tuple(blocks))
    said = f": {revision.message}" if revision.message else ""
    notes = (plain(f"its {way}"), plain(count(len(one.operations), "operation")))
    return View(f"{revision.id}{said}", notes=notes, blocks=tuple(blocks))


def _operation(operation: OperationExplained, dialects: Sequence[str]) -> View:
    sign, thing, _tone = named(operation.kind)
    uncertain = (chip(f"line {operation.line}, if it runs"),) if not operation.is_certain else ()
    blocks: list[Block] = [*_words(operation.deeds)]
    blocks += _facts(operation.deeds, dialects)
    blocks += _safer(operation.deeds, dialects)
    if operation.sql:
        blocks.append(_sql(operation, dialects))
    blocks += remarks(*(f"No SQL for {_called(name)}: {redact(why)}." for name, why in operation.problems.items()))
    blocks += _sources(operation.deeds, dialects)
    target = f" {operation.target}" if operation.target else ""
    return View(f"{sign} {thing}{target}", uncertain, blocks=tuple(blocks))


def _words(deeds: Sequence[DeedExplained]) -> list[Block]:
    """Each deed's sentence, and the way back where it is told."""
    blocks: list[Block] = []
    for deed in deeds:
        word, tone = _UNDONE.get(deed.undone, (deed.undone, ""))
        line: Line = (Piece(redact(deed.does)),)
        blocks.append(Prose(line))
        if deed.kind != "batch_alter_table":
            blocks.append(Notes(((Piece(f"{word}:", "strong", tone), Piece(redact(deed.undoing))),)))
    return blocks


def _facts(deeds: Sequence[DeedExplained], dialects: Sequence[str]) -> list[Block]:
    told = [(deed, dialect, deed.facts[dialect]) for dialect in dialects for deed in deeds if deed.facts.get(dialect)]
    if not told:
        return []
    is_several = len({deed.kind for deed, _dialect, _facts in told}) > 1
    columns = (
        Column("on", is_narrow=True),
        *((Column("for", is_narrow=True),) if is_several else ()),
        Column("locks"),
        Column("rows", is_narrow=True),
        Column("what else matters"),
    )
    rows = tuple(
        Row(
            (
                Cell((plain(_called(dialect)),)),
                *((Cell((plain(_short(deed.kind)),)),) if is_several else ()),
                _lock(facts),
                Cell((plain(_rows(facts)),)),
                Cell((plain(facts.why),) if facts.why else ()),
            ),
            "alter" if facts.rewrites else "",
        )
        for deed, dialect, facts in told
    )
    return [Table("What it means for who uses the table meanwhile", columns, rows)]


def _called(dialect: str) -> str:
    return _NAMES.get(dialect, dialect)


def _short(kind: str) -> str:
    return kind.removeprefix("alter_column_").replace("_", " ")


def _lock(facts: Facts) -> Cell:
    held = plain(f"Still held: {facts.held}.") if facts.held else ()
    if not facts.lock:
        return Cell(tuple(line for line in (plain(facts.lasts or facts.waits), held) if line))
    algorithm = (Piece("by"), code(facts.algorithm)) if facts.algorithm else ()
    lasts = plain(f"For how long: {facts.lasts}.") if facts.lasts else ()
    lines: tuple[Line, ...] = ((code(facts.lock), *algorithm), plain(facts.waits), lasts, held)
    return Cell(tuple(line for line in lines if line))


def _rows(facts: Facts) -> str:
    if facts.rewrites is None or facts.scans is None:
        return "? depends"
    return "! all written anew" if facts.rewrites else "all read" if facts.scans else "untouched"


def _safer(deeds: Sequence[DeedExplained], dialects: Sequence[str]) -> list[Block]:
    """The code to paste instead, once where several databases have the same."""
    found: dict[str, list[str]] = {}
    for dialect in dialects:
        for deed in deeds:
            facts = deed.facts.get(dialect)
            if facts is not None and facts.safe:
                found.setdefault(facts.safe, []).append(_called(dialect))
    return [Details(f"Safer on {_listed(names)}", Code(text, "python")) for text, names in found.items()]


def _sources(deeds: Sequence[DeedExplained], dialects: Sequence[str]) -> list[Block]:
    told = dict.fromkeys(deed.facts[each].source for each in dialects for deed in deeds if each in deed.facts)
    lines = tuple(plain(source, "dim") for source in told if source)
    return [Folded("Sources", (Notes(lines),))] if lines else []


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _sql(operation: OperationExplained, dialects: Sequence[str]) -> Block:
    scripts = tuple(
        Code(redact(operation.sql[name]) or "-- nothing is sent", "sql", _called(name))
        for name in dialects
        if name in operation.sql
    )
    same = {script.text for script in scripts}
    if len(same) == 1 and len(scripts) > 1:
        return Code(scripts[0].text, "sql", _listed([script.label for script in scripts]))
    return Beside(scripts)


_COLUMNS = 24
"""How wide the time line is."""


def _played(shown: Demonstration) -> View:
    """Who did what when: a bar per session, and the same in seconds."""
    length = max((moment.end_s for moment in shown.moments), default=0.0) or 1.0
    columns = (
        Column("session", is_narrow=True),
        Column("what it does"),
        Column("time line", is_code=True, is_narrow=True),
        Column("from", is_number=True),
        Column("to", is_number=True),
    )
    rows = tuple(
        Row(
            (
                cell(moment.session),
                cell(redact(moment.what), *((chip("waits", "drop"),) if moment.is_waiting else ())),
                cell(code(_bar(moment, length))),
                cell(duration(moment.start_s)),
                cell(duration(moment.end_s)),
            ),
            "alter" if moment.is_waiting else "",
        )
        for moment in shown.moments
    )
    locks = (plain(f"Locks of the migration: {', '.join(shown.locks)}."),) if shown.locks else ()
    blocks: tuple[Block, ...] = (Table("# at work, . waiting", columns, rows), Prose(plain(shown.said)))
    return View(
        f"Shown for real: {shown.operation}",
        notes=(plain(shown.place),),
        blocks=(*blocks, *((Notes(locks),) if locks else ())),
    )


def _bar(moment: Moment, length_s: float) -> str:
    start = min(_COLUMNS - 1, int(moment.start_s / length_s * _COLUMNS))
    end = max(start + 1, round(moment.end_s / length_s * _COLUMNS))
    return f"{' ' * start}{('.' if moment.is_waiting else '#') * (end - start)}".ljust(_COLUMNS)
