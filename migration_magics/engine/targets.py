"""What is wrong with a target or range, in the user's words: Alembic's errors about identifiers become ours here."""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError

from ..errors import (
    MigrationError,
    RevisionAmbiguous,
    RevisionNotFound,
    SeveralHeads,
    TargetProblem,
    TargetUnreachable,
)
from .host import steps as host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.graph import Graph

_SYMBOLS = ("head", "heads", "base")
_RELATIVE = re.compile(r"(?P<start>.*?)(?P<by>[+-]\d+)\Z", re.DOTALL)
_SHOWS_WHAT_LIES_WHERE = "%migrate history shows what lies where"


@contextmanager
def resolving(
    graph: Graph, text: str, doing: str = "", heads: tuple[str, ...] = (), command: str = ""
) -> Iterator[None]:
    """Turn Alembic's errors about the identifier *text* into ours.

    *doing* is what *text* is resolved for, *command* what a hint tells to type (default: the same); *heads* are the
    database's, where the command starts from them.
    """
    try:
        yield
    except MigrationError:
        raise
    except CommandError as error:
        raise _explained(host.original(error), graph, text, doing, heads, command=command or doing) from error
    except host.RevisionError as error:
        raise _explained(error, graph, text, doing, heads, command=command or doing) from error
    except (AssertionError, AttributeError, IndexError, KeyError, ValueError, TypeError) as error:
        raise TargetProblem(
            f"{text!r} means no single revision here.", hint="%migrate history shows the revisions"
        ) from error


def _explained(
    error: Exception, graph: Graph, text: str, doing: str, heads: tuple[str, ...], *, command: str
) -> TargetProblem:
    said = str(error)
    if isinstance(error, host.MultipleHeads):
        return several_heads(graph, tuple(error.heads), command)
    if isinstance(error, host.RangeNotAncestorError) or "Not a valid downgrade target" in said:
        return _unreachable(graph, text, doing, heads)
    if isinstance(error, host.ResolutionError):
        if "Multiple revisions" in said:
            return RevisionAmbiguous(f"{said.rstrip('.')}.", hint="write more of the id")
        return not_found(graph, str(error.argument or text))
    if "didn't produce" in said or "Walked too far" in said:
        return _too_far(text, doing)
    if "mbiguous" in said:
        return _ambiguous(graph, text, command, heads)
    if "overlaps" in said and (doubled := _contained(graph, heads)):
        newer, older = doubled
        return TargetProblem(
            f"The version table holds {older} beside {newer}, which contains it. Nothing was changed.",
            hint=f"write down where the database really stands: %migrate stamp {newer} --purge",
        )
    return TargetProblem(f"{text}: {said.rstrip('.')}.", hint="%migrate history shows the revisions")


def _unreachable(graph: Graph, text: str, doing: str, heads: tuple[str, ...]) -> TargetUnreachable:
    if doing == "history":
        lower, _, upper = text.partition(":")
        return TargetUnreachable(
            f"No way leads down from {upper or 'the heads'} to {lower or 'base'}.",
            hint=f"the older end comes first: %migrate history -r {upper}:{lower}",
        )
    where = ", ".join(heads) or "base"
    if doing == "downgrade" and not heads:
        return TargetUnreachable("The database stands at base: there is nothing to undo.", hint="%migrate current")
    if doing == "downgrade":
        is_above = text in graph and graph.ancestors((text,)).issuperset(heads)
        way = f"an upgrade leads there: %migrate upgrade {text}" if is_above else _SHOWS_WHAT_LIES_WHERE
        return TargetUnreachable(
            f"{text} does not lie below {where}, where the database stands.",
            hint=f"{way}; {_SHOWS_WHAT_LIES_WHERE}" if is_above else way,
        )
    return TargetUnreachable(f"No way leads to {text} from {where}.", hint=_SHOWS_WHAT_LIES_WHERE)


def _too_far(text: str, doing: str) -> TargetProblem:
    other = {"upgrade": "downgrade", "downgrade": "upgrade"}.get(doing, "")
    if other and re.fullmatch(r"-\d+" if doing == "upgrade" else r"\+\d+", text):
        said = "goes down, and an upgrade goes up" if doing == "upgrade" else "goes up, and a downgrade goes down"
        return TargetUnreachable(f"{text} {said}.", hint=f"%migrate {other} {text}")
    return RevisionNotFound(
        f"There are not that many revisions that way: {text}.", hint="%migrate current tells where the database is"
    )


def _ambiguous(graph: Graph, text: str, doing: str, heads: tuple[str, ...]) -> RevisionAmbiguous:
    """Counting goes along one line of revisions: at a merge or a fork it must be said along which."""
    fork = _fork(graph, text, heads)
    if fork is None:
        return RevisionAmbiguous(
            f"{text} could go several ways.", hint="name the branch, as in LABEL@+1, or the revision"
        )
    at, ways = fork
    joins = "joins" if "-" in text else "continues as"
    named = " and ".join(ways)
    return RevisionAmbiguous(
        f"{text} could go several ways: {at} {joins} {named}.",
        hint=f"name one of them: %migrate {doing or 'plan'} {ways[0]}",
    )


def _fork(graph: Graph, text: str, heads: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """Where counting as *text* says comes to several ways: the revision, and the next ones."""
    found = _RELATIVE.match(text)
    start = found["start"].rpartition("@")[2] if found else ""
    at = start if start in graph else heads[0] if len(heads) == 1 and not start else ""
    for _ in range(abs(int(found["by"])) if found and at in graph else 0):
        ways = graph.below(at) if found and found["by"].startswith("-") else graph.above(at)
        if len(ways) > 1:
            return at, tuple(ways)
        if not ways:
            break
        at = ways[0]
    return None


def _contained(graph: Graph, heads: tuple[str, ...]) -> tuple[str, str] | None:
    """Return two of *heads*, of which the first contains the second: what no version table should hold."""
    pairs = ((newer, older) for newer in heads for older in heads if newer != older and newer in graph)
    return next(((newer, older) for newer, older in pairs if older in graph.ancestors((newer,))), None)


def not_found(graph: Graph, text: str) -> RevisionNotFound:
    """Return the error for an identifier that fits nothing, with the nearest ones that would."""
    near = (*difflib.get_close_matches(text.lower(), _SYMBOLS, n=1, cutoff=0.7), *graph.nearest(text))
    named = ", ".join(f"{id_} ({graph[id_].message})" if id_ in graph and graph[id_].message else id_ for id_ in near)
    return RevisionNotFound(
        f"There is no revision {text!r} in this project.",
        hint=f"did you mean {named}?" if named else "%migrate history shows what there is",
    )


def several_heads(graph: Graph, heads: tuple[str, ...], doing: str) -> SeveralHeads:
    """Return the error for `head` where there are several; both ways out are in the hint."""
    command = doing or "upgrade"
    named = tuple(f"{id_}  {graph[id_].message}" for id_ in heads if id_ in graph)
    labelled = next((f"{label}@head" for id_ in heads if id_ in graph for label in graph.labels_of(id_)), heads[0])
    way = (
        f"%migrate {command} heads (all of them) or %migrate {command} {labelled} (one)"
        if command != "revision"
        else f"--head {labelled}"
    )
    return SeveralHeads(
        f"The project has {len(heads)} heads.",
        details=named,
        hint=f"{way}; to join them: %migrate merge heads -m 'merge branches'",
    )
