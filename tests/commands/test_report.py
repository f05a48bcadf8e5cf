"""A report says what the commands say, in one page, and what it could not say, and why."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.errors import ObjectNotFound, Refused, RevisionNotFound, UsageProblem
from migration_magics.results import Compared, History, Planned, Rehearsed, Shown, SqlShown
from tests.engine.making import Made

TABLE = "sa.Column('id', sa.Integer, primary_key=True), sa.Column('state', sa.String(20))"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project: `a1` makes a table, `b1` and `b2` both build on it, `c1` joins them, `d1` changes rows."""
    monkeypatch.chdir(tmp_path)
    made = []

    def build(url=None):
        project = Made(tmp_path, source=url)
        made.append(project.ws)
        project.add("a1", f"op.create_table('runs', {TABLE})", "op.drop_table('runs')")
        project.add(
            "b1", "op.add_column('runs', sa.Column('ms', sa.Integer))", "op.drop_column('runs', 'ms')", parents=("a1",)
        )
        project.add(
            "b2",
            "op.create_table('metrics', sa.Column('id', sa.Integer, primary_key=True))",
            "op.drop_table('metrics')",
            parents=("a1",),
        )
        project.add("c1", parents=("b1", "b2"))
        project.add("d1", "op.execute(\"UPDATE runs SET state = 'failed' WHERE state = 'error'\")", parents=("c1",))
        return project

    yield build
    for ws in made:
        ws.close()


def begin(project, url):
    """Bring the database to `a1` and put four rows into it."""
    project.ws.run("upgrade a1")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO runs (id, state) VALUES (1, 'ok'), (2, 'ok'), (3, 'error'), (4, 'error')")
        )
    engine.dispose()
    return project


@pytest.fixture
def begun(make, sqlite_url):
    """The project on a database that stands at `a1`, with four rows."""
    return begin(make(sqlite_url), sqlite_url)


def test_it_is_about_what_is_pending(make, database_url):
    begun = begin(make(database_url), database_url)
    before = begun.ws.run("schema db").schema
    report = begun.ws.run("report --rehearse")
    assert [one.id for one in report.revisions] in (["b1", "b2", "c1", "d1"], ["b2", "b1", "c1", "d1"])
    assert (report.range, report.before, report.after) == ("current:heads", ("a1",), ("d1",))
    kinds = {each.name: type(each.result) for each in report.sections}
    assert kinds == {
        "history": History,
        "plan": Planned,
        "schema": Compared,
        "sql": SqlShown,
        "rehearsal": Rehearsed,
        "revisions": Shown,
    }
    assert report.fingerprint == begun.ws.run("plan").plan.fingerprint
    assert report.passed is False
    assert [each.table for each in report.section("rehearsal").result.rows if each.updated == 2] == ["runs"]
    paths = {change.path for change in report.section("schema").result.diff.changes}
    assert {("runs", "columns", "ms"), ("metrics",)} <= paths  # PostgreSQL has a sequence, too
    assert list(report.section("sql").result.scripts) == [begun.ws.database.dialect]
    json.dumps(report.to_dict())
    assert begun.ws.run("current").ids == ("a1",)
    assert begun.ws.run("schema db").schema == before


def test_the_same_twice_is_the_same_page(begun, tmp_path):
    first = begun.ws.run("report --rehearse --to one.html")
    again = begun.ws.run("report --rehearse --to two.html")
    assert first.path == "one.html"
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert first.markdown == again.markdown
    assert str(tmp_path) not in first.html + first.markdown  # it is read on other machines


def test_without_a_database_it_is_about_the_files_and_says_what_is_missing(make):
    report = make().ws.run("report")
    assert (report.range, report.before, report.after, report.connection) == ("base:heads", (), ("d1",), "")
    assert len(report.revisions) == 5
    missing = {each.name: each.missing for each in report.sections if each.missing}
    assert set(missing) == {"plan", "rehearsal"}
    assert missing["plan"].startswith("No database is connected.")
    assert len(report.section("schema").result.diff.changes) == 2
    assert set(report.section("sql").result.scripts) == {"sqlite", "postgresql", "mysql"}


def test_a_range_that_does_not_start_where_the_database_stands_has_no_plan(begun):
    report = begun.ws.run("report c1:d1")
    assert [one.id for one in report.revisions] == ["d1"]
    assert "stands at a1, and this range starts at c1" in report.section("plan").missing


def test_the_whole_history_is_rehearsed_on_an_empty_copy(make, sqlite_url):
    project = make(sqlite_url)
    project.ws.run("upgrade c1")
    report = project.ws.run("report base:heads --rehearse")
    assert report.passed
    assert len(report.section("rehearsal").result.revisions) == 5


def test_a_part_that_fails_does_not_take_the_others_with_it(make):
    project = make()
    project.add("e1", "op.execute('this is no SQL')", parents=("d1",))
    report = project.ws.run("report")
    assert "e1" in report.section("schema").missing
    assert report.section("sql").result is not None
    assert "Not in this report" in str(report)


def test_what_has_no_offline_sql_has_that_of_the_rehearsal(begun):
    """A batch on SQLite reads the table that it rebuilds."""
    rebuild = "with op.batch_alter_table('runs') as batch:\n    batch.drop_column('state')"
    back = "op.add_column('runs', sa.Column('state', sa.String(20)))"
    begun.add("e1", rebuild, back, parents=("d1",))
    assert "sqlite" in begun.ws.run("report").section("sql").result.problems
    for page in (begun.ws.run("report --rehearse").html, begun.ws.run("report --rehearse").markdown):
        assert "SQL that the rehearsal sent" in page
        assert "_alembic_tmp_runs" in page
    assert "SQL that the rehearsal sent" not in begun.ws.run("report current:d1 --rehearse").html


def test_nothing_pending_is_no_report(make, sqlite_url):
    project = make(sqlite_url)
    project.ws.run("upgrade heads")
    with pytest.raises(Refused, match="nothing to report") as caught:
        project.ws.run("report")
    assert "base:heads" in caught.value.hint
    with pytest.raises(RevisionNotFound):
        project.ws.run("report nonsense:heads")


@pytest.mark.parametrize(
    "line, start",
    [
        ("report --to r.html", "<!doctype html>"),
        ("report --to r.md", "<!-- migration_magics report -->"),
        ("report --to r.txt --format md", "<!-- migration_magics"),
    ],
)
def test_the_files_name_says_what_it_is_unless_told(make, tmp_path, line, start):
    report = make().ws.run(line)
    assert (tmp_path / report.path).read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    "line, said",
    [
        ("report --to r.txt", "neither .html nor .md"),
        ("report --format html", "none is named"),
        ("report --to r.html --format pdf", "html or md"),
        ("report --mask runs.state", "none is asked for"),
        ("report --to nowhere/r.html", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(make, line, said):
    with pytest.raises(UsageProblem, match=said):
        make().ws.run(line)


def test_a_file_that_is_no_report_is_not_written_over(make, tmp_path):
    project = make()
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(Refused, match="is no report"):
        project.ws.run("report --to README.md")
    assert (tmp_path / "README.md").read_text() == "mine"
    assert list(tmp_path.glob(".*.tmp")) == []
    project.ws.run("report --to mine.md")
    assert project.ws.run("report --to mine.md").path == "mine.md"


def test_secrets_in_files_are_not_in_the_report(make):
    project = make()
    project.add("f1", "op.execute(\"CREATE TABLE u (x int) -- password = 'hunter2secret'\")", parents=("d1",))
    report = project.ws.run("report")
    assert "hunter2secret" not in report.html
    assert "hunter2secret" not in report.markdown


def test_it_is_a_verb_of_the_python_object(make, tmp_path):
    project = make()
    assert isinstance(project.ws, Workspace)
    report = project.ws.report("base:c1", to=str(tmp_path / "r.html"), dialect=("postgresql",))
    assert [one.id for one in report.revisions][-1] == "c1"
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == report.html


def test_a_mistake_in_what_is_to_be_masked_writes_no_page(make, tmp_path):
    """A page that says no more than "not run" looks as if the option had been heard."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    project = make(url)
    begin(project, url)
    with pytest.raises(ObjectNotFound, match=r"no column runs\.sate to mask"):
        project.ws.run("report --rehearse --mask runs.sate --to page.html")
    assert not (tmp_path / "page.html").exists()
    assert project.ws.run("report --rehearse --mask runs.state --to page.html").path == "page.html"
