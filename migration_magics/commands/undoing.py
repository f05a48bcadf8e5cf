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
    from ..engine.undo_rows import KeptRows
    from ..model.plan import Direction
    from .keeping import Held


@dataclass(frozen=True, slots=True)
class Move:
    """A move that went through: of which database, from where to where, and a token of the schema that it left.

    *point* is a copy of the SQLite file from before, *file_state* what the file was right afterwards; *rows* are kept ones.
    """

    database: str
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    schema: str
    point: Path | None = None
    file_state: tuple[int, ...] = ()
    rows: tuple[KeptRows, ...] = ()

    @classmethod
    def of(cls, database: Database, direction: Direction, ran: Ran, held: Held) -> Move:
        """Return the move that has just ended on *database*."""
        token = schema_token.read(database)
        state = restore.state(database)
        return cls(database.identity, direction, ran.before, ran.after, token, held.point, state, held.rows)
