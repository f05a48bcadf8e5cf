"""`revision --autogenerate`: files, cells, messages, questions."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.operations import ops

from migration_magics.commands.api import Workspace
from migration_magics.errors import AuthoringProblem, NoModels, NotConnected, QuestionsOpen, UsageProblem
from tests.support.cli import alembic

HEAD = "import sqlalchemy as sa\nfrom sqlalchemy import Column as C\nmetadata = sa.MetaData()\n"
ONE = "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), C('name', sa.String(40), nullable=False))\n"
TWO = (
    "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), C('title', sa.String(40), nullable=False),\n"
    "    C('runtime_ms', sa.Integer))\n"
)


OPEN = """\
One question is open: only you know whether this is a rename or a loss. Nothing was written.
  evaluations.name is dropped, and 3 values with it.
    values: name 1, name 2, name 3
    all fit VARCHAR(40)
    --rename evaluations.name=title    it is title now (same type VARCHAR(40); same nullability and default; same place in the table)
    --drop evaluations.name    drop it: 3 values lost
  Hint: %migrate revision --autogenerate -m auto --rename evaluations.name=title"""  # noqa: E501 - as it is shown


class Notebook:
    """A project whose models lie beside its env.py, and a workspace on it."""

    def __init__(self, url):
        self.url = url
        self.ws = Workspace()
        self.ws.init("migrations")
        self.ws.connect(url, name="app")
        env = Path("migrations/env.py")
        text = env.read_text().replace(
            "target_metadata = None",
            "exec(__import__('pathlib').Path('tables.py').read_text())\ntarget_metadata = metadata",
        )
        env.write_text(text)

    def models(self, text):
        Path("tables.py").write_text(HEAD + text)

    def autogenerate(self, message="a day", **options):
        return self.ws.revision(message=message, autogenerate=True, **options)

    def day_one(self, rows=3):
        self.models(ONE)
        self.autogenerate("first")
        self.ws.upgrade("head")
        with self.ws.database.engine.begin() as connection:
            for number in range(1, rows + 1):
                connection.exec_driver_sql(f"INSERT INTO evaluations (id, name) VALUES ({number}, 'name {number}')")

    def query(self, sql):
        with self.ws.database.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


@pytest.fixture
def notebook(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(database_url)
    yield made
    made.ws.close()


@pytest.fixture
def sqlite(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(sqlite_url)
    yield made
    made.ws.close()


def files():
    return sorted(path.name for path in Path("migrations/versions").glob("*.py"))


def test_the_story_of_a_rename(notebook):
    """Day 1, day 30: the question, the answer, and every value is still there, also on the way back."""
    notebook.day_one()
    notebook.models(TWO)
    with pytest.raises(QuestionsOpen) as caught:
        notebook.autogenerate()
    assert len(files()) == 1
    (question,) = caught.value.questions
    assert (question.path, question.evidence.count) == (("evaluations", "columns", "name"), 3)
    assert "--rename evaluations.name=title" in str(caught.value)
    assert "name 1, name 2, name 3" in str(caught.value)
    written = notebook.autogenerate("auto", rename=("evaluations.name=title",))
    assert "new_column_name='title'" in written.code
    assert "drop_column('evaluations', 'name')" not in written.code
    assert written.revision.message.startswith("rename name to title in evaluations")
    notebook.ws.upgrade("head")
    assert notebook.query("SELECT id, title FROM evaluations ORDER BY id") == [(n, f"name {n}") for n in (1, 2, 3)]
    assert notebook.autogenerate().revision is None
    notebook.ws.downgrade("-1", yes=True)
    assert notebook.query("SELECT id, name FROM evaluations ORDER BY id") == [(n, f"name {n}") for n in (1, 2, 3)]


def test_a_column_of_a_table_that_only_an_answer_renames_is_asked_next(sqlite):
    sqlite.day_one(rows=1)
    sqlite.models(TWO.replace("'evaluations'", "'runs'").replace("C('runtime_ms', sa.Integer)", ""))
    with pytest.raises(QuestionsOpen) as caught:
        sqlite.autogenerate(rename=("evaluations=runs",))
    (question,) = caught.value.questions
    assert (question.kind, question.path) == ("rename", ("evaluations", "columns", "name"))
    assert len(files()) == 1
    written = sqlite.autogenerate(rename=("evaluations=runs", *(question.options[0].command.split()[1:])))
    sqlite.ws.upgrade("head")
    assert sqlite.query("SELECT title FROM runs") == [("name 1",)]
    assert "drop_column" not in written.code.split("def downgrade")[0]


def test_the_hint_is_the_command_with_the_likely_answers(sqlite):
    sqlite.models(ONE.replace("C('name'", "C('first_name', sa.String(9)), C('name'"))
    sqlite.autogenerate("first")
    sqlite.ws.upgrade("head")
    with sqlite.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO evaluations (id, first_name, name) VALUES (1, 'a', 'b')")
    sqlite.models(ONE.replace("C('name'", "C('forename', sa.String(9)), C('title'"))
    with pytest.raises(QuestionsOpen) as caught:
        sqlite.autogenerate("what's new")
    written = sqlite.ws.run(caught.value.hint.removeprefix("%migrate "))
    assert written.revision.message == "what's new"
    assert "new_column_name='forename'" in written.code
    assert "new_column_name='title'" in written.code


def test_what_an_open_question_reads_like(sqlite):
    sqlite.day_one()
    sqlite.models(TWO)
    with pytest.raises(QuestionsOpen) as caught:
        sqlite.autogenerate("auto")
    assert str(caught.value).splitlines() == OPEN.splitlines()


def test_a_drop_is_an_answer_too(sqlite):
    sqlite.day_one()
    sqlite.models(TWO)
    code = sqlite.autogenerate(drop=("evaluations.name",)).code
    assert "drop_column('name')" in code
    assert "new_column_name" not in code


def test_nobody_asks_about_what_is_empty(sqlite):
    sqlite.day_one(rows=0)
    sqlite.models(TWO)
    assert sqlite.autogenerate().questions == ()


def test_the_models_may_say_it(sqlite):
    sqlite.day_one()
    hinted = TWO.replace("C('title', sa.String(40), ", "C('title', sa.String(40), info={'renamed_from': 'name'}, ")
    hinted = hinted.replace("'evaluations', metadata", "'evals', metadata, info={'renamed_from': 'evaluations'}", 1)
    sqlite.models(hinted.replace("metadata, info={'renamed_from': 'evaluations'}, ", "metadata, ").replace(
        "C('runtime_ms', sa.Integer))", "C('runtime_ms', sa.Integer), info={'renamed_from': 'evaluations'})"))  # fmt: skip
    code = sqlite.autogenerate().code
    assert "op.rename_table('evaluations', 'evals')" in code
    assert "new_column_name='title'" in code
    sqlite.ws.upgrade("head")
    assert sqlite.query("SELECT count(title) FROM evals") == [(3,)]


@pytest.mark.parametrize(
    "answers, words",
    [
        ({"rename": ("evaluations.title=name",)}, "title"),
        ({"rename": ("evaluations.name=id",)}, "already"),
        ({"rename": ("evaluations.name",)}, "new name"),
        ({"drop": ("evaluations.id",)}, "still there"),
        ({"rename": ("evaluations.name=title",), "drop": ("evaluations.name",)}, "both"),
    ],
)
def test_answers_to_what_nobody_asked(answers, words, sqlite):
    sqlite.day_one()
    sqlite.models(TWO)
    with pytest.raises(UsageProblem, match=words):
        sqlite.autogenerate(**answers)
    assert len(files()) == 1


def test_an_answer_where_nothing_differs(sqlite):
    sqlite.day_one()
    with pytest.raises(UsageProblem, match="Nothing differs"):
        sqlite.autogenerate(rename=("evaluations.name=title",))


def test_rows_that_stand_in_the_way_are_told(sqlite):
    sqlite.day_one()
    sqlite.models(ONE.replace("nullable=False)", "nullable=False), C('runtime_ms', sa.Integer, nullable=False)"))
    written = sqlite.autogenerate()
    assert [each.kind for each in written.questions] == ["not null"]
    assert "3 rows need a value" in str(written)
    assert "op.execute" in written.questions[0].remedy
    assert written.next_command == f"%migrate edit {written.revision.id}"
    with pytest.raises(AuthoringProblem) as caught:
        sqlite.autogenerate()
    assert caught.value.hint == f"%migrate upgrade head, or where that fails %migrate edit {written.revision.id}"


def test_what_is_written_asks_for_no_answer_any_more(sqlite):
    sqlite.day_one()
    sqlite.models("sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True))\n")
    written = sqlite.autogenerate()
    assert [each.kind for each in written.questions] == ["drop"]
    assert "--drop" not in str(written)


@pytest.mark.parametrize("one, other", [("DateTime", "Date"), ("Date", "DateTime")])
def test_sqlite_makes_no_number_of_a_date(one, other, sqlite):
    """What CAST does to a date is said, in one place, and the code offered keeps the day."""
    table = "sa.Table('t', metadata, C('id', sa.Integer, primary_key=True), C('a', sa.{}, index=True))\n"
    sqlite.models(table.format(one))
    sqlite.autogenerate("first")
    sqlite.ws.upgrade("head")
    with sqlite.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, '2024-01-02 03:04:05'), (2, NULL)")
    sqlite.models(table.format(other))
    written = sqlite.autogenerate("another type")
    (question,) = written.questions
    assert (question.kind, question.evidence.count) == ("narrowing", 1)
    assert str(written).count(f"does not fit {other.upper()}") == 2  # the question, and the title of its code
    path = Path(written.path)
    start, rest = path.read_text().split("def upgrade() -> None:")
    code = question.remedy.replace("\n", "\n    ")
    path.write_text(f"{start}def upgrade() -> None:\n    {code}\n\n\ndef downgrade(){rest.split('def downgrade()')[1]}")
    sqlite.ws.upgrade("head")
    assert [str(row[0])[:10] for row in sqlite.query("SELECT a FROM t ORDER BY id")] == ["2024-01-02", "None"]
    assert sqlite.autogenerate().revision is None


def test_an_enum_value_in_use_is_asked_about(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(postgresql_url)
    table = "sa.Table('t', metadata, C('id', sa.Integer, primary_key=True), C('s', sa.Enum({}, name='st')))\n"
    made.models(table.format("'a', 'b', 'c'"))
    made.autogenerate("first")
    made.ws.upgrade("head")
    made.models(table.format("'a', 'b'"))
    assert made.autogenerate("empty", cell=True).questions == ()
    with made.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'c')")
    written = made.autogenerate("less")
    assert [each.sentence for each in written.questions] == ["st loses 'c', which 1 row has."]
    assert written.next_command == f"%migrate edit {written.revision.id}"
    made.ws.close()


def test_nothing_to_do_writes_nothing(sqlite):
    sqlite.day_one()
    done = sqlite.autogenerate()
    assert (done.revision, done.code, bool(done.diff)) == (None, "", False)
    assert "No changes" in str(done)
    assert done.records() == []
    assert len(files()) == 1


def test_env_py_may_drop_the_revision(sqlite):
    env = Path("migrations/env.py")
    env.write_text(env.read_text().replace("target_metadata=target_metadata", "target_metadata=target_metadata, "
                   "process_revision_directives=lambda context, revision, directives: directives.clear()"))  # fmt: skip
    sqlite.models(ONE)
    done = sqlite.autogenerate()
    assert done.revision is None
    assert "dropped the revision" in str(done)
    assert files() == []


def test_a_database_behind_is_refused(sqlite):
    sqlite.models(ONE)
    sqlite.autogenerate()
    with pytest.raises(AuthoringProblem, match="1 revision behind") as caught:
        sqlite.autogenerate()
    assert caught.value.hint.startswith("%migrate upgrade head, or where that fails %migrate edit ")
    assert len(files()) == 1


def test_check_compares_a_database_behind_all_the_same(sqlite):
    sqlite.models(ONE)
    sqlite.autogenerate()
    assert [change.kind for change in sqlite.ws.check().models_vs_database.changes] == ["add"]


def test_a_cell_is_not_written(sqlite):
    sqlite.models(ONE)
    shown = sqlite.autogenerate("create evaluations", cell=True)
    assert shown.is_dry_run
    assert files() == []
    first, _, body = shown.cell.partition("\n")
    assert first == "%%revision -m 'create evaluations'"
    written = sqlite.ws.revision(body, message="create evaluations")
    assert "op.create_table('evaluations'" in written.code
    sqlite.ws.upgrade("head")
    assert sqlite.autogenerate().revision is None


def test_batches_are_sqlites_default_and_env_py_has_the_last_word(sqlite):
    sqlite.day_one(rows=0)
    sqlite.models(ONE.replace("String(40)", "String(80)"))
    shown = sqlite.autogenerate(cell=True)
    assert "batch_alter_table" in shown.code
    assert any("batches" in note for note in shown.notes)
    env = Path("migrations/env.py")
    env.write_text(
        env.read_text().replace(
            "target_metadata=target_metadata", "target_metadata=target_metadata, render_as_batch=False"
        )
    )
    shown = sqlite.autogenerate(cell=True)
    assert "batch_alter_table" not in shown.code
    assert not any("batches" in note for note in shown.notes)


@pytest.mark.parametrize("message", ["update", "WIP"])
def test_a_message_that_says_nothing_gets_a_better_one(message, sqlite):
    sqlite.models(ONE)
    written = sqlite.autogenerate(message)
    assert written.revision.message == message
    assert "create evaluations" in str(written)


def test_auto_is_a_message_made_of_the_change(sqlite):
    sqlite.models(ONE)
    written = sqlite.autogenerate("auto", rev_id="a1")
    assert written.path.endswith("a1_create_evaluations.py")
    assert "create evaluations" in alembic(Path.cwd(), "heads", "-v")


def test_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook = Notebook("sqlite://")
    notebook.day_one()
    notebook.models(TWO)
    assert "new_column_name" in notebook.autogenerate(rename=("evaluations.name=title",)).code
    notebook.ws.close()


def test_without_models_or_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.init("migrations")
    with pytest.raises(NotConnected):
        ws.revision(message="x", autogenerate=True)
    ws.connect("sqlite:///app.db")
    with pytest.raises(NoModels):
        ws.revision(message="x", autogenerate=True)
    ws.close()


@pytest.mark.parametrize("options", [{"cell": True}, {"models": "m"}, {"rename": ("a.b=c",)}, {"drop": ("a.b",)}])
def test_options_that_need_autogenerate(options, sqlite):
    with pytest.raises(UsageProblem, match="autogenerate"):
        sqlite.ws.revision(message="x", **options)


def test_models_by_name(sqlite, monkeypatch):
    Path("own_tables.py").write_text(HEAD + ONE)
    Path("tables.py").write_text(HEAD)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    written = sqlite.autogenerate(models="own_tables:metadata")
    sys.modules.pop("own_tables", None)
    assert "create_table('evaluations'" in written.code
    assert any("own_tables" in note for note in written.notes)


def test_hostile_names_and_values(sqlite):
    name = "a \"b\" % 'c'"
    sqlite.models(f"sa.Table({name!r}, metadata, C('id', sa.Integer, primary_key=True), C({name!r}, sa.String(40)))\n")
    sqlite.autogenerate("auto")
    sqlite.ws.upgrade("head")
    with sqlite.ws.database.engine.begin() as connection:
        quoted = '"' + name.replace('"', '""') + '"'
        connection.exec_driver_sql(f"INSERT INTO {quoted} VALUES (1, '<script>')")
    sqlite.models(f"sa.Table({name!r}, metadata, C('id', sa.Integer, primary_key=True), C('plain', sa.String(40)))\n")
    with pytest.raises(QuestionsOpen) as caught:
        sqlite.autogenerate()
    assert caught.value.questions[0].evidence.samples == ("<script>",)


TWO_DATABASES = """
import sqlalchemy as sa
one, two = sa.MetaData(), sa.MetaData()
sa.Table("a", one, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("b", two, sa.Column("id", sa.Integer, primary_key=True))
target_metadata = {"engine1": one, "engine2": two}
"""


def test_several_databases_are_written_as_alembic_writes_them(tmp_path, monkeypatch):
    """The multidb template's own functions per engine, byte for byte but for the date."""
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.init("migrations", template="multidb")
    ini, env = Path("alembic.ini"), Path("migrations/env.py")
    text = ini.read_text().replace("driver://user:pass@localhost/dbname2", "sqlite:///two.db")
    ini.write_text(text.replace("driver://user:pass@localhost/dbname", "sqlite:///one.db"))
    source = env.read_text()
    (line,) = [each for each in source.splitlines() if each.startswith("target_metadata") and each.endswith("{}")]
    env.write_text(source.replace(line, TWO_DATABASES))
    ws.connect("sqlite:///one.db")
    written = ws.revision(message="two", autogenerate=True, rev_id="r1")
    assert "op.create_table('b'" in written.code
    Path(written.path).unlink()
    alembic(tmp_path, "revision", "--autogenerate", "-m", "two", "--rev-id", "r1")
    theirs = Path(written.path).read_text()
    assert [
        each for each in zip(theirs.splitlines(), written.code.splitlines(), strict=True) if each[0] != each[1]
    ] == [each for each in zip(theirs.splitlines(), written.code.splitlines(), strict=True) if "Create Date" in each[0]]
    ws.close()


def test_what_another_file_imported_is_not_in_this_one(sqlite):
    """Alembic shares one set of imports among all files of a process, into which hooks put theirs."""
    shared = inspect.signature(ops.MigrationScript).parameters["imports"].default
    shared.add("import colorsys")
    try:
        sqlite.models(CHECKED)
        assert "colorsys" not in sqlite.autogenerate("first").code
    finally:
        shared.discard("import colorsys")


CHECKED = "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), sa.CheckConstraint('id > 0', name='ck_id'))\n"
VIEWED = CHECKED + "metadata.info['views'] = {'ids': 'SELECT id FROM evaluations'}\n"


@pytest.mark.parametrize("is_on", [True, False])
def test_the_setting_decides_what_is_compared_also_in_a_check(is_on, sqlite):
    sqlite.models(CHECKED.replace(", sa.CheckConstraint('id > 0', name='ck_id')", ""))
    sqlite.autogenerate("first")
    sqlite.ws.upgrade("head")
    sqlite.models(VIEWED)
    sqlite.ws.settings = replace(sqlite.ws.settings, extra_comparators=is_on)
    checked = sqlite.ws.check()
    assert bool(checked.models_vs_database) is is_on
    assert (sqlite.autogenerate("second").revision is not None) is is_on
    if is_on:
        sqlite.ws.upgrade("head")
        checked = sqlite.ws.check()
        assert checked.clean
        assert not any("CHECK" in each or "primary" in each for each in checked.not_with_models)
        assert sqlite.query("SELECT id FROM ids") == []
