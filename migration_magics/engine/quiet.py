"""Leave the kernel's process as it was: logging, `sys.path`, proxies, printed text, modules of other projects.

env.py files call `fileConfig` (which disables every logger there is), print, change `sys.path` and replace handlers.
"""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import logging.config
import os
import sys
import threading
import warnings
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from unittest import mock

from .belonging import belongs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

_MAX_OUTPUT = 100_000


class Output(io.StringIO):
    """Collects what is printed, the first 100,000 characters of it."""

    def write(self, text: str, /) -> int:
        """Keep *text* as far as there is room."""
        room = _MAX_OUTPUT - self.tell()
        super().write(text[:room] if room > 0 else "")
        return len(text)

    def isatty(self) -> bool:
        """Say no: this is no terminal."""
        return False


class _Switch:
    """Takes the place of `sys.stdout`: collects what the run prints, and lets other threads print as ever."""

    def __init__(self, real: TextIO, output: Output) -> None:
        self._real, self._output = real, output
        self._thread: int | None = threading.get_ident()

    def end(self) -> None:
        """Let everything through from now on: whoever kept this object prints as ever."""
        self._thread = None

    def _target(self) -> TextIO:
        is_ours = self._thread is not None and (self._thread == threading.get_ident() or belongs())
        return self._output if is_ours else self._real

    def write(self, text: str, /) -> int:
        """Write *text* where the calling thread's text belongs."""
        return self._target().write(text)

    def writelines(self, lines: Iterable[str], /) -> None:
        """Write *lines*."""
        self._target().writelines(lines)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target(), name)


@contextmanager
def printed() -> Iterator[Output]:
    """Collect what this thread, and the run it belongs to, print to standard output and error meanwhile."""
    output = Output()
    switches = (_Switch(sys.stdout, output), _Switch(sys.stderr, output))
    try:
        with redirect_stdout(switches[0]), redirect_stderr(switches[1]):
            yield output
    finally:
        for switch in switches:
            switch.end()


def _not_here(real: Callable[..., Any]) -> Callable[..., Any]:
    """*real*, doing nothing in a run. Applications keep it, so it is *real* again afterwards."""

    @functools.wraps(real)
    def silent(*arguments: Any, **keywords: Any) -> Any:
        return None if belongs() else real(*arguments, **keywords)

    return silent


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """Keep loggers, levels, handlers and warning filters as they are, whatever is configured meanwhile."""
    manager = logging.Logger.manager
    known = [logging.root, *(item for item in manager.loggerDict.values() if isinstance(item, logging.Logger))]
    before = [
        (each, each.disabled, each.level, each.propagate, list(each.handlers), list(each.filters)) for each in known
    ]
    disabled_below = manager.disable
    with ExitStack() as stack:
        for name in ("fileConfig", "dictConfig"):
            stack.enter_context(mock.patch.object(logging.config, name, _not_here(getattr(logging.config, name))))
        configure = logging.config.DictConfigurator.configure  # for those who have imported dictConfig already
        stack.enter_context(mock.patch.object(logging.config.DictConfigurator, "configure", _not_here(configure)))
        stack.enter_context(warnings.catch_warnings())
        try:
            yield
        finally:
            logging.disable(disabled_below)
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
        sys.modules.update(
            {name: module for name, module in self._owned.get(key, {}).items() if name not in sys.modules}
        )
        before, path_before = set(sys.modules), set(sys.path)
        try:
            yield
        finally:
            mine = self._owned.setdefault(key, {})
            added = tuple(Path(entry).absolute() for entry in sys.path if entry not in path_before)
            for name in set(sys.modules) - before:
                module = sys.modules[name]
                if _lies_below(module, (*roots, *added)):
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


@contextmanager
def folder_as_it_was() -> Iterator[None]:
    """Come back to the working directory afterwards."""
    before = Path.cwd()
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def event_loop() -> Iterator[None]:
    """Let `asyncio.get_event_loop()` find a loop where there is none: in a thread of ours, or after an `asyncio.run`."""
    if _has_loop():
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _has_loop() -> bool:
    with warnings.catch_warnings():
        # Python 3.12 and later warn of policies, or of asking at all
        warnings.simplefilter("ignore", DeprecationWarning)
        policy = asyncio.get_event_loop_policy()
        # in the main thread asking makes a loop, which nobody would close
        with mock.patch.object(policy, "new_event_loop", side_effect=RuntimeError):
            try:
                return asyncio.get_event_loop() is not None
            except RuntimeError:
                return False
