"""The schema after every revision: a history replayed once on a scratch copy, kept in the kernel and on disk."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

from ..engine import runner, schema_token
from ..engine.brake import Interrupted
from ..errors import ReplayFailed
from ..model.schema import Schema
from ..model.timeline import Timeline, schema_after
from . import cache, outward, scratch
from .replay import History, interrupted, replay
from .scratch import NoScratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..engine.chain import Chain
    from ..engine.database import Database
    from ..model.graph import Graph

_FORMAT = "1"
"""Goes up when what is noted of a history changes its meaning."""

_OUTWARD = "start from what the database is now, and walk outward from there: add --from-database"


NOTHING = "nothing applied"
"""The place of base: nothing was replayed for it."""


@dataclass(frozen=True, slots=True)
class At:
    """The schema at a place in the history, and where it was replayed: "SQLite in memory"."""

    schema: Schema
    place: str
    dialect: str
    notes: tuple[str, ...] = ()


class Timelines:
    """The replays of one project, kept while its files are what they were. *chain* says what the files are."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._kept: dict[str, Timeline] = {}
        self._hashed: tuple[Graph, bytes] | None = None

    def whole(self, history: History, like: Database | None, *, is_from_database: bool = False) -> Timeline:
        """Return the replay of the whole history, in the order in which `upgrade heads` runs it.

        On a copy like the database *like*; where no right to make one is there, on SQLite in memory, and the notes say so.
        With *is_from_database* it starts from what *like* is now and walks both ways. Raises ReplayFailed, whose hint is
        what may help here; ReplayInterrupted; NoScratch where it starts from a database that no copy can be made of.
        """
        with self._advising(history, like, is_from_database=is_from_database):
            return self._found(history, like, (), is_from_database=is_from_database)

    def known(self, history: History, like: Database | None, *, is_from_database: bool = False) -> Timeline:
        """Return what can be replayed: without the revisions that fail and what stands on them, and the notes say so.

        Raises as `whole` where nothing is left.
        """
        with self._advising(history, like, is_from_database=is_from_database):
            return self._known(history, like, is_from_database=is_from_database)

    def up_to(self, history: History, like: Database | None, ids: tuple[str, ...]) -> Timeline:
        """Return the replay of *ids* and what they stand on, and of nothing else. Raises as `whole`."""
        return self._found(history, like, ids, is_from_database=False)

    @property
    def newest(self) -> Timeline | None:
        """The replay that this kernel made or read last, of whatever files: for Tab, which may not look any further."""
        return next(reversed(self._kept.values()), None)

    def kept(self, history: History, like: Database | None) -> Timeline | None:
        """Return the replay of the whole history where it is there already; nothing runs."""
        name = self._name(history, like, (), is_from_database=False)
        return self._kept.get(name) or self._read(name)

    def at_if_kept(self, history: History, like: Database | None, ids: tuple[str, ...]) -> At | None:
        """Return the schema at *ids* where a replay that is there already came through it; nothing runs."""
        timeline = self.kept(history, like)
        found = None if timeline is None else _direct(timeline, self._chain.graph, ids)
        return (
            None if timeline is None or found is None else At(found, timeline.place, timeline.dialect, timeline.notes)
        )

    def at(
        self, history: History, like: Database | None, ids: tuple[str, ...], *, is_from_database: bool = False
    ) -> At:
        """Return the schema that upgrading an empty database to *ids* gives; of no ids, that of base.

        Raises as `whole`; a history that fails somewhere above *ids* is no obstacle.
        """
        with self._advising(history, like, is_from_database=is_from_database):
            return self._at(history, like, ids, is_from_database=is_from_database)

    def _known(self, history: History, like: Database | None, *, is_from_database: bool) -> Timeline:
        graph, ids = self._chain.graph, tuple[str, ...]()
        failed: dict[str, str] = {}
        while True:
            try:
                found = self._found(history, like, ids, is_from_database=is_from_database)
            except ReplayFailed as error:
                failed[error.revision] = error.message
                left = set(graph.revisions) - graph.descendants(id_ for id_ in failed if id_ in graph)
                ids, before = graph.heads_of(left), ids
                if not ids or ids == before:
                    raise
                problem = error
                continue
            if failed and not any(entry.diff for entry in found.entries) and found.start.is_empty:
                raise problem
            told = (f"Without {id_} and what stands on it. {message}" for id_, message in failed.items())
            return replace(found, notes=(*found.notes, *told)) if failed else found

    def _at(self, history: History, like: Database | None, ids: tuple[str, ...], *, is_from_database: bool) -> At:
        graph = self._chain.graph
        try:
            timeline = self._found(history, like, (), is_from_database=is_from_database)
        except ReplayFailed as error:
            if not error.revision or _fails_alone(graph, error.revision, ids):
                raise
            if not ids:
                return _nothing(like)
            timeline = self._found(history, like, ids, is_from_database=is_from_database)
        found = _direct(timeline, graph, ids)
        if found is None and not ids:  # it starts above base, and below there is nothing that it knows
            return _nothing(like)
        if found is None and graph.ancestors(ids) < set(timeline.applied):
            raise _too_old(timeline, graph, ids)
        if found is None:
            timeline = self._found(history, like, ids, is_from_database=False)
            found = _direct(timeline, graph, ids)
        if found is None:  # the replay of exactly these ends where they are
            found = schema_after(timeline, timeline.entries[-1].revision) if timeline.entries else timeline.start
        return At(found, timeline.place, timeline.dialect, timeline.notes)

    def _found(
        self, history: History, like: Database | None, ids: tuple[str, ...], *, is_from_database: bool
    ) -> Timeline:
        name = self._name(history, like, ids, is_from_database=is_from_database)
        found = self._kept.get(name) or (None if is_from_database else self._read(name))
        if found is not None:
            return found
        if is_from_database and like is not None:
            found = outward.replayed(history, like, ids or ("heads",))
        else:
            try:
                found = _replayed(history, like, ids or ("heads",))
                cache.write(name, found)
            except NoScratch as refusal:  # not on disk: the right may be given
                found = self._instead(history, ids, refusal)
        self._kept[name] = found
        return found

    def _instead(self, history: History, ids: tuple[str, ...], refusal: NoScratch) -> Timeline:
        """The replay on SQLite in memory, where a server takes no scratch database."""
        try:
            found = self._found(history, None, ids, is_from_database=False)
        except ReplayFailed as error:
            raise ReplayFailed(
                f"{refusal.message} So SQLite in memory was tried. {error.message}",
                revision=error.revision,
                place=error.place,
                why=error.why,
                hint=refusal.hint,
            ) from refusal
        said = f"{refusal.message} So the history ran on {found.place}, and its schemas are as SQLite spells them."
        return replace(found, notes=(*found.notes, said))

    @contextmanager
    def _advising(self, history: History, like: Database | None, *, is_from_database: bool) -> Iterator[None]:
        """Let the hint of ReplayFailed name --from-database where that helps: what fails is applied in the database.

        An interrupt that comes between the runs is a ReplayInterrupted, too.
        """
        try:
            yield
        except (KeyboardInterrupt, Interrupted) as interrupt:
            raise interrupted() from interrupt
        except ReplayFailed as error:
            graph, is_refused = self._chain.graph, isinstance(error.__cause__, NoScratch)
            if like is None or is_from_database or is_refused or error.revision not in graph:
                raise
            heads = runner.read_heads(like, history.calls(like))
            if error.revision in graph.ancestors(id_ for id_ in heads if id_ in graph):
                error.hint = _OUTWARD
            raise

    def _read(self, name: str) -> Timeline | None:
        found = cache.read(name)
        if found is not None:
            self._kept[name] = found
        return found

    def _name(self, history: History, like: Database | None, ids: tuple[str, ...], *, is_from_database: bool) -> str:
        """A hash of all that a replay depends on, as far as it can be known: files, arguments, versions, server."""
        graph, env_py = self._chain.graph, self._chain.project.env_py
        hasher = hashlib.blake2b(digest_size=16)

        def take(*parts: object) -> None:
            hasher.update(repr(parts).encode(errors="surrogatepass") + b"\0")

        take(_FORMAT, *(metadata.version(package) for package in ("migration_magics", "alembic", "sqlalchemy")))
        take(*_kind(like), history.x, history.engine_name, ids)
        if is_from_database and like is not None:
            take(like.identity, schema_token.read(like), runner.read_heads(like, history.calls(like)))
        take(env_py.read_bytes() if env_py is not None else b"")
        hasher.update(self._hash_of(graph, ids))
        return hasher.hexdigest()

    def _hash_of(self, graph: Graph, ids: tuple[str, ...]) -> bytes:
        """A hash of the revisions *ids* and below; that of all is kept, since each look at a history asks for it."""
        if not ids and self._hashed is not None and self._hashed[0] is graph:
            return self._hashed[1]
        hasher = hashlib.blake2b(digest_size=16)
        for id_ in sorted(graph.ancestors(ids) if ids else graph.revisions):
            one = graph[id_]
            hasher.update(repr((id_, one.parents, one.depends_on, one.digest)).encode(errors="surrogatepass") + b"\0")
        found = hasher.digest()
        if not ids:
            self._hashed = graph, found
        return found


def _fails_alone(graph: Graph, failed: str, ids: tuple[str, ...]) -> bool:
    """Say whether the way to *ids* leads over *failed*, and nothing beside that way ran before: then it fails again."""
    wanted = graph.ancestors(ids)
    beside = (revision.id for revision in graph if revision.id not in wanted)
    return failed in wanted and all(failed in graph.ancestors((id_,)) for id_ in beside)


def _too_old(timeline: Timeline, graph: Graph, ids: tuple[str, ...]) -> ReplayFailed:
    """Return the error for *ids* below where a timeline begins that walked down from a database."""
    oldest = ", ".join(graph.heads_of(timeline.applied))
    return ReplayFailed(
        f"The schema at {', '.join(ids)} is not known. {' '.join(timeline.notes)}".strip(),
        place=timeline.place,
        hint=f"{oldest} is the oldest that is known from here",
    )


def _nothing(like: Database | None) -> At:
    family = like.family if like is not None else "sqlite"
    return At(Schema(family), NOTHING, family)


def _kind(like: Database | None) -> tuple[str, ...]:
    """What a replay's outcome depends on: the server and its version; for SQLite, the library's."""
    if like is None or like.family not in {"postgresql", "mysql"}:
        return ("sqlite", sqlite3.sqlite_version)
    if like.facts is None:
        like.reach()
    return (like.family, like.server)


def _replayed(history: History, like: Database | None, targets: tuple[str, ...]) -> Timeline:
    """Replay on an empty copy; where that fails, once more on one that has the extensions and schemas of *like*."""
    try:
        return _on_a_copy(history, like, targets, is_furnished=False)
    except ReplayFailed:
        if like is None or like.family != "postgresql":
            raise
        return _on_a_copy(history, like, targets, is_furnished=True)


def _on_a_copy(history: History, like: Database | None, targets: tuple[str, ...], *, is_furnished: bool) -> Timeline:
    for is_whole in (False, True):
        with scratch.empty(like, is_furnished=is_furnished) as copy:
            found = replay(history, copy, targets, is_whole=is_whole)
        if found is not None:
            return found
    raise AssertionError  # pragma: no cover - a look at everything sees everything


def _direct(timeline: Timeline, graph: Graph, ids: tuple[str, ...]) -> Schema | None:
    """The schema at *ids*, where the replay came through exactly there; None where other branches had run, too."""
    wanted = graph.ancestors(ids)
    ran = set(timeline.applied)
    if ran == wanted:
        return timeline.start
    for entry in timeline.entries:
        ran.add(entry.revision)
        if len(ran) == len(wanted):
            return schema_after(timeline, entry.revision) if ran == wanted else None
    return None
