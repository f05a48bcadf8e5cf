"""What a way up did beside its schema and rows: it left its transaction, or broke keys that nobody enforces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..engine import foreign_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..engine.database import Database
    from ..model.trace import Step

_ENDS = re.compile(
    r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*(COMMIT|ROLLBACK)\b(?!\s+(?:WORK\s+)?TO\b)", re.IGNORECASE | re.DOTALL
)
_MEANS = {
    "COMMIT": "what comes before it is not rolled back when something fails; use autocommit_block()",
    "ROLLBACK": "what comes before it was undone",
}


def left_transaction(up: Step | None) -> Iterator[str]:
    """Yield a sentence for each kind of statement in *up* that ends Alembic's transaction."""
    found = [_ENDS.match(statement.sql) for statement in up.statements] if up is not None else []
    for word in dict.fromkeys(match[1].upper() for match in found if match):
        yield f"it leaves its transaction by {word}: {_MEANS[word]}"


def broken_keys(place: Database) -> foreign_keys.Violations | None:
    """Return how many rows of SQLite miss their parent; None on a server, which enforces its keys."""
    return place.run(lambda connection: foreign_keys.violations(_raw(connection))) if place.family == "sqlite" else None


def newly_broken(place: Database, before: foreign_keys.Violations | None) -> str:
    """Return which rows miss their parent that did not *before*, in words."""
    if before is None:
        return ""
    try:
        place.run(lambda connection: foreign_keys.require_no_new(_raw(connection), before))
    except foreign_keys.ForeignKeysBroken as broken:
        return broken.message
    return ""


def _raw(connection: Any) -> Any:
    return connection.connection.dbapi_connection
