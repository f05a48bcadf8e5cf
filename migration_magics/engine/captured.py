"""What a project's env.py configures, as a value: its `configure()` calls, and which of them are about a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import URL

    from .database import Database


@dataclass(frozen=True, slots=True)
class Configured:
    """One `configure()` call of env.py: the database it meant, its options, and what it gave to `run_migrations()`."""

    identity: str
    url: URL | None
    engine: Any
    options: Mapping[str, Any]
    run_arguments: Mapping[str, Any]
    siblings: tuple[str, ...] = ()
    """The identities of the other databases that env.py configures."""
    session: tuple[str, ...] = ()
    """What env.py sets before that decides where tables are looked for, as SQL: `SET search_path TO tenant`."""

    @property
    def version_table(self) -> str:
        """The version table with its schema, as a person would write it."""
        schema, table = self.options.get("version_table_schema"), self.options.get("version_table") or "alembic_version"
        return f"{schema}.{table}" if schema else str(table)

    @property
    def label(self) -> str:
        """What env.py calls this database: its `engine_name` argument, or its place."""
        return str(self.run_arguments.get("engine_name") or self.identity)


@dataclass(frozen=True, slots=True)
class Captured:
    """What env.py configures: its calls in order, and what it printed. One call with no options where there is no env.py."""

    calls: tuple[Configured, ...]
    output: str = ""
    has_guessed: bool = False
    """env.py decided something by the answers of a database it did not have."""

    def for_database(self, database: Database, engine_name: str | None = None) -> tuple[Configured, ...]:
        """Return the calls that are about *database*: those that name it, or all when env.py configures only one.

        Raises Refused where env.py configures several databases and none of them is this one: *engine_name* must say.
        """
        if engine_name is not None:
            return self.called(engine_name)
        matching = tuple(call for call in self.calls if call.identity == database.identity)
        if matching:
            return matching
        if len({call.identity for call in self.calls}) > 1:
            raise Refused(
                f"env.py configures several databases ({self._labels()}), and {database.name} is none of them.",
                hint=f"say which one it stands for: %migrate connect {database.url} --engine {self.calls[0].label}",
            )
        return self.calls

    def called(self, engine_name: str) -> tuple[Configured, ...]:
        """Return the calls about the database that env.py calls *engine_name*. Raises Refused where there is none."""
        named = tuple(call for call in self.calls if engine_name in {call.label, call.identity})
        if not named:
            raise Refused(
                f"env.py configures no database called {engine_name!r}.", hint=f"it configures: {self._labels()}"
            )
        return named

    def _labels(self) -> str:
        return ", ".join(dict.fromkeys(call.label for call in self.calls))


_SETTING = re.compile(r"\s*(?:SET\s+(?:SESSION\s+|LOCAL\s+)?(?:search_path|schema)\b|USE\s)", re.IGNORECASE)


def settings_in(statements: Sequence[str]) -> tuple[str, ...]:
    """Return those of *statements* that decide in which schema an unqualified table is looked for."""
    return tuple(statement for statement in statements if _SETTING.match(statement))
