"""Which names stand in the strings of a migration: `op.drop_column("<a table>", "<one of its columns>")`.

Pure text: nothing is run or imported. `completion` offers names by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.names import Names

# The positional parameters as `alembic.operations.Operations` names them; a test compares them.
OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "add_column": ("table_name",),
        "alter_column": ("table_name", "column_name"),
        "batch_alter_table": ("table_name",),
        "create_check_constraint": ("constraint_name", "table_name", "condition"),
        "create_exclude_constraint": ("constraint_name", "table_name"),
        "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
        "create_index": ("index_name", "table_name", "columns"),
        "create_primary_key": ("constraint_name", "table_name", "columns"),
        "create_table_comment": ("table_name",),
        "create_unique_constraint": ("constraint_name", "table_name", "columns"),
        "drop_column": ("table_name", "column_name"),
        "drop_constraint": ("constraint_name", "table_name"),
        "drop_index": ("index_name", "table_name"),
        "drop_table": ("table_name",),
        "drop_table_comment": ("table_name",),
        "execute": ("sqltext",),
        "rename_table": ("old_table_name",),
    }
)
# The same of `alembic.operations.BatchOperations`, whose table is that of the `with` line.
BATCH_OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "alter_column": ("column_name",),
        "create_check_constraint": ("constraint_name", "condition"),
        "create_foreign_key": ("constraint_name", "referent_table", "local_cols", "remote_cols"),
        "create_index": ("index_name", "columns"),
        "create_primary_key": ("constraint_name", "columns"),
        "create_unique_constraint": ("constraint_name", "columns"),
        "drop_column": ("column_name",),
        "drop_constraint": ("constraint_name",),
        "drop_index": ("index_name",),
        "execute": ("sqltext",),
    }
)
_SQLALCHEMY: Mapping[str, tuple[str, ...]] = MappingProxyType({"text": ("sqltext",), "ForeignKey": ("table.column",)})

_TABLES = frozenset({"table_name", "old_table_name", "source_table", "referent_table"})
_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "column_name": ("table_name",),
        "columns": ("table_name",),
        "local_cols": ("source_table",),
        "remote_cols": ("referent_table",),
        "insert_after": ("table_name",),
        "insert_before": ("table_name",),
    }
)
_BATCH = re.compile(r"batch_alter_table\(\s*[\"']([^\"']+)[\"'][^:]*\)\s*as\s+(\w+)\s*:")
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | [A-Za-z]{0,2}(?P<triple>\"{3}|'{3})(?P<long>(?:\\.|(?!(?P=triple)).)*)(?P<long_end>(?P=triple))?
  | [A-Za-z]{0,2}(?P<quote>["'])(?P<short>(?:\\.|(?!(?P=quote))[^\n])*)(?P<short_end>(?P=quote))?
  | (?P<name>[^\W\d][\w.]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<mark>[,=])
  | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Bracket:
    """An open bracket: the call it belongs to, the arguments that are strings so far, and the one the cursor is in."""

    callee: str
    strings: dict[int | str, str] = field(default_factory=dict)
    place: int = 0
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class _InString:
    """A string that is still open: its text, and the call it is an argument of, by place or keyword."""

    begun: str
    bracket: _Bracket

    @property
    def argument(self) -> int | str:
        return self.bracket.keyword or self.bracket.place


def names_in_string(text: str, names: Names) -> tuple[tuple[tuple[str, str], ...], str] | None:
    """Return (name, kind) for what may be in the string that *text* ends in, and what of it is typed; None outside of one."""
    found = _in_string(text)
    if found is None:
        return None
    tables = {variable: table for table, variable in _BATCH.findall(text)}
    owner, _, directive = found.bracket.callee.rpartition(".")
    batch_table = tables.get(owner, "")
    parameters = _parameters(owner, directive, is_batch=owner in tables)
    if parameters is None:
        return (), found.begun
    wanted = _wanted(found.argument, parameters)
    if wanted in {"sqltext", "condition"}:
        begun = re.search(r"[\w.]*\Z", found.begun)
        word = begun[0] if begun else ""
        return sql_names(word, names), word
    if wanted == "table.column" or (wanted == "remote_cols" and "." in found.begun):
        return _qualified(found.begun, names), found.begun
    table = _table(found.bracket, parameters, _COLUMNS.get(wanted, ("table_name",))[0]) or batch_table
    return _names(wanted, table, names), found.begun


def sql_names(word: str, names: Names) -> tuple[tuple[str, str], ...]:
    """Return what *word* of an SQL statement may become: tables, then columns; after `table.` only that table's columns."""
    table, dot, _ = word.rpartition(".")
    if dot:
        return tuple((f"{table}.{column}", f"column of {table}") for column in names.table(table).columns)
    columns = {column: f"column of {table}" for table, inner in names.tables.items() for column in inner.columns}
    tables = dict.fromkeys(names.tables, "table")
    return (*tables.items(), *((name, about) for name, about in columns.items() if word and name not in tables))


def _in_string(text: str) -> _InString | None:
    stack = [_Bracket("")]
    last_name = ""
    token = None
    for token in _TOKEN.finditer(text):
        top = stack[-1]
        if token["open"]:
            is_list = token["open"] != "(" or not last_name
            stack.append(top if is_list and top.callee else _Bracket(last_name))
        elif token["close"]:
            if len(stack) > 1:
                stack.pop()
        elif token["mark"] == "=":
            top.keyword = last_name
        elif token["mark"] and (len(stack) < 2 or top is not stack[-2]):  # a comma in a list is none of the call
            top.place, top.keyword = top.place + 1, ""
        elif (token["triple"] or token["quote"]) and not _is_open(token):
            top.strings[top.keyword or top.place] = token["long"] or token["short"] or ""
        last_name = token["name"] or ""
    if token is None or token.end() != len(text) or not _is_open(token):
        return None
    return _InString(token["long"] or token["short"] or "", stack[-1])


def _is_open(token: re.Match[str]) -> bool:
    return bool((token["triple"] and not token["long_end"]) or (token["quote"] and not token["short_end"]))


def _parameters(owner: str, directive: str, *, is_batch: bool) -> tuple[str, ...] | None:
    """Return the parameters of the call, () for one of ours that takes keywords only, None for somebody else's."""
    if is_batch:
        return BATCH_OPERATIONS.get(directive, ())
    if owner == "op":
        return OPERATIONS.get(directive, ())
    return _SQLALCHEMY.get(directive)


def _wanted(argument: int | str, parameters: tuple[str, ...]) -> str:
    if isinstance(argument, str):
        return argument
    return parameters[argument] if argument < len(parameters) else ""


def _table(bracket: _Bracket, parameters: tuple[str, ...], parameter: str) -> str:
    """Return the table that the call names in *parameter*, by keyword or by place."""
    if parameter in bracket.strings:
        return bracket.strings[parameter]
    return bracket.strings.get(parameters.index(parameter), "") if parameter in parameters else ""


def _names(wanted: str, table: str, names: Names) -> tuple[tuple[str, str], ...]:
    if wanted in _TABLES:
        return tuple((name, "table") for name in names.tables)
    if wanted in _COLUMNS:
        return tuple((column, f"column of {table}") for column in names.table(table).columns)
    tables = {table: names.table(table)} if table else names.tables
    if wanted == "index_name":
        return tuple((index, f"index of {name}") for name, inner in tables.items() for index in inner.indexes)
    if wanted == "constraint_name":
        return tuple((one, f"constraint of {name}") for name, inner in tables.items() for one in inner.constraints)
    return ()


def _qualified(begun: str, names: Names) -> tuple[tuple[str, str], ...]:
    table, dot, _ = begun.rpartition(".")
    if dot:
        return tuple((f"{table}.{column}", f"column of {table}") for column in names.table(table).columns)
    return tuple((f"{name}.", "table") for name in names.tables)
