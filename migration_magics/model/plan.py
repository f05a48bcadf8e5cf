"""A plan: what a move would run, as a value. Making one changes nothing; running one is the engine's work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Direction = Literal["upgrade", "downgrade", "stamp"]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One revision to run: where the database comes from, where it stands afterwards, and from which file.

    For a stamp nothing runs: the step only rewrites the version table. *digest* is the hash of the file's bytes when the
    plan was made; *has_downgrade* is None where only importing the file could tell.
    """

    revision: str
    message: str
    from_heads: tuple[str, ...]
    to_heads: tuple[str, ...]
    path: str | None = None
    digest: str = ""
    has_downgrade: bool | None = True
    is_merge: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a move, in the order they run, from the heads the database has to those it will have."""

    direction: Direction
    target: str
    steps: tuple[PlannedStep, ...]
    from_heads: tuple[str, ...]
    to_heads: tuple[str, ...]
    database: str
    """The database's identity: dialect, place and name, never a secret."""

    connection: str = ""
    """The name the notebook gave the connection."""

    schema: str = ""
    """A token of the database's schema when the plan was made; "" where none was read, as of a stamp, which runs nothing."""

    @property
    def is_empty(self) -> bool:
        """There is nothing to run."""
        return not self.steps

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over database, schema, heads, steps and the bytes of their files; another one: another plan."""
        hasher = hashlib.blake2b(digest_size=6)
        for part in (self.direction, self.database, *self.from_heads, "->", *self.to_heads):
            hasher.update(part.encode(errors="surrogatepass") + b"\0")
        for step in self.steps:
            hasher.update(f"{step.revision}:{step.digest}\0".encode(errors="surrogatepass"))
        hasher.update(self.schema.encode())
        return hasher.hexdigest()

    def what_moved(self, now: Plan) -> tuple[str, ...]:
        """Return what has changed since this plan was made, when *now* was: a sentence each; nothing where it still holds."""
        found = []
        if self.database != now.database:
            found.append("it is another database")
        if self.from_heads != now.from_heads:
            before, after = (", ".join(heads) or "base" for heads in (self.from_heads, now.from_heads))
            found.append(f"the database stood at {before}, and stands at {after}")
        elif self.schema != now.schema:
            found.append("its schema was changed by somebody else")
        mine, theirs = ({step.revision: step.digest for step in plan.steps} for plan in (self, now))
        files = [id_ for id_ in mine if id_ in theirs and mine[id_] != theirs[id_]]
        found += [f"the file of {id_} was changed" for id_ in files]
        if mine.keys() != theirs.keys() and self.from_heads == now.from_heads:
            found.append(f"it was {len(mine)} revisions, and would be {len(theirs)} ({', '.join(theirs) or 'none'})")
        return tuple(found)

    @property
    def irreversible(self) -> tuple[PlannedStep, ...]:
        """The steps that have no downgrade, as far as their files tell without being run."""
        return tuple(step for step in self.steps if step.has_downgrade is False)

    @property
    def can_run(self) -> bool:
        """False for a downgrade over a step that has no downgrade, as far as their files tell."""
        return self.direction != "downgrade" or not self.irreversible
