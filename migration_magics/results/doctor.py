"""What is wrong with a project's history, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.finding import Severity
from ..model.plain import plain
from .base import Result

if TYPE_CHECKING:
    from ..model.ailments import Ailment


@dataclass(frozen=True, slots=True)
class Diagnosed(Result):
    """`doctor`: the *ailments* of the history, worst first; True where there is one that is more than advice.

    *revisions* is how many files there are, *heads* what nothing builds on (empty where no graph can be made),
    *connections* are those whose state was read. *did* tells what `--reparent` rewrote, *notes* what could not be known.
    """

    is_about_one_connection: ClassVar[bool] = False
    ailments: tuple[Ailment, ...]
    revisions: int = 0
    heads: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    did: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""

    @property
    def healthy(self) -> bool:
        """Nothing is wrong; there may be advice."""
        return all(ailment.severity is Severity.INFO for ailment in self.ailments)

    def __bool__(self) -> bool:
        return not self.healthy

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data, with `healthy`."""
        return {**dict(plain(self)), "healthy": self.healthy}

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "severity": ailment.severity.value,
                "rule": ailment.rule,
                "revision": ailment.revision,
                "what": ailment.what,
                "why": ailment.why,
                "remedies": ailment.remedies,
            }
            for ailment in self.ailments
        ]
