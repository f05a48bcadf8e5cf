"""Errors of real drivers in the user's words, and what is said of them."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from migration_magics.engine import failures
from migration_magics.engine.database import Database
from migration_magics.errors import DatabaseLocked, DatabaseReadOnly, DatabaseUnreachable, DriverMissing, UsageProblem


def raised(url, *statements):
    """What the last of *statements* raises."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.exec_driver_sql(statement)
        with pytest.raises(exc.DBAPIError) as caught:
            connection.exec_driver_sql(statements[-1])
        connection.rollback()
    return caught.value


def test_a_missing_table_is_known_on_every_database(database_url):
    error = raised(database_url, "SELECT * FROM nowhere")
    assert failures.is_table_missing(error)
    assert "nowhere" in failures.words(error)
    assert "\n" not in failures.words(error)
    dialect = sa.create_engine(database_url).dialect
    assert failures.statement_of(error, dialect) == "SELECT * FROM nowhere"
    assert failures.connection_problem(error, "app") is None


def test_a_statement_that_takes_too_long_is_no_lock(postgresql_url, mariadb_url):
    slow = {
        postgresql_url: ("SET statement_timeout = 50", "SELECT pg_sleep(60)"),
        mariadb_url: ("SET max_statement_time = 0.05", "SELECT SLEEP(60)"),
    }
    for url, statements in slow.items():
        error = raised(url, *statements)
        assert failures.is_timeout(error)
        assert not failures.is_locked(error)


def test_a_cancelled_statement_is_no_timeout(postgresql_url):
    error = raised(
        postgresql_url,
        "SET statement_timeout = 0",
        "DO $$ BEGIN RAISE query_canceled USING MESSAGE = 'canceling statement due to user request'; END $$",
    )
    assert failures.code(error) == "57014"
    assert not failures.is_timeout(error)


def test_read_only_servers_are_known(postgresql_url, mariadb_url):
    for url, first in ((postgresql_url, "SET TRANSACTION READ ONLY"), (mariadb_url, "START TRANSACTION READ ONLY")):
        error = raised(
            url,
            first,
            "CREATE TABLE x (i INT)" if url is postgresql_url else "INSERT INTO mysql.db (Host) VALUES ('x')",
        )
        assert isinstance(failures.connection_problem(error, "app"), DatabaseReadOnly)


def test_locks_are_known(postgresql_url, mariadb_url):
    for url, limit in ((postgresql_url, "SET lock_timeout = 50"), (mariadb_url, "SET lock_wait_timeout = 1")):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as holder:
            holder.exec_driver_sql("CREATE TABLE held (i INT)")
            holder.commit()
            holder.exec_driver_sql("SELECT * FROM held").all()
            problem = failures.connection_problem(raised(url, limit, "DROP TABLE held"), "app")
        assert isinstance(problem, DatabaseLocked)
        assert "lock_timeout_s" in problem.hint


@pytest.mark.parametrize(
    "url, error, hint",
    [
        ("postgresql+psycopg://me:hunter2@127.0.0.1:1/app", DatabaseUnreachable, "is the server up"),
        ("mysql+pymysql://me:hunter2@127.0.0.1:1/app", DatabaseUnreachable, "is the server up"),
        ("sqlite:////no/such/folder/x.db", DatabaseUnreachable, "is the path right"),
        ("oracle+cx_oracle://me:hunter2@host/app", DriverMissing, "%pip install oracledb"),
        ("mysql+mysqldb://me:hunter2@host/app", DriverMissing, "%pip install mysqlclient"),
        ("postgresql+pg8000://me:hunter2@host/app", DriverMissing, "%pip install pg8000"),
        ("nosuch://me:hunter2@host/app", DriverMissing, "dialect+driver://"),
        ("hunter2", UsageProblem, "dialect://"),
    ],
)
def test_what_cannot_be_reached_names_the_way_out_and_no_secret(url, error, hint):
    with pytest.raises(error) as caught:
        Database.from_url("app", url, connect_timeout_s=1).run(lambda _connection: None)
    assert hint in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("name, meant", [("postgres", "postgresql"), ("postgres+psycopg", "postgresql+psycopg")])
def test_the_short_name_of_postgresql_is_put_right(name, meant):
    """Heroku and others give such URLs; SQLAlchemy took them until 1.3."""
    with pytest.raises(DriverMissing) as caught:
        Database.from_url("app", f"{name}://me:s3cret@db.example/app")
    assert caught.value.hint == f"write {meant}://... instead of {name}://..."
    assert "s3cret" not in str(caught.value)


def test_without_greenlet_an_asynchronous_database_says_what_to_install():
    """SQLAlchemy's error names no module (docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html)."""
    script = (
        "import sys; sys.modules['greenlet'] = None\n"
        "from migration_magics.engine.failures import driver_missing\n"
        "try: import sqlalchemy.ext.asyncio\n"
        "except ImportError as error: print(driver_missing(error, 'lab').hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == '%pip install "sqlalchemy[asyncio]"\n', done.stderr


def test_a_driver_that_cannot_be_loaded_says_why():
    assert "libmariadb.so.3" in failures.driver_missing(ImportError("libmariadb.so.3: not found"), "app").message
