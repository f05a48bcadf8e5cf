"""The lines of a revision that do what data stands in the way of: first the rows, then the schema.

They are a start, to be read and changed: a value that rows get is a guess, and is marked `# your value`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .families import family
from .parts import split
from .schema import Index

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .schema import Column, Enum, Table, Unique

_ENUM_VALUE = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)
_ARGUMENTS = re.compile(r"\(([^)]*)\)")
_TYPES = {
    "integer": "sa.Integer()",
    "float": "sa.Float()",
    "boolean": "sa.Boolean()",
    "text": "sa.Text()",
    "binary": "sa.LargeBinary()",
    "date": "sa.Date()",
    "time": "sa.Time()",
    "datetime": "sa.DateTime()",
    "interval": "sa.Interval()",
    "json": "sa.JSON()",
    "uuid": "sa.Uuid()",
    "decimal": "sa.Numeric()",
}
_FILLERS = {"integer": "0", "decimal": "0", "float": "0", "boolean": "FALSE", "date": "CURRENT_DATE"}
_FILLERS |= {"datetime": "CURRENT_TIMESTAMP", "json": "'{}'", "time": "'00:00:00'"}
_UUIDS = {"postgresql": "gen_random_uuid()", "mysql": "UUID()", "sqlite": "lower(hex(randomblob(16)))"}
TEMPORAL = frozenset({"date", "time", "datetime"})
"""Families of types that SQLite keeps as text, in columns that make numbers of what is cast to them."""


def not_null(table: Table, column: Column, dialect: str, *, is_new: bool) -> str:
    """Return how a *column* becomes NOT NULL: add it nullable where it *is_new*, fill it, then alter it."""
    name, value = quoted(column.name, dialect), _filler(column, dialect)
    lines = []
    if is_new:
        lines.append(
            f"op.add_column({table.name!r}, sa.Column({column.name!r}, {type_code(column)}, nullable=True){_schema(table)})"
        )
    filled = _update(_named(table, dialect), f"{name} = {value}", f"{name} IS NULL")
    lines.append(f"{execute(filled)}  # your value")
    return "\n".join(
        [*lines, *alter(table, column.name, f"existing_type={type_code(column)}, nullable=False", dialect)]
    )


def unique(table: Table, columns: tuple[str, ...], part: Unique | Index, dialect: str) -> str:
    """Return how *columns* become unique: delete all but the first row of each, where a key tells which that is."""
    names = ", ".join(quoted(each, dialect) for each in columns)
    where = _named(table, dialect)
    twice = " ".join(("SELECT", f"{names}, COUNT(*)", "FROM", where, "GROUP BY", names, "HAVING COUNT(*) > 1"))
    lines = [f"# which they are: {_one_line(twice)}"]
    key = (
        table.column(table.primary_key.columns[0])
        if table.primary_key and len(table.primary_key.columns) == 1
        else None
    )
    if key is not None and _family(key) in {"integer", "text", "date", "datetime"}:
        by, some = quoted(key.name, dialect), " AND ".join(f"{quoted(each, dialect)} IS NOT NULL" for each in columns)
        # NULLs are never equal, and MySQL does not delete from what it reads but through a derived table (error 1093).
        first = " ".join(("SELECT", f"MIN({by}) AS first_one", "FROM", where, "GROUP BY", names))
        every = " ".join(("SELECT", "first_one", "FROM", f"({first})", "AS firsts"))
        deleted = " ".join(("DELETE", "FROM", where, "WHERE", some, "AND", by, f"NOT IN ({every})"))
        lines.append(f"{execute(deleted)}  # keeps the first of each")
    name = part.name or f"uq_{table.name}_{'_'.join(columns)}"
    if isinstance(part, Index):
        lines.append(f"op.create_index({name!r}, {table.name!r}, {list(columns)!r}, unique=True{_schema(table)})")
    elif dialect == "sqlite":
        lines += _batch(table, f"create_unique_constraint({name!r}, {list(columns)!r})")
    else:
        lines.append(f"op.create_unique_constraint({name!r}, {table.name!r}, {list(columns)!r}{_schema(table)})")
    return "\n".join(lines)


def narrowed(table: Table, before: Column, after: Column, dialect: str, misfit: str | None = None) -> str:
    """Return how a column gets a type that holds less: change the values that do not fit, then the type.

    *misfit* is the condition of such a value, in SQL; None where it is not known.
    """
    one, other, name = _family(before), _family(after), quoted(before.name, dialect)
    if dialect == "sqlite" and other in TEMPORAL and one in {*TEMPORAL, "text"}:
        return _converted(table, after)
    lines = _fitted(_named(table, dialect), name, (before, after), dialect, misfit)
    code = type_code(after)
    if dialect == "postgresql" and code.endswith("NullType()"):
        return "\n".join(
            [
                *lines,
                execute(
                    f"ALTER TABLE {_named(table, dialect)} ALTER COLUMN {name} TYPE {after.type} USING {name}::text::{after.type}"
                ),
            ]
        )
    options = f"existing_type={type_code(before)}, type_={code}, existing_nullable={after.is_nullable}"
    if dialect == "postgresql" and one != other:
        options += f", postgresql_using={f'{name}::{after.type}'!r}"
    return "\n".join([*lines, *alter(table, before.name, options, dialect)])


def _fitted(where: str, name: str, columns: tuple[Column, Column], dialect: str, misfit: str | None) -> list[str]:
    """The lines that make the values fit."""
    before, after = columns
    spare = "NULL" if after.is_nullable else _filler(after, dialect)
    length = numbers(after.type)
    if _family(before) == _family(after) == "text" and length:
        changes = [(f"substr({name}, 1, {length[0]})", f"{_length(dialect)}({name}) > {length[0]}")]
    elif _family(before) == _family(after) == "integer":
        low, high = integers(after.type) or (-(2**31), 2**31 - 1)
        changes = [(spare, f"{name} NOT BETWEEN {low} AND {high}")]
    elif _family(before) != "text" and _family(after) == "decimal" and len(length) == 2:
        rounded, limit = f"round({name}, {length[1]})", 10 ** (length[0] - length[1])
        changes = [(spare, f"abs({rounded}) >= {limit}"), (rounded, f"{name} <> {rounded}")]
    elif misfit:
        changes = [(spare, misfit)]
    else:
        return [] if {_family(before), _family(after)} <= TEMPORAL else ["# first change the values that do not fit"]
    return [f"{execute(_update(where, f'{name} = {value}', condition))}  # your value" for value, condition in changes]


def _converted(table: Table, after: Column) -> str:
    """How SQLite gets another type of date: by its function, and past the CAST of the batch, which would keep the year."""
    name, to = quoted(after.name, "sqlite"), _family(after)
    value = f"{to}({name})" if after.is_nullable else f"COALESCE({to}({name}), {_filler(after, 'sqlite')})"
    code = type_code(after)
    heard = f"lambda i, t, column: column['name'] == {after.name!r} and column.update(type={code})"
    lines = [
        f"{execute(_update(_named(table, 'sqlite'), f'{name} = {value}', f'{name} IS NOT NULL'))}  # your value",
        "# the batch takes the column for one of the new type: a CAST would make the number 2024 of 2024-01-02",
        f"heard = [('column_reflect', {heard})]",
        f"with op.batch_alter_table({table.name!r}{_schema(table)}, reflect_kwargs={{'listeners': heard}}) as batch_op:",
        f"    batch_op.alter_column({after.name!r}, type_={code}, existing_nullable={after.is_nullable})",
    ]
    return "\n".join(lines)


def shrunk_enum(enum: Enum, users: Iterable[tuple[Table, Column]], gone: tuple[str, ...], kept: tuple[str, ...]) -> str:
    """Return how a PostgreSQL enum loses values: rows get another, then a new type takes the old one's place."""
    schema = f"{quoted(enum.schema, 'postgresql')}." if enum.schema else ""
    name, old = (quoted(each, "postgresql") for each in (enum.name, f"{enum.name}_old"))
    lines, turned = [], []
    for table, column in users:
        where, of = _named(table, "postgresql"), quoted(column.name, "postgresql")
        for value in gone:
            changed = _update(where, f"{of} = {literal(kept[0]) if kept else 'NULL'}", f"{of} = {literal(value)}")
            lines.append(f"{execute(changed)}  # your value")
        if column.default is not None:
            turned.append(execute(f"ALTER TABLE {where} ALTER COLUMN {of} DROP DEFAULT"))
        turned.append(
            execute(f"ALTER TABLE {where} ALTER COLUMN {of} TYPE {schema}{name} USING {of}::text::{schema}{name}")
        )
        if column.default is not None:
            turned.append(execute(f"ALTER TABLE {where} ALTER COLUMN {of} SET DEFAULT {column.default}"))
    values = ", ".join(map(literal, kept))
    return "\n".join(
        [
            *lines,
            execute(f"ALTER TYPE {schema}{name} RENAME TO {old}"),
            execute(f"CREATE TYPE {schema}{name} AS ENUM ({values})"),
            *turned,
            execute(f"DROP TYPE {schema}{old}"),
        ]
    )


def shrunk_enum_column(table: Table, after: Column, gone: tuple[str, ...], kept: tuple[str, ...], dialect: str) -> str:
    """Return how a MariaDB or MySQL column of an enum loses values."""
    name = quoted(after.name, dialect)
    value = literal(kept[0], dialect) if kept else "NULL"
    every = [
        _update(_named(table, dialect), f"{name} = {value}", f"{name} = {literal(each, dialect)}") for each in gone
    ]
    lines = [f"{execute(each)}  # your value" for each in every]
    values = ", ".join(map(repr, kept))
    options = f"existing_type=sa.Text(), type_=sa.Enum({values}), existing_nullable={after.is_nullable}"
    return "\n".join([*lines, *alter(table, after.name, options, dialect)])


# -- words of code ---------------------------------------------------------------------------------------------------------


def alter(table: Table, column: str, options: str, dialect: str) -> list[str]:
    """Return the lines that alter a *column*; on SQLite in a batch, since it alters none."""
    if dialect == "sqlite":
        return _batch(table, f"alter_column({column!r}, {options})")
    return [f"op.alter_column({table.name!r}, {column!r}, {options}{_schema(table)})"]


def _batch(table: Table, call: str) -> list[str]:
    return [f"with op.batch_alter_table({table.name!r}{_schema(table)}) as batch_op:", f"    batch_op.{call}"]


def execute(sql: str) -> str:
    """Return the line that runs *sql*; a colon in it is no parameter (SQLAlchemy's `text`)."""
    escaped = re.sub(r"(?<!:):(?=\w)", r"\\:", sql)
    return f"op.execute({escaped!r})"


def _update(table: str, change: str, condition: str) -> str:
    return f"UPDATE {table} SET {change} WHERE {condition}"  # noqa: S608  # text to read, of quoted names


def quoted(name: str, dialect: str) -> str:
    """Return *name* as an identifier of SQL."""
    mark = "`" if dialect in {"mysql", "mariadb"} else '"'
    return mark + name.replace(mark, mark * 2) + mark


def literal(text: str, dialect: str = "") -> str:
    """Return *text* as a literal of SQL."""
    body = text.replace("\\", "\\\\") if dialect in {"mysql", "mariadb"} else text
    return "'" + body.replace("'", "''") + "'"


def type_code(column: Column) -> str:
    """Return the SQLAlchemy type that comes nearest to a column's, as code."""
    kind, arguments = _family(column), numbers(column.type)
    if kind == "integer" and re.match(r"\s*(big|int8)", column.type.lower()):
        return "sa.BigInteger()"
    if kind == "integer" and re.match(r"\s*(small|tiny|int2)", column.type.lower()):
        return "sa.SmallInteger()"
    if kind == "text" and len(arguments) == 1:
        return f"sa.String({arguments[0]})"
    if kind == "decimal" and arguments:
        return f"sa.Numeric({', '.join(map(str, arguments))})"
    if kind == "enum":
        values = enum_values(column.type)
        return f"sa.Enum({', '.join(map(repr, values))})" if values else "sa.Text()"
    return _TYPES.get(kind, "sa.types.NullType()")


def enum_values(type_: str) -> tuple[str, ...]:
    """Return the values of MariaDB's and MySQL's "enum('a','b')"; none of any other type."""
    if family(type_) != "enum" or "(" not in type_:
        return ()
    return tuple(value.replace("''", "'") for value in _ENUM_VALUE.findall(type_))


def integers(type_: str) -> tuple[int, int] | None:
    """Return the least and the greatest number of an integer type; None where that is not known."""
    words = type_.lower().replace("(", " ").split()
    bits = {
        "tinyint": 8,
        "smallint": 16,
        "int2": 16,
        "smallserial": 16,
        "mediumint": 24,
        "int": 32,
        "integer": 32,
        "int4": 32,
    }
    bits |= {"serial": 32, "bigint": 64, "int8": 64, "bigserial": 64}
    size = bits.get(words[0]) if words else None
    if size is None:
        return None
    return (0, 2**size - 1) if "unsigned" in words else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)


def numbers(type_: str) -> tuple[int, ...]:
    """Return the numbers in the parentheses of a type: (10, 2) of "numeric(10,2)"."""
    found = _ARGUMENTS.search(type_)
    parts = [part.strip() for part in found[1].split(",")] if found else []
    return tuple(map(int, parts)) if parts and all(part.isdecimal() for part in parts) else ()


def _filler(column: Column, dialect: str) -> str:
    """The value that rows get which need one."""
    kind = _family(column)
    return _UUIDS.get(dialect, "''") if kind == "uuid" else _FILLERS.get(kind, "''")


def _family(column: Column) -> str:
    return column.family or family(column.type)


def _named(table: Table, dialect: str) -> str:
    return ".".join(quoted(part, dialect) for part in split(table.key) if part)


def _schema(table: Table) -> str:
    return f", schema={table.schema!r}" if table.schema else ""


def _length(dialect: str) -> str:
    return "length" if dialect == "sqlite" else "char_length"


def _one_line(text: str) -> str:
    return " ".join(text.split())
