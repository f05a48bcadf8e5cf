"""What an operation does, as a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .sql_effects import bare

if TYPE_CHECKING:
    from .trace import Operation

# Directive -> sentence. Names as in Alembic 1.20, `alembic.operations.ops`.
_SENTENCES = {
    "create_table": "Creates the table {table}.",
    "drop_table": "Drops the table {table} with all its rows.",
    "rename_table": "Renames the table {table} to {name}.",
    "create_table_comment": "Sets the comment of the table {table}.",
    "drop_table_comment": "Removes the comment of the table {table}.",
    "add_column": "Adds the column {name} to {table}.",
    "drop_column": "Drops the column {name} of {table} with all its values.",
    "alter_column": "Changes the column {name} of {table}.",
    "create_index": "Builds the index {name} on {table}.",
    "drop_index": "Drops the index {name}.",
    "create_foreign_key": "Makes {table} refer to another table: adds the foreign key {name}.",
    "create_unique_constraint": "Lets nothing in {table} be there twice: adds the unique constraint {name}.",
    "create_check_constraint": "Lets only some values into {table}: adds the check constraint {name}.",
    "create_primary_key": "Makes the primary key of {table}.",
    "create_exclude_constraint": "Lets no two rows of {table} collide: adds the exclude constraint {name}.",
    "drop_constraint": "Drops the constraint {name} of {table}.",
    "bulk_insert": "Inserts rows into {table}.",
    "batch_alter_table": "Changes the table {table} in one batch (SQLite: by building it anew and copying the rows).",
    "further_operations": "All further operations of the revision, taken together.",
}
_NAMELESS = {
    "create_foreign_key": "Makes {table} refer to another table: adds a foreign key.",
    "create_unique_constraint": "Lets nothing in {table} be there twice: adds a unique constraint.",
    "create_check_constraint": "Lets only some values into {table}: adds a check constraint.",
    "create_index": "Builds an index on {table}.",
    "drop_constraint": "Drops a constraint of {table}.",
    "drop_index": "Drops an index.",
    "alter_column": "Changes a column of {table}.",
}

_NAME = r"""(?:ONLY\s+)?(?P<table>(?:[\w$]+|"[^"]+"|`[^`]+`|\[[^\]]+\])(?:\s*\.\s*(?:[\w$]+|"[^"]+"|`[^`]+`))*)"""
_START = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"
# The first words of a statement -> what it does to {table}.
_SQL = tuple(
    (re.compile(_START + pattern, re.IGNORECASE | re.DOTALL), sentence)
    for pattern, sentence in (
        (rf"INSERT\s+(?:\w+\s+)*?INTO\s+{_NAME}", "inserts rows into {table}"),
        (rf"REPLACE\s+(?:\w+\s+)*?INTO\s+{_NAME}", "inserts or replaces rows of {table}"),
        (rf"UPDATE\s+(?:(?:LOW_PRIORITY|IGNORE|OR\s+\w+)\s+)*{_NAME}", "changes rows of {table}"),
        (rf"DELETE\s+FROM\s+{_NAME}", "deletes rows of {table}"),
        (rf"TRUNCATE\s+(?:TABLE\s+)?{_NAME}", "empties {table}"),
        (rf"MERGE\s+INTO\s+{_NAME}", "inserts, changes or deletes rows of {table}"),
        (rf"CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON\s+{_NAME}", "builds an index on {table}"),
        (rf"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}", "creates the table {table}"),
        (rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}", "drops the table {table} with all its rows"),
        (rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}", "changes the table {table}"),
        (r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?VIEW\b", "makes a view"),
        (r"DROP\s+(?:MATERIALIZED\s+)?VIEW\b", "drops a view"),
        (r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b", "makes a trigger"),
        (r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", "makes a routine"),
        (r"CREATE\s+TYPE\b", "makes a type"),
        (r"DROP\s+TYPE\b", "drops a type"),
        (r"ALTER\s+TYPE\b", "changes a type"),
        (r"(?:SELECT|WITH|VALUES|SHOW|EXPLAIN)\b", "reads"),
        (r"(?:SET|PRAGMA|USE)\b", "sets something for this connection"),
        (r"(?:SAVEPOINT|RELEASE|ROLLBACK|COMMIT|BEGIN)\b", "ends or begins a part of the transaction"),
    )
)
_MOST_SAID = 3


def sentence(operation: Operation) -> str:
    """Return what *operation* does in plain words, a whole sentence.

    >>> from .trace import Operation, Statement
    >>> sentence(Operation("add_column", "evaluations", "runtime_ms"))
    'Adds the column runtime_ms to evaluations.'
    >>> sentence(Operation("execute", statements=(Statement("UPDATE evaluations SET status = 'new'", 0.1),)))
    'Runs SQL: changes rows of evaluations.'
    """
    known = _SENTENCES.get(operation.kind)
    if known is not None:
        nameless = _NAMELESS.get(operation.kind, known)
        return (known if operation.name else nameless).format(table=operation.table, name=operation.name)
    if operation.kind not in {"execute", "sql"}:
        return f"Runs the operation {operation.kind.replace('_', ' ')}{' on ' if operation.table else ''}{operation.table}."
    said = list(dict.fromkeys(filter(None, map(_of_sql, (each.sql for each in operation.statements)))))
    if len(said) > 1 and "reads" in said:
        said.remove("reads")  # on the way to what it changes
    if not said:
        return "Runs SQL."
    more = ", and more" if len(said) > _MOST_SAID else ""
    return f"Runs SQL: {', '.join(said[:_MOST_SAID])}{more}."


def _of_sql(sql: str) -> str:
    for pattern, words in _SQL:
        found = pattern.match(sql)
        if found is not None:
            table = found.groupdict().get("table") or ""
            return words.format(table=".".join(bare(part.strip()) for part in table.split(".")))
    return ""
