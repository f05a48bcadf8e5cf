"""The Python object: `migration_magics.open(...)` returns one. Every command of the table is a method of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .parser import Parsed, bind, execute, parse
from .table import CELLS
from .workspace import WorkspaceState

if TYPE_CHECKING:
    from ..results import (
        Authored,
        Backfilled,
        Blamed,
        Branches,
        Checked,
        Compared,
        Connected,
        Connections,
        Course,
        Current,
        Diagnosed,
        Exercise,
        Explained,
        Explorer,
        Heads,
        HelpPage,
        History,
        Initialised,
        ModelsDefined,
        Moved,
        Planned,
        Playground,
        Rehearsed,
        Report,
        Result,
        Review,
        Samples,
        SchemaShown,
        Shown,
        SqlShown,
        Status,
        StatusOfAll,
        Stepper,
        StopShown,
    )


class Workspace(WorkspaceState):
    """A notebook's or script's connections, and what can be done with them.

    The methods take what the commands take: positional values in their order, options by name (`--dry-run` is `dry_run`),
    and `on="NAME"` to use another connection for one call. They return the command's result and raise `MigrationError`s.
    """

    def run(self, text: str) -> Result:
        """Run a command line as `%migrate` would: `ws.run("upgrade head")`."""
        return execute(self, parse(text))

    def _do(self, name: str, values: tuple[object, ...], options: dict[str, object]) -> Any:
        return execute(self, bind(name, values, options))

    def connect(self, *source: object, **options: object) -> Connected:
        """See `%migrate help connect`."""
        result: Connected = self._do("connect", source, options)
        return result

    def connections(self) -> Connections:
        """Return every connection and where its database stands."""
        result: Connections = self._do("connections", (), {})
        return result

    def use(self, *name: str) -> Connected:
        """Switch to another connection."""
        result: Connected = self._do("use", name, {})
        return result

    def disconnect(self, *name: str) -> Connected:
        """Close a connection."""
        result: Connected = self._do("disconnect", name, {})
        return result

    def init(self, *directory: str, **options: object) -> Initialised:
        """Write a new Alembic project."""
        result: Initialised = self._do("init", directory, options)
        return result

    def demo(self, *directory: str, **options: object) -> Playground:
        """Make a playground, connect it, and return what is in it; with `reset=True` start over."""
        result: Playground = self._do("demo", directory, options)
        return result

    def status(self, **options: object) -> Status | StatusOfAll:
        """Return where the database stands and the next sensible command; with `all=True` how every connection stands."""
        result: Status | StatusOfAll = self._do("status", (), options)
        return result

    def current(self, **options: object) -> Current:
        """Return the revision the database stands at."""
        result: Current = self._do("current", (), options)
        return result

    def heads(self, **options: object) -> Heads:
        """Return the revisions nothing builds on."""
        result: Heads = self._do("heads", (), options)
        return result

    def branches(self, **options: object) -> Branches:
        """Return the branch points."""
        result: Branches = self._do("branches", (), options)
        return result

    def history(self, **options: object) -> History:
        """Return the revisions, newest first."""
        result: History = self._do("history", (), options)
        return result

    def show(self, *revision: str, **options: object) -> Shown:
        """Return one revision in full."""
        result: Shown = self._do("show", revision, options)
        return result

    def explain(self, *what: str, **options: object) -> Explained:
        """Return what the operations of a revision, or one operation as text, do on each database."""
        result: Explained = self._do("explain", what, options)
        return result

    def schema(self, *what: str, **options: object) -> SchemaShown:
        """Return the schema of a revision, of the database or of the models."""
        result: SchemaShown = self._do("schema", what, options)
        return result

    def blame(self, *target: str, **options: object) -> Blamed:
        """Return which revision made and last changed what of a table."""
        result: Blamed = self._do("blame", target, options)
        return result

    def diff(self, *sides: str, **options: object) -> Compared:
        """Return what differs between two of: a revision, `base`, `head`, `db`, `models`."""
        result: Compared = self._do("diff", sides, options)
        return result

    def check(self, **options: object) -> Checked:
        """Return whether models, history and database agree."""
        result: Checked = self._do("check", (), options)
        return result

    def plan(self, *target: str, **options: object) -> Planned:
        """Return what a move would run."""
        result: Planned = self._do("plan", target, options)
        return result

    def upgrade(self, *target: str, **options: object) -> Moved:
        """Run the revisions up to *target* (default: head)."""
        result: Moved = self._do("upgrade", target, options)
        return result

    def downgrade(self, *target: str, **options: object) -> Moved:
        """Undo revisions down to *target*."""
        result: Moved = self._do("downgrade", target, options)
        return result

    def stamp(self, *revisions: str, **options: object) -> Moved:
        """Say where the database stands without running anything."""
        result: Moved = self._do("stamp", revisions, options)
        return result

    def undo(self, **options: object) -> Moved:
        """Go back to before the last move made here."""
        result: Moved = self._do("undo", (), options)
        return result

    def ensure_version(self, **options: object) -> Moved:
        """Create the version table where it is missing."""
        result: Moved = self._do("ensure_version", (), options)
        return result

    def rehearse(self, *target: str, **options: object) -> Rehearsed:
        """Return what the pending revisions did up, down and up again on a copy."""
        result: Rehearsed = self._do("rehearse", target, options)
        return result

    def step(self, *revision: str, **options: object) -> Stepper | StopShown:
        """Return what each operation of a revision did on a copy; with `at=N` the copy after N of them."""
        result: Stepper | StopShown = self._do("step", revision, options)
        return result

    def sample(self, *table_and_source: object, **options: object) -> Samples:
        """Let rehearsals have the rows of a DataFrame or CSV file in a table; without arguments return what is remembered."""
        result: Samples = self._do("sample", table_and_source, options)
        return result

    def sql(self, *range_: str, **options: object) -> SqlShown:
        """Return the offline SQL of a range."""
        result: SqlShown = self._do("sql", range_, options)
        return result

    def revision(self, body: str | None = None, **options: object) -> Authored:
        """Write a revision: an empty one, or with *body* what a `%%revision` cell would write."""
        if body is None:
            result: Authored = self._do("revision", (), options)
            return result
        parsed = bind("revision", (), options, CELLS)
        arguments = {dest: value for dest, value in parsed.arguments.items() if dest not in {"words", "out"}}
        written: Authored = execute(  # type: ignore[assignment] # it is what the command returns
            self, Parsed(parsed.command, arguments, parsed.on), body=body, filename="<revision>", first_line=1
        )
        return written

    def models(self, body: str, **options: object) -> ModelsDefined:
        """Define the models of *body*, as a `%%models` cell would; the same tables again replace those of before."""
        parsed = bind("models", (), options, CELLS)
        arguments = {dest: value for dest, value in parsed.arguments.items() if dest != "out"}
        defined: ModelsDefined = execute(  # type: ignore[assignment] # as above
            self, Parsed(parsed.command, arguments, parsed.on), body=body, filename="<models>", first_line=1
        )
        return defined

    def review(self, *target: str, **options: object) -> Review:
        """Return what a move would run, or with `autogenerate=True` what the models would change, to be decided about."""
        result: Review = self._do("review", target, options)
        return result

    def merge(self, *revisions: str, **options: object) -> Authored:
        """Join heads by a merge revision."""
        result: Authored = self._do("merge", revisions, options)
        return result

    def edit(self, *revision: str, **options: object) -> Authored:
        """Return a revision as a `%%revision` cell."""
        result: Authored = self._do("edit", revision, options)
        return result

    def squash(self, *range_: str, **options: object) -> Authored:
        """Put one revision in the place of a range, proved equal; without `replace=True` only show it."""
        result: Authored = self._do("squash", range_, options)
        return result

    def backfill(self, *table: str, **options: object) -> Backfilled | Authored:
        """Set columns of a table batch by batch; with `revision=True` write the revision that does so."""
        result: Backfilled | Authored = self._do("backfill", table, options)
        return result

    def doctor(self, **options: object) -> Diagnosed:
        """Return what is wrong with the history, and what mends it."""
        result: Diagnosed = self._do("doctor", (), options)
        return result

    def explore(self, **options: object) -> Explorer:
        """Return the history to look around in; in a notebook `%migrate explore` shows its widget, too."""
        result: Explorer = self._do("explore", (), options)
        return result

    def report(self, *range_: str, **options: object) -> Report:
        """Return a page for a review of a range of revisions; with `to="FILE"` it is written, too."""
        result: Report = self._do("report", range_, options)
        return result

    def exercise(self, *number: int, **options: object) -> Exercise | Course:
        """Return the exercises, or begin one; with `check=True` what is still missing."""
        result: Exercise | Course = self._do("exercise", number, options)
        return result

    def help(self, *command: str) -> HelpPage:
        """Return the list of commands, or all about one."""
        result: HelpPage = self._do("help", command, {})
        return result
