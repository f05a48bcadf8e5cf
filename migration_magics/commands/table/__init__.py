"""READ FIRST: one declaration per command.

The parser, the help pages, the `%migrate?` docstring and the completion all come from this table; a command that is not
here does not exist. Nothing is imported for a command until it runs: `run` is a string.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ..declaration import Argument, Command, flag, option
from .author import AUTHOR
from .compare import COMPARE
from .interact import INTERACT
from .learn import LEARN
from .look import LOOK
from .mend import MEND
from .move import MOVE
from .options import EXPECTING, REVISION_OPTIONS, YES, message
from .set_up import SET_UP
from .share import SHARE
from .try_ import TRY

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        command.name: command
        for command in (*SET_UP, *LOOK, *COMPARE, *AUTHOR, *MEND, *MOVE, *TRY, *INTERACT, *LEARN, *SHARE)
    }
)
"""Every command of `%migrate`, by name, in the order help shows them."""

CELLS: Mapping[str, Command] = MappingProxyType(
    {
        "revision": Command(
            name="revision",
            group="author",
            summary="Write a revision from this cell; running the cell again replaces it.",
            run="author:cell",
            arguments=(
                Argument("words", "text", "The message, without quotes.", metavar="MESSAGE", repeatable=True),
                message(),
                flag("The cell is SQL, split at a line `-- downgrade`.", "--sql"),
                flag("Show what would be written; write nothing.", "--dry-run"),
                flag("Upgrade the database afterwards.", "--apply"),
                flag("The revision is applied: downgrade, rewrite, upgrade again.", "--reapply"),
                flag("Write it although its rehearsal failed.", "--force"),
                *EXPECTING,
                YES,
                *REVISION_OPTIONS,
                option("Keep the result in this variable.", "--out", metavar="NAME", kind="variable"),
            ),
            examples=(
                "%%revision -m \"add runtime_ms\"\nop.add_column('evaluations', sa.Column('runtime_ms', sa.Integer))",
            ),
            context=("body", "filename", "first_line"),
            magic="%%",
        ),
        "models": Command(
            name="models",
            group="author",
            summary="Define models; running the cell again replaces them. Shows what is pending against the database.",
            run="models:cell",
            arguments=(
                option("Compare only this base: a variable, or package.module:attribute.", "--base", metavar="NAME"),
                option("Keep the result in this variable.", "--out", metavar="NAME", kind="variable"),
            ),
            examples=("%%models\nsa.Table('workers', metadata, sa.Column('id', sa.Integer, primary_key=True))",),
            context=("body", "filename", "first_line", "cell_id", "namespace"),
            magic="%%",
        ),
    }
)
"""Every cell magic that is a command, by name."""

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "migrate": "upgrade",
        "up": "upgrade",
        "apply": "upgrade",
        "down": "downgrade",
        "rollback": "downgrade",
        "log": "history",
        "new": "revision",
        "list_templates": "init",
        "close": "disconnect",
    }
)
"""What other tools call a command: only ever offered as a hint, never run."""
