"""What `doctor` finds, healthy and not: for the golden files."""

from __future__ import annotations

from migration_magics.model.ailments import Ailment
from migration_magics.model.finding import Severity
from migration_magics.model.graph import Revision
from migration_magics.model.overlap import Overlap
from migration_magics.model.proof import Proof
from migration_magics.results import Authored, Diagnosed, Result

_AILMENTS = (
    Ailment(
        "unknown-revision",
        Severity.ERROR,
        "eval stands at <b>deadbe</b>, for which none of the 7 files is. Nearest known: 9b02c7.",
        "It can't be upgraded or downgraded. The file got lost, is in newer code, or it is another project's database.",
        ('!git log --all --oneline -- "*deadbe*"', "%migrate stamp --purge 9b02c7 --on eval"),
        "deadbe",
    ),
    Ailment(
        "several-heads",
        Severity.WARNING,
        "There are 2 heads: 77e0f4, a41c9e.",
        "`upgrade head` is refused, and a new revision has to be told which one it builds on.",
        ('%migrate merge heads -m "join the branches"', "%migrate doctor --reparent 77e0f4 --onto a41c9e"),
    ),
    Ailment(
        "no-downgrade",
        Severity.INFO,
        "The downgrade of versions/f07d21_track_cpu_usage.py only raises.",
        "A downgrade below it is refused: the way back is a backup.",
        ("%migrate edit f07d21",),
        "f07d21",
    ),
)


def examples(merge: Revision, squash: Revision) -> dict[str, Result]:
    """Return the results by the name of their golden files; *merge* and *squash* are the revisions written."""
    table = ("evaluations", "columns", "runtime_ms")
    return {
        "merged": Authored(
            merge,
            merge.path or "",
            "",
            overlaps=(
                Overlap(table, (("a41c9e",), ("77e0f4", "77e0f5")), (("alter",), ("rename", "alter"))),
                Overlap(("<metrics>",), (("a41c9e",), ("77e0f4",)), (("add",), ("add",)), is_same=True),
            ),
        ),
        "merged_apart": Authored(merge, merge.path or "", "", overlaps=()),
        "squashed": Authored(
            squash,
            squash.path or "",
            "",
            is_dry_run=True,
            downgrade="proved",
            replaces=("002a8f", "9b02c7", "1d5520"),
            proof=(
                Proof("SQLite in memory", "sqlite", problem='revision 9b02c7 fails: near "CONCURRENTLY": syntax error'),
                Proof(
                    "a scratch database on PostgreSQL 15.18",
                    "postgresql",
                    tables=3,
                    row_count=40,
                    downgrade="equal",
                    notes=("evaluations.at differs from run to run of the same revisions: not compared.",),
                ),
            ),
            notes=("3 files would move to migrations/squashed/f07d21; none is deleted.",),
            next_command="%migrate squash base:1d5520 -m 'the first three' --replace",
        ),
        "diagnosed": Diagnosed(
            _AILMENTS,
            7,
            ("77e0f4", "a41c9e"),
            ("eval",),
            notes=("Where live stands is not known: the server at db.example.org does not answer.",),
            next_command='%migrate merge heads -m "join the branches"',
        ),
        "diagnosed_healthy": Diagnosed((), 12, ("f07d21",), ("eval",)),
        "diagnosed_moved": Diagnosed(
            (),
            12,
            ("f07d21",),
            ("eval",),
            did="77e0f4 builds on a41c9e now (it was 1d5520): 77e0f4_create_metrics_table.py was rewritten.",
        ),
    }
