"""A history as Mermaid text, which GitHub draws from Markdown: a flowchart, newest on top, as `history` has it.

The grammar is Mermaid 11's, `packages/mermaid/src/diagrams/flowchart/parser/flow.jison`. A node's words stand in double
quotes; what ends those, is an escape, or becomes markup in a label is replaced by what looks like it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .graph import Revision

_CONTROL = re.compile(r"[\s\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+")
_LIKE = str.maketrans(
    {
        '"': "\N{DOUBLE PRIME}",
        "`": "'",
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "#": "\N{MUSIC SHARP SIGN}",
        "&": "\N{FULLWIDTH AMPERSAND}",
        ";": "\N{GREEK QUESTION MARK}",
        "%": "\N{FULLWIDTH PERCENT SIGN}",
        "\\": "\N{DIVISION SLASH}",
        "*": "\N{ASTERISK OPERATOR}",
    }
)
_MOST = 60


def mermaid_history(revisions: Iterable[Revision], words: Mapping[str, str]) -> str:
    """Return *revisions*, in the order given, as a flowchart; *words* are what a revision is: "current", "pending".

    A line leads from a revision up to what builds on it; a dotted one to what only needs it. Pending ones are dashed.
    """
    shown = tuple(revisions)
    names = {one.id: f"r{number}" for number, one in enumerate(shown)}
    lines = ["flowchart BT"]
    for one in shown:
        said = " · ".join(filter(None, (_said(one.id), _said(one.message), _said(words.get(one.id, "")))))
        lines.append(f'    {names[one.id]}["{said}"]')
    for one in shown:
        lines += [f"    {names[parent]} --> {names[one.id]}" for parent in one.parents if parent in names]
        lines += [f"    {names[other]} -.-> {names[one.id]}" for other in one.depends_on if other in names]
    pending = [names[one.id] for one in shown if words.get(one.id) == "pending"]
    if pending:
        lines += ["    classDef pending stroke-dasharray: 4 3", f"    class {','.join(pending)} pending"]
    return "\n".join(lines)


def _said(text: str) -> str:
    said = _CONTROL.sub(" ", text).strip()
    said = f"{said[: _MOST - 1]}…" if len(said) > _MOST else said
    return said.translate(_LIKE)
