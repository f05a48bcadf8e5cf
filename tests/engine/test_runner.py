"""Running a plan on SQLite, PostgreSQL and MariaDB: what the trace tells, and in which state a failure leaves the database."""

import pytest
import sqlalchemy as sa

from migration_magics.errors import (
    BrownfieldBase,
    ConfirmationRequired,
    DatabaseLocked,
    DatabaseReadOnly,
    MoveFailed,
    NotReversible,
    PlanStale,
    Refused,
    RevisionFileBroken,
)
from migration_magics.model.trace import Outcome
from tests.engine.making import operations

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(20)))"
DROP = "op.drop_table('t')"
INSERT = "op.execute(\"INSERT INTO t (id, n) VALUES (1, 'x'), (2, 'y')\")"
FAILING = """
op.add_column('t', sa.Column('s', sa.String(10)))
op.execute("INSERT INTO t (id, n) VALUES (1, 'x')")
op.create_table('t', sa.Column('id', sa.Integer))
op.execute('SELECT 1')
"""


def names(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return sorted(sa.inspect(engine).get_table_names())


def columns(url, table):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return [column["name"] for column in sa.inspect(engine).get_columns(table)]


def is_mariadb(url):
    return url.startswith("mariadb")


def three(make, url, **settings):
    """Three revisions; the second one fails in its third operation."""
    project = make(url, **settings)
    project.add("a1", CREATE, DROP)
    project.add("b2", FAILING, "pass")
    project.add("c3")
    return project


# -- what a trace tells


def test_a_run_tells_operations_sql_rows_and_bookkeeping(database_url, make):
    project = make(database_url)
    project.add("a1", f"{CREATE}\n{INSERT}\nprint('hello')", DROP)
    project.add(
        "b2",
        """
        with op.batch_alter_table('t') as batch:
            batch.add_column(sa.Column('s', sa.String(10)))
            batch.alter_column('n', existing_type=sa.String(20), nullable=False)
        op.get_bind().execute(sa.text("UPDATE t SET s = :s"), {"s": "secret"})
        """,
        "pass",
    )
    ran = project.ws.upgrade("head")
    assert (ran.before, ran.after, ran.trace.outcome) == ((), ("b2",), Outcome.APPLIED)
    assert operations(ran.trace) == [
        ("a1", "create_table", "t"),
        ("a1", "execute", ""),
        ("b2", "batch_alter_table", "t"),
        ("b2", "sql", ""),
    ]
    first, second = ran.trace.steps
    assert (first.message, first.direction, first.error) == ("message of a1", "upgrade", "")
    assert [statement.rows for statement in first.statements] == [None, 2]
    assert ran.trace.output == "hello\n"
    batch, update = second.operations
    assert [(child.kind, child.target, child.outcome) for child in batch.children] == [
        ("add_column", "t.s", Outcome.APPLIED),
        ("alter_column", "t.n", Outcome.APPLIED),
    ]
    assert batch.statements
    assert not any(
        statement.sql.lstrip().upper().startswith(("PRAGMA", "SELECT", "SHOW")) for statement in batch.statements
    )
    assert update.statements[0].rows == 2
    assert update.statements[0].parameters in {"s", "1 values"}  # names or a number, as the driver takes them
    assert "secret" not in repr(ran.trace)
    assert all("alembic_version" in statement.sql for step in ran.trace.steps for statement in step.bookkeeping)
    assert [len(step.bookkeeping) for step in ran.trace.steps] == [1, 1]
    assert not any("alembic_version" in statement.sql for step in ran.trace.steps for statement in step.statements)
    assert ran.trace.duration_s >= sum(step.duration_s for step in ran.trace.steps) > 0


def test_a_row_by_row_migration_is_counted_and_not_kept(sqlite_url, make, query):
    """50,000 statements that all differ: the first 2,000 are kept, and memory stays flat."""
    project = make(sqlite_url)
    project.add(
        "a1",
        f"{CREATE}\nfor i in range(50_000):\n    op.get_bind().exec_driver_sql(f'INSERT INTO t (id) VALUES ({{i}})')",
        DROP,
    )
    ran = project.ws.upgrade("head")
    kept = [statement for operation in ran.trace.steps[0].operations for statement in operation.statements]
    assert len(kept) <= 2_001
    assert ran.trace.notes == ("48,001 further statements were sent and not kept here",)
    assert query(sqlite_url, "SELECT count(*) FROM t") == [(50_000,)]


def test_one_statement_sent_again_and_again_is_kept_once(sqlite_url, make):
    project = make(sqlite_url)
    body = f"{CREATE}\nfor i in range(5000):\n    op.get_bind().execute(sa.text('INSERT INTO t (id) VALUES (:i)'), {{'i': i}})"
    project.add("a1", body, DROP)
    ran = project.ws.upgrade("head")
    (statement,) = ran.trace.steps[0].operations[1].statements
    assert (statement.count, statement.rows, ran.trace.notes) == (5000, 5000, ())


def test_a_percent_sign_is_shown_as_it_was_written(database_url, make):
    """PostgreSQL's and MariaDB's drivers take it doubled; pasted into psql that would be other data."""
    project = make(database_url)
    project.add("a1", f"{CREATE}\nop.execute(\"INSERT INTO t (id, n) VALUES (1, 'z%')\")", DROP)
    ran = project.ws.upgrade("head")
    assert ran.trace.steps[0].statements[-1].sql == "INSERT INTO t (id, n) VALUES (1, 'z%')"
    project.add("b2", "op.execute(\"INSERT INTO nope VALUES ('z%')\")", DROP)
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    assert "Statement: INSERT INTO nope VALUES ('z%')" in caught.value.details


def test_an_error_that_a_revision_catches_fails_nothing(sqlite_url, make):
    project = make(sqlite_url)
    body = f"{CREATE}\ntry:\n    op.get_bind().exec_driver_sql('nonsense')\nexcept sa.exc.OperationalError:\n    pass\n{INSERT}"
    project.add("a1", body, DROP)
    ran = project.ws.upgrade("head")
    assert ran.trace.steps[0].outcome is Outcome.APPLIED
    assert [statement.rows for statement in ran.trace.steps[0].statements] == [None, None, 2]


def test_a_session_on_the_migrations_connection_may_commit(database_url, make, query):
    """Data migrations often use an ORM session; its commit is not the run's."""
    project = make(database_url)
    project.add(
        "a1",
        f"{CREATE}\nfrom sqlalchemy.orm import Session\nsession = Session(bind=op.get_bind())\n"
        "session.execute(sa.text(\"INSERT INTO t VALUES (1, 'x')\"))\nsession.commit()",
        DROP,
    )
    assert project.ws.upgrade("head").after == ("a1",)
    assert query(database_url, "SELECT * FROM t") == [(1, "x")]


# -- a failure in the middle


def test_a_failure_in_the_second_of_three_revisions_is_told_exactly(database_url, make):
    project = three(make, database_url)
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    error = caught.value
    told = "\n".join(error.details)
    assert error.message.startswith("Revision b2 (message of b2) failed (b2.py, line ")
    assert "already exists" in error.message
    assert "Statement: CREATE TABLE t ( id INTEGER )" in told
    assert "Not reached: c3." in told
    assert project.ws.current().ids == error.after
    assert [step.outcome for step in error.trace.steps][1] is Outcome.FAILED
    if is_mariadb(database_url):
        assert (error.before, error.after) == ((), ("a1",))
        assert "now stands at a1: a1 applied and committed." in told
        # MariaDB commits before a CREATE TABLE, also before one that fails
        assert (
            "Done and kept of b2 (its DDL commits itself): add_column t.s, INSERT INTO t (id, n) VALUES (1, 'x')."
            in told
        )
        assert "Not done: create_table t, and what follows it." in told
        assert error.hint.startswith("mend b2.py, undo by hand what is done (add_column t.s, INSERT INTO t (id, n)")
        assert columns(database_url, "t") == ["id", "n", "s"]
    else:
        assert (error.before, error.after) == ((), ())
        assert "still stands at base." in told
        assert "Nothing of b2 is left: it was rolled back." in told
        assert "Rolled back: a1." in told
        assert "mend b2.py, then %migrate upgrade head" in error.hint
        assert names(database_url) == []


def test_on_mariadb_rows_after_the_last_ddl_are_rolled_back(mariadb_url, make, query):
    project = make(mariadb_url)
    project.add("a1", CREATE, DROP)
    project.add("b2", f"op.add_column('t', sa.Column('s', sa.Integer))\n{INSERT}\nop.execute('nonsense')")
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    told = "\n".join(caught.value.details)
    assert "Done and kept of b2 (its DDL commits itself): add_column t.s." in told
    assert "Rolled back of b2: INSERT INTO t (id, n) VALUES (1, 'x'), (2, 'y')." in told
    assert query(mariadb_url, "SELECT * FROM t") == []


def test_on_mariadb_a_statement_it_cannot_read_commits_nothing(mariadb_url, make, query):
    project = make(mariadb_url)
    project.add("a1", CREATE, DROP)
    project.add("b2", f"{INSERT}\nop.execute('CREATE TABEL x')")
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    assert "Nothing of b2 is left: it was rolled back." in caught.value.details
    assert query(mariadb_url, "SELECT * FROM t") == []


@pytest.mark.parametrize("who", ["option", "env.py"])
def test_with_a_transaction_per_revision_the_first_stays(database_url, make, who):
    project = three(make, database_url)
    if who == "env.py":
        project.edit_env(
            "target_metadata=target_metadata\n        )\n\n        with",
            "target_metadata=target_metadata, transaction_per_migration=True\n        )\n\n        with",
        )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head", per_revision=who == "option")
    assert caught.value.after == ("a1",)
    assert "now stands at a1: a1 applied and committed." in "\n".join(caught.value.details)
    assert [step.outcome for step in caught.value.trace.steps] == [Outcome.APPLIED, Outcome.FAILED]
    assert caught.value.trace.transactions == (
        "each DDL statement commits itself" if is_mariadb(database_url) else "one transaction per revision"
    )
    assert names(database_url) == ["alembic_version", "t"]


def test_a_failing_downgrade_says_what_is_undone(database_url, make):
    project = make(database_url)
    project.add("a1", CREATE, "op.execute('nonsense')")
    project.add(
        "b2",
        "op.add_column('t', sa.Column('s', sa.Integer))",
        "with op.batch_alter_table('t') as batch:\n    batch.drop_column('s')",
    )
    project.ws.upgrade("head")
    with pytest.raises(MoveFailed, match=r"Revision a1 \(message of a1\) cannot be undone \(a1.py, line ") as caught:
        project.ws.downgrade("base")
    told = "\n".join(caught.value.details)
    if is_mariadb(database_url):
        assert caught.value.after == ("a1",)
        assert "now stands at a1: b2 undone and committed." in told
    else:
        assert caught.value.after == ("b2",)
        assert "Rolled back: b2." in told
        assert columns(database_url, "t") == ["id", "n", "s"]


def test_a_commit_that_the_database_refuses_leaves_nothing_and_claims_nothing(postgresql_url, make):
    project = make(postgresql_url)
    project.add(
        "a1",
        """
        op.execute('CREATE TABLE p (id INT PRIMARY KEY)')
        op.execute('CREATE TABLE c (id INT REFERENCES p DEFERRABLE INITIALLY DEFERRED)')
        op.execute('INSERT INTO c VALUES (1)')
        """,
    )
    for dry_run in (True, False):
        with pytest.raises(MoveFailed, match=r"The database refused: .* violates foreign key constraint") as caught:
            project.ws.upgrade("head", dry_run=dry_run)
        told = "\n".join(caught.value.details)
        assert "Rolled back: a1." in told
        assert "kept" not in told
        assert names(postgresql_url) == []


def test_concurrent_indexes_and_enum_values_go_past_the_transaction(postgresql_url, make, query):
    project = make(postgresql_url)
    project.add("a1", "op.execute(\"CREATE TYPE mood AS ENUM ('good')\")\nop.execute('CREATE TABLE t (m mood)')")
    project.add(
        "b2",
        """
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE mood ADD VALUE 'bad'")
            op.create_index('i', 't', ['m'], postgresql_concurrently=True)
        op.execute("INSERT INTO t VALUES ('bad')")
        op.execute('nonsense')
        """,
    )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    told = "\n".join(caught.value.details)
    assert caught.value.after == ("a1",)
    assert (
        "Done and kept of b2 (they were committed before the failure): ALTER TYPE mood ADD VALUE 'bad', create_index t.i."
        in told
    )
    assert "Rolled back of b2: INSERT INTO t VALUES ('bad')." in told
    assert "undo by hand" in caught.value.hint
    assert query(postgresql_url, "SELECT indexname FROM pg_indexes WHERE tablename = 't'") == [("i",)]
    assert query(postgresql_url, "SELECT * FROM t") == []


def test_an_autocommit_block_cannot_be_tried_dry(postgresql_url, make):
    project = make(postgresql_url)
    project.add("a1", f"{CREATE}\nwith op.get_context().autocommit_block():\n    op.execute('SELECT 1')")
    with pytest.raises(MoveFailed, match=r"uses autocommit_block\(\) \(a1.py, line ") as caught:
        project.ws.upgrade("head", dry_run=True)
    assert "instead of --dry-run" in caught.value.hint
    assert names(postgresql_url) == []


# -- dry runs


def test_a_dry_run_leaves_nothing_and_tells_all(database_url, make):
    project = make(database_url)
    project.add("a1", f"{CREATE}\n{INSERT}", DROP)
    if is_mariadb(database_url):
        with pytest.raises(Refused, match=r"MariaDB .* no dry run here\. Nothing was changed\.") as caught:
            project.ws.upgrade("head", dry_run=True)
        assert "%migrate sql" in caught.value.hint
    else:
        ran = project.ws.upgrade("head", dry_run=True)
        assert operations(ran.trace) == [("a1", "create_table", "t"), ("a1", "execute", "")]
        assert ran.trace.steps[0].statements[1].rows == 2
        assert (ran.before, ran.after, ran.trace.outcome) == ((), (), Outcome.ROLLED_BACK)
    assert names(database_url) == []


@pytest.mark.parametrize("how", ["op.execute('COMMIT')", "op.get_bind().commit()", "op.execute('ROLLBACK')"])
def test_postgresql_too_stops_a_dry_run_before_a_commit(postgresql_url, make, how):
    project = make(postgresql_url)
    project.add("a1", f"{CREATE}\n{how}", DROP)
    with pytest.raises(Refused, match="ends the transaction by itself") as caught:
        project.ws.upgrade("head", dry_run=True)
    assert "nothing was changed" in caught.value.message
    assert names(postgresql_url) == []


def test_a_commit_hidden_in_a_statement_is_noticed_after_a_dry_run(postgresql_url, make):
    project = make(postgresql_url)
    project.add("a1", "op.execute('CREATE TABLE hidden (id INT); COMMIT')")
    with pytest.raises(
        MoveFailed, match="ended the dry run's transaction by itself, so what it did until then was kept"
    ) as caught:
        project.ws.upgrade("head", dry_run=True)
    assert [step.outcome for step in caught.value.trace.steps] == [Outcome.UNKNOWN]
    assert "hidden" in names(postgresql_url)


# -- known before anything runs


def test_a_revision_without_downgrade_is_known_before_anything_runs(database_url, make):
    project = make(database_url)
    project.add("a1", CREATE, DROP)
    project.add("b2", "pass", None)
    project.add(
        "c3",
        "op.add_column('t', sa.Column('s', sa.Integer))",
        "with op.batch_alter_table('t') as b:\n    b.drop_column('s')",
    )
    project.ws.upgrade("head")
    with pytest.raises(
        NotReversible, match=r"1 of 3 revisions cannot be undone: b2 has no downgrade\(\). Nothing was changed."
    ) as caught:
        project.ws.downgrade("base")
    assert caught.value.hint == "write it: %migrate edit b2"
    assert columns(database_url, "t") == ["id", "n", "s"]


@pytest.mark.parametrize("text", ["def up(): pass", "globals()['up'] = print"])
def test_a_revision_without_upgrade_is_known_before_anything_runs(sqlite_url, make, text):
    """Also where only importing the file can tell."""
    project = make(sqlite_url)
    project.add("a1", CREATE, DROP)
    path = project.add("b2")
    path.write_text(path.read_text().replace("def upgrade():\n    pass", text))
    with pytest.raises(
        RevisionFileBroken, match=r"Revision b2 \(b2.py\) has no upgrade\(\). Nothing was changed."
    ) as caught:
        project.ws.upgrade("head")
    assert caught.value.hint == "write it: %migrate edit b2"
    assert names(sqlite_url) == []
    if text.startswith("def"):
        with pytest.raises(RevisionFileBroken, match="has no upgrade"):
            project.ws.plan("head")
    assert project.ws.upgrade("a1").after == ("a1",)


def test_a_revision_file_that_does_not_import_stops_all_before_the_first(database_url, make):
    project = make(database_url)
    project.add("a1", CREATE, DROP)
    path = project.add("b2")
    path.write_text(
        path.read_text().replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport no_such_module")
    )
    with pytest.raises(Exception, match="no_such_module"):
        project.ws.upgrade("head")
    assert "t" not in names(database_url)
    assert project.ws.current().ids == ()


@pytest.mark.parametrize(
    "body",
    [
        "op.add_column('users', sa.Column('x', sa.Integer))",
        "with op.batch_alter_table('users') as b:\n    b.drop_column('x')",
    ],
)
def test_a_brownfield_base_gets_the_hint_to_create_and_stamp(database_url, make, body):
    project = make(database_url)
    project.add("a1", body)
    with pytest.raises(BrownfieldBase, match="expects tables that this database does not have") as caught:
        project.ws.upgrade("head")
    assert "create_all(engine)" in caught.value.hint
    assert "%migrate stamp head" in caught.value.hint
    assert caught.value.after == ()


def test_a_misspelt_table_in_the_first_revision_is_offered_first(database_url, make):
    """Also a table that the failed revision made itself, which is gone with it."""
    project = make(database_url)
    project.add(
        "a1",
        "op.create_table('evaluations', sa.Column('id', sa.Integer))\nop.execute('INSERT INTO evaluation VALUES (1)')",
    )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    assert type(caught.value) is MoveFailed
    assert caught.value.hint.startswith("did you mean the table evaluations? mend a1.py")


def test_where_a_missing_table_may_be_a_misspelling_that_comes_before_brownfield(database_url, make):
    project = make(database_url)
    project.add("a1", "op.execute('INSERT INTO nope VALUES (1)')")
    with pytest.raises(BrownfieldBase, match="expects tables that this database does not have") as caught:
        project.ws.upgrade("head")
    assert "The project began" not in caught.value.message
    assert caught.value.hint.startswith(
        "is the name spelt right in a1.py? If the project began on a database that had tables"
    )


def test_a_stale_plan_runs_nothing(sqlite_url, make):
    project = make(sqlite_url)
    project.add("a1", CREATE, DROP)
    fingerprint = project.ws.plan("head").plan.fingerprint
    project.add("b2")
    with pytest.raises(PlanStale, match="Nothing was changed"):
        project.ws.upgrade("head", plan=fingerprint)
    assert project.ws.current().ids == ()


def test_an_env_py_that_begins_no_transaction(database_url, make):
    """Alembic commits each revision then, where DDL commits itself and on SQLite; on PostgreSQL it silently keeps nothing."""
    project = make(database_url)
    engine = sa.make_url(database_url).render_as_string(hide_password=False)
    project.env_py.write_text(
        "import sqlalchemy as sa\nfrom alembic import context\n"
        f"with sa.create_engine({engine!r}, poolclass=sa.NullPool).connect() as connection:\n"
        "    context.configure(connection=connection)\n    context.run_migrations()\n"
    )
    project.add("a1", CREATE, DROP)
    if database_url.startswith("postgresql"):
        with pytest.raises(
            MoveFailed, match=r"env\.py ended without an error and without a commit, so what ran was rolled back"
        ) as caught:
            project.ws.upgrade("head")
        assert "put `with context.begin_transaction():` around context.run_migrations()" in caught.value.hint
        assert caught.value.trace.outcome is Outcome.ROLLED_BACK
        assert names(database_url) == []
    else:
        ran = project.ws.upgrade("head")
        assert (ran.after, ran.trace.environment) == (("a1",), "native")


def test_an_env_py_that_runs_nothing_is_named(sqlite_url, make):
    project = make(sqlite_url)
    project.add("a1", CREATE, DROP)
    project.edit_env("            context.run_migrations()\n\n\nif", "            pass\n\n\nif")
    with pytest.raises(MoveFailed, match="without running anything: test stands at base and not at a1") as caught:
        project.ws.upgrade("head")
    assert "context.run_migrations()" in caught.value.hint


def test_a_dry_run_is_offered_only_where_there_is_one(database_url, make, query):
    project = make(database_url)
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    query(database_url, "INSERT INTO t (id) VALUES (1)")
    with pytest.raises(ConfirmationRequired) as caught:
        project.ws.downgrade("base")
    offer = "" if is_mariadb(database_url) else ", or try it first: --dry-run"
    assert caught.value.hint == f"%migrate downgrade base --yes{offer}"


# -- what a server does


def test_a_database_that_takes_no_writes_says_so(postgresql_url, tmp_path, make, query):
    project = make(f"{postgresql_url}&options=-cdefault_transaction_read_only%3Don")
    project.add("a1", CREATE)
    with pytest.raises(DatabaseReadOnly, match=r"takes no writes .* Nothing was changed") as caught:
        project.ws.upgrade("head")
    assert "may write" in caught.value.hint
    assert names(postgresql_url) == []


def test_a_read_only_file_says_so(tmp_path, make, query):
    query(f"sqlite:///{tmp_path}/ro.db", "CREATE TABLE x (i)")
    project = make(f"sqlite:///file:{tmp_path}/ro.db?mode=ro&uri=true")
    project.add("a1", CREATE)
    for move in (project.ws.upgrade, project.ws.stamp):
        with pytest.raises(DatabaseReadOnly, match="Nothing was changed"):
            move("head")
    assert project.ws.current().ids == ()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_killed_connection_is_told_and_the_state_is_read_back(postgresql_url, make, dry_run):
    project = make(postgresql_url)
    project.add("a1", CREATE, DROP)
    project.add("b2", "op.execute('SELECT pg_terminate_backend(pg_backend_pid())')")
    with pytest.raises(MoveFailed, match="terminating connection") as caught:
        project.ws.upgrade("head", dry_run=dry_run)
    assert "still stands at base." in "\n".join(caught.value.details)
    assert caught.value.after == ()
    assert names(postgresql_url) == []
    assert project.ws.upgrade("a1").after == ("a1",)


def test_a_killed_connection_on_mariadb_leaves_what_was_committed(mariadb_url, make):
    project = make(mariadb_url)
    project.add("a1", CREATE, DROP)
    project.add(
        "b2", f"{INSERT}\nop.execute(f'KILL {{op.get_bind().exec_driver_sql(\"SELECT connection_id()\").scalar()}}')"
    )
    with pytest.raises(MoveFailed, match="killed") as caught:
        project.ws.upgrade("head")
    assert caught.value.after == ("a1",)
    assert "Nothing of b2 is left: it was rolled back." in caught.value.details
    assert project.ws.upgrade("a1").after == ("a1",)


def test_the_state_is_unknown_only_where_nobody_answers(postgresql_url, make, query):
    project = make(postgresql_url)
    project.add("a1", CREATE, DROP)
    name = sa.make_url(postgresql_url).database
    project.add(
        "b2",
        f"""
        import psycopg
        where = dict(host={sa.make_url(postgresql_url).query["host"]!r}, user='postgres', dbname='postgres')
        with psycopg.connect(**where, autocommit=True) as admin:
            admin.execute('ALTER DATABASE {name} ALLOW_CONNECTIONS false')
        op.execute('SELECT pg_terminate_backend(pg_backend_pid())')
        """,
    )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    assert caught.value.after is None
    assert "State unknown:" in caught.value.details[0]
    assert {step.outcome for step in caught.value.trace.steps} == {Outcome.UNKNOWN}
    assert "%migrate current" in caught.value.hint


@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_the_timeouts_bite_and_are_gone_afterwards(request, url, make):
    url = request.getfixturevalue(url)
    engine = sa.create_engine(url, pool_size=1, max_overflow=0)
    project = make(engine, lock_timeout_s=1, statement_timeout_s=2)
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    asked = (
        "SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout, @@max_statement_time"
        if is_mariadb(url)
        else ("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
    )

    def settings():
        with engine.connect() as connection:
            return tuple(connection.exec_driver_sql(asked).one())

    before = settings()
    project.add("b2", "op.drop_table('t')")
    other = sa.create_engine(url, poolclass=sa.NullPool)
    with other.connect() as holder:
        holder.exec_driver_sql("SELECT * FROM t").all()
        with pytest.raises(DatabaseLocked, match="locked by somebody else") as caught:
            project.ws.upgrade("head")
        assert "lock_timeout_s" in caught.value.hint
        holder.rollback()
    assert settings() == before
    project.add(
        "b2",
        "with op.get_context().autocommit_block():\n    op.execute('SELECT "
        + ("SLEEP" if is_mariadb(url) else "pg_sleep")
        + "(60)')",
        parents=("a1",),
    )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    assert "statement_timeout_s" in caught.value.hint
    assert settings() == before
    engine.dispose()


def test_a_version_table_in_a_schema_and_a_search_path_of_env_py_are_kept(postgresql_url, make, query):
    query(postgresql_url, "CREATE SCHEMA app")
    query(postgresql_url, "CREATE SCHEMA book")
    project = make(postgresql_url)
    project.edit_env(
        "        context.configure(\n            connection=connection,",
        "        connection.exec_driver_sql('SET search_path TO app')\n"
        "        context.configure(\n            connection=connection,"
        " version_table='versions', version_table_schema='book',",
    )
    project.add("a1", CREATE, DROP)
    assert project.ws.upgrade("head", dry_run=True).after == ()
    assert (
        query(postgresql_url, "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('app', 'book')")
        == []
    )
    assert project.ws.upgrade("head").after == ("a1",)
    found = query(
        postgresql_url,
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('app', 'book')",
    )
    assert sorted(found) == [("app", "t"), ("book", "versions")]
    assert project.ws.downgrade("base").after == ()


# -- progress


def test_on_step_is_called_as_each_step_begins_and_ends(sqlite_url, make):
    from migration_magics.engine import planner, runner

    project = make(sqlite_url)
    project.add("a1", CREATE, DROP)
    project.add("b2")
    ws = project.ws
    plan = planner.plan_upgrade(ws.chain, "head", (), database=ws.database.identity, connection=ws.database.name)
    calls = []
    ran = runner.run(
        plan,
        ws.chain,
        ws.environment,
        ws.database,
        settings=ws.settings,
        options=runner.Options(),
        on_step=lambda number, total, draft: calls.append((number, total, draft.revision, draft.is_done)),
    )
    assert calls == [(1, 2, "a1", False), (1, 2, "a1", True), (2, 2, "b2", False), (2, 2, "b2", True)]
    assert ran.after == ("b2",)


def test_x_arguments_and_the_tag_arrive(sqlite_url, make):
    project = make(sqlite_url)
    project.add("a1", "print(context.get_x_argument(as_dictionary=True), context.get_tag_argument())")
    ran = project.ws.upgrade("head", x=("tenant=one",), tag="v1")
    assert ran.trace.output == "{'tenant': 'one'} v1\n"


def test_each_of_many_batches_keeps_its_own_table(make, sqlite_url):
    """Batches that are done must not lend their identity to later ones: what `t3` lost was told of `t0`."""
    tables = [f"t{number}" for number in range(20)]
    project = make(sqlite_url)
    create = "op.create_table('{}', sa.Column('id', sa.Integer), sa.Column('x', sa.Integer))"
    block = "with op.batch_alter_table('{}', recreate='always') as batch:\n    batch.drop_column('x')"
    drop = f"{block}\ndel batch\n__import__('gc').collect()"
    project.add("a1", "\n".join(create.format(name) for name in tables))
    project.add("b2", "\n".join(drop.format(name) for name in tables))
    operations = project.ws.upgrade("head").trace.steps[1].operations
    assert [(each.table, each.children[0].target) for each in operations] == [(name, f"{name}.x") for name in tables]
