"""What is stored in `notebooks/`; that they run is checked by `python -m tests.support.notebooks` (in `.ci/run`)."""

from __future__ import annotations

import nbformat
import pytest

from tests.support import notebooks
from tests.support.kernel import notebook_of
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


def test_a_folder_without_notebooks_is_a_failure(monkeypatch, tmp_path):
    """Else a moved folder would let CI pass over nothing."""
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    assert notebooks.main([]) == 1
