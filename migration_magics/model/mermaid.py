"""A diagram as Mermaid text, which GitHub and JupyterLab draw from Markdown.

The grammar is Mermaid 11's, `packages/mermaid/src/diagrams/er/parser/erDiagram.jison`. It knows no escapes, so what it could
misread is replaced; where a column had to be called otherwise, its comment has the real name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diagram import Box, BoxLine, Diagram, Mark

_CONTROL = re.compile(r"[\s\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+")
_FORBIDDEN = str.maketrans(
    {'"': "'", "\\": "/", "%": "\N{FULLWIDTH PERCENT SIGN}", "~": "-", "#": "\N{MUSIC SHARP SIGN}"}
)
# A line in which this stands is a statement of its own, wherever in the line it stands.
_DIRECTION = re.compile(r"direction\s+(?=TB|BT|RL|LR)", re.IGNORECASE)
_NOT_IN_WORDS = re.compile(r"[^A-Za-z0-9_()\[\]-]+")
_NO_START = re.compile(r"(?![A-Za-z_])|(?:PK|FK|UK)(?![A-Za-z0-9_])", re.IGNORECASE)
_KEYS = {"PK": "PK", "FK": "FK", "UQ": "UK"}
_MARKS: dict[str, str] = {"add": "added", "drop": "dropped", "alter": "altered"}


def mermaid(diagram: Diagram) -> str:
    """Return *diagram* as an `erDiagram`, a statement a line; names as near to their own as the grammar allows."""
    names = _unique(box.name for box in diagram.boxes)
    lines = ["erDiagram"]
    for box in diagram.boxes:
        lines += _entity(names[box.name], box)
    for edge in diagram.edges:
        if edge.source in names and edge.target in names:
            one = "o|" if edge.is_optional else "||"
            label = _quoted(", ".join(edge.columns) + _marked(edge.mark))
            lines.append(f"    {names[edge.source]} }}o--{one} {names[edge.target]} : {label}")
    return "\n".join(lines)


def _unique(names: Iterable[str]) -> dict[str, str]:
    """Return each name as it is written, no two alike."""
    written: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        candidate, number = _quoted(name), 1
        while candidate in taken:
            number += 1
            candidate = _quoted(f"{name} ({number})")
        taken.add(candidate)
        written[name] = candidate
    return written


def _quoted(text: str) -> str:
    said = _DIRECTION.sub("direction_", _CONTROL.sub(" ", text).translate(_FORBIDDEN)).strip()
    return f'"{said or "_"}"'


def _marked(mark: Mark) -> str:
    return f" ({_MARKS[mark]})" if mark in _MARKS else ""


def _entity(name: str, box: Box) -> list[str]:
    if not box.lines:
        return [f"    {name}"]
    whole: Mark = "" if box.mark == "alter" else box.mark
    return [f"    {name} {{", *(f"        {_attribute(line, line.mark or whole)}" for line in box.lines), "    }"]


def _attribute(line: BoxLine, mark: Mark) -> str:
    name = _word(line.name)
    keys = ", ".join(_KEYS[key] for key in line.keys if key in _KEYS)
    remarks = [line.name] if name != line.name else []
    remarks += [] if line.is_nullable else ["NOT NULL"]
    remarks += [f"was {line.was}"] if line.was else []
    remarks += [_MARKS[mark]] if mark in _MARKS else []
    comment = _quoted(", ".join(remarks)) if remarks else ""
    return " ".join(part for part in (_word(line.type), name, keys, comment) if part)


def _word(text: str) -> str:
    said = _NOT_IN_WORDS.sub("_", text)
    return f"_{said}" if _NO_START.match(said) else said
