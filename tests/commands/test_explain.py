"""`explain`: operations in plain words, with SQL, locks and safer ways for each database."""

from __future__ import annotations

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import NotConnected, Refused, RevisionNotFound, UsageProblem
from tests.engine.making import Made

TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(20)))"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, "sqlite:///app.db")
    made.add("a1", TABLE, "op.drop_table('t')")
    yield made
    made.ws.close()


def only(result):
    return result.revisions[0].operations[0]


def test_each_operation_has_words_sql_and_facts_for_three_databases(project):
    project.add("b2", "op.add_column('t', sa.Column('m', sa.Integer))", "op.drop_column('t', 'm')")
    told = only(project.ws.explain("b2"))
    assert told.sentence == "Adds the column m (INTEGER) to t; it is NULL in rows that are there."
    assert dict.fromkeys(told.sql) == dict.fromkeys(["sqlite", "postgresql", "mariadb"])
    assert told.sql["postgresql"] == "ALTER TABLE t ADD COLUMN m INTEGER;"
    assert {name: facts.lock for name, facts in told.deeds[0].facts.items()} == {
        "sqlite": "the whole file",
        "postgresql": "ACCESS EXCLUSIVE",
        "mariadb": "NONE",
    }
    assert told.deeds[0].undone == "yes"


def test_the_way_back_is_explained_with_what_is_lost(project):
    project.add("b2", "op.add_column('t', sa.Column('m', sa.Integer))", "op.drop_column('t', 'm')")
    told = only(project.ws.explain("b2", downgrade=True))
    assert told.sentence == "Drops the column m of t with all its values."
    assert told.deeds[0].undone == "no"


def test_only_the_databases_asked_for_are_told(project):
    told = only(project.ws.explain("a1", dialect=("postgres", "mysql")))
    assert list(told.sql) == ["postgresql", "mariadb"]


def test_a_batch_shows_how_sqlite_builds_the_table_anew(project):
    project.add("b2", "with op.batch_alter_table('t') as b:\n    b.alter_column('n', nullable=False)", "pass")
    told = only(project.ws.explain("b2"))
    assert "CREATE TABLE _alembic_tmp_t" in told.sql["sqlite"]
    assert told.sql["postgresql"] == "ALTER TABLE t ALTER COLUMN n SET NOT NULL;"
    batch, nullable = told.deeds
    assert batch.facts["sqlite"].rewrites
    assert list(nullable.facts) == ["postgresql", "mariadb"]


def test_what_sqlite_cannot_do_alone_is_shown_as_a_batch(project):
    """Also where an operation before it in the revision has changed the table."""
    body = "op.add_column('t', sa.Column('m', sa.Integer))\nop.create_unique_constraint('uq', 't', ['m'])"
    project.add("b2", body, "pass")
    told = project.ws.explain("b2").revisions[0].operations[1]
    assert "m INTEGER" in told.sql["sqlite"]
    assert "CONSTRAINT uq UNIQUE (m)" in told.sql["sqlite"]
    assert "it takes a batch" in told.deeds[0].facts["sqlite"].why


def test_a_longer_varchar_is_known_by_the_table_as_it_was(project):
    project.add("b2", "op.alter_column('t', 'n', type_=sa.String(40))", "pass")
    deed = only(project.ws.explain("b2")).deeds[0]
    assert deed.does == "Changes the type of t.n from VARCHAR(20) to VARCHAR(40)."
    assert deed.facts["postgresql"].rewrites is False


def test_not_null_behind_a_check_of_the_same_revision_reads_no_row(project):
    body = "op.create_check_constraint('c', 't', 'n IS NOT NULL')\nop.alter_column('t', 'n', nullable=False)"
    project.add("b2", body, "pass")
    told = project.ws.explain("b2").revisions[0].operations[1]
    assert told.deeds[0].facts["postgresql"].scans is False


def test_what_an_operation_before_it_has_locked_is_still_locked(project):
    """All of a revision is one transaction on PostgreSQL: readers wait for the UPDATE of every row, too."""
    body = "op.add_column('t', sa.Column('m', sa.Integer))\nop.execute('UPDATE t SET m = 1')\nop.execute('UPDATE u SET m = 1')"
    project.add("b2", body, "pass")
    _add, update, other = project.ws.explain("b2").revisions[0].operations
    facts = update.deeds[0].facts["postgresql"]
    assert (facts.lock, facts.waits) == ("ROW EXCLUSIVE", "Everybody waits, readers too.")
    assert facts.held == other.deeds[0].facts["postgresql"].held == "ACCESS EXCLUSIVE on t (operation 1)"
    assert not update.deeds[0].facts["mariadb"].held
    assert "Still held: ACCESS EXCLUSIVE on t (operation 1)." in " ".join(
        str(project.ws.explain("b2", dialect=("postgresql",))).split()
    )


def test_a_key_that_comes_with_a_column_stands_under_the_columns_lock(project):
    project.add("b2", "op.add_column('t', sa.Column('m', sa.Integer, sa.ForeignKey('u.id')))", "pass")
    facts = only(project.ws.explain("b2")).deeds[1].facts["postgresql"]
    assert facts.waits == "Everybody waits, readers too."
    assert facts.held == "ACCESS EXCLUSIVE on t (this operation)"


@pytest.mark.parametrize(
    "between", ["with op.get_context().autocommit_block():\n    op.execute('VACUUM')", "op.execute('COMMIT')"]
)
def test_the_end_of_a_transaction_lets_go(project, between):
    body = f"op.add_column('t', sa.Column('m', sa.Integer))\n{between}\nop.execute('UPDATE t SET m = 1')"
    project.add("b2", body, "pass")
    facts = project.ws.explain("b2").revisions[0].operations[-1].deeds[0].facts["postgresql"]
    assert (facts.waits, facts.held) == ("Nobody waits but those who change the same rows.", "")


def test_a_table_of_the_same_revision_keeps_nobody_waiting(project):
    body = "op.create_table('v', sa.Column('a', sa.Integer))\nop.add_column('v', sa.Column('m', sa.Integer))"
    body += "\nop.execute('UPDATE v SET m = 1')"
    project.add("b2", body, "pass")
    assert not project.ws.explain("b2").revisions[0].operations[-1].deeds[0].facts["postgresql"].held


@pytest.mark.parametrize(
    "block, lasts", [(True, "while all rows are read twice"), (False, "it fails: CONCURRENTLY cannot run inside")]
)
def test_an_index_concurrently_wants_an_autocommit_block(project, block, lasts):
    line = "op.create_index('i', 't', ['n'], postgresql_concurrently=True)"
    project.add("b2", f"with op.get_context().autocommit_block():\n    {line}" if block else line, "pass")
    assert only(project.ws.explain("b2")).deeds[0].facts["postgresql"].lasts.startswith(lasts)


def test_a_revision_that_reads_is_heard_so_far_and_read_from_there(project):
    body = (
        "op.add_column('t', sa.Column('m', sa.Integer))\n"
        "if op.get_bind().execute(sa.text('SELECT 1')).scalar():\n"
        "    op.drop_column('t', 'n')"
    )
    project.add("b2", body, "pass")
    one = project.ws.explain("b2").revisions[0]
    assert [(each.kind, each.target, each.is_certain) for each in one.operations] == [
        ("add_column", "t.m", True),
        ("execute", "", True),
        ("drop_column", "t.n", False),
    ]
    assert one.operations[2].sentence == "Drops the column n of t with all its values."
    assert "reads from the database" in one.notes[0]


def test_a_revision_that_takes_another_path_elsewhere_says_so(project):
    body = "if op.get_bind().dialect.name == 'postgresql':\n    op.execute('VACUUM')"
    project.add("b2", body, "pass")
    assert project.ws.explain("b2").revisions[0].notes == (
        "It takes another path on postgresql: %migrate explain --dialect postgresql tells.",
    )
    assert only(project.ws.explain("b2", dialect=("postgresql",))).sentence == "Runs SQL: VACUUM"


def test_a_revision_that_cannot_be_imported_is_read(project):
    path = project.add("b2", "op.drop_table('t')", "pass")
    path.write_text(path.read_text() + "\nimport no_such_module\n")
    one = project.ws.explain("b2").revisions[0]
    assert [each.sentence for each in one.operations] == ["Drops the table t with all its rows."]
    assert "no_such_module" in one.notes[0]


def test_an_operation_can_be_typed(project):
    told = project.ws.run("""explain "op.create_index('i', 't', ['n'], unique=True)" --dialect mariadb""")
    assert only(told).sentence == "Builds the unique index i on t (n): no value may be there twice."
    assert only(told).sql == {"mariadb": "CREATE UNIQUE INDEX i ON t (n);"}


def test_a_typed_operation_needs_no_project_and_no_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert only(Workspace().explain("op.drop_table('t')")).deeds[0].undone == "no"


@pytest.mark.parametrize("text", ["op.no_such_thing('t')", "op.add_column(", "print('x')", "open_sesame()"])
def test_what_is_no_operation_is_refused_with_an_example(project, text, capsys):
    with pytest.raises(UsageProblem, match="This is no operation: ") as error:
        project.ws.explain(text)
    assert "op.add_column" in error.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch pwned')",
        "op.execute(__import__('os').system('touch pwned'))",
        "op.execute(open('pwned', 'w').write('x'))",
        "op.execute(sa.util.langhelpers.sys.modules['os'].system('touch pwned'))",
        "op.execute((lambda: 1)())",
        "op.execute(sa.create_engine('sqlite:///pwned').connect())",
        "op.execute(sa.text.__globals__)",
        "op.execute(f'{sa}')",
        "op.execute(9 ** 9)",
        "op.get_bind().execute('x')",
        "op.run_async(sa.text)",
        "import os; op.execute('x')",
        "with open('pwned', 'w') as op: op.execute('x')",
    ],
)
def test_nothing_but_operations_is_run(project, text, tmp_path):
    """It is parsed first: no other code runs, and no file comes to be."""
    with pytest.raises(UsageProblem, match="This is no operation: "):
        project.ws.explain(text)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "text",
    [
        "op.add_column('t', sa.Column('a', sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False))",
        "op.create_index(op.f('ix'), 't', [sa.text('lower(a)')], postgresql_where=sa.column('a') > -1)",
        "op.add_column('t', sa.Column('a', postgresql.ARRAY(sa.types.Text)))",
        "op.execute(sa.table('t', sa.column('a')).update().values(a=1))",
        "op.create_check_constraint('c', 't', sa.and_(sa.column('a') > 1, ~sa.column('b')))",
        "with op.batch_alter_table('t') as batch: batch.drop_column('a')",
        "with op.get_context().autocommit_block(): op.execute('VACUUM')",
    ],
)
def test_operations_are_taken_as_a_revision_has_them(project, text):
    assert only(project.ws.explain(text)).sentence


def test_rows_of_columns_without_types_have_sql(project):
    rows = "[{'a': 1, 'b': None, 'c': 'x'}] * 2"
    told = only(
        project.ws.explain(f"op.bulk_insert(sa.table('t', sa.column('a'), sa.column('b'), sa.column('c')), {rows})")
    )
    assert not told.problems
    assert "INSERT INTO t (a, b, c) VALUES (1, NULL, 'x');" in told.sql["postgresql"]


def test_a_range_is_explained_in_the_order_it_runs(project):
    project.add("b2", "op.add_column('t', sa.Column('m', sa.Integer))", "pass")
    project.add("c3", "op.drop_column('t', 'm')", "pass")
    assert [one.revision.id for one in project.ws.explain("a1:c3").revisions] == ["b2", "c3"]
    assert [one.revision.id for one in project.ws.explain("base:b2").revisions] == ["a1", "b2"]
    with pytest.raises(UsageProblem, match="c3:c3 has no revision after c3"):
        project.ws.explain("c3:c3")


def test_base_is_no_revision(project):
    with pytest.raises(UsageProblem, match="base is the state before the first revision"):
        project.ws.explain("base")


def test_an_indexed_unique_column_gets_a_unique_index(project):
    told = only(project.ws.explain("op.add_column('t', sa.Column('m', sa.Integer, unique=True, index=True))"))
    assert [deed.kind for deed in told.deeds] == ["add_column", "create_index"]
    assert told.deeds[1].does.startswith("Builds the unique index")
    assert "CREATE UNIQUE INDEX" in told.sql["postgresql"]


@pytest.mark.parametrize(
    "text, code",
    [
        ("op.add_column('t', sa.Column('a', sa.Integer), schema='app')", "op.drop_column('t', 'a', schema='app')"),
        ("op.drop_column('t', 'a', schema='app')", "op.drop_column('t', 'a', schema='app')"),
        ("op.alter_column('t', 'a', nullable=False, schema='app')", "nullable=False, schema='app')"),
        (
            "op.create_foreign_key('fk', 't', 'u', ['a'], ['b'], source_schema='app', referent_schema='other')",
            "('fk', 't', 'u', [...], [...], postgresql_not_valid=True, source_schema='app', referent_schema='other')",
        ),
        ("op.create_unique_constraint('uq', 't', ['a'])", "op.drop_constraint('uq', 't', type_=\"unique\")"),
    ],
)
def test_code_to_paste_names_the_schema_as_alembic_wants_it(project, text, code):
    deed = only(project.ws.explain(text)).deeds[0]
    assert code in deed.undoing + deed.facts["postgresql"].safe


def test_unknown_names_are_refused(project):
    with pytest.raises(RevisionNotFound):
        project.ws.explain("zz")
    with pytest.raises(UsageProblem, match="Nothing is known of 'oracle' here"):
        project.ws.explain("a1", dialect=("oracle",))


def test_explaining_runs_nothing_and_writes_nothing(project, tmp_path):
    project.add("b2", "op.execute('DROP TABLE t')", "pass")
    project.ws.upgrade("a1")
    before = (tmp_path / "app.db").read_bytes()
    assert only(project.ws.explain("b2")).sentence == "Changes t by SQL: DROP TABLE t"
    assert (tmp_path / "app.db").read_bytes() == before


def test_names_that_look_like_anything_are_told_as_they_are(project):
    project.add("b2", """op.drop_column('we"ird {0} %s', 'a.b')""", "pass")
    told = only(project.ws.explain("b2"))
    assert told.sentence == """Drops the column a.b of we"ird {0} %s with all its values."""
    assert "%s" in str(project.ws.explain("b2"))


def test_every_revision_of_the_playground_is_told_on_each_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.demo()
    for revision in ws.history().revisions:
        told = ws.explain(revision.id)
        assert told.revisions[0].notes == ()
        for operation in told.revisions[0].operations:
            assert operation.sentence
            assert not operation.problems
            assert {*operation.sql} == {"sqlite", "postgresql", "mariadb"}
    ws.close()


@pytest.fixture
def connected(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, database_url)
    made.add("a1", TABLE, "op.drop_table('t')")
    made.add("b2", "op.create_index('i', 't', ['n'])\nop.add_column('t', sa.Column('m', sa.Integer))", "pass")
    yield made
    made.ws.close()


def test_a_lock_is_shown_for_real_on_a_copy_at_the_revisions_own_place(connected):
    """The strongest lock of the revision, on a schema as the history makes it: the database itself is empty all the while."""
    ws = connected.ws
    result = ws.explain("b2", demonstrate=True)
    shown = result.demonstration
    assert shown.operation == "op.add_column t.m" if ws.database.family == "postgresql" else shown.operation
    assert any(moment.is_waiting for moment in shown.moments)
    assert shown.said in str(result).replace("\n", " ")
    assert ws.schema("db").schema.is_empty
    ws.upgrade("head")
    assert ws.explain("b2", demonstrate=True).demonstration.moments


def test_a_typed_operation_is_shown_on_the_schema_of_the_database(connected):
    ws = connected.ws
    ws.upgrade("a1")
    shown = ws.explain("op.create_unique_constraint('u', 't', ['n'])", demonstrate=True).demonstration
    assert any(moment.is_waiting for moment in shown.moments)


def test_a_demonstration_that_cannot_be_is_refused(connected):
    ws = connected.ws
    with pytest.raises(Refused, match="it locks no table that is there"):
        ws.explain("a1", demonstrate=True)
    with pytest.raises(Refused, match="fails on the copy"):
        ws.explain("op.drop_column('nowhere', 'n')", demonstrate=True)


def test_a_demonstration_needs_a_connection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotConnected):
        Workspace().explain("op.drop_column('t', 'n')", demonstrate=True)
