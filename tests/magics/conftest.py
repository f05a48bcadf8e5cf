"""A shell of our own for each test."""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from migration_magics.magics.extension import unload
from tests.magics.echo import load_echo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bare_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with nothing loaded; its files are in `tmp_path`, its history in memory."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.InteractiveShell.colors = "nocolor"
    config.HistoryManager.hist_file = ":memory:"
    shell = InteractiveShell.instance(config=config)  # `%magic` asks for the one instance
    yield shell
    unload(shell)
    if shell.history_manager:
        shell.history_manager.end_session()
    # IPython collects garbage now, and would walk all that is imported: that takes longer than most tests
    gc.freeze()
    shell.atexit_operations()
    gc.unfreeze()
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> InteractiveShell:
    """A shell whose commands echo."""
    load_echo(bare_shell)
    return bare_shell
