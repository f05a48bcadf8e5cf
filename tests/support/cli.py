"""The real `alembic` command, in a process of its own: what a user's production runs.

Most of such a command's time is the import of Alembic and SQLAlchemy. So one process per pytest process has both imported,
and forks for each command: the fork runs `python -m alembic` in its folder and environment, and nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S = 120

# Asked on standard input, one line of JSON each; answers with the exit code. Ends with its standard input, so with us.
_NURSERY = """
import json, os, runpy, signal, sys, time
import alembic.autogenerate, alembic.command, alembic.config
import sqlalchemy.dialects.mysql, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, asked["out"], os.O_WRONLY), (2, asked["err"], os.O_WRONLY)):
            os.dup2(os.open(path, flags), number)
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        os.chdir(asked["folder"])
        sys.path[0] = os.getcwd()
        sys.argv = ["alembic", *asked["arguments"]]
        signal.alarm(asked["timeout"])
        # What follows is the end of a Python process as it comes by itself: exit code, traceback, handlers of atexit.
        runpy.run_module("alembic", run_name="__main__", alter_sys=True)
        sys.exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

_AT_START = ("PYTHON", "LC_", "LANG", "LD_")
"""Variables that a Python looks at when it starts: with others than ours, a new one has to."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run_alembic(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run `alembic ARGUMENTS` in the folder *project*, whatever becomes of it; *env* is added to the environment."""
    environment = {**os.environ, **(env or {})}
    nursery, started_with = _nursery()
    if _at_start(environment) == started_with:
        return _forked(nursery, project, arguments, environment)
    return started(project, arguments, environment)


def alembic(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run `alembic ARGUMENTS` in the folder *project* and return its standard output; a failure fails the test."""
    ran = run_alembic(project, *arguments, env=env)
    assert ran.code == 0, f"alembic {' '.join(arguments)} ended with {ran.code}\n{ran.out}{ran.err}"
    return ran.out


def started(project: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Ran:
    """Run the command in a Python started for it."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def _forked(
    nursery: subprocess.Popen[str], project: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> Ran:
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        asked = {
            "folder": str(project),
            "arguments": list(arguments),
            "environment": dict(environment),
            "out": out.name,
            "err": err.name,
            "timeout": TIMEOUT_S,
        }
        cast("IO[str]", nursery.stdin).write(json.dumps(asked) + "\n")
        cast("IO[str]", nursery.stdin).flush()
        code = int(cast("IO[str]", nursery.stdout).readline())
        return Ran(code, Path(out.name).read_text(), Path(err.name).read_text())


@lru_cache(maxsize=1)
def _nursery() -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Return the process that forks, started when it is first asked for, and the variables that count when it starts."""
    nursery = subprocess.Popen(
        [sys.executable, "-c", _NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is not its affair
    )

    def end() -> None:
        cast("IO[str]", nursery.stdin).close()
        nursery.wait(TIMEOUT_S)
        cast("IO[str]", nursery.stdout).close()

    atexit.register(end)
    return nursery, _at_start(os.environ)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}
