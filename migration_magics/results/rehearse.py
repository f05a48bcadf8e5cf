"""Try: a rehearsal on a copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..model.diff import SchemaDiff
from ..model.finding import Confidence
from ..model.trace import Trace
from .base import Result

if TYPE_CHECKING:
    from ..model.estimate import Estimate
    from ..model.finding import Finding
    from ..model.rehearsal import Rehearsal
    from ..model.rowdiff import RowDiff
    from ..model.sampling import Sampled


@dataclass(frozen=True, slots=True)
class Rehearsed(Result):
    """`rehearse`: each revision up, down and up again on a copy that is gone now. *passed*: nothing was found wrong.

    *revisions* are the rehearsals in their order; *trace* is the ways up, *rows* what they did to rows, *round_trip* what of
    the schema did not come back. *method* says on what copy, *confidence* how much that proves, *sampled* which rows of the
    original were on it (None: all of them, or none), *own* the tables that had rows given by `sample` instead.
    *estimates* say how long operations would take on all rows, where the copy had a sample.
    """

    passed: bool
    revisions: tuple[Rehearsal, ...]
    method: str
    confidence: Confidence = Confidence.PROVED
    trace: Trace = field(default_factory=Trace)
    round_trip: SchemaDiff = field(default_factory=SchemaDiff)
    rows: tuple[RowDiff, ...] = ()
    findings: tuple[Finding, ...] = ()
    sampled: Sampled | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""
    own: tuple[str, ...] = ()
    estimates: tuple[Estimate, ...] = ()

    def __bool__(self) -> bool:
        return self.passed

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": each.revision,
                "message": each.message,
                "up_s": each.up.duration_s if each.up else None,
                "down_s": each.down.duration_s if each.down else None,
                "schema_changes": len(each.schema.changes),
                "rows_inserted": sum(diff.inserted for diff in each.rows),
                "rows_updated": sum(diff.updated for diff in each.rows),
                "rows_deleted": sum(diff.deleted for diff in each.rows),
                "leftovers": len(each.leftovers.changes),
                "values_lost": sum(lost.values for lost in each.lost),
                "findings": [finding.message for finding in each.findings],
            }
            for each in self.revisions
        ]


@dataclass(frozen=True, slots=True)
class SampleShown:
    """Rows that a *table* has in rehearsals: so many *rows* of a *source*, with these *columns*."""

    table: str
    source: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Samples(Result):
    """`sample`: the rows of one's own that rehearsals of a *connection* have in place of a table's.

    *remembered* or *forgotten* is the table that the command was about.
    """

    connection: str
    samples: tuple[SampleShown, ...] = ()
    remembered: str = ""
    forgotten: str = ""
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [
            {"table": each.table, "source": each.source, "rows": each.rows, "columns": list(each.columns)}
            for each in self.samples
        ]
