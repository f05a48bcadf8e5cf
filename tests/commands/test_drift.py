"""What was changed by hand is found and named; who may only read can look at everything, and nothing is written."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.errors import CheckFailed
from tests.engine.making import Made

FAMILIES = ("sqlite", "postgresql", "mariadb")

EVERYTHING = """
op.create_table(
    'workers',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('host', sa.String(30), server_default='here', nullable=False),
    sa.CheckConstraint("host <> ''", name='ck_host'),
)
op.create_index('ix_host', 'workers', ['host'])
op.execute("CREATE VIEW hosts AS SELECT id, host FROM workers")
"""
WITH_ENUM = "sa.Enum('new', 'done', name='state').create(op.get_bind())\n"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project in `tmp_path`, which is the working directory, on a URL; connections close at the end."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def made(source):
        project = Made(tmp_path, source=source)
        workspaces.append(project.ws)
        return project

    yield made
    for ws in workspaces:
        ws.close()


def by_hand(url, *statements):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        admin = connection.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
        for statement in statements:
            admin.exec_driver_sql(statement)


@pytest.fixture
def upgraded(make, request):
    """A database of one kind at the head of a small history; its URL is `url`."""

    def made(family):
        url = request.getfixturevalue(f"{family}_url")
        project = make(url)
        project.url = url
        project.add("a1", (WITH_ENUM if family == "postgresql" else "") + EVERYTHING.strip())
        project.add("b1", "op.add_column('workers', sa.Column('cores', sa.Integer, server_default='4'))")
        project.ws.upgrade("heads")
        return project

    return made


VIEW_BY_HAND = ("DROP VIEW hosts", "CREATE VIEW hosts AS SELECT host FROM workers")
TRIGGER = {
    "sqlite": "CREATE TRIGGER watch AFTER INSERT ON workers BEGIN DELETE FROM workers WHERE id < 0; END",
    "mariadb": "CREATE TRIGGER watch BEFORE INSERT ON workers FOR EACH ROW SET NEW.host = 'x'",
}
DEFAULT = "ALTER TABLE workers ALTER COLUMN cores SET DEFAULT 8"
SQLITE_DEFAULT = (
    "PRAGMA writable_schema = on",
    "UPDATE sqlite_master SET sql = replace(sql, '''4''', '8') WHERE name = 'workers'",
)
COLUMN, INDEX = ("workers", "columns", "by_hand"), ("workers", "indexes", "ix_host")
CASES = [
    *((family, ("ALTER TABLE workers ADD COLUMN by_hand INTEGER",), ("add", COLUMN)) for family in FAMILIES),
    *((family, ("DROP INDEX ix_host",), ("drop", INDEX)) for family in ("sqlite", "postgresql")),
    ("mariadb", ("DROP INDEX ix_host ON workers",), ("drop", INDEX)),
    *((family, (DEFAULT,), ("alter", ("workers", "columns", "cores"))) for family in ("postgresql", "mariadb")),
    ("sqlite", SQLITE_DEFAULT, ("alter", ("workers", "columns", "cores"))),
    *((family, VIEW_BY_HAND, ("alter", ("", "views", "hosts"))) for family in FAMILIES),
    *((family, (sql,), ("add", ("workers", "triggers", "watch"))) for family, sql in TRIGGER.items()),
    *((family, ("CREATE TABLE mine (id INT)",), ("add", ("mine",))) for family in FAMILIES),
    ("postgresql", ("ALTER TYPE state ADD VALUE 'lost'",), ("alter", ("", "enums", "state"))),
    *(
        (family, ("ALTER TABLE workers DROP CONSTRAINT ck_host",), ("drop", ("workers", "checks", "ck_host")))
        for family in ("postgresql", "mariadb")
    ),
    ("postgresql", ("COMMENT ON TABLE workers IS 'x'",), ("add", ("workers", "comment"))),
    *(
        (family, ('CREATE TABLE "a.b; %s <i>" (id INT)',), ("add", ('"a.b; %s <i>"',)))
        for family in ("sqlite", "postgresql")
    ),
]


@pytest.mark.parametrize(
    "family, statements, expected", CASES, ids=lambda value: value if isinstance(value, str) else value[-1]
)
def test_what_was_changed_by_hand_is_found_and_named(upgraded, family, statements, expected):
    project = upgraded(family)
    ws = project.ws
    assert ws.check().history_vs_database.changes == ()
    by_hand(project.url, *statements)

    checked = ws.check()
    assert [(change.kind, change.path) for change in checked.history_vs_database.changes] == [expected]
    assert not checked.clean
    assert [(change.kind, change.path) for change in ws.status().drift.changes] == [expected]
    with pytest.raises(CheckFailed, match="1 difference between history and database") as caught:
        ws.check(strict=True)
    (said,) = (line for line in caught.value.details if line.startswith("history against database"))
    table, *part = expected[1]
    named = f"{table}: {expected[0]} " if table and part else f"{expected[0]} "
    assert said.startswith(f"history against database: {named}")


@pytest.mark.parametrize("family", FAMILIES)
def test_an_untouched_database_is_clean(upgraded, family):
    project = upgraded(family)
    checked = project.ws.check(strict=True)
    assert checked.clean
    assert checked.history_vs_database.changes == ()
    assert checked.models_vs_database is None, "env.py names no models"
    assert checked.at == ("b1",)
    assert not project.ws.status().drift


@pytest.mark.parametrize("family", FAMILIES)
def test_a_database_behind_the_head_is_compared_where_it_stands(upgraded, family):
    project = upgraded(family)
    project.add("c1", "op.create_table('later', sa.Column('id', sa.Integer))")
    checked = project.ws.check()
    assert checked.history_vs_database.changes == ()
    assert checked.behind == 1
    by_hand(project.url, "CREATE TABLE later (id INT)")
    assert [change.path for change in project.ws.check().history_vs_database.changes] == [("later",)]


def test_status_tells_of_drift_only_where_a_replay_is_there(upgraded):
    project = upgraded("sqlite")
    by_hand(project.url, "CREATE TABLE mine (id INT)")
    assert project.ws.status().drift is None
    project.ws.blame("workers")
    assert [change.path for change in project.ws.status().drift.changes] == [("mine",)]
    assert "1 change by hand" in str(project.ws.status())


# What only looks; whatever else comes up has to be looked at by a person. A WITH that writes is refused by the server
_READS = re.compile(
    r"\s*(SELECT|SHOW|SET|BEGIN|START TRANSACTION|ROLLBACK|COMMIT|SAVEPOINT|RELEASE|WITH)\b", re.IGNORECASE
)
_SENT = re.compile(r"LOG: +(?:statement|execute [^:]*): (.*)", re.DOTALL)
_SETS_THE_SESSION_WRITABLE = re.compile(r"read\s+write|read_only\s*(=|to)\s*(off|false|0)", re.IGNORECASE)


@pytest.fixture
def reader(upgraded, postgresql_url):
    """A workspace whose role may only read, and the statements that the server logged of it."""
    project = upgraded("postgresql")
    by_hand(
        postgresql_url,
        "DROP ROLE IF EXISTS looks",
        "CREATE ROLE looks LOGIN NOCREATEDB",
        "ALTER ROLE looks SET default_transaction_read_only = on",
        "ALTER ROLE looks SET log_statement = 'all'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO looks",
    )
    ws = Workspace()
    ws.connect(postgresql_url.replace("postgres@", "looks@"))
    yield project, ws
    ws.close()
    by_hand(postgresql_url, "DROP OWNED BY looks", "DROP ROLE looks")


LOOKS = (
    "status",
    "status --all",
    "current -v",
    "heads",
    "branches",
    "history",
    "history --table workers.cores",
    "history -r a1:current",
    "show head",
    "show a1",
    "schema",
    "schema db workers",
    "schema head",
    "schema base",
    "schema --diagram",
    "diff",
    "diff base head",
    "diff a1 db",
    "diff db head --diagram",
    "blame workers",
    "blame workers.cores",
    "check",
    "plan base",
    "connections",
    "status",
)


def _everything(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            catalogue: [
                tuple(row) for row in connection.exec_driver_sql(f"SELECT oid, xmin FROM {catalogue} ORDER BY oid")
            ]
            for catalogue in ("pg_class", "pg_type", "pg_namespace", "pg_proc", "pg_constraint", "pg_trigger")
        } | {
            "databases": [
                tuple(row) for row in connection.exec_driver_sql("SELECT datname FROM pg_database ORDER BY 1")
            ]
        }


@pytest.fixture
def logged(postgresql):
    """The entries of the server's log since now."""
    log = next(path for path in (postgresql.socket.parent / "log", postgresql.socket / "log") if path.exists())
    start = log.stat().st_size

    def entries():
        with log.open("rb") as file:
            file.seek(start)
            return re.split(r"(?m)^(?=\d{4}-\d\d-\d\d )", file.read().decode(errors="replace"))

    return entries


def test_who_may_only_read_can_look_at_everything(reader, postgresql_url, logged):
    _project, ws = reader
    before = _everything(postgresql_url)
    results = {line: ws.run(line) for line in LOOKS}

    assert _everything(postgresql_url) == before
    sent = [found[1] for entry in logged() if (found := _SENT.search(entry))]
    assert len(sent) > len(LOOKS)
    assert [sql for sql in sent if not _READS.match(sql) or _SETS_THE_SESSION_WRITABLE.search(sql)] == []
    assert [entry for entry in logged() if "ERROR:" in entry] == []
    assert all(str(result) for result in results.values())


def test_without_the_right_to_make_a_copy_sqlite_serves_and_that_is_said(reader, postgresql_url):
    _project, ws = reader
    checked = ws.check()
    assert checked.history_vs_database is not None
    assert checked.history_vs_database.changes == ()
    said = " ".join(checked.notes)
    assert "CREATEDB" in said
    assert "SQLite" in checked.place
    blamed = ws.blame("workers.cores")
    assert [(row.created_by, row.changed_by) for row in blamed.rows] == [("b1", "b1")]
    assert "CREATEDB" in " ".join(blamed.notes)
    by_hand(postgresql_url, "ALTER TABLE workers ADD COLUMN by_hand integer")
    assert [change.path for change in ws.check().history_vs_database.changes] == [COLUMN]
