"""What a text of SQL does, in the terms of `rules.explained`: each statement by its first words."""

from __future__ import annotations

import re

from ...model.explanation import Deed
from ...model.sql_effects import bare

_NAME = r"(?P<table>(?:[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])(?:\s*\.\s*(?:[\w$]+|\"[^\"]+\"|`[^`]+`))*)"
_PART = re.compile(r"[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\]")
_START = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
_KINDS: tuple[tuple[str, str], ...] = (
    (r"UPDATE\s+(?:(?:ONLY|LOW_PRIORITY|IGNORE|OR\s+\w+)\s+)*" + _NAME, "update"),
    (r"DELETE\s+(?:(?:LOW_PRIORITY|QUICK|IGNORE)\s+)*FROM\s+(?:ONLY\s+)?" + _NAME, "delete"),
    (r"INSERT\s+(?:\w+\s+)*?INTO\s+" + _NAME, "insert"),
    (r"REPLACE\s+(?:\w+\s+)*?INTO\s+" + _NAME, "replace"),
    (r"MERGE\s+INTO\s+(?:ONLY\s+)?" + _NAME, "merge"),
    (r"WITH\b.*?\bUPDATE\s+(?:ONLY\s+)?" + _NAME + r"(?:\s+(?:AS\s+)?\w+)?\s+SET\b", "update"),
    (r"WITH\b.*?\bDELETE\s+FROM\s+(?:ONLY\s+)?" + _NAME, "delete"),
    (r"WITH\b.*?\bINSERT\s+INTO\s+" + _NAME, "insert"),
    (r"TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?" + _NAME, "truncate"),
    (r"ALTER\s+TYPE\s+" + _NAME + r"\s+ADD\s+VALUE\b", "add enum value"),
    (r"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?" + _NAME + r"\s+VALIDATE\s+CONSTRAINT\b", "validate"),
    (r"CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON\s+(?:ONLY\s+)?" + _NAME, "index"),
    (r"(?:ALTER|DROP|CREATE|RENAME|COMMENT)\b(?:\s+TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?" + _NAME + ")?", "schema"),
    (r"(?:SELECT|WITH|VALUES|SHOW|EXPLAIN|PRAGMA\s+(?!\w+\s*=))\b(?P<table>)", "read"),
    (r"(?:SET|PRAGMA|RESET|USE)\b(?P<table>)", "setting"),
    (r"(?:SAVEPOINT|RELEASE|ROLLBACK|COMMIT|BEGIN|START\s+TRANSACTION)\b(?P<table>)", "transaction"),
)
_PATTERNS = tuple((re.compile(_START + text, re.IGNORECASE | re.DOTALL), trait) for text, trait in _KINDS)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)


def about(text: str) -> tuple[Deed, ...]:
    """Return what *text*, one statement, does; where its first words say nothing, that it runs SQL."""
    for pattern, trait in _PATTERNS:
        found = pattern.match(text)
        if found is not None:
            traits = {trait}
            if trait in {"update", "delete"} and not _WHERE.search(text):
                traits.add("every row")
            return (
                Deed(
                    "execute",
                    frozenset(traits),
                    {"table": _bare(found["table"] or ""), "name": "", "sql": _short(text)},
                ),
            )
    return (Deed("execute", frozenset(), {"table": "", "name": "", "sql": _short(text)}),)


def _bare(name: str) -> str:
    return ".".join(bare(part) for part in _PART.findall(name)) or "the schema"


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 120 else f"{said[:119]}…"
