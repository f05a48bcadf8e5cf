"""Every form of env.py leaves the same database and the same trace, natively and lent, as the `alembic` command does."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from migration_magics import errors
from migration_magics.commands.api import Workspace
from tests.support.cli import alembic
from tests.support.zoo import FORMS, ZOO, build, left, opened, shape

SYNC = tuple(form for form in FORMS if not form.startswith("async_") or form == "async_anyio")
ASYNC = tuple(form for form in FORMS if form not in SYNC)
APP = {"events", "tenants"}


def sqlite(folder, form):
    folder.mkdir(exist_ok=True)
    driver = "sqlite+aiosqlite" if form in ASYNC else "sqlite"
    return f"{driver}:///{folder / 'data.db'}"


@pytest.mark.parametrize("form", [form for form in FORMS if form not in APP])
def test_native_lent_and_the_command_line_leave_the_same_database(form, tmp_path):
    urls = {name: sqlite(tmp_path / name, form) for name in ("cli", "native", "lent")}
    folders = {name: build(tmp_path / name, form, url) for name, url in urls.items() if name != "lent"}
    alembic(folders["cli"], "upgrade", "head")
    native = opened(folders["native"], urls["native"]).upgrade("head")
    lent = opened(folders["native"], urls["lent"]).upgrade("head")
    assert (native.trace.environment, lent.trace.environment) == ("native", "lent")
    assert left(urls["native"]) == left(urls["lent"]) == left(urls["cli"])
    assert shape(native.trace) == shape(lent.trace)
    assert native.after == lent.after == ("b2",)
    assert "runtimes filled" in native.trace.output
    assert "runtimes filled" in lent.trace.output


ON_SERVERS = ("plain", "engine_begin", "reads", "session", "statements", "swallows", "version_table")


@pytest.mark.parametrize("form", [*ON_SERVERS, "async_plain", "async_awaits", "async_old_loop"])
def test_on_postgresql_too(form, postgresql, tmp_path):
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(postgresql.new_database()) for _ in range(3)]
        if form in ASYNC:
            urls = [url.replace("+psycopg", "+asyncpg") for url in urls]
        same_everywhere(form, urls, tmp_path, schema="extra" if form == "statements" else None)


@pytest.mark.parametrize("form", ["plain", "engine_begin", "statements"])
def test_on_mariadb_too(form, mariadb, tmp_path):
    with contextlib.ExitStack() as stack:
        same_everywhere(form, [stack.enter_context(mariadb.new_database()) for _ in range(3)], tmp_path)


def same_everywhere(form, urls, folder, schema=None):
    """Upgrade the first by `alembic`, the second natively, the third lent."""
    for_cli, for_us = (build(folder / name, form, url) for name, url in zip(("cli", "us"), urls, strict=False))
    alembic(for_cli, "upgrade", "head")
    native, lent = opened(for_us, urls[1]).upgrade("head"), opened(for_us, urls[2]).upgrade("head")
    assert (native.trace.environment, lent.trace.environment) == ("native", "lent")
    assert left(urls[1], schema) == left(urls[2], schema) == left(urls[0], schema)
    assert shape(native.trace) == shape(lent.trace)
    assert native.after == lent.after == ("b2",)


def test_one_run_serves_every_tenant_of_a_database(postgresql, tmp_path):
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(postgresql.new_database()) for _ in range(3)]
        for_cli, for_us = (
            build(tmp_path / name, "tenants", url) for name, url in zip(("cli", "us"), urls, strict=False)
        )
        alembic(for_cli, "upgrade", "head")
        for url in urls[1:]:
            ws = opened(for_us, url)
            assert ws.current().ids == ()
            assert sa.inspect(ws.database.engine).get_schema_names() == ["information_schema", "public"]
            assert ws.upgrade("head").after == ("b2",)
            for schema in ("red", "blue"):
                assert left(url, schema) == left(urls[0], schema)
            assert ws.downgrade("base", yes=True).after == ()
            assert sorted(left(url, "red").tables) == sorted(left(url, "blue").tables) == ["alembic_version"]


# -- forms that the `alembic` command cannot run here: another database stands in for theirs

SETTINGS = """
from alembic import context
from sqlalchemy import MetaData, create_engine

def get_url():
    return {url!r}

with create_engine(get_url()).begin() as connection:
    context.configure(connection=connection, target_metadata=MetaData(
        naming_convention={{"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}}))
    with context.begin_transaction():
        context.run_migrations()
"""
OUT_OF_REACH = {
    "unreachable": "postgresql+psycopg://me:s3cret@127.0.0.1:1/app",
    "placeholder": "driver://user:pass@localhost/dbname",
    "no driver": "postgresql+psycopg2://me@db.example/app",
    "no asynchronous driver": "mysql+asyncmy://me@db.example/app",
    "no URL": "",
    "in memory": "sqlite://",
    "missing file": "sqlite:////nonexistent/place/app.db",
}


@pytest.mark.parametrize("url", OUT_OF_REACH.values(), ids=OUT_OF_REACH)
def test_an_env_py_whose_database_is_out_of_reach_runs_over_ours(url, tmp_path):
    reference = build(tmp_path / "reference", "plain", f"sqlite:///{tmp_path}/reference.db")
    opened(reference).upgrade("head")
    ours = f"sqlite:///{tmp_path}/ours.db"
    ws = opened(build(tmp_path / "p", "plain", url, env_py=SETTINGS.format(url=url)), ours)
    moved = ws.upgrade("head")
    assert moved.trace.environment == "lent"
    assert left(ours) == left(f"sqlite:///{tmp_path}/reference.db")
    assert ws.downgrade("base", yes=True).after == ()


DB = """
import sqlalchemy as sa
from sqlalchemy import event

engine = sa.create_engine({url!r})
seen = []

@event.listens_for(engine, "connect")
def connected(raw, record):
    seen.append("connect")

@event.listens_for(engine, "begin")
def begun(connection):
    seen.append("begin")
"""
MODELS = """
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
"""


@pytest.mark.parametrize("url", [*OUT_OF_REACH.values(), "own"], ids=[*OUT_OF_REACH, "own"])
def test_an_application_s_own_engine_with_events_on_it(url, tmp_path, request):
    """Both ways, also where the engine cannot connect or has no driver: applications attach events when they are imported."""
    ours = f"sqlite:///{tmp_path}/ours.db"
    folder = build(tmp_path / "p", "events", "driver://x")
    (folder / "zoo_app").mkdir()
    (folder / "zoo_app" / "db.py").write_text(DB.format(url=ours if url == "own" else url))
    (folder / "zoo_app" / "models.py").write_text(MODELS)
    ws = opened(folder, ours)
    assert ws.upgrade("head").trace.environment == ("native" if url == "own" else "lent")
    assert left(ours).tables["evaluations"][1] == ("uq_evaluations_name",)
    assert "zoo_app" not in sys.path


MULTIDB_REVISION = '''"""two"""
import sqlalchemy as sa
from alembic import op

revision = "m1"
down_revision = None


def upgrade(engine_name):
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name):
    op.drop_table(engine_name)


def upgrade_engine1():
    op.create_table("engine1", sa.Column("id", sa.Integer, primary_key=True))


def upgrade_engine2():
    op.create_table("engine2", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture
def multidb(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Workspace().init("multi", template="multidb")
    (tmp_path / "multi" / "versions" / "m1.py").write_text(MULTIDB_REVISION)
    ini = (tmp_path / "alembic.ini").read_text()
    for number in (1, 2):
        ini = ini.replace(
            "driver://user:pass@localhost/dbname" + ("2" if number == 2 else ""), f"sqlite:///{tmp_path}/{number}.db", 1
        )
    (tmp_path / "alembic.ini").write_text(ini)
    return tmp_path


def test_of_several_databases_only_the_one_in_use_is_touched(multidb):
    ws = opened(multidb, f"sqlite:///{multidb}/2.db")
    assert ws.upgrade("head").after == ("m1",)
    assert sorted(left(f"sqlite:///{multidb}/2.db").tables) == ["alembic_version", "engine2"]
    assert not (multidb / "1.db").exists()


def test_of_several_databases_one_must_be_chosen_for_another(multidb):
    url = f"sqlite:///{multidb}/other.db"
    with pytest.raises(errors.Refused, match="several databases") as caught:
        opened(multidb, url).upgrade("head")
    assert caught.value.hint.endswith("--engine engine1")
    ws = opened(multidb, url, engine="engine1")
    ws.upgrade("head")
    assert sorted(left(url).tables) == ["alembic_version", "engine1"]
    assert sorted(path.name for path in multidb.glob("*.db")) == ["other.db"]
    with pytest.raises(errors.Refused, match="no database called 'engine3'"):
        opened(multidb, url, engine="engine3").upgrade("head")


def test_one_of_several_databases_is_connected_by_its_name(multidb):
    ws = opened(multidb, engine="engine2")
    assert ws.database.file == multidb / "2.db"
    ws.upgrade("head")
    assert sorted(left(f"sqlite:///{multidb}/2.db").tables) == ["alembic_version", "engine2"]


@pytest.mark.parametrize("template", ["generic", "async", "pyproject", "pyproject_async"])
def test_the_templates_of_alembic(template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Workspace().init("migrations", template=template)
    for file in (ZOO / "versions").glob("*.py"):
        shutil.copy(file, tmp_path / "migrations" / "versions")
    driver = "sqlite+aiosqlite" if "async" in template else "sqlite"
    lent = opened(tmp_path, f"sqlite:///{tmp_path}/lent.db").upgrade("head")
    urls = [f"{driver}:///{tmp_path}/{name}.db" for name in ("native", "cli")]
    ini = (tmp_path / "alembic.ini").read_text().replace("driver://user:pass@localhost/dbname", "URL")
    (tmp_path / "alembic.ini").write_text(ini.replace("URL", urls[0]))
    native = opened(tmp_path, urls[0]).upgrade("head")
    (tmp_path / "alembic.ini").write_text(ini.replace("URL", urls[1]))
    alembic(tmp_path, "upgrade", "head")
    assert (native.trace.environment, lent.trace.environment) == ("native", "lent")
    assert left(urls[0]) == left(urls[1]) == left(f"sqlite:///{tmp_path}/lent.db")
    assert shape(native.trace) == shape(lent.trace)


IN_MEMORY = {
    "StaticPool": lambda: sa.create_engine("sqlite://", poolclass=StaticPool),
    "StaticPool for all threads": lambda: sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    ),
    "SingletonThreadPool": lambda: sa.create_engine("sqlite://"),
    "aiosqlite": lambda: create_async_engine("sqlite+aiosqlite://"),
}
THREADED = {"async_anyio", "in_a_thread"}


@pytest.mark.parametrize("form", ["plain", "async_plain", "async_awaits", "async_old_loop", *sorted(THREADED)])
@pytest.mark.parametrize("kept", IN_MEMORY)
def test_a_database_in_memory_is_the_user_s_own(form, kept, tmp_path, request):
    folder = build(tmp_path, form, f"sqlite{'+aiosqlite' if form in ASYNC else ''}:////nonexistent/x.db")
    engine = IN_MEMORY[kept]()
    end = (lambda: asyncio.run(engine.dispose())) if kept == "aiosqlite" else engine.dispose
    request.addfinalizer(end)
    ws = opened(folder, engine)
    if form in THREADED and not kept.endswith("threads"):
        with pytest.raises(errors.MigrationError):
            ws.upgrade("head")
        assert ws.current().ids == ()
        return
    assert ws.upgrade("head").trace.environment == "lent"
    assert ws.current().ids == ("b2",)
    if kept != "aiosqlite":
        assert "evaluations" in left(engine).tables


@pytest.mark.parametrize("form", ["plain", "async_plain", "async_old_loop", "async_anyio", "async_awaits"])
@pytest.mark.parametrize("kept", ["file", "StaticPool", "aiosqlite"])
def test_inside_a_running_event_loop(form, kept, tmp_path, request):
    """As in Jupyter: the cell runs in a loop already."""
    driver = "sqlite+aiosqlite" if form in ASYNC else "sqlite"
    folder = build(tmp_path, form, f"{driver}:////nonexistent/x.db")
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    request.addfinalizer(engine.dispose)
    source = {
        "file": f"sqlite:///{tmp_path}/x.db",
        "StaticPool": engine,
        "aiosqlite": f"sqlite+aiosqlite:///{tmp_path}/x.db",
    }[kept]

    async def cell():
        return opened(folder, source).upgrade("head")

    if (kept, form) in {("StaticPool", "async_awaits"), ("StaticPool", "async_anyio"), ("aiosqlite", "async_anyio")}:
        with pytest.raises(errors.MigrationError) as caught:
            asyncio.run(cell())
        assert "event loop already runs" in str(caught.value) or "Already running" in str(caught.value)
        return
    assert asyncio.run(cell()).after == ("b2",)


@pytest.mark.parametrize("mover", ["kernel", "env.py"])
def test_a_relative_sqlite_file_stays_the_one_that_was_connected(mover, tmp_path, monkeypatch):
    """Whoever changes the working folder afterwards: env.py's own `sqlite:///x.db` would be another file then."""
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = build(tmp_path / "p", "plain", "sqlite:///x.db")
    ws = opened(folder, "sqlite:///x.db")
    assert ws.upgrade("a1").trace.environment == "native"
    if mover == "kernel":
        monkeypatch.chdir(elsewhere)
    else:
        env_py = folder / "migrations" / "env.py"
        env_py.write_text(f"import os\nos.chdir({str(elsewhere)!r})\n{env_py.read_text()}")
    moved = ws.upgrade("head")
    assert (moved.after, moved.trace.environment) == (("b2",), "lent")
    assert list(elsewhere.iterdir()) == []
