"""Tab in the body of a `%%revision` cell: `op.`, `sa.`, the dialect, `batch_op.`, and the database's names in strings.

The body is read by jedi, which runs nothing of it; the notebook's own namespace is neither read nor changed.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from ..commands.complete import LIMIT, Candidate, Offer
from .directives import names_in_string, sql_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.names import Names

_DIALECTS = frozenset({"mssql", "mysql", "oracle", "postgresql", "sqlite"})
_BATCH_NAME = re.compile(r"batch_alter_table\(.*?\)\s*as\s+(\w+)\s*:", re.DOTALL)


def complete_body(body: str, names: Names, dialect: str, *, is_sql: bool) -> Offer:
    """Return what may stand at the end of *body*: an SQL body's names, names in a string, or Python."""
    if is_sql:
        word = re.search(r"[\w.]*\Z", body)
        begun = word[0] if word else ""
        return _offer(sql_names(begun, names) if begun else (), begun)
    in_string = names_in_string(body, names)
    if in_string is not None:
        return _offer(*in_string)
    return _python(body, dialect)


def _offer(found: Iterable[tuple[str, str]], begun: str) -> Offer:
    folded = begun.casefold()
    fitting = (
        Candidate(name, kind) for name, kind in found if name.casefold().startswith(folded) and name.isprintable()
    )
    return Offer(tuple(dict.fromkeys(fitting))[:LIMIT], begun)


def _python(body: str, dialect: str) -> Offer:
    word = re.search(r"\w*\Z", body)
    begun = word[0] if word else ""
    if not begun and not body.endswith("."):
        return Offer()  # everything there is would be no help
    import jedi

    code, namespace = _around(body, dialect)
    found = jedi.Interpreter(code, [namespace]).complete()
    candidates = (
        Candidate(each.name_with_symbols, "parameter" if each.type == "param" else each.type)
        for each in found
        if each.name.startswith(begun)  # jedi ignores case until IPython has told it not to
        and (begun.startswith("_") or not each.name.startswith("_"))
    )
    return Offer(tuple(candidates)[:LIMIT], begun)


def _around(body: str, dialect: str) -> tuple[str, dict[str, Any]]:
    """Return *body* below the imports every revision has, and of the modules those that are loaded anyway.

    `op` is always read from its stub file, since its functions are made at run time and have lost their parameters. Of
    `sa` the module is faster where a command has loaded it (18 ms instead of 40 for a parameter of `sa.Column`); before
    that jedi reads its source, and nothing is imported. A variable of a batch is declared, since following the context
    manager takes twice as long.
    """
    namespace: dict[str, Any] = {}
    lines = ["from alembic import op"]
    modules = {"sa": "sqlalchemy"}
    if dialect in _DIALECTS:
        modules[dialect] = f"sqlalchemy.dialects.{dialect}"
    for name, module in modules.items():
        if module in sys.modules:
            namespace[name] = sys.modules[module]
        else:
            lines.append(f"import {module} as {name}")
    batch = re.search(r"\b(\w+)\.\w*\Z", body)
    if batch is not None and batch[1] in _BATCH_NAME.findall(body):
        lines += ["from alembic.operations import BatchOperations", f"{batch[1]}: BatchOperations"]
        body = batch[0]
    return "\n".join([*lines, body]), namespace
