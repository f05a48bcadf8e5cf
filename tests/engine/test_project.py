"""A project is found wherever Alembic would find it, and its relative paths are meant from where they were written."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from migration_magics import errors
from migration_magics.engine.project import find, from_config
from tests.support.zoo import INI, build, left, opened


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with an absolute location, seen from another folder."""
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return build(tmp_path / "p", "plain", f"sqlite:///{tmp_path}/x.db")


def test_it_is_found_by_its_ini_its_folder_its_scripts_and_from_below(folder, monkeypatch):
    directory = folder / "migrations"
    for place in (folder / "alembic.ini", folder, directory, str(folder)):
        assert find(place).directory == directory
    monkeypatch.chdir(directory / "versions")
    assert find().directory == directory
    assert find().source.endswith("alembic.ini")
    monkeypatch.chdir("/")
    monkeypatch.setenv("ALEMBIC_CONFIG", str(folder / "alembic.ini"))
    assert find().directory == directory


def test_a_script_directory_alone(folder):
    (folder / "alembic.ini").unlink()
    found = find(folder / "migrations")
    assert (found.directory, found.url) == (folder / "migrations", None)
    assert found.version_locations == (folder / "migrations" / "versions",)


def test_what_is_not_there_is_said(folder):
    with pytest.raises(errors.ProjectNotFound, match="There is no nothing"):
        find("nothing")
    with pytest.raises(errors.ProjectNotFound, match="no Alembic project"):
        find(folder.parent / "elsewhere")
    with pytest.raises(errors.ProjectNotFound, match=r"no section \[other\]") as caught:
        find(folder, section="other")
    assert "alembic" in caught.value.hint
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = gone\n")
    with pytest.raises(errors.ProjectNotFound, match="'gone', which is no folder"):
        find(folder)
    (folder / "alembic.ini").write_text("[alembic]\n")
    with pytest.raises(errors.ProjectNotFound, match="names no script_location"):
        find(folder)


def test_broken_configuration_is_said(folder):
    (folder / "alembic.ini").unlink()
    (folder / "pyproject.toml").write_text("[tool.alembic\n")
    with pytest.raises(errors.ProjectProblem, match="no valid TOML"):
        find(folder)


def test_an_ini_that_is_no_ini_is_said(folder):
    (folder / "alembic.ini").write_text("script_location = migrations\n")
    with pytest.raises(errors.ProjectProblem, match=r"alembic\.ini"):
        find(folder)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(nowhere)s/migrations\n")
    with pytest.raises(errors.ProjectProblem, match=r"alembic\.ini"):
        find(folder)


INI_PROBLEMS = {
    "[alembic\nfoo": r"line 1 stands below no \[section\]",
    "[alembic]\nS3CR": "line 2 is no `name = value`",
    "[alembic]\n[alembic]\n": r"line 2 begins \[alembic\] a second time",
    "[alembic]\na = S3CR\na = S3CR\n": r"line 3 gives a in \[alembic\] a second time",
    "[alembic]\nscript_location = S3CR%40ET": "script_location in .* has a % that is not doubled",
    "[alembic]\nscript_location = %(script_location)s": "script_location in .* refers to itself",
    "[alembic]\nscript_location = %(S)s/S3CR": r"refers to %\(s\)s, which is nowhere",
}


@pytest.mark.parametrize("text", INI_PROBLEMS)
def test_what_is_wrong_with_an_ini_is_told_without_quoting_it(text, folder):
    (folder / "alembic.ini").write_text(text)
    with pytest.raises(errors.ProjectProblem, match=INI_PROBLEMS[text]) as caught:
        find(folder)
    told = "".join(traceback.format_exception(caught.value))
    assert "S3CR" not in told


def test_an_ini_that_breaks_while_it_is_in_use_is_said(folder):
    ws = opened(folder)
    (folder / "alembic.ini").write_text("[alembic\nfoo")
    with pytest.raises(errors.ProjectProblem, match="stands below no"):
        ws.history()


def test_a_percent_sign_that_is_not_doubled_shows_no_password(folder, sqlite_url, caplog):
    text = (folder / "alembic.ini").read_text()
    url = next(line for line in text.splitlines() if line.startswith("sqlalchemy.url"))
    (folder / "alembic.ini").write_text(text.replace(url, "sqlalchemy.url = postgresql://u:S3CR%40ET@h/d"))
    with pytest.raises(errors.MigrationError, match="not doubled") as caught:
        opened(folder)
    assert "%%40" in caught.value.hint
    said = "".join(traceback.format_exception(caught.value))
    ws = opened(folder, sqlite_url)
    status = ws.status()
    assert "not doubled" in str(status)
    said += str(status) + str(status.to_dict()) + str(ws.help("connect"))
    assert not any(part in said for part in ("S3CR", "40ET"))


LOCATIONS = {
    "default": ("", ["versions"], False),
    "several": ("version_locations = %(here)s/migrations/versions;%(here)s/more", ["versions", "more"], False),
    "recursive": (
        "version_locations = %(here)s/migrations/versions\nrecursive_version_locations = true",
        ["versions"],
        True,
    ),
    "of a package": ("version_locations = zoo_package:deep/versions", ["versions"], False),
}


@pytest.mark.parametrize("name", LOCATIONS)
def test_version_locations_are_alembic_s(name, folder, monkeypatch):
    lines, ends, is_recursive = LOCATIONS[name]
    (folder / "zoo_package" / "deep" / "versions").mkdir(parents=True)
    (folder / "zoo_package" / "__init__.py").touch()
    (folder / "more").mkdir()
    monkeypatch.syspath_prepend(str(folder))
    ini = INI.format(url="sqlite://", more=lines).replace("path_separator = os", "path_separator = ;")
    (folder / "alembic.ini").write_text(ini)
    found = find(folder)
    theirs = ScriptDirectory.from_config(Config(str(folder / "alembic.ini")))
    assert [path.resolve() for path in found.version_locations] == [
        path.resolve() for path in map(type(folder), theirs._version_locations)
    ]
    assert ([path.name for path in found.version_locations], found.is_recursive) == (ends, is_recursive)
    sys.modules.pop("zoo_package", None)


def test_a_script_location_in_a_package(folder, monkeypatch):
    (folder / "zoo_shipped").mkdir()
    (folder / "zoo_shipped" / "__init__.py").touch()
    (folder / "migrations").rename(folder / "zoo_shipped" / "migrations")
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/migrations", "zoo_shipped:migrations"))
    monkeypatch.syspath_prepend(str(folder))
    assert find(folder).directory == folder / "zoo_shipped" / "migrations"
    assert opened(folder).upgrade("head").after == ("b2",)
    sys.modules.pop("zoo_shipped", None)


def test_ini_and_pyproject_together(folder):
    """Since Alembic 1.16 the locations may be in pyproject.toml, and URL and logging in the ini."""
    ini = folder / "alembic.ini"
    ini.write_text("".join(line for line in ini.read_text().splitlines(keepends=True) if "%(here)s" not in line))
    (folder / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    assert find(folder).directory == folder / "migrations"
    assert opened(folder).upgrade("head").after == ("b2",)


def test_a_named_section(folder):
    ini = folder / "alembic.ini"
    ini.write_text(
        ini.read_text() + f"[second]\nscript_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///{folder}/2.db\n"
    )
    env_py = folder / "migrations" / "env.py"
    assert "config_ini_section" in env_py.read_text()
    ws = opened(folder, ini_section="second")
    assert ws.database.file == folder / "2.db"
    assert ws.upgrade("head").trace.environment == "native"
    assert "evaluations" in left(f"sqlite:///{folder}/2.db").tables


def test_a_config_of_the_user_is_only_borrowed(folder):
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{folder}/y.db")
    ws = opened(folder)
    ws.connect(project=config)
    env_py = folder / "migrations" / "env.py"
    env_py.write_text(
        "from alembic import context\ncontext.config.set_main_option('leaked', 'yes')\n" + env_py.read_text()
    )
    assert ws.upgrade("head").after == ("b2",)
    assert config.get_main_option("leaked") is None
    assert config.get_main_option("sqlalchemy.url") == f"sqlite:///{folder}/y.db"
    assert from_config(config, "variable cfg").directory == folder / "migrations"


def test_relative_paths_are_meant_from_the_project_s_folder(folder):
    """Alembic means them from the working directory; we look there first."""
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/migrations", "migrations").replace("%(here)s", "."))
    found = find(folder)
    assert (found.directory, found.working_directory) == (folder / "migrations", folder)
    assert found.version_locations == (folder / "migrations" / "versions",)
    with found.at_home():
        assert Path.cwd().samefile(folder)
    assert not Path.cwd().samefile(folder)


def test_an_ini_file_beside_env_py_is_that_folder_s(tmp_path):
    """Flask-Migrate writes `migrations/alembic.ini` without a script_location."""
    folder = tmp_path / "50% done"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text("")
    (folder / "alembic.ini").write_text("[alembic]\n")
    assert find(folder).directory == folder
    assert find(folder / "alembic.ini").directory == folder
    assert find(folder).version_locations == (folder / "versions",)
