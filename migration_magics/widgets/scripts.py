"""The widgets' scripts and styles as one text each: a widget has one module and may load nothing.

A script is a plain ES module that imports others of its folder by name. Joined, they share one scope, so that no two of
them may define the same name at their top (a test says so).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ..display.html import style

FOLDER = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w.-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)
_COMMENT_LINE = re.compile(r"^\s*(?://.*|/\*\*.*\*/|/\*\*|\*/|\* .*)\n", re.MULTILINE)


@lru_cache(maxsize=8)
def script(name: str) -> str:
    """Return the module *name* with all that it imports before it, each once, and without comments of their own lines."""
    found: dict[str, str] = {}
    _collect(name, found)
    return "".join(found.values())


def _collect(name: str, found: dict[str, str]) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for imported in _IMPORT.finditer(text):
        if imported["name"] not in found:
            _collect(imported["name"], found)
    found[name] = _COMMENT_LINE.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))


@lru_cache(maxsize=8)
def styles(name: str) -> str:
    """Return the style sheet of results and the one called *name* after it."""
    return style() + "\n" + (FOLDER / name).read_text(encoding="utf-8")
