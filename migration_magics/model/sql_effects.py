"""What a text of SQL makes, renames and throws away, read statement by statement from the first words of each.

What stands in strings and comments counts for nothing, nor does the body of a routine or trigger: it only runs later.
That of a PostgreSQL DO block runs now, and counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match, Pattern


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a statement does to a *table*, or to its *column*.

    *how* is "create_table", "add_column", "rename_table", "rename_column", "drop_table", "drop_column", "delete" or
    "truncate"; *to* is the new name. *is_conditional*: only where it is not there yet. *rows* is a query for the rows that
    a DELETE would take, with the same parameters; "" where there is no simple one.
    """

    how: str
    table: str
    column: str = ""
    schema: str = ""
    to: str = ""
    is_conditional: bool = False
    rows: str = ""


LOSSES = frozenset({"drop_table", "drop_column", "delete", "truncate"})
"""What throws away, of all that `Effect.how` may be."""

MAY_MATTER = re.compile(r"\b(?:DROP|TRUNCATE|DELETE|CREATE|RENAME|ADD|CHANGE)\b", re.IGNORECASE)
"""A text in which this is not found has no effect that is told here: most statements of a data migration."""

_NAME = r"""(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|[^\W\d][\w$]*)"""
_DOTTED = rf"(?:(?P<schema>{_NAME})\s*\.\s*)?(?P<table>{_NAME})"
_MASKED = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    r'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|(?P<end>;)',
    re.DOTALL,
)


def _pattern(text: str) -> Pattern[str]:
    return re.compile(text.replace(" ", r"\s+").replace("~", r"\s*"), re.IGNORECASE)


_ROUTINE = _pattern(r"CREATE (?:OR REPLACE )?(?:\S+ ){0,3}?(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|RULE)\b")
_CREATE = _pattern(
    r"CREATE (?:OR REPLACE )?(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|VIRTUAL) )*TABLE (?P<if>IF NOT EXISTS )?"
    + _DOTTED
)
_DROP = _pattern(r"DROP (?:TEMPORARY )?TABLE (?:IF EXISTS )?")
_TRUNCATE = _pattern(r"TRUNCATE (?:TABLE )?(?:ONLY )?")
_DELETE = _pattern(r"DELETE (?:(?:LOW_PRIORITY|QUICK|IGNORE) )*FROM (?:ONLY )?(?P<what>" + _DOTTED + ")")
_ALTER = _pattern(r"ALTER (?:(?:ONLINE|IGNORE) )*TABLE (?:IF EXISTS )?(?:ONLY )?" + _DOTTED)
_RENAMES = _pattern(r"RENAME (?:TABLE|TABLES) ")
_LISTED = _pattern(rf"~{_DOTTED}~(?:,|\Z|(?=\s))")
_RENAMED = _pattern(rf"~{_DOTTED} TO (?:{_NAME}~\.~)?(?P<to>{_NAME})~(?:,|\Z|(?=\s))")
_NOT_A_COLUMN = r"(?!(?:CONSTRAINT|INDEX|KEY|FOREIGN|PRIMARY|UNIQUE|CHECK|FULLTEXT|SPATIAL|PARTITION|PERIOD|SYSTEM)\b)"
_CLAUSES: tuple[tuple[str, Pattern[str]], ...] = (
    ("drop_column", _pattern(rf"(?:^|,)~DROP (?:COLUMN )?(?:IF EXISTS )?{_NOT_A_COLUMN}(?P<column>{_NAME})")),
    ("add_column", _pattern(rf"(?:^|,)~ADD (?:COLUMN )?(?P<if>IF NOT EXISTS )?{_NOT_A_COLUMN}(?P<column>{_NAME})")),
    ("rename_table", _pattern(rf"(?:^|,)~RENAME (?:TO|AS) (?:{_NAME}~\.~)?(?P<to>{_NAME})")),
    (
        "rename_column",
        _pattern(
            rf"(?:^|,)~RENAME (?:COLUMN )?(?!(?:TO|AS|INDEX|KEY|CONSTRAINT)\s)(?P<column>{_NAME}) TO (?P<to>{_NAME})"
        ),
    ),
    ("rename_column", _pattern(rf"(?:^|,)~CHANGE (?:COLUMN )?(?P<column>{_NAME}) (?P<to>{_NAME})")),
)
_BLOCK = re.compile(r"DO\b", re.IGNORECASE)
_PARTS = re.compile(r"\b(?:BEGIN|THEN|ELSE|LOOP)\b|;|\$\w*\$", re.IGNORECASE)
_SIMPLE_REST = re.compile(r"\s*(?:WHERE\b(?!.*\b(?:RETURNING|ORDER\s+BY|LIMIT)\b).*)?\Z", re.IGNORECASE | re.DOTALL)


def effects(sql: str) -> tuple[Effect, ...]:
    """Return what the statements in *sql* do, in the order written."""
    if not MAY_MATTER.search(sql):
        return ()
    found: list[Effect] = []
    for masked, original in _statements(sql):
        if _ROUTINE.match(masked):
            break  # its body may hold semicolons
        found += _of_statement(masked, original)
    return tuple(found)


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of *sql* that run now, with what is in strings and comments blotted out; of a DO block, its own."""
    for masked, original in _statements(sql):
        if _ROUTINE.match(masked):
            return  # its body may hold semicolons
        if _BLOCK.match(masked):
            yield from (part.strip() for part in _PARTS.split(original)[1:])
        else:
            yield masked


def bare(name: str | None) -> str:
    """Return *name* without its quotes; "" for None."""
    if not name:
        return ""
    if name[0] in '"`':
        return name[1:-1].replace(name[0] * 2, name[0])
    return name[1:-1] if name[0] == "[" else name


def _statements(sql: str) -> Iterator[tuple[str, str]]:
    """Each statement twice: with what is in strings and comments blotted out, and as it was; both are equally long."""
    start, masked = 0, list[str]()
    at = 0
    for match in _MASKED.finditer(sql):
        masked.append(sql[at : match.start()])
        at = match.end()
        text = match.group()
        if match["end"]:
            yield _trimmed("".join(masked), sql[start : match.start()])
            start, masked = at, []
        elif match["comment"]:
            masked.append(" " * len(text))
        else:
            masked.append(f"'{'.' * (len(text) - 2)}'" if match["string"] else text)
    masked.append(sql[at:])
    yield _trimmed("".join(masked), sql[start:])


def _trimmed(masked: str, original: str) -> tuple[str, str]:
    begin = len(masked) - len(masked.lstrip())
    return masked[begin:], original[begin:]


def _of_statement(masked: str, original: str) -> list[Effect]:
    if match := _CREATE.match(masked):
        return [_effect("create_table", match, is_conditional=bool(match["if"]))]
    for how, pattern in (("drop_table", _DROP), ("truncate", _TRUNCATE)):
        if match := pattern.match(masked):
            return [_effect(how, one) for one in _series(_LISTED, masked, match.end())]
    if match := _RENAMES.match(masked):
        return [_effect("rename_table", one, to=bare(one["to"])) for one in _series(_RENAMED, masked, match.end())]
    if match := _ALTER.match(masked):
        return list(_altered(match, masked[match.end() :]))
    if match := _DELETE.match(masked):
        is_simple = _SIMPLE_REST.match(masked[match.end() :])
        source = original[match.start("what") :].rstrip()
        rows = f"SELECT 1 FROM {source}" if is_simple else ""  # noqa: S608 - the statement's own text
        return [_effect("delete", match, rows=rows)]
    if masked[:4].upper() == "WITH":
        return [_effect("delete", one) for one in _DELETE.finditer(masked)]
    if _BLOCK.match(masked):
        parts = [part.strip() for part in _PARTS.split(original)[1:]]
        inner = [part for part in parts if not _BLOCK.match(part)]
        return [replace(effect, rows="") for part in inner for effect in _of_statement(part, part)]
    return []


def _series(pattern: Pattern[str], text: str, at: int) -> Iterator[Match[str]]:
    """What *pattern* finds from *at* on, one after another, as long as a comma says that it goes on."""
    while match := pattern.match(text, at):
        yield match
        at = match.end()
        if text[at - 1] != ",":
            return


def _altered(table: Match[str], clauses: str) -> Iterator[Effect]:
    for how, pattern in _CLAUSES:
        for match in pattern.finditer(clauses.strip()):
            groups = match.groupdict()
            yield Effect(
                how,
                bare(table["table"]),
                bare(groups.get("column")),
                bare(table["schema"]),
                bare(groups.get("to")),
                bool(groups.get("if")),
            )


def _effect(how: str, match: Match[str], *, to: str = "", is_conditional: bool = False, rows: str = "") -> Effect:
    return Effect(how, bare(match["table"]), "", bare(match["schema"]), to, is_conditional, rows)
