"""Reports: one with everything in it, and one of files alone; further material of the golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.results import Report, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migration_magics.model.graph import Revision
    from migration_magics.results import Result

_PARTS = (
    ("history", "History", "history"),
    ("plan", "Plan", "planned"),
    ("schema", "Schema", "compared_diagram"),
    ("sql", "SQL", "sql"),
    ("rehearsal", "Rehearsal", "rehearsed"),
    ("revisions", "Revisions", "shown_several"),
)
_MISSING = {
    "plan": "No database is connected. A plan is a database's.",
    "rehearsal": "It was not asked for: --rehearse tries the revisions on <b>a copy</b>.",
}


def examples(others: Mapping[str, Result], revisions: tuple[Revision, ...]) -> dict[str, Result]:
    """Return the results by the name of their golden files; *others* are the results that reports are made of."""
    whole = tuple(Section(name, title, others[key]) for name, title, key in _PARTS)
    static = tuple(
        Section(name, title, None if name in _MISSING else others[key], _MISSING.get(name, ""))
        for name, title, key in _PARTS
    )
    return {
        "report": Report(
            "current:heads",
            revisions,
            whole,
            ("77e0f4", "a41c9e"),
            (revisions[-1].id,),
            "eval",
            "SQLite 3.40.1",
            "review/report.html",
        ),
        "report_static": Report(
            "base:heads",
            revisions[:1],
            static,
            (),
            (revisions[0].id,),
            next_command="%migrate report base:heads --to report.html",
        ),
    }
