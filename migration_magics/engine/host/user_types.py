"""Types that are neither SQLAlchemy's nor rendered by env.py: the import that a revision file needs for them.

Alembic writes the class with its module and leaves the import to the project's template (1.20).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.autogenerate.api import AutogenContext

_NOWHERE = frozenset({"__main__", "builtins", "env_py"})  # Alembic loads env.py as env_py


def importing(
    render_item: Any, found: set[str], template: Callable[[], str]
) -> Callable[[str, Any, AutogenContext], Any]:
    """Return what renders items as *render_item* does, and adds the imports of types that it leaves to Alembic.

    The types of no module that a file could import go into *found*, by name: those of a notebook, or of env.py itself.
    A package that the *template* imports is left to it.
    """

    def render(kind: str, item: Any, context: AutogenContext) -> Any:
        rendered = render_item(kind, item, context) if render_item else False
        module = type(item).__module__
        if rendered is not False or kind != "type" or module.partition(".")[0] == "sqlalchemy":
            return rendered
        if context.opts.get("user_module_prefix") is not None:
            return rendered
        if module in _NOWHERE or module.startswith("migration_magics"):
            found.add(type(item).__name__)
        elif not re.search(
            rf"^\s*import {re.escape(module.partition('.')[0])}(\.[\w.]+)?\s*$", template(), re.MULTILINE
        ):
            context.imports.add(f"import {module}")
        return rendered

    return render
