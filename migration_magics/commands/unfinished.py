"""A command line up to the cursor, split into words although its last one is not finished."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageProblem
from .braces import read


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The finished *words*, and the one at the cursor.

    *fragment* is that word as it was typed, without the quote it may begin with; *value* is what it says. *quote* is that
    quote, if it is still open, else "".
    """

    words: tuple[str, ...]
    fragment: str
    value: str
    quote: str = ""

    @property
    def after_equals(self) -> Unfinished:
        """The value of `--option=value`, as if it stood alone."""
        return _at_cursor(self.words, self.fragment.partition("=")[2], self.value.partition("=")[2])


def _at_cursor(words: tuple[str, ...], fragment: str, value: str) -> Unfinished:
    quote = fragment[:1]
    is_quoted = quote in {"'", '"'} and fragment.count(quote) - fragment.count(f"\\{quote}") == 1
    return Unfinished(words, fragment[1:], value, quote) if is_quoted else Unfinished(words, fragment, value)


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
    return _at_cursor(tuple(splitter.words), fragment, splitter.value)


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
            self.value += letter if letter in '"\\' or not self.quote else f"\\{letter}"
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
