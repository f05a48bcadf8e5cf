"""Rows of PostgreSQL's catalogues -> constraints and indexes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ...model import schema as model
from .postgresql_parts import quoted, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .postgresql_parts import Names, Row, Rows

_T = TypeVar("_T")

_ACTIONS = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_DEFAULT_COLLATION = "100"
"""The oid of pg_catalog."default", fixed in the server's pg_collation.dat."""
_NULLS = "NULLS NOT DISTINCT"
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
    def of(cls, rows: Mapping[str, Rows], names: Names) -> Constraints:
        """Return the constraints in *rows*."""
        primary_keys: dict[str, model.PrimaryKey] = {}
        key_options: dict[str, str] = {}
        foreign_keys: defaultdict[str, list[model.ForeignKey]] = defaultdict(list)
        uniques: defaultdict[str, list[model.Unique]] = defaultdict(list)
        checks: defaultdict[str, list[model.Check]] = defaultdict(list)
        exclusions: defaultdict[str, list[model.Exclusion]] = defaultdict(list)
        under = {row[0]: row for row in rows["indexes"] if row[16] == "true"}
        for row in rows["constraints"]:
            table, kind, name, numbers = row[:4]
            if kind == "p":
                primary_keys[table] = model.PrimaryKey(names.listed(table, numbers), name)
                if options := " ".join(filter(None, (_key_options(row, under.get(row[19]), names), _deferrable(row)))):
                    key_options[table] = options
            elif kind == "u":
                options = _key_options(row, under.get(row[19]), names)
                uniques[table].append(model.Unique(names.listed(table, numbers), name, _deferrable(row), options))
            elif kind == "f":
                foreign_keys[table].append(_foreign_key(row, names))
            elif kind == "c":
                checks[table].append(_check(row))
            else:
                exclusions[table].append(model.Exclusion(row[9], name))
        return cls(
            primary_keys,
            key_options,
            _sorted(foreign_keys, lambda one: (one.name, one.columns, one.target, one.target_columns)),
            _sorted(uniques, lambda one: (one.name, one.columns)),
            _sorted(checks, lambda one: (one.name, one.expression)),
            _sorted(exclusions, lambda one: (one.name, one.definition)),
        )


def _foreign_key(row: Row, names: Names) -> model.ForeignKey:
    table, name, numbers, is_validated, enforced, period = row[0], *row[2:4], *row[6:9]
    target, target_space, target_name, target_numbers, on_update, on_delete, match, set_columns = row[11:19]
    some = ", ".join(quoted(column) for column in names.listed(table, set_columns))
    return model.ForeignKey(
        names.listed(table, numbers),
        model.key(target_space, target_name),
        names.listed(target, target_numbers),
        name,
        on_update=_ACTIONS[on_update],
        on_delete=_ACTIONS[on_delete] + (f" ({some})" if some else ""),
        match=_MATCHES[match] + ("PERIOD" if period == "true" else ""),
        deferrable=" ".join(filter(None, (_deferrable(row), "" if enforced == "true" else "NOT ENFORCED"))),
        is_validated=is_validated == "true" or enforced == "false",
    )


def _check(row: Row) -> model.Check:
    more = ("" if row[7] == "true" else " NOT ENFORCED") + (" NO INHERIT" if row[10] == "true" else "")
    text = unwrapped(row[9])
    return model.Check(f"({text}){more}" if more else text, row[2], row[6] == "true" or row[7] == "false")


def _deferrable(row: Row) -> str:
    if row[4] == "false":
        return ""
    return "DEFERRABLE INITIALLY DEFERRED" if row[5] == "true" else "DEFERRABLE"


def _key_options(row: Row, index: Row | None, names: Names) -> str:
    """Return what a PRIMARY KEY or UNIQUE constraint takes from its *index*, in the words of SQL."""
    words = ["WITHOUT OVERLAPS"] if row[8] == "true" else []
    if index is not None:
        if included := _included(index, names):
            words.append(f"INCLUDE ({', '.join(quoted(column) for column in included)})")
        words += _storage(index)
        words.sort(key=_NULLS.__ne__)  # it stands before the columns in a constraint, so first here
    return " ".join(words)


def _included(index: Row, names: Names) -> tuple[str, ...]:
    count, numbers = int(index[6]), index[7].split()
    return names.listed(index[1], " ".join(numbers[count:])) if len(numbers) > count else ()


def _storage(index: Row) -> list[str]:
    is_valid, parameters, tablespace, nulls_not_distinct = index[5], *index[13:16]
    words = [_NULLS] if nulls_not_distinct == "true" else []
    words += [f"WITH ({parameters})"] if parameters else []
    words += [f"TABLESPACE {tablespace}"] if tablespace else []
    return words if is_valid == "true" else [*words, "INVALID"]


def _sorted(found: Mapping[str, list[_T]], key: Callable[[_T], Any]) -> defaultdict[str, tuple[_T, ...]]:
    return defaultdict(tuple, {table: tuple(sorted(ones, key=key)) for table, ones in found.items()})


def indexes(rows: Mapping[str, Rows], names: Names) -> Mapping[str, tuple[model.Index, ...]]:
    """Return the indexes that no constraint made, by their table's oid, sorted by name."""
    classes = _Classes(rows["classes"])
    parameters = {(index, number): text for index, number, text in rows["index_options"]}
    found: dict[str, list[model.Index]] = defaultdict(list)
    for row in rows["indexes"]:
        if row[16] == "true":
            continue
        method = row[3]
        index = model.Index(
            row[2],
            _parts(row, names, classes, parameters),
            is_unique=row[4] == "true",
            method="" if method == "btree" else method,
            where=unwrapped(row[11]) if row[11] else "",
            included=_included(row, names),
            options=" ".join(_storage(row)),
        )
        found[row[1]].append(index)
    return _sorted(found, lambda one: one.name)


def _expression(text: str) -> str:
    """Return an index's expression as CREATE INDEX takes it: in one pair of parentheses, where it was in any."""
    bare = unwrapped(text)
    return text if bare == text else f"({bare})"


class _Classes:
    """The operator classes: which is the usual one."""

    def __init__(self, rows: Rows) -> None:
        self._by_oid = {
            oid: (method, type_, is_default == "true", name) for oid, method, type_, is_default, name in rows
        }
        self._usual = {(method, type_) for method, type_, is_default, _ in self._by_oid.values() if is_default}

    def name(self, oid: str) -> str:
        """Return the name of the class *oid*."""
        return str(self._by_oid[oid][3])

    def shown(self, oid: str, type_: str) -> str:
        """Return the name of the class *oid* where it is not the usual one of a column of *type_* ("" if not known)."""
        method, made_for, is_default, name = self._by_oid[oid]
        # varchar, an enum or a domain has no class of its own: there the usual one is made for another type
        is_usual = is_default and (type_ == made_for or (method, type_) not in self._usual)
        return "" if is_usual else name


def _parts(
    row: Row, names: Names, classes: _Classes, parameters: Mapping[tuple[str, str], str]
) -> tuple[model.IndexPart, ...]:
    oid, table, count = row[0], row[1], int(row[6])
    texts = json.loads(row[12]) if row[12] else ()
    flags, class_oids, collations = row[8].split(), row[9].split(), row[10].split()
    made = []
    for place, number in enumerate(row[7].split()[:count]):
        is_expression = number == "0"
        if is_expression:
            text, type_, usual_collation = _expression(texts[place]), "", _DEFAULT_COLLATION
        else:
            column = names.columns[table][number]
            text, type_, usual_collation = column[2], column[10], column[11]
        collation, flag = collations[place], int(flags[place])
        words = []
        if collation not in {"0", usual_collation}:
            words.append(f"COLLATE {quoted(*names.collations[collation])}")
        class_name, more = classes.shown(class_oids[place], type_), parameters.get((oid, str(place + 1)))
        if more:
            class_name = f"{class_name or classes.name(class_oids[place])} ({more})"
        words += [class_name] if class_name else []
        words += {1: ["NULLS LAST"], 2: ["NULLS FIRST"]}.get(flag, [])
        made.append(model.IndexPart(text, is_expression, bool(flag & 1), " ".join(words)))
    return tuple(made)
