"""A command line up to the cursor, split into words although its last one is not finished."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageProblem
from .braces import read


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The finished *words*, and the one at the cursor.

    *fragment* is that word as it was typed, from its start or from the quote at its start; *value* is what it says;
    *quote* is the quote that is still open, or "".
    """

    words: tuple[str, ...]
    fragment: str
    value: str
    quote: str


def unfinished(text: str) -> Unfinished | None:
    """Return the words of *text* as `shlex` would split them; None where the last is a `{{expression}}`: that is Python."""
    try:
        line = read(text, lambda _expression: "").text  # each finished expression becomes one mark
    except UsageProblem:
        return None
    splitter = _Splitter()
    for place, letter in enumerate(line):
        splitter.take(place, letter)
    fragment = line[splitter.start :]
    if "\ue000" in fragment:
        return None
    if splitter.quote and fragment.startswith(splitter.quote):
        fragment = fragment[1:]
    return Unfinished(tuple(splitter.words), fragment, splitter.value, splitter.quote)


class _Splitter:
    """Where the splitting stands: the words so far, and start, value and open quote of the one that is being read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.start = 0
        self.value = ""
        self.quote = ""
        self._is_inside = False
        self._is_escaped = False

    def take(self, place: int, letter: str) -> None:
        """Read one more *letter*."""
        if self._is_escaped:
            self.value += letter
            self._is_escaped = False
        elif letter == "\\" and self.quote != "'":
            self._is_inside = self._is_escaped = True
        elif self.quote:
            if letter == self.quote:
                self.quote = ""
            else:
                self.value += letter
        elif letter in "\"'":
            self.quote = letter
            self._is_inside = True
        elif letter.isspace():
            self._end_word(place + 1)
        else:
            self.value += letter
            self._is_inside = True

    def _end_word(self, next_start: int) -> None:
        if self._is_inside:
            self.words.append(self.value)
        self.start, self.value, self._is_inside = next_start, "", False
