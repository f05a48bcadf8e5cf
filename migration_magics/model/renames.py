"""Which of the objects that went and came may be one object renamed, and why. It ranks; only a person, or a hint, decides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .likenesses import Fit, column_fit, commonness, links, seats, table_fit
from .matching import matching
from .schema import key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .diff import SchemaDiff
    from .schema import Schema, Table

    Path = tuple[str, ...]
    Fits = Callable[[str, str], Fit | None]

LIKELY = 0.6
"""From this score on a rename is asked about."""

POSSIBLE = 0.4
"""Below this score nothing is said."""

NO_HINTS: Mapping[tuple[str, ...], str] = MappingProxyType({})
_MOST_ALTERNATIVES = 3
_LEAST_IN_COMMON = 0.2
"""Tables of which less than this share of columns is in both are not looked at closer."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another object that the one that went may have become."""

    path_after: tuple[str, ...]
    score: float
    reasons: tuple[str, ...] = ()
    is_opposite: bool = False

    @property
    def is_likely(self) -> bool:
        """Worth a question before anything is dropped."""
        return self.score >= LIKELY and not self.is_opposite


@dataclass(frozen=True, slots=True)
class Candidate:
    """A table or column that went and the one it may have become; *score* from 0 to 1, 1 where the models say so.

    Paths are those of a diff, each in the names of its own schema. *is_opposite*: the names exclude each other (first_name,
    last_name). *alternatives* are the others that came and fit it, the best first, at most three.
    """

    path_before: tuple[str, ...]
    path_after: tuple[str, ...]
    score: float
    reasons: tuple[str, ...] = ()
    is_opposite: bool = False
    alternatives: tuple[Alternative, ...] = ()

    @property
    def is_certain(self) -> bool:
        """The models say that it is a rename."""
        return self.score >= 1

    @property
    def is_likely(self) -> bool:
        """Worth a question before anything is dropped; what the models say always is."""
        return self.score >= LIKELY and (not self.is_opposite or self.is_certain)


def candidates(
    before: Schema, after: Schema, diff: SchemaDiff, hints: Mapping[tuple[str, ...], str] = NO_HINTS
) -> tuple[Candidate, ...]:
    """Return what may have been renamed: tables first, each object once, sorted by path; renames in *diff* are settled.

    *hints* are the old names that the models give, by path in *after*. Columns are looked for in tables that are in both
    schemas and in those that are likely, by this or by *diff*, to be one table renamed.
    """
    settled = {
        change.before: change.after for change in diff.changes if change.kind == "rename" and len(change.path) == 1
    }
    tables = _tables(before, after, diff, hints)
    likely = {each.path_before[0]: each.path_after[0] for each in tables if each.is_likely}
    renamed = settled | likely
    settled_columns = {
        (settled.get(change.path[0], change.path[0]), change.after): change.before
        for change in diff.changes
        if change.kind == "rename" and change.path[1:2] == ("columns",)
    }
    touched = {change.path[0] for change in diff.changes if change.path[1:2] == ("columns",)}
    of_tables = [(old, new) for old, new in renamed.items() if new in touched or old in likely]
    of_tables += [(name, name) for name in touched - {new for _, new in of_tables}]
    found = list(tables)
    for old, new in of_tables:
        one, other = before.table(old), after.table(new)
        if one and other:
            found.extend(_columns(one, other, renamed, hints, settled_columns))
    return tuple(sorted(found, key=lambda each: (len(each.path_before), each.path_before)))


def _tables(before: Schema, after: Schema, diff: SchemaDiff, hints: Mapping[Path, str]) -> list[Candidate]:
    went = {change.path[0] for change in diff.changes if change.kind == "drop" and len(change.path) == 1}
    came = {change.path[0] for change in diff.changes if change.kind == "add" and len(change.path) == 1}
    ones = {name: table for name in went - came if (table := before.table(name))}
    others = {name: table for name in came - went if (table := after.table(name))}
    if not ones or not others:
        return []
    common, linked, linked_after = commonness(before, after), links(before), links(after)
    columns = {id(each): {column.name for column in each.columns} for each in (*ones.values(), *others.values())}

    def fit(old: str, new: str) -> Fit | None:
        one, other = ones[old], others[new]
        mine, theirs = columns[id(one)], columns[id(other)]
        if len(mine & theirs) < _LEAST_IN_COMMON * len(mine | theirs):
            return None
        return table_fit(one, other, common, (linked[old], linked_after[new]))

    told = {}
    for new, table in others.items():
        hint = hints.get((new,), "")
        told[new] = hint if hint in ones else key(table.schema, hint)
    return _candidates((), (ones, others), fit, told)


def _columns(
    one: Table,
    other: Table,
    tables: Mapping[str, str],
    hints: Mapping[Path, str],
    settled: Mapping[tuple[str, str], str],
) -> list[Candidate]:
    renamed = {new: old for (table, new), old in settled.items() if table == other.key}
    mine = {column.name for column in one.columns} - set(renamed.values())
    theirs = {column.name for column in other.columns} - set(renamed)
    staying = frozenset(mine & theirs)
    went, came = seats(one, frozenset(mine - theirs), staying), seats(other, frozenset(theirs - mine), staying)

    def fit(old: str, new: str) -> Fit:
        return column_fit(went[old], came[new], tables, is_lone=len(went) == len(came) == 1)

    told = {new: hints.get((other.key, "columns", new), "") for new in came}
    return _candidates((one.key, other.key), (went, came), fit, told)


def _candidates(
    tables: Path, objects: tuple[Iterable[str], Iterable[str]], fit: Fits, told: Mapping[str, str]
) -> list[Candidate]:
    """Return the best matching of what went with what came; what is *told* (old by new name) is not weighed."""
    went, came = sorted(objects[0]), sorted(objects[1])
    sure: dict[str, str] = {}
    for new in came:
        if told.get(new) in went:
            sure.setdefault(told[new], new)
    taken = set(sure.values())
    fits = {(old, new): found for old in went for new in came if (found := fit(old, new)) and found.score >= POSSIBLE}
    weights = {
        pair: _weight(pair, found) for pair, found in fits.items() if pair[0] not in sure and pair[1] not in taken
    }
    pairs = sorted([*sure.items(), *matching(weights)])
    path = (lambda side, name: (tables[side], "columns", name)) if tables else (lambda _, name: (name,))
    result = []
    for old, new in pairs:
        found = fits.get((old, new), Fit(0.0))
        if old in sure:
            found = Fit(1.0, (f"the models say that it was {old}", *found.reasons))
        rest = sorted((each for each in fits if each[0] == old and each[1] != new), key=lambda e: (-fits[e].score, e))
        alternatives = tuple(
            Alternative(path(1, e[1]), fits[e].score, fits[e].reasons, fits[e].is_opposite)
            for e in rest[:_MOST_ALTERNATIVES]
        )
        result.append(
            Candidate(path(0, old), path(1, new), found.score, found.reasons, found.is_opposite, alternatives)
        )
    return result


def _weight(pair: tuple[str, str], fit: Fit) -> int:
    """Return what a pair counts in the matching: what it has above POSSIBLE, so that two middling pairs break no good one.

    Opposites count least. Ties are broken by the names, the same way forth and back.
    """
    score = round(fit.score * 10_000) - round(POSSIBLE * 10_000)
    weight = 1 if fit.is_opposite else 1 + score * score
    name = "\0".join(sorted(pair)).encode("utf-8", "surrogatepass")
    return (weight << 48) + int.from_bytes(hashlib.blake2b(name, digest_size=4).digest(), "big")
