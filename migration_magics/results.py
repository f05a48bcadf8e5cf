"""READ FIRST: one frozen result per command.

A command returns one of these and prints nothing. All of them show themselves as text (`str`) and HTML, become a DataFrame
(`to_frame`) and JSON-ready data (`to_dict`). Fields hold values of `model` only: no engine, no file handle, no secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .model.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas

    from .model.finding import Finding
    from .model.graph import Graph, Revision
    from .model.plan import Plan
    from .model.trace import Trace


@dataclass(frozen=True, slots=True)
class Result:
    """What all results share. A subclass says its table in `rows`.

    *protected* is the name of the connection that the command used, where that is a protected one; *elsewhere* is its
    name where another one is in use (`--on`).
    """

    protected: str = field(default="", kw_only=True)
    elsewhere: str = field(default="", kw_only=True)
    is_about_one_connection: ClassVar[bool] = True
    """So that it says when that is a protected one; the others say it of each, or are about none."""

    def rows(self) -> list[dict[str, Any]]:
        """The result as a table: one dictionary per row, the same keys in each, in the order shown; may be empty."""
        raise NotImplementedError  # pragma: no cover - every result has its own

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data: dictionaries, lists, strings, numbers, booleans and None."""
        return dict(plain(self))

    def to_frame(self) -> pandas.DataFrame:
        """Return `rows` as a DataFrame, complete whatever the display limit; pandas is imported here."""
        import pandas

        frame: pandas.DataFrame = pandas.DataFrame(self.rows())
        return frame

    def __str__(self) -> str:
        from .display import text  # the one lazy import upward: see design section 4

        return text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .display import bundle

        return bundle(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@dataclass(frozen=True, slots=True)
class ConnectionShown:
    """A connection as results show it. *url* is redacted; *server* is "SQLite 3.40.1" or "" while nothing was asked of it.

    *current* is None where the database was not, or could not be, read; *problem* then says why. *is_connected* is False
    for one that pyproject.toml names and nobody has opened.
    """

    name: str
    url: str
    dialect: str
    server: str = ""
    is_current: bool = False
    is_protected: bool = False
    current: tuple[str, ...] | None = None
    pending: int | None = None
    problem: str = ""
    is_connected: bool = True


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project as results show it: its script directory, where it is configured, how many revisions it has."""

    directory: str
    config: str
    revisions: int
    heads: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected(Result):
    """`connect`, `use`, `disconnect`: the connection in use (None after the last one is gone), and which source won.

    *disconnected* is the name of the one that `disconnect` closed.
    """

    connection: ConnectionShown | None
    source: str
    project: ProjectShown | None = None
    notes: tuple[str, ...] = ()
    disconnected: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [plain(self.connection)] if self.connection else []


@dataclass(frozen=True, slots=True)
class Connections(Result):
    """`connections`: every connection of the notebook, in the order they were made, then those pyproject.toml offers."""

    is_about_one_connection: ClassVar[bool] = False
    connections: tuple[ConnectionShown, ...]

    def rows(self) -> list[dict[str, Any]]:
        return [plain(connection) for connection in self.connections]


@dataclass(frozen=True, slots=True)
class Initialised(Result):
    """`init`: the project that was written. *files* are the new files, relative to the working directory where possible."""

    is_about_one_connection: ClassVar[bool] = False
    directory: str
    config: str
    template: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return [{"file": file} for file in self.files]


@dataclass(frozen=True, slots=True)
class Status(Result):
    """`status`: where the database stands and the next sensible command.

    *pending* are the revisions an `upgrade heads` would run, oldest first; *problems* are sentences, worst first.
    """

    connection: ConnectionShown | None
    project: ProjectShown | None
    current: tuple[Revision, ...]
    heads: tuple[Revision, ...]
    pending: tuple[Revision, ...]
    next_command: str
    problems: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "connection": self.connection.name if self.connection else None,
                "project": self.project.directory if self.project else None,
                "current": ", ".join(revision.id for revision in self.current),
                "heads": ", ".join(revision.id for revision in self.heads),
                "pending": len(self.pending),
                "next_command": self.next_command,
            }
        ]


@dataclass(frozen=True, slots=True)
class StatusOfAll(Result):
    """`status --all`: every revision, newest first, on every connection, in the order they were made.

    *applied* holds the applied ids by the connection's name; None where the database could not be read, or belongs to
    another project. *notes* say why.
    """

    is_about_one_connection: ClassVar[bool] = False
    revisions: tuple[Revision, ...]
    connections: tuple[ConnectionShown, ...]
    applied: Mapping[str, frozenset[str] | None]
    project: ProjectShown
    notes: tuple[str, ...] = ()

    def state(self, id_: str, name: str) -> str:
        """Return what the revision is on the connection *name*: "current", "applied", "pending" or "unknown"."""
        applied = self.applied[name]
        if applied is None:
            return "unknown"
        current = next(one.current or () for one in self.connections if one.name == name)
        return "current" if id_ in current else "applied" if id_ in applied else "pending"

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": revision.id,
                "message": revision.message,
                **{one.name: self.state(revision.id, one.name) for one in self.connections},
            }
            for revision in self.revisions
        ]


@dataclass(frozen=True, slots=True)
class Current(Result):
    """`current`: the database's heads, as the version table has them.

    *behind* counts the revisions an `upgrade heads` would run. *unknown* are ids the project has no file for: where there
    are any, nothing is counted. *revisions* are the known ones, in the order of *ids*.
    """

    ids: tuple[str, ...]
    at_head: bool
    behind: int
    revisions: tuple[Revision, ...] = ()
    unknown: tuple[str, ...] = ()
    connection: str = ""
    verbose: bool = False
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        messages = {revision.id: revision.message for revision in self.revisions}
        standing = {"at_head": self.at_head, "behind": self.behind}
        return [{"id": id_, "message": messages.get(id_), **standing} for id_ in self.ids]


def _revision_row(revision: Revision) -> dict[str, Any]:
    return {
        "id": revision.id,
        "parents": revision.parents,
        "depends_on": revision.depends_on,
        "labels": revision.labels,
        "message": revision.message,
        "created_at": revision.created_at,
        "path": revision.path,
    }


@dataclass(frozen=True, slots=True)
class Heads(Result):
    """`heads`: the revisions nothing builds on.

    *effective* are those that would stand in the version table: a head another branch depends on is not among them.
    """

    revisions: tuple[Revision, ...]
    effective: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    current: tuple[str, ...] | None = None
    verbose: bool = False

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                **_revision_row(revision),
                "labels": self.labels.get(revision.id, ()),
                "is_effective": revision.id in self.effective,
            }
            for revision in self.revisions
        ]


@dataclass(frozen=True, slots=True)
class Branches(Result):
    """`branches`: the revisions from which several others continue, oldest first, each with those others."""

    points: tuple[tuple[Revision, tuple[Revision, ...]], ...]
    labels: Mapping[str, tuple[str, ...]]
    verbose: bool = False

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"id": point.id, "message": point.message, "branch": child.id, "branch_message": child.message}
            for point, children in self.points
            for child in children
        ]


@dataclass(frozen=True, slots=True)
class History(Result):
    """`history`: the revisions in range, newest first, with the graph they belong to.

    *current* and *applied* are None where no database was read, and *applied* where it stands at a revision without a
    file; *notes* says why when one should have been. *broken* are ids of pending revisions whose file Python cannot parse.
    """

    revisions: tuple[Revision, ...]
    graph: Graph
    heads: tuple[str, ...]
    current: tuple[str, ...] | None = None
    applied: frozenset[str] | None = None
    range: str = ""
    connection: str = ""
    verbose: bool = False
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def state(self, id_: str) -> str:
        """Return "current", "applied", "pending", or "" where that is not known."""
        if self.current is None or self.applied is None:
            return ""
        return "current" if id_ in self.current else "applied" if id_ in self.applied else "pending"

    def rows(self) -> list[dict[str, Any]]:
        return [
            {**_revision_row(revision), "is_head": revision.id in self.heads, "state": self.state(revision.id)}
            for revision in self.revisions
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the revisions in range as JSON-ready data; the rest of the graph is left out."""
        return {
            "revisions": plain(self.rows()),
            "heads": list(self.heads),
            "current": None if self.current is None else list(self.current),
            "range": self.range,
            "connection": self.connection,
            "notes": list(self.notes),
            "broken": list(self.broken),
            "protected": self.protected,
        }


@dataclass(frozen=True, slots=True)
class RevisionShown:
    """One revision in full: *source* is its file, *children* those built on it, *state* as in `History.state`."""

    revision: Revision
    source: str
    children: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    is_head: bool = False
    state: str = ""
    has_downgrade: bool | None = None


@dataclass(frozen=True, slots=True)
class Shown(Result):
    """`show`: the revisions asked for (`heads` may be several), each with its source.

    *sql* is the upgrade's SQL on *dialect* where it can be rendered without a database; *problem* says why not.
    """

    revisions: tuple[RevisionShown, ...]
    dialect: str = ""
    sql: str = ""
    problem: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                **_revision_row(shown.revision),
                "state": shown.state,
                "has_downgrade": shown.has_downgrade,
                "source": shown.source,
            }
            for shown in self.revisions
        ]


@dataclass(frozen=True, slots=True)
class Planned(Result):
    """`plan`: what a move would run, and what speaks against it."""

    plan: Plan
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "step": number,
                "direction": self.plan.direction,
                "revision": step.revision,
                "message": step.message,
                "from_heads": step.from_heads,
                "to_heads": step.to_heads,
                "has_downgrade": step.has_downgrade,
            }
            for number, step in enumerate(self.plan.steps, 1)
        ]


@dataclass(frozen=True, slots=True)
class Moved(Result):
    """`upgrade`, `downgrade`, `stamp`, `ensure_version`: what ran. *before* and *after* were read back from the database.

    *diff* is None until a schema diff is asked for. *headline* is said instead of direction and target, where it is given.
    """

    plan: Plan
    trace: Trace
    before: tuple[str, ...]
    after: tuple[str, ...]
    diff: None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""
    headline: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "revision": step.revision,
                "message": step.message,
                "direction": step.direction,
                "operation": operation.kind,
                "target": operation.target,
                "sql": ";\n".join(statement.sql for statement in operation.statements),
                "rows": sum(statement.rows or 0 for statement in operation.statements),
                "duration_s": operation.duration_s,
                "outcome": step.outcome.value,
            }
            for step in self.trace.steps
            for operation in step.operations
        ]


@dataclass(frozen=True, slots=True)
class SqlShown(Result):
    """`sql`: the offline SQL of a range, per dialect in the order asked for. *problems* has a sentence where one has none."""

    range: str
    direction: str
    scripts: Mapping[str, str]
    problems: Mapping[str, str]

    def rows(self) -> list[dict[str, Any]]:
        named = dict.fromkeys((*self.scripts, *self.problems))
        return [{"dialect": each, "sql": self.scripts.get(each), "problem": self.problems.get(each)} for each in named]


@dataclass(frozen=True, slots=True)
class Authored(Result):
    """`revision`, `%%revision`, `merge`, `edit`: the revision file as it is now on disk (or would be: *is_dry_run*).

    *replaced* is True where an earlier run of the cell had written this revision. *downgrade* says where the downgrade
    came from: "written", "derived", "none". *cell* is the text for a `%%revision` cell (`edit`), "" otherwise. *moved* is
    the result of `--apply` or `--reapply`.
    """

    revision: Revision
    path: str
    code: str
    replaced: bool = False
    is_unchanged: bool = False
    is_dry_run: bool = False
    downgrade: str = "written"
    cell: str = ""
    rehearsal: None = None
    findings: tuple[Finding, ...] = ()
    moved: Moved | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [{**_revision_row(self.revision), "replaced": self.replaced, "code": self.code}]


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """One command or option in a help page."""

    name: str
    summary: str
    group: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class HelpPage(Result):
    """`help [COMMAND]` and `--help`: usage, what it does, its arguments and options (or all commands), examples."""

    is_about_one_connection: ClassVar[bool] = False
    title: str
    usage: str
    summary: str
    entries: tuple[HelpEntry, ...]
    examples: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return [plain(entry) for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Why(Result):
    """`why`: the last error and how it came about.

    *traceback* is Python's text, first cause first, without secrets; everything is "" where no command has failed.
    """

    is_about_one_connection: ClassVar[bool] = False
    error: str = ""
    message: str = ""
    hint: str = ""
    traceback: str = ""

    def rows(self) -> list[dict[str, Any]]:
        return [plain(self)] if self.error else []
