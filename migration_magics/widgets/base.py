"""What all widgets share: what stands in their place where widgets can't be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..display import error_bundle, gone_bundle

if TYPE_CHECKING:
    from ..commands.api import Workspace

VIEW = "application/vnd.jupyter.widget-view+json"


def drawn(error: BaseException, workspace: Workspace) -> str:
    """Return *error* as HTML for a widget, which has to show it in an element with role=alert; `%migrate why` tells more."""
    workspace.drawn_error = error
    return error_bundle(error)["text/html"]


class Fallback:
    """A mixin, before the widget's class: text and HTML beside the view.

    The static result stands above the widget already, so these are one line that says which command draws it again:
    JupyterLab shows it for an untrusted notebook, nbconvert and GitHub where no widget state was saved.
    """

    command: str
    """What to type to have it again: "explore"."""

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        got = super()._repr_mimebundle_(**keywords)  # type: ignore[misc]
        data, metadata = got if isinstance(got, tuple) else (got or {}, {})
        return {**data, **gone_bundle(self.command)}, metadata
