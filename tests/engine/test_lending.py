"""What is lent, to whom, and that all of it is as before afterwards."""

# ruff: noqa: T201 - printing is what is tested

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.config
import os
import subprocess
import sys
import textwrap
import threading
import warnings

import alembic.context
import alembic.op
import pytest
import sqlalchemy as sa
import sqlalchemy.engine
import sqlalchemy.ext.asyncio as sa_asyncio
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.base import AbstractOperations
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, StaticPool

from migration_magics import errors
from migration_magics.commands.api import Workspace
from migration_magics.engine import worker
from migration_magics.engine.belonging import run_here
from migration_magics.engine.lending import lend
from tests.support.zoo import build, left, opened

ENDINGS = {
    "well": "",
    "with an error": "raise RuntimeError('broken')\n",
    "with sys.exit": "import sys; sys.exit('no')\n",
    "with an interrupt": "raise KeyboardInterrupt\n",
}
DISTURBING = """
import logging, logging.config, os, sys, warnings, asyncio
from pathlib import Path
import sqlalchemy as sa
from alembic import context
logging.config.fileConfig(context.config.config_file_name)
logging.config.dictConfig({"version": 1, "disable_existing_loggers": True, "root": {"level": "DEBUG", "handlers": []}})
logging.basicConfig(level=logging.DEBUG, force=True)
logging.getLogger("zoo.known").setLevel(logging.CRITICAL)
logging.getLogger("zoo.known").propagate = False
logging.getLogger("zoo.known").disabled = True
logging.disable(logging.ERROR)
warnings.simplefilter("error")
sys.path.insert(0, "/somewhere/else")
os.chdir(Path(__file__).parent)
print("printed")
print("complained", file=sys.stderr)
with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
        ENDING
"""


def process():
    """Return what a run could disturb, as far as it can be compared."""
    loggers = [
        logging.getLogger(),
        logging.getLogger("zoo.known"),
        logging.getLogger("alembic"),
        logging.getLogger("sqlalchemy"),
    ]
    patched = [
        (owner, name)
        for owner, names in (
            (Engine, ("connect", "begin")),
            (Connection, ("begin",)),
            (sa, ("create_engine", "engine_from_config")),
            (sqlalchemy.engine, ("create_engine", "engine_from_config")),
            (sa_asyncio, ("create_async_engine", "async_engine_from_config")),
            (sa_asyncio.AsyncEngine, ("connect", "begin")),
            (asyncio, ("run",)),
            (asyncio.BaseEventLoop, ("run_until_complete",)),
            (logging.config, ("fileConfig", "dictConfig")),
            (logging.config.DictConfigurator, ("configure",)),
            (AbstractOperations, ("invoke",)),
            (threading.Thread, ("start",)),
        )
        for name in names
    ]
    return {
        "functions": [(name, getattr(owner, name)) for owner, name in patched],
        "loggers": [
            (each.name, each.disabled, each.level, each.propagate, list(each.handlers), list(each.filters))
            for each in loggers
        ],
        "disabled below": logging.root.manager.disable,
        "path": list(sys.path),
        "folder": os.getcwd(),  # noqa: PTH109 - as a string, for the comparison
        "streams": (sys.stdout, sys.stderr),
        "warnings": list(warnings.filters),
        "op": dict(vars(alembic.op)),
        "context": dict(vars(alembic.context)),
    }


@pytest.mark.parametrize("way", ["native", "lent"])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_process_is_left_as_it_was(ending, way, tmp_path, capfd):
    url = f"sqlite:///{tmp_path}/own.db"
    folder = build(tmp_path / "p", "plain", url, env_py=DISTURBING.replace("ENDING", ENDINGS[ending]))
    ours = url if way == "native" else f"sqlite:///{tmp_path}/other.db"
    config = Config(str(folder / "alembic.ini"))
    config.attributes["mine"] = marker = object()
    logging.getLogger("zoo.known").addHandler(logging.NullHandler())
    ws = Workspace()
    before, cmd_opts = process(), config.cmd_opts
    if ending == "well":
        ws.connect(ours, project=config)
        moved = ws.upgrade("head")
        assert moved.trace.environment == way
        assert moved.trace.output.splitlines() == ["printed", "complained", "runtimes filled"]
    else:
        for command in (lambda: ws.connect(ours, project=config), lambda: ws.upgrade("head")):
            with contextlib.suppress(errors.MigrationError, KeyboardInterrupt, worker.Interrupted):
                command()
        assert ws.current_name == ("own" if way == "native" else "other")
    assert process() == before
    assert config.attributes == {"mine": marker}
    assert config.cmd_opts is cmd_opts
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_a_run_inside_the_user_s_own_operations(tmp_path):
    """`alembic.op` of an outer migration works on after an inner run of ours."""
    ws = opened(build(tmp_path, "plain", f"sqlite:///{tmp_path}/inner.db"))
    outer = sa.create_engine("sqlite://", poolclass=StaticPool)
    with outer.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        ws.upgrade("a1")
        alembic.op.create_table("outer_table", sa.Column("id", sa.Integer))
        with pytest.raises(errors.MigrationError):
            ws.upgrade("nosuch")
        alembic.op.execute("INSERT INTO outer_table VALUES (1)")
        connection.commit()
    assert sa.inspect(outer).get_table_names() == ["outer_table"]
    outer.dispose()


WAITING = """
import sqlalchemy as sa
from alembic import context
meet = context.config.attributes["meet"]
with sa.create_engine("sqlite:////nonexistent/x.db").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    if "here" in context.get_x_argument():
        meet()
"""


def test_other_threads_are_lent_nothing_while_a_run_goes_on(tmp_path, capfd):
    """A thread that lived before, and one that is started meanwhile by it, connect, print and log as ever."""
    inside, done = threading.Event(), threading.Event()
    seen: list[object] = []

    def other():
        assert inside.wait(20)
        child = threading.Thread(target=look)
        child.start()
        child.join()
        look()
        done.set()

    def look():
        engine = sa.create_engine(f"sqlite:///{tmp_path}/theirs.db", poolclass=NullPool)
        with engine.connect() as connection:
            seen.append(type(connection))
            seen.append(sa.inspect(connection).get_table_names())
        with pytest.raises(sa.exc.NoSuchModuleError):
            sa.create_engine("driver://x")
        seen.append(asyncio.run(asyncio.sleep(0, "awaited")))
        logging.config.dictConfig({"version": 1, "incremental": True, "loggers": {"zoo.thread": {"level": "INFO"}}})
        seen.append(logging.getLogger("zoo.thread").level)
        print("theirs")

    def meet():
        inside.set()
        assert done.wait(20)

    folder = build(tmp_path / "p", "plain", "driver://x", env_py=WAITING)
    ws = Workspace(lookup={"meet": meet}.get)
    ws.connect(f"sqlite:///{tmp_path}/ours.db", project=str(folder), attribute=("meet=meet",))
    thread = threading.Thread(target=other)
    thread.start()
    moved = ws.upgrade("head", x=("here",))
    thread.join()
    assert seen == [Connection, [], "awaited", logging.INFO] * 2
    assert moved.trace.environment == "lent"
    assert "theirs" not in moved.trace.output
    assert capfd.readouterr().out.splitlines() == ["theirs", "theirs"]


def test_a_function_that_an_application_kept_is_itself_again(tmp_path):
    """`from sqlalchemy import create_engine` in an application module, imported while we lent."""
    with run_here(), lend(None):
        kept, kept_async = sa.create_engine, sa_asyncio.create_async_engine
        kept("driver://x")
    with pytest.raises(sa.exc.NoSuchModuleError):
        kept("driver://x")
    with pytest.raises(sa.exc.NoSuchModuleError):
        kept_async("driver://x")
    with kept(f"sqlite:///{tmp_path}/x.db", poolclass=NullPool).connect() as connection:
        assert type(connection) is Connection


@pytest.fixture
def lent():
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as ours, run_here(), lend(ours):
        yield ours, sa.create_engine("sqlite:////nonexistent/x.db", poolclass=NullPool)
    engine.dispose()


def test_a_lent_connection_is_a_connection(lent):
    ours, theirs = lent
    with theirs.connect() as connection:
        assert isinstance(connection, Connection)
        connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
        assert sa.inspect(connection).get_table_names() == ["t"]
        connection.execution_options(stream_results=True, isolation_level="AUTOCOMMIT")
        assert connection.connection.dbapi_connection is ours.connection.dbapi_connection
    assert not ours.closed
    with theirs.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    with Session(theirs) as session:
        assert session.execute(sa.text("SELECT count(*) FROM t")).scalar() == 1
        session.commit()
    assert ours.in_transaction()
    assert not ours.closed


def test_the_end_of_a_lent_connection_is_not_the_borrower_s(lent):
    ours, theirs = lent
    ours.execute(sa.text("CREATE TABLE t (id INTEGER)"))
    ours.commit()
    connection = theirs.connect()
    connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    for end in (
        connection.rollback,
        connection.commit,
        connection.close,
        connection.invalidate,
        connection.begin().rollback,
    ):
        end()
        assert ours.in_transaction()
    with connection.begin_nested() as savepoint:
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
        savepoint.rollback()
    assert ours.execute(sa.text("SELECT id FROM t")).scalars().all() == [1]


def test_without_greenlet_the_asynchronous_template_runs(tmp_path):
    """SQLAlchemy 2.1 no longer brings greenlet: `import sqlalchemy.ext.asyncio` then fails; in 2.0 using it does."""
    folder = build(tmp_path, "async_plain", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    program = f"""
        import sys

        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("greenlet", "aiosqlite"):
                    raise ImportError("blocked", name=name)

        sys.meta_path.insert(0, Blocked())
        from migration_magics.commands.api import Workspace
        ws = Workspace()
        ws.connect("sqlite:///{tmp_path}/x.db", project="{folder}")
        moved = ws.upgrade("head")
        assert moved.after == ("b2",), moved.after
        assert moved.trace.environment == "lent"
        left_behind = sys.modules.get("sqlalchemy.ext.asyncio")
        assert left_behind is None or left_behind.__file__, "a stand-in stayed"
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "evaluations" in left(f"sqlite:///{tmp_path}/x.db").tables


def test_what_env_py_sets_in_a_session_stays_out_of_the_user_s_pool(postgresql_url, tmp_path):
    engine = sa.create_engine(postgresql_url, pool_size=1, max_overflow=3)
    folder = build(tmp_path, "statements", "postgresql+psycopg://127.0.0.1:1/unreachable")

    def state():
        with engine.connect() as connection:
            return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("search_path", "lock_timeout")]

    before = state()
    ws = opened(folder, engine)
    assert ws.upgrade("a1").trace.environment == "lent"
    assert state() == before
    assert engine.dialect.default_schema_name == "public"
    file = folder / "migrations" / "versions" / "b2.py"
    file.write_text(file.read_text().replace("UPDATE evaluations", "UPDATE nowhere"))
    with pytest.raises(errors.MoveFailed):
        ws.upgrade("head")
    assert state() == before
    assert ws.current().ids == ("a1",)
    assert engine.pool.checkedout() == 0
    engine.dispose()


AND_ANOTHER = """
real = upgrade


def upgrade():
    real()
    with op.get_bind().engine.begin() as other:
        other.execute(sa.text("INSERT INTO evaluations (id, name) VALUES (9, 'nine')"))
"""


def test_a_dry_run_lends_also_to_the_engine_in_use_itself(tmp_path):
    """A second connection of its own would commit, or wait for ours."""
    url = f"sqlite:///{tmp_path}/x.db"
    ws = opened(build(tmp_path, "plain", url))
    file = tmp_path / "migrations" / "versions" / "b2.py"
    file.write_text(file.read_text() + AND_ANOTHER)
    ws.upgrade("a1")
    before = left(url)
    assert ws.upgrade("head", dry_run=True).trace.is_dry_run
    assert left(url) == before
