"""SQLite through engines of every kind: real transactions, no lost child row, and every connection as it was before."""

import asyncio
import sqlite3

import aiosqlite
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

from migration_magics.errors import DatabaseLocked, MoveFailed, Refused
from tests.engine.making import operations


def with_begin_events(engine):
    """The recipe of SQLAlchemy's documentation for real transactions with pysqlite."""

    @event.listens_for(engine, "connect")
    def connect(raw, _record):
        raw.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    return engine


def enforcing(engine):
    @event.listens_for(engine, "connect")
    def connect(raw, _record):
        raw.execute("PRAGMA foreign_keys = ON")

    return engine


ENGINES = {
    "no pool": lambda url: sa.create_engine(url, poolclass=NullPool),
    "pool": lambda url: sa.create_engine(url, poolclass=QueuePool),
    "pool of one": lambda url: sa.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1),
    "one connection": lambda url: sa.create_engine(url, poolclass=StaticPool),
    "memory, any thread": lambda _: sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    ),
    "memory, one thread": lambda _: sa.create_engine("sqlite://", poolclass=StaticPool),
    "memory, one per thread": lambda _: sa.create_engine("sqlite://", poolclass=SingletonThreadPool),
    "autocommit": lambda url: sa.create_engine(url, isolation_level="AUTOCOMMIT"),
    "autocommit by option": lambda url: sa.create_engine(url).execution_options(isolation_level="AUTOCOMMIT"),
    "own BEGIN": lambda url: with_begin_events(sa.create_engine(url)),
    "own BEGIN, below an option": lambda url: with_begin_events(sa.create_engine(url)).execution_options(x=1),
    "foreign keys": lambda url: enforcing(sa.create_engine(url)),
}


@pytest.fixture(params=ENGINES)
def engine(request, sqlite_url):
    made = ENGINES[request.param](sqlite_url)
    yield made
    made.dispose()


def add_tables(project):
    project.add(
        "a1",
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Text))",
        "op.drop_table('t')",
    )
    project.add("b2", "with op.batch_alter_table('t') as batch:\n    batch.alter_column('n', nullable=False)")
    return project


def table_names(engine):
    return sorted(sa.inspect(engine).get_table_names())


def test_a_failure_leaves_nothing_whatever_the_engine(engine, make):
    project = add_tables(make(engine))
    project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))\nop.execute('nonsense')")
    with pytest.raises(MoveFailed, match='near "nonsense"') as caught:
        project.ws.upgrade("head")
    assert (caught.value.before, caught.value.after) == ((), ())
    assert table_names(engine) == []
    assert project.ws.upgrade("b2").after == ("b2",)
    assert table_names(engine) == ["alembic_version", "t"]


def test_a_dry_run_leaves_nothing_whatever_the_engine(engine, make):
    project = add_tables(make(engine))
    ran = project.ws.upgrade("head", dry_run=True)
    assert (ran.after, ran.trace.is_dry_run, table_names(engine)) == ((), True, [])
    assert operations(ran.trace) == [("a1", "create_table", "t"), ("b2", "batch_alter_table", "t")]
    project.ws.upgrade("head")
    assert project.ws.downgrade("base", dry_run=True).after == ("b2",)
    assert table_names(engine) == ["alembic_version", "t"]


def test_an_autocommit_block_is_outside_of_any_transaction(engine, make):
    project = add_tables(make(engine))
    project.add(
        "c3",
        "op.execute(\"insert into t values (1, 'x')\")\nwith op.get_context().autocommit_block():\n    op.execute('VACUUM')",
    )
    project.add("d4", "op.create_table('u', sa.Column('id', sa.Integer))\nop.execute('nonsense')")
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    told = "\n".join(caught.value.details)
    assert caught.value.after == ("b2",)  # the block committed up to itself; c3's version came after it
    assert "now stands at b2: a1, b2 applied and committed" in told
    assert (
        "Done and kept of c3 (they were committed before the failure): insert into t values (1, 'x'), VACUUM." in told
    )
    assert table_names(engine) == ["alembic_version", "t"]


def test_what_an_autocommit_block_committed_is_named_when_a_later_statement_fails(sqlite_url, make):
    project = add_tables(make(sqlite_url))
    project.add(
        "c3",
        """
        op.create_table('u', sa.Column('id', sa.Integer))
        with op.get_context().autocommit_block():
            op.execute('VACUUM')
        op.create_table('v', sa.Column('id', sa.Integer))
        op.execute('nonsense')
        """,
    )
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    told = "\n".join(caught.value.details)
    assert caught.value.after == ("b2",)
    assert "Done and kept of c3 (they were committed before the failure): create_table u, VACUUM." in told
    assert "Rolled back of c3: create_table v." in told
    engine = sa.create_engine(sqlite_url)
    assert table_names(engine) == ["alembic_version", "t", "u"]
    engine.dispose()


def test_an_asynchronous_engine_has_real_transactions_too(tmp_path, make):
    project = add_tables(make(create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/async.db")))
    project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))\nop.execute('nonsense')")
    with pytest.raises(MoveFailed, match="nonsense"):
        project.ws.upgrade("head")
    assert project.ws.current().ids == ()
    assert project.ws.upgrade("b2", dry_run=True).after == ()
    assert project.ws.upgrade("b2").after == ("b2",)


def test_an_asynchronous_database_in_memory_is_the_owners_own(make):
    engine = create_async_engine("sqlite+aiosqlite://")
    project = add_tables(make(engine))
    assert project.ws.upgrade("head").after == ("b2",)

    async def names():
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda c: sa.inspect(c).get_table_names())
        await engine.dispose()
        return found

    assert sorted(asyncio.run(names())) == ["alembic_version", "t"]


def test_an_asynchronous_engine_keeps_its_owners_arguments(tmp_path, make):
    """A URL does not say how its owner connects."""
    engine = create_async_engine(
        "sqlite+aiosqlite://", poolclass=NullPool, async_creator=lambda: aiosqlite.connect(tmp_path / "real.db")
    )
    project = add_tables(make(engine))
    project.ws.upgrade("head")
    raw = sqlite3.connect(tmp_path / "real.db")
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("b2",)]
    raw.close()


PRAGMAS = ("foreign_keys", "busy_timeout")


@pytest.mark.parametrize(
    "body", ["pass", "op.execute('nonsense')", "with op.get_context().autocommit_block():\n    op.execute('VACUUM')"]
)
def test_a_connection_is_as_before_afterwards(sqlite_url, make, body):
    engine = enforcing(sa.create_engine(sqlite_url, pool_size=1, max_overflow=0))
    project = make(engine, lock_timeout_s=1.5)
    project.add("a1", body)

    def state():
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            values = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS]
            return raw, raw.isolation_level, values, raw.in_transaction

    before = state()
    if "nonsense" in body:
        with pytest.raises(MoveFailed):
            project.ws.upgrade("head")
    else:
        project.ws.upgrade("head")
    assert state() == before
    engine.dispose()


FAMILY = """
op.create_table('parent', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Text))
op.create_table('child', sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('parent_id', sa.Integer, sa.ForeignKey('parent.id', ondelete='CASCADE')))
op.execute("INSERT INTO parent VALUES (1, 'a'), (2, 'b')")
op.execute("INSERT INTO child VALUES (1, 1), (2, 2), (3, 2)")
"""
REBUILD = (
    "with op.batch_alter_table('parent', recreate='always') as batch:\n    batch.alter_column('n', nullable=False)\n"
)
SWITCHING = {
    "nobody": REBUILD,
    "off in the revision": f"op.execute('PRAGMA foreign_keys=OFF')\n{REBUILD}op.execute('PRAGMA foreign_keys=ON')",
    "on in the revision": f"op.execute('PRAGMA foreign_keys=ON')\n{REBUILD}",
    "on in a block": f"with op.get_context().autocommit_block():\n    op.execute('PRAGMA foreign_keys=ON')\n{REBUILD}",
}


@pytest.mark.parametrize("where", [*SWITCHING, "on in env.py"])
def test_the_rebuild_of_a_parent_loses_no_child(sqlite_url, make, where):
    engine = enforcing(sa.create_engine(sqlite_url))
    project = make(engine)
    if where == "on in env.py":
        project.edit_env(
            "        context.configure(",
            '        connection.exec_driver_sql("PRAGMA foreign_keys=ON")\n        context.configure(',
        )
    project.add("a1", FAMILY)
    project.add("b2", SWITCHING.get(where, REBUILD))
    project.ws.upgrade("head")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM child")) == 3
        assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_orphans_that_a_revision_makes_are_refused_before_the_commit(sqlite_url, make):
    engine = enforcing(sa.create_engine(sqlite_url))
    project = make(engine)
    project.add("a1", FAMILY)
    project.ws.upgrade("head")
    project.add("b2", "op.execute('DELETE FROM parent WHERE id = 2')")
    for dry_run in (True, False):
        with pytest.raises(MoveFailed) as caught:
            project.ws.upgrade("head", dry_run=dry_run, yes=True)
        assert "2 rows of child point at rows of parent that are gone" in caught.value.message
        assert "delete or update the child rows in the revision" in caught.value.hint
        assert (caught.value.after, project.ws.current().ids) == (("a1",), ("a1",))
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM parent")) == 2
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        REBUILD,
        "op.rename_table('child', 'kid')",
        "op.rename_table('parent', 'elder')",
        "op.execute('DELETE FROM child WHERE id = 3')",
    ],
)
def test_violations_that_were_there_before_are_tolerated(sqlite_url, make, change):
    engine = enforcing(sa.create_engine(sqlite_url))
    project = make(engine)
    project.add("a1", FAMILY)
    project.ws.upgrade("head")
    raw = sqlite3.connect(engine.url.database)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA legacy_alter_table = ON")
    raw.execute("INSERT INTO child VALUES (9, 99)")
    raw.commit()
    raw.close()
    project.add("b2", change)
    assert project.ws.upgrade("head", yes=True).after == ("b2",)
    engine.dispose()


def test_a_key_that_sqlite_cannot_check_does_not_stop_a_run(sqlite_url, make):
    """`foreign key mismatch`: the parent's column is not unique, so PRAGMA foreign_key_check itself fails."""
    engine = enforcing(sa.create_engine(sqlite_url))
    project = make(engine)
    project.add("a1", FAMILY + "op.execute('CREATE TABLE odd (x INTEGER REFERENCES parent (n))')\n")
    with pytest.raises(MoveFailed, match="a foreign key of odd points at columns that are not unique"):
        project.ws.upgrade("head")
    assert table_names(engine) == []
    raw = sqlite3.connect(engine.url.database)
    raw.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)")
    raw.execute("CREATE TABLE old (x INTEGER REFERENCES p (n))")
    raw.close()
    project.add("a1", FAMILY, parents=())
    assert project.ws.upgrade("head").after == ("a1",)
    project.add("b2", "op.execute('DELETE FROM parent WHERE id = 2')")
    with pytest.raises(MoveFailed, match="2 rows of child point at rows of parent that are gone"):
        project.ws.upgrade("head", yes=True)
    engine.dispose()


def test_a_locked_file_is_told_and_nothing_runs(tmp_path, sqlite_url, make):
    project = add_tables(make(sqlite_url, lock_timeout_s=0.1))
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for dry_run in (False, True):
        with pytest.raises(DatabaseLocked, match="test is locked by somebody else") as caught:
            project.ws.upgrade("head", dry_run=dry_run)
        assert "lock_timeout_s" in caught.value.hint
    other.execute("ROLLBACK")
    other.close()
    assert project.ws.upgrade("head").after == ("b2",)


def test_a_reader_that_keeps_a_commit_waiting_is_told(tmp_path, sqlite_url, make):
    """Without WAL a COMMIT waits for readers: everything ran, and nothing of it is kept."""
    project = add_tables(make(sqlite_url, lock_timeout_s=0.1))
    project.ws.upgrade("a1")
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM t").fetchall()
    with pytest.raises(DatabaseLocked, match="database is locked"):
        project.ws.upgrade("head")
    other.close()
    assert project.ws.current().ids == ("a1",)
    assert project.ws.upgrade("head").after == ("b2",)


@pytest.mark.parametrize(
    "how",
    ["op.execute('COMMIT')", "op.get_bind().commit()", "op.execute('  end transaction')", "op.execute('ROLLBACK')"],
)
def test_a_revision_that_ends_the_transaction_is_stopped_in_a_dry_run(engine, make, how):
    project = add_tables(make(engine))
    project.add("c3", f"op.create_table('u', sa.Column('id', sa.Integer))\n{how}")
    with pytest.raises((Refused, MoveFailed), match="ends the transaction by itself") as caught:
        project.ws.upgrade("head", dry_run=True)
    assert "nothing was changed" in caught.value.message
    assert table_names(engine) == []


def test_a_transaction_ended_past_sqlalchemy_is_noticed_after_a_dry_run(sqlite_url, make):
    project = add_tables(make(sqlite_url))
    project.add("c3", "op.get_bind().connection.executescript('CREATE TABLE u (id INTEGER)')")
    with pytest.raises(MoveFailed, match="ended the dry run's transaction by itself"):
        project.ws.upgrade("head", dry_run=True)


SHOW_TIMEOUT = {
    "postgresql": ("SHOW lock_timeout", "30s", "SET lock_timeout = '4s'", "4s"),
    "mariadb": ("SELECT @@SESSION.lock_wait_timeout", "30", "SET SESSION lock_wait_timeout = 4", "4"),
}


@pytest.mark.parametrize("server", SHOW_TIMEOUT)
@pytest.mark.parametrize("who", ["nobody", "env.py"])
def test_a_lock_is_not_waited_for_without_end_on_a_server(request, server, who, make):
    """A transaction left open, most often in the same kernel, would hold the run for ever; who sets a bound keeps it."""
    ask, default, own, told = SHOW_TIMEOUT[server]
    project = make(request.getfixturevalue(f"{server}_url"))
    if who == "env.py":
        project.edit_env(
            "        context.configure(\n            connection=connection,",
            f"        connection.exec_driver_sql({own!r})\n        context.configure(\n            connection=connection,",
        )
    look = f"print(op.get_bind().exec_driver_sql({ask!r}).scalar())"
    project.add("a1", f"{look}\nwith op.get_context().autocommit_block():\n    {look}")
    expected = default if who == "nobody" else told
    assert project.ws.upgrade("head").trace.output.split() == [expected, expected]
