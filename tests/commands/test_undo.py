"""`undo`: back to before the last move of this notebook, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from migration_magics.engine import undo as restore
from migration_magics.errors import ConfirmationRequired, MoveFailed, NotReversible, Refused
from tests.engine.making import Made

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
ADD = "op.add_column('t', sa.Column('n', sa.Integer))"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make a project of two revisions and a third without a downgrade, on a database."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def make(url, **options):
        project = Made(tmp_path)
        project.ws.connect(url, **options)
        project.add("a1", CREATE, "op.drop_table('t')")
        project.add("b2", ADD, "op.drop_column('t', 'n')")
        workspaces.append(project.ws)
        return project

    yield make
    for ws in workspaces:
        ws.close()


def execute(url, sql):
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(sql)


def said(result):
    return " ".join((getattr(result, "headline", ""), *result.notes))


def test_each_move_is_taken_back_once_and_none_redone(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("a1")
    ws.upgrade("head")
    assert ws.undo().after == ("a1",)
    assert ws.undo().after == ()
    with pytest.raises(Refused, match=r"has made no move .*Nothing was changed"):
        ws.undo()


def test_a_downgrade_is_taken_back_and_rows_on_servers_stay_lost(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "INSERT INTO t (id, n) VALUES (1, 7)")
    ws.downgrade("-1", yes=True)
    undone = ws.undo()
    assert undone.after == ("b2",)
    assert ("had lost are not back" in said(undone)) == (not database_url.startswith("sqlite"))


def test_a_stamp_is_stamped_back(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("a1")
    ws.stamp("b2")
    assert ws.undo().after == ("a1",)


def test_what_would_be_lost_is_named_and_asked_for(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "INSERT INTO t (id, n) VALUES (1, 7)")
    with pytest.raises(ConfirmationRequired, match="loses data") as caught:
        ws.undo()
    assert caught.value.hint.startswith("%migrate undo --yes")
    assert any("drops table t with 1 row" in line for line in caught.value.details)
    assert ws.undo(yes=True).after == ()


def test_what_others_did_since_is_not_undone(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "CREATE TABLE mine (id INTEGER PRIMARY KEY)")
    with pytest.raises(Refused, match=r"schema .* was changed since .*Nothing was changed"):
        ws.undo()
    execute(database_url, "UPDATE alembic_version SET version_num = 'a1'")
    with pytest.raises(Refused, match="moved by somebody else: it stands at a1"):
        ws.undo()
    assert ws.current().ids == ("a1",)


def test_a_revision_without_a_way_back_is_refused_before_anything_runs(database_url, made):
    project = made(database_url)
    project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))", None)
    project.ws.upgrade("head")
    with pytest.raises(NotReversible):
        project.ws.undo()
    assert project.ws.current().ids == ("c3",)


def test_dry_runs_are_no_moves_and_change_nothing(sqlite_url, made):
    ws = made(sqlite_url).ws
    ws.upgrade("a1")
    ws.upgrade("head", dry_run=True)
    ws.undo(dry_run=True)
    assert ws.current().ids == ("a1",)
    assert ws.undo().after == ()


def test_a_protected_connection_wants_its_name(sqlite_url, made):
    ws = made(sqlite_url, name="live", protected=True).ws
    ws.upgrade("head", confirm="live")
    with pytest.raises(ConfirmationRequired, match="live is protected"):
        ws.undo(yes=True)
    assert ws.undo(confirm="live").after == ()


class TestRestorePoints:
    """On SQLite, of the file, before a move that loses rows or has no way back."""

    def test_lost_rows_come_back_while_nobody_has_written_since(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        assert "The file was copied before" in said(ws.downgrade("base", yes=True))
        undone = ws.undo()
        assert (undone.after, ws.current().ids) == (("b2",), ("b2",))
        assert "Restored whole" in said(undone)
        assert rows(sqlite_url, "SELECT id, n FROM t") == [(1, 7)]

    def test_what_was_written_since_is_never_overwritten(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        ws.downgrade("a1", yes=True)
        execute(sqlite_url, "INSERT INTO t (id) VALUES (5)")
        assert ws.undo().after == ("b2",)
        assert rows(sqlite_url, "SELECT id, n FROM t") == [(1, None), (5, None)]

    def test_an_irreversible_revision_is_undone_by_its_copy(self, sqlite_url, made):
        project = made(sqlite_url)
        project.ws.upgrade("head")
        project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))", None)
        project.ws.upgrade("head")
        assert project.ws.undo().after == ("b2",)

    def test_the_last_is_kept_and_none_where_nothing_is_lost_or_nobody_wants_it(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        place = restore.folder(ws.database)
        ws.upgrade("head")
        ws.downgrade("a1")
        assert not place.exists()
        for _ in range(2):
            ws.upgrade("head")
            execute(sqlite_url, "REPLACE INTO t (id, n) VALUES (1, 7)")
            ws.downgrade("a1", yes=True)
            assert len(list(place.iterdir())) == 1
        assert "1 copy" in said(ws.undo(forget=True))
        assert list(place.iterdir()) == []
        ws.upgrade("head")
        execute(sqlite_url, "REPLACE INTO t (id, n) VALUES (1, 7)")
        ws.settings = replace(ws.settings, restore_points=False)
        ws.downgrade("a1", yes=True)
        assert list(place.iterdir()) == []

    def test_a_file_that_is_too_large_is_said_beforehand_and_not_copied(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        ws.settings = replace(ws.settings, undo_size_mb=0.001)
        assert "No copy of the file is made for undo: " in said(ws.plan("base"))
        ws.downgrade("base", yes=True)
        assert not restore.folder(ws.database).exists()

    def test_the_plan_and_the_question_say_that_a_copy_is_made(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        assert "The file is copied before" in said(ws.plan("base"))
        with pytest.raises(ConfirmationRequired) as caught:
            ws.downgrade("base")
        assert "The file is copied before" in said(caught.value.planned)

    def test_a_schema_change_that_was_taken_back_is_none(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        execute(sqlite_url, "CREATE TABLE other (id INTEGER)")
        execute(sqlite_url, "DROP TABLE other")
        assert ws.undo().after == ()


DROPS_N = "op.drop_column('t', 'n')"


@pytest.fixture
def lossy(database_url, made):
    """A database of which an upgrade has just dropped a column with values, which are kept; its downgrade makes it anew."""
    project = made(database_url)
    ws = project.ws
    ws.settings = replace(ws.settings, undo_rows=True)
    ws.upgrade("head")
    execute(database_url, "INSERT INTO t (id, n) VALUES (1, 7), (2, 8)")
    project.add("c3", DROPS_N, ADD)
    return ws


class TestTheWayBackOfWhatIsKept:
    def test_it_is_undo_that_a_lossy_move_names(self, lossy):
        moved = lossy.upgrade("head", yes=True)
        assert moved.next_command == "%migrate undo"
        assert "Undo it: %migrate undo" in str(moved)

    def test_a_downgrade_asks_first_and_names_undo(self, lossy, database_url):
        lossy.upgrade("head", yes=True)
        assert "%migrate undo brings it back" in said(lossy.plan("b2"))
        with pytest.raises(ConfirmationRequired, match="%migrate undo brings them back") as caught:
            lossy.downgrade("b2")
        assert caught.value.hint.startswith("%migrate undo, or without the rows: %migrate downgrade b2 --yes")
        assert lossy.current().ids == ("c3",)
        lossy.undo()
        assert rows(database_url, "SELECT id, n FROM t ORDER BY id") == [(1, 7), (2, 8)]

    @pytest.mark.parametrize("target", ["b2", "a1"])
    def test_a_downgrade_all_the_same_loses_nothing_of_it(self, lossy, database_url, target):
        lossy.upgrade("head", yes=True)
        lossy.downgrade(target, yes=True)
        assert lossy.undo().after == ("c3",)
        assert lossy.undo(yes=True).after == ("b2",)
        assert rows(database_url, "SELECT id, n FROM t ORDER BY id") == [(1, 7), (2, 8)]

    def test_where_the_file_was_written_since_undo_says_where_the_copy_is(self, sqlite_url, made):
        project = made(sqlite_url)
        project.ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        project.add("c3", DROPS_N, ADD)
        project.ws.upgrade("head", yes=True)
        execute(sqlite_url, "INSERT INTO t (id) VALUES (2)")
        (copy,) = restore.folder(project.ws.database).iterdir()
        assert str(copy) in said(project.ws.undo())
        assert copy.exists()


def rows(url, sql):
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


PARENTS = """
op.create_table("p %1", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a'b", sa.String(20)))
op.create_table("c", sa.Column("id", sa.Integer, primary_key=True), sa.Column("p", sa.Integer, sa.ForeignKey("p %1.id")),
                sa.Column("s", sa.Enum("new", "old", name="state")), sa.Column("at", sa.DateTime), sa.Column("b", sa.LargeBinary),
                sa.Column("n", sa.Numeric(9, 3)), sa.Column("x", sa.Float), sa.Column("up", sa.Integer, sa.ForeignKey("c.id")))
"""
DROPS = 'op.drop_table("c")\nop.drop_table("p %1")'
DROPS_TYPE = f"{DROPS}\nsa.Enum(name='state').drop(op.get_bind(), checkfirst=True)"


@pytest.fixture(params=["postgresql", "mariadb"])
def server_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def keeping(server_url, tmp_path, monkeypatch):
    """A database on a server with two tables that refer to each other, and a workspace that keeps rows for undo."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, server_url, undo_rows=True)
    project.add("a1", PARENTS, DROPS_TYPE)
    ws = project.ws
    ws.upgrade("head")
    with sa.create_engine(server_url, poolclass=sa.NullPool).begin() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        parent, child = metadata.tables["p %1"], metadata.tables["c"]
        connection.execute(parent.insert(), [{"a'b": "100% 'é'"}, {"a'b": None}])
        values = {
            "s": "old",
            "at": datetime.fromisoformat("2026-01-02T03:04:05"),
            "b": b"\x00\xff'",
            "n": Decimal("1.125"),
            "x": 0.1,
        }
        for row in ({"p": 1, **values}, {"p": 2, "up": 1}, {"up": 2, "x": 1e-30}):
            connection.execute(child.insert(), row)
    yield project
    ws.close()


def content(url):
    """All rows of the tables that are not ours or Alembic's."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        return {
            name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for name, table in metadata.tables.items()
            if name != "alembic_version" and not name.startswith("_mm_undo_")
        }


def kept(url):
    return [
        name for name in sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names() if "_mm_" in name
    ]


class TestKeptRows:
    """On servers, where `undo_rows` asks for it."""

    def test_dropped_tables_come_back_with_their_rows_and_numbers_go_on(self, keeping, server_url):
        before = content(server_url)
        moved = keeping.ws.downgrade("base", yes=True)
        assert "5 rows are kept in _mm_undo_" in said(moved)
        undone = keeping.ws.undo()
        assert content(server_url) == before
        assert "3 rows of c are back." in undone.notes
        assert kept(server_url) == []
        execute(server_url, "INSERT INTO c (x) VALUES (2)")
        assert rows(server_url, "SELECT max(id) FROM c") == [(4,)]

    def test_values_of_a_dropped_column_and_deleted_rows_come_back(self, keeping, server_url):
        keeping.add(
            "b2",
            "op.drop_column('c', 'x')\nop.execute('DELETE FROM c WHERE id = 3')",
            "op.add_column('c', sa.Column('x', sa.Float))",
        )
        before = {name: {frozenset(map(str, row)) for row in found} for name, found in content(server_url).items()}
        keeping.ws.upgrade("head", yes=True)
        keeping.ws.undo()
        assert {
            name: {frozenset(map(str, row)) for row in found} for name, found in content(server_url).items()
        } == before

    def test_rows_written_meanwhile_stay_as_they_are(self, keeping, server_url):
        keeping.add("b2", "op.execute('DELETE FROM c WHERE id = 3')")
        keeping.ws.upgrade("head", yes=True)
        execute(server_url, "UPDATE c SET x = 5 WHERE id = 1")
        execute(server_url, "INSERT INTO c (id, x) VALUES (3, 6)")
        undone = keeping.ws.undo()
        assert rows(server_url, "SELECT id, x FROM c ORDER BY id") == [(1, 5), (2, None), (3, 6)]
        assert "2 kept rows of c are not back, for their key is taken" in said(undone)
        (place,) = kept(server_url)
        keeping.ws.upgrade("head", yes=True)
        assert place in kept(server_url), "the next move leaves them"
        assert rows(server_url, f"SELECT count(*) FROM {place}") == [(3,)]
        keeping.ws.undo(forget=True)
        assert kept(server_url) == []

    def test_tables_that_keep_rows_are_seen_by_nothing(self, keeping, server_url):
        ws = keeping.ws
        keeping.add("b2", "op.execute('DELETE FROM c WHERE id = 3')")
        (keeping.root / "shop.py").write_text(
            "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
            + PARENTS.strip()
            .replace("op.create_table(", "sa.Table(")
            .replace('%1", ', '%1", metadata, ')
            .replace('"c", ', '"c", metadata, ')
        )
        keeping.edit_env(
            "target_metadata = None",
            "import sys; sys.path.insert(0, '.')\nfrom shop import metadata as target_metadata",
        )
        ws.upgrade("head", yes=True)
        assert kept(server_url) != []
        assert [table.name for table in ws.schema("db").schema.tables] == ["c", "p %1"]
        assert not ws.diff("db", "head")
        assert ws.check().clean
        assert "op." not in ws.revision(message="nothing", autogenerate=True).code
        assert not any("_mm_undo_" in name for name in ws.names_of(ws.database).tables)
        keeping.add("d4", "op.add_column('c', sa.Column('y', sa.Integer))", "op.drop_column('c', 'y')")
        assert ws.rehearse().passed

    def test_only_those_of_the_last_move_are_kept_and_none_once_forgotten(self, keeping, server_url):
        keeping.add("b2", "op.execute('DELETE FROM c WHERE id = 3')")
        keeping.add("c3", "op.execute('UPDATE c SET up = NULL')\nop.execute('DELETE FROM c')")
        keeping.ws.upgrade("b2", yes=True)
        first = kept(server_url)
        keeping.ws.upgrade("c3", yes=True)
        assert len(kept(server_url)) == 1
        assert kept(server_url) != first
        assert "1 table" in said(keeping.ws.undo(forget=True))
        assert kept(server_url) == []
        assert keeping.ws.undo().after == ("b2",)
        assert rows(server_url, "SELECT count(*) FROM c") == [(0,)]

    def test_a_move_that_is_rolled_back_leaves_none(self, keeping, server_url):
        keeping.add("b2", "op.execute('DELETE FROM c WHERE id = 3')\nop.execute('SELECT * FROM nothing')")
        before = content(server_url)
        with pytest.raises(MoveFailed):
            keeping.ws.upgrade("head", yes=True)
        if server_url.startswith("postgresql"):
            assert (content(server_url), kept(server_url)) == (before, [])
        else:
            assert len(kept(server_url)) == 1, "MariaDB may have lost rows by then"

    def test_it_is_said_before_what_will_come_back_and_what_will_not(self, keeping, server_url):
        ws = keeping.ws
        assert "Rows that it loses are kept for undo: c, p %1." in ws.plan("base").notes
        execute(server_url, "CREATE TABLE bare (x INTEGER)")
        execute(server_url, "INSERT INTO bare VALUES (1)")
        keeping.add("b2", "op.drop_column('bare', 'x')")
        (said,) = [note for note in ws.plan("head").notes if "bare" in note]
        assert said == "Values of bare.x are not kept: the table has no primary key."
        ws.settings = replace(ws.settings, undo_size_mb=0.0)
        assert any("undo_size_mb is 0" in note for note in ws.plan("base").notes)
        ws.settings = replace(ws.settings, undo_rows=False)
        assert any("do not come back by undo" in note for note in ws.plan("base").notes)
        assert kept(server_url) == []

    def test_triggers_of_users_do_not_run_again(self, request, keeping, server_url):
        """On MariaDB they cannot be switched off."""
        if not server_url.startswith("postgresql"):
            return
        execute(server_url, "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
        execute(server_url, "CREATE TRIGGER no BEFORE INSERT ON c FOR EACH ROW EXECUTE FUNCTION no()")
        before = content(server_url)
        keeping.add("b2", "op.execute('UPDATE c SET up = NULL')\nop.execute('DELETE FROM c')")
        keeping.ws.upgrade("head", yes=True)
        keeping.ws.undo()
        assert content(server_url) == before
        execute(server_url, "INSERT INTO c (id) VALUES (77)")
        assert content(server_url) == before
