"""pyproject.toml's table: settings and named connections."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from migration_magics.engine import configuration
from migration_magics.errors import ConnectionNotFound, ConnectionProblem, DriverMissing, UsageProblem
from migration_magics.settings import Settings


def write(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert configuration.read(tmp_path) == configuration.Configuration()


def test_the_nearest_table_above_is_read(tmp_path: Path) -> None:
    write(tmp_path, "[tool.migration_magics]\nlock_timeout_s = 5\ndisplay_limit = 7\n")
    inner = tmp_path / "notebooks"
    inner.mkdir()
    write(inner, "[project]\nname = 'other'\n")
    assert configuration.read(inner).settings == Settings(lock_timeout_s=5, display_limit=7)


def test_connections_come_in_the_files_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        "[tool.migration_magics.connections.staging]\nurl = 'postgresql://app@h/app'\nprotected = true\n"
        "[tool.migration_magics.connections.dev]\nurl = 'sqlite:///app.db'\n",
    )
    found = configuration.read(tmp_path).connections
    assert list(found) == ["staging", "dev"]
    assert found["staging"].protected
    assert not found["dev"].protected


@pytest.mark.parametrize(
    "text, message, hint",
    [
        (
            "[tool.migration_magics]\nlock_timeout = 5\n",
            "there is no key 'lock_timeout'",
            "did you mean lock_timeout_s?",
        ),
        ("[tool.migration_magics]\nlock_timeout_s = 'soon'\n", "is not a number", "lock_timeout_s = None"),
        ("[tool.migration_magics]\ndisplay_limit = true\n", "is not a whole number", "display_limit = 50"),
        (
            "[tool.migration_magics.connections.a]\nurl = 'sqlite://'\nprotcted = true\n",
            "no key 'protcted'",
            "protected",
        ),
        (
            "[tool.migration_magics.connections.a]\nurl = 'sqlite://'\nprotected = 'yes'\n",
            "is not a true or false",
            "documentation",
        ),
        ("[tool.migration_magics.connections]\na = 'sqlite://'\n", "is no table", "url"),
        ("[tool]\nmigration_magics = 3\n", "is no table", "[tool.migration_magics]"),
        ("[tool.migration_magics\n", "no valid TOML", "mend the file"),
    ],
)
def test_a_mistake_is_named_with_the_way_out(tmp_path: Path, text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageProblem, match=r".") as caught:
        configuration.read(write(tmp_path, text))
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_password_is_read_from_the_environment_when_needed() -> None:
    named = configuration.NamedConnection("staging", "postgresql://app@h/app", "env:PW")
    assert named.resolved_url({"PW": "the word"}).password == "the word"  # noqa: S105 - no secret
    assert "env:PW" not in repr(named)


def test_a_url_may_come_from_the_environment_whole() -> None:
    named = configuration.NamedConnection("staging", "env:URL")
    assert named.resolved_url({"URL": "sqlite:///x.db"}).database == "x.db"


def test_an_unset_variable_is_named() -> None:
    with pytest.raises(ConnectionNotFound, match="PW, which is not set") as caught:
        configuration.secret("env:PW", "staging", {})
    assert "%env PW" in str(caught.value.hint)


class KeyringInMemory(keyring.backend.KeyringBackend):
    """A keyring that asks no desktop."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def own_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(KeyringInMemory())
    yield
    keyring.set_keyring(before)


def test_a_password_is_read_from_the_keyring(own_keyring: None) -> None:
    keyring.set_password("db", "app", "s3cret")
    assert configuration.secret("keyring:db/app", "staging") == "s3cret"
    with pytest.raises(ConnectionNotFound, match="no password for 'nobody'"):
        configuration.secret("keyring:db/nobody", "staging")


@pytest.mark.parametrize(
    "failure, said",
    [
        (
            keyring.errors.NoKeyringError("No recommended backend was available.\n  Install one."),
            "No recommended backend",
        ),
        (keyring.errors.KeyringLocked(), "KeyringLocked"),
        (RuntimeError("the bus is gone"), "the bus is gone"),
    ],
)
def test_a_keyring_that_fails_is_told_in_a_line(own_keyring: None, failure: Exception, said: str) -> None:
    class Failing(KeyringInMemory):
        def get_password(self, service: str, username: str) -> str | None:
            raise failure

    keyring.set_keyring(Failing())
    with pytest.raises(ConnectionProblem, match=r"no password for 'app' of 'db'") as caught:
        configuration.secret("keyring:db/app", "staging")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert "env:NAME" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["keyring:", "keyring:app", "keyring:/app", "keyring:db/"])
def test_a_place_in_the_keyring_has_service_and_user(own_keyring: None, text: str) -> None:
    with pytest.raises(UsageProblem, match="does not say where") as caught:
        configuration.secret(text, "staging")
    assert "keyring:service/user" in str(caught.value.hint)


def test_a_missing_keyring_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(DriverMissing) as caught:
        configuration.secret("keyring:db/app", "staging")
    assert caught.value.hint == "%pip install keyring"


def test_a_dotenv_file_changes_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MM_TEST_PW", raising=False)
    (tmp_path / ".env").write_text("MM_TEST_PW='a b'\n", encoding="utf-8")
    assert configuration.dotenv(tmp_path / ".env") == {"MM_TEST_PW": "a b"}
    assert "MM_TEST_PW" not in __import__("os").environ


def test_a_missing_dotenv_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectionNotFound, match=r"There is no file .*\.env"):
        configuration.dotenv(tmp_path / ".env")


def test_a_schema_becomes_the_search_path() -> None:
    named = configuration.NamedConnection(
        "a", "postgresql://h/app", connect_args={"sslmode": "require"}, schema="tenant"
    )
    assert configuration.driver_arguments(named, "postgresql") == {
        "sslmode": "require",
        "options": "-c search_path=tenant",
    }
    with pytest.raises(ConnectionProblem, match="only PostgreSQL"):
        configuration.driver_arguments(named, "sqlite")
