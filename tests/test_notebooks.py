"""What is stored in `notebooks/`; that they run is checked by `python -m tests.support.notebooks` (in `.ci/run`)."""

from __future__ import annotations

import nbformat
import pytest

from tests.support.kernel import notebook_of
from tests.support.notebooks import FOLDER, stored_badly


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_stored_notebook_was_run_and_names_no_private_place(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert stored_badly(notebook) == []


def test_a_notebook_that_was_not_run_is_found():
    assert stored_badly(notebook_of(["x = 1\nx"])) == ["cell 'x = 1' was not run"]
