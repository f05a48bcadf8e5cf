"""What a rehearsal finds, and that nobody notices it on the database that was copied: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.model.finding import Severity

START = """
op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("status", sa.String(20)),
                sa.Column("runtime_ms", sa.Integer), sa.Column("kind", sa.String(9), server_default="plain"),
                sa.Column("size", sa.Integer))
op.create_index("ix_evaluations_status", "evaluations", ["status"])
op.bulk_insert(sa.table("evaluations", sa.column("id"), sa.column("status"), sa.column("runtime_ms"), sa.column("size")),
               [{"id": n, "status": "done" if n % 3 else "fail", "runtime_ms": n * 10, "size": n} for n in range(1, 31)])
"""


@pytest.fixture
def rehearsed(make, database_url):
    """Rehearse one revision on a database with rows; the database must be afterwards what it was."""

    def run(up, down="pass", **options):
        made = make(database_url)
        made.add("a1", START)
        made.ws.upgrade("a1")
        made.add("b2", up, down)
        before = fingerprint(database_url)
        found = made.ws.rehearse(**options)
        assert fingerprint(database_url) == before
        return found

    return run


def fingerprint(url):
    """What a database is: of a SQLite file its bytes, of a server's everything that can be asked."""
    database = Database.from_url("source", url)
    try:
        if database.file is not None:
            return hashlib.sha256(Path(database.file).read_bytes()).hexdigest()
        return database.run(_everything)
    finally:
        database.dispose()


def _everything(connection):
    schema = reflect(connection)
    metadata = sa.MetaData()
    rows = {}
    for table in schema.tables:
        named = sa.Table(table.name, metadata, autoload_with=connection, schema=table.schema or None)
        rows[table.key] = sorted(map(repr, connection.execute(sa.select(named))))
    scratches = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_database WHERE datname LIKE 'mm_scratch_%%'"
        if connection.dialect.name == "postgresql"
        else "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'mm_scratch_%%'"
    ).scalar()
    return schema, rows, scratches


def rules(found):
    return {finding.rule for finding in found.findings if finding.severity is Severity.ERROR}


def said(found):
    return "\n".join(finding.message for finding in found.findings)


# -- injected faults are each named --------------------------------------------------------------------------------

KIND = """
with op.batch_alter_table("evaluations") as batch:
    batch.alter_column("kind", server_default="{}", existing_type=sa.String(9))
"""
FAULTS = {
    "forgets an index": (
        'op.create_index("ix_size", "evaluations", ["size"])',
        "pass",
        {"leftovers", "again-fails"},
        "index ix_size of evaluations is left over",
    ),
    "does not bring an index back": (
        'op.drop_index("ix_evaluations_status", "evaluations")',
        "pass",
        {"leftovers", "again-fails"},
        "index ix_evaluations_status of evaluations is missing",
    ),
    "leaves a table": (
        'op.create_table("metrics", sa.Column("id", sa.Integer, primary_key=True))',
        "pass",
        {"leftovers", "again-fails"},
        "table metrics is left over",
    ),
    "leaves a column": (
        'op.add_column("evaluations", sa.Column("note", sa.String(9)))',
        "pass",
        {"leftovers", "again-fails"},
        "column note of evaluations is left over",
    ),
    "changes a default": (
        KIND.format("fast"),
        KIND.format("slow"),
        {"leftovers"},
        "column kind of evaluations is another one",
    ),
    "loses a column's values": (
        'with op.batch_alter_table("evaluations") as batch:\n    batch.drop_column("runtime_ms")',
        'op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer))',
        {"rows-lost"},
        "up and down loses 30 values of evaluations.runtime_ms",
    ),
    "overwrites values": (
        "op.execute(\"UPDATE evaluations SET status = 'failed' WHERE status = 'fail'\")",
        "pass",
        {"rows-lost"},
        "up and down loses 10 values of evaluations.status",
    ),
    "deletes rows": (
        "op.execute(\"DELETE FROM evaluations WHERE status = 'fail'\")",
        "pass",
        {"rows-lost"},
        "up and down loses 10 rows of evaluations",
    ),
    "leaves rows": (
        "op.execute(\"INSERT INTO evaluations (id, status) VALUES (99, 'new')\")",
        "pass",
        {"rows-left", "again-fails"},
        "1 row of evaluations is left over",
    ),
    "fails in its downgrade": (
        'op.add_column("evaluations", sa.Column("note", sa.String(9)))',
        'op.drop_column("evaluations", "nothing")',
        {"down-fails"},
        "its downgrade fails",
    ),
    "refuses its downgrade": (
        "pass",
        'if op.get_bind():\n    raise RuntimeError("there is no way back")',
        {"down-fails"},
        "there is no way back",
    ),
    "fails in the middle": (
        "op.execute(\"UPDATE evaluations SET status = 'x'\")\nop.execute('SELECT * FROM nothing')",
        "pass",
        {"up-fails"},
        "its upgrade fails",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_injected_fault_is_named(fault, rehearsed):
    up, down, expected, words = FAULTS[fault]
    found = rehearsed(up, down)
    assert not found.passed
    assert rules(found) == expected
    assert words in said(found)


METRICS = """
op.create_table("metrics", sa.Column("id", sa.Integer, primary_key=True), sa.Column("evaluation_id", sa.Integer),
                sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name="fk_metrics_evaluation"))
op.execute("INSERT INTO metrics (id, evaluation_id) SELECT id, id FROM evaluations")
"""
CLEAN = {
    "a column": (
        'op.add_column("evaluations", sa.Column("note", sa.String(9)))',
        'with op.batch_alter_table("evaluations") as batch:\n    batch.drop_column("note")',
    ),
    "an index": (
        'op.create_index("ix_size", "evaluations", ["size"])',
        'op.drop_index("ix_size", "evaluations")',
    ),
    "a table with a key to another": (
        METRICS,
        'op.drop_table("metrics")',
    ),
    "values there and back": (
        "op.execute(\"UPDATE evaluations SET status = 'failed' WHERE status = 'fail'\")",
        "op.execute(\"UPDATE evaluations SET status = 'fail' WHERE status = 'failed'\")",
    ),
    "a column under another name": (
        'op.alter_column("evaluations", "status", new_column_name="state", existing_type=sa.String(20))',
        'op.alter_column("evaluations", "state", new_column_name="status", existing_type=sa.String(20))',
    ),
    "a table under another name": (
        'op.rename_table("evaluations", "runs")',
        'op.rename_table("runs", "evaluations")',
    ),
    "nothing": ("pass", "pass"),
}


@pytest.mark.parametrize("what", CLEAN)
def test_a_clean_revision_passes(what, rehearsed):
    found = rehearsed(*CLEAN[what])
    assert (found.passed, rules(found), said(found) if not found.passed else "") == (True, set(), "")
    assert all(each.down is not None and each.again is not None for each in found.revisions)


def test_a_revision_without_a_downgrade_passes_with_a_warning(rehearsed):
    found = rehearsed('op.add_column("evaluations", sa.Column("note", sa.String(9)))', None)
    assert found.passed
    assert [(finding.rule, finding.severity) for finding in found.findings] == [("no-downgrade", Severity.WARNING)]


def test_a_data_migration_with_a_wrong_where_shows_in_the_transitions(rehearsed):
    found = rehearsed("op.execute(\"UPDATE evaluations SET status = 'failed' WHERE status <> 'fail'\")")
    (diff,) = found.rows
    assert (diff.table, diff.updated, diff.unchanged) == ("evaluations", 20, 10)
    assert [(each.column, each.before, each.after, each.count) for each in diff.transitions] == [
        ("status", "done", "failed", 20)
    ]
