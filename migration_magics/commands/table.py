"""READ FIRST: one declaration per command.

The parser, the help pages, the `%migrate?` docstring and the completion all come from this table; a command that is not
here does not exist. Nothing is imported for a command until it runs: `run` is a string.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .declaration import Argument, Command, flag, option

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERBOSE = flag("Show everything about each revision.", "-v", "--verbose")
_X = option("A value for the project's env.py, as Alembic's -x.", "-x", metavar="KEY=VALUE", repeatable=True)
_TAG = option("A tag for the project's env.py.", "--tag", metavar="TEXT")
_YES = flag("Go ahead although it loses data.", "--yes")
_DRY_RUN = flag("Run it in a transaction and roll it back.", "--dry-run")
_MOVING = (
    _YES,
    option("Refuse unless the plan is still this one.", "--plan", metavar="FINGERPRINT"),
    option("Go ahead on the protected connection of this name.", "--confirm", metavar="NAME", kind="connection"),
    _DRY_RUN,
    _X,
    _TAG,
)
_PER_REVISION = flag("Commit after each revision instead of once at the end.", "--per-revision")
_SPLICE = flag("Allow building on a revision that is no head: the history branches there.", "--splice")
_BRANCH_LABEL = option("Give the branch a label.", "--branch-label", metavar="LABEL")
_REV_ID = option("Use this revision id instead of a new random one.", "--rev-id", metavar="ID")
_REVISION_OPTIONS = (
    option("Build on this revision (default: the head, where there is one).", "--head", metavar="REV", kind="revision"),
    _SPLICE,
    _BRANCH_LABEL,
    option("Needs this revision of another branch.", "--depends-on", metavar="REV", kind="revision", repeatable=True),
    _REV_ID,
    option("Write the file into this one of the version locations.", "--version-path", metavar="PATH", kind="path"),
)


def _message(*, required: bool = False) -> Argument:
    return option("What the revision does, in a few words.", "-m", "--message", metavar="MESSAGE", required=required)


def _revisions(help_: str, *, required: bool) -> Argument:
    return Argument("revisions", "revisions", help_, metavar="REVS", repeatable=True, required=required)


_SET_UP = (
    Command(
        name="connect",
        group="set up",
        summary="Connect this notebook to a database and an Alembic project.",
        run="connect:connect",
        arguments=(
            Argument(
                "source",
                "variable",
                "A URL, a named connection, or a variable with an engine, connection or session (default: the project's URL).",
                metavar="SOURCE",
            ),
            option("Call the connection this.", "--as", metavar="NAME", dest="name"),
            option(
                "The Alembic project: a directory, an ini or a toml file.", "--project", metavar="PATH", kind="path"
            ),
            option(
                "The section of the ini file, as Alembic's -n.",
                "-n",
                "--name",
                metavar="INI_SECTION",
                dest="ini_section",
            ),
            flag("Every change of this database must be confirmed by the connection's name.", "--protected"),
            option(
                "Put a variable into the configuration's attributes, for an env.py that expects it.",
                "--attribute",
                metavar="NAME=VARIABLE",
                repeatable=True,
            ),
            option("Which database, where env.py configures several.", "--engine", metavar="NAME"),
            option("Read variables that are not set from this .env file.", "--dotenv", metavar="PATH", kind="path"),
            option(
                "A value for the project's env.py in every command on this connection, as Alembic's -x.",
                "-x",
                metavar="KEY=VALUE",
                repeatable=True,
            ),
        ),
        examples=(
            "%migrate connect sqlite:///app.db --project migrations",
            "%migrate connect engine --as staging --protected",
        ),
        takes_on=False,
    ),
    Command(
        name="connections",
        group="set up",
        summary="List the notebook's connections and where their databases stand.",
        run="connect:connections",
        takes_on=False,
    ),
    Command(
        name="use",
        group="set up",
        summary="Switch to another connection.",
        run="connect:use",
        arguments=(Argument("name", "connection", "The connection's exact name.", metavar="NAME", required=True),),
        examples=("%migrate use staging",),
        takes_on=False,
    ),
    Command(
        name="disconnect",
        group="set up",
        summary="Close a connection.",
        run="connect:disconnect",
        arguments=(Argument("name", "connection", "The connection (default: the one in use).", metavar="NAME"),),
        examples=("%migrate disconnect staging",),
        takes_on=False,
    ),
    Command(
        name="init",
        group="set up",
        summary="Write a new Alembic project, which the alembic command can use unchanged.",
        run="connect:init",
        arguments=(
            Argument("directory", "path", "Where to.", metavar="DIR", default="migrations"),
            option(
                "generic, async, multidb, pyproject or pyproject_async (default: generic).",
                "-t",
                "--template",
                metavar="TEMPLATE",
                kind="template",
            ),
        ),
        examples=("%migrate init migrations", "%migrate init migrations --template async"),
    ),
)

_LOOK = (
    Command(
        name="status",
        group="look",
        summary="Show where the database stands and the next sensible command.",
        run="browse:status",
        arguments=(flag("Every revision on every connection, side by side.", "--all"),),
        examples=("%migrate status --all",),
    ),
    Command(
        name="current",
        group="look",
        summary="Show the revision the database stands at; writes nothing.",
        run="browse:current",
        arguments=(_VERBOSE, flag("Fail unless the database is at the heads.", "-c", "--check-heads")),
        examples=("%migrate current --check-heads",),
    ),
    Command(
        name="heads",
        group="look",
        summary="Show the newest revisions, those nothing builds on.",
        run="browse:heads",
        arguments=(_VERBOSE, flag("Leave out heads that another branch depends on.", "--resolve-dependencies")),
    ),
    Command(
        name="branches",
        group="look",
        summary="Show the revisions from which several others continue.",
        run="browse:branches",
        arguments=(_VERBOSE,),
    ),
    Command(
        name="history",
        group="look",
        summary="Show the revisions as a graph, newest first, with what is applied.",
        run="browse:history",
        arguments=(
            option(
                "Only these, as START:END; either side may be left out.",
                "-r",
                "--rev-range",
                metavar="RANGE",
                kind="range",
                dest="range",
            ),
            _VERBOSE,
            option("Only revisions whose id, message or file has this text.", "--grep", metavar="TEXT"),
            flag("Accepted as Alembic's: what is current is always shown.", "-i", "--indicate-current", dest=""),
        ),
        examples=("%migrate history", "%migrate history -r -3:current", "%migrate history --grep runtime_ms"),
    ),
    Command(
        name="show",
        group="look",
        summary="Show one revision: message, place, source and SQL.",
        run="browse:show",
        arguments=(Argument("revision", "revision", "Which one.", metavar="REV", default="head"),),
        examples=("%migrate show head", "%migrate show ae10"),
    ),
)

_AUTHOR = (
    Command(
        name="revision",
        group="author",
        summary="Write a new revision file for you to fill in; %%revision writes one from a cell.",
        run="author:revision",
        arguments=(
            _message(required=True),
            *_REVISION_OPTIONS,
            flag("Let env.py run offline while the file is made, as Alembic's.", "--sql"),
        ),
        examples=('%migrate revision -m "add status to evaluations"',),
    ),
    Command(
        name="merge",
        group="author",
        summary="Join several heads by a revision that does nothing else.",
        run="author:merge",
        arguments=(
            _revisions("What to join (default: all heads).", required=False),
            _message(),
            _BRANCH_LABEL,
            _REV_ID,
            _SPLICE,
        ),
        examples=('%migrate merge heads -m "join metrics and workers"',),
    ),
    Command(
        name="edit",
        group="author",
        summary="Open a revision as a %%revision cell; running the cell writes it back.",
        run="author:edit",
        arguments=(Argument("revision", "revision", "Which one.", metavar="REV", required=True),),
        examples=("%migrate edit head",),
    ),
)

_MOVE = (
    Command(
        name="plan",
        group="move",
        summary="Show what a move to the target would run; nothing is run.",
        run="move:plan",
        arguments=(
            Argument(
                "target", "revision", "Where to; a downgrade if that lies behind.", metavar="TARGET", default="heads"
            ),
            _X,
            _TAG,
        ),
        examples=("%migrate plan", "%migrate plan -1"),
    ),
    Command(
        name="upgrade",
        group="move",
        summary="Run the revisions up to the target.",
        run="move:upgrade",
        arguments=(
            Argument("target", "revision", "Where to.", metavar="TARGET", default="head"),
            *_MOVING,
            _PER_REVISION,
        ),
        examples=("%migrate upgrade head", "%migrate upgrade +1 --dry-run", "%migrate upgrade head -x tenant=acme"),
        redirects=(("--sql", "%migrate sql"),),
    ),
    Command(
        name="downgrade",
        group="move",
        summary="Undo revisions down to the target.",
        run="move:downgrade",
        arguments=(
            Argument("target", "revision", "Where to.", metavar="TARGET", required=True),
            *_MOVING,
            _PER_REVISION,
        ),
        examples=("%migrate downgrade -1", "%migrate downgrade base --yes"),
        redirects=(("--sql", "%migrate sql --downgrade"),),
    ),
    Command(
        name="stamp",
        group="move",
        summary="Say where the database stands without running anything.",
        run="move:stamp",
        arguments=(
            _revisions("Where it stands.", required=True),
            flag("Empty the version table first, whatever is in it.", "--purge"),
            *_MOVING,
        ),
        examples=("%migrate stamp head", "%migrate stamp base --purge"),
    ),
    Command(
        name="ensure_version",
        group="move",
        summary="Create Alembic's version table where it is missing.",
        run="move:ensure_version",
        arguments=_MOVING,
    ),
)

_SHARE = (
    Command(
        name="sql",
        group="share",
        summary="Show the SQL of a range without a database, for several dialects side by side.",
        run="share:sql",
        arguments=(
            Argument("range", "range", "As START:END or END (default: everything).", metavar="RANGE"),
            option(
                "For this database (default: the connection's).",
                "--dialect",
                metavar="DIALECT",
                kind="dialect",
                repeatable=True,
            ),
            flag("The SQL of the way back.", "--downgrade"),
            _X,
            _TAG,
        ),
        examples=("%migrate sql base:head --dialect postgresql --dialect mysql",),
    ),
    Command(
        name="help",
        group="share",
        summary="Show this list, or all about one command.",
        run="help:help",
        arguments=(Argument("command", "command", "Which one.", metavar="COMMAND"),),
        examples=("%migrate help upgrade",),
        takes_on=False,
        uses_workspace=False,
    ),
    Command(
        name="why",
        group="share",
        summary="Show the long form of the last error: how it came about.",
        run="help:why",
        context=("last_error",),
        takes_on=False,
        uses_workspace=False,
    ),
)

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {command.name: command for command in (*_SET_UP, *_LOOK, *_AUTHOR, *_MOVE, *_SHARE)}
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
                _message(),
                flag("The cell is SQL, split at a line `-- downgrade`.", "--sql"),
                flag("Show what would be written; write nothing.", "--dry-run"),
                flag("Upgrade the database afterwards.", "--apply"),
                flag("The revision is applied: downgrade, rewrite, upgrade again.", "--reapply"),
                flag("Write it although its rehearsal failed.", "--force"),
                _YES,
                *_REVISION_OPTIONS,
                option("Keep the result in this variable.", "--out", metavar="NAME", kind="variable"),
            ),
            examples=(
                "%%revision -m \"add runtime_ms\"\nop.add_column('evaluations', sa.Column('runtime_ms', sa.Integer))",
            ),
            context=("body", "filename", "first_line"),
            magic="%%",
        )
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
        "undo": "downgrade",
        "log": "history",
        "new": "revision",
        "list_templates": "init",
        "close": "disconnect",
    }
)
"""What other tools call a command: only ever offered as a hint, never run."""
