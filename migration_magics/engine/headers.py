"""What a revision file says about itself, read without running it.

Three ways, the quickest that is certain: a grammar of plain headers (`_plain_header`), the syntax tree, and, where that
cannot tell either (computed ids, conditions), None: the caller imports the file. Whatever the first does not match
completely goes to the second, so that nothing depends on a pattern found in the wrong place.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass
from typing import Any

NAMES = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})
"""The variables that make a file a revision."""


@dataclass(frozen=True, slots=True)
class Header:
    """The variables of `NAMES` by name, as far as the file has them, and its docstring ("" where it has none).

    *has_downgrade* is False also where `downgrade` does nothing but raise, None where only running the file could tell.
    """

    values: dict[str, Any]
    doc: str
    has_downgrade: bool | None


def header(data: bytes) -> Header | None:
    """Return the header of a file of these bytes, or None where only importing it could tell.

    Raises SyntaxError or ValueError (null bytes) where the part that was read is no Python. A broken function body may
    go unnoticed: it shows when the file is imported.
    """
    if b"\r" in data:  # as Python's tokenizer does, also inside strings
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    plain = _plain_header(data)
    if plain is None:
        return _parsed_header(data)
    values, doc, end = plain
    if not _rest_is_silent(data, end):
        return _parsed_header(data)
    has_downgrade = _plain_downgrade(data, end)
    if has_downgrade is None:
        try:
            return _parsed_header(data)
        except (SyntaxError, ValueError):
            return Header(values, doc, None)  # one broken body is no reason to see none of the revisions
    return Header(values, doc, has_downgrade)


def has_upgrade(data: bytes) -> bool | None:
    """Tell whether a file of these bytes has an upgrade function; None where only importing it could tell.

    One that is quoted in a string may pass for one; that shows when the file is imported.
    """
    if data.find(b"\ndef upgrade(") >= 0:
        return True
    try:
        bound = {name for node in ast.parse(data).body for name in _bound_names(node)}
    except (SyntaxError, ValueError):
        return None
    if "upgrade" in bound:
        return True
    return None if bound & (_DYNAMIC | {_ANYTHING}) else False


# -- the grammar of plain headers ----------------------------------------------------------------------------------

_NAME = "(?:revision|down_revision|branch_labels|depends_on)"
_TEXT = r"""(?:"[^"\\\n]*"|'[^'\\\n]*')"""
_TEXTS = rf"(?:{_TEXT}\s*(?:,\s*{_TEXT}\s*)*,?\s*)?"
_VALUE = rf"(?:None|{_TEXT}|\(\s*{_TEXTS}\)|\[\s*{_TEXTS}\])"
_ANNOTATION = r"(?::[^=\n\#'\"\\;]+)?"
_BOUND = rf"(?!{_NAME}\b|__doc__\b)[\w.]+"
_IMPORTED = rf"{_BOUND}(?:[ ]+as[ ]+{_BOUND})?"
_IMPORT = rf"""
    (?: (?:import|from[ ]+[\w.]+[ ]+import)[ ]+{_IMPORTED}(?:,[ ]*{_IMPORTED})*
      | from[ ]+[\w.]+[ ]+import[ ]+\(\s*{_IMPORTED}\s*(?:,\s*{_IMPORTED}\s*)*,?\s*\) )
"""
_END = r"[ \t]*(?:\#[^\n\r\0]*)?\n"
_HEADER = re.compile(
    rf"""
    (?:{_END})*
    (?: "{{3}} (?P<double>[^"\\\r\0]*(?:"{{1,2}}[^"\\\r\0]+)*) "{{3}} {_END}
      | '{{3}} (?P<single>[^'\\\r\0]*(?:'{{1,2}}[^'\\\r\0]+)*) '{{3}} {_END} )?
    (?P<lines> (?: {_END} | {_IMPORT} {_END} | {_NAME}[ \t]*{_ANNOTATION}=[ \t]*{_VALUE}{_END} )* )
    (?= (?:async[ ]+)?def[ ] | class[ ] | @ | \Z )
    """.encode(),
    re.VERBOSE,
)
_ASSIGNMENTS = re.compile(rf"\n({_NAME})[ \t]*{_ANNOTATION}=[ \t]*({_VALUE})".encode())
_ELSEWHERE = (b"revision", b"branch_labels", b"depends_on", b"__doc__", b"globals", b"import *", b"exec(", b"setattr")
_DOWNGRADE = re.compile(rb"\ndef downgrade\([^()\n]*\)[^:\n]*:[ \t]*\n")


def _plain_header(data: bytes) -> tuple[dict[str, Any], str, int] | None:
    """Return the variables, the docstring and where the header ends; None where any line of it is not of the plainest kind.

    Plain are: comments, one docstring without escapes, imports that bind none of our names, and our names with plain
    strings, tuples or lists of strings, or None. The header ends at the first `def`, `class` or `@`.
    """
    match = _HEADER.match(data)
    if match is None or b"coding" in data[:200]:
        return None
    values: dict[str, Any] = {}
    try:
        doc = (match["double"] or match["single"] or b"").decode()
        for name, value in _ASSIGNMENTS.findall(b"\n" + match["lines"]):
            values[name.decode()] = _plain_value(value)
    except (UnicodeDecodeError, SyntaxError):
        return None
    return values, _cleaned(doc), match.end()


def _plain_value(value: bytes) -> Any:
    if value == b"None":
        return None
    if value[:1] in b"\"'":
        return value[1:-1].decode()
    return ast.literal_eval(value.decode())


def _rest_is_silent(data: bytes, start: int) -> bool:
    """Nothing below the header could name our variables, so nothing there rebinds them."""
    for word in _ELSEWHERE:  # noqa: SIM110 - a generator would take as long as the search
        if data.find(word, start) >= 0:
            return False
    return True


def _plain_downgrade(data: bytes, start: int) -> bool | None:
    """Tell whether there is a downgrade where that is plain to see; None where it needs the syntax tree."""
    if b"downgrade" not in data:
        return False
    match = _DOWNGRADE.search(data, max(start - 1, 0))
    if match is None or data.count(b"downgrade", start) > 1 or b"'''" in data:
        return None
    is_in_string = data.count(b'"""', 0, match.start()) % 2
    return None if is_in_string or data.find(b"raise", match.end()) >= 0 else True


def _cleaned(doc: str) -> str:
    """Return the docstring as `__doc__` has it: Python 3.13 takes its indentation away."""
    return (inspect.cleandoc(doc) if sys.version_info >= (3, 13) else doc).strip()


# -- the syntax tree -----------------------------------------------------------------------------------------------

_FIRST_DEFINITION = re.compile(rb"^(?:(?:async[ ]+)?def[ ]|class[ ]|@)", re.MULTILINE)
_DYNAMIC = frozenset({"globals", "vars", "locals", "exec", "eval", "setattr"})
_DYNAMIC_WORDS = re.compile(rb"\b(?:global|globals|vars|locals|exec|eval|setattr)\b")
_ANYTHING = "*"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _parsed_header(data: bytes) -> Header | None:
    cut = _FIRST_DEFINITION.search(data)
    if cut is not None and _rest_is_silent(data, cut.start()):
        has_downgrade = _plain_downgrade(data, cut.start())
        head = _tree(data[: cut.start()]) if has_downgrade is not None else None
        if head is not None and (found := _static_header(head, data)) is not None:
            return Header(found.values, found.doc, has_downgrade)
    return _static_header(ast.parse(data), data)


def _tree(data: bytes) -> ast.Module | None:
    """The syntax tree of a file's beginning; None where it was cut in the middle of a string or bracket."""
    try:
        return ast.parse(data)
    except (SyntaxError, ValueError):
        return None


def _static_header(tree: ast.Module, data: bytes) -> Header | None:
    """Follow the module's statements in order; None as soon as one could give our names a value we cannot see."""
    values: dict[str, Any] = {}
    in_doubt: set[str] = set()
    has_downgrade: bool | None = False
    for node in tree.body:
        targets = _plain_targets(node)
        if targets & NAMES:
            try:
                value = ast.literal_eval(node.value)  # type: ignore[attr-defined]  # an assignment has one
            except (ValueError, TypeError):
                return None
            values.update(dict.fromkeys(targets & NAMES, value))
            in_doubt -= targets
            continue
        bound = _bound_names(node)
        if bound & (NAMES | _DYNAMIC | {"__doc__"}):
            return None
        if _ANYTHING in bound:
            in_doubt |= NAMES
            has_downgrade = None
        if "downgrade" in bound:
            has_downgrade = _downgrade_of(node)
    if in_doubt or (_DYNAMIC_WORDS.search(data) and _calls_its_own_functions(tree)):
        return None
    return Header(values, _cleaned(ast.get_docstring(tree, clean=False) or ""), has_downgrade)


def _plain_targets(node: ast.stmt) -> set[str]:
    """The names a plain assignment binds; none for any other statement."""
    if isinstance(node, ast.AnnAssign):
        return {node.target.id} if isinstance(node.target, ast.Name) and node.value is not None else set()
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _bound_names(statement: ast.stmt) -> set[str]:
    """The names *statement* may bind in the module; `*` for a star import, the name of whatever could bind any name."""
    bound: set[str] = set()
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
            for inner in ast.walk(node):
                if isinstance(inner, ast.Global):
                    bound.update(inner.names)
            stack.extend(node.decorator_list)
        elif isinstance(node, ast.Lambda) or (isinstance(node, ast.AnnAssign) and node.value is None):
            continue
        else:
            bound.update(_bound_directly(node))
            stack.extend(ast.iter_child_nodes(node))
    return bound


def _bound_directly(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id} if not isinstance(node.ctx, ast.Load) or node.id in _DYNAMIC else set()
    if isinstance(node, ast.Attribute) and node.attr == "modules":  # sys.modules[__name__].revision = ...
        return {"globals"}
    if isinstance(node, ast.alias):
        return {node.asname or node.name.partition(".")[0]}
    name = getattr(node, "rest", None) if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
    return {name} if isinstance(name, str) else set()


def _downgrade_of(node: ast.stmt) -> bool | None:
    if isinstance(node, _FUNCTIONS):
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        return not (body and isinstance(body[0], ast.Raise))
    if isinstance(node, (ast.Import, ast.ImportFrom)) or _plain_targets(node):
        value = getattr(node, "value", None)
        return not (isinstance(value, ast.Constant) and value.value is None)
    return None


def _calls_its_own_functions(tree: ast.Module) -> bool:
    own = {node.name for node in tree.body if isinstance(node, (*_FUNCTIONS, ast.ClassDef))}
    outside = [node for node in tree.body if not isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
    calls = (inner.func for node in outside for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(isinstance(function, ast.Name) and function.id in own for function in calls)
