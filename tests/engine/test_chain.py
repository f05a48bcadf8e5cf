"""A project's revisions: read once per command, anew at the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.commands.api import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_one_command_sees_one_state_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.run("init")
    ws.revision("pass", message="first", rev_id="a1")
    file = next((tmp_path / "migrations" / "versions").glob("a1*.py"))
    with ws.chain.held():
        before = ws.chain.graph
        file.rename(file.with_name("b2_first.py"))
        assert ws.chain.graph is before
        with ws.chain.held():  # an inner one looks anew
            assert ws.chain.graph["a1"].path == str(file.with_name("b2_first.py"))
    assert ws.chain.graph["a1"].path == str(file.with_name("b2_first.py"))
