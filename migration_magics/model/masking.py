"""Other values in place of given ones: of the same type, length and form, NULL where it was, equal where they were equal.

Each mask is a permutation of all values of one form, chosen by a secret: different values stay different, so that unique
columns stay unique. A value can come out as itself, as in any permutation.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from math import isqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS = 6
_BLOCK = 64
"""Longer texts are permuted in blocks of so many characters: the cost of one grows with the square of its length."""

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d+(?:\.\d+)?)(?P<rest>(?:[eE][+-]?\d+)?)\Z", re.ASCII)
_DATE = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)(?P<rest>(?:[ T].*)?)\Z", re.DOTALL | re.ASCII)
_TIME = re.compile(r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?P<rest>.*)\Z", re.DOTALL | re.ASCII)
_LIMITS = {
    "tinyint": 127,
    "smallint": 32767,
    "mediumint": 8388607,
    "int": 2147483647,
    "integer": 2147483647,
    "bigint": 9223372036854775807,
}
_FAMILIES = {
    "text",
    "integer",
    "decimal",
    "float",
    "boolean",
    "date",
    "datetime",
    "time",
    "uuid",
    "enum",
    "json",
    "binary",
}


def can_mask(family: str) -> bool:
    """Say whether values of the *family* (as in model.families) can be masked."""
    return family in _FAMILIES


def limit(type_: str) -> int | None:
    """Return the largest whole number that the integer *type_* holds, None where it is none of PostgreSQL or MariaDB.

    SQLite's integers hold more than their type's name says; a bound that is too low does no harm.

    >>> limit("smallint"), limit("int(10) unsigned"), limit("text")
    (32767, 4294967295, None)
    """
    name, *rest = type_.lower().replace("(", " ").split() or [""]
    found = _LIMITS.get(name)
    return found * 2 + 1 if found is not None and "unsigned" in rest else found


def permuted(number: int, size: int, key: bytes) -> int:
    """Return where the permutation of 0 .. *size* - 1 that *key* gives sends *number*: a Feistel network, walked in cycles.

    The construction is that of Black and Rogaway, "Ciphers with Arbitrary Finite Domains" (2002).
    """
    if size < 2:
        return number
    left_size = isqrt(size - 1) + 1
    right_size = -(-size // left_size)
    while True:
        left, right = divmod(number, right_size)
        for turn in range(_ROUNDS):
            if turn % 2:
                right = (right + _noise(key, turn, left, right_size)) % right_size
            else:
                left = (left + _noise(key, turn, right, left_size)) % left_size
        number = left * right_size + right
        if number < size:
            return number


def _noise(key: bytes, turn: int, value: int, size: int) -> int:
    wanted = size.bit_length() // 8 + 9
    seed = blake2b(value.to_bytes(value.bit_length() // 8 + 1, "big"), key=key, person=bytes([turn])).digest()
    found = seed
    while len(found) < wanted:
        found += blake2b(seed, key=key, person=b"more", salt=len(found).to_bytes(4, "big")).digest()
    return int.from_bytes(found[:wanted], "big")


@dataclass(frozen=True, slots=True)
class Mask:
    """A way to mask the values of one column, and of those that foreign keys tie to it.

    *secret* decides which permutation; *family* is the column's (as in model.families), *limits* the largest numbers that
    the columns hold, *labels* those of an enumerated type.
    """

    secret: str
    family: str = "text"
    limits: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    first_year: int = 1
    last_year: int = 9998

    def key(self, form: object) -> bytes:
        """Return the key of the permutation of all values of one *form*."""
        return blake2b(repr((self.secret, form)).encode("utf-8", "backslashreplace"), digest_size=32).digest()

    def __call__(self, value: Any) -> Any:
        """Return what stands for *value*, as the same Python type; what has no form to keep stays as it is."""
        if value is None:
            return None
        if isinstance(value, bool) or self.family == "boolean":
            return self._boolean(value)
        if isinstance(value, (bytes, bytearray)):
            return type(value)(self._mixed([256] * len(value), list(value), "bytes"))
        if isinstance(value, (int, float, Decimal)):
            return type(value)(self._number(str(value)))
        if not isinstance(value, str):
            return value
        return self._text(value)

    def _text(self, value: str) -> str:
        if self.labels:
            return self._label(value)
        if self.family in {"integer", "decimal", "float"}:
            return self._number(value)
        if self.family in {"date", "datetime"}:
            return self._date(value)
        if self.family == "time":
            return self._time(value)
        if self.family == "json":
            return self._json(value)
        if self.family == "binary" and re.fullmatch(r"\\x([0-9a-f]{2})*", value):  # as PostgreSQL writes bytea
            return "\\x" + bytes(self(bytes.fromhex(value[2:]))).hex()
        if _UUID.match(value):
            return self._uuid(value)
        return self._words(value)

    def _boolean(self, value: Any) -> Any:
        turned = permuted(0, 2, self.key("boolean"))
        opposites = {"true": "false", "false": "true", "t": "f", "f": "t"}
        if not turned:
            return value
        if isinstance(value, str):
            return opposites.get(value, value)
        return type(value)(1 - value) if value in (0, 1) else value

    def _label(self, value: str) -> str:
        if value not in self.labels:
            return value
        return self.labels[permuted(self.labels.index(value), len(self.labels), self.key("labels"))]

    def _mixed(self, radixes: Sequence[int], digits: Sequence[int], form: object) -> list[int]:
        """Permute all numbers that *radixes* can write, block by block; each block depends on those before it."""
        found: list[int] = []
        for start in range(0, len(digits), _BLOCK):
            part, bases = digits[start : start + _BLOCK], radixes[start : start + _BLOCK]
            number, size = 0, 1
            for digit, base in zip(part, bases, strict=True):
                number, size = number * base + digit, size * base
            number = permuted(number, size, self.key((form, list(radixes), list(digits[:start]))))
            written = []
            for base in reversed(bases):
                number, digit = divmod(number, base)
                written.append(digit)
            found += reversed(written)
        return found

    def _number(self, text: str) -> str:
        parts = _NUMBER.match(text)
        if parts is None:
            return text  # NaN, infinity
        digits = parts["digits"]
        kept = digits.rstrip("0").rstrip(".") if "." in digits else digits  # 1.50 is 1.5: both must come out equal
        tail = digits[len(kept) :]
        masked = self._digits(kept, is_negative=parts["sign"] == "-")
        if "." not in text and self.limits:
            side = bisect_left(self.limits, int(kept))
            while bisect_left(self.limits, int(masked)) != side:  # walks a cycle that begins on this side
                masked = self._digits(masked, is_negative=parts["sign"] == "-")
        return f"{parts['sign']}{masked}{tail}{parts['rest']}"

    def _digits(self, digits: str, *, is_negative: bool) -> str:
        """Digits of the same number, that neither begin nor (after a point) end in another number of zeros."""
        whole, point, fraction = digits.partition(".")
        is_alone = len(whole) == 1 and not point and not is_negative
        free: list[int] = []
        lows: list[int] = []
        for at, sign in enumerate(digits):
            is_edge = (at == 0 and not is_alone) or (bool(fraction) and at == len(digits) - 1)
            if sign == "." or (at == 0 and sign == "0" and not is_alone) or len(free) >= 15:
                continue  # beyond 15 digits floats begin to fall together
            free.append(at)
            lows.append(1 if is_edge else 0)
        numbers = [int(digits[at]) - low for at, low in zip(free, lows, strict=True)]
        form = ("number", len(whole), len(fraction), is_negative, tuple(free), digits[-1] if not free else "")
        masked = self._mixed([10 - low for low in lows], numbers, form)
        written = list(digits)
        for at, low, number in zip(free, lows, masked, strict=True):
            written[at] = str(number + low)
        return "".join(written)

    def _date(self, text: str) -> str:
        parts = _DATE.match(text)
        if parts is None:
            return text  # infinity, BC, 0000-00-00
        first, last = date(self.first_year, 1, 2).toordinal(), date(self.last_year, 12, 30).toordinal()
        try:
            day = date.fromisoformat(parts["date"]).toordinal()
        except ValueError:
            return text
        if not first <= day <= last:
            return text
        shift = int.from_bytes(self.key("days")[:4], "big") % 3000 + 365
        moved = date.fromordinal(first) + timedelta(days=(day - first + shift) % (last - first + 1))
        return moved.isoformat() + parts["rest"]

    def _time(self, text: str) -> str:
        parts = _TIME.match(text)
        if parts is None or int(parts["h"]) > 23:
            return text
        shift = int.from_bytes(self.key("seconds")[:4], "big") % 86399 + 1
        second = (int(parts["h"]) * 3600 + int(parts["m"]) * 60 + int(parts["s"]) + shift) % 86400
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}{parts['rest']}"

    def _json(self, text: str) -> str:
        try:
            return json.dumps(self._inside(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return text

    def _inside(self, value: object) -> object:
        if isinstance(value, dict):
            return {name: self._inside(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._inside(each) for each in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return type(value)(self._number(str(value)))
        return self._words(value) if isinstance(value, str) else value

    def _uuid(self, text: str) -> str:
        """Version and variant stay (RFC 9562, section 4)."""
        at = [place for place, sign in enumerate(text) if sign != "-"]
        free = [place for number, place in enumerate(at) if number not in {12, 16}]
        masked = self._mixed([16] * len(free), [int(text[place], 16) for place in free], ("uuid", len(text), at[12]))
        written = list(text)
        for place, number in zip(free, masked, strict=True):
            digit = f"{number:x}"
            written[place] = digit.upper() if text != text.lower() else digit
        return "".join(written)

    def _words(self, text: str) -> str:
        """Letters become letters of the same script and case, digits digits; all else stays."""
        classes = [_class(sign) for sign in text]
        free = [at for at, found in enumerate(classes) if len(found[0]) > 1]
        radixes = [len(classes[at][0]) for at in free]
        numbers = [classes[at][0].index(_folded(text[at], is_upper=classes[at][1])) for at in free]
        form = tuple(found[0] if len(found[0]) > 1 else text[at] for at, found in enumerate(classes))
        written = list(text)
        for at, number in zip(free, self._mixed(radixes, numbers, form), strict=True):
            letters, is_upper = classes[at]
            written[at] = letters[number].upper() if is_upper else letters[number]
        return "".join(written)


def _folded(sign: str, *, is_upper: bool) -> str:
    return sign.lower() if is_upper else sign


@cache
def _class(sign: str) -> tuple[str, bool]:
    """The signs that may stand for *sign*, in lower case where it has one, and whether *sign* was in upper case.

    Case is put back afterwards, so that texts that differ also do so where the database ignores case. Signs of one class are
    of one block of 128 code points: they take as many bytes, and a single-byte encoding has all or none (but Latin 1's rest).
    """
    if sign.isascii():
        letters = "abcdefghijklmnopqrstuvwxyz"
        return ("0123456789", False) if sign.isdigit() else (letters if sign.isalpha() else "", sign.isupper())
    if sign.isdecimal():
        zero = ord(sign) - unicodedata.decimal(sign)
        return "".join(chr(zero + digit) for digit in range(10)), False
    if not sign.isalpha():
        return "", False
    is_upper = _pairs(sign.lower()) and sign.lower().upper() == sign and sign != sign.lower()
    base = sign.lower() if is_upper else sign
    start = ord(base) & ~127
    kind, is_paired = unicodedata.category(base), _pairs(base)
    near = (chr(code) for code in range(max(start, 128), start + 128))
    found = "".join(each for each in near if unicodedata.category(each) == kind and _pairs(each) == is_paired)
    return found, is_upper


def _pairs(sign: str) -> bool:
    """Upper and lower case of *sign* are one character each, of the same block, and lead to each other."""
    upper = sign.upper()
    return (
        len(sign) == len(upper) == 1 and upper != sign and upper.lower() == sign and ord(upper) >> 7 == ord(sign) >> 7
    )
