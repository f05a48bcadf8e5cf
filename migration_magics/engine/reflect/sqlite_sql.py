"""The texts of indexes, views, triggers and virtual tables in `sqlite_master`, read for what no pragma tells.

The grammar is that of sqlite.org/src/file/src/parse.y. Nothing is asked of a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sqlite_words import ROWID, bare, fold, items, quoted, spelled, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class IndexText:
    """The parts of an index as (text without COLLATE and DESC, collation), and its WHERE."""

    parts: tuple[tuple[str, str], ...]
    where: str = ""


def index(sql: str, names: Iterable[str]) -> IndexText:
    """Return the parts and WHERE of *sql*, a CREATE INDEX on a table whose own name and columns are *names*."""
    known = ROWID | {fold(name) for name in names}
    found = words(sql)
    parts, rest = items(found, found.index("("))
    return IndexText(tuple(_part(part, known) for part in parts), spelled(rest[1:], known, are_all=True))


def view(sql: str, columns: Mapping[str, Iterable[str]]) -> str:
    """Return the query of *sql*, a CREATE VIEW; *columns* are those of every table by its name.

    A list of column names before AS is said by the query, which without it would not be the same view.
    """
    found = words(sql)
    start = next(at for at, word in enumerate(found) if word.upper() == "AS")
    query = spelled(found[start + 1 :], _mentioned(found, columns))
    if start == 3:
        return query
    name = quoted(bare(found[2]))
    return " ".join(("WITH", name + spelled(found[3:start]), "AS", f"({query})", "SELECT * FROM", name))


def trigger(sql: str, columns: Mapping[str, Iterable[str]]) -> str:
    """Return *sql*, a CREATE TRIGGER, in one line; *columns* are those of every table by its name."""
    found = words(sql)
    named = [*found[:2], quoted(bare(found[2])), *found[3:]]
    return spelled(named, _mentioned(found, columns))


def module(sql: str) -> str:
    """Return the module of *sql*, a CREATE VIRTUAL TABLE, with its arguments as they are written: the module reads them."""
    found = words(sql)
    start = next(at for at, word in enumerate(found) if word.upper() == "USING")
    return spelled(found[start + 1 :])


def _mentioned(found: list[str], columns: Mapping[str, Iterable[str]]) -> set[str]:
    """Return, folded, the tables that *found* names and all their columns: what a word in double quotes may be."""
    said = {fold(bare(word)) for word in found}
    known = set()
    for name, inner in columns.items():
        if fold(name) in said:
            known.add(fold(name))
            known.update(map(fold, inner))
    return known


def _part(item: list[str], names: Collection[str]) -> tuple[str, str]:
    item = item[:-1] if item[-1].upper() in {"ASC", "DESC"} else item
    collation = ""
    if len(item) > 2 and item[-2].upper() == "COLLATE":
        item, collation = item[:-2], bare(item[-1])
    return spelled(item, names, are_all=True), collation
