"""`[tool.migration_magics]` in pyproject.toml: settings and named connections, read once per change of the file.

    [tool.migration_magics]
    lock_timeout_s = 5
    models = "app.models:Base"               # or a list of these

    [tool.migration_magics.connections.staging]
    url = "postgresql+psycopg://app@db.example/app"
    password = "env:STAGING_PASSWORD"        # or "keyring:service/user"; resolved when it is needed, never before
    connect_args = { sslmode = "require" }
    schema = "app"
    protected = true

A key nobody knows is an error with the nearest one that is known: a typo in `protected` must not go unnoticed.
"""

from __future__ import annotations

import difflib
import os
import sys
import typing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import ConnectionNotFound, ConnectionProblem, DriverMissing, UsageProblem
from ..settings import Settings
from .database import parse_url

if typing.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import URL

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10 has no tomllib; Alembic installs tomli there
    import tomli as tomllib

TABLE = "tool.migration_magics"
_OWN_KEYS = ("connections", "models")
_CONNECTION_KEYS = ("url", "password", "connect_args", "schema", "protected")


@dataclass(frozen=True, slots=True)
class NamedConnection:
    """A connection as pyproject.toml describes it. *url* and *password* may be `env:NAME` or `keyring:service/user`.

    *problem* is what keeps it from being used (then *url* is ""): that is nothing to the other connections.
    """

    name: str
    url: str
    password: str | None = field(default=None, repr=False)
    connect_args: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    schema: str | None = None
    protected: bool = False
    problem: str = ""

    def resolved_url(self, environment: Mapping[str, str] = os.environ) -> URL:
        """Return the URL with its password, read from where it is kept now.

        Raises UsageProblem where it has none, ConnectionNotFound for an unset variable or an empty keyring entry,
        ConnectionProblem for a keyring that fails, DriverMissing without `keyring`.
        """
        if self.problem:
            raise UsageProblem(self.problem, hint='url = "postgresql+psycopg://app@localhost/app"')
        url = parse_url(secret(self.url, self.name, environment), f"The url of connection {self.name!r}")
        return url if self.password is None else url.set(password=secret(self.password, self.name, environment))


@dataclass(frozen=True, slots=True)
class Configuration:
    """What pyproject.toml says: settings (defaults where it says nothing) and connections by name, in the file's order."""

    settings: Settings = field(default_factory=Settings)
    connections: Mapping[str, NamedConnection] = field(default_factory=lambda: MappingProxyType({}))
    path: Path | None = None
    models: tuple[str, ...] = ()
    """Where the models are, each as `package.module:attribute`."""


def read(folder: Path | None = None) -> Configuration:
    """Return the configuration of the nearest pyproject.toml at or above *folder* that has our table.

    Without one: the defaults. Raises UsageProblem for invalid TOML, unknown keys and values of the wrong type.
    """
    here = (folder or Path.cwd()).absolute()
    for place in (here, *here.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _configuration(table, path)
        if (place / ".git").exists():
            break
    return Configuration()


def secret(text: str, connection: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what *text* stands for: `env:NAME`, `keyring:service/user`, or itself. Raises as `resolved_url`."""
    if text.startswith("env:"):
        name = text[4:]
        if name not in environment:
            raise ConnectionNotFound(
                f"Connection {connection!r} wants the environment variable {name}, which is not set.",
                hint=f"%env {name}=..., or start Jupyter with it",
            )
        return environment[name]
    if text.startswith("keyring:"):
        return _from_keyring(text[8:], connection)
    return text


def _from_keyring(place: str, connection: str) -> str:
    service, slash, user = place.rpartition("/")
    if not (slash and service and user):
        raise UsageProblem(
            f"Connection {connection!r} does not say where in the keyring its password is.",
            hint="write it as keyring:service/user",
        )
    try:
        import keyring
    except ImportError as error:
        raise DriverMissing(
            f"Connection {connection!r} keeps its password in a keyring.", hint="%pip install keyring"
        ) from error
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # each desktop's keyring raises what it likes
        said = " ".join(str(error).split())
        raise ConnectionProblem(
            f"The keyring gives no password for {user!r} of {service!r}: {said or type(error).__name__}",
            hint="unlock or set up a keyring, or keep the password in an environment variable: env:NAME",
        ) from error
    if value is None:
        raise ConnectionNotFound(
            f"The keyring has no password for {user!r} of {service!r}.", hint=f"keyring set {service} {user}"
        )
    return str(value)


def dotenv(path: Path) -> dict[str, str]:
    """Return the variables of the .env file at *path*; nothing is put into the process's environment.

    Raises ConnectionNotFound where there is no such file, UsageProblem where it cannot be read, DriverMissing without
    `python-dotenv`.
    """
    if not path.is_file():
        raise ConnectionNotFound(
            f"There is no file {path}.", hint="--dotenv PATH; without PATH it is .env in the working directory"
        )
    try:
        from dotenv import dotenv_values
    except ImportError as error:
        raise DriverMissing(
            ".env files are read by python-dotenv, which is not installed.", hint="%pip install python-dotenv"
        ) from error
    try:
        return {name: value for name, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def changed(settings: Settings, values: Mapping[str, object], where: str) -> Settings:
    """Return *settings* with *values* in place. Raises UsageProblem for an unknown name or a value of the wrong type."""
    known = typing.get_type_hints(Settings)
    for name, value in values.items():
        if name not in known:
            raise unknown_key(name, known, where)
        if not _fits(value, known[name]):
            raise UsageProblem(
                f"{where}: {name} = {value!r} is not a {_type_name(known[name])}.",
                hint=f"{name} = {getattr(Settings(), name)}",
            )
    return replace(settings, **values)  # type: ignore[arg-type] # checked above


def unknown_key(name: str, known: Iterable[str], where: str) -> UsageProblem:
    """Return the error for a key nobody knows, with the nearest one."""
    names = tuple(known)
    near = difflib.get_close_matches(name, names, 1)
    return UsageProblem(
        f"{where}: there is no key {name!r}.", hint=f"did you mean {near[0]}?" if near else f"keys: {', '.join(names)}"
    )


def driver_arguments(named: NamedConnection, family: str) -> dict[str, Any]:
    """Return what the driver gets beside the URL, the schema among it. Raises ConnectionProblem where it takes no schema."""
    arguments = dict(named.connect_args)
    if named.schema and family == "postgresql":
        arguments["options"] = f"{arguments.get('options', '')} -c search_path={named.schema}".strip()
    elif named.schema:
        raise ConnectionProblem(
            f"Connection {named.name!r} names a schema, which only PostgreSQL connections take.",
            hint="put the database's name into the URL",
        )
    return arguments


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageProblem(
            f"{path.name} is no valid TOML: {error}.", hint="mend the file, then run the command again"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    table = document.get("tool", {}).get("migration_magics")
    if table is not None and not isinstance(table, dict):
        raise UsageProblem(f"[{TABLE}] in {path.name} is no table.", hint=f"write [{TABLE}] above its keys")
    return table


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> UsageProblem:
    if isinstance(error, UnicodeDecodeError):
        return UsageProblem(f"{path.name} cannot be read: it is not UTF-8.", hint=f"save {path.name} as UTF-8")
    return UsageProblem(f"{path.name} cannot be read: {error.strerror}.", hint=f"who may read {path}?")


def _configuration(table: Mapping[str, Any], path: Path) -> Configuration:
    listed = table.get("connections", {})
    names = [each.name for each in fields(Settings)]
    for key in table:
        if key not in _OWN_KEYS and key not in names:
            raise unknown_key(key, (*names, *_OWN_KEYS), f"[{TABLE}]")
    settings = changed(Settings(), {key: value for key, value in table.items() if key not in _OWN_KEYS}, f"[{TABLE}]")
    if not isinstance(listed, dict):
        raise UsageProblem(f"[{TABLE}.connections] is no table.", hint=f"[{TABLE}.connections.NAME]")
    return Configuration(
        settings,
        MappingProxyType({name: _named(name, value) for name, value in listed.items()}),
        path,
        _models(table.get("models", [])),
    )


def _models(given: object) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(each, str) and each for each in listed):
        raise UsageProblem(
            f"[{TABLE}]: models = {given!r} is no name of models, nor a list of them.",
            hint='models = "app.models:Base"',
        )
    return tuple(listed)


def _named(name: str, table: object) -> NamedConnection:
    where = f"[{TABLE}.connections.{name}]"
    if not isinstance(table, dict):
        raise UsageProblem(f"{where} is no table.", hint=f'{where} and below it url = "..."')
    for key in table:
        if key not in _CONNECTION_KEYS:
            raise unknown_key(key, _CONNECTION_KEYS, where)
    wanted: dict[str, type] = {"password": str, "connect_args": dict, "schema": str, "protected": bool}
    for key, kind in wanted.items():
        if key in table and not isinstance(table[key], kind):
            raise UsageProblem(
                f"{where}: {key} = {table[key]!r} is not a {_type_name(kind)}.",
                hint=f"see {where} in the documentation",
            )
    url = table.get("url")
    return NamedConnection(
        name,
        url if isinstance(url, str) else "",
        table.get("password"),
        MappingProxyType(table.get("connect_args", {})),
        table.get("schema"),
        table.get("protected", False),
        "" if url and isinstance(url, str) else f"{where} has no url.",
    )


def _fits(value: object, hint: Any) -> bool:
    kinds = typing.get_args(hint) or (hint,)
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int) and float in kinds:
        return True
    return any(isinstance(value, kind) for kind in kinds)


def _type_name(hint: Any) -> str:
    kinds = [kind for kind in typing.get_args(hint) or (hint,) if kind is not type(None)]
    return {"float": "number", "int": "whole number", "str": "text", "bool": "true or false", "dict": "table"}.get(
        kinds[0].__name__, str(kinds[0])
    )


__all__ = ["Configuration", "NamedConnection", "changed", "dotenv", "driver_arguments", "read", "secret", "unknown_key"]
