"""No room for a copy, or on it: the error says so and what to type, the copy is gone, the source is as it was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import subprocess

import pytest
import sqlalchemy as sa

from migration_magics.errors import MigrationError
from migration_magics.lab import scratch
from tests.support.databases import mariadb_server
from tests.support.need import missing
from tests.support.processes import ROOT, work_folder

KB = 1024
UP = "op.add_column('t', sa.Column('n', sa.Text()))\nop.execute('UPDATE t SET n = body')"
DOWN = "op.drop_column('t', 'n')"


@pytest.fixture
def pending(make, run_sql):
    """Make a table of some size, and a revision that is pending and doubles it; gives the workspace."""

    def made(url, *, rows, kb=100):
        text = {"s": f"hex(zeroblob({kb * KB // 2}))"}.get(url[:1], f"repeat('x', {kb * KB})")
        body = "LONGTEXT" if url.startswith("m") else "TEXT"
        run_sql(
            url,
            f"CREATE TABLE t (id INTEGER PRIMARY KEY, body {body})",
            *[f"INSERT INTO t VALUES ({number}, {text})" for number in range(rows)],
        )
        project = make(url)
        project.add("a1", UP.replace("sa.Text()", "mysql.LONGTEXT()") if url.startswith("m") else UP, DOWN)
        if url.startswith("m"):
            path = project.versions / "a1.py"
            path.write_text(
                path.read_text().replace("import op\n", "import op\nfrom sqlalchemy.dialects import mysql\n")
            )
        return project.ws

    return made


@pytest.fixture
def disk():
    """Mount disks of so many megabytes."""
    if not ROOT:
        pytest.skip("only root may mount a small disk")
    with contextlib.ExitStack() as stack:

        def made(megabytes):
            place = stack.enter_context(work_folder("small"))
            mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place]
            if subprocess.run(mount, check=False).returncode:
                pytest.skip("root may mount nothing on this machine")
            stack.callback(subprocess.run, ["umount", "-l", place], check=True)
            return place

        yield made


def test_sqlite_finds_no_room_for_the_rows_before(pending, sqlite_url, tmp_path, monkeypatch, disk):
    ws, place = pending(sqlite_url, rows=20), disk(1)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    before = hashlib.sha256((tmp_path / "test.db").read_bytes()).hexdigest()
    with pytest.raises(MigrationError, match="The disk is full") as caught:
        ws.rehearse()
    assert "TMPDIR" in caught.value.hint
    assert list(place.iterdir()) == []
    assert hashlib.sha256((tmp_path / "test.db").read_bytes()).hexdigest() == before


def test_sqlite_gets_full_while_the_revision_runs(pending, sqlite_url, monkeypatch):
    """A copy in memory is full at a number of pages that it is given."""
    ws = pending(sqlite_url, rows=20)
    make = scratch.in_memory

    @contextlib.contextmanager
    def small():
        with make() as copy:
            copy.database.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 600"))
            yield copy

    monkeypatch.setattr(scratch, "in_memory", small)
    (finding,) = ws.rehearse().findings
    assert finding.rule == "up-fails"
    assert "The disk is full" in finding.message
    assert "--rows" in finding.remedy


@pytest.fixture
def small_postgresql(postgresql, disk):
    """Let new databases of the server lie on a disk of so many megabytes: template0 does, and they are made from it."""
    admin = sa.create_engine(postgresql.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def said(*statements):
        with admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def made(megabytes):
        place = disk(megabytes)
        os.chown(place, pwd.getpwnam("postgres").pw_uid, -1)
        said(f"CREATE TABLESPACE small LOCATION '{place}'", "ALTER DATABASE template0 SET TABLESPACE small")

    yield made
    said("ALTER DATABASE template0 SET TABLESPACE pg_default", "DROP TABLESPACE small")


def scratches(url, run_sql):
    asked = "SELECT datname FROM pg_database" if url.startswith("p") else "SHOW DATABASES"
    return [name for (name,) in run_sql(url, asked) if name.startswith("mm_scratch_")]


# what there is room for: template0; an empty copy, too; its rows, too
ROOM = {8: "free some room", 17: "--rows", 22: "--rows"}


@pytest.mark.parametrize("megabytes", ROOM)
def test_postgresql_has_no_room_for_a_copy_or_its_rows(pending, postgresql_url, small_postgresql, run_sql, megabytes):
    ws = pending(postgresql_url, rows=0)
    text = "(SELECT string_agg(md5(a::text || b), '') FROM generate_series(1, 3000) b)"  # nothing to compress
    run_sql(postgresql_url, f"INSERT INTO t SELECT a, {text} FROM generate_series(1, 60) a")
    before = run_sql(postgresql_url, "SELECT count(*), md5(string_agg(body, '' ORDER BY id)) FROM t")
    small_postgresql(megabytes)
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect(), pytest.raises(MigrationError, match="The disk is full") as caught:  # so rows travel
        ws.rehearse(full=True)
    assert ROOM[megabytes] in caught.value.hint
    assert scratches(postgresql_url, run_sql) == []
    assert run_sql(postgresql_url, "SELECT count(*), md5(string_agg(body, '' ORDER BY id)) FROM t") == before


def test_mariadb_has_no_room_for_a_copy(pending, run_sql):
    """All tables lie in one file of a server of its own, which may not grow."""
    small = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:20M")
    try:
        with mariadb_server(*small) as server, server.new_database() as url:
            ws = pending(url, rows=60)
            with pytest.raises(MigrationError, match="The disk is full") as caught:
                ws.rehearse(full=True)
            assert "--rows" in caught.value.hint
            assert scratches(url, run_sql) == []
            assert run_sql(url, "SELECT count(*), sum(length(body)) FROM t") == [(60, 60 * 100 * KB)]
            ws.close()
    except LookupError as error:
        missing("mariadb", str(error))
