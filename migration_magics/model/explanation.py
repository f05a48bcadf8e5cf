"""What `explain` says, as values: what an operation comes to, and what that means on each database."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect = Literal["sqlite", "postgresql", "mariadb"]

DIALECTS: tuple[Dialect, ...] = ("sqlite", "postgresql", "mariadb")
"""The databases there are facts about, in the order shown."""

Undone = Literal["yes", "partly", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that an operation does: `alter_column` may do several.

    *kind* names the file of facts; *traits* are the circumstances by which these are chosen ("not null", "concurrently");
    *values* are what the sentences name: table, name, type, ...
    """

    kind: str
    traits: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a deed means on one database.

    *lock* is in the database's own words, "" where nothing that was there is locked; *waits* says who waits for it, and
    *lasts* how long. *algorithm* is MariaDB's. *rewrites* and *scans* tell whether all rows are written or read, None where
    it depends. *why* says what else matters; *safe* is code to paste instead; *source* the manual.
    *held* names the locks of the same transaction that are still held meanwhile.
    """

    lock: str = ""
    waits: str = ""
    lasts: str = ""
    algorithm: str = ""
    rewrites: bool | None = False
    scans: bool | None = False
    why: str = ""
    safe: str = ""
    source: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class DeedExplained:
    """One deed in words: what it does, whether it can be undone and what is lost; *facts* by dialect."""

    kind: str
    does: str
    undone: Undone
    undoing: str
    facts: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class OperationExplained:
    """One directive: its deeds, and its SQL by dialect; *problems* say, by dialect, why there is none.

    *kind* and *target* are as in a trace. A batch has the deeds of all its directives. *line* is where the file has it,
    0 where that is not known. *is_certain* is False for one that is read in the file and was not heard: whether it runs
    depends on the database.
    """

    kind: str
    target: str
    deeds: tuple[DeedExplained, ...]
    sql: Mapping[str, str]
    problems: Mapping[str, str]
    line: int = 0
    is_certain: bool = True

    @property
    def sentence(self) -> str:
        """All that it does, in words."""
        return " ".join(deed.does for deed in self.deeds)


@dataclass(frozen=True, slots=True)
class Moment:
    """What one of two sessions did in a demonstration, from *start_s* to *end_s* after its beginning.

    *is_waiting*: it waited for the other one.
    """

    session: str
    what: str
    start_s: float
    end_s: float
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A lock shown for real: what two sessions did on a copy. *place* says where, *said* what came of it."""

    operation: str
    place: str
    moments: tuple[Moment, ...]
    said: str
    locks: tuple[str, ...] = ()
