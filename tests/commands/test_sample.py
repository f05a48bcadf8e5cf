"""`sample`: rehearsals have the rows of one's own, on every database, and say what of them does not fit."""

from __future__ import annotations

import pandas as pd
import polars
import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import NotConnected, ObjectNotFound, RehearsalFailed, UsageProblem
from migration_magics.model.finding import Confidence

TABLES = """
op.create_table("workers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("status", sa.String(20)),
                sa.Column("worker", sa.Integer, sa.ForeignKey("workers.id", ondelete="CASCADE")))
op.bulk_insert(sa.table("workers", sa.column("id")), [{"id": 1}, {"id": 2}])
op.bulk_insert(sa.table("evaluations", sa.column("id"), sa.column("status"), sa.column("worker")),
               [{"id": n, "status": "done", "worker": 1} for n in range(1, 31)])
"""
UPDATE = (
    "def upgrade():\n    op.execute(\"UPDATE evaluations SET status = 'failed' WHERE status = 'fail'\")\n\n\n"
    "def downgrade():\n    op.execute(\"UPDATE evaluations SET status = 'fail' WHERE status = 'failed'\")\n"
)
FRAME = pd.DataFrame({"id": [7, 8, 9], "status": ["fail", "fail", None], "worker": [1, None, 2]})


@pytest.fixture
def new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = []

    def make(url, **variables):
        ws = Workspace(lookup=variables.get)
        made.append(ws)
        ws.init("migrations")
        ws.connect(url, name="app")
        ws.revision(TABLES, message="create", apply=True)
        return ws

    yield make
    for ws in made:
        ws.close()


@pytest.fixture
def ws(new):
    return new("sqlite:///app.db", frame=FRAME, number=7)


def rows(ws):
    with ws.database.engine.connect() as connection:
        return [
            tuple(row) for row in connection.exec_driver_sql("SELECT id, status, worker FROM evaluations ORDER BY 1")
        ]


def updated(rehearsed):
    return {diff.table: (diff.updated, diff.before) for diff in rehearsed.rows}


def test_rehearsals_of_cell_and_command_have_the_rows_of_the_frame(new, database_url):
    ws = new(database_url, frame=FRAME)
    before, schema = rows(ws), ws.schema("db").schema
    remembered = ws.run("sample evaluations frame")
    assert (remembered.remembered, remembered.records()) == (
        "evaluations",
        [{"table": "evaluations", "source": "variable frame", "rows": 3, "columns": ["id", "status", "worker"]}],
    )
    cell = ws.revision(UPDATE, message="rename fail").rehearsal
    whole = ws.rehearse(full=True)
    for found in (cell, ws.rehearse(), whole):
        assert (found.passed, found.own, updated(found)) == (True, ("evaluations",), {"evaluations": (2, 3)})
        assert found.confidence is Confidence.MEASURED
        assert "your rows in evaluations" in found.method
        assert not found.round_trip
    assert (rows(ws), ws.schema("db").schema) == (before, schema)
    assert ws.sample("evaluations", forget=True).samples == ()
    assert updated(ws.rehearse()) == {}


def test_a_sample_tells_how_long_all_rows_would_take_and_rows_of_ones_own_do_not(new, postgresql_url):
    ws = new(postgresql_url)
    ws.revision(UPDATE, message="rename fail")
    (found,) = ws.rehearse(rows=10).estimates
    assert (found.operation, found.table, found.sample_rows, found.total_rows) == ("execute", "evaluations", 10, 30)
    assert 0 < found.measured_s <= found.low_s <= found.high_s
    ws.sample("evaluations", FRAME)
    assert ws.rehearse(rows=10).estimates == ()


def test_children_and_parents_are_given_together(new, database_url, tmp_path):
    ws = new(database_url, workers=pd.DataFrame({"id": [50], "name": ["x"]}))
    (tmp_path / "own rows.csv").write_text("id,status,worker\n1,fail,50\n2,,\n")
    ws.run("sample evaluations 'own rows.csv'")
    ws.sample("workers", "workers")
    assert updated(ws.revision(UPDATE, message="rename fail").rehearsal) == {"evaluations": (1, 2)}
    assert [(each.table, each.source) for each in ws.sample().samples] == [
        ("evaluations", "own rows.csv"),
        ("workers", "variable workers"),
    ]


def test_a_child_without_its_parent_is_named(new, database_url):
    ws = new(database_url)
    ws.sample("evaluations", pd.DataFrame({"id": [1, 2], "worker": [50, 50]}))
    with pytest.raises(UsageProblem) as caught:
        ws.revision(UPDATE, message="rename fail")
    assert caught.value.message == (
        "The sample of evaluations does not fit: 2 rows of evaluations refer by worker to rows of workers that are not there, "
        "such as id 50."
    )
    assert "%migrate sample workers SOURCE" in caught.value.hint
    assert "%migrate sample evaluations --forget" in caught.value.hint


def test_a_parent_that_others_need_is_named(new, database_url):
    ws = new(database_url)
    ws.sample("workers", pd.DataFrame({"id": [2]}))
    with pytest.raises(
        UsageProblem, match="30 rows of evaluations refer by worker to rows of workers that are not there"
    ):
        ws.revision(UPDATE, message="rename fail")
    assert len(rows(ws)) == 30


def test_triggers_see_rows_come_and_none_go(ws):
    with ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE gone (id INTEGER)")
        connection.exec_driver_sql(
            'CREATE TRIGGER "100% :t" AFTER DELETE ON evaluations BEGIN INSERT INTO gone VALUES (old.id); END'
        )
    ws.sample("evaluations", "frame")
    ws.revision("op.execute('DELETE FROM evaluations WHERE id = 7')", message="x", expect=("INSERT gone: 1 row",))


def test_a_frame_is_read_when_a_copy_is_made(ws):
    frame = FRAME.copy()
    ws.sample("evaluations", frame)
    frame.loc[2, "status"] = "fail"
    assert updated(ws.revision(UPDATE, message="rename fail").rehearsal) == {"evaluations": (3, 3)}


def test_a_frame_of_polars_does_as_well(new):
    frame = polars.DataFrame(FRAME.to_dict("list"), strict=False)
    ws = new("sqlite:///app.db", frame=frame, lazy=frame.lazy())
    assert ws.run("sample evaluations frame").samples[0].rows == 3
    ws.revision(UPDATE, message="fail is failed")
    (diff,) = ws.run("rehearse").rows
    assert (diff.updated, diff.before) == (2, 3)
    with pytest.raises(UsageProblem, match="LazyFrame") as caught:
        ws.run("sample evaluations lazy")
    assert "collect()" in caught.value.hint


def test_a_failed_expectation_counts_the_rows_of_the_sample(ws):
    ws.sample("evaluations", "frame")
    with pytest.raises(RehearsalFailed, match="your rows in evaluations"):
        ws.revision(UPDATE, message="rename fail", expect=("UPDATE evaluations: 3 rows",))


def test_the_same_database_connected_again_keeps_its_samples_and_another_has_none(ws):
    ws.sample("evaluations", "frame")
    ws.connect("sqlite:///app.db", name="app")
    assert len(ws.sample().samples) == 1
    ws.connect("sqlite:///other.db", name="other")
    assert ws.sample().samples == ()
    assert len(ws.sample(on="app").samples) == 1
    ws.connect("sqlite:///third.db", name="app")
    assert ws.sample(on="app").samples == ()


def test_a_table_that_went_away_is_named_with_what_to_type(ws):
    ws.sample("workers", pd.DataFrame({"id": [1]}))
    with ws.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE workers")
    with pytest.raises(ObjectNotFound, match="There is no table workers") as caught:
        ws.revision(UPDATE, message="rename fail")
    assert caught.value.hint == "%migrate sample workers --forget goes without these rows"


def test_an_empty_copy_says_that_it_has_none_of_them(ws):
    ws.sample("evaluations", "frame")
    assert "Your rows for evaluations were not used" in str(ws.rehearse("base:heads"))


REFUSED = {
    "There is no table nothing": ("nothing", "frame"),
    "no variable and no file 'gone.csv'": ("evaluations", "gone.csv"),
    "Variable number holds no rows: it is a int": ("evaluations", "number"),
    "A list holds no rows": ("evaluations", [1, 2]),
    "evaluations has no column nothing": ("evaluations", pd.DataFrame({"nothing": [1]})),
    "Which rows is evaluations to have": ("evaluations",),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_remembered_is_said_at_once(said, ws):
    with pytest.raises((UsageProblem, ObjectNotFound), match=said):
        ws.sample(*REFUSED[said])
    assert ws.sample().samples == ()


def test_a_cell_of_the_file_that_is_no_number_is_said_at_once(ws, tmp_path):
    (tmp_path / "rows.csv").write_text("id,worker\n1,one\n")
    with pytest.raises(UsageProblem, match="Row 1, column worker: 'one' is no INTEGER"):
        ws.sample("evaluations", "rows.csv")


def test_what_is_not_remembered_cannot_be_forgotten(ws):
    with pytest.raises(ObjectNotFound, match="There is no sample of workers"):
        ws.run("sample workers --forget")
    with pytest.raises(UsageProblem, match="Which sample"):
        ws.run("sample --forget")


def test_without_a_connection_nothing_is_remembered():
    with pytest.raises(NotConnected):
        Workspace().sample("t", FRAME)
