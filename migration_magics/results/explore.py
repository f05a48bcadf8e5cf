"""Interact: the history to look around in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.plain import plain
from .base import Result
from .browse import revision_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.diff import SchemaDiff
    from .browse import History
    from .place import Status


@dataclass(frozen=True, slots=True)
class Explorer(Result):
    """`explore`: where the database stands, every revision, and what each did to the schema.

    *changes* are by revision, in the order in which they ran when the history was replayed on *place*; those missing are
    not known, and *notes* say why.
    """

    status: Status
    history: History
    changes: Mapping[str, SchemaDiff]
    place: str = ""
    notes: tuple[str, ...] = ()
    is_from_database: bool = False
    """The replay started from what the database is, and walked outward from there."""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                **revision_row(one),
                "is_head": one.id in self.history.heads,
                "state": self.history.state(one.id),
                "schema_changes": len(self.changes[one.id].changes) if one.id in self.changes else None,
            }
            for one in self.history.revisions
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the status, the revisions and what each changed as JSON-ready data."""
        return {
            "status": self.status.to_dict(),
            "history": self.history.to_dict(),
            "changes": {id_: plain(diff) for id_, diff in self.changes.items()},
            "place": self.place,
            "notes": list(self.notes),
            "protected": self.protected,
            "elsewhere": self.elsewhere,
        }
