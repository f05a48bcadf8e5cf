"""A workspace and commands that return what they were given: what the magics hand over is seen, and nothing else runs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migration_magics.commands.table import CELLS, COMMANDS
from migration_magics.commands.turns import Turns
from migration_magics.errors import NotConnected
from migration_magics.magics.extension import load
from migration_magics.magics.magics import MigrateMagics
from migration_magics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class EchoWorkspace:
    lookup: Callable[[str], object | None]
    current: str = "first"
    log: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    on_step: object = None
    drawn_error: BaseException | None = None
    protected_name: str = ""
    elsewhere_name: str = ""
    turns: Turns = field(default_factory=Turns)

    @contextlib.contextmanager
    def using(self, name: str) -> Iterator[None]:
        before, self.current = self.current, name
        try:
            yield
        finally:
            self.current = before

    def close(self) -> None:
        self.log.append("closed")

    def learn_names(self, name: str | None = None) -> None:
        """There is no database."""


@dataclass(frozen=True)
class Echo:
    command: str
    arguments: dict[str, Any]
    connection: str | None
    workspace: EchoWorkspace
    cell: str = ""
    is_about_one_connection: bool = True


def echo(workspace: EchoWorkspace, **arguments: Any) -> Echo:
    return Echo("echo", arguments, workspace.current, workspace)


def connect(workspace: EchoWorkspace, source: str, **arguments: Any) -> Echo:
    return Echo("connect", {**arguments, "found": workspace.lookup(source)}, workspace.current, workspace)


def edit(workspace: EchoWorkspace, revision: str) -> Echo:
    return Echo("edit", {}, None, workspace, cell=f"%%revision -m {revision}\npass")


def fails(workspace: EchoWorkspace, **arguments: Any) -> Echo:
    try:
        open("nowhere?password=hunter22")  # noqa: SIM115, PTH123 - it has to fail
    except OSError as error:
        raise NotConnected("No connection yet.", hint="%migrate connect URL") from error


def breaks(workspace: EchoWorkspace, **arguments: Any) -> Echo:
    return 1 / 0


def cell(workspace: EchoWorkspace, *, body: str, filename: str, first_line: int, **arguments: Any) -> Echo:
    code = compile("\n" * (first_line - 1) + body, filename, "exec")
    exec(code, {})  # noqa: S102 - what the real command does, too
    return Echo("cell", {**arguments, "body": body, "first_line": first_line}, workspace.current, workspace)


RUN = {"connect": "connect", "edit": "edit", "current": "fails", "heads": "breaks", "help": None, "why": None}


def load_echo(shell: Any) -> MigrateMagics:
    """Load the extension into *shell* with commands that echo."""
    commands = {
        name: command if name in ("help", "why") else replace(command, run=f"tests.magics.echo:{RUN.get(name, 'echo')}")
        for name, command in COMMANDS.items()
    }
    cells = {name: replace(command, run="tests.magics.echo:cell") for name, command in CELLS.items()}
    ours = MigrateMagics(shell, new_workspace=EchoWorkspace, commands=commands, cells=cells)
    load(shell, ours)
    return ours
