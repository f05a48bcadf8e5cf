"""What a squash says of itself: the ids it replaces, in its docstring."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .graph import Revision

_REPLACES = re.compile(r"^Replaces:[ \t]*((?:[^\r\n]*,[ \t]*\r?\n)*[^\r\n]*)", re.MULTILINE)
_FIELD = re.compile(r"^(?:Revision ID|Revises|Create Date|Branch Labels|Depends on):[^\n]*\n", re.MULTILINE)
_WIDTH = 100


def with_replaces(text: str, ids: tuple[str, ...]) -> str:
    """Return the revision file *text* with the *ids* it replaces in its docstring, below the template's fields."""
    line = "\n".join(
        textwrap.wrap(f"Replaces: {', '.join(ids)}", _WIDTH, subsequent_indent="    ", break_long_words=False)
    )
    node = ast.parse(text).body[0]
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        return f'"""{line}"""\n{text}'
    lines = text.split("\n")
    doc = "\n".join(lines[: node.end_lineno]) + "\n"
    fields = list(_FIELD.finditer(doc))
    if fields:
        at = fields[-1].end()
        return f"{doc[:at]}{line}\n{doc[at:]}" + "\n".join(lines[node.end_lineno or 0 :])
    at = doc.rstrip().rfind(doc.rstrip()[-1] * 3) if doc.rstrip()[-3:] in {'"""', "'''"} else -1
    if at < 0:
        return f"# {line.replace(chr(10), chr(10) + '# ')}\n{text}"
    return f"{doc[:at].rstrip()}\n\n{line}\n{doc[at:]}" + "\n".join(lines[node.end_lineno or 0 :])


def replaced_ids(doc: str) -> tuple[str, ...]:
    """Return the ids that the docstring *doc* of a squash names; none where it is no squash."""
    found = _REPLACES.search(doc)
    return tuple(part for part in re.split(r"[,\s]+", found[1]) if part) if found else ()


def replaced_by(revisions: Iterable[Revision], id_: str) -> str | None:
    """Return the squash that replaced the revision *id_*, or None."""
    return next((each.id for each in revisions if id_ in replaced_ids(each.doc)), None)
