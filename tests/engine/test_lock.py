"""One migrator at a time, and a run that can be stopped: nothing is left behind, on the server neither."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.engine import runner
from migration_magics.engine.lock import key
from migration_magics.errors import AnotherMigrator, DatabaseLocked, MoveFailed, MoveInterrupted, PlanStale
from migration_magics.settings import Settings

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
U = "op.create_table('u', sa.Column('id', sa.Integer))"
DROP = "op.drop_table('t')"
FOREVER = {
    "sqlite": "op.get_bind().connection.create_function('hello', 0, lambda: (print_hello(), 1)[1])\n"
    "op.execute('WITH RECURSIVE c(x) AS (SELECT hello() UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c')",
    "postgresql": "print_hello()\nop.execute('SELECT pg_sleep(300)')",
    "mariadb": "print_hello()\nop.execute('SELECT SLEEP(300)')",
    "python": "print_hello()\nwhile True:\n    len('x')",
    "python with sql": "print_hello()\nwhile True:\n    op.get_bind().exec_driver_sql('SELECT 1')",
}
RUNNING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(300)%%' "
    "AND state = 'active' AND pid <> pg_backend_pid()",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%%SLEEP(300)%%' AND id <> connection_id()",
}
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


def kind(url):
    return sa.make_url(url).get_backend_name()


def names(url):
    return sorted(sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names())


SIGNALLING = "import os, signal, threading\ndef print_hello():\n    os.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize("what", ["sql", "python", "python with sql"])
def test_an_interrupt_rolls_back_and_the_connection_stays_usable(database_url, make, query, what):
    project = make(database_url)
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    project.add("b2", f"{SIGNALLING}{U}\n{FOREVER[kind(database_url) if what == 'sql' else what]}")
    with pytest.raises(MoveInterrupted, match="Stopped by you in revision b2") as caught:
        project.ws.upgrade("head")
    told = "\n".join(caught.value.details)
    assert (caught.value.before, caught.value.after) == (("a1",), ("a1",))
    if kind(database_url) == "mariadb":
        assert "Done and kept of b2 (its DDL commits itself): create_table u." in told
        assert caught.value.hint.startswith("undo by hand what is done (create_table u)")
        query(database_url, "DROP TABLE u")
    else:
        assert "Nothing of b2 is left: it was rolled back." in told
    assert names(database_url) == ["alembic_version", "t"]
    if kind(database_url) in RUNNING:
        assert query(database_url, RUNNING[kind(database_url)]) == [(0,)]
    if kind(database_url) == "postgresql":
        assert query(database_url, LOCKS) == [(0,)]
    project.add("b2", U, parents=("a1",))
    assert project.ws.upgrade("head").after == ("b2",)


@pytest.mark.parametrize("what", ["sqlite", "python", "python with sql"])
def test_an_interrupt_loses_no_database_in_memory(make, what):
    """SQLAlchemy throws the connection of an interrupted statement away, and with it a database in memory."""
    project = make("sqlite://")
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    project.add("b2", f"{SIGNALLING}{U}\n{FOREVER[what]}")
    with pytest.raises(MoveInterrupted):
        project.ws.upgrade("head")
    assert project.ws.current().ids == ("a1",)


def test_an_interrupt_in_the_callers_own_thread_is_told_alike(make):
    """Somebody's engine in memory cannot change threads, so the run is in the main one."""
    engine = sa.create_engine("sqlite://")
    project = make(engine)
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    project.add("b2", f"{U}\nraise KeyboardInterrupt")
    with pytest.raises(MoveInterrupted, match="Stopped by you in revision b2") as caught:
        project.ws.upgrade("head")
    assert caught.value.after == ("a1",)
    assert sa.inspect(engine).get_table_names() == ["alembic_version", "t"]
    engine.dispose()


SCRIPT = """
import sys, migration_magics
ws = migration_magics.open(sys.argv[1], project="migrations")
try:
    ws.upgrade("head")
except migration_magics.errors.MoveInterrupted as error:
    print(error.after, *error.details, sep="\\n")
"""


def test_a_real_sigint_to_a_real_process_stops_a_statement(database_url, make, tmp_path, query):
    project = make(database_url)
    project.add("a1", CREATE, DROP)
    project.ws.upgrade("head")
    hello = "import os\ndef print_hello():\n    os.write(3, b'.')\n"
    project.add("b2", f"{hello}{FOREVER[kind(database_url)]}")
    read, write = os.pipe()
    script = f"import os\nos.dup2({write}, 3)\nimport migration_magics.errors\n{SCRIPT}"
    process = subprocess.Popen(
        [sys.executable, "-c", script, database_url],
        cwd=tmp_path, pass_fds=(write,), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    os.close(write)
    assert os.read(read, 1) == b"."
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(read)
    assert out.splitlines()[0] == "('a1',)", out
    assert process.returncode == 0
    if kind(database_url) in RUNNING:
        assert query(database_url, RUNNING[kind(database_url)]) == [(0,)]
    assert project.ws.current().ids == ("a1",)


HOLD = textwrap.dedent("""
    import sys, migration_magics, os
    ws = migration_magics.open(sys.argv[1], project="migrations")
    print(ws.upgrade("head").after)
""")


def holding(project, url, tmp_path):
    """A process that is in the middle of an upgrade; its pipe closes when it may go on."""
    said, say = os.pipe()
    may, let = os.pipe()
    script = f"import os\nos.environ['SAY'], os.environ['MAY'] = '{say}', '{may}'\n{HOLD}"
    process = subprocess.Popen(
        [sys.executable, "-c", script, url],
        cwd=tmp_path, pass_fds=(say, may), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    os.close(say)
    os.close(may)
    assert os.read(said, 1) == b"."
    os.close(said)
    return process, let


WAITING = (
    "import os\nif 'SAY' in os.environ:\n    os.write(int(os.environ['SAY']), b'.')\n"
    "    os.read(int(os.environ['MAY']), 1)\n"
)


def test_a_second_migrator_is_told_who_holds_the_lock(database_url, make, tmp_path, query):
    project = make(database_url, migrator_wait_s=0.3, lock_timeout_s=0.3)
    project.add("a1", CREATE, DROP)
    project.add("b2", f"{WAITING}{U}")
    process, let = holding(project, database_url, tmp_path)
    with pytest.raises((AnotherMigrator, DatabaseLocked)) as caught:
        project.ws.upgrade("head")
    if kind(database_url) == "sqlite":
        assert "locked by somebody else" in caught.value.message
    else:
        assert "Another migration runs on this database: " in caught.value.message
        assert {"postgresql": "postgres (", "mariadb": "root from "}[kind(database_url)] in caught.value.message
        assert "migrator_wait_s" in caught.value.hint
    os.close(let)
    out, _ = process.communicate(timeout=60)
    assert out == "('b2',)\n"
    if kind(database_url) == "postgresql":
        assert query(database_url, LOCKS) == [(0,)]
    assert project.ws.upgrade("head").plan.is_empty


def test_a_second_migrator_that_waits_runs_nothing_twice(database_url, make, tmp_path):
    """It planned before the first was done; then it finds the database moved, and says so."""
    project = make(database_url, migrator_wait_s=60, lock_timeout_s=60)
    project.add("a1", CREATE, DROP)
    project.add("b2", f"{WAITING}{U}")
    process, let = holding(project, database_url, tmp_path)
    ws = project.ws
    plan = ws.plan("head").plan
    threading.Timer(0.3, os.close, [let]).start()
    with pytest.raises(PlanStale, match=r"now stands at b2\. Nothing was changed"):
        runner.run(plan, ws.chain, ws.environment, ws.database, settings=ws.settings, options=runner.Options())
    out, _ = process.communicate(timeout=60)
    assert out == "('b2',)\n"
    assert project.ws.upgrade("head").plan.is_empty


@pytest.mark.parametrize(
    "body", ["pass", "op.execute('nonsense')", "op.execute('SELECT pg_terminate_backend(pg_backend_pid())')"]
)
@pytest.mark.parametrize("pooled", [False, True])
def test_the_lock_is_gone_afterwards(postgresql_url, make, query, body, pooled):
    engine = sa.create_engine(postgresql_url)
    project = make(engine if pooled else postgresql_url)
    project.add("a1", body)
    if body == "pass":
        project.ws.upgrade("head")
    else:
        with pytest.raises(MoveFailed):
            project.ws.upgrade("head")
    assert query(postgresql_url, LOCKS) == [(0,)]
    engine.dispose()


@pytest.mark.parametrize("body", ["pass", "op.execute('nonsense')"])
def test_the_lock_is_gone_afterwards_on_mariadb(mariadb_url, make, body):
    engine = sa.create_engine(mariadb_url)  # its pool keeps the connection, and would keep its lock
    project = make(engine, migrator_wait_s=0)
    project.add("a1", body)
    if body == "pass":
        project.ws.upgrade("head")
    else:
        with pytest.raises(MoveFailed):
            project.ws.upgrade("head")
    other = Workspace(settings=Settings(migrator_wait_s=0))
    other.connect(mariadb_url, project=str(project.root / "migrations"))
    assert other.ensure_version().after == project.ws.current().ids
    other.close()
    engine.dispose()


def test_two_version_tables_have_two_locks():
    assert key("a.alembic_version") != key("alembic_version")
    assert 0 <= key("x") < 2**63


def test_a_reader_does_not_keep_a_migrator_waiting(tmp_path, make):
    """WAL: readers and one writer get along."""
    raw = sqlite3.connect(tmp_path / "wal.db")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("CREATE TABLE x (i)")
    raw.execute("BEGIN")
    raw.execute("SELECT * FROM x").fetchall()
    project = make(f"sqlite:///{tmp_path}/wal.db", lock_timeout_s=0)
    project.add("a1", CREATE, DROP)
    assert project.ws.upgrade("head").after == ("a1",)
    raw.close()
