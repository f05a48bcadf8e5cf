"""Tab on a `%migrate` line: how long IPython's completer takes with our matcher in it. Alembic's CLI completes nothing."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from .histories import branchy, write
from .measure import Row

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 0.020
"""What a person does not feel."""

LINES = {
    "all revisions": "%migrate upgrade ",
    "a beginning of an id": "%migrate upgrade {id}",
    "words of a message": "%migrate show number",
    "an operation in a cell": "%%revision -m x\nop.add_c",
    "a type in a cell": "%%revision -m x\nop.add_column('t', sa.Column('c', sa.Inte",
}
_RUNS = 7


def rows(directory: Path, size: int) -> list[Row]:
    """Return one row for each of `LINES` with *size* revisions; "Alembic" is the limit, the CPU is ours."""
    history = branchy(size)
    project = write(history, directory / f"completion_{size}")
    shell = _shell(directory)
    shell.run_line_magic("migrate", f"connect sqlite:///{project / 'database.db'} --project {project}")
    beginning = next(reversed(history))[:3]
    return [
        Row(f"Tab: {what}", f"branchy {size:,}", LIMIT_S, _cpu_s(shell, line.format(id=beginning)), "s", 1)
        for what, line in LINES.items()
    ]


def _shell(directory: Path) -> InteractiveShell:
    os.environ["IPYTHONDIR"] = str(directory / "ipython")
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "migration_magics")
    return shell


def _cpu_s(shell: InteractiveShell, line: str) -> float:
    """Return the CPU of the best of several completions, the first (which loads jedi) not counted."""
    times = []
    with provisionalcompleter():
        for _ in range(_RUNS + 1):
            start = time.process_time()
            list(shell.Completer.completions(line, len(line)))
            times.append(time.process_time() - start)
    return min(times[1:])


def main() -> None:
    """Measure 10,000 revisions and print."""
    from pathlib import Path

    from .measure import table

    with tempfile.TemporaryDirectory() as folder:
        print(table(rows(Path(folder), 10_000)))


if __name__ == "__main__":
    main()
