"""What a notebook has moved: remembered while its kernel lives, so that `undo` knows the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine import schema_token
from ..engine import undo as restore

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    *follows*: nobody wrote to the file between the move before and this one.
    """

    database: str
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    schema: str
    point: Path | None = None
    file_state: tuple[int, ...] = ()
    rows: tuple[KeptRows, ...] = ()
    follows: bool = False

    @classmethod
    def of(cls, database: Database, direction: Direction, ran: Ran, held: Held, *, follows: bool) -> Move:
        """Return the move that has just ended on *database*."""
        token = schema_token.read(database)
        state = restore.state(database)
        return cls(database.identity, direction, ran.before, ran.after, token, held.point, state, held.rows, follows)

    def can_restore(self, database: Database) -> bool:
        """A copy from before the move is there, and nobody has written since: then putting it back loses nothing."""
        return self.point is not None and self.point.exists() and self.is_untouched(database)

    def is_untouched(self, database: Database) -> bool:
        """Nobody has written to the file since."""
        return bool(self.file_state) and restore.state(database) == self.file_state

    def brings_back(self, database: Database) -> bool:
        """`undo` of it brings back what it lost."""
        return bool(self.rows) or self.can_restore(database)


def last(moves: Sequence[Move], database: Database) -> int | None:
    """Return the place of the last of *moves* on *database*, None where there is none."""
    places = [at for at, move in enumerate(moves) if move.database == database.identity]
    return places[-1] if places else None
