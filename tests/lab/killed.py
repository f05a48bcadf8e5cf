"""Kill work at its nth statement, again and again, in children of one process that has everything loaded.

`python -m tests.lab.killed URL WORK` reads numbers from its input. For each it forks a child that does the work and is killed
right before its nth statement or commit, by SIGKILL; 0 lets it end. It answers "killed", "ended" or "failed", a line each.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING

import sqlalchemy as sa

import migration_magics
from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.lab import copies, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def rehearse(url: str) -> None:
    """Rehearse all that is pending, on a sample."""
    ws = migration_magics.open(url)
    assert ws.rehearse(rows=5, mask=("evaluations.status",)).passed
    ws.close()


def rehearse_whole(url: str) -> None:
    """Rehearse all that is pending, on a whole copy."""
    ws = migration_magics.open(url)
    assert ws.rehearse(full=True).passed
    ws.close()


def copy(url: str) -> None:
    """Copy the database whole."""
    source = Database.from_url("app", url)
    with copies.full(source) as made:
        made.database.run(reflect)
    source.dispose()


def backfill(url: str, where: str | None = None) -> None:
    """Append to a column, which shows each change done twice."""
    ws = migration_magics.open(url)
    text = "s = coalesce(s, '') || 'x'" if url.startswith("sqlite") else "s = concat(coalesce(s, ''), 'x')"
    ws.backfill("t", set=text, where=where, yes=True, batch=4, lock_time=1e-9)
    ws.close()


WORKS: dict[str, Callable[[str], None]] = {
    "rehearse": rehearse,
    "rehearse_whole": rehearse_whole,
    "copy": copy,
    "backfill": backfill,
}


class Killer:
    """The process that forks, asked line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def at(self, number: int) -> bool:
        """Do the work, and kill it at statement *number*; say whether it came so far. 0 lets it end, a minute later."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer in {"killed", "ended"}, answer
        return answer == "killed"


@contextlib.contextmanager
def killer(url: str, work: str, **environment: str) -> Iterator[Killer]:
    """Give a process that does *work* on the database at *url*, in the folder that is the working directory."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - short
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.killed", url, work],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root, **environment},
    )
    with process:
        yield Killer(process)
        assert process.stdin is not None
        process.stdin.close()


def _child(url: str, work: str, number: int) -> None:
    sent = 0

    def die(*_more: object) -> None:
        nonlocal sent
        sent += 1
        if sent == number:
            os.kill(os.getpid(), signal.SIGKILL)

    if number:
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, die)
    else:
        now = time.time()
        scratch.time.time = lambda: now + 61  # what was left is old enough to be swept
    try:
        WORKS[work](url)
    except BaseException:  # noqa: BLE001 - said by the code of its end
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(url: str, work: str) -> None:
    """Read numbers, answer each. Everything is loaded before, by work that changes nothing, once for all children."""
    backfill(url, "1 = 0") if work == "backfill" else WORKS[work](url)
    gc.collect()
    gc.freeze()  # children that collect would copy every page
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _child(url, work, int(line))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write({-signal.SIGKILL: "killed\n", 0: "ended\n"}.get(code, "failed\n"))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
