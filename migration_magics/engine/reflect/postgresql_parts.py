"""Rows of PostgreSQL's catalogues -> columns, sequences, types, options: all but keys and indexes.

Rows are lists of texts and None as `postgresql_sql` lists them; booleans are "true" and "false". Tables go by their oid.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...model import schema as model
from ...model.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Row = list[Any]
Rows = list[Row]

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

_RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_SEQUENCE_OPTIONS = ("cache", "cycle", "increment", "maxvalue", "minvalue", "start")


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers mean: columns (as their rows) by table and number, collations by oid."""

    columns: Mapping[str, Mapping[str, Row]]
    collations: Mapping[str, tuple[str, str]]
    """Schema ("" for the default one and pg_catalog) and name."""

    @classmethod
    def of(cls, rows: Mapping[str, Rows]) -> Names:
        """Return the names in *rows*."""
        columns: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in rows["columns"]:
            columns[row[0]][row[1]] = row
        for row in rows["targets"]:
            columns[row[0]][row[1]] = row
        return cls(columns, {oid: (space, name) for oid, space, name in rows["collations"]})

    def listed(self, table: str, numbers: str | None) -> tuple[str, ...]:
        """Return the names of *table*'s columns *numbers* ("2 1"), in that order."""
        names = self.columns[table]
        return tuple([names[number][2] for number in (numbers or "").split()])

    def collation(self, oid: str | None) -> str:
        """Return how the collation *oid* is called, "" for None."""
        return "" if oid is None else model.key(*self.collations[oid])


def columns(
    rows: Mapping[str, Rows], names: Names, identities: Mapping[tuple[str, str], model.Identity]
) -> defaultdict[str, tuple[model.Column, ...]]:
    """Return every table's columns in order. Equal columns are one object."""
    families = _families(rows["types"])
    made: dict[tuple[Any, ...], model.Column] = {}
    found: dict[str, list[model.Column]] = defaultdict(list)
    for row in sorted(rows["columns"], key=lambda row: int(row[1])):
        table, number, *described = row[:11]
        identity = identities.get((table, number)) if row[6] else None
        facts = (*described, identity)
        column = made.get(facts)
        if column is None:
            meaning = families.get(row[10]) or family(row[3])
            column = made[facts] = _column(row, meaning, identity, names.collation(row[8]))
        found[table].append(column)
    return defaultdict(tuple, {table: tuple(listed) for table, listed in found.items()})


def _column(row: Row, meaning: str, identity: model.Identity | None, collation: str) -> model.Column:
    name, type_, not_null, expression, kind, generated, comment = *row[2:8], row[9]
    if kind:
        identity = model.Identity(kind == "a", identity.options if identity else ())
    computed = model.Computed(unwrapped(expression), generated == "s") if generated and expression else None
    return model.Column(
        name,
        type_,
        meaning,
        is_nullable=not_null == "false",
        default=None if generated else expression,
        identity=identity,
        computed=computed,
        collation=collation,
        comment=comment or "",
    )


def _families(rows: Rows) -> dict[str, str]:
    return {oid: "enum" if kind == "e" else family(base) for oid, kind, base in rows}


@dataclass(frozen=True, slots=True)
class Sequences:
    """The sequences: those of identity columns, by table and column number, and the *others*."""

    identities: Mapping[tuple[str, str], model.Identity]
    others: tuple[model.Sequence, ...]

    @classmethod
    def of(cls, rows: Rows) -> Sequences:
        """Return the sequences in *rows*."""
        identities, others = {}, []
        for row in rows:
            space, name, type_, unlogged, dependency, owner_space, owner, column, table, number = *row[1:4], *row[10:]
            options = _sequence_options(type_, row[4:10])
            if dependency == "i":
                identities[table, number] = model.Identity(options=options)
                continue
            if unlogged == "true":
                options = (*options, ("unlogged", "true"))
            owned_by = f"{model.key(owner_space, owner)}.{model.key('', column)}" if column is not None else ""
            others.append(model.Sequence(name, type_, options, owned_by, space))
        return cls(identities, tuple(others))


def _sequence_options(type_: str, values: Row) -> tuple[tuple[str, str], ...]:
    """Return what is not the default. Source: postgresql.org/docs/18/sql-createsequence.html."""
    start, increment, least, most, cache, cycle = values
    limit = _RANGES.get(type_, 2**63)
    usual_least, usual_most = ("1", str(limit - 1)) if int(increment) > 0 else (str(-limit), "-1")
    usual = ("1", "false", "1", usual_most, usual_least, least if int(increment) > 0 else most)
    found = (cache, cycle, increment, most, least, start)
    pairs = zip(_SEQUENCE_OPTIONS, found, usual, strict=True)
    return tuple((option, value) for option, value, expected in pairs if value != expected)


def table_options(
    row: Row, parents: Iterable[str], rules: Iterable[tuple[str, str]], primary_key: str | None
) -> tuple[tuple[str, str], ...]:
    """Return the options of the table that *row* of the relations describes."""
    unlogged, storage, partition_by, bound, _comment, method, tablespace, identity, security, typed = row[4:14]
    listed = ", ".join(parents)
    options = {
        "unlogged": "true" if unlogged == "true" else "",
        "with": storage,
        "partition by": partition_by,
        "partition of": f"{listed} {bound}" if bound else "",
        "inherits": "" if bound else listed,
        "access method": method,
        "tablespace": tablespace,
        "replica identity": identity,
        "row security": security,
        "of type": typed,
        "primary key": primary_key,
        **{f"rule {name}": text for name, text in rules},
    }
    return tuple(sorted((name, value) for name, value in options.items() if value))


def view_text(definition: str, options: str | None) -> tuple[str, list[str]]:
    """Return a view's query, with its check option, and the rest of its *options* ("a=b, c=d")."""
    text, more = definition.strip().removesuffix(";"), []
    for option in filter(None, (options or "").split(", ")):
        name, _, value = option.partition("=")
        if name == "check_option":
            text += f"\n WITH {value.upper()} CHECK OPTION"
        else:
            more.append(option)
    return text, more


def enums(rows: Rows) -> Iterator[model.Enum]:
    """Give the enums."""
    for _oid, space, name, comment, values in rows:
        yield model.Enum(name, tuple(json.loads(values)), comment or "", space)


def domains(rows: Mapping[str, Rows], names: Names) -> Iterator[model.Domain]:
    """Give the domains."""
    checks: dict[str, list[model.Check]] = defaultdict(list)
    for domain, name, expression, is_validated in rows["domain_checks"]:
        checks[domain].append(model.Check(unwrapped(expression), name, is_validated == "true"))
    for oid, space, name, type_, not_null, default, collation in rows["domains"]:
        own = tuple(sorted(checks[oid], key=lambda check: (check.name, check.expression)))
        yield model.Domain(name, type_, not_null == "false", default, own, names.collation(collation), space)


def seen(rows: Rows) -> list[model.Seen]:
    """Return what is there and not compared."""
    return [model.Seen(kind, model.key(space, name) + rest) for kind, space, name, rest in rows]


def parents(rows: Rows) -> defaultdict[str, list[str]]:
    """Return the keys of the tables that each table inherits from, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for child, _number, space, name in sorted(rows, key=lambda row: int(row[1])):
        found[child].append(model.key(space, name))
    return found


def triggers(rows: Rows) -> defaultdict[str, tuple[model.Trigger, ...]]:
    """Return the triggers of each table and view, by name."""
    made = {table: tuple(model.Trigger(*pair) for pair in pairs) for table, pairs in named(rows).items()}
    return defaultdict(tuple, made)


def named(rows: Rows) -> defaultdict[str, list[tuple[str, str]]]:
    """Return the names and texts in *rows* by their table, sorted."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, name, text in sorted(rows):
        found[table].append((name, text))
    return found


def unwrapped(expression: str) -> str:
    """Return *expression* without the parentheses around the whole of it.

    >>> unwrapped("((a > 0) AND (b > 0))"), unwrapped("(a)::text || (b)::text")
    ('(a > 0) AND (b > 0)', '(a)::text || (b)::text')
    """
    while expression.startswith("(") and expression.endswith(")"):
        depth = 0
        bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), expression)
        for sign in bare[:-1]:
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return expression
        expression = expression[1:-1]
    return expression


def quoted(*names: str) -> str:
    """Return *names* (a schema, which may be "", and a name) in double quotes."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)
