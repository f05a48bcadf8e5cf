"""The text of a `%%revision` cell -> its parts. It runs nothing; the text stays as it was written.

A body is one of: functions (`def upgrade`, `def downgrade` and what they need), bare statements (the upgrade), or SQL.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from ..errors import CellInvalid
from . import sqlscript

if TYPE_CHECKING:
    from collections.abc import Iterator

Form = Literal["functions", "statements", "sql"]

HEADER_NAMES = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})
"""The variables that say where a revision stands; the template writes them, a cell must not."""

_DIRECTION = re.compile(r"(upgrade|downgrade)((?:_\w+)?)\Z")
_MAGIC = re.compile(r"\s*(?:[!%]|\w[\w., ]*=\s*[!%])|.*\?\s*\Z")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda)
_OPTIONS = {
    "revision": "--rev-id ID",
    "down_revision": "--head REV",
    "branch_labels": "--branch-label LABEL",
    "depends_on": "--depends-on REV",
}


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a body.

    *opening* holds the imports it opens with, *code* its other module-level code with the functions in *names*: both ""
    unless *form* is "functions" (but `from __future__` always opens). *upgrade* and *downgrade* are statements, not yet
    indented; *downgrade* is None where the body has none.
    """

    form: Form
    opening: str = ""
    code: str = ""
    names: tuple[str, ...] = ()
    upgrade: str = ""
    downgrade: str | None = None

    @property
    def without_downgrade(self) -> tuple[str, ...]:
        """The suffixes ("", "_engine1") of the upgrades that have no downgrade beside them."""
        if self.form != "functions":
            return () if self.downgrade is not None else ("",)
        suffixes = [name.removeprefix("upgrade") for name in self.names if name.startswith("upgrade")]
        return tuple(suffix for suffix in suffixes if f"downgrade{suffix}" not in self.names)


def parse_body(text: str, *, is_sql: bool = False, first_line: int = 1, dialect: str = "") -> Body:
    """Return the parts of the body *text*; its first line is line *first_line* of the cell.

    *dialect* is whose quoting rules SQL follows. Raises CellInvalid, with the cell's line, for what is none of the forms.
    """
    cell = _Cell(_plain_newlines(text), first_line)
    if is_sql:
        return _sql(cell, dialect)
    body = cell.statements()
    names = _direction_names(cell, body)
    _refuse_header(cell, body)
    return _functions(cell, body, names) if names else _statements(cell, body)


def indented(code: str, by: str = "    ") -> str:
    """Return *code* with each line moved to the right; blank lines and the inside of strings stay as they are."""
    inside = _string_lines(code)
    lines = enumerate(code.split("\n"), 1)
    return "\n".join(line if number in inside or not line.strip() else by + line for number, line in lines)


def dedented(text: str, first: int, last: int) -> str:
    """Return the lines *first* to *last* of the source *text*, without the indentation of the first of them.

    The inside of strings stays as it is.
    """
    lines, inside = text.split("\n"), _string_lines(text)
    start = lines[first - 1]
    by = start[: len(start) - len(start.lstrip())]
    taken = [
        line if number in inside else line.removeprefix(by)
        for number, line in enumerate(lines[first - 1 : last], first)
    ]
    return "\n".join(taken)


def _plain_newlines(text: str) -> str:
    """As Python reads a file: every line ends in a line feed, and a byte order mark is no part of it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A body and where in the cell it begins."""

    text: str
    first_line: int

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def statements(self) -> list[ast.stmt]:
        """Return the module-level statements; raises CellInvalid for a syntax error or where there is no code."""
        body = self.compiled(self.text).body
        if all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body):
            message = "The cell has no code: only comments." if self.text.strip() else "The cell is empty."
            raise CellInvalid(
                message, hint="write the upgrade: op.add_column('evaluations', sa.Column('status', sa.String(20)))"
            )
        return body

    def compiled(self, source: str, offset: int = 0) -> ast.Module:
        """Return the syntax tree of *source*, which begins *offset* lines above the body and must compile."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the import of the written file will say it again
                tree = ast.parse(source)
                if offset:
                    compile(tree, "<cell>", "exec", dont_inherit=True)
        except SyntaxError as error:
            self._refuse_syntax(error, offset)
        except (ValueError, UnicodeError, RecursionError, MemoryError) as error:
            raise CellInvalid(
                f"The cell cannot be read as Python: {error}.",
                hint="look for characters that were pasted in by accident",
            ) from error
        return tree

    def _refuse_syntax(self, error: SyntaxError, offset: int) -> NoReturn:
        line = min(max((error.lineno or 1) - offset, 1), len(self.lines))
        if _MAGIC.match(self.lines[line - 1]):
            self.refuse(
                line,
                "This is a notebook's command, not Python.",
                "move it to a cell of its own: a revision file is plain Python",
                cause=error,
            )
        column = error.offset if not offset else None
        self.refuse(
            line, f"{error.msg[:1].upper()}{error.msg[1:]}.", "correct the line, then run the cell again", column, error
        )

    def refuse(
        self, line: int, message: str, hint: str, column: int | None = None, cause: BaseException | None = None
    ) -> NoReturn:
        """Raise CellInvalid about *line* of the body, with the line's text and a caret below it."""
        number = self.first_line + line - 1
        margin, text = f"{number} | ", self.lines[line - 1]
        at = min(column - 1, len(text)) if column else len(text) - len(text.lstrip())
        pad = "".join("\t" if character == "\t" else " " for character in text[:at])
        raise CellInvalid(
            f"Line {number} of the cell: {message}", hint=hint, details=(margin + text, " " * len(margin) + pad + "^")
        ) from cause


def _functions(cell: _Cell, body: list[ast.stmt], names: tuple[str, ...]) -> Body:
    for node in body:
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and (call := _op_call(node)):
            cell.refuse(
                call.lineno,
                "This stands outside of upgrade() and downgrade(): it would run whenever the file is read.",
                "move it into one of the functions",
            )
    end = _opening_end(cell, body)
    opening, code = cell.lines[:end], cell.lines[end:]
    return Body("functions", _stripped(opening), _stripped(code), names)


def _statements(cell: _Cell, body: list[ast.stmt]) -> Body:
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    for node in _own_scope(body):
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
            cell.refuse(
                node.lineno,
                "An upgrade can neither yield nor await.",
                "write it as plain statements; op.run_async(f) runs a coroutine",
            )
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            cell.refuse(
                node.lineno,
                "A star import only works outside of a function.",
                "write def upgrade(): ... below it, or import the names you need",
            )
    lines = cell.lines
    for node in future:
        lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    code = "\n".join(lines)
    cell.compiled(f"def upgrade():\n{indented(code)}\n    pass", offset=1)
    opening = "\n".join(ast.unparse(node) for node in future)
    return Body("statements", opening, upgrade=_stripped(code.split("\n")))


def _sql(cell: _Cell, dialect: str) -> Body:
    try:
        upgrade, downgrade = sqlscript.split(cell.text, dialect)
    except sqlscript.Unreadable as error:
        cell.refuse(error.line, error.message, error.hint)
    if not any(isinstance(part, sqlscript.Sql) for part in upgrade):
        raise CellInvalid(
            "The cell has no SQL statement for the upgrade.", hint="write it above the line `-- downgrade`"
        )
    if downgrade is not None and not any(isinstance(part, sqlscript.Sql) for part in downgrade):
        raise CellInvalid(
            "Nothing follows the line `-- downgrade`.",
            hint="write the SQL that undoes the upgrade, or leave the line out",
        )
    return Body(
        "sql",
        upgrade=sqlscript.as_python(upgrade),
        downgrade=None if downgrade is None else sqlscript.as_python(downgrade),
    )


# -- what a body may not be ----------------------------------------------------------------------------------------


def _direction_names(cell: _Cell, body: list[ast.stmt]) -> tuple[str, ...]:
    """Return the names of the upgrade and downgrade functions, in order; none where the body is bare statements."""
    names: dict[str, int] = {}
    for node in body:
        found = _definitions(node)
        for name, line in found:
            if not isinstance(node, ast.FunctionDef):
                cell.refuse(
                    line, f"{name} must be a plain function at the left margin.", f"write it as: def {name}(): ..."
                )
            if name in names:
                cell.refuse(
                    line,
                    f"{name} is defined twice; the first is in line {names[name] + cell.first_line - 1}.",
                    "remove one of them",
                )
            names[name] = line
    for name, line in names.items():
        way, suffix = name.partition("_")[::2]
        if way == "downgrade" and name.replace("downgrade", "upgrade", 1) not in names:
            cell.refuse(
                line,
                f"There is a {name}, and no upgrade{'_' + suffix if suffix else ''}.",
                "write def upgrade(): ..., too",
            )
    return tuple(names)


def _definitions(node: ast.stmt) -> list[tuple[str, int]]:
    """The upgrade and downgrade functions a module-level statement binds, however it does it, with their lines."""
    if isinstance(node, ast.FunctionDef):
        return [(node.name, node.lineno)] if _DIRECTION.match(node.name) else []
    if isinstance(node, ast.ClassDef):
        return []
    found = []
    for inner in _own_scope([node]):
        names: list[str] = []
        if isinstance(inner, _FUNCTIONS):
            names = [inner.name]
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name for alias in inner.names]
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names = [inner.id]
        found += [(name, inner.lineno) for name in names if name in {"upgrade", "downgrade"}]  # type: ignore[attr-defined]  # all three have one
    return found


def _refuse_header(cell: _Cell, body: list[ast.stmt]) -> None:
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id in HEADER_NAMES:
                cell.refuse(
                    node.lineno,
                    f"{target.id} is written by the project's template.",
                    f"leave it out; to choose it: {_OPTIONS[target.id]}",
                )


def _op_call(statement: ast.stmt) -> ast.Call | None:
    """Return the first call of a directive that *statement* makes when the module is read."""
    for node in _own_scope([statement]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "op":
                return node
    return None


def _own_scope(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes that run where *statements* stand, not those inside of functions they define."""
    todo: list[ast.AST] = list(reversed(statements))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, _SCOPES):
            todo += reversed(list(ast.iter_child_nodes(node)))


def _opening_end(cell: _Cell, body: list[ast.stmt]) -> int:
    """Return how many lines the imports take that the body opens with."""
    end = 0
    for node in body:
        following = next((other for other in body if other.lineno > node.lineno), None)
        shares_line = following is not None and following.lineno == node.end_lineno
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or shares_line or ";" in cell.lines[node.lineno - 1]:
            break
        end = node.end_lineno or node.lineno
    return end


def _stripped(lines: list[str]) -> str:
    """The lines without blank ones at either end."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def _string_lines(code: str) -> frozenset[int]:
    """Return the numbers of the lines that begin inside a string."""
    inside: set[int] = set()
    begun: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = tokenize.tok_name[token.type]
        if kind in {"FSTRING_START", "TSTRING_START"}:  # Python 3.12 and 3.14
            begun.append(token.start[0])
        elif kind in {"FSTRING_END", "TSTRING_END"}:
            inside.update(range(begun.pop() + 1, token.end[0] + 1))
        elif kind == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return frozenset(inside)
