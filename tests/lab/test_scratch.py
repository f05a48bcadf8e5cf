"""Copies are made with what they need, and are gone afterwards, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from migration_magics.commands.sides import history_of, like_of
from migration_magics.engine.database import Database
from migration_magics.errors import ReplayFailed, ReplayInterrupted
from migration_magics.lab import scratch
from migration_magics.lab.scratch import PREFIX, NoScratch


@pytest.fixture(params=["postgresql", "mariadb"])
def server_url(request):
    """A new database on each server."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def open_database():
    """A database as commands see it; closed at the end."""
    with contextlib.ExitStack() as stack:

        def opened(url):
            database = Database.from_url("app", url)
            stack.callback(database.dispose)
            database.reach()
            return database

        yield opened


@pytest.fixture
def scratches(run_sql):
    """The scratch databases on the server of a URL."""

    def names(url):
        listed = "SELECT datname FROM pg_database" if url.startswith("postgresql") else "SHOW DATABASES"
        return {name for (name,) in run_sql(url, listed) if name.startswith(PREFIX)}

    return names


def test_a_copy_is_empty_and_on_the_same_server(server_url, open_database, scratches, run_sql):
    run_sql(server_url, "CREATE TABLE t (id INT)")
    database = open_database(server_url)
    with scratch.empty(database) as copy:
        assert copy.database.run(lambda connection: sa.inspect(connection).get_table_names()) == []
        assert copy.database.server == database.server
        assert scratches(server_url) == {copy.database.engine.url.database}
    assert scratches(server_url) == set()


class _Raised(Exception):
    """Something in the body."""


@pytest.mark.parametrize("error", [_Raised, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_copy_is_dropped_when_the_body_raises(server_url, open_database, scratches, error):
    def body():
        with scratch.empty(open_database(server_url)):
            raise error

    with pytest.raises(error):
        body()
    assert scratches(server_url) == set()


def test_a_copy_is_dropped_though_somebody_is_connected_to_it(server_url, open_database, scratches):
    with contextlib.ExitStack() as stack:
        with scratch.empty(open_database(server_url)) as copy:
            engine = sa.create_engine(copy.database.engine.url)
            stack.callback(engine.dispose)
            connection = engine.connect()
            stack.callback(connection.invalidate)
            connection.exec_driver_sql("SELECT 1")
        assert scratches(server_url) == set()


def test_nothing_is_left_when_the_driver_is_refused_meanwhile(server_url, open_database, scratches):
    """The project's own listener, which is asked what the driver gets, fails when the copy is about to be made."""
    database = open_database(server_url)
    database.dispose()
    connects = []

    @sa.event.listens_for(database.engine, "do_connect")
    def refuse(*_arguments):
        connects.append(1)
        if len(connects) > 1:
            raise _Raised

    with pytest.raises(_Raised), scratch.empty(database):
        pass
    assert len(connects) == 2
    assert scratches(server_url) == set()


def test_a_replay_that_fails_leaves_none(make, server_url, scratches):
    project = make(server_url)
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))\nop.drop_table('nowhere')")
    with pytest.raises(ReplayFailed, match="a scratch database on"):
        project.ws.timelines.whole(history_of(project.ws), like_of(project.ws))
    assert scratches(server_url) == set()


def test_a_replay_that_is_interrupted_leaves_none(make, server_url, scratches):
    project = make(server_url)
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))\nraise KeyboardInterrupt")
    with pytest.raises(ReplayInterrupted, match=r"stopped in revision a1\. Its copy is gone") as caught:
        project.ws.timelines.whole(history_of(project.ws), like_of(project.ws))
    assert (caught.value.hint, caught.value.details) == ("type the command again", ())
    assert scratches(server_url) == set()


def test_a_replay_that_is_interrupted_before_it_runs_says_so(make, server_url, scratches, monkeypatch):
    project = make(server_url)
    project.add("a1", "pass")

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(scratch, "_create", interrupt)
    with pytest.raises(ReplayInterrupted, match=r"was stopped\. Its copy is gone"):
        project.ws.timelines.known(history_of(project.ws), like_of(project.ws))
    assert scratches(server_url) == set()


def test_a_replay_from_the_database_that_is_interrupted_stops(make, sqlite_url):
    """On its way up and on its way down: the second is no downgrade that fails, after which less would be known."""
    project = make(sqlite_url)
    project.add(
        "a1", "op.create_table('t', sa.Column('id', sa.Integer))", "op.drop_table('t')\nraise KeyboardInterrupt"
    )
    project.ws.upgrade("head")
    project.add("b1", "pass")
    with pytest.raises(ReplayInterrupted, match="in revision a1"):
        project.ws.timelines.whole(history_of(project.ws), like_of(project.ws), is_from_database=True)
    project.add("c1", "raise KeyboardInterrupt")
    with pytest.raises(ReplayInterrupted, match="in revision c1"):
        project.ws.timelines.whole(history_of(project.ws), like_of(project.ws), is_from_database=True)


@pytest.mark.parametrize(
    "said, expected",
    [
        ("Table 'mm_scratch_17_3_0af.t' doesn't exist", "Table 't' doesn't exist"),
        ("constraint fails (`mm_scratch_17_3_0af`.`t`, CONSTRAINT `x`)", "constraint fails (`t`, CONSTRAINT `x`)"),
        ("Can't drop database 'mm_scratch_17_3_0af'; none", "Can't drop database 'the scratch database'; none"),
        ("near `mm_scratch_17_3_0af`", "near the scratch database"),
        ("Table 'mm_scratch_mine.t' of 'app.mm_scratch_1'", "Table 'mm_scratch_mine.t' of 'app.mm_scratch_1'"),
    ],
)
def test_the_names_of_copies_are_left_out_of_what_servers_say(said, expected):
    assert scratch.without_name(said) == expected


def test_a_replay_that_fails_does_not_name_its_copy(make, server_url):
    project = make(server_url)
    project.add("a1", "op.drop_table('nowhere')")
    with pytest.raises(ReplayFailed, match="nowhere") as caught:
        project.ws.timelines.whole(history_of(project.ws), like_of(project.ws))
    assert PREFIX not in str(caught.value)
    assert PREFIX not in caught.value.why


HOLD = """
import sys
from migration_magics.engine.database import Database
from migration_magics.lab import scratch
database = Database.from_url("app", sys.argv[1])
database.reach()
with scratch.empty(database) as copy:
    print(copy.database.engine.url.database, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_swept_when_it_is_old(server_url, open_database, scratches, monkeypatch):
    """A new one may be somebody's who has not connected yet, so it stays."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, server_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        left = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    database = open_database(server_url)
    with scratch.empty(database):
        assert left in scratches(server_url)
    now = time.time()
    monkeypatch.setattr(scratch.time, "time", lambda: now + 61)
    with scratch.empty(database):
        assert left not in scratches(server_url)
    assert scratches(server_url) == set()


@pytest.fixture
def named(run_sql):
    """Make databases on the server of a URL; they are dropped at the end."""
    made = []

    def make(url, *names):
        for name in names:
            run_sql(url, f"CREATE DATABASE {name}")
            made.append((url, name))

    yield make
    for url, name in made:
        run_sql(url, f"DROP DATABASE IF EXISTS {name}")


def test_only_what_is_ours_by_name_is_swept(server_url, open_database, scratches, named):
    """An old one of ours goes; others stay, however much their names look like ours."""
    others = {
        f"{PREFIX}mine",
        f"{PREFIX}100_2_zz",
        f"{PREFIX}100",
        f"{PREFIX}100_1_abcdef_x",
        "mmxscratch_100_1_abcdef",
    }
    named(server_url, *others, f"{PREFIX}100_1_abcdef")
    with scratch.empty(open_database(server_url)) as copy:
        found = scratches(server_url)
        assert found == {name for name in others if name.startswith(PREFIX)} | {copy.database.engine.url.database}


def test_one_that_somebody_is_connected_to_is_not_swept(server_url, open_database, scratches, named):
    name = f"{PREFIX}100_1_abcdef"
    named(server_url, name)
    engine = sa.create_engine(sa.make_url(server_url).set(database=name), poolclass=sa.NullPool)
    with engine.connect(), scratch.empty(open_database(server_url)):
        assert name in scratches(server_url)


def test_a_postgresql_role_without_the_right_is_told_which(postgresql_url, open_database, run_sql):
    run_sql(postgresql_url, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN")
    database = open_database(postgresql_url.replace("postgres@", "reader@"))
    with pytest.raises(NoScratch, match="no CREATEDB right") as caught, scratch.empty(database):
        pass
    assert "ALTER ROLE name CREATEDB" in caught.value.hint
    database.dispose()
    run_sql(postgresql_url, "DROP ROLE reader")


def test_a_mariadb_user_without_the_right_is_told_which(mariadb_url, open_database, run_sql):
    name = sa.make_url(mariadb_url).database
    run_sql(
        mariadb_url,
        "CREATE OR REPLACE USER reader@localhost IDENTIFIED BY 'x'",
        f"GRANT SELECT ON {name}.* TO reader@localhost",
    )
    try:
        database = open_database(mariadb_url.replace("root@", "reader:x@"))
        with pytest.raises(NoScratch, match="Access denied") as caught, scratch.empty(database):
            pass
        assert f"GRANT ALL ON `{PREFIX}%`.* TO name" in caught.value.hint
        run_sql(mariadb_url, f"GRANT ALL ON `{PREFIX}%`.* TO reader@localhost")
        with scratch.empty(database) as copy:  # the hint is enough
            copy.database.run(lambda connection: connection.exec_driver_sql("CREATE TABLE t (id INT)"))
    finally:
        run_sql(mariadb_url, "DROP USER reader@localhost")


def test_the_hint_for_postgresql_is_enough(postgresql_url, open_database, run_sql, scratches):
    run_sql(postgresql_url, "DROP ROLE IF EXISTS builder", "CREATE ROLE builder LOGIN", "ALTER ROLE builder CREATEDB")
    database = open_database(postgresql_url.replace("postgres@", "builder@"))
    with scratch.empty(database) as copy:
        copy.database.run(lambda connection: connection.exec_driver_sql("CREATE TABLE t (id INT)"))
    database.dispose()
    assert scratches(postgresql_url) == set()
    run_sql(postgresql_url, "DROP ROLE builder")


def test_a_copy_takes_over_extensions_and_schemas_where_asked(postgresql_url, open_database, run_sql):
    """Names are hostile: a percent sign, a quote."""
    run_sql(postgresql_url, 'CREATE SCHEMA "100% ""mine"""', "CREATE SCHEMA audit")
    database = open_database(postgresql_url)
    with scratch.empty(database, is_furnished=True) as copy:
        names = copy.database.run(lambda connection: sa.inspect(connection).get_schema_names())
        assert {'100% "mine"', "audit"} <= set(names)
    with scratch.empty(database) as copy:
        names = copy.database.run(lambda connection: sa.inspect(connection).get_schema_names())
        assert "audit" not in names


def test_a_copy_has_the_encoding_and_order_of_its_original(mariadb, open_database, run_sql):
    url = mariadb.url("mysql")
    run_sql(url, "CREATE DATABASE mm_latin CHARACTER SET latin1 COLLATE latin1_german2_ci")
    try:
        with scratch.empty(open_database(mariadb.url("mm_latin"))) as copy:
            (found,) = copy.database.run(
                lambda connection: connection.exec_driver_sql(
                    "SELECT @@character_set_database, @@collation_database"
                ).all()
            )
            assert tuple(found) == ("latin1", "latin1_german2_ci")
    finally:
        run_sql(url, "DROP DATABASE mm_latin")


def test_sqlite_is_copied_in_memory(sqlite_url, open_database, tmp_path):
    with scratch.empty(open_database(sqlite_url)) as copy:
        copy.database.run(lambda connection: connection.exec_driver_sql("CREATE TABLE t (id INT)"))
        assert copy.place == "SQLite in memory"
    assert list(tmp_path.iterdir()) == []
