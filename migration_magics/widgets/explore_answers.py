"""What the widget of `explore` is told: each answer is a result of a command, drawn; the last ones are kept."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from ..commands import explore
from ..display import error_bundle
from ..display.clean import one_line
from ..display.explorer import compared_html, moment_html, shown_html
from ..display.scenes import Scenes
from ..errors import ObjectNotFound, UsageProblem
from ..model.film import Film
from ..results import SchemaShown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..commands.api import Workspace
    from ..engine.runner import OnStep
    from ..results import Explorer

Answer = dict[str, Any]

_MOST_KEPT = 64
_MOST_NAMES = 2_000


class Answers:
    """Answers about one state of the history, *result*, on the connection *on*."""

    def __init__(self, workspace: Workspace, result: Explorer, *, on: str | None, on_step: OnStep) -> None:
        self._workspace = workspace
        self._on = on
        self._on_step = on_step
        self.renew(result)

    def renew(self, result: Explorer) -> None:
        """Answer about another state from now on."""
        self.result = result
        self._ids = tuple(one.id for one in result.history.revisions)
        self._rows = {id_: at for at, id_ in enumerate(self._ids)}
        self._past = explore.Past()
        self._scenes: Scenes | None = None
        self._kept: dict[object, Answer] = {}

    def answer(self, question: dict[str, Any]) -> Answer:
        """Return the answer to what the widget asks. Raises MigrationError, and ValueError for no question of ours."""
        asked: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "show": lambda q: self.show(self._id(q["at"])),
            "compare": lambda q: self.compare(self._id(q["before"]), self._id(q["after"])),
            "past": lambda q: self.past(is_asked_for=bool(q.get("asked"))),
            "scene": lambda q: self.scene(int(q["step"])),
            "words": lambda q: self.words(int(q["step"])),
            "find": lambda q: self.find(str(q["target"])),
        }
        kind = question.get("kind")
        if kind not in asked:
            message = f"The widget asked for {kind!r}."
            raise ValueError(message)
        with self._turn():
            return asked[kind](question)

    def look(self) -> Explorer:
        """Return the history as it is now."""
        with self._turn():
            return explore.explore(self._workspace, from_database=self.result.is_from_database)

    def is_for(self, workspace: Workspace) -> bool:
        """It is *workspace* that answers."""
        return self._workspace is workspace

    def is_old(self, *, is_brief: bool) -> bool:
        """Say whether the history is another one by now, or the database stands elsewhere; *is_brief* as in `is_another`."""
        with self._turn():
            return explore.is_another(self._workspace, self.result, is_brief=is_brief)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Use the connection that the widget is about, while no other command of the notebook runs. Raises Busy."""
        workspace = self._workspace
        with (
            workspace.turns.take("%migrate explore"),
            workspace.using(self._on) if self._on is not None else nullcontext(),
        ):
            yield

    def _id(self, at: Any) -> str:
        return self._ids[int(at)]

    def show(self, id_: str) -> Answer:
        """Return one revision: `show`, with what its last rehearsal or run did to rows."""
        tried = self._workspace.tried.of(self._workspace.current_name, id_)
        if self._scenes is None and self.result.changes:
            self.past(is_asked_for=False)  # it is there already

        def made() -> Answer:
            shown = explore.one(self._workspace, id_, self._past)
            above, pages = shown_html(shown, tried.rehearsal, tried.step)
            return {"above": above, "pages": pages}

        return self._keeping(("show", id_, self._past.timeline is None, self._workspace.tried.number), made)

    def compare(self, before: str, after: str) -> Answer:
        """Return what differs between two revisions: `diff`, with its diagram."""
        return self._keeping(
            ("compare", before, after),
            lambda: {
                "html": compared_html(
                    self._workspace.diff(before, after, diagram=True, from_database=self.result.is_from_database)
                ),
                "keep": True,
            },
        )

    def past(self, *, is_asked_for: bool) -> Answer:
        """Return the order of time: the rows of the revisions as the replay ran them; or why there is none."""
        had_one = bool(self.result.changes)
        self._past = explore.past(
            self._workspace,
            is_asked_for=is_asked_for,
            is_from_database=self.result.is_from_database,
            on_step=self._on_step,
        )
        timeline = self._past.timeline
        if self._past.problem is not None:
            return {"problem": error_bundle(self._past.problem)["text/html"]}
        if timeline is None:
            return {}
        film = Film(timeline)
        self._scenes = Scenes(film)
        names = sorted({table.key for table in film.schema(len(film) - 1).tables})[:_MOST_NAMES]
        return {
            "order": [self._rows[entry.revision] for entry in timeline.entries if entry.revision in self._rows],
            "names": [one_line(name) for name in names],
            "isNew": not had_one,
        }

    def scene(self, step: int) -> Answer:
        """Return the schema after a step of time, as shapes."""
        return self._keeping(("scene", step), lambda: {"scene": self._film.scene(step), "keep": True})

    def words(self, step: int) -> Answer:
        """Return the schema after a step of time, as tables."""
        film = self._film.film
        of = film.revision(step) or "base"
        place = f"replayed on {film.timeline.place}"
        shown = SchemaShown(film.schema(step), of, place=place)
        return self._keeping(("words", step), lambda: {"html": moment_html(shown, film.diff(step)), "keep": True})

    @property
    def _film(self) -> Scenes:
        if self._scenes is None:
            message = "No history was replayed."
            raise ValueError(message)
        return self._scenes

    def find(self, target: str) -> Answer:
        """Return the rows of the revisions that touched a table or a part of one; where there is no such, that in words."""

        def made() -> Answer:
            try:
                found = self._workspace.history(table=target, from_database=self.result.is_from_database)
            except (ObjectNotFound, UsageProblem) as error:
                return {"said": one_line(f"{error.message} {error.hint or ''}")}
            return {"rows": [self._rows[one.id] for one in found.revisions if one.id in self._rows]}

        return self._keeping(("find", target), made)

    def _keeping(self, key: object, made: Callable[[], Answer]) -> Answer:
        known = self._kept.pop(key, None)
        found = made() if known is None else known
        self._kept[key] = found
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return found
