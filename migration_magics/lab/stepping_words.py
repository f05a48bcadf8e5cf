"""What each operation of a run did, in the words that `explain` has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine.explained.deeds import Reader
from ..engine.explained.operations import deeds_of, type_finder
from ..engine.explained.sql import about
from ..engine.host.directives import Batch
from ..redact import redact
from ..rules.explained import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Dialect

    from ..engine.host.recorder import Directive
    from ..model.explanation import Deed
    from ..model.schema import Schema

TOGETHER = "All further operations of the revision, taken together."
"""What is said of operations that nobody looked at one by one."""

_MOST_SAID = 4
"""How many deeds of one operation are told."""


def sentences(directives: Sequence[Directive], dialect: Dialect, before: Schema | None) -> tuple[str, ...]:
    """Return what each of *directives* does on *dialect*, in order, a sentence for each deed of it.

    *before* is the schema that the revision found, None where it is not known.
    """
    reader = Reader(dialect, type_finder(before))
    return tuple(_sentence(_deeds(directive, reader)) for directive in directives)


def _deeds(directive: Directive, reader: Reader) -> tuple[Deed, ...]:
    if directive.source is not None:
        return deeds_of(directive.source, reader)
    if directive.kind == "batch_alter_table":
        inner = [child.source for child in directive.children if child.source is not None]
        return deeds_of(Batch(directive.table, None, {"recreate": directive.recreate}, inner), reader)
    found = [deed for sent in directive.sent for deed in about(sent.sql)]
    changes = [deed for deed in found if "read" not in deed.traits]
    return tuple(changes or found)  # what is read is on the way to what is changed


def _sentence(deeds: Sequence[Deed]) -> str:
    said = list(dict.fromkeys(explain(deed, ()).does for deed in deeds)) or ["Runs SQL."]
    more = len(said) - _MOST_SAID
    return redact(" ".join([*said[:_MOST_SAID], *([f"And {more:,} more."] if more > 0 else [])]))
