"""Where one is: connections, the project, the status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...redact import redact
from ...results import Connected, Connections, ConnectionShown, Initialised, ProjectShown, Status, StatusOfAll
from ..view import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Facts,
    Line,
    Piece,
    Prose,
    Row,
    Table,
    Tone,
    View,
    cell,
    chip,
    code,
    plain,
)
from ..words import count
from .base import NO_REVISIONS, capped, ids, name_cell, next_step, remarks, revision_table, view_of

if TYPE_CHECKING:
    from ...settings import Settings

_CONNECT: Line = (Piece("Connect to a database:"), code("%migrate connect sqlite:///app.db"))


_START: tuple[Line, ...] = (
    (
        Piece("No Alembic project here yet. Start one:"),
        code("%migrate init"),
        Piece("or name one:"),
        code("%migrate connect --project PATH"),
    ),
)


def _words(connection: ConnectionShown) -> tuple[Piece, ...]:
    current = (chip("in use", "here"),) if connection.is_current else ()
    return (*current, *((chip("protected", "drop"),) if connection.is_protected else ()))


def _where(connection: ConnectionShown) -> tuple[Line, ...]:
    server = connection.server or connection.dialect
    return tuple(line for line in (plain(server), (code(redact(connection.url)),) if connection.url else ()) if line)


def stands_at(current: tuple[str, ...] | None, pending: int | None) -> Line:
    """Return where a database stands: "abc123 (3 revisions behind)"; nothing where it was not read."""
    if current is None:
        return ()
    if pending is None and current:
        return (*ids(current), chip("unknown revision", "drop"))
    word = f"{count(pending, 'revision')} behind" if pending else "head" if current else ""
    return (*ids(current, "no revision applied"), *((chip(word, "here"),) if word else ()))


def _project(project: ProjectShown) -> Line:
    return (
        code(project.directory),
        Piece(f"· {count(project.revisions, 'revision')}, {count(len(project.heads), 'head')}"),
    )


@view_of.register(Connected)
def _(result: Connected, _settings: Settings) -> View:
    if result.connection is None:
        blocks: tuple[Block, ...] = (Prose(_CONNECT), *remarks(*result.notes))
        gone = (plain(f"{result.disconnected} was disconnected"),) if result.disconnected else ()
        return View("Not connected", notes=gone, blocks=blocks)
    connection = result.connection
    facts: list[tuple[str, Line]] = [("source", plain(redact(result.source)))] if result.source else []
    if result.project:
        facts += [("project", _project(result.project)), ("configured in", (code(result.project.config),))]
    stands = stands_at(connection.current, connection.pending)
    if stands:
        facts.append(("revision", stands))
    problem = remarks(connection.problem)
    return View(
        f"Disconnected {result.disconnected}, {connection.name} is in use now"
        if result.disconnected
        else f"Connected to {connection.name}",
        notes=_where(connection),
        blocks=(*((Facts(tuple(facts)),) if facts else ()), *problem, *remarks(*result.notes)),
        foot=next_step("%migrate status") if result.project else _START,
    )


def _why_not(connection: ConnectionShown) -> str:
    """Why it is not said where the database stands."""
    return redact(connection.problem) or ("not read" if connection.is_connected else "not connected")


@view_of.register(Connections)
def _(result: Connections, settings: Settings) -> View:
    if not result.connections:
        return View("Connections", blocks=(Prose((Piece("No connections yet."), *_CONNECT)),))
    shown, hidden = capped(result.connections, settings)
    idle = [one for one in result.connections if not one.is_connected]
    columns = (
        Column("name", is_narrow=True),
        Column("database", is_narrow=True),
        Column("address"),
        Column("revision"),
    )
    rows = tuple(
        Row(
            (
                cell(Piece(one.name, "strong"), *_words(one)),
                cell(one.server or one.dialect),
                cell(code(redact(one.url))),
                cell(*(stands_at(one.current, one.pending) or plain(_why_not(one), "dim"))),
            ),
            "here" if one.is_current else "",
        )
        for one in shown
    )
    return View(
        "Connections",
        notes=(plain(count(len(result.connections), "connection")),),
        blocks=(Table("In the order they were made", columns, rows, hidden),),
        foot=(
            (Piece("Use another:"), code("%migrate use NAME"), Piece("· for one command:"), code("--on NAME")),
            *(next_step(f"%migrate connect {idle[0].name}", "Connect:") if idle else ()),
        ),
    )


@view_of.register(Initialised)
def _(result: Initialised, settings: Settings) -> View:
    shown, hidden = capped(result.files, settings)
    rows = tuple(Row((cell(code(file)),)) for file in shown)
    files = (Table("New files", (Column("file", is_code=True),), rows, hidden),) if rows else ()
    return View(
        f"New Alembic project in {result.directory}",
        notes=(
            plain(f"template {result.template}"),
            (Piece("configured in"), code(result.config)),
            plain(count(len(result.files), "file")),
        ),
        blocks=(*(files or (Prose(plain("No file was written.")),)), *remarks(*result.notes)),
        foot=((Piece("Write the first revision:"), code('%%revision -m "create the first table"')),),
    )


def _status_cards(result: Status) -> Cards:
    current, heads = result.current, result.heads
    cards = [
        Card("current", ids(one.id for one in current), plain(current[0].message) if len(current) == 1 else ())
        if current
        else Card("current", plain("no revision applied"))
    ]
    unknown = _unknown(result)
    if result.connection is None:
        cards = [Card("current", plain("not connected"))]
    elif result.connection.current is None and not current:
        cards = [Card("current", plain("not read"))]
    elif unknown:
        cards = [Card("current", (*ids(result.connection.current or ()), chip("unknown revision", "drop")))]
    else:
        behind = count(len(result.pending), "revision") if result.pending else "none"
        note = (Piece("to"), *ids(one.id for one in heads)) if result.pending else ()
        cards.append(Card("behind", plain(behind), note))
    named = plain(heads[0].message) if len(heads) == 1 else plain("no revisions yet" if not heads else "")
    cards.append(Card("head" if len(heads) == 1 else "heads", ids((one.id for one in heads), "none"), named))
    if result.drift is not None:
        changes = count(len(result.drift.changes), "change")
        drift = f"{changes} by hand, or the files changed since" if result.drift else "none"
        look = (Piece("see"), code("%migrate diff current db")) if result.drift else plain("as the history made it")
        cards.append(Card("drift", plain(f"! {drift}" if result.drift else drift), look))
    if result.next_command:
        cards.append(Card("next", (code(result.next_command, "here"),)))
    return Cards(tuple(cards))


def _unknown(result: Status) -> bool:
    """The database stands at a revision that has no file."""
    stands_at_ids = (result.connection.current if result.connection else None) or ()
    return len(stands_at_ids) > len(result.current)


@view_of.register(Status)
def _(result: Status, settings: Settings) -> View:
    connection, project = result.connection, result.project
    notes: tuple[Line, ...] = _where(connection) if connection else ()
    if project:
        notes += ((Piece("project"), *_project(project)),)
    blocks: tuple[Block, ...] = (_status_cards(result),)
    problems = list(result.problems)
    if connection and connection.problem and connection.problem not in problems:
        problems.insert(0, connection.problem)
    blocks += remarks(*(f"! {problem}" for problem in problems))
    if project and not project.revisions:
        blocks += (Prose(NO_REVISIONS),)
    if result.pending:
        blocks += (revision_table("Pending, in the order they would run", result.pending, settings),)
    return View(connection.name if connection else "Not connected", (), notes, blocks)


@view_of.register(StatusOfAll)
def _(result: StatusOfAll, settings: Settings) -> View:
    shown, hidden = capped(result.revisions, settings)
    columns = (
        Column("revision", is_code=True, is_narrow=True),
        Column("message"),
        *(Column(_heading(one), is_narrow=True) for one in result.connections),
    )
    rows = tuple(
        Row(
            (
                name_cell(revision, "head" if revision.id in result.project.heads else ""),
                cell(revision.message),
                *(_state_cell(result.state(revision.id, one.name)) for one in result.connections),
            )
        )
        for revision in shown
    )
    stand = tuple(
        (_heading(one), stands_at(one.current, one.pending) or plain("not read", "dim")) for one in result.connections
    )
    return View(
        "Status of all connections",
        notes=(plain(count(len(result.connections), "connection")), (Piece("project"), *_project(result.project))),
        blocks=(
            Facts(stand),
            *((Table("Newest first", columns, rows, hidden),) if rows else (Prose(NO_REVISIONS),)),
            *remarks(*result.notes),
        ),
    )


def _heading(connection: ConnectionShown) -> str:
    return f"{connection.name} (protected)" if connection.is_protected else connection.name


_TONES: dict[str, Tone] = {"current": "here", "pending": "alter", "unknown": "dim"}


def _state_cell(state: str) -> Cell:
    return cell(Piece(state, tone=_TONES.get(state, "")))
