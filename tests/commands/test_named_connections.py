"""Connections that pyproject.toml names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import ConfirmationRequired, ConnectionNotFound

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
[tool.migration_magics.connections.staging]
url = "sqlite:///staging.db"
protected = true

[tool.migration_magics.connections.dev]
url = "env:DEV_URL"
"""


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEV_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    workspace = Workspace()
    workspace.run("init")
    return workspace


def test_a_connection_is_known_by_its_name(ws: Workspace) -> None:
    connected = ws.connect("staging")
    assert connected.source == "connection staging of pyproject.toml"
    assert connected.connection is not None
    assert (connected.connection.name, connected.connection.is_protected) == ("staging", True)


def test_a_protected_connection_wants_its_name(ws: Workspace) -> None:
    ws.connect("staging")
    ws.revision("pass", message="first", rev_id="a1")
    with pytest.raises(ConfirmationRequired, match="staging is protected") as caught:
        ws.upgrade("head")
    assert caught.value.hint == "%migrate upgrade head --confirm staging"
    assert caught.value.planned is not None
    assert ws.current().ids == ()
    assert ws.upgrade("head", confirm="staging").after == ("a1",)


def test_a_url_is_read_from_the_environment_when_it_connects(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionNotFound, match="DEV_URL, which is not set"):
        ws.connect("dev")
    monkeypatch.setenv("DEV_URL", "sqlite:///dev.db")
    assert ws.connect("dev").connection.url == "sqlite:///dev.db"  # type: ignore[union-attr] # it is connected


def test_a_dotenv_file_stands_in_for_what_is_not_set(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("DEV_URL=sqlite:///from_file.db\n", encoding="utf-8")
    assert "from_file" in ws.run("connect dev --dotenv .env").connection.url  # type: ignore[attr-defined] # a Connected
    ws.disconnect("dev")
    monkeypatch.setenv("DEV_URL", "sqlite:///from_environment.db")
    assert "from_environment" in ws.run("connect dev --dotenv .env").connection.url  # type: ignore[attr-defined] # a Connected


def test_a_name_that_is_nearly_right_is_not_guessed(ws: Workspace) -> None:
    with pytest.raises(ConnectionNotFound, match="no connection or variable 'stagin'") as caught:
        ws.connect("stagin")
    assert caught.value.hint == "did you mean staging?"
