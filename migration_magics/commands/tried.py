"""What was rehearsed and run in this notebook, by revision: kept while its kernel lives, for whoever asks about a revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.rehearsal import Rehearsal
    from ..model.trace import Step

_MOST = 200
"""How many revisions are remembered, the last ones."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The last *rehearsal* of a revision, and the last *step* up that ran on the database itself."""

    rehearsal: Rehearsal | None = None
    step: Step | None = None


class Trials:
    """What is remembered of the revisions, by connection."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str], Tried] = {}
        self.number = 0
        """Goes up whenever something is noted."""

    def of(self, connection: str | None, revision: str) -> Tried:
        """Return what is remembered of a *revision* on a *connection*, by its name."""
        return self._known.get((connection, revision), Tried())

    def note_rehearsals(self, connection: str | None, found: Iterable[Rehearsal]) -> None:
        """Remember rehearsals on a copy of *connection*."""
        for each in found:
            self._keep((connection, each.revision), Tried(each, self.of(connection, each.revision).step))

    def note_steps(self, connection: str | None, steps: Iterable[Step]) -> None:
        """Remember steps that ran on *connection*; those down are left out."""
        for step in steps:
            if step.direction == "upgrade":
                self._keep((connection, step.revision), Tried(self.of(connection, step.revision).rehearsal, step))

    def _keep(self, key: tuple[str | None, str], tried: Tried) -> None:
        self._known.pop(key, None)
        self._known[key] = tried
        self.number += 1
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
