"""A type as a database spells it -> SQLAlchemy's type, the plainest that the database reads back as spelled.

What SQLAlchemy has no type for becomes `Verbatim`, which compiles to the text itself.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine, UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Dialect

    from ..model import schema as model

_SPELLED = re.compile(r"(?P<name>[^('\"\[)]+)(?:\((?P<arguments>[^()]*)\))?(?P<rest>[^()]*)\Z", re.DOTALL)
_TEXT = re.compile(r"'((?:[^']|'')*)'")


class Verbatim(UserDefinedType[Any]):
    """A type that is spelled *text* and about which nothing else is known."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_kw: Any) -> str:
        """Return the type's SQL."""
        return self.text

    @property
    def code(self) -> str:
        """A Python expression that makes such a type with nothing but `sa` in scope."""
        body = f"{{'cache_ok': True, 'get_col_spec': lambda self, **kw: {self.text!r}}}"
        return f"type('Verbatim', (sa.types.UserDefinedType,), {body})()"


def sqlalchemy_type(
    spelled: str, dialect: Dialect, schema: model.Schema | None = None, collation: str = ""
) -> TypeEngine[Any]:
    """Return the SQLAlchemy type for *spelled*. Enums and domains of PostgreSQL are looked up in *schema*."""
    found = _found(spelled, dialect, schema)
    if not collation:
        return found
    if isinstance(found, (sa.String, sa.Text)) and not isinstance(found, sa.Enum):
        found.collation = collation
        return found
    return Verbatim(f"{spelled} COLLATE {dialect.identifier_preparer.quote_identifier(collation)}")


def _found(spelled: str, dialect: Dialect, schema: model.Schema | None) -> TypeEngine[Any]:
    if dialect.name == "postgresql":
        return _postgresql(spelled, schema)
    if dialect.name in {"mysql", "mariadb"}:
        return _mysql(spelled)
    return _as_declared(spelled, dialect)


def _split(spelled: str) -> tuple[str, tuple[int, ...], str] | None:
    """Return name, numbers in brackets, and what follows them; None for what is not written so."""
    parts = _SPELLED.match(spelled)
    if parts is None:
        return None
    given = [each.strip() for each in parts["arguments"].split(",")] if parts["arguments"] is not None else []
    if not all(re.fullmatch(r"-?\d+", each) for each in given):
        return None
    return " ".join(parts["name"].lower().split()), tuple(map(int, given)), " ".join(parts["rest"].lower().split())


# -- SQLite, which keeps a type as it was declared, and whatever else has no part of its own here

_GENERIC: Mapping[str, Callable[..., TypeEngine[Any]]] = {
    "integer": sa.Integer,
    "bigint": sa.BigInteger,
    "smallint": sa.SmallInteger,
    "varchar": sa.String,
    "text": sa.Text,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "time": sa.Time,
    "datetime": sa.DateTime,
    "timestamp": sa.TIMESTAMP,
    "float": sa.Float,
    "real": sa.REAL,
    "double": sa.Double,
    "double precision": sa.DOUBLE_PRECISION,
    "numeric": sa.Numeric,
    "decimal": sa.DECIMAL,
    "blob": sa.LargeBinary,
    "json": sa.JSON,
    "char": sa.CHAR,
    "nchar": sa.NCHAR,
    "nvarchar": sa.NVARCHAR,
    "clob": sa.CLOB,
}


def _as_declared(spelled: str, dialect: Dialect) -> TypeEngine[Any]:
    parts = _split(spelled)
    make = _GENERIC.get(parts[0]) if parts is not None else None
    if make is None or parts is None or parts[2]:
        return Verbatim(spelled)
    try:
        found = make(*parts[1])
        return found if found.compile(dialect) == spelled else Verbatim(spelled)
    except (TypeError, exc.CompileError, exc.ArgumentError):
        return Verbatim(spelled)


# -- PostgreSQL: the spellings of format_type

_POSTGRESQL: Mapping[str, Callable[..., TypeEngine[Any]]] = {
    "integer": sa.Integer,
    "bigint": sa.BigInteger,
    "smallint": sa.SmallInteger,
    "character varying": sa.String,
    "character": sa.CHAR,
    "text": sa.Text,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "double precision": sa.Double,
    "real": sa.REAL,
    "numeric": sa.Numeric,
    "bytea": sa.LargeBinary,
    "json": sa.JSON,
    "jsonb": postgresql.JSONB,
    "uuid": sa.Uuid,
    "inet": postgresql.INET,
    "cidr": postgresql.CIDR,
    "macaddr": postgresql.MACADDR,
    "macaddr8": postgresql.MACADDR8,
    "money": postgresql.MONEY,
    "oid": postgresql.OID,
    "regclass": postgresql.REGCLASS,
    "tsvector": postgresql.TSVECTOR,
    "tsquery": postgresql.TSQUERY,
    "hstore": postgresql.HSTORE,
    "int4range": postgresql.INT4RANGE,
    "int8range": postgresql.INT8RANGE,
    "numrange": postgresql.NUMRANGE,
    "daterange": postgresql.DATERANGE,
    "tsrange": postgresql.TSRANGE,
    "tstzrange": postgresql.TSTZRANGE,
    "bit": postgresql.BIT,
    "bit varying": partial(postgresql.BIT, varying=True),
}
_CLOCKS: Mapping[str, tuple[Any, Any]] = {
    "timestamp": (sa.DateTime, postgresql.TIMESTAMP),
    "time": (sa.Time, postgresql.TIME),
}


def _postgresql(spelled: str, schema: model.Schema | None) -> TypeEngine[Any]:
    if spelled.endswith("[]"):
        inner = _postgresql(spelled.removesuffix("[]"), schema)
        # The brackets of an array stand after all of its type: text in there is text of its own.
        return Verbatim(spelled) if isinstance(inner, (Verbatim, postgresql.DOMAIN)) else postgresql.ARRAY(inner)
    known = _named(spelled, schema)
    if known is not None:
        return known
    parts = _split(spelled)
    if parts is None:
        return Verbatim(spelled)
    name, numbers, rest = parts
    name, rest = (name, rest) if numbers else _words(name, rest)
    if name in _CLOCKS and rest in {"with time zone", "without time zone"}:
        plain, precise = _CLOCKS[name]
        zone = rest == "with time zone"
        return precise(timezone=zone, precision=numbers[0]) if numbers else plain(timezone=zone)  # type: ignore[no-any-return]
    if name == "interval" and not numbers and not rest:
        return sa.Interval()
    make = _POSTGRESQL.get(name)
    if make is None or rest or (name == "character" and not numbers):
        return Verbatim(spelled)
    try:
        return make(*numbers)
    except TypeError:
        return Verbatim(spelled)


def _words(name: str, rest: str) -> tuple[str, str]:
    first, _, more = name.partition(" ")
    return (first, more) if first in _CLOCKS else (name, rest)


def _named(spelled: str, schema: model.Schema | None) -> TypeEngine[Any] | None:
    for enum in schema.enums if schema is not None else ():
        if spelled in _spellings(enum):
            return postgresql.ENUM(*enum.values, name=enum.name, schema=enum.schema or None, create_type=False)
    return None


def _spellings(enum: model.Enum) -> tuple[str, str]:
    quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    bare = ".".join(quote(part) for part in (enum.schema, enum.name) if part)
    whole = ".".join(f'"{part}"' for part in (enum.schema, enum.name) if part)
    return bare, whole


# -- MySQL and MariaDB: the spellings of COLUMN_TYPE

_MYSQL: Mapping[str, Callable[..., TypeEngine[Any]]] = {
    "varchar": sa.String,
    "char": sa.CHAR,
    "text": sa.Text,
    "tinytext": mysql.TINYTEXT,
    "mediumtext": mysql.MEDIUMTEXT,
    "longtext": mysql.LONGTEXT,
    "date": sa.Date,
    "float": sa.Float,
    "double": sa.Double,
    "decimal": sa.Numeric,
    "blob": sa.LargeBinary,
    "tinyblob": mysql.TINYBLOB,
    "mediumblob": mysql.MEDIUMBLOB,
    "longblob": mysql.LONGBLOB,
    "binary": sa.BINARY,
    "varbinary": sa.VARBINARY,
    "json": sa.JSON,
    "year": mysql.YEAR,
    "bit": mysql.BIT,
}
_MYSQL_INTEGERS: Mapping[str, tuple[Any, Any, int]] = {
    "int": (sa.Integer, mysql.INTEGER, 11),
    "bigint": (sa.BigInteger, mysql.BIGINT, 20),
    "smallint": (sa.SmallInteger, mysql.SMALLINT, 6),
    "mediumint": (mysql.MEDIUMINT, mysql.MEDIUMINT, 9),
    "tinyint": (mysql.TINYINT, mysql.TINYINT, 4),
}
_MYSQL_CLOCKS: Mapping[str, tuple[Any, Any]] = {
    "datetime": (sa.DateTime, mysql.DATETIME),
    "timestamp": (sa.TIMESTAMP, mysql.TIMESTAMP),
    "time": (sa.Time, mysql.TIME),
}


def _mysql(spelled: str) -> TypeEngine[Any]:
    lowered = spelled.lower()
    if lowered.startswith(("enum(", "set(")) and "\\" not in spelled:
        values = [each.replace("''", "'") for each in _TEXT.findall(spelled)]
        return mysql.ENUM(*values) if lowered.startswith("enum") else mysql.SET(*values)
    parts = _split(spelled)
    if parts is None:
        return Verbatim(spelled)
    name, numbers, rest = parts
    if not numbers:
        name, _, rest = name.partition(" ")
    if lowered == "tinyint(1)":
        return sa.Boolean()
    if name in _MYSQL_INTEGERS:
        return _mysql_integer(name, numbers, rest) or Verbatim(spelled)
    if rest or (name in {"char", "varchar"} and not numbers):
        return Verbatim(spelled)
    if name in _MYSQL_CLOCKS:
        plain, precise = _MYSQL_CLOCKS[name]
        return precise(fsp=numbers[0]) if numbers else plain()  # type: ignore[no-any-return]
    if name in {"float", "double"} and numbers:
        return Verbatim(spelled)
    make = _MYSQL.get(name)
    return make(*numbers) if make is not None else Verbatim(spelled)


def _mysql_integer(name: str, numbers: tuple[int, ...], rest: str) -> TypeEngine[Any] | None:
    plain, own, usual = _MYSQL_INTEGERS[name]
    if not rest and (not numbers or numbers[0] == usual):
        return plain()  # type: ignore[no-any-return]
    if rest not in {"", "unsigned"}:
        return None
    width = {"display_width": numbers[0]} if numbers and not (rest and numbers[0] == usual - (name != "bigint")) else {}
    return own(**width, **({"unsigned": True} if rest else {}))  # type: ignore[no-any-return]
