"""Connections that pyproject.toml names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import ConfirmationRequired, ConnectionNotFound, ConnectionProblem, UsageProblem

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


def test_an_entry_without_a_url_keeps_nobody_else_from_connecting(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"{TABLE}\n[tool.migration_magics.connections.half]\nprotected = true\n")
    assert ws.run("connect staging").connection.is_protected  # type: ignore[attr-defined] # a Connected
    assert [one.problem for one in ws.connections().connections if one.name == "half"] == [
        "[tool.migration_magics.connections.half] has no url."
    ]
    assert "half] has no url." in str(ws.connections())
    with pytest.raises(UsageProblem, match=r"connections\.half\] has no url") as caught:
        ws.run("connect half")
    assert "url =" in (caught.value.hint or "")


def test_what_a_driver_does_not_take_is_told(
    ws: Workspace, tmp_path: Path, postgresql_url: str, mariadb_url: str
) -> None:
    urls = {"lite": "sqlite:///a.db", "pg": postgresql_url, "my": mariadb_url}
    (tmp_path / "a.db").touch()
    (tmp_path / "pyproject.toml").write_text(
        "".join(
            f'[tool.migration_magics.connections.{name}]\nurl = "{url}"\nconnect_args = {{ no_such = 1 }}\n'
            for name, url in urls.items()
        )
    )
    for name in urls:
        with pytest.raises(
            ConnectionProblem, match=f"The driver of {name} does not take its arguments: .*no_such"
        ) as caught:
            ws.connect(name)
        assert "connect_args" in (caught.value.hint or "")
        assert len(str(caught.value).splitlines()) == 2


def test_a_url_with_a_bad_option_is_told(ws: Workspace) -> None:
    with pytest.raises(UsageProblem, match="This URL cannot be used") as caught:
        ws.connect("sqlite:///a.db?timeout=soon")
    assert "behind ?" in (caught.value.hint or "")


def test_disconnecting_succeeds_though_what_is_left_cannot_be_read(ws: Workspace, tmp_path: Path) -> None:
    ws.connect("sqlite:///a.db", name="a")
    ws.connect("sqlite:///b.db", name="b")
    ws.revision("pass", message="first", rev_id="a1")
    next((tmp_path / "migrations" / "versions").glob("*.py")).write_text("revision = 'a1'\ndown_revision = 'a1'\n")
    left = ws.disconnect("b")
    assert left.connection is not None
    assert (left.connection.name, left.disconnected, list(ws.databases)) == ("a", "b", ["a"])
    assert str(left).startswith("Disconnected b, a is in use now")
    assert ws.disconnect().connection is None
