"""Several revision files as one: nothing is left out, nothing of one file meets a name of another."""

from __future__ import annotations

import ast
import textwrap

import pytest

from migration_magics.model.body import parse_body
from migration_magics.model.carried import NotCarried, Source, carried


def source(id_, text, message="does it"):
    return Source(id_, message, textwrap.dedent(text).lstrip("\n"))


def run(made, direction="upgrade"):
    """Run the code with an `op` that notes what it is called with; return the notes."""
    notes = []

    class Op:
        def __getattr__(self, name):
            return lambda *values: notes.append((name, *values))

    code = "\n".join(line for line in made.code.split("\n") if line != "from alembic import op")
    scope = {"op": Op(), "__file__": "squash.py"}
    exec(compile(code, "squash", "exec", dont_inherit=True), scope)  # noqa: S102 - the code under test
    scope[direction]()
    return notes


HELPERS = """
    from alembic import op

    revision = '{id}'
    down_revision = None
    NAMES = ['{id}', 'same']
    UNUSED = op

    def names():
        return NAMES

    def upgrade():
        for name in names():
            op.note(name)

    def downgrade():
        for name in reversed(names()):
            op.unnote(name)
"""


def test_helpers_of_one_name_do_not_meet():
    made = carried([source("a", HELPERS.format(id="a")), source("b", HELPERS.format(id="b"))])
    assert run(made) == [("note", "a"), ("note", "same"), ("note", "b"), ("note", "same")]
    assert run(made, "downgrade") == [("unnote", "same"), ("unnote", "b"), ("unnote", "same"), ("unnote", "a")]
    assert made.functions == ("a", "b")
    assert "UNUSED" not in made.code


def test_imports_of_one_name_do_not_meet():
    text = (
        "from {module} import {what} as encode\nfrom alembic import op\n\n"
        "def upgrade():\n    op.note(encode('a'))\n\n"
        "def downgrade(): pass\n"
    )
    one = source("a", text.format(module="json", what="dumps"))
    other = source("b", text.format(module="html", what="escape"))
    assert run(carried([one, other])) == [("note", '"a"'), ("note", "a")]


def test_an_import_that_all_share_stands_at_the_top_once():
    text = (
        "import json\nfrom alembic import op\n\ndef upgrade():\n    op.note(json.dumps('a'))\n\ndef downgrade(): pass\n"
    )
    made = carried([source("a", text), source("b", text)])
    assert made.code.count("import json") == 1
    assert made.functions == ()
    assert run(made) == [("note", '"a"'), ("note", '"a"')]


def test_two_modules_of_one_package_stand_at_the_top_together():
    text = (
        "import os.path\nimport {}\nfrom alembic import op\n\n"
        "def upgrade():\n    op.note({}.__name__)\n\n"
        "def downgrade(): pass\n"
    )
    made = carried([source("a", text.format("xml.dom", "xml.dom")), source("b", text.format("xml.sax", "xml.sax"))])
    assert run(made) == [("note", "xml.dom"), ("note", "xml.sax")]


def test_strings_of_several_lines_keep_every_space():
    text = (
        "from alembic import op\n\n"
        "def upgrade():\n    op.note('''a\n  b\n        c\n''')\n\n"
        "def downgrade():\n    x = '''\n y'''\n    op.note(x)\n"
    )
    made = carried([source("a", text)])
    assert run(made) == [("note", "a\n  b\n        c\n")]
    assert run(made, "downgrade") == [("note", "\n y")]


def test_the_header_means_what_it_meant():
    text = (
        "revision = 'a'\ndown_revision = 'z'\nfrom alembic import op\n\n"
        "def upgrade():\n    op.note(revision, down_revision)\n\n"
        "def downgrade(): pass\n"
    )
    assert run(carried([source("a", text)])) == [("note", "a", "z")]


def test_one_direction_may_call_the_other():
    text = "from alembic import op\n\ndef upgrade(): op.note(1)\n\ndef downgrade():\n    upgrade()\n    op.note(2)\n"
    assert run(carried([source("a", text)]), "downgrade") == [("note", 1), ("note", 2)]


def test_a_return_ends_only_its_own_revision():
    early = (
        "from alembic import op\n\n"
        "def upgrade():\n    if True:\n        return\n    op.note('never')\n\n"
        "def downgrade(): pass\n"
    )
    later = "from alembic import op\n\ndef upgrade():\n    op.note('b')\n\ndef downgrade(): pass\n"
    assert run(carried([source("a", early), source("b", later)])) == [("note", "b")]


def test_what_a_module_does_when_it_is_read_is_done():
    text = (
        "from alembic import op\nSEEN = []\nSEEN.append(1)\n\n"
        "def upgrade():\n    op.note(len(SEEN))\n\n"
        "def downgrade(): pass\n"
    )
    assert run(carried([source("a", text)])) == [("note", 1)]


def test_tabs_and_comments_and_decorators():
    text = (
        "import functools\nfrom alembic import op\n\n"
        "@functools.cache\ndef upgrade():\n\t# why\n\top.note(1)\n\n"
        "def downgrade():\n\top.note(2) # because\n"
    )
    made = carried([source("a", text)])
    assert (run(made), run(made, "downgrade")) == ([("note", 1)], [("note", 2)])


def test_an_empty_revision_leaves_no_trace():
    made = carried([source("a", "def upgrade():\n    pass\n\ndef downgrade():\n    '''Nothing.'''\n")])
    assert made.code == "def upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n"


@pytest.mark.parametrize(
    "text", [HELPERS.format(id="a"), "def upgrade():\n    op.x()\n\ndef downgrade():\n    op.y()\n"]
)
def test_it_is_a_body_that_a_cell_may_have(text):
    body = parse_body(carried([source("a", text)]).code)
    assert (body.form, body.names) == ("functions", ("upgrade", "downgrade"))


def test_an_id_need_not_be_a_name():
    text = "from alembic import op\nx = 1\n\ndef upgrade():\n    op.note(x)\n\ndef downgrade(): pass\n"
    made = carried([source("2024.01-é", text, message="a\nb")])
    assert run(made) == [("note", 1)]
    ast.parse(made.code)


def test_two_ids_that_come_to_one_name_are_two_functions():
    text = "from alembic import op\nx = {}\n\ndef upgrade():\n    op.note(x)\n\ndef downgrade(): pass\n"
    made = carried([source("a.b", text.format(1)), source("a_b", text.format(2))])
    assert run(made) == [("note", 1), ("note", 2)]


@pytest.mark.parametrize(
    "text, why",
    [
        ("from os import *\ndef upgrade(): pass\n", "everything"),
        ("n = 0\ndef upgrade():\n    global n\n    n = 1\n", "global variable"),
        ("def upgrade(): globals()['x']()\n", "globals"),
        ("def upgrade(): print(__doc__)\n", "__doc__"),
        ("async def upgrade(): pass\n", "asynchronous"),
        ("def upgrade(engine): pass\n", "arguments"),
        ("def upgrade_one(): pass\ndef upgrade(): pass\n", "several databases"),
        ("from there import upgrade\n", "by `def`"),
        ("upgrade = lambda: None\n", "by `def`"),
        ("if True:\n    def upgrade(): pass\n", "by `def`"),
        ("def upgrade(:\n", "cannot be read"),
    ],
)
def test_what_cannot_move_is_named(text, why):
    with pytest.raises(NotCarried, match=why) as caught:
        carried([source("a", text)])
    assert caught.value.revision == "a"
