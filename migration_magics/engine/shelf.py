"""Put one revision file in the place of many: the many are moved aside, nothing is deleted; all of it, or nothing."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from ..errors import AuthoringProblem
from . import writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .chain import Chain
    from .drafts import Draft
    from .writer import Written


def replace_files(chain: Chain, draft: Draft, old: Sequence[Path], folder: Path, texts: Mapping[Path, str]) -> Written:
    """Move the files *old* into *folder*, give those in *texts* their new text, write *draft*.

    Whatever fails, every file is where and what it was. Raises AuthoringProblem, and what `writer.write` does.
    """
    moves = [(path, folder / path.name) for path in old]
    taken = [target for _, target in moves if target.exists()]
    if taken or len({target for _, target in moves}) < len(moves):
        raise AuthoringProblem(
            f"{folder.name} has a file {taken[0].name if taken else 'of that name'} already. Nothing was changed.",
            hint=f"empty {folder}",
        )
    done: list[tuple[Path, Path]] = []
    was_there = folder.exists()
    with contextlib.ExitStack() as undo:
        undo.callback(_put_back, done, folder, was_there=was_there)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for source, target in moves:
                os.replace(source, target)  # noqa: PTH105 - in one step, on every system
                done.append((source, target))
                writer.forget_bytecode(source)
        except OSError as error:
            raise AuthoringProblem(
                f"{error.filename} cannot be moved to {folder}: {error.strerror}. Nothing was changed.",
                hint="may you write to both folders?",
            ) from error
        undo.callback(writer.rewrite(texts))
        written = writer.write(chain, draft)
        undo.pop_all()
    return written


def _put_back(done: list[tuple[Path, Path]], folder: Path, *, was_there: bool) -> None:
    for source, target in reversed(done):
        os.replace(target, source)  # noqa: PTH105 - as above
    if not was_there:
        with contextlib.suppress(OSError):
            folder.rmdir()
