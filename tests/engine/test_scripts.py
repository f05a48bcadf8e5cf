"""Reading revision files: as Alembic reads them, without importing them, and never twice."""

import os
import shutil
import sys
import warnings
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings

from migration_magics.engine.host.revision_map import script_directory
from migration_magics.engine.scripts import ScriptReader, read_revision
from migration_magics.errors import DuplicateRevision, ParentMissing, RevisionCycle, RevisionFileBroken
from migration_magics.model.graph import Graph
from tests.strategies import revision_lists

PROJECTS = Path(__file__).parents[1] / "projects"
READABLE = (
    "branched", "computed", "empty", "labelled", "linear", "merged", "recursive", "several_locations", "unusual",
)  # fmt: skip


def stock_directory(project: Path) -> ScriptDirectory:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about settings, which are as their authors left them
        return ScriptDirectory.from_config(Config(project / "alembic.ini"))


def read(project: Path, reader: ScriptReader | None = None) -> Graph:
    """Read a project as its configuration says."""
    stock = stock_directory(project)
    return (reader or ScriptReader()).read(
        stock._version_locations, recursive=stock.recursive_version_locations, sourceless=stock.sourceless
    )


def never(path):
    pytest.fail(f"{path} was imported")


def assert_equal_to_alembic(graph: Graph, stock: ScriptDirectory) -> None:
    scripts = {id_: stock.get_revision(id_) for id_ in graph.revisions}
    walked = [script.revision for script in stock.walk_revisions()]
    assert set(walked) == set(graph.revisions)
    for id_, script in scripts.items():
        revision = graph[id_]
        assert revision.parents == script._versioned_down_revisions
        assert revision.depends_on == tuple(stock_names(script.dependencies))
        assert revision.labels == tuple(script._orig_branch_labels)
        assert set(graph.labels_of(id_)) == script.branch_labels
        assert (revision.message, revision.doc, revision.path) == (script.doc, script.longdoc, script.path)
        assert set(graph.children(id_)) == script.nextrev
        assert set(graph.requires(id_)) == set(script._resolved_dependencies)
        assert (id_ in graph.branch_points, id_ in graph.merges) == (script.is_branch_point, script.is_merge_point)
        if revision.has_downgrade is not None:
            assert hasattr(script.module, "downgrade") or not revision.has_downgrade
    assert sorted(graph.heads) == sorted(stock.get_heads())
    assert sorted(graph.effective_heads) == sorted(stock.get_heads(consider_depends_on=True))
    assert sorted(graph.bases) == sorted(stock.get_bases())


def stock_names(names):
    return () if names is None else (names,) if isinstance(names, str) else names


@pytest.mark.parametrize("name", READABLE)
def test_a_project_reads_as_alembic_reads_it(name):
    assert_equal_to_alembic(read(PROJECTS / name), stock_directory(PROJECTS / name))


@pytest.mark.parametrize("name", READABLE)
def test_a_script_directory_over_the_graph_answers_as_alembics_own(name):
    """Down to the text of `alembic history --verbose`, labels and branches aside, which Alembic lists in any order."""
    stock = stock_directory(PROJECTS / name)
    ours = script_directory(Config(PROJECTS / name / "alembic.ini"), read(PROJECTS / name), never)
    assert [str(script) for script in ours.walk_revisions()] == [str(script) for script in stock.walk_revisions()]
    assert ours.get_heads() == stock.get_heads()
    assert ours.get_bases() == stock.get_bases()
    for mine, theirs in zip(ours.walk_revisions(), stock.walk_revisions(), strict=True):
        assert sorted(mine.log_entry) == sorted(theirs.log_entry)


@pytest.mark.parametrize("name", [name for name in READABLE if name != "computed"])
def test_no_module_is_imported_where_the_text_tells(name):
    read(PROJECTS / name, ScriptReader(never))


def test_what_only_running_tells_is_run_aside(capfd):
    """No module of the project in `sys.modules`, `sys.path` as before, nothing printed."""
    modules, path = set(sys.modules), list(sys.path)
    graph = read(PROJECTS / "computed")
    assert sorted(graph.revisions) == ["0123456789", *(f"aaaa000{n}" for n in (1, 2, 3, 5, 6, 7, 8))]
    assert graph["aaaa0007"].message == "Computed Docstring Here"
    assert (path, capfd.readouterr()) == (sys.path, ("", ""))
    assert not {
        name for name in set(sys.modules) - modules if str(PROJECTS) in str(getattr(sys.modules[name], "__file__", ""))
    }


def revision_text(revision):
    def literal(names):
        return repr(names or None)

    return f'''"""{revision.message}

Revision ID: {revision.id}
"""
revision = {revision.id!r}
down_revision = {literal(revision.parents)}
branch_labels = {literal(revision.labels)}
depends_on = {literal(revision.depends_on)}


def upgrade():
    pass


def downgrade():
    pass
'''


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(revision_lists())
def test_any_history_reads_as_alembic_reads_it(tmp_path, revisions):
    shutil.rmtree(tmp_path / "versions", ignore_errors=True)
    (tmp_path / "versions").mkdir()
    for revision in revisions:
        (tmp_path / "versions" / f"{revision.id.replace('.', '_')}_x.py").write_text(revision_text(revision))
    graph = ScriptReader(never).read([tmp_path / "versions"])
    assert_equal_to_alembic(graph, ScriptDirectory(tmp_path))


def test_the_order_of_reading_is_alembics():
    for name in ("several_locations", "recursive", "unusual"):
        assert (
            list(read(PROJECTS / name).revisions)
            == list(stock_directory(PROJECTS / name).revision_map._revision_map)[: len(read(PROJECTS / name))]
        )


# -- what a file says ----------------------------------------------------------------------------------------------


def one_file(folder, text, name="one.py"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2024-01-02 03:04:05.678901", "2024-01-02T03:04:05.678901"),
        ("2024-01-02 03:04:05.6", "2024-01-02T03:04:05.600000"),
        ("2024-01-02T03:04:05", "2024-01-02T03:04:05"),
        ("2024-01-02 03:04", "2024-01-02T03:04:00"),
        ("2024-01-02", "2024-01-02T00:00:00"),
        ("2024-01-02 03:04:05+02:00", "2024-01-02T03:04:05+02:00"),
        ("2024-01-02 03:04:05.000001-0530", "2024-01-02T03:04:05.000001-05:30"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        ("2024-13-02 03:04:05", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_create_date_is_read_in_every_usual_form(tmp_path, text, expected):
    path = one_file(tmp_path, f'"""m\n\nCreate Date: {text}\n"""\nrevision = "a"\ndown_revision = None\n')
    created = read_revision(str(path)).created_at
    assert (created and created.isoformat()) == expected


@pytest.mark.parametrize(
    "ending, expected",
    [
        ("def downgrade():\n    pass\n", True),
        ("def downgrade() -> None:\n    op.drop_table('x')\n", True),
        ("async def downgrade():\n    pass\n", True),
        ("downgrade = upgrade\n", True),
        ("from os import remove as downgrade\n", True),
        ("", False),
        ("def downgrade():\n    raise NotImplementedError\n", False),
        ('def downgrade():\n    """No."""\n    raise RuntimeError("no")\n', False),
        ("def downgrade():\n    if True:\n        raise RuntimeError\n", True),
        ("downgrade = None\n", False),
        ("NOTE = '''\ndef downgrade():\n    pass\n'''\n", False),
        ('NOTE = """\ndef downgrade():\n    pass\n"""\n', False),
        ("# no downgrade\n", False),
        ("if upgrade:\n    def downgrade():\n        pass\n", None),
    ],
)
def test_whether_there_is_a_way_back_is_known_without_importing(tmp_path, ending, expected):
    path = one_file(tmp_path, f'"""m"""\nrevision = "a"\ndown_revision = None\n\ndef upgrade():\n    pass\n\n{ending}')
    assert read_revision(str(path), never).has_downgrade is expected


@pytest.mark.parametrize(
    "line",
    [
        "revision += 'b'",
        "del revision",
        "for revision in ('b',): pass",
        "with open(__file__) as revision: pass",
        "import string as revision",
        "import revision",
        "from string import *",
        "globals()['revision'] = 'b'",
        "exec('revision = 1')",
        "(revision := 'b')",
        "[revision] = ['b']",
        "try: pass\nexcept ValueError as revision: pass",
        "def revision(): pass",
        "class revision: pass",
        "match 1:\n    case revision: pass",
        "import sys; sys.modules[__name__].revision = 'b'",
        "def change():\n    global revision\n    revision = 'b'\nchange()",
    ],
)
@pytest.mark.parametrize("place", ["in the header", "at the end"])
def test_whatever_else_may_bind_a_name_is_left_to_python(tmp_path, line, place):
    """Each of these makes the text unsure, so that the file is imported: here by a stand-in that says so."""
    body = "\ndef upgrade():\n    pass\n"
    text = f'"""m"""\nrevision = "a"\ndown_revision = None\n{line}\n{body}'
    if place == "at the end":
        text = f'"""m"""\nrevision = "a"\ndown_revision = None\n{body}\n{line}\n'
    path = one_file(tmp_path, text)

    class WasImported(Exception):
        pass

    def load(_):
        raise WasImported

    with pytest.raises(WasImported):
        read_revision(str(path), load)


def test_the_digest_tells_whether_bytes_changed(tmp_path):
    first = read_revision(str(one_file(tmp_path, 'revision = "a"\ndown_revision = None\n')))
    again = read_revision(str(one_file(tmp_path, 'revision = "a"\ndown_revision = None\n')))
    other = read_revision(str(one_file(tmp_path, 'revision = "a"\ndown_revision = None\n#\n')))
    assert first.digest == again.digest != other.digest


# -- which files count, and remembering them -----------------------------------------------------------------------


@pytest.fixture
def linear(tmp_path):
    return Path(shutil.copytree(PROJECTS / "linear", tmp_path / "linear")) / "versions"


def test_an_unchanged_project_gives_the_same_graph_object(linear):
    reader = ScriptReader()
    assert reader.read([linear]) is reader.read([linear])


def test_a_changed_file_is_read_again_and_only_that(linear):
    reader = ScriptReader()
    before = reader.read([linear])
    changed = linear / "3c3d8a90_status.py"
    changed.write_text(changed.read_text().replace("add status", "ADD STATUS"))  # same size, maybe the same moment
    after = reader.read([linear])
    assert after["3c3d8a90"].message == "ADD STATUS"
    assert after["1a0c5d2e"] is before["1a0c5d2e"]


def test_files_that_come_and_go_are_noticed(linear):
    reader = ScriptReader()
    first = reader.read([linear])
    (linear / "new.py").write_text('revision = "4d4d"\ndown_revision = "3c3d8a90"\n')
    assert reader.read([linear]).heads == ("4d4d",)
    (linear / "new.py").unlink()
    assert reader.read([linear]) == first


def test_a_location_that_does_not_exist_is_empty(tmp_path):
    assert len(ScriptReader().read([tmp_path / "nowhere"])) == 0


def test_a_file_reached_twice_is_read_once(linear):
    (linear / "link.py").symlink_to(linear / "1a0c5d2e_create.py")
    (linear.parent / "again").symlink_to(linear)
    graph = ScriptReader().read([linear, linear.parent / "again"])
    assert len(graph) == 3
    assert graph["1a0c5d2e"].path == str((linear / "1a0c5d2e_create.py").resolve())


@pytest.mark.parametrize("name", ["__init__.py", ".#lock.py", "notes.txt", "one.pyc", "one.py~", "sub/deep.py"])
def test_what_alembic_passes_over_is_passed_over(linear, name):
    (linear / name).parent.mkdir(exist_ok=True)
    (linear / name).write_text("not Python at all (")
    assert len(ScriptReader().read([linear])) == 3


@pytest.mark.parametrize("cached", [True, False])
def test_bytecode_without_source_is_read_where_the_project_says_so(linear, cached):
    import py_compile

    source = linear / "2b7f9e41_runtime.py"
    compiled = py_compile.compile(str(source), cfile=None if cached else str(source) + "c")
    source.unlink()
    graph = ScriptReader().read([linear], sourceless=True)
    stock = ScriptDirectory(linear.parent, sourceless=True)
    assert graph["2b7f9e41"].path == compiled == stock.get_revision("2b7f9e41").path
    assert_equal_to_alembic(graph, stock)


def test_source_wins_over_its_bytecode(linear):
    import py_compile

    py_compile.compile(str(linear / "2b7f9e41_runtime.py"))
    py_compile.compile(str(linear / "2b7f9e41_runtime.py"), cfile=str(linear / "2b7f9e41_runtime.pyc"))
    assert_equal_to_alembic(
        ScriptReader().read([linear], sourceless=True), ScriptDirectory(linear.parent, sourceless=True)
    )


# -- what is wrong with a project ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, error, said",
    [
        ("broken_syntax", RevisionFileBroken, r"^versions/bb02\.py, line 4: .*never closed"),
        (
            "broken_import",
            RevisionFileBroken,
            r"^versions/bb02\.py, line 2: ModuleNotFoundError: .*a_module_nobody_has",
        ),
        ("broken_duplicate", DuplicateRevision, r"'aa01aa01': versions/aa01\.py and versions/aa01_copy\.py"),
        ("broken_parent", ParentMissing, r"versions/bb02\.py revises 'aa01aa0l'"),
        (
            "broken_cycle",
            RevisionCycle,
            r"bb02bb02 <- cc03cc03 <- bb02bb02 \(files: versions/bb02\.py, versions/cc03\.py\)",
        ),
        ("broken_no_id", RevisionFileBroken, r"versions/helpers\.py has no variable 'revision'"),
    ],
)
def test_a_broken_project_says_which_file_and_what_to_do(name, error, said):
    with pytest.raises(error, match=said) as caught:
        read(PROJECTS / name)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text, said",
    [
        ('revision = "a"\n', "has no variable 'down_revision'"),
        ("revision = 7\ndown_revision = None\n", "7 cannot be a revision id"),
        ('revision = "a-b"\ndown_revision = None\n', "'a-b' cannot be a revision id"),
        ('revision = ""\ndown_revision = None\n', "'' cannot be a revision id"),
        ('revision = "a"\ndown_revision = 7\n', "down_revision is 7"),
        ('revision = "a"\ndown_revision = ("b", None)\n', "down_revision is ('b', None)"),
        ('revision = "a"\0\ndown_revision = None\n', "null bytes"),
        ("revision = 'a\n", "line 1: unterminated string"),
        ("def (\n", "line 1: "),
        ("import os\n\n\ndef upgrade(:\n    pass\n", "line 4: "),
        ("revision = 'a'\n\n\ndef upgrade(:\n    pass\n", "line 4: "),
        ('raise ValueError("boom")\nrevision = str("a")\ndown_revision = None\n', "one.py, line 1: ValueError: boom"),
        ('import sys\nrevision = str("a")\nsys.exit(3)\n', "one.py, line 3: SystemExit: 3"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path, text, said):
    path = one_file(tmp_path, text)
    with pytest.raises(RevisionFileBroken) as caught:
        read_revision(str(path))
    assert said in str(caught.value)
    assert f"{tmp_path.name}/one.py" in str(caught.value)


def test_a_file_mended_after_an_error_is_read(linear):
    reader = ScriptReader()
    (linear / "new.py").write_text("revision = (")
    with pytest.raises(RevisionFileBroken):
        reader.read([linear])
    os.truncate(linear / "new.py", 0)
    (linear / "new.py").write_text('revision = "4d4d"\ndown_revision = "3c3d8a90"\n')
    assert reader.read([linear]).heads == ("4d4d",)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("def upgrade():\n    pass", True),
        ("async def upgrade():\n    pass", True),
        ("if True:\n    def upgrade():\n        pass", True),
        ("upgrade = print", True),
        ("from shared import upgrade", True),
        ("def up():\n    pass", False),
        ("class Upgrade:\n    def upgrade(self):\n        pass", False),
        ("def downgrade():\n    pass", False),
        ("from shared import *", None),
        ("globals()['up' + 'grade'] = print", None),
    ],
)
def test_whether_there_is_an_upgrade_is_read_from_the_text(text, expected, tmp_path):
    path = tmp_path / "a1.py"
    path.write_text(f'"""Upgrade, said the text: def upgrade()."""\nrevision = "a1"\ndown_revision = None\n\n{text}\n')
    import_names = {"revision": "a1", "down_revision": None}
    assert read_revision(str(path), lambda _path: type("Module", (), import_names)).has_upgrade is expected
