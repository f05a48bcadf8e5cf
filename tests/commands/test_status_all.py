"""Every revision on every connection; connections that are only named; and the word for those that are protected."""

from __future__ import annotations

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.commands.facts import Seen
from migration_magics.errors import ConfirmationRequired, ConnectionNotFound, NotConnected, ProjectNotFound
from tests.engine.making import revision_file

PYPROJECT = """
[tool.migration_magics.connections.staging]
url = "sqlite:///staging.db"
protected = true

[tool.migration_magics.connections.dev]
url = "postgresql+psycopg://app:s3cr3t-pw@db.example/app"
"""


@pytest.fixture
def ws(tmp_path, monkeypatch):
    """A project with three revisions, and no connection yet."""
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    workspace.init("migrations")
    versions = tmp_path / "migrations" / "versions"
    revision_file(versions, "a1", down="pass")
    revision_file(versions, "b2", down="pass", parents=("a1",))
    revision_file(versions, "c3", down="pass", parents=("b2",))
    yield workspace
    workspace.close()


def named(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")


def states(result):
    return {row["revision"]: [row[one.name] for one in result.connections] for row in result.records()}


def test_revisions_by_connections(ws):
    for name, target in (("old", "a1"), ("new", "head"), ("blank", None)):
        ws.run(f"connect sqlite:///{name}.db --as {name}")
        if target:
            ws.upgrade(target)
    result = ws.run("status --all")
    assert [one.name for one in result.connections] == ["old", "new", "blank"]
    assert states(result) == {
        "c3": ["pending", "current", "pending"],
        "b2": ["pending", "applied", "pending"],
        "a1": ["current", "applied", "pending"],
    }
    assert list(result.to_frame().columns) == ["revision", "message", "old", "new", "blank"]
    assert ws.current_name == "blank"


def test_what_does_not_answer_says_so_and_hinders_nothing(ws, tmp_path):
    ws.run("connect sqlite:///gone.db --as gone")
    ws.run("connect sqlite:///here.db --as here")
    ws.upgrade("head")
    (tmp_path / "gone.db").write_bytes(b"no database at all" * 100)
    result = ws.status(all=True)
    assert states(result)["a1"] == ["unknown", "applied"]
    assert any(note.startswith("! gone: ") for note in result.notes)


def test_a_database_ahead_of_the_project_is_told(ws, tmp_path):
    ws.run("connect sqlite:///app.db --as app")
    ws.upgrade("head")
    (tmp_path / "migrations" / "versions" / "c3.py").unlink()
    assert "! app stands at c3, for which this project has no file." in ws.status(all=True).notes


def test_another_projects_database_is_not_compared(ws, tmp_path, monkeypatch):
    ws.run("connect sqlite:///one.db --as one")
    ws.upgrade("head")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    ws.init("migrations")
    ws.run("connect sqlite:///two.db --as two --project migrations")
    ws.use("one")
    result = ws.status(all=True)
    assert states(result)["a1"] == ["applied", "unknown"]
    assert "two belongs to another project." in result.notes


def test_without_connection_or_project_the_hint_is_how_to_get_one(ws, tmp_path_factory, monkeypatch):
    with pytest.raises(NotConnected) as caught:
        ws.status(all=True)
    assert "%migrate connect" in caught.value.hint
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ProjectNotFound) as caught:
        Workspace().status(all=True)
    assert "%migrate init" in caught.value.hint


# -- connections that are only named


def test_named_connections_are_offered_and_not_opened(ws, tmp_path):
    named(tmp_path)
    ws.run("connect sqlite:///app.db --as app")
    shown = {one.name: one for one in ws.connections().connections}
    assert [(name, one.is_connected) for name, one in shown.items()] == [
        ("app", True),
        ("staging", False),
        ("dev", False),
    ]
    assert (shown["staging"].is_protected, shown["staging"].current) == (True, None)
    text = str(ws.connections())
    assert "not connected" in text
    assert "s3cr3t-pw" not in text
    assert "s3cr3t-pw" not in str(ws.connections().to_dict())
    assert not (tmp_path / "staging.db").exists()
    assert "Not connected: staging, dev." in ws.status(all=True).notes
    seen = Seen(ws).connections()
    assert set(seen) == {"app", "staging", "dev"}
    assert (seen["staging"], seen["dev"]) == ("not connected", "not connected")
    assert "in use" in seen["app"]


def test_use_opens_what_is_named(ws, tmp_path):
    named(tmp_path)
    with pytest.raises(ConnectionNotFound, match="not connected") as caught:
        ws.run("current --on staging")
    assert caught.value.hint == "%migrate connect staging"
    assert ws.run("use staging").connection.name == "staging"
    assert ws.current_name == "staging"


def test_a_broken_pyproject_hinders_no_completion(ws, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.migration_magics]\nnonsense = 1\n", encoding="utf-8")
    assert dict(Seen(ws).connections()) == {}


# -- protected connections

COMMANDS = [
    "status",
    "current",
    "history",
    "heads",
    "branches",
    "show a1",
    "plan",
    "plan base",
    "upgrade +1 --dry-run",
    "upgrade +1 --confirm live",
    "downgrade base --confirm live",
    "stamp a1 --confirm live",
    "ensure_version --confirm live",
    "sql",
    "revision -m next",
    "use live",
    "connect live",
    "connections",
    "status --all",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_output_says_that_the_connection_is_protected(ws, command):
    ws.run("connect sqlite:///live.db --as live --protected")
    ws.run("upgrade a1 --confirm live")
    result = ws.run(command)
    assert "protected)" in str(result)
    assert "protected" in result._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_says_so_of_another(ws, command):
    ws.run("connect sqlite:///live.db --as live")
    ws.run("upgrade a1")
    assert "protected" not in str(ws.run(command))


def test_on_a_protected_connection_a_cell_and_a_question_say_so_too(ws):
    ws.run("connect sqlite:///live.db --as live --protected")
    assert "protected)" in str(ws.revision("pass", message="more"))
    with pytest.raises(ConfirmationRequired) as caught:
        ws.upgrade("head")
    assert "(protected)" in str(caught.value.planned).splitlines()[0]


def test_on_says_so_of_the_connection_it_names(ws):
    ws.run("connect sqlite:///live.db --as live --protected")
    ws.run("connect sqlite:///dev.db --as dev")
    assert ws.run("current").protected == ""
    assert ws.run("current --on live").protected == "live"
    assert "(live is protected)" in str(ws.run("current --on live"))
