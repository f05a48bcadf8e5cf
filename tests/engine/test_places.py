"""Where in a person's files an error comes from."""

from __future__ import annotations

import sys

import pytest

from migration_magics.errors import EnvironmentFailed
from tests.engine.making import Made

BROKEN = {
    "name": ("import sqlalchemy as sa\n\nmetadata = sa.MetaData(nobody)\n", "billing/models.py, line 3: NameError"),
    "syntax": ("x = 1\nclass Worker(\n", "billing/models.py, line 2: SyntaxError"),
    "library": ("import sqlalchemy as sa\nsa.Table('x')\n", "billing/models.py, line 2: TypeError"),
}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A project in the working directory whose env.py imports `billing.models`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    project = Made(tmp_path, "sqlite:///app.db")
    (tmp_path / "billing").mkdir()
    env = project.ws.project.env_py
    env.write_text("from billing import models\n" + env.read_text())
    yield project
    project.ws.close()
    for name in ("billing", "billing.models"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("case", BROKEN)
def test_an_error_in_a_module_that_env_py_imports_names_that_module(made, tmp_path, case):
    text, said = BROKEN[case]
    (tmp_path / "billing" / "models.py").write_text(text)
    with pytest.raises(EnvironmentFailed) as caught:
        made.ws.diff("db", "models")
    assert f"env.py failed in {said}" in caught.value.message
    assert "--attribute" not in caught.value.hint


@pytest.mark.parametrize("line", ["nobody", "import sqlalchemy; sqlalchemy.Column(1, 2, 3, 4)"])
def test_an_error_in_env_py_itself_names_its_line(made, tmp_path, line):
    (tmp_path / "billing" / "models.py").write_text("")
    env = made.ws.project.env_py
    env.write_text(f"{line}\n" + env.read_text())
    with pytest.raises(EnvironmentFailed, match=r"env.py failed \(env.py, line 1\)") as caught:
        made.ws.diff("db", "models")
    assert "--attribute" in caught.value.hint
