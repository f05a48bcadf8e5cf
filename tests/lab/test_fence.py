"""What reaches beyond a scratch copy does not happen: neither in a replay nor in a rehearsal."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.errors import MigrationError
from migration_magics.model.finding import Severity


def asked(url, query):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_roles_of_the_server_are_not_made_by_a_replay_or_a_rehearsal(make, postgresql_url):
    project = make(postgresql_url)
    up = "op.execute('CREATE ROLE mm_fence_reader')\nop.execute('CREATE TABLE t (id integer)')"
    project.add("a1", f"{up}\nop.execute('GRANT SELECT ON t TO mm_fence_reader')", "op.execute('DROP TABLE t')")
    roles = "SELECT rolname FROM pg_roles WHERE rolname = 'mm_fence_reader'"
    assert [table.key for table in project.ws.schema("head").schema.tables] == ["t"]
    assert asked(postgresql_url, roles) == []
    assert project.ws.rehearse("heads").passed
    assert asked(postgresql_url, roles) == []


def test_what_hides_a_role_in_a_block_is_refused(make, postgresql_url):
    project = make(postgresql_url)
    project.add("a1", "op.execute('DO $$ BEGIN CREATE ROLE mm_fence_hidden; END $$')")
    with pytest.raises(MigrationError, match="beyond a scratch copy"):
        project.ws.schema("head")
    assert asked(postgresql_url, "SELECT rolname FROM pg_roles WHERE rolname = 'mm_fence_hidden'") == []


def test_another_database_of_the_server_is_not_touched(make, mariadb_url, mariadb):
    with mariadb.new_database() as other:
        name = sa.make_url(other).database
        project = make(mariadb_url)
        project.add("a1", f"op.execute('CREATE TABLE {name}.t (id integer)')")
        with pytest.raises(MigrationError, match="beyond a scratch copy"):
            project.ws.schema("head")
        found = project.ws.rehearse("heads")
        assert any(finding.severity is Severity.ERROR for finding in found.findings)
        assert asked(other, "SHOW TABLES") == []


def test_words_that_only_sound_so_are_run(make, database_url):
    project = make(database_url)
    project.add("a1", "op.execute(\"CREATE TABLE t (kill_ integer, flush_ varchar(20) DEFAULT 'grant; nothing')\")")
    assert [column.name for column in project.ws.schema("head", "t").schema.table("t").columns] == ["kill_", "flush_"]
