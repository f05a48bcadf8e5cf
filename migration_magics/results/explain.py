"""Look: what operations do, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .base import Result

if TYPE_CHECKING:
    from ..model.explanation import Demonstration, OperationExplained
    from ..model.graph import Revision


@dataclass(frozen=True, slots=True)
class RevisionExplained:
    """The operations of one revision, in the order they run; *notes* say what could not be known without its database.

    *revision* is None for an operation that was typed.
    """

    revision: Revision | None
    operations: tuple[OperationExplained, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained(Result):
    """`explain`: what each operation does, on each of *dialects*, and whether it can be undone.

    *is_downgrade* tells which way; *demonstration* is there where one was asked for, of the operation that locks most.
    """

    is_about_one_connection: ClassVar[bool] = False
    revisions: tuple[RevisionExplained, ...]
    dialects: tuple[str, ...]
    is_downgrade: bool = False
    demonstration: Demonstration | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": one.revision.id if one.revision is not None else None,
                "operation": operation.kind,
                "target": operation.target,
                "does": deed.does,
                "undone": deed.undone,
                "dialect": dialect,
                "lock": facts.lock,
                "lasts": facts.lasts,
                "algorithm": facts.algorithm,
                "rewrites": facts.rewrites,
                "scans": facts.scans,
                "sql": operation.sql.get(dialect),
                "safe": facts.safe,
                "source": facts.source,
            }
            for one in self.revisions
            for operation in one.operations
            for deed in operation.deeds
            for dialect, facts in deed.facts.items()
        ]
