"""What a squash was proved on, and what the branches of a merge both touch: parts of the view of a revision file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.change_words import what
from ..view import Block, Column, Line, Piece, Prose, Row, Table, cell, code, plain
from ..words import count
from .base import ids, remarks

if TYPE_CHECKING:
    from ...model.proof import Proof
    from ...results import Authored

_WAYS_BACK = {
    "equal": "the way back, too",
    "differs": "! the way back leads elsewhere",
    "fails": "! the way back fails",
    "unknown": "the way back was not compared",
    "none": "",
}
_MOST = 20


def squashed(result: Authored) -> tuple[Block, ...]:
    """Return what a squash replaces, and how it is known to be the same; none where it is no squash."""
    if not result.replaces:
        return ()
    blocks: list[Block] = [
        Prose((Piece(f"Replaces {count(len(result.replaces), 'revision')}:"), *ids(result.replaces)))
    ]
    blocks += remarks(*(line for proof in result.proof for line in _said(proof)), *_limits(result))
    return tuple(blocks)


def _said(proof: Proof) -> tuple[str, ...]:
    if proof.problem:
        return (f"Not compared on {proof.place}: {proof.problem}",)
    way_back = _WAYS_BACK[proof.downgrade]
    compared = f"the schema of {count(proof.tables, 'table')} and {count(proof.row_count, 'row')}"
    return (
        f"Proved equal on {proof.place}: {compared}{f'; {way_back}' if way_back else ''}.",
        *proof.notes,
    )


def _limits(result: Authored) -> tuple[str, ...]:
    if not any(proof.is_equal for proof in result.proof):
        return ()
    return ("Proved from an empty database: what it does to rows that were there before the range was not tried.",)


def touched(result: Authored) -> tuple[Block, ...]:
    """Return the objects that more than one branch of a merge touches; none where that is not known."""
    if result.overlaps is None or result.revision is None:
        return ()
    if not result.overlaps:
        return (Prose(plain("The branches touch different objects.")),)
    heads = result.revision.parents
    columns = (Column("object", is_code=True), *(Column(f"below {head}", is_code=True) for head in heads))
    rows = []
    for each in result.overlaps[:_MOST]:
        sides: list[Line] = [
            (*ids(side, ""), Piece(f"({', '.join(kinds)})")) if side else ()
            for side, kinds in zip(each.revisions, each.kinds, strict=True)
        ]
        same = (Piece("the same on both"),) if each.is_same else ()
        rows.append(Row((cell(code(_called(each.path)), *same), *(cell(*side) for side in sides))))
    caption = "! Touched on more than one branch: look whether the order matters"
    return (Table(caption, columns, tuple(rows), max(0, len(result.overlaps) - _MOST)),)


def _called(path: tuple[str, ...]) -> str:
    return what(path) if len(path) == 1 or not path[0] else f"{path[0]}: {what(path)}"
