"""What is stored in `notebooks/`; that they run is checked by `python -m tests.support.notebooks` (in `.ci/run`)."""

from __future__ import annotations

import os

import nbformat
import pytest

from tests.support import notebooks
from tests.support.kernel import execute, notebook_of
from tests.support.notebooks import FOLDER, stored_badly


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_stored_notebook_was_run_and_names_no_private_place(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert stored_badly(notebook) == []


def test_a_notebook_that_was_not_run_is_found():
    assert stored_badly(notebook_of(["x = 1\nx"])) == ["cell 'x = 1' was not run"]


@pytest.mark.kernel
def test_a_notebook_is_stored_with_its_outputs_and_then_passes(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    nbformat.write(notebook_of(["20 + 1"]), tmp_path / "sum.ipynb")
    assert notebooks.main([]) == 1
    assert "was not run" in capsys.readouterr().out
    assert notebooks.main(["--write"]) == 0
    assert nbformat.read(tmp_path / "sum.ipynb", as_version=4).cells[0].outputs[0].data["text/plain"] == "21"
    assert notebooks.main([]) == 0


@pytest.mark.kernel
def test_a_notebook_that_leaves_a_file_behind_is_found(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    nbformat.write(notebook_of(["open('left.db', 'w').close()"]), tmp_path / "untidy.ipynb")
    assert notebooks.main(["--write"]) == 1
    assert "left.db" in capsys.readouterr().out


@pytest.mark.kernel
def test_a_reader_without_a_server_can_follow_the_deployment(monkeypatch, tmp_path):
    """The stored outputs are those of PostgreSQL; without $DATABASE_URL the same cells run on a SQLite file."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    notebook = nbformat.read(FOLDER / "05_safe_deployment.ipynb", as_version=4)
    assert "PostgreSQL" in str(notebook.cells[3].outputs)
    execute(notebook, FOLDER, tmp_path)
    assert "SQLite" in str(notebook.cells[3].outputs)


@pytest.mark.kernel
def test_only_a_notebook_that_reads_it_gets_a_server_and_nobody_the_users_own(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///mine.db")
    with notebooks.database(notebook_of(["1 + 1"])):
        assert "DATABASE_URL" not in os.environ
    with notebooks.database(notebook_of(['os.environ["DATABASE_URL"]'])):
        assert os.environ.get("DATABASE_URL") != "sqlite:///mine.db"
    assert os.environ["DATABASE_URL"] == "sqlite:///mine.db"


def test_a_folder_without_notebooks_is_a_failure(monkeypatch, tmp_path):
    """Else a moved folder would let CI pass over nothing."""
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    assert notebooks.main([]) == 1
