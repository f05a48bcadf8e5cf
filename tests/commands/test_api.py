"""The Python object has the verbs of the magics, with the same results."""

from __future__ import annotations

from migration_magics.commands.api import Workspace
from migration_magics.commands.table import COMMANDS
from migration_magics.results import Connected


def test_every_command_that_needs_a_workspace_is_a_method() -> None:
    wanted = {name for name, command in COMMANDS.items() if command.uses_workspace}
    assert wanted <= {name for name in vars(Workspace) if not name.startswith("_")}


def test_use_tells_where_one_is_now() -> None:
    with_two = Workspace()
    with_two.connect("sqlite://", name="one")
    with_two.connect("sqlite://", name="two")
    used = with_two.use("one")
    assert isinstance(used, Connected)
    assert used.connection is not None
    assert (used.connection.name, with_two.current_name) == ("one", "one")
    with_two.close()
