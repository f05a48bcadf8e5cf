"""Putting the magics into a shell and taking them out again, leaving the shell as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cells import keep_empty_cell
from .magics import MigrateMagics
from .terminal import forget_terminal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    Functions = dict[tuple[str, str], Any]

_NAME = MigrateMagics.__name__


def load(shell: InteractiveShell, ours: MigrateMagics | None = None) -> None:
    """Register the magics, or *ours* instead of new ones; a second time does nothing.

    A magic of another extension under one of our names is set aside until `unload`, which is said in one line.
    """
    if _NAME in shell.magics_manager.registry:
        return
    ours = ours or MigrateMagics(shell)
    magics = shell.magics_manager.magics
    ours.displaced = {
        (kind, name): magics[kind][name]
        for kind, names in ours.magics.items()
        for name in names
        if name in magics[kind]
    }
    shell.register_magics(ours)
    shell.input_transformers_cleanup.append(keep_empty_cell)
    shell.Completer.custom_matchers.append(ours.matcher)
    shell.events.register("post_run_cell", ours.show_widget)
    if ours.displaced:
        shell.display_pub.publish({"text/plain": _collision(ours.displaced)})


def unload(shell: InteractiveShell) -> None:
    """Remove what `load` put there, give set-aside magics their names back, and close the connections that were made."""
    ours: Any = shell.magics_manager.registry.pop(_NAME, None)
    if ours is None:
        return
    magics = shell.magics_manager.magics
    for kind, names in ours.magics.items():
        for name in names:
            taken_since = getattr(magics[kind].get(name), "__self__", None) is not ours
            if taken_since:  # by another extension: then it is theirs
                continue
            del magics[kind][name]
            if (kind, name) in ours.displaced:
                magics[kind][name] = ours.displaced[kind, name]
    if ours in shell.configurables:  # `Magics` puts itself there
        shell.configurables.remove(ours)
    transformers = shell.input_transformers_cleanup
    transformers[:] = [transformer for transformer in transformers if transformer is not keep_empty_cell]
    matchers = shell.Completer.custom_matchers
    matchers[:] = [matcher for matcher in matchers if matcher is not ours.matcher]
    shell.events.unregister("post_run_cell", ours.show_widget)
    forget_terminal()
    ours.close()


def _collision(displaced: Functions) -> str:
    names = ", ".join(sorted({("%%" if kind == "cell" else "%") + name for kind, name in displaced}))
    owners = ", ".join(sorted({_owner(function) for function in displaced.values()}))
    return f"migration_magics: {names} belonged to {owners}; %unload_ext migration_magics gives it back. %migration is ours, too."


def _owner(function: Any) -> str:
    owner = getattr(function, "__module__", None) or type(function).__module__
    return str(owner).partition(".")[0] if owner != "__main__" else "this notebook"
