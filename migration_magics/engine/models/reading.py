"""The text of a models cell: what its top level defines and needs. It runs nothing."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import CodeType


@dataclass(frozen=True, slots=True)
class Text:
    """A body, and where it stands: its first line is line *first_line* of *filename*."""

    body: str
    filename: str
    first_line: int = 1

    def tree(self) -> ast.Module:
        """Return the body as Python reads it, with the cell's own line numbers. Raises SyntaxError."""
        return ast.parse("\n" * (self.first_line - 1) + self.body, self.filename)

    def code(self, without: Collection[str] = ()) -> CodeType:
        """Return the body compiled, *without* the statements that define these names."""
        tree = self.tree()
        tree.body = [each for each in tree.body if not (_defined(each) and _names(each) <= set(without))]
        return compile(tree, self.filename, "exec", dont_inherit=True)

    @property
    def defined(self) -> dict[str, int]:
        """The names that classes, functions and assignments of the top level bind, and tables by name; each with its line."""
        found: dict[str, int] = {}
        for statement in self.tree().body:
            for name in _defined(statement):
                found[name] = statement.lineno
            for name in _tables(statement):
                found.setdefault(name, statement.lineno)
        return found

    @property
    def bound(self) -> frozenset[str]:
        """The names that the top level binds, without those it imports."""
        return frozenset(name for statement in self.tree().body for name in _defined(statement))

    @property
    def classes(self) -> dict[str, int]:
        """The classes of the top level, each with its line."""
        return {each.name: each.lineno for each in self.tree().body if isinstance(each, ast.ClassDef)}

    @property
    def can_define(self) -> bool:
        """Whether it can make a mapped class: only classes, calls and imports do."""
        makers = (ast.ClassDef, ast.Call, ast.Import, ast.ImportFrom)
        return any(isinstance(each, makers) for each in ast.walk(self.tree()))

    @property
    def needed(self) -> frozenset[str]:
        """The names that are read anywhere in it and that it does not bind itself."""
        tree = self.tree()
        read = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
        own = {name for statement in tree.body for name in (*_defined(statement), *_imported(statement))}
        return frozenset(read - own - set(dir(builtins)))

    def line_in(self, name: str, word: str) -> int:
        """Return the line, in the statement that defines *name*, where *word* stands; its first line otherwise; 0 without."""
        for statement in self.tree().body:
            if name in (*_defined(statement), *_tables(statement)):
                lines = ("\n" * (self.first_line - 1) + self.body).split("\n")
                for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                    if word and word in lines[number - 1]:
                        return number
                return statement.lineno
        return 0


def _defined(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return (statement.name,)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return tuple(each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
    return ()


def _imported(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return tuple((each.asname or each.name).partition(".")[0] for each in statement.names)
    return ()


def _names(statement: ast.stmt) -> set[str]:
    return set(_defined(statement))


def _tables(statement: ast.stmt) -> Iterator[str]:
    """The tables that a statement names outright: `__tablename__ = "x"`, `Table("x", ...)`."""
    for each in ast.walk(statement):
        value: ast.expr | None = None
        if isinstance(each, (ast.Assign, ast.AnnAssign)):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            if any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in targets):
                value = each.value
        elif isinstance(each, ast.Call) and each.args:
            called = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            value = each.args[0] if called == "Table" else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
