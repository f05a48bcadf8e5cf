"""Schemas: one of them, two of them compared, who made what, and whether all agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.plain import plain
from .base import Result

if TYPE_CHECKING:
    from ..model.blame import Life
    from ..model.diagram import Diagram
    from ..model.diff import Change, SchemaDiff
    from ..model.graph import Revision
    from ..model.schema import Schema, Table


@dataclass(frozen=True, slots=True)
class SchemaShown(Result):
    """`schema`: the schema of a revision, of the database or of the models, or one *table* (a view, a type) of it.

    *of* is what was asked for in the words of the command ("db", "head", "ae1027a6acf5", "models"), *place* how it is known
    ("replayed on SQLite in memory"). *diagram* is there where it was asked for.
    """

    schema: Schema
    of: str
    table: str = ""
    place: str = ""
    diagram: Diagram | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        tables = [table for table in self.schema.tables if not self.table or table.key == self.table]
        return [row for table in tables for row in column_rows(table)]


def column_rows(table: Table) -> list[dict[str, Any]]:
    """Return what every table of columns has of the columns of *table*, in its order."""
    return [
        {
            "table": table.key,
            "column": column.name,
            "type": column.type,
            "family": column.family,
            "nullable": column.is_nullable,
            "default": column.default,
            "primary_key": bool(table.primary_key and column.name in table.primary_key.columns),
            "foreign_key": ", ".join(
                f"{fk.target}.{target}"
                for fk in table.foreign_keys
                for name, target in zip(fk.columns, fk.target_columns, strict=False)
                if name == column.name
            ),
            "comment": column.comment,
        }
        for column in table.columns
    ]


@dataclass(frozen=True, slots=True)
class Compared(Result):
    """`diff A B`: what would have to change to make B of A. True where anything would.

    *before* and *after* name the two sides in the words of the command; *code* is the Alembic operations that would do it,
    *not_compared* are sentences about what is there and was not looked at. With *table* only that was asked about.
    """

    before: str
    after: str
    diff: SchemaDiff
    code: str = ""
    place: str = ""
    diagram: Diagram | None = None
    not_compared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""
    table: str = ""

    def __bool__(self) -> bool:
        return bool(self.diff)

    def records(self) -> list[dict[str, Any]]:
        return change_rows(self.diff)


def change_rows(diff: SchemaDiff) -> list[dict[str, Any]]:
    """Return what every table of changes has of one, in the order in which they are made."""
    return [
        {
            "kind": change.kind,
            "table": change.path[0],
            "part": change.path[1] if len(change.path) > 1 else "table",
            "name": change.path[-1],
            "before": plain(change.before),
            "after": plain(change.after),
        }
        for change in diff.changes
    ]


@dataclass(frozen=True, slots=True)
class Checked(Result):
    """`check`: whether models, history and database agree. Each comparison is None where it could not be made.

    *models_vs_database*: what autogenerate would write; its changes make the database what the models say.
    *history_vs_database*: what was changed by hand; its changes make of the replayed history what the database is.
    *models_vs_history*: what the history lacks for the models. *not_checked* says what nobody compares, *not_with_models*
    what autogenerate leaves out, which history and database are compared in; *at* is where the database stands.
    """

    models_vs_database: SchemaDiff | None
    history_vs_database: SchemaDiff | None
    models_vs_history: SchemaDiff | None = None
    not_checked: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    behind: int = 0
    place: str = ""
    connection: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""
    not_with_models: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """No difference was found in what could be compared; `not_checked` says what could not."""
        return not (self.models_vs_database or self.history_vs_database or self.models_vs_history)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every difference, in the order of `records`."""
        compared = (self.models_vs_database, self.history_vs_database, self.models_vs_history)
        return tuple(change for diff in compared if diff is not None for change in diff.changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data, with `clean`."""
        return {**dict(plain(self)), "clean": self.clean}

    def records(self) -> list[dict[str, Any]]:
        compared = (
            ("models against database", self.models_vs_database),
            ("history against database", self.history_vs_database),
            ("models against history", self.models_vs_history),
        )
        return [{"comparison": name, **row} for name, diff in compared if diff is not None for row in change_rows(diff)]


@dataclass(frozen=True, slots=True)
class BlamedRow:
    """One object: *created_by* and *changed_by* are revision ids, "" where it was there before the history begins."""

    path: tuple[str, ...]
    created_by: str
    changed_by: str
    text: str = ""
    dropped_by: str = ""


@dataclass(frozen=True, slots=True)
class Blamed(Result):
    """`blame`: who made what of a table, in the table's order; or the whole life of one object (*lives*, oldest first).

    *revisions* has every revision that is named, by id. Where the replay *begins* at a revision of the history, what a row
    says was there before it may be of any revision up to that one.
    """

    is_about_one_connection: ClassVar[bool] = False
    target: str
    rows: tuple[BlamedRow, ...]
    lives: tuple[Life, ...] = ()
    revisions: dict[str, Revision] = field(default_factory=dict)
    place: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""
    begins: str = ""

    def records(self) -> list[dict[str, Any]]:
        named = self.revisions
        return [
            {
                "table": row.path[0],
                "part": row.path[1] if len(row.path) > 1 else "table",
                "name": row.path[-1],
                "created_by": row.created_by,
                "created_at": named[row.created_by].created_at if row.created_by in named else None,
                "changed_by": row.changed_by,
                "changed_at": named[row.changed_by].created_at if row.changed_by in named else None,
                "message": named[row.changed_by].message if row.changed_by in named else None,
            }
            for row in self.rows
        ]
