"""How alike two names are to a reader: by their words, not by their letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")

_SYNONYMS = """
zip zipcode postcode postal_code plz|state status|cents minor|phone telephone tel mobile|sex gender|surname last_name family_name
forename first_name given_name|mail email|number num no nr|amount amt|quantity count|created inserted added|
updated modified changed edited|deleted removed|begin start|finish end stop|kind type category|comment note remark|
comments notes remarks|
description summary|image picture photo|url link|user account|customer client|employee staff|
company organisation organization firm|birthday birth_date date_of_birth dob|cost price|salary wage pay|message body text content|
owner author writer|enabled active|identifier id|title headline subject|country nation|city town|rank position|
runtime duration|label tag|
previous prev old|destination target dest dst|source src origin|latitude lat|longitude lon lng|average avg mean|
minimum min|maximum max|password passwd pwd|timestamp ts|reference ref|language lang locale|config configuration settings
"""

_OPPOSITES = """
first|last|middle;start begin started begun|end stop ended stopped finished completed;from|to;since|until till;
created inserted added|updated modified changed edited|deleted removed|archived|published|expired expires;
min minimum|max maximum|avg average mean|median;old previous prev|new next current;width|height|depth;
src source origin|dst dest destination target;in|out;input|output;incoming|outgoing;sent|received;sender|receiver recipient;
parent|child;left|right;top|bottom;upper|lower;high|low;open|close;opened|closed;x|y|z;lat latitude|lon lng longitude;
credit|debit;up|down;before|after;enabled active|disabled inactive;public|private;male|female;mother|father;home|work;
billing|shipping;read|write;gross|net;success|failure error;passed|failed;valid|invalid;visible|hidden;primary|secondary;
positive|negative;request|response;buyer|seller;year|month|week|day|hour|minute|second;fname|lname;true|false;
forename|surname;approved|rejected;followers|following;likes|dislikes;upload|download;import|export;login|logout;arrival|departure
"""

_GENERIC = frozenset(
    (
        "is",
        "has",
        "id",
        "at",
        "on",
        "of",
        "by",
        "the",
        "name",
        "number",
        "date",
        "code",
        "value",
        "type",
        "flag",
        "key",
        "data",
    )
)
"""Words that stand in names of many meanings, so that sharing one says little."""

_LITTLE = 0.25
_ALIKE = 0.8
"""From here on letters in common mean a word in common: "colour", "color" (0.91), not "score", "theme" (0.4)."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are, from 0 to 1, and *why* in plain words; *is_opposite* where they exclude each other."""

    score: float
    why: str = ""
    is_opposite: bool = False


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a *name*, in lower case.

    >>> words_of("lastLoginAt"), words_of("addr1")
    (('last', 'login', 'at'), ('addr', '1'))
    """
    return tuple(word.casefold() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def likeness(before: str, after: str, table: str = "") -> Likeness:
    """Return how alike two names are; a *table* whose name stands before one of them does not count. Symmetric in score."""
    one, other = words_of(before), words_of(after)
    if not one or not other:
        return Likeness(_letters(before.casefold(), after.casefold()), "spelled alike")
    if "".join(one) == "".join(other):
        return Likeness(1.0, "the same but for how they are written")
    short, long = _without(table, one), _without(table, other)
    found = _likeness(before, after, one, other)
    if (short, long) == (one, other) or found.is_opposite:
        return found
    if "".join(short) == "".join(long):
        return Likeness(0.95, "the same but for the table's name")
    bare = _likeness(before, after, short, long)
    return bare if bare.is_opposite or bare.score > found.score else found


def _likeness(before: str, after: str, one: tuple[str, ...], other: tuple[str, ...]) -> Likeness:
    if opposites := _opposites(one, other):
        return Likeness(0.0, f"{opposites[0]} and {opposites[1]} are opposites", is_opposite=True)
    if _singular(one) == _singular(other):
        return Likeness(0.95, "the same but for the plural")
    if _meaning("_".join(one)) & _meaning("_".join(other)):
        return Likeness(0.85, f"{before} and {after} mean the same")
    for brief, full, (a, b) in ((before, after, (one, other)), (after, before, (other, one))):
        if _is_run_together(a, b):
            return Likeness(0.85, f"{brief} is short for {full}")
    return _by_words(before, after, one, other)


def _by_words(before: str, after: str, one: tuple[str, ...], other: tuple[str, ...]) -> Likeness:
    pairs = _paired(one, other)
    shared = sum(score * _weight(a, b) for score, a, b in pairs)
    weights = [sum(_weight(each, each) for each in words) for words in (one, other)]
    # A generic word paired with one that is not has the weight of the lesser: what is left of the other counts as not shared.
    every = sum(weights) - shared
    within = min(1.0, shared / min(weights))
    score = min(1.0, 0.4 * shared / every + 0.6 * within * _share(pairs, one, other))
    if len(pairs) == min(len(one), len(other)) and len(one) != len(other):
        less, more = (before, after) if len(one) < len(other) else (after, before)
        why = f"{more} contains {less}"
    elif pairs:
        _, a, b = max(pairs, key=lambda each: _weight(*each[1:]) * each[0])
        why = _said(a, b)
    else:
        why = ""
    letters = _letters("".join(one), "".join(other))
    if letters >= _ALIKE and letters > score:
        return Likeness(round(letters, 4), "spelled alike")
    return Likeness(round(score, 4), why)


def _said(a: str, b: str) -> str:
    if a == b:
        return f"{a} in both"
    for brief, full in ((a, b), (b, a)):
        if _is_short_for(brief, full):
            return f"{brief} is short for {full}"
    return f"{a} and {b} are alike"


def _share(pairs: list[tuple[float, str, str]], one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return 1 where the shorter name is all within the longer one, less where only a word of it is."""
    return 1.0 if len(pairs) == min(len(one), len(other)) else 0.5


def _paired(one: tuple[str, ...], other: tuple[str, ...]) -> list[tuple[float, str, str]]:
    """Return words in common, the most alike first, each used once."""
    every = [(_word_likeness(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)]
    found: list[tuple[float, str, str]] = []
    rows: set[int] = set()
    columns: set[int] = set()

    # Nothing here tells which name came first, so that the way back has the same likeness.
    def order(pair: tuple[float, int, int]) -> tuple[float, float, int, int]:
        score, i, j = pair
        return -score, -_weight(one[i], other[j]), abs(i - j), min(i, j)

    for score, i, j in sorted(every, key=order):
        if score and i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            found.append((score, one[i], other[j]))
    return found


@lru_cache(maxsize=16384)
def _word_likeness(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if _singular((a,)) == _singular((b,)):
        return 0.95
    if _meaning(a) & _meaning(b) or _is_short_for(a, b) or _is_short_for(b, a):
        return 0.9
    ratio = _letters(a, b)
    return ratio if ratio >= _ALIKE and min(len(a), len(b)) > 3 else 0.0


def _weight(a: str, b: str) -> float:
    return _LITTLE if a in _GENERIC or b in _GENERIC else 1.0


def _letters(a: str, b: str) -> float:
    if max(len(a), len(b)) > 128:
        return 1.0 if a == b else 0.0
    return max(SequenceMatcher(None, a, b, autojunk=False).ratio(), SequenceMatcher(None, b, a, autojunk=False).ratio())


def _is_short_for(brief: str, full: str) -> bool:
    """Tell whether *brief* has letters of *full* in their order, from the first on: qty, usr, descr."""
    if not 3 <= len(brief) < len(full) or brief[0] != full[0] or brief == "tmp":
        return False
    if full.startswith(brief):
        return True
    letters = iter(full)
    is_within = all(letter in letters for letter in brief)
    is_cut = brief[:3] == full[:3] and brief[-1] == full[-1]
    return is_within and len(brief) * 3 >= len(full) and (is_cut or not set(brief[1:]) & set("aeiou"))


def _is_run_together(brief: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Tell whether the one word *brief* is made of beginnings of the words of *full*: fname, dob, userid."""
    return len(brief) == 1 < len(full) and len(brief[0]) > 2 and _begins(brief[0], full)


def _begins(text: str, words: tuple[str, ...]) -> bool:
    if not words:
        return not text
    first, rest = words[0], words[1:]
    ends = range(1, min(len(first), len(text)) + 1)
    return any(text[:end] == first[:end] and _begins(text[end:], rest) for end in ends)


def _without(table: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return *words* without those of the table's name before them: evaluation_status in evaluations is status."""
    prefix = _singular(words_of(table))
    rest = words[len(prefix) :]
    return rest if prefix and rest and rest != ("id",) and _singular(words[: len(prefix)]) == prefix else words


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_one_of, words))


def _one_of(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def _table_of_synonyms() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, group in enumerate(" ".join(_SYNONYMS.split()).split("|")):
        for word in group.split():
            found[word] = found.get(word, frozenset()) | {number}
    return found


def _table_of_opposites() -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, group in enumerate(" ".join(_OPPOSITES.split()).split(";")):
        for side, words in enumerate(group.split("|")):
            for word in words.split():
                found[word] = (*found.get(word, ()), (number, side))
    return found


_GROUPS = _table_of_synonyms()
_SIDES = _table_of_opposites()
_NEGATIONS = ("un", "in", "non", "dis")


def _meaning(text: str) -> frozenset[int]:
    return _GROUPS.get(text, frozenset())


def _opposites(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, str] | None:
    """Return two words, one of each name, that exclude each other; None where there are none."""
    left = [word for word in one if word not in other]
    right = [word for word in other if word not in one]
    for a in left:
        for b in right:
            if _exclude(a, b):
                return a, b
    for words, rest in ((left, one), (right, other)):
        if "not" in words and len(rest) > 1:
            return ("not", "without it") if words is left else ("without it", "not")
    return None


def _exclude(a: str, b: str) -> bool:
    if a.isdecimal() and b.isdecimal():
        return a != b
    if any(a == prefix + b or b == prefix + a for prefix in _NEGATIONS):
        return True
    return any(
        group == other and side != that for group, side in _SIDES.get(a, ()) for other, that in _SIDES.get(b, ())
    )
