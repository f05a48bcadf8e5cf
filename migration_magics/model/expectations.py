"""What a revision is expected to do to rows, written on one line, and what of it did not hold."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .rowdiff import RowDiff

_EXPECTED = re.compile(
    r"\s*(?P<kind>INSERT|UPDATE|DELETE)\s+(?P<table>\S.*?)\s*:\s*(?P<sign><=|>=|<|>|=)?\s*(?P<rows>no|\d[\d,_]*)\s*(?:rows?)?\s*",
    re.IGNORECASE,
)
_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    ">": lambda found, wanted: found > wanted,
}


class NotAnExpectation(ValueError):
    """The text is none; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """So many rows of *table* are inserted, updated or deleted: *sign* compares what was found with *rows*."""

    kind: str
    table: str
    rows: int
    sign: str = "="

    def __str__(self) -> str:
        sign = "" if self.sign == "=" else f"{self.sign} "
        return f"{self.kind.upper()} {self.table}: {sign}{_rows(self.rows)}"


@dataclass(frozen=True, slots=True)
class Expectations:
    """All that was expected. *only* are the tables and columns (`TABLE`, `TABLE.COLUMN`) in which rows may change.

    *invariants* are queries that give the same rows before and after.
    """

    rows: tuple[Expectation, ...] = ()
    only: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.only or self.invariants)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the query of an invariant gave before and after, in words."""

    sql: str
    before: str
    after: str

    @property
    def holds(self) -> bool:
        """It gave the same."""
        return self.before == self.after


def parse(text: str) -> Expectation:
    """Return the expectation that *text* is. Raises NotAnExpectation.

    >>> parse("UPDATE evaluations: 1,204 rows")
    Expectation(kind='update', table='evaluations', rows=1204, sign='=')
    >>> str(parse("delete runs: <= 3"))
    'DELETE runs: <= 3 rows'
    """
    found = _EXPECTED.fullmatch(text)
    if found is None:
        msg = f"{text!r} is no expectation"
        raise NotAnExpectation(msg)
    rows = 0 if found["rows"].lower() == "no" else int(re.sub("[,_]", "", found["rows"]))
    return Expectation(found["kind"].lower(), found["table"], rows, found["sign"] or "=")


def expectations(rows: Iterable[str] = (), only: Iterable[str] = (), invariants: Iterable[str] = ()) -> Expectations:
    """Return what was expected, as typed. Raises NotAnExpectation."""
    return Expectations(tuple(parse(text) for text in rows), tuple(only), tuple(invariants))


def broken(wanted: Expectations, diffs: Sequence[RowDiff], *, rows: str = "") -> tuple[str, ...]:
    """Return a sentence for each expectation about rows that *diffs* break; *rows* says which rows these are."""
    return (*_miscounted(wanted, diffs, rows), *_elsewhere(wanted, diffs))


def unknown(wanted: Expectations, names: frozenset[str]) -> tuple[str, ...]:
    """Return a sentence for each of `only` that is none of *names*, the tables and columns there are."""
    found = []
    for each in wanted.only:
        if not any(_is_table(each, name) for name in names):
            near = difflib.get_close_matches(each, sorted(names), 1, 0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            found.append(f"only {each} may change, and the copy has no such table or column{meant}")
    return tuple(found)


def broken_invariants(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Return a sentence for each invariant that did not hold."""
    return tuple(
        f"the invariant {each.sql} gave {each.before} before and {each.after} after"
        for each in answers
        if not each.holds
    )


def _miscounted(wanted: Expectations, diffs: Sequence[RowDiff], rows: str) -> tuple[str, ...]:
    found = []
    for each in wanted.rows:
        own = [diff for diff in diffs if _is_table(each.table, diff.table)]
        attribute = {"insert": "inserted", "update": "updated", "delete": "deleted"}[each.kind]
        number = sum(getattr(diff, attribute) for diff in own)
        if any(not diff.is_exact for diff in own):
            found.append(f"expected {each}; that could not be counted exactly")
        elif not own:
            found.append(f"expected {each}; there is no such table on the copy")
        elif not _HOLDS[each.sign](number, each.rows):
            found.append(f"expected {each}, and it was {number:,}{rows}")
    return tuple(found)


def _elsewhere(wanted: Expectations, diffs: Sequence[RowDiff]) -> tuple[str, ...]:
    """What changed where nothing may."""
    if not wanted.only:
        return ()
    found = []
    for diff in diffs:
        if any(_is_table(name, diff.table) for name in wanted.only):
            continue
        columns = {name.rpartition(".")[2] for name in wanted.only if _is_table(name.rpartition(".")[0], diff.table)}
        also = [f"{diff.table}.{each.name}" for each in diff.columns if each.changed and each.name not in columns]
        rows = [f"{_rows(number)} of {diff.table} {word}" for word, number in _counts(diff) if number]
        if also:
            rows.append(f"{', '.join(also)} changed")
        if rows:
            found.append(f"only {', '.join(wanted.only)} may change, and {'; '.join(rows)}")
    return tuple(found)


def _counts(diff: RowDiff) -> tuple[tuple[str, int], ...]:
    return (("inserted", diff.inserted), ("deleted", diff.deleted))


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _is_table(name: str, key: str) -> bool:
    """*name* is the table *key*, which may have its schema in front where the user writes none."""
    return bool(name) and (name == key or key.endswith(f".{name}") or name.endswith(f".{key}"))
