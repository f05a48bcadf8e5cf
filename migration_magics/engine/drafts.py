"""Draft revision files: through the project's own template, name pattern and time zone, as `alembic revision` makes them.

A draft is what would be written; making one changes nothing. Writing it is the work of `writer`.
"""

from __future__ import annotations

import contextlib
import io
import re
import tokenize
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from ..errors import AuthoringProblem, CellInvalid, MigrationError, ProjectProblem, Refused, TargetProblem
from ..model import revision_file
from ..model.graph import Graph, Revision
from .host import writing as host
from .host.revision_map import script_directory
from .targets import resolving
from .workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from alembic.autogenerate.api import RevisionContext

    from ..model.body import Body
    from .chain import Chain
    from .environment import Captured
    from .project import Project

_ILLEGAL_ID = re.compile(r"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Order:
    """What a new revision shall be, in the words of `alembic revision`; *created* and *path* are those of a file it replaces."""

    message: str | None = None
    head: str | tuple[str, ...] = "head"
    splice: bool = False
    branch_label: str | tuple[str, ...] | None = None
    depends_on: tuple[str, ...] = ()
    rev_id: str | None = None
    version_path: str | None = None
    created: datetime | None = None
    replaces: Revision | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The same by Alembic's names."""
        return {
            "message": self.message,
            "head": self.head,
            "splice": self.splice,
            "branch_label": self.branch_label,
            "depends_on": list(self.depends_on) or None,
            "rev_id": self.rev_id,
            "version_path": self.version_path,
            "sql": False,
        }


@dataclass(frozen=True, slots=True)
class Fill:
    """What goes into the template: a *body*, and downgrades by suffix ("", "_engine1") with the imports they need."""

    body: Body | None = None
    downgrades: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision file that could be written: *revision* as it will be read back, *data* as it will be on disk."""

    revision: Revision
    path: Path
    text: str
    data: bytes
    created: datetime
    replaces: Revision | None = None


def compose(
    chain: Chain,
    order: Order,
    fill: Fill | None = None,
    *,
    captured: Captured | None = None,
    dialect: str = "default",
    prepared: RevisionContext | None = None,
) -> Draft:
    """Return the file that *order* and *fill* come to; nothing is written.

    *captured* is what env.py configures, where the project asks for its part in this (`revision_environment`). *prepared*
    is what autogenerate has found: what it says of the file counts, *order* only where the file shall stand.

    Raises:
        SeveralHeads, RevisionNotFound, TargetProblem: from the head and dependencies asked for.
        AuthoringProblem: an id, label or file that is there already; no head without `--splice`; text the encoding lacks.
        CellInvalid: the template has no place for the body's statements.
        ProjectProblem: the template cannot be rendered, or env.py dropped the revision.
    """
    fill = fill or Fill()
    graph = _graph_below(chain, order)
    _check(graph, order)
    with workplace(chain.project), _explained(graph, order):
        directory = script_directory(chain.project.config, graph, chain.module)
        rendered = host.rendered(
            chain.project.config,
            directory,
            order.arguments,
            lambda render, arguments: _text(chain, order, fill, render, arguments),
            environments=tuple((dialect, call.options) for call in captured.calls) if captured and not prepared else (),
            with_directives=isinstance(order.head, str) and order.replaces is None,
            path=Path(order.replaces.path) if order.replaces and order.replaces.path else None,
            created=order.created,
            prepared=prepared,
        )
        text, data = _encoded(rendered.text, directory.output_encoding)
    if rendered.id in graph:
        raise _id_taken(graph, rendered.id)
    revision = Revision(
        rendered.id,
        rendered.parents,
        rendered.depends_on,
        rendered.labels,
        rendered.message if prepared else order.message or rendered.message,
        path=str(rendered.path),
        created_at=rendered.created,
    )
    return Draft(revision, rendered.path, text, data, rendered.created, order.replaces)


def wants_environment(project: Project) -> bool:
    """Say whether the project wants its env.py to take part when a revision is made (`revision_environment`)."""
    return project.config.get_alembic_boolean_option("revision_environment")


def template(project: Project) -> str:
    """Return the text of the project's `script.py.mako`. Raises ProjectProblem where it cannot be read."""
    path = project.directory / "script.py.mako"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectProblem(
            f"The project's template {path.name} cannot be read: {error}.", hint="a new project has one: %migrate init"
        ) from error


def _graph_below(chain: Chain, order: Order) -> Graph:
    """The graph the file will be added to: without the revision it replaces, and what stands on that."""
    graph = chain.graph
    if order.replaces is None:
        return graph
    gone = graph.descendants((order.replaces.id,))
    return Graph(each for each in graph if each.id not in gone)


def _check(graph: Graph, order: Order) -> None:
    if order.rev_id is not None:
        if order.rev_id in graph:
            raise _id_taken(graph, order.rev_id)
        if not order.rev_id or _ILLEGAL_ID.search(order.rev_id):
            raise AuthoringProblem(
                f"{order.rev_id!r} cannot be a revision id.", hint="use letters, digits and underscores"
            )
    labels = (order.branch_label,) if isinstance(order.branch_label, str) else order.branch_label or ()
    for label in labels:
        if label in graph.labels or label in graph:
            carrier = graph.labels.get(label, label)
            raise AuthoringProblem(
                f"The branch label {label!r} is taken by revision {carrier}.", hint="choose another --branch-label"
            )


def _id_taken(graph: Graph, id_: str) -> AuthoringProblem:
    path = graph[id_].path
    return AuthoringProblem(
        f"There is a revision {id_} already{f' ({Path(path).name})' if path else ''}.",
        hint="leave --rev-id out: a new one is made up",
    )


@contextmanager
def _explained(graph: Graph, order: Order) -> Iterator[None]:
    """Turn what Alembic and the template say into our errors."""
    words = order.head if isinstance(order.head, str) else " ".join(order.head)
    try:
        with resolving(graph, words, "revision"):
            try:
                yield
            except CommandError as error:
                own = _own_words(error)
                if own is None:
                    raise
                raise own from error
    except host.TemplateFailed as error:
        raise _template_failed(error) from error
    except host.Dropped as error:
        what = "dropped the revision" if not error.count else f"made {error.count} revisions of one"
        raise Refused(
            f"The project's env.py (process_revision_directives) {what}. Nothing was written.",
            hint="%migrate why shows how",
        ) from error
    except revision_file.NoPlace as error:
        raise _no_place(error) from error
    except OSError as error:
        raise AuthoringProblem(
            f"The project's template cannot be read: {error.strerror}.", hint="a new project has one: %migrate init"
        ) from error


def _own_words(error: CommandError) -> MigrationError | None:
    said = str(error)
    if "is not a head revision" in said:
        return AuthoringProblem(
            f"{said.partition(';')[0]}.", hint="--splice branches off there; --head REV builds on another one"
        )
    if "Multiple version locations" in said:
        return AuthoringProblem(
            "The project has several version locations.", hint="say into which one: --version-path PATH"
        )
    if "is not represented" in said:
        return AuthoringProblem(f"{said}.", hint="use one of the project's version_locations")
    if "timezone" in said:
        return ProjectProblem(f"{said}.", hint="correct `timezone` in the project's configuration")
    if "not allowed in" in said:
        return AuthoringProblem(f"{said.rstrip('.')}.", hint="use letters, digits and underscores")
    if "Duplicate head" in said:
        return TargetProblem(f"{said}.", hint="%migrate heads shows what there is")
    return None


def _template_failed(error: host.TemplateFailed) -> ProjectProblem:
    from mako.exceptions import RichTraceback

    cause = error.__cause__
    line = getattr(cause, "lineno", None)
    if line is None and cause is not None:
        with contextlib.suppress(Exception):  # where Mako cannot say where it was, we say what it was
            line = RichTraceback(cause, cause.__traceback__).lineno
    at = f", line {line}" if line and line > 0 else ""
    return ProjectProblem(
        f"The template script.py.mako{at} failed: {type(cause).__name__}: {cause}. Nothing was written.",
        hint="correct the template",
    )


def _no_place(error: revision_file.NoPlace) -> CellInvalid:
    several = [name for name in error.functions if name != "upgrade"]
    if several:
        return CellInvalid(
            f"This project upgrades several databases ({', '.join(several)}): bare statements could belong to any of them.",
            hint=f"write def {several[0]}(): ... and def {several[0].replace('upgrade', 'downgrade', 1)}(): ...",
        )
    return CellInvalid(
        "The project's template has no place for bare statements.",
        hint="write def upgrade(): ... and def downgrade(): ...",
    )


# -- text ----------------------------------------------------------------------------------------------------------


def _text(
    chain: Chain, order: Order, fill: Fill, render: Callable[[Mapping[str, Any]], str], arguments: Mapping[str, Any]
) -> str:
    if fill.body is not None or fill.downgrades:
        body = fill.body
        upgrade = body.upgrade if body and body.form != "functions" else None
        downgrades = {"": body.downgrade} if body and body.downgrade is not None else fill.downgrades
        arguments = {**arguments, **revision_file.fillings(template(chain.project), upgrade, downgrades)}
    text = _with_message(render, arguments)
    if fill.body is None:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    try:
        text = revision_file.assembled(text, fill.body, fill.imports)
    except SyntaxError as error:
        raise ProjectProblem(
            f"The project's template makes no valid Python (line {error.lineno}: {error.msg}).",
            hint="correct script.py.mako",
        ) from error
    text = _with_old_doc(text, order)
    return text.replace("\n", newline)


def _with_message(render: Callable[[Mapping[str, Any]], str], arguments: Mapping[str, Any]) -> str:
    """Render as Alembic does; where the message breaks the file or comes out as another one, escape it."""
    message, plain = str(arguments["message"]), render(arguments)
    if _says(plain, message):
        return plain
    escaped = render({**arguments, "message": revision_file.escaped_message(message)})
    return escaped if _says(escaped, message) or not _is_python(plain) else plain


def _says(text: str, message: str) -> bool:
    try:
        doc = revision_file.doc_of(text)
    except (SyntaxError, ValueError):
        return False
    return doc.strip().startswith(message.strip())


def _is_python(text: str) -> bool:
    try:
        return revision_file.doc_of(text) is not None
    except (SyntaxError, ValueError):
        return False


def _with_old_doc(text: str, order: Order) -> str:
    """Keep the docstring of the file that is replaced, unless the message or the parents are others now."""
    old = order.replaces
    if old is None or old.path is None or not revision_file.is_message_of(order.message or "", old.doc):
        return text
    is_moved = not isinstance(order.head, tuple) or order.head != old.parents
    return text if is_moved and old.parents else revision_file.with_doc_of(text, read_text(Path(old.path)))


def read_text(path: Path) -> str:
    """Return the source in the file at *path*, by its declared encoding, every line ending in a line feed."""
    data = path.read_bytes()
    return decoded(data).replace("\r\n", "\n").replace("\r", "\n")


def decoded(data: bytes) -> str:
    """Return source code from its bytes, by the encoding they declare (PEP 263).

    Raises SyntaxError, UnicodeDecodeError.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _encoded(text: str, encoding: str) -> tuple[str, bytes]:
    """Return *text* and its bytes in *encoding*, with the line that declares it (PEP 263) where Python needs one."""
    newline = "\r\n" if "\r\n" in text else "\n"
    problem = "Python does not read that"
    for candidate in (text, f"# -*- coding: {encoding} -*-{newline}{text}"):
        try:
            data = candidate.encode(encoding)
            if decoded(data) == candidate:
                return candidate, data
        except UnicodeEncodeError as error:
            problem = f"it has no {text[error.start]!r}"
            break
        except (SyntaxError, UnicodeDecodeError, LookupError):
            continue
    raise AuthoringProblem(
        f"The project writes its files in {encoding} (output_encoding), and {problem}. Nothing was written.",
        hint="set output_encoding = utf-8",
    )
