"""What a notebook has moved: remembered while its kernel lives, so that `undo` knows the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine import schema_token

if TYPE_CHECKING:
    from ..engine.database import Database
    from ..model.plan import Direction


@dataclass(frozen=True, slots=True)
class Move:
    """A move that went through: of which database, from where to where, and a token of the schema that it left."""

    database: str
    direction: Direction
    before: tuple[str, ...]
    after: tuple[str, ...]
    schema: str

    @classmethod
    def of(cls, database: Database, direction: Direction, before: tuple[str, ...], after: tuple[str, ...]) -> Move:
        """Return the move that has just ended on *database*."""
        return cls(database.identity, direction, before, after, schema_token.read(database))
