"""The playground: what is in it, and what to try first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results import Playground
from ...results.demo import again
from ..view import Block, Facts, Line, Piece, View, code, plain
from ..words import count
from .base import remarks, view_of
from .place import stands_at

if TYPE_CHECKING:
    from ...settings import Settings


@view_of.register(Playground)
def _(result: Playground, _settings: Settings) -> View:
    connection, project = result.connection, result.project
    facts: list[tuple[str, Line]] = []
    if connection is not None:
        facts += [("connected as", (code(connection.name), Piece(f"· {connection.server}")))]
        facts += [("database", stands_at(connection.current, connection.pending))]
    if result.rows:
        rows = " · ".join(f"{number:,} {table}" for table, number in result.rows)
        facts.append(("rows", plain(rows)))
    if project is not None:
        told = f"· {count(project.revisions, 'revision')}, a plain Alembic project"
        facts.append(("migrations", (code(f"{result.directory}/migrations"), Piece(told))))
        facts.append(("models", (code(f"{result.directory}/models.py"), *_ahead(result.ahead))))
    blocks: list[Block] = [Facts(tuple(facts)), *remarks(*_STORY, *result.notes)]
    title = f"A playground in {result.directory}" if result.is_new else f"The playground in {result.directory} is here"
    foot: list[Line] = [
        (Piece(before), code(command)) for before, command in zip(_BEFORE, result.next_commands, strict=False)
    ]
    over: Line = (Piece("Start over:"), code(again(result.directory)))
    return View(title, blocks=tuple(blocks), foot=(*foot, over))


_STORY = (
    "An evaluation platform: workers run evaluations, which give results in metrics.",
    "Its history has a branch and a merge, a rename, a data migration. Two revisions are pending; a rehearsal finds a flaw.",
)

_BEFORE = ("Look around:", "Try what is pending on a copy:", "Compare models, history and database:")


def _ahead(ahead: str) -> Line:
    return (Piece("· one change ahead of the migrations:"), code(ahead)) if ahead else ()
