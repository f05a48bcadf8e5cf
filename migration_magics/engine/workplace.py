"""The place where a project's own code runs, env.py and revisions alike, without leaving a trace in the kernel."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Refused
from . import quiet
from .belonging import run_here
from .host import environment as host
from .models import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .project import Project

PROCESS_LOCK = threading.RLock()
"""`alembic.op` and `alembic.context` are one per process, so only one project's code runs at a time."""

_LOCK_WAIT_S = 60.0


@contextmanager
def workplace(project: Project, x: Sequence[str] = ()) -> Iterator[quiet.Output]:
    """Everything of the process that a project's code may disturb, put back afterwards; yields what it prints.

    *x* are the arguments that `context.get_x_argument()` finds. Raises Refused where another run does not end.
    """
    if not PROCESS_LOCK.acquire(timeout=_LOCK_WAIT_S):
        raise Refused(
            "Another migration runs in this kernel.", hint="wait for its cell to end, then run this one again"
        )
    try:
        with ExitStack() as stack:
            stack.enter_context(run_here())
            stack.enter_context(quiet.folder_as_it_was())
            stack.enter_context(project.at_home())
            stack.enter_context(quiet.event_loop())
            stack.enter_context(project.config_as_it_was())
            paths = tuple(str(path) for path in project.config.get_prepend_sys_paths_list() or ())
            roots = (*(Path(path).absolute() for path in paths), project.directory)
            stack.enter_context(quiet.path_as_it_was(paths))
            stack.enter_context(quiet.logging_as_it_was())
            stack.enter_context(quiet.MODULES.of(str(project.directory), roots))
            stack.enter_context(fresh.of(str(project.directory)).in_place(roots))
            stack.enter_context(host.proxies_as_they_were())
            stack.enter_context(host.arguments(project.config, x))
            yield stack.enter_context(quiet.printed())
    finally:
        PROCESS_LOCK.release()
