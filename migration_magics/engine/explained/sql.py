"""What a text of SQL does, in the terms of `rules.explained`: each statement by its words; what they do not tell is not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...model import sqlscript
from ...model.explanation import Deed
from ...model.sql_effects import bare, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = (
    r"(?P<table>(?:[\w$]+|\"(?:[^\"]|\"\")+\"|`[^`]+`|\[[^\]]+\])(?:\s*\.\s*(?:[\w$]+|\"(?:[^\"]|\"\")+\"|`[^`]+`))*)"
)
_PART = re.compile(r"[\w$]+|\"(?:[^\"]|\"\")+\"|`[^`]+`|\[[^\]]+\]")
_ROWS: tuple[tuple[str, str], ...] = (
    (r"UPDATE\s+(?:(?:ONLY|LOW_PRIORITY|IGNORE|OR\s+\w+)\s+)*" + _NAME, "update"),
    (r"DELETE\s+(?:(?:LOW_PRIORITY|QUICK|IGNORE)\s+)*FROM\s+(?:ONLY\s+)?" + _NAME, "delete"),
    (r"INSERT\s+(?:\w+\s+)*?INTO\s+" + _NAME, "insert"),
    (r"REPLACE\s+(?:\w+\s+)*?INTO\s+" + _NAME, "replace"),
    (r"MERGE\s+INTO\s+(?:ONLY\s+)?" + _NAME, "merge"),
)
_MADE = r"(?:VIEW|FUNCTION|PROCEDURE|TYPE|SEQUENCE|SCHEMA|DOMAIN|TABLE(?!.*\b(?:REFERENCES|PARTITION|INHERITS|AS)\b))\b"
_ANEW = (
    r"(?:VACUUM\s+(?:FULL\b|\([^)]*\bFULL\b[^)]*\))(?:\s*(?:FREEZE|VERBOSE|ANALYZE)\b)*\s*|CLUSTER\s+(?:VERBOSE\s+)?)"
)
_ASKED = r"(?!wal_checkpoint|optimize|incremental_vacuum)(?:\w+\s*\Z|\w+_(?:x?info|list|check)\b)"
_KINDS: tuple[tuple[str, str], ...] = (
    *_ROWS,
    (r"TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?" + _NAME, "truncate"),
    (r"ALTER\s+TYPE\s+" + _NAME + r"\s+ADD\s+VALUE\b", "add enum value"),
    (r"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?" + _NAME + r"\s+VALIDATE\s+CONSTRAINT\b", "validate"),
    (r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b.*?\bON\s+(?:ONLY\s+)?" + _NAME, "index concurrently"),
    (r"CREATE\s+(?:FULLTEXT|SPATIAL)\s+INDEX\b.*?\bON\s+" + _NAME, "index fulltext"),
    (r"CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON\s+(?:ONLY\s+)?" + _NAME, "index"),
    (r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b.*?\sON\s+" + _NAME, "trigger"),
    (r"COMMENT\s+ON\s+(?:TABLE|COLUMN)\s+" + _NAME, "comment"),
    (r"CREATE\s+(?:(?:TEMP|TEMPORARY|UNLOGGED)\s+)*" + _MADE + r"(?P<table>)", "create"),
    (r"(?:ALTER|DROP|CREATE|RENAME|COMMENT)\b(?:\s+TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?" + _NAME + ")?", "schema"),
    (r"LOCK\s+(?:TABLE\s+)?(?:ONLY\s+)?" + _NAME + r"(?:\s+IN\s+ACCESS\s+EXCLUSIVE\s+MODE)?(?:\s+NOWAIT)?\s*\Z", "lock table"),
    (_ANEW + _NAME, "rewrite"),
    (r"REINDEX\s+TABLE\s+(?!CONCURRENTLY\b)" + _NAME, "reindex"),
    (r"PRAGMA\s+(?:\w+\s*\.\s*)?" + _ASKED + r"(?P<table>)", "read"),
    (r"PRAGMA\s+(?:\w+\s*\.\s*)?\w+\s*[=(](?P<table>)", "setting"),
    (r"EXPLAIN\b(?!.*\bANALYZE\b)(?P<table>)", "read"),
    (r"SHOW\b(?P<table>)", "read"),
    (r"(?:SET|RESET|USE)\b(?P<table>)", "setting"),
    (r"(?:SAVEPOINT|RELEASE|ROLLBACK|COMMIT|BEGIN|START\s+TRANSACTION)\b(?P<table>)", "transaction"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(text, re.IGNORECASE | re.DOTALL), trait) for text, trait in _KINDS)
_INSIDE = tuple((re.compile(rf"(?<!FOR )\b{text}", re.IGNORECASE | re.DOTALL), trait) for text, trait in _ROWS)
_QUERY = re.compile(r"[(\s]*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)
_LOCKING = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|(?:KEY\s+)?SHARE)\b|\bLOCK\s+IN\s+SHARE\s+MODE\b", re.IGNORECASE
)
_NESTED = re.compile(r"\([^()]*\)")
_CALL = re.compile(r"([^\W\d][\w.$]*|\"[^\"]+\"|`[^`]+`)\s*\(")
_HEAD = re.compile(r"(?:\s|/\*.*?\*/|--[^\n]*\n)*", re.DOTALL)

# Words before a parenthesis that are no functions, and functions that only compute (PostgreSQL 18, chapter 9; MariaDB 10.11,
# Built-in Functions; SQLite 3.45, Core, Aggregate, Window and Date Functions).
_HARMLESS = frozenset(
    """all and any as between by case check cross distinct else except exists filter from group having if in intersect join
    lateral limit not offset on or order over partition recursive select set some then union using values when where with
    within materialized returning
    abs array_agg array_length avg cast ceil ceiling char_length coalesce concat concat_ws count cume_dist current_database
    current_schema current_setting database date date_format date_part date_trunc datetime day dense_rank exp extract first_value
    floor format format_type generate_series greatest group_concat hex ifnull iif instr isnull json_agg json_extract jsonb_agg
    julianday lag last_value lead least left length ln log lower lpad ltrim max md5 min mod month now ntile nullif numeric
    obj_description col_description percent_rank position power rank regexp_replace replace right round row_number rpad rtrim
    schema sign sqlite_version sqrt string_agg strftime string_to_array substr substring sum time to_char to_date
    to_json to_jsonb to_regclass to_timestamp trim trunc unnest upper user varchar char decimal version year bool_and
    bool_or every typeof quote unicode total printf random uuid gen_random_uuid""".split()  # noqa: SIM905 - as a list a page of quotes
)
_CATALOGUE = re.compile(
    r"(?:pg_catalog\.)?(?:pg_get_\w+|pg_\w+_is_visible|pg_\w*size|has_\w+_privilege|\w+_description)\Z"
)


def about(text: str, *further: str) -> tuple[Deed, ...]:
    """Return what the statements in *text* do, in order: at least one deed. *further* traits are where it stands."""
    try:
        above, _below = sqlscript.split(text)
    except sqlscript.Unreadable:
        return (_deed(text, "", *further),)
    found = [deed for part in above if isinstance(part, sqlscript.Sql) for deed in _statement(part.text, further)]
    return tuple(found) or (_deed(text, "", *further),)


def _statement(text: str, further: tuple[str, ...]) -> Iterator[Deed]:
    start = _HEAD.match(text)
    masked = next(iter(statements(text)), "") or text[start.end() if start is not None else 0 :]
    if _QUERY.match(masked):
        yield from _query(masked, text, further)
        return
    for pattern, kind in _PATTERNS:
        found = pattern.match(masked)
        if found is not None:
            yield _deed(text, found["table"] or "", *_traits(kind, masked), *further)
            return
    yield _deed(text, "", *further)


def _query(masked: str, text: str, further: tuple[str, ...]) -> Iterator[Deed]:
    """A query may write in its WITH, lock what it reads, make a table of it, or call what does anything."""
    changes = sorted(
        (found.start(), kind, found["table"]) for pattern, kind in _INSIDE for found in pattern.finditer(masked)
    )
    for start, kind, table in changes:
        yield _deed(text, table, *_traits(kind, _own(masked, start)), *further)
    if changes:
        return
    if _INTO.search(masked):
        yield _deed(text, "", *further)
    elif any(not _is_harmless(name) for name in _CALL.findall(masked)):
        yield _deed(text, "", "calls", *further)
    elif _LOCKING.search(masked):
        yield _deed(text, "", "locks rows", *further)
    else:
        yield _deed(text, "", "read", *further)


def _traits(kind: str, masked: str) -> set[str]:
    if kind.startswith("index "):
        return {"index", "fulltext" if kind == "index fulltext" else "concurrently"}
    if kind not in {kind for _text, kind in _ROWS}:
        return {kind}
    is_every = kind in {"update", "delete"} and not _WHERE.search(_outer(masked))
    return {kind, "rows", *(["every row"] if is_every else [])}


def _is_harmless(name: str) -> bool:
    return name.lower() in _HARMLESS or bool(_CATALOGUE.match(name.lower()))


def _own(masked: str, start: int) -> str:
    """What belongs to the statement that begins at *start*: as far as the parenthesis around it."""
    depth = 0
    for at, sign in enumerate(masked[start:], start):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            return masked[start:at]
    return masked[start:]


def _outer(masked: str) -> str:
    """The text without what stands in parentheses: a WHERE in there is another query's."""
    while (less := _NESTED.sub(" ", masked)) != masked:
        masked = less
    return masked


def _deed(text: str, table: str, *traits: str) -> Deed:
    held = frozenset(trait for trait in traits if trait)
    return Deed("execute", held, {"table": _bare(table), "name": "", "sql": _short(text)})


def _bare(name: str) -> str:
    return ".".join(bare(part) for part in _PART.findall(name)) or "the schema"


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 120 else f"{said[:119]}…"
