"""The text of a revision file: put a body into what the template gave, take it out again, compare two of them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .body import HEADER_NAMES, indented

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .body import Body

DERIVED = "# Derived from upgrade(): its operations, reversed."
"""The comment that a derived downgrade begins with: when the cell runs again, it may differ without being a change."""

_PROVIDED = {
    "op": "from alembic import op",
    "sa": "import sqlalchemy as sa",
    **{
        name: f"from sqlalchemy.dialects import {name}" for name in ("mssql", "mysql", "oracle", "postgresql", "sqlite")
    },
}
_PLACE = r"^([ \t]*)\$\{{\s*{}\b"
_FIELDS = re.compile(r"^(?:Revision ID|Revises|Create Date):", re.MULTILINE)


class NoPlace(Exception):
    """The template has no function that the statements could go into; *functions* are those it has."""

    def __init__(self, functions: tuple[str, ...]) -> None:
        super().__init__("no place")
        self.functions = functions


def fillings(template: str, upgrade: str | None, downgrades: Mapping[str, str]) -> dict[str, str]:
    """Return what the template's placeholders get: statements, indented as the placeholder is but for the first line.

    *downgrades* are by suffix ("", "_engine1"), as Alembic's multidb template names its placeholders.
    """
    wanted = {"upgrades": upgrade} if upgrade is not None else {}
    wanted.update({f"{suffix[1:]}_downgrades" if suffix else "downgrades": code for suffix, code in downgrades.items()})
    return {name: _filling(template, name, code) for name, code in wanted.items() if code}


def _filling(template: str, name: str, code: str) -> str:
    found = re.search(_PLACE.format(name), template, re.MULTILINE)
    by = found[1] if found else "    "
    return indented(code, by)[len(by) :]


def assembled(rendered: str, body: Body, imports: Iterable[str] = ()) -> str:
    """Return the file: *rendered* by the template, with the functions of *body* in the place of the template's.

    Imports go to the imports, none twice; *imports* are further ones. Raises NoPlace.
    """
    if body.form == "functions":
        rendered = _with_functions(rendered, body)
    else:
        _check_statements(rendered, body.upgrade)
    return _with_imports(rendered, body, tuple(imports))


def _with_functions(rendered: str, body: Body) -> str:
    lines = rendered.split("\n")
    taken = [span for name, *span in _functions(ast.parse(rendered)) if name in body.names]
    before = lines[: taken[0][0] - 1] if taken else lines
    gone = {number for first, last in taken for number in range(first, last + 1)}
    after = [line for number, line in enumerate(lines, 1) if number > len(before) and number not in gone]
    parts = ["\n".join(before).rstrip(), body.code, "\n".join(after).strip("\n")]
    return "\n\n\n".join(part for part in parts if part.strip()).rstrip("\n") + "\n"


def _functions(tree: ast.Module) -> list[tuple[str, int, int]]:
    """The module's functions: name, first line (decorators included), last line."""
    return [
        (node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno or node.lineno)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _check_statements(rendered: str, upgrade: str) -> None:
    tree = ast.parse(rendered)
    wanted = [ast.dump(node) for node in ast.parse(upgrade).body]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and [ast.dump(each) for each in node.body[-len(wanted) :]] == wanted:
            return
    raise NoPlace(tuple(name for name, *_ in _functions(tree) if name.startswith("upgrade")))


def _with_imports(text: str, body: Body, imports: tuple[str, ...]) -> str:
    tree = ast.parse(text)
    there = {ast.dump(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))}
    first, opening = _sorted_out(body.opening, there)
    known = _bound(tree) | _bound(ast.parse(body.opening))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    imports += tuple(line for name, line in _PROVIDED.items() if name in used - known)
    wanted = there | {ast.dump(node) for node in ast.parse(body.opening).body}
    added = [line for line in dict.fromkeys(imports) if ast.dump(ast.parse(line).body[0]) not in wanted]
    lines = text.split("\n")
    place = _import_place(tree)
    lines[place:place] = [*opening, *added]
    doc_end = _doc_span(tree)[1]
    lines[doc_end:doc_end] = first
    return "\n".join(lines)


def _sorted_out(opening: str, there: Collection[str]) -> tuple[list[str], list[str]]:
    """The lines of a body's imports without those already *there*: the `__future__` ones, the others."""
    lines = opening.split("\n") if opening else []
    future: list[str] = []
    for node in ast.parse(opening).body:
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        span = range(node.lineno - 1, node.end_lineno or node.lineno)
        if is_future and ast.dump(node) not in there:
            future += [lines[number] for number in span]
        if is_future or ast.dump(node) in there:
            for number in span:
                lines[number] = "\0"
    kept = "\n".join(line for line in lines if line != "\0").strip("\n")
    return future, kept.split("\n") if kept else []


def _bound(tree: ast.Module) -> set[str]:
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
    return bound


def _import_place(tree: ast.Module) -> int:
    """After how many lines further imports go: below the last import above the first function."""
    place = _doc_span(tree)[1]
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            break
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            place = node.end_lineno or node.lineno
    return place


def _doc_span(tree: ast.Module) -> tuple[int, int]:
    """The lines of the docstring as a slice; (0, 0) where there is none."""
    node = tree.body[0] if tree.body else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.lineno - 1, node.end_lineno or node.lineno
    return 0, 0


def with_doc_of(text: str, other: str) -> str:
    """Return *text* with the docstring of the file *other*, as it is written there; *text* where *other* is no Python."""
    try:
        mine, theirs = _doc_span(ast.parse(text)), _doc_span(ast.parse(other))
    except SyntaxError:
        return text
    lines = text.split("\n")
    if mine[1] and theirs[1]:
        lines[mine[0] : mine[1]] = other.split("\n")[theirs[0] : theirs[1]]
    return "\n".join(lines)


# -- messages ------------------------------------------------------------------------------------------------------


def doc_of(text: str) -> str:
    """Return the docstring of the file *text* ("" where it has none). Raises SyntaxError."""
    return ast.get_docstring(ast.parse(text), clean=False) or ""


def is_message_of(message: str, doc: str) -> bool:
    """Say whether the docstring *doc* begins with *message*, and goes on with the template's own fields; spaces do not count."""
    found = _FIELDS.search(doc)
    said = doc[: found.start()] if found else doc.partition("\n\n")[0]
    return said.split() == message.split() or doc.partition("\n\n")[0].split() == message.split()


def escaped_message(message: str) -> str:
    """Return *message* as it must stand in a triple-quoted docstring to be read back as it is."""
    body = message.rstrip('"')
    text = body.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '\\"' * (len(message) - len(body))
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    is_plain = character in "\n\t" or (
        ord(character) >= 32 and character != "\x7f" and not "\ud800" <= character <= "\udfff"
    )
    return character if is_plain else character.encode("unicode_escape", "surrogatepass").decode("ascii")


# -- reading a file's code -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """What a revision file does, apart from where it stands: for comparing."""

    statements: tuple[str, ...]
    comments: tuple[str, ...]
    imports: frozenset[str]
    lines: tuple[str, ...]

    def is_same(self, other: Code, *, is_formatted: bool) -> bool:
        """Say whether both do the same in the same words; *is_formatted*: a hook may have sorted or removed imports."""
        return (
            self.statements == other.statements
            and sorted(self.comments) == sorted(other.comments)
            and (is_formatted or self.imports == other.imports)
        )


def code_of(text: str, *, without: Collection[str] = ()) -> Code:
    """Return the code of the file *text*, without docstring and header, and without the functions named in *without*."""
    tree = ast.parse(text)
    spans = _own_spans(tree)
    spans += [(first, last) for name, first, last in _functions(tree) if name in without]
    gone = {number for first, last in spans for number in range(first, last + 1)}
    start = max((last for first, last in _header_spans(tree)), default=0)
    statements, imports = [], set()
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.add(ast.dump(node))
        elif node.lineno not in gone:
            statements.append(ast.dump(node))
    comments = [
        token.string.strip()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and token.start[0] > start and token.start[0] not in gone
    ]
    lines = [
        line.rstrip()
        for number, line in enumerate(text.split("\n"), 1)
        if number > start and number not in gone and line.strip()
    ]
    return Code(tuple(statements), tuple(comments), frozenset(imports), tuple(lines))


def functions_of(text: str) -> frozenset[str]:
    """Return the names of the functions of the file *text*, without those whose body is only `pass`."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return frozenset(node.name for node in nodes if not isinstance(node.body[-1], ast.Pass))


def derived_functions(text: str) -> frozenset[str]:
    """Return the functions that were derived: those with the comment `DERIVED`, and those that only say why there is none."""
    lines = text.split("\n")
    tree = ast.parse(text)
    marked = {
        name
        for name, first, last in _functions(tree)
        if any(line.strip() == DERIVED for line in lines[first - 1 : last])
    }
    raising = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _only_raises(node)}
    return frozenset(marked | raising)


def _only_raises(node: ast.FunctionDef) -> bool:
    raised = node.body[-1]
    call = raised.exc if isinstance(raised, ast.Raise) else None
    name = call.func if isinstance(call, ast.Call) else call
    return len(node.body) <= 2 and isinstance(name, ast.Name) and name.id == "NotImplementedError"


def _header_spans(tree: ast.Module) -> list[tuple[int, int]]:
    spans = []
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if targets and all(isinstance(target, ast.Name) and target.id in HEADER_NAMES for target in targets):
            spans.append((node.lineno, node.end_lineno or node.lineno))
    return spans


def _own_spans(tree: ast.Module) -> list[tuple[int, int]]:
    """The lines of docstring, header and nothing else, as first and last."""
    first, last = _doc_span(tree)
    return [*([(first + 1, last)] if last else []), *_header_spans(tree)]


def as_cell(text: str, rendered: str) -> str:
    """Return the code of the file *text* for a cell: without docstring, header, and what *rendered*, an empty file, has."""
    tree, empty = ast.parse(text), ast.parse(rendered)
    theirs = {ast.dump(node) for node in empty.body if isinstance(node, (ast.Import, ast.ImportFrom))}
    spans = _own_spans(tree)
    spans += [
        (node.lineno, node.end_lineno or node.lineno)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and ast.dump(node) in theirs
    ]
    gone = {number for first, last in spans for number in range(first, last + 1)}
    header_end = max((last for _, last in _header_spans(empty)), default=0)
    remarks = {line.strip() for line in rendered.split("\n")[:header_end] if line.startswith("#")}
    start = max((last for _, last in _header_spans(tree)), default=0)
    lines = [
        line
        for number, line in enumerate(text.split("\n"), 1)
        if number not in gone and not (number < start and line.strip() in remarks)
    ]
    return _closed_up(lines)


def _closed_up(lines: list[str]) -> str:
    """The lines above the first statement without blank ones, the rest as it is."""
    text = "\n".join(lines).strip("\n")
    tree = ast.parse(text)
    last = 0
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        last = node.end_lineno or node.lineno
    head = [line for line in text.split("\n")[:last] if line.strip()]
    rest = "\n".join(text.split("\n")[last:]).strip("\n")
    return "\n".join([*head, *([""] if head and rest else []), rest]).rstrip("\n") + "\n"
