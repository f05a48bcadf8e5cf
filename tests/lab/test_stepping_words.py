"""Each operation that is stepped through is told in the words of `explain`."""

from __future__ import annotations

from tests.lab.test_stepping import START

ALL_HEARD = """
op.add_column("evaluations", sa.Column("grade", sa.String(5), server_default="N'A%"))
op.execute("UPDATE evaluations SET grade = 'A'")
op.execute(sa.text("UPDATE evaluations SET grade = :to WHERE status LIKE 'd%'").bindparams(to="B"))
op.execute(sa.text("CREATE VIEW good AS SELECT id FROM evaluations WHERE status LIKE 'd%'"))
op.create_table("metrics", sa.Column("id", sa.Integer, primary_key=True), sa.Column("value", sa.Float))
op.execute("DROP VIEW good")  # SQLite renames no table that a view uses
op.create_index("ix_status", "evaluations", ["status"], unique=False)
with op.batch_alter_table("evaluations") as batch:
    batch.add_column(sa.Column("note", sa.String(9), nullable=True))
    batch.alter_column("status", existing_type=sa.String(20), type_=sa.String(50))
    batch.drop_column("worker_id")
op.rename_table("workers", "machines")
op.bulk_insert(sa.table("metrics", sa.column("id"), sa.column("value")), [{"id": 1, "value": 0.5}])
op.drop_table("machines")
"""


def begun(make, url):
    made = make(url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    return made


def test_what_an_operation_does_is_said_as_explain_says_it(make, database_url):
    made = begun(make, database_url)
    made.add("b2", ALL_HEARD)
    family = made.ws.database.family
    (told,) = made.ws.explain("b2", dialect=(family,)).revisions
    found = made.ws.step("b2")
    assert not found.problem
    assert len(told.operations) == 11
    assert [stop.sentence for stop in found.stops] == [each.sentence for each in told.operations]


def test_of_a_batch_with_many_operations_some_are_said(make, sqlite_url):
    made = begun(make, sqlite_url)
    adds = "".join(f"\n    batch.add_column(sa.Column('c{n}', sa.Integer))" for n in range(8))
    made.add("b2", f"with op.batch_alter_table('workers', recreate='always') as batch:{adds}")
    (stop,) = made.ws.step("b2").stops
    assert stop.sentence.startswith(
        "Changes the table workers in one batch; SQLite builds it anew and copies the rows."
    )
    assert stop.sentence.endswith(
        "Adds the column c2 (INTEGER) to workers; it is NULL in rows that are there. And 5 more."
    )


def test_no_secret_is_in_what_is_said(make, sqlite_url):
    made = begun(make, sqlite_url)
    made.add("b2", "op.execute(\"CREATE VIEW v AS SELECT 'postgresql://me:s3cr3tw0rd@host/db' AS u\")")
    (stop,) = made.ws.step("b2").stops
    assert stop.sentence.startswith("Changes the schema by SQL: CREATE VIEW v AS SELECT 'postgresql://me:")
    assert "s3cr3tw0rd" not in stop.sentence
