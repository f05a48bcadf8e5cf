"""One evaluation platform's history, and a result of every kind over it: the material of the golden files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from migration_magics.model.finding import Confidence, Finding, Severity
from migration_magics.model.graph import Graph, Revision
from migration_magics.model.plan import Direction, Plan, PlannedStep
from migration_magics.model.trace import Operation, Outcome, Statement, Step, Trace
from migration_magics.results import (
    Authored,
    Backfilled,
    Branches,
    Connected,
    Connections,
    ConnectionShown,
    Current,
    Heads,
    HelpEntry,
    HelpPage,
    History,
    Initialised,
    Moved,
    Planned,
    ProjectShown,
    Result,
    RevisionShown,
    Shown,
    SqlShown,
    Status,
    StatusOfAll,
    Why,
)
from tests.display import (
    explore_examples,
    mending_examples,
    models_examples,
    rehearsal_examples,
    report_examples,
    review_examples,
    schema_examples,
    step_examples,
    teaching_examples,
)


def _revision(id_: str, parents: str, message: str, month: int, day: int, **more: object) -> Revision:
    return Revision(
        id_,
        tuple(parents.split()),
        message=message,
        doc=message,
        path=f"migrations/versions/{id_}_{message.lower().replace(' ', '_')}.py",
        created_at=datetime(2024, month, day, 9, 30),  # noqa: DTZ001 - as Alembic writes it: without an offset
        has_downgrade=True,
        **more,  # type: ignore[arg-type] - a test's shorthand
    )


INITIAL = _revision("002a8f", "", "Initial schema", 1, 15)
RUNTIME = _revision("9b02c7", "002a8f", "Add runtime_ms to evaluations", 2, 15)
RENAME = _revision("1d5520", "9b02c7", "Rename title to name", 3, 2)
METRICS = _revision("77e0f4", "1d5520", "Create metrics table", 3, 8, labels=("metrics",))
WORKER = _revision("a41c9e", "1d5520", "Add worker_id", 3, 9)
MERGE = _revision("c3b8aa", "a41c9e 77e0f4", "Merge metrics and workers", 3, 11)
CPU = _revision("f07d21", "c3b8aa", "Track CPU usage", 3, 12)
GRAPH = Graph((INITIAL, RUNTIME, RENAME, METRICS, WORKER, MERGE, CPU))
APPLIED = frozenset({"002a8f", "9b02c7", "1d5520", "77e0f4", "a41c9e"})

DOC = """Create metrics table

One row per evaluation and name; workers write them
as they go.

Older ones come later.

Revision ID: 77e0f4
Revises: 1d5520
Create Date: 2024-03-08 09:30:00
"""

CODE = '''"""Track CPU usage

Revision ID: f07d21
Revises: c3b8aa
Create Date: 2024-03-12 09:30:00

"""
from alembic import op
import sqlalchemy as sa

revision = "f07d21"
down_revision = "c3b8aa"


def upgrade():
    # may be NULL: older workers do not report it
    op.add_column("evaluations", sa.Column("cpu_usage_percent", sa.Float()))


def downgrade():
    op.drop_column("evaluations", "cpu_usage_percent")
'''

EVAL = ConnectionShown(
    "eval", "sqlite:///eval.db", "sqlite", "SQLite 3.40.1", is_current=True, current=("77e0f4", "a41c9e"), pending=2
)
LIVE = ConnectionShown(
    "live",
    "postgresql+psycopg://app:***@db.example.org/eval",
    "postgresql",
    "PostgreSQL 15.18",
    is_protected=True,
    current=("f07d21",),
    pending=0,
)
GONE = ConnectionShown(
    "old",
    "mysql+pymysql://app@db.example.org/old",
    "mysql",
    problem="The server at db.example.org:3306 does not answer.",
)
IDLE = ConnectionShown("staging", "env:STAGING_URL", "", is_protected=True, is_connected=False)
PROJECT = ProjectShown("migrations", "alembic.ini", 7, ("f07d21",), ("002a8f",))

LOSES = Finding(
    "loses-data",
    Severity.ERROR,
    Confidence.MEASURED,
    "88aa01",
    "Dropping evaluations.legacy_score loses 412 different values in 1,204 rows.",
    'op.create_table_as("evaluations_legacy_score", "SELECT id, legacy_score FROM evaluations")\nop.drop_column(...)',
    ("SELECT count(*), count(DISTINCT legacy_score) FROM evaluations -> 1204, 412",),
)
REBUILD = Finding(
    "rewrites-table",
    Severity.WARNING,
    Confidence.ESTIMATED,
    "88aa01",
    "SQLite copies the whole table.",
    "%migrate rehearse",
)


def _planned(revision: Revision, before: str, after: str, *, has_downgrade: bool | None = True) -> PlannedStep:
    return PlannedStep(
        revision.id,
        revision.message,
        tuple(before.split()),
        tuple(after.split()),
        revision.path,
        f"digest of {revision.id}",
        has_downgrade,
        is_merge=len(revision.parents) > 1,
    )


DROP = _revision("88aa01", "f07d21", "Drop legacy_score", 3, 14)
PLAN = Plan(
    "upgrade",
    "heads",
    (
        _planned(MERGE, "77e0f4 a41c9e", "c3b8aa"),
        _planned(CPU, "c3b8aa", "f07d21"),
        _planned(DROP, "f07d21", "88aa01", has_downgrade=False),
    ),
    ("77e0f4", "a41c9e"),
    ("88aa01",),
    "sqlite eval.db",
    "eval",
)
EMPTY_PLAN = Plan("upgrade", "head", (), ("88aa01",), ("88aa01",), "sqlite eval.db", "eval")

_BATCH = Operation(
    "batch_alter_table",
    "evaluations",
    statements=(
        Statement(
            "\nCREATE TABLE _alembic_tmp_evaluations (\n\tid INTEGER NOT NULL, \n\tname VARCHAR(80), \n\tPRIMARY KEY (id)\n)\n\n",
            0.001,
        ),
        Statement(
            "INSERT INTO _alembic_tmp_evaluations (id, name) SELECT evaluations.id, evaluations.name FROM evaluations",
            0.4,
            1204,
        ),
        Statement("DROP TABLE evaluations", 0.001),
        Statement("ALTER TABLE _alembic_tmp_evaluations RENAME TO evaluations", 0.001),
    ),
    children=(Operation("drop_column", "evaluations", "legacy_score"),),
    duration_s=0.41,
)


def _steps(outcome: Outcome = Outcome.APPLIED, direction: Direction = "upgrade") -> tuple[Step, ...]:
    steps = (
        Step("c3b8aa", MERGE.message, direction, duration_s=0.0004, outcome=outcome),
        Step(
            "f07d21",
            CPU.message,
            direction,
            (
                Operation(
                    "add_column",
                    "evaluations",
                    "cpu_usage_percent",
                    (Statement("ALTER TABLE evaluations ADD COLUMN cpu_usage_percent FLOAT", 0.003),),
                    duration_s=0.003,
                ),
                Operation(
                    "execute",
                    statements=(
                        Statement(
                            "UPDATE evaluations SET cpu_usage_percent = :cpu_usage_percent WHERE id = :id",
                            0.009,
                            1204,
                            "cpu_usage_percent, id",
                            count=2,
                        ),
                    ),
                    duration_s=0.009,
                ),
            ),
            duration_s=0.012,
            outcome=outcome,
        ),
        Step("88aa01", DROP.message, direction, (_BATCH,), duration_s=1.41, outcome=outcome),
    )
    return tuple(replace(step, operations=tuple(_with(outcome, one) for one in step.operations)) for step in steps)


def _with(outcome: Outcome, operation: Operation) -> Operation:
    return replace(operation, outcome=outcome, children=tuple(_with(outcome, child) for child in operation.children))


MOVED = Moved(
    PLAN,
    Trace(_steps(), "native", "one transaction", 1.43, output="\x1b[32mINFO\x1b[0m  using eval.db\nready\n"),
    ("77e0f4", "a41c9e"),
    ("88aa01",),
    findings=(REBUILD,),
    notes=("Foreign keys were off while the table was rebuilt, and checked before the commit.",),
    next_command="%migrate undo",
)
DRY_RUN = Moved(
    PLAN,
    Trace(_steps(Outcome.ROLLED_BACK), "lent", "one transaction", 1.43, is_dry_run=True),
    ("77e0f4", "a41c9e"),
    ("77e0f4", "a41c9e"),
    next_command="%migrate upgrade heads --yes",
)
FAILED = Moved(
    PLAN,
    Trace(
        (
            _steps()[0],
            Step(
                "f07d21",
                CPU.message,
                "upgrade",
                (
                    Operation(
                        "add_column", "evaluations", "cpu_usage_percent", duration_s=0.003, outcome=Outcome.FAILED
                    ),
                    Operation("execute", outcome=Outcome.NOT_RUN),
                ),
                outcome=Outcome.FAILED,
                error="(1060, \"Duplicate column name 'cpu_usage_percent'\")",
            ),
            Step("88aa01", DROP.message, "upgrade", outcome=Outcome.NOT_RUN),
        ),
        "lent",
        "each DDL statement commits itself",
        0.02,
    ),
    ("77e0f4", "a41c9e"),
    ("c3b8aa",),
)

STAMPED = Moved(
    Plan("stamp", "f07d21", (_planned(CPU, "", "f07d21"),), (), ("f07d21",), "sqlite new.db", "new"),
    Trace((Step("f07d21", CPU.message, "stamp", duration_s=0.002),), "lent", "one transaction", 0.002),
    (),
    ("f07d21",),
)

_SQLITE = """\
-- Running upgrade c3b8aa -> f07d21

ALTER TABLE evaluations ADD COLUMN cpu_usage_percent FLOAT;

UPDATE alembic_version SET version_num='f07d21' WHERE alembic_version.version_num = 'c3b8aa';
"""
_POSTGRESQL = "BEGIN;\n\n" + _SQLITE + "\nCOMMIT;\n"

EXAMPLES: dict[str, Result] = {
    "connected": Connected(
        EVAL, "the name 'eval' in alembic.ini", PROJECT, ("The password is now in this notebook: use $DATABASE_URL.",)
    ),
    "connected_none": Connected(None, "", disconnected="eval"),
    "connected_other": Connected(EVAL, "", PROJECT, disconnected="live"),
    "connections": Connections((EVAL, LIVE, GONE)),
    "connections_empty": Connections(()),
    "connections_named": Connections((EVAL, IDLE)),
    "status_of_all": StatusOfAll(
        GRAPH.newest_first,
        (EVAL, LIVE, GONE),
        {"eval": APPLIED, "live": frozenset(one.id for one in GRAPH), "old": None},
        PROJECT,
        (f"! old: {GONE.problem}", "Not connected: staging."),
    ),
    "initialised": Initialised(
        "migrations",
        "alembic.ini",
        "generic",
        ("alembic.ini", "migrations/env.py", "migrations/script.py.mako", "migrations/README"),
    ),
    "status": Status(EVAL, PROJECT, (METRICS, WORKER), (CPU,), (MERGE, CPU), "%migrate plan"),
    "status_at_head": Status(LIVE, PROJECT, (CPU,), (CPU,), (), "%migrate history", protected="live"),
    "status_not_connected": Status(None, PROJECT, (), (CPU,), (), "%migrate connect sqlite:///app.db"),
    "status_unreachable": Status(GONE, PROJECT, (), (CPU,), (), "%migrate connect", (GONE.problem,)),
    "status_no_revisions": Status(
        ConnectionShown("app", "sqlite:///app.db", "sqlite", "SQLite 3.40.1", is_current=True, current=(), pending=0),
        ProjectShown("migrations", "alembic.ini", 0),
        (),
        (),
        (),
        '%%revision -m "create the first table"',
    ),
    "current_behind": Current(("a41c9e",), at_head=False, behind=3, revisions=(WORKER,), connection="eval"),
    "current_head": Current(("f07d21",), at_head=True, behind=0, revisions=(CPU,), connection="eval"),
    "current_none": Current((), at_head=False, behind=12, connection="eval"),
    "current_nothing": Current((), at_head=True, behind=0, connection="eval"),
    "current_several": Current(
        ("77e0f4", "a41c9e"), at_head=False, behind=2, revisions=(METRICS, WORKER), connection="eval", verbose=True
    ),
    "current_unknown": Current(("deadbe",), at_head=False, behind=0, unknown=("deadbe",), connection="eval"),
    "heads": Heads((METRICS, WORKER), ("77e0f4", "a41c9e"), {"77e0f4": ("metrics",)}, ("a41c9e",)),
    "heads_protected": Heads((CPU,), ("f07d21",), {}, ("f07d21",), protected="live"),
    "heads_empty": Heads((), (), {}),
    "branches": Branches(((RENAME, (METRICS, WORKER)),), {"77e0f4": ("metrics",)}),
    "branches_empty": Branches((), {}),
    "history": History(GRAPH.newest_first, GRAPH, ("f07d21",), ("77e0f4", "a41c9e"), APPLIED, connection="eval"),
    "history_verbose": History(GRAPH.newest_first[:4], GRAPH, ("f07d21",), range="1d5520:", verbose=True),
    "history_empty": History((), Graph(()), ()),
    "shown": Shown(
        (RevisionShown(CPU, CODE, (), (), is_head=True, state="pending", has_downgrade=True),),
        "sqlite",
        "ALTER TABLE evaluations ADD COLUMN cpu_usage_percent FLOAT;",
    ),
    "shown_several": Shown(
        (
            RevisionShown(
                replace(METRICS, doc=DOC), "", ("c3b8aa",), ("metrics",), state="current", has_downgrade=None
            ),
            RevisionShown(MERGE, "", ("f07d21",), (), state="pending", has_downgrade=False),
        ),
        "sqlite",
        problem="the revision reads rows, which needs a database",
    ),
    "planned": Planned(PLAN, (LOSES, REBUILD), next_command=f"%migrate upgrade --plan {PLAN.fingerprint} --yes"),
    "planned_empty": Planned(EMPTY_PLAN),
    "moved": MOVED,
    "moved_dry_run": DRY_RUN,
    "moved_failed": FAILED,
    "moved_nothing": Moved(EMPTY_PLAN, Trace(), ("88aa01",), ("88aa01",)),
    "moved_stamp": STAMPED,
    "sql": SqlShown(
        "c3b8aa:f07d21",
        "upgrade",
        {"sqlite": _SQLITE, "postgresql": _POSTGRESQL},
        {"oracle": "the driver is not installed: pip install oracledb"},
    ),
    "authored": Authored(
        CPU, CPU.path or "", CODE, replaced=True, downgrade="derived", next_command="%migrate upgrade"
    ),
    "authored_dry_run": Authored(
        CPU, CPU.path or "", CODE, is_dry_run=True, downgrade="none", findings=(LOSES,), next_command="%migrate upgrade"
    ),
    "authored_applied": Authored(MERGE, MERGE.path or "", "", downgrade="written", moved=STAMPED),
    "authored_edit": Authored(CPU, CPU.path or "", "", cell='%%revision -m "Track CPU usage"\nop.add_column(...)\n'),
    "backfilled": Backfilled(
        "app",
        "evaluations",
        ("status = 'new'",),
        "status IS NULL",
        ("id",),
        1_204_000,
        412_380,
        161,
        640_000,
        2,
        17,
        8_000,
        0.31,
        61.5,
        CODE,
        ("It went on where it had stopped: 640,000 rows were dealt with before.",),
    ),
    "help": HelpPage(
        "%migrate",
        "%migrate [COMMAND] [ARGUMENTS] [--on NAME]",
        "Alembic in a notebook. Without a command: status.",
        (
            HelpEntry("connect [SOURCE]", "connect this notebook to a database", "set up"),
            HelpEntry("init [DIR]", "a standard Alembic project", "set up"),
            HelpEntry("status", "where the database stands and what to type next", "look"),
            HelpEntry("history", "the graph of revisions, applied and current marked", "look"),
        ),
        ("%migrate connect sqlite:///app.db", "%migrate history -r base:head"),
    ),
    "why": Why(
        "DatabaseUnreachable",
        "The server at db.example.org:3306 does not answer.",
        "start it, then %migrate connect",
        "Traceback (most recent call last):\n"
        '  File "driver.py", line 7, in connect\n    raise OSError("refused")\nOSError: refused\n',
    ),
    "why_nothing": Why(),
    "help_command": HelpPage(
        "%migrate upgrade",
        "%migrate upgrade [TARGET] [--yes] [--plan FINGERPRINT] [--confirm NAME] [--dry-run] [-x KEY=VALUE...] [--tag TEXT]",
        "Move the database up to TARGET.",
        (
            HelpEntry("TARGET", "a revision, head, heads, +N", "", "head"),
            HelpEntry("--yes", "go ahead where data would be lost"),
        ),
    ),
    **schema_examples.examples({one.id: one for one in GRAPH.newest_first}),
    **mending_examples.examples(MERGE, CPU),
    **models_examples.examples(),
    **review_examples.examples(
        Planned(PLAN, (LOSES, REBUILD), next_command=f"%migrate upgrade --plan {PLAN.fingerprint} --yes"),
        Planned(EMPTY_PLAN),
    ),
    **teaching_examples.examples(),
    **explore_examples.examples(
        Status(EVAL, PROJECT, (METRICS, WORKER), (CPU,), (MERGE, CPU), "%migrate plan"),
        History(GRAPH.newest_first, GRAPH, ("f07d21",), ("77e0f4", "a41c9e"), APPLIED, connection="eval"),
    ),
    **rehearsal_examples.examples(CPU, (METRICS, WORKER, CPU), CODE),
    **step_examples.examples(),
}
EXAMPLES |= report_examples.examples(EXAMPLES, (MERGE, CPU, DROP))
