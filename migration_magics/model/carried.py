"""Several revision files as the code of one: what each does, in order, and nothing of it left out.

Statements that only call directives stand in `upgrade()` itself; whatever else a revision has is carried over as a function
of its own, with the helpers it needs inside, so that names of different files never meet.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bodies import bodies
from .body import HEADER_NAMES, dedented, indented
from .folded import folded_down, folded_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_DIRECTIONS = ("upgrade", "downgrade")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SILENT = {"typing", "collections", "alembic", "sqlalchemy"}
"""What a template imports in any case; importing it does nothing else, so that it may be left out where nothing reads it."""


class NotCarried(Exception):
    """The *revision* does something that has no place in another file; *why* says what."""

    def __init__(self, revision: str, why: str) -> None:
        super().__init__(f"{revision} {why}")
        self.revision = revision
        self.why = why


@dataclass(frozen=True, slots=True)
class Source:
    """A revision to be carried over: its id, its message, the text of its file."""

    id: str
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The *code* of a `%%revision` body.

    *functions* are the revisions that became functions, *irreversible* those without a way back: one is enough for the
    whole to have none.
    """

    code: str
    functions: tuple[str, ...] = ()
    irreversible: tuple[str, ...] = ()
    saved: int = 0
    """How many statements were folded into others."""


def carried(sources: Sequence[Source], *, is_folded: bool = False) -> Carried:
    """Return the code that does what *sources* do, in their order, and back in the opposite order. Raises NotCarried.

    With *is_folded*, columns that are added later stand in the table from the start, where that can be told from the text.
    """
    files = [_File(source) for source in sources]
    _name(files)
    hoisted = _hoisted(files)
    futures = dict.fromkeys(line for file in files for line in file.futures)
    irreversible = tuple(file.source.id for file in files if file.has_no_way_back)
    made: list[str] = []
    functions: list[str] = []
    parts: dict[str, list[tuple[str, str]]] = {name: [] for name in _DIRECTIONS}
    for direction in _DIRECTIONS[: 1 if irreversible else 2]:
        for file in files if direction == "upgrade" else reversed(files):
            function, statements = file.part(direction, hoisted)
            made += [function] if function else []
            functions += [file.source.id] if function else []
            parts[direction] += [(file.title, statements)] if statements else []
    up, down = tuple(parts["upgrade"]), tuple(parts["downgrade"])
    saved = 0
    if is_folded:
        (up, saved), (down, more) = folded_up(up), folded_down(down)
        saved += more
    way_back = f"raise NotImplementedError({_no_way_back(irreversible)!r})" if irreversible else _joined(down)
    imports = "\n".join((*futures, *hoisted.lines))
    code = [imports, *made, _function("upgrade", _joined(up)), _function("downgrade", way_back)]
    return Carried(
        "\n\n\n".join(part for part in code if part) + "\n", tuple(dict.fromkeys(functions)), irreversible, saved
    )


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return "\n\n".join(f"# {title}\n{statements}" for title, statements in parts)


def _no_way_back(ids: tuple[str, ...]) -> str:
    return f"{', '.join(ids)} cannot be undone"


def _function(name: str, body: str) -> str:
    return f"def {name}() -> None:\n{indented(body or 'pass')}"


@dataclass(frozen=True, slots=True)
class _Hoisted:
    """The imports that stand at the top: a line for each, and the names they bind, with what to."""

    lines: tuple[str, ...]
    names: frozenset[tuple[str, str]]


class _File:
    """One revision file, taken apart."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = re.sub(r"[^0-9A-Za-z_]", "_", source.id)
        self.text = source.text
        self.futures: list[str] = []
        self.imports: list[tuple[str, str]] = []  # the name, the line that binds it
        self.others: list[ast.stmt] = []
        try:
            body = ast.parse(self.text).body
        except (SyntaxError, ValueError) as error:
            raise NotCarried(source.id, f"cannot be read: {error}") from error
        if body and _is_text(body[0]):
            body = body[1:]
        self.used = frozenset(name for node in body if not _is_header(node) for name in _loaded(node))
        for node in body:
            self._sort(node)
        self._refuse()
        self.has_no_way_back = bodies(self.text).downgrade in {"missing", "raises"}

    @property
    def title(self) -> str:
        """What a comment calls it."""
        message = " ".join(self.source.message.split())
        return f"{self.source.id}: {message}" if message else self.source.id

    def _sort(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.futures += [f"from __future__ import {alias.name}" for alias in node.names]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name == "*":
                    raise NotCarried(self.source.id, "imports everything (`import *`)")
                name = alias.asname or alias.name.partition(".")[0]
                whole = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
                line = f"from {node.module} import {whole}" if isinstance(node, ast.ImportFrom) else f"import {whole}"
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                if name in self.used or module.partition(".")[0] not in _SILENT:
                    self.imports.append((name, line))
        else:
            self.others.append(node)

    def _refuse(self) -> None:
        why = next((why for node in self.others for why in (*_state(node), *_form(node))), None)
        imported = next((name for name, _ in self.imports if name in _DIRECTIONS), None)
        bound = {name for node in self.others if not isinstance(node, _FUNCTIONS) for name in _bound(node)}
        otherwise = next((name for name in _DIRECTIONS if name == imported or name in bound), None)
        if why is None and otherwise is not None:
            why = f"makes its {otherwise} in another way than by `def`"
        if why is not None:
            raise NotCarried(self.source.id, why)

    # -- one direction

    def part(self, direction: str, hoisted: _Hoisted) -> tuple[str, str]:
        """Return the function that has to stand before, "" where none has, and the statements for the shared function."""
        node = next(
            (each for each in self.others if isinstance(each, ast.FunctionDef) and each.name == direction), None
        )
        if node is None:
            return "", ""
        needed = self._needed(direction)
        local = [line for name, line in self.imports if (name, line) not in hoisted.names]
        body = node.body[1:] if _is_text(node.body[0]) else node.body
        body = [each for each in body if not isinstance(each, ast.Pass)]
        if not body and needed == [node]:
            return "", ""
        if needed == [node] and not local and not node.decorator_list and _only_directives(body, node):
            return "", dedented(self.text, body[0].lineno, body[-1].end_lineno or body[-1].lineno)
        own = f"_{direction}_{self.name}"
        if needed == [node] and not local and not node.decorator_list and direction not in _loaded(node):
            return re.sub(rf"\bdef\s+{direction}\b", f"def {own}", self._code(node).strip("\n"), count=1), f"{own}()"
        pieces = [f"# {self.title}", *local, *dict.fromkeys(self._code(each) for each in needed), f"{direction}()"]
        return f"def {own}() -> None:\n" + indented("\n".join(pieces)), f"{own}()"

    def _code(self, node: ast.stmt) -> str:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        lines = self.text.split("\n")[first - 1 : node.end_lineno]
        code = "\n".join(lines)
        return f"\n{code}\n" if isinstance(node, _FUNCTIONS) else code

    def _needed(self, root: str) -> list[ast.stmt]:
        """The statements that the function *root* needs, in their order: what it reads, what that reads, and so on."""
        wanted, todo = set(), [root]
        always = [node for node in self.others if not _is_header(node) and not _only_binds(node)]
        todo += [name for node in always for name in _loaded(node)]
        makers: dict[str, list[ast.stmt]] = {}
        for node in self.others:
            for name in _bound(node):
                makers.setdefault(name, []).append(node)
        while todo:
            name = todo.pop()
            for node in makers.get(name, ()):
                if id(node) not in wanted:
                    wanted.add(id(node))
                    todo += _loaded(node)
        return [node for node in self.others if id(node) in wanted or any(node is each for each in always)]


def _name(files: Iterable[_File]) -> None:
    """Give those whose ids come to one name different ones."""
    taken: set[str] = set()
    for file in files:
        base, number = file.name, 2
        while file.name in taken:
            file.name, number = f"{base}_{number}", number + 1
        taken.add(file.name)


def _hoisted(files: Iterable[_File]) -> _Hoisted:
    """The imports of all files that can stand together at the top: those of a name that means two things can't."""
    means: dict[str, set[str]] = {"op": {"from alembic import op"}, "sa": {"import sqlalchemy as sa"}}
    lines: dict[str, str] = {}
    for file in files:
        for name, line in file.imports:
            lines[line] = name
            if not line.startswith("import ") or " as " in line:  # `import a.b` and `import a.c` both bind a
                means.setdefault(name, set()).add(line)
            else:
                means.setdefault(name, set()).add(f"import {name}")
    kept = {line: name for line, name in lines.items() if len(means[name]) == 1}
    return _Hoisted(tuple(sorted(kept)), frozenset((name, line) for line, name in kept.items()))


def _only_directives(body: Sequence[ast.stmt], function: ast.FunctionDef) -> bool:
    """Nothing but calls of `op.` stand there, each in lines of its own, so that it may stand anywhere else as well."""
    if body and body[0].lineno == function.lineno:
        return False
    ends = [function.lineno, *(node.end_lineno or node.lineno for node in body)]
    is_apart = all(node.lineno > end for node, end in zip(body, ends, strict=False))
    return is_apart and all(_is_directive(node, {"op"}) for node in body)


def _is_directive(node: ast.stmt, owners: set[str]) -> bool:
    if isinstance(node, ast.With) and len(node.items) == 1:
        item = node.items[0]
        is_batch = _is_call(item.context_expr, owners) and isinstance(item.optional_vars, ast.Name)
        return is_batch and all(_is_directive(each, {item.optional_vars.id, "op"}) for each in node.body)  # type: ignore[union-attr]
    return isinstance(node, ast.Expr) and _is_call(node.value, owners)


def _is_call(node: ast.expr, owners: set[str]) -> bool:
    """A call of a directive in which no name is bound."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    is_ours = isinstance(node.func.value, ast.Name) and node.func.value.id in owners
    return is_ours and not any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node))


def _state(node: ast.stmt) -> Iterator[str]:
    """Why *node* cannot move into a function: it keeps or reads something in its module."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Global):
            yield f"keeps something in a global variable ({inner.names[0]})"
        elif isinstance(inner, ast.Name) and inner.id in {"__doc__", "globals"}:
            yield f"uses {inner.id}"


def _form(node: ast.stmt) -> Iterator[str]:
    """Why *node* is not one of two functions that are called without arguments."""
    if isinstance(node, ast.AsyncFunctionDef) and node.name in _DIRECTIONS:
        yield f"has an asynchronous {node.name}()"
    elif isinstance(node, ast.FunctionDef):
        if node.name.startswith(("upgrade_", "downgrade_")):
            yield f"upgrades several databases ({node.name})"
        if node.name in _DIRECTIONS and _takes_arguments(node):
            yield f"has a {node.name}() that takes arguments"


def _takes_arguments(node: ast.FunctionDef) -> bool:
    given = node.args
    return bool(given.args or given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_header(node: ast.stmt) -> bool:
    return bool(HEADER_NAMES.intersection(_bound(node))) and isinstance(node, (ast.Assign, ast.AnnAssign))


def _only_binds(node: ast.stmt) -> bool:
    return isinstance(node, (*_FUNCTIONS, ast.Assign, ast.AnnAssign))


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that the statement *node* binds in the module."""
    if isinstance(node, _FUNCTIONS):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, _FUNCTIONS):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name.partition(".")[0]


def _loaded(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id
