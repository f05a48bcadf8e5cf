"""A history replayed on a copy: the schema at every revision is what upgrading an empty database to it gives."""

from __future__ import annotations

import json

import pytest

from migration_magics.commands.sides import history_of, like_of, live
from migration_magics.engine.reflect import reflect
from migration_magics.errors import ReplayFailed
from migration_magics.lab import cache
from migration_magics.model.diff import diff
from tests.corpora.stock import alembic, engine

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))"


def whole(ws, **options):
    return ws.timelines.whole(history_of(ws), like_of(ws), **options)


def at(ws, *ids, **options):
    return ws.timelines.at(history_of(ws), like_of(ws), ids, **options)


def upgraded(project, target):
    """The schema of a new SQLite file that Alembic's own command upgraded to *target*."""
    path = project.root / f"stock-{target}.db"
    ini = project.root / "alembic.ini"
    lines = ini.read_text().splitlines()
    ini.write_text("\n".join(f"sqlalchemy.url = sqlite:///{path}" if "sqlalchemy.url =" in x else x for x in lines))
    alembic(ini, "upgrade", target)
    return read(f"sqlite:///{path}")


def read(url):
    with engine(url) as made, made.connect() as connection:
        schema = reflect(connection)
    return tuple(table for table in schema.tables if table.name != "alembic_version"), schema.views


def shown(schema):
    return schema.tables, schema.views


def counting(project, id_="a1", **options):
    """Add a revision that notes each run of its own in a file; give the number of runs."""
    runs = project.root / "runs"
    project.add(id_, f"{CREATE}\nwith open({str(runs)!r}, 'a') as file:\n    file.write('x')", **options)
    return lambda: len(runs.read_text()) if runs.exists() else 0


def test_each_branch_alone_is_what_an_upgrade_to_it_alone_gives(make):
    """Two branches change one table, and are merged."""
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.add_column('t', sa.Column('left', sa.Integer))", parents=("a1",))
    project.add("b2", "op.create_index('ix_left', 't', ['left'])", parents=("b1",))
    project.add("c1", "op.add_column('t', sa.Column('right', sa.Integer))", parents=("a1",))
    project.add("c2", "op.drop_column('t', 'name')", parents=("c1",))
    project.add("d1", "op.create_table('u', sa.Column('id', sa.Integer))", parents=("b2", "c2"))
    for id_ in ("a1", "b1", "b2", "c1", "c2", "d1"):
        assert shown(at(project.ws, id_).schema) == upgraded(project, id_), id_


def test_two_heads_together_and_one_head_alone(make):
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.add_column('t', sa.Column('left', sa.Integer))", parents=("a1",))
    project.add("c1", "op.add_column('t', sa.Column('right', sa.Integer))", parents=("a1",))
    assert shown(at(project.ws, "b1", "c1").schema) == upgraded(project, "heads")
    names = [[column.name for column in at(project.ws, id_).schema.table("t").columns] for id_ in ("b1", "c1")]
    assert names == [["id", "name", "left"], ["id", "name", "right"]]


def test_a_revision_that_another_depends_on_comes_with_it(make):
    project = make()
    project.add("a1", CREATE, parents=())
    project.add("b1", "op.add_column('t', sa.Column('more', sa.Integer))", parents=(), depends_on="a1")
    assert shown(at(project.ws, "b1").schema) == upgraded(project, "b1")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "with op.batch_alter_table('t') as batch:\n"
            "    batch.alter_column('name', new_column_name='title', type_=sa.String(50), nullable=False)\n"
            "    batch.create_unique_constraint('uq_title', ['title'])",
            id="batch",
        ),
        pytest.param("op.execute('ALTER TABLE t RENAME COLUMN name TO title')", id="raw rename"),
        pytest.param("op.execute('CREATE VIEW v AS SELECT name FROM t')", id="raw view"),
        pytest.param("op.execute('CREATE TABLE u (x INT); ')", id="raw table"),
        pytest.param("op.get_bind().exec_driver_sql('DROP TABLE t')", id="past the directives"),
        pytest.param("op.rename_table('t', 'u')\nop.add_column('u', sa.Column('n', sa.Integer))", id="table rename"),
        pytest.param("op.bulk_insert(sa.table('t', sa.column('name')), [{'name': 'x'}])", id="rows"),
        pytest.param("op.execute(\"INSERT INTO t (name) VALUES ('DROP TABLE t; x')\")", id="rows with semicolons"),
        pytest.param("sa.Table('u', sa.MetaData(), sa.Column('x', sa.Integer)).create(op.get_bind())", id="models"),
        pytest.param(
            "op.execute('CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE id < 0; END')", id="trigger"
        ),
        pytest.param("op.execute('DROP TABLE t')\n" + CREATE.replace("20", "30"), id="made anew"),
    ],
)
def test_whatever_a_revision_does_is_seen(make, body):
    project = make()
    project.add("a1", CREATE)
    project.add("b1", body)
    project.add("c1", "op.create_table('last', sa.Column('id', sa.Integer))")
    for id_ in ("a1", "b1", "c1"):
        assert shown(at(project.ws, id_).schema) == upgraded(project, id_), id_


def test_a_revision_about_rows_changes_nothing(make):
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.execute(\"UPDATE t SET name = 'x'\")")
    assert [bool(entry.diff) for entry in whole(project.ws).entries] == [True, False]


def test_a_rename_is_one_change(make):
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.rename_table('t', 'u')")
    project.add("c1", "op.execute('ALTER TABLE u RENAME COLUMN name TO title')")
    found = [
        [(change.kind, change.path, change.after) for change in entry.diff.changes]
        for entry in whole(project.ws).entries[1:]
    ]
    assert found == [[("rename", ("t",), "u")], [("rename", ("u", "columns", "name"), "title")]]


def test_a_history_that_fails_says_where_and_why_and_answers_below(make):
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.drop_table('nowhere')", message="drop what is not there")
    project.add("c1", "pass")
    for ids in ((), ("b1",), ("c1",)):
        with pytest.raises(ReplayFailed, match=r"revision b1 \(drop what is not there\) fails.*nowhere") as caught:
            at(project.ws, *ids) if ids else whole(project.ws)
        assert (caught.value.revision, caught.value.place) == ("b1", "SQLite in memory")
    assert [table.name for table in at(project.ws, "a1").schema.tables] == ["t"]
    assert at(project.ws).schema.is_empty


def test_branches_that_cannot_run_together_answer_alone(make):
    """Whichever runs second fails in a replay of all; each by itself is what an upgrade to it alone gives."""
    project = make()
    project.add("a1", CREATE)
    project.add("b1", "op.rename_table('t', 'left')", parents=("a1",))
    project.add("b2", "op.add_column('left', sa.Column('x', sa.Integer))", parents=("b1",))
    project.add("c1", "op.rename_table('t', 'right')", parents=("a1",))
    project.add("c2", "op.add_column('right', sa.Column('x', sa.Integer))", parents=("c1",))
    with pytest.raises(ReplayFailed):
        whole(project.ws)
    for id_ in ("a1", "b1", "b2", "c1", "c2"):
        assert shown(at(project.ws, id_).schema) == upgraded(project, id_), id_


def test_base_is_empty_though_a_timeline_begins_above_it(brownfield):
    (brownfield.versions / "a1.py").unlink()
    brownfield._newest = ()
    brownfield.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))", None)
    assert at(brownfield.ws, is_from_database=True).schema.is_empty


def test_a_later_kernel_runs_nothing(make, another):
    project = make()
    runs = counting(project)
    first = whole(project.ws)
    assert runs() == 1
    assert whole(project.ws) == first
    assert whole(another()) == first
    assert runs() == 1


def test_a_changed_file_is_replayed(make, another):
    project = make()
    runs = counting(project)
    project.add("b1", "pass")
    whole(project.ws)
    project._newest = ("a1",)
    project.add("b1", "op.create_table('u', sa.Column('id', sa.Integer))")
    for ws in (project.ws, another()):
        assert [table.name for table in at(ws, "b1").schema.tables] == ["t", "u"]
    assert runs() == 2


def test_a_changed_env_is_replayed(make, another):
    project = make()
    runs = counting(project)
    whole(project.ws)
    project.env_py.write_text(project.env_py.read_text() + "\n# another\n")
    whole(another())
    assert runs() == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 99}', "\x00\xff", '{"tables": 3}'])
def test_a_spoilt_cache_is_replayed(make, another, cache_folder, text):
    project = make()
    runs = counting(project)
    first = whole(project.ws)
    (kept,) = cache_folder.glob("*.json")
    kept.write_text(text)
    assert whole(another()) == first
    assert runs() == 2
    assert json.loads(kept.read_text())


def test_without_a_place_to_keep_it_everything_works(make, another, cache_folder):
    """A file stands where the folder would be: nothing can be read or written there, whoever runs the test."""
    project = make()
    runs = counting(project)
    cache_folder.write_text("in the way")
    assert whole(project.ws) == whole(another())
    assert runs() == 2


def test_what_was_not_used_for_longest_goes_first(make, cache_folder, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 1)
    project = make()
    project.add("a1", CREATE)
    whole(project.ws)
    before = set(cache_folder.iterdir())
    project.add("b1", "pass")
    whole(project.ws)
    (kept,) = cache_folder.iterdir()
    assert kept not in before


def test_the_database_in_use_is_not_touched(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", CREATE)
    whole(project.ws)
    assert read(sqlite_url) == ((), ())


@pytest.fixture
def brownfield(make, database_url, run_sql):
    """A database with a table that no revision made, at the middle revision of three that all need it."""
    project = make(database_url)
    project.url = database_url
    project.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))", "op.drop_column('t', 'a')")
    project.add("b1", "op.add_column('t', sa.Column('b', sa.Integer))", "op.drop_column('t', 'b')")
    project.add("c1", "op.add_column('t', sa.Column('c', sa.Integer))", "op.drop_column('t', 'c')")
    run_sql(database_url, "CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1)")
    project.ws.upgrade("b1")
    return project


def test_a_history_that_needs_tables_starts_from_the_database(brownfield, run_sql):
    ws = brownfield.ws
    with pytest.raises(ReplayFailed, match="a1") as caught:
        whole(ws)
    assert "--from-database" in caught.value.hint
    before = read(brownfield.url)
    timeline = whole(ws, is_from_database=True)
    assert [entry.revision for entry in timeline.entries] == ["a1", "b1", "c1"]
    assert [change.path for entry in timeline.entries for change in entry.diff.changes] == [
        ("t", "columns", "a"),
        ("t", "columns", "b"),
        ("t", "columns", "c"),
    ]
    names = {
        id_: [column.name for column in at(ws, id_, is_from_database=True).schema.table("t").columns]
        for id_ in ("a1", "b1", "c1")
    }
    assert names == {"a1": ["id", "a"], "b1": ["id", "a", "b"], "c1": ["id", "a", "b", "c"]}
    assert [column.name for column in timeline.start.table("t").columns] == ["id"]
    assert read(brownfield.url) == before
    assert run_sql(brownfield.url, "SELECT version_num FROM alembic_version") == [("b1",)]


def test_a_file_that_raises_is_named_with_line_and_kind(make):
    project = make()
    project.add("a1", CREATE)
    path = project.add("b1", "x = 1\nraise ValueError('boom')", message="count")
    line = path.read_text().splitlines().index("    raise ValueError('boom')") + 1
    with pytest.raises(ReplayFailed) as caught:
        whole(project.ws)
    assert caught.value.message == (
        f"The history cannot be replayed: revision b1 (count) fails (b1.py, line {line}) on SQLite in memory: "
        "ValueError: boom"
    )
    assert caught.value.hint == f"mend b1.py, line {line}; %migrate why shows the whole traceback"


def test_starting_from_the_database_is_told_of_only_where_it_helps(brownfield):
    """Not where the revision that fails is yet to run, nor a second time."""
    ws = brownfield.ws
    with pytest.raises(ReplayFailed) as caught:
        at(ws, "c1")
    assert "--from-database" in caught.value.hint
    brownfield.add("d1", "raise ValueError('boom')")
    with pytest.raises(ReplayFailed, match=r"cannot be replayed: revision d1 .* fails \(d1\.py, line \d+\)") as caught:
        whole(ws, is_from_database=True)
    assert caught.value.hint.startswith("mend d1.py, line ")
    assert [column.name for column in at(ws, "c1", is_from_database=True).schema.table("t").columns][-1] == "c"
    known = ws.timelines.known(history_of(ws), like_of(ws), is_from_database=True)
    assert [entry.revision for entry in known.entries] == ["a1", "b1", "c1"]
    assert known.notes[0].startswith("Without d1 and what stands on it. ")


def test_an_empty_database_is_no_start(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))")
    for is_from_database in (False, True):
        with pytest.raises(ReplayFailed, match="a1") as caught:
            whole(project.ws, is_from_database=is_from_database)
        assert "--from-database" not in caught.value.hint
        assert "%migrate stamp head" in caught.value.hint


def test_what_is_older_than_the_timeline_is_not_known(brownfield):
    for path in ("a1", "b1"):
        (brownfield.versions / f"{path}.py").unlink()
    brownfield._newest = ()
    brownfield.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))", None)
    brownfield.add("b1", "op.add_column('t', sa.Column('b', sa.Integer))", None)
    with pytest.raises(ReplayFailed, match=r"at a1 is not known\. Older than b1 is not known: ") as caught:
        at(brownfield.ws, "a1", is_from_database=True)
    assert caught.value.hint == "b1 is the oldest that is known from here"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_on_a_server_what_is_below_a_failing_revision_is_known(make, request, kind):
    project = make(request.getfixturevalue(f"{kind}_url"))
    project.add("a1", CREATE)
    project.add("b1", "op.add_column('t', sa.Column('left', sa.Integer))", parents=("a1",))
    project.add("c1", "op.drop_table('nowhere')", parents=("a1",))
    project.add("d1", "pass", parents=("b1", "c1"))
    ws = project.ws
    known = ws.timelines.known(history_of(ws), like_of(ws))
    assert [entry.revision for entry in known.entries] == ["a1", "b1"]
    assert len(known.notes) == 1


def test_where_no_way_leads_down_the_timeline_begins_above(brownfield):
    (brownfield.versions / "a1.py").unlink()
    brownfield._newest = ()
    brownfield.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))", None)
    timeline = whole(brownfield.ws, is_from_database=True)
    assert [entry.revision for entry in timeline.entries] == ["b1", "c1"]
    assert timeline.applied == ("a1",)
    (note,) = timeline.notes
    assert note.startswith("Older than a1 is not known: ")
    assert note.endswith("a1 has no downgrade().")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_on_a_server_it_is_what_that_server_makes(make, request, kind):
    url = request.getfixturevalue(f"{kind}_url")
    project = make(url)
    project.add("a1", CREATE)
    project.add("b1", "op.alter_column('t', 'name', new_column_name='title', existing_type=sa.String(20))")
    project.add("c1", "op.create_table('u', sa.Column('e', sa.Enum('x', 'y', name='e')))", parents=("a1",))
    schemas = {}
    for id_ in ("a1", "b1", "c1"):
        schemas[id_] = at(project.ws, id_)
    project.ws.upgrade("heads")
    assert not diff(at(project.ws, "b1", "c1").schema, live(project.ws))
    assert [column.name for column in schemas["b1"].schema.table("t").columns] == ["id", "title"]
    assert schemas["c1"].schema.table("t") == schemas["a1"].schema.table("t")
    assert "scratch database on" in schemas["a1"].place
