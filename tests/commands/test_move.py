"""Move: plan, upgrade, downgrade, stamp, ensure_version, as a person types them."""

import sqlite3

import pytest
import sqlalchemy as sa

from migration_magics.errors import (
    ConfirmationRequired,
    DatabaseAhead,
    MigrationError,
    MoveFailed,
    NotReversible,
    PlanStale,
    RevisionNotFound,
    UsageProblem,
)
from tests.engine.making import Made

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make a project of three revisions and a second head, on a database."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def make(url, **options):
        project = Made(tmp_path)
        project.ws.connect(url, **options)
        project.add("a1", CREATE, "op.drop_table('t')")
        project.add("b2")
        project.add("c3")
        workspaces.append(project.ws)
        return project

    yield make
    for ws in workspaces:
        ws.close()


def names(url):
    return sorted(sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names())


def versions(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return sorted(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


def test_the_way_up_and_down(database_url, made):
    ws = made(database_url).ws
    for text, ids in [
        ("upgrade +1", ("a1",)),
        ("upgrade b2", ("b2",)),
        ("downgrade -1", ("a1",)),
        ("upgrade head", ("c3",)),
        ("downgrade c3-2", ("a1",)),
        ("upgrade heads", ("c3",)),
        ("downgrade base", ()),
    ]:
        moved = ws.run(text)
        assert (moved.after, ws.current().ids) == (ids, ids), text
        assert versions(database_url) == list(ids)


def test_looking_and_planning_write_nothing(database_url, made):
    ws = made(database_url).ws
    for text in (
        "status",
        "current",
        "history",
        "heads",
        "branches",
        "show head",
        "plan",
        "plan head",
        "sql",
        "connections",
    ):
        ws.run(text)
    assert names(database_url) == []


def test_looking_does_not_even_make_a_file(tmp_path, made):
    ws = made(f"sqlite:///{tmp_path}/not_there.db").ws
    for text in ("status", "current", "history", "plan", "sql", "upgrade base"):
        ws.run(text)
    assert not (tmp_path / "not_there.db").exists()
    ws.upgrade("head", dry_run=True)
    assert not (tmp_path / "not_there.db").exists() or names(f"sqlite:///{tmp_path}/not_there.db") == []


def test_an_empty_plan_touches_nothing(database_url, made):
    ws = made(database_url).ws
    for move in (lambda: ws.upgrade("base"), lambda: ws.downgrade("base"), lambda: ws.stamp("base")):
        moved = move()
        assert moved.plan.is_empty
        assert moved.trace.steps == ()
        assert "Nothing to do" in str(moved)
    assert names(database_url) == []


def test_a_plan_goes_down_where_the_target_lies_behind(sqlite_url, made):
    ws = made(sqlite_url).ws
    ws.upgrade("head")
    assert [
        (ws.plan(target).plan.direction, ws.plan(target).plan.to_heads) for target in ("a1", "base", "-1", "c3-2")
    ] == [
        ("downgrade", ("a1",)),
        ("downgrade", ()),
        ("downgrade", ("b2",)),
        ("downgrade", ("a1",)),
    ]
    assert ws.plan("head").plan.is_empty


def test_a_plan_runs_by_its_fingerprint_or_not_at_all(database_url, made):
    project = made(database_url)
    ws = project.ws
    fingerprint = ws.plan("b2").plan.fingerprint
    for wrong in ("abc", "000000000000", fingerprint[:5]):
        with pytest.raises(PlanStale, match="Nothing was changed"):
            ws.upgrade("b2", plan=wrong)
    with pytest.raises(PlanStale):
        ws.upgrade("c3", plan=fingerprint)
    assert names(database_url) == []
    assert ws.upgrade("b2", plan=fingerprint[:8]).after == ("b2",)


def test_the_command_a_plan_names_runs_it(sqlite_url, made):
    ws = made(sqlite_url).ws
    command = ws.plan("b2").next_command
    assert ws.run(command.removeprefix("%migrate ")).after == ("b2",)


def test_a_stamp_writes_the_version_table_only(database_url, made):
    project = made(database_url)
    project.add("x9", parents=())
    ws = project.ws
    assert ws.stamp("b2").after == ("b2",)
    assert ws.stamp("heads").after == ("c3", "x9")
    assert ws.stamp("c3").after == ("c3", "x9")
    assert ws.stamp("base").after == ()
    assert ws.stamp("b2", "x9").after == ("b2", "x9")
    assert versions(database_url) == ["b2", "x9"]
    assert names(database_url) == ["alembic_version"]
    assert [step.operations for step in ws.stamp("heads").trace.steps] == [()]


def test_a_revision_nobody_knows_is_purged_on_request_only(database_url, made):
    ws = made(database_url).ws
    ws.stamp("c3")
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'lost'"))
    for move in (lambda: ws.upgrade("head"), lambda: ws.downgrade("base"), lambda: ws.stamp("b2"), ws.plan):
        with pytest.raises(DatabaseAhead, match="lost"):
            move()
    assert versions(database_url) == ["lost"]
    assert ws.stamp("b2", purge=True, yes=True).after == ("b2",)
    assert ws.stamp("b2", purge=True, yes=True).after == ("b2",)
    assert versions(database_url) == ["b2"]
    assert ws.stamp("base", purge=True, yes=True).after == ()
    assert versions(database_url) == []


@pytest.mark.parametrize("text", ["stamp b2 --dry-run", "stamp b2 --purge --dry-run", "ensure_version --dry-run"])
def test_a_dry_stamp_leaves_nothing(sqlite_url, made, text):
    ws = made(sqlite_url).ws
    assert ws.run(text).after == ()
    assert names(sqlite_url) == []


def test_ensure_version_makes_the_table_and_moves_nothing(database_url, made):
    ws = made(database_url).ws
    for _ in range(2):
        assert ws.ensure_version().after == ()
        assert names(database_url) == ["alembic_version"]
    ws.upgrade("b2")
    assert ws.ensure_version().after == ("b2",)


def test_ensure_version_says_whether_the_table_was_there(database_url, made):
    ws = made(database_url).ws
    for text, said, after in [
        ("ensure_version --dry-run", "would be created", "%migrate ensure_version"),
        ("ensure_version", "was created", "%migrate status"),
        ("ensure_version", "was there already", "%migrate status"),
    ]:
        if "--dry-run" in text and not database_url.startswith(("sqlite", "postgresql")):
            continue  # its DDL commits itself: there is no dry run
        moved = ws.run(text)
        assert str(moved).startswith(f"The version table alembic_version {said} · "), text
        assert moved.next_command == after
        assert "Undo it" not in str(moved)


def test_a_protected_connection_wants_its_name(sqlite_url, made):
    ws = made(sqlite_url, name="shop", protected=True).ws
    for text in ("upgrade head", "upgrade head --yes", "upgrade head --confirm shops", "stamp head"):
        with pytest.raises(ConfirmationRequired, match=r"shop is protected: .* Nothing was changed") as caught:
            ws.run(text)
        assert "--confirm shop" in caught.value.hint
    assert names(sqlite_url) == []
    assert ws.upgrade("head", dry_run=True).after == ()
    assert ws.run("upgrade head --confirm shop").after == ("c3",)


def test_bad_words_move_nothing(database_url, made):
    ws = made(database_url).ws
    for text, error, said in [
        ("upgrade c4", RevisionNotFound, "no revision 'c4'"),
        ("upgrade +9", MigrationError, ""),
        ("downgrade", UsageProblem, ""),
        ("stamp nope", RevisionNotFound, "no revision 'nope'"),
        ("upgrade head --no-such", UsageProblem, "--no-such"),
    ]:
        with pytest.raises(error) as caught:
            ws.run(text)
        assert said in caught.value.message
        assert caught.value.hint
    assert names(database_url) == []


@pytest.mark.parametrize(
    "body, said",
    [
        ("revision = 'd4'\ndown_revision = 'c3'\ndef upgrade(:\n", "d4.py, line 3"),
        ("revision = 'c3'\ndown_revision = 'b2'\n", "c3"),
        ("revision = 'd4'\ndown_revision = 'gone'\n", "gone"),
        ("revision = 'd4'\ndown_revision = 'e5'\n", "e5"),
        ("print('no revision')\n", "d4.py"),
    ],
)
def test_a_broken_file_is_named_and_nothing_moves(sqlite_url, made, body, said):
    project = made(sqlite_url)
    (project.versions / "d4.py").write_text(body)
    if said == "e5":
        (project.versions / "e5.py").write_text("revision = 'e5'\ndown_revision = 'd4'\n")
    with pytest.raises(MigrationError) as caught:
        project.ws.upgrade("head")
    assert said in f"{caught.value.message} {caught.value.hint} {caught.value.details}"
    assert names(sqlite_url) == []


def test_a_password_stays_secret_in_every_failure(made):
    for url in (
        "postgresql+psycopg://me:hunter2@127.0.0.1:1/app",
        "postgresql+psycopg://127.0.0.1:1/app?user=me&password=hunter2",
        "mysql+pymysql://me:hunter2@127.0.0.1:1/app",
        "nosuch://me:hunter2@host/app",
        "postgresql+nosuch://me:hunter2@host/app",
    ):
        with pytest.raises(MigrationError) as caught:
            made(url).ws.upgrade("head")
        error = caught.value
        assert "hunter2" not in f"{error.message}{error.hint}{error.details}{''.join(error._render_traceback_())}"
        assert error.hint


def test_a_file_that_is_no_database_says_so(tmp_path, made):
    (tmp_path / "text.db").write_text("this is not a database, only text that goes on for a while")
    with pytest.raises(MigrationError, match="not a database"):
        made(f"sqlite:///{tmp_path}/text.db").ws.upgrade("head")
    assert (tmp_path / "text.db").read_text().startswith("this is not")


def test_rows_made_by_hand_survive_a_failure(sqlite_url, tmp_path, made):
    project = made(sqlite_url)
    project.ws.upgrade("head")
    raw = sqlite3.connect(tmp_path / "test.db")
    raw.execute("INSERT INTO t VALUES (1)")
    raw.commit()
    project.add("d4", "op.execute('DELETE FROM t')\nop.execute('nonsense')")
    with pytest.raises(MigrationError):
        project.ws.upgrade("head", yes=True)
    assert raw.execute("SELECT * FROM t").fetchall() == [(1,)]
    raw.close()


# -- another connection than the one in use


@pytest.fixture
def two(made, tmp_path):
    """A project on two databases with a row in `t`; the second one is in use."""
    project = made(f"sqlite:///{tmp_path}/one.db", name="one")
    project.ws.connect(f"sqlite:///{tmp_path}/two.db", name="two")
    for name in ("one", "two"):
        project.ws.upgrade("a1", on=name)
        with sqlite3.connect(tmp_path / f"{name}.db") as connection:
            connection.execute("insert into t values (1)")
    return project.ws


def test_what_an_error_says_to_type_goes_to_the_database_it_is_about(two, tmp_path):
    with pytest.raises(ConfirmationRequired) as caught:
        two.run("downgrade base --on one")
    hint = caught.value.hint
    assert "--on one" in hint
    assert "--on one" in caught.value.planned.next_command
    assert "--on one" in str(caught.value.planned)
    two.run(hint.partition(",")[0].removeprefix("%migrate "))
    assert two.current(on="one").ids == ()
    assert two.current().ids == ("a1",)


@pytest.mark.parametrize(
    "line", ["upgrade head --on one", "plan --on one", "current --on one", "status --on one", "upgrade a1 --on one"]
)
def test_what_a_result_says_to_type_goes_to_the_database_it_is_about(two, line):
    shown = str(two.run(line))
    offered = [part for part in shown.split("%migrate ")[1:] if not part.startswith("connect")]
    assert offered
    assert all(" --on one" in part.partition("\n")[0] for part in offered)


def test_without_another_connection_no_command_names_one(two):
    assert "--on" not in str(two.run("upgrade head --on two"))
    assert "--on" not in str(two.run("plan -1"))


def test_a_failed_move_names_the_connection_in_every_command(made, tmp_path):
    project = made(f"sqlite:///{tmp_path}/one.db", name="one")
    project.add("d4", "op.execute('nonsense')")
    project.ws.connect(f"sqlite:///{tmp_path}/two.db", name="two")
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head", on="one")
    assert "%migrate upgrade --on one head" in str(caught.value)
    with pytest.raises(PlanStale) as stale:
        project.ws.upgrade("head", plan="000000", on="one")
    assert "%migrate plan --on one" in stale.value.hint


def test_what_cannot_be_undone_is_said_before_anybody_is_asked(made, tmp_path):
    project = made(f"sqlite:///{tmp_path}/one.db")
    project.add("d4", down=None)
    project.add("e5", down="raise NotImplementedError('no way back')")
    project.ws.upgrade("d4")
    with sqlite3.connect(tmp_path / "one.db") as connection:
        connection.execute("insert into t values (1)")
    with pytest.raises(NotReversible, match=r"d4 has no downgrade\(\)\. Nothing was changed"):
        project.ws.downgrade("base")
    project.ws.upgrade("e5")
    with pytest.raises(NotReversible, match=r"e5 has a downgrade\(\) that only raises\. Nothing was changed"):
        project.ws.downgrade("d4")
    with pytest.raises(NotReversible, match=r"e5, d4 have no downgrade\(\), or one that only raises"):
        project.ws.downgrade("base")


def test_nothing_is_offered_to_be_undone_where_nothing_ran(made, tmp_path):
    ws = made(f"sqlite:///{tmp_path}/one.db").ws
    assert ws.ensure_version().next_command == "%migrate status"
    ws.stamp("b2")
    assert "Stamped" in str(ws.stamp("base", purge=True))
    assert "Nothing to stamp" in str(ws.stamp("base", purge=True))


def test_a_dry_run_leaves_no_file_behind(made, tmp_path):
    ws = made(f"sqlite:///{tmp_path}/one.db").ws
    assert ws.upgrade("head", dry_run=True).trace.is_dry_run
    assert not (tmp_path / "one.db").exists()
    assert ws.upgrade("head").after == ("c3",)
