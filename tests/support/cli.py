"""The real `alembic` command, in a process of its own: what a user's production runs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run_alembic(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run `alembic ARGUMENTS` in the folder *project*, whatever becomes of it; *env* is added to the environment."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=project,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def alembic(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run `alembic ARGUMENTS` in the folder *project* and return its standard output; a failure fails the test."""
    ran = run_alembic(project, *arguments, env=env)
    assert ran.code == 0, f"alembic {' '.join(arguments)} ended with {ran.code}\n{ran.out}{ran.err}"
    return ran.out
