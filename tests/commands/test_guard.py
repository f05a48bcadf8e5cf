"""The guard: what would be lost is asked about first, counted in the live database, whoever computes the name."""

from __future__ import annotations

import shlex

import pytest
import sqlalchemy as sa

from migration_magics.errors import ConfirmationRequired, PlanStale
from tests.engine.making import Made

TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(20)))"
ROWS = "op.execute(\"INSERT INTO t (id, n) VALUES (1, 'x'), (2, 'y'), (3, NULL)\")"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project in `tmp_path` whose first revision, applied, has made the table `t` with three rows."""
    monkeypatch.chdir(tmp_path)
    made = []

    def new(url):
        project = Made(tmp_path, url)
        made.append(project)
        project.add("a1", f"{TABLE}\n{ROWS}", "op.drop_table('t')")
        project.ws.upgrade("head")
        return project

    yield new
    for project in made:
        project.ws.close()


def ask(url, sql):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(sql)
        return [tuple(row) for row in result] if result.returns_rows else []


def tables(url):
    return set(sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()) - {"alembic_version"}


def stopped(project, target="head", **options):
    with pytest.raises(ConfirmationRequired) as caught:
        project.ws.upgrade(target, **options)
    return caught.value


# -- what the source spells out


def test_dropping_rows_is_asked_about_before_anything_runs(database_url, make):
    project = make(database_url)
    with pytest.raises(ConfirmationRequired, match=r"loses data\. Nothing was changed") as caught:
        project.ws.downgrade("base")
    error = caught.value
    assert error.details == ("a1: drops table t with 3 rows",)
    can_try = not database_url.startswith("mariadb")
    assert error.hint == "%migrate downgrade base --yes" + (", or try it first: --dry-run" if can_try else "")
    assert [(one.rule, one.revision, one.confidence.value) for one in error.planned.findings] == [
        ("loses-data", "a1", "measured")
    ]
    assert error.planned.plan.direction == "downgrade"
    assert project.ws.downgrade("base", yes=True).after == ()
    assert tables(database_url) == set()


@pytest.mark.parametrize(
    "before",
    [
        "op.rename_table('t', 'u')",
        "op.execute('ALTER TABLE t RENAME TO u')",
        "op.rename_table('t', 's')\nop.rename_table('s', 'u')",
    ],
)
def test_a_column_of_a_table_renamed_before_is_asked_about_before_anything_runs(before, database_url, make):
    project = make(database_url)
    project.add("b2", before)
    project.add("c3", "with op.batch_alter_table('u') as batch:\n    batch.drop_column('n')")
    assert stopped(project).details == ("c3: drops column u.n, which has a value in 2 rows",)
    assert "t" in tables(database_url)
    project.ws.upgrade("head", yes=True)
    assert ask(database_url, "SELECT count(*) FROM u") == [(3,)]


def test_a_column_renamed_before_is_counted_by_the_name_it_has(sqlite_url, make):
    project = make(sqlite_url)
    project.add(
        "b2",
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('n', new_column_name='m')\n"
        "op.execute('ALTER TABLE t RENAME COLUMN m TO k')\nop.drop_column('t', 'k')",
    )
    assert stopped(project).details == ("b2: drops column t.k, which has a value in 2 rows",)


def test_dropping_an_empty_table_is_not(database_url, make):
    project = make(database_url)
    ask(database_url, "DELETE FROM t")
    assert project.ws.downgrade("base").after == ()


def test_a_dry_run_needs_no_word(sqlite_url, make):
    project = make(sqlite_url)
    assert project.ws.downgrade("base", dry_run=True).trace.is_dry_run
    project.add("b2", "op.drop_table('T'.lower())")
    assert project.ws.upgrade("head", dry_run=True).after == ("a1",)
    assert ask(sqlite_url, "SELECT count(*) FROM t") == [(3,)]


def test_the_hint_is_the_command_as_it_was_typed(sqlite_url, make):
    """The values for env.py and the connection decide which database is meant: a hint without them would hit another one."""
    project = make(sqlite_url)
    name = project.ws.current_name
    project.ws.run("connect sqlite:///other.db --as other")
    with pytest.raises(ConfirmationRequired) as caught:
        project.ws.run(f"downgrade base -x tenant='a b' --per-revision --tag nightly --on {name}")
    command, _, other = caught.value.hint.partition(" --yes")
    assert other == ", or try it first: --dry-run"
    wanted = ["%migrate", "downgrade", "base", "--per-revision", "-x", "tenant=a b", "--tag", "nightly", "--on", name]
    assert sorted(shlex.split(command)) == sorted(wanted)
    assert project.ws.run(command.removeprefix("%migrate ") + " --yes").after == ()


# -- what shows only when it runs

COMPUTED = [
    ("op.drop_table('T'.lower())", "drops table t with 3 rows"),
    ("op.drop_column('t', 'N'.lower())", "drops column t.n, which has a value in 2 rows"),
    (
        "with op.batch_alter_table('T'.lower()) as batch:\n    batch.drop_column('n')",
        "drops column t.n, which has a value in 2 rows",
    ),
    ("sql = 'DROP ' + 'TABLE t'\nop.execute(sql)", "drops table t with 3 rows"),
    ("sql = 'DELETE ' + 'FROM t WHERE id < 3'\nop.execute(sql)", "deletes 2 rows from table t"),
    (
        "t = sa.table('t', sa.column('id'))\nop.execute(t.delete().where(t.c.id == 2))",
        "deletes 1 row from table t",
    ),
    (
        "for name in sa.inspect(op.get_bind()).get_table_names():\n    if len(name) == 1:\n        op.drop_table(name)",
        "drops table t with 3 rows",
    ),
    (
        "metadata = sa.MetaData()\nmetadata.reflect(op.get_bind(), only=['t'])\nmetadata.drop_all(op.get_bind())",
        "drops table t with 3 rows",
    ),
    ("op.rename_table('T'.lower(), 'u')\nop.drop_table('u')", "drops table u with 3 rows"),
]


@pytest.mark.parametrize("body, said", COMPUTED)
def test_a_loss_that_no_source_spells_out_stops_the_run(database_url, make, body, said):
    project = make(database_url)
    project.add("b2", body)
    error = stopped(project)
    assert error.message == f"Revision b2 {said}, as shows only now that it runs."
    assert [finding.message for finding in error.planned.findings] == [said]
    assert project.ws.current().ids == ("a1",)
    if project.ws.database.has_transactional_ddl:
        assert project.ws.upgrade("head", yes=True).after == ("b2",)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_stopped_means_that_nothing_was_changed(kind, make, request):
    url = request.getfixturevalue(f"{kind}_url")
    project = make(url)
    project.add("b2", "op.create_table('fresh', sa.Column('id', sa.Integer))\nop.drop_table('T'.lower())")
    error = stopped(project)
    (state,) = error.details
    assert state.startswith("Stopped (b2.py, line ")
    assert state.endswith("before it happened, and rolled back: nothing was changed.")
    assert tables(url) == {"t"}
    assert error.hint == "%migrate upgrade head --yes, or try it first: --dry-run"


def test_where_the_ddl_commits_itself_it_is_said_what_is_kept(mariadb_url, make):
    project = make(mariadb_url)
    project.add("b2", "op.create_table('fresh', sa.Column('id', sa.Integer))\nop.drop_table('T'.lower())")
    error = stopped(project)
    told = "\n".join(error.details)
    assert "Done and kept of b2 (its DDL commits itself): create_table fresh." in told
    assert "Not done: drop_table t, and what follows it." in told
    assert "nothing was changed" not in str(error).lower() + told.lower()
    assert error.hint.startswith("undo by hand what is done (create_table fresh), then %migrate upgrade head --yes")
    assert tables(mariadb_url) == {"t", "fresh"}


def test_with_a_commit_per_revision_the_earlier_ones_stay(sqlite_url, make):
    project = make(sqlite_url)
    project.add("b2", "op.create_table('fresh', sa.Column('id', sa.Integer))")
    project.add("c3", "op.drop_table('T'.lower())")
    error = stopped(project, per_revision=True)
    assert "b2 applied and committed" in "\n".join(error.details)
    assert project.ws.current().ids == ("b2",)


def test_a_revision_that_catches_everything_is_stopped_all_the_same(database_url, make):
    project = make(database_url)
    project.add("b2", "try:\n    op.drop_table('T'.lower())\nexcept Exception:\n    pass\nop.get_bind()")
    stopped(project)
    assert project.ws.current().ids == ("a1",)
    assert tables(database_url) == {"t"}


MADE = "op.create_table('u', sa.Column('id', sa.Integer))\nop.execute('INSERT INTO u VALUES (1)')\n"
HARMLESS = [
    f"{MADE}op.drop_table('U'.lower())",
    f"{MADE}op.rename_table('u', 'v')\nop.drop_table('V'.lower())",
    "op.add_column('t', sa.Column('m', sa.Integer))\nop.execute('UPDATE t SET m = 1')\nop.drop_column('t', 'M'.lower())",
    "op.execute('CREATE TABLE IF NOT EXISTS u (id integer)')\nop.execute('INSERT INTO u VALUES (1)')\nop.drop_table('U'.lower())",
    "op.execute('DELETE ' + 'FROM t WHERE id > 100')",
    "with op.batch_alter_table('t', recreate='always') as batch:\n    batch.add_column(sa.Column('m', sa.Integer))",
    "op.execute('CREATE TABLE empty_one (id integer)')\nop.execute('DROP ' + 'TABLE IF EXISTS empty_two')",
    "op.execute(\"INSERT INTO t (id, n) VALUES (9, 'DROP TABLE t')\")",
]


@pytest.mark.parametrize("body", HARMLESS)
def test_what_the_run_made_itself_is_no_loss(database_url, make, body):
    project = make(database_url)
    project.add("b2", body)
    assert project.ws.upgrade("head").after == ("b2",)


def test_a_table_that_was_there_already_is_not_taken_for_made(database_url, make):
    project = make(database_url)
    project.add("b2", "op.execute('CREATE TABLE IF NOT EXISTS t (id integer)')\nop.drop_table('T'.lower())")
    assert "drops table t with 3 rows" in stopped(project).message


def test_counting_leaves_the_transaction_usable(postgresql_url, make):
    """An empty table is counted in the middle of the run, and the run goes on."""
    project = make(postgresql_url)
    ask(postgresql_url, "CREATE TABLE empty_one (id integer)")
    project.add("b2", "op.drop_table('EMPTY_ONE'.lower())\nop.execute('UPDATE t SET n = 1')")
    assert project.ws.upgrade("head").after == ("b2",)
    assert tables(postgresql_url) == {"t"}


def test_counting_goes_past_the_transaction_too(postgresql_url, make):
    project = make(postgresql_url)
    ask(postgresql_url, "CREATE TABLE empty_one (id integer)")
    project.add("b2", "with op.get_context().autocommit_block():\n    op.drop_table('EMPTY_ONE'.lower())")
    assert project.ws.upgrade("head").after == ("b2",)
    assert tables(postgresql_url) == {"t"}


def test_the_questions_leave_no_trace(database_url, make):
    project = make(database_url)
    ask(database_url, "CREATE TABLE empty_one (id integer)")
    project.add("b2", "op.drop_table('EMPTY_ONE'.lower())")
    (step,) = project.ws.upgrade("head").trace.steps
    assert [" ".join(statement.sql.split()) for statement in step.statements] == ["DROP TABLE empty_one"]


def statements_of(project, **options):
    """What a run of the head sends to the database, all of it."""
    sent = []
    engine = project.ws.database.engine

    def note(_connection, _cursor, statement, *_more):
        sent.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        project.ws.upgrade("head", **options)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return sent


def test_nothing_is_counted_while_it_runs_where_that_was_agreed_to_or_told(sqlite_url, make):
    project = make(sqlite_url)
    project.add("b2", "op.drop_table('T'.lower())")
    assert not [sql for sql in statements_of(project, yes=True) if "count(" in sql]
    ask(sqlite_url, "CREATE TABLE told (id integer)")
    project.add("c3", "op.drop_table('told')")
    counts = [sql for sql in statements_of(project) if "count(" in sql]
    assert len(counts) == 1, "once, before the run"


# -- plans and their fingerprints


def test_a_plan_runs_by_its_fingerprint_and_no_other(sqlite_url, make):
    project = make(sqlite_url)
    path = project.add("b2")
    planned = project.ws.plan()
    assert planned.next_command == f"%migrate upgrade heads --plan {planned.plan.fingerprint}"
    path.write_text(path.read_text() + "# changed\n")
    with pytest.raises(PlanStale, match="Nothing was changed") as caught:
        project.ws.run(planned.next_command.removeprefix("%migrate "))
    again = project.ws.plan()
    assert again.plan.fingerprint in caught.value.hint
    assert project.ws.run(again.next_command.removeprefix("%migrate ")).after == ("b2",)


def test_a_plan_is_stale_once_the_database_has_moved(sqlite_url, make):
    project = make(sqlite_url)
    project.add("b2")
    project.add("c3")
    planned = project.ws.plan()
    project.ws.upgrade("b2")
    with pytest.raises(PlanStale):
        project.ws.run(planned.next_command.removeprefix("%migrate "))
    assert project.ws.current().ids == ("b2",)


def test_a_plan_counts_what_would_go(sqlite_url, make):
    planned = make(sqlite_url).ws.plan("base")
    assert [finding.message for finding in planned.findings] == ["drops table t with 3 rows"]
    assert "(! loses data)" in str(planned)


# -- protected connections


def test_a_protected_connection_names_the_losses_its_name_would_confirm(sqlite_url, make):
    project = make(sqlite_url)
    project.ws.run(f"connect {sqlite_url} --as live --protected")
    for options in ({}, {"yes": True}, {"confirm": "wrong"}):
        with pytest.raises(ConfirmationRequired, match="live is protected") as caught:
            project.ws.downgrade("base", **options)
        assert caught.value.details == ("a1: drops table t with 3 rows",)
    assert project.ws.downgrade("base", confirm="live").after == ()


def test_many_losses_are_counted_not_listed(sqlite_url, make):
    project = make(sqlite_url)
    for number in range(12):
        ask(sqlite_url, f"CREATE TABLE t{number} AS SELECT 1 AS id")
    project.add("b2", "\n".join(f"op.drop_table('t{number}')" for number in range(12)))
    details = stopped(project).details
    assert len(details) == 11
    assert details[-1] == "... 2 more"


def test_a_protected_connection_wants_its_name_whatever_is_written(sqlite_url, make):
    project = make(sqlite_url)
    project.ws.run(f"connect {sqlite_url} --as live --protected")
    project.add("b2")
    for command in ("upgrade head", "downgrade base", "stamp base", "ensure_version"):
        for tried in (command, f"{command} --yes", f"{command} --confirm test"):
            with pytest.raises(ConfirmationRequired, match=r"live is protected.*Nothing was changed") as caught:
                project.ws.run(tried)
            assert caught.value.hint == f"%migrate {command} --confirm live"
    assert project.ws.current().ids == ("a1",)
    assert project.ws.run("upgrade head --confirm live").after == ("b2",)


# -- cells


def test_a_cell_that_reapplies_is_asked_like_any_other_move(sqlite_url, make):
    project = make(sqlite_url)
    cell = "op.create_table('u', sa.Column('id', sa.Integer))"
    project.ws.revision(cell, message="make u", rev_id="b2", apply=True)
    ask(sqlite_url, "INSERT INTO u VALUES (1)")
    changed = cell.replace("'id'", "'key'")
    with pytest.raises(ConfirmationRequired, match="loses data") as caught:
        project.ws.revision(changed, message="make u", rev_id="b2", reapply=True)
    assert "--yes" in caught.value.hint
    assert ask(sqlite_url, "SELECT * FROM u") == [(1,)]
    again = project.ws.revision(changed, message="make u", rev_id="b2", reapply=True, yes=True)
    assert again.moved.after == ("b2",)


def test_a_cell_that_applies_is_stopped_at_what_it_computes(sqlite_url, make):
    project = make(sqlite_url)
    with pytest.raises(ConfirmationRequired, match="drops table t with 3 rows") as caught:
        project.ws.revision("op.drop_table('T'.lower())", message="drop", rev_id="b2", apply=True)
    assert "nothing was changed" in caught.value.details[0]
    assert project.ws.current().ids == ("a1",)


def test_a_plan_is_stale_when_somebody_changed_the_schema(database_url, make):
    """Whoever looked at a plan looked at it for the tables there were."""
    project = make(database_url)
    project.add("b2", "op.add_column('t', sa.Column('s', sa.Integer))", "pass")
    planned = project.ws.run("plan").plan
    assert project.ws.run("plan").plan.fingerprint == planned.fingerprint
    ask(database_url, "ALTER TABLE t ADD COLUMN other INTEGER")
    with pytest.raises(PlanStale, match="database, files or target have changed"):
        project.ws.run(f"upgrade --plan {planned.fingerprint}")
    again = project.ws.run("plan").plan
    assert again.fingerprint != planned.fingerprint
    assert project.ws.run(f"upgrade --plan {again.fingerprint}").after == ("b2",)


# -- the last line of a plan is a command that runs it


def test_the_last_line_of_a_losing_plan_agrees_to_it(sqlite_url, make):
    project = make(sqlite_url)
    planned = project.ws.run("plan base")
    assert planned.next_command == f"%migrate downgrade base --plan {planned.plan.fingerprint} --yes"
    assert project.ws.run(planned.next_command.removeprefix("%migrate ")).after == ()


def test_the_last_line_of_a_protected_plan_names_the_connection(sqlite_url, make):
    project = make(sqlite_url)
    project.ws.connect(sqlite_url, name="live", protected=True)
    planned = project.ws.run("plan base --on live")
    assert planned.next_command == f"%migrate downgrade base --plan {planned.plan.fingerprint} --confirm live"
    assert project.ws.run(planned.next_command.removeprefix("%migrate ")).after == ()


def test_the_last_line_of_a_plan_that_cannot_run_leads_to_what_is_missing(sqlite_url, make):
    project = make(sqlite_url)
    project.add("b2", "pass", None)
    project.ws.upgrade("head")
    planned = project.ws.run("plan base")
    assert planned.next_command == "%migrate edit b2"
    assert str(planned).splitlines()[-1] == "Write what is missing: %migrate edit b2"
