"""Run the notebooks of `notebooks/` as a reader would, from first cell to last in a new kernel.

`python -m tests.support.notebooks` fails at the first notebook that fails, was stored without its outputs, or leaves a
file beside it. `--write` stores the new outputs; with names, only of those notebooks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .databases import postgresql_server
from .kernel import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"


def main(arguments: list[str] | None = None) -> int:
    """Run all notebooks; return 0 when all is well."""
    import nbformat

    parser = argparse.ArgumentParser(prog="python -m tests.support.notebooks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="store the outputs in the notebooks")
    parser.add_argument("names", nargs="*", help="only these notebooks: 05_safe_deployment")
    given = parser.parse_args(arguments)
    write = given.write
    paths = [path for path in sorted(FOLDER.glob("*.ipynb")) if not given.names or path.stem in given.names]
    if not paths:
        print(f"no notebooks in {FOLDER}")
        return 1
    before = _files()
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        if not write and (complaints := stored_badly(notebook)):
            print(f"{path.name}: {'; '.join(complaints)}. `python -m tests.support.notebooks --write` stores outputs.")
            return 1
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as home, database(notebook):
            execute(notebook, FOLDER, Path(home))
        print(f"{path.name}: {len(notebook.cells)} cells in {time.monotonic() - started:.1f} s")
        if write:
            nbformat.write(notebook, path)
    if left := _files() - before:
        print(f"left behind in {FOLDER.name}/: {', '.join(sorted(left))}")
        return 1
    return 0


@contextlib.contextmanager
def database(notebook: NotebookNode) -> Iterator[None]:
    """Let $DATABASE_URL be a new PostgreSQL for a notebook that reads it, and be unset for all others.

    Without PostgreSQL on the machine it is unset as well: such a notebook then does without, as its reader would.
    """
    before = os.environ.pop("DATABASE_URL", None)
    with contextlib.ExitStack() as stack:
        if any("DATABASE_URL" in cell.source for cell in notebook.cells if cell.cell_type == "code"):
            try:
                server = stack.enter_context(postgresql_server())
            except LookupError as error:
                print(f"without PostgreSQL: {error}")
            else:
                os.environ["DATABASE_URL"] = stack.enter_context(server.new_database("evaluations"))
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL", None)
            if before is not None:
                os.environ["DATABASE_URL"] = before


def stored_badly(notebook: NotebookNode) -> list[str]:
    """Return what is wrong with a stored notebook: cells that were not run, outputs that name a private place."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    complaints = [f"cell {cell.source.splitlines()[0]!r} was not run" for cell in code if not cell.execution_count]
    if any(str(Path.home()) in str(cell.outputs) for cell in code):
        complaints.append("an output names the home folder of who ran it")
    return complaints


def _files() -> set[str]:
    return {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if ".ipynb_checkpoints" not in path.parts}


if __name__ == "__main__":
    sys.exit(main())
