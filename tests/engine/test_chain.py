"""A project's revisions: read once per command, anew at the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import RevisionFileBroken
from tests.engine.making import Made


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


def test_a_file_that_is_no_python_is_known_before_it_runs(tmp_path: Path) -> None:
    made = Made(tmp_path, f"sqlite:///{tmp_path}/x.db")
    made.add("a1")
    path = made.add("b2")
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace("    pass", "    pas s", 1), encoding="utf-8")
    chain = made.ws.chain
    assert chain.broken(chain.graph["a1"]) is None
    problem = chain.broken(chain.graph["b2"])
    assert problem is not None
    assert "versions/b2.py, line 12" in problem.message
    for move in ("plan", "upgrade head", "upgrade b2 --dry-run"):
        with pytest.raises(RevisionFileBroken, match=r"versions/b2\.py, line 12"):
            made.ws.run(move)
    assert made.ws.upgrade("a1").after == ("a1",)
    path.write_text(sound, encoding="utf-8")
    assert made.ws.upgrade("head").after == ("b2",)
    made.ws.close()
