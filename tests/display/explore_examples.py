"""What `explore` shows before its widget: for the golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.schema import Column, Table
from migration_magics.results import Explorer, History, Status

if TYPE_CHECKING:
    from migration_magics.results import Result

_METRICS = Table("metrics", (Column("id", "INTEGER", "integer", is_nullable=False),))
_CHANGES = {
    "002a8f": SchemaDiff((Change("add", ("evaluations",), None, Table("evaluations")),)),
    "9b02c7": SchemaDiff(
        (Change("add", ("evaluations", "columns", "runtime_ms"), None, Column("runtime_ms", "INTEGER", "integer")),)
    ),
    "1d5520": SchemaDiff((Change("rename", ("evaluations", "columns", "title"), "title", "name"),)),
    "77e0f4": SchemaDiff((Change("add", ("metrics",), None, _METRICS),)),
    "a41c9e": SchemaDiff(
        (
            *(Change("drop", (f"<b>{number}</b>",), Table(f"<b>{number}</b>"), None) for number in range(5)),
            Change("add", ("", "enums", "state"), None, "state"),
        )
    ),
    "c3b8aa": SchemaDiff(),
}


def examples(status: Status, history: History) -> dict[str, Result]:
    """Return the results by the name of their golden files."""
    return {
        "explored": Explorer(status, history, _CHANGES, "SQLite in memory", ("Without f07d21 and what stands on it.",)),
        "explored_unknown": Explorer(
            status, history, {}, notes=("What each revision changed is not known: no such table: <users>.",)
        ),
        "explored_empty": Explorer(status, History((), history.graph, ()), {}),
    }
