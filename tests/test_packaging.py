"""What a user installs: the wheel that is built from this checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # what pytest itself brings on 3.10

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "migration_magics"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel's file names. Built without isolation: the build backend is among the test's requirements."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(out.glob("*.whl"))) as built:
        return set(built.namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel):
    """Templates and style sheets, too; they are files, and a wheel easily forgets those."""
    files = {str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file()}
    expected = {name for name in files if "__pycache__" not in name}
    assert expected <= wheel
    assert "migration_magics/py.typed" in wheel


def test_the_wheel_holds_nothing_else(wheel):
    foreign = {name for name in wheel if not name.startswith(("migration_magics/", "migration_magics-"))}
    assert foreign == set()


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_users_get_seven_dependencies():
    """Each one more is a cost for every user: add it here with its reason in the pull request."""
    names = {requirement.split(">=")[0] for requirement in project()["dependencies"]}
    assert names == {"alembic", "sqlalchemy", "ipython", "ipywidgets", "anywidget", "pandas", "platformdirs"}


def test_the_readme_s_commands_name_what_exists():
    readme = (ROOT / "README.md").read_text()
    install = 'python -m pip install ".[lab]" && jupyter lab notebooks/00_tour.ipynb'
    test = 'python -m pip install -e ".[dev]" && pytest'
    assert f"```sh\n{install}\n```" in readme
    assert f"```sh\n{test}\n```" in readme
    assert {"lab", "dev"} <= set(project()["optional-dependencies"])
    assert (ROOT / "notebooks" / "00_tour.ipynb").is_file()
