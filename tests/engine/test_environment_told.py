"""What goes wrong in env.py is told with its line; it is looked at once; looking changes nothing."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa

from migration_magics import errors
from migration_magics.commands.api import Workspace
from migration_magics.settings import Settings
from tests.support.zoo import build, left, opened

CONNECTED = """import os, sys
import sqlalchemy as sa
from alembic import context
BEFORE
with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
AFTER
"""


def connected(before="", after=""):
    return CONNECTED.replace("BEFORE", before).replace("AFTER", after)


@pytest.fixture(params=["native", "lent"])
def project(request, tmp_path):
    """A function that gives a workspace on a project with the env.py given, natively and lent, and the URL in use."""
    own = f"sqlite:///{tmp_path}/own.db"
    url = own if request.param == "native" else f"sqlite:///{tmp_path}/other.db"

    def make(env_py):
        return opened(build(tmp_path / "p", "plain", own, env_py=env_py), url), url

    return make


def test_the_line_of_env_py_that_failed_is_named(project, tmp_path):
    ws, _url = project(connected(before="int('no number')"))
    with pytest.raises(errors.EnvironmentFailed, match=r"\(env\.py, line 4\): ValueError") as caught:
        ws.upgrade("head")
    assert "why" in caught.value.hint
    assert not list(tmp_path.glob("*.db"))


def test_a_syntax_error_in_env_py_is_named(project):
    ws, _ = project("from alembic import context\ndef broken(:\n")
    with pytest.raises(errors.EnvironmentFailed, match=r"\(env\.py, line 2\): SyntaxError"):
        ws.upgrade("head")


def test_an_env_py_that_configures_nothing(project, tmp_path):
    ws, _ = project("from alembic import context\n")
    with pytest.raises(errors.EnvironmentFailed, match=r"without calling context\.configure"):
        ws.upgrade("head")
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("code", ["0", "'no'", "3", ""])
def test_sys_exit_before_anything_ran_is_told(code, project, tmp_path):
    ws, _ = project(connected(before=f"sys.exit({code})"))
    with pytest.raises(errors.EnvironmentFailed, match=r"called sys\.exit\(.*line 4"):
        ws.upgrade("head")
    assert not list(tmp_path.glob("*.db"))


def test_sys_exit_with_an_error_after_the_run_is_told_and_the_state_is_known(project):
    ws, url = project(connected(after="if 'tell' in context.get_x_argument():\n    sys.exit('late')"))
    with pytest.raises(errors.MoveFailed, match=r"sys\.exit\('late'\)") as caught:
        ws.upgrade("head", x=("tell",))
    assert caught.value.after == ("b2",)
    assert "evaluations" in left(url).tables


def test_sys_exit_in_a_revision_is_a_failed_revision(project, tmp_path):
    ws, url = project(connected())
    file = tmp_path / "p" / "migrations" / "versions" / "b2.py"
    file.write_text(file.read_text().replace('    print("runtimes filled")', "    raise SystemExit(2)"))
    with pytest.raises(errors.MoveFailed, match=r"Revision b2 .*sys\.exit\(2\)") as caught:
        ws.upgrade("head")
    assert caught.value.after == ()
    assert "evaluations" not in left(url).tables


@pytest.mark.parametrize("form", ["plain", "swallows"])
def test_what_a_revision_raised_is_told_also_where_env_py_swallows_it(form, tmp_path):
    for way in ("own", "other"):
        url = f"sqlite:///{tmp_path}/{way}.db"
        folder = build(tmp_path / way, form, f"sqlite:///{tmp_path}/own.db")
        file = folder / "migrations" / "versions" / "b2.py"
        file.write_text(file.read_text().replace("UPDATE evaluations", "UPDATE nowhere"))
        with pytest.raises(errors.MoveFailed, match=r"Revision b2 .*no such table: nowhere") as caught:
            opened(folder, url).upgrade("head")
        assert caught.value.after == ()
        assert [step.revision for step in caught.value.trace.steps] == ["a1", "b2"]


def test_a_locked_database_is_no_failure_of_env_py(project, tmp_path):
    ws, url = project(connected())
    ws.upgrade("a1")
    with contextlib.closing(sqlite3.connect(left_file(url), timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        ws.settings = Settings(lock_timeout_s=0.1)
        with pytest.raises(errors.DatabaseLocked):
            ws.upgrade("head")
    assert ws.upgrade("head").after == ("b2",)


def left_file(url):
    return url.removeprefix("sqlite:///")


# -- captured once

COUNTING = """import os, sqlalchemy as sa
from alembic import context
context.config.attributes["seen"].append(context.config.get_main_option("version"))
with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, version_table=context.config.get_main_option("version"))
    with context.begin_transaction():
        context.run_migrations()
"""


def test_env_py_is_looked_at_once_and_again_when_something_it_depends_on_changed(tmp_path, monkeypatch):
    url, seen = f"sqlite:///{tmp_path}/x.db", []
    folder = build(tmp_path / "p", "plain", url, env_py=COUNTING, more="version = vone")
    ws = Workspace(lookup={"seen": seen}.get)
    ws.connect(url, project=str(folder), attribute=("seen=seen",))
    for _ in range(3):
        assert ws.current().ids == ()
    assert seen == ["vone"]
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("version = vone", "version = vthree"))
    assert ws.upgrade("head").after == ("b2",)
    assert seen == ["vone", "vthree", "vthree"]
    assert sorted(left(url).tables) == ["evaluations", "vthree"]
    env_py = folder / "migrations" / "env.py"
    env_py.write_text(env_py.read_text() + "\n# changed\n")
    assert ws.current().ids == ("b2",)
    assert len(seen) == 4
    monkeypatch.setenv("ZOO_SETTING", "other")
    assert ws.current().ids == ("b2",)
    assert len(seen) == 5
    ws.current()
    assert len(seen) == 5


def test_reads_create_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    for form in ("plain", "reads", "statements", "version_table"):
        ws = opened(build(tmp_path / form, form, url), url)
        ws.current(), ws.history(), ws.plan("head"), ws.status(), ws.heads()
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "x.db").touch()
    for form in ("plain", "reads", "statements", "version_table"):
        ws = opened(tmp_path / form, url)
        ws.current(), ws.history(), ws.plan("head"), ws.status(), ws.heads()
    assert (tmp_path / "x.db").read_bytes() == b""


@pytest.mark.parametrize("form", ["plain", "reads", "statements"])
def test_reads_create_nothing_on_a_server(form, postgresql_url, tmp_path):
    ws = opened(build(tmp_path, form, postgresql_url), postgresql_url)
    ws.current(), ws.history(), ws.plan("head"), ws.status(), ws.heads()
    assert left(postgresql_url).tables == {}
    assert sa.inspect(ws.database.engine).get_schema_names() == ["information_schema", "public"]


def test_arguments_reach_env_py(tmp_path):
    for way in ("own", "other"):
        url = f"sqlite:///{tmp_path}/{way}.db"
        ws = opened(build(tmp_path / way, "arguments", f"sqlite:///{tmp_path}/own.db"), url)
        moved = ws.upgrade("head", x=("table=mine", "flag"), tag="nightly")
        assert moved.trace.output.splitlines()[0] == "x [('flag', ''), ('table', 'mine')] tag nightly revision True"
        assert sorted(left(url).tables) == ["evaluations", "mine"]


def test_two_projects_with_a_models_module_each(tmp_path):
    """And with global metadata that must not be imported twice, as SQLModel's."""
    env_py = (
        "import sys, sqlalchemy as sa\nfrom pathlib import Path\nfrom alembic import context\n"
        "sys.path.append(str(Path(__file__).parents[1] / 'src'))\nimport models\n"
        "with sa.create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        "    context.configure(connection=connection, version_table=models.NAME)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    spaces = {}
    for name in ("red", "blue"):
        folder = build(tmp_path / name, "plain", f"sqlite:///{tmp_path}/{name}.db", env_py=env_py)
        (folder / "src").mkdir()
        models = f"import tally\ntally.count += 1\nassert tally.count == 1\nNAME = '{name}_version'\n"
        (folder / "src" / "models.py").write_text(models)
        (folder / "src" / "tally.py").write_text("count = 0\n")
        spaces[name] = opened(folder)
    for target in ("a1", "b2"):
        for name, ws in spaces.items():
            assert ws.upgrade(target).after == (target,)
            assert f"{name}_version" in left(f"sqlite:///{tmp_path}/{name}.db").tables


def test_a_project_without_env_py(tmp_path):
    folder = build(tmp_path / "p", "plain", "driver://x")
    (folder / "migrations" / "env.py").unlink()
    url = f"sqlite:///{tmp_path}/x.db"
    moved = opened(folder, url).upgrade("head")
    assert "without an env.py" in str(moved)
    assert moved.trace.environment == "none"
    assert "evaluations" in left(url).tables


def test_an_env_py_that_is_taken_away_is_missed(tmp_path):
    """It may have said which schema, version table or tenant: going on without would look elsewhere."""
    folder = build(tmp_path / "p", "version_table", f"sqlite:///{tmp_path}/x.db")
    ws = opened(folder)
    ws.upgrade("a1")
    (folder / "migrations" / "env.py").rename(folder / "env.py")
    for command in ("upgrade head", "current", "plan"):
        with pytest.raises(errors.EnvironmentFailed, match=r"env\.py is gone from .*migrations"):
            ws.run(command)
    assert "env.py is gone" in " ".join(str(ws.status()).split())
    (folder / "env.py").rename(folder / "migrations" / "env.py")
    assert ws.upgrade("head").after == ("b2",)
