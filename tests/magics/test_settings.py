"""`%config MigrateMagics`, and what pyproject.toml says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets import TraitError

from migration_magics import display
from migration_magics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    made = InteractiveShell()
    made.run_line_magic("load_ext", "migration_magics")
    yield made
    made.run_line_magic("unload_ext", "migration_magics")
    display.configure(Settings())


def magics(shell: InteractiveShell):
    return shell.magics_manager.registry["MigrateMagics"]


def test_every_setting_is_a_trait_with_its_default(shell: InteractiveShell) -> None:
    ours = magics(shell)
    for name in Settings.__slots__:
        assert getattr(ours, name) == getattr(Settings(), name)
        assert ours.traits()[name].help


def test_a_setting_changes_what_runs_and_what_is_shown(shell: InteractiveShell) -> None:
    shell.run_line_magic("config", "MigrateMagics.display_limit = 2")
    shell.run_line_magic("migrate", "init")
    for number in range(3):
        shell.run_cell_magic("revision", f"-m 'r{number}'", "pass")
    shown = str(shell.run_line_magic("migrate", "history"))
    assert "… 1 more" in shown
    shell.run_line_magic("config", "MigrateMagics.lock_timeout_s = 1.5")
    assert magics(shell)._workspace.settings == Settings(display_limit=2, lock_timeout_s=1.5)


def test_pyproject_sets_what_config_has_not(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.migration_magics]\nlock_timeout_s = 5\ndisplay_limit = 7\n")
    shell.run_line_magic("config", "MigrateMagics.display_limit = 9")
    shell.run_line_magic("migrate", "init")
    assert magics(shell)._workspace.settings == Settings(lock_timeout_s=5, display_limit=9)
    assert magics(shell).lock_timeout_s == 5


def test_a_value_of_the_wrong_type_is_refused(shell: InteractiveShell) -> None:
    with pytest.raises(TraitError, match="display_limit"):
        magics(shell).display_limit = "many"


def test_a_wrong_name_gets_a_suggestion(shell: InteractiveShell, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"):
        shell.run_line_magic("config", "MigrateMagics.lock_timeout = 5")
    assert "lock_timeout_s" in caplog.text
