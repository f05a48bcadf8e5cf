"""A notebook with parameters, run by papermill: what is injected is in `{{name}}` on a line."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.support.jupyter import environment

pytestmark = pytest.mark.kernel

PARAMETERS = new_code_cell('url = "sqlite:///default.db"\ntarget = "base"', metadata={"tags": ["parameters"]})
CELLS = (
    "%load_ext migration_magics",
    "%migrate init",
    "%migrate connect {{url}}",
    "%%revision -m 'make t' --rev-id a1\nop.create_table('t', sa.Column('id', sa.Integer))",
    "%%revision -m 'make u' --rev-id b1\nop.create_table('u', sa.Column('id', sa.Integer))",
    "%migrate upgrade {{target}}",
    "%migrate report --to {{'report-' + target}}.md",
    "assert _.passed is None",
)


def run(folder, home, *cells, **parameters):
    """Run *cells* by papermill in *folder*; return what it returned, its words, and the notebook it wrote."""
    home.mkdir()
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    notebook = new_notebook(cells=[PARAMETERS, *(new_code_cell(each) for each in cells)], metadata=metadata)
    nbformat.write(notebook, folder / "job.ipynb")
    given = [part for name, value in parameters.items() for part in ("-p", name, value)]
    command = [sys.executable, "-m", "papermill", "job.ipynb", "done.ipynb", "--no-progress-bar", *given]
    done = subprocess.run(command, cwd=folder, env=environment(home), capture_output=True, text=True, check=False)
    return done, nbformat.read(folder / "done.ipynb", as_version=4)


def test_injected_values_are_in_the_line(tmp_path):
    done, notebook = run(tmp_path, tmp_path / "home", *CELLS, url="sqlite:///given.db", target="a1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "given.db").exists()
    assert not (tmp_path / "default.db").exists()
    assert (tmp_path / "report-a1.md").read_text(encoding="utf-8").startswith("<!-- migration_magics report -->")
    (moved,) = (cell.outputs[-1] for cell in notebook.cells if cell.source == "%migrate upgrade {{target}}")
    assert moved.data["text/plain"].startswith("Upgraded given to a1 (applied)")


def test_a_check_that_fails_fails_the_job_with_two_lines(tmp_path):
    cells = (*CELLS[:4], "%migrate current --check-heads", "open('went on', 'w').close()")
    done, notebook = run(tmp_path, tmp_path / "home", *cells, url="sqlite:///given.db")
    assert done.returncode != 0
    assert not (tmp_path / "went on").exists()
    (failed,) = (each for cell in notebook.cells for each in cell.get("outputs", ()) if each.output_type == "error")
    assert failed.ename == "CheckFailed"
    assert len(failed.traceback) == 2
