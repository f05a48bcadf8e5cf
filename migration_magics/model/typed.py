"""Commands inside a text of ours, as a person would type them."""

from __future__ import annotations

import re
import shlex

WITHOUT_ON = frozenset({"connect", "connections", "demo", "disconnect", "exercise", "help", "use", "why"})
"""The commands of `%migrate` that take no `--on`: they are about all connections, or about none."""

_COMMAND = re.compile(r"(?:%migrate (?P<name>[a-z_]+)|%%revision)\b")


def on_connection(text: str, name: str) -> str:
    """Return *text* with `--on NAME` behind each command in it that takes it and has none yet; *text* itself without *name*.

    It stands right behind the command's word, since where a command ends in a sentence nobody can tell.
    """
    if not name:
        return text
    end = len(text)
    for match in reversed(list(_COMMAND.finditer(text))):
        if match["name"] not in WITHOUT_ON and " --on" not in text[match.end() : end]:
            text = f"{text[: match.end()]} --on {shlex.quote(name)}{text[match.end() :]}"
        end = match.start()
    return text
