"""What is wrong with an alembic.ini, told without a word of what stands in it: that may be half a password."""

from __future__ import annotations

import configparser
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ProjectProblem

if TYPE_CHECKING:
    from collections.abc import Iterator


def said(error: configparser.Error) -> str:
    """Return what *error* says of place and kind; its own text quotes the line or the value."""
    if isinstance(error, configparser.InterpolationMissingOptionError):
        return f"{error.option} in [{error.section}] refers to %({error.reference})s, which is nowhere"
    if isinstance(error, configparser.InterpolationDepthError):
        return f"{error.option} in [{error.section}] refers to itself"
    if isinstance(error, configparser.InterpolationError):
        return f"{error.option} in [{error.section}] has a % that is not doubled"
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} stands below no [section]"
    if isinstance(error, configparser.ParsingError):
        return f"line {error.errors[0][0]} is no `name = value`"
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {error.lineno} gives {error.option} in [{error.section}] a second time"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {error.lineno} begins [{error.section}] a second time"
    return type(error).__name__


def remedy(error: configparser.Error, source: str) -> str:
    """Return what to do about *error* in the file *source*."""
    if isinstance(error, configparser.InterpolationSyntaxError):
        return f"double each % in {source}: a password's %40 is written %%40 there"
    return f"mend {source}, then run the command again"


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn what is wrong with the configuration *source* into ProjectProblem; its cause is not kept, since it quotes."""
    try:
        yield
    except configparser.Error as error:
        raise ProjectProblem(f"{source} cannot be read: {said(error)}.", hint=remedy(error, source)) from None
    except UnicodeDecodeError:
        raise ProjectProblem(f"{source} cannot be read: it is not UTF-8.", hint=f"save {source} as UTF-8") from None
