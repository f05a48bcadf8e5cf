"""What tells databases apart, and what a named database knows of itself."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa

from migration_magics import errors
from migration_magics.engine.database import Database, identity, parse_url, sqlite_path
from tests.engine.making import Made

SAME = [
    ("postgresql://localhost/app", "postgresql+psycopg://me:pw@127.0.0.1:5432/app"),
    ("postgresql+asyncpg:///app?host=/run/pg", "postgresql+psycopg://other@/app?host=/run/pg"),
    ("mariadb+pymysql://root@localhost/app", "mysql+aiomysql://localhost:3306/app?charset=utf8mb4"),
    ("mysql+pymysql://u@x/app?unix_socket=/run/s", "mariadb+pymysql:///app?unix_socket=/run/s"),
    ("sqlite:////tmp/a/../x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ("sqlite:////tmp/x.db", "sqlite:///file:/tmp/x.db?cache=private&uri=true"),
]
DIFFERENT = [
    ("postgresql://localhost/app", "postgresql://localhost/other"),
    ("postgresql://localhost/app", "postgresql://localhost:5433/app"),
    ("postgresql://localhost/app", "mysql://localhost/app"),
    ("postgresql:///app?host=/run/one", "postgresql:///app?host=/run/two"),
    ("sqlite:////tmp/x.db", "sqlite:////tmp/y.db"),
    ("sqlite:////tmp/x.db", "sqlite:///file:/tmp/x.db?mode=ro&uri=true"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_one_database_by_two_urls(one, other):
    assert identity(parse_url(one)) == identity(parse_url(other))


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_two_databases(one, other):
    assert identity(parse_url(one)) != identity(parse_url(other))


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&cache=shared&uri=true"]
)
def test_a_database_in_memory_is_like_no_other(url):
    assert sqlite_path(parse_url(url)) is None
    one, other = Database.from_url("one", url), Database.from_url("other", url)
    assert one.identity != other.identity
    assert one.file is None
    assert not one.is_missing
    one.dispose()
    other.dispose()


def test_a_bad_url_is_never_quoted():
    with pytest.raises(errors.UsageProblem) as caught:
        parse_url("postgresql//me:s3cret@host")
    assert "s3cret" not in "".join(caught.value._render_traceback_())


def test_its_url_has_no_secrets():
    url = "postgresql+psycopg://me:s3cret@host/app?password=s3cret"
    assert "s3cret" not in Database("x", sa.create_engine(url)).url


def test_what_is_in_memory_keeps_its_rows_from_run_to_run():
    for url in ("sqlite://", "sqlite+aiosqlite://"):
        database = Database.from_url("m", url)

        def write(connection):
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
            connection.exec_driver_sql("INSERT INTO t VALUES (7)")
            connection.commit()

        database.run(write, in_thread=True)
        assert database.run(lambda connection: connection.exec_driver_sql("SELECT id FROM t").scalar()) == 7
        database.dispose()


def test_an_asynchronous_engine_keeps_its_arguments_and_events(tmp_path):
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db", connect_args={"timeout": 7.5})

    @sa.event.listens_for(engine.sync_engine, "connect")
    def pragma(raw, _record):
        raw.execute("PRAGMA cache_size = -4321")

    database = Database("x", engine.sync_engine)
    for name, value in (("busy_timeout", 7500), ("cache_size", -4321)):
        assert (
            database.run(lambda connection, name=name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()) == value
        )


LOOKING = ("current", "plan", "upgrade head", "downgrade base", "stamp head", "ensure_version", "history -r :current")


@pytest.fixture
def applied(tmp_path):
    """A project whose database is connected, and stands at its head; it waits for no lock."""
    made = Made(tmp_path, source=sa.create_engine(f"sqlite:///{tmp_path}/x.db", connect_args={"timeout": 0.05}))
    made.add("a1")
    made.ws.upgrade("head")
    yield made.ws
    made.ws.close()


def test_a_database_that_somebody_locked_meanwhile_is_said_by_every_command(applied, tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db", timeout=0)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for command in LOOKING:
            with pytest.raises(errors.DatabaseLocked, match="locked by somebody else"):
                applied.run(command)
        for command in ("status", "history", "connections"):
            assert "locked by somebody else" in str(applied.run(command).to_dict())


def test_a_file_that_is_no_database_any_more_is_said_by_every_command(applied, tmp_path):
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    for command in LOOKING:
        with pytest.raises(errors.DatabaseUnreachable, match="not a database"):
            applied.run(command)
    for command in ("status", "history", "connections"):
        assert "not a database" in str(applied.run(command).to_dict())
