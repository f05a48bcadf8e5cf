"""Rows of PostgreSQL's catalogues -> constraints and indexes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ...model import schema as model
from .postgresql_parts import quoted, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .postgresql_parts import Names
    from .postgresql_rows import Constraint, IndexRow, OperatorClass, Rows

_T = TypeVar("_T")

_ACTIONS = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_DEFAULT_COLLATION = "100"
"""The oid of pg_catalog."default", fixed in the server's pg_collation.dat."""
_NULLS = "NULLS NOT DISTINCT"
_NULLS_PLACES = {1: ["NULLS LAST"], 2: ["NULLS FIRST"]}
"""By the flags of a column: 1 is DESC, 2 is NULLS FIRST, which is the usual place with DESC only."""
_MATCHES = {"s": "", "f": "FULL", "p": "PARTIAL"}


@dataclass(frozen=True, slots=True)
class Constraints:
    """The constraints by their table's oid; lists are sorted by name and content."""

    primary_keys: Mapping[str, model.PrimaryKey]
    key_options: Mapping[str, str]
    """What a primary key has that is not usual, in the words of SQL."""
    foreign_keys: Mapping[str, tuple[model.ForeignKey, ...]]
    uniques: Mapping[str, tuple[model.Unique, ...]]
    checks: Mapping[str, tuple[model.Check, ...]]
    exclusions: Mapping[str, tuple[model.Exclusion, ...]]

    @classmethod
    def of(cls, rows: Rows, names: Names) -> Constraints:
        """Return the constraints in *rows*."""
        primary_keys: dict[str, model.PrimaryKey] = {}
        key_options: dict[str, str] = {}
        foreign_keys: defaultdict[str, list[model.ForeignKey]] = defaultdict(list)
        uniques: defaultdict[str, list[model.Unique]] = defaultdict(list)
        checks: defaultdict[str, list[model.Check]] = defaultdict(list)
        exclusions: defaultdict[str, list[model.Exclusion]] = defaultdict(list)
        under = {index.oid: index for index in rows.indexes if index.is_of_constraint == "true"}
        for row in rows.constraints:
            table = row.table
            if row.kind == "f":
                foreign_keys[table].append(_foreign_key(row, names))
            elif row.kind == "c":
                checks[table].append(_check(row))
            elif row.kind == "x":
                exclusions[table].append(model.Exclusion(row.text or "", row.name))
            else:
                columns, deferrable = names.listed(table, row.numbers), _deferrable(row)
                options = _key_options(row, under.get(row.index_oid or ""), names)
                if row.kind == "u":
                    uniques[table].append(model.Unique(columns, row.name, deferrable, options))
                else:
                    primary_keys[table] = model.PrimaryKey(columns, row.name)
                    key_options[table] = f"{options} {deferrable}".strip()
        return cls(
            primary_keys,
            key_options,
            _sorted(foreign_keys, lambda one: (one.name, one.columns, one.target, one.target_columns)),
            _sorted(uniques, lambda one: (one.name, one.columns)),
            _sorted(checks, lambda one: (one.name, one.expression)),
            _sorted(exclusions, lambda one: (one.name, one.definition)),
        )


def _foreign_key(row: Constraint, names: Names) -> model.ForeignKey:
    some = ", ".join(quoted(column) for column in names.listed(row.table, row.set_numbers))
    is_enforced = row.is_enforced == "true"
    return model.ForeignKey(
        names.listed(row.table, row.numbers),
        model.key(row.target_space, row.target_name),
        names.listed(row.target, row.target_numbers),
        row.name,
        on_update=_ACTIONS[row.on_update],
        on_delete=_ACTIONS[row.on_delete] + (f" ({some})" if some else ""),
        match=_MATCHES[row.match] + ("PERIOD" if row.has_period == "true" else ""),
        deferrable=_deferrable(row) if is_enforced else f"{_deferrable(row)} NOT ENFORCED".strip(),
        is_validated=row.is_validated == "true" or not is_enforced,
    )


def _check(row: Constraint) -> model.Check:
    text, is_enforced = unwrapped(row.text or ""), row.is_enforced == "true"
    more = ("" if is_enforced else " NOT ENFORCED") + (" NO INHERIT" if row.is_not_inherited == "true" else "")
    return model.Check(f"({text}){more}" if more else text, row.name, row.is_validated == "true" or not is_enforced)


def _deferrable(row: Constraint) -> str:
    if row.is_deferrable == "false":
        return ""
    return "DEFERRABLE INITIALLY DEFERRED" if row.is_deferred == "true" else "DEFERRABLE"


def _key_options(row: Constraint, index: IndexRow | None, names: Names) -> str:
    """Return what a PRIMARY KEY or UNIQUE constraint takes from its *index*, in the words of SQL."""
    words = ["WITHOUT OVERLAPS"] if row.has_period == "true" else []
    if index is not None:
        if included := _included(index, names):
            words.append(f"INCLUDE ({', '.join(quoted(column) for column in included)})")
        words += _storage(index)
        words.sort(key=_NULLS.__ne__)  # it stands before the columns in a constraint, so first here
    return " ".join(words)


def _included(index: IndexRow, names: Names) -> tuple[str, ...]:
    count, numbers = int(index.key_count), index.numbers.split()
    return names.listed(index.table, " ".join(numbers[count:])) if len(numbers) > count else ()


def _storage(index: IndexRow) -> list[str]:
    words = [_NULLS] if index.is_nulls_not_distinct == "true" else []
    words += [f"WITH ({index.storage})"] if index.storage else []
    words += [f"TABLESPACE {index.tablespace}"] if index.tablespace else []
    return words if index.is_valid == "true" else [*words, "INVALID"]


def _sorted(found: Mapping[str, list[_T]], key: Callable[[_T], Any]) -> defaultdict[str, tuple[_T, ...]]:
    return defaultdict(tuple, {table: tuple(sorted(ones, key=key)) for table, ones in found.items()})


def indexes(rows: Rows, names: Names) -> Mapping[str, tuple[model.Index, ...]]:
    """Return the indexes that no constraint made, by their table's oid, sorted by name."""
    classes = _Classes(rows.classes)
    parameters = {(index, place): text for index, place, text in rows.index_options}
    found: defaultdict[str, list[model.Index]] = defaultdict(list)
    for row in rows.indexes:
        if row.is_of_constraint == "true":
            continue
        index = model.Index(
            row.name,
            _parts(row, names, classes, parameters),
            is_unique=row.is_unique == "true",
            method="" if row.method == "btree" else row.method,
            where=unwrapped(row.where or ""),
            included=_included(row, names),
            options=" ".join(_storage(row)),
        )
        found[row.table].append(index)
    return _sorted(found, lambda one: one.name)


def _expression(text: str) -> str:
    """Return an index's expression as CREATE INDEX takes it: in one pair of parentheses, where it was in any."""
    bare = unwrapped(text)
    return text if bare == text else f"({bare})"


class _Classes:
    """The operator classes: which is the usual one."""

    def __init__(self, rows: Sequence[OperatorClass]) -> None:
        self._by_oid = {row.oid: row for row in rows}
        self._usual = {(row.method, row.type_oid) for row in rows if row.is_default == "true"}

    def name(self, oid: str) -> str:
        """Return the name of the class *oid*."""
        return self._by_oid[oid].name

    def shown(self, oid: str, type_: str) -> str:
        """Return the name of the class *oid* where it is not the usual one of a column of *type_* ("" if not known)."""
        row = self._by_oid[oid]
        # varchar, an enum or a domain has no class of its own: there the usual one is made for another type
        is_usual = row.is_default == "true" and (type_ == row.type_oid or (row.method, type_) not in self._usual)
        return "" if is_usual else row.name


def _parts(
    row: IndexRow, names: Names, classes: _Classes, parameters: Mapping[tuple[str, str], str]
) -> tuple[model.IndexPart, ...]:
    texts = json.loads(row.expressions) if row.expressions else ()
    flags, class_oids, collations = row.flags.split(), row.classes.split(), row.collations.split()
    made = []
    for place, number in enumerate(row.numbers.split()[: int(row.key_count)]):
        is_expression = number == "0"
        if is_expression:
            text, type_, usual_collation = _expression(texts[place]), "", _DEFAULT_COLLATION
        else:
            column = names.columns[row.table][number]
            text, type_, usual_collation = column.name, column.type_oid, column.collation
        collation, flag, class_oid = collations[place], int(flags[place]), class_oids[place]
        words = []
        if collation not in {"0", usual_collation}:
            words.append(f"COLLATE {quoted(*names.collations[collation])}")
        if more := parameters.get((row.oid, str(place + 1))):
            words.append(f"{classes.name(class_oid)} ({more})")
        elif class_name := classes.shown(class_oid, type_):
            words.append(class_name)
        words += _NULLS_PLACES.get(flag, [])
        made.append(model.IndexPart(text, is_expression, bool(flag & 1), " ".join(words)))
    return tuple(made)
