"""What a run did to the schema of its database: read before and after, renames by what the directives said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exc

from ...errors import MigrationError
from ...model.diff import diff
from ...model.renamed import between, in_steps
from ...model.schema import Schema
from ..host.touched import renames
from . import reflect
from .version_tables import version_tables, without

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ...model.diff import Change, SchemaDiff
    from ..captured import Configured
    from ..database import Database
    from ..host.recorder import StepDraft


class Around:
    """Reads the schema of *database* around one run. Where it cannot be read there is no answer, and the run goes its way.

    Of a dry run nothing is left to be read afterwards: it is looked at after the *last* revision's step.
    """

    def __init__(self, database: Database, calls: tuple[Configured, ...], last: str, *, is_dry_run: bool) -> None:
        self._database, self._tables, self._last, self._is_dry_run = database, version_tables(calls), last, is_dry_run
        self._renamed: list[Change] = []
        self._after: Schema | None = None
        self._before = self._read()

    def look(self, connection: Connection, draft: StepDraft) -> None:
        """Note what the step renamed, and, of a dry run, the schema after the last one."""
        self._renamed += renames(draft)
        if self._is_dry_run and draft.revision == self._last:
            try:
                self._after = without(reflect(connection), self._tables)
            except exc.SQLAlchemyError:
                self._after = None

    def found(self) -> SchemaDiff | None:
        """Return what changed, or None where that cannot be told."""
        after = self._after if self._is_dry_run else self._read()
        if self._before is None or after is None:
            return None
        return diff(self._before, after, in_steps(between(self._renamed)))

    def _read(self) -> Schema | None:
        if self._database.is_missing:
            return Schema(self._database.family)
        try:
            return without(self._database.read(reflect), self._tables)
        except (MigrationError, exc.SQLAlchemyError):
            return None
