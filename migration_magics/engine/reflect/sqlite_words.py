"""SQL as SQLite reads it, word by word, and written again so that formatting and needless quotes make no difference.

Nothing is asked of a database here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

# sqlite.org/src/file/src/tokenize.c: space is these five characters, everything from U+0080 on belongs to a name, and an
# unclosed comment ends with the text. The empty match at the end keeps a last comment from being read as operators.
_WORD = re.compile(
    r"""
    (?: [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )*
    (
      [xX]?'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
    | [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*
    | 0[xX][0-9a-fA-F]+ | (?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?
    | \|\| | ->>? | << | >> | <= | >= | <> | != | ==
    | \Z | .
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")

# sqlite.org/lang_keywords.html (3.49), and the two that stand for a number where no column is called so.
_LISTED = """
ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE
CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE
EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE
IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH
MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA
PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING
RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION
UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT TRUE FALSE
"""
KEYWORDS = frozenset(_LISTED.split())
ROWID = frozenset({"rowid", "oid", "_rowid_"})
"""Names that every table has (sqlite.org/lang_createtable.html, 5)."""

_OPERANDS = frozenset({"NULL", "TRUE", "FALSE", "END", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"})
# The keywords that may stand in an expression without subqueries: others there are names that need no quotes to SQLite.
_SYNTAX = frozenset(
    {
        "AND",
        "AS",
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "DISTINCT",
        "ELSE",
        "ESCAPE",
        "EXISTS",
        "FROM",
        "GLOB",
        "IN",
        "IS",
    }
    | {"ISNULL", "LIKE", "MATCH", "NOT", "NOTNULL", "OR", "RAISE", "REGEXP", "THEN", "WHEN"}
)
_NAMES_TOO = KEYWORDS - _SYNTAX - _OPERANDS
_CALLED = frozenset({"CAST", "RAISE", "REPLACE"})
_SIGNS = frozenset("+-~")
_NO_SPACE_BEFORE = frozenset(",).;")
_NO_SPACE_AFTER = frozenset("(.")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """Return *name* as SQLite compares names: A-Z as a-z, and nothing else."""
    return name.lower() if name.isascii() else name.translate(_LOWER)


def words(sql: str) -> list[str]:
    """Return the words of *sql*: names and strings with their quotes, numbers, operators; no space and no comments."""
    found = _WORD.findall(sql)
    while found and not found[-1]:
        found.pop()
    return found


def bare(word: str) -> str:
    """Return the name that *word* is, without the quotes of any of SQLite's four kinds."""
    first = word[:1]
    if len(word) < 2:
        return word
    if first == "[":
        return word[1:-1]
    if first in "\"`'":
        return word[1:-1].replace(first * 2, first)
    return word


def quoted(name: str) -> str:
    """Return *name* as it stands in SQL: in double quotes only where it needs them."""
    if _PLAIN.fullmatch(name) and name.upper() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def spelled(found: Sequence[str], names: Collection[str] = (), *, are_all: bool = False) -> str:
    """Return the words *found* as one line of SQL, equal for all ways of spacing, commenting and quoting it.

    A word in double quotes may be a string to SQLite (sqlite.org/quirks.html, 8): its quotes go only beside a dot and where
    *names*, all as `fold` gives them, has it. Where these *are all* that it could name, any other becomes the string it is,
    as SQLite itself writes it when a column is renamed, and a keyword among them gets its quotes. The words stay as they are
    otherwise, upper and lower case too.
    """
    shown = list(found)
    for at, word in enumerate(found):
        before, after = found[at - 1] if at else "", found[at + 1] if at + 1 < len(found) else ""
        if word[0] in '"`[' and len(word) > 1:
            shown[at] = _name(word, names, before, after, are_all=are_all)
        elif are_all and after != "(" and word.upper() in _NAMES_TOO and fold(word) in names:
            shown[at] = quoted(word)
    return "".join(_pieces(shown))


def items(found: list[str], start: int) -> tuple[list[list[str]], list[str]]:
    """Return what stands between the commas of the brackets that open at *start*, and what follows them."""
    parts: list[list[str]] = []
    item: list[str] = []
    depth = 0
    for at in range(start, len(found)):
        word = found[at]
        if word == "(":
            depth += 1
            if depth == 1:
                continue
        elif word == ")":
            depth -= 1
            if not depth:
                break
        elif word == "," and depth == 1:
            parts.append(item)
            item = []
            continue
        item.append(word)
    parts.append(item)
    return [each for each in parts if each], found[at + 1 :]


def _pieces(shown: Iterable[str]) -> Iterator[str]:
    previous, is_sign = "", False
    for word in shown:
        if previous and _is_apart(previous, word, is_sign=is_sign):
            yield " "
        yield word
        is_sign = word in _SIGNS and not _is_operand(previous)
        previous = word


def _name(word: str, names: Collection[str], before: str, after: str, *, are_all: bool) -> str:
    name = bare(word)
    if word[0] != '"' or before == "." or after == "." or fold(name) in names:
        return quoted(name)
    if are_all and after != "(" and before.upper() not in {"AS", "COLLATE"}:
        return "'" + name.replace("'", "''") + "'"
    return word


def _is_apart(previous: str, word: str, *, is_sign: bool) -> bool:
    if word in _NO_SPACE_BEFORE or previous in _NO_SPACE_AFTER:
        return False
    if word == "(":
        upper = previous.upper()
        return upper not in _CALLED and (upper in KEYWORDS or not _is_operand(previous))
    return not is_sign or word[0] in "+-~"


def _is_operand(word: str) -> bool:
    """Whether *word* ends an operand, so that a sign after it is an operator between two."""
    if not word or not (word[0].isalnum() or word[0] in "_\"`['.)" or word[0] > "\x7f"):
        return False
    upper = word.upper()
    return upper in _OPERANDS or upper not in KEYWORDS
