"""What a type means on any database, from how one database spells it."""

from __future__ import annotations

import re

_SPELLED = re.compile(r"[\s\"`]*(?P<words>[^(]*)(?P<arguments>\([^)]*\))?", re.DOTALL)

# sqlite.org/datatype3.html 3.1.1; postgresql.org/docs/current/datatype.html; mariadb.com/kb/en/data-types
_FAMILIES = {
    "integer": "int integer tinyint smallint mediumint bigint int1 int2 int3 int4 int8 serial smallserial bigserial "
    "serial2 serial4 serial8 middleint year oid int64 signed unsigned",
    "decimal": "decimal numeric dec fixed number money",
    "float": "float real double float4 float8",
    "boolean": "boolean bool",
    "text": "text varchar char character bpchar clob nvarchar nchar tinytext mediumtext longtext string citext name "
    "nclob varchar2 nvarchar2 long national native varying",
    "binary": "blob bytea binary varbinary tinyblob mediumblob longblob bit varbit raw",
    "date": "date",
    "time": "time timetz",
    "datetime": "datetime timestamp timestamptz",
    "interval": "interval",
    "json": "json jsonb",
    "uuid": "uuid uniqueidentifier",
    "enum": "enum",
    "set": "set",
    "geometry": "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geography "
    "box circle line lseg path",
}
_QUOTES = str.maketrans('"`[]', "    ")
_FAMILY_OF = {word: family for family, words in _FAMILIES.items() for word in words.split()}


def family(type_: str) -> str:
    """Return what *type_* means on any database; "other" where that is not known.

    One of integer, decimal, float, boolean, text, binary, date, time, datetime, interval, json, uuid, enum, set, array,
    geometry and other. The spellings are those of SQLite, PostgreSQL (`format_type`) and MariaDB (COLUMN_TYPE).

    >>> family("character varying(50)"), family("tinyint(1)"), family("integer[]")
    ('text', 'boolean', 'array')
    """
    lowered = type_.lower()
    if lowered.rstrip().endswith(("[]", " array")):
        return "array"
    parts = _SPELLED.match(lowered)
    words = (
        parts["words"].replace('"', " ").replace("`", " ").replace("[", " ").replace("]", " ").split() if parts else []
    )
    if not words:
        return "other"
    first = words[0].rpartition(".")[2]
    if first == "tinyint" and parts is not None and "".join((parts["arguments"] or "").split()) == "(1)":
        return "boolean"
    return _FAMILY_OF.get(first, "other")
