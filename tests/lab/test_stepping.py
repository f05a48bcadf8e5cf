"""Stepping through a revision on a copy: what is seen at each border is what is there, and nobody notices. On each database."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from migration_magics.commands.sides import history_of
from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.engine.reflect.version_tables import without
from migration_magics.errors import MigrationError, Refused, ReplayInterrupted, RevisionNotFound, UsageProblem
from migration_magics.lab import copies
from migration_magics.lab.copies_numbers import numbers_of
from migration_magics.lab.rehearsal import move
from migration_magics.lab.stepping import stand_before, stay_after, walk
from migration_magics.model.diff import apply
from migration_magics.model.plan import Plan
from migration_magics.model.trace import Outcome
from tests.lab.test_rehearsal import fingerprint, scratches

START = """
op.create_table("workers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("host", sa.String(20)))
op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("status", sa.String(20)),
                sa.Column("runtime_ms", sa.Integer), sa.Column("worker_id", sa.Integer))
op.bulk_insert(sa.table("evaluations", sa.column("id"), sa.column("status"), sa.column("runtime_ms")),
               [{"id": n, "status": "done" if n % 3 else "fail", "runtime_ms": n * 10} for n in range(1, 31)])
"""
UP = """
op.add_column("evaluations", sa.Column("grade", sa.String(5)))
op.execute("UPDATE evaluations SET grade = 'A' WHERE status = 'done'")
bind = op.get_bind()
for (n,) in bind.execute(sa.text("SELECT id FROM evaluations WHERE status = 'fail'")).all():
    bind.execute(sa.text("UPDATE evaluations SET runtime_ms = NULL WHERE id = :n"), {"n": n})
bind.execute(sa.text("DELETE FROM evaluations WHERE id > 28"))
op.create_table("metrics", sa.Column("id", sa.Integer, primary_key=True), sa.Column("value", sa.Float))
op.create_index("ix_status", "evaluations", ["status"])
with op.batch_alter_table("evaluations") as batch:
    batch.alter_column("status", existing_type=sa.String(20), type_=sa.Text())
op.rename_table("workers", "machines")
op.bulk_insert(sa.table("metrics", sa.column("id"), sa.column("value")), [{"id": 1, "value": 0.5}])
"""
DOWN = """
op.rename_table("machines", "workers")
op.drop_index("ix_status", "evaluations")
op.drop_table("metrics")
with op.batch_alter_table("evaluations") as batch:
    batch.drop_column("grade")
"""
KINDS = [
    *("add_column", "execute", "sql", "sql", "create_table", "create_index", "batch_alter_table", "rename_table"),
    "bulk_insert",
]


@pytest.fixture
def project(make, database_url):
    """A project on each database: `a1` is applied, `b2` is to be stepped through."""

    def made(up=UP, down=DOWN, **more):
        project = make(database_url)
        project.url = database_url
        project.add("a1", START, "op.drop_table('evaluations')\nop.drop_table('workers')")
        project.ws.upgrade("a1")
        project.add("b2", up, down, **more)
        return project

    return made


@contextmanager
def standing(project, revision="b2", direction="upgrade"):
    """A copy that stands before *revision*, with what steps through it."""
    with copies.full(project.ws.database) as copy:
        history = history_of(project.ws)
        yield history, copy.database, stand_before(history, copy.database, revision, direction)


def content(database, *, is_versioned=True):
    """All that a database holds; of SQLite the very statements that would make it again."""

    def read(connection):
        schema = reflect(connection)
        schema = schema if is_versioned else without(schema, frozenset({"alembic_version"}))
        rows = {}
        for table in schema.tables:
            named = sa.Table(table.name, sa.MetaData(), autoload_with=connection, schema=table.schema or None)
            rows[table.key] = sorted(map(repr, connection.execute(sa.select(named))))
        dump = tuple(connection.connection.driver_connection.iterdump()) if database.family == "sqlite" else ()
        return schema, rows, numbers_of(connection), dump

    return database.run(read)


def after(project, number, direction="upgrade"):
    with standing(project, direction=direction) as (history, copy, step):
        ran = stay_after(history, copy, step, direction, number)
        return ran, content(copy)


def stepped(project, direction="upgrade"):
    """Step through `b2`; the source must be afterwards what it was."""
    before = fingerprint(project.url)
    found = project.ws.step("b2", down=direction == "downgrade")
    assert (fingerprint(project.url), scratches(project.url)) == (before, [])
    return found


def rows(stop):
    return {diff.table: (diff.inserted, diff.updated, diff.deleted) for diff in stop.rows}


# -- the same as an upgrade ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_walked_to_its_end_the_copy_is_what_an_upgrade_makes_of_it(project, direction):
    made = project()
    with standing(made, direction=direction) as (history, copy, step):
        found = walk(history, copy, step, direction)
        assert not found.problem
        walked = content(copy)
    with standing(made, direction=direction) as (history, copy, step):
        plan = Plan(direction, "b2", (step,), step.from_heads, step.to_heads, copy.identity, copy.name)
        (ran,) = move(history, copy, plan)
        assert content(copy) == walked
    assert [each.kind for each in ran.operations if each.kind != "sql"] == [
        stop.operation.kind for stop in found.stops if stop.operation.kind != "sql"
    ]


def test_forward_and_back_the_copy_is_what_was_seen(project):
    """At each border the copy is the same however often it is gone to, and its schema is what the stop tells."""
    made = project()
    stops = stepped(made).stops
    assert [stop.operation.kind for stop in stops] == KINDS
    with standing(made) as (_, copy, _step):
        before = content(copy)
        start = without(copy.run(reflect), frozenset({"alembic_version"}))
    forward = [after(made, number) for number in range(len(stops))]
    assert forward[0] == (0, before)
    for number in (5, 2):
        assert after(made, number) == forward[number]
    for stop, (ran, (schema, *_)) in zip(stops, forward[1:], strict=False):
        assert ran == stop.number
        seen = apply(start, stop.so_far)
        assert sorted(map(repr, without(schema, frozenset({"alembic_version"})).tables)) == sorted(
            map(repr, seen.tables)
        )
    assert after(made, None) == after(made, 99)
    assert after(made, None)[0] == len(stops)


def test_each_operation_is_told_what_it_did(project):
    made = project()
    found = stepped(made)
    assert [rows(stop) for stop in found.stops] == [
        {},
        {"evaluations": (0, 20, 0)},
        {"evaluations": (0, 10, 0)},
        {"evaluations": (0, 0, 2)},
        {},
        {},
        {},
        {},
        {"metrics": (1, 0, 0)},
    ]
    assert [bool(stop.schema) for stop in found.stops] == [True, False, False, False, True, True, True, True, False]
    assert [change.kind for change in found.stops[7].schema.changes] == ["rename"]
    assert found.stops[2].operation.statements[-1].count == 10
    assert not any(stop.notes for stop in found.stops)
    assert all(stop.operation.outcome is Outcome.APPLIED for stop in found.stops)
    assert (found.first_on("METRICS").number, found.first_on("machines").number) == (5, 8)
    assert found.first_on("nothing") is None
    assert found.to_frame().rows_updated.sum() == 30


def test_a_trigger_shows_in_the_rows_of_another_table(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add(
        "b2",
        'op.execute("CREATE TRIGGER t AFTER UPDATE ON evaluations BEGIN INSERT INTO workers (host) VALUES (new.id); END")\n'
        "op.execute(\"UPDATE evaluations SET status = 'x' WHERE id < 4\")",
    )
    stops = made.ws.step("b2").stops
    assert rows(stops[1]) == {"evaluations": (0, 3, 0), "workers": (3, 0, 0)}


# -- locks, storage ------------------------------------------------------------------------------------------------


def test_postgresql_says_what_the_transaction_holds(make, postgresql_url):
    made = make(postgresql_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add(
        "b2",
        """
        op.execute("UPDATE evaluations SET status = 'x' WHERE id < 4")
        op.create_index("ix_status", "evaluations", ["status"])
        op.create_foreign_key("fk", "evaluations", "workers", ["worker_id"], ["id"])
        op.alter_column("evaluations", "runtime_ms", type_=sa.BigInteger())
        with op.get_context().autocommit_block():
            op.execute("ANALYZE evaluations")
        """,
    )
    stops = made.ws.step("b2").stops
    new = [{lock.table: lock.mode for lock in stop.locks if lock.is_new} for stop in stops]
    assert new == [
        {"evaluations": "RowExclusiveLock"},
        {"evaluations": "ShareLock"},
        {"evaluations": "ShareRowExclusiveLock", "workers": "ShareRowExclusiveLock"},
        {"evaluations": "AccessExclusiveLock"},
        {},
    ]
    assert [stop.rewritten for stop in stops] == [(), (), (), ("evaluations",), ()]
    assert {lock.table for lock in stops[3].locks if not lock.is_new} == {"workers"}
    assert stops[4].locks == ()
    assert stops[3].locks[0].means == "nobody else can read or write it"
    assert not any(stop.notes for stop in stops)


def test_mariadb_releases_with_each_change_of_a_schema(make, mariadb_url):
    made = make(mariadb_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add(
        "b2",
        """
        op.execute("UPDATE evaluations SET status = 'x' WHERE id < 4")
        op.alter_column("evaluations", "runtime_ms", existing_type=sa.Integer(), type_=sa.BigInteger())
        op.create_index("ix_status", "evaluations", ["status"])
        """,
    )
    stops = made.ws.step("b2").stops
    assert [[(lock.table, lock.mode, lock.is_held) for lock in stop.locks] for stop in stops] == [
        [("evaluations", "row locks", True)],
        [("evaluations", "metadata lock", False)],
        [("evaluations", "metadata lock", False)],
    ]
    assert [stop.rewritten for stop in stops] == [(), ("evaluations",), ()]


def test_sqlite_locks_the_whole_database(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.add("b2", 'op.create_index("ix", "evaluations", ["status"])')
    (stop,) = made.ws.step("b2").stops
    assert [(lock.table, lock.means) for lock in stop.locks] == [("", "others can read, not write")]


# -- failures ------------------------------------------------------------------------------------------------------


def test_the_operation_that_fails_is_the_last_and_one_can_step_back_from_it(project):
    made = project(
        """
        op.add_column("evaluations", sa.Column("grade", sa.String(5)))
        op.execute("UPDATE evaluations SET grade = 'A' WHERE id < 4")
        op.execute("UPDATE missing SET grade = 'A'")
        op.drop_table("workers")
        """
    )
    found = stepped(made)
    assert not found
    assert "missing" in found.problem
    assert [stop.operation.outcome for stop in found.stops] == [
        found.stops[0].operation.outcome,
        Outcome.ROLLED_BACK,
        Outcome.FAILED,
    ]
    is_kept = made.ws.database.family == "mysql"
    assert found.stops[0].operation.outcome is (Outcome.APPLIED if is_kept else Outcome.ROLLED_BACK)
    assert [change.path[-1] for change in found.stops[2].so_far.changes] == (["grade"] if is_kept else [])
    assert rows(found.stops[1]) == {"evaluations": (0, 3, 0)}
    assert "missing" in str(found.after(3))
    assert ("all of it was rolled back" in str(found)) is not is_kept
    shown = made.ws.step("b2", at=2, ask="SELECT count(*) FROM evaluations WHERE grade = 'A'")
    assert shown.answer.rows == (("3",),)
    with pytest.raises(MigrationError, match="missing"):
        made.ws.step("b2", at=3, ask="SELECT 1")


def test_python_that_fails_between_operations_is_told_with_what_ran(project):
    made = project("op.drop_table('workers')\nraise LookupError('no <such> thing')")
    found = stepped(made)
    assert "no <such> thing" in found.problem
    assert [stop.operation.kind for stop in found.stops] == ["drop_table"]


def test_an_error_that_the_revision_handles_is_none(project):
    made = project(
        """
        bind = op.get_bind()
        try:
            with bind.begin_nested():
                bind.execute(sa.text("UPDATE missing SET x = 1"))
        except sa.exc.DBAPIError:
            op.execute("UPDATE evaluations SET status = 'x' WHERE id = 1")
        """
    )
    found = stepped(made)
    assert found.passed
    assert rows(found.stops[-1]) == {"evaluations": (0, 1, 0)}


def test_where_a_constraint_is_deferred_nobody_can_stay_in_between(make, postgresql_url):
    made = make(postgresql_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add(
        "b2",
        """
        op.create_foreign_key("fk", "evaluations", "workers", ["worker_id"], ["id"], deferrable=True, initially="DEFERRED")
        op.execute("UPDATE evaluations SET worker_id = 1")
        op.execute("INSERT INTO workers VALUES (1, 'here')")
        """,
    )
    assert made.ws.step("b2").passed
    with pytest.raises(Refused, match="cannot stay after operation 2"):
        made.ws.step("b2", at=2, ask="SELECT 1")
    assert made.ws.step("b2", at=3, ask="SELECT count(*) FROM workers").answer.rows == (("1",),)


def test_one_that_does_not_end_is_stopped_and_its_copy_gone(project):
    made = project("import time\nop.drop_table('workers')\nwhile True:\n    time.sleep(0.01)")
    made.ws.settings = replace(made.ws.settings, rehearse_timeout_s=0.5)
    before = fingerprint(made.url)
    with pytest.raises(MigrationError, match=r"did not end within 0\.5 s"):
        made.ws.step("b2")
    assert (fingerprint(made.url), scratches(made.url)) == (before, [])


def test_an_interrupt_leaves_nothing(project):
    made = project(
        """
        import signal, time
        op.drop_table("workers")
        signal.raise_signal(signal.SIGINT)
        while True:
            time.sleep(0.01)
        """
    )
    before = fingerprint(made.url)
    with pytest.raises((ReplayInterrupted, KeyboardInterrupt)):
        made.ws.step("b2")
    assert (fingerprint(made.url), scratches(made.url)) == (before, [])


# -- how SQL is cut ------------------------------------------------------------------------------------------------


def test_further_operations_are_looked_at_together(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add("b2", "for n in range(250):\n    op.execute(f'UPDATE evaluations SET runtime_ms = {n} WHERE id = 1')")
    stops = made.ws.step("b2").stops
    assert len(stops) == 200
    assert stops[-1].operation.kind == "further_operations"
    assert rows(stops[-1]) == {"evaluations": (0, 1, 0)}
    assert stops[-1].rows[0].transitions[0].after == "249"


def test_reading_belongs_to_what_follows_from_it(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add(
        "b2",
        """
        bind = op.get_bind()
        bind.execute(sa.text("SELECT count(*) FROM evaluations")).scalar()
        bind.execute(sa.text("UPDATE evaluations SET status = 'x'"))
        bind.execute(sa.text("SELECT 1"))
        bind.execute(sa.text("UPDATE evaluations SET status = 'y'"))
        """,
    )
    stops = made.ws.step("b2").stops
    assert [len(stop.operation.statements) for stop in stops] == [3, 1]
    assert [stop.sentence for stop in stops] == ["Changes every row of evaluations."] * 2


# -- where it begins -----------------------------------------------------------------------------------------------


def test_what_is_applied_is_undone_on_the_copy_first(project):
    made = project()
    made.add("c3", "op.add_column('metrics', sa.Column('unit', sa.String(9)))", "op.drop_column('metrics', 'unit')")
    made.ws.upgrade("c3", yes=True)
    found = stepped(made)
    assert (found.passed, [stop.operation.kind for stop in found.stops]) == (True, KINDS)
    assert [stop.operation.kind for stop in stepped(made, "downgrade").stops] == [
        "rename_table",
        "drop_index",
        "drop_table",
        "batch_alter_table",
    ]


def test_a_pending_one_is_stepped_down_after_it_went_up(project):
    found = stepped(project(), "downgrade")
    assert rows(found.stops[2]) == {"metrics": (0, 0, 1)}
    assert found.passed


def test_what_cannot_be_undone_is_stepped_from_an_empty_database(project):
    made = project(down=None)
    made.ws.upgrade("b2", yes=True)
    found = stepped(made)
    assert found.passed
    assert "from an empty database" in found.notes[0]
    with pytest.raises(UsageProblem, match="no downgrade"):
        made.ws.step("b2", down=True)


def test_without_a_connection_it_runs_in_memory(make):
    made = make()
    made.add("a1", START, "op.drop_table('evaluations')\nop.drop_table('workers')")
    found = made.ws.step("a1")
    assert rows(found.stops[-1]) == {"evaluations": (30, 0, 0)}
    assert "No database is connected" in found.notes[0]


def test_a_merge_has_no_operation(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.add("b2", "op.add_column('workers', sa.Column('x', sa.Integer))")
    made.add("b3", "op.add_column('workers', sa.Column('y', sa.Integer))", parents=("a1",))
    made.add("c4", parents=("b2", "b3"))
    assert made.ws.step("c4").stops == ()
    assert len(made.ws.step("b3").stops) == 1
    made.ws.upgrade("heads")
    assert (made.ws.step("c4").stops, made.ws.step("c4", down=True).stops) == ((), ())
    with pytest.raises(UsageProblem, match="before the first revision"):
        made.ws.step("base")
    with pytest.raises(RevisionNotFound):
        made.ws.step("nothing")


# -- asking --------------------------------------------------------------------------------------------------------


def test_the_copy_answers_as_it_is_there(project):
    made = project()
    asked = "SELECT id, grade FROM evaluations ORDER BY id"
    shown = made.ws.step("b2", at=2, ask=asked)
    assert (shown.number, shown.answer.columns, shown.answer.rows[:3]) == (
        2,
        ("id", "grade"),
        (("1", "A"), ("2", "A"), ("3", None)),
    )
    assert len(made.ws.step("b2", ask=asked).answer.rows) == 28
    assert made.ws.run(f'step b2 --at 2 --ask "{asked}"').answer == shown.answer
    with pytest.raises(UsageProblem, match="cannot answer"):
        made.ws.step("b2", at=1, ask="SELECT * FROM metrics")
    with pytest.raises(UsageProblem, match="gives no rows"):
        made.ws.step("b2", at=1, ask="DELETE FROM evaluations")
    assert scratches(made.url) == []


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_may_be(project):
    made = project()
    made.ws.settings = replace(made.ws.settings, rehearse_timeout_s=2.0)
    endless = (
        "SELECT count(*) FROM evaluations a, evaluations b, evaluations c, evaluations d, evaluations e, evaluations f"
    )
    with pytest.raises(UsageProblem, match=r"did not answer within 2 s"):
        made.ws.step("b2", at=1, ask=endless)
    assert scratches(made.url) == []


def test_a_sample_is_stepped_on_where_that_is_asked_for(project):
    made = project(up="op.execute(\"UPDATE evaluations SET status = 'x'\")", down="pass")
    found = made.ws.step("b2", rows=5)
    if made.ws.database.family == "sqlite":  # a small file is copied whole
        assert (found.sampled, rows(found.stops[0])) == (None, {"evaluations": (0, 30, 0)})
    else:
        assert (found.sampled is None, rows(found.stops[0])) == (False, {"evaluations": (0, 5, 0)})
    assert rows(made.ws.step("b2", full=True).stops[0]) == {"evaluations": (0, 30, 0)}


def test_hostile_names_and_values_are_stepped_through(project):
    odd = "o\"d'd `t\n{x}"
    made = project(
        f"""
        name = {odd!r}
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a.b%(x)s", sa.String(40)))
        op.bulk_insert(sa.table(name, sa.column("id"), sa.column("a.b%(x)s")), [{{"id": 1, "a.b%(x)s": "<b>%d</b>"}}])
        op.rename_table(name, "password")
        op.add_column("password", sa.Column("password", sa.String(9), server_default="s3cr%t"))
        """
    )
    found = stepped(made)
    assert (found.problem, [stop.notes for stop in found.stops]) == ("", [()] * 4)
    assert [rows(stop) for stop in found.stops[:3]] == [{}, {odd: (1, 0, 0)}, {}]
    assert found.first_on(odd).number == 1
    shown = made.ws.step("b2", ask="SELECT * FROM password")
    assert "<b>%d</b>" in str(shown)
    assert "s3cr%t" not in str(shown)
    assert "<b>" not in found._repr_mimebundle_()["text/html"]


def test_nothing_of_the_process_is_held(project, capsys):
    """What a revision prints is told; afterwards everybody prints as ever."""
    made = project("print('from the revision')\nop.drop_table('workers')")
    out = sys.stdout
    found = stepped(made)
    assert found.output.strip() == "from the revision"
    assert sys.stdout is out
    assert capsys.readouterr().out == ""


def test_a_database_of_the_source_kind_is_what_is_stepped_on(project):
    made = project()
    database = Database.from_url("source", made.url)
    database.dispose()
    assert database.server.split()[0] in made.ws.step("b2").place


def test_an_upgrade_is_not_blamed_for_what_its_own_downgrade_did_not_restore(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START + 'op.create_index("ix_status", "evaluations", ["status"])')
    made.add(
        "b2",
        'op.add_column("workers", sa.Column("note", sa.Text))\nop.drop_index("ix_status", "evaluations")',
        'op.drop_column("workers", "note")',
    )
    made.ws.upgrade("b2", yes=True)
    found = made.ws.step("b2")
    assert found.passed
    assert [stop.operation.kind for stop in found.stops] == ["add_column", "drop_index"]
    assert found.notes[0] == (
        "Stepped from an empty database: a copy of yours gets here by undoing b2, which did not restore: "
        "index ix_status on evaluations. The upgrade did not meet that."
    )
    assert "empty" in found.place
    shown = made.ws.step("b2", at=1, ask="SELECT count(*) FROM evaluations")
    assert (shown.answer.rows, shown.place) == ((("30",),), found.place)


def test_what_fails_from_an_empty_database_too_is_told_of_the_copy(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.add("b2", 'op.execute("UPDATE missing SET x = 1")', "pass")
    made.ws.upgrade("a1")
    made.ws.stamp("b2", yes=True)
    found = made.ws.step("b2")
    assert "missing" in found.problem
    assert "empty" not in found.place
    assert found.next_command == "%migrate edit b2"


def test_a_history_without_revisions_has_none_to_step_through(make, sqlite_url):
    with pytest.raises(UsageProblem, match=r"^No revisions yet\b"):
        make(sqlite_url).ws.step("head")


def test_what_failed_took_as_long_as_it_ran(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000) SELECT count(*), x FROM c"
    sql = f"INSERT INTO workers (id) SELECT abs(-9223372036854775807 - count(*)) FROM ({slow})"
    made.add("b2", f'op.get_bind().exec_driver_sql("{sql}")')
    (stop,) = made.ws.step("b2").stops
    assert stop.has_failed
    assert stop.duration_s > 0.005


def test_rows_that_were_matched_are_not_taken_for_changed_ones(make, sqlite_url):
    made = make(sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add("b2", "op.execute(\"UPDATE evaluations SET status = 'done'\")")
    said = str(made.ws.step("b2", at=1))
    assert "10 of 30 updated" in said or "10 updated" in said
    assert "30 rows matched by its SQL" in said
    assert "· 30 rows" not in said
