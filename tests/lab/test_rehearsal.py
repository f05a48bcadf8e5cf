"""What a rehearsal finds, and that nobody notices it on the database that was copied: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.errors import ReplayInterrupted
from migration_magics.lab.scratch import NoScratch
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
        assert (fingerprint(database_url), scratches(database_url)) == (before, [])
        return found

    return run


def fingerprint(url):
    """What a database is: of a SQLite file its bytes, of a server's everything that can be asked."""
    database = Database.from_url("source", url)
    try:
        if database.file is not None:
            return hashlib.sha256(Path(database.file).read_bytes()).hexdigest() if database.file.exists() else "no file"
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
    return schema, rows


def scratches(url):
    """The names of the scratch databases on the server of *url*."""
    database = Database.from_url("source", url)
    listed = {
        "postgresql": "SELECT datname FROM pg_database WHERE datname LIKE 'mm_scratch_%%'",
        "mysql": "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'mm_scratch_%%'",
        "sqlite": "SELECT 1 WHERE 0",
    }[database.family]
    try:
        return database.run(lambda connection: connection.exec_driver_sql(listed).scalars().all())
    finally:
        database.dispose()


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


# -- what only some databases have ---------------------------------------------------------------------------------


@pytest.fixture
def on_postgresql(make, postgresql_url):
    """As `rehearsed`, on PostgreSQL."""

    def run(up, down="pass", start=START):
        made = make(postgresql_url)
        made.add("a1", start)
        made.ws.upgrade("a1")
        made.add("b2", up, down)
        before = fingerprint(postgresql_url)
        found = made.ws.rehearse()
        assert (fingerprint(postgresql_url), scratches(postgresql_url)) == (before, [])
        return found

    return run


LEFT_ON_POSTGRESQL = {
    "enum mood is left over": (
        'op.add_column("evaluations", sa.Column("mood", MOOD := sa.Enum("ok", name="mood")))',
        'op.drop_column("evaluations", "mood")',
    ),
    "sequence tickets is left over": ('op.execute("CREATE SEQUENCE tickets")', "pass"),
    "view fast is left over": ('op.execute("CREATE VIEW fast AS SELECT id FROM evaluations")', "pass"),
}


@pytest.mark.parametrize("words", LEFT_ON_POSTGRESQL)
def test_what_a_downgrade_leaves_on_postgresql_is_named(words, on_postgresql):
    up, down = LEFT_ON_POSTGRESQL[words]
    if "MOOD" in up:
        up = 'sa.Enum("ok", name="mood").create(op.get_bind())\n' + up.replace("MOOD := ", "")
    found = on_postgresql(up, down)
    assert rules(found) == {"leftovers", "again-fails"}
    assert words in said(found)


def test_concurrently_has_its_real_meaning_on_the_copy(on_postgresql):
    block = "with op.get_context().autocommit_block():\n    "
    found = on_postgresql(
        block + 'op.create_index("ix_size", "evaluations", ["size"], postgresql_concurrently=True)',
        block + 'op.drop_index("ix_size", "evaluations", postgresql_concurrently=True)',
    )
    assert (found.passed, said(found)) == (True, "")


def test_a_deferred_constraint_is_checked(on_postgresql):
    start = START + (
        "op.execute('CREATE TABLE metrics (id int PRIMARY KEY, e int REFERENCES evaluations DEFERRABLE INITIALLY DEFERRED)')"
    )
    found = on_postgresql('op.execute("INSERT INTO metrics VALUES (1, 999)")', start=start)
    assert rules(found) == {"up-fails"}
    assert "metrics_e_fkey" in said(found)


def test_several_schemas_go_with_the_copy(on_postgresql):
    start = START + (
        '\nop.execute("CREATE SCHEMA archive")\nop.execute("CREATE TABLE archive.runs (id int PRIMARY KEY, note text)")\n'
        "op.execute(\"INSERT INTO archive.runs VALUES (1, 'a'), (2, 'b')\")"
    )
    found = on_postgresql(
        'op.execute("UPDATE archive.runs SET note = upper(note)")',
        'op.execute("UPDATE archive.runs SET note = lower(note)")',
        start=start,
    )
    (diff,) = found.rows
    assert (found.passed, diff.table, diff.updated) == (True, "archive.runs", 2)


# -- revisions that go their own ways ------------------------------------------------------------------------------

ENDLESS = {
    "in Python": "while True:\n    len('x')",
    "in the database": (
        'op.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")'
    ),
}


@pytest.mark.parametrize("where", ENDLESS)
def test_a_revision_that_never_ends_is_stopped(where, make, database_url):
    made = make(database_url)
    made.ws.settings = replace(made.ws.settings, rehearse_timeout_s=0.5)
    made.add("a1", ENDLESS[where])
    if where == "in the database" and made.ws.database.family == "mysql":
        made.add("a1", 'op.execute("SELECT sleep(100)")', parents=())
    before = fingerprint(database_url)
    found = made.ws.rehearse()
    assert rules(found) == {"up-fails"}
    assert "it did not end within 0.5 s; it was stopped there" in said(found)
    assert (fingerprint(database_url), scratches(database_url)) == (before, [])


def test_a_revision_that_commits_by_itself_is_rehearsed(rehearsed):
    found = rehearsed(
        'op.add_column("evaluations", sa.Column("note", sa.String(9)))\nop.get_bind().commit()',
        'with op.batch_alter_table("evaluations") as batch:\n    batch.drop_column("note")',
    )
    assert len(found.revisions) == 1
    assert not found.passed
    assert "Revision b2 commits by itself (b2.py, line 13), which ends Alembic's transaction" in said(found)
    assert "env.py" not in said(found)


def test_a_missing_table_is_told_with_its_line_and_without_the_copy_s_name(make, database_url):
    made = make(database_url)
    made.add("a1", "op.execute('SELECT * FROM nowhere')")
    found = made.ws.rehearse()
    assert "expects tables that this database does not have" in said(found)
    assert "(a1.py, line 12)" in said(found)
    assert "mm_scratch_" not in str(found.findings)


def test_a_raw_commit_is_rehearsed(rehearsed):
    found = rehearsed("op.execute(\"UPDATE evaluations SET status = 'x'\")\nop.execute('COMMIT')")
    assert {finding.rule for finding in found.findings} <= {"rows-lost", "up-fails", "leaves-transaction"}
    assert not found.passed
    assert "it leaves its transaction by COMMIT: what comes before it is not rolled back" in said(found)


def test_branches_a_merge_and_a_dependency_are_each_tried(make, database_url):
    made = make(database_url)
    made.add("a1", START, 'op.drop_table("evaluations")')
    made.add("b2", *CLEAN["a column"], parents=("a1",))
    made.add("c3", *CLEAN["an index"], parents=("a1",))
    made.add("d4", parents=("b2", "c3"))
    made.add("e5", *CLEAN["a table with a key to another"], parents=(), depends_on="c3")
    found = made.ws.rehearse("heads")
    assert ({each.revision for each in found.revisions}, said(found) if not found.passed else "") == (
        {"a1", "b2", "c3", "d4", "e5"},
        "",
    )


def test_without_the_right_to_make_databases_a_cell_is_written_with_a_note(make, postgresql_url, run_sql):
    run_sql(
        postgresql_url,
        "DROP ROLE IF EXISTS visitor",
        "CREATE ROLE visitor LOGIN",
        "GRANT ALL ON SCHEMA public TO visitor",
    )
    made = make(sa.make_url(postgresql_url).set(username="visitor").render_as_string(hide_password=False))
    done = made.ws.revision(START, message="start")
    assert done.rehearsal is None
    assert any("Not rehearsed: No scratch database can be made" in note for note in done.notes)
    with pytest.raises(NoScratch, match="CREATEDB"):
        made.ws.rehearse()


def test_an_interrupt_ends_the_rehearsal_and_drops_the_copy(make, database_url):
    made = make(database_url)
    made.add("a1", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True:\n    len('x')")
    before = fingerprint(database_url)
    with pytest.raises(ReplayInterrupted, match=r"stopped in revision a1\. Its copy is gone"):
        made.ws.rehearse()
    assert (fingerprint(database_url), scratches(database_url)) == (before, [])
