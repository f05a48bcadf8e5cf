"""The revision graph as a value: revisions, who builds on whom, and questions about that. Planning stays Alembic's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision as its file's header has it.

    *parents* are `down_revision` (several: a merge; none: a base), *depends_on* and *labels* as written. *message* is the
    docstring's first paragraph, *doc* all of it, *created_at* its "Create Date" (naive where the file has no offset).
    *has_downgrade* is None where only importing the file could tell. *digest* is a hash of the file's bytes.
    """

    id: str
    parents: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    message: str = ""
    doc: str = ""
    path: str | None = None
    created_at: datetime | None = None
    has_downgrade: bool | None = None
    digest: str = ""


class Graph:
    """See the contract in the helpers' brief."""
