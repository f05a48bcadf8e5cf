"""`%migrate`, `%migration`, `%%revision` and `%%models`: read the line, run the command, return its result."""

from __future__ import annotations

import keyword
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
    output_can_be_silenced,
)
from IPython.display import display, update_display

from .. import widgets
from ..commands.help import cell_docstring, docstring
from ..commands.parser import Parsed, SwitchesConnection, execute, parse, parse_cell
from ..commands.table import CELLS, COMMANDS
from ..display import configure as display_settings
from ..errors import Busy, CellInvalid, ConfirmationRequired, MigrationError, RehearsalFailed, UsageProblem
from ..settings import Settings
from . import jupysql
from .cells import begin_in_cell, cell_id, place
from .completion import new_matcher
from .interrupts import listen
from .progress import shown
from .terminal import fit_terminal
from .traits import names, settings_of, vars_of, with_settings

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..commands.declaration import Command
    from ..results import Result

_CHANGING = frozenset({"set up", "author", "move"})
"""The groups of commands after which a database may have other tables, or another database is in use."""

_HINTS = {
    "revision": "write the upgrade below the %%revision line: op.add_column(...); "
    "or a file to fill in: %migrate revision -m ...",
    "models": "write classes or tables below the %%models line: class Worker(Base): ...",
}

Lookup = Callable[[str], "object | None"]


class Workspace(SwitchesConnection, Protocol):
    """All that the magics ask of a workspace."""

    settings: Settings
    on_step: Any
    drawn_error: BaseException | None

    def close(self) -> None:
        """Close every connection that was made here."""

    def learn_names(self, name: str | None = None, /) -> None:
        """Read the names of tables and columns, which completion offers, from the connection *name* or the one in use."""


def _new_workspace(lookup: Lookup) -> Workspace:
    from ..commands.api import Workspace as Real

    return Real(lookup=lookup)


@magics_class
class MigrateMagics(with_settings(Magics)):  # type: ignore[misc] # one trait per field of `Settings`
    """The magics of one shell, and the workspace they share, which is made by the first command that needs it.

    `%config MigrateMagics` shows and changes the settings.
    """

    shell: InteractiveShell

    def __init__(
        self,
        shell: InteractiveShell,
        *,
        new_workspace: Callable[[Lookup], Workspace] = _new_workspace,
        commands: Mapping[str, Command] = COMMANDS,
        cells: Mapping[str, Command] = CELLS,
    ) -> None:
        super().__init__(shell)
        self.displaced: dict[tuple[str, str], Any] = {}
        self._new_workspace = new_workspace
        self._commands = commands
        self._cells = cells
        self._workspace: Workspace | None = None
        self._scope: Mapping[str, Any] = {}
        self._error: BaseException | None = None
        self._shown: BaseException | None = None
        self._interactive: tuple[Result, str | None] | None = None
        self.matcher = new_matcher(shell, lambda: self._workspace)
        self.observe(lambda _change: self._apply_settings(), names())

    @no_var_expand
    @output_can_be_silenced
    @needs_local_scope
    @line_magic
    def migrate(  # noqa: D102 - its docstring is made of the table, below
        self, line: str, local_ns: Mapping[str, Any] | None = None
    ) -> Result:
        return self._run_line(line, local_ns)

    @no_var_expand
    @output_can_be_silenced
    @needs_local_scope
    @line_magic
    def migration(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Result:
        """Does what %migrate does, where another extension owns that name."""
        return self._run_line(line, local_ns)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic  # never silenced: a semicolon at its end belongs to the SQL or the Python in the cell
    def revision(  # noqa: D102 - as above
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> Result:
        with self._command(local_ns):
            return self._run_cell("revision", line, cell or "")

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def models(  # noqa: D102 - as above
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> Result:
        __tracebackhide__ = True  # IPython's own word for it
        with self._command(local_ns):
            return self._run_cell("models", line, cell or "")

    migrate.__doc__ = docstring()
    models.__doc__ = cell_docstring(CELLS["models"])
    revision.__doc__ = cell_docstring(CELLS["revision"])

    def show_widget(self, info: Any) -> None:
        """After a cell: where it showed a result that has a widget, show that below. IPython calls it (`post_run_cell`).

        A form may put a record into its own place once it is done.
        """
        interactive, self._interactive = self._interactive, None
        if interactive is None or info.result is not interactive[0] or not hasattr(self.shell, "kernel"):
            return
        result, on = interactive
        workspace: Any = self._workspace_in_use()
        shown = widgets.widget(result, workspace, on=on)
        if not hasattr(shown, "keep"):
            display(shown)  # type: ignore[no-untyped-call]
            return
        shown.place = place = f"migration-magics-{uuid.uuid4().hex}"
        shown.keep = lambda bundle: update_display(bundle, display_id=place, raw=True)  # type: ignore[no-untyped-call]
        display(shown, display_id=place)  # type: ignore[no-untyped-call]
        listen(workspace.turns.stop)

    def close(self) -> None:
        """Close the workspace, if one was ever needed."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def _apply_settings(self) -> None:
        """Let what runs and what is shown follow `%config`."""
        settings = settings_of(self)
        display_settings(settings)
        if self._workspace is not None:
            self._workspace.settings = settings

    def _workspace_in_use(self) -> Workspace:
        """Return the workspace; the first time it is made, with the settings of pyproject.toml where `%config` set none."""
        if self._workspace is None:
            workspace = self._new_workspace(self._lookup)
            changed = {
                name: value for name, value in vars_of(settings_of(self)).items() if value != vars_of(Settings())[name]
            }
            with self.hold_trait_notifications():
                for name, value in {**vars_of(workspace.settings), **changed}.items():
                    setattr(self, name, value)
            self._workspace = workspace
            self._apply_settings()
        return self._workspace

    def _run_line(self, line: str, local_ns: Mapping[str, Any] | None) -> Result:
        with self._command(local_ns):
            return self._run(parse(line, evaluate=self._evaluate, commands=self._commands))

    @contextmanager
    def _command(self, local_ns: Mapping[str, Any] | None) -> Iterator[None]:
        """Hold the caller's variables while a command runs, and keep its error for `%migrate why`."""
        outer, self._scope = self._scope, local_ns or {}
        try:
            yield
        except BaseException as error:
            self._error, self._shown = error, getattr(sys, "last_value", None)
            if self._workspace is not None:
                self._workspace.drawn_error = None
            if isinstance(error, ConfirmationRequired) and error.planned is not None:
                display(error.planned)  # type: ignore[no-untyped-call] # what it is about, before the question
            if isinstance(error, RehearsalFailed) and error.rehearsed is not None:
                display(error.rehearsed)  # type: ignore[no-untyped-call] # the rows that it met, before the error
            raise
        finally:
            self._scope = outer

    def _run(self, parsed: Parsed, **context: object) -> Result:
        fit_terminal(self.shell)
        workspace = None
        if parsed.command.uses_workspace and not parsed.wants_help:
            workspace = self._workspace_in_use()
        try:
            with shown(self.shell, workspace):
                result = execute(workspace, parsed, last_error=self._last_error(), **context)
        except Busy:
            at_work: Any = workspace.turns.at_work if workspace is not None else None
            if at_work is not None and at_work.command.startswith(parsed.command.typed):
                display(at_work, display_id=at_work.place)  # type: ignore[no-untyped-call] # its cell was run again
            raise
        finally:
            if workspace is not None and parsed.command.group in _CHANGING:
                widgets.look_up(workspace)
        if workspace is not None and parsed.command.group in _CHANGING:
            workspace.learn_names(parsed.on)
        if workspace is not None and widgets.has_widget(result):
            self._interactive = result, parsed.on
        if cell := getattr(result, "cell", ""):
            self.shell.set_next_input(cell)
        return result

    def _run_cell(self, name: str, line: str, body: str) -> Result:
        parsed = parse_cell(name, line, evaluate=self._evaluate, cells=self._cells)
        if parsed.wants_help:
            return self._run(parsed)
        if not body.strip():
            raise CellInvalid(
                f"The %%{name} cell has no body.",
                hint=_HINTS[name],
            )
        parsed, variable = _without_variable(parsed)
        where = place(self.shell, name, line, body)
        __tracebackhide__ = name == "models"
        try:
            result = self._run(
                parsed,
                body=body,
                filename=where.filename,
                first_line=where.first_line,
                cell_id=cell_id(self.shell),
                namespace=self.shell.user_ns,
            )
        except Exception as error:
            if name == "models" and not isinstance(error, MigrationError):
                begin_in_cell(error, where.filename)
            raise
        if variable:
            self.shell.user_ns[variable] = result
        return result

    def _lookup(self, name: str) -> object | None:
        """Return the variable of that name as the running code sees it, or what `%sql` is connected to, or None."""
        found: object | None = self._scope.get(name, self.shell.user_ns.get(name))
        return jupysql.connection(name) if found is None else found

    def _evaluate(self, expression: str) -> object:
        # the user's own line in the user's own kernel: the same as typing the expression into a cell
        return eval(expression, self.shell.user_ns, dict(self._scope))  # noqa: S307

    def _last_error(self) -> BaseException | None:
        """Return the last error of a magic, or of a workspace method or a widget if that failed later."""
        drawn = self._workspace.drawn_error if self._workspace is not None else None
        if drawn is not None:
            return drawn
        shown = getattr(sys, "last_value", None)
        is_newer = isinstance(shown, MigrationError) and shown is not self._shown
        return shown if is_newer else self._error


def _without_variable(parsed: Parsed) -> tuple[Parsed, str | None]:
    """Split off `--out NAME`, which is the notebook's affair; the name is checked before anything runs."""
    arguments = dict(parsed.arguments)
    name = arguments.pop("out", None)
    if name is not None and (not name.isidentifier() or keyword.iskeyword(name)):
        raise UsageProblem(f"{parsed.command.typed}: {name!r} is no name of a variable.", hint="--out result")
    return Parsed(parsed.command, arguments, on=parsed.on), name
