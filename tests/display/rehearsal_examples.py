"""Rehearsals: one revision whose WHERE is wrong, and a history with revisions that do not come back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.estimate import Estimate
from migration_magics.model.finding import Confidence, Finding, Severity
from migration_magics.model.rehearsal import Lost, Rehearsal
from migration_magics.model.rowdiff import ColumnChange, RowDiff, SampleRow, Transition
from migration_magics.model.sampling import Sampled, SampledTable
from migration_magics.model.schema import Column, Index, IndexPart
from migration_magics.model.trace import Operation, Outcome, Step, Trace
from migration_magics.results import Authored, Rehearsed, Samples, SampleShown

if TYPE_CHECKING:
    from migration_magics.model.graph import Revision
    from migration_magics.model.plan import Direction
    from migration_magics.results import Result

WRONG_WHERE = RowDiff(
    "evaluations",
    updated=1180,
    unchanged=24,
    columns=(ColumnChange("status", 1180, to_null=12), ColumnChange("size", 3, types=("INTEGER", "SMALLINT"), lossy=3)),
    transitions=(
        Transition("status", "completed", "failed", 1012),
        Transition("status", "running", "failed", 156),
        Transition("status", "<b>odd</b>", None, 12),
        Transition("size", "40000", "-25536", 3),
    ),
    samples=(
        SampleRow((("id", "17"),), (("status", "completed"),), (("status", "failed"),)),
        SampleRow((("id", "18"),), (("status", "<b>odd</b>"), ("size", "40000")), (("status", None), ("size", ""))),
    ),
    key=("id",),
)
NEW_ROWS = RowDiff(
    "metrics",
    inserted=412,
    deleted=1,
    unchanged=0,
    samples=(
        SampleRow((), (), (("evaluation_id", "17"), ("value", "0.5"))),
        SampleRow((), (("evaluation_id", "3"), ("value", None)), ()),
    ),
    how="compared as multisets",
    notes=("rows of metrics have no key: one that was changed counts as deleted and inserted",),
    is_exact=False,
)
SCHEMA = SchemaDiff(
    (
        Change(
            "add", ("evaluations", "columns", "cpu_usage_percent"), None, Column("cpu_usage_percent", "FLOAT", "float")
        ),
    )
)


def _step(revision: Revision, direction: Direction, duration_s: float, error: str = "") -> Step:
    outcome = Outcome.FAILED if error else Outcome.APPLIED
    return Step(revision.id, revision.message, direction, duration_s=duration_s, outcome=outcome, error=error)


def _one(revision: Revision) -> Rehearsal:
    return Rehearsal(
        revision.id,
        revision.message,
        _step(revision, "upgrade", 0.012),
        SCHEMA,
        (WRONG_WHERE,),
        _step(revision, "downgrade", 0.008),
        again=_step(revision, "upgrade", 0.011),
        lost=(Lost("evaluations", "status", 1180),),
        findings=(
            Finding(
                "rows-lost",
                Severity.ERROR,
                Confidence.PROVED,
                revision.id,
                f"{revision.id}: up and down loses 1,180 values of evaluations.status",
                f"%migrate edit {revision.id}",
            ),
        ),
    )


def _history(revisions: tuple[Revision, ...]) -> tuple[Rehearsal, ...]:
    first, second, third = revisions
    left = Change(
        "add", ("metrics", "indexes", "ix_metrics_value"), None, Index("ix_metrics_value", (IndexPart("value"),))
    )
    return (
        Rehearsal(
            first.id,
            first.message,
            _step(first, "upgrade", 0.004),
            SCHEMA,
            (NEW_ROWS,),
            _step(first, "downgrade", 0.003),
            SchemaDiff((left,)),
            again=_step(first, "upgrade", 0.0, "index ix_metrics_value already exists"),
            findings=(
                Finding(
                    "leftovers",
                    Severity.ERROR,
                    Confidence.PROVED,
                    first.id,
                    f"{first.id}: its downgrade does not bring back the schema: index ix_metrics_value of metrics is left over",
                    f"%migrate edit {first.id}",
                ),
            ),
        ),
        Rehearsal(
            second.id,
            second.message,
            _step(second, "upgrade", 1.2),
            findings=(
                Finding(
                    "no-downgrade",
                    Severity.WARNING,
                    Confidence.PROVED,
                    second.id,
                    f"{second.id}: it cannot be undone: only its way up was tried",
                ),
            ),
        ),
        replace(_one(third), rows=(replace(WRONG_WHERE, samples=()),), lost=(), findings=()),
    )


def examples(cpu: Revision, others: tuple[Revision, ...], code: str) -> dict[str, Result]:
    """Return the results by the name of their golden files; *cpu* is the revision of the cell, *others* are a history."""
    one = _one(cpu)
    whole = Rehearsed(
        passed=False,
        revisions=(one,),
        method="SQLite in memory, whole",
        rows=one.rows,
        findings=one.findings,
    )
    several = _history(others)
    sampled = Sampled((SampledTable("evaluations", 1000, 250_000, is_exact=False, parents=12),), 1000, 0)
    clean = replace(one, lost=(), findings=())
    return {
        "rehearsed": Rehearsed(
            passed=False,
            revisions=several,
            method="a scratch database on PostgreSQL 15.18, 1,000 rows a table",
            confidence=Confidence.MEASURED,
            rows=tuple(diff for each in several for diff in each.rows),
            findings=tuple(finding for each in several for finding in each.findings),
            sampled=sampled,
            trace=Trace(
                (
                    replace(
                        _step(cpu, "upgrade", 0.012),
                        operations=(Operation("alter_column", "evaluations", "size", duration_s=0.009),),
                    ),
                )
            ),
            estimates=(Estimate(cpu.id, "alter_column", "evaluations", 0.009, 1000, 250_000, 0.45, 4.5),),
            notes=("2 further revisions were not tried.",),
        ),
        "rehearsed_passed": replace(
            whole, passed=True, revisions=(clean,), findings=(), next_command="%migrate upgrade heads"
        ),
        "samples": Samples(
            "app",
            (
                SampleShown("evaluations", "variable frame", 1204, ("id", "status", "<b>odd</b>")),
                SampleShown("workers", "workers.csv", 12, ("id",)),
            ),
            remembered="evaluations",
            next_command="%migrate rehearse",
        ),
        "samples_none": Samples("app", forgotten="workers"),
        "authored_rehearsed": Authored(
            cpu, cpu.path or "", code, downgrade="written", rehearsal=whole, next_command="%migrate upgrade"
        ),
    }
