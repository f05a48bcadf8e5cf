"""Write revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Result
from .browse import revision_row

if TYPE_CHECKING:
    from ..model.diff import SchemaDiff
    from ..model.finding import Finding
    from ..model.graph import Revision
    from ..model.questions import Question
    from .move import Moved


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
    rehearsal: None = None
    findings: tuple[Finding, ...] = ()
    moved: Moved | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""
    diff: SchemaDiff | None = None
    questions: tuple[Question, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        if self.revision is None:
            return []
        return [{**revision_row(self.revision), "replaced": self.replaced, "code": self.code}]
