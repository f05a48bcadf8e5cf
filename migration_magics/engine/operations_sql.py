"""The SQL of what Alembic has no directive for, and how it is written into a revision."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..model.parts import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect

    from ..model import schema as model

_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")
_LITERAL = re.compile(
    r"\s*(?:[+-]?[\d.]+(?:[eE][+-]?\d+)?|[xX]?'(?:[^']|'')*'|null|true|false|current_(?:timestamp|date|time))\s*\Z",
    re.IGNORECASE,
)


def escaped(sql: str) -> str:
    """Return *sql* as `sa.text` wants it: a colon before a word would be a parameter."""
    return _BIND.sub(r"\\:", sql)


def text(sql: str) -> Any:
    """Return *sql* as a clause to be rendered: of two backslashes Alembic's renderers leave one, which is what a file needs."""
    return sa.text(_BIND.sub(r"\\\\:", sql))


def literal(sql: str) -> str:
    """Return a Python literal of *sql*: in three quotes where it has several lines and nothing that needs care."""
    is_simple = all(character.isprintable() or character == "\n" for character in sql)
    if "\n" in sql and is_simple and '"""' not in sql and "\\" not in sql and not sql.endswith('"'):
        return f'"""{sql}"""'
    return repr(sql)


def execute(sql: str) -> str:
    """Return the line of a revision that runs *sql*."""
    return f"op.execute({literal(escaped(sql))})"


def is_literal(sql: str) -> bool:
    """Say whether the default *sql* needs no brackets around it in SQLite."""
    return _LITERAL.match(sql) is not None


def string(value: str) -> str:
    """Return *value* as a string of SQL."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Sql:
    """Writes statements for one dialect."""

    dialect: Dialect
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Schema and name of the tables by their keys."""

    def name(self, *parts: str) -> str:
        """Return the *parts* of a name, quoted where they must be; empty ones are left out."""
        quote = self.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in parts if part)

    def key(self, table_key: str) -> str:
        """Return the name that a `schema.key` means."""
        return self.name(*self.place(table_key))

    def place(self, table_key: str) -> tuple[str, str]:
        """Return schema and name of the table that a `schema.key` means."""
        return self.places.get(table_key) or split(table_key)

    def of(self, owner: Any) -> str:
        """Return the name of a table, view, type or sequence."""
        return self.name(owner.schema, owner.name)

    def names(self, columns: tuple[str, ...]) -> str:
        """Return *columns* as a list without brackets."""
        return ", ".join(self.name(column) for column in columns)

    def part(self, part: model.IndexPart) -> str:
        """Return a part of an index."""
        bare = part.text if self.dialect.name == "sqlite" else f"({part.text})"  # SQLite keeps it as it was written
        said = bare if part.is_expression else self.name(part.text)
        options, nulls, which = part.options.partition("NULLS ")
        glue = "" if options.startswith("(") else " "
        said += f"{glue}{options.strip()}" if options.strip() else ""
        return said + (" DESC" if part.is_descending else "") + (f" {nulls}{which}" if nulls else "")

    def create_index(self, index: model.Index, owner: str) -> str:
        """Return CREATE INDEX for *index* on *owner*, a name in SQL."""
        kind = "UNIQUE INDEX" if index.is_unique else "INDEX"
        if self.dialect.name in {"mysql", "mariadb"} and index.method.upper() in {"FULLTEXT", "SPATIAL"}:
            kind, name = f"{index.method} INDEX", self.name(index.name)
            return f"CREATE {kind} {name} ON {owner} ({self._parts(index)}) {index.options}".strip()
        using = f" USING {index.method}" if index.method else ""
        said = f"CREATE {kind} {self.name(index.name)} ON {owner}{using} ({self._parts(index)})"
        if self.dialect.name in {"mysql", "mariadb"}:
            said = f"CREATE {kind} {self.name(index.name)}{using} ON {owner} ({self._parts(index)})"
        said += f" INCLUDE ({self.names(index.included)})" if index.included else ""
        said += f" {index.options.replace('INVALID', '').strip()}" if index.options else ""
        return said + (f" WHERE {index.where}" if index.where else "")

    def _parts(self, index: model.Index) -> str:
        return ", ".join(self.part(part) for part in index.parts)

    def create_view(self, view: model.View) -> str:
        """Return CREATE VIEW."""
        kind = "MATERIALIZED VIEW" if view.is_materialized else "VIEW"
        return f"CREATE {kind} {self.of(view)} AS {view.definition.rstrip(';')}"

    def drop_view(self, view: model.View) -> str:
        """Return DROP VIEW."""
        return f"DROP {'MATERIALIZED VIEW' if view.is_materialized else 'VIEW'} {self.of(view)}"

    def create_enum(self, enum: model.Enum) -> str:
        """Return CREATE TYPE ... AS ENUM."""
        return f"CREATE TYPE {self.of(enum)} AS ENUM ({', '.join(map(string, enum.values))})"

    def create_domain(self, domain: model.Domain) -> str:
        """Return CREATE DOMAIN."""
        said = f"CREATE DOMAIN {self.of(domain)} AS {domain.type}"
        said += f" COLLATE {self.name(domain.collation)}" if domain.collation else ""
        said += f" DEFAULT {domain.default}" if domain.default is not None else ""
        said += "" if domain.is_nullable else " NOT NULL"
        return said + "".join(f" {self.check(check)}" for check in domain.checks)

    def check(self, check: model.Check) -> str:
        """Return a CHECK constraint with its name."""
        said = f"{self.constraint(check.name)}CHECK ({check.expression})"
        return said if check.is_validated else f"{said} NOT VALID"

    def constraint(self, name: str) -> str:
        """Return CONSTRAINT *name* and a space; "" without a name."""
        return f"CONSTRAINT {self.name(name)} " if name else ""

    def create_sequence(self, sequence: model.Sequence) -> str:
        """Return CREATE SEQUENCE, without its owner, whose table may not be there yet."""
        options = dict(sequence.options)
        kind = "UNLOGGED SEQUENCE" if options.pop("unlogged", "") else "SEQUENCE"
        said = f"CREATE {kind} {self.of(sequence)}"
        said += f" AS {sequence.type}" if sequence.type else ""
        return " ".join((said, *(_sequence_option(*each) for each in options.items())))

    def own_sequence(self, sequence: model.Sequence) -> str:
        """Return ALTER SEQUENCE ... OWNED BY."""
        table, _, column = sequence.owner.rpartition(".")
        if column.endswith('"') and column.count('"') == 1:
            table, _, column = sequence.owner.rpartition('."')
            column = column.removesuffix('"')
        owner = f"{self.key(table)}.{self.name(column)}" if sequence.owner else "NONE"
        return f"ALTER SEQUENCE {self.of(sequence)} OWNED BY {owner}"

    def primary_key(self, key: model.PrimaryKey) -> str:
        """Return a PRIMARY KEY constraint with its name."""
        return f"{self.constraint(key.name)}PRIMARY KEY ({self.names(key.columns)})"

    def unique(self, unique: model.Unique) -> str:
        """Return a UNIQUE constraint with its name and options."""
        nulls, more = "", unique.options
        if more.startswith("NULLS NOT DISTINCT"):
            nulls, more = " NULLS NOT DISTINCT", more.removeprefix("NULLS NOT DISTINCT").strip()
        said = f"{self.constraint(unique.name)}UNIQUE{nulls} ({self.names(unique.columns)})"
        return " ".join(filter(None, (said, more, unique.deferrable)))

    def foreign_key(self, fk: model.ForeignKey) -> str:
        """Return a FOREIGN KEY constraint with its name."""
        said = f"{self.constraint(fk.name)}FOREIGN KEY ({self.names(fk.columns)}) REFERENCES {self.key(fk.target)}"
        said += f" ({self.names(fk.target_columns)})" if fk.target_columns else ""
        said += f" MATCH {fk.match}" if fk.match else ""
        said += f" ON UPDATE {fk.on_update}" if fk.on_update else ""
        said += f" ON DELETE {fk.on_delete}" if fk.on_delete else ""
        said += f" {fk.deferrable}" if fk.deferrable else ""
        return said if fk.is_validated else f"{said} NOT VALID"

    def column(self, column: model.Column) -> str:
        """Return a column as it stands in CREATE TABLE."""
        words = [self.name(column.name), column.type]
        words += [f"COLLATE {self.name(column.collation)}"] if column.collation else []
        if column.computed is not None:
            stored = "STORED" if column.computed.is_stored else "VIRTUAL"
            words += [f"GENERATED ALWAYS AS ({column.computed.expression}) {stored}"]
        if column.identity is not None:
            words += [identity(column.identity)]
        words += [] if column.is_nullable else ["NOT NULL"]
        words += [f"DEFAULT {self.default(column)}"] if column.default is not None else []
        words += [f"ON UPDATE {column.on_update}"] if column.on_update else []
        words += ["AUTO_INCREMENT"] if column.is_autoincrement and self.dialect.name != "sqlite" else []
        words += [f"COMMENT {string(column.comment)}"] if column.comment and self.dialect.name != "postgresql" else []
        return " ".join(filter(None, words))

    def default(self, column: model.Column) -> str:
        """Return a column's default as it must be written."""
        default = column.default or ""
        if self.dialect.name == "sqlite" and not is_literal(default):
            return f"({default})"
        return default


def identity(found: model.Identity) -> str:
    """Return GENERATED ... AS IDENTITY."""
    options = " ".join(_sequence_option(*each) for each in found.options)
    how = "ALWAYS" if found.is_always else "BY DEFAULT"
    return f"GENERATED {how} AS IDENTITY" + (f" ({options})" if options else "")


def _sequence_option(name: str, value: str) -> str:
    known = {"increment": "INCREMENT BY", "minvalue": "MINVALUE", "maxvalue": "MAXVALUE", "start": "START WITH"}
    if name == "cycle":
        return "CYCLE" if value == "true" else "NO CYCLE"
    return f"{known.get(name, name.upper())} {value}"
