"""What a person has said of objects that went: renamed to this, or dropped. Read from the texts of options."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageProblem
from .diff import Change
from .parts import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .renames import Candidate
    from .schema import Schema

    Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered: *renames* as path and new name (of a table its key), *drops* as paths. All in the old names."""

    renames: tuple[tuple[tuple[str, ...], str], ...] = ()
    drops: tuple[tuple[str, ...], ...] = ()


def decided(candidates: Iterable[Candidate], answers: Answers) -> tuple[Change, ...]:
    """Return the renames that are settled, by *answers* or by the models, as `diff` takes them: columns before tables."""
    renames = dict(answers.renames)
    certain = [each for each in candidates if each.is_certain and each.path_before not in answers.drops]
    for each in sorted(certain, key=lambda each: len(each.path_before)):
        taken = {_target(path, new, renames) for path, new in renames.items()}
        if each.path_before not in renames and each.path_after not in taken:
            renames[each.path_before] = each.path_after[-1]
    order = sorted(renames, key=lambda path: (-len(path), path))
    return tuple(Change("rename", path, path[-1], renames[path]) for path in order)


def _target(path: Path, new: str, renames: Mapping[Path, str]) -> Path:
    return (new,) if len(path) == 1 else (renames.get(path[:1], path[0]), *path[1:-1], new)


def spelled(path: Path) -> str:
    """Return how a table or column is written in an option: `evaluations.name`, with odd names as JSON strings.

    >>> spelled(("evaluations", "columns", "na.me"))
    'evaluations."na.me"'
    """
    return ".".join(map(spelled_name, (*filter(None, split(path[0])), *path[2:])))


def spelled_name(name: str) -> str:
    """Return how one name is written in an option."""
    is_plain = name.isprintable() and not set(name) & set('."=\\') and name == name.strip() != ""
    return name if is_plain else json.dumps(name, ensure_ascii=not name.isprintable())


def parse_answers(
    rename: Sequence[str],
    drop: Sequence[str],
    before: Schema,
    after: Schema,
    candidates: Sequence[Candidate] = (),
) -> Answers:
    """Return the answers that texts like "evaluations.name=title" and "evaluations.tmp" give.

    A column may be named by the old or the new name of its table. *candidates* tell which tables the models rename.
    Raises UsageProblem.
    """
    return _Reader(before, after, candidates).read(rename, drop)


class _Reader:
    """Reads options against what went and what came."""

    def __init__(self, before: Schema, after: Schema, candidates: Sequence[Candidate]) -> None:
        self.before = before
        self.after = after
        self.tables = {
            each.path_before[0]: each.path_after[0]
            for each in candidates
            if each.is_certain and len(each.path_before) == 1
        }
        self.spellings = _spellings(before)
        self.renames: dict[Path, str] = {}

    def read(self, rename: Sequence[str], drop: Sequence[str]) -> Answers:
        for text in rename:
            if "=" not in text:
                raise UsageProblem(
                    f"--rename {text} does not say the new name.", hint=f"Write --rename {text}=NEW_NAME."
                )
        waiting = [text for text in rename if not self._read_table(text)]
        for text in waiting:
            self._read_column(text)
        drops = tuple(dict.fromkeys(self._dropped(text) for text in drop))
        for path in drops:
            if path in self.renames:
                raise UsageProblem(
                    f"{spelled(path)} cannot be both renamed and dropped.", hint="Leave one of the two out."
                )
        return Answers(tuple(sorted(self.renames.items())), tuple(sorted(drops)))

    # -- finding -------------------------------------------------------------------------------------------------------

    def _read_table(self, text: str) -> bool:
        """Read a rename of a table; tell whether it was one."""
        for old, new in _halves(text):
            found = self._known(old)
            if found and len(found[0]) == 1:
                self._rename_table(found[0][0], new)
                return True
        return False

    def _rename_table(self, old: str, new: str) -> None:
        schema, _ = split(old)
        names = {spelled((table.key,)): table.key for table in self.after.tables}
        wanted = next((names[each] for each in (new, f"{spelled_name(schema)}.{new}") if each in names), _bare(new))
        if self.after.table(old) is not None:
            raise self._not_asked((old,), "renamed")
        came = sorted({table.key for table in self.after.tables} - {table.key for table in self.before.tables})
        self._check(old, wanted, came, exists=self.before.table(wanted) is not None, of="table")
        self._note((old,), wanted)
        self.tables[old] = wanted

    def _read_column(self, text: str) -> None:
        for old, new in _halves(text):
            paths = [path for path in self._known(old) if len(path) > 1]
            if paths:
                self._check_column(paths[0], _bare(new))
                self._note(paths[0], _bare(new))
                return
        raise self._unknown(text.partition("=")[0])

    def _dropped(self, text: str) -> Path:
        paths = self._known(text)
        if not paths:
            raise self._unknown(text)
        if not self._went(paths[0]):
            raise self._not_asked(paths[0], "dropped")
        return paths[0]

    def _known(self, text: str) -> list[Path]:
        """Return the objects that *text* names, those that went first."""
        found = self.spellings.get(text, [])
        for old, new in self.tables.items():
            table = self.before.table(old)
            for column in table.columns if table else ():
                if spelled((new, "columns", column.name)) == text:
                    found = [*found, (old, "columns", column.name)]
        return sorted(dict.fromkeys(found), key=lambda path: (not self._went(path), len(path), path))

    def _went(self, path: Path) -> bool:
        if len(path) == 1:
            return self.after.table(path[0]) is None
        table = self.after.table(self.tables.get(path[0], path[0]))
        return table is not None and table.column(path[-1]) is None

    # -- checking ------------------------------------------------------------------------------------------------------

    def _check_column(self, path: Path, new: str) -> None:
        one, other = self.before.table(path[0]), self.after.table(self.tables.get(path[0], path[0]))
        if other is None:
            raise UsageProblem(
                f"The table {path[0]} is gone, and with it {spelled(path)}; it is not said to have another name.",
                hint=f"If it has one, say --rename {path[0]}=NEW_NAME as well.",
            )
        if not self._went(path):
            raise self._not_asked(path, "renamed")
        had = {column.name for column in one.columns} if one else set()
        came = sorted({column.name for column in other.columns} - had)
        self._check(spelled(path), new, came, exists=new in had, of="column")

    def _check(self, old: str, new: str, came: list[str], *, exists: bool, of: str) -> None:
        if new in came:
            return
        hint = f"New here: {', '.join(came[:5])}." if came else f"No {of} was added here, so nothing was renamed."
        if exists:
            raise UsageProblem(f"{old} cannot become {new}: there is a {of} {new} already.", hint=hint)
        raise UsageProblem(f"{old} cannot become {new}: no {of} {new} was added.", hint=_meant(new, came) or hint)

    def _note(self, path: Path, new: str) -> None:
        if self.renames.get(path, new) != new:
            raise UsageProblem(
                f"{spelled(path)} cannot become both {self.renames[path]} and {new}.", hint="Leave one out."
            )
        for other, name in self.renames.items():
            if other != path and name == new and other[:-1] == path[:-1]:
                raise UsageProblem(
                    f"{spelled(other)} and {spelled(path)} cannot both become {new}.", hint="Leave one of them out."
                )
        self.renames[path] = new

    def _unknown(self, text: str) -> UsageProblem:
        names = self.spellings
        every = [name for name, paths in names.items() if any(self._went(path) for path in paths)]
        hint = _meant(text, every) or _meant(text, names) or "Tables and columns are written TABLE and TABLE.COLUMN."
        return UsageProblem(f"There is no table or column {text}.", hint=hint)

    def _not_asked(self, path: Path, verb: str) -> UsageProblem:
        if len(path) > 1 and self.after.table(self.tables.get(path[0], path[0])) is None:
            return UsageProblem(
                f"The table {path[0]} goes, and with it {spelled(path)}: nobody asked about the column.",
                hint=f"To drop the table: --drop {path[0]}.",
            )
        return UsageProblem(
            f"{spelled(path)} is still there, so nobody asked whether it was {verb}.", hint="Leave that answer out."
        )


def _spellings(schema: Schema) -> dict[str, list[Path]]:
    """Return every table and column by how it is written; a table of a schema may be written as a column is."""
    found: dict[str, list[Path]] = {}
    for table in schema.tables:
        found.setdefault(spelled((table.key,)), []).append((table.key,))
        for column in table.columns:
            path = (table.key, "columns", column.name)
            for text in {spelled(path), f"{table.key}.{column.name}"}:
                found.setdefault(text, []).append(path)
    return found


def _halves(text: str) -> list[tuple[str, str]]:
    """Return what may stand before and after the sign: names may have signs in them."""
    return [(text[:at], text[at + 1 :]) for at, character in enumerate(text) if character == "="]


def _bare(text: str) -> str:
    """Return the name that is written as *text*."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            name = json.loads(text)
        except ValueError:
            return text
        return str(name)
    return text


def _meant(text: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(text, list(names), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else ""
