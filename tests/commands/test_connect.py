"""Connecting: every source there is, which one won, and what goes wrong said in the user's words."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

from migration_magics import errors
from migration_magics.commands.api import Workspace
from tests.support.zoo import build, left, opened


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    """Work in an empty folder: no project is found unless one is named."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.delenv("DATABASE_URL", raising=False)


SOURCES = {
    "Engine": sa.create_engine,
    "Connection": lambda url: sa.create_engine(url).connect(),
    "Session": lambda url: Session(sa.create_engine(url)),
    "Session on a Connection": lambda url: Session(sa.create_engine(url).connect()),
    "sessionmaker": lambda url: sessionmaker(sa.create_engine(url)),
    "scoped_session": lambda url: scoped_session(sessionmaker(sa.create_engine(url))),
    "URL": sa.make_url,
    "str": lambda url: url,
    "AsyncEngine": lambda url: create_async_engine(url.replace("sqlite", "sqlite+aiosqlite", 1)),
    "AsyncSession": lambda url: AsyncSession(create_async_engine(url.replace("sqlite", "sqlite+aiosqlite", 1))),
    "async_sessionmaker": lambda url: async_sessionmaker(
        create_async_engine(url.replace("sqlite", "sqlite+aiosqlite", 1))
    ),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_variable_may_hold_anything_that_reaches_a_database(kind, sqlite_url, tmp_path):
    build(tmp_path, "plain", sqlite_url)
    ws = Workspace(lookup={"db": SOURCES[kind](sqlite_url)}.get)
    connected = ws.connect("db", project=str(tmp_path))
    assert connected.source == "variable db"
    assert connected.connection.dialect == "sqlite"
    assert ws.upgrade("head").after == ("b2",)
    assert "evaluations" in left(sqlite_url).tables


IN_TRANSACTION = {
    "Connection": lambda engine: engine.connect(),
    "Session": Session,
}


@pytest.mark.parametrize("kind", IN_TRANSACTION)
def test_what_is_in_the_middle_of_a_transaction_is_refused(kind, sqlite_url):
    source = IN_TRANSACTION[kind](sa.create_engine(sqlite_url))
    source.execute(sa.text("SELECT 1"))
    with pytest.raises(errors.UsageProblem, match="in the middle of a transaction") as caught:
        Workspace().connect(source)
    assert ".commit()" in caught.value.hint
    source.rollback()
    assert Workspace().connect(source).connection.dialect == "sqlite"


def test_something_else_is_nothing_to_connect_to():
    with pytest.raises(errors.UsageProblem, match="A dict is nothing to connect to"):
        Workspace(lookup={"d": {}}.get).connect("d")


def test_the_source_that_won_is_said(sqlite_url, tmp_path, monkeypatch):
    folder = build(tmp_path / "p", "plain", sqlite_url)
    assert "the project's own URL" in Workspace().connect(project=str(folder)).source
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'by_variable.db'}")
    assert "the project's own URL" in Workspace().connect(project=str(folder)).source
    assert Workspace().connect().source == "$DATABASE_URL"
    assert Workspace().connect(sqlite_url).source == "the URL given"
    assert Workspace().connect(sa.create_engine(sqlite_url)).source == "the Engine given"


def test_without_any_source_the_ways_to_name_one_are_told():
    with pytest.raises(errors.NotConnected, match="none was given") as caught:
        Workspace().connect()
    assert caught.value.hint == "%migrate connect sqlite:///app.db"


def test_an_env_py_that_fails_is_the_reason_where_nothing_else_names_a_database(tmp_path):
    folder = build(tmp_path, "plain", "driver://user@host/name", env_py="import os\nos.environ['NO_SUCH_SETTING']\n")
    with pytest.raises(errors.EnvironmentFailed, match=r"env\.py, line 2\): KeyError"):
        Workspace().connect(project=str(folder))


def test_names_are_exact_and_the_nearest_is_told(sqlite_url):
    ws = Workspace(lookup={"engine": sa.create_engine(sqlite_url)}.get)
    ws.connect(sqlite_url, name="staging")
    with pytest.raises(errors.ConnectionNotFound, match="no connection or variable 'stagin'") as caught:
        ws.connect("stagin")
    assert "staging" in caught.value.hint
    with pytest.raises(errors.ConnectionNotFound):
        ws.connect("Engine")


def test_the_engine_of_env_py_keeps_its_arguments(tmp_path):
    """What env.py gives to `create_engine` holds for us, too."""
    env_py = (
        "import sqlalchemy as sa\nfrom alembic import context\nfrom sqlalchemy import event\n"
        f"engine = sa.create_engine('sqlite:///{tmp_path}/kept.db', connect_args={{'timeout': 7.5}})\n"
        "@event.listens_for(engine, 'connect')\n"
        "def pragma(raw, _record):\n    raw.execute('PRAGMA cache_size = -4321')\n"
        "with engine.connect() as connection:\n    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    ws = opened(build(tmp_path, "plain", "driver://x", env_py=env_py))
    with ws.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 7500
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -4321


def test_a_relative_file_is_meant_from_where_the_project_is(tmp_path):
    folder = build(tmp_path / "project", "plain", "sqlite:///app.db")
    ini = (folder / "alembic.ini").read_text().replace("%(here)s/migrations", "migrations").replace("%(here)s", ".")
    (folder / "alembic.ini").write_text(ini)
    ws = opened(folder)
    ws.upgrade("head")
    assert (folder / "app.db").exists()
    assert list(Path.cwd().iterdir()) == []
    assert ws.current().ids == ("b2",)


def test_a_relative_file_stays_the_same_after_the_notebook_changed_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = build(tmp_path / "project", "plain", "driver://x")
    ws = opened(folder, "sqlite:///app.db")
    ws.upgrade("a1")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert ws.current().ids == ("a1",)
    assert ws.upgrade("head").after == ("b2",)
    assert not (tmp_path / "sub" / "app.db").exists()


# -- what goes wrong


def test_an_unreachable_server_is_named():
    with pytest.raises(errors.DatabaseUnreachable, match="does not answer") as caught:
        Workspace().connect("postgresql+psycopg://me:s3cret@127.0.0.1:1/app")
    assert "s3cret" not in "".join(caught.value._render_traceback_())


@pytest.mark.parametrize(
    "url, line",
    [
        ("postgresql+psycopg2://me:s3cret@host/app", "%pip install psycopg2-binary"),
        ("mysql+mysqldb://me:s3cret@host/app", "%pip install mysqlclient"),
        ("mssql+pyodbc://me:s3cret@host/app", "%pip install pyodbc"),
    ],
)
def test_a_missing_driver_comes_with_its_pip_line(url, line):
    with pytest.raises(errors.DriverMissing) as caught:
        Workspace().connect(url)
    assert caught.value.hint == line
    assert "s3cret" not in "".join(caught.value._render_traceback_())


def test_an_unknown_dialect_is_told():
    with pytest.raises(errors.DriverMissing, match="knows no database called 'nosuch'"):
        Workspace().connect("nosuch://host/app")


def test_a_wrong_password_is_never_shown(mariadb, mariadb_url):
    url = mariadb_url.replace("root@", "root:t0p-s3cret@")
    with pytest.raises(errors.DatabaseUnreachable, match=r"(?i)access denied") as caught:
        Workspace().connect(url)
    assert "t0p-s3cret" not in "".join(caught.value._render_traceback_())


def test_only_a_password_written_in_the_notebook_is_frowned_on(postgresql_url):
    """A variable or `$DATABASE_URL` is what the note recommends."""
    secret = postgresql_url.replace("postgres@", "postgres:pw@")
    assert "better a variable" in " ".join(Workspace().connect(secret).notes)
    assert Workspace(lookup={"v": secret}.get).connect("v").notes == ()


def test_a_missing_file_is_said_and_not_made(tmp_path):
    path = tmp_path / "new.db"
    connected = Workspace().connect(f"sqlite:///{path}")
    assert "does not exist yet" in " ".join(connected.notes)
    assert not path.exists()


def test_a_file_in_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(errors.DatabaseUnreachable, match="folder") as caught:
        Workspace().connect(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}")
    assert "nowhere" in caught.value.message
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("this is a letter, not a database " * 100)
    with pytest.raises(errors.DatabaseUnreachable, match="not a database"):
        Workspace().connect(f"sqlite:///{path}")
    assert path.read_text().startswith("this is a letter")


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(errors.DatabaseUnreachable):
        Workspace().connect(f"sqlite:///{tmp_path}")


def test_a_read_only_file_can_be_looked_at(tmp_path, sqlite_url):
    folder = build(tmp_path / "p", "plain", sqlite_url)
    opened(folder, sqlite_url).upgrade("a1")
    (tmp_path / "test.db").chmod(stat.S_IREAD)
    ws = opened(folder, f"sqlite:///file:{tmp_path / 'test.db'}?mode=ro&uri=true")
    assert ws.current().ids == ("a1",)
    with pytest.raises(errors.DatabaseReadOnly, match="Nothing was changed"):
        ws.upgrade("head")
    assert ws.current().ids == ("a1",)


# -- several connections


def test_use_using_and_disconnect(tmp_path):
    ws = Workspace()
    for name in ("one", "two"):
        ws.connect(f"sqlite:///{tmp_path / name}.db", name=name)
    assert ws.current_name == "two"
    ws.run("use one")
    assert ws.current_name == "one"
    with ws.using("two"):
        assert ws.current_name == "two"
    with pytest.raises(errors.ConnectionNotFound), ws.using("two"):
        ws.use("three")
    assert ws.current_name == "one"
    ws.run("disconnect one")
    assert ws.current_name == "two"
    ws.run("disconnect")
    assert not ws.has_connection
    with pytest.raises(errors.NotConnected):
        ws.run("disconnect")


def test_connecting_again_under_a_name_replaces_it(tmp_path):
    ws = Workspace()
    ws.connect(f"sqlite:///{tmp_path / 'a.db'}", name="db")
    ws.connect(f"sqlite:///{tmp_path / 'b.db'}", name="db")
    assert list(ws.databases) == ["db"]
    assert ws.database.file == tmp_path / "b.db"


def test_the_user_s_own_engine_outlives_its_connection():
    """To dispose an engine that was lent to us would throw a database in memory away."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
    ws = Workspace(lookup={"engine": engine}.get)
    ws.connect("engine", name="db")
    ws.connect("sqlite://", name="db")
    ws.connect("engine", name="db")
    ws.disconnect("db")
    assert sa.inspect(engine).get_table_names() == ["mine"]
    engine.dispose()


def test_attributes_reach_env_py_by_name(tmp_path, sqlite_url):
    env_py = (
        "from alembic import context\nimport sqlalchemy as sa\n"
        "settings = context.config.attributes['settings']\n"
        "with sa.create_engine(settings['url']).connect() as connection:\n"
        "    context.configure(connection=connection, version_table=settings['table'])\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    folder = build(tmp_path / "p", "plain", "driver://x", env_py=env_py)
    ws = Workspace(lookup={"my_settings": {"url": sqlite_url, "table": "vv"}}.get)
    ws.connect(project=str(folder), attribute=("settings=my_settings",))
    moved = ws.upgrade("head")
    assert moved.trace.environment == "native"
    assert "vv" in left(sqlite_url).tables
    with pytest.raises(errors.ConnectionNotFound, match="no variable 'nothing'"):
        ws.connect(project=str(folder), attribute=("settings=nothing",))
    with pytest.raises(errors.UsageProblem, match="NAME=VARIABLE"):
        ws.connect(project=str(folder), attribute=("settings",))


def test_a_config_variable_is_a_project_and_its_connection_is_a_source(tmp_path, sqlite_url):
    from alembic.config import Config

    folder = build(tmp_path / "p", "cookbook", "driver://x")
    config = Config(str(folder / "alembic.ini"))
    connection = sa.create_engine(sqlite_url).connect()
    config.attributes["connection"] = connection
    ws = Workspace(lookup={"cfg": config}.get)
    assert 'config.attributes["connection"]' in ws.connect("cfg").source
    assert ws.upgrade("head").after == ("b2",)
    assert "evaluations" in left(sqlite_url).tables
    assert config.attributes == {"connection": connection}
    assert config.cmd_opts is None
    assert not connection.closed


# -- arguments for env.py


TENANTS = """from alembic import context
tenant = context.get_x_argument(as_dictionary=True)["tenant"]
import sqlalchemy as sa
with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, version_table=f"version_{tenant}")
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture
def tenants(tmp_path, sqlite_url):
    """A project whose env.py fails without `-x tenant=NAME`, each with a version table of its own."""
    return build(tmp_path / "p", "plain", sqlite_url, env_py=TENANTS)


def test_what_connect_was_given_reaches_env_py_in_every_command(tenants, sqlite_url):
    ws = Workspace()
    connected = ws.connect(sqlite_url, project=str(tenants), x=("tenant=a",))
    assert "env.py gets -x tenant=a in every command on this connection." in connected.notes
    assert ws.upgrade("a1").after == ("a1",)
    assert ws.current().ids == ("a1",)
    for line in (
        "status",
        "history",
        "heads",
        "show a1",
        "plan",
        "sql",
        "stamp b2 --dry-run",
        "downgrade -1 --dry-run",
    ):
        assert "env.py failed" not in str(ws.run(line))
    assert "version_a" in left(sqlite_url).tables
    assert ws.connections().connections[0].current == ("a1",)


def test_a_command_s_own_arguments_come_on_top(tenants, sqlite_url):
    ws = Workspace()
    ws.run(f"connect {sqlite_url} --project {tenants} -x tenant=a -x region=x")
    moved = ws.upgrade("a1", x=("tenant=b",), dry_run=True)
    assert moved.next_command == "%migrate upgrade a1 -x tenant=b"
    ws.stamp("a1", x=("tenant=b",))
    assert "version_b" in left(sqlite_url).tables
    assert ws.current().ids == ()


def test_arguments_belong_to_their_connection(tenants, sqlite_url, tmp_path):
    ws = Workspace()
    ws.connect(project=str(tenants), name="a", x="tenant=a")
    ws.connect(f"sqlite:///{tmp_path}/other.db", name="b")
    ws.stamp("a1", on="a")
    assert ws.current(on="a").ids == ("a1",)
    with pytest.raises(errors.EnvironmentFailed, match="KeyError") as caught:
        ws.current()
    assert "%migrate connect: --attribute name=variable, -x key=value" in caught.value.hint
    ws.run("connect b -x tenant=b")
    assert ws.current().ids == ()


# -- what must not slip


def test_a_url_without_its_scheme_is_not_quoted():
    with pytest.raises(errors.ConnectionNotFound, match="begins with no dialect") as caught:
        Workspace().connect("bob:PWPW@host")
    assert "PWPW" not in str(caught.value) + repr(caught.value)
    assert "://" in caught.value.hint


def test_a_second_name_is_no_way_around_protection(tmp_path, sqlite_url):
    ws = opened(build(tmp_path / "p", "plain", sqlite_url), sqlite_url, name="prod", protected=True)
    connected = ws.connect(sqlite_url, name="r2")
    assert connected.connection.is_protected
    assert "It is the database of prod, which is protected, and so is r2." in connected.notes
    with pytest.raises(errors.ConfirmationRequired, match="r2 is protected"):
        ws.upgrade("head")
    assert not ws.connect(f"sqlite:///{tmp_path}/other.db").connection.is_protected
    ws.disconnect("prod")
    ws.disconnect("r2")
    assert not ws.connect(sqlite_url, name="r2").connection.is_protected


def test_protection_in_pyproject_holds_for_the_database(tmp_path, monkeypatch, sqlite_url):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.migration_magics.connections.prod]\nurl = "{sqlite_url}"\nprotected = true\n'
        '[tool.migration_magics.connections.far]\nurl = "env:FAR"\nprotected = true\n'
    )
    assert Workspace().connect(sqlite_url, name="mine").connection.is_protected
    assert not Workspace().connect("sqlite://").connection.is_protected


def test_protection_reaches_a_name_that_was_there_before(sqlite_url):
    ws = Workspace()
    ws.connect(sqlite_url, name="early")
    notes = ws.connect(sqlite_url, name="prod", protected=True).notes
    assert ws.databases["early"].is_protected
    assert "early is the same database, and protected now, too." in notes


@pytest.fixture
def with_prod(tmp_path, monkeypatch):
    """A pyproject.toml with a protected connection `prod`, whose file is elsewhere than the name suggests."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.migration_magics.connections.prod]\nurl = "sqlite:///real/prod.db"\nprotected = true\n'
        '[tool.migration_magics.connections.far]\nurl = "env:FAR"\nprotected = true\n'
    )
    (tmp_path / "real").mkdir()
    return Workspace()


def test_a_name_of_pyproject_is_never_given_by_itself(with_prod):
    ws = with_prod
    assert ws.run("connect sqlite:///prod.db").connection.name == "prod2"
    assert ws.run("connect sqlite:///prod.db").connection.name == "prod2"
    assert ws.run("connect prod").connection.is_protected
    assert ws.databases["prod"].file.parent.name == "real"


def test_the_url_of_a_protected_connection_is_protected(with_prod, monkeypatch):
    ws = with_prod
    Path("link.db").symlink_to("real/prod.db")
    for url in ("real/prod.db", "link.db", "file:real/prod.db?uri=true", "file:real/prod.db?uri=true&mode=ro"):
        assert Workspace().connect(f"sqlite:///{url}", name="other").connection.is_protected
    for line in ("connect sqlite:///real/prod.db", "connect sqlite:///real/prod.db --as prod"):
        assert ws.run(line).connection.is_protected
    monkeypatch.setenv("FAR", "sqlite:///far.db")
    assert ws.run("connect sqlite:///far.db --as near").connection.is_protected


def test_the_name_of_a_protected_connection_is_not_taken_over(with_prod):
    ws = with_prod
    with pytest.raises(errors.UsageProblem, match="prod is a protected connection of pyproject") as caught:
        ws.run("connect sqlite:///other.db --as prod")
    assert "%migrate connect prod" in caught.value.hint
    ws.run("connect sqlite:///q.db --as q --protected")
    for line in ("connect sqlite:///other2.db --as q", "connect sqlite:///other2.db --as q --protected"):
        with pytest.raises(
            errors.UsageProblem, match="q is the name of another database, which is protected"
        ) as caught:
            ws.run(line)
        assert "%migrate disconnect q" in caught.value.hint
    assert ws.databases["q"].file.name == "q.db"
    assert ws.run("connect sqlite:///q.db --as q").connection.is_protected


def test_an_open_connection_takes_protection_and_refuses_a_second_name(with_prod):
    ws = with_prod
    ws.run("connect sqlite:///a.db --as a")
    ws.run("connect sqlite:///b.db --as b")
    with pytest.raises(errors.UsageProblem, match="a is connected already") as caught:
        ws.run("connect a --protected --as p2")
    assert "%migrate use a" in caught.value.hint
    assert ws.current_name == "b"
    assert not ws.databases["a"].is_protected
    connected = ws.run("connect a --protected")
    assert connected.connection.is_protected
    assert connected.notes == ("a is protected now.",)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://me:p@ssw0rd@db.example/app", "mysql+pymysql://me:x@ssw0rd@y@h/app"]
)
def test_an_at_in_a_password_is_told_and_not_shown(url):
    with pytest.raises(errors.UsageProblem, match="more than one @") as caught:
        Workspace().connect(url)
    assert caught.value.hint == "write @ in a password as %40"
    assert "ssw0rd" not in str(caught.value) + repr(caught.value) + "".join(caught.value._render_traceback_())


@pytest.mark.parametrize(
    "line, message, hint",
    [
        ("connect a.db", "no connection or variable 'a.db'", "%migrate connect sqlite:///a.db"),
        ("connect /d/a.sqlite", "no connection or variable", "%migrate connect sqlite:////d/a.sqlite"),
        ("connect sqlite:/a.db", "no connection or variable", "%migrate connect sqlite:///a.db"),
        ("connect sqlite://a.db", "SQLite has no host", "sqlite:///a.db"),
        ("connect sqlite://dir/a.db", "SQLite has no host", "sqlite:///dir/a.db"),
        ("connect sqlite:////", "unable to open database file", "is the path right"),
        ("connect text", "variable text holds text that is no database URL", 'text = "sqlite:///app.db"'),
        ("connect bad", "The url of connection 'bad' is not a database URL", "dialect://user@host/database"),
        ("connect bad --dotenv latin.env", "latin.env cannot be read: it is not UTF-8", "save latin.env as UTF-8"),
        ("init file/deeper", "No project can be written to file/deeper", "%migrate init DIR"),
    ],
)
def test_what_to_type_instead_is_said(line, message, hint):
    Path("pyproject.toml").write_text('[tool.migration_magics.connections.bad]\nurl = "s3cret, not a url"\n')
    Path("latin.env").write_bytes(b"A=\xff\n")
    Path("file").touch()
    with pytest.raises(errors.MigrationError) as caught:
        Workspace(lookup={"text": "s3cret"}.get).run(line)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_a_pyproject_in_another_encoding_is_told():
    Path("pyproject.toml").write_bytes(b"# \xff\n")
    with pytest.raises(errors.UsageProblem, match=r"pyproject\.toml cannot be read: it is not UTF-8"):
        Workspace()
