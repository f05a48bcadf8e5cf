"""Write revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Result
from .browse import revision_row
from .compare import column_rows

if TYPE_CHECKING:
    from ..model.diff import Change, SchemaDiff
    from ..model.finding import Finding
    from ..model.graph import Revision
    from ..model.overlap import Overlap
    from ..model.proof import Proof
    from ..model.questions import Question
    from ..model.schema import Table
    from .move import Moved
    from .rehearse import Rehearsed


@dataclass(frozen=True, slots=True)
class Authored(Result):
    """`revision`, `%%revision`, `merge`, `edit`: the revision file as it is now on disk (or would be: *is_dry_run*).

    *replaced* is True where an earlier run of the cell had written this revision. *downgrade* says where the downgrade
    came from: "written", "derived", "none". *cell* is the text for a `%%revision` cell (`edit`, `--cell`), "" otherwise.
    *moved* is the result of `--apply` or `--reapply`. `revision --autogenerate` gives the *diff* that it writes down, and
    the *questions* that are left for a person; with nothing to write *revision* is None, and the notes say why.
    """

    revision: Revision | None
    path: str
    code: str
    replaced: bool = False
    is_unchanged: bool = False
    is_dry_run: bool = False
    downgrade: str = "written"
    cell: str = ""
    rehearsal: Rehearsed | None = None
    findings: tuple[Finding, ...] = ()
    moved: Moved | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""
    diff: SchemaDiff | None = None
    questions: tuple[Question, ...] = ()
    replaces: tuple[str, ...] = ()
    """`squash`: the ids it stands for, oldest first."""
    proof: tuple[Proof, ...] = ()
    """`squash`: on which copies it was compared with what it replaces, and what came of it."""
    left_out: tuple[Change, ...] = ()
    """`revision --autogenerate --without`: what differs as well, and was left out."""
    overlaps: tuple[Overlap, ...] | None = None
    """`merge`: the objects that more than one of the branches touches; None where that is not known."""

    def records(self) -> list[dict[str, Any]]:
        if self.revision is None:
            return []
        return [{**revision_row(self.revision), "replaced": self.replaced, "code": self.code}]


@dataclass(frozen=True, slots=True)
class ModelsDefined(Result):
    """`%%models`: the tables that the cell defines, and what is *pending*: what would make the database what the models say.

    *replaced* tables an earlier run had defined, *removed* ones it had and the cell no longer has, *taken_over* ones were
    defined in another cell; *again* names the tables of other cells that had to run again, *waiting* the classes that
    relationships name and that are still to be defined. *pending* is None where nothing could be compared (a note says
    why), *code* the Alembic operations for it, *source* which models were compared.
    """

    tables: tuple[Table, ...]
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    taken_over: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    pending: SchemaDiff | None = None
    code: str = ""
    connection: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [row for table in self.tables for row in column_rows(table)]
