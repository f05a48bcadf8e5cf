"""The place where a project's own code may run without leaving a trace in the kernel."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Refused
from . import quiet
from .environment import PROCESS_LOCK
from .host.environment import proxies_as_they_were

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Project

_LOCK_WAIT_S = 60.0


@contextmanager
def workplace(project: Project) -> Iterator[None]:
    """Where a project's own code may run: its folder, its `sys.path`, its modules; what it prints is thrown away."""
    if not PROCESS_LOCK.acquire(timeout=_LOCK_WAIT_S):
        raise Refused(
            "Another migration runs in this kernel.", hint="wait for its cell to end, then run this one again"
        )
    try:
        with ExitStack() as stack:
            stack.enter_context(project.at_home())
            paths = tuple(str(path) for path in project.config.get_prepend_sys_paths_list() or ())
            stack.enter_context(quiet.path_as_it_was(paths))
            stack.enter_context(
                quiet.MODULES.of(
                    str(project.directory), tuple(Path(str(path)).absolute() for path in (*paths, project.directory))
                )
            )
            stack.enter_context(proxies_as_they_were())
            stack.enter_context(quiet.printed())
            yield
    finally:
        PROCESS_LOCK.release()
