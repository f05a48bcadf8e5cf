"""A backfill: what it set, how it went, and the revision that does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...redact import redact
from ...results import Backfilled
from ..view import Block, Code, Details, Facts, Line, View, chip, code, plain
from ..words import count, duration
from .base import ids, next_step, remarks, view_of

if TYPE_CHECKING:
    from ...settings import Settings


@view_of.register(Backfilled)
def _(result: Backfilled, _settings: Settings) -> View:
    facts: list[tuple[str, Line]] = []
    facts += (("set", (code(redact(each)),)) for each in result.assignments)
    if result.where:
        where: Line = (code(redact(result.where)),)
        facts.append(("where", where))
    facts += [
        ("walked by", ids(result.key)),
        ("rows", plain(f"{result.passed:,} walked over, {result.changed:,} changed")),
        ("batches", plain(_batches(result))),
    ]
    if result.left is not None:
        facts.append(("--where still holds for", plain("no row" if not result.left else count(result.left, "row"))))
    blocks: list[Block] = [Facts(tuple(facts))]
    if result.code:
        blocks.append(Details("The revision that does the same", Code(result.code, "python")))
    blocks += remarks(*result.notes)
    chips = [chip("resumed")] if result.resumed else []
    notes = (plain(duration(result.duration_s)),)
    return View(
        f"Backfilled {result.table} of {result.connection}",
        tuple(chips),
        notes,
        tuple(blocks),
        next_step(result.next_command),
    )


def _batches(result: Backfilled) -> str:
    locks = f"locks held {duration(result.longest_lock_s)} at most"
    said = f"{result.batches:,}, by now of up to {count(result.size, 'row')}; {locks}"
    return f"{said}; {count(result.retries, 'try', 'tries')} more for locks" if result.retries else said
