"""What a notebook has moved: remembered while its kernel lives, so that `undo` knows the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine import schema_token
from ..engine import undo as restore

if TYPE_CHECKING:
    from pathlib import Path

    from ..engine.database import Database
    from ..engine.runner import Ran
    from ..model.plan import Direction


@dataclass(frozen=True, slots=True)
class Move:
    """A move that went through: of which database, from where to where, and a token of the schema that it left.

    *point* is a copy of the SQLite file from before, *file_state* what the file was right afterwards.
    """

    database: str
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    schema: str
    point: Path | None = None
    file_state: tuple[int, ...] = ()

    @classmethod
    def of(cls, database: Database, direction: Direction, ran: Ran, point: Path | None = None) -> Move:
        """Return the move that has just ended on *database*."""
        token = schema_token.read(database)
        return cls(database.identity, direction, ran.before, ran.after, token, point, restore.state(database))
