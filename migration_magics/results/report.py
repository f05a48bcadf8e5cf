"""Share: one page about a range of revisions, made of the results of other commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.finding import Severity
from .base import Result
from .move import Planned
from .rehearse import Rehearsed

if TYPE_CHECKING:
    from ..model.finding import Finding
    from ..model.graph import Revision


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: what a command returned, or None and in *missing* why it is not there.

    *name* is among history, plan, schema, sql, rehearsal and revisions.
    """

    name: str
    title: str
    result: Result | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Report(Result):
    """`report`: what a reviewer of *revisions* (oldest first) wants to see, as one page.

    *range* is what it is about, in the words of the command: from the heads *before* to *after*. *path* is the file that
    was written, "" where none was.
    """

    range: str
    revisions: tuple[Revision, ...]
    sections: tuple[Section, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    connection: str = ""
    server: str = ""
    path: str = ""
    next_command: str = ""

    @property
    def html(self) -> str:
        """The report as a page that needs nothing else: no network, no script. The same report gives the same text."""
        from ..display import html_page

        return html_page(self)

    @property
    def markdown(self) -> str:
        """The report as Markdown, as GitHub renders it. The same report gives the same text."""
        from ..display import markdown_page

        return markdown_page(self)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The advice of all sections, errors first, each once."""
        every = (found for each in self.sections for found in getattr(each.result, "findings", ()))
        order = list(Severity)
        return tuple(sorted(dict.fromkeys(every), key=lambda found: order.index(found.severity)))

    @property
    def fingerprint(self) -> str:
        """What holds a later run to the plan that was reviewed, "" where there is no plan."""
        planned = self.section("plan").result
        return planned.plan.fingerprint if isinstance(planned, Planned) else ""

    @property
    def passed(self) -> bool | None:
        """Whether the rehearsal went well; None where nothing was rehearsed."""
        found = self.section("rehearsal").result
        return found.passed if isinstance(found, Rehearsed) else None

    def section(self, name: str) -> Section:
        """Return the section *name*; an empty one where there is none."""
        return next((each for each in self.sections if each.name == name), Section(name, name))

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "section": each.name,
                "title": each.title,
                "result": type(each.result).__name__ if each.result is not None else None,
                "missing": each.missing,
            }
            for each in self.sections
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data, each section with what its result has."""
        return {
            "range": self.range,
            "before": list(self.before),
            "after": list(self.after),
            "revisions": [each.id for each in self.revisions],
            "connection": self.connection,
            "path": self.path,
            "fingerprint": self.fingerprint,
            "passed": self.passed,
            "sections": [
                {
                    "section": each.name,
                    "title": each.title,
                    "result": None if each.result is None else each.result.to_dict(),
                    "missing": each.missing,
                }
                for each in self.sections
            ],
            "protected": self.protected,
        }
