"""Whole commands on a SQLite file: `current`, `upgrade` of many revisions, and what loading the extension costs."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import migration_magics

from .histories import branchy, linear, write
from .measure import Comparison, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LARGEST = 10_000

_BODY = '    op.execute("SELECT {number}")'
"""What the measured revisions do: one statement each, so that what a tool adds is what is seen."""


def current_comparisons(directory: Path, size: int) -> Iterator[Comparison]:
    """Return `current` on a database that stands in the middle: by a fresh workspace, and by the same one again."""
    project = write(linear(size), directory / f"current_{size}")
    middle = list(linear(size))[size // 2]
    command.stamp(_config(project), middle)
    url = f"sqlite:///{project / 'database.db'}"
    warm = migration_magics.open(url, project=project)

    def stock() -> str:
        out = io.StringIO()
        command.current(_config(project, out))
        return out.getvalue().split()[0]

    def fresh() -> str:
        return migration_magics.open(url, project=project).current().ids[0]

    yield Comparison("current, first", f"linear {size:,}", stock, fresh, 4)
    yield Comparison("current, again", f"linear {size:,}", stock, lambda: warm.current().ids[0], 30)


def upgrade_comparison(directory: Path, size: int) -> Comparison:
    """Return `upgrade head` of *size* revisions on an empty SQLite file, in wall time: waiting for the disk is the point."""
    project = write(linear(size), directory / f"upgrade_{size}")
    for number, file in enumerate(sorted((project / "versions").glob("*.py"))):
        _empty(file, number)
    database = project / "database.db"

    def on_a_new_file(run: Callable[[], object]) -> Callable[[], object]:
        def answer() -> object:
            database.unlink(missing_ok=True)
            run()
            with sa.create_engine(f"sqlite:///{database}").connect() as connection:
                return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))

        return answer

    def ours() -> object:
        return migration_magics.open(f"sqlite:///{database}", project=project).upgrade("head")

    stock = on_a_new_file(lambda: command.upgrade(_config(project), "head"))
    return Comparison(
        "upgrade, SQLite file", f"linear {size:,}", stock, on_a_new_file(ours), 5, clock=time.perf_counter
    )


def plan_comparison(directory: Path, size: int) -> Comparison:
    """Return the whole `plan` command (files looked at, losses looked for) beside the order Alembic would run them in."""
    project = write(branchy(size), directory / f"plan_{size}")
    ws = migration_magics.open(f"sqlite:///{project / 'database.db'}", project=project)

    def stock() -> list[str]:
        scripts = ScriptDirectory.from_config(_config(project)).iterate_revisions("heads", "base")
        return [script.revision for script in scripts]

    def ours() -> list[str]:
        return [step.revision for step in reversed(ws.plan("heads").plan.steps)]

    return Comparison("plan command, again", f"branchy {size:,}", stock, ours, 50 if size >= _LARGEST else None)


def loading() -> Row:
    """Return the CPU of `%load_ext` beside that of importing what an Alembic command needs, each in a fresh process."""
    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell()"
    ours = _cpu_s(shell, "shell.run_line_magic('load_ext', 'migration_magics')")
    stock = _cpu_s(shell, "import alembic.command")
    return Row("%load_ext, import alembic.command", "", stock, ours, "s", round(stock / 0.050, 1))


def _cpu_s(setup: str, work: str) -> float:
    program = f"import time\n{setup}\nstart = time.process_time()\n{work}\nprint(time.process_time() - start)"
    times = [
        float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()[
                -1
            ]
        )
        for _ in range(5)
    ]
    return min(times)


def _empty(file: Path, number: int) -> None:
    """Replace the bodies of a revision: its upgrade sends one statement, its downgrade none."""
    head, _, rest = file.read_text(encoding="utf-8").partition("    # ### commands auto generated")
    _, _, down = rest.partition("\n\n\ndef downgrade()")
    signature = down.split("    # ###", 1)[0]
    file.write_text(f"{head}{_BODY.format(number=number)}\n\n\ndef downgrade(){signature}    pass\n", encoding="utf-8")


def _config(project: Path, out: io.StringIO | None = None) -> Config:
    return Config(project / "alembic.ini", stdout=out or io.StringIO())
