"""Look: where a database stands, its history, its schema."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import FROM_DATABASE, MODELS, VERBOSE

LOOK = (
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
        arguments=(VERBOSE, flag("Fail unless the database is at the heads.", "-c", "--check-heads")),
        examples=("%migrate current --check-heads",),
    ),
    Command(
        name="heads",
        group="look",
        summary="Show the newest revisions, those nothing builds on.",
        run="browse:heads",
        arguments=(VERBOSE, flag("Leave out heads that another branch depends on.", "--resolve-dependencies")),
    ),
    Command(
        name="branches",
        group="look",
        summary="Show the revisions from which several others continue.",
        run="browse:branches",
        arguments=(VERBOSE,),
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
            VERBOSE,
            option("Only revisions whose id, message or file has this text.", "--grep", metavar="TEXT"),
            option(
                "Only revisions that touched this table or part of one.",
                "--table",
                metavar="TABLE[.NAME]",
                kind="table",
            ),
            FROM_DATABASE,
            flag("Accepted as Alembic's: what is current is always shown.", "-i", "--indicate-current", dest=""),
        ),
        examples=("%migrate history", "%migrate history -r -3:current", "%migrate history --table evaluations.status"),
    ),
    Command(
        name="show",
        group="look",
        summary="Show one revision: message, place, source and SQL.",
        run="browse:show",
        arguments=(Argument("revision", "revision", "Which one.", metavar="REV", default="head"),),
        examples=("%migrate show head", "%migrate show ae10"),
    ),
    Command(
        name="explain",
        group="look",
        summary="Say what the operations of a revision do: in plain words, with SQL, locks and safer ways per database.",
        run="explain:explain",
        arguments=(
            Argument(
                "what",
                "revision",
                "Which revision; or an operation in quotes, as it stands in one.",
                metavar="REV",
                default="head",
            ),
            option(
                "For this database only: sqlite, postgresql or mariadb (default: all three).",
                "--dialect",
                metavar="DIALECT",
                kind="dialect",
                repeatable=True,
            ),
            flag("Explain the way back.", "--downgrade"),
            flag("Show its strongest lock for real: on a copy, with two programs that use the table.", "--demonstrate"),
        ),
        examples=(
            "%migrate explain head",
            "%migrate explain head --demonstrate",
            "%migrate explain ae10 --dialect postgresql",
            "%migrate explain \"op.add_column('evaluations', sa.Column('note', sa.Text))\"",
        ),
    ),
    Command(
        name="schema",
        group="look",
        summary="Show the schema of a revision, of the database or of the models, as tables or as a diagram.",
        run="compare:schema",
        arguments=(
            Argument(
                "what",
                "side",
                "A revision, base, head, db or models (default: db).",
                metavar="SIDE",
            ),
            Argument("table", "table", "Only this table.", metavar="TABLE"),
            flag("Draw an entity-relationship diagram.", "--diagram"),
            option(
                "With a table: draw what is this many foreign keys away (default: 1).",
                "--depth",
                metavar="N",
                kind="number",
            ),
            FROM_DATABASE,
            MODELS,
        ),
        examples=("%migrate schema", "%migrate schema head evaluations", "%migrate schema --diagram"),
    ),
    Command(
        name="blame",
        group="look",
        summary="Show which revision made and last changed each column, index and constraint of a table.",
        run="compare:blame",
        arguments=(
            Argument("target", "table", "A table, or one of its parts.", metavar="TABLE[.NAME]", required=True),
            FROM_DATABASE,
        ),
        examples=("%migrate blame evaluations", "%migrate blame evaluations.runtime_ms"),
    ),
)
