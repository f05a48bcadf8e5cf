"""Tab on `%migrate` lines and in `%%revision` cells: the border between IPython's completer and `commands.complete`.

One matcher (IPython's Matcher API 2, 8.6 and later) works for terminal, kernel and JupyterLab. It never raises, opens no
connection, and imports neither Alembic nor SQLAlchemy.
"""

from __future__ import annotations

import builtins
import keyword
import logging
import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from ..commands.complete import Offer, complete, complete_cell
from ..commands.unfinished import unfinished
from ..engine.folders import paths
from ..model.names import Names
from .body_completion import complete_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from ..commands.facts import Seen
    from ..model.graph import Graph

IDENTIFIER = "migration_magics"

_LINE = re.compile(r"\s*(?:[^=%#]+=\s*)?%(?:migrate|migration)\s(.*)\Z", re.DOTALL)
_AUTOMAGIC = re.compile(r"\s*(migrate|migration)\s+(?![!=()<>,+*/%^&|])(.*)\Z")  # as IPython's AutoMagicChecker
_CELL = re.compile(r"%%(revision|models)(?:\s|\Z)")
_CONNECTABLE = frozenset(
    {
        "Engine",
        "Connection",
        "Session",
        "scoped_session",
        "AsyncEngine",
        "AsyncConnection",
        "AsyncSession",
        "URL",
        "Config",
    }
)
_UNBROKEN = {ord(" "): "\N{NO-BREAK SPACE}", ord("-"): "\N{NON-BREAKING HYPHEN}", ord("/"): "/\N{WORD JOINER}"}
_log = logging.getLogger(__name__)


class _Nothing:
    """No completion, and yet not empty: IPython (9.18, completer.py) lets only a matcher that has any silence the others.

    On our lines they would offer Python's names where a message, a number or a fingerprint is to be written.
    """

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[SimpleCompletion]:
        return iter(())


class ShellFacts:
    """What the notebook of *shell* knows: its variables, and what its workspace has seen, once there is one."""

    def __init__(self, shell: InteractiveShell, workspace: Callable[[], object | None]) -> None:
        self._shell = shell
        self._workspace = workspace

    def _seen(self) -> Seen | None:
        workspace = self._workspace()
        if workspace is None:
            return None
        from ..commands.facts import Seen  # has SQLAlchemy with it, as a workspace has

        return Seen(workspace)

    def graph(self, on: str | None) -> Graph | None:
        """See `Facts`."""
        seen = self._seen()
        return seen.graph(on) if seen else None

    def names(self, on: str | None) -> Names:
        """See `Facts`."""
        seen = self._seen()
        return seen.names(on) if seen else Names()

    def tables(self, on: str | None, *, is_former: bool) -> Names:
        """See `Facts`."""
        seen = self._seen()
        return seen.tables(on, is_former=is_former) if seen else Names()

    def connections(self) -> Mapping[str, str]:
        """See `Facts`."""
        seen = self._seen()
        return seen.connections() if seen else {}

    def dialect(self) -> str:
        """Return the module in `sqlalchemy.dialects` for the database in use, or ""."""
        seen = self._seen()
        return seen.dialect() if seen else ""

    def sources(self) -> Mapping[str, str]:
        """See `Facts`; a class is known by its name and package, for nothing may be imported to look."""
        return {name: type(value).__name__ for name, value in self._variables() if _is_connectable(type(value))}

    def frames(self) -> Mapping[str, str]:
        """See `Facts`; pandas' own, and others that say how many rows and columns they have."""
        return {name: _shape(value) for name, value in self._variables() if type(value).__name__ == "DataFrame"}

    def _variables(self) -> Iterator[tuple[str, Any]]:
        hidden = self._shell.user_ns_hidden
        for name, value in list(self._shell.user_ns.items()):
            if not name.startswith("_") and name not in hidden:
                yield name, value

    def paths(self, begun: str) -> tuple[str, ...]:
        """See `Facts`."""
        return paths(begun)


def _shape(frame: Any) -> str:
    shape = getattr(frame, "shape", None)
    if not (isinstance(shape, tuple) and len(shape) == 2 and all(isinstance(each, int) for each in shape)):
        return "DataFrame"
    return f"DataFrame, {shape[0]:,} rows, {shape[1]:,} columns"


def _is_connectable(type_: type) -> bool:
    return any(
        base.__name__ in _CONNECTABLE and base.__module__.partition(".")[0] in {"sqlalchemy", "alembic"}
        for base in type.mro(type_)
    )


def new_matcher(shell: InteractiveShell, workspace: Callable[[], object | None]) -> Any:
    """Return the matcher for `shell.Completer.custom_matchers`; *workspace* gives the workspace in use, or None."""
    facts = ShellFacts(shell, workspace)

    def migration_magics(context: CompletionContext) -> dict[str, Any]:
        is_ours = False
        try:
            offer, is_ours = _offer(context, facts, shell)
        except Exception:  # noqa: BLE001 - IPython would print a traceback into the prompt; the log has it
            _log.debug("completion failed", exc_info=True)
            offer = Offer()
        found = [SimpleCompletion(text=each.text, type=_unbroken(each.about)) for each in offer.candidates]
        return {
            "completions": found or (_Nothing() if is_ours else []),
            # IPython's own splitter cuts at ":", "=" and "@"; it does not look at a fragment without completions
            "matched_fragment": offer.fragment,
            "suppress": bool(found) or is_ours,
            "ordered": True,
        }

    matcher: Any = context_matcher(identifier=IDENTIFIER, priority=100)
    return matcher(migration_magics)


def _unbroken(about: str) -> str:
    """Return *about* so that no browser breaks it: JupyterLab's pop-up lets the second line run into the next row."""
    return about.translate(_UNBROKEN)


def _offer(context: CompletionContext, facts: ShellFacts, shell: InteractiveShell) -> tuple[Offer, bool]:
    """Return what is offered, and whether nobody else may offer anything: on the lines that no Python stands on."""
    line = context.text_until_cursor
    lines = context.full_text.split("\n")
    first = next((number for number, text in enumerate(lines) if text.strip()), 0)
    cell = _CELL.match(lines[first])
    if cell is None:
        rest = _migrate_line(line, shell, is_only=len(lines) == 1)
        return (Offer(), False) if rest is None else (complete(rest, facts), unfinished(rest) is not None)
    if context.cursor_line == first:
        head = _CELL.match(line)
        if head is None or head.end() == len(f"%%{head[1]}"):
            return Offer(), False
        rest = line[head.end() :]
        return complete_cell(head[1], rest, facts), unfinished(rest) is not None
    if context.cursor_line < first:
        return Offer(), False
    body = "\n".join([*lines[first + 1 : context.cursor_line], line])
    is_sql = re.search(r"\s--sql(\s|\Z)", lines[first]) is not None
    return complete_body(body, facts.names(None), facts.dialect(), is_sql=is_sql), False


def _migrate_line(line: str, shell: InteractiveShell, *, is_only: bool) -> str | None:
    """Return what follows `%migrate`, also after `x =`; without `%` where IPython would run the line as a magic."""
    match = _LINE.match(line)
    if match:
        return match[1]
    match = _AUTOMAGIC.match(line) if is_only and shell.automagic else None
    if match is None:
        return None
    name = match[1]
    is_hidden = (
        name in shell.user_ns or name in shell.user_global_ns or hasattr(builtins, name) or keyword.iskeyword(name)
    )
    return None if is_hidden else match[2]
