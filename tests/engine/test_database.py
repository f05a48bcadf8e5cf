"""What tells databases apart, and what a named database knows of itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics import errors
from migration_magics.engine.database import Database, identity, parse_url, sqlite_path

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
