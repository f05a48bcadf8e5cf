"""Leave the kernel's process as it was: logging, `sys.path`, proxies, printed text, modules of other projects.

env.py files call `fileConfig` (which disables every logger there is), print, change `sys.path` and replace handlers.
"""

from __future__ import annotations

import io
import logging
import logging.config
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from unittest import mock

_MAX_OUTPUT = 100_000


class Output(io.StringIO):
    """Collects what is printed, the first 100,000 characters of it."""

    def write(self, text: str, /) -> int:
        room = _MAX_OUTPUT - self.tell()
        super().write(text[:room] if room > 0 else "")
        return len(text)

    def isatty(self) -> bool:
        return False


@contextmanager
def printed() -> Iterator[Output]:
    """Collect what is printed to standard output and error meanwhile."""
    output = Output()
    with redirect_stdout(output), redirect_stderr(output):
        yield output


def _nothing(*_a: object, **_k: object) -> None:
    """Takes the place of `fileConfig` and `dictConfig`."""


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """Keep loggers, levels and handlers as they are, whatever is configured meanwhile."""
    manager = logging.Logger.manager
    known = [logging.root, *(item for item in manager.loggerDict.values() if isinstance(item, logging.Logger))]
    before = [(each, each.disabled, each.level, each.propagate, list(each.handlers), list(each.filters)) for each in known]
    disabled_below = manager.disable
    with ExitStack() as stack:
        for name in ("fileConfig", "dictConfig"):
            stack.enter_context(mock.patch.object(logging.config, name, _nothing))
        try:
            yield
        finally:
            manager.disable = disabled_below
            for logger, is_disabled, level, propagate, handlers, filters in before:
                logger.disabled, logger.propagate = is_disabled, propagate
                logger.handlers[:], logger.filters[:] = handlers, filters
                if logger.level != level:
                    logger.setLevel(level)


class ProjectModules:
    """Keeps the modules that projects bring along apart: two projects may both have a `models`.

    A project's own modules stay imported after a run, as after any import (SQLModel and Prometheus clients cannot be
    imported twice in one process), but step aside while another project runs.
    """

    def __init__(self) -> None:
        self._owned: dict[str, dict[str, ModuleType]] = {}

    @contextmanager
    def of(self, key: str, roots: tuple[Path, ...]) -> Iterator[None]:
        """Run project *key*, whose code lies below *roots*: its modules in place, those of other projects set aside."""
        aside: dict[str, ModuleType] = {}
        for other, modules in self._owned.items():
            if other != key:
                aside.update({name: module for name, module in modules.items() if sys.modules.get(name) is module})
        for name in aside:
            del sys.modules[name]
        sys.modules.update({name: module for name, module in self._owned.get(key, {}).items() if name not in sys.modules})
        before = set(sys.modules)
        try:
            yield
        finally:
            mine = self._owned.setdefault(key, {})
            for name in set(sys.modules) - before:
                module = sys.modules[name]
                if _lies_below(module, roots):
                    mine[name] = module
            sys.modules.update({name: module for name, module in aside.items() if name not in sys.modules})


def _lies_below(module: ModuleType | None, roots: tuple[Path, ...]) -> bool:
    file = getattr(module, "__file__", None)
    if not file or "site-packages" in file:
        return False
    return any(Path(file).is_relative_to(root) for root in roots)


MODULES = ProjectModules()


@contextmanager
def path_as_it_was(first: tuple[str, ...]) -> Iterator[None]:
    """Put *first* in front of `sys.path`, and put all of it back afterwards."""
    before = list(sys.path)
    sys.path[:0] = list(first)
    try:
        yield
    finally:
        sys.path[:] = before
