"""The operations of an upgrade or downgrade, heard without a database; what could not be heard is read in the file."""

from __future__ import annotations

import ast
from collections import Counter
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations, ops

from ..host import directives as host
from ..host.environment import proxies_as_they_were
from ..host.recorder import describe
from ..workplace import workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.engine import Dialect

    from ..project import Project

Operation = ops.MigrateOperation | host.Batch


@dataclass(frozen=True, slots=True)
class Named:
    """A directive that stands in the file: its name, what of its table and object are literals, and its line."""

    kind: str
    table: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard, in order, with the numbers of those in an `autocommit_block`; *problem* says why it ended early."""

    operations: tuple[Operation, ...]
    outside: frozenset[int] = frozenset()
    problem: str = ""

    @property
    def signature(self) -> tuple[tuple[str, str, str], ...]:
        """What the operations are, so that those of two dialects can be compared."""
        return tuple(named for each in self.operations for named in _names(each))


class _Unknown:
    """What a query would have given. Whoever looks at it needs a database."""

    def __getattr__(self, name: str) -> Any:
        raise host.NeedsDatabase(f"it reads from the database (.{name})")

    def __iter__(self) -> Iterator[Any]:
        raise host.NeedsDatabase("it reads from the database")

    def __bool__(self) -> bool:
        raise host.NeedsDatabase("it reads from the database")


class _Connection:
    """Stands where the connection would: it notes what is executed, and knows no answers."""

    def __init__(self, dialect: Dialect, note: Callable[[Any], None]) -> None:
        self.dialect, self._note = dialect, note
        self.engine = self

    def execute(self, statement: Any, *_a: Any, **_k: Any) -> _Unknown:
        """Note the *statement*."""
        self._note(statement)
        return _Unknown()

    exec_driver_sql = execute

    def __getattr__(self, name: str) -> Any:
        raise host.NeedsDatabase(f"it uses the database connection (.{name})")


def hear(project: Project | None, run: Callable[[], object], dialect: Dialect, options: Mapping[str, Any]) -> Hearing:
    """Return the operations of *run*, which calls `alembic.op`, on *dialect*; it never raises for what *run* does."""
    made = host.context(dialect, options)
    outside: set[int] = set()
    heard: list[Operation] = []

    def note(statement: Any) -> None:
        text = sa.text(statement) if isinstance(statement, str) else statement
        heard.append(ops.ExecuteSQLOp(text))

    @contextmanager
    def autocommit_block() -> Iterator[None]:
        start = len(heard)
        yield
        outside.update(range(start, len(heard)))

    made.connection = made.impl.connection = _Connection(dialect, note)  # type: ignore[assignment]
    made.autocommit_block = autocommit_block  # type: ignore[method-assign]
    problem = ""
    try:
        with _place(project), proxies_as_they_were(), host.listening(made) as heard:
            run()
    except host.NeedsDatabase as refusal:
        problem = refusal.what
    except sa.exc.NoInspectionAvailable:
        problem = "it inspects the database"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything; it becomes the answer
        first = (str(error).strip().splitlines() or [""])[0][:200]
        problem = f"without a database it fails: {type(error).__name__}: {first}".rstrip(": ")
    return Hearing(tuple(heard), frozenset(outside), problem)


def _place(project: Project | None) -> AbstractContextManager[object]:
    return nullcontext() if project is None else workplace(project)


def read(path: Path, function: str, hearing: Hearing) -> tuple[Named, ...]:
    """Return the directives that the file *path* has for *function* and that were not heard, by their lines.

    Helpers of the file count, too; the function for the other direction does not.
    """
    other = "downgrade" if function == "upgrade" else "upgrade"
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    found: list[Named] = []
    for node in tree.body:
        is_other = isinstance(node, ast.FunctionDef) and node.name.startswith(other)
        if isinstance(node, ast.FunctionDef) and not is_other:
            found += _calls(node)
    known = Counter(hearing.signature)
    missing = []
    for named in sorted(found, key=lambda each: each.line):
        key = (named.kind, named.table, named.name)
        if known[key]:
            known[key] -= 1
        else:
            missing.append(named)
    return tuple(missing)


def named(operation: Operation) -> tuple[str, str, str]:
    """Return kind, table and name of *operation*, as a trace has them."""
    if isinstance(operation, host.Batch):
        return "batch_alter_table", ".".join(part for part in (operation.schema, operation.table) if part), ""
    described = describe(operation)
    return described.kind, described.table, described.name


def place(operation: Operation) -> tuple[str | None, str]:
    """Return the schema and the name of the table that *operation* is about; "" where it is about none."""
    if isinstance(operation, host.Batch):
        return operation.schema, operation.table
    held: Any = operation
    table = getattr(held, "table_name", None) or getattr(held, "source_table", None) or ""
    return getattr(held, "schema", None) or getattr(held, "kw", {}).get("source_schema"), str(table)


def _names(operation: Operation) -> list[tuple[str, str, str]]:
    inner = operation.operations if isinstance(operation, host.Batch) else []
    return [named(operation), *(named(each) for each in inner)]


DIRECTIVES = frozenset(
    {
        *(name for name in dir(Operations) if not name.startswith("_")),
    }
    - {
        "batch_alter_table",
        "context",
        "create_module_class_proxy",
        "f",
        "get_bind",
        "get_context",
        "implementation_for",
    }
    - {"inline_literal", "invoke", "register_operation", "run_async"}
)
"""The names of what a revision may call `op` for, plugins' included."""


def _calls(function: ast.FunctionDef) -> list[Named]:
    batches = _batches(function)
    found = []
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        if node.func.attr not in DIRECTIVES or (owner != "op" and owner not in batches):
            continue
        arguments = [_literal(each) for each in node.args]
        if owner in batches:
            arguments.insert(0, batches[owner])
        found.append(_named(node, node.func.attr, arguments))
    return found


def _batches(function: ast.FunctionDef) -> dict[str, str]:
    """The names that batches have in *function*, with the table of each where that is a literal."""
    found = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.With):
            continue
        for item in node.items:
            call, bound = item.context_expr, item.optional_vars
            is_batch = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            if is_batch and call.func.attr == "batch_alter_table" and isinstance(bound, ast.Name):  # type: ignore[attr-defined]
                found[bound.id] = _literal(call.args[0]) if call.args else ""  # type: ignore[attr-defined]
    return found


def _named(node: ast.Call, kind: str, arguments: list[str]) -> Named:
    given = {each.arg: _literal(each.value) for each in node.keywords if each.arg}
    first, second = [*arguments, "", ""][:2]
    if kind in {"create_index", "drop_index", "drop_constraint"} or (
        kind.startswith("create_") and "table" not in kind
    ):
        table, name = second or given.get("table_name", ""), first
    elif kind in {"execute", "bulk_insert"}:
        table, name = "", ""
    else:
        table, name = first or given.get("table_name", ""), second if kind != "create_table" else ""
    if kind == "add_column":
        name = _column(node)
    return Named(kind, table, name, node.lineno)


def _column(node: ast.Call) -> str:
    columns = [each for each in node.args if isinstance(each, ast.Call)]
    return _literal(columns[0].args[0]) if columns and columns[0].args else ""


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "f" and node.args:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
