"""Rows of PostgreSQL's catalogues -> columns, sequences, types, options: all but keys and indexes. Tables go by their oid."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model import schema as model
from ...model.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .postgresql_rows import Attribute, EnumRow, Named, Other, Parent, Relation, Rows, SequenceRow

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

_RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers mean: columns by table and number, collations by oid."""

    columns: Mapping[str, Mapping[str, Attribute]]
    others: Mapping[str, Mapping[str, str]]
    """The columns of tables that are not read."""
    collations: Mapping[str, tuple[str, str]]
    """Schema ("" for the default one and pg_catalog) and name."""

    @classmethod
    def of(cls, rows: Rows) -> Names:
        """Return the names in *rows*."""
        columns: dict[str, dict[str, Attribute]] = defaultdict(dict)
        for row in rows.columns:
            columns[row.table][row.number] = row
        others: dict[str, dict[str, str]] = defaultdict(dict)
        for table, number, name in rows.targets:
            others[table][number] = name
        return cls(columns, others, {oid: (space, name) for oid, space, name in rows.collations})

    def listed(self, table: str, numbers: str | None) -> tuple[str, ...]:
        """Return the names of *table*'s columns *numbers* ("2 1"), in that order."""
        wanted = (numbers or "").split()
        known = self.columns.get(table)
        if known is None:
            return tuple([self.others[table][number] for number in wanted])
        return tuple([known[number].name for number in wanted])

    def collation(self, oid: str | None) -> str:
        """Return how the collation *oid* is called, "" for None."""
        return "" if oid is None else model.key(*self.collations[oid])


def columns(
    rows: Rows, names: Names, identities: Mapping[tuple[str, str], model.Identity]
) -> Mapping[str, tuple[model.Column, ...]]:
    """Return every table's columns in order. Equal columns are one object."""
    families = {type_.oid: "enum" if type_.kind == "e" else family(type_.base or "") for type_ in rows.types}
    made: dict[tuple[str | None, ...], model.Column] = {}
    found: dict[str, list[model.Column]] = defaultdict(list)
    for row in sorted(rows.columns, key=lambda row: int(row.number)):
        if row.identity:
            column = _column(row, "integer", names, identities.get((row.table, row.number), model.Identity()))
        else:
            facts = row[2:]
            known = made.get(facts)
            if known is None:
                known = made[facts] = _column(row, families.get(row.type_oid) or family(row.type), names)
            column = known
        found[row.table].append(column)
    return defaultdict(tuple, {table: tuple(listed) for table, listed in found.items()})


def _column(row: Attribute, meaning: str, names: Names, numbering: model.Identity | None = None) -> model.Column:
    return model.Column(
        row.name,
        row.type,
        meaning,
        is_nullable=row.is_not_null == "false",
        default=None if row.generated else row.expression,
        identity=numbering and model.Identity(row.identity == "a", numbering.options),
        computed=model.Computed(unwrapped(row.expression or ""), row.generated == "s") if row.generated else None,
        collation=names.collation(row.own_collation),
        comment=row.comment or "",
    )


@dataclass(frozen=True, slots=True)
class Sequences:
    """The sequences: those of identity columns, by table and column number, and the *others*."""

    identities: Mapping[tuple[str, str], model.Identity]
    others: tuple[model.Sequence, ...]

    @classmethod
    def of(cls, rows: Iterable[SequenceRow]) -> Sequences:
        """Return the sequences in *rows*."""
        identities: dict[tuple[str, str], model.Identity] = {}
        others = []
        for row in rows:
            options, owner = _sequence_options(row), ""
            if row.table is not None and row.number is not None and row.dependency == "i":
                identities[row.table, row.number] = model.Identity(options=options)
                continue
            if row.column is not None:
                owner = f"{model.key(row.owner_space or '', row.owner or '')}.{model.key('', row.column)}"
            if row.is_unlogged == "true":
                options = (*options, ("unlogged", "true"))
            others.append(model.Sequence(row.name, row.type, options, owner, row.space))
        return cls(identities, tuple(others))


def _sequence_options(row: SequenceRow) -> tuple[tuple[str, str], ...]:
    """Return what is not the default. Source: postgresql.org/docs/18/sql-createsequence.html."""
    limit = _RANGES.get(row.type, 2**63)
    is_ascending = int(row.increment) > 0
    least, most = ("1", str(limit - 1)) if is_ascending else (str(-limit), "-1")
    options = (
        ("cache", row.cache, "1"),
        ("cycle", row.is_cycle, "false"),
        ("increment", row.increment, "1"),
        ("maxvalue", row.most, most),
        ("minvalue", row.least, least),
        ("start", row.start, row.least if is_ascending else row.most),
    )
    return tuple((option, value) for option, value, usual in options if value != usual)


def table_options(
    row: Relation, parents: Iterable[str], rules: Iterable[tuple[str, str]], primary_key: str
) -> tuple[tuple[str, str], ...]:
    """Return the options of the table *row*; *primary_key* is what is not usual about its key."""
    listed = ", ".join(parents)
    options = {
        "unlogged": "true" if row.is_unlogged == "true" else "",
        "with": row.storage,
        "partition by": row.partition_by,
        "partition of": f"{listed} {row.bound}" if row.bound else "",
        "inherits": "" if row.bound else listed,
        "access method": row.method,
        "tablespace": row.tablespace,
        "replica identity": row.replica_identity,
        "row security": row.row_security,
        "of type": row.type,
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


def enums(rows: Iterable[EnumRow]) -> Iterator[model.Enum]:
    """Give the enums."""
    for row in rows:
        yield model.Enum(row.name, tuple(json.loads(row.values)), row.comment or "", row.space)


def domains(rows: Rows, names: Names) -> Iterator[model.Domain]:
    """Give the domains."""
    checks: dict[str, list[model.Check]] = defaultdict(list)
    for domain, name, text, is_validated in rows.domain_checks:
        checks[domain].append(model.Check(unwrapped(text), name, is_validated == "true"))
    for row in rows.domains:
        own = tuple(sorted(checks[row.oid], key=lambda check: (check.name, check.expression)))
        collation = names.collation(row.collation)
        yield model.Domain(row.name, row.type, row.is_not_null == "false", row.default, own, collation, row.space)


def seen(rows: Iterable[Other]) -> Iterator[model.Seen]:
    """Give what is there and not compared."""
    for kind, space, name, rest in rows:
        yield model.Seen(kind, model.key(space, name) + rest)


def parents(rows: Iterable[Parent]) -> Mapping[str, list[str]]:
    """Return the keys of the tables that each table inherits from, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row.place)):
        found[row.table].append(model.key(row.space, row.name))
    return found


def triggers(rows: Iterable[Named]) -> Mapping[str, tuple[model.Trigger, ...]]:
    """Return the triggers of each table and view, by name."""
    made = {table: tuple(model.Trigger(*pair) for pair in pairs) for table, pairs in named(rows).items()}
    return defaultdict(tuple, made)


def named(rows: Iterable[Named]) -> Mapping[str, list[tuple[str, str]]]:
    """Return the names and texts in *rows* by their table, sorted."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
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
